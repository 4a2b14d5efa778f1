using System.CommandLine;

namespace Verdigris.Cli.Verbs;

/// <summary><c>simulate</c>: random commands, clock and storage faults against the Book, with a reference ledger beside it.</summary>
static class SimulateVerb
{
    public static Command Create()
    {
        var seed = new Option<ulong>("--seed") { Description = "Seed: the same seed is the same run", DefaultValueFactory = _ => 1 };
        var ops = new Option<long>("--ops") { Description = "Commands to simulate", DefaultValueFactory = _ => 100_000 };
        var crashes = new Option<int>("--crashes") { Description = "Crashes; 0 for none, -1 for one in a thousand commands", DefaultValueFactory = _ => -1 };
        var nightly = new Option<bool>("--nightly") { Description = "Ten million commands over many seeds" };
        ops.Validators.Add(r =>
        {
            if (r.Tokens.Count == 1 && long.TryParse(r.Tokens[0].Value, out var given) && given < 1) r.AddError("--ops: at least 1. / 至少为 1。");
        });
        var verb = new Command("simulate", "Drive the Book through random commands, crashes and disk faults; exit 1 names the seed that fails") { seed, ops, crashes, nightly };
        verb.SetAction(p => Run(p.GetValue(seed), p.GetValue(ops), p.GetValue(crashes), p.GetValue(nightly)));
        return verb;
    }

    static int Run(ulong seed, long ops, int crashes, bool nightly) =>
        nightly ? Simulator.Simulator.Nightly(seed, Console.Out) : Simulator.Simulator.Run(seed, ops, crashes, Console.Out);
}
