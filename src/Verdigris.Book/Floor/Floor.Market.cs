namespace Verdigris.Book;

// What the market's operator does: instruments, traders, phases, the day.
public sealed partial class Floor
{
    int unlockAt = -1; // the next position whose locked units become free; -1: none

    FloorCode DefineInstrument(in FloorCommand c)
    {
        var d = DefinitionLines.Instrument(c);
        if (Find(d.Id) is not null) return FloorCode.InstrumentExists;
        bool spot = d.Shape == SettlementShape.Spot;
        if (d.Id is < 1 or > BookTerms.MostBooks || d.Shape is < SettlementShape.Spot or > SettlementShape.Option || d.BaseAsset <= 0 || d.CashAsset <= 0 || d.BaseAsset == d.CashAsset || d.ClearingAccount <= 0 || d.FeeAccount < 0
            || d.LotUnits < 1 || d.TickValue < 1 || (spot ? d.ShortAsset != 0 || d.IssuerAccount != 0 : d.ShortAsset <= 0 || d.ShortAsset == d.BaseAsset || d.ShortAsset == d.CashAsset || d.IssuerAccount <= 0 || d.LotUnits != 1 || d.NextDayResale))
            return FloorCode.InstrumentInvalid;
        var code = FloorCodes.Of(engine.Define(TermsOf(d.Id, new()), events));
        if (code != FloorCode.Accepted) return code;
        if (d.Id >= instruments.Length) Array.Resize(ref instruments, Math.Max(d.Id + 1, instruments.Length * 2));
        instruments[d.Id] = new(d);
        Tell(FloorEventKind.InstrumentChanged, d.Id);
        return FloorCode.Accepted;
    }

    FloorCode UpdateInstrument(in FloorCommand c)
    {
        if (Find(c.Instrument) is not { } instrument) return FloorCode.InstrumentUnknown;
        var t = DefinitionLines.Terms(c);
        if (t.MarginPerLot < 0 || t.FeePerLot < 0 || t.FeePerLot > 0 && instrument.Definition.FeeAccount == 0 || t.BlockQuantity < 1 || t.BlockBand < 0 || t.BustMicros < 0 || !instrument.IsFuture && t.LowestPrice < 1)
            return FloorCode.InstrumentInvalid;
        var code = FloorCodes.Of(engine.Define(TermsOf(c.Instrument, t), events));
        if (code != FloorCode.Accepted) return code;
        instrument.Terms = t;
        Tell(FloorEventKind.InstrumentChanged, c.Instrument);
        return FloorCode.Accepted;
    }

    static BookTerms TermsOf(int instrument, InstrumentTerms t) =>
        new(instrument, t.LowestPrice, t.HighestPrice, t.DynamicBand, t.BandAction, t.ReferencePrice, t.MaxOrderQuantity);

    FloorCode DefineTrader(in FloorCommand c)
    {
        var d = DefinitionLines.Trader(c);
        if (FindTrader(d.Id) is not null) return FloorCode.TraderExists;
        if (d.Id <= 0 || d.CashAccount <= 0 || d.UnitAccount <= 0 || d.MarginAccount < 0 || d.LockedAccount < 0 || d.Owner < 0 || d.SelfTrade > SelfTrade.Decrement) return FloorCode.TraderInvalid;
        if (owners.Count >= MatchingEngine.MostOwners) return FloorCode.FloorFull;
        // Traders without an owner of their own kind are their own: negative numbers keep them apart from owners that are given.
        AddTrader(d, OwnerNumber(d.Owner == 0 ? -d.Id : d.Owner));
        TellTrader(traders[^1]);
        return FloorCode.Accepted;
    }

    TraderState AddTrader(TraderDefinition d, int owner)
    {
        var trader = new TraderState(traders.Count, d, owner);
        traders.Add(trader);
        traderById.Add(d.Id, trader);
        return trader;
    }

    int OwnerNumber(long owner)
    {
        if (ownerNumbers.TryGetValue(owner, out int number)) return number;
        owners.Add(owner);
        ownerNumbers.Add(owner, owners.Count);
        return owners.Count;
    }

    FloorCode UpdateTrader(in FloorCommand c)
    {
        if (FindTrader(c.Trader) is not { } trader) return FloorCode.TraderUnknown;
        var l = DefinitionLines.Limits(c);
        if (l.MaxOrderQuantity < 0 || l.MaxOrderValue < 0 || l.MaxOpenOrders < 0 || l.OrdersPerSecond < 0 || l.PositionLimit < 0 || l.CreditLimit < 0) return FloorCode.TraderInvalid;
        trader.Limits = l;
        TellTrader(trader);
        return FloorCode.Accepted;
    }

    FloorCode SetPhase(in FloorCommand c)
    {
        if (Find(c.Instrument) is null) return FloorCode.InstrumentUnknown;
        var command = new OrderCommand { Operation = OrderOperation.SetPhase, Book = c.Instrument, Phase = c.Phase };
        var code = FloorCodes.Of(engine.Check(command));
        if (code == FloorCode.Accepted) MustDo(command);
        return code;
    }

    FloorCode Expire(in FloorCommand c) => c.Time > now ? FloorCode.FieldInvalid : ExpireUntil(c.Time);

    FloorCode ExpireUntil(long time)
    {
        var command = new OrderCommand { Operation = OrderOperation.Expire, Time = time };
        var code = FloorCodes.Of(engine.Check(command));
        if (code == FloorCode.Accepted) MustDo(command);
        return code;
    }

    FloorCode OpenDay(in FloorCommand c)
    {
        var code = ExpireUntil(now);
        if (code != FloorCode.Accepted) return code;
        foreach (var trader in traders) trader.CreditSpent = 0;
        unlockAt = 0;
        partAt = WantsCheckpoint;
        Tell(FloorEventKind.DayOpened, 0);
        return FloorCode.Accepted;
    }

    /// <summary>One position's locked units become free; false when there is none left. Where the Book refuses (a freeze), they wait for the next day.</summary>
    bool UnlockNext()
    {
        if (unlockAt < 0) return false;
        while (unlockAt < positions.Count)
        {
            ref var p = ref Position(unlockAt++);
            if (p.Locked == 0) continue;
            var d = instruments[p.Instrument]!.Definition;
            var trader = traders[p.Trader].Definition;
            Begin();
            Transfer(FloorTypes.Unlock, d.BaseAsset, trader.LockedAccount, trader.UnitAccount, p.Locked, Party.Market, 0);
            if (Do(out _) == Code.Accepted) p.Locked = 0;
            return true;
        }
        unlockAt = -1;
        return false;
    }
}
