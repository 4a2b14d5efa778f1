using static Verdigris.Book.Tests.Matching.Desk;

namespace Verdigris.Book.Tests.Matching;

/// <summary>Stops: docs/matching.md, section 7.</summary>
public sealed class StopTests
{
    static OrderCommand Stop(Side side, long quantity, int stop, int price, int owner = Cleo) => Order(side, quantity, price, owner, type: OrderType.Stop) with { StopPrice = stop };

    static OrderCommand StopLimit(Side side, long quantity, int stop, int price, int owner = Cleo) => Order(side, quantity, price, owner, type: OrderType.StopLimit) with { StopPrice = stop };

    [Fact]
    public void A_stop_waits_unseen_and_goes_off_when_a_trade_reaches_its_price()
    {
        var desk = new Desk();
        desk.Enter("a", Sell(5, 100));
        desk.Enter("b", Sell(5, 101));
        Assert.Equal("", desk.Do("s", Stop(Side.Buy, 3, 100, 110)));
        Assert.Null(desk.Best);
        Assert.Equal("a x 1@100; s goes off; a s 3@100", desk.Do("x", Buy(1, 100)));
    }

    [Fact]
    public void A_stop_limit_becomes_a_limit_order()
    {
        var desk = new Desk();
        desk.Enter("a", Sell(1, 100));
        desk.Enter("s", StopLimit(Side.Buy, 3, 100, 100));
        Assert.Equal("a x 1@100; s goes off", desk.Do("x", Buy(1, 100)));
        Assert.Equal("3@100 0@0", desk.Best);
        Assert.Equal(OrderType.Limit, desk.Engine.Order(desk.Id("s"))!.Value.Type);
    }

    [Fact]
    public void A_stop_that_the_last_trade_has_reached_goes_off_at_once()
    {
        var desk = new Desk();
        desk.Enter("a", Sell(5, 100));
        desk.Enter("x", Buy(1, 100));
        Assert.Equal("s goes off; s -2 Immediate", desk.Do("s", Stop(Side.Sell, 2, 100, 90)));
    }

    [Fact]
    public void Stops_go_off_one_by_one_buyers_first_the_nearest_first_then_in_the_order_they_came()
    {
        var desk = new Desk();
        desk.Enter("bid", Buy(50, 95, Ben));
        desk.Enter("ask", Sell(50, 105));
        desk.Enter("far", Stop(Side.Buy, 1, 105, 110));
        desk.Enter("near", Stop(Side.Buy, 1, 102, 110));
        desk.Enter("near2", Stop(Side.Buy, 1, 102, 110));
        desk.Enter("down", Stop(Side.Sell, 1, 106, 90));
        Assert.Equal("ask x 1@105; near goes off; ask near 1@105; near2 goes off; ask near2 1@105; far goes off; ask far 1@105; down goes off; bid down 1@95", desk.Do("x", Buy(1, 105)));
    }

    [Fact]
    public void One_stop_sets_off_the_next()
    {
        var desk = new Desk();
        desk.Enter("a", Sell(1, 100));
        desk.Enter("b", Sell(1, 102));
        desk.Enter("c", Sell(1, 104));
        desk.Enter("second", Stop(Side.Buy, 1, 102, 110));
        desk.Enter("first", Stop(Side.Buy, 1, 100, 110));
        Assert.Equal("a x 1@100; first goes off; b first 1@102; second goes off; c second 1@104", desk.Do("x", Buy(1, 100)));
    }

    [Fact]
    public void Every_price_of_a_sweep_counts_not_only_the_last()
    {
        var desk = new Desk();
        desk.Enter("bid", Buy(1, 90, Ben));
        desk.Enter("a", Sell(1, 100));
        desk.Enter("b", Sell(1, 104));
        desk.Enter("s", Stop(Side.Sell, 1, 101, 80));
        Assert.Equal("a x 1@100; b x 1@104; s goes off; bid s 1@90", desk.Do("x", Buy(2, 104)));
    }

    [Fact]
    public void A_stop_not_yet_set_off_is_cancelled_and_replaced_like_any_order()
    {
        var desk = new Desk();
        desk.Enter("a", Sell(5, 100));
        desk.Enter("s", Stop(Side.Buy, 3, 100, 110));
        Assert.Equal("s =2@108 kept", desk.Replace("s", 2, 108, 100));
        Assert.Equal("s =2@108", desk.Replace("s", 2, 108, 101));
        Assert.Equal("a x 1@100", desk.Do("x", Buy(1, 100)));
        Assert.Equal("s -2 Asked", desk.Cancel("s"));
        Assert.Equal(1, desk.Engine.LiveOrders);
        Assert.Equal(MatchCode.OrderUnknown, desk.Send(new() { Operation = OrderOperation.Cancel, Order = desk.Id("s") }));
        Assert.Equal("a y 4@100", desk.Do("y", Buy(4, 101)));
    }

    [Fact]
    public void A_stop_replaced_so_that_the_last_trade_has_reached_it_goes_off_at_once()
    {
        var desk = new Desk();
        desk.Enter("a", Sell(5, 100));
        desk.Enter("s", Stop(Side.Buy, 3, 105, 110));
        desk.Enter("x", Buy(1, 100));
        Assert.Equal("s =3@110; s goes off; a s 3@100", desk.Replace("s", 3, 110, 99));
    }

    [Fact]
    public void Stops_entered_before_the_opening_go_off_by_the_opening_price()
    {
        var desk = new Desk(phase: BookPhase.PreOpen);
        desk.Enter("a", Sell(5, 100));
        desk.Enter("b", Buy(3, 100));
        desk.Enter("s", Stop(Side.Buy, 1, 100, 110));
        Assert.Equal("Continuous; uncrossed 3@100; b a 3@100; s goes off; a s 1@100", desk.Phase(BookPhase.Continuous));
    }

    [Fact]
    public void A_closing_price_sets_nothing_off_before_trading_begins_again()
    {
        var desk = new Desk(phase: BookPhase.ClosingAuction);
        desk.Enter("a", Sell(5, 100));
        desk.Enter("b", Buy(3, 100));
        desk.Enter("s", Stop(Side.Buy, 1, 100, 110));
        Assert.Equal("PostClose; uncrossed 3@100; b a 3@100", desk.Phase(BookPhase.PostClose));
        Assert.Equal("Continuous; s goes off; a s 1@100", desk.Phase(BookPhase.Continuous));
    }

    [Fact]
    public void Stops_that_an_interruption_overtakes_wait_for_its_auction()
    {
        var desk = new Desk(new(One, DynamicTicks: 5, Reference: 100));
        desk.Enter("a", Sell(1, 104));
        desk.Enter("b", Sell(9, 110));
        desk.Enter("bid", Buy(1, 90, Ben));
        desk.Enter("market", Stop(Side.Buy, 2, 104, 120));
        desk.Enter("limit", StopLimit(Side.Buy, 2, 104, 105));
        desk.Enter("market2", Stop(Side.Buy, 3, 104, 120));
        Assert.Equal("a x 1@104; market goes off; Interruption by 110; market -2 Immediate; limit goes off; market2 goes off", desk.Do("x", Buy(1, 104)));
        Assert.Equal("market2:3 limit:2 bid:1 b:9", desk.Queue);
        Assert.Equal("Continuous; uncrossed 3@110; market2 b 3@110", desk.Phase(BookPhase.Continuous));
    }

    [Fact]
    public void A_stop_that_waits_for_an_auction_ends_with_it_and_not_by_its_date()
    {
        var desk = new Desk(new(One, DynamicTicks: 5, Reference: 100));
        desk.Enter("a", Sell(1, 104));
        desk.Enter("b", Sell(2, 110));
        desk.Enter("first", Stop(Side.Buy, 2, 104, 120));
        desk.Enter("second", Order(Side.Buy, 3, 120, Cleo, TimeInForce.GoodTillDate, OrderType.Stop) with { StopPrice = 104, Time = 50 });
        Assert.Equal("a x 1@104; first goes off; Interruption by 110; first -2 Immediate; second goes off", desk.Do("x", Buy(1, 104)));
        Assert.Equal("", desk.Expire(60));
        Assert.Equal(TimeInForce.ImmediateOrCancel, desk.Engine.Order(desk.Id("second"))!.Value.TimeInForce);
        Assert.Equal("Continuous; uncrossed 2@120; second b 2@120; second -1 AuctionOver", desk.Phase(BookPhase.Continuous));
        Assert.Equal(0, desk.Engine.LiveOrders);
    }
}
