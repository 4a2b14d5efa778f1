using NodaTime;
using Verdigris.Book;

namespace Verdigris.Market.Fix;

/// <summary>Why an order was not passed to the desk, as ExecutionReport says it.</summary>
/// <param name="Reason">OrdRejReason (103).</param>
readonly record struct OrderFault(int Reason, string Text)
{
    public const int UnknownSymbol = 1, ExchangeClosed = 2, OverLimit = 3, TooLate = 4, UnknownOrder = 5, Duplicate = 6, Unsupported = 11, IncorrectQuantity = 13, UnknownAccount = 15, Other = 99;

    public static OrderFault Of(DeskAnswer answer) => new(ReasonOf(answer.Code), Words(answer));

    /// <summary>What the desk says of it, or its code as words.</summary>
    public static string Words(DeskAnswer answer) => answer.Why ?? Words(answer.Code);

    /// <summary>A code as words: "Price outside limits".</summary>
    public static string Words(FloorCode code) => code.BookCode() is { } book ? "Refused by the ledger: " + Split(book.ToString()) : Split(code.ToString());

    static int ReasonOf(FloorCode code) => code switch
    {
        FloorCode.InstrumentUnknown => UnknownSymbol,
        FloorCode.PhaseRefuses => ExchangeClosed,
        FloorCode.QuantityOverLimit or FloorCode.ValueOverLimit or FloorCode.PositionOverLimit or FloorCode.OpenOrdersOverLimit or FloorCode.OrderRateOverLimit or FloorCode.CreditOverLimit => OverLimit,
        FloorCode.TimePast => TooLate,
        FloorCode.QuantityInvalid or FloorCode.DisplayInvalid or FloorCode.MinimumInvalid => IncorrectQuantity,
        FloorCode.TraderUnknown or FloorCode.TraderInactive or FloorCode.TraderKilled or FloorCode.TraderAccountMissing => UnknownAccount,
        _ => Other,
    };

    static string Split(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? " " + char.ToLowerInvariant(c) : c.ToString()));
}

/// <summary>NewOrderSingle as the desk's order. What the market does not offer is refused by name; nothing that was asked for is left out silently.</summary>
static class OrderMessages
{
    /// <summary>The field that is missing although the message needs it here, or 0.</summary>
    public static int Missing(FixMessage message) => message switch
    {
        _ when !message.Has(FixTag.Symbol) => FixTag.Symbol,
        _ when !message.Has(FixTag.OrderQty) => FixTag.OrderQty,
        _ when message.Char(FixTag.OrdType) is '2' or '4' && !message.Has(FixTag.Price) => FixTag.Price,
        _ when message.Char(FixTag.OrdType) is '3' or '4' && !message.Has(FixTag.StopPx) => FixTag.StopPx,
        _ when message.Is(FixTag.TimeInForce, '6') && !message.Has(FixTag.ExpireTime) && !message.Has(FixTag.ExpireDate) => FixTag.ExpireTime,
        _ => 0,
    };

    /// <param name="request">Names of the order.</param>
    /// <param name="account">Of the session, where the message names none.</param>
    public static (DeskOrder? Order, OrderFault Fault) Read(FixMessage message, FixRequest request, string? account)
    {
        if (SideOf(message.Char(FixTag.Side)) is not { } side) return Refused("Side is buy or sell");
        if (TypeOf(message.Char(FixTag.OrdType)) is not { } type) return Refused("OrdType is 1, 2, 3, 4 or K");
        if (TimeOf(message.Has(FixTag.TimeInForce) ? message.Char(FixTag.TimeInForce) : '0') is not { } time) return Refused("TimeInForce is 0, 1, 3, 4 or 6");
        var flags = OrderFlags.None;
        foreach (var word in (message.Text(FixTag.ExecInst) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word != "6") return Refused("ExecInst is 6 (do not initiate) or none");
            flags |= OrderFlags.PostOnly;
        }
        if ((message.Has(FixTag.PositionEffect) ? message.Char(FixTag.PositionEffect) : 'O') is var effect && effect is not ('O' or 'C')) return Refused("PositionEffect is O or C");
        return (new DeskOrder
        {
            Id = request.Id,
            ClientId = request.ClientId,
            Session = request.Session,
            Account = message.Text(FixTag.Account) ?? account,
            Symbol = message.Text(FixTag.Symbol)!,
            Side = side,
            Type = type,
            TimeInForce = time,
            Effect = effect == 'C' ? PositionEffect.Close : PositionEffect.Open,
            Flags = flags,
            Quantity = message.Number(FixTag.OrderQty) ?? 0,
            Price = message.Number(FixTag.Price),
            StopPrice = message.Number(FixTag.StopPx),
            Display = message.Number(FixTag.MaxFloor),
            Minimum = message.Number(FixTag.MinQty),
            ExpiresAt = time != TimeInForce.GoodTillDate ? null : Ends(message),
        }, default);
    }

    /// <summary>What a request to change an order says of it and cannot change, or why it cannot be read.</summary>
    public static (DeskStated? Stated, string? Fault) Stated(FixMessage message)
    {
        if (SideOf(message.Char(FixTag.Side)) is not { } side) return (null, "Side is buy or sell");
        if (TypeOf(message.Char(FixTag.OrdType)) is not { } type) return (null, "OrdType is 1, 2, 3, 4 or K");
        TimeInForce? time = message.Has(FixTag.TimeInForce) ? TimeOf(message.Char(FixTag.TimeInForce)) : null;
        if (message.Has(FixTag.TimeInForce) && time is null) return (null, "TimeInForce is 0, 1, 3, 4 or 6");
        return (new(message.Text(FixTag.Account), message.Text(FixTag.Symbol), side, type, time, message.Has(FixTag.PositionEffect) ? message.Is(FixTag.PositionEffect, 'C') ? PositionEffect.Close : PositionEffect.Open : null, message.Number(FixTag.MaxFloor), Ends(message)), null);
    }

    static Instant? Ends(FixMessage message) => message.Time(FixTag.ExpireTime) ?? message.Date(FixTag.ExpireDate)?.PlusDays(1).AtMidnight().InUtc().ToInstant();

    public static Side? SideOf(char side) => side switch { '1' => Side.Buy, '2' => Side.Sell, _ => null };

    public static char Of(Side side) => side switch { Side.Buy => '1', Side.Sell => '2', _ => '7' };

    public static char Of(OrderType type) => type switch { OrderType.Market => '1', OrderType.Stop => '3', OrderType.StopLimit => '4', OrderType.MarketToLimit => 'K', _ => '2' };

    public static char Of(TimeInForce time) => time switch { TimeInForce.GoodTillCancel => '1', TimeInForce.ImmediateOrCancel => '3', TimeInForce.FillOrKill => '4', TimeInForce.GoodTillDate => '6', _ => '0' };

    static OrderType? TypeOf(char type) => type switch { '1' => OrderType.Market, '2' => OrderType.Limit, '3' => OrderType.Stop, '4' => OrderType.StopLimit, 'K' => OrderType.MarketToLimit, _ => null };

    static TimeInForce? TimeOf(char time) => time switch
    {
        '0' => TimeInForce.Day,
        '1' => TimeInForce.GoodTillCancel,
        '3' => TimeInForce.ImmediateOrCancel,
        '4' => TimeInForce.FillOrKill,
        '6' => TimeInForce.GoodTillDate,
        _ => null,
    };

    static (DeskOrder?, OrderFault) Refused(string text) => (null, new(OrderFault.Unsupported, text));
}
