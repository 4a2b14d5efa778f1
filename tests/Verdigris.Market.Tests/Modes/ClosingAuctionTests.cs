using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests.Modes;

/// <summary>The auctions a contract's file begins and ends its day with.</summary>
public sealed class ClosingAuctionTests
{
    static readonly LocalDate Day = new(2026, 3, 3);

    [Fact]
    public async Task The_day_opens_and_closes_with_the_auctions_of_the_file_and_what_they_leave_of_day_orders_ends()
    {
        const string continuous = "      - { phase: continuous, opens: \"07:00\", closes: \"17:00\", zone: Europe/London,", closing = "      - { phase: closing-auction, opens: \"17:00\", closes: \"17:05\", zone: Europe/London, status: recalled, source: HOUSE, article: Trading hours }\n";
        using var data = new ChangedData("contracts", "ice-eua.yaml", continuous, closing + continuous);
        await using var w = await MarketWorld.Open(packs: data.Packs, now: Day.At(new LocalTime(6, 50)).InUtc().ToInstant());
        foreach (var account in new[] { w.BuyerAccount, w.SellerAccount }) await w.PayIn(account, 1_000_000m, "EUR");
        await w.Do(Operator, s => w.Get<Listing>().Open(s, new(Future, 75m), default));
        var desk = w.Get<OrderDesk>();

        // The opening: orders are collected, and the first price is the auction's.
        await At(6, 55, BookPhase.PreOpen);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1_000, 74m), default));
        Assert.Equal(0, (await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 1_000, 76m), default))).Traded);
        Assert.Equal("trading.refused", await w.Refused(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 1_000, 76m, TimeInForce.FillOrKill), default)));
        await At(7, 0, BookPhase.Continuous);
        Assert.Equal(1, Position(w, w.BuyerAccount, Future).Long);

        // The close: the same, and the day is over with it.
        await At(17, 0, BookPhase.ClosingAuction);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 2_000, 74.50m), default));
        var day = (await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 3_000, 75.50m), default))).Order;
        var kept = (await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 1_000, 70m, TimeInForce.GoodTillCancel), default))).Order;
        Assert.Equal(1, Position(w, w.BuyerAccount, Future).Long);
        await At(17, 5, BookPhase.Closed);
        Assert.Equal((3L, 3L), (Position(w, w.BuyerAccount, Future).Long, Position(w, w.SellerAccount, Future).Short));
        Assert.Equal((true, false), w.Get<IFloor>().Read(f => (f.Order(day) is null, f.Order(kept) is null)));
        Assert.Equal(7_550, w.Get<IFloor>().Read(f => f.Instrument(1)!.Last));

        async Task At(int hour, int minute, BookPhase phase)
        {
            w.Registry.Clock.Now = Day.At(new LocalTime(hour, minute)).InUtc().ToInstant();
            await Tick(w);
            Assert.Equal(phase, w.Get<IFloor>().Read(f => f.Instrument(1)!.Phase));
        }
    }
}
