using System.Collections.Immutable;

namespace Verdigris.Simulator.Reference;

/// <summary>
/// The rules for lists of serials (docs/book.md section 4, last paragraph), each as one walk over the list. A list is in the order of taking.
/// </summary>
static class Runs
{
    /// <summary>The lowest serials of the oldest blocks, until there are enough. The list holds at least so many.</summary>
    public static (ImmutableList<Run> Taken, ImmutableList<Run> Left) TakeOldest(ImmutableList<Run> blocks, long count)
    {
        ImmutableList<Run> taken = [];
        while (count > 0)
        {
            Run oldest = blocks[0];
            if (oldest.Count <= count)
            {
                taken = taken.Add(oldest);
                blocks = blocks.RemoveAt(0);
                count -= oldest.Count;
            }
            else
            {
                taken = taken.Add(new(oldest.First, oldest.First + (count - 1)));
                blocks = blocks.SetItem(0, new(oldest.First + count, oldest.Last));
                count = 0;
            }
        }
        return (taken, blocks);
    }

    /// <summary>Cuts a range out of the blocks it lies in; null when some serial of it is in none of them.</summary>
    public static ImmutableList<Run>? Cut(ImmutableList<Run> blocks, Run range)
    {
        List<Run> left = [];
        long found = 0;
        foreach (Run block in blocks)
        {
            Run common = new(Math.Max(block.First, range.First), Math.Min(block.Last, range.Last));
            if (common.Last < common.First)
            {
                left.Add(block);
                continue;
            }
            found += common.Count;
            if (block.First < common.First) left.Add(new(block.First, common.First - 1));
            if (block.Last > common.Last) left.Add(new(common.Last + 1, block.Last));
        }
        return found == range.Count ? [.. left] : null;
    }

    public static bool HoldAtLeast(ImmutableList<Run> blocks, long count)
    {
        Int128 sum = 0;
        foreach (Run block in blocks)
            if ((sum += block.Count) >= count) return true;
        return sum >= count;
    }

    /// <summary>A run arrives: at the end, or merged into a neighbour's place (of two neighbours, the earlier place).</summary>
    public static ImmutableList<Run> Join(ImmutableList<Run> blocks, Run run)
    {
        int below = blocks.FindIndex(b => b.Last == run.First - 1);
        int above = run.Last == long.MaxValue ? -1 : blocks.FindIndex(b => b.First == run.Last + 1);
        if (below < 0 && above < 0) return blocks.Add(run);
        Run merged = new(below < 0 ? run.First : blocks[below].First, above < 0 ? run.Last : blocks[above].Last);
        if (below < 0) return blocks.SetItem(above, merged);
        if (above < 0) return blocks.SetItem(below, merged);
        return blocks.SetItem(Math.Min(below, above), merged).RemoveAt(Math.Max(below, above));
    }

    /// <summary>Adds a run to a sorted set of runs that it does not touch inside; joins it with what it borders on.</summary>
    public static ImmutableList<Run> Insert(ImmutableList<Run> sorted, Run run)
    {
        ImmutableList<Run> joined = Join(sorted, run);
        return joined.Count > sorted.Count ? joined.Sort((a, b) => a.First.CompareTo(b.First)) : joined;
    }

    public static bool Touches(ImmutableList<Run> sorted, Run range) => sorted.Exists(r => r.First <= range.Last && range.First <= r.Last);
}
