using System.Diagnostics;
using System.Globalization;

namespace Verdigris.Storage;

/// <summary>
/// The account PostgreSQL runs under. PostgreSQL refuses root; a server started by root therefore runs it as <c>postgres</c>, or where the
/// distribution has not made that account, as <c>nobody</c>. Anybody else runs it as himself.
/// </summary>
/// <param name="Name">Null: the current user.</param>
sealed record UnprivilegedUser(string? Name, uint UserId, uint GroupId, string? Switcher)
{
    static readonly string[] Candidates = ["postgres", "verdigris", "nobody"];

    /// <exception cref="StorageProblem"><see cref="StorageCodes.NoUnprivilegedUser"/>: root, and no account or no setpriv/runuser to use it.</exception>
    public static UnprivilegedUser Choose()
    {
        if (!Posix.IsRoot) return new(null, 0, 0, null);
        var switcher = new[] { "setpriv", "runuser" }
            .SelectMany(name => new[] { "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/" }.Select(folder => folder + name))
            .FirstOrDefault(File.Exists);
        var accounts = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).Where(f => f.Length >= 4).ToList();
        foreach (var name in Candidates)
        {
            var account = accounts.FirstOrDefault(f => f[0] == name);
            if (account is null || switcher is null) continue;
            return new(name, uint.Parse(account[2], CultureInfo.InvariantCulture), uint.Parse(account[3], CultureInfo.InvariantCulture), switcher);
        }
        throw new StorageProblem(StorageCodes.NoUnprivilegedUser,
            "PostgreSQL does not run as root and there is no account 'postgres' or 'nobody' to run it under (or no setpriv or runuser): install the packages postgresql and util-linux, or start as an ordinary user.",
            "PostgreSQL 不能以 root 运行，且没有可用的 postgres 或 nobody 账户（或缺少 setpriv、runuser）：请安装软件包 postgresql 和 util-linux，或以普通用户启动。");
    }

    /// <summary>A start description that runs the program as this user, from a folder every user can reach.</summary>
    public ProcessStartInfo Command(string program, IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo { WorkingDirectory = "/", UseShellExecute = false };
        List<string> words = Name is null ? [program]
            : Path.GetFileName(Switcher) == "setpriv"
                ? [Switcher!, $"--reuid={UserId.ToString(CultureInfo.InvariantCulture)}", $"--regid={GroupId.ToString(CultureInfo.InvariantCulture)}", "--clear-groups", "--", program]
                : [Switcher!, "-u", Name, "--", program];
        info.FileName = words[0];
        foreach (var word in words.Skip(1).Concat(arguments)) info.ArgumentList.Add(word);
        foreach (var variable in info.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToList()) info.Environment.Remove(variable);
        info.Environment["LC_ALL"] = "C";
        if (Name is not null) info.Environment["HOME"] = "/";
        return info;
    }

    /// <summary>Whether this user can enter the folder: every folder above must let him pass.</summary>
    public bool CanReach(string folder)
    {
        if (Name is null) return true;
        using var process = Process.Start(Command("/bin/sh", ["-c", "cd \"$0\" 2>/dev/null", folder]))!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    public void TakeOver(string folder)
    {
        if (Name is not null) Posix.ChangeOwner(folder, UserId, GroupId);
    }
}
