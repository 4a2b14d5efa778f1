namespace Verdigris.Book;

/// <summary>What the floor answers to a line, in the order the checks are made, and why an order ended. Numbers are kept by others and never change.</summary>
public enum FloorCode : ushort
{
    Accepted = 0,
    KindUnknown = 1, FieldInvalid = 2,
    InstrumentUnknown = 10, InstrumentExists = 11, InstrumentInvalid = 12, PhaseRefuses = 13,
    TraderUnknown = 20, TraderExists = 21, TraderInvalid = 22, TraderInactive = 23, TraderKilled = 24, TraderAccountMissing = 25,
    OrderUnknown = 30, OrderOfOther = 31, TradeUnknown = 32, TradeBusted = 33, TradeTooOld = 34, SameTrader = 35,
    QuantityOverLimit = 40, QuantityInvalid = 41, QuantityDone = 42, DisplayInvalid = 43, MinimumInvalid = 44, PriceOutsideLimits = 45, StopPriceOutsideLimits = 46, TimePast = 47, WouldTrade = 48, NotFillable = 49,
    BlockTooSmall = 50, BlockPriceOutsideBand = 51, ValueOverLimit = 52, ValueOverflow = 53,
    PositionOverLimit = 60, OpenOrdersOverLimit = 61, OrderRateOverLimit = 62, CreditOverLimit = 63,
    FloorFull = 69,

    // Why an order that was accepted ended.
    CancelledByTrader = 70, NotFilledAtOnce = 71, SelfTradePrevented = 72, MassCancelled = 73, KillSwitch = 74, Expired = 75, DayOver = 76, OutsideBand = 77, AuctionOver = 78, OutsideLimits = 79,
    /// <summary>The Book refused the posting of its trade, for a reason on this order's side: a freeze, a closed account, a rule taken away.</summary>
    SettlementRefused = 80,
    /// <summary>The Book refused collateral of what remained after self-trade prevention had taken a part.</summary>
    CollateralRefused = 81,

    /// <summary>The line was sent before and has had its effect, or its refusal; which, is no longer kept: the state says what there is.</summary>
    Forgotten = 99,

    /// <summary>The Book refused the hold or the posting: 1000 + its <see cref="Code"/>.</summary>
    Book = 1000,
}

public static class FloorCodes
{
    /// <summary>The Book's refusal as the floor's.</summary>
    public static FloorCode Of(Code code) => code == Code.Accepted ? FloorCode.Accepted : FloorCode.Book + (ushort)code;

    /// <summary>The Book's own code, where that is what refused.</summary>
    public static Code? BookCode(this FloorCode code) => code > FloorCode.Book ? (Code)(code - FloorCode.Book) : null;

    internal static FloorCode Of(MatchCode code) => code switch
    {
        MatchCode.Accepted => FloorCode.Accepted,
        MatchCode.FieldInvalid or MatchCode.OperationUnknown => FloorCode.FieldInvalid,
        MatchCode.BookUnknown => FloorCode.InstrumentUnknown,
        MatchCode.OrderUnknown => FloorCode.OrderUnknown,
        MatchCode.NotOwner => FloorCode.OrderOfOther,
        MatchCode.OwnerKilled => FloorCode.TraderKilled,
        MatchCode.PhaseForbids => FloorCode.PhaseRefuses,
        MatchCode.QuantityInvalid => FloorCode.QuantityInvalid,
        MatchCode.QuantityDone => FloorCode.QuantityDone,
        MatchCode.DisplayInvalid => FloorCode.DisplayInvalid,
        MatchCode.MinimumInvalid => FloorCode.MinimumInvalid,
        MatchCode.PriceOutsideLimits => FloorCode.PriceOutsideLimits,
        MatchCode.StopOutsideLimits => FloorCode.StopPriceOutsideLimits,
        MatchCode.ExpiryPast => FloorCode.TimePast,
        MatchCode.PostOnlyWouldTrade => FloorCode.WouldTrade,
        MatchCode.NotFillable => FloorCode.NotFillable,
        MatchCode.TermsInvalid => FloorCode.InstrumentInvalid,
        _ => FloorCode.FloorFull,
    };

    internal static FloorCode Of(EndReason reason) => reason switch
    {
        EndReason.Immediate => FloorCode.NotFilledAtOnce,
        EndReason.SelfTrade => FloorCode.SelfTradePrevented,
        EndReason.MassCancelled => FloorCode.MassCancelled,
        EndReason.OwnerKilled => FloorCode.KillSwitch,
        EndReason.Expired => FloorCode.Expired,
        EndReason.DayOver => FloorCode.DayOver,
        EndReason.OutsideBand => FloorCode.OutsideBand,
        EndReason.AuctionOver => FloorCode.AuctionOver,
        EndReason.OutsideLimits => FloorCode.OutsideLimits,
        _ => FloorCode.CancelledByTrader,
    };
}
