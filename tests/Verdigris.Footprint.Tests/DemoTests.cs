using Microsoft.Extensions.DependencyInjection;
using Verdigris.Footprint.Demo;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Verification;

namespace Verdigris.Footprint.Tests;

/// <summary>The demo of the workflow, made by the use cases people use.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_has_a_year_accepted_and_one_in_verification_and_starting_again_makes_nothing_twice()
    {
        await using var desk = await Desk.Open();
        var cast = new ReportingCast(Desk.Editor, Desk.Approver, Desk.Lead, Desk.Reviewer, Guid.NewGuid());
        await ReportingDemo.Seed(desk.Services, cast, default);
        await ReportingDemo.Seed(desk.Services, cast, default);

        foreach (var who in new[] { Desk.Editor, Desk.Lead, Desk.Reviewer })
        {
            var facilities = (await desk.Do(who, s => desk.Facilities.List(s, new(), default))).Items;
            Assert.Equal([ReportingDemo.InVerification, ReportingDemo.Accepted], facilities.Select(f => f.Name));
            var accepted = Assert.Single((await desk.Do(who, s => desk.Reports.List(s, new(facilities[1].Id), default))).Items);
            var between = Assert.Single((await desk.Do(who, s => desk.Reports.List(s, new(facilities[0].Id), default))).Items);
            Assert.Equal((ReportState.Accepted, ReportState.InVerification), (accepted.State, between.State));
        }
        foreach (var report in (await desk.Do(Desk.Lead, s => desk.Reports.List(s, new(), default))).Items)
        {
            var view = await desk.Do(Desk.Lead, s => desk.Reports.Read(s, report.Id, default));
            Assert.True(view.Figures.Complete);
            // What a modern prebake smelter emits itself, per tonne: see the limits of the IAI survey in data/footprint/SOURCES.md.
            Assert.InRange(view.Figures.DirectTco2e!.Value / view.Figures.ProductionT!.Value, 1.4m, 2.2m);
            Assert.DoesNotContain(view.Figures.Lines, l => l.Kind is LineKind.Refused or LineKind.NotInPlan or LineKind.Gap);
            Assert.Equal(report.State == ReportState.InVerification, view.Findings.Any(f => f.State == FindingState.Open));
        }
    }
}
