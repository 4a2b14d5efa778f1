using System.CommandLine;
using Verdigris.Simulator;

namespace Verdigris.Cli.Verbs;

/// <summary><c>simulate</c>: seeded random commands, clock and disk faults against the Book, beside an obvious reference; exit code 1 when they differ or something was stolen, with the command that replays it.</summary>
static class SimulateVerb
{
    public static Command Create()
    {
        var seed = new Option<ulong?>("--seed") { Description = "Seed of the run; everything follows from it (default: drawn and printed)" };
        var ops = new Option<long?>("--ops") { Description = "Commands to send (default 100,000; nightly 10 million)" };
        var crashes = new Option<int>("--crashes") { Description = "Crashes to spread over the run (default: one in a thousand commands)", DefaultValueFactory = _ => -1 };
        var nightly = new Option<bool>("--nightly") { Description = "Many seeds, one after another" };
        var workload = new Option<string>("--workload") { Description = "Who sends the commands: market (all of the Book), registry (honest people and thieves), or floor (a trading floor)", DefaultValueFactory = _ => SimulateCommand.Workloads[0] };
        workload.AcceptOnlyFromAmong([.. SimulateCommand.Workloads]);
        var verb = new Command("simulate", "Simulate the Book with crashes and disk faults against a reference") { seed, ops, crashes, nightly, workload };
        verb.SetAction(parsed => Run(parsed.GetValue(seed), parsed.GetValue(ops), parsed.GetValue(crashes), parsed.GetValue(nightly), parsed.GetValue(workload)!));
        return verb;
    }

    static int Run(ulong? seed, long? ops, int crashes, bool nightly, string workload)
    {
        if (ops < 1) return Shell.Fail("--ops must be 1 or more. / --ops 必须大于等于 1。");
        if (nightly && crashes >= 0) return Shell.Fail("--nightly spreads its own crashes: leave --crashes out. / --nightly 自行安排崩溃，请勿使用 --crashes。");
        var first = seed ?? BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8)) % 1_000_000_000;
        Console.Out.WriteLine($"seed {first}");
        return nightly
            ? SimulateCommand.Nightly(first, Console.Out, ops ?? 10_000_000, workload)
            : SimulateCommand.Run(first, ops ?? 100_000, crashes, Console.Out, workload);
    }
}
