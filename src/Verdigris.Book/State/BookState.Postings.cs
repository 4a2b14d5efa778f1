namespace Verdigris.Book;

// Transfers and the opening of holds: one list of checks in the order of the codes, then the move.
public sealed partial class BookState
{
    /// <summary>What the checks of a posting found on the way.</summary>
    ref struct Posting
    {
        public AssetState Asset;
        public uint Debit, Credit;  // account rows
        public uint DebitHolding, CreditHolding; // None where there is none yet
        public Rule Rule;
    }

    Code Transfer(in Command c, uint row)
    {
        var code = CheckPosting(c, hold: false, out var p);
        if (code != Code.Accepted) return code;
        bool issues = (p.Rule.Flags & RuleFlags.Issues) != 0;
        code = CheckUnits(c, ref p, issues, hold: false);
        if (code != Code.Accepted) return code;

        Commands[row].TransactionType = c.TransactionType;
        uint debit = p.DebitHolding != None ? p.DebitHolding : HoldingOf(p.Debit, p.Asset.Row);
        uint credit = p.CreditHolding != None ? p.CreditHolding : HoldingOf(p.Credit, p.Asset.Row);
        if (!p.Asset.Serialised)
        {
            Post(p.Asset, debit, credit, c.Amount, held: false, row, node: 0);
            AddEffect(EffectKind.Posted, p.Asset.Id, c.Debit, c.Credit, c.Amount, 0, UInt128.Zero);
            return Code.Accepted;
        }
        long left = c.Amount, from = c.SerialFirst;
        while (left > 0)
        {
            uint block = issues ? Issue(p.Asset, from, left) : from != 0 ? TakeRange(p.Asset, from, left) : TakeFirst(p.Asset, ref HoldingTable[debit], left);
            long first = BlockTable[block].First, size = BlockTable[block].Size;
            PostRun(p.Asset, debit, credit, first, size, held: false, row);
            JoinAvailable(p.Asset, block, credit);
            AddEffect(EffectKind.Posted, p.Asset.Id, c.Debit, c.Credit, size, first, UInt128.Zero);
            left -= size;
        }
        return Code.Accepted;
    }

    Code OpenHold(in Command c, uint row)
    {
        var code = CheckPosting(c, hold: true, out var p);
        if (code != Code.Accepted) return code;
        bool issues = (p.Rule.Flags & RuleFlags.Issues) != 0, timed = (c.Flags & (CommandFlags.Expires | CommandFlags.Releases)) != 0;
        bool releases = (c.Flags & CommandFlags.Releases) != 0;
        if (timed && c.Time <= TimeMicros) return Code.TimePast;
        bool lien = (c.Flags & CommandFlags.Lien) != 0;
        if (releases && !lien && (p.Rule.Flags & RuleFlags.TrustedOrDelay) != 0 && !IsTrusted(p.Debit, p.Credit) && IsTooSoon(c.Time, TimeMicros, p.Rule.DelayMicros)) return Code.DelayTooShort;
        code = CheckUnits(c, ref p, issues, hold: true);
        if (code != Code.Accepted) return code;

        uint debit = HoldingOf(p.Debit, p.Asset.Row);
        uint number = Holds.Add();
        ref var hold = ref Holds[number];
        hold.Command = row;
        hold.Debit = debit;
        hold.Credit = p.Credit;
        hold.Asset = p.Asset.Row;
        hold.Amount = hold.Remaining = c.Amount;
        hold.Time = c.Time;
        hold.OpenedAt = TimeMicros;
        hold.Actor = c.Actor;
        hold.Reference = c.Reference;
        hold.TransactionType = c.TransactionType;
        hold.Lien = lien ? (byte)1 : (byte)0;
        hold.State = releases ? HoldState.Scheduled : HoldState.Pending;
        ref var remembered = ref Commands[row];
        remembered.Hold = number + 1;
        remembered.TransactionType = c.TransactionType;
        LinkHold(number);
        if (timed) Schedule(number);

        if (!p.Asset.Serialised)
        {
            SetAside(debit, c.Amount, row);
            AddEffect(EffectKind.Held, p.Asset.Id, c.Debit, c.Credit, c.Amount, 0, c.Id);
            return Code.Accepted;
        }
        long left = c.Amount, from = c.SerialFirst;
        while (left > 0)
        {
            uint block = issues ? Issue(p.Asset, from, left) : from != 0 ? TakeRange(p.Asset, from, left) : TakeFirst(p.Asset, ref HoldingTable[debit], left);
            long first = BlockTable[block].First, size = BlockTable[block].Size;
            SetAside(debit, size, row);
            JoinHold(block, number, debit);
            AddEffect(EffectKind.Held, p.Asset.Id, c.Debit, c.Credit, size, first, c.Id);
            left -= size;
        }
        return Code.Accepted;
    }

    /// <summary>Checks 12 to 61.</summary>
    Code CheckPosting(in Command c, bool hold, out Posting p)
    {
        p = default;
        var asset = FindAsset(c.Asset);
        if (asset is null) return Code.AssetUnknown;
        var (debit, credit) = Parties(c);
        if (debit == None) return Code.DebitUnknown;
        if (credit == None) return Code.CreditUnknown;
        uint actingFor = None;
        if (c.ActingFor != 0)
        {
            actingFor = c.ActingFor == c.Debit ? debit : c.ActingFor == c.Credit ? credit : FindAccount(c.ActingFor);
            if (actingFor == None) return Code.ActingForUnknown;
        }
        if (debit == credit) return Code.SameAccount;
        ref var source = ref Accounts[debit];
        ref var destination = ref Accounts[credit];
        if ((source.Flags & AccountFlags.Closed) != 0) return Code.DebitClosed;
        if ((destination.Flags & AccountFlags.Closed) != 0) return Code.CreditClosed;
        if (c.Amount <= 0) return Code.AmountNotPositive;
        if (c.SerialFirst != 0)
        {
            if (!asset.Serialised) return Code.SerialOnFungible;
            if (c.SerialFirst < 0 || c.SerialFirst > long.MaxValue - (c.Amount - 1)) return Code.SerialRangeInvalid;
        }
        var rule = FindRule(c.TransactionType, asset.Class, source.Type, destination.Type);
        if ((rule.Flags & RuleFlags.Allowed) == 0) return Code.NoRule;
        if (c.ActingFor != 0 && !MayPropose(rule, c.TransactionType, asset.Class, actingFor, debit)) return Code.ProposerNotAllowed;
        if (hold)
        {
            if ((rule.Flags & RuleFlags.OtherActor) != 0 && c.Actor == UInt128.Zero) return Code.ActorMissing;
        }
        else
        {
            if ((rule.Flags & RuleFlags.MustHold) != 0) return Code.HoldRequired;
            if ((rule.Flags & RuleFlags.TrustedOrDelay) != 0 && !IsTrusted(debit, credit)) return Code.NotTrusted;
        }
        if (((source.Flags | destination.Flags) & AccountFlags.HasFreeze) != 0)
        {
            if (IsFrozen(debit, c.Asset, FreezeScope.Out)) return Code.DebitFrozen;
            if (IsFrozen(credit, c.Asset, FreezeScope.In)) return Code.CreditFrozen;
        }
        p.Asset = asset;
        p.Debit = debit;
        p.Credit = credit;
        p.Rule = rule;
        return Code.Accepted;
    }

    /// <summary>Checks 90 to 94. Nothing has moved yet, and after this nothing can fail.</summary>
    Code CheckUnits(in Command c, ref Posting p, bool issues, bool hold)
    {
        uint debit = p.DebitHolding = FindHolding(p.Debit, p.Asset.Row), credit = p.CreditHolding = hold ? None : FindHolding(p.Credit, p.Asset.Row);
        long available = debit == None ? 0 : HoldingTable[debit].Available;
        bool full = false;
        if (issues)
        {
            if (p.Asset.Serialised)
            {
                if (c.SerialFirst == 0) full = c.Amount > long.MaxValue - p.Asset.HighestSerial;
                else if (p.Asset.Blocks.Floor(c.SerialFirst + (c.Amount - 1), out _, out uint block) && BlockTable[block].Last >= c.SerialFirst) return Code.SerialAlreadyIssued;
            }
            if (available < long.MinValue + c.Amount) return Code.BalanceOverflow;
        }
        else
        {
            if (available < c.Amount) return Code.InsufficientBalance;
            if (c.SerialFirst != 0 && !HoldsRange(p.Asset, debit, c.SerialFirst, c.Amount)) return Code.SerialNotHeld;
        }
        if (hold)
        {
            if (debit != None && HoldingTable[debit].Held > long.MaxValue - c.Amount) return Code.BalanceOverflow;
        }
        else if (credit != None && HoldingTable[credit].Total > long.MaxValue - c.Amount) return Code.BalanceOverflow;
        return full || Moves.Count >= MostRows || Holds.Count >= MostRows ? Code.LimitReached : Code.Accepted;
    }

    static bool IsTooSoon(long time, long openedAt, long delay) => (Int128)time < (Int128)openedAt + delay;

    void AddEffect(EffectKind kind, int asset, long debit, long credit, long amount, long first, UInt128 hold, Code code = Code.Accepted)
    {
        if (effects is null) return;
        ref var effect = ref effects.Add();
        effect.Kind = kind;
        effect.Asset = asset;
        effect.Debit = debit;
        effect.Credit = credit;
        effect.Amount = amount;
        effect.SerialFirst = first;
        effect.Hold = hold;
        effect.CommandIndex = current;
        effect.Code = code;
    }

    /// <summary>Units from the debit holding (available, or held) to the credit holding's available.</summary>
    void Post(AssetState asset, uint debit, uint credit, long amount, bool held, uint command, uint node)
    {
        ref var from = ref HoldingTable[debit];
        ref var to = ref HoldingTable[credit];
        if (undo.Active)
        {
            undo.Holding(debit, from);
            undo.Holding(credit, to);
            undo.Asset(asset);
        }
        long fromTotal = from.Total, toTotal = to.Total;
        if (held) from.Held -= amount;
        else from.Available -= amount;
        to.Available += amount;
        // What exists is the sum of the totals above zero; between two ordinary holders it does not change.
        if (fromTotal < amount || toTotal < 0)
        {
            asset.Issued += Positive((Int128)fromTotal - amount) - Positive(fromTotal);
            asset.Issued += Positive((Int128)toTotal + amount) - Positive(toTotal);
        }
        Record(command, node, debit, credit, amount);
    }

    static Int128 Positive(Int128 total) => total > 0 ? total : 0;

    /// <summary>Available units become held ones.</summary>
    void SetAside(uint holding, long amount, uint command)
    {
        ref var from = ref HoldingTable[holding];
        if (undo.Active) undo.Holding(holding, from);
        from.Available -= amount;
        from.Held += amount;
        Record(command, 0, holding, MoveRow.NoCredit, amount);
    }

    /// <summary>Held units become available again.</summary>
    void BringBack(uint holding, long amount, uint command)
    {
        ref var from = ref HoldingTable[holding];
        if (undo.Active) undo.Holding(holding, from);
        from.Held -= amount;
        from.Available += amount;
        Record(command, 0, holding, MoveRow.NoCredit, amount);
    }

    void Record(uint command, uint node, uint debit, uint credit, long amount)
    {
        uint row = Moves.Add();
        ref var move = ref Moves[row];
        ref var from = ref HoldingTable[debit];
        move.Command = command;
        move.Node = node;
        move.Debit = debit;
        move.Credit = credit;
        move.Amount = amount;
        move.DebitBefore = from.LastMove;
        move.DebitAvailable = from.Available;
        move.DebitHeld = from.Held;
        from.LastMove = row + 1;
        if ((++from.Moves & 127) == 0) AddCheckpoint(ref from, row);
        if (credit == MoveRow.NoCredit) return;
        ref var to = ref HoldingTable[credit];
        move.CreditBefore = to.LastMove;
        move.CreditAvailable = to.Available;
        move.CreditHeld = to.Held;
        to.LastMove = row + 1;
        if ((++to.Moves & 127) == 0) AddCheckpoint(ref to, row);
    }

    void AddCheckpoint(ref HoldingRow holding, uint move)
    {
        uint before = holding.Checkpoint, number = Checkpoints.Add();
        ref var added = ref Checkpoints[number];
        added.Move = move;
        added.Before = added.Jump = before;
        added.Depth = 1;
        if (before != 0)
        {
            ref var last = ref Checkpoints[before - 1];
            added.Depth = last.Depth + 1;
            if (last.Jump != 0)
            {
                // Jumps follow the skew-binary numbers: two equal spans in a row become one.
                ref var jump = ref Checkpoints[last.Jump - 1];
                uint further = jump.Jump == 0 ? 0 : Checkpoints[jump.Jump - 1].Depth;
                if (last.Depth - jump.Depth == jump.Depth - further) added.Jump = jump.Jump == 0 ? before : jump.Jump;
            }
        }
        holding.Checkpoint = number + 1;
    }
}
