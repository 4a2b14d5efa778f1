using System.Diagnostics;
using Verdigris.Simulator;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>
/// The Book under simulation: what docs/simulation.md promises of it. A failing run prints the command that replays it.
/// </summary>
public sealed class SimulationTests(SimulationRuns runs, ITestOutputHelper output) : IClassFixture<SimulationRuns>
{
    [Fact]
    public void The_Book_agrees_with_the_reference_through_every_fault()
    {
        foreach (SimulationResult result in runs.Results) output.WriteLine(result.ToString());
        Assert.All(runs.Results, r => Assert.True(r.Passed, r.Failure + "\n" + r.Replay));
        Assert.True(runs.Results.Sum(r => r.Operations) >= 200_000, "at least 200,000 commands");
        Assert.True(runs.Results.Sum(r => r.Crashes) >= 100, "at least 100 crashes");
    }

    [Fact]
    public void Every_code_and_every_kind_of_effect_is_met()
    {
        Assert.Equal([], Enum.GetValues<Code>().Except(runs.Results.SelectMany(r => r.Codes.Keys)));
        Assert.Equal([], Enum.GetValues<EffectKind>().Except(runs.Results.SelectMany(r => r.Effects.Keys)));
    }

    [Fact]
    public void Every_kind_of_fault_is_met()
    {
        Assert.True(runs.Results.Sum(r => r.PowerCuts) >= 30, "power cuts");
        Assert.True(runs.Results.Sum(r => r.CrashesInRecovery) >= 10, "crashes in recovery");
        Assert.True(runs.Results.Sum(r => r.BatchesLost) >= 10, "batches in flight that were lost");
        Assert.True(runs.Results.Sum(r => r.BatchesKept) >= 5, "batches in flight that were kept");
        Assert.True(runs.Results.Sum(r => r.Takeovers) >= 5, "takeovers");
        Assert.True(runs.Results.Sum(r => r.Snapshots) >= 20, "snapshots");
        Assert.True(runs.Results.Sum(r => r.SnapshotsDamaged) >= 10, "damaged snapshots");
        foreach (string fault in new[] { "disk full", "flush failed", "write failed", "slow flush" })
            Assert.True(runs.Results.Sum(r => r.DiskFaults.GetValueOrDefault(fault)) > 0, fault);
    }

    [Fact]
    public void The_same_seed_is_the_same_run()
    {
        SimulationOptions options = SimulationOptions.For(4_000, crashes: 8);
        SimulationResult first = Verdigris.Simulator.Simulation.Run(99, options), second = Verdigris.Simulator.Simulation.Run(99, options);
        Assert.True(first.Passed, first.Failure);
        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(first.ToString(), second.ToString());
        Assert.NotEqual(first.Digest, Verdigris.Simulator.Simulation.Run(100, options).Digest);
    }

    [Fact]
    public void A_seed_nobody_chose_agrees_too()
    {
        ulong seed = (ulong)Stopwatch.GetTimestamp();
        SimulationResult result = Verdigris.Simulator.Simulation.Run(seed, SimulationOptions.For(8_000, crashes: 10));
        output.WriteLine(result.ToString());
        Assert.True(result.Passed, result.Failure + "\n" + result.Replay);
    }

    [Fact]
    public void A_disk_that_lies_about_a_flush_does_not_go_unnoticed()
    {
        SimulationResult result = Verdigris.Simulator.Simulation.Run(5, new(60_000, 300, DiskFaults: false, Takeovers: false, LyingDisk: true));
        Assert.False(result.Passed);
        output.WriteLine(result.Failure!);
    }

    [Fact]
    public void The_command_answers_0_and_says_what_happened()
    {
        using StringWriter writer = new();
        Assert.Equal(0, SimulateCommand.Run(3, 2_000, 3, writer));
        Assert.StartsWith("seed 3: ", writer.ToString());
        Assert.Contains("commands/s", writer.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => SimulateCommand.Run(3, 0, 3, writer));
    }
}
