using System.Security.Cryptography;
using NodaTime;

namespace Verdigris.Storage;

/// <summary>
/// The last entry of an archive: what is in it. An archive is a gzipped tar of <c>database.dump</c> (PostgreSQL's custom format), <c>book/…</c> (journal to
/// <see cref="Batch"/>, snapshots not beyond it), <c>evidence/…</c>, other files of the data folder, and this <c>manifest.json</c>. It holds no passwords.
/// </summary>
/// <param name="Batch">The Book's last batch in it; 0 where the data folder holds no journal.</param>
/// <param name="PostgresMajor">Version of the server the dump came from.</param>
public sealed record BackupManifest(string Format, Instant CreatedAt, long Batch, int PostgresMajor, IReadOnlyList<BackupFile> Files)
{
    public const string CurrentFormat = "verdigris-backup-1";
    internal const string Name = "manifest.json", DumpName = "database.dump", JournalFolder = "book/journal/";

    /// <summary>What of the data folder is not taken: the cluster itself (dumped instead), passwords, locks, logs, half-written files.</summary>
    internal static bool Excluded(string relative) =>
        relative.StartsWith("postgres/", StringComparison.Ordinal) || relative is "postgres-app" || relative.StartsWith("evidence/incoming/", StringComparison.Ordinal)
        || relative.StartsWith(JournalFolder, StringComparison.Ordinal) || Path.GetExtension(relative) is ".lock" or ".log" or ".pid" or ".tmp" or ".partial";
}

/// <param name="Path">Relative to the data folder, with slashes.</param>
public sealed record BackupFile(string Path, long Bytes, string Sha256);

/// <summary>Reads a part of a stream and hashes what passes; its length is known, so that a tar entry can be written straight from it.</summary>
sealed class HashedSlice(Stream inner, long length) : Stream
{
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    long position;

    public string Sha256() => position == length ? Convert.ToHexStringLower(hash.GetHashAndReset()) : throw new IOException("The file became shorter while it was read.");

    public override bool CanRead => true;
    public override bool CanSeek => true; // so that its length is believed; it is read once, forwards
    public override bool CanWrite => false;
    public override long Length => length;

    public override long Position
    {
        get => position;
        set { if (value != position) throw new NotSupportedException(); }
    }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer[..(int)Math.Min(buffer.Length, length - position)]);
        hash.AppendData(buffer[..read]);
        position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - position)], cancellationToken);
        hash.AppendData(buffer.Span[..read]);
        position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            hash.Dispose();
            inner.Dispose();
        }
        base.Dispose(disposing);
    }
}
