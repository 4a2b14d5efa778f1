using Verdigris.Primitives;

namespace Verdigris.Book.Auctions;

/// <summary>
/// Clears a sealed auction of one round: bids by price, the highest first; the price is that of the bid at which the sum first reaches what is offered, and everyone pays it. Pure: what is drawn by lot is drawn before and
/// given. In the Union: Regulation (EU) 1031/2010, Article 7, now Delegated Regulation (EU) 2023/2830. A buyer's auction is the same the other way round.
/// </summary>
public static class AuctionClearing
{
    /// <summary>
    /// Refuses, in this order: <c>auction.volume</c> (not above zero, or not in lots where it has to be), <c>auction.reserve</c> (not a price in ticks, or a confidential one where the format has none), <c>auction.bid-twice</c>,
    /// <c>auction.quantity</c>, <c>auction.tick</c>, <c>auction.step</c> (no price in ticks, no units, or a buyer's auction), <c>auction.limit</c> (a bidder twice, or a limit that cannot be), <c>auction.too-much</c> (units beyond what can be counted);
    /// where the format refuses what is beyond a limit: <c>auction.bidder-share</c>, <c>auction.holding-room</c>, <c>auction.guarantee</c>; and <c>auction.tie-order</c> (an id stands twice in the drawn order, or
    /// bids at the clearing price that cannot all be filled are not in it).
    /// </summary>
    /// <param name="drawn">Ids in the order drawn before the auction; needed only of bids that a tie at the clearing price lets compete.</param>
    /// <param name="limits">Of bidders; who is not among them is held to the share of the format alone.</param>
    /// <param name="groups">Of bidders that count as one; refused as a limit where somebody stands in two, or a figure cannot be.</param>
    public static Answer<AuctionOutcome> Clear(AuctionFormat format, AuctionOffer offer, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn, IReadOnlyList<BidderLimit>? limits = null, IReadOnlyList<BidderGroup>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(bids);
        ArgumentNullException.ThrowIfNull(drawn);
        var grid = new TickGrid(format.Tick);
        var taken = Check(format, offer, bids, drawn, limits ?? [], grid, groups);
        if (!taken.Ok) return taken.Refusals.ToList();
        var (columns, cuts) = taken.Value;
        var down = format.Side == AuctionSide.Buy;
        var found = UniformClearing.Clear(format, new ColumnOffer(offer.Volume, offer.Reserve is { } r ? grid.Reaching(r, down) : null, offer.Confidential is { } c ? grid.Reaching(c, down) : null,
            [.. offer.Steps.Select(s => new ColumnStep(grid.Reaching(s.Price, down), s.Units, s.Withholds))]), columns);
        if (found.UnplacedAt >= 0) return TieOrder(bids[found.UnplacedAt].Id);
        var price = found.Tick is { } tick ? grid.Price(tick) : (decimal?)null;
        var given = new (string, long)[bids.Count];
        for (var i = 0; i < given.Length; i++) given[i] = (bids[i].Id, found.Fills[i]);
        var cover = Math.Round((decimal)columns.Quantities.Sum() / offer.Volume, 2, MidpointRounding.AwayFromZero);
        return new AuctionOutcome(found.Status, found.Why, price, given, found.Sold, found.Offered, found.Asked, cover, (price ?? 0) * found.Sold, found.InterimTick is { } interim ? grid.Price(interim) : null,
            [.. found.Steps.Select(s => new SupplyStep(grid.Price(s.Tick), s.Units, s.Withholds))], found.AtPrice, found.LeftAtPrice, cuts);
    }

    /// <summary>Bids in columns, within the limits of their bidders, or everything that is wrong with them but an order drawn too short.</summary>
    internal static Answer<(BidColumns Columns, IReadOnlyList<BidCut> Cuts)> Check(AuctionFormat format, AuctionOffer offer, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn, IReadOnlyList<BidderLimit> limits, TickGrid grid, IReadOnlyList<BidderGroup>? groups = null)
    {
        var ticks = new long[bids.Count];
        if (Wrong(format, offer, bids, limits, grid, ticks) is { Count: > 0 } wrong) return wrong;
        var together = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, group) in (groups ?? []).Index())
            if (group.Bidders.Count == 0 || group.Share is <= 0 or > 1 || group.HoldingRoom < 0 || group.Bidders.Any(b => !together.Add(b))) return Refusal.Of("auction.limit", $"groups[{i}]", ("bidder", group.Name));
        var admitted = BidAdmission.Admit(format, offer.Volume, bids, limits, groups ?? []);
        if (!admitted.Ok) return admitted.Refusals.ToList();
        if (Places(format, bids, drawn) is not { } places) return TieOrder(drawn.GroupBy(d => d, StringComparer.Ordinal).First(g => g.Count() > 1).Key);
        return (new BidColumns(ticks, admitted.Value.Quantities, places), admitted.Value.Cuts);
    }

    internal static Refusal TieOrder(string id) => Refusal.Of("auction.tie-order", "tieOrder", ("given", id));

    /// <summary>The place of each bid; null where the drawn order names one twice.</summary>
    static int[]? Places(AuctionFormat format, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn)
    {
        var places = new int[bids.Count];
        var order = new Dictionary<string, int>(drawn.Count, StringComparer.Ordinal);
        foreach (var (place, id) in drawn.Index())
            if (!order.TryAdd(id, place)) return null;
        for (var i = 0; i < places.Length; i++) places[i] = format.Ties == TieRule.Time ? i : order.GetValueOrDefault(bids[i].Id, BidColumns.Unplaced);
        return places;
    }

    static List<Refusal> Wrong(AuctionFormat format, AuctionOffer offer, IReadOnlyList<AuctionBid> bids, IReadOnlyList<BidderLimit> limits, TickGrid grid, long[] ticks)
    {
        var wrong = new List<Refusal>();
        if (offer.Volume <= 0 || format.WholeLots && offer.Volume % format.Lot != 0) wrong.Add(Refusal.Of("auction.volume", "volume", ("given", $"{offer.Volume}"), ("lot", $"{format.Lot}")));
        if (offer.Reserve is { } reserve && !grid.TryTicks(reserve, out _)) wrong.Add(Refusal.Of("auction.reserve", "reservePrice", ("given", DecimalText.Write(reserve)), ("tick", DecimalText.Write(format.Tick))));
        if (offer.Confidential is { } secret && (secret <= 0 || format.Confidential == ConfidentialRule.None)) wrong.Add(Refusal.Of("auction.reserve", "confidentialReserve", ("given", DecimalText.Write(secret)), ("tick", DecimalText.Write(format.Tick))));
        var ids = new HashSet<string>(bids.Count, StringComparer.Ordinal);
        Int128 all = 0;
        for (var i = 0; i < bids.Count; i++)
        {
            var bid = bids[i];
            if (!ids.Add(bid.Id)) wrong.Add(Refusal.Of("auction.bid-twice", $"bids[{i}].id", ("given", bid.Id)));
            if (bid.Quantity <= 0 || bid.Quantity % format.Lot != 0) wrong.Add(Refusal.Of("auction.quantity", $"bids[{i}].qty", ("given", $"{bid.Quantity}"), ("lot", $"{format.Lot}")));
            if (!grid.TryTicks(bid.Price, out ticks[i])) wrong.Add(Refusal.Of("auction.tick", $"bids[{i}].price", ("given", DecimalText.Write(bid.Price)), ("tick", DecimalText.Write(format.Tick))));
            all += bid.Quantity;
        }
        foreach (var (i, step) in offer.Steps.Index())
            if (!grid.TryTicks(step.Price, out _) || step.Units <= 0 || format.Side == AuctionSide.Buy) wrong.Add(Refusal.Of("auction.step", $"steps[{i}]"));
            else all += step.Units;
        var bidders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, limit) in limits.Index())
            if (!bidders.Add(limit.Bidder) || limit.Share is <= 0 or > 1 || limit.HoldingRoom < 0 || limit.Guarantee < 0) wrong.Add(Refusal.Of("auction.limit", $"limits[{i}]", ("bidder", limit.Bidder)));
        if (all + offer.Volume > long.MaxValue) wrong.Add(Refusal.Of("auction.too-much", "bids"));
        return wrong;
    }
}
