using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Verdigris.Storage;

/// <summary>
/// Where the parts of a private cluster lie. Normally all of it is in <c>DATA/postgres</c>:
/// <code>
/// owner.lock   held while a server uses the cluster
/// secret       passwords of the roles, 0600
/// data/        the PostgreSQL data folder
/// run/         Unix socket, reachable by the owner only
/// server.log   PostgreSQL's own log; server.log.1 is the run before
/// location     only where the cluster lies elsewhere: its folder
/// </code>
/// A server started by root runs PostgreSQL as another user; where that user cannot enter the data folder (below /root, for instance), data, run and log lie
/// in <c>/var/lib/verdigris/HASH</c> (HASH: of the data folder's path) and <c>location</c> names that folder. A socket path must be shorter
/// than 100 bytes: a longer one is replaced by <c>/tmp/verdigris-HASH</c>.
/// </summary>
sealed record ClusterPlaces(string Secrets, string Home, string SocketFolder)
{
    const string Elsewhere = "/var/lib/verdigris";

    public string Lock => Path.Combine(Secrets, "owner.lock");
    public string Secret => Path.Combine(Secrets, "secret");
    public string Data => Path.Combine(Home, "data");
    public string HalfMade => Path.Combine(Home, "data.new");
    public string Log => Path.Combine(Home, "server.log");
    public string PidFile => Path.Combine(Data, "postmaster.pid");

    /// <summary>Finds the places, creating the folders with the right owner.</summary>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.FolderUnwritable"/>.</exception>
    public static ClusterPlaces Prepare(string dataFolder, UnprivilegedUser user)
    {
        var folder = Path.GetFullPath(dataFolder);
        var secrets = Path.Combine(folder, "postgres");
        try
        {
            Directory.CreateDirectory(secrets);
            using (File.Open(Path.Combine(secrets, ".write"), FileMode.Create)) { }
            File.Delete(Path.Combine(secrets, ".write"));
            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16];
            var pointer = Path.Combine(secrets, "location");
            string home;
            if (File.Exists(pointer)) home = File.ReadAllText(pointer).Trim();
            else if (user.CanReach(secrets) || Directory.Exists(Path.Combine(secrets, "data"))) home = secrets;
            else
            {
                home = Path.Combine(Elsewhere, hash);
                Directory.CreateDirectory(home);
                File.WriteAllText(pointer, home + "\n");
            }
            if (!Directory.Exists(home)) Directory.CreateDirectory(home);
            if (home != secrets)
            {
                user.TakeOver(home);
                File.SetUnixFileMode(home, Mode700);
            }
            else if (user.Name is not null)
            {
                // The user must be able to create data/ and the log here; the secret beside them stays root's.
                user.TakeOver(home);
                File.SetUnixFileMode(home, Mode700 | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            }
            else File.SetUnixFileMode(home, Mode700);

            var socket = Path.Combine(home, "run");
            if (Encoding.UTF8.GetByteCount(socket) + "/.s.PGSQL.5432.lock".Length >= 100) socket = "/tmp/verdigris-" + hash;
            if (Directory.Exists(socket) && new DirectoryInfo(socket).LinkTarget is not null)
                throw new IOException($"{socket} is a link.");
            Directory.CreateDirectory(socket);
            user.TakeOver(socket);
            File.SetUnixFileMode(socket, Mode700);
            return new(secrets, home, socket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageProblem(StorageCodes.FolderUnwritable,
                $"The data folder {folder} cannot be written ({e.Message}).",
                $"数据目录 {folder} 不可写（{e.Message}）。", e);
        }
    }

    /// <summary>The major version the data folder was made by; null where there is none yet.</summary>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.FolderCorrupt"/>: there are files, but it is no PostgreSQL data folder.</exception>
    public int? MajorVersion()
    {
        if (!Directory.Exists(Data)) return null;
        var version = Path.Combine(Data, "PG_VERSION");
        if (File.Exists(version) && int.TryParse(File.ReadAllText(version).Trim().Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && File.Exists(Path.Combine(Data, "global", "pg_control"))) return major;
        throw new StorageProblem(StorageCodes.FolderCorrupt,
            $"{Data} is damaged: PG_VERSION or global/pg_control is missing or unreadable. Nothing was changed; restore a backup into an empty folder.",
            $"{Data} 已损坏：缺少 PG_VERSION 或 global/pg_control。未作任何修改；请把备份恢复到空目录。");
    }

    const UnixFileMode Mode700 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
}
