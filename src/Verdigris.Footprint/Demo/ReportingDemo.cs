using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Publication;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Demo;

/// <summary>Who plays in the demo of the workflow, and the plant its first facility is.</summary>
public sealed record ReportingCast(Actor Editor, Actor Approver, Actor Lead, Actor Reviewer, Guid Plant);

/// <summary>
/// The demo of the workflow: a smelter on hydropower whose last year was verified, accepted and recorded for the border measure, and one in Yunnan whose year lies with the verifier, with what he found. Everything by the use cases people
/// use; names and figures are invented, of the size such plants have. Safe to repeat: every step looks for what it would make.
/// </summary>
public sealed class ReportingDemo
{
    public const string Accepted = "Nordvik smelter", InVerification = "Lancang smelter";

    readonly IDbSessions sessions;
    readonly ReportingCast cast;
    readonly FacilityHandlers facilities;
    readonly PlanHandlers plans;
    readonly ReportHandlers reports;
    readonly VerificationHandlers verification;
    readonly EnergyHandlers energy;
    readonly Publications publications;

    ReportingDemo(IServiceProvider services, ReportingCast cast)
    {
        this.cast = cast;
        sessions = services.GetRequiredService<IDbSessions>();
        facilities = services.GetRequiredService<FacilityHandlers>();
        plans = services.GetRequiredService<PlanHandlers>();
        reports = services.GetRequiredService<ReportHandlers>();
        verification = services.GetRequiredService<VerificationHandlers>();
        energy = services.GetRequiredService<EnergyHandlers>();
        publications = services.GetRequiredService<Publications>();
    }

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, ReportingCast cast, CancellationToken ct)
    {
        var demo = new ReportingDemo(services, cast);
        await demo.Verified(ct);
        await demo.UnderVerification(ct);
    }

    async Task Verified(CancellationToken ct)
    {
        var report = await Submitted(new(Accepted, "北湾铝厂", "NO", cast.Plant), Smelter("Fjord grid meter 132 kV", new JsonObject { ["area"] = "NOR", ["year"] = 2023, ["variant"] = "average", ["basis"] = "life-cycle" }), 20_600, 0.412m, 0.11m, 13.62m, 1_200_000, ct);
        await using var lead = sessions.Open(cast.Lead);
        await using var reviewer = sessions.Open(cast.Reviewer);
        var view = await Begun(lead, report, ct);
        if (view.Report.State == ReportState.InVerification && view.Findings.Count == 0)
        {
            await Raised(lead, report, new(FindingKind.Recommendation, "pfc", "Keep the log of the pot control system for the anode effects of December with the month's report."), ct);
            view = await View(lead, report, ct);
        }
        if (view.Report.State == ReportState.InVerification)
        {
            foreach (var open in view.Findings.Where(f => f.State != FindingState.Closed)) Take(await verification.Close(lead, open.Id, "Agreed with the potroom on the site visit.", ct));
            view = Take(await verification.GiveOpinion(lead, report, new(OpinionKind.ReasonableAssurance, "We found the report free of material misstatement, with reasonable assurance.", "SWEDAC 2041", lead.Now.InUtc().Date.PlusDays(-9), null), ct));
        }
        if (view.Report.State == ReportState.OpinionGiven) Take(await verification.Review(reviewer, report, ct));
        await using var approver = sessions.Open(cast.Approver);
        if (Take(await publications.OfReport(approver, report, ct)).Count == 0) Take(await publications.Publish(approver, report, new(Audience.Cbam), ct));
    }

    async Task UnderVerification(CancellationToken ct)
    {
        var report = await Submitted(new(InVerification, "澜沧铝厂", "CN"), Smelter("Grid meter 220 kV", new JsonObject { ["area"] = "CN-yunnan", ["year"] = 2023, ["variant"] = "average", ["basis"] = "direct" }), 16_900, 0.418m, 0.16m, 13.48m, 0, ct);
        await using var lead = sessions.Open(cast.Lead);
        await using var editor = sessions.Open(cast.Editor);
        var view = await Begun(lead, report, ct);
        if (view.Report.State != ReportState.InVerification || view.Findings.Count > 0) return;
        await Raised(lead, report, new(FindingKind.Request, "power", "The calibration certificate of the grid meter, please.", null, lead.Now.InUtc().Date.PlusDays(10)), ct);
        var answered = await Raised(lead, report, new(FindingKind.Misstatement, "gas", "In July the gas of the anode plant, which has its own meter, stands under casting.", -301.6m, lead.Now.InUtc().Date.PlusDays(14)), ct);
        Take(await verification.Answer(editor, answered.Id, "Agreed: 112 t of gas. We correct it when the report comes back.", ct));
    }

    /// <summary>The facility's report of last year, handed in.</summary>
    async Task<Guid> Submitted(NewFacility wanted, PlanContent content, decimal monthlyT, decimal anodeTPerT, decimal aeMinutes, decimal mwhPerT, long certificates, CancellationToken ct)
    {
        await using var editor = sessions.Open(cast.Editor);
        await using var approver = sessions.Open(cast.Approver);
        var facility = (await facilities.List(editor, new(wanted.Name), ct)).Value.Items.FirstOrDefault(f => f.Name == wanted.Name) ?? Take(await facilities.Create(editor, wanted, ct));
        var versions = Take(await plans.Versions(editor, facility.Id, ct));
        var plan = versions.Count > 0 ? versions[^1] : Take(await plans.Draft(editor, facility.Id, new(new LocalDate(editor.Now.InUtc().Year - 2, 1, 1), content), ct));
        if (plan.State == PlanState.Draft) plan = Take(await plans.Approve(approver, plan.Id, ct));
        var known = (await reports.List(editor, new(facility.Id, Sort: "written"), ct)).Value.Items;
        // Gone on with in another year, the year is the one it began with.
        var year = plan.ValidFrom.Year + 1;
        var report = known.Count > 0 ? known[0] : Take(await reports.Create(editor, new(facility.Id, new(year, 1, 1), new(year, 12, 31)), ct));
        if (report.State != ReportState.Draft) return report.Id;
        Take(await reports.SetActivity(editor, report.Id, Year(year, monthlyT, anodeTPerT, aeMinutes, mwhPerT), ct));
        if (certificates > 0) await Certified(editor, approver, facility, report.Id, year, certificates, ct);
        return Take(await reports.Submit(approver, report.Id, cast.Lead.OrganisationId, ct)).Report.Id;
    }

    /// <summary>Guarantees of origin of the year, five sixths of them cancelled for the report.</summary>
    async Task Certified(DbSession editor, DbSession approver, Facility facility, Guid report, int year, long count, CancellationToken ct)
    {
        var blocks = Take(await energy.OfFacility(editor, facility.Id, ct));
        var block = blocks.Count > 0 ? blocks[^1] : Take(await energy.Register(editor, facility.Id, new("GO", "643002406801", 1_000_001, 1_000_000 + count, EnergyKind.Hydro, 0, new(year, 1, 1), new(year, 12, 31), "Fjordlys Registry", "NO"), ct));
        if (Take(await energy.UsesOf(editor, facility.Id, ct)).Count == 0) Take(await energy.Cancel(approver, block.Id, new(report, 1_000_001, 1_000_000 + count * 5 / 6), ct));
    }

    async Task<ReportView> Begun(DbSession lead, Guid report, CancellationToken ct)
    {
        var view = await View(lead, report, ct);
        return view.Report.State == ReportState.Submitted ? Take(await verification.TakeUp(lead, report, ct)) : view;
    }

    async Task<ReportView> View(DbSession s, Guid report, CancellationToken ct) => Take(await reports.Read(s, report, ct));

    async Task<Finding> Raised(DbSession lead, Guid report, NewFinding finding, CancellationToken ct) => Take(await verification.Raise(lead, report, finding, ct));

    static PlanContent Smelter(string meter, JsonObject grid) => new("Primary aluminium", "AR5",
    [
        new("anodes", "electrolysis", StreamScope.Direct, "aluminium.anode-prebake", new JsonObject { ["sulphurPercent"] = 2.0, ["ashPercent"] = 0.4 }, ["productionT", "netAnodeTPerT"], "Weighbridge of the anode store", null, null, 1.5m, "Anode shop", true),
        new("pfc", "electrolysis", StreamScope.Direct, "aluminium.pfc-slope", new JsonObject { ["technology"] = "PFPB_M", ["factors"] = "CBAM-2025", ["collectionEfficiencyPercent"] = 98, ["lowVoltageKgPerT"] = 0 }, ["productionT", "aeMinutesPerCellDay"], "Pot control system", null, null, 15, "Potroom", true),
        new("gas", "casting", StreamScope.Direct, "mrr.combustion", new JsonObject { ["activityUnit"] = "t", ["fuel"] = "natural-gas", ["factors"] = "IPCC-2006", ["oxidationFactor"] = 1, ["biomassPercent"] = 0 }, ["activity"], "Gas meter of the casthouse", "combustion", "3", 2, "Utilities", true, GapRule.HighestMonth),
        new("diesel", "casting", StreamScope.Direct, "mrr.combustion", new JsonObject { ["activityUnit"] = "t", ["fuel"] = "diesel", ["factors"] = "IPCC-2006", ["oxidationFactor"] = 1, ["biomassPercent"] = 0 }, ["activity"], "Tank of the casthouse", "combustion", "2", 4, "Utilities", true),
        new("power", "electrolysis", StreamScope.Indirect, "electricity.location-based", grid, ["loadMwh"], meter, null, null, 1, "Utilities", true),
    ]);

    /// <summary>Twelve months around a level: shorter months make less, winter takes more gas.</summary>
    static List<ActivityValue> Year(int year, decimal monthlyT, decimal anodeTPerT, decimal aeMinutes, decimal mwhPerT)
    {
        int[] swing = [4, 1, -2, 0, -3, -1, 2, 3, -4, 1, 0, -2];
        var values = new List<ActivityValue>();
        for (var m = 1; m <= 12; m++)
        {
            var month = new LocalDate(year, m, 1);
            var made = Math.Round(monthlyT * month.Calendar.GetDaysInMonth(year, m) / 30.4m * (1 + swing[m - 1] / 1000m), 1);
            void Add(string stream, string field, decimal value, string source) => values.Add(new(stream, month, field, value, source));
            Add("production", "massT", made, $"Casthouse ledger {month:uuuu-MM}");
            Add("anodes", "productionT", made, $"Tapping ledger {month:uuuu-MM}");
            Add("anodes", "netAnodeTPerT", anodeTPerT + swing[12 - m] / 2000m, $"Anode balance {month:uuuu-MM}");
            Add("pfc", "productionT", made, $"Tapping ledger {month:uuuu-MM}");
            Add("pfc", "aeMinutesPerCellDay", Math.Round(aeMinutes * (1 + swing[(m + 4) % 12] / 20m), 3), $"Pot control {month:uuuu-MM}");
            Add("gas", "activity", Math.Round(made * 0.058m * (m is > 4 and < 10 ? 0.92m : 1.06m), 1), $"Meter reading {month:uuuu-MM}");
            Add("diesel", "activity", Math.Round(made * 0.0021m, 2), $"Delivery notes {month:uuuu-MM}");
            Add("power", "loadMwh", Math.Round(made * (mwhPerT + swing[(m + 7) % 12] / 100m), 0), $"Settlement {month:uuuu-MM}");
        }
        return values;
    }

    static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value
        : throw new InvalidOperationException("The demo of reports was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
}
