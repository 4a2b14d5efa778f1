using System.Diagnostics;
using Verdigris.Simulator;
using Verdigris.Simulator.Trading;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>The trading floor under simulation: docs/simulation.md. A failing run prints the command that replays it.</summary>
public sealed class TradingSimulationTests(ITestOutputHelper output)
{
    static SimulationOptions Options(long lines, int crashes) => SimulationOptions.For(lines, crashes) with { Trading = true, CompareEvery = 40 };

    [Fact]
    public void The_floor_keeps_what_it_answered_through_every_fault_and_settles_every_trade()
    {
        bool night = Environment.GetEnvironmentVariable("VERDIGRIS_NIGHT") == "1";
        var results = Enumerable.Range(1, night ? 200 : 4).Select(seed => TradingSimulation.Run((ulong)seed, Options(night ? 40_000 : 5_000, night ? 100 : 25))).ToList();
        foreach (var result in results)
        {
            output.WriteLine(result.ToString());
            output.WriteLine("  " + string.Join(", ", result.Counts.Select(c => $"{c.Value} {c.Key}")));
        }
        Assert.All(results, r => Assert.True(r.Passed, r.Failure + "\n" + r.Replay));
        long Sum(string name) => results.Sum(r => r.Counts.GetValueOrDefault(name));
        foreach (string name in new[] { "events Trade", "events ReportedTrade", "events TradeBusted", "events OrderTriggered", "events Refreshed", "events Uncrossed", "events Reduced", "events OrderBroughtBack", "lines Checkpoint", "code SettlementRefused", "code KillSwitch", "steps cut by a crash" })
            Assert.True(Sum(name) > 0, name + " never happened");
        Assert.True(results.Sum(r => r.Crashes) >= 60 && results.Sum(r => r.BatchesKept) > 5 && results.Sum(r => r.BatchesLost) > 5 && results.Sum(r => r.SnapshotsDamaged) > 3);
    }

    [Fact]
    public void The_same_seed_is_the_same_run()
    {
        var first = TradingSimulation.Run(99, Options(1_500, 5));
        Assert.True(first.Passed, first.Failure);
        Assert.Equal(first.Digest, TradingSimulation.Run(99, Options(1_500, 5)).Digest);
    }

    [Fact]
    public void A_seed_nobody_chose_holds_too()
    {
        ulong seed = (ulong)Stopwatch.GetTimestamp();
        var result = TradingSimulation.Run(seed, Options(3_000, 12));
        output.WriteLine(result.ToString());
        Assert.True(result.Passed, result.Failure + "\n" + result.Replay);
    }
}
