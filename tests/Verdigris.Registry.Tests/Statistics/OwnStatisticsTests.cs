using NodaTime;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Statistics;
using Verdigris.Registry.Transfers;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests.Statistics;

/// <summary>The registry's own figures are what its transactions and emissions add up to.</summary>
public sealed class OwnStatisticsTests
{
    static decimal? Value(MarketStatistics all, string chart, string series, string period) => all.Find(chart)!.Figures.SingleOrDefault(f => f.Series == series && f.Period == period)?.Value;

    [Fact]
    public async Task What_is_issued_delivered_surrendered_and_verified_adds_up_by_year()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 10, 0));
        var empty = await w.Get<OwnStatistics>().All(default);
        Assert.Equal(4, empty.Charts.Count(c => c.Group == "own"));
        Assert.All(empty.Charts.Where(c => c.Group == "own"), c => Assert.Empty(c.Figures));

        await w.Give(w.SmelterAccount, 5_000);
        await w.Central("issue", w.Numbers.Central(Eu, "total-quantity"), w.Numbers.Central(Eu, "auction"), 1_000);
        var delivery = await w.Account(TraderFirst, "auction-delivery", null);
        await w.Central("auction-delivery", w.Numbers.Central(Eu, "auction"), delivery, 700);
        foreach (var tonnes in new[] { 1_300, 1_201 })
        {
            var entered = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Determine(s, w.Installation, new(2024, tonnes, "A report on paper"), default));
            await w.DecideTask(Approver, entered.TaskId!.Value);
        }
        foreach (var (quantity, year) in new[] { (1_000, (int?)2024), (200, null) })
        {
            var surrender = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, quantity, year), default));
            await w.DecideTask(SmelterSecond, surrender.TaskId!.Value);
        }
        // One that waits counts for nothing.
        await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, 50, 2024), default));

        // Within a minute nothing is counted again.
        Assert.Null(Value(await w.Get<OwnStatistics>().All(default), "own-issued", Eu, "2026"));
        w.Clock.Now += Duration.FromSeconds(61);
        var all = await w.Get<OwnStatistics>().All(default);
        Assert.Equal(6_000m, Value(all, "own-issued", Eu, "2026"));
        Assert.Equal(700m, Value(all, "own-auctioned", Eu, "2026"));
        Assert.Equal(1_200m, Value(all, "own-ended", "surrender", "2026"));
        // The correction takes the place of what was there; the surrender that names no year counts for the year before it.
        Assert.Equal(1_201m, Value(all, "own-emissions", "verified-" + Eu, "2024"));
        Assert.Equal((1_000m, 200m), (Value(all, "own-emissions", "surrendered-" + Eu, "2024"), Value(all, "own-emissions", "surrendered-" + Eu, "2025")));

        await w.Do(Officer, s => w.Get<ComplianceHandlers>().Exclude(s, w.Installation, 2024, true, "outside the scheme that year", default));
        w.Clock.Now += Duration.FromSeconds(61);
        Assert.Null(Value(await w.Get<OwnStatistics>().All(default), "own-emissions", "verified-" + Eu, "2024"));
    }

    [Fact]
    public async Task A_counted_figure_says_so_and_when_and_belongs_to_no_file()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 10, 0));
        await w.Give(w.SmelterAccount, 5_000);
        var all = await w.Get<OwnStatistics>().All(default);
        var figure = Assert.Single(all.Find("own-issued")!.Figures);
        Assert.Equal((StatFigure.ThisRegistry, new LocalDate(2026, 3, 3), null, null, "units"), (figure.Source, figure.Retrieved, figure.File, figure.Line, figure.Unit));
        Assert.Equal("entries: 1", figure.Note!.Value.En);
        Assert.NotEmpty(figure.Article);
        Assert.Equal("EU ETS", figure.Name.En);
        // The printed figures are all there still, and the markets know this one.
        Assert.Equal(28, all.Charts.Count(c => c.Group != "own"));
        Assert.Single(all.Narrowed("own-issued", new("own", 2026, 2026)).Value.Figures);
        Assert.Empty(all.Narrowed("own-issued", new("eu-ets")).Value.Figures);
    }
}
