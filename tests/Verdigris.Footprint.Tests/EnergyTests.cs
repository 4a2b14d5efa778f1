using NodaTime;
using Npgsql;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Tests;

/// <summary>Energy certificates as assets of the Book: every megawatt-hour registered once and used once.</summary>
public sealed class EnergyTests
{
    static NewEnergyBlock Block(long first, long last, string prefix = "643002", int year = 2025, decimal factor = 0) => new("GO", prefix, first, last, EnergyKind.Hydro, factor, new(year, 1, 1), new(year, 6, 30), "Statnett", "NO");

    [Fact]
    public async Task Certificates_are_registered_once_cancelled_once_and_count_in_the_market_based_figure_of_the_period()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Report(facility);
        var before = (await desk.Do(Desk.Editor, s => desk.Reports.Read(s, report.Id, default))).Figures;
        Assert.Equal((0m, before.IndirectTco2e), (before.Market!.CertificateMwh, before.Market.Tco2));

        var block = await desk.Do(Desk.Editor, s => desk.Energy.Register(s, facility.Id, Block(1001, 51_000), default));
        Assert.Equal((BlockState.Registered, 50_000, 0), (block.State, block.Mwh, block.UsedMwh));
        // The same numbers behind other marks are other certificates; the same marks are the same, whoever brings them.
        await desk.Do(Desk.Editor, s => desk.Energy.Register(s, facility.Id, Block(1001, 51_000, "643003"), default));
        foreach (var (first, last) in new[] { (1001L, 51_000L), (1L, 1001L), (51_000L, 60_000L), (2000L, 2000L) })
        {
            var again = await desk.Try(Desk.Editor, s => desk.Energy.Register(s, facility.Id, Block(first, last), default));
            Assert.Equal(("energy.registered-before", block.Id.ToString()), (again.Refusals[0].Code, again.Refusals[0].Args!["id"]));
        }
        var elsewhere = await desk.Do(Desk.Other, s => desk.Facilities.Create(s, new("Elsewhere", null, "SE"), default));
        var stranger = await desk.Try(Desk.Other, s => desk.Energy.Register(s, elsewhere.Id, Block(50_500, 52_000), default));
        Assert.Equal(("energy.registered-before", block.Id.ToString()), (stranger.Refusals[0].Code, stranger.Refusals[0].Args!["id"]));

        Assert.Equal("access.role-needed", await desk.Refused(Desk.Editor, s => desk.Energy.Cancel(s, block.Id, new(report.Id, 1001, 2000), default)));
        Assert.Equal("energy.not-found", await desk.Refused(Desk.Other, s => desk.Energy.Cancel(s, block.Id, new(report.Id, 1001, 2000), default)));
        var use = await desk.Do(Desk.Approver, s => desk.Energy.Cancel(s, block.Id, new(report.Id, 1001, 21_000), default));
        Assert.Equal((UseState.Cancelled, 20_000), (use.State, use.Mwh));
        foreach (var (first, last) in new[] { (1001L, 21_000L), (20_000L, 22_000L), (5000L, 5000L) })
        {
            var twice = await desk.Try(Desk.Approver, s => desk.Energy.Cancel(s, block.Id, new(report.Id, first, last), default));
            Assert.Equal(("energy.used-before", use.Id.ToString(), report.Id.ToString()), (twice.Refusals[0].Code, twice.Refusals[0].Args!["id"], twice.Refusals[0].Args!["report"]));
        }
        var figures = (await desk.Do(Desk.Editor, s => desk.Reports.Read(s, report.Id, default))).Figures;
        Assert.Equal((20_000m, before.IndirectTco2e), (figures.Market!.CertificateMwh, figures.IndirectTco2e));
        Assert.Equal((figures.Market.LoadMwh - 20_000) * 0.1333m, figures.Market.Tco2!.Value, 3);

        // The Book holds what the documents say, and the two sides of it agree.
        var held = desk.Venue.Read(b => (b.Balance(3_000_000_000, EnergyBook.Asset).Total, b.Balance(EnergyBook.Cancelled, EnergyBook.Asset).Total, b.Balance(EnergyBook.Issuance, EnergyBook.Asset).Total));
        Assert.Equal((80_000, 20_000, -100_000), held);

        // Handed in, the report takes no more; the verifier sees block and use; a correction has them still.
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        Assert.Equal("report.state-forbids", await desk.Refused(Desk.Approver, s => desk.Energy.Cancel(s, block.Id, new(report.Id, 30_000, 30_000), default)));
        Assert.Equal(2, (await desk.Do(Desk.Lead, s => desk.Energy.OfFacility(s, facility.Id, default))).Count);
        Assert.Equal(use.Id, Assert.Single(await desk.Do(Desk.Lead, s => desk.Energy.UsesOf(s, facility.Id, default))).Id);
        Assert.Equal(20_000m, (await desk.Do(Desk.Lead, s => desk.Reports.Read(s, report.Id, default))).Figures.Market!.CertificateMwh);
        Assert.Equal("facility.not-found", await desk.Refused(Desk.Other, s => desk.Energy.OfFacility(s, facility.Id, default)));
    }

    [Fact]
    public async Task A_block_that_is_not_one_and_a_use_that_does_not_fit_are_refused_by_their_field()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        foreach (var (code, block) in new[]
        {
            ("calc.not-a-choice", Block(1, 2) with { Registry = "TIGR" }), ("energy.prefix", Block(1, 2, "with blank")), ("energy.number", Block(0, 2)), ("energy.number", Block(long.MinValue, long.MaxValue)), ("energy.range", Block(3, 2)), ("energy.range", Block(1, EnergyRules.MostMwh + 1)),
            ("calc.above-maximum", Block(1, 2, factor: 10.1m)), ("energy.factor-places", Block(1, 2, factor: 0.1234567m)), ("energy.production-year", Block(1, 2) with { ProducedTo = new(2026, 1, 1) }), ("energy.production-later", Block(1, 2, year: 2026) with { ProducedTo = new(2026, 12, 31) }),
            ("plan.text", Block(1, 2) with { Issuer = " " }), ("facility.country", Block(1, 2) with { Country = "XX" }),
        })
            Assert.Equal(code, await desk.Refused(Desk.Editor, s => desk.Energy.Register(s, facility.Id, block, default)));
        var report = await desk.Report(facility);
        var old = await desk.Do(Desk.Editor, s => desk.Energy.Register(s, facility.Id, Block(1, 10, year: 2024), default));
        Assert.Equal("energy.other-year", await desk.Refused(Desk.Approver, s => desk.Energy.Cancel(s, old.Id, new(report.Id, 1, 10), default)));
        var good = await desk.Do(Desk.Editor, s => desk.Energy.Register(s, facility.Id, Block(11, 20), default));
        foreach (var (first, last) in new[] { (10L, 12L), (20L, 21L), (15L, 14L) }) Assert.Equal("energy.outside-block", await desk.Refused(Desk.Approver, s => desk.Energy.Cancel(s, good.Id, new(report.Id, first, last), default)));
        Assert.Equal("energy.report", await desk.Refused(Desk.Approver, s => desk.Energy.Cancel(s, good.Id, new(Guid.NewGuid(), 11, 12), default)));
    }

    [Fact]
    public async Task Of_many_who_cancel_at_once_each_megawatt_hour_goes_to_one()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Report(facility);
        var block = await desk.Do(Desk.Editor, s => desk.Energy.Register(s, facility.Id, Block(1, 1000), default));
        var random = new Random(99);
        var wanted = Enumerable.Range(0, 24).Select(_ => random.Next(1, 951)).Select(first => new NewEnergyUse(report.Id, first, first + random.Next(0, 50))).ToList();
        var answers = await Task.WhenAll(wanted.Select(w => Task.Run(() => desk.Try(Desk.Approver, s => desk.Energy.Cancel(s, block.Id, w, default)))));
        var used = answers.Where(a => a.Ok).Select(a => a.Value).ToList();
        Assert.NotEmpty(used);
        Assert.All(answers.Where(a => !a.Ok), a => Assert.Equal("energy.used-before", a.Refusals[0].Code));
        Assert.Equal(used.Sum(u => u.Mwh), used.SelectMany(u => Enumerable.Range((int)u.FirstNo, (int)u.Mwh)).Distinct().Count());
        Assert.Equal(used.Sum(u => u.Mwh), desk.Venue.Read(b => b.Balance(EnergyBook.Cancelled, EnergyBook.Asset).Total));
        // What was refused overlaps what was taken: nobody was turned away for nothing.
        foreach (var (answer, asked) in answers.Zip(wanted).Where(x => !x.First.Ok)) Assert.Contains(used, u => u.FirstNo <= asked.LastNo && asked.FirstNo <= u.LastNo);
    }

    [Fact]
    public async Task Where_document_and_Book_disagree_the_Book_decides_and_the_document_says_so()
    {
        await using var desk = await Desk.Open();
        var facility = await desk.Facility();
        var report = await desk.Report(facility);
        var block = await desk.Do(Desk.Editor, s => desk.Energy.Register(s, facility.Id, Block(1, 10), default));
        // Somebody moved the serial in the Book behind the documents' back.
        var serial = desk.Venue.Read(b => b.Blocks(3_000_000_000, EnergyBook.Asset)[0].First);
        Assert.True((await desk.Venue.Send(EnergyBook.CancelFor(3_000_000_000, serial, 1, report.Id, Guid.NewGuid()) with { Id = 12345 })).Accepted);
        var refused = await desk.Try(Desk.Approver, s => desk.Energy.Cancel(s, block.Id, new(report.Id, 1, 5), default));
        Assert.Equal(("energy.book-refused", "SerialNotHeld"), (refused.Refusals[0].Code, refused.Refusals[0].Args!["code"]));
        Assert.Equal(UseState.Refused, Assert.Single(await desk.Do(Desk.Editor, s => desk.Energy.UsesOf(s, facility.Id, default))).State);
        Assert.Equal(UseState.Cancelled, (await desk.Do(Desk.Approver, s => desk.Energy.Cancel(s, block.Id, new(report.Id, 2, 10), default))).State);
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var attempt in new[] { "update footprint.energy_use set first_no = 3", "delete from footprint.energy_use", "update footprint.energy_block set last_no = 99", "delete from footprint.energy_block" })
            await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand(attempt, owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
