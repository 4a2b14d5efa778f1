using System.Diagnostics;
using System.Globalization;
using Verdigris.Simulator.Trading;

namespace Verdigris.Simulator;

/// <summary>The door of this room: <c>verdigris simulate</c> and its nightly setting.</summary>
public static class SimulateCommand
{
    const long NightlyRun = 100_000;
    const string Market = "market", Theft = "registry", Trading = "floor";

    /// <summary>A small market that uses all of the Book; the people of a registry, some of whom steal; or a trading floor.</summary>
    public static IReadOnlyList<string> Workloads { get; } = [Market, Theft, Trading];

    /// <summary>One run. Prints progress about every two seconds, then what happened; on failure the difference and the command that replays it.</summary>
    /// <param name="crashes">0 for none; negative for the usual number, one in a thousand commands.</param>
    /// <param name="workload">One of <see cref="Workloads"/>.</param>
    /// <returns>0 when the Book agreed with the reference all along, and no unit was stolen; else 1.</returns>
    public static int Run(ulong seed, long ops, int crashes, TextWriter output, string workload = Market)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ops, 1);
        SimulationOptions options = With(workload, SimulationOptions.For(ops, crashes < 0 ? null : crashes));
        return RunOne(seed, options, output).Passed ? 0 : 1;
    }

    /// <summary>Many seeds, one after another, until so many commands were simulated or one failed.</summary>
    /// <param name="seed">The first; the others follow it by ones, so a failing one is replayed alone.</param>
    public static int Nightly(ulong seed, TextWriter output, long ops = 10_000_000, string workload = Market)
    {
        SortedSet<Verdigris.Book.Code> codes = [];
        long crashes = 0;
        for (long done = 0; done < ops;)
        {
            SimulationResult result = RunOne(seed, With(workload, SimulationOptions.For(Math.Min(NightlyRun, ops - done))), output);
            if (!result.Passed) return 1;
            done += result.Operations;
            crashes += result.Crashes + result.CrashesInRecovery;
            codes.UnionWith(result.Codes.Keys);
            seed = unchecked(seed + 1);
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{crashes} crashes; codes never seen: {Never(Enum.GetValues<Verdigris.Book.Code>().Except(codes))}"));
        return 0;
    }

    static SimulationOptions With(string workload, SimulationOptions options) => workload switch
    {
        Market => options,
        Theft => options with { Registry = new() },
        Trading => options with { Trading = true },
        _ => throw new ArgumentOutOfRangeException(nameof(workload), workload, $"one of {string.Join(", ", Workloads)}"),
    };

    static SimulationResult RunOne(ulong seed, SimulationOptions options, TextWriter output)
    {
        Stopwatch watch = Stopwatch.StartNew();
        long nextLine = 2_000;
        SimulationResult result = options.Trading ? TradingSimulation.Run(seed, options, Tell) : Simulation.Run(seed, options, Tell);
        void Tell(SimulationResult so)
        {
            if (watch.ElapsedMilliseconds < nextLine) return;
            nextLine = watch.ElapsedMilliseconds + 2_000;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {so.Seed}: {so.Operations} of {options.Operations} commands, {so.Crashes} crashes, {watch.Elapsed.TotalSeconds:F0} s"));
        }
        output.WriteLine(result);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {result.Operations / Math.Max(0.001, watch.Elapsed.TotalSeconds):F0} commands/s; codes never seen: {Never(result.CodesNeverSeen)}"));
        if (result.Counts.Count > 0) output.WriteLine("  " + string.Join(", ", result.Counts.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {c.Key}"))));
        if (result.Passed) return result;
        output.WriteLine("FAILED " + result.Failure);
        output.WriteLine("  replay: " + result.Replay);
        return result;
    }

    static string Never(IEnumerable<Verdigris.Book.Code> codes) => string.Join(", ", codes) is { Length: > 0 } names ? names : "none";
}
