using Verdigris.Book.Auctions;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Auctions;

/// <summary>The formats of auctions, out of the scheme files.</summary>
public static class AuctionFormats
{
    /// <summary>A format by its name, unique over all schemes; of several rows the one without an end. Null where there is none.</summary>
    public static (AuctionFormat Format, Scheme Scheme, RuleRef Rule)? Find(SchemeSet schemes, string name)
    {
        ArgumentNullException.ThrowIfNull(schemes);
        foreach (var scheme in schemes.All)
            if (scheme.Rows("auctions").LastOrDefault(r => r.Text("format") == name) is { } row)
                return (Of(row), scheme, scheme.Ref(row));
        return null;
    }

    public static IEnumerable<string> Names(SchemeSet schemes)
    {
        ArgumentNullException.ThrowIfNull(schemes);
        return schemes.All.SelectMany(s => s.Rows("auctions")).Select(r => r.Text("format")).Distinct();
    }

    /// <summary>Whether a format sells tiers at fixed prices (<see cref="ReserveSale"/>): no auction at one price clears it.</summary>
    public static bool InTiers(SchemeSet schemes, string name)
    {
        ArgumentNullException.ThrowIfNull(schemes);
        return schemes.All.Any(s => s.Rows("auction-prices").Any(r => r.Text("format") == name && r.Text("role") == "tier"));
    }

    static AuctionFormat Of(RuleRow row) => new(row.Text("format"), (long)row.Decimal("lot"), row.Flag("wholeLots"), row.Decimal("tick"),
        row.Text("ties") switch { "pro-rata" => TieRule.ProRata, "time" => TieRule.Time, _ => TieRule.DrawnOrder },
        row.Text("tooFewBids") == "partial" ? TooFewBids.Partial : TooFewBids.Cancel, row.DecimalOrNull("bidderShare"))
    {
        Side = row.TextOrNull("side") == "buy" ? AuctionSide.Buy : AuctionSide.Sell,
        PartialAt = row.TextOrNull("partialAt") == "last-bid" ? PartialPrice.LastBid : PartialPrice.Reserve,
        Confidential = row.TextOrNull("confidential") switch { "cancel" => ConfidentialRule.Cancel, "decline" => ConfidentialRule.Decline, _ => ConfidentialRule.None },
        OverLimit = row.TextOrNull("overLimit") == "cut" ? OverLimit.Cut : OverLimit.Refuse,
        Guarantee = row.TextOrNull("guarantee") == "sum" ? GuaranteeRule.Sum : GuaranteeRule.Exposure,
    };
}
