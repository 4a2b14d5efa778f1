using System.Globalization;
using System.Security.Cryptography;
using Verdigris.Book.Auctions;

namespace Verdigris.Book.Tests.Auctions;

/// <summary>What stands around the clearing: limits of bidders, the lot, reserve sales, and where unsold units go.</summary>
public sealed class AuctionRuleTests
{
    static readonly int Seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : 811;

    static readonly AuctionFormat Cutting = new("test", 1000, false, 0.01m, TieRule.ProRata, TooFewBids.Partial) { OverLimit = OverLimit.Cut };

    /// <summary>What takes part is within every limit, and one lot more of whatever was cut would not be.</summary>
    [Fact]
    public void Cut_bids_use_a_limit_to_the_last_lot_and_never_beyond()
    {
        var random = new Random(Seed);
        var cuts = new Dictionary<LimitKind, int>();
        for (var round = 0; round < 3_000; round++)
        {
            var format = Cutting with { Guarantee = (GuaranteeRule)(round % 2), Side = AuctionSide.Sell };
            var bids = Enumerable.Range(0, random.Next(1, 8)).Select(i => new AuctionBid($"B{i}", 1000 * random.Next(1, 10), 20 + random.Next(40) / 4m, "X")).ToList();
            var limit = new BidderLimit("X", random.Next(2) == 0 ? random.Next(1, 100) / 100m : null, random.Next(2) == 0 ? random.Next(0, 40_000) : null, random.Next(2) == 0 ? random.Next(0, 900_000) : null);
            const long volume = 60_000;
            var outcome = AuctionClearing.Clear(format, new(volume), bids, [.. bids.Select(b => b.Id)], [limit]).Value;
            var taken = bids.ToDictionary(b => b.Id, b => b.Quantity - (outcome.Cuts.FirstOrDefault(c => c.Id == b.Id)?.Units ?? 0));
            var said = $"seed {Seed}, round {round}";
            Assert.True(Within(taken), said);
            Assert.True(taken.Values.All(t => t >= 0 && t % 1000 == 0), said);
            foreach (var cut in outcome.Cuts)
            {
                cuts[cut.Limit] = cuts.GetValueOrDefault(cut.Limit) + 1;
                Assert.Equal(cut.Left, taken[cut.Id]);
                Assert.False(Within(new(taken) { [cut.Id] = taken[cut.Id] + 1000 }), $"{said}: {cut}");
            }

            bool Within(Dictionary<string, long> units)
            {
                var all = units.Values.Sum();
                // Each price times all at it or better: what one price for all may cost; or each at its own.
                var exposure = bids.Max(b => b.Price * bids.Where(o => o.Price >= b.Price).Sum(o => units[o.Id]));
                var money = format.Guarantee == GuaranteeRule.Exposure ? exposure : bids.Sum(b => b.Price * units[b.Id]);
                return all <= (limit.Share ?? 1) * volume && all <= (limit.HoldingRoom ?? long.MaxValue) && money <= (limit.Guarantee ?? decimal.MaxValue);
            }
        }
        Assert.True(cuts.Count == 3 && cuts.Values.Min() > 200, $"seed {Seed}: {string.Join(", ", cuts)}");
    }

    [Fact]
    public void A_format_that_does_not_cut_refuses_each_limit_once_a_bidder()
    {
        var format = Cutting with { OverLimit = OverLimit.Refuse, BidderShare = 0.25m };
        AuctionBid[] bids = [new("A", 3000, 30, "X"), new("B", 1000, 29, "X"), new("C", 1000, 28, "X"), new("D", 2000, 30, "Y"), new("E", 2000, 30, "Z")];
        var answer = AuctionClearing.Clear(format, new(10_000), bids, [], [new("Y", HoldingRoom: 1999), new("Z", Guarantee: 59_999)]);
        Assert.Equal([("auction.bidder-share", "X"), ("auction.holding-room", "Y"), ("auction.guarantee", "Z")], answer.Refusals.Select(r => (r.Code, r.Args!["bidder"])));
        Assert.True(AuctionClearing.Clear(format, new(10_000), bids[3..], [], [new("Y", HoldingRoom: 2000), new("Z", Guarantee: 60_000)]).Ok);
        // A larger share of its own lets a bidder ask for more than the format's.
        Assert.True(AuctionClearing.Clear(format, new(10_000), bids[..3], [], [new("X", Share: 0.5m)]).Ok);
    }

    /// <summary>Of many seeds each of the tied bids comes first about as often as any other, wherever it is listed.</summary>
    [Fact]
    public void Every_tied_bid_is_served_first_as_often_as_any_other()
    {
        const int seeds = 6_000;
        AuctionBid[] bids = [new("A", 500, 77), new("B", 500, 77), new("C", 500, 77), new("D", 500, 77), new("E", 500, 77), new("F", 500, 77)];
        var format = new AuctionFormat("test", 500, true, 0.01m, TieRule.DrawnOrder, TooFewBids.Cancel);
        var first = bids.ToDictionary(b => b.Id, _ => 0);
        var random = new Random(Seed);
        var seed = new byte[TieDraw.SeedBytes];
        for (var i = 0; i < seeds; i++)
        {
            random.NextBytes(seed);
            var drawn = TieDraw.Order("AUC-1", seed, [.. bids.Select(b => b.Id)]);
            var outcome = AuctionClearing.Clear(format, new(500), bids, drawn).Value;
            var winner = outcome.Fills.Single(f => f.Quantity > 0).Id;
            Assert.Equal(drawn[0], winner);
            first[winner]++;
        }
        // 1,000 expected of each; five standard deviations of a binomial are 145.
        Assert.All(first, f => Assert.InRange(f.Value, 855, 1145));
    }

    [Fact]
    public void A_draw_can_be_worked_out_by_anybody_and_changed_by_nobody()
    {
        var seed = RandomNumberGenerator.GetBytes(TieDraw.SeedBytes);
        var other = RandomNumberGenerator.GetBytes(TieDraw.SeedBytes);
        var commitment = TieDraw.Commitment("AUC-1", seed);
        Assert.True(TieDraw.Opens(commitment, "AUC-1", seed));
        Assert.False(TieDraw.Opens(commitment, "AUC-1", other));
        Assert.False(TieDraw.Opens(commitment, "AUC-2", seed));
        Assert.False(TieDraw.Opens(commitment, "AUC-1", seed.AsSpan(1)));
        string[] ids = ["A", "B", "C", "D", "E", "F", "G", "H"];
        Assert.Equal(TieDraw.Order("AUC-1", seed, ids), TieDraw.Order("AUC-1", seed, [.. ids.Reverse()]));
        // One bid more changes the order of no two others.
        Assert.Equal(TieDraw.Order("AUC-1", seed, ids), TieDraw.Order("AUC-1", seed, [.. ids, "I"]).Where(i => i != "I"));
        Assert.Throws<ArgumentException>(() => TieDraw.Commitment("AUC-1", seed.AsSpan(1)));
    }

    /// <summary>The cheapest tier sells first, no tier more than it has, nobody gets more than asked for or pays more than bid, and nothing is left in a tier somebody still wanted.</summary>
    [Fact]
    public void A_reserve_sale_sells_the_cheapest_first_and_to_each_its_share()
    {
        var random = new Random(Seed);
        var short_ = 0;
        for (var round = 0; round < 2_000; round++)
        {
            ReserveTier[] tiers = [new("one", 65, random.Next(0, 30_500)), new("two", 84, random.Next(1, 30_500)), new("three", 102, random.Next(0, 30_500))];
            var bids = Enumerable.Range(0, random.Next(1, 12)).Select(i => new AuctionBid($"B{i}", 1000 * random.Next(1, 12), 60 + random.Next(50))).ToList();
            var drawn = bids.Select(b => b.Id).OrderBy(_ => random.Next()).ToList();
            var sale = ReserveSale.Run(Cutting, tiers, bids, drawn).Value;
            var said = $"seed {Seed}, round {round}";
            foreach (var bid in bids)
            {
                var fills = sale.Fills.Where(f => f.Id == bid.Id).ToList();
                Assert.True(fills.Sum(f => f.Quantity) <= bid.Quantity && fills.All(f => tiers.Single(t => t.Name == f.Tier).Price <= bid.Price), said);
                var wanted = bid.Quantity - fills.Sum(f => f.Quantity);
                foreach (var tier in sale.Tiers.Where(t => t.Price <= bid.Price)) Assert.True(wanted == 0 || tier.Sold == tiers.Single(t => t.Name == tier.Name).Units, said);
            }
            foreach (var tier in sale.Tiers)
            {
                Assert.True(tier.Sold <= tiers.Single(t => t.Name == tier.Name).Units && tier.Sold == sale.Fills.Where(f => f.Tier == tier.Name).Sum(f => f.Quantity) && tier.Proceeds == tier.Price * tier.Sold, said);
                if (tier.Asked > tier.Sold && tier.Sold > 0) short_++;
            }
            Assert.Equal((sale.Tiers.Sum(t => t.Sold), sale.Tiers.Sum(t => t.Proceeds)), (sale.Sold, sale.Proceeds));
        }
        Assert.True(short_ > 500, $"seed {Seed}: {short_}");
    }

    [Fact]
    public void Unsold_units_are_all_accounted_for_and_no_auction_outgrows_its_limit()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 3_000; round++)
        {
            var rule = new UnsoldRule(random.Next(1, 6), random.Next(2) == 0 ? 1 + random.Next(0, 60) / 100m : null, random.Next(2) == 0);
            var next = Enumerable.Range(0, random.Next(0, 8)).Select(i => new PlannedAuction($"A{i}", 2026 + (i > 3 ? 1 : 0), 500 * random.Next(1, 5000), 500 * random.Next(0, 300))).ToList();
            var unsold = random.Next(1, 5_000_000);
            var spread = UnsoldVolume.Spread(rule, 500, unsold, 2026, next).Value;
            var said = $"seed {Seed}, round {round}: {rule}, {unsold}";
            Assert.True(spread.Shares.Sum(s => s.Units) + spread.Left == unsold && spread.Shares.All(s => s.Units > 0) && spread.Shares.Count <= rule.Auctions && !spread.Waits, said);
            Assert.True(spread.Shares.SkipLast(1).All(s => s.Units % 500 == 0), said);
            foreach (var (id, units) in spread.Shares)
            {
                var auction = next.Single(a => a.Id == id);
                Assert.True(rule.MostOfPlanned is not { } most || auction.Planned + auction.Added + units <= most * auction.Planned, said);
                Assert.True(!rule.WithinYear || auction.Year == 2026, said);
            }
            if (rule.MostOfPlanned is null && next.Count > 0) Assert.True(spread.Left == 0, said);
        }
    }
}
