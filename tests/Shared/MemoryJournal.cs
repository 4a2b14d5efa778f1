using Verdigris.Book;

namespace Verdigris.Testing;

/// <summary>A journal that keeps its records in memory: what a test needs of durability.</summary>
sealed class MemoryJournal : IJournal
{
    readonly List<byte[]> records = [];

    public long LastBatch => records.Count;
    public ReadOnlySpan<byte> LastHash => records.Count == 0 ? new byte[32] : records[^1].AsSpan(records[^1].Length - 32);
    public void Append(long batch, ReadOnlySpan<byte> record) => records.Add(record.ToArray());
    public IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch) => records.Skip((int)batch - 1).Select(r => (ReadOnlyMemory<byte>)r);
    public void Dispose() { }
}
