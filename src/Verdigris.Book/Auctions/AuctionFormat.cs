namespace Verdigris.Book.Auctions;

/// <summary>Who is on the one side alone.</summary>
public enum AuctionSide
{
    /// <summary>One seller, many bids: the highest come first, a reserve price is the least.</summary>
    Sell,
    /// <summary>One buyer, many offers (a one-way auction to buy): the lowest come first, a reserve price is the most.</summary>
    Buy,
}

/// <summary>Who comes first of bids at one price.</summary>
public enum TieRule
{
    /// <summary>An order drawn by lot before the auction: <see cref="TieDraw"/>.</summary>
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
    /// <summary>All bids that count are filled.</summary>
    Partial,
}

/// <summary>What bids pay where they are too few and filled all the same.</summary>
public enum PartialPrice
{
    /// <summary>The reserve price; where there is none, the last bid's.</summary>
    Reserve,
    /// <summary>The price of the last bid that counts.</summary>
    LastBid,
}

/// <summary>What a price becomes that does not reach the confidential reserve price.</summary>
public enum ConfidentialRule
{
    /// <summary>The market knows no such price; to give one is refused.</summary>
    None,
    /// <summary>The auction is cancelled: Regulation (EU) 2023/2830, Article 7.</summary>
    Cancel,
    /// <summary>The auction is declined, as New Zealand calls it.</summary>
    Decline,
}

/// <summary>What becomes of bids beyond a limit of their bidder.</summary>
public enum OverLimit
{
    /// <summary>They are refused.</summary>
    Refuse,
    /// <summary>They are cut in whole lots, the worst first.</summary>
    Cut,
}

/// <summary>What a bid guarantee has to cover.</summary>
public enum GuaranteeRule
{
    /// <summary>The most the bidder may have to pay at one price for all: the greatest of each price times all it bids for at that price or better.</summary>
    Exposure,
    /// <summary>Every bid at its own price, added up.</summary>
    Sum,
}

/// <summary>A sealed auction of one round at one price, as a market runs it. A market is a value of this type, not code.</summary>
/// <param name="Lot">Bids are multiples of it; above 0.</param>
/// <param name="WholeLots">What is offered is in lots too; else the last bid filled may get less than a lot.</param>
/// <param name="Tick">Prices are multiples of it; above 0.</param>
/// <param name="BidderShare">Most one bidder may ask for, of what is offered, above 0 to 1, where <see cref="BidderLimit"/> says nothing else; null where there is no limit.</param>
public sealed record AuctionFormat(string Name, long Lot, bool WholeLots, decimal Tick, TieRule Ties, TooFewBids TooFew, decimal? BidderShare = null)
{
    public AuctionSide Side { get; init; } = AuctionSide.Sell;
    public PartialPrice PartialAt { get; init; } = PartialPrice.Reserve;
    public ConfidentialRule Confidential { get; init; } = ConfidentialRule.None;
    public OverLimit OverLimit { get; init; } = OverLimit.Refuse;
    public GuaranteeRule Guarantee { get; init; } = GuaranteeRule.Exposure;
}

/// <summary>What is offered, and what was fixed about it before the bids were opened.</summary>
/// <param name="Volume">Units, above 0; of a buyer: what is wanted.</param>
/// <param name="Reserve">Published; bids below it (of a buyer: above it) do not count. Null where there is none.</param>
/// <param name="Confidential">Fixed beforehand and not published: a price that does not reach it sells nothing. Null where there is none.</param>
/// <param name="Steps">Units that come or leave by the price the offer alone would have.</param>
public sealed record AuctionOffer(long Volume, decimal? Reserve = null, decimal? Confidential = null, IReadOnlyList<SupplyStep>? Steps = null)
{
    public IReadOnlyList<SupplyStep> Steps { get; init; } = Steps ?? [];
}

/// <param name="Id">Unique in the auction.</param>
/// <param name="Quantity">Units, above 0.</param>
/// <param name="Price">A unit, above 0.</param>
/// <param name="Bidder">Whose bids the limits count together; the bid's own id where null.</param>
public sealed record AuctionBid(string Id, long Quantity, decimal Price, string? Bidder = null);

/// <summary>What one bidder may ask for. What is null does not limit.</summary>
/// <param name="Share">Of what is offered, above 0 to 1: a purchase limit.</param>
/// <param name="HoldingRoom">Units the bidder may still come to hold; 0 or more: a holding limit less what it holds.</param>
/// <param name="Guarantee">Money set aside before the auction, 0 or more, in the currency of the prices.</param>
public sealed record BidderLimit(string Bidder, decimal? Share = null, long? HoldingRoom = null, decimal? Guarantee = null);

/// <summary>Bidders that belong together: what they ask for counts as one, besides the limits each has. What is null does not limit.</summary>
/// <param name="Bidders">At least one; nobody in two groups.</param>
/// <param name="Share">Of what is offered, above 0 to 1.</param>
/// <param name="HoldingRoom">Units they may still come to hold together.</param>
public sealed record BidderGroup(string Name, IReadOnlyList<string> Bidders, decimal? Share = null, long? HoldingRoom = null);

/// <summary>Units that come to the offer when the price would be above theirs, or leave it when it would be below: what containment reserves do.</summary>
/// <param name="Price">Trigger, above 0, in ticks.</param>
/// <param name="Units">At most so many, above 0.</param>
/// <param name="Withholds">They leave the offer; else they come to it.</param>
public sealed record SupplyStep(decimal Price, long Units, bool Withholds);
