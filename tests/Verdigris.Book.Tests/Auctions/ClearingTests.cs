using System.Globalization;
using Verdigris.Book.Auctions;

namespace Verdigris.Book.Tests.Auctions;

public sealed class ClearingTests
{
    static readonly int Seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : 703;

    static readonly AuctionFormat Plain = new("test", 500, true, 0.01m, TieRule.DrawnOrder, TooFewBids.Cancel);

    static (AuctionFormat, AuctionOffer, List<AuctionBid>, List<string>) Any(Random random)
    {
        var side = random.Next(4) == 0 ? AuctionSide.Buy : AuctionSide.Sell;
        var format = Plain with
        {
            Ties = (TieRule)random.Next(3),
            TooFew = (TooFewBids)random.Next(2),
            Side = side,
            PartialAt = (PartialPrice)random.Next(2),
            Confidential = (ConfidentialRule)random.Next(1, 3),
            Tick = random.Next(2) == 0 ? 0.01m : 0.25m,
        };
        // Few ticks make ties; a wide range of them takes several digits to search.
        var (low, range) = random.Next(3) switch { 0 => (240, 12), 1 => (200, 400), _ => (40, 4_000_000) };
        decimal Price() => (low + random.Next(range)) * 0.25m;
        var bids = Enumerable.Range(0, random.Next(1, random.Next(20) == 0 ? 400 : 30)).Select(i => new AuctionBid($"B{i}", 500 * random.Next(1, 20), Price())).ToList();
        var drawn = bids.Select(b => b.Id).ToList();
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(drawn));
        decimal? Maybe(int of) => random.Next(of) == 0 ? Price() : null;
        var steps = new List<SupplyStep>();
        if (side == AuctionSide.Sell && random.Next(2) == 0)
        {
            steps.Add(new(Price(), 500 * random.Next(1, 60), false));
            if (random.Next(2) == 0) steps.Add(new(Price(), 500 * random.Next(1, 60), false));
            steps.Add(new(Price(), 500 * random.Next(1, 60), true));
        }
        return (format, new AuctionOffer(500L * random.Next(1, 200), Maybe(3), Maybe(4), steps), bids, drawn);
    }

    [Fact]
    public void The_clearing_agrees_with_the_plainest_one_on_random_auctions()
    {
        var random = new Random(Seed);
        var seen = new Dictionary<AuctionStatus, int>();
        for (var round = 0; round < 6_000; round++)
        {
            var (format, offer, bids, drawn) = Any(random);
            var said = $"seed {Seed}, round {round}: {format}, {offer}";
            var found = AuctionClearing.Clear(format, offer, bids, drawn).Value;
            var (status, price, fills) = SlowAuction.Clear(format, offer, bids, drawn, 500);
            Assert.True((status, price) == (found.Status, found.Price), $"{said}: {status} {price}, found {found.Status} {found.Price}");
            Assert.True(found.Fills.All(f => fills[f.Id] == f.Quantity), said);
            seen[status] = seen.GetValueOrDefault(status) + 1;
        }
        Assert.True(seen.Count == 4 && seen.Values.Min() > 100, $"seed {Seed}: {string.Join(", ", seen)}");
    }

    /// <summary>What must hold of every outcome, whatever the format says.</summary>
    [Fact]
    public void No_auction_sells_more_than_is_offered_nor_to_a_bid_worse_than_the_price()
    {
        var random = new Random(Seed + 1);
        for (var round = 0; round < 6_000; round++)
        {
            var (format, offer, bids, drawn) = Any(random);
            var outcome = AuctionClearing.Clear(format, offer, bids, drawn).Value;
            var fills = outcome.Fills.ToDictionary(f => f.Id, f => f.Quantity);
            var said = $"seed {Seed}, round {round}: {outcome.Status} at {outcome.Price}";
            bool Reaches(decimal price, decimal? than) => than is null || (format.Side == AuctionSide.Sell ? price >= than : price <= than);
            Assert.True(outcome.Sold <= outcome.Offered && outcome.Sold == fills.Values.Sum() && outcome.Unsold == outcome.Offered - outcome.Sold, said);
            Assert.True(outcome.Offered <= offer.Volume + offer.Steps.Where(s => !s.Withholds).Sum(s => s.Units) && outcome.Offered >= offer.Volume - offer.Steps.Where(s => s.Withholds).Sum(s => s.Units), said);
            Assert.Equal((outcome.Price ?? 0) * outcome.Sold, outcome.Proceeds);
            Assert.True(bids.All(b => fills[b.Id] >= 0 && fills[b.Id] <= b.Quantity), said);
            Assert.True(bids.All(b => fills[b.Id] == 0 || Reaches(b.Price, outcome.Price) && Reaches(b.Price, offer.Reserve)), said);
            if (outcome.Status == AuctionStatus.Cleared) Assert.True(outcome.Sold == outcome.Offered && outcome.Why == NothingSold.No, said);
            if (outcome.Status is AuctionStatus.Cancelled or AuctionStatus.Declined) Assert.True(outcome is { Sold: 0, Price: null } && outcome.Why != NothingSold.No, said);
            // A better bid is never left behind a worse one.
            var worst = bids.Where(b => fills[b.Id] > 0).Select(b => (decimal?)b.Price).DefaultIfEmpty(null);
            var last = format.Side == AuctionSide.Sell ? worst.Min() : worst.Max();
            Assert.True(last is null || bids.All(b => b.Price == last || !Reaches(b.Price, last) || !Reaches(b.Price, offer.Reserve) || fills[b.Id] == b.Quantity), said);
        }
    }

    [Fact]
    public void A_hundred_thousand_bids_at_one_price_or_at_as_many_are_cleared_as_if_sorted()
    {
        const int n = 100_000;
        var random = new Random(Seed);
        foreach (var range in new[] { 1, 50, 1_000_000_000 })
        {
            var ticks = Enumerable.Range(0, n).Select(_ => 1L + random.Next(range)).ToArray();
            var quantities = Enumerable.Range(0, n).Select(_ => 500L * random.Next(1, 20)).ToArray();
            var places = Enumerable.Range(0, n).ToArray();
            random.Shuffle(places);
            var volume = quantities.Sum() / 2 / 500 * 500;
            var found = UniformClearing.Clear(Plain, new ColumnOffer(volume, null, null, []), new BidColumns(ticks, quantities, places));
            var order = Enumerable.Range(0, n).OrderByDescending(i => ticks[i]).ThenBy(i => places[i]).ToList();
            var (left, price, fills) = (volume, 0L, new long[n]);
            foreach (var i in order)
            {
                left -= fills[i] = Math.Min(left, quantities[i]);
                if (fills[i] > 0) price = ticks[i];
            }
            Assert.Equal((AuctionStatus.Cleared, (long?)price, volume), (found.Status, found.Tick, found.Sold));
            Assert.Equal(fills, found.Fills);
        }
    }

    /// <summary>In which order bids are listed says nothing, but where time decides between equal prices; and whoever raises his price gets no less.</summary>
    [Fact]
    public void Bids_listed_in_another_order_get_the_same_and_who_bids_more_never_gets_less()
    {
        var random = new Random(Seed + 2);
        var raised = 0;
        for (var round = 0; round < 3_000; round++)
        {
            var (format, offer, bids, drawn) = Any(random);
            if (format.Ties == TieRule.Time) format = format with { Ties = TieRule.DrawnOrder };
            var found = AuctionClearing.Clear(format, offer, bids, drawn).Value;
            var said = $"seed {Seed}, round {round}: {found.Status} at {found.Price}";
            var shuffled = bids.ToArray();
            random.Shuffle(shuffled);
            var again = AuctionClearing.Clear(format, offer, shuffled, drawn).Value;
            Assert.True((found.Status, found.Price, found.Sold, found.Offered) == (again.Status, again.Price, again.Sold, again.Offered), said);
            Assert.True(found.Fills.ToHashSet().SetEquals(again.Fills), said);
            // A raised bid may bring the price up to where a step moves units or to a hidden price; without those all else stands.
            if (format.Side == AuctionSide.Buy || offer.Steps.Count > 0 || offer.Confidential is not null) continue;
            var one = random.Next(bids.Count);
            var higher = bids.Select((b, i) => i == one ? b with { Price = b.Price + format.Tick * random.Next(1, 40) } : b).ToList();
            var after = AuctionClearing.Clear(format, offer, higher, drawn).Value;
            Assert.True(after.Fills[one].Quantity >= found.Fills[one].Quantity, said);
            if (after.Fills[one].Quantity > found.Fills[one].Quantity) raised++;
        }
        Assert.True(raised > 20, $"seed {Seed}: {raised}");
    }

    [Fact]
    public void Units_withheld_where_nothing_is_left_to_sell_are_said_and_too_few_bids_leave_the_volume_whole()
    {
        var withheld = AuctionClearing.Clear(Plain, new(4000, Steps: [new(90, 5000, true)]), [new("A", 4000, 80)], []).Value;
        Assert.Equal((AuctionStatus.Cancelled, NothingSold.AllWithheld, 0L), (withheld.Status, withheld.Why, withheld.Offered));
        Assert.Equal([new SupplyStep(90, 4000, true)], withheld.Steps);
        // Cancelled for too few bids: no step takes place, and all of the volume is unsold.
        var few = AuctionClearing.Clear(Plain, new(4000, 70, Steps: [new(90, 1000, true)]), [new("A", 2000, 80)], []).Value;
        Assert.Equal((AuctionStatus.Cancelled, NothingSold.TooFewBids, 4000L, 4000L), (few.Status, few.Why, few.Offered, few.Unsold));
        Assert.Empty(few.Steps);
    }

    [Fact]
    public void A_bid_the_draw_left_out_is_refused_only_where_it_competes()
    {
        AuctionBid[] bids = [new("A", 1000, 80), new("B", 1000, 78), new("C", 1000, 77), new("D", 1000, 77)];
        Assert.True(AuctionClearing.Clear(Plain, new(2000), bids, []).Ok);
        Assert.True(AuctionClearing.Clear(Plain, new(4000), bids, []).Ok);
        Assert.Equal("auction.tie-order", AuctionClearing.Clear(Plain, new(3000), bids, ["C"]).Refusals.Single().Code);
        Assert.Equal("auction.tie-order", AuctionClearing.Clear(Plain, new(2000), bids, ["C", "C"]).Refusals.Single().Code);
    }

    [Fact]
    public void Everything_wrong_is_told_at_once_in_the_documented_order()
    {
        var answer = AuctionClearing.Clear(Plain, new(750, 70.001m, -1, [new(0, 5, false)]), [new("A", 500, 70), new("A", 400, 70.005m)], [], [new("X", 2)]);
        Assert.Equal(["auction.volume", "auction.reserve", "auction.reserve", "auction.bid-twice", "auction.quantity", "auction.tick", "auction.step", "auction.limit"], answer.Refusals.Select(r => r.Code));
        Assert.Equal("auction.too-much", AuctionClearing.Clear(Plain, new(500), [new("A", long.MaxValue / 500 * 500, 70), new("B", 500_000, 70)], []).Refusals.Single().Code);
    }

    [Fact]
    public void Prices_become_ticks_exactly_or_not_at_all()
    {
        var random = new Random(Seed);
        foreach (var tick in new[] { 0.01m, 0.25m, 1m, 0.00005m, 5m, 0.10m, 3m })
        {
            var grid = new TickGrid(tick);
            for (var i = 0; i < 2_000; i++)
            {
                var price = new decimal(random.Next(90_000_000), 0, 0, false, (byte)random.Next(8));
                var right = price > 0 && price % tick == 0;
                Assert.True(right == grid.TryTicks(price, out var ticks), $"{price} in {tick}");
                if (right) Assert.Equal(price, grid.Price(ticks));
                Assert.True(grid.TryTicks(price * tick * 10_000_000m, out var many) == (price > 0) && (many == 0 || grid.Price(many) == price * tick * 10_000_000m), $"{price} times {tick}");
            }
            Assert.False(grid.TryTicks(decimal.MaxValue / 4, out _));
            Assert.False(grid.TryTicks(-tick, out _));
        }
        Assert.Equal((7700L, 7701L), (new TickGrid(0.01m).Reaching(77.005m, down: true), new TickGrid(0.01m).Reaching(77.005m, down: false)));
    }
}
