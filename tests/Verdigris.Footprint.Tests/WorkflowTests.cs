using System.Text.Json.Nodes;
using NodaTime;
using Npgsql;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Storage.Testing;

namespace Verdigris.Footprint.Tests;

/// <summary>Facility, plan, data, report, verification: what may happen, what may not, and what stays.</summary>
public sealed class WorkflowTests
{
    [Fact]
    public async Task A_year_is_planned_measured_reported_verified_and_frozen()
    {
        await using var desk = await Desk.Open();
        var view = await desk.Accepted(await desk.Facility());
        Assert.Equal(ReportState.Accepted, view.Report.State);
        Assert.True(view.Figures.Complete);
        var production = Enumerable.Range(1, 12).Sum(m => 1000m + m);
        Assert.Equal(production, view.Figures.ProductionT);
        Assert.Equal(Math.Round(production * (0.41m * 0.976m * 44 / 12 + 0.2m * 0.104m * (6630 + 0.057m * 11100) / 1000) + 12 * 30 * 48 * 56.1m / 1000, 6), Math.Round(view.Figures.DirectTco2e!.Value, 6));
        Assert.Equal(Math.Round(Enumerable.Range(1, 12).Sum(m => 13_500 * (1 + m / 1000m)) * 0.1333m, 6), Math.Round(view.Figures.IndirectTco2e!.Value, 6));
        Assert.Equal(view.Figures.TotalTco2e, view.Figures.Streams.Sum(s => s.Months.Sum(m => m.Tco2e)));
        Assert.Equal(100m, view.Figures.MeasuredSharePercent);
        Assert.NotNull(view.Figures.UncertaintyPercent);
        Assert.Equal(64, view.Report.FiguresSha256!.Length);
        // Nobody changes it any more: not the people, not the database's own user.
        Assert.Equal("report.state-forbids", await desk.Refused(Desk.Editor, s => desk.Reports.SetActivity(s, view.Report.Id, [], default)));
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync();
        foreach (var sql in new[] { "update footprint.report set activity = '[]'", "update footprint.report set figures = null", "delete from footprint.report", "update footprint.monitoring_plan set content = '{}'", "delete from footprint.monitoring_plan" })
        {
            await using var command = new NpgsqlCommand(sql, owner);
            await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
        }
    }

    [Fact]
    public async Task The_same_data_give_the_same_figures_whichever_way_they_come_in()
    {
        await using var desk = await Desk.Open();
        var report = await desk.Report(await desk.Facility());
        var typed = await desk.Do(Desk.Editor, s => desk.Reports.Read(s, report.Id, default));
        var csv = "stream,month,field,value,source\n" + string.Concat(Desk.Year().Select(v => $"{v.Stream},{v.Month:uuuu-MM},{v.Field},{v.Value},{v.Source}\n"));
        var imported = await desk.Do(Desk.Editor, s => desk.Reports.ImportActivity(s, report.Id, csv, default));
        Assert.Equal(StorageJson.Write(typed.Figures), StorageJson.Write(imported.Figures));
    }

    [Fact]
    public async Task A_missing_month_makes_the_sums_unknown_and_cannot_be_handed_in()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Report(facility);
        var view = await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, Desk.Year(leaveOut: (m, stream) => m == 4 && stream == "gas"), default));
        Assert.False(view.Figures.Complete);
        Assert.Null(view.Figures.DirectTco2e);
        Assert.Null(view.Figures.TotalTco2ePerT);
        Assert.NotNull(view.Figures.IndirectTco2e);
        var gap = Assert.Single(view.Figures.Lines, l => l.Kind == LineKind.Gap);
        Assert.Equal(("gas", new LocalDate(2025, 4, 1)), (gap.Stream, gap.Month));
        Assert.Equal("report.incomplete", await desk.Refused(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default)));
    }

    [Fact]
    public async Task A_gap_that_the_plan_fills_counts_as_the_highest_month_and_says_so()
    {
        await using var desk = await Desk.Open();
        var report = await desk.Report(await desk.Facility(GapRule.HighestMonth));
        var view = await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, Desk.Year(leaveOut: (m, stream) => m == 4 && stream == "power"), default));
        Assert.True(view.Figures.Complete);
        var power = view.Figures.Streams.Single(s => s.Id == "power");
        Assert.Equal(power.Months.Max(m => m.Tco2e), Assert.Single(power.Months, m => m.Filled).Tco2e);
        Assert.Single(view.Figures.Lines, l => l.Kind == LineKind.Filled);
        var none = await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, Desk.Year(leaveOut: (_, stream) => stream == "power"), default));
        Assert.False(none.Figures.Complete);
        Assert.Null(none.Figures.IndirectTco2e);
    }

    [Fact]
    public async Task Data_that_the_plan_does_not_have_are_kept_said_and_left_out()
    {
        await using var desk = await Desk.Open();
        var report = await desk.Report(await desk.Facility());
        var extra = Desk.Year().Concat([new("oil", new(2025, 1, 1), "activity", 5), new("gas", new(2025, 1, 1), "ncv", 48), new("gas", new(2026, 1, 1), "activity", 30)]).ToList();
        var view = await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, extra, default));
        Assert.Equal(["report.stream-not-in-plan", "report.field-not-in-plan", "report.month-outside"], view.Figures.Lines.Where(l => l.Kind == LineKind.NotInPlan).Select(l => l.Code).OrderBy(c => Array.IndexOf(["report.stream-not-in-plan", "report.field-not-in-plan", "report.month-outside"], c)));
        Assert.True(view.Figures.Complete);
        Assert.Equal(extra.Count, (await desk.Do(Desk.Editor, s => desk.Reports.Activity(s, report.Id, default))).Count);
    }

    [Fact]
    public async Task A_manual_figure_stands_beside_the_calculated_one_and_never_in_its_place()
    {
        await using var desk = await Desk.Open();
        var report = await desk.Report(await desk.Facility());
        var before = await desk.Do(Desk.Editor, s => desk.Reports.Read(s, report.Id, default));
        var after = await desk.Do(Desk.Editor, s => desk.Reports.SetManual(s, report.Id, "gas", new("gas", 1m, "Invoice of the supplier"), default));
        Assert.Equal(before.Figures.TotalTco2e, after.Figures.TotalTco2e);
        Assert.Equal(1m, after.Figures.Streams.Single(s => s.Id == "gas").Manual!.Tco2e);
        Assert.Equal("plan.text", await desk.Refused(Desk.Editor, s => desk.Reports.SetManual(s, report.Id, "gas", new("gas", 1m, " "), default)));
        Assert.Null((await desk.Do(Desk.Editor, s => desk.Reports.SetManual(s, report.Id, "gas", null, default))).Figures.Streams.Single(s => s.Id == "gas").Manual);
    }

    [Fact]
    public async Task Four_eyes_stand_over_plan_report_and_opinion()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Do(Desk.Both, s => desk.Facilities.Create(s, new("Potline 2", null, "CN"), default));
        var plan = await desk.Do(Desk.Both, s => desk.Plans.Draft(s, facility.Id, new(new(2024, 1, 1), Desk.Plan()), default));
        Assert.Equal("plan.approver-wrote-it", await desk.Refused(Desk.Both, s => desk.Plans.Approve(s, plan.Id, default)));
        await desk.Do(Desk.Approver, s => desk.Plans.Approve(s, plan.Id, default));
        var report = await desk.Do(Desk.Both, s => desk.Reports.Create(s, new(facility.Id, new(2025, 1, 1), new(2025, 12, 31)), default));
        await desk.Do(Desk.Both, s => desk.Reports.SetActivity(s, report.Id, Desk.Year(), default));
        Assert.Equal("report.submitter-wrote-it", await desk.Refused(Desk.Both, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default)));
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        await desk.Do(Desk.OneForBoth, s => desk.Verification.TakeUp(s, report.Id, default));
        await desk.Do(Desk.OneForBoth, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured, default));
        Assert.Equal("verification.reviewer-led", await desk.Refused(Desk.OneForBoth, s => desk.Verification.Review(s, report.Id, default)));
        Assert.Equal(ReportState.Accepted, (await desk.Do(Desk.Reviewer, s => desk.Verification.Review(s, report.Id, default))).Report.State);
    }

    [Fact]
    public async Task An_operator_does_not_verify_itself_and_nobody_else_sees_what_is_not_handed_to_them()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Report(facility);
        Assert.Equal("verification.own-organisation", await desk.Refused(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Smelter, default)));
        Assert.Equal("verification.no-verifier", await desk.Refused(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Guid.NewGuid(), default)));
        foreach (var stranger in new[] { Desk.Lead, Desk.Other })
        {
            Assert.Equal("report.not-found", await desk.Refused(stranger, s => desk.Reports.Read(s, report.Id, default)));
            Assert.Equal("facility.not-found", await desk.Refused(stranger, s => desk.Facilities.Read(s, facility.Id, default)));
            Assert.Empty((await desk.Do(stranger, s => desk.Reports.List(s, new(), default))).Items);
        }
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        Assert.Equal(report.Id, (await desk.Do(Desk.Lead, s => desk.Reports.Read(s, report.Id, default))).Report.Id);
        Assert.Single((await desk.Do(Desk.Lead, s => desk.Facilities.List(s, new(), default))).Items);
        Assert.Equal("report.not-found", await desk.Refused(Desk.Other, s => desk.Reports.Read(s, report.Id, default)));
        Assert.Equal("report.not-found", await desk.Refused(Desk.Other, s => desk.Verification.TakeUp(s, report.Id, default)));
        // The second fence: the same by plain SQL.
        await using var other = desk.As(Desk.Other);
        Assert.Equal(0, await other.Run("update footprint.report set state = 2", default));
        await using var lead = desk.As(Desk.Lead);
        await Assert.ThrowsAsync<PostgresException>(() => lead.Run("update footprint.report set state = 0", default));
    }

    [Fact]
    public async Task A_report_goes_back_as_often_as_needed_and_comes_again_with_new_figures()
    {
        await using var desk = await Desk.Open();
        var report = await desk.Report(await desk.Facility());
        var first = await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        await desk.Do(Desk.Lead, s => desk.Verification.TakeUp(s, report.Id, default));
        var finding = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Misstatement, "gas", "Meter 7 was read twice in May.", 50), default));
        var back = await desk.Do(Desk.Lead, s => desk.Verification.Return(s, report.Id, "Correct the gas of May.", default));
        Assert.Equal((ReportState.Returned, "Correct the gas of May."), (back.Report.State, back.Report.Reason));
        var corrected = Desk.Year().Select(v => v.Stream == "gas" && v.Month.Month == 5 ? v with { Value = 15 } : v).ToList();
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, corrected, default));
        await desk.Do(Desk.Editor, s => desk.Verification.Answer(s, finding.Id, "Halved; the reading of 31 May is attached.", default));
        var second = await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        Assert.NotEqual(first.Report.FiguresSha256, second.Report.FiguresSha256);
        await desk.Do(Desk.Lead, s => desk.Verification.TakeUp(s, report.Id, default));
        await desk.Do(Desk.Lead, s => desk.Verification.Close(s, finding.Id, "Corrected.", default));
        Assert.Equal("finding.closed", await desk.Refused(Desk.Editor, s => desk.Verification.Answer(s, finding.Id, "Once more", default)));
        await desk.Do(Desk.Lead, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured, default));
        Assert.Equal(ReportState.Accepted, (await desk.Do(Desk.Reviewer, s => desk.Verification.Review(s, report.Id, default))).Report.State);
    }

    [Fact]
    public async Task No_assurance_while_something_material_or_a_request_is_open()
    {
        await using var desk = await Desk.Open();
        var report = await desk.Report(await desk.Facility());
        var view = await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        await desk.Do(Desk.Lead, s => desk.Verification.TakeUp(s, report.Id, default));
        var small = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Misstatement, "gas", "Rounded too early.", Math.Round(view.Figures.TotalTco2e!.Value * 0.049m, 3)), default));
        var request = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Request, null, "Calibration of the grid meter, please."), default));
        Assert.Equal(new LocalDate(2026, 12, 4), request.DueOn);
        Assert.Equal("verification.requests-open", await desk.Refused(Desk.Lead, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured, default)));
        await desk.Do(Desk.Lead, s => desk.Verification.Close(s, request.Id, "Seen on site.", default));
        var large = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Misstatement, "power", "A month of the second feeder is missing.", view.Figures.TotalTco2e!.Value * 0.01m), default));
        Assert.Equal("verification.material", await desk.Refused(Desk.Lead, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured, default)));
        await desk.Do(Desk.Lead, s => desk.Verification.Close(s, large.Id, "The feeder was off.", default));
        await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Misstatement, "pfc", "Size not known yet."), default));
        Assert.Equal("verification.material", await desk.Refused(Desk.Lead, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured, default)));
        // An adverse opinion is always possible, and ends it.
        await desk.Do(Desk.Lead, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured with { Kind = OpinionKind.Adverse }, default));
        Assert.Equal(ReportState.Failed, (await desk.Do(Desk.Reviewer, s => desk.Verification.Review(s, report.Id, default))).Report.State);
    }

    [Fact]
    public async Task A_correction_is_a_new_version_with_a_reason_and_the_old_one_stays_to_be_read()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var accepted = await desk.Accepted(facility);
        Assert.Equal("plan.text", await desk.Refused(Desk.Editor, s => desk.Reports.Correct(s, accepted.Report.Id, "", default)));
        var second = await desk.Do(Desk.Editor, s => desk.Reports.Correct(s, accepted.Report.Id, "The gas meter was found to read two percent low.", default));
        Assert.Equal((2, accepted.Report.Id), (second.Version, second.Corrects!.Value));
        Assert.Equal("report.period-taken", await desk.Refused(Desk.Editor, s => desk.Reports.Correct(s, accepted.Report.Id, "Again", default)));
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, second.Id, [.. Desk.Year().Select(v => v.Stream == "gas" ? v with { Value = v.Value * 1.02m } : v)], default));
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, second.Id, Desk.Stranger, default));
        await desk.Do(Desk.Other, s => desk.Verification.TakeUp(s, second.Id, default));
        await desk.Do(Desk.Other, s => desk.Verification.GiveOpinion(s, second.Id, Desk.Assured, default));
        var reviewer = Desk.Other with { PersonId = Guid.NewGuid() };
        await desk.Do(reviewer, s => desk.Verification.Review(s, second.Id, default));
        var first = await desk.Do(Desk.Editor, s => desk.Reports.Read(s, accepted.Report.Id, default));
        Assert.Equal(ReportState.Superseded, first.Report.State);
        Assert.Equal(StorageJson.Write(accepted.Figures), StorageJson.Write(first.Figures));
    }

    [Fact]
    public async Task A_verifier_gives_way_after_the_years_the_rule_allows()
    {
        Assert.Null(VerificationRules.Rotation(new HashSet<int> { 2020, 2021, 2022, 2023, 2024 }, 2025, RulesOf()));
        Assert.Equal("verification.rotation", VerificationRules.Rotation(new HashSet<int> { 2019, 2020, 2021, 2022, 2023, 2024 }, 2025, RulesOf())!.Code);
        Assert.Null(VerificationRules.Rotation(new HashSet<int> { 2018, 2019, 2020, 2022, 2023, 2024 }, 2025, RulesOf()));
        await using var desk = await Desk.Open();
        await using var system = desk.As(Actor.System);
        var facility = await desk.Facility();
        var accepted = await desk.Accepted(facility, 2024);
        Assert.Equal([2024], await ReportStore.VerifiedYears(system, facility.Id, Desk.Verifier, default));
        Assert.Empty(await ReportStore.VerifiedYears(system, facility.Id, Desk.Stranger, default));
    }

    static Primitives.Rules.RulePacks RulesOf() => Primitives.Rules.RulePacks.Open(Checkout.Path("data"));

    [Fact]
    public async Task A_new_plan_takes_the_place_of_the_old_one_and_a_report_keeps_the_plan_it_was_made_by()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Report(facility);
        var draft = await desk.Do(Desk.Editor, s => desk.Plans.Draft(s, facility.Id, new(new(2026, 1, 1), Desk.Plan() with { Product = "Remelt ingot" }), default));
        Assert.Equal("plan.draft-there", await desk.Refused(Desk.Editor, s => desk.Plans.Draft(s, facility.Id, new(new(2026, 1, 1), Desk.Plan()), default)));
        await desk.Do(Desk.Editor, s => desk.Plans.Revise(s, draft.Id, new(new(2026, 2, 1), Desk.Plan()), default));
        await desk.Do(Desk.Approver, s => desk.Plans.Approve(s, draft.Id, default));
        var versions = await desk.Do(Desk.Editor, s => desk.Plans.Versions(s, facility.Id, default));
        Assert.Equal([(2, PlanState.InForce), (1, PlanState.Superseded)], versions.Select(v => (v.Version, v.State)));
        Assert.Equal("plan.state-forbids", await desk.Refused(Desk.Editor, s => desk.Plans.Revise(s, draft.Id, new(new(2026, 2, 1), Desk.Plan()), default)));
        Assert.Equal(versions[1].Id, (await desk.Do(Desk.Editor, s => desk.Reports.Read(s, report.Id, default))).Report.PlanId);
        Assert.Equal("report.no-plan", await desk.Refused(Desk.Editor, s => desk.Reports.Create(s, new(facility.Id, new(2024, 1, 1), new(2024, 12, 31)), default)));
    }

    [Fact]
    public void A_plan_that_cannot_be_worked_by_is_refused_field_by_field()
    {
        var good = Desk.Plan();
        IReadOnlyList<Refusal> Check(Func<PlanStream, PlanStream> change) => PlanRules.Check(good with { Streams = [change(good.Streams[2]), .. good.Streams.Where((_, i) => i != 2)] }, Ask.Methods, RulesOf());
        Assert.Empty(PlanRules.Check(good, Ask.Methods, RulesOf()));
        (string Code, string Field) First(Func<PlanStream, PlanStream> change) => Check(change) is [var first, ..] ? (first.Code, first.Field!) : ("nothing", "");
        Assert.Equal(("calc.unknown-method", "content.streams[0].method"), First(s => s with { Method = "mrr.burning" }));
        Assert.Equal(("calc.unknown-method", "content.streams[0].method"), First(s => s with { Method = "facility.footprint" }));
        Assert.Equal(("plan.stream-id", "content.streams[0].id"), First(s => s with { Id = "production" }));
        Assert.Equal(("calc.unknown-field", "content.streams[0].measured"), First(s => s with { Measured = ["activities"] }));
        Assert.Equal(("plan.measured-not-number", "content.streams[0].measured"), First(s => s with { Measured = ["activity", "fuel"] }));
        Assert.Equal(("plan.fixed-and-measured", "content.streams[0].measured"), First(s => s with { Measured = ["activity", "oxidationFactor"] }));
        Assert.Equal(("calc.unknown-field", "content.streams[0].fixed.colour"), First(s => s with { Fixed = new JsonObject { ["colour"] = "red" } }));
        Assert.Equal(("plan.tier-not-met", "content.streams[0].uncertaintyPercent"), First(s => s with { UncertaintyPercent = 2.6m }));
        Assert.Equal(("plan.tier-needs-uncertainty", "content.streams[0].uncertaintyPercent"), First(s => s with { UncertaintyPercent = null }));
        Assert.Equal(("facility.stream-twice", "content.streams"), First(s => s with { Id = "pfc" }));
        Assert.Equal(("calc.missing-field", "content.streams[0].fixed.productionT"), First(s => s with { Method = "aluminium.anode-prebake", Fixed = [], Measured = ["netAnodeTPerT"] }));
    }

    [Theory]
    [InlineData("stream,month,value\nx,2025-01,1", "activity.column")]
    [InlineData("stream,month,field,value\ngas,2025-13,activity,1", "activity.month")]
    [InlineData("stream,month,field,value\ngas,2025-01-02,activity,1", "activity.month")]
    [InlineData("stream,month,field,value\ngas,2025-01,activity,1 000", "calc.not-a-number")]
    [InlineData("stream,month,field,value\n,2025-01,activity,1", "calc.missing-field")]
    [InlineData("stream,month,field,value\n\"gas,2025-01,activity,1", "activity.unreadable")]
    [InlineData("", "activity.column")]
    public void A_file_that_cannot_be_read_is_refused_with_its_line(string csv, string code) => Assert.Equal(code, ActivityRules.ReadCsv(csv).Refusals[0].Code);

    [Fact]
    public void A_figure_given_twice_is_refused() =>
        Assert.Equal("activity.twice", ActivityRules.Check([new("gas", new(2025, 1, 1), "activity", 1), new("gas", new(2025, 1, 1), "activity", 2)])[0].Code);

    [Fact]
    public async Task Every_table_of_the_room_has_the_columns_its_code_writes_and_asks_for_no_other()
    {
        await using var desk = await Desk.Open();
        var tables = await SqlDrift.Tables(desk.Owner, FootprintRoom.Name);
        Assert.True(tables.Count >= 4, $"{tables.Count} tables");
        Assert.Equal([], SqlDrift.Compare(FootprintRoom.Name, tables, Checkout.Files("src/Verdigris.Footprint", ".cs").Select(f => File.ReadAllText(Checkout.Path(f))), []));
    }
}
