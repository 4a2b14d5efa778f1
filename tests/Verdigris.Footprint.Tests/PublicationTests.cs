using Npgsql;
using Verdigris.Footprint.Publication;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Tests;

/// <summary>Accepted reports given on: each once to each, as they were verified, with what came after them said.</summary>
public sealed class PublicationTests
{
    [Fact]
    public async Task An_accepted_year_becomes_the_draft_of_a_brands_form_with_its_hash_and_verifier_and_only_once()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility(plant: Desk.TestBrands.Plant);
        var open = await desk.Report(facility, 2024);
        Assert.Equal("publication.not-accepted", await desk.Refused(Desk.Editor, s => desk.Publications.Publish(s, open.Id, new(Audience.Brand, "POT1", "CBAM"), default)));
        var accepted = await desk.Accepted(facility);
        foreach (var (code, wanted) in new[] { ("request.word-unknown", new NewPublication(Audience.Brand, "POT1", "EPD")), ("publication.no-upstream", new(Audience.Brand, "POT1", "IAI")), ("publication.brand", new(Audience.Brand, "OTHER", "CBAM")), ("request.word-unknown", new((Audience)9)) })
            Assert.Equal(code, await desk.Refused(Desk.Editor, s => desk.Publications.Publish(s, accepted.Report.Id, wanted, default)));
        Assert.Equal("access.role-needed", await desk.Refused(Desk.Approver, s => desk.Publications.Publish(s, accepted.Report.Id, new(Audience.Brand, "POT1", "CBAM"), default)));
        Assert.Equal("report.not-found", await desk.Refused(Desk.Other, s => desk.Publications.Publish(s, accepted.Report.Id, new(Audience.Brand, "POT1", "CBAM"), default)));
        Assert.Empty(desk.Brands.Drafted);

        var published = await desk.Do(Desk.Editor, s => desk.Publications.Publish(s, accepted.Report.Id, new(Audience.Brand, "POT1", "CBAM"), default));
        var drafted = Assert.Single(desk.Brands.Drafted);
        Assert.Equal(("POT1", 2025, "CBAM", Desk.Verifier, true, accepted.Report.FiguresSha256, 1), (drafted.BrandCode, drafted.Year, drafted.Method, drafted.VerifierId, drafted.Reasonable, drafted.FiguresSha256, drafted.ReportVersion));
        Assert.Equal(Math.Round(accepted.Figures.DirectTco2e!.Value / accepted.Figures.ProductionT!.Value, 4), drafted.DirectTco2ePerT);
        Assert.Equal(Math.Round(accepted.Figures.IndirectTco2e!.Value / accepted.Figures.ProductionT!.Value, 4), drafted.IndirectTco2ePerT);
        Assert.Null(drafted.Scope3Tco2ePerT);
        Assert.Null(published.NewerReportId);
        Assert.Equal("publication.there", await desk.Refused(Desk.Editor, s => desk.Publications.Publish(s, accepted.Report.Id, new(Audience.Brand, "POT1", "CBAM"), default)));
    }

    [Fact]
    public async Task A_part_of_a_year_or_a_facility_without_a_plant_reaches_no_brand()
    {
        await using var desk = await Desk.Open();
        var alone = await desk.Facility();
        var accepted = await desk.Accepted(alone);
        Assert.Equal("publication.no-plant", await desk.Refused(Desk.Editor, s => desk.Publications.Publish(s, accepted.Report.Id, new(Audience.Brand, "POT1", "CBAM"), default)));
        var content = PublicationRules.Content(await desk.Do(Desk.Editor, s => desk.Dossiers.Read(s, accepted.Report.Id, default))).Value;
        Assert.Empty(PublicationRules.Brand(content, "CBAM"));
        Assert.Equal("publication.not-a-year", Assert.Single(PublicationRules.Brand(content with { PeriodFrom = new(2025, 2, 1) }, "CBAM")).Code);
        Assert.Equal("publication.not-a-year", Assert.Single(PublicationRules.Brand(content with { PeriodTo = new(2026, 12, 31) }, "CBAM")).Code);
        Assert.Empty(PublicationRules.Brand(content with { UpstreamTco2ePerT = 2 }, "IAI"));
    }

    [Fact]
    public async Task Records_for_the_border_measure_and_schemes_are_read_by_who_sees_the_report_and_tell_of_a_newer_version()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var first = await desk.Accepted(facility);
        Assert.Equal("plan.text", await desk.Refused(Desk.Approver, s => desk.Publications.Publish(s, first.Report.Id, new(Audience.Scheme, Scheme: " "), default)));
        Assert.Equal("access.role-needed", await desk.Refused(Desk.Editor, s => desk.Publications.Publish(s, first.Report.Id, new(Audience.Cbam), default)));
        var cbam = await desk.Do(Desk.Approver, s => desk.Publications.Publish(s, first.Report.Id, new(Audience.Cbam), default));
        await desk.Do(Desk.Approver, s => desk.Publications.Publish(s, first.Report.Id, new(Audience.Scheme, Scheme: "China ETS 2025"), default));
        Assert.Equal(first.Figures.DirectTco2e, cbam.Content.DirectTco2e);

        var correction = await desk.Do(Desk.Editor, s => desk.Reports.Correct(s, first.Report.Id, "Gas of May.", default));
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, correction.Id, [.. Desk.Year().Select(v => v is { Stream: "gas", Month.Month: 5 } ? v with { Value = 60 } : v)], default));
        await using (var s = desk.As(Desk.Editor)) Assert.Equal(first.Report.Id, (await desk.Publications.Latest(s, first.Report.Id, default))!.ReportId);
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, correction.Id, Desk.Verifier, default));
        await desk.Do(Desk.Lead, s => desk.Verification.TakeUp(s, correction.Id, default));
        await desk.Do(Desk.Lead, s => desk.Verification.GiveOpinion(s, correction.Id, Desk.Assured, default));
        var second = await desk.Do(Desk.Reviewer, s => desk.Verification.Review(s, correction.Id, default));

        foreach (var who in new[] { Desk.Editor, Desk.Lead })
        {
            await using var s = desk.As(who);
            var read = Assert.Single(await desk.Publications.For(s, Audience.Cbam, facility.Id, default));
            Assert.Equal((cbam.Sha256, second.Report.Id, 2), (read.Sha256, read.NewerReportId, read.NewerVersion));
            Assert.Equal(cbam.Content, read.Content);
        }
        // Whoever holds something made of the report may ask whether it still is the latest, and learns nothing else.
        await using (var s = desk.As(Desk.Other))
        {
            Assert.Empty(await desk.Publications.For(s, Audience.Cbam, null, default));
            Assert.Equal(new(second.Report.Id, 2, second.Report.FiguresSha256!), await desk.Publications.Latest(s, first.Report.Id, default));
            Assert.Null(await desk.Publications.Latest(s, Guid.NewGuid(), default));
        }
        Assert.Equal("publication.not-accepted", await desk.Refused(Desk.Approver, s => desk.Publications.Publish(s, first.Report.Id, new(Audience.Scheme, Scheme: "Another"), default)));
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand("update footprint.publication set target = 'x'", owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
