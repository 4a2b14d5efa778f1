using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Verification;
using Verdigris.Passport;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Server;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>A facility with a plan in force and another drafted, a report with a gap, one in verification, one accepted; and a verifier who sees two of them. Made once for a stage.</summary>
static class ReportPages
{
    const string Reader = "verifier@demo";
    static readonly Guid Verifier = new("0190a000-0000-7000-8000-0000000000f1");
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        await stage.Do(Actor.System, s => stage.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Verifier, "Klarsyn Assurance", "明鉴核查", null, "SE", Verifier), default));
        await using (var scope = stage.Get<IServiceScopeFactory>().CreateAsyncScope())
            await DemoPeople.Ensure(scope.ServiceProvider, [new DemoPerson(new("0190a000-0000-7000-8000-0000000000f2"), Reader, "Elsa Lund", Verifier, "", [Role.VerifierLead, Role.VerifierReviewer])], default);
        var lead = Stage.Person(200, Verifier, Role.VerifierLead);
        var reviewer = Stage.Person(201, Verifier, Role.VerifierReviewer);
        var (facilities, plans, reports, verification) = (stage.Get<FacilityHandlers>(), stage.Get<PlanHandlers>(), stage.Get<ReportHandlers>(), stage.Get<VerificationHandlers>());

        var facility = await stage.Do(Stage.Editor, s => facilities.Create(s, new("Fjordlys potline 1", "峡光一号系列", "NO", Stage.Plant), default));
        var plan = await stage.Do(Stage.Editor, s => plans.Draft(s, facility.Id, new(new(2020, 1, 1), PlanTemplates.Smelter), default));
        await stage.Do(Stage.Approver, s => plans.Approve(s, plan.Id, default));
        await stage.Do(Stage.Editor, s => plans.Draft(s, facility.Id, new(new(2026, 1, 1), PlanTemplates.Smelter with { Gwp = "AR6" }), default));

        async Task<Guid> Report(int year, int without = 0)
        {
            var report = await stage.Do(Stage.Editor, s => reports.Create(s, new(facility.Id, new(year, 1, 1), new(year, 12, 31)), default));
            var values = Enumerable.Range(1, 12).SelectMany(m => new (string, string, decimal)[] { ("production", "massT", 41_000 + 30 * m), ("anodes", "productionT", 41_000 + 30 * m), ("anodes", "netAnodeTPerT", 0.409m + 0.001m * (m % 3)), ("pfc", "productionT", 41_000 + 30 * m), ("pfc", "aeMinutesPerCellDay", 0.05m + 0.01m * (m % 4)), ("gas", "activity", 880 - 4 * m), ("power", "loadMwh", 560_000 + 900 * m) }
                .Where(v => m != without || v.Item1 != "power").Select(v => new ActivityValue(v.Item1, new LocalDate(year, m, 1), v.Item2, v.Item3, "Month book")));
            await stage.Do(Stage.Editor, s => reports.SetActivity(s, report.Id, [.. values], default));
            return report.Id;
        }

        var open = await Report(2025, without: 8);
        await stage.Do(Stage.Editor, s => reports.SetManual(s, open, "gas", new("gas", 28_100, "Invoices of the supplier"), default));
        var between = await Report(2024);
        await stage.Do(Stage.Approver, s => reports.Submit(s, between, Verifier, default));
        await stage.Do(lead, s => verification.TakeUp(s, between, default));
        var asked = await stage.Do(lead, s => verification.Raise(s, between, new(FindingKind.Request, "power", "Calibration certificate of the grid meter, please."), default));
        await stage.Do(lead, s => verification.Raise(s, between, new(FindingKind.Misstatement, "gas", "The reading of May stands in two months.", 190), default));
        await stage.Do(Stage.Editor, s => verification.Answer(s, asked.Id, "Attached to the meter's file, valid until 2027.", default));
        var accepted = await Report(2023);
        await stage.Do(Stage.Approver, s => reports.Submit(s, accepted, Verifier, default));
        await stage.Do(lead, s => verification.TakeUp(s, accepted, default));
        await stage.Do(lead, s => verification.GiveOpinion(s, accepted, new(OpinionKind.ReasonableAssurance, "In our opinion the report is free of material misstatement.", "SWEDAC 1234", new LocalDate(2024, 3, 5), null), default));
        await stage.Do(reviewer, s => verification.Review(s, accepted, default));
        return
        [
            ("smelter@demo", ["/footprint/facilities", "/footprint/facilities?q=nothing-has-this", $"/footprint/facilities/{facility.Id}", $"/footprint/reports/{open}", $"/footprint/reports/{accepted}"]),
            ("smelter.approver@demo", [$"/footprint/facilities/{facility.Id}", $"/footprint/reports/{open}", $"/footprint/reports/{between}"]),
            (Reader, ["/footprint/facilities", $"/footprint/reports/{between}", $"/footprint/reports/{accepted}"]),
        ];
    }
}
