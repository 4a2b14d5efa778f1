using System.Security.Cryptography;

namespace Verdigris.Storage;

/// <summary>
/// Evidence files, kept once by the SHA-256 of their content below <c>DATA/evidence</c>. A file is whole or absent: it is written beside its place, flushed and renamed;
/// it is hashed again before it is handed out. Who may read which file is the rooms' matter.
/// </summary>
public sealed class EvidenceStore
{
    readonly string folder;

    /// <exception cref="StorageProblem"><see cref="StorageCodes.FolderUnwritable"/>.</exception>
    public EvidenceStore(string dataFolder)
    {
        folder = Path.Combine(Path.GetFullPath(dataFolder), "evidence");
        try
        {
            Directory.CreateDirectory(Incoming);
            foreach (var left in Directory.GetFiles(Incoming)) // by a crash before the rename
            {
                if (File.GetLastWriteTimeUtc(left) < StartOfProcess) File.Delete(left);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageProblem(StorageCodes.FolderUnwritable, $"{folder} cannot be written ({e.Message}).", $"{folder} 不可写（{e.Message}）。", e);
        }
    }

    static DateTime StartOfProcess { get; } = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();

    string Incoming => Path.Combine(folder, "incoming");

    /// <summary>True for 64 lower-case hexadecimal digits.</summary>
    public static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Keeps the content and returns its hash once it is durable. The same content again changes nothing (the first media type stays).</summary>
    /// <param name="mime">Media type, for example <c>application/pdf</c>; 1-100 printable ASCII characters.</param>
    /// <exception cref="IOException">Not stored: the disk is full or failing.</exception>
    public async Task<string> Put(Stream content, string mime, CancellationToken ct)
    {
        if (mime.Length is < 1 or > 100 || mime.Any(c => c is < ' ' or > '~')) throw new ArgumentException("This is no media type.", nameof(mime));
        var temporary = Path.Combine(Incoming, Path.GetRandomFileName());
        try
        {
            string hash;
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous))
            {
                using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var buffer = new byte[1 << 16];
                int read;
                while ((read = await content.ReadAsync(buffer, ct)) > 0)
                {
                    sha.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), ct);
                }
                await file.FlushAsync(ct);
                file.Flush(flushToDisk: true);
                hash = Convert.ToHexStringLower(sha.GetHashAndReset());
            }
            var place = PlaceOf(hash);
            if (File.Exists(place) && Matches(place, hash)) return hash;
            var parent = Path.GetDirectoryName(place)!;
            Directory.CreateDirectory(parent);
            await WriteMime(place + ".mime", mime, ct);
            File.Move(temporary, place, overwrite: true);
            Posix.FlushFolder(parent);
            Posix.FlushFolder(Path.GetDirectoryName(parent)!);
            Posix.FlushFolder(folder);
            return hash;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The content, or null where it is not kept.</summary>
    /// <exception cref="ArgumentException">Not a SHA-256 in lower-case hexadecimal.</exception>
    /// <exception cref="StorageProblem"><see cref="StorageCodes.EvidenceCorrupt"/>: the file no longer has its hash.</exception>
    public Stream? Open(string sha256)
    {
        var place = PlaceOf(sha256);
        FileStream file;
        try
        {
            file = new FileStream(place, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        if (Convert.ToHexStringLower(SHA256.HashData(file)) == sha256)
        {
            file.Position = 0;
            return file;
        }
        file.Dispose();
        throw new StorageProblem(StorageCodes.EvidenceCorrupt,
            $"The evidence file {sha256} is damaged on disk; take it from a backup.", $"证据文件 {sha256} 在磁盘上已损坏；请从备份中取回。");
    }

    /// <summary>The media type it was stored with, or null where it is not kept.</summary>
    public string? MimeOf(string sha256)
    {
        var place = PlaceOf(sha256);
        return File.Exists(place) && File.Exists(place + ".mime") ? File.ReadAllText(place + ".mime") : null;
    }

    string PlaceOf(string sha256) =>
        IsHash(sha256) ? Path.Combine(folder, sha256[..2], sha256[2..4], sha256) : throw new ArgumentException("This is no SHA-256 in lower-case hexadecimal.", nameof(sha256));

    async Task WriteMime(string path, string mime, CancellationToken ct)
    {
        var temporary = Path.Combine(Incoming, Path.GetRandomFileName());
        await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
        {
            await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(mime), ct);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    static bool Matches(string place, string hash)
    {
        using var file = File.OpenRead(place);
        return Convert.ToHexStringLower(SHA256.HashData(file)) == hash;
    }
}
