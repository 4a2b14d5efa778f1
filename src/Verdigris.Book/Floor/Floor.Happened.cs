namespace Verdigris.Book;

// What the engine did, one event after the other: postings, what is known of orders, and what the world is told.
public sealed partial class Floor
{
    void Happened(in MatchEvent e)
    {
        switch (e.Kind)
        {
            case MatchEventKind.Accepted:
                At(e.Order).Price = e.Price; // a sliding order's is moved
                TellAccepted(At(e.Order), e.Remaining);
                break;
            case MatchEventKind.Trade:
                Trade(e);
                break;
            case MatchEventKind.Cancelled:
                Ended(e);
                break;
            case MatchEventKind.Reduced:
                Reduced(e);
                break;
            case MatchEventKind.Replaced:
                ref var replaced = ref TellOrder(FloorEventKind.OrderReplaced, At(e.Order));
                (replaced.Quantity, replaced.OtherPrice) = (e.KeptPriority, At(e.Order).StopPrice);
                break;
            case MatchEventKind.Refreshed:
                TellOrder(FloorEventKind.Refreshed, At(e.Order)).Quantity = e.Quantity;
                break;
            case MatchEventKind.Triggered:
                TellOrder(FloorEventKind.OrderTriggered, At(e.Order));
                break;
            case MatchEventKind.Repriced:
                At(e.Order).Price = e.Price;
                TellOrder(FloorEventKind.Repriced, At(e.Order));
                break;
            case MatchEventKind.PhaseChanged:
                instruments[e.Book]!.Phase = e.Phase;
                ref var phase = ref Tell(FloorEventKind.PhaseChanged, e.Book);
                (phase.Phase, phase.Price) = (e.Phase, e.Price);
                break;
            case MatchEventKind.Uncrossed:
                ref var uncrossed = ref Tell(FloorEventKind.Uncrossed, e.Book);
                (uncrossed.Price, uncrossed.Quantity) = (e.Price, e.Quantity);
                break;
            case MatchEventKind.Best:
                ref var best = ref Tell(FloorEventKind.Best, e.Book);
                (best.Price, best.Quantity, best.OtherPrice, best.Remaining) = (e.BidPrice, e.BidQuantity, e.AskPrice, e.AskQuantity);
                break;
            default:
                throw new InvalidOperationException($"An event of the engine nobody knows: {e.Kind}.");
        }
    }

    /// <summary>An order ended with a rest; a trade of it that the Book refused has its say first.</summary>
    void Ended(in MatchEvent e)
    {
        ref var row = ref At(e.Order);
        if (row.Id != e.Order || row.Broken != 0) return; // ends, or has ended, for what the Book refused
        var reason = e.Reason == EndReason.Asked ? cancelCode : FloorCodes.Of(e.Reason);
        if (reason == FloorCode.Expired) firstAnswer++;
        End(ref row, reason);
    }

    void Reduced(in MatchEvent e)
    {
        ref var row = ref At(e.Order);
        row.Remaining -= e.Quantity;
        OpenLots(row.Position, row.Side, -e.Quantity);
        TellOrder(FloorEventKind.Reduced, row).Quantity = e.Quantity;
        if (row.Remaining == 0)
        {
            End(ref row, FloorCode.SelfTradePrevented);
            return;
        }
        var instrument = instruments[row.Instrument]!;
        long cash = (long)Collateral.Cash(instrument, row.Side, row.Effect, row.Price, row.Remaining, row.MarginPerLot, row.FeePerLot), units = (long)Collateral.Units(instrument, row.Side, row.Effect, row.Remaining);
        if (e.Remaining > 0 && HoldAnew(ref row, instrument, traders[row.Trader], Math.Min(cash, row.CashHeld), Math.Min(units, row.UnitsHeld)) != FloorCode.Accepted) Break(ref row);
    }

    /// <summary>An order is over: what it holds goes back.</summary>
    void End(ref FloorOrder row, FloorCode reason)
    {
        Release(row, reason);
        Close(ref row, traders[row.Trader]);
    }

    void Release(in FloorOrder row, FloorCode reason)
    {
        Begin();
        if (row.CashHeld > 0) Add(Commands.VoidHold(0, ProgramWriter.IdOf(row.CashHold)), Party.Market);
        if (row.UnitsHeld > 0) Add(Commands.VoidHold(0, ProgramWriter.IdOf(row.UnitHold)), Party.Market);
        // Whoever gave a hold back already, has.
        Do(out _);
        traders[row.Trader].CreditHeld -= row.CashHeld;
        OpenLots(row.Position, row.Side, -row.Remaining);
        TellOrder(FloorEventKind.OrderEnded, row).Code = reason;
    }

    void Close(ref FloorOrder row, TraderState trader)
    {
        Unlink(ref row, trader);
        row = default;
    }

    ref FloorEvent Tell(FloorEventKind kind, int instrument)
    {
        ref var e = ref tape.Add();
        e.Kind = kind;
        e.TimeMicros = now;
        e.Cause = cause;
        e.Instrument = instrument;
        return ref e;
    }

    ref FloorEvent TellOrder(FloorEventKind kind, in FloorOrder row)
    {
        ref var e = ref Tell(kind, row.Instrument);
        e.Side = row.Side;
        e.Trader = traders[row.Trader].Definition.Id;
        e.Order = row.Id;
        e.Price = row.Price;
        e.Remaining = row.Remaining;
        e.Quantity = row.Quantity;
        e.ClientId = row.ClientId;
        return ref e;
    }

    void TellAccepted(in FloorOrder row, long remaining)
    {
        ref var e = ref TellOrder(FloorEventKind.OrderAccepted, row);
        e.Remaining = remaining;
        e.OtherPrice = row.StopPrice;
        e.Other = row.Display;
        (e.Type, e.TimeInForce, e.Effect) = (row.Type, row.TimeInForce, row.Effect);
        e.Session = row.Session;
        e.Actor = line.Actor;
    }

    void TellTrader(TraderState trader) => Tell(FloorEventKind.TraderChanged, 0).Trader = trader.Definition.Id;

    void TellRefused()
    {
        ref var e = ref Tell(FloorEventKind.Refused, line.Kind is FloorKind.NewOrder or FloorKind.ReportedTrade or FloorKind.SetPhase ? line.Instrument : 0);
        e.Code = answerCode;
        if (line.Kind is not (FloorKind.NewOrder or FloorKind.Cancel or FloorKind.Replace or FloorKind.ReportedTrade)) return;
        e.Side = line.Side;
        e.Trader = line.Trader;
        e.Order = line.Kind is FloorKind.Cancel or FloorKind.Replace ? line.Order : 0;
        e.Price = line.Price;
        e.Quantity = line.Quantity;
        e.ClientId = line.ClientId;
    }
}
