using Verdigris.Primitives;

namespace Verdigris.Registry.Auctions;

/// <summary>What must hold within the published result of one auction. A figure that is not there is not checked; a cancelled auction has volume and bids but no price, and counts in no average.</summary>
public static class AuctionChecks
{
    /// <summary>Allowances a lot in the auctions of the Union.</summary>
    public const decimal UnionLotT = 500;

    /// <summary>Checks each record: revenue is price x volume, cover is bids / volume to two decimals, the mean won is volume / successful bidders, and volumes are in lots.</summary>
    public static (AuctionSummary Summary, IReadOnlyList<AuctionFinding> Findings) Of(IReadOnlyList<AuctionRecord> records, decimal lotT = UnionLotT)
    {
        ArgumentNullException.ThrowIfNull(records);
        var findings = new List<AuctionFinding>();
        AuctionCount Count(string column, string code, Func<AuctionRecord, bool> says, Func<AuctionRecord, (decimal Given, decimal Right)> figures)
        {
            var (told, fit) = (0, 0);
            foreach (var record in records.Where(says))
            {
                told++;
                var (given, right) = figures(record);
                if (given == right) fit++;
                else findings.Add(new(record.Line, column, Refusal.Of(code, column, ("given", DecimalText.Write(DecimalText.Trim(given))), ("right", DecimalText.Write(DecimalText.Trim(right))))));
            }
            return new(told, fit);
        }
        var revenue = Count("revenue", "auctions.revenue", r => r is { Price: not null, Revenue: not null }, r => (r.Revenue!.Value, r.Price!.Value * r.VolumeT));
        var cover = Count("cover", "auctions.cover", r => r is { Cancelled: false, Cover: not null, BidsT: not null, VolumeT: > 0 }, r => (r.Cover!.Value, Rounded(r.BidsT!.Value / r.VolumeT, 2)));
        var mean = Count("meanWon", "auctions.mean-won", r => r is { Cancelled: false, MeanWonT: not null, Winners: > 0 }, r => (r.MeanWonT!.Value, Rounded(r.VolumeT / r.Winners!.Value, 0)));
        var lots = Count("volume", "auctions.lots", _ => true, r => (r.VolumeT, decimal.Floor(r.VolumeT / lotT) * lotT));
        var priced = records.Where(r => r.Price is not null).ToList();
        var summary = new AuctionSummary(records.Count, priced.Count, records.Count(r => r.Cancelled), records.GroupBy(r => r.Date).Count(g => g.Count() > 1), priced.Sum(r => r.VolumeT), priced.Sum(r => r.Revenue ?? 0), revenue, cover, mean, lots);
        return (summary, [.. findings.OrderBy(f => f.Line)]);
    }

    /// <summary>Mean price weighted by volume over priced auctions; null where there is none. A simple mean of the prices is another figure.</summary>
    public static decimal? WeightedPrice(IEnumerable<AuctionRecord> records)
    {
        var priced = records.Where(r => r.Price is not null).ToList();
        var volume = priced.Sum(r => r.VolumeT);
        return volume > 0 ? priced.Sum(r => r.Price!.Value * r.VolumeT) / volume : null;
    }

    static decimal Rounded(decimal value, int places) => Math.Round(value, places, MidpointRounding.AwayFromZero);
}
