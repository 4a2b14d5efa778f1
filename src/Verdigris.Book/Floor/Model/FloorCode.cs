namespace Verdigris.Book;

/// <summary>What the floor answers, in the order the checks are made. Numbers are part of answers kept by others and never change.</summary>
public enum FloorCode : ushort
{
    Accepted = 0,
    KindUnknown = 1, FieldInvalid = 2,
    InstrumentUnknown = 10, InstrumentExists = 11, InstrumentInvalid = 12, PhaseRefuses = 13, PhaseInvalid = 14,
    TraderUnknown = 20, TraderExists = 21, TraderInvalid = 22, TraderInactive = 23, TraderKilled = 24, TraderAccountMissing = 25,
    OrderUnknown = 30, OrderOfOther = 31, NothingToChange = 32, TradeUnknown = 33, TradeBusted = 34, TradeTooOld = 35, SameOwner = 36, StillCollecting = 37,
    OrderTypeInvalid = 40, QuantityInvalid = 41, QuantityOverLimit = 42, PriceInvalid = 43, PriceOutsideLimits = 44, StopPriceInvalid = 45, DisplayQuantityInvalid = 46, TimeInvalid = 47, ValueOverLimit = 48, ValueOverflow = 49,
    PositionOverLimit = 50, OpenOrdersOverLimit = 51, OrderRateOverLimit = 52, CreditOverLimit = 53,
    BlockTooSmall = 54, BlockPriceOutsideBand = 55,
    WouldTrade = 60, NotFillable = 61, NoLiquidity = 62,
    /// <summary>Why an order ended that was accepted.</summary>
    CancelledByTrader = 70, CancelledByMarket = 71, CancelledBySelfTrade = 72, Expired = 73, EndOfDay = 74, KillSwitch = 75, NotFilledAtOnce = 76, SettlementRefused = 77, PriceProtection = 78, SessionLost = 79,
    FloorFull = 90,
    /// <summary>The Book refused the hold or the posting: 1000 + its <see cref="Code"/>.</summary>
    Book = 1000,
}

public static class FloorCodes
{
    /// <summary>The Book's refusal as the floor's.</summary>
    public static FloorCode Of(Code code) => code == Code.Accepted ? FloorCode.Accepted : FloorCode.Book + (ushort)code;

    /// <summary>The Book's own code, where that is what refused.</summary>
    public static Code? BookCode(this FloorCode code) => code > FloorCode.Book ? (Code)(code - FloorCode.Book) : null;
}
