using Verdigris.Book.Auctions;

namespace Verdigris.Book.Tests.Auctions;

/// <summary>Bidders that belong together against a plain way of holding them to their limits: one lot at a time, the best price first.</summary>
public sealed class BidderGroupTests
{
    static readonly AuctionFormat Format = new("test", 1, false, 1m, TieRule.Time, TooFewBids.Partial) { OverLimit = OverLimit.Cut, PartialAt = PartialPrice.LastBid };

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(2026)]
    public void What_takes_part_is_what_single_units_from_the_best_price_on_would_get(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 400; round++)
        {
            var names = Enumerable.Range(0, random.Next(1, 6)).Select(i => $"b{i}").ToList();
            var bids = Enumerable.Range(0, random.Next(1, 12)).Select(i => new AuctionBid($"{i}", random.Next(1, 30), random.Next(1, 8), names[random.Next(names.Count)])).ToList();
            var volume = random.Next(10, 120);
            var limits = names.Where(_ => random.Next(2) == 0).Select(n => new BidderLimit(n, random.Next(2) == 0 ? random.Next(1, 101) / 100m : null, random.Next(2) == 0 ? random.Next(0, 40) : null)).ToList();
            var groups = new List<BidderGroup>();
            var free = names.ToList();
            while (free.Count > 0 && random.Next(3) > 0)
            {
                var taken = free.Take(random.Next(1, free.Count + 1)).ToList();
                free.RemoveRange(0, taken.Count);
                groups.Add(new($"g{groups.Count}", taken, random.Next(2) == 0 ? random.Next(1, 101) / 100m : null, random.Next(2) == 0 ? random.Next(0, 60) : null));
            }
            var cleared = AuctionClearing.Clear(Format, new(volume), bids, [.. bids.Select(b => b.Id)], limits, groups);
            Assert.True(cleared.Ok, string.Join(", ", cleared.Refusals.Select(r => r.Code)));
            var (own, shared, left) = (new Dictionary<string, long>(), new Dictionary<string, long>(), bids.ToDictionary(b => b.Id, _ => 0L));
            foreach (var bid in bids.OrderByDescending(b => b.Price))
            {
                var (limit, group) = (limits.FirstOrDefault(l => l.Bidder == bid.Bidder), groups.FirstOrDefault(g => g.Bidders.Contains(bid.Bidder!)));
                for (var unit = 0; unit < bid.Quantity; unit++)
                {
                    var (mine, ours) = (own.GetValueOrDefault(bid.Bidder!) + 1, group is null ? 0 : shared.GetValueOrDefault(group.Name) + 1);
                    if (mine > limit?.HoldingRoom || mine > limit?.Share * volume || ours > group?.HoldingRoom || ours > group?.Share * volume) break;
                    own[bid.Bidder!] = mine;
                    if (group is not null) shared[group.Name] = ours;
                    left[bid.Id]++;
                }
            }
            var cut = cleared.Value.Cuts.ToDictionary(c => c.Id, c => c.Left);
            foreach (var bid in bids) Assert.Equal((seed, round, bid.Id, left[bid.Id]), (seed, round, bid.Id, cut.GetValueOrDefault(bid.Id, bid.Quantity)));
        }
    }

    [Fact]
    public void A_group_that_cannot_be_is_refused_and_a_format_that_refuses_says_whose_bid_and_why()
    {
        AuctionBid[] bids = [new("1", 10, 5m, "a"), new("2", 10, 4m, "b")];
        string Refused(OverLimit rule, params BidderGroup[] groups) => AuctionClearing.Clear(Format with { OverLimit = rule }, new(40), bids, ["1", "2"], [], groups).Refusals[0] is var r ? $"{r.Code} {r.Args!.Values.First()}" : "";
        Assert.Equal("auction.limit g", Refused(OverLimit.Cut, new BidderGroup("g", ["a", "a"])));
        Assert.Equal("auction.limit h", Refused(OverLimit.Cut, new BidderGroup("g", ["a"]), new BidderGroup("h", ["a"])));
        Assert.Equal("auction.limit g", Refused(OverLimit.Cut, new BidderGroup("g", ["a"], 1.1m)));
        Assert.Equal("auction.bidder-share b", Refused(OverLimit.Refuse, new BidderGroup("g", ["a", "b"], 0.25m)));
        Assert.Equal("auction.holding-room b", Refused(OverLimit.Refuse, new BidderGroup("g", ["a", "b"], null, 15)));
    }
}
