using System.Numerics;
using System.Runtime.CompilerServices;

namespace Verdigris.Book;

/// <summary>
/// A growing table of structs in chunks: adding never moves rows, so growth costs no pause, and the collector sees few objects.
/// The first chunk starts small and doubles; the others are pieces of slabs.
/// </summary>
sealed class Rows<T> where T : unmanaged
{
    const uint FirstRows = 16;

    readonly Slabs slabs;
    readonly int shift;
    readonly uint mask;
    Piece[] chunks = new Piece[4];
    uint firstRows; // room in the first chunk

    /// <param name="slabs">Where full chunks come from.</param>
    /// <param name="chunkRows">Rows of a full chunk, a power of two.</param>
    public Rows(Slabs slabs, int chunkRows = 1 << 15)
    {
        this.slabs = slabs;
        shift = BitOperations.Log2((uint)chunkRows);
        mask = (uint)chunkRows - 1;
        Resize(Math.Min(FirstRows, mask + 1));
    }

    public uint Count { get; private set; }

    public ref T this[uint row]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count); // the chunks themselves are not checked
            return ref chunks[row >> shift].At<T>(row & mask);
        }
    }

    /// <summary>Adds a zeroed row and tells its number.</summary>
    public uint Add()
    {
        uint row = Count;
        if (row < firstRows)
        {
            Count = row + 1;
            return row;
        }
        uint chunk = row >> shift;
        if (chunk == 0) Resize(firstRows * 2);
        else if ((row & mask) == 0) AddChunk(chunk);
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

    /// <summary>How many chunks hold rows.</summary>
    public int Chunks => (int)((Count + (long)mask) >> shift);

    /// <summary>The rows of one chunk as bytes, to be written or filled.</summary>
    public Span<byte> Chunk(int chunk) => chunks[chunk].Span((int)Math.Min(mask + 1, Count - ((uint)chunk << shift)) * Unsafe.SizeOf<T>());

    /// <summary>Makes room for exactly this many zeroed rows in an empty table.</summary>
    public void Reserve(uint count)
    {
        if (Count != 0) throw new InvalidOperationException("Only an empty table is reserved.");
        Resize(Math.Clamp(BitOperations.RoundUpToPowerOf2(count), Math.Min(FirstRows, mask + 1), mask + 1));
        for (uint chunk = 1; (long)chunk << shift < count; chunk++) AddChunk(chunk);
        Count = count;
    }

    public long Bytes
    {
        get
        {
            long rows = firstRows;
            for (int chunk = 1; chunk < Chunks; chunk++) rows += mask + 1;
            return rows * Unsafe.SizeOf<T>();
        }
    }

    void Resize(uint rows)
    {
        var larger = new byte[rows * (uint)Unsafe.SizeOf<T>()];
        if (Count > 0) Chunk(0).CopyTo(larger);
        chunks[0] = new(larger, 0);
        firstRows = rows;
    }

    void AddChunk(uint chunk)
    {
        if (chunk >= chunks.Length) Array.Resize(ref chunks, chunks.Length * 2);
        // A chunk emptied by taking rows back is zeroed already.
        if (chunks[chunk].IsNone) chunks[chunk] = slabs.Take((int)(mask + 1) * Unsafe.SizeOf<T>());
    }
}
