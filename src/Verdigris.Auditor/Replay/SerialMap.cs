using System.Runtime.InteropServices;

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
    }

    readonly List<Chunk> chunks = [];

    /// <summary>First serial of each chunk, beside each other so that the first search stays in the processor's cache.</summary>
    readonly List<long> firsts = [];

    /// <summary>Highest serial ever issued; 0 before the first.</summary>
    public long Highest { get; private set; }

    public IEnumerable<Run> All()
    {
        foreach (var chunk in chunks)
            for (var i = 0; i < chunk.Count; i++) yield return chunk.Runs[i];
    }

    /// <summary>The first run that touches an interval, or null where none of it was issued.</summary>
    public Run? Touching(long first, long last)
    {
        if (first > Highest) return null;
        if (Locate(first, out var c, out var i)) return chunks[c].Runs[i];
        Normalise(ref c, ref i);
        return c < chunks.Count && chunks[c].Runs[i].First <= last ? chunks[c].Runs[i] : null;
    }

    /// <summary>
    /// Moves an interval from one owner to another if all of it lies with the first. Otherwise it moves nothing and gives the first serial that
    /// lies elsewhere (0 where all is well); <paramref name="where"/> is the run it lies in instead, null where it was never issued.
    /// </summary>
    public long Move(long first, long last, int holding, int hold, int toHolding, int toHold, out Run? where)
    {
        where = null;
        var found = Locate(first, out var c, out var i);
        if (found && chunks[c].Runs[i] is var run && run.SameOwner(holding, hold) && run.Last >= last && ReplacePart(c, i, new(first, last, toHolding, toHold))) return 0;
        var next = first;
        while (true)
        {
            if (!found) return next;
            run = chunks[c].Runs[i];
            if (!run.SameOwner(holding, hold)) { where = run; return next; }
            if (run.Last >= last) break;
            next = run.Last + 1;
            i++;
            Normalise(ref c, ref i);
            found = c < chunks.Count && chunks[c].Runs[i].First == next;
        }
        Put(first, last, toHolding, toHold);
        return 0;
    }

    /// <summary>Puts an interval where an effect says it goes, whatever was there; serials not seen before are issued by this.</summary>
    public void Put(long first, long last, int holding, int hold)
    {
        if (first > Highest) { Append(new(first, last, holding, hold)); return; }
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

    /// <summary>Issuing above everything issued: the usual way.</summary>
    void Append(Run run)
    {
        Highest = run.Last;
        if (chunks.Count > 0)
        {
            ref var before = ref chunks[^1].Runs[chunks[^1].Count - 1];
            if (before.Last + 1 == run.First && before.SameOwner(run.Holding, run.Hold)) { before.Last = run.Last; return; }
        }
        if (chunks.Count == 0 || chunks[^1].Count == ChunkSize)
        {
            chunks.Add(new());
            firsts.Add(run.First);
        }
        chunks[^1].Runs[chunks[^1].Count++] = run;
    }

    /// <summary>
    /// Gives a part of one run to another owner in place, the move nearly all transfers make; false where a chunk is too full or its neighbour
    /// chunk would take part, which the general way handles.
    /// </summary>
    bool ReplacePart(int c, int i, Run part)
    {
        var chunk = chunks[c];
        var runs = chunk.Runs;
        if (i == 0 || i == chunk.Count - 1 || chunk.Count > ChunkSize - 2) return false;
        var run = runs[i];
        if (run.SameOwner(part.Holding, part.Hold)) return true;
        bool restLeft = run.First < part.First, restRight = run.Last > part.Last;
        var mergeLeft = !restLeft && runs[i - 1].Last + 1 == part.First && runs[i - 1].SameOwner(part.Holding, part.Hold);
        var mergeRight = !restRight && runs[i + 1].First - 1 == part.Last && runs[i + 1].SameOwner(part.Holding, part.Hold);
        if (mergeLeft) part.First = runs[i - 1].First;
        if (mergeRight) part.Last = runs[i + 1].Last;
        var from = mergeLeft ? i - 1 : i;
        var until = mergeRight ? i + 2 : i + 1;
        var length = 1 + (restLeft ? 1 : 0) + (restRight ? 1 : 0);
        var shift = length - (until - from);
        if (shift != 0) Array.Copy(runs, until, runs, until + shift, chunk.Count - until);
        chunk.Count += shift;
        if (restLeft) runs[from++] = run with { Last = part.First - 1 };
        runs[from++] = part;
        if (restRight) runs[from] = run with { First = part.Last + 1 };
        firsts[c] = runs[0].First;
        return true;
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
        if (chunks.Count == 0) { chunks.Add(new()); firsts.Add(run.First); }
        var chunk = chunks[c];
        if (chunk.Count == ChunkSize)
        {
            const int keep = ChunkSize / 2;
            var right = new Chunk { Count = ChunkSize - keep };
            Array.Copy(chunk.Runs, keep, right.Runs, 0, right.Count);
            chunk.Count = keep;
            chunks.Insert(c + 1, right);
            firsts.Insert(c + 1, right.Runs[0].First);
            if (i > keep) { chunk = right; i -= keep; c++; }
        }
        Array.Copy(chunk.Runs, i, chunk.Runs, i + 1, chunk.Count - i);
        chunk.Runs[i] = run;
        chunk.Count++;
        firsts[c] = chunk.Runs[0].First;
    }

    void RemoveAt(int c, int i)
    {
        var chunk = chunks[c];
        Array.Copy(chunk.Runs, i + 1, chunk.Runs, i, chunk.Count - i - 1);
        if (--chunk.Count > 0) { firsts[c] = chunk.Runs[0].First; return; }
        chunks.RemoveAt(c);
        firsts.RemoveAt(c);
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
        var starts = CollectionsMarshal.AsSpan(firsts);
        int low = 0, high = starts.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (starts[middle] <= serial) low = middle + 1; else high = middle - 1;
        }
        c = Math.Max(high, 0);
        i = 0;
        if (high < 0) return false;
        var runs = chunks[c].Runs;
        low = 0;
        high = chunks[c].Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            if (runs[middle].First <= serial) low = middle + 1; else high = middle - 1;
        }
        if (runs[high].Last >= serial) { i = high; return true; }
        i = high + 1;
        return false;
    }
}
