using System.Security.Cryptography;
using System.Text.Json;

namespace Verdigris.Storage;

/// <summary>Random passwords of the roles of a private cluster; a file only its owner can read.</summary>
sealed record ClusterSecret(string Superuser, string Owner, string App)
{
    public static ClusterSecret Random() => new(Word(), Word(), Word());

    public static ClusterSecret? Read(string path) =>
        File.Exists(path) ? JsonSerializer.Deserialize<ClusterSecret>(File.ReadAllText(path)) : null;

    public void Write(string path)
    {
        var next = path + ".new";
        File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            JsonSerializer.Serialize(file, this);
            file.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }

    static string Word() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
}
