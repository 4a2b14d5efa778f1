using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>Plain values one after the other, little endian: what a checkpoint and the floor's hash are made of.</summary>
sealed class FloorBytes
{
    byte[] bytes;
    int at;

    public FloorBytes() => bytes = new byte[4096];

    public FloorBytes(byte[] written)
    {
        bytes = written;
        Length = written.Length;
    }

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public bool AtEnd => at == Length;

    public void Put<T>(in T value) where T : unmanaged => MemoryMarshal.Write(Room(Unsafe.SizeOf<T>()), value);

    public void Put(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    /// <exception cref="InvalidDataException">There is no more.</exception>
    public T Get<T>() where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        if (at + size > Length) throw new InvalidDataException("it ends too soon");
        var value = MemoryMarshal.Read<T>(bytes.AsSpan(at, size));
        at += size;
        return value;
    }

    /// <summary>How many of something follow.</summary>
    public int Count()
    {
        int count = Get<int>();
        return count >= 0 ? count : throw new InvalidDataException("a count below zero");
    }

    Span<byte> Room(int size)
    {
        if (Length + size > bytes.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + size));
        Length += size;
        return bytes.AsSpan(Length - size, size);
    }
}
