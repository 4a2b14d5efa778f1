using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Publication;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Reports.Import;
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
    internal static readonly Guid Verifier = new("0190a000-0000-7000-8000-0000000000f1");
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
        var imports = stage.Get<ActivityImports>();
        async Task<Guid> Bring(string name, string csv)
        {
            using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(csv));
            return (await stage.Do(Stage.Editor, s => imports.Bring(s, open, name, content, default))).File.Id;
        }
        var applied = await Bring("casthouse gas.csv", "Month;Gas kg;Document;Remark\n2025-01;876.000,5;Bill 1001;\n2025-02;872.000,0;Bill 1002;read late\n");
        await stage.Do(Stage.Editor, s => imports.SetMapping(s, applied, new("Casthouse meter export", [new("Month", "month"), new("Gas kg", "gas.activity", 0.001m), new("Document", "source"), new("Remark", null)], DecimalComma: true), default));
        await stage.Do(Stage.Editor, s => imports.Apply(s, applied, ActivityImports.WholeFile, default));
        var faulty = await Bring("casthouse gas 2.csv", "Month;Gas kg;Document;Remark\n2025-03;868.000,0;Bill 1003;\nApril;1,5;Bill 1004;\n2026-05;860.000,0;;\n");
        var unmapped = await Bring("grid meter.csv", "Period,Energy kWh,Demand kW\n2025-08,567000000,780000\n");
        await using (var evidence = new MemoryStream("%PDF-1.7 calibration"u8.ToArray())) await stage.Do(Stage.Editor, s => stage.Get<FindingFiles>().Add(s, asked.Id, "calibration certificate.pdf", evidence, default));
        var publications = stage.Get<Publications>();
        await stage.Do(Stage.Editor, s => publications.Publish(s, accepted, new(Audience.Brand, Stage.Brand, "CBAM"), default));
        await stage.Do(Stage.Approver, s => publications.Publish(s, accepted, new(Audience.Cbam), default));
        var form = (await stage.Do(Stage.Editor, s => publications.OfReport(s, accepted, default))).First(p => p.TakenAs is not null).TakenAs;
        var energy = stage.Get<EnergyHandlers>();
        var block = await stage.Do(Stage.Editor, s => energy.Register(s, facility.Id, new("GO", "643002406801", 1_000_001, 1_250_000, EnergyKind.Hydro, 0, new(2025, 1, 1), new(2025, 6, 30), "Statnett", "NO"), default));
        await stage.Do(Stage.Approver, s => energy.Cancel(s, block.Id, new(open, 1_000_001, 1_100_000), default));
        var certificates = $"/footprint/facilities/{facility.Id}/certificates";
        var planPage = $"/footprint/facilities/{facility.Id}/plan";
        return
        [
            ("smelter@demo", ["/footprint/facilities", "/footprint/facilities?q=nothing-has-this", $"/footprint/facilities/{facility.Id}", $"/footprint/reports/{open}", $"/footprint/reports/{accepted}",
                certificates, planPage, planPage + "/stream?id=pfc", planPage + "/stream?method=mrr.combustion", $"/footprint/reports/{open}/import", $"/footprint/reports/{open}/import/{applied}", $"/footprint/reports/{open}/import/{faulty}", $"/footprint/reports/{open}/import/{unmapped}",
                $"/footprint/reports/{open}/trace?stream=gas&month=2025-02", $"/footprint/reports/{accepted}/print", $"/footprint/reports/{accepted}/publish", $"/emissions/{form}"]),
            ("smelter.approver@demo", [$"/footprint/facilities/{facility.Id}", $"/footprint/reports/{open}", $"/footprint/reports/{between}", $"/footprint/reports/{accepted}/publish", certificates]),
            (Reader, ["/footprint/facilities", certificates, $"/footprint/reports/{between}", $"/footprint/reports/{accepted}", $"/footprint/reports/{accepted}/print"]),
        ];
    }
}
