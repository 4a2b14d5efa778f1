namespace Verdigris.Book;

// Trades become postings, one chain a trade: docs/floor.md section 5.
public sealed partial class Floor
{
    /// <summary>Orders that end because the Book refused a posting on their side, and those whose lots of such a trade come back.</summary>
    readonly List<long> broken = [], giveBack = [];
    readonly List<FloorOrder> homeless = []; // closed by the engine, to come in again

    /// <summary>Cash and lots of one side of a trade.</summary>
    struct Leg
    {
        public Int128 Fee, Margin, Cash; // Cash: all that leaves the order's hold
        public long Units;
        public bool Opens;
    }

    void Trade(in MatchEvent e)
    {
        bool otherBuys = e.Side == Side.Buy;
        long buyId = otherBuys ? e.Other : e.Order, sellId = otherBuys ? e.Order : e.Other;
        ref var buy = ref At(buyId);
        ref var sell = ref At(sellId);
        var instrument = instruments[e.Book]!;
        if (buy.Broken == 0 && sell.Broken == 0 && Settle(instrument, ref buy, ref sell, e.Price, e.Quantity, out long trade))
        {
            if (newOrder == buyId || newOrder == sellId) secondAnswer += e.Quantity;
            ref var first = ref otherBuys ? ref sell : ref buy;
            ref var second = ref otherBuys ? ref buy : ref sell;
            TellFill(first, second.Id, trade, e);
            TellFill(second, first.Id, trade, e);
            ref var told = ref Tell(FloorEventKind.Trade, e.Book);
            (told.Trade, told.Price, told.Quantity, told.Order, told.Other, told.Side) = (trade, e.Price, e.Quantity, buyId, sellId, e.Side);
            Finished(ref buy);
            Finished(ref sell);
            return;
        }
        // What the engine took for a trade that is not done comes back to the side that is not at fault.
        if (buy.Broken == 0) GiveBack(ref buy, e.Quantity);
        if (sell.Broken == 0) GiveBack(ref sell, e.Quantity);
    }

    void Finished(ref FloorOrder row)
    {
        if (row.Remaining > 0) return;
        Close(ref row, traders[row.Trader]);
    }

    void TellFill(in FloorOrder row, long other, long trade, in MatchEvent e)
    {
        ref var fill = ref TellOrder(FloorEventKind.Fill, row);
        (fill.Other, fill.Trade, fill.Price, fill.Quantity) = (other, trade, e.Price, e.Quantity);
    }

    /// <summary>Posts a trade of two orders. Where the Book refuses, the side at fault is broken, and nothing is posted.</summary>
    bool Settle(InstrumentState instrument, ref FloorOrder buy, ref FloorOrder sell, int price, long lots, out long trade)
    {
        TraderState buyer = traders[buy.Trader], seller = traders[sell.Trader];
        var d = instrument.Definition;
        var premium = instrument.IsFuture ? 0 : instrument.Value(price, lots);
        var b = LegOf(instrument, buy, premium, lots);
        var s = LegOf(instrument, sell, premium, lots);
        trade = writer.NextSequence;
        Begin();
        Post(buy.CashHold, b.Cash, buy.Remaining == lots, Party.Buyer, trade);
        Post(buy.UnitHold, b.Units, buy.Remaining == lots, Party.Buyer, trade);
        Post(sell.CashHold, s.Cash, sell.Remaining == lots, Party.Seller, trade);
        Post(sell.UnitHold, s.Units, sell.Remaining == lots, Party.Seller, trade);
        Deliver(instrument, buyer, seller, b, s, premium, lots, trade);
        if (Do(out var fault) != Code.Accepted)
        {
            if (fault is Party.Buyer or Party.Market) Break(ref buy);
            if (fault is Party.Seller or Party.Market) Break(ref sell);
            return false;
        }
        Taken(ref buy, buyer, b, lots);
        Taken(ref sell, seller, s, lots);
        if (premium > 0) seller.CreditSpent -= (long)(premium - s.Fee);
        Booked(instrument, buy.Position, Side.Buy, b, lots);
        Booked(instrument, sell.Position, Side.Sell, s, lots);
        Count(instrument, b, s, lots);
        Keep(new()
        {
            Id = trade,
            Quantity = lots,
            BuyOrder = buy.Id,
            SellOrder = sell.Id,
            TimeMicros = now,
            BuyFee = (long)b.Fee,
            SellFee = (long)s.Fee,
            BuyMargin = (long)b.Margin,
            SellMargin = (long)s.Margin,
            Instrument = instrument.Id,
            Price = price,
            Buyer = buy.Trader,
            Seller = sell.Trader,
            BuyEffect = buy.Effect,
            SellEffect = sell.Effect,
        });
        return true;
    }

    static Leg LegOf(InstrumentState instrument, in FloorOrder row, Int128 premium, long lots) =>
        LegOf(instrument, row.Side, row.Effect, premium, lots, row.MarginPerLot, row.FeePerLot);

    static Leg LegOf(InstrumentState instrument, Side side, PositionEffect effect, Int128 premium, long lots, long marginPerLot, long feePerLot)
    {
        var leg = new Leg { Opens = !instrument.IsSpot && effect == PositionEffect.Open, Fee = (Int128)lots * feePerLot, Units = (long)Collateral.Units(instrument, side, effect, lots) };
        // A seller of something paid for at once pays the fee out of the proceeds, and no more than those.
        if (!instrument.IsFuture && side == Side.Sell && leg.Fee > premium) leg.Fee = premium;
        if (leg.Opens && Collateral.IsMargin(instrument, side)) leg.Margin = (Int128)lots * marginPerLot;
        leg.Cash = instrument.IsFuture ? leg.Margin + leg.Fee : side == Side.Buy ? premium + leg.Fee : leg.Margin;
        return leg;
    }

    /// <summary>What a trade brings, after both sides gave: cash and units out of the clearing account, positions, fees.</summary>
    void Deliver(InstrumentState instrument, TraderState buyer, TraderState seller, in Leg b, in Leg s, Int128 premium, long lots, long trade)
    {
        var d = instrument.Definition;
        if (!instrument.IsFuture) Transfer(FloorTypes.TradeCash, d.CashAsset, d.ClearingAccount, seller.Definition.CashAccount, premium - s.Fee, Party.Seller, trade);
        if (instrument.IsSpot)
        {
            long to = d.NextDayResale ? buyer.Definition.LockedAccount : buyer.Definition.UnitAccount;
            Transfer(FloorTypes.TradeUnits, d.BaseAsset, d.ClearingAccount, to, (Int128)lots * d.LotUnits, Party.Buyer, trade);
        }
        if (b.Opens) Transfer(FloorTypes.Issue, d.BaseAsset, d.IssuerAccount, buyer.Definition.UnitAccount, lots, Party.Buyer, trade);
        if (s.Opens) Transfer(FloorTypes.Issue, d.ShortAsset, d.IssuerAccount, seller.Definition.UnitAccount, lots, Party.Seller, trade);
        if (instrument.IsFuture)
        {
            Transfer(FloorTypes.Fee, d.CashAsset, buyer.Definition.MarginAccount, d.FeeAccount, b.Fee, Party.Buyer, trade);
            Transfer(FloorTypes.Fee, d.CashAsset, seller.Definition.MarginAccount, d.FeeAccount, s.Fee, Party.Seller, trade);
        }
        else Transfer(FloorTypes.Fee, d.CashAsset, d.ClearingAccount, d.FeeAccount, b.Fee + s.Fee, Party.Market, trade);
    }

    /// <summary>An order gave its part of a trade; with the last lots its holds ended.</summary>
    void Taken(ref FloorOrder row, TraderState trader, in Leg leg, long lots)
    {
        trader.CreditHeld -= (long)leg.Cash;
        trader.CreditSpent += (long)leg.Cash;
        row.CashHeld -= (long)leg.Cash;
        row.UnitsHeld -= leg.Units;
        row.Remaining -= lots;
        OpenLots(row.Position, row.Side, -lots);
        if (row.Remaining > 0) return;
        trader.CreditHeld -= row.CashHeld;
        row.CashHeld = row.UnitsHeld = 0;
    }

    /// <summary>The position after a trade; margin of what was closed goes back, where it still is.</summary>
    void Booked(InstrumentState instrument, int index, Side side, in Leg leg, long lots)
    {
        ref var p = ref Position(index);
        if (instrument.IsSpot)
        {
            // What was ever bought and sold, for the eye alone: it has a ceiling.
            if (side == Side.Buy) p.Long = Math.Min(p.Long, long.MaxValue - lots) + lots;
            else p.Short = Math.Min(p.Short, long.MaxValue - lots) + lots;
            if (side == Side.Buy && instrument.Definition.NextDayResale) p.Locked += lots * instrument.Definition.LotUnits;
            return;
        }
        if (leg.Opens)
        {
            if (side == Side.Buy) p.Long += lots;
            else p.Short += lots;
            p.Margin = Math.Min(p.Margin, long.MaxValue - (long)leg.Margin) + (long)leg.Margin;
            return;
        }
        // Clearing makes and ends positions too (exercise, netting): lots that were not opened here bring no margin back.
        var open = (Int128)p.Long + p.Short;
        long back = open > 0 ? (long)((Int128)p.Margin * Int128.Min(lots, open) / open) : 0;
        if (side == Side.Buy) p.Short -= lots;
        else p.Long -= lots;
        GiveMarginBack(instrument, ref p, back);
    }

    /// <summary>A chain of its own: where clearing has taken the margin in hand already, the Book refuses and the trade stands.</summary>
    void GiveMarginBack(InstrumentState instrument, ref PositionRow p, long amount)
    {
        if (amount <= 0) return;
        var trader = traders[p.Trader];
        Begin();
        Transfer(FloorTypes.MarginBack, instrument.Definition.CashAsset, trader.Definition.MarginAccount, trader.Definition.CashAccount, amount, Party.Market, 0);
        if (Do(out _) == Code.Accepted) trader.CreditSpent -= amount;
        p.Margin -= amount;
    }

    static void Count(InstrumentState instrument, in Leg b, in Leg s, long lots)
    {
        if (b.Opens && s.Opens) instrument.OpenInterest += lots;
        else if (!instrument.IsSpot && !b.Opens && !s.Opens) instrument.OpenInterest -= lots;
    }

    void Break(ref FloorOrder row)
    {
        if (row.Broken != 0) return;
        row.Broken = 1;
        broken.Add(row.Id);
    }

    void GiveBack(ref FloorOrder row, long lots)
    {
        if (!giveBack.Contains(row.Id)) giveBack.Add(row.Id);
        row.Failed += lots;
    }

    /// <summary>
    /// When everything of a moment is settled: orders at fault end, and lots that found no settlement come back into the book, behind what stands there. One order a call; false where there is none.
    /// </summary>
    bool SetRight()
    {
        if (broken.Count > 0)
        {
            long id = broken[0];
            broken.RemoveAt(0);
            if (engine.Order(id) is not null)
            {
                MustDo(new() { Operation = OrderOperation.Cancel, Order = id });
                // The engine's word of it is passed over (Broken); what stood beside it is told as ever.
            }
            ref var row = ref At(id);
            if (row.Id == id) End(ref row, FloorCode.SettlementRefused);
            return true;
        }
        if (giveBack.Count > 0)
        {
            long id = giveBack[0];
            giveBack.RemoveAt(0);
            if (IsLive(id)) GrowOrTakeOut(id);
            return true;
        }
        if (homeless.Count == 0) return false;
        var back = homeless[0];
        homeless.RemoveAt(0);
        BringBack(back);
        return true;
    }

    /// <summary>
    /// An order the engine still has grows by what came back, at the end of its level. One that it closed leaves its slot, which may be the next to be used, and waits until all of these have left theirs.
    /// </summary>
    void GrowOrTakeOut(long id)
    {
        ref var row = ref At(id);
        if (engine.Order(id) is not { } live)
        {
            homeless.Add(row);
            Close(ref row, traders[row.Trader]);
            return;
        }
        // Its lots were counted as done: the whole grows by them.
        var replace = new OrderCommand { Operation = OrderOperation.Replace, Order = id, Quantity = live.Done + row.Remaining, Price = live.Price, StopPrice = live.StopPrice };
        if (engine.Check(replace) == MatchCode.Accepted) MustDo(replace);
        else Break(ref row);
    }

    /// <summary>Brings an order that the engine has closed in again: under a new id, with the collateral it has.</summary>
    void BringBack(FloorOrder row)
    {
        bool stays = row.Type is not (OrderType.Market or OrderType.Stop) && row.TimeInForce is (TimeInForce.Day or TimeInForce.GoodTillCancel or TimeInForce.GoodTillDate);
        var trader = traders[row.Trader];
        var again = new OrderCommand
        {
            Operation = OrderOperation.New,
            Side = row.Side,
            Type = OrderType.Limit,
            TimeInForce = row.TimeInForce,
            SelfTrade = trader.Definition.SelfTrade,
            Book = row.Instrument,
            Owner = trader.Owner,
            Price = row.Price,
            Quantity = row.Remaining,
            Display = Math.Min(row.Display, row.Remaining),
            Time = row.TimeInForce == TimeInForce.GoodTillDate ? row.Time : 0,
        };
        if (!stays || engine.Check(again) != MatchCode.Accepted)
        {
            Release(row, FloorCode.SettlementRefused);
            return;
        }
        long before = row.Id;
        row.Id = engine.NextOrder;
        row.Failed = row.Remaining - row.Quantity; // the engine counts from zero again
        Make(row.Id) = row;
        Link(ref At(row.Id), trader);
        if (newOrder == before) firstAnswer = newOrder = row.Id;
        TellOrder(FloorEventKind.OrderBroughtBack, row).Other = before;
        MustDo(again);
    }
}
