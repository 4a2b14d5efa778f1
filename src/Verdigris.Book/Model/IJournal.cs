namespace Verdigris.Book;

/// <summary>
/// Where batches become durable. Two implementations, one test suite: segment files (this room) and PostgreSQL rows (Storage).
/// One writer; not thread-safe.
/// </summary>
public interface IJournal : IDisposable
{
    /// <summary>Number of the last record, 0 when empty; its hash is the next record's previous hash.</summary>
    long LastBatch { get; }

    ReadOnlySpan<byte> LastHash { get; }

    /// <summary>Appends one whole record (docs/book.md section 6) and returns when it is durable.</summary>
    /// <exception cref="JournalFencedException">Another writer has appended this number: this one is stale and must stop.</exception>
    /// <exception cref="IOException">Not known to be durable: the writer must stop and recover.</exception>
    void Append(long batch, ReadOnlySpan<byte> record);

    /// <summary>Reads whole records from a batch number on, in order; the memory is valid until the next step.</summary>
    IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch);
}

/// <summary>A second writer owns the journal.</summary>
public sealed class JournalFencedException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>A record that should be whole is not: checksum, hash chain or numbering is broken before the tail.</summary>
public sealed class JournalCorruptException(long batch, string message) : IOException(message)
{
    public long Batch { get; } = batch;
}

/// <summary>A file as the segment journal and the snapshots use it; the simulator's fault-injecting disk stands behind the same face.</summary>
public interface IDisk
{
    IReadOnlyList<string> List(string folder);
    bool Exists(string path);
    /// <summary>Opens for reading and writing, creating it where asked.</summary>
    IDiskFile Open(string path, bool create);
    void Rename(string from, string to);
    void Delete(string path);
    /// <summary>Makes creations, renames and deletions in the folder durable.</summary>
    void FlushFolder(string folder);
    /// <summary>Takes the exclusive lock that keeps a second writer out.</summary>
    /// <exception cref="JournalFencedException">Somebody else holds it.</exception>
    IDisposable Lock(string path);
}

public interface IDiskFile : IDisposable
{
    long Length { get; }
    void SetLength(long length);
    int Read(long offset, Span<byte> into);
    void Write(long offset, ReadOnlySpan<byte> data);
    /// <summary>Returns when what was written is durable (fdatasync).</summary>
    void Flush();
}
