using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.Life.LifeWorld;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>Options from the ladder of their exercise prices to the future they become, or to nothing.</summary>
public sealed class OptionLifeTests
{
    const string Future = "SHFE.AD:2026-04", Call = "SHFE.AD.OPTION:2026-04:C18400", Put = "SHFE.AD.OPTION:2026-04:P18400", Option = "SHFE.AD.OPTION";

    /// <summary>Sessions in UTC: 01:00 to 02:15, 02:30 to 03:30, 05:30 to 07:00; the night of 13:00 to 17:00 counts for the next day.</summary>
    static readonly LocalDate Tuesday = new(2026, 3, 17), End = new(2026, 3, 25);

    [Fact]
    public async Task American_options_are_listed_around_their_future_paid_for_exercised_early_and_at_the_end_and_the_rest_lapses()
    {
        await using var w = await LifeWorld.Open(Tuesday.At(new LocalTime(1, 30)).InUtc().ToInstant());
        var standing = w.Get<StandingListings>();
        foreach (var who in new[] { Buyer, Seller, Third, Fourth }) await w.Market.PayIn(w.Of(who), 1_000_000m, "CNY");
        Assert.Equal("listing.underlying-unpriced", await w.Refused(Operator, s => w.Get<Listing>().Open(s, new(Call, 120), default)));
        // Without the future nothing can be listed: one line a month says so.
        var told = await w.Do(Operator, s => standing.Instruct(s, Option, true, default));
        Assert.Equal((0, 2), (told.Open, told.Pending));
        Assert.All(await w.Do(Operator, async s => (Answer<List<PendingSeries>>)(await standing.Pending(s, default)).ToList()), p => Assert.Equal("listing.underlying-unpriced", p.Why));
        await w.Opened(Future, 18_400m);
        Assert.Equal("contract.strike-not-listed", await w.Refused(Operator, s => w.Get<Listing>().Open(s, new("SHFE.AD.OPTION:2026-04:C18450", 120), default)));
        Assert.Equal("contract.strike-not-listed", await w.Refused(Operator, s => w.Get<Listing>().Open(s, new("SHFE.AD.OPTION:2026-04:C25000", 1), default)));
        await using (var s = w.Market.Registry.Sessions.Open(Actor.System)) Assert.Equal(42, await ((IDailyWork)standing).Run(s, default));
        await w.At(Tuesday, 1, 31);
        var call = (await w.Get<InstrumentList>().Find(Call, default))!;
        Assert.Equal((SettlementShape.Option, End), (call.Shape, call.LastDay));
        // The limits are as many yuan away as the future's seven (on its first day fourteen) per cent; the margin is the future's scan.
        Assert.Equal((16_560_00L, (int)call.Reference! + 2_576), w.Floor.Read(f => (f.Instrument(call.Number)!.Terms.MarginPerLot, f.Instrument(call.Number)!.Terms.HighestPrice)));

        // The buyer pays the premium of 120 yuan a tonne at once and owes nothing more; the seller has it and leaves margin. Ten yuan a lot is the fee.
        var fees = w.Total(MarketBook.Fees, "CNY");
        Assert.Equal(4, await w.Trade(Call, Buyer, Third, 40, 120m));
        Assert.Equal(2, await w.Trade(Put, Fourth, Seller, 20, 90m));
        Assert.Equal((1_000_000_00 - 4_840_00, 0L), (w.Money(Buyer, "CNY"), w.Margin(Buyer, "CNY")));
        Assert.Equal((1_000_000_00 + 4_760_00, 4 * 16_560_00), (w.Money(Third, "CNY"), w.Margin(Third, "CNY")));
        Assert.Equal(fees + 120_00, w.Total(MarketBook.Fees, "CNY"));
        Assert.Equal(((4L, 0L), (0L, 4L)), (await w.Position(Buyer, Call), await w.Position(Third, Call)));
        Assert.Equal(1, await w.Trade(Future, Seller, Fourth, 10, 18_400m));
        w.Census();
        await w.Cleared(Tuesday, 8);
        // Short options are margined, long ones need none.
        Assert.Equal(0, w.Margin(Buyer, "CNY"));
        Assert.True(w.Margin(Third, "CNY") > 4 * 1_000_00);

        // The future rises by three steps of the ladder: three exercise prices come on top, those below stay.
        var (wednesday, thursday) = (Tuesday.PlusDays(1), Tuesday.PlusDays(2));
        await w.At(wednesday, 6);
        Assert.Equal(1, await w.Trade(Future, Seller, Fourth, 10, 18_700m));
        Assert.Equal("clearing.over-position", await w.Refused(Buyer, s => w.Get<ExerciseDesk>().Enter(s, w.Of(Buyer).Code, Call, 5, false, wednesday, default)));
        await w.Do(Buyer, s => w.Get<ExerciseDesk>().Enter(s, w.Of(Buyer).Code, Call, 1, false, wednesday, default));
        var before = w.Money(Buyer, "CNY");
        await w.Cleared(wednesday, 8);
        var listed = (await w.Get<InstrumentList>().All(default)).Where(i => i.Contract == Option).ToList();
        Assert.Equal(48, listed.Count);
        Assert.Contains(listed, i => i.Series == "SHFE.AD.OPTION:2026-04:P19700");
        // One call became a future at 18,400, settled to 18,700 that evening; ten yuan for the exercise.
        Assert.Equal(((3L, 0L), (1L, 0L), (0L, 1L)), (await w.Position(Buyer, Call), await w.Position(Buyer, Future), await w.Position(Third, Future)));
        Assert.Equal(before + 3_000_00 - 10_00, w.Money(Buyer, "CNY"));

        // The position is one like any other: it is closed at the desk. It was not opened on the floor, which gives no margin back for it; the evening does.
        await w.At(thursday, 6);
        Assert.Equal(1, await w.Trade(Future, Third, Buyer, 10, 18_720m, PositionEffect.Close, PositionEffect.Close));
        Assert.Equal(((0L, 0L), (0L, 0L)), (await w.Position(Buyer, Future), await w.Position(Third, Future)));
        await w.Cleared(thursday, 8);
        Assert.Equal((before + 3_000_00 - 10_00 + 200_00, 0L), (w.Money(Buyer, "CNY"), w.Margin(Buyer, "CNY")));

        // The last day: calls are worth 250 yuan a tonne and exercise themselves, puts nothing. The night after is not traded any more.
        var end = call.LastDay!.Value;
        for (var day = thursday.PlusDays(1); day < end; day = day.PlusDays(1))
            if (day.DayOfWeek < IsoDayOfWeek.Saturday) await w.Cleared(day, 8);
        await w.At(end, 6);
        Assert.Equal(1, await w.Trade(Future, Seller, Fourth, 10, 18_650m));
        var resting = await w.Enter(Buyer, Put, Side.Buy, 10, 5m, TimeInForce.GoodTillCancel);
        var last = w.Money(Buyer, "CNY");
        await w.Cleared(end, 8);
        Assert.Equal(((0L, 0L), (0L, 0L), (0L, 0L)), (await w.Position(Buyer, Call), await w.Position(Fourth, Put), await w.Position(Seller, Put)));
        Assert.Equal(((3L, 0L), (0L, 3L)), (await w.Position(Buyer, Future), await w.Position(Third, Future)));
        // The order that rested held 50 yuan a lot and its fee; with the series it went.
        Assert.Null(w.Floor.Read(f => f.Order(resting.Order)));
        Assert.Equal(last + (3 * 2_500_00) - (3 * 10_00), w.Money(Buyer, "CNY"));
        Assert.Equal(1L, await w.Sql<long>("select count(*) from market.draw where purpose = 'assignment' and day = $1", end));
        await w.At(end, 13, 5);
        Assert.Equal("trading.not-listed", await w.Refused(Buyer, s => w.Get<OrderDesk>().Enter(s, w.Order(Buyer, Call, Side.Buy, 10, 5m), default)));
        Assert.Equal(BookPhase.Continuous, w.Floor.Read(f => f.Instrument(((InstrumentList)w.Get<InstrumentList>()).Find(Future, default).AsTask().Result!.Number)!.Phase));
    }

    [Fact]
    public async Task European_options_wait_for_their_end_and_a_holder_may_let_one_lapse()
    {
        var first = new LocalDate(2026, 12, 7);
        const string future = "ICE.EUA:2026-12", call = "ICE.EUA.OPTION:2026-12:C75";
        await using var w = await LifeWorld.Open(first.At(new LocalTime(10, 0)).InUtc().ToInstant());
        foreach (var who in new[] { Buyer, Seller, Third }) await w.Market.PayIn(w.Of(who), 500_000m);
        await w.Opened(future, 75m);
        var opened = await w.Opened(call, 1.50m);
        await w.At(first, 10, 1);
        Assert.Equal(4, await w.Trade(call, Buyer, Third, 4_000, 1.50m));
        Assert.Equal(500_000_00 - 6_000_00, w.Money(Buyer));
        Assert.Equal("clearing.not-exercisable", await w.Refused(Buyer, s => w.Get<ExerciseDesk>().Enter(s, w.Of(Buyer).Code, call, 1, false, first, default)));
        for (var day = first; day < opened.LastDay; day = day.PlusDays(1)) if (day.DayOfWeek < IsoDayOfWeek.Saturday) await w.Cleared(day);
        await w.At(opened.LastDay!.Value, 16, 55);
        Assert.Equal(1, await w.Trade(future, Seller, Third, 1_000, 77m));
        await w.Do(Buyer, s => w.Get<ExerciseDesk>().Enter(s, w.Of(Buyer).Code, call, 1, true, opened.LastDay.Value, default));
        await w.Cleared(opened.LastDay.Value);
        // Three of four became futures at 75 and were settled to 77; one lapsed as its holder wished.
        Assert.Equal(((3L, 0L), (0L, 0L)), (await w.Position(Buyer, future), await w.Position(Buyer, call)));
        Assert.Equal(500_000_00 - 6_000_00 + 6_000_00, w.Money(Buyer));
    }

    [Fact]
    public async Task Lots_that_orders_have_promised_are_exercised_and_assigned_all_the_same_and_lots_that_are_gone_hold_nobody_up()
    {
        await using var w = await LifeWorld.Open(Tuesday.At(new LocalTime(1, 30)).InUtc().ToInstant());
        foreach (var who in new[] { Buyer, Seller, Third, Fourth }) await w.Market.PayIn(w.Of(who), 1_000_000m, "CNY");
        await w.Opened(Future, 18_400m);
        await w.Opened(Call, 120m);
        await w.At(Tuesday, 1, 31);
        Assert.Equal(4, await w.Trade(Call, Buyer, Third, 40, 120m));
        Assert.Equal(1, await w.Trade(Future, Seller, Fourth, 10, 18_400m));
        // Both sides have an order in the book that would close all of it, and the holder one that would open more.
        var sells = await w.Enter(Buyer, Call, Side.Sell, 40, 900m, TimeInForce.GoodTillCancel, PositionEffect.Close);
        var buys = await w.Enter(Third, Call, Side.Buy, 40, 5m, TimeInForce.GoodTillCancel, PositionEffect.Close);
        var more = await w.Enter(Buyer, Call, Side.Buy, 10, 4m, TimeInForce.GoodTillCancel);
        await w.Do(Buyer, s => w.Get<ExerciseDesk>().Enter(s, w.Of(Buyer).Code, Call, 1, false, Tuesday, default));
        await w.Cleared(Tuesday, 8);
        Assert.Equal(((3L, 0L), (0L, 3L), (1L, 0L), (0L, 1L)), (await w.Position(Buyer, Call), await w.Position(Third, Call), await w.Position(Buyer, Future), await w.Position(Third, Future)));
        Assert.Equal((true, true, false), (Gone(sells), Gone(buys), Gone(more)));

        // The next day he exercises two, and in the night, which counts for the day after, closes two of three.
        var wednesday = Tuesday.PlusDays(1);
        await w.At(wednesday, 6);
        await w.Do(Buyer, s => w.Get<ExerciseDesk>().Enter(s, w.Of(Buyer).Code, Call, 2, false, wednesday, default));
        await w.At(wednesday, 13, 30);
        Assert.Equal(2, await w.Trade(Call, Third, Buyer, 20, 120m, PositionEffect.Close, PositionEffect.Close));
        var view = await w.Get<Verdigris.Market.Clearing.Days.ClearingClock>().Tick(default);
        Assert.True(view is { Day.Done: true } && view.Day.Day == wednesday, $"{view?.Day.Step}: {string.Join(", ", view?.Day.Waiting.Select(r => r.Code) ?? [])}");
        // One was left to be exercised.
        Assert.Equal(((0L, 0L), (0L, 0L), (2L, 0L), (0L, 2L)), (await w.Position(Buyer, Call), await w.Position(Third, Call), await w.Position(Buyer, Future), await w.Position(Third, Future)));
        w.Census();

        bool Gone(DeskResult order) => w.Floor.Read(f => f.Order(order.Order)) is null;
    }
}
