using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>Markets whose days are not those of the calendar, and markets without a future.</summary>
public sealed class NightAndSpotTests
{
    /// <summary>Sessions in UTC: 01:00 to 02:15, 02:30 to 03:30, 05:30 to 07:00; the night of 13:00 to 17:00 counts for the next day.</summary>
    const string Future = "SHFE.AD:2026-04";

    static readonly LocalDate Tuesday = new(2026, 3, 17), Wednesday = Tuesday.PlusDays(1);

    [Fact]
    public async Task The_closing_quote_of_a_day_stays_when_the_night_session_of_the_next_ends_on_its_date()
    {
        await using var w = await LifeWorld.Open(Tuesday.At(new LocalTime(1, 30)).InUtc().ToInstant());
        await w.Market.PayIn(w.Of(Buyer), 1_000_000m, "CNY");
        await w.Opened(Future, 18_400m);
        await w.At(Tuesday, 6);
        await w.Enter(Buyer, Future, Side.Buy, 10, 18_300m);
        await w.At(Tuesday, 7);
        Assert.Equal(18_300m, await Bid(w, Tuesday));
        await w.At(Tuesday, 13);
        await w.Enter(Buyer, Future, Side.Buy, 10, 18_350m);
        await w.At(Tuesday, 17);
        Assert.Equal((18_300m, 18_350m), (await Bid(w, Tuesday), await Bid(w, Wednesday)));
    }

    [Fact]
    public async Task A_day_order_outlives_the_pauses_of_its_trading_day_the_night_before_included_and_ends_with_the_day()
    {
        await using var w = await LifeWorld.Open(Tuesday.At(new LocalTime(14, 0)).InUtc().ToInstant());
        await w.Market.PayIn(w.Of(Buyer), 1_000_000m, "CNY");
        await w.Opened(Future, 18_400m);
        await w.At(Tuesday, 14, 1);
        var order = await w.Enter(Buyer, Future, Side.Buy, 10, 18_300m);
        // In the night, before the morning, at its two pauses and at noon nothing is traded and nothing taken; what stands stays, and may be taken back.
        foreach (var (day, hour, minute, phase) in new[]
        {
            (Tuesday, 17, 30, BookPhase.PostClose), (Wednesday, 0, 30, BookPhase.PostClose), (Wednesday, 1, 30, BookPhase.Continuous), (Wednesday, 2, 20, BookPhase.PostClose),
            (Wednesday, 3, 0, BookPhase.Continuous), (Wednesday, 4, 0, BookPhase.PostClose), (Wednesday, 6, 0, BookPhase.Continuous),
        })
        {
            await w.At(day, hour, minute);
            Assert.Equal((phase, true), w.Floor.Read(f => (f.Instrument(1)!.Phase, f.Order(order.Order) is not null)));
            if (phase == BookPhase.PostClose) Assert.Equal("trading.refused", await w.Refused(Buyer, s => w.Get<OrderDesk>().Enter(s, w.Order(Buyer, Future, Side.Buy, 10, 18_300m), default)));
        }
        await w.At(Wednesday, 7);
        Assert.Equal((BookPhase.Closed, false), w.Floor.Read(f => (f.Instrument(1)!.Phase, f.Order(order.Order) is not null)));
        // The night of a Friday is Monday's: its orders stand over the weekend.
        await w.At(Wednesday.PlusDays(2), 14);
        order = await w.Enter(Buyer, Future, Side.Buy, 10, 18_300m);
        await w.At(Wednesday.PlusDays(4), 12);
        Assert.Equal((BookPhase.PostClose, true), w.Floor.Read(f => (f.Instrument(1)!.Phase, f.Order(order.Order) is not null)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_day_order_ends_also_where_nobody_was_there_at_the_end_of_its_day(bool suspended)
    {
        await using var w = await LifeWorld.Open(Tuesday.At(new LocalTime(14, 0)).InUtc().ToInstant());
        await w.Market.PayIn(w.Of(Buyer), 1_000_000m, "CNY");
        await w.Opened(Future, 18_400m);
        await w.At(Tuesday, 14, 1);
        var (order, stays) = (await w.Enter(Buyer, Future, Side.Buy, 10, 18_300m), await w.Enter(Buyer, Future, Side.Buy, 10, 18_250m, TimeInForce.GoodTillCancel));
        foreach (var follower in w.Get<IEnumerable<IFloorFollower>>()) await follower.CatchUp(w.Floor, default);
        // A clock that is started at a pause of the same day, or while it trades, takes nothing.
        if (suspended) await w.Do(Operator, s => w.Get<Listing>().Suspend(s, Future, true, "A word is awaited", default));
        else
        {
            await w.Restarted(Wednesday, 2, 20);
            await w.Restarted(Wednesday, 3);
        }
        Assert.NotNull(w.Floor.Read(f => f.Order(order.Order)));
        if (suspended)
        {
            await w.At(Wednesday, 8);
            await w.Do(Operator, s => w.Get<Listing>().Suspend(s, Future, false, "It has come", default));
            await w.At(Wednesday.PlusDays(1), 1, 30);
        }
        else await w.Restarted(Wednesday.PlusDays(1), 1, 30);
        Assert.Equal((BookPhase.Continuous, false, true), w.Floor.Read(f => (f.Instrument(1)!.Phase, f.Order(order.Order) is not null, f.Order(stays.Order) is not null)));
    }

    static Task<decimal> Bid(LifeWorld w, LocalDate day) => w.Sql<decimal>("select bid from market.closing_quote where day = $1 and series = $2", day, Future);

    [Fact]
    public async Task Where_only_spot_is_traded_its_limits_still_go_on_from_the_days_last_price()
    {
        await using var w = await LifeWorld.Open(Tuesday.At(new LocalTime(10, 0)).InUtc().ToInstant());
        await w.Market.PayIn(w.Of(Buyer), 1_000_000m);
        await w.Market.PayIn(w.Of(Seller), 1_000_000m);
        var from = await w.Market.Units(Seller, Seller2, w.Of(Seller));
        await w.Market.Units(Buyer, Buyer2, w.Of(Buyer));
        await Modes.ModesWorld.Give(w.Market, from.UnitsAccount, "EUA", "", 10_000);
        await w.Opened(Modes.ModesWorld.Spot, 75m);
        await w.At(Tuesday, 10, 1);
        Assert.Equal(1, await w.Trade(Modes.ModesWorld.Spot, Buyer, Seller, 1_000, 76m));
        await w.At(Tuesday, 20);
        foreach (var follower in w.Get<IEnumerable<IFloorFollower>>()) await follower.CatchUp(w.Floor, default);
        await w.Cleared(Tuesday);
        Assert.Equal(76m, (await w.Get<InstrumentList>().Find(Modes.ModesWorld.Spot, default))!.Reference);
        // A price of before the last clearing day does not come back over what the operator has set since.
        await w.Do(Operator, s => w.Get<Listing>().SetReference(s, Modes.ModesWorld.Spot, 80m, default));
        await w.Cleared(Wednesday);
        Assert.Equal(80m, (await w.Get<InstrumentList>().Find(Modes.ModesWorld.Spot, default))!.Reference);
    }
}
