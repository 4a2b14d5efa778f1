namespace Verdigris.Book;

/// <summary>
/// Takes back the commands of a chain that failed. Holds the old rows and the inverse of each change of an index, played back last
/// first. Silent outside chains, so single commands pay one test.
/// </summary>
sealed class UndoLog
{
    enum Kind : byte { Holding, Block, Hold, Asset, BlockTaken, BlockFreed, Inserted, Removed, Changed, Rekeyed }

    readonly record struct Entry(Kind Kind, uint Row, long Key, long Old, SerialIndex? Index, AssetState? Asset);

    /// <summary>A stack that takes a row from where it lies: one given by value is copied twice, and the second copy waits until the first, and all that was written before it, has reached the cache.</summary>
    struct Rows<T>() where T : unmanaged
    {
        T[] rows = new T[16];
        int count;

        public void Push(in T row)
        {
            if (count == rows.Length) Array.Resize(ref rows, count * 2);
            ref var place = ref rows[count++];
            place = row;
        }

        public T Pop() => rows[--count];

        public void Clear() => count = 0;
    }

    readonly List<Entry> entries = [];
    Rows<HoldingRow> holdings = new();
    Rows<BlockRow> blocks = new();
    Rows<HoldRow> holds = new();
    Rows<Int128> issued = new();

    public bool Active { get; private set; }

    public void Begin() => Active = true;

    public void Holding(uint row, in HoldingRow value)
    {
        entries.Add(new(Kind.Holding, row, 0, 0, null, null));
        holdings.Push(value);
    }

    public void Block(uint row, in BlockRow value)
    {
        entries.Add(new(Kind.Block, row, 0, 0, null, null));
        blocks.Push(value);
    }

    public void Hold(uint row, in HoldRow value)
    {
        entries.Add(new(Kind.Hold, row, 0, 0, null, null));
        holds.Push(value);
    }

    public void Asset(AssetState asset)
    {
        entries.Add(new(Kind.Asset, 0, 0, asset.HighestSerial, null, asset));
        issued.Push(asset.Issued);
    }

    public void BlockTaken(uint row) => entries.Add(new(Kind.BlockTaken, row, 0, 0, null, null));
    public void BlockFreed(uint row) => entries.Add(new(Kind.BlockFreed, row, 0, 0, null, null));
    public void Inserted(SerialIndex index, long key) => entries.Add(new(Kind.Inserted, 0, key, 0, index, null));
    public void Removed(SerialIndex index, long key, uint value) => entries.Add(new(Kind.Removed, value, key, 0, index, null));
    public void Changed(SerialIndex index, long key, uint old) => entries.Add(new(Kind.Changed, old, key, 0, index, null));
    public void Rekeyed(SerialIndex index, long key, long old) => entries.Add(new(Kind.Rekeyed, 0, key, old, index, null));

    public void Commit()
    {
        Active = false;
        entries.Clear();
        holdings.Clear();
        blocks.Clear();
        holds.Clear();
        issued.Clear();
    }

    public void Rollback(BookState state)
    {
        Active = false;
        for (int i = entries.Count - 1; i >= 0; i--)
        {
            var e = entries[i];
            switch (e.Kind)
            {
                case Kind.Holding: state.HoldingTable[e.Row] = holdings.Pop(); break;
                case Kind.Block: state.BlockTable[e.Row] = blocks.Pop(); break;
                case Kind.Hold: state.Holds[e.Row] = holds.Pop(); break;
                case Kind.Asset:
                    e.Asset!.HighestSerial = e.Old;
                    e.Asset.Issued = issued.Pop();
                    break;
                case Kind.BlockTaken: state.ReturnBlock(e.Row); break;
                case Kind.BlockFreed: state.RetakeBlock(e.Row); break;
                case Kind.Inserted: e.Index!.Remove(e.Key); break;
                case Kind.Removed: e.Index!.Insert(e.Key, e.Row); break;
                case Kind.Changed: e.Index!.Set(e.Key, e.Row); break;
                case Kind.Rekeyed: e.Index!.Rekey(e.Key, e.Old); break;
                default: throw new InvalidOperationException("Unknown entry of the undo log.");
            }
        }
        Commit();
    }
}
