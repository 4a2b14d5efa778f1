using NodaTime;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>What a line rests on, and the year's watch.</summary>
public sealed class LinkTests
{
    static readonly ActualFigures Whole = new(1.6m, 0.3m, null, "K", "Klarsyn Assurance", new(2025, 1, 1), new(2025, 12, 31), null);

    [Fact]
    public async Task Actual_figures_are_refused_with_the_name_of_each_thing_they_lack_and_compared_with_the_money()
    {
        await using var desk = await ImporterDesk.Open();
        var line = (await desk.Import((1, "76011010", "IN", 25000, "2026-02-14")))[0].Id;
        Assert.Equal(["line.actual-missing directTco2ePerT", "line.actual-missing verifier", "line.actual-missing periodFrom"], await desk.Refusals(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default)));
        Assert.Null((await desk.Do(ImporterDesk.Trader, s => desk.Lines.Compare(s, line, default))).SavedEur);

        var supplier = await desk.Do(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example Smelter", "IN", "Potline 1"), default));
        var elsewhere = await desk.Do(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example Smelter", "CN", "Potline 2"), default));
        Assert.Equal("line.other-origin", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, elsewhere.Id, Whole), default)));
        Assert.Equal("line.figure-range", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier.Id, Whole with { DirectTco2ePerT = -1 }), default)));
        foreach (var year in new[] { -1, 9999 }) Assert.Equal("line.period-year", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier.Id, Whole with { PeriodFrom = new(year, 1, 1), PeriodTo = new(year, 12, 31) }), default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier.Id, Whole with { Verifier = null }), default));
        Assert.Equal(["line.actual-missing verifier"], await desk.Refusals(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default)));
        var linked = await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier.Id, Whole), default));
        Assert.Equal((LineBasis.Default, "Example Smelter", "Potline 1"), (linked.Line.Basis, linked.Line.LinkName, linked.Line.Figures!.Installation));

        var compared = await desk.Do(ImporterDesk.Approver, s => desk.Lines.Compare(s, line, default));
        // (2.057 - 1.6) x 25 t, at 75.36.
        Assert.Equal((11.425m, 11.425m * 75.36m), (compared.SavedCertificates, compared.SavedEur));
        Assert.Empty(compared.Missing);
        var chosen = await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, line, LineBasis.Actual, default));
        Assert.Equal(0.212575m * 25, chosen.Outcome.Certificates);
        // A weaker link cannot slip under a line that rests on actual figures; without one it rests on default values again.
        Assert.Equal(["line.actual-missing verifier"], await desk.Refusals(ImporterDesk.Trader, s => desk.Lines.Link(s, line, new(LinkKind.Supplier, null, supplier.Id, Whole with { Verifier = null }), default)));
        Assert.Equal(LineBasis.Default, (await desk.Do(ImporterDesk.Trader, s => desk.Lines.Unlink(s, line, default))).Line.Basis);
        Assert.Equal("line.not-found", await desk.Refused(ImporterDesk.Other, s => desk.Lines.Read(s, line, default)));
    }

    [Fact]
    public async Task A_certificate_speaks_for_its_own_metal_once_and_only_with_a_reasonable_verification()
    {
        await using var desk = await ImporterDesk.Open();
        var lines = await desk.Import((1, "76011010", "IN", 15000, "2026-02-14"), (2, "76011010", "IN", 10000, "2026-02-14"), (3, "76011010", "IN", 1, "2026-02-14"), (4, "76011010", "CN", 1, "2026-02-14"), (5, "76020019", "IN", 1, "2026-02-14"));
        LinkBody By(string number) => new(LinkKind.Certificate, number, null, new(9, null, null, "K", "Somebody", null, null, null));
        Assert.Equal("access.not-visible", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[0].Id, By("NONE"), default)));
        Assert.Equal("line.other-origin", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[3].Id, By("FJNI-1"), default)));
        Assert.Equal("line.nothing-due", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[4].Id, By("FJNI-1"), default)));
        var linked = await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[0].Id, By("FJNI-1"), default));
        // The producer's figures and verifier, not those the importer writes.
        Assert.Equal((1.6m, "Klarsyn Assurance", "K", new LocalDate(2025, 1, 1)), (linked.Line.Figures!.DirectTco2ePerT!.Value, linked.Line.Figures.Verifier, linked.Line.Figures.Route, linked.Line.Figures.PeriodFrom!.Value));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[1].Id, By("FJNI-1"), default));
        Assert.Equal("line.over-document", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[2].Id, By("FJNI-1"), default)));
        // What another importer linked counts too.
        await desk.Do(ImporterDesk.Other, s => desk.Declarants.Save(s, ImporterDesk.Record with { Eori = "FR1" }, default));
        var theirs = await desk.Bring(ImporterDesk.Csv((9, "76011010", "IN", 5, "2026-02-14")).Replace("DE1234567890123", "FR1", StringComparison.Ordinal), "theirs.csv", ImporterDesk.Other);
        await desk.Do(ImporterDesk.Other, s => desk.Files.Apply(s, theirs.File.Id, CustomsImports.WholeFile, default));
        var other = Assert.Single((await desk.Do(ImporterDesk.Other, s => desk.Lines.List(s, new(), default))).Items).Line.Id;
        Assert.Equal("line.over-document", await desk.Refused(ImporterDesk.Other, s => desk.Lines.Link(s, other, By("FJNI-1"), default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[2].Id, By("FJNI-2"), default));
        Assert.Equal(["line.actual-missing verifier"], await desk.Refusals(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, lines[2].Id, LineBasis.Actual, default)));
    }

    [Fact]
    public async Task Of_lines_linked_to_one_certificate_at_once_only_as_many_go_through_as_its_metal_allows()
    {
        await using var desk = await ImporterDesk.Open();
        var lines = await desk.Import([.. Enumerable.Range(1, 8).Select(n => (n, "76011010", "IN", 10_000m, "2026-02-14"))]);
        var answers = await Task.WhenAll(lines.Select(l => Task.Run(() => desk.Try(ImporterDesk.Trader, s => desk.Lines.Link(s, l.Id, new(LinkKind.Certificate, "FJNI-1"), default)))));
        Assert.Equal((2, 6), (answers.Count(a => a.Ok), answers.Count(a => !a.Ok && a.Refusals[0].Code == "line.over-document")));
    }

    [Fact]
    public async Task Fifty_tonnes_exactly_are_below_the_threshold_a_gram_more_is_above_and_word_goes_out_once_at_each_stage()
    {
        await using var desk = await ImporterDesk.Open();
        async Task<(decimal Mass, bool Alert, bool Exceeded)> State(int year = 2026) => (await desk.Do(ImporterDesk.Trader, s => desk.Watch.Read(s, year, default))).Mass is var m ? (m.MassKg, m.Alert, m.Exceeded) : default;
        await desk.Import((1, "76011010", "IN", 45000m, "2026-02-14"), (2, "28041000", "IN", 900000, "2026-02-14"), (3, "76011010", "NO", 60000, "2026-02-14"), (4, "76020019", "IN", 60000, "2026-02-14"), (5, "76011010", "IN", 30000, "2025-12-31"));
        Assert.Equal((45000m, false, false), await State());
        Assert.Empty(await desk.Notices());
        await desk.Import((6, "76011010", "IN", 0.001m, "2026-03-14"));
        Assert.Equal((45000.001m, true, false), await State());
        Assert.Equal([("cbam.mass", "cbam.notice.mass-near")], await desk.Notices());
        await desk.Import((7, "76011010", "IN", 4999.999m, "2026-04-14"));
        Assert.Equal((50000m, true, false), await State());
        Assert.Single(await desk.Notices());
        await desk.Import((8, "76011010", "IN", 0.001m, "2026-05-14"));
        Assert.Equal((50000.001m, true, true), await State());
        await desk.Import((9, "76011010", "IN", 5, "2026-05-14"));
        Assert.Equal(["cbam.notice.mass-near", "cbam.notice.mass-exceeded"], (await desk.Notices()).Select(n => n.Text));
        Assert.Equal((30000m, false, false), await State(2025));
    }

    [Fact]
    public async Task Totals_say_at_least_where_a_line_is_not_determined_and_price_nothing_that_has_no_price()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Import((1, "76011010", "IN", 100000, "2026-02-14"), (2, "76011010", "IN", 100000, "2026-08-14"), (3, "76020019", "IN", 5, "2026-08-14"));
        var state = await desk.Do(ImporterDesk.Trader, s => desk.Watch.Read(s, 2026, default));
        Assert.Equal((false, 133.915m, 66.9575m * 75.36m, 1), (state.Totals.AtLeast, state.Totals.Certificates, state.Totals.CostEur!.Value, state.Totals.Unpriced));
        Assert.Equal([("computed", 1), ("out-of-scope", 1), ("price-unpublished", 1)], state.Totals.Statuses.Select(x => (x.Status, x.Lines)));
        Assert.Equal([100000m, 100000m, 200000m, 200000m], state.Quarters.Select(q => q.MassKg));
        Assert.All(state.Quarters, q => Assert.Null(q.SharePercent));
        await desk.Import((4, "76011010", "FJ", 1000, "2026-08-14"));
        state = await desk.Do(ImporterDesk.Trader, s => desk.Watch.Read(s, 2026, default));
        Assert.Equal((true, 133.915m), (state.Totals.AtLeast, state.Totals.Certificates));
        Assert.Equal("line.year", await desk.Refused(ImporterDesk.Trader, s => desk.Watch.Read(s, 1999, default)));
    }
}
