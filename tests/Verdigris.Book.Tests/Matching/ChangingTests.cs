using static Verdigris.Book.Tests.Matching.Desk;

namespace Verdigris.Book.Tests.Matching;

/// <summary>Cancel, replace, and many at once: docs/matching.md, section 6.</summary>
public sealed class ChangingTests
{
    [Fact]
    public void Less_at_the_same_price_keeps_its_place_and_more_loses_it()
    {
        var desk = new Desk();
        desk.Enter("a", Buy(5, 100));
        desk.Enter("b", Buy(5, 100));
        Assert.Equal("a =3@100 kept", desk.Replace("a", 3, 100));
        Assert.Equal("a:3 b:5", desk.Queue);
        Assert.Equal("a =4@100", desk.Replace("a", 4, 100));
        Assert.Equal("b:5 a:4", desk.Queue);
        Assert.Equal("b =5@100 kept", desk.Replace("b", 5, 100));
        Assert.Equal("b =5@101", desk.Replace("b", 5, 101));
        Assert.Equal("b =5@100", desk.Replace("b", 5, 100));
        Assert.Equal("a:4 b:5", desk.Queue);
    }

    [Fact]
    public void A_replaced_order_counts_what_was_done_of_it_and_not_its_first_quantity()
    {
        var desk = new Desk();
        desk.Enter("a", Buy(10, 100));
        desk.Enter("x", Sell(6, 100));
        Assert.Equal(MatchCode.QuantityDone, desk.Send(new() { Operation = OrderOperation.Replace, Order = desk.Id("a"), Quantity = 6, Price = 100 }));
        Assert.Equal("a =1@100 kept", desk.Replace("a", 7, 100));
        Assert.Equal("a =14@99", desk.Replace("a", 20, 99));
        Assert.Equal("a y 14@99", desk.Do("y", Sell(30, 99)));
        Assert.Equal("y:16", desk.Queue);
    }

    [Fact]
    public void A_replaced_order_may_trade_and_best_prices_change_once()
    {
        var desk = new Desk();
        desk.Enter("a", Buy(10, 98));
        desk.Enter("b", Buy(10, 97));
        desk.Enter("c", Sell(4, 101));
        Assert.Equal("a =10@101; c a 4@101", desk.Replace("a", 10, 101));
        Assert.Equal("6@101 0@0", desk.Best);
        Assert.Equal("a =6@95", desk.Replace("a", 10, 95));
        Assert.Equal("10@97 0@0", desk.Best);
        Assert.Equal("b =3@97 kept", desk.Replace("b", 3, 97));
        Assert.Equal("3@97 0@0", desk.Best);
        Assert.Equal("b =3@97 kept", desk.Replace("b", 3, 97));
        Assert.Null(desk.Best);
    }

    [Fact]
    public void What_is_hidden_of_an_iceberg_goes_first()
    {
        var desk = new Desk();
        desk.Enter("ice", Buy(30, 100) with { Display = 10 });
        desk.Replace("ice", 12, 100);
        Assert.Equal("ice:10+2", desk.Queue);
        desk.Replace("ice", 7, 100);
        Assert.Equal("ice:7", desk.Queue);
        desk.Replace("ice", 25, 100);
        Assert.Equal("ice:10+15", desk.Queue);
    }

    [Fact]
    public void A_replaced_post_only_order_still_never_takes()
    {
        var desk = new Desk();
        desk.Enter("a", Buy(5, 98) with { Flags = OrderFlags.PostOnly });
        desk.Enter("c", Sell(5, 101));
        Assert.Equal(MatchCode.PostOnlyWouldTrade, desk.Send(new() { Operation = OrderOperation.Replace, Order = desk.Id("a"), Quantity = 5, Price = 101 }));
        Assert.Equal("a:5 c:5", desk.Queue);
    }

    [Fact]
    public void What_has_ended_can_be_neither_cancelled_nor_replaced_even_when_its_slot_is_used_again()
    {
        var desk = new Desk();
        long first = desk.Enter("a", Buy(5, 98));
        desk.Cancel("a");
        long second = desk.Enter("b", Buy(5, 98));
        Assert.Equal(MatchingEngine.SlotOf(first), MatchingEngine.SlotOf(second));
        Assert.NotEqual(first, second);
        Assert.Equal(MatchCode.OrderUnknown, desk.Send(new() { Operation = OrderOperation.Cancel, Order = first }));
        Assert.Equal(MatchCode.OrderUnknown, desk.Send(new() { Operation = OrderOperation.Replace, Order = first, Quantity = 9, Price = 98 }));
        Assert.Null(desk.Engine.Order(first));
        Assert.Equal("b:5", desk.Queue);
    }

    [Fact]
    public void A_cancellation_deep_in_a_level_of_a_million_orders_walks_past_none_of_them()
    {
        const int Orders = 1_000_000;
        var engine = new MatchingEngine(Orders);
        var events = new MatchEvents();
        engine.Define(new(One), events);
        engine.Do(new() { Operation = OrderOperation.SetPhase, Book = One, Phase = BookPhase.Continuous }, events);
        var ids = new long[Orders];
        for (int i = 0; i < Orders; i++)
        {
            ids[i] = engine.NextOrder;
            events.Clear();
            engine.Do(Buy(1, 100, 1 + i % 50), events);
        }
        // From the middle outwards: walking there would be 250,000 million steps, hours of them.
        for (int i = 0; i < Orders; i++)
        {
            events.Clear();
            Assert.Equal(MatchCode.Accepted, engine.Do(new() { Operation = OrderOperation.Cancel, Order = ids[(i % 2 == 0 ? Orders + i : Orders - 1 - i) / 2] }, events));
        }
        Assert.Equal(0, engine.LiveOrders);
    }

    static OrderCommand Mass(int owner = 0, int book = 0, Side side = Side.None, int session = 0) => new() { Operation = OrderOperation.MassCancel, Owner = owner, Book = book, Side = side, Session = session };

    static Desk Many()
    {
        var desk = new Desk();
        desk.Engine.Define(new(2), desk.Events);
        desk.Engine.Do(new() { Operation = OrderOperation.SetPhase, Book = 2, Phase = BookPhase.PreOpen }, desk.Events);
        desk.Enter("a1", Buy(1, 98) with { Session = 7 });
        desk.Enter("b1", Buy(2, 99, Ben) with { Session = 7 });
        desk.Enter("a2", Sell(3, 103, Anna) with { Session = 8 });
        desk.Enter("a3", Order(Side.Sell, 4, 90, Anna, type: OrderType.Stop) with { StopPrice = 95, Session = 7 });
        desk.Enter("a4", Buy(5, 98) with { Book = 2, Session = 7 });
        return desk;
    }

    [Fact]
    public void Orders_are_cancelled_by_owner_book_side_and_session()
    {
        Assert.Equal("a1 -1 MassCancelled; a2 -3 MassCancelled; a3 -4 MassCancelled; a4 -5 MassCancelled", Many().Do(Mass(Anna)));
        Assert.Equal("a2 -3 MassCancelled; a3 -4 MassCancelled", Many().Do(Mass(Anna, side: Side.Sell)));
        Assert.Equal("a1 -1 MassCancelled; a3 -4 MassCancelled; a4 -5 MassCancelled", Many().Do(Mass(Anna, session: 7)));
        Assert.Equal("a4 -5 MassCancelled", Many().Do(Mass(Anna, book: 2)));
        Assert.Equal("b1 -2 MassCancelled; a1 -1 MassCancelled; a3 -4 MassCancelled", Many().Do(Mass(book: 1, session: 7)));
        Assert.Equal("", Many().Do(Mass(Cleo)));
    }

    [Fact]
    public void Best_prices_are_told_once_after_many_cancellations()
    {
        var desk = Many();
        desk.Do(Mass(Anna));
        Assert.Equal("2@99 0@0", desk.Best);
        Assert.Equal(MatchEventKind.Best, desk.All.Last().Kind);
    }

    [Fact]
    public void A_killed_owner_has_no_orders_and_enters_none_until_it_is_freed()
    {
        var desk = Many();
        Assert.Equal("a1 -1 OwnerKilled; a2 -3 OwnerKilled; a3 -4 OwnerKilled; a4 -5 OwnerKilled", desk.Do(new() { Operation = OrderOperation.Kill, Owner = Anna }));
        Assert.True(desk.Engine.IsKilled(Anna));
        Assert.Equal(MatchCode.OwnerKilled, desk.Send(Buy(1, 98)));
        Assert.Equal(MatchCode.Accepted, desk.Send(Buy(1, 98, Ben)));
        Assert.Equal("", desk.Do(new() { Operation = OrderOperation.Unkill, Owner = Anna }));
        Assert.Equal(MatchCode.Accepted, desk.Send(Buy(1, 98)));
    }

    [Fact]
    public void An_owner_is_shown_its_orders_in_the_order_they_were_accepted()
    {
        var desk = Many();
        desk.Replace("a1", 5, 99);
        Assert.Equal(new[] { "a1", "a2", "a3", "a4" }.Select(desk.Id), desk.Engine.OrdersOf(Anna).Select(o => o.Id));
        Assert.Empty(desk.Engine.OrdersOf(99));
    }
}
