using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// A growing table of structs in chunks: adding never moves rows, so growth costs no pause, and the collector sees few objects.
/// The first chunk starts small and doubles.
/// </summary>
sealed class Rows<T> where T : unmanaged
{
    readonly int shift;
    readonly uint mask;
    T[][] chunks = new T[4][];

    /// <param name="chunkRows">Rows of a full chunk, a power of two.</param>
    public Rows(int chunkRows = 1 << 15)
    {
        shift = BitOperations.Log2((uint)chunkRows);
        mask = (uint)chunkRows - 1;
        chunks[0] = new T[Math.Min(16, chunkRows)];
    }

    public uint Count { get; private set; }

    public ref T this[uint row]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref chunks[row >> shift][row & mask];
    }

    /// <summary>Adds a zeroed row and tells its number.</summary>
    public uint Add()
    {
        uint row = Count;
        uint chunk = row >> shift, at = row & mask;
        if (at == 0 || chunk == 0 && at >= (uint)chunks[0].Length) Grow(chunk, at);
        Count = checked(row + 1);
        return row;
    }

    public uint Add(in T value)
    {
        uint row = Add();
        this[row] = value;
        return row;
    }

    /// <summary>Takes back the rows from <paramref name="count"/> on; they are zero when added again.</summary>
    public void Truncate(uint count)
    {
        for (uint row = count; row < Count; row++) this[row] = default;
        Count = count;
    }

    public void Clear() => Truncate(0);

    /// <summary>The rows as memory, chunk by chunk, to be written or filled.</summary>
    public IEnumerable<Memory<T>> Chunks()
    {
        for (uint row = 0; row < Count; row += mask + 1)
            yield return chunks[row >> shift].AsMemory(0, (int)Math.Min(mask + 1, Count - row));
    }

    /// <summary>Makes room for exactly this many zeroed rows in an empty table.</summary>
    public void Reserve(uint count)
    {
        if (Count != 0) throw new InvalidOperationException("Only an empty table is reserved.");
        for (uint row = 0; row < count; row += mask + 1)
        {
            uint chunk = row >> shift;
            if (chunk >= chunks.Length) Array.Resize(ref chunks, chunks.Length * 2);
            chunks[chunk] = new T[chunk == 0 ? (int)Math.Max(16, Math.Min(mask + 1, BitOperations.RoundUpToPowerOf2(count))) : (int)mask + 1];
        }
        Count = count;
    }

    public long Bytes => chunks.Sum(c => c is null ? 0L : (long)c.Length * Marshal.SizeOf<T>());

    void Grow(uint chunk, uint at)
    {
        if (chunk == 0)
        {
            if (at >= (uint)chunks[0].Length) Array.Resize(ref chunks[0], (int)Math.Min(chunks[0].Length * 2L, mask + 1L));
            return;
        }
        if (chunk >= chunks.Length) Array.Resize(ref chunks, chunks.Length * 2);
        chunks[chunk] ??= new T[mask + 1];
    }
}
