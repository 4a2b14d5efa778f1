using System.CommandLine;
using System.Text;
using Verdigris.Cli;
using Verdigris.Cli.Verbs;

// One file a verb below Verbs/. A verb keeps its work in a method of its own, so that listing the verbs loads no room:
// `verdigris calc` must answer without the server's assemblies.
Console.OutputEncoding = new UTF8Encoding(false);

var root = new RootCommand("Verdigris: open market infrastructure for low-carbon metals. Every tonne counted once.")
{
    UpVerb.Create(),
    CalcVerb.Create(),
    FootprintVerb.Create(),
    VerifyVerb.Create(),
    RulesVerb.Create(),
    AuctionsVerb.Create(),
    BookVerb.Create(),
    AuditVerb.Create(),
    SimulateVerb.Create(),
    OrdersVerb.Create(),
    BenchVerb.Create(),
    SignVerb.Create(),
    LinksVerb.Create(),
};
foreach (var verb in BackupVerbs.Create()) root.Add(verb);
foreach (var verb in LauncherVerbs.Create()) root.Add(verb);

return await Shell.Run(root, args);
