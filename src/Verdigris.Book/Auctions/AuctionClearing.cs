using Verdigris.Primitives;

namespace Verdigris.Book.Auctions;

/// <summary>
/// Clears a sealed auction of one round: bids by price, the highest first; the price is that of the bid at which the sum first reaches what is offered, and everyone pays it. Pure: what is drawn by lot is drawn before and
/// given. In the Union: Regulation (EU) 1031/2010, Article 7, now Delegated Regulation (EU) 2023/2830.
/// </summary>
public static class AuctionClearing
{
    /// <summary>
    /// Refuses, in this order: <c>auction.volume</c> (not above zero, or not in lots where it has to be), <c>auction.bid-twice</c>, <c>auction.quantity</c>, <c>auction.tick</c>, <c>auction.step</c>, <c>auction.bidder-share</c>, and <c>auction.tie-order</c>
    /// (an id stands twice in the drawn order, or bids at the clearing price that cannot all be filled are not in it).
    /// </summary>
    /// <param name="drawn">Ids in the order drawn before the auction; needed only of bids that a tie at the clearing price lets compete.</param>
    /// <param name="reserve">Bids below it do not count; null where there is none.</param>
    /// <param name="steps">Units that come or leave by the price the offer alone would have; null where there are none.</param>
    public static Answer<AuctionOutcome> Clear(AuctionFormat format, long volume, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn, decimal? reserve = null, IReadOnlyList<SupplyStep>? steps = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(bids);
        ArgumentNullException.ThrowIfNull(drawn);
        if (Wrong(format, volume, bids, drawn, steps ?? []) is { Count: > 0 } wrong) return wrong;
        var places = drawn.Index().ToDictionary(d => d.Item, d => d.Index, StringComparer.Ordinal);
        var counted = bids.Index().Where(b => reserve is null || b.Item.Price >= reserve).OrderByDescending(b => b.Item.Price).ToList();
        var asked = counted.Sum(b => b.Item.Quantity);
        var cover = Math.Round((decimal)bids.Sum(b => b.Quantity) / volume, 2, MidpointRounding.AwayFromZero);
        var fills = new long[bids.Count];
        var (offered, held) = Stepped([.. counted.Select(b => b.Item)], volume, reserve, steps ?? []);
        if (asked < offered)
        {
            if (format.TooFew == TooFewBids.Cancel || counted.Count == 0) return Outcome(AuctionStatus.Cancelled, null);
            foreach (var (i, bid) in counted) fills[i] = bid.Quantity;
            return Outcome(AuctionStatus.Partial, reserve ?? counted[^1].Item.Price);
        }
        if (offered == 0) return Outcome(AuctionStatus.Cancelled, null);
        var price = PriceAt([.. counted.Select(b => b.Item)], offered, reserve);
        var left = offered;
        foreach (var (i, bid) in counted.Where(b => b.Item.Price > price)) { fills[i] = bid.Quantity; left -= bid.Quantity; }
        var last = counted.Where(b => b.Item.Price == price).ToList();
        if (last.Sum(b => b.Item.Quantity) > left && last.Count > 1 && format.Ties != TieRule.Time && last.FirstOrDefault(b => !places.ContainsKey(b.Item.Id)) is { Item: { } unplaced })
            return Refusal.Of("auction.tie-order", "tieOrder", ("given", unplaced.Id));
        var ordered = format.Ties == TieRule.Time ? last : [.. last.OrderBy(b => places.GetValueOrDefault(b.Item.Id, int.MaxValue))];
        if (format.Ties == TieRule.ProRata) left -= Share(format.Lot, left, ordered, fills);
        foreach (var (i, bid) in ordered)
        {
            var more = Math.Min(left, bid.Quantity - fills[i]);
            // Lots that a share in whole lots leaves over go one by one.
            if (format.Ties == TieRule.ProRata) more = Math.Min(more, format.Lot);
            fills[i] += more;
            left -= more;
        }
        return Outcome(AuctionStatus.Cleared, held ?? price);

        AuctionOutcome Outcome(AuctionStatus status, decimal? at)
        {
            var sold = fills.Sum();
            return new(status, at, [.. bids.Select((b, i) => (b.Id, fills[i]))], sold, offered, asked, cover, (at ?? 0) * sold);
        }
    }

    /// <summary>
    /// What is offered after the steps, and the price they hold it at. Units come, the lowest trigger first, until the price is down to it or they are used up; they leave, the highest trigger first, until it is up to it.
    /// </summary>
    static (long Offered, decimal? Held) Stepped(IReadOnlyList<AuctionBid> counted, long volume, decimal? reserve, IReadOnlyList<SupplyStep> steps)
    {
        long AtLeast(decimal price) => counted.Where(b => b.Price >= price).Sum(b => b.Quantity);
        if (counted.Count == 0) return (volume, null);
        foreach (var step in steps.Where(s => !s.Withholds).OrderBy(s => s.Price))
        {
            if (PriceAt(counted, volume, reserve) <= step.Price) break;
            if (AtLeast(step.Price) is var wanted && volume + step.Units >= wanted) return (wanted, step.Price);
            volume += step.Units;
        }
        foreach (var step in steps.Where(s => s.Withholds).OrderByDescending(s => s.Price))
        {
            if (PriceAt(counted, volume, reserve) >= step.Price) break;
            if (AtLeast(step.Price) is var wanted && volume - step.Units <= wanted) return (wanted, wanted > 0 ? step.Price : null);
            volume -= step.Units;
        }
        return (volume, null);
    }

    /// <summary>Price of the bid at which the sum first reaches the offer; where it never does, the reserve price or the lowest bid.</summary>
    static decimal PriceAt(IReadOnlyList<AuctionBid> counted, long offered, decimal? reserve)
    {
        var sum = 0L;
        foreach (var bid in counted)
            if ((sum += bid.Quantity) >= offered) return bid.Price;
        return reserve ?? counted[^1].Price;
    }

    /// <summary>Gives each bid its share of what is left, rounded down to lots, and never more than it asked for; answers what was given. What remains is less than a lot a bid.</summary>
    static long Share(long lot, long left, IReadOnlyList<(int Index, AuctionBid Item)> bids, long[] fills)
    {
        var all = bids.Sum(b => b.Item.Quantity);
        var given = 0L;
        foreach (var (i, bid) in bids)
        {
            fills[i] = (long)((Int128)Math.Min(left, all) * bid.Quantity / all / lot) * lot;
            given += fills[i];
        }
        return given;
    }

    static List<Refusal> Wrong(AuctionFormat format, long volume, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn, IReadOnlyList<SupplyStep> steps)
    {
        var wrong = new List<Refusal>();
        if (volume <= 0 || format.WholeLots && volume % format.Lot != 0) wrong.Add(Refusal.Of("auction.volume", "volume", ("given", $"{volume}"), ("lot", $"{format.Lot}")));
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, bid) in bids.Index())
        {
            if (!ids.Add(bid.Id)) wrong.Add(Refusal.Of("auction.bid-twice", $"bids[{i}].id", ("given", bid.Id)));
            if (bid.Quantity <= 0 || bid.Quantity % format.Lot != 0) wrong.Add(Refusal.Of("auction.quantity", $"bids[{i}].qty", ("given", $"{bid.Quantity}"), ("lot", $"{format.Lot}")));
            if (bid.Price <= 0 || bid.Price % format.Tick != 0) wrong.Add(Refusal.Of("auction.tick", $"bids[{i}].price", ("given", DecimalText.Write(bid.Price)), ("tick", DecimalText.Write(format.Tick))));
        }
        foreach (var (i, step) in steps.Index())
            if (step.Price <= 0 || step.Units <= 0) wrong.Add(Refusal.Of("auction.step", $"steps[{i}]"));
        if (wrong.Count > 0) return wrong;
        if (format.BidderShare is { } share)
            foreach (var bidder in bids.GroupBy(b => b.Bidder ?? b.Id, StringComparer.Ordinal).Where(g => g.Sum(b => b.Quantity) > share * volume))
                wrong.Add(Refusal.Of("auction.bidder-share", "bids", ("bidder", bidder.Key), ("share", DecimalText.Write(share))));
        if (drawn.GroupBy(d => d, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) wrong.Add(Refusal.Of("auction.tie-order", "tieOrder", ("given", twice.Key)));
        return wrong;
    }
}
