using System.Security.Cryptography;

namespace Verdigris.Auditor.Reading;

/// <summary>
/// Forward-only reader that hashes every byte it hands out. Its buffer grows only as far as bytes really arrive, so a length that
/// lies in a damaged file costs no memory.
/// </summary>
sealed class ExportReader(Stream stream) : IDisposable
{
    readonly IncrementalHash fileHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    byte[] buffer = new byte[1 << 20];
    int position, end, hashed;
    long offsetOfBuffer;

    /// <summary>Bytes handed out so far.</summary>
    public long Offset => offsetOfBuffer + position;

    /// <summary>Whether at least this many bytes are left; reads on where needed. Spans handed out before become invalid.</summary>
    public bool Has(int count)
    {
        while (end - position < count)
        {
            if (end == buffer.Length) MakeRoom();
            var read = stream.Read(buffer, end, buffer.Length - end);
            if (read == 0) return false;
            end += read;
        }
        return true;
    }

    /// <summary>The next bytes; <see cref="Has"/> must have said yes. Valid until the next call of <see cref="Has"/>.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        var span = buffer.AsSpan(position, count);
        position += count;
        return span;
    }

    public ReadOnlySpan<byte> Peek(int count) => buffer.AsSpan(position, count);

    /// <summary>Whole items of a size that lie in the buffer already, at most <paramref name="most"/>.</summary>
    public int Ready(int size, int most) => Math.Min(most, (end - position) / size);

    /// <summary>SHA-256 of everything handed out so far.</summary>
    public byte[] Hash()
    {
        HashConsumed();
        return fileHash.GetCurrentHash();
    }

    public void Dispose() => fileHash.Dispose();

    void HashConsumed()
    {
        fileHash.AppendData(buffer, hashed, position - hashed);
        hashed = position;
    }

    void MakeRoom()
    {
        HashConsumed();
        if (position > 0)
        {
            buffer.AsSpan(position, end - position).CopyTo(buffer);
            offsetOfBuffer += position;
            end -= position;
            position = hashed = 0;
        }
        else
        {
            // Full of bytes that are all still needed: only a record longer than the buffer comes here.
            Array.Resize(ref buffer, (int)Math.Min(Array.MaxLength, 2L * buffer.Length));
            if (end == buffer.Length) throw new IOException("A journal record is longer than this machine can hold.");
        }
    }
}
