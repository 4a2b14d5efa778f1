using System.Diagnostics;
using Verdigris.Footprint.Networks;
using Verdigris.Footprint.Uncertainty;
using Verdigris.Primitives;

namespace Verdigris.Bench.Rows;

/// <summary>Rows F1-F3: chains of lots, process networks and simulation, each beside the same sums in plain binary floating point.</summary>
sealed class FootprintRows(BenchOptions options)
{
    /// <summary>The same chain elsewhere, on a machine of this kind (2026-11-20), plain sums in binary floating point without checks: seconds.</summary>
    const double Scipy = 0.588, Pandas = 6.0, Sqlite = 4.4;

    int Rounds => options.Quick ? 3 : 9;

    /// <summary>F1: a million lots, a fifth of the runs with a co-product, three precursors a run.</summary>
    public IEnumerable<BenchLine> Chain()
    {
        const int count = 1_000_000;
        var (runs, lots, links) = DrawnChain(count);
        decimal[] direct = new decimal[count], indirect = new decimal[count], allocated = new decimal[count];
        LotChainResult? result = null;
        var ours = Times(() =>
        {
            result = Answered(LotChain.Calculate(runs, lots, links));
            for (var lot = 0; lot < count; lot++)
            {
                (direct[lot], indirect[lot]) = (result.DirectTco2ePerT(lot)!.Value, result.IndirectTco2ePerT(lot)!.Value);
                allocated[lot] = lots[lot].MassT * (direct[lot] + indirect[lot]);
            }
        });
        double[] plainDirect = new double[count], plainIndirect = new double[count];
        var plain = PlainChain(runs, lots, links, plainDirect, plainIndirect);
        for (var lot = 0; lot < count; lot++)
            if (Math.Abs((double)direct[lot] - plainDirect[lot]) > 1e-8 || Math.Abs((double)indirect[lot] - plainIndirect[lot]) > 1e-8) throw new InvalidOperationException($"Lot {lot}: {direct[lot]} is not {plainDirect[lot]}.");
        const int traced = 10_000;
        var begin = Stopwatch.GetTimestamp();
        var steps = 0;
        for (var i = 0; i < traced; i++) steps += result!.Trace(count - 1 - i).Count;
        var trace = Stopwatch.GetElapsedTime(begin).TotalMicroseconds / traced;
        var most = Math.Min(Scipy, Math.Min(Pandas, Sqlite) / 10);
        yield return new("F1", $"{count:N0} lots, {links.Length:N0} links: direct, indirect, allocation in decimals, checked", $"{Said(ours)}; trace of a lot {BenchTable.Num(trace)} us, {steps / traced} steps",
            "<= 1x scipy's recorded 588 ms, >= 10x pandas' 6.0 s and SQLite's 4.4 s", ours.Median <= most,
            $"scipy {BenchTable.X(Scipy / ours.Median)}, pandas {BenchTable.X(Pandas / ours.Median)}, SQLite {BenchTable.X(Sqlite / ours.Median)} of the recorded peers' time; bare C#, sums alone {Said(plain)}", "one core: cache misses of a look-up a link");
    }

    /// <summary>F2: a network in which everything depends on everything, solved with contributions by process and supplier.</summary>
    public IEnumerable<BenchLine> Network()
    {
        const int processes = 20_000, links = 200_000;
        var (named, exchanges, demand, emissions) = DrawnNetwork(processes, links);
        NetworkSolution? solution = null;
        SupplierContribution? first = null;
        var ours = Times(() =>
        {
            solution = Answered(Answered(ProcessNetwork.Of(named, processes, exchanges)).Solve(demand, emissions));
            _ = solution.Ranked();
            first = solution.BySupplier()[0];
        });
        if (Math.Abs(solution!.Contributions.Sum() - solution.Score) > 0.000001m * Math.Abs(solution.Score) || first is null) throw new InvalidOperationException("The contributions are not the score.");
        yield return new("F2", $"network of {processes:N0} processes, {links:N0} links, with loops: solved, contributions by process and supplier", Said(ours), "< 2 s", ours.Median < 2,
            $"residual {(double)solution.Residual:0.0e+0}, error of the score {(double)(solution.ScoreError / solution.Score):0.0e+0}, {solution.Iterations} iterations", "one core: memory, and reading decimals");
    }

    /// <summary>F3: a facility of 500 inputs in 250 terms.</summary>
    public IEnumerable<BenchLine> Simulation()
    {
        const int draws = 10_000, count = 500;
        var inputs = new UncertainInput[count];
        for (var i = 0; i < count; i++)
            inputs[i] = (i % 4) switch
            {
                0 => UncertainInput.Normal($"x{i}", 100 + i, 5),
                1 => UncertainInput.Lognormal($"x{i}", 2, 1.1m),
                2 => UncertainInput.Triangular($"x{i}", 1, 2, 4),
                _ => UncertainInput.Uniform($"x{i}", 0.9m, 1.1m),
            };
        var terms = new UncertainTerm[count / 2];
        for (var i = 0; i < terms.Length; i++) terms[i] = new(1, [2 * i, 2 * i + 1]);
        MonteCarloResult? result = null;
        var ours = Times(() => result = Answered(MonteCarlo.Run(inputs, terms, [], 1, draws)));
        double plainMean = 0;
        var plain = Times(() => plainMean = PlainSimulation(inputs, draws));
        if (Math.Abs((double)result!.Mean - plainMean) > 6 * (double)result.StandardError) throw new InvalidOperationException($"A mean of {result.Mean} is not {plainMean}.");
        yield return new("F3", $"simulation, {draws:N0} draws of {count} inputs, with percentiles and shares of the variance", Said(ours), "< 1 s", ours.Median < 1,
            $"bare C# with the library's random numbers and functions, mean alone {Said(plain)}", "one core: quantiles of the normal distribution");
    }

    readonly record struct Timing(double Median, double Least, double Most);

    Timing Times(Action work)
    {
        work(); // the first compiles
        var seconds = new double[Rounds];
        for (var i = 0; i < seconds.Length; i++)
        {
            GC.Collect();
            var begin = Stopwatch.GetTimestamp();
            work();
            seconds[i] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
        Array.Sort(seconds);
        return new(seconds[seconds.Length / 2], seconds[0], seconds[^1]);
    }

    static string Said(Timing t) => $"median {BenchTable.Ms(t.Median * 1000)} ({BenchTable.Ms(t.Least * 1000)} to {BenchTable.Ms(t.Most * 1000)})";

    static T Answered<T>(Answer<T> answer) => answer.Ok ? answer.Value : throw new InvalidOperationException("Refused: " + string.Join(", ", answer.Refusals.Select(r => $"{r.Code} {r.Field}")));

    static (ChainRun[], ChainLot[], ChainLink[]) DrawnChain(int count)
    {
        var random = new Random(1);
        var (runs, lots, links) = (new List<ChainRun>(), new List<ChainLot>(count), new List<ChainLink>());
        while (lots.Count < count)
        {
            var run = runs.Count;
            runs.Add(new(random.Next(1, 50_000_000) / 1000m, random.Next(1, 50_000_000) / 1000m));
            // Precursors were made some time before: among the two hundred thousand lots before this one.
            for (var k = 0; k < 3 && lots.Count > 1_000; k++) links.Add(new(run, random.Next(Math.Max(0, lots.Count - 200_000), lots.Count), random.Next(1, 1_000_000) / 1000m));
            for (var k = random.Next(5) == 0 ? 2 : 1; k > 0 && lots.Count < count; k--) lots.Add(new(run, 20_000 + random.Next(1, 1_000_000) / 1000m));
        }
        return ([.. runs], [.. lots], [.. links]);
    }

    /// <summary>The same sums in doubles over arrays that are laid out already: what the machine can do at best.</summary>
    Timing PlainChain(ChainRun[] runs, ChainLot[] lots, ChainLink[] links, double[] direct, double[] indirect)
    {
        var output = new double[runs.Length];
        foreach (var lot in lots) output[lot.Run] += (double)lot.MassT;
        var start = new int[runs.Length + 1];
        foreach (var link in links) start[link.Run + 1]++;
        for (var run = 0; run < runs.Length; run++) start[run + 1] += start[run];
        int[] runOf = [.. lots.Select(l => l.Run)], before = [.. links.Select(l => lots[l.Lot].Run)];
        double[] mass = [.. links.Select(l => (double)l.MassT)], own = [.. runs.Select(r => (double)r.DirectTco2e!.Value)], ownIndirect = [.. runs.Select(r => (double)r.IndirectTco2e!.Value)];
        double[] seeDirect = new double[runs.Length], seeIndirect = new double[runs.Length];
        return Times(() =>
        {
            for (var run = 0; run < output.Length; run++)
            {
                double d = own[run], i = ownIndirect[run];
                for (var k = start[run]; k < start[run + 1]; k++)
                {
                    d += mass[k] * seeDirect[before[k]];
                    i += mass[k] * seeIndirect[before[k]];
                }
                seeDirect[run] = d / output[run];
                seeIndirect[run] = i / output[run];
            }
            for (var lot = 0; lot < runOf.Length; lot++) (direct[lot], indirect[lot]) = (seeDirect[runOf[lot]], seeIndirect[runOf[lot]]);
        });
    }

    static (NetworkProcess[], Exchange[], decimal[], decimal[]) DrawnNetwork(int processes, int links)
    {
        var random = new Random(1);
        var exchanges = new List<Exchange>(links);
        var inputs = links / processes - 1;
        for (var process = 0; process < processes; process++)
        {
            exchanges.Add(new(process, process, 1));
            // Each uses 45 to 90 % of what it makes: half of the network runs for itself.
            for (var k = 0; k < inputs; k++) exchanges.Add(new(random.Next(processes), process, -Math.Round(0.9m / inputs * random.Next(500, 1000) / 1000m, 9)));
        }
        var demand = new decimal[processes];
        demand[^1] = 1000;
        return ([.. Enumerable.Range(0, processes).Select(j => new NetworkProcess($"P{j}", $"S{j % 500}"))], [.. exchanges], demand, [.. Enumerable.Range(0, processes).Select(_ => random.Next(1, 100) / 10m)]);
    }

    /// <summary>The same facility with the library's generator, logarithm and exponential.</summary>
    static double PlainSimulation(UncertainInput[] inputs, int draws)
    {
        var random = new Random(1);
        double[] centre = [.. inputs.Select(i => (double)i.Centre)], spread = [.. inputs.Select(i => (double)i.Spread)], low = [.. inputs.Select(i => (double)i.Low)], high = [.. inputs.Select(i => (double)i.High)];
        double total = 0;
        var x = new double[inputs.Length];
        for (var draw = 0; draw < draws; draw++)
        {
            for (var i = 0; i < x.Length; i++)
            {
                var u = 1 - random.NextDouble();
                x[i] = inputs[i].Shape switch
                {
                    Shape.Normal => centre[i] + spread[i] * Score(u),
                    Shape.Lognormal => centre[i] * Math.Pow(spread[i], Score(u)),
                    Shape.Triangular => u * (high[i] - low[i]) < centre[i] - low[i] ? low[i] + Math.Sqrt(u * (centre[i] - low[i]) * (high[i] - low[i])) : high[i] - Math.Sqrt((1 - u) * (high[i] - centre[i]) * (high[i] - low[i])),
                    _ => low[i] + (high[i] - low[i]) * u,
                };
            }
            for (var i = 0; i < x.Length; i += 2) total += x[i] * x[i + 1];
        }
        return total / draws;

        double Score(double u) => Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
