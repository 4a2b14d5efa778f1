using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Verdigris.Storage;

/// <summary>
/// The PostgreSQL programs of one major version. Distribution folders come first, newest version first, then PATH; a folder on PATH counts only
/// when the whole set lies in it (a lone <c>postgres</c> wrapper does not).
/// </summary>
/// <param name="Folder">Holds <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</param>
/// <param name="Major">Major version, 15 or newer.</param>
public sealed partial record PostgresBinaries(string Folder, int Major)
{
    public const int OldestMajor = 15;

    static readonly string[] Needed = ["initdb", "pg_ctl", "postgres"];

    public string Initdb => Path.Combine(Folder, "initdb");
    public string Postgres => Path.Combine(Folder, "postgres");

    /// <summary>Null where the client package is not installed.</summary>
    public string? PgDump => Existing("pg_dump");
    public string? PgRestore => Existing("pg_restore");

    /// <summary>The newest binaries on this machine, or those of one major version where a cluster already exists.</summary>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.BinariesMissing"/>, <see cref="StorageCodes.BinariesWrongVersion"/>.</exception>
    public static PostgresBinaries Find(int? major = null) => Choose(All(DistributionFolders(), PathFolders()), major);

    /// <summary>Every complete set in the given folders, distribution before PATH, each newest first.</summary>
    internal static IReadOnlyList<PostgresBinaries> All(IEnumerable<string> distribution, IEnumerable<string> path)
    {
        var found = new List<PostgresBinaries>();
        foreach (var group in new[] { distribution, path })
        {
            var sets = new List<PostgresBinaries>();
            foreach (var folder in group.Distinct())
            {
                if (!Needed.All(name => File.Exists(Path.Combine(folder, name)))) continue;
                if (Version(folder) is { } version) sets.Add(new(folder, version));
            }
            found.AddRange(sets.OrderByDescending(s => s.Major));
        }
        return found;
    }

    internal static PostgresBinaries Choose(IReadOnlyList<PostgresBinaries> found, int? major)
    {
        if (major is { } wanted)
        {
            return found.FirstOrDefault(b => b.Major == wanted) ?? throw new StorageProblem(StorageCodes.BinariesWrongVersion,
                $"The data folder was made by PostgreSQL {wanted}, which is not installed: install the package postgresql-{wanted}.",
                $"数据目录由 PostgreSQL {wanted} 创建，但本机没有安装：请安装软件包 postgresql-{wanted}。");
        }
        return found.FirstOrDefault(b => b.Major >= OldestMajor) ?? throw new StorageProblem(StorageCodes.BinariesMissing,
            $"PostgreSQL {OldestMajor} or newer is not installed (initdb, pg_ctl and postgres were not found): install the package postgresql, or give --postgres CONNECTION.",
            $"没有找到 PostgreSQL {OldestMajor} 或更新版本（缺少 initdb、pg_ctl、postgres）：请安装软件包 postgresql，或使用 --postgres 连接。");
    }

    static IEnumerable<string> DistributionFolders()
    {
        foreach (var root in new[] { "/usr/lib/postgresql", "/usr/pgsql", "/opt/postgresql" })
        {
            if (!Directory.Exists(root)) continue;
            foreach (var version in Directory.GetDirectories(root)) yield return Path.Combine(version, "bin");
        }
        foreach (var version in Directory.Exists("/usr") ? Directory.GetDirectories("/usr", "pgsql-*") : []) yield return Path.Combine(version, "bin");
        yield return "/usr/local/pgsql/bin";
    }

    static IEnumerable<string> PathFolders() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Where(Path.IsPathRooted)
        .Where(folder => File.Exists(Path.Combine(folder, "initdb")))
        .Select(folder => File.ResolveLinkTarget(Path.Combine(folder, "initdb"), returnFinalTarget: true) is { } target ? Path.GetDirectoryName(target.FullName)! : folder);

    static int? Version(string folder)
    {
        if (VersionedFolder().Match(folder) is { Success: true } named) return int.Parse(named.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Path.Combine(folder, "postgres"), "--version") { RedirectStandardOutput = true, RedirectStandardError = true });
            var text = process!.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return VersionText().Match(text) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // not a program that runs here
        }
    }

    string? Existing(string name) => File.Exists(Path.Combine(Folder, name)) ? Path.Combine(Folder, name) : null;

    [GeneratedRegex(@"(?:postgresql/|pgsql-)(\d+)/bin$")]
    private static partial Regex VersionedFolder();

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)")]
    private static partial Regex VersionText();
}
