namespace Verdigris.Book;

/// <summary>Lines to the floor by name. Nothing is checked here; the floor answers with a <see cref="FloorCode"/>.</summary>
public static class FloorCommands
{
    public static FloorCommand DefineInstrument(UInt128 id, InstrumentDefinition definition, UInt128 actor = default) =>
        DefinitionLines.Write(id, definition, actor);

    public static FloorCommand UpdateInstrument(UInt128 id, int instrument, InstrumentTerms terms) =>
        DefinitionLines.Write(id, instrument, terms);

    public static FloorCommand DefineTrader(UInt128 id, TraderDefinition definition, UInt128 actor = default) =>
        DefinitionLines.Write(id, definition, actor);

    public static FloorCommand UpdateTrader(UInt128 id, long trader, TraderLimits limits) =>
        DefinitionLines.Write(id, trader, limits);

    /// <param name="price">Ticks; null: market, market-to-limit and stop orders that are protected by the instrument's own limit.</param>
    /// <param name="expiresAt">Good-till-date only.</param>
    /// <param name="display">Lots an iceberg shows; 0: all.</param>
    /// <param name="levels">The Chinese markets' best five: 5.</param>
    public static FloorCommand NewOrder(UInt128 id, int instrument, long trader, Side side, long quantity, int? price, OrderType type = OrderType.Limit, TimeInForce timeInForce = TimeInForce.Day,
        PositionEffect effect = PositionEffect.Open, int stopPrice = 0, long display = 0, long minimum = 0, OrderFlags flags = OrderFlags.None, byte levels = 0, long expiresAt = 0, UInt128 clientId = default, long session = 0, UInt128 actor = default) =>
        new()
        {
            Id = id,
            Kind = FloorKind.NewOrder,
            Side = side,
            Instrument = instrument,
            Trader = trader,
            Quantity = quantity,
            Price = price ?? 0,
            Protected = price is not null && type is not (OrderType.Limit or OrderType.StopLimit) ? (byte)1 : (byte)0,
            Type = type,
            TimeInForce = timeInForce,
            OrderFlags = flags,
            Levels = levels,
            Effect = effect,
            StopPrice = stopPrice,
            Display = display,
            Minimum = minimum,
            Time = expiresAt,
            ClientId = clientId,
            Session = session,
            Actor = actor,
        };

    /// <param name="trader">Who must own the order; 0: the market itself cancels it.</param>
    public static FloorCommand Cancel(UInt128 id, long trader, long order, UInt128 actor = default) => new() { Id = id, Kind = FloorKind.Cancel, Trader = trader, Order = order, Actor = actor };

    /// <summary>Gives a live order another price and quantity; what needs more collateral gets it first or is refused.</summary>
    /// <param name="quantity">The whole quantity, what was traded of it included.</param>
    /// <param name="stopPrice">Of a stop that still waits, its stop price from now on, the one it has included; 0 of every other order.</param>
    public static FloorCommand Replace(UInt128 id, long trader, long order, long quantity, int price, UInt128 clientId = default, UInt128 actor = default, int stopPrice = 0) =>
        new() { Id = id, Kind = FloorKind.Replace, Trader = trader, Order = order, Quantity = quantity, Price = price, StopPrice = stopPrice, ClientId = clientId, Actor = actor };

    /// <summary>Cancels all live orders that match: of a trader, an instrument, a session, a side; what is 0 or none matches any. At least one is given.</summary>
    public static FloorCommand MassCancel(UInt128 id, long trader = 0, int instrument = 0, long session = 0, Side side = Side.None, UInt128 actor = default) =>
        new() { Id = id, Kind = FloorKind.MassCancel, Trader = trader, Instrument = instrument, Session = session, Side = side, Actor = actor };

    /// <summary>Cancels everything of a trader and takes nothing more from it.</summary>
    public static FloorCommand Kill(UInt128 id, long trader, UInt128 actor = default) => new() { Id = id, Kind = FloorKind.Kill, Trader = trader, Actor = actor };

    public static FloorCommand Unkill(UInt128 id, long trader, UInt128 actor = default) => new() { Id = id, Kind = FloorKind.Unkill, Trader = trader, Actor = actor };

    /// <summary>Changes an instrument's phase. Leaving a collecting phase uncrosses the book first.</summary>
    public static FloorCommand SetPhase(UInt128 id, int instrument, BookPhase phase, UInt128 actor = default) => new() { Id = id, Kind = FloorKind.SetPhase, Instrument = instrument, Phase = phase, Actor = actor };

    /// <summary>Ends every good-till-date order whose time is not after <paramref name="until"/>.</summary>
    /// <param name="until">Not after the batch time.</param>
    public static FloorCommand Expire(UInt128 id, long until, UInt128 actor = default) => new() { Id = id, Kind = FloorKind.Expire, Time = until, Actor = actor };

    /// <summary>Begins a trading day: day orders of the last one end, locked units become free, day counters begin at zero.</summary>
    public static FloorCommand OpenDay(UInt128 id, UInt128 actor = default) => new() { Id = id, Kind = FloorKind.OpenDay, Actor = actor };

    /// <summary>Registers a trade both sides agreed outside the book (block, exchange for physical, OTC).</summary>
    /// <param name="buyerEffect">Futures and options: does the buyer open or close.</param>
    public static FloorCommand ReportedTrade(UInt128 id, int instrument, long buyer, long seller, long quantity, int price, PositionEffect buyerEffect = PositionEffect.Open, PositionEffect sellerEffect = PositionEffect.Open,
        UInt128 clientId = default, UInt128 actor = default) =>
        new()
        {
            Id = id,
            Kind = FloorKind.ReportedTrade,
            Instrument = instrument,
            Trader = buyer,
            Order = seller,
            Quantity = quantity,
            Price = price,
            Effect = buyerEffect,
            OtherEffect = sellerEffect,
            ClientId = clientId,
            Actor = actor,
        };

    /// <summary>Takes a trade back by postings the other way, while the instrument's terms allow it.</summary>
    public static FloorCommand BustTrade(UInt128 id, long trade, UInt128 actor = default) => new() { Id = id, Kind = FloorKind.BustTrade, Order = trade, Actor = actor };

    /// <summary>Writes all the floor knows into the journal, so that a restart begins there.</summary>
    public static FloorCommand Checkpoint(UInt128 id) => new() { Id = id, Kind = FloorKind.Checkpoint };
}
