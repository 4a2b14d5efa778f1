namespace Verdigris.Book;

// What can be asked of the state. Costs: a balance, a hold, an owner: one or two look-ups; BalanceAsOf and Life: logarithmic in the
// history, then the entries themselves; Holdings, Statement and Blocks: what they return.
public sealed partial class BookState
{
    public AssetInfo? Asset(int id) => assetById.TryGetValue(id, out var asset) ? Info(asset) : null;

    public AssetInfo? Asset(string code) => assetByCode.TryGetValue(code, out var asset) ? Info(asset) : null;

    static AssetInfo Info(AssetState asset) => new(asset.Id, asset.Code, asset.Kind, asset.Scale, asset.Class);

    public AccountInfo? Account(long id)
    {
        uint row = FindAccount(id);
        if (row == None) return null;
        ref var account = ref Accounts[row];
        return new(account.Id, account.Type, account.Holder, (account.Flags & AccountFlags.Authority) != 0, (account.Flags & AccountFlags.Closed) != 0);
    }

    public Balance Balance(long account, int asset)
    {
        uint holding = HoldingFor(account, asset, out _);
        return holding == None ? default : new(HoldingTable[holding].Available, HoldingTable[holding].Held);
    }

    public Balance BalanceAsOf(long account, int asset, long batch)
    {
        uint holding = HoldingFor(account, asset, out _);
        if (holding == None || batch < 1) return default;
        if (batch >= LastBatch) return new(HoldingTable[holding].Available, HoldingTable[holding].Held);
        uint link = LastMoveBefore(holding, Batches[(uint)batch].FirstMove);
        if (link == 0) return default;
        ref var move = ref Moves[link - 1];
        return move.Debit == holding ? new(move.DebitAvailable, move.DebitHeld) : new(move.CreditAvailable, move.CreditHeld);
    }

    public IReadOnlyList<(int Asset, Balance Balance)> Holdings(long account)
    {
        var list = new List<(int, Balance)>();
        uint row = FindAccount(account);
        if (row == None) return list;
        for (uint h = Accounts[row].Holdings; h != 0; h = HoldingTable[h - 1].NextOfAccount)
        {
            ref var holding = ref HoldingTable[h - 1];
            if (holding.Total != 0) list.Add((Assets[holding.Asset].Id, new(holding.Available, holding.Held)));
        }
        list.Sort((a, b) => a.Item1.CompareTo(b.Item1));
        return list;
    }

    public IReadOnlyList<StatementEntry> Statement(long account, int asset, long before = 0, int limit = 100)
    {
        var list = new List<StatementEntry>();
        uint holding = HoldingFor(account, asset, out _);
        if (holding == None || before < 0 || limit <= 0) return list;
        // A cursor is the link of the entry last read: the entries before it are those of lower rows.
        uint link = before == 0 ? HoldingTable[holding].LastMove : LastMoveBefore(holding, (uint)Math.Min(before - 1, Moves.Count));
        while (link != 0 && list.Count < limit)
        {
            ref var move = ref Moves[link - 1];
            bool debit = move.Debit == holding;
            if (move.Credit != MoveRow.NoCredit)
            {
                long batch = BatchOfMove(link - 1);
                ref var command = ref Commands[move.Command];
                uint other = debit ? move.Credit : move.Debit;
                list.Add(new(link, batch, Batches[(uint)(batch - 1)].Time, Accounts[HoldingTable[other].Account].Id, debit ? -move.Amount : move.Amount,
                    debit ? move.DebitAvailable + move.DebitHeld : move.CreditAvailable + move.CreditHeld,
                    move.Node == 0 ? 0 : Nodes[move.Node - 1].First, command.Id, command.TransactionType));
            }
            link = debit ? move.DebitBefore : move.CreditBefore;
        }
        return list;
    }

    public IReadOnlyList<BlockInfo> Blocks(long account, int asset, int limit = 1000)
    {
        var list = new List<BlockInfo>();
        uint number = HoldingFor(account, asset, out _);
        if (number == None) return list;
        ref var holding = ref HoldingTable[number];
        for (uint b = holding.BlockHead; b != 0 && list.Count < limit; b = BlockTable[b].Next) list.Add(Info(b));
        if (holding.BlockHead == 0 && holding.Holds == 0) return list;
        var pending = new List<uint>();
        for (uint h = holding.Holds; h != 0; h = Holds[h - 1].Older) pending.Add(h - 1);
        for (int i = pending.Count - 1; i >= 0 && list.Count < limit; i--)
            for (uint b = Holds[pending[i]].BlockHead; b != 0 && list.Count < limit; b = BlockTable[b].Next) list.Add(Info(b));
        return list;
    }

    public BlockInfo? Owner(int asset, long serial)
    {
        if (!assetById.TryGetValue(asset, out var found) || !found.Blocks.Floor(serial, out _, out uint row) || BlockTable[row].Last < serial) return null;
        return Info(row);
    }

    BlockInfo Info(uint row)
    {
        ref var block = ref BlockTable[row];
        ref var holding = ref HoldingTable[block.Holding];
        return new(Assets[holding.Asset].Id, Accounts[holding.Account].Id, block.First, block.Last, block.IsHeld ? Commands[Holds[block.Age].Command].Id : UInt128.Zero);
    }

    public IReadOnlyList<SerialMove> Life(int asset, long serial)
    {
        var list = new List<SerialMove>();
        if (!assetById.TryGetValue(asset, out var found) || !found.Segments.Floor(serial, out _, out uint link)) return list;
        while (link != 0)
        {
            ref var move = ref Moves[link - 1];
            ref var node = ref Nodes[move.Node - 1];
            long batch = BatchOfMove(link - 1);
            ref var command = ref Commands[move.Command];
            list.Add(new(batch, Batches[(uint)(batch - 1)].Time, Accounts[HoldingTable[move.Debit].Account].Id, Accounts[HoldingTable[move.Credit].Account].Id,
                node.First, node.First + (move.Amount - 1), command.Id, command.TransactionType));
            link = ParentOf(node, serial);
        }
        list.Reverse();
        return list;
    }

    uint ParentOf(in NodeRow node, long serial)
    {
        if (node.Parents == 1) return node.Parent;
        uint low = 0, high = node.Parents;
        while (low < high)
        {
            uint middle = (low + high) / 2;
            if (Parents[node.Parent + middle].First <= serial) low = middle + 1;
            else high = middle;
        }
        return Parents[node.Parent + low - 1].Move;
    }

    public HoldInfo? Hold(UInt128 id)
    {
        uint number = FindHold(id);
        if (number == None) return null;
        ref var hold = ref Holds[number];
        return new(id, hold.State, Assets[hold.Asset].Id, Accounts[HoldingTable[hold.Debit].Account].Id, Accounts[hold.Credit].Id, hold.Amount, hold.Remaining,
            hold.Lien != 0, hold.Time, hold.TransactionType, hold.Actor, hold.Reference);
    }

    /// <exception cref="OverflowException">Several issuers together have issued more than <see cref="long.MaxValue"/>.</exception>
    public (long Issued, long Owed) Total(int asset) => assetById.TryGetValue(asset, out var found) ? ((long)found.Issued, -(long)found.Issued) : (0, 0);

    public Outcome? OutcomeOf(UInt128 commandId)
    {
        if (commandId == UInt128.Zero) return null;
        uint row = commandIndex.Find(commandId, new CommandMatch(this, commandId));
        if (row == None) return null;
        long batch = BatchOfCommand(row);
        return new(Commands[row].Code, batch, Batches[(uint)(batch - 1)].Time, Repeated: true);
    }

    public bool Trusts(long account, long trusted, long atMicros) => trusts.TryGetValue((account, trusted), out long from) && from <= atMicros;

    public FreezeScope Frozen(long account, int asset) =>
        freezes.GetValueOrDefault((account, 0)) | (asset == 0 ? FreezeScope.None : freezes.GetValueOrDefault((account, asset)));

    uint HoldingFor(long account, int asset, out AssetState? found)
    {
        if (!assetById.TryGetValue(asset, out found)) return None;
        uint row = FindAccount(account);
        return row == None ? None : FindHolding(row, found.Row);
    }

    /// <summary>Link of the holding's last move with a row below <paramref name="row"/>: by checkpoints to within 128 moves, then one by one.</summary>
    uint LastMoveBefore(uint holding, uint row)
    {
        uint link = HoldingTable[holding].LastMove;
        for (uint c = HoldingTable[holding].Checkpoint; c != 0 && Checkpoints[c - 1].Move >= row;)
        {
            ref var checkpoint = ref Checkpoints[c - 1];
            link = checkpoint.Move + 1;
            c = checkpoint.Jump != 0 && Checkpoints[checkpoint.Jump - 1].Move >= row ? checkpoint.Jump : checkpoint.Before;
        }
        while (link != 0 && link - 1 >= row)
        {
            ref var move = ref Moves[link - 1];
            link = move.Debit == holding ? move.DebitBefore : move.CreditBefore;
        }
        return link;
    }
}
