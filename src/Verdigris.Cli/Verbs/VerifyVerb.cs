using System.CommandLine;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cli.Verbs;

/// <summary><c>verify FILE...</c> runs golden vectors and closes with <c>N passed, M failed</c>; exit code 1 if any failed.</summary>
static class VerifyVerb
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Files of golden vectors, one JSON object a line", Arity = ArgumentArity.OneOrMore };
        var verb = new Command("verify", "Run files of golden vectors against the methods") { files };
        verb.SetAction(parsed => Run(parsed.GetValue(files)!));
        return verb;
    }

    static int Run(string[] files)
    {
        foreach (var file in files) if (!File.Exists(file)) return Shell.Fail($"There is no file {file}. / 文件 {file} 不存在。");
        var methods = Methods.All();
        int passed = 0, failed = 0;
        foreach (var outcome in files.SelectMany(file => VectorFile.Run(file, methods)))
        {
            if (outcome.Passed) { passed++; continue; }
            failed++;
            Console.Out.WriteLine($"FAILED {outcome.File}:{outcome.Line} {outcome.Id} {outcome.Method}: {outcome.Problem}");
        }
        Console.Out.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? Shell.Done : Shell.DoesNotHold;
    }
}
