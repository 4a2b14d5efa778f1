using NodaTime;
using Verdigris.Book.Auctions;
using Verdigris.Book.Auctions.Sealed;
using Verdigris.Market.Members;

namespace Verdigris.Market.Auctions;

public enum AuctionState
{
    /// <summary>One person of the exchange has planned it and holds the first key; another has still to announce it.</summary>
    Planned,
    /// <summary>Published; bids are taken between its two times.</summary>
    Announced,
    /// <summary>Its chain has ended; both keys are needed to open the envelopes.</summary>
    Closed,
    /// <summary>Cleared and sent to the Book.</summary>
    Pending,
    Settled,
    NothingSold,
    Cancelled,
}

/// <summary>A sealed auction of units of a scheme.</summary>
/// <param name="Number">As people call it.</param>
/// <param name="Format">Name of a format of the scheme's file: eu-uniform.</param>
/// <param name="Side">Sell: one seller, many who bid. Buy: one buyer, many who offer; then <paramref name="Seller"/> is who buys, his money is held, and <paramref name="Reserve"/> is the most he pays.</param>
/// <param name="Seller">Trading account the money reaches.</param>
/// <param name="Least">Fewest units one bid may be for in all, and <paramref name="Most"/> the most a bidder may bid for in all its bids; null where the notice says nothing.</param>
/// <param name="QualifiedOnly">Only accounts the operators have qualified take part.</param>
/// <param name="Volume">Units, those of <paramref name="Added"/> included.</param>
/// <param name="Added">Units earlier auctions did not sell.</param>
/// <param name="Reserve">Published; bids below it do not count. Null without one.</param>
/// <param name="Head">Hash of the last link, once the chain has ended: published before anybody brings a key.</param>
/// <param name="HasConfidential">Whether a confidential reserve price was sealed; nobody can read it before the opening.</param>
/// <param name="UnsoldSpread">Whether all of what it did not sell has gone to later auctions.</param>
/// <param name="Returned">Units of what it did not sell that later auctions have taken so far.</param>
public sealed record Auction(Guid Id, long Number, string Scheme, string Format, string Unit, string Vintage, int Asset, long Seller, long SellerUnits, Guid OrganisationId, long Volume, long Added, decimal? Reserve, string Currency,
    IReadOnlyList<SupplyStep> Steps, Instant OpensAt, Instant ClosesAt, AuctionState State, byte[] FirstKey, byte[] FirstLot, byte[]? SecondKey, byte[]? SecondLot, bool HasConfidential, byte[]? Head, AuctionResult? Result, bool UnsoldSpread, string? Reason, AuctionSide Side, long? Least, long? Most, bool QualifiedOnly, long Returned = 0)
{
    public string SellerCode => TradingAccount.CodeOf(Seller);

    /// <summary>Of the scheme's file: the rules of the year it closes in are those of the auction.</summary>
    internal int Year => ClosesAt.InUtc().Year;

    /// <summary>Units no later auction has taken yet: what was offered and did not reach anybody, and of a cancelled auction all it was to offer; 0 while nobody knows.</summary>
    public long Unsold => Math.Max(0, State switch
    {
        AuctionState.Settled or AuctionState.NothingSold when Result is { } r => r.Offered - r.Sold + r.Undelivered,
        AuctionState.Cancelled when Side == AuctionSide.Sell => Volume,
        _ => 0,
    } - Returned);

    /// <summary>The fixed part of the auction, into which the first link of its chain is bound.</summary>
    internal SealedAuction ToSealed() => new(Id.ToString("N"), AuctionTimes.Micros(OpensAt), AuctionTimes.Micros(ClosesAt), [FirstKey, SecondKey!], [.. FirstLot, .. SecondLot!]);
}

/// <summary>What an auction came to, as it is published.</summary>
/// <param name="Why">Why nothing was sold.</param>
/// <param name="Price">What everyone pays a unit; null where nothing was sold.</param>
/// <param name="Cover">Units bid for over units offered, two decimals.</param>
/// <param name="Bidders">Who bid, and <paramref name="Winners"/> who got something.</param>
/// <param name="Lowest">Of the prices bid, and <paramref name="Highest"/>; null without bids.</param>
/// <param name="Median">Price at which half of the units bid for are reached, from the best on; null without bids.</param>
/// <param name="BidUnits">Units of all bids opened, whatever their price; null where it was not kept yet.</param>
/// <param name="Undelivered">Of what was sold: units the Book would not deliver to who had won them. Nobody paid for them.</param>
/// <param name="FirstSeed">What the two officers had committed to for the lot among equal prices: whoever has them works out the order again.</param>
public sealed record AuctionResult(AuctionStatus Status, NothingSold Why, decimal? Price, long Offered, long Sold, long Asked, decimal Cover, decimal Proceeds, int Bidders, int Winners, int Bids, decimal? Lowest, decimal? Highest, decimal? Mean,
    int Unreadable, int Withdrawn, IReadOnlyList<SupplyStep> Steps, byte[] FirstSeed, byte[] SecondSeed, IReadOnlyList<string> TieOrder, decimal? Median = null, long? BidUnits = null, long Undelivered = 0)
{
    public IReadOnlyList<SupplyStep> Steps { get; init; } = Steps ?? [];

    public IReadOnlyList<string> TieOrder { get; init; } = TieOrder ?? [];
}

/// <param name="Seller">Code of the seller's trading account, with units of the scheme linked.</param>
/// <param name="Steps">Units that come to the offer above a price, or leave it below one.</param>
/// <param name="Least">Fewest units one bid may be for in all; <paramref name="Most"/> the most of all bids of a bidder.</param>
/// <param name="QualifiedOnly">Only accounts that are qualified after planning take part.</param>
/// <param name="ExchangeRate">Units of the other scheme's currency for one of this, where schemes sell together; the reserve price follows from it.</param>
/// <param name="Controls">Containment reserves of the scheme's file that take part, at their triggers of the year.</param>
public sealed record NewAuction(string Format, string Unit, string? Vintage, string Seller, long Volume, decimal? Reserve, Instant OpensAt, Instant ClosesAt, IReadOnlyList<SupplyStep>? Steps = null, long? Least = null, long? Most = null, bool QualifiedOnly = false,
    decimal? ExchangeRate = null, IReadOnlyList<AuctionControl>? Controls = null)
{
    public IReadOnlyList<SupplyStep> Steps { get; init; } = Steps ?? [];

    public IReadOnlyList<AuctionControl> Controls { get; init; } = Controls ?? [];

    /// <inheritdoc cref="Auction.Year"/>
    internal int Year => ClosesAt.InUtc().Year;
}

/// <param name="Control">Word of the scheme's file: ccr-1.</param>
/// <param name="Units">At most so many; left out: what the file prints for the year, less what its earlier auctions took.</param>
public sealed record AuctionControl(string Control, long? Units = null);

/// <summary>An auction with the key its maker is given once, in words of 64 bytes: private key and seed of the lot. It is kept nowhere.</summary>
public sealed record KeyedAuction(Auction Auction, string Key);

/// <param name="Account">Code of the trading account that bids.</param>
/// <param name="Amount">In the auction's currency; bids count as far as it covers the most they may cost at one price. In a buyer's auction: units, and offers count as far as they go.</param>
public sealed record NewGuarantee(string Account, decimal Amount);

public enum GuaranteeState { Pending, Held, RefusedByBook, Used, GivenBack }

public sealed record Guarantee(Guid Id, Guid AuctionId, long Account, decimal Amount, GuaranteeState State, string? BookCode, Instant GivenAt)
{
    public string AccountCode => TradingAccount.CodeOf(Account);
}

/// <param name="Account">Code of the trading account that bids.</param>
/// <param name="Lines">Prices with quantities, 1 to 100.</param>
public sealed record NewBid(string Account, IReadOnlyList<BidLine> Lines)
{
    public IReadOnlyList<BidLine> Lines { get; init; } = Lines ?? [];
}

/// <summary>Proof that a bid was taken and when: the hash covers everything before it.</summary>
/// <param name="Hash">Hexadecimal.</param>
public sealed record BidReceipt(Guid Submission, long Number, string Account, Instant At, bool Withdrawn, string Hash);

/// <summary>What an account got.</summary>
/// <param name="Asked">Units it had bid for; in a buyer's auction, offered.</param>
/// <param name="Paid">In whole units of the currency; in a buyer's auction, received.</param>
/// <param name="CutUnits">Of what was asked, taken off before the clearing.</param>
/// <param name="CutBy">The limit that took most of it off; null where none did.</param>
/// <param name="BookCode">Why the Book would not deliver what was won; null where it did.</param>
public sealed record AuctionFill(long Account, long Asked, long Units, decimal? Price, decimal Paid, long CutUnits = 0, LimitKind? CutBy = null, string? BookCode = null)
{
    public string AccountCode => TradingAccount.CodeOf(Account);
}

/// <summary>Share of unsold units a later auction takes.</summary>
public sealed record UnsoldShare(Guid Auction, long Number, long Units);

static class AuctionTimes
{
    public static long Micros(Instant at) => at.ToUnixTimeTicks() / 10;
}

/// <summary>The key of an officer as text: base64url of private key and seed.</summary>
static class OfficerKey
{
    const int Bytes = SealingKey.PrivateBytes + TieDraw.SeedBytes;

    public static string Write(byte[] privateKey, byte[] seed) => Convert.ToBase64String([.. privateKey, .. seed]).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>Null where it is no such text.</summary>
    public static (byte[] Private, byte[] Seed)? Read(string? text)
    {
        var plain = (text?.Trim() ?? "").Replace('-', '+').Replace('_', '/');
        var bytes = new byte[Bytes + 2];
        if (!Convert.TryFromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='), bytes, out var written) || written != Bytes) return null;
        return (bytes[..SealingKey.PrivateBytes], bytes[SealingKey.PrivateBytes..Bytes]);
    }
}
