using System.Text;

namespace Verdigris.Book;

// The state as bytes: what a snapshot holds and what StateHash hashes. Equal states give equal bytes: tables that only grow are written
// as they lie, everything else in an order of its own (lists in list order, maps by key), and block rows, which are reused, not at all.
public sealed partial class BookState
{
    const uint EndMark = uint.MaxValue;

    /// <summary>SHA-256 over the whole state: balances, blocks in the order they would be taken, holds, timers, rules, command ids and history.</summary>
    public byte[] StateHash()
    {
        using var writer = new StateWriter(null);
        Save(writer);
        return writer.Finish();
    }

    internal void Save(StateWriter w)
    {
        w.Value(TimeMicros);
        w.Value(NextSequence);
        w.Value(timerSequence);
        w.Value(Assets.Count);
        foreach (var asset in Assets) SaveAsset(w, asset);
        SaveRules(w);
        w.Table(Accounts);
        w.Table(Commands);
        w.Table(Batches);
        w.Table(Moves);
        w.Table(Checkpoints);
        w.Table(Nodes);
        w.Table(Parents);
        w.Value(HoldingTable.Count);
        for (uint i = 0; i < HoldingTable.Count; i++) w.Value(HoldingTable[i] with { BlockHead = 0, BlockTail = 0 });
        w.Value(Holds.Count);
        for (uint i = 0; i < Holds.Count; i++) w.Value(Holds[i] with { BlockHead = 0, BlockTail = 0 });
        for (uint i = 0; i < HoldingTable.Count; i++) SaveBlocks(w, i, HoldingTable[i].BlockHead);
        w.Value(EndMark);
        for (uint i = 0; i < Holds.Count; i++) SaveBlocks(w, i, Holds[i].BlockHead);
        w.Value(EndMark);
    }

    static void SaveAsset(StateWriter w, AssetState asset)
    {
        Span<byte> code = stackalloc byte[32];
        code.Clear();
        Encoding.ASCII.GetBytes(asset.Code, code);
        w.Value(asset.Id);
        w.Bytes(code);
        w.Value((byte)asset.Kind);
        w.Value((byte)asset.Scale);
        w.Value(asset.Class);
        w.Value(asset.HighestSerial);
        w.Value(asset.Issued);
        w.Value(asset.Segments.Count);
        foreach (var (key, value) in asset.Segments.From(long.MinValue))
        {
            w.Value(key);
            w.Value(value);
        }
    }

    void SaveRules(StateWriter w)
    {
        w.Value(rules.Count);
        foreach (var (key, rule) in rules.OrderBy(r => r.Key))
        {
            w.Value(key);
            w.Value((uint)rule.Flags);
            w.Value(rule.DelayMicros);
        }
        w.Value(trusts.Count);
        foreach (var (key, from) in trusts.OrderBy(t => t.Key))
        {
            w.Value(key.Account);
            w.Value(key.Trusted);
            w.Value(from);
        }
        w.Value(freezes.Count);
        foreach (var (key, scope) in freezes.OrderBy(f => f.Key))
        {
            w.Value(key.Account);
            w.Value(key.Asset);
            w.Value((byte)scope);
        }
    }

    void SaveBlocks(StateWriter w, uint owner, uint head)
    {
        if (head == 0) return;
        w.Value(owner);
        for (uint b = head; b != 0; b = BlockTable[b].Next)
        {
            w.Value(BlockTable[b].First);
            w.Value(BlockTable[b].Last);
            w.Value(BlockTable[b].Age);
        }
        w.Value(0L);
    }

    /// <summary>Fills an empty state. What does not fit together is an <see cref="InvalidDataException"/>; the state is then of no use.</summary>
    internal void Load(StateReader r)
    {
        TimeMicros = r.Value<long>();
        NextSequence = r.Value<long>();
        timerSequence = r.Value<long>();
        for (int n = r.Value<int>(), i = 0; i < n; i++) LoadAsset(r, i);
        for (int n = r.Value<int>(), i = 0; i < n; i++) rules.Add(r.Value<ulong>(), new((RuleFlags)r.Value<uint>(), r.Value<long>()));
        for (int n = r.Value<int>(), i = 0; i < n; i++) trusts.Add((r.Value<long>(), r.Value<long>()), r.Value<long>());
        for (int n = r.Value<int>(), i = 0; i < n; i++) freezes.Add((r.Value<long>(), r.Value<int>()), (FreezeScope)r.Value<byte>());
        r.Table(Accounts);
        r.Table(Commands);
        r.Table(Batches);
        r.Table(Moves);
        r.Table(Checkpoints);
        r.Table(Nodes);
        r.Table(Parents);
        r.Table(HoldingTable);
        r.Table(Holds);
        BuildIndexes();
        LoadBlocks(r, held: false);
        LoadBlocks(r, held: true);
    }

    void LoadAsset(StateReader r, int row)
    {
        int id = r.Value<int>();
        Span<byte> code = stackalloc byte[32];
        r.Bytes(code);
        var asset = new AssetState(row, id, Encoding.ASCII.GetString(code).TrimEnd('\0'), (AssetKind)r.Value<byte>(), r.Value<byte>(), r.Value<ushort>())
        {
            HighestSerial = r.Value<long>(),
            Issued = r.Value<Int128>(),
        };
        for (long n = r.Value<long>(), i = 0; i < n; i++) asset.Segments.Insert(r.Value<long>(), r.Value<uint>());
        AddAsset(asset);
    }

    void BuildIndexes()
    {
        for (uint i = 0; i < Accounts.Count; i++) accountIndex.Add(Mix.Hash(unchecked((ulong)Accounts[i].Id)), i);
        for (uint i = 0; i < HoldingTable.Count; i++) holdingIndex.Add(HoldingHash(HoldingTable[i].Account, HoldingTable[i].Asset), i);
        for (uint i = 0; i < Commands.Count; i++)
        {
            if (i + Ahead < Commands.Count) commandIndex.Prefetch(Commands[i + Ahead].Id);
            commandIndex.Add(Commands[i].Id, i);
        }
        for (uint i = 0; i < Holds.Count; i++)
            if (Holds[i].TimerSequence != 0) timers.Add(new(Holds[i].Time, Holds[i].TimerSequence, i));
    }

    void LoadBlocks(StateReader r, bool held)
    {
        var byAsset = new Dictionary<int, List<(long First, uint Row)>>();
        for (uint owner = r.Value<uint>(); owner != EndMark; owner = r.Value<uint>())
        {
            if (owner >= (held ? Holds.Count : HoldingTable.Count)) throw new InvalidDataException("The snapshot's blocks belong to nobody.");
            uint holding = held ? Holds[owner].Debit : owner, last = 0;
            int asset = HoldingTable[holding].Asset;
            if (!byAsset.TryGetValue(asset, out var list)) byAsset[asset] = list = [];
            for (long first = r.Value<long>(); first != 0; first = r.Value<long>())
            {
                uint row = BlockTable.Add(new BlockRow { First = first, Last = r.Value<long>(), Age = r.Value<uint>(), Holding = holding, IsHeld = held, Previous = last });
                if (last != 0) BlockTable[last].Next = row;
                else if (held) Holds[owner].BlockHead = row;
                else HoldingTable[owner].BlockHead = row;
                last = row;
                list.Add((first, row));
            }
            if (held) Holds[owner].BlockTail = last;
            else HoldingTable[owner].BlockTail = last;
        }
        foreach (var (asset, list) in byAsset)
        {
            list.Sort();
            foreach (var (first, row) in list) Assets[asset].Blocks.Insert(first, row);
        }
    }
}
