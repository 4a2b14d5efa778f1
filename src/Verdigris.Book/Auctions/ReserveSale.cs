using Verdigris.Primitives;

namespace Verdigris.Book.Auctions;

/// <summary>Units a reserve sells at a fixed price.</summary>
/// <param name="Price">Above 0, each tier's above the one before.</param>
/// <param name="Units">0 or more, in whole lots or with a last part of one.</param>
public sealed record ReserveTier(string Name, decimal Price, long Units);

/// <param name="Price">What bids of the tier pay.</param>
/// <param name="Asked">Units bids still wanted when the tier's turn came.</param>
/// <param name="Sold">At most what the tier has.</param>
public sealed record TierOutcome(string Name, decimal Price, long Asked, long Sold, decimal Proceeds);

/// <param name="Fills">Of every bid, in the order of the bids, by tier where it got something.</param>
public sealed record ReserveSaleOutcome(IReadOnlyList<TierOutcome> Tiers, IReadOnlyList<(string Id, string Tier, long Quantity)> Fills, long Sold, decimal Proceeds, IReadOnlyList<BidCut> Cuts);

/// <summary>
/// A sale of reserved units in tiers of fixed prices (California and Québec: 17 CCR 95913). A bid names the most it pays; the cheapest tier sells first, to everyone whose bid reaches its price, and where they want more than it has, to each its share in whole
/// lots with the lots that remain by the drawn order. What a bid did not get it wants of the next tier, as long as its price reaches that one.
/// </summary>
public static class ReserveSale
{
    /// <summary>Refuses <c>auction.tier</c> (none, prices that do not rise, units below zero) and whatever <see cref="AuctionClearing.Clear"/> refuses of bids, limits and the drawn order; the volume that shares refer to is that of all tiers.</summary>
    public static Answer<ReserveSaleOutcome> Run(AuctionFormat format, IReadOnlyList<ReserveTier> tiers, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn, IReadOnlyList<BidderLimit>? limits = null, IReadOnlyList<BidderGroup>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(tiers);
        ArgumentNullException.ThrowIfNull(bids);
        var grid = new TickGrid(format.Tick);
        for (var i = 0; i < tiers.Count; i++)
            if (!grid.TryTicks(tiers[i].Price, out _) || tiers[i].Units < 0 || i > 0 && tiers[i].Price <= tiers[i - 1].Price) return Refusal.Of("auction.tier", $"tiers[{i}]");
        if (tiers.All(t => t.Units == 0)) return Refusal.Of("auction.tier", "tiers");
        // Limits hold for the whole sale, so they are applied once, before the first tier.
        var taken = AuctionClearing.Check(format with { WholeLots = false }, new AuctionOffer(tiers.Sum(t => t.Units)), bids, drawn, limits ?? [], grid, groups);
        if (!taken.Ok) return taken.Refusals.ToList();
        var (columns, cuts) = taken.Value;
        var wanted = columns.Quantities;
        var rules = format with { Ties = TieRule.ProRata, TooFew = TooFewBids.Partial };
        var outcomes = new List<TierOutcome>();
        var fills = new List<(string, string, long)>();
        foreach (var tier in tiers.Where(t => t.Units > 0))
        {
            // All at one price: the bids of a tier are one tie.
            var asks = bids.Select((b, i) => b.Price >= tier.Price ? wanted[i] : 0).ToArray();
            var turn = UniformClearing.Clear(rules, new ColumnOffer(tier.Units, null, null, []), new BidColumns(new long[asks.Length], asks, columns.Places));
            if (turn.UnplacedAt >= 0) return AuctionClearing.TieOrder(bids[turn.UnplacedAt].Id);
            foreach (var (i, got) in turn.Fills.Index().Where(f => f.Item > 0))
            {
                wanted[i] -= got;
                fills.Add((bids[i].Id, tier.Name, got));
            }
            outcomes.Add(new(tier.Name, tier.Price, turn.Asked, turn.Sold, tier.Price * turn.Sold));
        }
        return new ReserveSaleOutcome(outcomes, fills, outcomes.Sum(o => o.Sold), outcomes.Sum(o => o.Proceeds), cuts);
    }
}
