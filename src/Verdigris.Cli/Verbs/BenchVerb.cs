using System.CommandLine;
using Verdigris.Bench;

namespace Verdigris.Cli.Verbs;

/// <summary><c>bench</c>: the published targets beside what this machine does now.</summary>
static class BenchVerb
{
    public static Command Create()
    {
        var rows = new Argument<string[]>("ROW") { Description = "Rows to measure (B1 ... P3); none: all", Arity = ArgumentArity.ZeroOrMore };
        var folder = new Option<string?>("--folder") { Description = "Where to measure; default: the system's folder for temporary files" };
        var quick = new Option<bool>("--quick") { Description = "A sixth of the time: for a look, not for a table" };
        var verb = new Command("bench", "Measure the speed targets with their baselines beside them") { rows, folder, quick };
        verb.SetAction((p, ct) => Run(p.GetValue(rows)!, p.GetValue(folder), p.GetValue(quick), ct));
        return verb;
    }

    static Task<int> Run(string[] rows, string? folder, bool quick, CancellationToken ct) => BenchCommand.Run(rows, folder, quick, Console.Out, Console.Error, ct);
}
