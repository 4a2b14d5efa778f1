namespace Verdigris.Book;

// Serial blocks: split, moved, merged. A block taken out of its list stays in the asset's index under its first serial until it joins
// another list, so the intervals never leave a gap.
public sealed partial class BookState
{
    uint freeBlock; // head of the list of free rows, linked by Next

    /// <summary>The range lies wholly in one available block of the holding (adjacent available blocks are always merged).</summary>
    bool HoldsRange(AssetState asset, uint holding, long first, long amount)
    {
        if (!asset.Blocks.Floor(first, out _, out uint row)) return false;
        ref var block = ref BlockTable[row];
        return block.Holding == holding && !block.IsHeld && block.Last >= first + (amount - 1);
    }

    /// <summary>New serials, checked to be free.</summary>
    uint Issue(AssetState asset, long first, long amount)
    {
        if (undo.Active) undo.Asset(asset);
        if (first == 0) first = asset.HighestSerial + 1;
        long last = first + (amount - 1);
        asset.HighestSerial = Math.Max(asset.HighestSerial, last);
        uint row = NewBlock(first, last);
        Insert(asset.Blocks, first, row);
        return row;
    }

    /// <summary>Up to <paramref name="most"/> serials from the holding's oldest available block.</summary>
    uint TakeFirst(AssetState asset, ref HoldingRow holding, long most)
    {
        uint row = holding.BlockHead;
        if (BlockTable[row].Size > most) return SplitFront(asset, row, most);
        Unlink(row);
        return row;
    }

    uint TakeFromHold(AssetState asset, ref HoldRow hold, long most)
    {
        uint row = hold.BlockHead;
        if (BlockTable[row].Size > most) return SplitFront(asset, row, most);
        Unlink(row);
        return row;
    }

    /// <summary>The lowest serials of a block as a block of their own, in no list; the rest keeps its place.</summary>
    uint SplitFront(AssetState asset, uint row, long amount)
    {
        Touch(row);
        ref var rest = ref BlockTable[row];
        long first = rest.First;
        rest.First = first + amount;
        uint taken = NewBlock(first, first + (amount - 1));
        Change(asset.Blocks, first, row, taken);
        Insert(asset.Blocks, BlockTable[row].First, row);
        return taken;
    }

    /// <summary>A range out of the middle of an available block, checked to be there.</summary>
    uint TakeRange(AssetState asset, long first, long amount)
    {
        long last = first + (amount - 1);
        asset.Blocks.Floor(first, out _, out uint row);
        if (BlockTable[row].First == first)
        {
            if (BlockTable[row].Last != last) return SplitFront(asset, row, amount);
            Unlink(row);
            return row;
        }
        Touch(row);
        long end = BlockTable[row].Last;
        BlockTable[row].Last = first - 1;
        if (end > last)
        {
            uint right = NewBlock(last + 1, end);
            ref var left = ref BlockTable[row];
            ref var added = ref BlockTable[right];
            added.Holding = left.Holding;
            added.Age = left.Age;
            added.Previous = row;
            added.Next = left.Next;
            if (left.Next == 0)
            {
                if (undo.Active) undo.Holding(left.Holding, HoldingTable[left.Holding]);
                HoldingTable[left.Holding].BlockTail = right;
            }
            else
            {
                Touch(left.Next);
                BlockTable[left.Next].Previous = right;
            }
            left.Next = right;
            Insert(asset.Blocks, last + 1, right);
        }
        uint taken = NewBlock(first, last);
        Insert(asset.Blocks, first, taken);
        return taken;
    }

    /// <summary>
    /// Puts a block that is in no list at the end of the holding's available list, or merges it with adjacent available blocks of the
    /// holding: the merged block keeps the place of the older one, the left one where both are equally old.
    /// </summary>
    void JoinAvailable(AssetState asset, uint row, uint holding)
    {
        Touch(row);
        long first = BlockTable[row].First, last = BlockTable[row].Last;
        uint left = 0, right = 0;
        if (first > 1 && asset.Blocks.Floor(first - 1, out _, out uint l) && BlockTable[l].Last == first - 1 && IsAvailableOf(l, holding)) left = l;
        if (last < long.MaxValue && asset.Blocks.Floor(last + 1, out long key, out uint r) && key == last + 1 && IsAvailableOf(r, holding)) right = r;
        if (left == 0 && right == 0)
        {
            if (undo.Active) undo.Holding(holding, HoldingTable[holding]);
            ref var owner = ref HoldingTable[holding];
            ref var block = ref BlockTable[row];
            block.Holding = holding;
            block.IsHeld = false;
            block.Age = Moves.Count; // the move just recorded: every joining has its own
            block.Previous = owner.BlockTail;
            block.Next = 0;
            if (owner.BlockTail == 0)
            {
                owner.BlockHead = row;
            }
            else
            {
                Touch(owner.BlockTail);
                BlockTable[owner.BlockTail].Next = row;
            }
            owner.BlockTail = row;
            return;
        }
        if (left != 0) Touch(left);
        if (right != 0) Touch(right);
        if (right == 0)
        {
            BlockTable[left].Last = last;
            Remove(asset.Blocks, first, row);
        }
        else if (left == 0)
        {
            BlockTable[right].First = first;
            Remove(asset.Blocks, last + 1, right);
            Change(asset.Blocks, first, row, right);
        }
        else
        {
            bool keepLeft = BlockTable[left].Age <= BlockTable[right].Age;
            uint kept = keepLeft ? left : right, gone = keepLeft ? right : left;
            long start = BlockTable[left].First, end = BlockTable[right].Last;
            Unlink(gone);
            BlockTable[kept].First = start;
            BlockTable[kept].Last = end;
            Remove(asset.Blocks, first, row);
            Remove(asset.Blocks, last + 1, right);
            if (!keepLeft) Change(asset.Blocks, start, left, right);
            FreeBlock(gone);
        }
        FreeBlock(row);
    }

    bool IsAvailableOf(uint row, uint holding) => BlockTable[row].Holding == holding && !BlockTable[row].IsHeld;

    void JoinHold(uint row, uint number, uint holding)
    {
        Touch(row);
        ref var hold = ref Holds[number];
        ref var block = ref BlockTable[row];
        block.Holding = holding;
        block.IsHeld = true;
        block.Age = number;
        block.Previous = hold.BlockTail;
        block.Next = 0;
        if (hold.BlockTail == 0)
        {
            hold.BlockHead = row;
        }
        else
        {
            Touch(hold.BlockTail);
            BlockTable[hold.BlockTail].Next = row;
        }
        hold.BlockTail = row;
    }

    /// <summary>Takes a block out of the list it is in. A hold's row is saved for undoing by who changes the hold.</summary>
    void Unlink(uint row)
    {
        Touch(row);
        ref var block = ref BlockTable[row];
        uint previous = block.Previous, next = block.Next;
        if (previous != 0)
        {
            Touch(previous);
            BlockTable[previous].Next = next;
        }
        if (next != 0)
        {
            Touch(next);
            BlockTable[next].Previous = previous;
        }
        if (previous == 0 || next == 0)
        {
            if (block.IsHeld)
            {
                ref var hold = ref Holds[block.Age];
                if (previous == 0) hold.BlockHead = next;
                if (next == 0) hold.BlockTail = previous;
            }
            else
            {
                if (undo.Active) undo.Holding(block.Holding, HoldingTable[block.Holding]);
                ref var holding = ref HoldingTable[block.Holding];
                if (previous == 0) holding.BlockHead = next;
                if (next == 0) holding.BlockTail = previous;
            }
        }
        block.Before = block.Next = 0;
    }

    /// <summary>Posts a run of serials: the segments it covers become one, whose lineage names the moves that brought them.</summary>
    void PostRun(AssetState asset, uint debit, uint credit, long first, long amount, bool held, uint command)
    {
        var segments = asset.Segments;
        long last = first + (amount - 1);
        uint link = Moves.Count + 1; // the move about to be recorded
        bool begins = segments.Floor(first, out long start, out uint value);
        if (!begins) value = 0;
        begins = begins && start == first;
        uint node = Nodes.Add();
        ref var lineage = ref Nodes[node];
        lineage.First = first;
        lineage.Parent = value;
        lineage.Parents = 1;
        uint covering = value;
        while (segments.Above(first, out long key, out uint next) && key <= last)
        {
            if (lineage.Parents == 1) lineage.Parent = Parents.Add(new ParentRow { First = first, Move = value });
            Parents.Add(new ParentRow { First = key, Move = next });
            lineage.Parents++;
            covering = next;
            Remove(segments, key, next);
        }
        if (begins) Change(segments, first, value, link);
        else Insert(segments, first, link);
        if (last < long.MaxValue && !(segments.Floor(last + 1, out long after, out _) && after == last + 1)) Insert(segments, last + 1, covering);
        Post(asset, debit, credit, amount, held, command, node + 1);
    }

    uint NewBlock(long first, long last)
    {
        uint row = freeBlock;
        if (row != 0) freeBlock = BlockTable[row].Next;
        else row = BlockTable.Add();
        if (undo.Active) undo.BlockTaken(row);
        BlockTable[row] = new BlockRow { First = first, Last = last };
        return row;
    }

    void FreeBlock(uint row)
    {
        Touch(row);
        if (undo.Active) undo.BlockFreed(row);
        ReturnBlock(row);
    }

    internal void ReturnBlock(uint row)
    {
        BlockTable[row] = new BlockRow { Next = freeBlock };
        freeBlock = row;
    }

    internal void RetakeBlock(uint row)
    {
        if (freeBlock != row) throw new InvalidOperationException("Blocks are taken back in another order than they were freed.");
        freeBlock = BlockTable[row].Next;
    }

    void Touch(uint row)
    {
        if (undo.Active) undo.Block(row, BlockTable[row]);
    }

    void Insert(SerialIndex index, long key, uint value)
    {
        if (undo.Active) undo.Inserted(index, key);
        index.Insert(key, value);
    }

    void Remove(SerialIndex index, long key, uint value)
    {
        if (undo.Active) undo.Removed(index, key, value);
        index.Remove(key);
    }

    void Change(SerialIndex index, long key, uint old, uint value)
    {
        if (undo.Active) undo.Changed(index, key, old);
        index.Set(key, value);
    }
}
