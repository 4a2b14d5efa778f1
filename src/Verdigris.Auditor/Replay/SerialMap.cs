namespace Verdigris.Auditor.Replay;

/// <summary>A run of serials in one holding; <see cref="Hold"/> is the slot of the hold it lies in, or <see cref="SerialMap.Available"/>.</summary>
record struct Run(long First, long Last, int Holding, int Hold)
{
    public readonly bool SameOwner(int holding, int hold) => Holding == holding && Hold == hold;
}

/// <summary>
/// Where every issued serial of one asset lies: ordered runs that never overlap, in chunks of bounded size, so that a look-up is two
/// binary searches and a change moves a few kilobytes at most. Neighbours with the same owner are merged.
/// </summary>
sealed class SerialMap
{
    public const int Available = -1;
    const int ChunkSize = 256;

    sealed class Chunk
    {
        public readonly Run[] Runs = new Run[ChunkSize];
        public int Count;
        public long First => Runs[0].First;
    }

    readonly List<Chunk> chunks = [];

    /// <summary>Highest serial ever issued; 0 before the first.</summary>
    public long Highest { get; private set; }

    public IEnumerable<Run> All()
    {
        foreach (var chunk in chunks)
            for (var i = 0; i < chunk.Count; i++) yield return chunk.Runs[i];
    }

    /// <summary>The run a serial lies in, or null where it was never issued.</summary>
    public Run? Find(long serial) => Locate(serial, out var c, out var i) ? chunks[c].Runs[i] : null;

    /// <summary>The first run that touches an interval, or null where none of it was issued.</summary>
    public Run? Touching(long first, long last)
    {
        if (Locate(first, out var c, out var i)) return chunks[c].Runs[i];
        Normalise(ref c, ref i);
        return c < chunks.Count && chunks[c].Runs[i].First <= last ? chunks[c].Runs[i] : null;
    }

    /// <summary>
    /// The first serial of an interval that does not lie where it should, or 0 where all do. <paramref name="where"/> is the run it lies in
    /// instead, null where it was never issued.
    /// </summary>
    public long FirstElsewhere(long first, long last, int holding, int hold, out Run? where)
    {
        where = null;
        var next = first;
        var found = Locate(first, out var c, out var i);
        while (true)
        {
            if (!found) return next;
            var run = chunks[c].Runs[i];
            if (!run.SameOwner(holding, hold)) { where = run; return next; }
            if (run.Last >= last) return 0;
            next = run.Last + 1;
            i++;
            Normalise(ref c, ref i);
            found = c < chunks.Count && chunks[c].Runs[i].First == next;
        }
    }

    /// <summary>Puts an interval where an effect says it goes, whatever was there; serials not seen before are issued by this.</summary>
    public void Put(long first, long last, int holding, int hold)
    {
        Highest = Math.Max(Highest, last);
        Cut(first);
        if (last < long.MaxValue) Cut(last + 1);
        Locate(first, out var c, out var i);
        Normalise(ref c, ref i);
        while (c < chunks.Count && chunks[c].Runs[i].First <= last)
        {
            RemoveAt(c, i);
            Normalise(ref c, ref i);
        }
        // Merge with the neighbours, right one first so that the position of the left one stays.
        if (c < chunks.Count && last < long.MaxValue && chunks[c].Runs[i].First == last + 1 && chunks[c].Runs[i].SameOwner(holding, hold))
        {
            last = chunks[c].Runs[i].Last;
            RemoveAt(c, i);
        }
        if (first > 1 && Locate(first - 1, out var lc, out var li) && chunks[lc].Runs[li].SameOwner(holding, hold))
            chunks[lc].Runs[li].Last = last;
        else
            Insert(new(first, last, holding, hold));
    }

    /// <summary>Makes a run begin at a serial, if one runs across it.</summary>
    void Cut(long serial)
    {
        if (!Locate(serial, out var c, out var i)) return;
        ref var run = ref chunks[c].Runs[i];
        if (run.First == serial) return;
        var right = run with { First = serial };
        run.Last = serial - 1;
        Insert(right);
    }

    void Insert(Run run)
    {
        Locate(run.First, out var c, out var i);
        if (chunks.Count == 0) chunks.Add(new());
        if (c == chunks.Count) { c--; i = chunks[c].Count; }
        var chunk = chunks[c];
        if (chunk.Count == ChunkSize)
        {
            // Appending leaves full chunks behind; anything else splits in the middle.
            var keep = i == ChunkSize && c == chunks.Count - 1 ? ChunkSize : ChunkSize / 2;
            var right = new Chunk { Count = ChunkSize - keep };
            Array.Copy(chunk.Runs, keep, right.Runs, 0, right.Count);
            chunk.Count = keep;
            chunks.Insert(c + 1, right);
            if (i > keep || keep == ChunkSize) { chunk = right; i -= keep; }
        }
        Array.Copy(chunk.Runs, i, chunk.Runs, i + 1, chunk.Count - i);
        chunk.Runs[i] = run;
        chunk.Count++;
    }

    void RemoveAt(int c, int i)
    {
        var chunk = chunks[c];
        Array.Copy(chunk.Runs, i + 1, chunk.Runs, i, chunk.Count - i - 1);
        if (--chunk.Count == 0) chunks.RemoveAt(c);
    }

    /// <summary>A position past the end of a chunk becomes the start of the next one.</summary>
    void Normalise(ref int c, ref int i)
    {
        if (c >= chunks.Count || i < chunks[c].Count) return;
        c++;
        i = 0;
    }

    /// <summary>True with the run that holds the serial; false with the place where a run beginning there would be inserted.</summary>
    bool Locate(long serial, out int c, out int i)
    {
        int low = 0, high = chunks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (chunks[middle].First <= serial) low = middle + 1; else high = middle - 1;
        }
        c = Math.Max(high, 0);
        i = 0;
        if (chunks.Count == 0 || high < 0) return false;
        var chunk = chunks[c];
        low = 0;
        high = chunk.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (chunk.Runs[middle].First <= serial) low = middle + 1; else high = middle - 1;
        }
        if (chunk.Runs[high].Last >= serial) { i = high; return true; }
        i = high + 1;
        return false;
    }
}
