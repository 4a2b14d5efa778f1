using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Market;

/// <summary>
/// How this room uses the Book. A trading account is four accounts of the Book: cash, units, positions and margin. The clearing house stands between the sides of every trade: money and units pass its own accounts inside one chain, so after
/// any chain these hold nothing. A series of futures or options has two fungible assets, long and short, issued in pairs: what is open on the one side is open on the other.
/// </summary>
public static class MarketBook
{
    /// <summary>Asset class of money, in the smallest unit of its currency.</summary>
    public const ushort CashClass = 400;
    /// <summary>Asset class of open positions, long and short, one unit a lot.</summary>
    public const ushort PositionClass = 401;

    /// <summary>Stands for the settlement bank: money that is paid in is issued here, money that is paid out comes back.</summary>
    public const ushort BankType = 400;
    public const ushort MemberCashType = 401, MemberUnitsType = 402, MemberPositionsType = 403, MemberMarginType = 404;
    public const ushort ClearingCashType = 405, ClearingUnitsType = 406;
    /// <summary>Issues positions and takes them back.</summary>
    public const ushort PositionIssuerType = 407;
    public const ushort FeesType = 408, DefaultFundType = 409;
    /// <summary>Units that were bought today and may not be sold today.</summary>
    public const ushort MemberLockedType = 410;

    public const long Bank = 40_000, ClearingCash = 40_001, ClearingUnits = 40_002, PositionIssuer = 40_003, Fees = 40_004, DefaultFund = 40_005;

    /// <summary>Accounts of members are numbered from here; a trading account takes four numbers in a row: cash, units, positions, margin.</summary>
    public const long FirstMemberAccount = 20_000_000_000;

    /// <summary>The account in which units wait for the next day that reach this account of a registry: its number is more by this.</summary>
    public const long LockedOffset = 1_000_000_000_000;

    public static long LockedOf(long unitsAccount) => unitsAccount + LockedOffset;

    public const ushort CashIn = 400, CashOut = 401;
    /// <summary>Money of a buyer to the clearing house, and from it to the seller; also premiums and variation.</summary>
    public const ushort PayIn = 402, PayOut = 403;
    /// <summary>Units of a seller to the clearing house, and from it to the buyer.</summary>
    public const ushort DeliverIn = 404, DeliverOut = 405;
    public const ushort MarginIn = 406, MarginOut = 407;
    public const ushort PositionOpen = 408, PositionClose = 409;
    public const ushort Fee = 410;
    /// <summary>Margin of a defaulter to the clearing house; contributions to the default fund and what it pays.</summary>
    public const ushort MarginUsed = 413, FundIn = 414, FundOut = 415;
    /// <summary>A fee of clearing given back, of a trade that was taken back after its day.</summary>
    public const ushort FeeBack = 416;

    /// <summary>Money by ISO 4217: asset of the Book and decimal places. Numbers never change.</summary>
    public static IReadOnlyDictionary<string, (int Asset, int Scale)> Currencies { get; } = new Dictionary<string, (int, int)>
    {
        ["EUR"] = (4001, 2),
        ["USD"] = (4002, 2),
        ["CNY"] = (4003, 2),
        ["HKD"] = (4004, 2),
        ["GBP"] = (4005, 2),
        ["INR"] = (4006, 2),
        ["KRW"] = (4007, 0),
        ["NZD"] = (4008, 2),
        ["JPY"] = (4009, 0),
        ["CHF"] = (4010, 2),
    };

    internal static BookDefinitions Definer { get; } = new(MarketRoom.Name);

    /// <summary>The definitions this room needs in the Book whatever is traded. Sent at every start; each is a repeat after the first.</summary>
    internal static IReadOnlyList<Command> Definitions() =>
    [
        .. Currencies.OrderBy(c => c.Value.Asset).Select(c => Commands.DefineAsset(BookDefinitions.IdOf($"market/asset/{c.Value.Asset}/{c.Key}"), c.Value.Asset, c.Key, AssetKind.Fungible, c.Value.Scale, CashClass)),
        Definer.Account(Bank, BankType, 0), Definer.Account(ClearingCash, ClearingCashType, 0), Definer.Account(ClearingUnits, ClearingUnitsType, 0), Definer.Account(PositionIssuer, PositionIssuerType, 0),
        Definer.Account(Fees, FeesType, 0), Definer.Account(DefaultFund, DefaultFundType, 0),
        Cash(CashIn, BankType, MemberCashType, RuleFlags.Issues | RuleFlags.MustHold | RuleFlags.OtherActor), Cash(CashOut, MemberCashType, BankType, RuleFlags.MustHold | RuleFlags.OtherActor | RuleFlags.ProposeByDebit),
        Cash(PayIn, MemberCashType, ClearingCashType), Cash(PayOut, ClearingCashType, MemberCashType), Cash(MarginIn, MemberCashType, MemberMarginType), Cash(MarginOut, MemberMarginType, MemberCashType),
        Cash(Fee, MemberCashType, FeesType), Cash(Fee, ClearingCashType, FeesType), Cash(FeeBack, FeesType, MemberCashType), Cash(MarginUsed, MemberMarginType, ClearingCashType), Cash(FundIn, MemberCashType, DefaultFundType), Cash(FundIn, FeesType, DefaultFundType), Cash(FundOut, DefaultFundType, ClearingCashType), Cash(FundOut, DefaultFundType, MemberCashType),
        Position(PositionOpen, PositionIssuerType, MemberPositionsType, RuleFlags.Issues), Position(PositionClose, MemberPositionsType, PositionIssuerType, RuleFlags.None),
    ];

    /// <summary>Lets units of a class pass the clearing house, from and to accounts of a type. Sent for every class of which a contract is traded.</summary>
    internal static IEnumerable<Command> UnitRules(ushort assetClass, ushort holderType = MemberUnitsType) =>
    [
        Definer.Rule("1", DeliverIn, assetClass, holderType, ClearingUnitsType, RuleFlags.Allowed | RuleFlags.ProposeByAuthority, 0), Definer.Rule("1", DeliverOut, assetClass, ClearingUnitsType, holderType, RuleFlags.Allowed | RuleFlags.ProposeByAuthority, 0),
    ];

    // What the clearing house does by itself no request may propose: only the system passes these.
    static Command Cash(ushort type, ushort source, ushort destination, RuleFlags flags = RuleFlags.None) => Definer.Rule("1", type, CashClass, source, destination, RuleFlags.Allowed | flags | (flags.HasFlag(RuleFlags.ProposeByDebit) ? RuleFlags.None : RuleFlags.ProposeByAuthority), 0);

    static Command Position(ushort type, ushort source, ushort destination, RuleFlags flags) => Definer.Rule("1", type, PositionClass, source, destination, RuleFlags.Allowed | RuleFlags.ProposeByAuthority | flags, 0);
}
