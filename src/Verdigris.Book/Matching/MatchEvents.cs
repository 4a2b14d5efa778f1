using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// Where an engine writes its events: chunks that are made once and kept, so that nothing is allocated while matching but when one command does more than ever before, and nothing is copied even then.
/// </summary>
public sealed unsafe class MatchEvents
{
    const int Shift = 10, ChunkEvents = 1 << Shift;

    Chunk[] chunks = [Chunk.New()];
    MatchEvent* next, end; // in the last chunk that is used
    int chunk;

    /// <summary>Pinned events, each in one line of the processor's cache.</summary>
    readonly struct Chunk(MatchEvent[] memory, nint first)
    {
        public bool IsNone => memory is null;

        public MatchEvent* First => (MatchEvent*)first;

        public static Chunk New()
        {
            var memory = GC.AllocateArray<MatchEvent>(ChunkEvents + 1, pinned: true);
            nint line = sizeof(MatchEvent), first = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(memory));
            return new(memory, (first + line - 1) & ~(line - 1));
        }
    }

    public MatchEvents() => Use(0);

    public int Count => ((chunk + 1) << Shift) - (int)(end - next);

    public ref readonly MatchEvent this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return ref chunks[index >> Shift].First[index & (ChunkEvents - 1)];
        }
    }

    /// <summary>The events from <paramref name="index"/> on, as far as they lie together; empty at the end. Adding its length to the index gives the next run.</summary>
    public ReadOnlySpan<MatchEvent> From(int index)
    {
        if (index >= Count) return default;
        int first = index & (ChunkEvents - 1);
        return MemoryMarshal.CreateReadOnlySpan(ref chunks[index >> Shift].First[first], Math.Min(ChunkEvents - first, Count - index));
    }

    public void Clear() => Use(0);

    /// <summary>The next event, zeroed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref MatchEvent Next()
    {
        if (next == end) NextChunk();
        ref var e = ref *next;
        next = unchecked(next + 1);
        e = default;
        return ref e;
    }

    void NextChunk()
    {
        if (chunk + 1 == chunks.Length) Array.Resize(ref chunks, chunks.Length * 2);
        if (chunks[chunk + 1].IsNone) chunks[chunk + 1] = Chunk.New();
        Use(chunk + 1);
    }

    void Use(int number)
    {
        chunk = number;
        next = chunks[number].First;
        end = next + ChunkEvents;
    }
}
