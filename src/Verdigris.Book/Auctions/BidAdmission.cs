using Verdigris.Primitives;

namespace Verdigris.Book.Auctions;

/// <summary>
/// Holds each bidder to its limits before the clearing: its share of the offer, what it may still come to hold, and what its guarantee covers. Bids are looked at from the best price on, so that what is cut is the worst, in whole lots;
/// at one price the later bid is cut first.
/// </summary>
static class BidAdmission
{
    /// <summary>What of each bid takes part, with what was cut. Refuses, where the format does not cut: <c>auction.bidder-share</c>, <c>auction.holding-room</c>, <c>auction.guarantee</c>, once a bidder and limit.</summary>
    /// <param name="groups">Bidders that besides their own limits have limits together.</param>
    public static Answer<(long[] Quantities, IReadOnlyList<BidCut> Cuts)> Admit(AuctionFormat format, long volume, IReadOnlyList<AuctionBid> bids, IReadOnlyList<BidderLimit> limits, IReadOnlyList<BidderGroup> groups)
    {
        var quantities = new long[bids.Count];
        for (var i = 0; i < quantities.Length; i++) quantities[i] = bids[i].Quantity;
        if (format.BidderShare is null && limits.Count == 0 && groups.Count == 0) return (quantities, []);
        var byBidder = limits.ToDictionary(l => l.Bidder, StringComparer.Ordinal);
        var groupOf = groups.SelectMany(g => g.Bidders.Select(b => (Bidder: b, Group: g))).ToDictionary(g => g.Bidder, g => g.Group, StringComparer.Ordinal);
        var cuts = new List<BidCut>();
        var (refused, said) = (new List<Refusal>(), new HashSet<(string, LimitKind)>());
        foreach (var together in bids.Index().GroupBy(b => groupOf.TryGetValue(b.Item.Bidder ?? b.Item.Id, out var g) ? (g.Name, true) : (b.Item.Bidder ?? b.Item.Id, false)))
        {
            var group = together.Key.Item2 ? groupOf[together.First().Item.Bidder ?? together.First().Item.Id] : null;
            var shared = new Room(format, volume, new("", group?.Share, group?.HoldingRoom));
            var rooms = new Dictionary<string, Room>(StringComparer.Ordinal);
            foreach (var (i, bid) in format.Side == AuctionSide.Sell ? together.OrderByDescending(b => b.Item.Price) : together.OrderBy(b => b.Item.Price))
            {
                var bidder = bid.Bidder ?? bid.Id;
                var limit = byBidder.GetValueOrDefault(bidder) ?? new BidderLimit(bidder);
                if (!rooms.TryGetValue(bidder, out var room)) room = new Room(format, volume, limit with { Share = limit.Share ?? format.BidderShare });
                var (units, by) = room.For(bid.Price);
                var (alike, alikeBy) = shared.For(bid.Price);
                var ofGroup = alike < units;
                if (ofGroup) (units, by) = (alike, alikeBy);
                quantities[i] = Math.Min(bid.Quantity, units / format.Lot * format.Lot);
                room.Take(quantities[i], bid.Price);
                shared.Take(quantities[i], bid.Price);
                rooms[bidder] = room;
                if (quantities[i] == bid.Quantity) continue;
                if (said.Add((bidder, by))) refused.Add(Beyond(bidder, by, ofGroup ? group!.Share : limit.Share ?? format.BidderShare, ofGroup ? group!.HoldingRoom : limit.HoldingRoom, limit.Guarantee));
                cuts.Add(new(bid.Id, bidder, bid.Quantity - quantities[i], quantities[i], by));
            }
        }
        if (format.OverLimit == OverLimit.Cut || cuts.Count == 0) return (quantities, cuts);
        return refused;
    }

    static Refusal Beyond(string bidder, LimitKind by, decimal? share, long? room, decimal? guarantee) => by switch
    {
        LimitKind.PurchaseShare => Refusal.Of("auction.bidder-share", "bids", ("bidder", bidder), ("share", DecimalText.Write(share ?? 0))),
        LimitKind.HoldingRoom => Refusal.Of("auction.holding-room", "bids", ("bidder", bidder), ("room", $"{room}")),
        _ => Refusal.Of("auction.guarantee", "bids", ("bidder", bidder), ("guarantee", DecimalText.Write(guarantee ?? 0))),
    };

    /// <summary>What a bidder may still ask for, from its best price on.</summary>
    struct Room(AuctionFormat format, long volume, BidderLimit limit)
    {
        long taken;
        decimal spent;

        /// <summary>Units a bid at this price may have, and the limit that says so.</summary>
        public readonly (long Units, LimitKind By) For(decimal price)
        {
            var (most, by) = (long.MaxValue, LimitKind.PurchaseShare);
            if (limit.Share is { } share) most = (long)decimal.Floor(share * volume) - taken;
            if (limit.HoldingRoom is { } room && room - taken < most) (most, by) = (room - taken, LimitKind.HoldingRoom);
            // One price for all: what may have to be paid at this price is this price for all asked at it or better.
            if (limit.Guarantee is { } money && Covered(money, price) is var covered && covered < most) (most, by) = (covered, LimitKind.Guarantee);
            return (Math.Max(0, most), by);
        }

        readonly long Covered(decimal money, decimal price) => format.Guarantee == GuaranteeRule.Exposure ? Units(money / price) - taken : Units((money - spent) / price);

        static long Units(decimal units) => (long)Math.Min(decimal.Floor(units), long.MaxValue / 2);

        public void Take(long units, decimal price)
        {
            taken += units;
            spent += units * price;
        }
    }
}
