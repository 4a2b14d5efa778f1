using static Verdigris.Book.Tests.Matching.Desk;

namespace Verdigris.Book.Tests.Matching;

/// <summary>What each type of order does: docs/matching.md, sections 2 and 5.</summary>
public sealed class OrderTypeTests
{
    /// <summary>Sellers a to e, five lots each, one tick apart from 101 on.</summary>
    static Desk Sellers(BookTerms? terms = null)
    {
        var desk = new Desk(terms);
        foreach (var (i, name) in new[] { "a", "b", "c", "d", "e", "f" }.Index()) desk.Enter(name, Sell(5, 101 + i));
        return desk;
    }

    [Fact]
    public void Better_prices_trade_first_then_earlier_orders_at_the_price_of_the_one_that_was_there()
    {
        var desk = new Desk();
        desk.Enter("late", Sell(5, 101));
        desk.Enter("later", Sell(5, 101));
        desk.Enter("best", Sell(5, 100));
        Assert.Equal("best x 5@100; late x 5@101; later x 2@101", desk.Do("x", Buy(12, 105)));
        Assert.Equal("later:3", desk.Queue);
        Assert.Equal("0@0 3@101", desk.Best);
    }

    [Fact]
    public void A_limit_order_rests_with_what_did_not_trade()
    {
        var desk = Sellers();
        Assert.Equal("a x 5@101", desk.Do("x", Buy(8, 101)));
        Assert.Equal("3@101 5@102", desk.Best);
        Assert.Equal([new(101, 3, 1)], Depth(desk, Side.Buy));
        Assert.Equal([new(102, 5, 1), new(103, 5, 1)], Depth(desk, Side.Sell, 2));
    }

    static DepthLevel[] Depth(Desk desk, Side side, int most = 10)
    {
        var levels = new DepthLevel[most];
        return levels[..desk.It.Depth(side, levels)];
    }

    [Fact]
    public void A_market_order_stops_at_its_protection_price() =>
        Assert.Equal("a x 5@101; b x 5@102; x -2 Immediate", Sellers().Do("x", Order(Side.Buy, 12, 102, Anna, TimeInForce.ImmediateOrCancel, OrderType.Market)));

    [Fact]
    public void Immediate_or_cancel_leaves_nothing_behind()
    {
        var desk = Sellers();
        Assert.Equal("a x 5@101; x -3 Immediate", desk.Do("x", Order(Side.Buy, 8, 101, Anna, TimeInForce.ImmediateOrCancel)));
        Assert.Equal("y -8 Immediate", desk.Do("y", Order(Side.Buy, 8, 101, Anna, TimeInForce.ImmediateOrCancel)));
        Assert.Empty(Depth(desk, Side.Buy));
    }

    [Fact]
    public void Immediate_or_cancel_with_a_minimum_trades_that_much_or_nothing()
    {
        var desk = Sellers();
        var order = Order(Side.Buy, 12, 102, Anna, TimeInForce.ImmediateOrCancel);
        Assert.Equal(MatchCode.NotFillable, desk.Send(order with { Minimum = 11 }));
        Assert.Equal("a x 5@101; b x 5@102; x -2 Immediate", desk.Do("x", order with { Minimum = 10 }));
    }

    [Fact]
    public void Fill_or_kill_trades_whole_or_not_at_all()
    {
        var desk = Sellers();
        Assert.Equal(MatchCode.NotFillable, desk.Send(Order(Side.Buy, 11, 102, Anna, TimeInForce.FillOrKill)));
        Assert.Equal("a x 5@101; b x 5@102", desk.Do("x", Order(Side.Buy, 10, 102, Anna, TimeInForce.FillOrKill)));
    }

    [Fact]
    public void Fill_or_kill_counts_what_icebergs_hide()
    {
        var desk = new Desk();
        desk.Enter("ice", Sell(30, 101) with { Display = 10 });
        Assert.Equal(MatchCode.NotFillable, desk.Send(Order(Side.Buy, 31, 101, Anna, TimeInForce.FillOrKill)));
        Assert.Equal("ice x 10@101; ice shows 10; ice x 10@101; ice shows 10; ice x 10@101", desk.Do("x", Order(Side.Buy, 30, 101, Anna, TimeInForce.FillOrKill)));
    }

    [Fact]
    public void What_is_hidden_behind_an_own_order_does_not_count_for_fill_or_kill()
    {
        var desk = new Desk();
        desk.Enter("ice", Sell(30, 101) with { Display = 10 });
        desk.Enter("own", Sell(5, 101, Anna));
        var order = Order(Side.Buy, 11, 101, Anna, TimeInForce.FillOrKill);
        Assert.Equal(MatchCode.NotFillable, desk.Send(order with { SelfTrade = SelfTrade.CancelNewest }));
        Assert.Equal(MatchCode.NotFillable, desk.Send(order with { SelfTrade = SelfTrade.Decrement }));
        Assert.Equal("ice x 10@101; ice shows 10; own -5 SelfTrade; ice x 1@101", desk.Do("x", order with { SelfTrade = SelfTrade.CancelOldest }));
    }

    [Fact]
    public void Market_to_limit_stays_at_the_price_of_its_last_trade()
    {
        var desk = new Desk();
        desk.Enter("a", Sell(5, 101));
        desk.Enter("b", Sell(5, 102));
        Assert.Equal("a x 5@101; b x 5@102; x to 102", desk.Do("x", Order(Side.Buy, 12, 110, Anna, type: OrderType.MarketToLimit)));
        Assert.Equal("2@102 0@0", desk.Best);
        var empty = new Desk();
        Assert.Equal("x -12 Immediate", empty.Do("x", Order(Side.Buy, 12, 102, Anna, type: OrderType.MarketToLimit)));
    }

    [Fact]
    public void The_best_five_takes_five_levels_and_no_more()
    {
        var desk = Sellers();
        Assert.Equal("a x 5@101; b x 5@102; c x 5@103; d x 5@104; e x 5@105; x to 105", desk.Do("x", Order(Side.Buy, 40, 110, Anna, type: OrderType.MarketToLimit) with { Levels = 5 }));
        Assert.Equal("15@105 5@106", desk.Best);
        Assert.Equal("a x 5@101; b x 5@102; c x 5@103; d x 5@104; e x 5@105; x -15 Immediate", Sellers().Do("x", Order(Side.Buy, 40, 110, Anna, TimeInForce.ImmediateOrCancel, OrderType.Market) with { Levels = 5 }));
        Assert.Equal("a x 5@101; b x 5@102; c x 5@103; d x 5@104; e x 5@105; x to 105", Sellers().Do("x", Buy(40, 110) with { Levels = 5 }));
        Assert.Equal(MatchCode.NotFillable, Sellers().Send(Order(Side.Buy, 26, 110, Anna, TimeInForce.FillOrKill) with { Levels = 5 }));
    }

    [Fact]
    public void Post_only_is_refused_where_it_would_trade_and_rests_where_not()
    {
        var desk = Sellers();
        Assert.Equal(MatchCode.PostOnlyWouldTrade, desk.Send(Buy(5, 101) with { Flags = OrderFlags.PostOnly }));
        Assert.Equal("", desk.Do("x", Buy(5, 100) with { Flags = OrderFlags.PostOnly }));
        Assert.Equal("5@100 5@101", desk.Best);
    }

    [Fact]
    public void A_sliding_post_only_order_is_moved_one_tick_away()
    {
        var desk = Sellers(new(One, 100, 200));
        desk.Enter("x", Buy(5, 104) with { Flags = OrderFlags.PostOnly | OrderFlags.Slide });
        Assert.Equal(100, desk.Events[0].Price);
        desk.Cancel("x");
        desk.Enter("low", Sell(1, 100));
        Assert.Equal(MatchCode.PostOnlyWouldTrade, desk.Send(Buy(5, 104) with { Flags = OrderFlags.PostOnly | OrderFlags.Slide }));
    }

    [Fact]
    public void An_iceberg_shows_a_part_and_loses_its_place_with_each_new_one()
    {
        var desk = new Desk();
        desk.Enter("ice", Sell(25, 101) with { Display = 10 });
        desk.Enter("b", Sell(10, 101));
        Assert.Equal([new(101, 20, 2)], Depth(desk, Side.Sell));
        Assert.Equal("ice x 10@101; ice shows 10; b x 2@101", desk.Do("x", Buy(12, 101)));
        Assert.Equal("b:8 ice:10+5", desk.Queue);
        Assert.Equal("b y 8@101; ice y 10@101; ice shows 5; ice y 1@101", desk.Do("y", Buy(19, 101)));
        Assert.Equal("ice:4", desk.Queue);
    }

    [Fact]
    public void An_iceberg_coming_in_trades_with_all_it_has()
    {
        var desk = Sellers();
        Assert.Equal("a ice 5@101; b ice 5@102", desk.Do("ice", Buy(30, 102) with { Display = 4 }));
        Assert.Equal("4@102 5@103", desk.Best);
        Assert.Equal((4, 16), (desk.Engine.Order(desk.Id("ice"))!.Value.Shown, desk.Engine.Order(desk.Id("ice"))!.Value.Hidden));
    }

    [Fact]
    public void Good_till_a_date_ends_when_that_time_has_come()
    {
        var desk = new Desk();
        desk.Enter("late", Order(Side.Buy, 5, 99, Anna, TimeInForce.GoodTillDate) with { Time = 200 });
        desk.Enter("soon", Order(Side.Buy, 5, 98, Anna, TimeInForce.GoodTillDate) with { Time = 100 });
        desk.Enter("ever", Buy(5, 97));
        Assert.Equal("", desk.Expire(99));
        Assert.Equal("soon -5 Expired", desk.Expire(100));
        Assert.Null(desk.Best);
        Assert.Equal(MatchCode.ExpiryPast, desk.Send(Order(Side.Buy, 5, 99, Anna, TimeInForce.GoodTillDate) with { Time = 100 }));
        Assert.Equal("late -5 Expired", desk.Expire(300));
        Assert.Equal("5@97 0@0", desk.Best);
    }

    [Fact]
    public void Day_orders_end_with_the_day_and_others_stay()
    {
        var desk = new Desk();
        desk.Enter("day", Order(Side.Buy, 5, 99, Anna, TimeInForce.Day));
        desk.Enter("stop", Order(Side.Sell, 5, 90, Anna, TimeInForce.Day, OrderType.Stop) with { StopPrice = 95 });
        desk.Enter("ever", Buy(5, 97));
        Assert.Equal("Closed; day -5 DayOver; stop -5 DayOver", desk.Phase(BookPhase.Closed));
        Assert.Equal("ever:5", desk.Queue);
    }
}
