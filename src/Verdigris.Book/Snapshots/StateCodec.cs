using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Verdigris.Book;

/// <summary>Bytes going out, hashed on the way; without a file only the hash is wanted.</summary>
/// <param name="beside">A writer of the journal is at work: it is given way to after each piece.</param>
sealed class StateWriter(IDiskFile? file, bool beside = false) : IDisposable
{
    /// <summary>Flushed piece by piece: one flood at the end would hold up the journal's own flushes for as long as it takes.</summary>
    const int FlushEvery = 512 << 10;

    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly byte[] buffer = new byte[256 << 10];
    int used;
    long flushed;

    public long Written { get; private set; }

    public void Bytes(ReadOnlySpan<byte> data)
    {
        if (data.Length > buffer.Length - used)
        {
            Drain();
            if (data.Length >= buffer.Length)
            {
                Emit(data);
                return;
            }
        }
        data.CopyTo(buffer.AsSpan(used));
        used += data.Length;
    }

    public void Value<T>(in T value) where T : unmanaged => Bytes(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in value, 1)));

    public void Table<T>(Rows<T> rows) where T : unmanaged
    {
        Value(rows.Count);
        for (int chunk = 0; chunk < rows.Chunks; chunk++) Bytes(rows.Chunk(chunk));
    }

    /// <summary>Ends with the hash of everything before it, which is also the answer.</summary>
    public byte[] Finish()
    {
        Drain();
        var digest = hash.GetHashAndReset();
        if (file is not null)
        {
            file.Write(Written, digest);
            Written += digest.Length;
        }
        return digest;
    }

    public void Dispose() => hash.Dispose();

    void Drain()
    {
        if (used > 0) Emit(buffer.AsSpan(0, used));
        used = 0;
    }

    void Emit(ReadOnlySpan<byte> data)
    {
        hash.AppendData(data);
        for (; file is not null && data.Length > FlushEvery; data = data[FlushEvery..]) Put(data[..FlushEvery]);
        Put(data);
    }

    void Put(ReadOnlySpan<byte> data)
    {
        file?.Write(Written, data);
        Written += data.Length;
        if (Written - flushed < FlushEvery) return;
        file?.Flush();
        flushed = Written;
        if (beside) Background.GiveWay();
    }
}

/// <summary>Bytes coming in, hashed on the way. Anything short or oversized is an <see cref="InvalidDataException"/>.</summary>
sealed class StateReader(IDiskFile file) : IDisposable
{
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly long end = file.Length - RecordCodec.HashSize;
    readonly byte[] buffer = new byte[256 << 10];
    long at;
    int used, filled;

    public void Bytes(Span<byte> into)
    {
        while (into.Length > 0)
        {
            if (used == filled)
            {
                if (into.Length >= buffer.Length)
                {
                    Pull(into);
                    return;
                }
                filled = (int)Math.Min(buffer.Length, end - at);
                if (filled <= 0) throw new InvalidDataException("The snapshot is too short.");
                Pull(buffer.AsSpan(0, filled));
                used = 0;
            }
            int n = Math.Min(into.Length, filled - used);
            buffer.AsSpan(used, n).CopyTo(into);
            used += n;
            into = into[n..];
        }
    }

    public T Value<T>() where T : unmanaged
    {
        T value = default;
        Bytes(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)));
        return value;
    }

    public void Table<T>(Rows<T> rows) where T : unmanaged
    {
        uint count = Value<uint>();
        if (count * (long)Marshal.SizeOf<T>() > end - at + (filled - used)) throw new InvalidDataException("The snapshot is too short for its tables.");
        rows.Reserve(count);
        for (int chunk = 0; chunk < rows.Chunks; chunk++) Bytes(rows.Chunk(chunk));
    }

    /// <summary>True where everything was read and the hash at the end holds.</summary>
    public bool Finish()
    {
        if (used != filled || at != end) return false;
        Span<byte> expected = stackalloc byte[RecordCodec.HashSize];
        return file.Read(end, expected) == expected.Length && hash.GetHashAndReset().AsSpan().SequenceEqual(expected);
    }

    public void Dispose() => hash.Dispose();

    void Pull(Span<byte> into)
    {
        if (into.Length > end - at || file.Read(at, into) != into.Length) throw new InvalidDataException("The snapshot is too short.");
        hash.AppendData(into);
        at += into.Length;
    }
}
