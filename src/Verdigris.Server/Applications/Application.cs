using NodaTime;
using Verdigris.Passport;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;

namespace Verdigris.Server;

/// <summary>Where an application stands. Numbers are stored and never change.</summary>
public enum ApplicationState : short { Applied = 0, InformationRequested = 1, Approved = 2, Refused = 3, Lapsed = 4 }

public enum ApplicationEvent { RequestInformation, Answer, Approve, Refuse, Lapse }

/// <summary>What an organisation tells of itself when it asks to take part.</summary>
/// <param name="Lei">Legal Entity Identifier, ISO 17442; null where it has none.</param>
/// <param name="RegistrationNo">In the company register of its country.</param>
/// <param name="ContactName">Becomes the organisation's first administrator.</param>
/// <param name="ContactAddress">The contact's e-mail address, later the name to sign in with.</param>
/// <param name="Language">en or zh: of the letters to the applicant.</param>
public sealed record NewApplication(OrganisationKind Kind, string Name, string? NameZh, string Country, string? Lei, string RegistrationNo, string ContactName, string ContactAddress, string Language);

/// <summary>An application as it stands.</summary>
public sealed record Application(Guid Id, NewApplication Content, ApplicationState State, Instant CreatedAt, Instant ChangedAt, Guid? OrganisationId);

/// <param name="Note">What the other side reads.</param>
/// <param name="Person">Null: the applicant, or the system.</param>
public sealed record ApplicationStep(int Seq, string Event, ApplicationState State, string? Note, Guid? Person, Instant At);

public sealed record ApplicationFile(Guid Id, string FileName, string MediaType, long SizeBytes, string Sha256, Instant AddedAt);

public sealed record ApplicationView(Application Application, IReadOnlyList<ApplicationFile> Files, IReadOnlyList<ApplicationStep> Steps);

/// <summary>Pure decisions about applications.</summary>
public static class ApplicationRules
{
    public const int MostFiles = 20;

    /// <summary>An answer asked for and not given within this time ends the application.</summary>
    public static readonly Duration AnswerWithin = Duration.FromDays(60);

    public static StateTable<ApplicationState, ApplicationEvent> Table { get; } = new(Refusal.Conflict("application.not-now"),
    [
        (ApplicationState.Applied, ApplicationEvent.RequestInformation, ApplicationState.InformationRequested),
        (ApplicationState.Applied, ApplicationEvent.Approve, ApplicationState.Approved),
        (ApplicationState.Applied, ApplicationEvent.Refuse, ApplicationState.Refused),
        (ApplicationState.InformationRequested, ApplicationEvent.Answer, ApplicationState.Applied),
        (ApplicationState.InformationRequested, ApplicationEvent.Lapse, ApplicationState.Lapsed),
    ]);

    /// <summary>Everything that is wrong, in the order of the form.</summary>
    public static List<Refusal> Check(NewApplication a)
    {
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(a.Kind) || a.Kind == OrganisationKind.Exchange) wrong.Add(Refusal.Of("application.kind-invalid", "kind"));
        wrong.AddRange(OrganisationRules.Check(new NewOrganisation(a.Kind, a.Name, a.NameZh, a.Lei, a.Country)));
        Line(a.RegistrationNo, 60, "registrationNo");
        Line(a.ContactName, 200, "contactName");
        if (a.ContactAddress.Length is < 3 or > 200 || !MailPost.IsAddress(a.ContactAddress) || a.ContactAddress.Any(c => !IdentityServices.NameCharacters.Contains(c))) wrong.Add(Refusal.Of("application.address-invalid", "contactAddress", ("given", a.ContactAddress)));
        if (a.Language is not ("en" or "zh")) wrong.Add(Refusal.Of("input.not-a-choice", "language", ("given", a.Language)));
        return wrong;

        void Line(string text, int most, string field)
        {
            if (string.IsNullOrWhiteSpace(text)) wrong.Add(Refusal.Of("input.required", field));
            else if (text.Length > most || text.Any(char.IsControl)) wrong.Add(Refusal.Of("application.line-invalid", field, ("limit", most.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        }
    }
}
