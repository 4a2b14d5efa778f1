using static Verdigris.Book.Tests.Floors.FloorWorld;

namespace Verdigris.Book.Tests.Floors;

/// <summary>Lines of traders: checks, replaces, mass cancels, the kill switch, repeats.</summary>
public sealed class OrderTests : IDisposable
{
    readonly FloorWorld w = new();

    public void Dispose()
    {
        w.Check();
        w.Dispose();
    }

    FloorCommand Order(long trader = Ann, Side side = Side.Buy, long lots = 1, int? price = 10, int instrument = Spot, OrderType type = OrderType.Limit, TimeInForce inForce = TimeInForce.Day,
        PositionEffect effect = PositionEffect.Open, OrderFlags flags = OrderFlags.None, long display = 0, long minimum = 0, long expires = 0, int stop = 0) =>
        FloorCommands.NewOrder(w.Id(), instrument, trader, side, lots, price, type, inForce, effect, stop, display, minimum, flags, expiresAt: expires);

    [Fact]
    public void Every_refusal_has_its_code_and_holds_nothing()
    {
        w.Sell(Bob, 1, 50);
        w.Refused(FloorCode.KindUnknown, new FloorCommand { Id = w.Id(), Kind = (FloorKind)99 });
        w.Refused(FloorCode.FieldInvalid, Order() with { Order = 3 });
        w.Refused(FloorCode.FieldInvalid, Order(effect: PositionEffect.Close));
        w.Refused(FloorCode.FieldInvalid, Order(type: OrderType.Market, inForce: TimeInForce.Day));
        w.Refused(FloorCode.FieldInvalid, Order(side: Side.None));
        w.Refused(FloorCode.InstrumentUnknown, Order(instrument: 77));
        w.Refused(FloorCode.InstrumentUnknown, Order(instrument: -1));
        w.Refused(FloorCode.TraderUnknown, Order(trader: 99));
        w.Refused(FloorCode.QuantityInvalid, Order(lots: 0));
        w.Refused(FloorCode.DisplayInvalid, Order(display: 2));
        w.Refused(FloorCode.MinimumInvalid, Order(inForce: TimeInForce.ImmediateOrCancel, minimum: 2));
        w.Refused(FloorCode.PriceOutsideLimits, Order(price: 10_001));
        w.Refused(FloorCode.PriceOutsideLimits, Order(price: 0));
        w.Refused(FloorCode.StopPriceOutsideLimits, Order(type: OrderType.StopLimit, stop: 20_000));
        w.Refused(FloorCode.TimePast, Order(inForce: TimeInForce.GoodTillDate, expires: w.Now));
        w.Refused(FloorCode.WouldTrade, Order(price: 50, flags: OrderFlags.PostOnly));
        w.Refused(FloorCode.NotFillable, Order(lots: 2, price: 50, inForce: TimeInForce.FillOrKill));
        w.Refused(FloorCode.ValueOverflow, Order(lots: BookTerms.MostLots, price: 10_000, side: Side.Sell) with { Quantity = BookTerms.MostLots, Instrument = Big() });
        w.Refused(FloorCodes.Of(Code.InsufficientBalance), Order(lots: 1_000_000));
        w.Refused(FloorCodes.Of(Code.InsufficientBalance), Order(side: Side.Sell, lots: 1_001));
        w.Ok(FloorCommands.SetPhase(w.Id(), Spot, BookPhase.Halt));
        w.Refused(FloorCode.PhaseRefuses, Order());
        Assert.Equal(Code.InsufficientBalance, FloorCodes.Of(Code.InsufficientBalance).BookCode());
        Assert.Null(FloorCode.WouldTrade.BookCode());
    }

    int Big()
    {
        if (w.Floor.Instrument(9) is not null) return 9;
        w.Ok(FloorCommands.DefineInstrument(w.Id(), Definitions[0] with { Id = 9, TickValue = long.MaxValue / 1_000 }));
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), 9, new() { HighestPrice = 10_000 }));
        w.Ok(FloorCommands.SetPhase(w.Id(), 9, BookPhase.Continuous));
        return 9;
    }

    [Fact]
    public void A_traders_limits_are_asked_in_their_order()
    {
        w.Ok(FloorCommands.UpdateTrader(w.Id(), Ann, new() { MaxOrderQuantity = 10, MaxOrderValue = 2_000, MaxOpenOrders = 2, PositionLimit = 5 }));
        w.Refused(FloorCode.QuantityOverLimit, Order(lots: 11));
        w.Refused(FloorCode.ValueOverLimit, Order(lots: 10, price: 21));
        w.Refused(FloorCode.PositionOverLimit, Order(lots: 6, price: 10, instrument: Future));
        w.Buy(Ann, 3, 10, Future);
        w.Refused(FloorCode.PositionOverLimit, Order(lots: 3, price: 10, instrument: Future));
        w.Ok(Order(lots: 5, price: 12, instrument: Future, side: Side.Sell)); // the other side has its own
        w.Refused(FloorCode.OpenOrdersOverLimit, Order());
        w.Ok(FloorCommands.UpdateTrader(w.Id(), Ann, new() { Active = false }));
        w.Refused(FloorCode.TraderInactive, Order());
    }

    [Fact]
    public void The_rate_is_counted_by_the_batchs_second()
    {
        w.Ok(FloorCommands.UpdateTrader(w.Id(), Ann, new() { OrdersPerSecond = 3 }));
        w.Now = 5_000_000_000;
        for (int i = 0; i < 3; i++) w.Ok(Order());
        w.Refused(FloorCode.OrderRateOverLimit, Order());
        w.Now = 5_001_000_000;
        w.Ok(Order());
    }

    [Fact]
    public void Credit_counts_what_is_tied_and_what_was_spent_until_the_day_opens()
    {
        w.Ok(FloorCommands.UpdateTrader(w.Id(), Ann, new() { CreditLimit = 1_000 }));
        w.Ok(Order(lots: 6));
        w.Refused(FloorCode.CreditOverLimit, Order(lots: 5));
        w.Sell(Bob, 6, 9);
        Assert.Equal(600, w.Floor.Trader(Ann)!.CreditUsed); // the resting order's price is the trade's
        w.Refused(FloorCode.CreditOverLimit, Order(lots: 5));
        w.Buy(Cid, 3, 10);
        w.Ok(Order(side: Side.Sell, lots: 3, price: 10));
        Assert.Equal(300, w.Floor.Trader(Ann)!.CreditUsed);
        w.Ok(FloorCommands.OpenDay(w.Id()));
        Assert.Equal(0, w.Floor.Trader(Ann)!.CreditUsed);
    }

    [Fact]
    public void Accounts_that_an_instrument_needs_must_be_there()
    {
        w.Ok(FloorCommands.DefineTrader(w.Id(), new() { Id = 50, CashAccount = CashOf(Ann), UnitAccount = UnitsOf(Ann) }));
        w.Refused(FloorCode.TraderAccountMissing, Order(trader: 50, instrument: Future));
        w.Refused(FloorCode.TraderAccountMissing, Order(trader: 50, instrument: Option, side: Side.Sell));
        w.Refused(FloorCode.TraderAccountMissing, Order(trader: 50, instrument: Chinese));
        w.Ok(Order(trader: 50, instrument: Option));
    }

    [Fact]
    public void A_replace_gets_more_collateral_first_or_changes_nothing()
    {
        long order = w.Buy(Ann, 10, 10);
        w.Buy(Bob, 1, 10);
        w.Ok(FloorCommands.Replace(w.Id(), Ann, order, 8, 10));
        Assert.Equal((1_000_000 - 800, 800), w.Of(CashOf(Ann)));
        Assert.Equal(1, w.Events.Single(e => e.Kind == FloorEventKind.OrderReplaced).Quantity); // kept its place
        w.Refused(FloorCodes.Of(Code.InsufficientBalance), FloorCommands.Replace(w.Id(), Ann, order, 8, 10_000) with { Quantity = 100 });
        Assert.Equal((8, 10, 800), (w.Floor.Order(order)!.Remaining, w.Floor.Order(order)!.Price, w.Floor.Order(order)!.CashHeld));
        w.Sell(Cid, 3, 10);
        Assert.Equal(5, w.Floor.Order(order)!.Remaining);
        w.Ok(FloorCommands.Replace(w.Id(), Ann, order, 9, 12));
        Assert.Equal((6, 9, 720), (w.Floor.Order(order)!.Remaining, w.Floor.Order(order)!.Quantity, w.Floor.Order(order)!.CashHeld));
        w.Refused(FloorCode.QuantityDone, FloorCommands.Replace(w.Id(), Ann, order, 3, 12));
        w.Refused(FloorCode.OrderOfOther, FloorCommands.Replace(w.Id(), Bob, order, 9, 12));
        w.Refused(FloorCode.OrderUnknown, FloorCommands.Replace(w.Id(), Ann, order + 1, 9, 12));
        w.Refused(FloorCode.FieldInvalid, FloorCommands.Replace(w.Id(), Ann, order, 9, 12) with { Display = 1 });
    }

    [Fact]
    public void A_replaced_order_that_now_crosses_trades_at_once()
    {
        w.Sell(Bob, 4, 20);
        long order = w.Buy(Ann, 4, 10);
        var (code, id, traded) = w.Send(FloorCommands.Replace(w.Id(), Ann, order, 4, 20));
        Assert.Equal((FloorCode.Accepted, order, 4), (code, id, traded));
        Assert.Equal((1_000_000 - 800, 0), w.Of(CashOf(Ann)));
    }

    [Fact]
    public void Cancels_know_their_owner_and_the_market_needs_none()
    {
        long first = w.Buy(Ann, 1, 10), second = w.Buy(Ann, 1, 10);
        w.Refused(FloorCode.OrderOfOther, FloorCommands.Cancel(w.Id(), Bob, first));
        w.Ok(FloorCommands.Cancel(w.Id(), Ann, first));
        w.Refused(FloorCode.OrderUnknown, FloorCommands.Cancel(w.Id(), Ann, first));
        w.Ok(FloorCommands.Cancel(w.Id(), 0, second));
        Assert.Equal("ended 1 CancelledByTrader left 1; ended 1 MassCancelled left 1", w.Told(FloorEventKind.OrderEnded));
        Assert.Equal((1_000_000, 0), w.Of(CashOf(Ann)));
    }

    [Fact]
    public void Mass_cancels_take_what_matches_and_the_kill_switch_everything()
    {
        for (int i = 0; i < 5; i++) w.Ok(FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Buy, 1, 5 + i, session: 1 + i % 2));
        w.Ok(FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Sell, 1, 90, session: 1));
        w.Buy(Ann, 1, 10, Future);
        w.Buy(Bob, 1, 4);
        Assert.Equal(3, w.Ok(FloorCommands.MassCancel(w.Id(), Ann, session: 1, side: Side.Buy)));
        Assert.Equal(1, w.Ok(FloorCommands.MassCancel(w.Id(), instrument: Future)));
        Assert.Equal(4, w.Floor.Trader(Ann)!.OpenOrders + w.Floor.Trader(Bob)!.OpenOrders);
        w.Refused(FloorCode.FieldInvalid, FloorCommands.MassCancel(w.Id()));
        Assert.Equal(3, w.Ok(FloorCommands.Kill(w.Id(), Ann)));
        w.Refused(FloorCode.TraderKilled, Order());
        Assert.Equal((1_000_000, 0), w.Of(CashOf(Ann)));
        w.Ok(FloorCommands.Unkill(w.Id(), Ann));
        w.Ok(Order());
    }

    [Fact]
    public void A_line_sent_again_is_answered_as_the_first_time_also_after_a_restart()
    {
        var line = Order(lots: 3);
        var first = w.SendAll(line)[0];
        var again = w.SendAll(line)[0];
        Assert.Equal(first.Answer, again.Answer);
        Assert.True(again.Outcome.Repeated);
        w.Restart();
        Assert.Equal(again, w.SendAll(line)[0]);
        Assert.Equal(1, w.Floor.Trader(Ann)!.OpenOrders);
        Assert.Equal(Code.CommandIdReused, w.SendAll(line with { Quantity = 4 })[0].Outcome.Code);
    }

    [Fact]
    public void Self_trade_prevention_gives_collateral_of_what_it_took_free()
    {
        w.Ok(FloorCommands.DefineTrader(w.Id(), TraderOf(Ann) with { Id = 60, Owner = 5, SelfTrade = SelfTrade.Decrement }));
        w.Ok(FloorCommands.DefineTrader(w.Id(), TraderOf(Ann) with { Id = 61, Owner = 5, SelfTrade = SelfTrade.Decrement }));
        long sell = w.Ok(Order(trader: 60, side: Side.Sell, lots: 5, price: 20));
        long buy = w.Ok(Order(trader: 61, lots: 2, price: 25));
        Assert.Null(w.Floor.Order(buy));
        Assert.Equal((3, 300), (w.Floor.Order(sell)!.Remaining, w.Floor.Order(sell)!.UnitsHeld));
        Assert.Equal((1_000_000, 0), w.Of(CashOf(Ann)));
        Assert.Equal("ended 61 SelfTradePrevented left 0", w.Told(FloorEventKind.OrderEnded));
        Assert.DoesNotContain(w.Events, e => e.Kind == FloorEventKind.Trade);
    }

    [Fact]
    public void Stops_icebergs_and_orders_good_till_a_date_keep_their_collateral_while_they_wait()
    {
        w.Sell(Bob, 5, 30);
        long stop = w.Ok(Order(type: OrderType.StopLimit, price: 40, stop: 35, lots: 2)), iceberg = w.Ok(Order(side: Side.Sell, lots: 10, price: 35, display: 2));
        long dated = w.Ok(Order(inForce: TimeInForce.GoodTillDate, expires: w.Now + 1_000));
        Assert.True(w.Floor.Order(stop)!.Waiting);
        w.Check();
        w.Buy(Cid, 6, 35);
        Assert.Contains(w.Events, e => e.Kind == FloorEventKind.OrderTriggered);
        w.Check();
        // Ann's stop met her own iceberg, and she cancels the newest.
        Assert.Null(w.Floor.Order(stop));
        Assert.Equal(9, w.Floor.Order(iceberg)!.Remaining);
        w.Now += 2_000;
        Assert.Equal(1, w.Ok(FloorCommands.Expire(w.Id(), w.Now)));
        Assert.Null(w.Floor.Order(dated));
        w.Refused(FloorCode.FieldInvalid, FloorCommands.Expire(w.Id(), w.Now + 1_000_000));
        Assert.Contains("ended 1 Expired left 1", w.Told(FloorEventKind.OrderEnded), StringComparison.Ordinal);
    }

    [Fact]
    public void Terms_that_narrow_and_a_day_that_closes_end_orders_and_give_back_what_they_held()
    {
        w.Buy(Ann, 1, 100);
        w.Buy(Ann, 1, 10);
        w.Ok(FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Buy, 1, 9, timeInForce: TimeInForce.GoodTillCancel));
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { HighestPrice = 50 }));
        w.Ok(FloorCommands.SetPhase(w.Id(), Spot, BookPhase.Closed));
        Assert.Equal("ended 1 OutsideLimits left 1; ended 1 DayOver left 1", w.Told(FloorEventKind.OrderEnded));
        Assert.Equal((1_000_000 - 90, 90), w.Of(CashOf(Ann)));
    }

    [Fact]
    public void A_trade_outside_the_dynamic_band_is_not_done()
    {
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { HighestPrice = 10_000, DynamicBand = 5, ReferencePrice = 100 }));
        w.Sell(Bob, 1, 103);
        w.Sell(Bob, 1, 110);
        long buy = w.Buy(Ann, 2, 110);
        Assert.Equal(BookPhase.Interruption, w.Floor.Instrument(Spot)!.Phase);
        Assert.Equal(1, w.Floor.Order(buy)!.Remaining);
        var told = w.Events.Last(e => e.Kind == FloorEventKind.PhaseChanged);
        Assert.Equal((BookPhase.Interruption, 110), (told.Phase, told.Price));
        w.Ok(FloorCommands.SetPhase(w.Id(), Spot, BookPhase.Continuous));
        Assert.Null(w.Floor.Order(buy));
    }

    [Fact]
    public void A_trade_tells_the_side_that_came_in_and_an_auctions_trade_tells_none()
    {
        w.Sell(Bob, 2, 20);
        w.Buy(Ann, 1, 20);
        w.Buy(Cid, 1, 18);
        w.Sell(Bob, 1, 18);
        // Set off by the auction's price, it comes in and meets what the auction left: one line causes both trades.
        w.Ok(FloorCommands.NewOrder(w.Id(), Spot, Dot, Side.Buy, 1, 30, OrderType.StopLimit, stopPrice: 22));
        w.Ok(FloorCommands.SetPhase(w.Id(), Spot, BookPhase.PreOpen));
        w.Buy(Ann, 2, 25);
        w.Sell(Bob, 1, 22);
        w.Sell(Bob, 2, 25);
        w.Ok(FloorCommands.SetPhase(w.Id(), Spot, BookPhase.Continuous));
        Assert.Equal("Buy 1@20; Sell 1@18; None 1@22; None 1@22; Buy 1@25", string.Join("; ", w.Events.Where(e => e.Kind == FloorEventKind.Trade).Select(e => $"{e.Side} {e.Quantity}@{e.Price}")));
    }

    [Fact]
    public void Definitions_are_checked_and_stay()
    {
        var d = Definitions[0];
        w.Refused(FloorCode.InstrumentExists, FloorCommands.DefineInstrument(w.Id(), d));
        foreach (var bad in new[]
        {
            d with { Id = 70_000 }, d with { Id = 8, Shape = (SettlementShape)9 }, d with { Id = 8, ShortAsset = 5 }, d with { Id = 8, TickValue = 0 }, d with { Id = 8, LotUnits = 0 }, d with { Id = 8, BaseAsset = Cash },
            Definitions[1] with { Id = 8, IssuerAccount = 0 }, Definitions[1] with { Id = 8, ShortAsset = LongF }, Definitions[1] with { Id = 8, NextDayResale = true }, Definitions[2] with { Id = 8, LotUnits = 2 },
        }) w.Refused(FloorCode.InstrumentInvalid, FloorCommands.DefineInstrument(w.Id(), bad));
        foreach (var bad in new InstrumentTerms[] { new() { LowestPrice = 0 }, new() { FeePerLot = -1 }, new() { MarginPerLot = -1 }, new() { LowestPrice = 9, HighestPrice = 8 }, new() { BlockQuantity = 0 }, new() { MaxOrderQuantity = 0 } })
            w.Refused(FloorCode.InstrumentInvalid, FloorCommands.UpdateInstrument(w.Id(), Spot, bad));
        w.Refused(FloorCode.TraderExists, FloorCommands.DefineTrader(w.Id(), TraderOf(Ann)));
        w.Refused(FloorCode.TraderInvalid, FloorCommands.DefineTrader(w.Id(), TraderOf(77) with { CashAccount = 0 }));
        w.Refused(FloorCode.TraderInvalid, FloorCommands.UpdateTrader(w.Id(), Ann, new() { CreditLimit = -1 }));
        w.Refused(FloorCode.TraderUnknown, FloorCommands.UpdateTrader(w.Id(), 77, new()));
        w.Refused(FloorCode.InstrumentUnknown, FloorCommands.SetPhase(w.Id(), 77, BookPhase.Halt));
        w.Refused(FloorCode.PhaseRefuses, FloorCommands.SetPhase(w.Id(), Spot, BookPhase.Continuous));
        Assert.Equal(d, w.Floor.Instrument(Spot)!.Definition);
        Assert.Equal([1, 2, 3, 4, 5], w.Floor.Instruments);
    }
}
