using NodaTime;
using Verdigris.Market.Data;
using Verdigris.Primitives;
using static Verdigris.Market.Tests.Life.LifeWorld;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>Open interest is the market's, whoever asks.</summary>
public sealed class OpenInterestTests
{
    const string Series = "ICE.EUA:2026-12";

    static readonly LocalDate Wednesday = new(2026, 12, 9);

    [Fact]
    public async Task Everybody_is_told_all_lots_that_are_open_and_not_the_own()
    {
        await using var w = await BeforeTheClose(Series, 75m, Wednesday, (Seller, 300_000m), (Buyer, 100_000m), (Third, 100_000m));
        Assert.Equal(5, await w.Trade(Series, Buyer, Seller, 5_000, 74.50m));
        Assert.Equal(2, await w.Trade(Series, Third, Seller, 2_000, 74.50m));
        await w.Cleared(Wednesday);
        foreach (var who in new[] { Buyer, Seller, Third, Fourth, Clerk })
            Assert.Equal((who.Name, 7L, 7L), (who.Name, (await w.Do(who, async s => (Answer<UntradedSeries>)(await PriceStore.Untraded(s, Ask.Contracts, default)).Single(u => u.Series == Series))).OpenInterest, await w.Do(who, async s => (Answer<long>)(await PriceStore.Carried(s, Series, default)).GetValueOrDefault())));
    }
}
