namespace Verdigris.Book;

// Posting, voiding and the timers of holds.
public sealed partial class BookState
{
    Code PostHold(in Command c, uint row)
    {
        if (!ActingForKnown(c.ActingFor)) return Code.ActingForUnknown;
        uint number = FindHold(c.Target);
        if (number == None) return Code.HoldUnknown;
        ref var hold = ref Holds[number];
        if (hold.Ended) return EndedCode(hold.State);
        if (hold.State == HoldState.Scheduled) return Code.HoldScheduled;
        if (c.Amount > hold.Remaining) return Code.AmountOverHold;
        uint debit = HoldingTable[hold.Debit].Account, credit = hold.Credit;
        var asset = Assets[hold.Asset];
        ref var source = ref Accounts[debit];
        ref var destination = ref Accounts[credit];
        if ((source.Flags & AccountFlags.Closed) != 0) return Code.DebitClosed;
        if ((destination.Flags & AccountFlags.Closed) != 0) return Code.CreditClosed;
        if (c.Amount < 0) return Code.AmountNotPositive;
        var rule = FindRule(hold.TransactionType, asset.Class, source.Type, destination.Type);
        if ((rule.Flags & RuleFlags.Allowed) == 0) return Code.NoRule;
        // A pledge was agreed when it was given: who accepts, another pair of eyes and a delay are not asked again, its beneficiary alone decides.
        bool lien = hold.Lien != 0, otherActor = !lien && (rule.Flags & RuleFlags.OtherActor) != 0, releases = (c.Flags & CommandFlags.Releases) != 0;
        if (otherActor && c.Actor == UInt128.Zero) return Code.ActorMissing;
        if (IsFrozen(debit, asset.Id, FreezeScope.Out)) return Code.DebitFrozen;
        if (IsFrozen(credit, asset.Id, FreezeScope.In)) return Code.CreditFrozen;
        if (releases && c.Time <= TimeMicros) return Code.TimePast;
        if (otherActor && c.Actor == hold.Actor) return Code.SameActor;
        if ((lien || (rule.Flags & RuleFlags.AcceptByCredit) != 0) && c.ActingFor != 0 && c.ActingFor != destination.Id) return Code.AcceptByCreditRequired;
        if (!lien && (rule.Flags & RuleFlags.TrustedOrDelay) != 0 && !IsTrusted(debit, credit)
            && IsTooSoon(releases ? c.Time : TimeMicros, hold.OpenedAt, rule.DelayMicros)) return Code.DelayTooShort;
        long amount = c.Amount == 0 ? hold.Remaining : c.Amount;
        if (releases && amount != hold.Remaining) return Code.PartNotSchedulable;
        if (!releases && OverflowsOnPost(number, amount)) return Code.BalanceOverflow;
        if (Moves.Count >= MostRows) return Code.LimitReached;

        Commands[row].TransactionType = hold.TransactionType;
        if (undo.Active) undo.Hold(number, hold);
        if (releases)
        {
            hold.State = HoldState.Scheduled;
            hold.Time = c.Time;
            Schedule(number);
            return Code.Accepted;
        }
        PostFromHold(number, amount, EffectKind.HoldPosted, row);
        if (hold.Remaining > 0 && (c.Flags & CommandFlags.KeepRest) != 0) return Code.Accepted;
        if (hold.Remaining > 0) ReturnFromHold(number, EffectKind.HoldVoided, row, Code.Accepted);
        End(number, HoldState.Posted);
        return Code.Accepted;
    }

    Code VoidHold(in Command c, uint row)
    {
        uint actingFor = c.ActingFor == 0 ? None : FindAccount(c.ActingFor);
        if (c.ActingFor != 0 && actingFor == None) return Code.ActingForUnknown;
        uint number = FindHold(c.Target);
        if (number == None) return Code.HoldUnknown;
        ref var hold = ref Holds[number];
        if (hold.Ended) return EndedCode(hold.State);
        bool allowed = c.ActingFor == 0 || actingFor == hold.Credit || (Accounts[actingFor].Flags & AccountFlags.Authority) != 0
            || hold.Lien == 0 && actingFor == HoldingTable[hold.Debit].Account;
        if (!allowed) return Code.VoidNotAllowed;
        if (Moves.Count >= MostRows) return Code.LimitReached;

        Commands[row].TransactionType = hold.TransactionType;
        if (undo.Active) undo.Hold(number, hold);
        ReturnFromHold(number, EffectKind.HoldVoided, row, Code.Accepted);
        End(number, HoldState.Voided);
        return Code.Accepted;
    }

    /// <summary>The hold a command opened; refused commands and other operations opened none.</summary>
    uint FindHold(UInt128 id)
    {
        if (id == UInt128.Zero) return None;
        uint row = commandIndex.Find(id, new CommandMatch(this, id));
        return row == None || Commands[row].Hold == 0 ? None : Commands[row].Hold - 1;
    }

    static Code EndedCode(HoldState state) => state switch
    {
        HoldState.Posted => Code.HoldPosted,
        HoldState.Expired => Code.HoldExpired,
        HoldState.Released => Code.HoldReleased,
        _ => Code.HoldVoided,
    };

    bool OverflowsOnPost(uint number, long amount)
    {
        ref var hold = ref Holds[number];
        uint credit = FindHolding(hold.Credit, hold.Asset);
        return credit != None && HoldingTable[credit].Total > long.MaxValue - amount;
    }

    /// <summary>Moves units of a hold to its credit account. The caller has checked, and saved the hold for undoing.</summary>
    void PostFromHold(uint number, long amount, EffectKind kind, uint command)
    {
        ref var hold = ref Holds[number];
        var asset = Assets[hold.Asset];
        uint debit = hold.Debit, credit = HoldingOf(hold.Credit, hold.Asset);
        long from = Accounts[HoldingTable[debit].Account].Id, to = Accounts[hold.Credit].Id;
        var id = Commands[hold.Command].Id;
        hold.Remaining -= amount;
        if (!asset.Serialised)
        {
            Post(asset, debit, credit, amount, held: true, command, node: 0);
            AddEffect(kind, asset.Id, from, to, amount, 0, id);
            return;
        }
        for (long left = amount; left > 0;)
        {
            uint block = TakeFromHold(asset, ref hold, left);
            long first = BlockTable[block].First, size = BlockTable[block].Size;
            PostRun(asset, debit, credit, first, size, held: true, command);
            JoinAvailable(asset, block, credit);
            AddEffect(kind, asset.Id, from, to, size, first, id);
            left -= size;
        }
    }

    /// <summary>Gives everything that remains in a hold back to its debit account.</summary>
    void ReturnFromHold(uint number, EffectKind kind, uint command, Code code)
    {
        ref var hold = ref Holds[number];
        var asset = Assets[hold.Asset];
        uint debit = hold.Debit;
        long from = Accounts[HoldingTable[debit].Account].Id, to = Accounts[hold.Credit].Id, left = hold.Remaining;
        var id = Commands[hold.Command].Id;
        hold.Remaining = 0;
        if (!asset.Serialised)
        {
            BringBack(debit, left, command);
            AddEffect(kind, asset.Id, from, to, left, 0, id, code);
            return;
        }
        while (left > 0)
        {
            uint block = TakeFromHold(asset, ref hold, left);
            long first = BlockTable[block].First, size = BlockTable[block].Size;
            BringBack(debit, size, command);
            JoinAvailable(asset, block, debit);
            AddEffect(kind, asset.Id, from, to, size, first, id, code);
            left -= size;
        }
    }

    void End(uint number, HoldState state)
    {
        UnlinkHold(number);
        ref var hold = ref Holds[number];
        hold.State = state;
        hold.TimerSequence = 0;
    }

    /// <summary>Pending holds of a holding are a list, for serialised assets: only there they are asked for, by their blocks.</summary>
    void LinkHold(uint number)
    {
        ref var hold = ref Holds[number];
        if (!Assets[hold.Asset].Serialised) return;
        ref var holding = ref HoldingTable[hold.Debit];
        if (undo.Active) undo.Holding(hold.Debit, holding);
        hold.Older = holding.Holds;
        if (hold.Older != 0)
        {
            ref var older = ref Holds[hold.Older - 1];
            if (undo.Active) undo.Hold(hold.Older - 1, older);
            older.Newer = number + 1;
        }
        holding.Holds = number + 1;
    }

    void UnlinkHold(uint number)
    {
        ref var hold = ref Holds[number];
        if (!Assets[hold.Asset].Serialised) return;
        if (hold.Older != 0)
        {
            ref var older = ref Holds[hold.Older - 1];
            if (undo.Active) undo.Hold(hold.Older - 1, older);
            older.Newer = hold.Newer;
        }
        if (hold.Newer != 0)
        {
            ref var newer = ref Holds[hold.Newer - 1];
            if (undo.Active) undo.Hold(hold.Newer - 1, newer);
            newer.Older = hold.Older;
        }
        else
        {
            ref var holding = ref HoldingTable[hold.Debit];
            if (undo.Active) undo.Holding(hold.Debit, holding);
            holding.Holds = hold.Older;
        }
        hold.Older = hold.Newer = 0;
    }

    void Schedule(uint number)
    {
        ref var hold = ref Holds[number];
        hold.TimerSequence = ++timerSequence;
        timers.Add(new(hold.Time, hold.TimerSequence, number));
    }

    bool IsStale(in TimerHeap.Timer timer) => timer.Hold >= Holds.Count || Holds[timer.Hold].TimerSequence != timer.Sequence;

    /// <summary>Everything due at the batch time, in order.</summary>
    void FireTimers()
    {
        current = -1;
        while (NextDue is { } due && due <= TimeMicros)
        {
            uint number = timers.First.Hold;
            timers.RemoveFirst();
            ref var hold = ref Holds[number];
            if (hold.State == HoldState.Pending)
            {
                ReturnFromHold(number, EffectKind.HoldExpired, hold.Command, Code.Accepted);
                End(number, HoldState.Expired);
                continue;
            }
            var code = ReleaseCode(number);
            if (code == Code.Accepted) PostFromHold(number, hold.Remaining, EffectKind.HoldReleased, hold.Command);
            else ReturnFromHold(number, EffectKind.ReleaseRefused, hold.Command, code);
            End(number, code == Code.Accepted ? HoldState.Released : HoldState.ReleaseRefused);
        }
    }

    /// <summary>Why a due release cannot be posted: closed or frozen accounts, and a credit balance that has no room.</summary>
    Code ReleaseCode(uint number)
    {
        ref var hold = ref Holds[number];
        uint debit = HoldingTable[hold.Debit].Account, credit = hold.Credit;
        int asset = Assets[hold.Asset].Id;
        if ((Accounts[debit].Flags & AccountFlags.Closed) != 0) return Code.DebitClosed;
        if ((Accounts[credit].Flags & AccountFlags.Closed) != 0) return Code.CreditClosed;
        if (IsFrozen(debit, asset, FreezeScope.Out)) return Code.DebitFrozen;
        if (IsFrozen(credit, asset, FreezeScope.In)) return Code.CreditFrozen;
        return OverflowsOnPost(number, hold.Remaining) ? Code.BalanceOverflow : Code.Accepted;
    }
}
