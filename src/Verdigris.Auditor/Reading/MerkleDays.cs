using System.Security.Cryptography;

namespace Verdigris.Auditor.Reading;

/// <summary>
/// Merkle root of each UTC day over the record hashes in order: node = SHA-256(left || right), an odd node is carried up. Keeps one
/// pending node a level, so a day of any length costs a few hundred bytes.
/// </summary>
sealed class MerkleDays
{
    const long MicrosADay = 86_400_000_000;

    readonly List<AuditDay> days = [];
    readonly List<byte[]?> pending = [];
    long day = long.MinValue, first, last;

    public void Add(long timeMicros, long batch, ReadOnlySpan<byte> recordHash)
    {
        var thisDay = Math.DivRem(timeMicros, MicrosADay, out var rest);
        if (rest < 0) thisDay--;
        if (thisDay != day)
        {
            Close();
            day = thisDay;
            first = batch;
        }
        last = batch;
        var node = recordHash.ToArray();
        for (var level = 0; ; level++)
        {
            if (level == pending.Count) pending.Add(null);
            if (pending[level] is not { } left) { pending[level] = node; return; }
            node = Join(left, node);
            pending[level] = null;
        }
    }

    public IReadOnlyList<AuditDay> Finish()
    {
        Close();
        return days;
    }

    void Close()
    {
        byte[]? root = null;
        foreach (var node in pending)
            if (node is not null) root = root is null ? node : Join(node, root);
        pending.Clear();
        if (root is null) return;
        // A damaged time stamp may lie outside the calendar; the audit reports it elsewhere and must not fall over here.
        var number = day + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;
        var date = number < 0 ? DateOnly.MinValue : number > DateOnly.MaxValue.DayNumber ? DateOnly.MaxValue : DateOnly.FromDayNumber((int)number);
        days.Add(new(date, first, last, Convert.ToHexStringLower(root)));
    }

    static byte[] Join(byte[] left, byte[] right)
    {
        Span<byte> both = stackalloc byte[64];
        left.CopyTo(both);
        right.CopyTo(both[32..]);
        return SHA256.HashData(both);
    }
}
