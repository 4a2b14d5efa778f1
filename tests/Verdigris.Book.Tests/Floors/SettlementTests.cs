using static Verdigris.Book.Tests.Floors.FloorWorld;

namespace Verdigris.Book.Tests.Floors;

/// <summary>Orders hold what they would deliver, and a trade is its postings: spot, futures, options.</summary>
public sealed class SettlementTests : IDisposable
{
    readonly FloorWorld w = new();

    public void Dispose()
    {
        w.Check();
        w.Dispose();
    }

    [Fact]
    public void An_order_to_buy_holds_its_price_and_one_to_sell_its_units()
    {
        long buy = w.Buy(Ann, 3, 20), sell = w.Sell(Bob, 2, 25);
        Assert.Equal((1_000_000 - 3 * 20 * TickValue, 600), w.Of(CashOf(Ann)));
        Assert.Equal((100_000 - 200, 200), w.Of(UnitsOf(Bob), Unit));
        var order = w.Floor.Order(buy)!;
        Assert.Equal((600, 0), (order.CashHeld, order.UnitsHeld));
        Assert.Equal(HoldState.Pending, w.Core.State.Hold(order.CashHold)!.State);
        Assert.True(w.Core.State.Hold(order.CashHold)!.Lien);
        Assert.Equal(200, w.Floor.Order(sell)!.UnitsHeld);
    }

    [Fact]
    public void A_spot_trade_moves_cash_and_units_in_one_chain_and_a_better_price_comes_back()
    {
        w.Sell(Bob, 5, 20);
        long buy = w.Buy(Ann, 5, 30);
        Assert.Null(w.Floor.Order(buy));
        Assert.Equal((1_000_000 - 5 * 20 * TickValue, 0), w.Of(CashOf(Ann)));
        Assert.Equal((1_000_000 + 5 * 20 * TickValue, 0), w.Of(CashOf(Bob)));
        Assert.Equal((100_500, 0), w.Of(UnitsOf(Ann), Unit));
        Assert.Equal((99_500, 0), w.Of(UnitsOf(Bob), Unit));
        Assert.Equal("fill 2 Sell 5@20 left 0; fill 1 Buy 5@20 left 0; trade 5@20", w.Told(FloorEventKind.Fill, FloorEventKind.Trade));
        var chain = w.Batches[^1].Commands.ToArray().Where(c => c.Operation is not (Operation.Note or Operation.Hold)).ToArray();
        Assert.Equal([Operation.PostHold, Operation.PostHold, Operation.Transfer, Operation.Transfer], chain.Select(c => c.Operation));
        Assert.Equal([true, true, true, false], chain.Select(c => (c.Flags & CommandFlags.Linked) != 0));
        Assert.All(chain, c => Assert.Equal(chain[0].Id, ProgramWriter.IdOf((long)c.Reference)));
        Assert.Equal(5, w.Floor.Trade((long)chain[0].Reference)!.Quantity);
    }

    [Fact]
    public void Parts_of_an_order_are_settled_as_they_trade()
    {
        long sell = w.Sell(Bob, 10, 20);
        w.Buy(Ann, 4, 20);
        w.Check();
        Assert.Equal((6, 600), (w.Floor.Order(sell)!.Remaining, w.Floor.Order(sell)!.UnitsHeld));
        w.Buy(Cid, 3, 21);
        w.Ok(FloorCommands.Cancel(w.Id(), Bob, sell));
        Assert.Equal((100_000 - 700, 0), w.Of(UnitsOf(Bob), Unit));
        Assert.Equal("ended 2 CancelledByTrader left 3", w.Told(FloorEventKind.OrderEnded));
    }

    [Fact]
    public void Serialised_units_pass_the_clearing_account_as_they_are()
    {
        w.Sell(Bob, 2, 7, SerialSpot);
        var sold = w.Core.State.Blocks(UnitsOf(Bob), Serial).Single(b => b.Hold != 0);
        w.Buy(Ann, 2, 7, SerialSpot);
        Assert.Equal((20, UnitsOf(Ann), UnitsOf(Ann)), (sold.Last - sold.First + 1, w.Core.State.Owner(Serial, sold.First)!.Value.Account, w.Core.State.Owner(Serial, sold.Last)!.Value.Account));
    }

    [Fact]
    public void Fees_of_both_sides_are_held_paid_and_given_back()
    {
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Spot, new() { FeePerLot = 3, HighestPrice = 10_000 }));
        w.Sell(Bob, 4, 20);
        long buy = w.Buy(Ann, 6, 20);
        Assert.Equal((1_000_000 - 4 * (200 + 3) - 2 * (200 + 3), 2 * (200 + 3)), w.Of(CashOf(Ann)));
        Assert.Equal((1_000_000 + 4 * (200 - 3), 0), w.Of(CashOf(Bob)));
        Assert.Equal((24, 0), w.Of(Fees));
        w.Ok(FloorCommands.Cancel(w.Id(), Ann, buy));
        Assert.Equal((1_000_000 - 4 * 203, 0), w.Of(CashOf(Ann)));
    }

    [Fact]
    public void A_fee_above_the_price_takes_the_sellers_proceeds_and_no_more()
    {
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Chinese, new() { FeePerLot = 30, HighestPrice = 10_000 }));
        w.Sell(Bob, 2, 10, Chinese);
        w.Buy(Ann, 2, 10, Chinese);
        Assert.Equal((1_000_000, 0), w.Of(CashOf(Bob)));
        Assert.Equal((1_000_000 - 20 - 60, 0), w.Of(CashOf(Ann)));
        Assert.Equal((80, 0), w.Of(Fees));
    }

    [Fact]
    public void What_was_bought_today_may_be_sold_tomorrow_where_the_market_says_so()
    {
        w.Sell(Bob, 5, 10, Chinese);
        w.Buy(Ann, 5, 10, Chinese);
        Assert.Equal((5, 0), w.Of(LockedOf(Ann), Unit));
        Assert.Equal(5, w.Floor.Position(Ann, Chinese).Locked);
        w.Ok(FloorCommands.OpenDay(w.Id()));
        Assert.Equal((0, 0), w.Of(LockedOf(Ann), Unit));
        Assert.Equal((100_005, 0), w.Of(UnitsOf(Ann), Unit));
        Assert.Equal(0, w.Floor.Position(Ann, Chinese).Locked);
    }

    [Fact]
    public void A_future_opens_long_and_short_in_pairs_against_margin()
    {
        w.Sell(Bob, 5, 200, Future);
        Assert.Equal((1_000_000 - 250, 250), w.Of(CashOf(Bob)));
        w.Buy(Ann, 3, 210, Future);
        Assert.Equal((3, 0), w.Of(UnitsOf(Ann), LongF));
        Assert.Equal((3, 0), w.Of(UnitsOf(Bob), ShortF));
        Assert.Equal((150, 0), w.Of(MarginOf(Ann)));
        Assert.Equal((150, 0), w.Of(MarginOf(Bob)));
        Assert.Equal((1_000_000 - 250, 100), w.Of(CashOf(Bob)));
        Assert.Equal(3, w.Floor.Instrument(Future)!.OpenInterest);
        Assert.Equal((3, 150), (w.Floor.Position(Ann, Future).Long, w.Floor.Position(Ann, Future).Margin));
    }

    [Fact]
    public void Closing_takes_the_position_back_and_gives_its_margin_free()
    {
        w.Sell(Bob, 4, 200, Future);
        w.Buy(Ann, 4, 200, Future);
        long close = w.Sell(Ann, 3, 205, Future, effect: PositionEffect.Close);
        Assert.Equal((1, 3), w.Of(UnitsOf(Ann), LongF));
        w.Buy(Cid, 1, 205, Future);
        Assert.Equal((1, 2), w.Of(UnitsOf(Ann), LongF));
        Assert.Equal((1, 0), w.Of(UnitsOf(Cid), LongF));
        Assert.Equal(4, w.Floor.Instrument(Future)!.OpenInterest);
        Assert.Equal((150, 0), w.Of(MarginOf(Ann)));
        w.Buy(Bob, 2, 205, Future, effect: PositionEffect.Close);
        Assert.Equal(2, w.Floor.Instrument(Future)!.OpenInterest);
        Assert.Equal((100, 50), (w.Of(MarginOf(Bob)).Available, w.Of(MarginOf(Ann)).Available));
        Assert.Null(w.Floor.Order(close));
        Assert.Equal(FloorCodes.Of(Code.InsufficientBalance), w.Send(FloorCommands.NewOrder(w.Id(), Future, Ann, Side.Sell, 2, 205, effect: PositionEffect.Close)).Code);
    }

    [Fact]
    public void Margin_that_clearing_took_in_hand_does_not_stop_a_trade()
    {
        w.Sell(Bob, 2, 200, Future);
        w.Buy(Ann, 2, 200, Future);
        Assert.Equal(Code.Accepted, w.Book(Commands.Transfer(w.Id(), FloorTypes.MarginBack, Cash, MarginOf(Ann), CashOf(Ann), 100)));
        w.Sell(Ann, 2, 200, Future, effect: PositionEffect.Close);
        w.Buy(Cid, 2, 200, Future);
        Assert.Equal((0, 0), w.Of(UnitsOf(Ann), LongF));
        Assert.Equal(0, w.Floor.Position(Ann, Future).Margin);
        Assert.Equal((1_000_000, 0), w.Of(CashOf(Ann)));
    }

    [Fact]
    public void A_futures_price_may_be_below_zero()
    {
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Future, new() { MarginPerLot = 50, LowestPrice = -1_000, HighestPrice = 1_000 }));
        w.Sell(Bob, 1, -40, Future);
        w.Buy(Ann, 1, -30, Future);
        Assert.Equal("trade 1@-40", w.Told(FloorEventKind.Trade));
    }

    [Fact]
    public void An_option_is_paid_at_once_and_its_seller_posts_margin()
    {
        w.Ok(FloorCommands.UpdateInstrument(w.Id(), Option, new() { MarginPerLot = 70, FeePerLot = 2, HighestPrice = 10_000 }));
        w.Sell(Bob, 3, 12, Option);
        Assert.Equal((1_000_000 - 210, 210), w.Of(CashOf(Bob)));
        w.Buy(Ann, 3, 15, Option);
        Assert.Equal((1_000_000 - 3 * (120 + 2), 0), w.Of(CashOf(Ann)));
        Assert.Equal((1_000_000 - 210 + 3 * (120 - 2), 0), w.Of(CashOf(Bob)));
        Assert.Equal((210, 0), w.Of(MarginOf(Bob)));
        Assert.Equal((3, 3), (w.Of(UnitsOf(Ann), LongO).Available, w.Of(UnitsOf(Bob), ShortO).Available));
        // The writer buys back: it pays a premium and gives its short lots to the issuer, whoever sells to it.
        long back = w.Buy(Bob, 2, 10, Option, effect: PositionEffect.Close);
        Assert.Equal((2, 2 * 102), (w.Floor.Order(back)!.UnitsHeld, w.Floor.Order(back)!.CashHeld));
        w.Sell(Ann, 2, 10, Option, effect: PositionEffect.Close);
        Assert.Equal(1, w.Floor.Instrument(Option)!.OpenInterest);
        Assert.Equal((70, 0), w.Of(MarginOf(Bob)));
        Assert.Equal((12 + 8, 0), w.Of(Fees)); // (2 + 2) x 3, then x 2
    }

    [Fact]
    public void A_buyer_at_market_is_held_at_its_protection_or_the_instruments_limit_and_pays_what_it_trades_at()
    {
        w.Sell(Bob, 1, 20);
        w.Sell(Cid, 1, 22);
        Assert.Equal(FloorCodes.Of(Code.InsufficientBalance), w.Send(FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Buy, 20, null, OrderType.Market, TimeInForce.ImmediateOrCancel)).Code);
        var (code, _, traded) = w.Send(FloorCommands.NewOrder(w.Id(), Spot, Ann, Side.Buy, 20, 21, OrderType.Market, TimeInForce.ImmediateOrCancel));
        Assert.Equal((FloorCode.Accepted, 1), (code, traded));
        Assert.Equal("ended 1 NotFilledAtOnce left 19", w.Told(FloorEventKind.OrderEnded));
        Assert.Equal((1_000_000 - 200, 0), w.Of(CashOf(Ann)));
    }

    [Fact]
    public void An_auction_settles_every_trade_at_its_one_price()
    {
        w.Ok(FloorCommands.SetPhase(w.Id(), Spot, BookPhase.PreOpen));
        w.Buy(Ann, 4, 30);
        w.Buy(Bob, 4, 28);
        w.Sell(Cid, 3, 25);
        w.Sell(Dot, 3, 26);
        Assert.Equal(new(28, 6, 2), w.Floor.Indicative(Spot));
        w.Ok(FloorCommands.SetPhase(w.Id(), Spot, BookPhase.Continuous));
        Assert.Equal("trade 3@28; trade 1@28; trade 2@28", w.Told(FloorEventKind.Trade));
        Assert.Equal((1_000_000 - 4 * 280, 0), w.Of(CashOf(Ann)));
        Assert.Equal((1_000_000 + 3 * 280, 0), w.Of(CashOf(Dot)));
        Assert.Equal(28, w.Floor.Instrument(Spot)!.Last);
    }
}
