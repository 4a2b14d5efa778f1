using System.Globalization;
using Verdigris.Book;

namespace Verdigris.Market.Fix;

/// <summary>Prices and instruments as messages of FIX 4.4: MarketDataSnapshotFullRefresh, MarketDataIncrementalRefresh, SecurityList, SecurityDefinition, TradingSessionStatus. None is kept to be sent again.</summary>
static class MarketMessages
{
    public const int MostLevels = 50;

    /// <summary>ISO 10383: a trade in what is listed, made off the exchange.</summary>
    const string OffBook = "XOFF";

    const string Bid = "0", Offer = "1", Trade = "2";

    /// <param name="types">MDEntryTypes asked for.</param>
    public static FixOut Snapshot(string request, string symbol, DeskPicture picture, IReadOnlySet<string> types)
    {
        var entries = new FixBody();
        var count = 0;
        if (types.Contains(Bid)) Side(Bid, picture.Bids);
        if (types.Contains(Offer)) Side(Offer, picture.Asks);
        if (types.Contains(Trade)) foreach (var trade in picture.Trades)
        {
            Entry(Trade, trade.Price, trade.Quantity);
            // A snapshot of FIX 4.4 has no MDEntryID.
            When(entries, trade).Add(FixTag.Text, trade.Agreed is { } agreed ? $"Trade {IdOf(trade)}, {agreed}" : $"Trade {IdOf(trade)}");
        }
        return Sent(FixType.MarketDataSnapshot, new FixBody().Add(FixTag.Symbol, symbol).Add(FixTag.MDReqID, request).Add(FixTag.NoMDEntries, (long)count).Raw(entries.Bytes));

        void Side(string type, IReadOnlyList<DeskLevel> levels)
        {
            for (var i = 0; i < levels.Count; i++)
            {
                Entry(type, levels[i].Price, levels[i].Quantity);
                entries.Add(FixTag.NumberOfOrders, (long)levels[i].Orders).Add(FixTag.MDEntryPositionNo, i + 1L);
            }
        }

        void Entry(string type, decimal price, decimal quantity)
        {
            count++;
            entries.Add(FixTag.MDEntryType, type).Add(FixTag.MDEntryPx, price).Add(FixTag.MDEntrySize, quantity);
        }
    }

    /// <summary>What tells of the trades that were taken back, to who else hears snapshots: those have no word for it. Null where there are none, or no trades were asked for.</summary>
    public static FixOut? TakenBack(string request, string symbol, DeskPicture picture, IReadOnlySet<string> types)
    {
        var rest = picture with { Trades = [] };
        return Increment(request, symbol, rest, rest, types);
    }

    /// <summary>What leads from one picture to the next, level by level; null where nothing does that was asked for.</summary>
    public static FixOut? Increment(string request, string symbol, DeskPicture before, DeskPicture now, IReadOnlySet<string> types)
    {
        var entries = new FixBody();
        var count = 0;
        if (types.Contains(Bid)) Side(Bid, before.Bids, now.Bids);
        if (types.Contains(Offer)) Side(Offer, before.Asks, now.Asks);
        if (types.Contains(Trade))
        {
            foreach (var trade in now.TakenBack) Traded('2', trade);
            foreach (var trade in now.Trades) Traded('0', trade);
        }
        return count == 0 ? null : Sent(FixType.MarketDataIncrement, new FixBody().Add(FixTag.MDReqID, request).Add(FixTag.NoMDEntries, (long)count).Raw(entries.Bytes));

        void Side(string type, IReadOnlyList<DeskLevel> old, IReadOnlyList<DeskLevel> levels)
        {
            foreach (var gone in old) if (!levels.Any(l => l.Price == gone.Price)) Entry('2', type, gone.Price, null);
            foreach (var level in levels)
            {
                var known = old.FirstOrDefault(l => l.Price == level.Price);
                if (known == level) continue;
                Entry(known.Quantity == 0 ? '0' : '1', type, level.Price, level.Quantity);
                entries.Add(FixTag.NumberOfOrders, (long)level.Orders);
            }
        }

        void Traded(char action, DeskTrade trade)
        {
            Entry(action, Trade, trade.Price, trade.Quantity, IdOf(trade));
            When(entries, trade).Add(FixTag.Text, trade.Agreed);
        }

        void Entry(char action, string type, decimal price, decimal? quantity, string? entry = null)
        {
            count++;
            entries.Add(FixTag.MDUpdateAction, action).Add(FixTag.MDEntryType, type).Add(FixTag.MDEntryID, entry).Add(FixTag.Symbol, symbol).Add(FixTag.MDEntryPx, price).Add(FixTag.MDEntrySize, quantity);
        }
    }

    /// <param name="part">From 1.</param>
    /// <param name="result">SecurityRequestResult: 0 valid, 1 not supported, 2 nothing found.</param>
    public static FixOut List(string request, int part, IReadOnlyList<DeskInstrument> instruments, int total, bool last, char result)
    {
        var body = new FixBody().Add(FixTag.SecurityReqID, request).Add(FixTag.SecurityResponseID, string.Create(CultureInfo.InvariantCulture, $"{request}.{part}")).Add(FixTag.TotNoRelatedSym, (long)total)
            .Add(FixTag.SecurityRequestResult, result).Add(FixTag.LastFragment, last);
        if (instruments.Count > 0) body.Add(FixTag.NoRelatedSym, (long)instruments.Count);
        foreach (var instrument in instruments)
        {
            body.Add(FixTag.Symbol, instrument.Symbol).Add(FixTag.CFICode, CfiCode(instrument)).Add(FixTag.SecurityType, SecurityType(instrument));
            if (instrument.Expiry is { } expiry) body.Add(FixTag.MaturityDate, expiry);
            body.Add(FixTag.StrikePrice, instrument.Strike);
            body.Add(FixTag.SecurityDesc, instrument.Contract).Add(FixTag.Currency, instrument.Currency).Add(FixTag.RoundLot, instrument.Lot).Add(FixTag.Text, Step(instrument));
        }
        return Sent(FixType.SecurityList, body);
    }

    /// <param name="instrument">Null: there is none of the symbol.</param>
    public static FixOut Definition(string request, string? symbol, DeskInstrument? instrument)
    {
        var body = new FixBody().Add(FixTag.Currency, instrument?.Currency).Add(FixTag.Symbol, symbol).Add(FixTag.Text, instrument is null ? "No such instrument" : Step(instrument)).Add(FixTag.SecurityDesc, instrument?.Contract);
        if (instrument is not null) body.Add(FixTag.SecurityType, SecurityType(instrument)).Add(FixTag.StrikePrice, instrument.Strike);
        body.Add(FixTag.SecurityReqID, request).Add(FixTag.SecurityResponseID, request + ".1").Add(FixTag.SecurityResponseType, instrument is null ? '5' : '1');
        if (instrument is not null) body.Add(FixTag.CFICode, CfiCode(instrument));
        if (instrument?.Expiry is { } expiry) body.Add(FixTag.MaturityDate, expiry);
        return Sent(FixType.SecurityDefinition, body.Add(FixTag.RoundLot, instrument?.Lot));
    }

    /// <param name="status">TradSesStatus: <see cref="StatusOf"/>.</param>
    /// <param name="changed">Whether it is told because it has changed, to who asked to hear of that.</param>
    public static FixOut Session(string request, string symbol, char status, bool changed = false)
    {
        var body = new FixBody();
        if (changed) body.Add(FixTag.UnsolicitedIndicator, true);
        return Sent(FixType.TradingSessionStatus, body.Add(FixTag.TradSesReqID, request).Add(FixTag.TradingSessionID, symbol).Add(FixTag.TradSesStatus, status));
    }

    /// <summary>A phase as TradSesStatus; several are one there.</summary>
    public static char StatusOf(BookPhase phase) => phase switch
    {
        BookPhase.Continuous => '2',
        BookPhase.PreOpen => '4',
        BookPhase.ClosingAuction => '5',
        BookPhase.Halt or BookPhase.Interruption => '1',
        _ => '3',
    };

    /// <param name="reason">TradSesStatusRejReason: 1 unknown session, 99 another.</param>
    public static FixOut NoSession(string request, string session, long reason = 1, string text = "No such trading session") => Sent(FixType.TradingSessionStatus, new FixBody().Add(FixTag.Text, text).Add(FixTag.TradSesReqID, request).Add(FixTag.TradingSessionID, session.Length == 0 ? "NONE" : session).Add(FixTag.TradSesStatus, '6').Add(FixTag.TradSesStatusRejReason, reason));

    /// <summary>FUT, OPT, or null of what is delivered at once: FIX 4.4 has no word for it.</summary>
    public static string? SecurityType(DeskInstrument instrument) => instrument.Shape switch { SettlementShape.Future => "FUT", SettlementShape.Option => "OPT", _ => null };

    /// <summary>Call or put (ISO 10962), of options alone: FIX 4.4 says it so.</summary>
    static string? CfiCode(DeskInstrument instrument) => instrument.Shape == SettlementShape.Option ? instrument.Call ? "OCXXXX" : "OPXXXX" : null;

    static string Step(DeskInstrument instrument) => string.Create(CultureInfo.InvariantCulture, $"Tick {instrument.Tick}");

    static string IdOf(DeskTrade trade) => trade.Trade.ToString(CultureInfo.InvariantCulture);

    // TradeCondition (277) of FIX 4.4 has no word for what was agreed outside the book; the market it was made at says it.
    static FixBody When(FixBody entries, DeskTrade trade)
    {
        var at = trade.At.InUtc();
        return entries.Add(FixTag.MDEntryDate, at.Date).Add(FixTag.MDEntryTime, string.Create(CultureInfo.InvariantCulture, $"{at.Hour:00}:{at.Minute:00}:{at.Second:00}.{at.Millisecond:000}")).Add(FixTag.MDMkt, trade.Agreed is null ? null : OffBook);
    }

    static FixOut Sent(string type, FixBody body) => body.As(type) with { Keep = false };
}
