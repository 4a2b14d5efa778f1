using NodaTime;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Publication;

public enum Audience
{
    /// <summary>The emissions form of a brand, by the border measure's method or the industry's footprint.</summary>
    Brand,
    /// <summary>The border measure: the facility as an installation.</summary>
    Cbam,
    /// <summary>An emission trading or reporting scheme.</summary>
    Scheme,
}

/// <summary>What others are told of an accepted report. Tonnes are of the report; figures a tonne have at most four decimals, rounded half to even, once.</summary>
/// <param name="UpstreamTco2ePerT">Null where the plan has no upstream streams: unknown, not zero.</param>
/// <param name="MarketTco2">Electricity with the certificates cancelled for the period; null where there are none. The figures a tonne are by location.</param>
/// <param name="FiguresSha256">Over plan, data and figures; what the verifier signed.</param>
public sealed record PublishedContent(Guid ReportId, int Version, Guid FacilityId, string Facility, string Country, Guid OperatorId, LocalDate PeriodFrom, LocalDate PeriodTo, string Product, string Gwp, decimal ProductionT, decimal DirectTco2e, decimal PfcTco2e,
    decimal IndirectTco2e, decimal? UpstreamTco2e, decimal? MarketTco2, decimal DirectTco2ePerT, decimal IndirectTco2ePerT, decimal? UpstreamTco2ePerT, decimal? UncertaintyPercent, Guid VerifierId, string Assurance, string Accreditation, string FiguresSha256);

/// <summary>A published report, dated and hashed.</summary>
/// <param name="Target">Code of the brand with its method (<c>FJNI CBAM</c>); name of the scheme; <c>installation</c> for the border measure.</param>
/// <param name="Sha256">Of the content as it was written.</param>
/// <param name="TakenAs">The brand's emissions form it became; null for the others.</param>
/// <param name="NewerReportId">A later accepted version of the same report; null where this is the latest.</param>
public sealed record PublishedReport(Guid Id, Audience Audience, string Target, PublishedContent Content, string Sha256, Guid? TakenAs, Guid PublishedBy, Instant PublishedAt, Guid? NewerReportId, int? NewerVersion);

/// <summary>What is published, for rooms that take it up. There is no other way to read it.</summary>
public interface IPublishedReports
{
    /// <summary>What was published for an audience that the reader may see, newest first; at most 200.</summary>
    /// <param name="facility">Of this facility; null for all.</param>
    Task<IReadOnlyList<PublishedReport>> For(DbSession session, Audience audience, Guid? facility, CancellationToken ct);

    /// <summary>The latest accepted version of the report a version belongs to: itself, or one that corrects it; null where there is no such report. Tells no figures, so it is asked as the system.</summary>
    Task<ReportVersion?> Latest(DbSession session, Guid report, CancellationToken ct);
}

/// <param name="ReportId">Of that version.</param>
public sealed record ReportVersion(Guid ReportId, int Version, string FiguresSha256);

/// <summary>A plant as a form offers it.</summary>
public sealed record PlantName(Guid Id, string Name, string? NameZh);

/// <summary>A brand as it is offered for publication.</summary>
public sealed record BrandName(string Code, string Name, string? NameZh);

/// <summary>Figures for the yearly emissions form of a brand.</summary>
/// <param name="Method">CBAM or IAI.</param>
/// <param name="CorrectionReason">Why figures accepted before are entered again; null for the first.</param>
public sealed record BrandFigures(string BrandCode, int Year, string Method, decimal DirectTco2ePerT, decimal IndirectTco2ePerT, decimal? Scope3Tco2ePerT, Guid VerifierId, bool Reasonable, string BoundaryNote, Guid ReportId, int ReportVersion, string FiguresSha256, string? CorrectionReason);

/// <summary>Brands and their emissions forms, which another room keeps. The host brings it.</summary>
public interface IBrandForms
{
    /// <summary>Plants of the reader's organisation, by name: what a facility may be.</summary>
    Task<IReadOnlyList<PlantName>> Plants(DbSession session, CancellationToken ct);

    /// <summary>Brands of the reader's organisation made at a plant, by code.</summary>
    Task<IReadOnlyList<BrandName>> Brands(DbSession session, Guid plant, CancellationToken ct);

    /// <summary>Makes the draft of a form out of figures, inside the session's transaction; its own rules judge it.</summary>
    /// <returns>Id of the form.</returns>
    Task<Answer<Guid>> Draft(DbSession session, BrandFigures figures, CancellationToken ct);
}

/// <summary>What of a report is published, and when it may be. Pure.</summary>
static class PublicationRules
{
    public const string Cbam = "CBAM", Iai = "IAI", Installation = "installation";

    /// <summary><c>publication.not-accepted</c>, <c>publication.incomplete</c>.</summary>
    public static Answer<PublishedContent> Content(ReportDossier d)
    {
        var (report, f) = (d.View.Report, d.View.Figures);
        if (report is not { State: ReportState.Accepted, Opinion: { } opinion, VerifierId: { } verifier, FiguresSha256: { } sha256 }) return Refusal.Conflict("publication.not-accepted", "state", ("state", report.State.ToString()));
        if (f is not { ProductionT: > 0 and { } made, DirectTco2e: { } direct, IndirectTco2e: { } indirect, UpstreamTco2e: { } up, PfcTco2e: { } pfc }) return Refusal.Conflict("publication.incomplete", "figures");
        decimal? upstream = f.Streams.Any(s => s.Scope == Plans.StreamScope.Upstream) ? up : null;
        return new PublishedContent(report.Id, report.Version, d.Facility.Id, d.Facility.Name, d.Facility.Country, report.OperatorId, report.PeriodFrom, report.PeriodTo, d.Plan.Content.Product, d.Plan.Content.Gwp, made, direct, pfc, indirect, upstream,
            f.Market is { CertificateMwh: > 0, Tco2: { } market } ? market : null, PerT(direct), PerT(indirect), upstream is { } known ? PerT(known) : null, f.UncertaintyPercent, verifier, opinion.Kind.ToString(), opinion.Accreditation, sha256);

        decimal PerT(decimal tco2e) => Math.Round(tco2e / made, 4, MidpointRounding.ToEven);
    }

    /// <summary>A brand's form is of a calendar year, and the industry's footprint needs what comes before the gate.</summary>
    public static IReadOnlyList<Refusal> Brand(PublishedContent content, string? method)
    {
        var wrong = new List<Refusal>();
        if (content.PeriodFrom is not { Month: 1, Day: 1 } || content.PeriodTo != new LocalDate(content.PeriodFrom.Year, 12, 31)) wrong.Add(Refusal.Conflict("publication.not-a-year", "periodTo"));
        if (method is not (Cbam or Iai)) wrong.Add(Refusal.Of("request.word-unknown", "method", ("given", method ?? "")));
        else if (method == Iai && content.UpstreamTco2ePerT is null) wrong.Add(Refusal.Conflict("publication.no-upstream", "method"));
        return wrong;
    }
}
