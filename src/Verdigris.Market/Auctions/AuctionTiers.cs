using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Market.Auctions;

/// <summary>Sales of a reserve in tiers at fixed prices (California: 17 CCR 95913). The tiers stand where another auction has its containment reserves, and the volume is their sum; the sale has no one price.</summary>
static class AuctionTiers
{
    public static bool Are(SchemeSet schemes, Auction auction) => AuctionFormats.InTiers(schemes, auction.Format);

    /// <summary>The tiers named, at the prices of the file for the year, the cheapest first. What is wrong is added: <c>input.required</c> (no tier, or no units of one), <c>auction.tier</c> (a tier twice, or a reserve price beside them), <c>auction.volume</c> (another than their sum), and what <see cref="AuctionTerms.Tier"/> refuses.</summary>
    public static IReadOnlyList<SupplyStep> Planned(Scheme scheme, AuctionFormat format, NewAuction wanted, List<Refusal> wrong)
    {
        var tiers = new List<SupplyStep>();
        if (wanted.Controls.Count == 0) wrong.Add(Refusal.Of("input.required", "controls"));
        if (wanted.Reserve is not null || wanted.Steps.Count > 0) wrong.Add(Refusal.Of("auction.tier", wanted.Reserve is not null ? "reserve" : "steps"));
        foreach (var (i, control) in wanted.Controls.Index())
        {
            if (control?.Units is not (> 0 and var units)) { wrong.Add(Refusal.Of("input.required", $"controls[{i}].units")); continue; }
            var tier = AuctionTerms.Tier(scheme, format.Name, wanted.Year, control!.Control ?? "", units);
            if (!tier.Ok) wrong.AddRange(tier.Refusals.Select(r => r.Field == "scheme" ? r with { Field = $"controls[{i}].control" } : r));
            else if (tiers.Any(t => t.Price == tier.Value.Tier.Price)) wrong.Add(Refusal.Of("auction.tier", $"controls[{i}].control"));
            else tiers.Add(new(tier.Value.Tier.Price, units, false));
        }
        if (wrong.Count == 0 && tiers.Sum(t => (decimal)t.Units) != wanted.Volume) wrong.Add(Refusal.Of("auction.volume", "volume", ("given", $"{wanted.Volume}"), ("lot", $"{format.Lot}")));
        return [.. tiers.OrderBy(t => t.Price)];
    }

    /// <summary>Sells the tiers, the cheapest first: as an outcome without a price, with what each tier sold, and what each bid pays.</summary>
    public static Answer<(AuctionOutcome Outcome, IReadOnlyDictionary<string, decimal> Pays)> Clear(AuctionFormat format, Auction auction, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn, IReadOnlyList<BidderLimit> limits, IReadOnlyList<BidderGroup>? groups = null)
    {
        var sold = ReserveSale.Run(format, [.. auction.Steps.Select(t => new ReserveTier(DecimalText.Write(t.Price), t.Price, t.Units))], bids, drawn, limits, groups);
        if (!sold.Ok) return sold.Refusals.ToList();
        var (tiers, fills) = (sold.Value.Tiers, sold.Value.Fills);
        var prices = auction.Steps.ToDictionary(t => DecimalText.Write(t.Price), t => t.Price, StringComparer.Ordinal);
        var got = fills.GroupBy(f => f.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(f => f.Quantity), StringComparer.Ordinal);
        var pays = fills.GroupBy(f => f.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(f => prices[f.Tier] * f.Quantity), StringComparer.Ordinal);
        var cut = sold.Value.Cuts.ToDictionary(c => c.Id, c => c.Units, StringComparer.Ordinal);
        long Within(AuctionBid bid) => bid.Quantity - cut.GetValueOrDefault(bid.Id);
        var status = sold.Value.Sold == 0 ? AuctionStatus.Cancelled : sold.Value.Sold < auction.Volume ? AuctionStatus.Partial : AuctionStatus.Cleared;
        var outcome = new AuctionOutcome(status, sold.Value.Sold == 0 ? NothingSold.NoBids : NothingSold.No, null, [.. bids.Select(b => (b.Id, got.GetValueOrDefault(b.Id)))], sold.Value.Sold, auction.Volume, bids.Where(b => b.Price >= auction.Steps[0].Price).Sum(Within),
            Math.Round((decimal)bids.Sum(Within) / auction.Volume, 2, MidpointRounding.AwayFromZero), sold.Value.Proceeds, null, [.. tiers.Where(t => t.Sold > 0).Select(t => new SupplyStep(t.Price, t.Sold, false))], 0, 0, sold.Value.Cuts);
        return (outcome, pays);
    }
}
