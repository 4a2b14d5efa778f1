using static Verdigris.Book.Tests.Matching.Desk;

namespace Verdigris.Book.Tests.Matching;

/// <summary>What stops an incoming order: its own owner's orders, and prices too far away. docs/matching.md, section 5.</summary>
public sealed class SelfTradeAndBandTests
{
    static Desk Own()
    {
        var desk = new Desk();
        desk.Enter("b", Sell(2, 101));
        desk.Enter("own", Sell(5, 101, Anna));
        desk.Enter("c", Sell(9, 101));
        return desk;
    }

    [Theory]
    [InlineData(SelfTrade.Allow, "b x 2@101; own x 5@101; c x 1@101", "c:8")]
    [InlineData(SelfTrade.CancelNewest, "b x 2@101; x -6 SelfTrade", "own:5 c:9")]
    [InlineData(SelfTrade.CancelOldest, "b x 2@101; own -5 SelfTrade; c x 6@101", "c:3")]
    [InlineData(SelfTrade.CancelBoth, "b x 2@101; own -5 SelfTrade; x -6 SelfTrade", "c:9")]
    [InlineData(SelfTrade.Decrement, "b x 2@101; own reduced 5; x reduced 5; c x 1@101", "c:8")]
    public void An_order_that_meets_one_of_its_own_owner_does_what_it_says(SelfTrade rule, string told, string left)
    {
        var desk = Own();
        Assert.Equal(told, desk.Do("x", Buy(8, 101) with { SelfTrade = rule }));
        Assert.Equal(left, desk.Queue);
    }

    [Fact]
    public void Decrement_ends_the_smaller_of_the_two_and_shows_the_next_part_of_an_iceberg()
    {
        var desk = new Desk();
        desk.Enter("ice", Sell(12, 101, Anna) with { Display = 5 });
        Assert.Equal("ice reduced 5; ice shows 5; x reduced 5; ice reduced 3; x reduced 3", desk.Do("x", Buy(8, 101) with { SelfTrade = SelfTrade.Decrement }));
        Assert.Equal("ice:2+2", desk.Queue);
        Assert.Equal(MatchCode.QuantityDone, desk.Send(new() { Operation = OrderOperation.Replace, Order = desk.Id("ice"), Quantity = 8, Price = 101 }));
    }

    [Fact]
    public void The_incoming_order_decides_also_when_it_was_replaced_or_set_off()
    {
        var desk = new Desk();
        desk.Enter("own", Sell(5, 101, Anna));
        desk.Enter("x", Buy(3, 99) with { SelfTrade = SelfTrade.CancelNewest });
        Assert.Equal("x =3@101; x -3 SelfTrade", desk.Replace("x", 3, 101));
    }

    [Fact]
    public void Auctions_do_not_ask_whose_orders_meet()
    {
        var desk = new Desk(phase: BookPhase.PreOpen);
        desk.Enter("a", Buy(5, 101) with { SelfTrade = SelfTrade.CancelBoth });
        desk.Enter("b", Sell(5, 101, Anna) with { SelfTrade = SelfTrade.CancelBoth });
        Assert.Equal("Continuous; uncrossed 5@101; a b 5@101", desk.Phase(BookPhase.Continuous));
    }

    static Desk Banded(BandAction action)
    {
        var desk = new Desk(new(One, DynamicTicks: 5, BandAction: action, Reference: 100));
        desk.Enter("a", Sell(2, 104));
        desk.Enter("b", Sell(2, 105));
        desk.Enter("c", Sell(2, 106));
        return desk;
    }

    [Fact]
    public void A_trade_outside_the_band_is_not_done_and_the_book_is_interrupted()
    {
        var desk = Banded(BandAction.Interrupt);
        Assert.Equal("a x 2@104; b x 2@105; Interruption by 106", desk.Do("x", Buy(9, 110)));
        Assert.Equal("x:5 c:2", desk.Queue);
        Assert.Null(desk.Best);
        Assert.Equal(new(108, 2, 3), desk.It.Indicative() with { Price = 108 });
        Assert.Equal("Continuous; uncrossed 2@110; x c 2@110", desk.Phase(BookPhase.Continuous));
    }

    [Fact]
    public void What_may_not_stay_does_not_wait_for_the_auction()
    {
        Assert.Equal("a x 2@104; b x 2@105; Interruption by 106; x -5 Immediate", Banded(BandAction.Interrupt).Do("x", Order(Side.Buy, 9, 110, Anna, TimeInForce.ImmediateOrCancel)));
        Assert.Equal("a x 2@104; b x 2@105; Interruption by 106; x to 105", Banded(BandAction.Interrupt).Do("x", Order(Side.Buy, 9, 110, Anna, type: OrderType.MarketToLimit)));
        Assert.Equal(MatchCode.NotFillable, Banded(BandAction.Interrupt).Send(Order(Side.Buy, 6, 110, Anna, TimeInForce.FillOrKill)));
    }

    [Fact]
    public void Or_the_rest_is_cancelled_and_trading_goes_on()
    {
        var desk = Banded(BandAction.CancelRest);
        Assert.Equal("a x 2@104; b x 2@105; x -5 OutsideBand", desk.Do("x", Buy(9, 110)));
        Assert.Equal(BookPhase.Continuous, desk.It.Phase);
        // The band follows the last trade, and holds in both directions.
        Assert.Equal("c y 2@106", desk.Do("y", Buy(2, 110)));
        desk.Enter("low", Buy(1, 100));
        Assert.Equal("z -1 OutsideBand", desk.Do("z", Sell(1, 90)));
    }

    [Fact]
    public void The_band_does_not_move_while_one_order_trades()
    {
        var desk = new Desk(new(One, DynamicTicks: 5, Reference: 100));
        desk.Enter("a", Sell(1, 105));
        desk.Enter("b", Sell(1, 110));
        Assert.Equal("a x 1@105; Interruption by 110", desk.Do("x", Buy(2, 110)));
    }

    [Fact]
    public void Terms_set_the_reference_until_the_next_trade_and_narrower_limits_end_what_is_outside()
    {
        var desk = new Desk(new(One, 90, 110));
        desk.Enter("low", Buy(1, 90));
        desk.Enter("in", Buy(1, 95));
        desk.Enter("stop", Order(Side.Sell, 1, 96, Anna, type: OrderType.Stop) with { StopPrice = 91 });
        desk.Events.Clear();
        Assert.Equal(MatchCode.Accepted, desk.Engine.Define(new(One, 95, 105, 2, Reference: 99), desk.Events));
        Assert.Equal("low -1 OutsideLimits; stop -1 OutsideLimits", desk.Told);
        Assert.Equal(99, desk.It.Terms.Reference);
        Assert.Equal("Interruption by 95", desk.Do("x", Sell(1, 95)));
    }
}
