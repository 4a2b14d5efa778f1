using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Trading;
using Verdigris.Primitives;

namespace Verdigris.Market.Modes.Agreed;

/// <summary>What an agreed trade must keep to besides what the floor asks of every trade. Pure.</summary>
static class AgreedRules
{
    /// <summary>
    /// Refuses, in this order: <c>agreed.kind</c> (the contract knows no such agreements), <c>agreed.least</c>, <c>agreed.most</c>, <c>agreed.price-band</c> or <c>agreed.day-limits</c>.
    /// </summary>
    /// <param name="terms">Of the floor; null where it has none.</param>
    public static List<Refusal> Check(AgreedMode? mode, Instrument instrument, AgreedKind kind, long lots, int ticks, InstrumentTerms? terms)
    {
        if (mode is null) return [Refusal.Of("agreed.kind", "kind", ("kind", TradingModes.Word(kind)), ("contract", instrument.Contract))];
        var wrong = new List<Refusal>();
        if (mode.LeastLots is { } least && lots < least) wrong.Add(Refusal.Of("agreed.least", "quantity", ("least", DecimalText.Write(DecimalText.Trim(least * instrument.Lot)))));
        if (mode.MostLots is { } most && lots > most) wrong.Add(Refusal.Of("agreed.most", "quantity", ("most", DecimalText.Write(DecimalText.Trim(most * instrument.Lot)))));
        if (mode.Percent is { } percent && instrument.Reference is { } reference)
        {
            // In whole ticks and inward, as the floor counts it.
            var (middle, band) = ((int)(reference / instrument.Tick), (int)(reference * percent / 100 / instrument.Tick));
            if (Math.Abs((long)ticks - middle) > band || ticks < 1)
                wrong.Add(Refusal.Of("agreed.price-band", "price", ("percent", DecimalText.Write(DecimalText.Trim(percent))), ("low", Text(instrument, Math.Max(1, middle - band))), ("high", Text(instrument, middle + band))));
        }
        else if (terms is not null && (ticks < terms.LowestPrice || ticks > terms.HighestPrice))
            wrong.Add(Refusal.Of("agreed.day-limits", "price", ("low", Text(instrument, terms.LowestPrice)), ("high", Text(instrument, terms.HighestPrice))));
        return wrong;
    }

    /// <summary>Where the file names hours for blocks, a block is made in them: <c>agreed.hours</c>.</summary>
    public static Refusal? Hours(ContractSet contracts, Contract contract, AgreedKind kind, Instant now)
    {
        if (kind != AgreedKind.Block || contract.Rows("sessions", now.InUtc().Date).All(r => r.Text("phase") != "block")) return null;
        return Sessions.At(contracts, contract, now) is { Ok: true, Value.Phases: var phases } && phases.Any(p => p.Phase == "block") ? null : Refusal.Conflict("agreed.hours", "series", ("contract", contract.Code));
    }

    /// <summary>The position a side would have, its live orders of that side counted as traded, against the contract's limit; <c>agreed.position-limit</c>. What makes a position smaller is never refused.</summary>
    public static Refusal? Position(long? most, PositionView position, Side side, long lots, string account)
    {
        if (most is not { } limit) return null;
        var after = side == Side.Buy ? position.Net + position.BuyOpen + lots : position.Net - position.SellOpen - lots;
        return Math.Abs(after) > limit && Math.Abs(position.Net + (side == Side.Buy ? lots : -lots)) > Math.Abs(position.Net) ? Refusal.Conflict("agreed.position-limit", "quantity", ("account", account), ("most", $"{limit}")) : null;
    }

    static string Text(Instrument instrument, long ticks) => DecimalText.Write(DecimalText.Trim(instrument.Price(ticks)));
}
