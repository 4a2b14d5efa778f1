using System.Collections.Concurrent;

namespace Verdigris.Primitives.Rules;

/// <summary>
/// The rule packs of a data folder, read when first asked for and kept: those below <c>rules/</c> by their path there, and those in <c>schemes/</c> and <c>contracts/</c> as
/// <c>schemes/NAME</c>, <c>contracts/NAME</c>. Thread-safe. A pack that is not right throws <see cref="RulePackException"/> with every fault it has.
/// </summary>
public sealed class RulePacks
{
    /// <summary>Folders beside <c>rules</c> whose packs keep the folder in their id.</summary>
    static readonly string[] Named = ["schemes", "contracts"];

    readonly string rules;
    readonly ConcurrentDictionary<string, Lazy<RulePack>> packs = new(StringComparer.Ordinal);

    RulePacks(string dataFolder) { DataFolder = dataFolder; rules = Path.Combine(dataFolder, "rules"); }

    public string DataFolder { get; }

    /// <summary>The packs of a data folder (the one that holds <c>rules/</c>).</summary>
    /// <exception cref="DirectoryNotFoundException">There is no <c>rules</c> folder in it.</exception>
    public static RulePacks Open(string dataFolder) => Directory.Exists(Path.Combine(dataFolder, "rules"))
        ? new(Path.GetFullPath(dataFolder))
        : throw new DirectoryNotFoundException($"There is no rules folder in {dataFolder}; set VERDIGRIS_DATA to the data folder of Verdigris.");

    /// <summary>
    /// Finds the data folder: the environment variable <c>VERDIGRIS_DATA</c>, else <c>data</c> beside the program, else the nearest
    /// <c>data/rules</c> above the program. The current directory plays no part.
    /// </summary>
    /// <exception cref="DirectoryNotFoundException">None of them is there.</exception>
    public static RulePacks Locate()
    {
        if (Environment.GetEnvironmentVariable("VERDIGRIS_DATA") is { Length: > 0 } named) return Open(named);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var data = Path.Combine(folder.FullName, "data");
            if (Directory.Exists(Path.Combine(data, "rules"))) return Open(data);
        }
        return Open(Path.Combine(AppContext.BaseDirectory, "data"));
    }

    /// <summary>Ids of all packs, in order.</summary>
    public IReadOnlyList<string> Ids => Files("*.yaml").Select(file => Path.ChangeExtension(file, null)).Order(StringComparer.Ordinal).ToList();

    /// <exception cref="RulePackException">The pack is missing or not right.</exception>
    public RulePack Pack(string id) => packs.GetOrAdd(id, key => new Lazy<RulePack>(() => RulePackReader.Read(Array.Exists(Named, f => key.StartsWith(f + "/", StringComparison.Ordinal)) ? DataFolder : rules, key))).Value;

    /// <summary>Reads every pack, and names files of the folders that no pack uses.</summary>
    public IReadOnlyList<PackFault> Check()
    {
        var faults = new List<PackFault>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in Ids)
        {
            used.Add(id + ".yaml");
            try { foreach (var row in Pack(id).Tables.Values.SelectMany(t => t.Rows)) used.Add(row.File); }
            catch (RulePackException broken) { faults.AddRange(broken.Faults); used.UnionWith(broken.Faults.Select(f => f.File)); }
        }
        foreach (var file in Files("*").Order(StringComparer.Ordinal))
            if (!used.Contains(file) && !file.EndsWith(".yml", StringComparison.Ordinal) && faults.Count == 0)
                faults.Add(new(file, 0, null, "rule-pack.file-unused", new("no pack names this file: name it in a pack's table, or remove it", "没有规则包引用此文件：请在规则包的表中引用它，或将其删除")));
        return faults;
    }

    /// <summary>Paths as ids begin: below <c>rules</c> without it, in the named folders with it.</summary>
    IEnumerable<string> Files(string pattern)
    {
        return Below(rules, rules).Concat(Named.Select(f => Path.Combine(DataFolder, f)).Where(Directory.Exists).SelectMany(f => Below(f, DataFolder)));
        IEnumerable<string> Below(string folder, string root) => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'));
    }
}
