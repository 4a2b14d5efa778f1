using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using NodaTime;
using NodaTime.Text;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Pages;

/// <summary>
/// What every page of the room stands on: one session of the person asking, the answers to its forms, and names of organisations. A page
/// calls the same handlers as the API; refusals stay on the page beside what was typed, a success leads on by redirect, so that going back or
/// reloading never sends a form twice.
/// </summary>
public abstract class PassportPage : LoadedComponent, IAsyncDisposable
{
    readonly Dictionary<string, IReadOnlyList<Refusal>> refused = [];
    DbSession? session;
    Dictionary<Guid, Organisation>? organisations;

    [Inject] protected IStrings S { get; set; } = null!;
    [Inject] protected Show Show { get; set; } = null!;
    [Inject] protected NavigationManager Navigation { get; set; } = null!;
    [Inject] protected OrganisationHandlers Organisations { get; set; } = null!;
    [Inject] IDbSessions Sessions { get; set; } = null!;
    [Inject] ICurrentActor Current { get; set; } = null!;
    [Inject] StringCatalogue Catalogue { get; set; } = null!;
    [CascadingParameter] HttpContext? Http { get; set; }

    /// <summary>What a redirect says has just been done; shown once on top of the page.</summary>
    [SupplyParameterFromQuery(Name = "done")] public string? DoneWord { get; set; }

    protected Actor Actor => Current.Actor;
    protected DbSession Session => session ??= Sessions.Open(Actor);
    protected CancellationToken Ct => Http?.RequestAborted ?? CancellationToken.None;
    protected LocalDate Today => Session.Now.InUtc().Date;

    /// <summary>The text of <see cref="DoneWord"/>, or null where there is none: an address somebody made up says nothing.</summary>
    protected string? DoneText => DoneWord is { Length: > 0 and < 40 } word && Catalogue.Has("passport.done." + word) ? S["passport.done." + word] : null;

    /// <summary>Answers 404 in the words of the page that does not exist; hidden and missing look alike.</summary>
    protected void Missing() => Navigation.NotFound();

    protected IReadOnlyList<Refusal> Refused(string form) => refused.GetValueOrDefault(form) ?? [];
    protected bool AnyRefused => refused.Count > 0;
    protected void Refuse(string form, IReadOnlyList<Refusal> refusals) => refused[form] = refusals;

    /// <summary>Goes on to <paramref name="path"/> where the answer is good, else keeps the refusals for the form.</summary>
    protected bool Conclude<T>(string form, Answer<T> answer, Func<T, string> path, string doneWord)
    {
        if (!answer.Ok)
        {
            Refuse(form, answer.Refusals);
            return false;
        }
        Go(path(answer.Value), doneWord);
        return true;
    }

    protected void Go(string path, string doneWord) => Navigation.NavigateTo($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}done={doneWord}");

    /// <summary>Roles are held in the organisation acted for.</summary>
    protected bool Is(string role) => Actor.Is(role);
    protected bool IsOf(Guid organisation) => Actor.SignedIn && Actor.OrganisationId == organisation;

    /// <summary>Names of all organisations; they are public.</summary>
    protected async Task<IReadOnlyDictionary<Guid, Organisation>> AllOrganisations() =>
        organisations ??= (await Organisations.List(Session, null, Ct)).ToDictionary(o => o.Id);

    /// <summary>The name in the page's language; call <see cref="AllOrganisations"/> first.</summary>
    protected string NameOf(Guid? id) => id is { } known && organisations is not null && organisations.TryGetValue(known, out var found) ? Wording.Name(found.Name, found.NameZh, S) : Show.Unknown;

    protected IReadOnlyList<Option> OrganisationOptions(Func<Organisation, bool> which) =>
        [.. (organisations ?? []).Values.Where(which).OrderBy(o => o.Name, StringComparer.Ordinal).Select(o => new Option(o.Id.ToString(), Wording.Name(o.Name, o.NameZh, S)))];

    /// <summary>A date of a filter; what cannot be read narrows nothing.</summary>
    protected static LocalDate? DayOf(string? text) => text is { Length: > 0 } && LocalDatePattern.Iso.Parse(text) is { Success: true } parsed ? parsed.Value : null;

    protected static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    public async ValueTask DisposeAsync()
    {
        if (session is not null) await session.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
