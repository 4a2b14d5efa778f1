using System.Diagnostics;
using Verdigris.Book;

namespace Verdigris.Bench.Rows;

/// <summary>Row M5: a million positions through sixteen scenarios, and options by the formula, beside plain loops of the same run.</summary>
sealed class MarginRows(BenchOptions options)
{
    const int Positions = 1_000_000, Series = 500, Portfolios = 20_000, Options = 1_000_000;

    int Rounds => options.Quick ? 5 : 15;

    public IEnumerable<BenchLine> Run()
    {
        var random = new Random(1);
        var risks = Enumerable.Range(0, Series).Select(_ => new SeriesRisk([.. Enumerable.Range(0, ScanTable.Width).Select(_ => random.NextInt64(-500_000, 500_000))], SeriesRisk.WholeDelta, 0)).ToList();
        var table = new ScanTable(risks);
        var (series, lots, ends, sums) = (new int[Positions], new int[Positions], new int[Portfolios], new long[Portfolios * ScanTable.Width]);
        for (var i = 0; i < Positions; i++) (series[i], lots[i]) = (random.Next(Series), random.Next(-500, 501));
        for (var p = 0; p < Portfolios; p++) ends[p] = (p + 1) * (Positions / Portfolios);
        var worst = new long[Portfolios];
        var scan = Median(() =>
        {
            table.Scan(series, lots, ends, sums);
            for (var p = 0; p < Portfolios; p++) worst[p] = ScanTable.Worst(sums.AsSpan(p * ScanTable.Width, ScanTable.Width)).Loss;
        });
        var losses = risks.SelectMany(r => r.Losses).ToArray();
        var check = new long[Portfolios * ScanTable.Width];
        var plain = Median(() => Plain(series, lots, ends, losses, check));
        if (!check.AsSpan().SequenceEqual(sums)) throw new InvalidOperationException("The scan and the plain loop differ.");
        yield return new("M5", $"margin: {Positions:N0} positions of {Portfolios:N0} portfolios x {ScanTable.Width} scenarios, largest loss of each", BenchTable.Ms(scan * 1000), "< 60 ms", scan < 0.06,
            $"scalar C# loop {BenchTable.Ms(plain * 1000)}; measured elsewhere: numpy 166 ms, pandas 554 ms", "multiply and add of 64-bit numbers, one core");

        var (f, k, t, r, v) = (Column(random, 50, 150), Column(random, 50, 150), Column(random, 0.05, 2), Column(random, 0, 0.05), Column(random, 0.1, 0.8));
        var (call, put) = (new double[Options], new double[Options]);
        var black = Options / Median(() => Black76.Values(f, k, t, r, v, call, put));
        var naive = Options / Median(() => Naive(f, k, t, r, v, call));
        yield return new("M5", $"Black-76, {Options:N0} options, call and put of each", BenchTable.Rate(black), ">= 20 M/s", black >= 20e6, $"scalar C# with the platform's functions, call only: {BenchTable.Rate(naive)}; QuantLib elsewhere 20 M/s", "arithmetic, one core");
    }

    double Median(Action run)
    {
        var seconds = new double[Rounds];
        for (var round = -3; round < Rounds; round++) // the first compile
        {
            var begin = Stopwatch.GetTimestamp();
            run();
            if (round >= 0) seconds[round] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
        Array.Sort(seconds);
        return seconds[Rounds / 2];
    }

    static void Plain(int[] series, int[] lots, int[] ends, long[] losses, long[] sums)
    {
        Array.Clear(sums);
        var i = 0;
        for (var p = 0; p < ends.Length; p++)
            for (; i < ends[p]; i++)
                for (var s = 0; s < ScanTable.Width; s++) sums[p * ScanTable.Width + s] += losses[series[i] * ScanTable.Width + s] * lots[i];
    }

    static void Naive(double[] f, double[] k, double[] t, double[] r, double[] v, double[] call)
    {
        for (var i = 0; i < f.Length; i++)
        {
            var spread = v[i] * Math.Sqrt(t[i]);
            var d1 = Math.Log(f[i] / k[i]) / spread + spread / 2;
            call[i] = Math.Exp(-r[i] * t[i]) * (f[i] * Share(d1) - k[i] * Share(d1 - spread));
        }
        static double Share(double x)
        {
            // Abramowitz and Stegun 26.2.17: seven digits, the quick one.
            var u = 1 / (1 + 0.2316419 * Math.Abs(x));
            var tail = Math.Exp(-x * x / 2) * 0.3989422804014327 * u * (0.319381530 + u * (-0.356563782 + u * (1.781477937 + u * (-1.821255978 + u * 1.330274429))));
            return x > 0 ? 1 - tail : tail;
        }
    }

    static double[] Column(Random random, double from, double to) => [.. Enumerable.Range(0, Options).Select(_ => from + (to - from) * random.NextDouble())];
}
