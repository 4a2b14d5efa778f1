using System.CommandLine;
using Verdigris.Auditor;

namespace Verdigris.Cli.Verbs;

/// <summary><c>audit FILE</c>: the independent reader proves an exported journal; exit code 1 names the first batch and account that break a rule.</summary>
static class AuditVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Export made by verdigris book export" };
        var json = new Option<bool>("--json") { Description = "Report as JSON" };
        var language = new Option<string>("--lang") { Description = "Language of the report: en or zh", DefaultValueFactory = _ => "en" };
        var verb = new Command("audit", "Prove an exported journal: conservation, serials, holds, hash chain") { file, json, language };
        verb.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(json), parsed.GetValue(language)!));
        return verb;
    }

    static int Run(string file, bool json, string language) => AuditCommand.Run(file, json, language, Console.Out, Console.Error);
}
