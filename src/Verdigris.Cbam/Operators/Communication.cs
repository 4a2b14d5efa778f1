using NodaTime;
using Verdigris.Cbam.Template;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Operators;

/// <summary>Numbers are stored and never change.</summary>
public enum CommunicationState : short { Draft = 0, WithVerifier = 1, InReview = 2, Verified = 3 }

public enum CommunicationEvent { Edit, Hand, TakeBack, Return, GiveOpinion, Reject, Confirm, Publish }

/// <summary>How the verifier saw the installation.</summary>
public enum SiteVisit { Physical, Virtual, Waived }

/// <summary>A verifier's opinion with reasonable assurance (2025/2546).</summary>
/// <param name="RegistrationNumber">Of the verifier in the registry of the measure.</param>
/// <param name="MaterialityPercent">Applied; not above the limit of the rule pack.</param>
/// <param name="MisstatementTco2e">Left uncorrected, direct and indirect together.</param>
/// <param name="VisitedOn">Null where the visit was waived.</param>
public sealed record VerifierOpinion(string RegistrationNumber, decimal MaterialityPercent, decimal MisstatementTco2e, SiteVisit Visit, LocalDate? VisitedOn, string Text);

/// <summary>A form of the Commission in hand: the operator's, later before a verifier.</summary>
/// <param name="FormName">Name of the file it came in; null where it was typed from the empty form.</param>
/// <param name="Errors">Findings that stand in the way of handing it over.</param>
public sealed record Communication(Guid Id, Guid OperatorId, string Title, Guid? PlantId, LocalDate? From, LocalDate? To, CommunicationState State, string ReportSha256, string? FormSha256, string? FormName, int Errors, Guid? VerifierId, VerifierOpinion? Opinion,
    string? ReturnedBecause, Guid WrittenBy, Instant WrittenAt, Instant? HandedAt, Guid? OpinionBy, Guid? DecidedBy, Instant? DecidedAt, int RowVersion);

/// <param name="Field">The figure it is evidence of; null for the form as a whole.</param>
public sealed record CommunicationFile(Guid Id, Guid CommunicationId, string? Field, string FileName, string MediaType, long SizeBytes, string Sha256, Guid AddedBy, Instant AddedAt) : IKeptFile;

/// <summary>A product that was told on to a brand's emissions form.</summary>
public sealed record CommunicationBrand(int Product, string BrandCode, int ReportYear, Guid SubmissionId, Instant PublishedAt);

/// <summary>Everything of a form: what it says, what that comes to, what is wrong with it.</summary>
/// <param name="Source">The published report it was begun from; null where it was not.</param>
/// <param name="NewerVersion">Of that report, where a correction of it was accepted since.</param>
public sealed record CommunicationView(Communication Communication, CommunicationReport Report, TemplateFigures Figures, IReadOnlyList<TemplateFinding> Findings, IReadOnlyList<CommunicationFile> Files, IReadOnlyList<CommunicationBrand> Brands,
    FormSource? Source = null, int? NewerVersion = null);

/// <summary>The life of a form, and what an opinion must say. Pure.</summary>
static class CommunicationRules
{
    public const string Pack = "cbam/operators";

    public static readonly StateTable<CommunicationState, CommunicationEvent> Table = new(Refusal.Conflict("communication.state-forbids", "state"),
    [
        (CommunicationState.Draft, CommunicationEvent.Edit, CommunicationState.Draft),
        (CommunicationState.Draft, CommunicationEvent.Hand, CommunicationState.WithVerifier),
        (CommunicationState.WithVerifier, CommunicationEvent.TakeBack, CommunicationState.Draft),
        (CommunicationState.WithVerifier, CommunicationEvent.Return, CommunicationState.Draft),
        (CommunicationState.WithVerifier, CommunicationEvent.GiveOpinion, CommunicationState.InReview),
        (CommunicationState.InReview, CommunicationEvent.Reject, CommunicationState.WithVerifier),
        (CommunicationState.InReview, CommunicationEvent.Confirm, CommunicationState.Verified),
        (CommunicationState.Verified, CommunicationEvent.Publish, CommunicationState.Verified),
    ]);

    /// <summary>What stands in the way of handing a form over: <c>communication.errors</c>, <c>communication.empty</c>, <c>communication.period</c>.</summary>
    public static IReadOnlyList<Refusal> Unready(CommunicationReport report, int errors)
    {
        var wrong = new List<Refusal>();
        if (report.From is null || report.To is null) wrong.Add(Refusal.Conflict("communication.period", "from"));
        if (report.Products.Count == 0) wrong.Add(Refusal.Conflict("communication.empty", "products"));
        if (errors > 0) wrong.Add(Refusal.Conflict("communication.errors", "findings", ("count", $"{errors}")));
        return wrong;
    }

    /// <summary><c>input.required</c>, <c>input.too-long</c>, <c>communication.materiality</c>, <c>communication.misstated</c>, <c>communication.visit-day</c>, <c>communication.visit-needed</c>.</summary>
    /// <param name="visitedLastYear">A form of the same installation for the year before was verified with a physical visit.</param>
    public static IReadOnlyList<Refusal> Check(VerifierOpinion o, TemplateFigures figures, bool visitedLastYear, LocalDate today, RulePacks rules)
    {
        var wrong = new List<Refusal>();
        Given.Text(o.RegistrationNumber, "registrationNumber", 60, wrong);
        Given.Text(o.Text, "text", Given.Longest, wrong);
        var limit = rules.Pack(Pack).Table("limits").Find(null, "materiality")!;
        if (o.MaterialityPercent <= 0 || o.MaterialityPercent > limit.Decimal("value"))
            wrong.Add(Refusal.Of("communication.materiality", "materialityPercent", ("given", DecimalText.Write(o.MaterialityPercent)), ("limit", DecimalText.Write(limit.Decimal("value")))) with { Rule = limit.Article });
        if (o.MisstatementTco2e < 0) wrong.Add(Refusal.Of("template.below-zero", "misstatementTco2e", ("given", DecimalText.Write(o.MisstatementTco2e))));
        else if (figures.Balance.TotalTco2e is not { } total || o.MisstatementTco2e > Math.Abs(total) * o.MaterialityPercent / 100) wrong.Add(Refusal.Of("communication.misstated", "misstatementTco2e"));
        if ((o.VisitedOn is null) != (o.Visit == SiteVisit.Waived) || o.VisitedOn > today) wrong.Add(Refusal.Of("communication.visit-day", "visitedOn"));
        if (o.Visit != SiteVisit.Physical && !visitedLastYear) wrong.Add(Refusal.Of("communication.visit-needed", "visit") with { Rule = rules.Pack(Pack).Table("limits").Find(null, "years-between-visits")!.Article });
        return wrong;
    }
}
