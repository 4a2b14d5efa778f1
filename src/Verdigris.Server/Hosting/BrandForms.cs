using Verdigris.Cbam.Operators;
using Verdigris.Footprint.Publication;
using Verdigris.Passport;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Makes the passport room's emissions forms of the footprint room's published reports, and tells the forms of newer versions.</summary>
sealed class BrandForms(EmissionsHandlers emissions, BrandHandlers brands, OrganisationHandlers organisations) : IBrandForms
{
    public async Task<IReadOnlyList<PlantName>> Plants(DbSession session, CancellationToken ct) =>
        [.. (await organisations.Plants(session, session.Actor.OrganisationId, ct)).OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => new PlantName(p.Id, p.Name, p.NameZh))];

    public async Task<IReadOnlyList<BrandName>> Brands(DbSession session, Guid plant, CancellationToken ct) =>
        [.. (await brands.List(session, null, null, session.Actor.OrganisationId, ct)).Where(b => b.PlantId == plant).OrderBy(b => b.Code, StringComparer.Ordinal).Select(b => new BrandName(b.Code, b.Name, b.NameZh))];

    public async Task<Answer<Guid>> Draft(DbSession session, BrandFigures f, CancellationToken ct)
    {
        var method = f.Method == "IAI" ? EmissionsMethod.Iai : EmissionsMethod.Cbam;
        var values = new EmissionsValues(f.DirectTco2ePerT, f.IndirectTco2ePerT, f.Scope3Tco2ePerT, BoundaryNote: f.BoundaryNote);
        var made = await emissions.Create(session, new NewSubmission(f.BrandCode, f.Year, method, values, f.Reasonable ? VerificationStatus.Reasonable : VerificationStatus.Limited, f.VerifierId, CorrectionReason: f.CorrectionReason), ct,
            new SubmissionSource(f.ReportId, f.ReportVersion, f.FiguresSha256));
        return made.Ok ? made.Value.Id : Answer<Guid>.From(made.Refusals);
    }
}

/// <summary>Tells emissions forms whether a newer version of their report was accepted.</summary>
sealed class ReportVersions(IPublishedReports reports, CommunicationHandlers communications) : IReportVersions
{
    public async Task<LatestReport?> Latest(DbSession session, Guid report, CancellationToken ct) => await reports.Latest(session, report, ct) is { } latest ? new(latest.ReportId, latest.Version, $"/footprint/reports/{latest.ReportId}")
        // A form for importers has one version: a newer one is another form.
        : await communications.IsVerified(session, report, ct) ? new(report, 1, $"/cbam/communications/{report}") : null;
}
