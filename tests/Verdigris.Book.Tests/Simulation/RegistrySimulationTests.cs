using System.Diagnostics;
using Verdigris.Simulator;
using Verdigris.Simulator.Registry;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>A registry under thieves: nothing leaves to an account that is not trusted with one actor or before its time; and without any of the guards, something does.</summary>
public sealed class RegistrySimulationTests(ITestOutputHelper output)
{
    static SimulationResult Run(ulong seed, long commands, int crashes, RegistryOptions options) =>
        Verdigris.Simulator.Simulation.Run(seed, SimulationOptions.For(commands, crashes) with { Registry = options });

    [Fact]
    public void No_unit_is_stolen_by_one_person_or_before_its_time_whatever_dies_meanwhile()
    {
        SimulationResult[] results = [Run(1, 6_000, 12, new()), Run(2, 6_000, 12, new())];
        foreach (SimulationResult result in results) output.WriteLine(result + "\n" + string.Join(", ", result.Counts.Select(c => $"{c.Value} {c.Key}")));
        Assert.All(results, r => Assert.True(r.Passed, r.Failure + "\n" + r.Replay));
        Assert.True(results.Sum(r => r.Crashes) >= 20, "crashes");
        Assert.True(results.Sum(r => r.BatchesLost) > 0 && results.Sum(r => r.BatchesKept) > 0, "batches in flight that were lost, and kept");

        // What honest people do goes through, and so does what two of one account do together, in time.
        foreach (string allowed in new[] { "transfers to trusted accounts", "transfers after the delay", "transfers past the desk, by two and after the delay", "into sinks", "reversals", "issued and allotted" })
            Assert.True(results.Sum(r => r.Counts.GetValueOrDefault(allowed)) >= 20, allowed);
        // Thieves tried everything, at night too, and met every guard.
        foreach (Attempt attempt in Enum.GetValues<Attempt>().Except([Attempt.FlagOfOwn])) Assert.True(results.Sum(r => r.Counts.GetValueOrDefault("tried " + attempt)) >= 40, attempt.ToString());
        Assert.True(results.Sum(r => r.Counts["thefts tried out of hours"]) >= 1_000, "out of hours");
        Assert.True(results.Sum(r => r.Counts["refused at the desk"]) >= 200, "at the desk");
        Code[] guards =
        [
            Code.SameActor, Code.DelayTooShort, Code.HoldRequired, Code.ProposerNotAllowed, Code.NoRule, Code.DebitFrozen, Code.CreditFrozen, Code.VoidNotAllowed, Code.HoldScheduled, Code.HoldPosted,
            Code.HoldVoided, Code.HoldUnknown, Code.CommandIdReused, Code.LinkedFailed, Code.InsufficientBalance,
        ];
        Assert.Equal([], guards.Except(results.SelectMany(r => r.Codes.Keys)));
    }

    [Fact]
    public void The_same_seed_is_the_same_theft()
    {
        SimulationResult first = Run(9, 1_500, 4, new()), second = Run(9, 1_500, 4, new());
        Assert.True(first.Passed, first.Failure);
        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(first.Counts, second.Counts);
        Assert.EndsWith("--seed 9 --ops 1500 --crashes 4 --workload registry", first.Replay);
    }

    [Fact]
    public void A_seed_nobody_chose_is_without_theft_too()
    {
        SimulationResult result = Run((ulong)Stopwatch.GetTimestamp(), 4_000, 6, new());
        output.WriteLine(result.ToString());
        Assert.True(result.Passed, result.Failure + "\n" + result.Replay);
    }

    [Fact]
    public void The_command_takes_the_workload_by_name_and_says_what_was_tried()
    {
        using StringWriter writer = new();
        Assert.Equal(0, SimulateCommand.Run(3, 500, 1, writer, "registry"));
        Assert.Contains("tried PostOwnHold", writer.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => SimulateCommand.Run(3, 500, 1, writer, "bank"));
    }

    /// <summary>The commands that pass before a missing guard shows, over several seeds.</summary>
    const long FoundWithin = 4_000;

    [Theory]
    [InlineData(RuleFlags.OtherActor, "with one actor")]
    [InlineData(RuleFlags.MustHold, "with one actor")]
    [InlineData(RuleFlags.TrustedOrDelay, "not trusted, and ")]
    [InlineData(RuleFlags.ProposeByDebit, "proposed for account")]
    [InlineData(RuleFlags.ProposeByAuthority, "proposed for account")]
    public void Without_any_one_guard_a_unit_is_stolen_and_the_watch_says_so(RuleFlags guard, string theft)
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            SimulationResult result = Run(seed, FoundWithin, 0, new(Without: guard));
            output.WriteLine($"seed {seed}, {result.Operations} commands: {result.Failure}");
            Assert.False(result.Passed);
            Assert.Contains(theft, result.Failure);
        }
    }

    [Fact]
    public void A_desk_that_lets_requests_set_the_flags_of_a_hold_is_a_hole()
    {
        SimulationResult result = Run(1, FoundWithin, 0, new(FlagsPass: true));
        output.WriteLine($"{result.Operations} commands: {result.Failure}");
        Assert.Contains("with one actor", result.Failure);
    }
}
