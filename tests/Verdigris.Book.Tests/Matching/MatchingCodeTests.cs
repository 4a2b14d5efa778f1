using static Verdigris.Book.Tests.Matching.Desk;

namespace Verdigris.Book.Tests.Matching;

/// <summary>What is refused, with which code, in the order the checks are documented in (docs/matching.md, section 4); and that a refused command has changed nothing.</summary>
public sealed class MatchingCodeTests
{
    static readonly BookTerms Terms = new(One, 50, 150, MostQuantity: 1_000, MostParts: 10);

    static void Table(BookPhase phase, params (string What, OrderCommand Command, MatchCode Code)[] rows)
    {
        foreach (var (what, command, code) in rows)
        {
            var desk = Filled(phase);
            var (before, check) = (desk.Engine.StateHash(), desk.Engine.Check(command));
            Assert.True(check == code, $"{what}: check said {check}, expected {code}");
            Assert.Equal(before, desk.Engine.StateHash());
            var was = desk.Send(command);
            Assert.True(was == code, $"{what}: {was}, expected {code}");
            if (code == MatchCode.Accepted) continue;
            Assert.Equal(0, desk.Events.Count);
            Assert.Equal(before, desk.Engine.StateHash());
        }
    }

    const long Partly = 1L << 24 | 1, Waits = 3L << 24 | 2, Iced = 4L << 24 | 3, Post = 5L << 24 | 4;

    static Desk Filled(BookPhase phase)
    {
        var desk = new Desk(Terms);
        Assert.Equal(Partly, desk.Enter("partly", Buy(10, 99)));
        desk.Enter("x", Sell(4, 99));
        Assert.Equal(Waits, desk.Enter("stop", Order(Side.Buy, 5, 120, Anna, type: OrderType.Stop) with { StopPrice = 110 }));
        Assert.Equal(Iced, desk.Enter("ice", Sell(50, 105, Ben) with { Display = 10 }));
        Assert.Equal(Post, desk.Enter("post", Buy(5, 98) with { Flags = OrderFlags.PostOnly }));
        desk.Do(new() { Operation = OrderOperation.Expire, Time = 1_000 });
        desk.Do(new() { Operation = OrderOperation.Kill, Owner = Cleo });
        if (phase != BookPhase.Continuous) desk.Phase(phase);
        return desk;
    }

    static OrderCommand Market(TimeInForce inForce) => Order(Side.Buy, 5, 100, Anna, inForce, OrderType.Market);

    [Fact]
    public void New_orders_are_formed_as_their_type_allows() => Table(BookPhase.Continuous,
        ("no operation", new() { Book = One }, MatchCode.OperationUnknown),
        ("operation 9", new() { Operation = (OrderOperation)9, Reserved = 5 }, MatchCode.OperationUnknown),
        ("no side", Buy(5, 100) with { Side = Side.None }, MatchCode.FieldInvalid),
        ("side 3", Buy(5, 100) with { Side = (Side)3 }, MatchCode.FieldInvalid),
        ("no type", Buy(5, 100) with { Type = OrderType.None }, MatchCode.FieldInvalid),
        ("type 6", Buy(5, 100) with { Type = (OrderType)6 }, MatchCode.FieldInvalid),
        ("no time in force", Buy(5, 100) with { TimeInForce = TimeInForce.None }, MatchCode.FieldInvalid),
        ("time in force 6", Buy(5, 100) with { TimeInForce = (TimeInForce)6 }, MatchCode.FieldInvalid),
        ("self-trade 5", Buy(5, 100) with { SelfTrade = (SelfTrade)5 }, MatchCode.FieldInvalid),
        ("flag 4", Buy(5, 100) with { Flags = (OrderFlags)4 }, MatchCode.FieldInvalid),
        ("slide alone", Buy(5, 100) with { Flags = OrderFlags.Slide }, MatchCode.FieldInvalid),
        ("post-only with levels", Buy(5, 100) with { Flags = OrderFlags.PostOnly, Levels = 5 }, MatchCode.FieldInvalid),
        ("post-only and immediate", Buy(5, 100) with { Flags = OrderFlags.PostOnly, TimeInForce = TimeInForce.ImmediateOrCancel }, MatchCode.FieldInvalid),
        ("post-only market", Market(TimeInForce.ImmediateOrCancel) with { Flags = OrderFlags.PostOnly }, MatchCode.FieldInvalid),
        ("an id", Buy(5, 100) with { Order = 1 }, MatchCode.FieldInvalid),
        ("a phase", Buy(5, 100) with { Phase = BookPhase.Halt }, MatchCode.FieldInvalid),
        ("reserved", Buy(5, 100) with { Reserved = 1 }, MatchCode.FieldInvalid),
        ("a time", Buy(5, 100) with { Time = 2_000 }, MatchCode.FieldInvalid),
        ("a stop price", Buy(5, 100) with { StopPrice = 100 }, MatchCode.FieldInvalid),
        ("minimum of one that stays", Buy(5, 100) with { Minimum = 1 }, MatchCode.FieldInvalid),
        ("minimum of fill or kill", Buy(5, 100) with { Minimum = 1, TimeInForce = TimeInForce.FillOrKill }, MatchCode.FieldInvalid),
        ("part of one that does not stay", Buy(5, 100) with { Display = 1, TimeInForce = TimeInForce.ImmediateOrCancel }, MatchCode.FieldInvalid),
        ("market order that stays", Market(TimeInForce.Day), MatchCode.FieldInvalid),
        ("market to limit that does not", Market(TimeInForce.ImmediateOrCancel) with { Type = OrderType.MarketToLimit }, MatchCode.FieldInvalid),
        ("stop with parts", Market(TimeInForce.Day) with { Type = OrderType.Stop, StopPrice = 110, Display = 1 }, MatchCode.FieldInvalid),
        ("stop with levels", Market(TimeInForce.Day) with { Type = OrderType.StopLimit, StopPrice = 110, Levels = 1 }, MatchCode.FieldInvalid),
        ("stop that does not wait", Market(TimeInForce.ImmediateOrCancel) with { Type = OrderType.Stop, StopPrice = 110 }, MatchCode.FieldInvalid));

    [Fact]
    public void New_orders_are_refused_in_order() => Table(BookPhase.Continuous,
        ("book 2 of nobody", Buy(0, 0, 0) with { Book = 2 }, MatchCode.BookUnknown),
        ("book -1", Buy(5, 100) with { Book = -1 }, MatchCode.BookUnknown),
        ("nobody", Buy(0, 0, 0), MatchCode.OwnerInvalid),
        ("too high an owner", Buy(0, 0, MatchingEngine.MostOwners + 1), MatchCode.OwnerInvalid),
        ("killed", Buy(0, 0, Cleo), MatchCode.OwnerKilled),
        ("nothing", Buy(0, 0), MatchCode.QuantityInvalid),
        ("less", Buy(long.MinValue, 0), MatchCode.QuantityInvalid),
        ("too much", Buy(1_001, 0), MatchCode.QuantityInvalid),
        ("part below zero", Buy(5, 0) with { Display = -1 }, MatchCode.DisplayInvalid),
        ("part above the whole", Buy(5, 0) with { Display = 6 }, MatchCode.DisplayInvalid),
        ("eleven parts", Buy(11, 0) with { Display = 1 }, MatchCode.DisplayInvalid),
        ("ten parts", Buy(10, 100) with { Display = 1 }, MatchCode.Accepted),
        ("minimum below zero", Order(Side.Buy, 5, 0, Anna, TimeInForce.ImmediateOrCancel) with { Minimum = -1 }, MatchCode.MinimumInvalid),
        ("minimum above the whole", Order(Side.Buy, 5, 0, Anna, TimeInForce.ImmediateOrCancel) with { Minimum = 6 }, MatchCode.MinimumInvalid),
        ("price too low", Buy(5, 49), MatchCode.PriceOutsideLimits),
        ("price too high", Market(TimeInForce.Day) with { Type = OrderType.Stop, Price = 151, StopPrice = 151 }, MatchCode.PriceOutsideLimits),
        ("stop too low", Market(TimeInForce.Day) with { Type = OrderType.Stop, StopPrice = 49 }, MatchCode.StopOutsideLimits),
        ("stop too high", Market(TimeInForce.GoodTillDate) with { Type = OrderType.StopLimit, StopPrice = 151, Time = 1 }, MatchCode.StopOutsideLimits),
        ("past", Buy(5, 105) with { TimeInForce = TimeInForce.GoodTillDate, Time = 1_000, Flags = OrderFlags.PostOnly }, MatchCode.ExpiryPast),
        ("no time", Buy(5, 100) with { TimeInForce = TimeInForce.GoodTillDate }, MatchCode.ExpiryPast),
        ("to come", Buy(5, 100) with { TimeInForce = TimeInForce.GoodTillDate, Time = 1_001 }, MatchCode.Accepted),
        ("post-only that would trade", Buy(5, 105) with { Flags = OrderFlags.PostOnly }, MatchCode.PostOnlyWouldTrade),
        ("not to be filled", Buy(51, 105) with { TimeInForce = TimeInForce.FillOrKill }, MatchCode.NotFillable),
        ("minimum not to be had", Buy(60, 105) with { TimeInForce = TimeInForce.ImmediateOrCancel, Minimum = 51 }, MatchCode.NotFillable),
        ("to be filled", Buy(50, 105) with { TimeInForce = TimeInForce.FillOrKill }, MatchCode.Accepted));

    [Theory]
    [InlineData(BookPhase.Closed), InlineData(BookPhase.Halt), InlineData(BookPhase.PostClose)]
    public void In_a_phase_at_rest_orders_are_only_cancelled(BookPhase phase) => Table(phase,
        ("new", Buy(0, 100), MatchCode.PhaseForbids),
        ("replace", new() { Operation = OrderOperation.Replace, Order = Iced, Price = 0 }, MatchCode.PhaseForbids),
        ("cancel", new() { Operation = OrderOperation.Cancel, Order = Iced }, MatchCode.Accepted),
        ("mass cancel", new() { Operation = OrderOperation.MassCancel, Owner = Anna }, MatchCode.Accepted),
        ("the same phase", new() { Operation = OrderOperation.SetPhase, Book = One, Phase = phase }, MatchCode.PhaseForbids));

    [Theory]
    [InlineData(BookPhase.PreOpen), InlineData(BookPhase.Interruption), InlineData(BookPhase.ClosingAuction)]
    public void While_orders_are_collected_none_is_taken_that_would_have_to_trade_at_once(BookPhase phase) => Table(phase,
        ("fill or kill", Buy(0, 100) with { TimeInForce = TimeInForce.FillOrKill }, MatchCode.PhaseForbids),
        ("fill or kill market", Market(TimeInForce.FillOrKill), MatchCode.PhaseForbids),
        ("market to limit", Market(TimeInForce.Day) with { Type = OrderType.MarketToLimit }, MatchCode.PhaseForbids),
        ("post-only", Buy(5, 90) with { Flags = OrderFlags.PostOnly }, MatchCode.PhaseForbids),
        ("levels", Buy(5, 90) with { Levels = 5 }, MatchCode.PhaseForbids),
        ("minimum", Buy(5, 90) with { TimeInForce = TimeInForce.ImmediateOrCancel, Minimum = 1 }, MatchCode.PhaseForbids),
        ("market", Market(TimeInForce.ImmediateOrCancel), MatchCode.Accepted),
        ("limit that crosses", Buy(5, 110), MatchCode.Accepted),
        ("replaced to cross, though post-only", new() { Operation = OrderOperation.Replace, Order = Post, Price = 110, Quantity = 5 }, MatchCode.Accepted));

    [Fact]
    public void Cancel_and_replace_are_refused_in_order() => Table(BookPhase.Continuous,
        ("cancel with a price", new() { Operation = OrderOperation.Cancel, Order = Partly, Price = 1 }, MatchCode.FieldInvalid),
        ("cancel with a session", new() { Operation = OrderOperation.Cancel, Order = Partly, Session = 1 }, MatchCode.FieldInvalid),
        ("cancel nothing", new() { Operation = OrderOperation.Cancel }, MatchCode.OrderUnknown),
        ("cancel what never was", new() { Operation = OrderOperation.Cancel, Order = long.MaxValue }, MatchCode.OrderUnknown),
        ("cancel below zero", new() { Operation = OrderOperation.Cancel, Order = -1 }, MatchCode.OrderUnknown),
        ("cancel in another book", new() { Operation = OrderOperation.Cancel, Order = Partly, Book = 2 }, MatchCode.OrderUnknown),
        ("cancel another's", new() { Operation = OrderOperation.Cancel, Order = Partly, Owner = Ben }, MatchCode.NotOwner),
        ("cancel", new() { Operation = OrderOperation.Cancel, Order = Partly, Owner = Anna, Book = One }, MatchCode.Accepted),
        ("replace with a display", new() { Operation = OrderOperation.Replace, Order = Iced, Display = 5 }, MatchCode.FieldInvalid),
        ("replace what never was", new() { Operation = OrderOperation.Replace, Order = 77 }, MatchCode.OrderUnknown),
        ("replace another's", new() { Operation = OrderOperation.Replace, Order = Partly, Owner = Ben }, MatchCode.NotOwner),
        ("stop price of no stop", new() { Operation = OrderOperation.Replace, Order = Partly, StopPrice = 100 }, MatchCode.FieldInvalid),
        ("replace by nothing", new() { Operation = OrderOperation.Replace, Order = Partly }, MatchCode.QuantityInvalid),
        ("replace by too much", new() { Operation = OrderOperation.Replace, Order = Partly, Quantity = 1_001 }, MatchCode.QuantityInvalid),
        ("replace by what is done", new() { Operation = OrderOperation.Replace, Order = Partly, Quantity = 4 }, MatchCode.QuantityDone),
        ("replace by too many parts", new() { Operation = OrderOperation.Replace, Order = Iced, Quantity = 101 }, MatchCode.DisplayInvalid),
        ("replace outside", new() { Operation = OrderOperation.Replace, Order = Iced, Quantity = 100, Price = 151 }, MatchCode.PriceOutsideLimits),
        ("stop replaced outside", new() { Operation = OrderOperation.Replace, Order = Waits, Quantity = 5, Price = 100, StopPrice = 151 }, MatchCode.StopOutsideLimits),
        ("post-only replaced to trade", new() { Operation = OrderOperation.Replace, Order = Post, Quantity = 5, Price = 105 }, MatchCode.PostOnlyWouldTrade),
        ("replace", new() { Operation = OrderOperation.Replace, Order = Partly, Quantity = 5, Price = 100, Owner = Anna, Book = One }, MatchCode.Accepted));

    [Fact]
    public void Other_commands_are_refused_in_order() => Table(BookPhase.Continuous,
        ("mass cancel of everything", new() { Operation = OrderOperation.MassCancel, Session = 5 }, MatchCode.FieldInvalid),
        ("mass cancel with a price", new() { Operation = OrderOperation.MassCancel, Owner = Anna, Price = 5 }, MatchCode.FieldInvalid),
        ("mass cancel of side 3", new() { Operation = OrderOperation.MassCancel, Owner = Anna, Side = (Side)3 }, MatchCode.FieldInvalid),
        ("mass cancel in no book", new() { Operation = OrderOperation.MassCancel, Book = 9 }, MatchCode.BookUnknown),
        ("mass cancel of owner -1", new() { Operation = OrderOperation.MassCancel, Book = One, Owner = -1 }, MatchCode.OwnerInvalid),
        ("kill with a book", new() { Operation = OrderOperation.Kill, Owner = Anna, Book = One }, MatchCode.FieldInvalid),
        ("kill nobody", new() { Operation = OrderOperation.Kill }, MatchCode.OwnerInvalid),
        ("free nobody", new() { Operation = OrderOperation.Unkill, Owner = MatchingEngine.MostOwners + 1 }, MatchCode.OwnerInvalid),
        ("free who was not killed", new() { Operation = OrderOperation.Unkill, Owner = Anna }, MatchCode.Accepted),
        ("time goes back", new() { Operation = OrderOperation.Expire, Time = 999 }, MatchCode.FieldInvalid),
        ("time of a book", new() { Operation = OrderOperation.Expire, Time = 1_000, Book = One }, MatchCode.FieldInvalid),
        ("time stands still", new() { Operation = OrderOperation.Expire, Time = 1_000 }, MatchCode.Accepted),
        ("phase 7", new() { Operation = OrderOperation.SetPhase, Book = One, Phase = (BookPhase)7 }, MatchCode.FieldInvalid),
        ("phase of an owner", new() { Operation = OrderOperation.SetPhase, Book = One, Owner = 1, Phase = BookPhase.Halt }, MatchCode.FieldInvalid),
        ("phase of no book", new() { Operation = OrderOperation.SetPhase, Book = 3, Phase = BookPhase.Halt }, MatchCode.BookUnknown),
        ("phase as it is", new() { Operation = OrderOperation.SetPhase, Book = One, Phase = BookPhase.Continuous }, MatchCode.PhaseForbids));

    [Fact]
    public void Terms_out_of_range_are_refused()
    {
        var engine = new MatchingEngine();
        foreach (var terms in new BookTerms[]
        {
            new(0), new(65_536), new(1, BookTerms.LeastPrice - 1), new(1, HighLimit: BookTerms.MostPrice + 1), new(1, 5, 4), new(1, DynamicTicks: -1), new(1, BandAction: (BandAction)2), new(1, Reference: BookTerms.MostPrice + 1),
            new(1, MostQuantity: 0), new(1, MostQuantity: BookTerms.MostLots + 1), new(1, MostParts: 0), new(1, MostParts: 1_000_001),
        })
            Assert.Equal(MatchCode.TermsInvalid, engine.Define(terms, new()));
        Assert.Empty(engine.Books());
        Assert.Equal(MatchCode.Accepted, engine.Define(new(65_535, BookTerms.LeastPrice, BookTerms.MostPrice, BookTerms.MostPrice, BandAction.CancelRest, BookTerms.LeastPrice, BookTerms.MostLots, 1_000_000), new()));
    }

    [Fact]
    public void When_all_numbers_are_given_out_no_order_is_taken()
    {
        var engine = new MatchingEngine();
        var events = new MatchEvents();
        engine.Restore(new((1L << 39) - 1, 0, 0));
        engine.RestoreBook(new(new(One), BookPhase.Continuous, null, default));
        engine.FinishRestore();
        Assert.Equal(MatchCode.Accepted, engine.Do(Buy(1, 100), events));
        Assert.True(events[0].Order > 0);
        Assert.Equal(MatchCode.LimitReached, engine.Do(Buy(1, 100), events));
        Assert.Equal(MatchCode.Accepted, engine.Do(new() { Operation = OrderOperation.Cancel, Order = events[0].Order }, events));
    }
}
