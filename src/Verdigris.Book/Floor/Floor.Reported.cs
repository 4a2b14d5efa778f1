namespace Verdigris.Book;

// Trades from outside the book, and trades taken back: docs/floor.md sections 7 and 8.
public sealed partial class Floor
{
    readonly TradeRow[] trades = new TradeRow[KeptTrades];
    long tradeCount; // ever kept

    /// <summary>Trades kept to be looked at and busted; part of what a checkpoint keeps.</summary>
    const int KeptTrades = 1 << 13;

    void Keep(in TradeRow trade) => trades[tradeCount++ % KeptTrades] = trade;

    ref TradeRow FindTrade(long id)
    {
        // Ids rise with time.
        long low = Math.Max(0, tradeCount - KeptTrades), high = tradeCount;
        while (low < high)
        {
            long middle = (low + high) / 2;
            if (trades[middle % KeptTrades].Id < id) low = middle + 1;
            else high = middle;
        }
        ref var found = ref trades[low % KeptTrades];
        if (id > 0 && low < tradeCount && found.Id == id) return ref found;
        return ref System.Runtime.CompilerServices.Unsafe.NullRef<TradeRow>();
    }

    static bool IsNone(ref TradeRow row) => System.Runtime.CompilerServices.Unsafe.IsNullRef(ref row);

    FloorCode Report(in FloorCommand c)
    {
        if (c.Side != Side.None || (c.Time | c.Display | c.Minimum | c.Session) != 0 || c.StopPrice != 0 || c.Effect > PositionEffect.Close || c.OtherEffect > PositionEffect.Close) return FloorCode.FieldInvalid;
        if (Find(c.Instrument) is not { } instrument) return FloorCode.InstrumentUnknown;
        if (instrument.IsSpot && (c.Effect | c.OtherEffect) != PositionEffect.Open) return FloorCode.FieldInvalid;
        if (instrument.Phase is BookPhase.Closed or BookPhase.Halt) return FloorCode.PhaseRefuses;
        var code = CheckTrader(c.Trader, out var buyer);
        if (code != FloorCode.Accepted) return code;
        code = CheckTrader(c.Order, out var seller);
        if (code != FloorCode.Accepted) return code;
        if (HasNoAccount(instrument, buyer!, Side.Buy, c.Effect) || HasNoAccount(instrument, seller!, Side.Sell, c.OtherEffect)) return FloorCode.TraderAccountMissing;
        if (buyer == seller) return FloorCode.SameTrader;
        if (c.Quantity is < 1 or > BookTerms.MostLots) return FloorCode.QuantityInvalid;
        var t = instrument.Terms;
        // A block band stands in place of the day's limits: in some markets it is the wider of the two, in others the narrower.
        var reference = t.BlockBand > 0 ? t.ReferencePrice ?? engine.Book(c.Instrument)!.Terms.Reference : null;
        if (reference is null ? c.Price < t.LowestPrice || c.Price > t.HighestPrice : !instrument.IsFuture && c.Price < 1 || Math.Abs((long)c.Price) > BookTerms.MostPrice) return FloorCode.PriceOutsideLimits;
        if (c.Quantity < t.BlockQuantity) return FloorCode.BlockTooSmall;
        if (reference is { } middle && Math.Abs((long)c.Price - middle) > t.BlockBand) return FloorCode.BlockPriceOutsideBand;
        var premium = instrument.IsFuture ? 0 : instrument.Value(c.Price, c.Quantity);
        var b = LegOf(instrument, Side.Buy, c.Effect, premium, c.Quantity, t.MarginPerLot, t.FeePerLot);
        var s = LegOf(instrument, Side.Sell, c.OtherEffect, premium, c.Quantity, t.MarginPerLot, t.FeePerLot);
        code = CheckValue(buyer!, instrument, c.Price, c.Quantity, b.Cash, b.Units);
        if (code == FloorCode.Accepted) code = CheckValue(seller!, instrument, c.Price, c.Quantity, s.Cash, Collateral.Units(instrument, Side.Sell, c.OtherEffect, c.Quantity));
        if (code != FloorCode.Accepted) return code;
        int buyPosition = PositionOf(buyer!, c.Instrument), sellPosition = PositionOf(seller!, c.Instrument);
        if (b.Opens && IsOverPosition(buyer!, buyPosition, Side.Buy, c.Quantity) || s.Opens && IsOverPosition(seller!, sellPosition, Side.Sell, c.Quantity)) return FloorCode.PositionOverLimit;
        if (IsOverCredit(buyer!, b.Cash) || IsOverCredit(seller!, s.Cash)) return FloorCode.CreditOverLimit;

        long trade = writer.NextSequence;
        Begin();
        Give(instrument, buyer!, Side.Buy, b, trade, Party.Buyer);
        Give(instrument, seller!, Side.Sell, s, trade, Party.Seller);
        Deliver(instrument, buyer!, seller!, b, s, premium, c.Quantity, trade);
        code = Do();
        if (code != FloorCode.Accepted) return code;
        buyer!.CreditSpent += (long)b.Cash;
        seller!.CreditSpent += (long)s.Cash;
        if (premium > 0) seller.CreditSpent -= (long)(premium - s.Fee);
        Booked(instrument, buyPosition, Side.Buy, b, c.Quantity);
        Booked(instrument, sellPosition, Side.Sell, s, c.Quantity);
        Count(instrument, b, s, c.Quantity);
        Keep(new()
        {
            Id = trade,
            Quantity = c.Quantity,
            TimeMicros = now,
            BuyFee = (long)b.Fee,
            SellFee = (long)s.Fee,
            BuyMargin = (long)b.Margin,
            SellMargin = (long)s.Margin,
            Instrument = c.Instrument,
            Price = c.Price,
            Buyer = buyer.Index,
            Seller = seller.Index,
            BuyEffect = c.Effect,
            SellEffect = c.OtherEffect,
            Reported = 1,
        });
        firstAnswer = trade;
        secondAnswer = c.Quantity;
        ref var told = ref Tell(FloorEventKind.ReportedTrade, c.Instrument);
        (told.Trade, told.Price, told.Quantity, told.Order, told.Other, told.ClientId) = (trade, c.Price, c.Quantity, c.Trader, c.Order, c.ClientId);
        return FloorCode.Accepted;
    }

    /// <summary>What a side gives to a trade that no order held collateral for.</summary>
    void Give(InstrumentState instrument, TraderState trader, Side side, in Leg leg, long trade, Party party)
    {
        var d = instrument.Definition;
        bool margin = Collateral.IsMargin(instrument, side);
        Transfer(margin ? FloorTypes.OrderMargin : FloorTypes.OrderCash, d.CashAsset, trader.Definition.CashAccount, margin ? trader.Definition.MarginAccount : d.ClearingAccount, leg.Cash, party, trade);
        Transfer(instrument.IsSpot ? FloorTypes.OrderUnits : FloorTypes.OrderPosition, Collateral.UnitAsset(instrument, side), trader.Definition.UnitAccount, instrument.IsSpot ? d.ClearingAccount : d.IssuerAccount, leg.Units, party, trade);
    }

    /// <summary>Takes a trade back: every posting the other way, in one chain. What one of the two no longer has makes the Book refuse all of it.</summary>
    FloorCode Bust(in FloorCommand c)
    {
        ref var trade = ref FindTrade(c.Order);
        if (IsNone(ref trade)) return FloorCode.TradeUnknown;
        if (trade.Busted != 0) return FloorCode.TradeBusted;
        var instrument = instruments[trade.Instrument]!;
        if (now - trade.TimeMicros > instrument.Terms.BustMicros) return FloorCode.TradeTooOld;
        TraderState buyer = traders[trade.Buyer], seller = traders[trade.Seller];
        var d = instrument.Definition;
        var premium = instrument.IsFuture ? 0 : instrument.Value(trade.Price, trade.Quantity);
        Begin();
        if (!instrument.IsFuture)
        {
            Transfer(FloorTypes.Bust, d.CashAsset, seller.Definition.CashAccount, d.ClearingAccount, premium - trade.SellFee, Party.Seller, trade.Id);
            Transfer(FloorTypes.TradeCash, d.CashAsset, d.ClearingAccount, buyer.Definition.CashAccount, premium - trade.SellFee, Party.Buyer, trade.Id);
            Transfer(FloorTypes.FeeBack, d.CashAsset, d.FeeAccount, buyer.Definition.CashAccount, (Int128)trade.BuyFee + trade.SellFee, Party.Market, trade.Id);
        }
        else
        {
            Transfer(FloorTypes.FeeBack, d.CashAsset, d.FeeAccount, buyer.Definition.CashAccount, trade.BuyFee, Party.Market, trade.Id);
            Transfer(FloorTypes.FeeBack, d.CashAsset, d.FeeAccount, seller.Definition.CashAccount, trade.SellFee, Party.Market, trade.Id);
        }
        long locked = 0;
        if (instrument.IsSpot)
        {
            Int128 units = (Int128)trade.Quantity * d.LotUnits;
            // Of units that may still be locked, those are taken first.
            locked = d.NextDayResale ? (long)Int128.Min(units, Position(PositionOf(buyer, trade.Instrument)).Locked) : 0;
            Transfer(FloorTypes.Bust, d.BaseAsset, buyer.Definition.LockedAccount, d.ClearingAccount, locked, Party.Buyer, trade.Id);
            Transfer(FloorTypes.Bust, d.BaseAsset, buyer.Definition.UnitAccount, d.ClearingAccount, units - locked, Party.Buyer, trade.Id);
            Transfer(FloorTypes.TradeUnits, d.BaseAsset, d.ClearingAccount, seller.Definition.UnitAccount, units, Party.Seller, trade.Id);
        }
        else
        {
            TakePositionBack(d, buyer, d.BaseAsset, d.ShortAsset, trade.BuyEffect, trade, Party.Buyer);
            TakePositionBack(d, seller, d.ShortAsset, d.BaseAsset, trade.SellEffect, trade, Party.Seller);
        }
        var code = Do();
        if (code != FloorCode.Accepted) return code;
        trade.Busted = 1;
        buyer.CreditSpent -= (long)(premium + trade.BuyFee);
        seller.CreditSpent += (long)(premium - trade.SellFee);
        Unbook(instrument, buyer, Side.Buy, trade.BuyEffect, trade.Quantity, trade.BuyMargin, locked);
        Unbook(instrument, seller, Side.Sell, trade.SellEffect, trade.Quantity, trade.SellMargin, 0);
        if (!instrument.IsSpot && trade.BuyEffect == PositionEffect.Open && trade.SellEffect == PositionEffect.Open) instrument.OpenInterest -= trade.Quantity;
        if (!instrument.IsSpot && trade.BuyEffect == PositionEffect.Close && trade.SellEffect == PositionEffect.Close) instrument.OpenInterest += trade.Quantity;
        firstAnswer = trade.Id;
        ref var told = ref Tell(FloorEventKind.TradeBusted, trade.Instrument);
        (told.Trade, told.Price, told.Quantity, told.Order, told.Other) = (trade.Id, trade.Price, trade.Quantity, buyer.Definition.Id, seller.Definition.Id);
        return FloorCode.Accepted;
    }

    /// <summary>What was opened goes back to the issuer; what was closed is issued again.</summary>
    void TakePositionBack(InstrumentDefinition d, TraderState trader, int opened, int closed, PositionEffect effect, in TradeRow trade, Party party)
    {
        if (effect == PositionEffect.Open) Transfer(FloorTypes.Bust, opened, trader.Definition.UnitAccount, d.IssuerAccount, trade.Quantity, party, trade.Id);
        else Transfer(FloorTypes.Issue, closed, d.IssuerAccount, trader.Definition.UnitAccount, trade.Quantity, party, trade.Id);
    }

    void Unbook(InstrumentState instrument, TraderState trader, Side side, PositionEffect effect, long lots, long margin, long locked)
    {
        ref var p = ref Position(PositionOf(trader, instrument.Id));
        bool onLong = (side == Side.Buy) == (effect == PositionEffect.Open), took = effect == PositionEffect.Open;
        if (onLong) p.Long += took ? -lots : lots;
        else p.Short += took ? -lots : lots;
        p.Locked -= locked;
        GiveMarginBack(instrument, ref p, Math.Min(margin, p.Margin));
    }
}
