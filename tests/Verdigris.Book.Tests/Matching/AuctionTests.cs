using static Verdigris.Book.Tests.Matching.Desk;

namespace Verdigris.Book.Tests.Matching;

/// <summary>The price of an auction and what trades in it: docs/matching.md, section 8.</summary>
public sealed class AuctionTests
{
    static Desk Collect(string orders, int? reference = null)
    {
        var desk = new Desk(new(One, Reference: reference), BookPhase.PreOpen);
        foreach (var (i, order) in orders.Split(' ').Index())
        {
            // B10@101: a buyer of 10 at 101.
            var parts = order[1..].Split('@');
            var (quantity, price) = (long.Parse(parts[0]), int.Parse(parts[1]));
            desk.Enter($"{order[0]}{i}", order[0] == 'B' ? Buy(quantity, price, 1 + i) : Sell(quantity, price, 1 + i));
        }
        return desk;
    }

    [Theory]
    // The most volume.
    [InlineData("B10@105 B20@103 S15@100 S30@102", null, 102, 30, -15)]
    // The same volume at 101 to 103, surplus 0 at all: the reference, or as near to it as may be, or the middle.
    [InlineData("B10@103 S10@101", 102, 102, 10, 0)]
    [InlineData("B10@103 S10@101", 90, 101, 10, 0)]
    [InlineData("B10@103 S10@101", 110, 103, 10, 0)]
    [InlineData("B10@104 S10@101", null, 102, 10, 0)]
    [InlineData("B10@-101 S10@-104", null, -103, 10, 0)]
    // The smallest surplus.
    [InlineData("B10@105 B5@103 S10@101", 101, 104, 10, 0)]
    [InlineData("B50@102 B50@101 S50@101 S50@102", 101, 101, 50, 50)]
    // Buyers left at all of them: the highest. Sellers left: the lowest.
    [InlineData("B20@103 S10@101", 101, 103, 10, 10)]
    [InlineData("B10@103 S20@101", 103, 101, 10, -10)]
    // Both kinds: the nearest to the reference.
    [InlineData("B50@103 B50@101 S50@101 S50@103", null, 102, 50, 0)]
    [InlineData("B50@102 B50@101 S50@101 S50@102", 102, 102, 50, -50)]
    [InlineData("B50@102 B50@101 S50@101 S50@102", null, 101, 50, 50)]
    [InlineData("B10@99 S10@100", 99, 0, 0, 0)]
    public void The_price_follows_volume_surplus_pressure_and_reference(string orders, int? reference, int price, long volume, long surplus) =>
        Assert.Equal(new(price, volume, surplus), Collect(orders, reference).It.Indicative());

    [Fact]
    public void All_trade_at_one_price_by_price_and_time_and_the_rest_is_not_crossed()
    {
        var desk = Collect("B10@105 B20@103 B5@103 S15@100 S30@102");
        Assert.Equal("Continuous; uncrossed 35@102; B0 S3 10@102; B1 S3 5@102; B1 S4 15@102; B2 S4 5@102", desk.Phase(BookPhase.Continuous));
        Assert.Equal("S4:10", desk.Queue);
        Assert.Equal("0@0 10@102", desk.Best);
        Assert.Equal(102, desk.It.LastPrice);
        Assert.Equal(Side.None, desk.All.First(e => e.Kind == MatchEventKind.Trade).Side);
    }

    [Fact]
    public void Hidden_parts_take_part_in_turn()
    {
        var desk = new Desk(phase: BookPhase.ClosingAuction);
        desk.Enter("ice", Sell(20, 100) with { Display = 5 });
        desk.Enter("s", Sell(10, 100));
        desk.Enter("x", Buy(18, 100));
        Assert.Equal("PostClose; uncrossed 18@100; x ice 5@100; ice shows 5; x s 10@100; x ice 3@100", desk.Phase(BookPhase.PostClose));
        Assert.Equal("ice:2+10", desk.Queue);
    }

    [Fact]
    public void Market_orders_and_immediate_ones_are_for_this_auction_only()
    {
        var desk = new Desk(phase: BookPhase.PreOpen);
        desk.Enter("m", Order(Side.Buy, 5, 120, Anna, TimeInForce.ImmediateOrCancel, OrderType.Market));
        desk.Enter("i", Order(Side.Buy, 5, 100, Anna, TimeInForce.ImmediateOrCancel));
        desk.Enter("l", Buy(5, 99));
        desk.Enter("s", Sell(7, 99));
        Assert.Equal("Continuous; uncrossed 7@100; m s 5@100; i s 2@100; i -3 AuctionOver", desk.Phase(BookPhase.Continuous));
        Assert.Equal("l:5", desk.Queue);
    }

    [Fact]
    public void Nothing_trades_while_orders_are_collected_or_the_book_is_halted()
    {
        var desk = Collect("B10@105 S10@100");
        Assert.Equal("Halt", desk.Phase(BookPhase.Halt));
        Assert.Equal("Interruption", desk.Phase(BookPhase.Interruption));
        Assert.Equal("Closed", desk.Phase(BookPhase.Closed));
        Assert.Equal("PostClose", desk.Phase(BookPhase.PostClose));
        Assert.Equal("B0:10 S1:10", desk.Queue);
        Assert.Equal(new(105, 10, 100, 10), desk.It.Best);
        Assert.Equal("Continuous; uncrossed 10@102; B0 S1 10@102", desk.Phase(BookPhase.Continuous));
    }

    [Fact]
    public void Orders_for_one_auction_end_with_the_day_where_there_was_none()
    {
        var desk = new Desk(phase: BookPhase.ClosingAuction);
        desk.Enter("i", Order(Side.Buy, 5, 100, Anna, TimeInForce.ImmediateOrCancel));
        Assert.Equal("Closed; i -5 DayOver", desk.Phase(BookPhase.Closed));
    }
}
