namespace Verdigris.Book;

// Orders come in, are cancelled and replaced: checks in the order of docs/floor.md section 3, then collateral, then the engine.
public sealed partial class Floor
{
    readonly List<long> toCancel = [];
    int cancelAt;

    FloorCode New(in FloorCommand c)
    {
        bool priced = c.Type is OrderType.Limit or OrderType.StopLimit;
        if (c.Order != 0 || c.OtherEffect != 0 || c.Phase != 0 || c.Effect > PositionEffect.Close || c.Protected > 1 || priced && c.Protected != 0 || !priced && c.Protected == 0 && c.Price != 0) return FloorCode.FieldInvalid;
        if (Find(c.Instrument) is not { } instrument) return FloorCode.InstrumentUnknown;
        if (instrument.IsSpot && c.Effect != PositionEffect.Open) return FloorCode.FieldInvalid;
        if (instrument.Phase != BookPhase.Continuous && !OrderBook.Collects(instrument.Phase)) return FloorCode.PhaseRefuses;
        var code = CheckTrader(c.Trader, out var trader);
        if (code != FloorCode.Accepted) return code;
        if (HasNoAccount(instrument, trader!, c.Side, c.Effect)) return FloorCode.TraderAccountMissing;
        if (trader!.Limits.MaxOrderQuantity is > 0 and var most && c.Quantity > most) return FloorCode.QuantityOverLimit;
        int price = priced || c.Protected != 0 ? c.Price : c.Side == Side.Buy ? instrument.Terms.HighestPrice : instrument.Terms.LowestPrice;
        var order = new OrderCommand
        {
            Operation = OrderOperation.New,
            Side = c.Side,
            Type = c.Type,
            TimeInForce = c.TimeInForce,
            Flags = c.OrderFlags,
            SelfTrade = trader.Definition.SelfTrade,
            Levels = c.Levels,
            Book = c.Instrument,
            Owner = trader.Owner,
            Price = price,
            StopPrice = c.StopPrice,
            Quantity = c.Quantity,
            Display = c.Display,
            Minimum = c.Minimum,
            Time = c.Time,
        };
        code = FloorCodes.Of(engine.Check(order));
        if (code != FloorCode.Accepted) return code;
        if (c.TimeInForce == TimeInForce.GoodTillDate && c.Time <= now) return FloorCode.TimePast;
        var terms = instrument.Terms;
        Int128 cash = Collateral.Cash(instrument, c.Side, c.Effect, price, c.Quantity, terms.MarginPerLot, terms.FeePerLot), units = Collateral.Units(instrument, c.Side, c.Effect, c.Quantity);
        code = CheckValue(trader, instrument, price, c.Quantity, cash, units);
        if (code != FloorCode.Accepted) return code;
        int position = PositionOf(trader, c.Instrument);
        if (!instrument.IsSpot && c.Effect == PositionEffect.Open && IsOverPosition(trader, position, c.Side, c.Quantity)) return FloorCode.PositionOverLimit;
        if (trader.Limits.MaxOpenOrders is > 0 and var live && trader.OpenOrders >= live) return FloorCode.OpenOrdersOverLimit;
        if (IsTooFast(trader)) return FloorCode.OrderRateOverLimit;
        if (IsOverCredit(trader, cash)) return FloorCode.CreditOverLimit;

        long id = engine.NextOrder;
        // Field by field: an initializer fills another row first, and the copy of it waits for all that was written before.
        var row = default(FloorOrder);
        row.Id = id;
        row.Quantity = c.Quantity;
        row.Remaining = c.Quantity;
        row.MarginPerLot = terms.MarginPerLot;
        row.FeePerLot = terms.FeePerLot;
        row.Session = c.Session;
        row.Time = c.Time;
        row.Display = c.Display;
        row.ClientId = c.ClientId;
        row.Instrument = c.Instrument;
        row.Trader = trader.Index;
        row.Position = position;
        row.Price = price;
        row.StopPrice = c.StopPrice;
        row.Side = c.Side;
        row.Type = c.Type;
        row.TimeInForce = c.TimeInForce;
        row.Effect = c.Effect;
        row.Levels = c.Levels;
        Begin();
        OpenHolds(ref row, instrument, trader, (long)cash, (long)units);
        code = Do();
        if (code != FloorCode.Accepted) return code;
        Make(id) = row;
        trader.CreditHeld += (long)cash;
        Link(ref At(id), trader);
        OpenLots(position, c.Side, c.Quantity);
        firstAnswer = newOrder = id;
        MustDo(order);
        return FloorCode.Accepted;
    }

    /// <summary>Known, active, not killed; a line of it is counted.</summary>
    FloorCode CheckTrader(long id, out TraderState? trader)
    {
        trader = FindTrader(id);
        if (trader is null) return FloorCode.TraderUnknown;
        long second = now / 1_000_000;
        if (trader.RateSecond != second) (trader.RateSecond, trader.RateCount) = (second, 0);
        trader.RateCount++;
        if (!trader.Limits.Active) return FloorCode.TraderInactive;
        return trader.Killed ? FloorCode.TraderKilled : FloorCode.Accepted;
    }

    static bool HasNoAccount(InstrumentState instrument, TraderState trader, Side side, PositionEffect effect) =>
        Collateral.IsMargin(instrument, side) && trader.Definition.MarginAccount == 0 && (instrument.IsFuture || effect == PositionEffect.Open)
        || instrument.Definition.NextDayResale && side == Side.Buy && trader.Definition.LockedAccount == 0;

    static FloorCode CheckValue(TraderState trader, InstrumentState instrument, int price, long lots, Int128 cash, Int128 units)
    {
        var value = Int128.Abs(instrument.Value(price, lots));
        if (trader.Limits.MaxOrderValue is > 0 and var most && value > most) return FloorCode.ValueOverLimit;
        return value > long.MaxValue || cash > long.MaxValue || units > long.MaxValue ? FloorCode.ValueOverflow : FloorCode.Accepted;
    }

    bool IsOverPosition(TraderState trader, int index, Side side, long more)
    {
        if (trader.Limits.PositionLimit == 0) return false;
        ref var p = ref Position(index);
        var net = side == Side.Buy ? (Int128)p.Long - p.Short + p.BuyOpen : (Int128)p.Short - p.Long + p.SellOpen;
        return net + more > trader.Limits.PositionLimit;
    }

    static bool IsTooFast(TraderState trader) => trader.Limits.OrdersPerSecond is > 0 and var most && trader.RateCount > most;

    static bool IsOverCredit(TraderState trader, Int128 moreCash) => trader.Limits.CreditLimit is > 0 and var most && trader.CreditHeld + trader.CreditSpent + moreCash > most;

    /// <summary>Adds the holds of an order to the chain and notes them in its row.</summary>
    void OpenHolds(ref FloorOrder row, InstrumentState instrument, TraderState trader, long cash, long units)
    {
        var d = instrument.Definition;
        row.CashHold = row.UnitHold = 0;
        (row.CashHeld, row.UnitsHeld) = (cash, units);
        // A lien: only the side it is held for may give it back, so no other request touches an order's collateral.
        if (cash > 0)
        {
            row.CashHold = NextInChain;
            bool margin = Collateral.IsMargin(instrument, row.Side);
            Add(Commands.Hold(0, margin ? FloorTypes.OrderMargin : FloorTypes.OrderCash, d.CashAsset, trader.Definition.CashAccount, margin ? trader.Definition.MarginAccount : d.ClearingAccount, cash, lien: true, reference: (UInt128)row.Id), Party.Market);
        }
        if (units > 0)
        {
            row.UnitHold = NextInChain;
            Add(Commands.Hold(0, instrument.IsSpot ? FloorTypes.OrderUnits : FloorTypes.OrderPosition, Collateral.UnitAsset(instrument, row.Side), trader.Definition.UnitAccount, instrument.IsSpot ? d.ClearingAccount : d.IssuerAccount, units, lien: true, reference: (UInt128)row.Id), Party.Market);
        }
    }

    /// <summary>Gives an order collateral of another size, in one chain: the old holds go only if the new ones can be had.</summary>
    FloorCode HoldAnew(ref FloorOrder row, InstrumentState instrument, TraderState trader, long cash, long units)
    {
        if (cash == row.CashHeld && units == row.UnitsHeld) return FloorCode.Accepted;
        var held = row;
        Begin();
        if (row.CashHold != 0) Add(Commands.VoidHold(0, ProgramWriter.IdOf(row.CashHold)), Party.Market);
        if (row.UnitHold != 0) Add(Commands.VoidHold(0, ProgramWriter.IdOf(row.UnitHold)), Party.Market);
        OpenHolds(ref row, instrument, trader, cash, units);
        var code = Do();
        if (code == FloorCode.Accepted) trader.CreditHeld += cash - held.CashHeld;
        else row = held;
        return code;
    }

    FloorCode CheckOwned(in FloorCommand c)
    {
        if (!IsLive(c.Order)) return FloorCode.OrderUnknown;
        return c.Trader != 0 && traders[At(c.Order).Trader].Definition.Id != c.Trader ? FloorCode.OrderOfOther : FloorCode.Accepted;
    }

    FloorCode Cancel(in FloorCommand c)
    {
        if ((c.Quantity | c.Time | c.Display | c.Minimum | c.Session) != 0 || (c.Price | c.StopPrice | c.Instrument) != 0 || c.Side != Side.None) return FloorCode.FieldInvalid;
        var code = CheckOwned(c);
        if (code != FloorCode.Accepted) return code;
        firstAnswer = c.Order;
        if (c.Trader == 0) cancelCode = FloorCode.MassCancelled;
        MustDo(new() { Operation = OrderOperation.Cancel, Order = c.Order });
        return FloorCode.Accepted;
    }

    FloorCode Replace(in FloorCommand c)
    {
        if ((c.Time | c.Display | c.Minimum | c.Session) != 0 || c.Instrument != 0 || c.Side != Side.None || c.Type != OrderType.None || c.TimeInForce != TimeInForce.None) return FloorCode.FieldInvalid;
        if (c.Quantity is < 1 or > BookTerms.MostLots) return FloorCode.QuantityInvalid;
        var code = CheckOwned(c);
        if (code != FloorCode.Accepted) return code;
        ref var row = ref At(c.Order);
        var trader = traders[row.Trader];
        var instrument = instruments[row.Instrument]!;
        code = CheckTrader(trader.Definition.Id, out _);
        if (code != FloorCode.Accepted) return code;
        if (trader.Limits.MaxOrderQuantity is > 0 and var most && c.Quantity > most) return FloorCode.QuantityOverLimit;
        // What the engine counts as done and the Book refused is not done.
        var replace = new OrderCommand { Operation = OrderOperation.Replace, Order = c.Order, Quantity = c.Quantity + row.Failed, Price = c.Price, StopPrice = c.StopPrice };
        code = FloorCodes.Of(engine.Check(replace));
        if (code != FloorCode.Accepted) return code;
        long remaining = c.Quantity - (row.Quantity - row.Remaining), more = remaining - row.Remaining;
        Int128 cash = Collateral.Cash(instrument, row.Side, row.Effect, c.Price, remaining, row.MarginPerLot, row.FeePerLot), units = Collateral.Units(instrument, row.Side, row.Effect, remaining);
        code = CheckValue(trader, instrument, c.Price, c.Quantity, cash, units);
        if (code != FloorCode.Accepted) return code;
        if (!instrument.IsSpot && row.Effect == PositionEffect.Open && more > 0 && IsOverPosition(trader, row.Position, row.Side, more)) return FloorCode.PositionOverLimit;
        if (IsTooFast(trader)) return FloorCode.OrderRateOverLimit;
        if (cash > row.CashHeld && IsOverCredit(trader, cash - row.CashHeld)) return FloorCode.CreditOverLimit;
        code = HoldAnew(ref row, instrument, trader, (long)cash, (long)units);
        if (code != FloorCode.Accepted) return code;
        OpenLots(row.Position, row.Side, more);
        (row.Quantity, row.Remaining, row.Price, row.StopPrice) = (c.Quantity, remaining, c.Price, c.StopPrice != 0 ? c.StopPrice : row.StopPrice);
        if (c.ClientId != UInt128.Zero) row.ClientId = c.ClientId;
        firstAnswer = newOrder = c.Order;
        MustDo(replace);
        return FloorCode.Accepted;
    }

    FloorCode MassCancel(in FloorCommand c)
    {
        if ((c.Order | c.Quantity | c.Time | c.Display | c.Minimum) != 0 || (c.Price | c.StopPrice) != 0 || c.Side > Side.Sell || c.Trader == 0 && c.Instrument == 0 && c.Session == 0) return FloorCode.FieldInvalid;
        if (c.Instrument != 0 && Find(c.Instrument) is null) return FloorCode.InstrumentUnknown;
        if (c.Trader != 0 && FindTrader(c.Trader) is null) return FloorCode.TraderUnknown;
        cancelCode = FloorCode.MassCancelled;
        Gather(c.Trader == 0 ? null : FindTrader(c.Trader), c.Instrument, c.Session, c.Side);
        return FloorCode.Accepted;
    }

    FloorCode Kill(in FloorCommand c)
    {
        if (FindTrader(c.Trader) is not { } trader) return FloorCode.TraderUnknown;
        trader.Killed = true;
        TellTrader(trader);
        cancelCode = FloorCode.KillSwitch;
        Gather(trader, 0, 0, Side.None);
        return FloorCode.Accepted;
    }

    FloorCode Unkill(in FloorCommand c)
    {
        if (FindTrader(c.Trader) is not { } trader) return FloorCode.TraderUnknown;
        trader.Killed = false;
        TellTrader(trader);
        return FloorCode.Accepted;
    }

    /// <summary>Live orders that match, by id: the order in which they are cancelled.</summary>
    void Gather(TraderState? trader, int instrument, long session, Side side)
    {
        cancelAt = 0;
        toCancel.Clear();
        if (trader is not null)
        {
            for (int slot = trader.FirstOrder; slot != 0; slot = AtSlot(slot).Next) Take(AtSlot(slot));
        }
        else
        {
            for (int slot = 1; slot < orders.Count; slot++) Take(AtSlot(slot));
        }
        toCancel.Sort();

        void Take(in FloorOrder o)
        {
            if (o.Id != 0 && (instrument == 0 || o.Instrument == instrument) && (session == 0 || o.Session == session) && (side == Side.None || o.Side == side)) toCancel.Add(o.Id);
        }
    }

    bool CancelNext()
    {
        if (cancelAt == toCancel.Count) return false;
        long id = toCancel[cancelAt++];
        if (IsLive(id))
        {
            firstAnswer++;
            MustDo(new() { Operation = OrderOperation.Cancel, Order = id });
        }
        if (cancelAt == toCancel.Count)
        {
            toCancel.Clear();
            cancelAt = 0;
        }
        return true;
    }

    /// <summary>What was checked before cannot be refused.</summary>
    void MustDo(in OrderCommand command)
    {
        var code = engine.Do(command, events);
        if (code != MatchCode.Accepted) throw new InvalidOperationException($"The engine refuses what it said it would take: {code}.");
    }

    void Link(ref FloorOrder row, TraderState trader)
    {
        int slot = MatchingEngine.SlotOf(row.Id);
        (row.Previous, row.Next) = (0, trader.FirstOrder);
        if (row.Next != 0) AtSlot(row.Next).Previous = slot;
        trader.FirstOrder = slot;
        trader.OpenOrders++;
    }

    void Unlink(ref FloorOrder row, TraderState trader)
    {
        if (row.Next != 0) AtSlot(row.Next).Previous = row.Previous;
        if (row.Previous != 0) AtSlot(row.Previous).Next = row.Next;
        else trader.FirstOrder = row.Next;
        trader.OpenOrders--;
    }

    void OpenLots(int position, Side side, long lots)
    {
        ref var p = ref Position(position);
        if (side == Side.Buy) p.BuyOpen += lots;
        else p.SellOpen += lots;
    }
}
