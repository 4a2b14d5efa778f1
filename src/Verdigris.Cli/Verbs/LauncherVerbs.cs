using System.CommandLine;

namespace Verdigris.Cli.Verbs;

/// <summary>Verbs that the launcher script does itself, before this program exists. They stand here so that the help lists them.</summary>
static class LauncherVerbs
{
    public static IEnumerable<Command> Create() =>
    [
        Of("test", "Run every test: unit, property, simulation, storage, API, browser; names filter the projects"),
        Of("check", "Build with the costly analyzers and check the formatting"),
        Of("help", "Show this list"),
    ];

    static Command Of(string name, string description)
    {
        var verb = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        verb.SetAction(_ => Shell.Fail($"'{name}' belongs to the launcher: run ./verdigris {name} in the checkout. / “{name}”由启动脚本执行：请在代码目录运行 ./verdigris {name}。"));
        return verb;
    }
}
