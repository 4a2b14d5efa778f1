using Verdigris.Primitives;
using Verdigris.Registry.Credits.Units;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>Serials of the Book and where they stand, as far as they were looked at: runs that never overlap, in order. Not thread-safe.</summary>
public sealed class SerialRuns
{
    /// <param name="Line">Of the file that brought it there; 0 where it stood so before.</param>
    public readonly record struct Run(long First, long Last, UnitStanding Standing, int Line);

    readonly List<Run> runs = [];

    public IReadOnlyList<Run> All => runs;

    /// <summary>The runs that share serials with a range, cut to it.</summary>
    public IReadOnlyList<Run> Within(SerialRange range)
    {
        var at = FirstNotBefore(range.First);
        if (at == runs.Count || runs[at].First > range.Last) return [];
        var found = new List<Run>();
        for (; at < runs.Count && runs[at].First <= range.Last; at++) found.Add(runs[at] with { First = Math.Max(runs[at].First, range.First), Last = Math.Min(runs[at].Last, range.Last) });
        return found;
    }

    /// <summary>Parts of a range that no run has.</summary>
    public static IEnumerable<SerialRange> Gaps(SerialRange range, IReadOnlyList<Run> within)
    {
        var next = range.First;
        foreach (var run in within)
        {
            if (run.First > next) yield return new(next, run.First - 1);
            next = run.Last + 1;
        }
        if (next <= range.Last) yield return new(next, range.Last);
    }

    /// <summary>Puts a range where it now stands, whatever stood there.</summary>
    public void Set(SerialRange range, UnitStanding standing, int line)
    {
        var at = FirstNotBefore(range.First);
        var end = at;
        while (end < runs.Count && runs[end].First <= range.Last) end++;
        Run? before = at < end && runs[at].First < range.First ? runs[at] with { Last = range.First - 1 } : null;
        Run? after = at < end && runs[end - 1].Last > range.Last ? runs[end - 1] with { First = range.Last + 1 } : null;
        runs.RemoveRange(at, end - at);
        if (after is { } right) runs.Insert(at, right);
        runs.Insert(at, new(range.First, range.Last, standing, line));
        if (before is { } left) runs.Insert(at, left);
    }

    /// <summary>Index of the first run that ends at or after a serial.</summary>
    int FirstNotBefore(long serial)
    {
        var (low, high) = (0, runs.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (runs[middle].Last < serial) low = middle + 1; else high = middle;
        }
        return low;
    }
}
