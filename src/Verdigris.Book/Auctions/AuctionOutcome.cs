namespace Verdigris.Book.Auctions;

public enum AuctionStatus
{
    Cleared,
    /// <summary>Bids were fewer than the offer and were all filled.</summary>
    Partial,
    /// <summary>Nothing is sold; the volume goes where the market's rule says.</summary>
    Cancelled,
    /// <summary>Nothing is sold for the confidential reserve price, where the market calls it so.</summary>
    Declined,
}

/// <summary>Why nothing was sold.</summary>
public enum NothingSold
{
    /// <summary>Something was.</summary>
    No,
    NoBids,
    TooFewBids,
    BelowConfidential,
    /// <summary>Every unit left the offer by a step.</summary>
    AllWithheld,
}

/// <summary>Which limit cut a bid.</summary>
public enum LimitKind { PurchaseShare, HoldingRoom, Guarantee }

/// <summary>A bid that lost units to a limit of its bidder before the clearing.</summary>
/// <param name="Units">Cut off, above 0.</param>
/// <param name="Left">What of it takes part; 0 where nothing does.</param>
public sealed record BidCut(string Id, string Bidder, long Units, long Left, LimitKind Limit);

/// <summary>The outcome of an auction with what led to it, in the order it was found.</summary>
/// <param name="Price">What everyone pays a unit; null where nothing is sold.</param>
/// <param name="Fills">Of every bid, in the order of the bids; 0 where it got nothing.</param>
/// <param name="Offered">What was offered in the end: the volume with what a step added or took.</param>
/// <param name="Asked">Units of all bids that count: at or above the reserve price, and within their limits.</param>
/// <param name="Cover">Units of all bids within their limits over units of the volume, two decimals.</param>
/// <param name="Proceeds">Price times units sold, exactly; 0 where nothing is.</param>
/// <param name="InterimPrice">What the price would be without steps; null where the bids do not reach the volume.</param>
/// <param name="Steps">Steps that took place, with the units each moved.</param>
/// <param name="AtPrice">Units of bids just at the price of a cleared auction; else 0.</param>
/// <param name="LeftAtPrice">What those bids got together.</param>
/// <param name="Cuts">What limits cut before.</param>
public sealed record AuctionOutcome(AuctionStatus Status, NothingSold Why, decimal? Price, IReadOnlyList<(string Id, long Quantity)> Fills, long Sold, long Offered, long Asked, decimal Cover, decimal Proceeds,
    decimal? InterimPrice, IReadOnlyList<SupplyStep> Steps, long AtPrice, long LeftAtPrice, IReadOnlyList<BidCut> Cuts)
{
    /// <summary>Units offered in the end that nobody got.</summary>
    public long Unsold => Offered - Sold;
}
