using System.CommandLine;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cli.Verbs;

/// <summary><c>rules</c> checks every rule pack and lists it with version, number of entries and hash; exit code 1 on a fault.</summary>
static class RulesVerb
{
    public static Command Create()
    {
        var verb = new Command("rules", "Check the rule packs and list them with their hashes");
        verb.SetAction(_ => Run());
        return verb;
    }

    static int Run()
    {
        var packs = RulePacks.Locate();
        var faults = packs.Check();
        foreach (var fault in faults) Console.Error.WriteLine(fault);
        if (faults.Count > 0) return Shell.DoesNotHold;
        foreach (var id in packs.Ids)
        {
            var pack = packs.Pack(id);
            Console.Out.WriteLine($"{pack.Id,-28} {pack.Version,-12} {pack.Tables.Values.Sum(t => t.Rows.Count),6}  {pack.Sha256}");
        }
        return Shell.Done;
    }
}
