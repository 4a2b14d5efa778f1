using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Verdigris.Book;

/// <summary>
/// Losses of many series in up to sixteen scenarios, and the scan: positions in columns, sixteen running sums a portfolio, no branch in the pass. Thread-safe once made.
/// </summary>
public sealed class ScanTable
{
    /// <summary>Columns of the table; scenarios beyond those given lose nothing.</summary>
    public const int Width = 16;

    readonly long[] losses;
    readonly long largest;

    /// <exception cref="ArgumentException">A series has more than sixteen losses.</exception>
    public ScanTable(IReadOnlyList<SeriesRisk> series)
    {
        ArgumentNullException.ThrowIfNull(series);
        losses = new long[series.Count * Width];
        for (var i = 0; i < series.Count; i++)
        {
            if (series[i].Losses.Count > Width) throw new ArgumentException($"Series {i} has {series[i].Losses.Count} losses; {Width} are possible.", nameof(series));
            for (var s = 0; s < series[i].Losses.Count; s++)
            {
                losses[i * Width + s] = series[i].Losses[s];
                largest = Math.Max(largest, Math.Abs(series[i].Losses[s]));
            }
        }
    }

    public int Series => losses.Length / Width;

    /// <summary>
    /// Sums of losses of each portfolio in each scenario. Positions stand in two columns, portfolio after portfolio.
    /// </summary>
    /// <param name="series">Number of the series of each position.</param>
    /// <param name="lots">Lots of each position, long above 0.</param>
    /// <param name="ends">Index behind the last position of each portfolio, never falling.</param>
    /// <param name="sums">Sixteen for each portfolio.</param>
    /// <exception cref="ArgumentException">Columns of different length, an end that does not fit, or a series that is not in the table.</exception>
    /// <exception cref="OverflowException">A portfolio is so large that a sum could leave the range of a long.</exception>
    public void Scan(ReadOnlySpan<int> series, ReadOnlySpan<int> lots, ReadOnlySpan<int> ends, Span<long> sums)
    {
        if (series.Length != lots.Length || sums.Length < ends.Length * Width || (ends.Length > 0 ? ends[^1] : 0) != series.Length) throw new ArgumentException("Columns, ends and sums do not fit each other.");
        ref var table = ref MemoryMarshal.GetArrayDataReference(losses);
        var (count, begin) = ((uint)Series, 0);
        for (var p = 0; p < ends.Length; p++)
        {
            var end = ends[p];
            if (end < begin || end > series.Length) throw new ArgumentException("Ends of portfolios fall.", nameof(ends));
            var (low, high) = (Vector512<long>.Zero, Vector512<long>.Zero);
            var gross = 0L;
            for (var i = begin; i < end; i++)
            {
                var row = series[i];
                if ((uint)row >= count) throw new ArgumentException($"Series {row} is not in the table.", nameof(series));
                long lot = lots[i];
                var by = Vector512.Create(lot);
                low += Vector512.LoadUnsafe(ref table, (nuint)row * Width) * by;
                high += Vector512.LoadUnsafe(ref table, (nuint)row * Width + 8) * by;
                gross = unchecked(gross + ((lot ^ (lot >> 63)) - (lot >> 63)));
            }
            // Nothing above wraps unless this does not fit: every sum is at most the lots of both sides times the largest loss.
            if ((Int128)gross * largest > long.MaxValue) throw new OverflowException("A portfolio is too large for its losses to be added up.");
            low.CopyTo(sums[(p * Width)..]);
            high.CopyTo(sums[(p * Width + 8)..]);
            begin = end;
        }
    }

    /// <summary>The largest loss of sixteen, and which scenario it is (the first of equal ones); 0 where all gain.</summary>
    public static (long Loss, int Scenario) Worst(ReadOnlySpan<long> sums)
    {
        var (loss, at) = (0L, 0);
        for (var s = 0; s < Width; s++)
            if (sums[s] > loss) (loss, at) = (sums[s], s);
        return (loss, at);
    }
}
