using System.Diagnostics;
using Verdigris.Registry.Compliance;

namespace Verdigris.Bench.Rows;

/// <summary>Row R2: the statuses of all operators of a large scheme over ten years, each year verified, surrendered for and judged.</summary>
sealed class RegistryRows(BenchOptions options)
{
    const int Operators = 25_000, Years = 10, First = 2021;

    int Rounds => options.Quick ? 3 : 9;

    public IEnumerable<BenchLine> Compliance()
    {
        var random = new Random(2);
        var drawn = new (decimal Emitted, decimal Surrendered)[Operators * Years];
        for (var i = 0; i < drawn.Length; i++)
        {
            var emitted = random.Next(1, 2_000_000);
            drawn[i] = (emitted, random.Next(20) switch { 0 => 0, 1 => emitted / 2, 2 => emitted * 2m, _ => emitted });
        }
        var seconds = new double[Rounds];
        var counts = new int[Enum.GetValues<ComplianceStatus>().Length];
        for (var round = -1; round < Rounds; round++) // the first compiles
        {
            Array.Clear(counts);
            GC.Collect();
            var begin = Stopwatch.GetTimestamp();
            for (var o = 0; o < Operators; o++)
            {
                var years = new OperatorYears(First);
                for (var y = 0; y < Years; y++)
                {
                    var (emitted, surrendered) = drawn[o * Years + y];
                    years.Turn(First + y + 1);
                    years.Emit(First + y, emitted);
                    counts[(int)years.Surrender(surrendered).Value]++;
                }
            }
            if (round >= 0) seconds[round] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
        if (counts.Sum() != Operators * Years || counts[(int)ComplianceStatus.A] == 0 || counts[(int)ComplianceStatus.B] == 0) throw new InvalidOperationException("A year has no status.");
        Array.Sort(seconds);
        var median = seconds[Rounds / 2];
        yield return new("R2", $"compliance of {Operators:N0} operators over {Years} years, judged after every event", $"median {BenchTable.Ms(median * 1000)} ({BenchTable.Ms(seconds[0] * 1000)} to {BenchTable.Ms(seconds[^1] * 1000)})", "< 2 s", median < 2,
            $"{counts[(int)ComplianceStatus.A]:N0} statuses A, {counts[(int)ComplianceStatus.B]:N0} B", "one core: sums over the years");
    }
}
