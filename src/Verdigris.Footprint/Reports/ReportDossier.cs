using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Reports;

/// <summary>A report with everything it rests on: what is printed, exported, and hashed over.</summary>
/// <param name="Operator">Name of the organisation that reports; null where it is not known any more.</param>
/// <param name="Verifier">Null before it was handed in.</param>
public sealed record ReportDossier(Facility Facility, OrganisationName? Operator, OrganisationName? Verifier, MonitoringPlan Plan, ReportView View, IReadOnlyList<ActivityValue> Activity, IReadOnlyList<ActivityImport> Files, IReadOnlyList<ReportSignature> Signatures);

/// <summary>Puts a report together, for everybody who may see it.</summary>
public sealed class ReportDossiers(ReportHandlers reports, FacilityHandlers facilities, PlanHandlers plans, ActivityImports imports, ReportSignatures signatures, IVerifierRegister organisations)
{
    public async Task<Answer<ReportDossier>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        var view = await reports.Read(s, id, ct);
        if (!view.Ok) return Answer<ReportDossier>.From(view.Refusals);
        var report = view.Value.Report;
        return new ReportDossier((await facilities.Read(s, report.FacilityId, ct)).Value, await organisations.Find(s, report.OperatorId, ct), report.VerifierId is { } verifier ? await organisations.Find(s, verifier, ct) : null,
            (await plans.Read(s, report.PlanId, ct)).Value, view.Value, (await reports.Activity(s, id, ct)).Value, (await imports.List(s, id, ct)).Value, (await signatures.List(s, id, ct)).Value);
    }
}
