namespace Verdigris.Book;

/// <summary>
/// A sorted map from serial number to a 32-bit value: leaves of up to 256 entries under one directory. A full leaf first shares with a
/// neighbour, so that leaves stay about five-sixths full (about 14 bytes an entry). Keys are unique. A posting asks for the same
/// neighbourhood many times, so a search first looks around the place of the last one. Not thread-safe, not even for searches.
/// </summary>
sealed class SerialIndex
{
    const int Capacity = 256, KeysPerLine = 8, Nearby = 2, Far = int.MinValue;

    sealed class Leaf
    {
        public long[] Keys = new long[2];
        public uint[] Values = new uint[2];
        public int Count;
    }

    Leaf[] leaves = new Leaf[1];
    long[] firsts = new long[1];
    int leafCount;
    int lastLeaf, lastIndex;

    public long Count { get; private set; }

    public long Bytes
    {
        get
        {
            long bytes = leaves.Length * 16L;
            for (int i = 0; i < leafCount; i++) bytes += leaves[i].Keys.Length * 12L + 96;
            return bytes;
        }
    }

    /// <summary>The entry with the greatest key not above <paramref name="key"/>.</summary>
    public bool Floor(long key, out long found, out uint value)
    {
        int l = LeafOf(key);
        if (l >= 0)
        {
            var leaf = leaves[l];
            int i = Below(l, key);
            if (i >= 0)
            {
                found = leaf.Keys[i];
                value = leaf.Values[i];
                return true;
            }
        }
        found = 0;
        value = 0;
        return false;
    }

    /// <summary>The entry with the smallest key above <paramref name="key"/>.</summary>
    public bool Above(long key, out long found, out uint value)
    {
        int l = Math.Max(0, LeafOf(key));
        if (l < leafCount)
        {
            int i = Below(l, key) + 1;
            if (i == leaves[l].Count) { l++; i = 0; }
            if (l < leafCount)
            {
                found = leaves[l].Keys[i];
                value = leaves[l].Values[i];
                return true;
            }
        }
        found = 0;
        value = 0;
        return false;
    }

    public void Insert(long key, uint value)
    {
        Count++;
        if (leafCount == 0)
        {
            leaves[0] = new Leaf();
            firsts[0] = key;
            leafCount = 1;
            Put(leaves[0], 0, key, value);
            return;
        }
        int l = Math.Max(0, LeafOf(key));
        var leaf = leaves[l];
        if (leaf.Count == Capacity)
        {
            MakeRoom(l, key);
            l = Math.Max(0, LeafOf(key));
            leaf = leaves[l];
        }
        int i = Below(l, key) + 1;
        if (i > 0 && leaf.Keys[i - 1] == key) throw new InvalidOperationException($"Serial {key} is in the index already.");
        Put(leaf, i, key, value);
        if (i == 0) firsts[l] = key;
    }

    public void Remove(long key)
    {
        var (l, i) = At(key);
        var leaf = leaves[l];
        leaf.Count--;
        Array.Copy(leaf.Keys, i + 1, leaf.Keys, i, leaf.Count - i);
        Array.Copy(leaf.Values, i + 1, leaf.Values, i, leaf.Count - i);
        Count--;
        if (leaf.Count == 0)
        {
            leafCount--;
            Array.Copy(leaves, l + 1, leaves, l, leafCount - l);
            Array.Copy(firsts, l + 1, firsts, l, leafCount - l);
            leaves[leafCount] = null!;
        }
        else if (i == 0)
        {
            firsts[l] = leaf.Keys[0];
        }
    }

    public void Set(long key, uint value)
    {
        var (l, i) = At(key);
        leaves[l].Values[i] = value;
    }

    /// <summary>Gives an entry another key that lies between the same neighbours.</summary>
    public void Rekey(long key, long to)
    {
        var (l, i) = At(key);
        leaves[l].Keys[i] = to;
        if (i == 0) firsts[l] = to;
    }

    /// <summary>Entries in order from the first key not below <paramref name="from"/>.</summary>
    public IEnumerable<(long Key, uint Value)> From(long from)
    {
        for (int l = Math.Max(0, LeafOf(from)); l < leafCount; l++)
            for (int i = 0; i < leaves[l].Count; i++)
                if (leaves[l].Keys[i] >= from) yield return (leaves[l].Keys[i], leaves[l].Values[i]);
    }

    (int Leaf, int Index) At(long key)
    {
        int l = LeafOf(key);
        int i = l < 0 ? -1 : Below(l, key);
        if (i < 0 || leaves[l].Keys[i] != key) throw new InvalidOperationException($"Serial {key} is not in the index.");
        return (l, i);
    }

    /// <summary>Asks the memory for the keys that a search will compare.</summary>
    public void Prefetch(long key)
    {
        int l = LeafOf(key);
        if (l < 0) return;
        var leaf = leaves[l];
        for (int i = 0; i < leaf.Count; i += KeysPerLine) Memory.Prefetch(ref leaf.Keys[i]);
    }

    /// <summary>The leaf that the key lies in; -1 where it is below all.</summary>
    int LeafOf(long key)
    {
        if (lastLeaf < leafCount && firsts[lastLeaf] <= key && (lastLeaf + 1 == leafCount || key < firsts[lastLeaf + 1])) return lastLeaf;
        return Below(firsts.AsSpan(0, leafCount), key);
    }

    /// <summary>Index of the last key of a leaf that is not above the given one; -1 for none.</summary>
    int Below(int l, long key)
    {
        var keys = leaves[l].Keys.AsSpan(0, leaves[l].Count);
        int i = l == lastLeaf ? Near(keys, key, lastIndex) : Far;
        if (i == Far) i = Below(keys, key);
        lastLeaf = l;
        lastIndex = i;
        return i;
    }

    /// <summary>The same within a few keys of a place; <see cref="Far"/> where it is not there.</summary>
    static int Near(ReadOnlySpan<long> keys, long key, int place)
    {
        int from = Math.Max(place - Nearby, 0), until = Math.Min(place + Nearby, keys.Length - 1);
        if (from > until || keys[from] > key) return Far;
        int i = from;
        while (i < until && keys[i + 1] <= key) i++;
        return i < until || i + 1 == keys.Length ? i : Far;
    }

    static int Below(ReadOnlySpan<long> keys, long key)
    {
        int low = 0, high = keys.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (keys[middle] <= key) low = middle + 1;
            else high = middle - 1;
        }
        return high;
    }

    static void Put(Leaf leaf, int i, long key, uint value)
    {
        if (leaf.Count == leaf.Keys.Length)
        {
            int size = Math.Min(Capacity, leaf.Keys.Length * 2);
            Array.Resize(ref leaf.Keys, size);
            Array.Resize(ref leaf.Values, size);
        }
        Array.Copy(leaf.Keys, i, leaf.Keys, i + 1, leaf.Count - i);
        Array.Copy(leaf.Values, i, leaf.Values, i + 1, leaf.Count - i);
        leaf.Keys[i] = key;
        leaf.Values[i] = value;
        leaf.Count++;
    }

    void MakeRoom(int l, long key)
    {
        const int enough = Capacity * 7 / 8;
        if (l + 1 == leafCount && key > leaves[l].Keys[Capacity - 1]) AddLeaf(l + 1, l, Capacity, key); // ascending keys fill leaves wholly
        else if (l + 1 < leafCount && leaves[l + 1].Count < enough) Share(l);
        else if (l > 0 && leaves[l - 1].Count < enough) Share(l - 1);
        else AddLeaf(l + 1, l, Capacity / 2, key);
    }

    /// <summary>A new leaf after <paramref name="from"/> takes its entries from <paramref name="at"/> on; where that is none, it waits for <paramref name="key"/>.</summary>
    void AddLeaf(int position, int from, int at, long key)
    {
        if (leafCount == leaves.Length)
        {
            Array.Resize(ref leaves, leafCount * 2);
            Array.Resize(ref firsts, leafCount * 2);
        }
        Array.Copy(leaves, position, leaves, position + 1, leafCount - position);
        Array.Copy(firsts, position, firsts, position + 1, leafCount - position);
        var leaf = new Leaf { Keys = new long[Capacity], Values = new uint[Capacity] };
        leaves[position] = leaf;
        leafCount++;
        if (at == Capacity)
        {
            firsts[position] = key;
            return;
        }
        Transfer(leaves[from], at, leaf);
        firsts[position] = leaf.Keys[0];
    }

    static void Transfer(Leaf from, int at, Leaf to)
    {
        int n = from.Count - at;
        Array.Copy(from.Keys, at, to.Keys, 0, n);
        Array.Copy(from.Values, at, to.Values, 0, n);
        to.Count = n;
        from.Count = at;
    }

    /// <summary>Evens out leaf <paramref name="l"/> and the one after it.</summary>
    void Share(int l)
    {
        Leaf left = leaves[l], right = leaves[l + 1];
        var keys = new long[left.Count + right.Count];
        var values = new uint[keys.Length];
        Array.Copy(left.Keys, keys, left.Count);
        Array.Copy(left.Values, values, left.Count);
        Array.Copy(right.Keys, 0, keys, left.Count, right.Count);
        Array.Copy(right.Values, 0, values, left.Count, right.Count);
        int half = keys.Length / 2;
        Fill(left, keys, values, 0, half);
        Fill(right, keys, values, half, keys.Length - half);
        firsts[l + 1] = right.Keys[0];
    }

    static void Fill(Leaf leaf, long[] keys, uint[] values, int from, int count)
    {
        if (leaf.Keys.Length < count)
        {
            leaf.Keys = new long[Capacity];
            leaf.Values = new uint[Capacity];
        }
        Array.Copy(keys, from, leaf.Keys, 0, count);
        Array.Copy(values, from, leaf.Values, 0, count);
        leaf.Count = count;
    }
}
