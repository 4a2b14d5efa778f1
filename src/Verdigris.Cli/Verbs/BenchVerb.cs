using System.CommandLine;
using Verdigris.Bench;

namespace Verdigris.Cli.Verbs;

/// <summary><c>bench</c>: the published targets beside what this machine does now, with the baselines it can run itself.</summary>
static class BenchVerb
{
    public static Command Create()
    {
        var rows = new Argument<string[]>("ROW") { Description = "Rows to measure, for example B1 B3 (default: all)", Arity = ArgumentArity.ZeroOrMore };
        var folder = new Option<string?>("--folder") { Description = "Folder on the disk to be measured (default: the temporary folder)", HelpName = "FOLDER" };
        var quick = new Option<bool>("--quick") { Description = "A sixth of the time: for a look, not for a table" };
        var verb = new Command("bench", "Measure speed beside the targets and the baselines") { rows, folder, quick };
        verb.SetAction(parsed => Run(parsed.GetValue(rows) ?? [], parsed.GetValue(folder), parsed.GetValue(quick)));
        return verb;
    }

    static Task<int> Run(string[] rows, string? folder, bool quick) =>
        Shell.UntilSignal(stop => BenchCommand.Run(rows, folder, quick, Console.Out, Console.Error, stop));
}
