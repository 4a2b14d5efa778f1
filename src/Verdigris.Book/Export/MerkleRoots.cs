using System.Security.Cryptography;

namespace Verdigris.Book;

/// <summary>The Merkle root over the record hashes of one UTC day: published, it binds the venue to every batch of that day.</summary>
public sealed record DailyRoot(DateOnly Day, long FirstBatch, long LastBatch, byte[] Root);

/// <summary>
/// Daily Merkle roots, computed as records go by: leaves are record hashes in order, a node is SHA-256(left || right), an odd node is
/// carried up. Keeps one hash a level, however long the day.
/// </summary>
public sealed class MerkleRoots
{
    const long DayMicros = 86_400_000_000;

    readonly List<(int Level, byte[] Hash)> peaks = [];
    readonly List<DailyRoot> finished = [];
    long day, firstBatch, lastBatch;

    /// <summary>Adds the next record. Times never go back.</summary>
    public void Add(long batch, long timeMicros, ReadOnlySpan<byte> recordHash)
    {
        long today = timeMicros >= 0 ? timeMicros / DayMicros : (timeMicros + 1) / DayMicros - 1;
        if (peaks.Count > 0 && today != day) Finish();
        if (peaks.Count == 0)
        {
            day = today;
            firstBatch = batch;
        }
        lastBatch = batch;
        var node = recordHash.ToArray();
        int level = 0;
        while (peaks.Count > 0 && peaks[^1].Level == level)
        {
            node = Node(peaks[^1].Hash, node);
            peaks.RemoveAt(peaks.Count - 1);
            level++;
        }
        peaks.Add((level, node));
    }

    /// <summary>The roots of all days so far; the last one is that of the day as far as it went.</summary>
    public IReadOnlyList<DailyRoot> Roots() => peaks.Count == 0 ? finished : [.. finished, Current()];

    void Finish()
    {
        finished.Add(Current());
        peaks.Clear();
    }

    DailyRoot Current()
    {
        var root = peaks[^1].Hash;
        for (int i = peaks.Count - 2; i >= 0; i--) root = Node(peaks[i].Hash, root);
        return new(DateOnly.FromDateTime(DateTime.UnixEpoch.AddDays(day)), firstBatch, lastBatch, root);
    }

    static byte[] Node(byte[] left, byte[] right)
    {
        Span<byte> both = stackalloc byte[RecordCodec.HashSize * 2];
        left.CopyTo(both);
        right.CopyTo(both[RecordCodec.HashSize..]);
        return SHA256.HashData(both);
    }
}
