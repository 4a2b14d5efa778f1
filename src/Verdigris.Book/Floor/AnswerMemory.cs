namespace Verdigris.Book;

/// <summary>The last answers by the id of their line, so that a line sent again gets its first answer: at least the last half of what it holds. Two tables that take turns; nothing is cleared.</summary>
sealed class AnswerMemory
{
    const int Slots = 1 << 17, Most = Slots / 2;

    struct Entry
    {
        public UInt128 Id;
        public long First, Second;
        public int Round;
        public ushort Code;
    }

    readonly Entry[][] tables = [new Entry[Slots], new Entry[Slots]];
    int round = 1, count;

    /// <summary>Asks the memory for where an answer will be kept.</summary>
    public void Prefetch(UInt128 id) => Memory.Prefetch(ref tables[round & 1][SlotOf(id)].Round);

    public void Keep(UInt128 id, ushort code, long first, long second)
    {
        if (count == Most)
        {
            round++;
            count = 0;
        }
        ref var entry = ref Find(id, round, out _);
        if (entry.Round != round) count++;
        entry.Id = id;
        entry.First = first;
        entry.Second = second;
        entry.Round = round;
        entry.Code = code;
    }

    /// <summary>The answer to a line, where it is still known.</summary>
    public ProgramAnswer? Recall(UInt128 id)
    {
        for (int r = round; r > Math.Max(0, round - 2); r--)
        {
            ref var entry = ref Find(id, r, out bool found);
            if (found) return new(entry.Code, entry.First, entry.Second);
        }
        return null;
    }

    public void Clear()
    {
        round += 2; // what is there belongs to rounds no longer looked at
        count = 0;
    }

    static int SlotOf(UInt128 id) => (int)(Mix.Hash(id) & (Slots - 1));

    /// <summary>The entry of an id, or the free one where it would go; entries of earlier rounds are free.</summary>
    ref Entry Find(UInt128 id, int inRound, out bool found)
    {
        var table = tables[inRound & 1];
        for (int at = SlotOf(id); ; at = (at + 1) & (Slots - 1))
        {
            ref var entry = ref table[at];
            found = entry.Round == inRound && entry.Id == id;
            if (found || entry.Round != inRound) return ref entry;
        }
    }
}
