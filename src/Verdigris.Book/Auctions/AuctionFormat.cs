namespace Verdigris.Book.Auctions;

/// <summary>Who comes first of bids at one price.</summary>
public enum TieRule
{
    /// <summary>An order drawn by lot before the auction.</summary>
    DrawnOrder,
    /// <summary>Each its share of what is left in whole lots; lots that remain go by the drawn order.</summary>
    ProRata,
    /// <summary>The earlier bid.</summary>
    Time,
}

/// <summary>What happens when the bids that count are fewer than what is offered.</summary>
public enum TooFewBids
{
    /// <summary>Nothing is sold.</summary>
    Cancel,
    /// <summary>All bids that count are filled, at the reserve price; without one, at the lowest of them.</summary>
    Partial,
}

/// <summary>A sealed auction of one round at one price, as a market runs it. A market is a value of this type, not code.</summary>
/// <param name="Lot">Bids are multiples of it; above 0.</param>
/// <param name="WholeLots">What is offered is in lots too; else the last bid filled may get less than a lot.</param>
/// <param name="Tick">Prices are multiples of it; above 0.</param>
/// <param name="BidderShare">Most one bidder may ask for, of what is offered, above 0 to 1; null where there is no limit.</param>
public sealed record AuctionFormat(string Name, long Lot, bool WholeLots, decimal Tick, TieRule Ties, TooFewBids TooFew, decimal? BidderShare = null);

/// <param name="Id">Unique in the auction.</param>
/// <param name="Quantity">Units, above 0.</param>
/// <param name="Price">A unit, above 0.</param>
/// <param name="Bidder">Whose bids the limit counts together; the bid's own id where null.</param>
public sealed record AuctionBid(string Id, long Quantity, decimal Price, string? Bidder = null);

/// <summary>Units that come to the offer when the price would be above theirs, or leave it when it would be below: what containment reserves do.</summary>
/// <param name="Price">Trigger, above 0.</param>
/// <param name="Units">At most so many, above 0.</param>
/// <param name="Withholds">They leave the offer; else they come to it.</param>
public sealed record SupplyStep(decimal Price, long Units, bool Withholds);

public enum AuctionStatus { Cleared, Partial, Cancelled }

/// <param name="Price">What everyone pays a unit; null where the auction is cancelled.</param>
/// <param name="Fills">Of every bid, in the order of the bids; 0 where it got nothing.</param>
/// <param name="Offered">What was offered in the end: the volume with what a step added or took.</param>
/// <param name="Asked">Units of all bids at or above the reserve price.</param>
/// <param name="Cover">Units of all bids over units offered, two decimals.</param>
/// <param name="Proceeds">Price times units sold, exactly; 0 where cancelled.</param>
public sealed record AuctionOutcome(AuctionStatus Status, decimal? Price, IReadOnlyList<(string Id, long Quantity)> Fills, long Sold, long Offered, long Asked, decimal Cover, decimal Proceeds);
