using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Verdigris.Book;

/// <summary>What stands in front of a journal record (docs/book.md section 6).</summary>
/// <param name="FirstSequence">Sequence number of the first command, from 1, no gap.</param>
/// <param name="TimeMicros">Batch time, microseconds since 1970 UTC.</param>
public readonly record struct RecordHeader(UInt128 VenueId, long Batch, long FirstSequence, long TimeMicros, int Commands, int PayloadLength);

/// <summary>
/// Bytes of one journal record: header, commands, outcome codes, hash. Little endian as the memory of the machine, so commands are
/// executed where they lie and never copied. Stateless.
/// </summary>
public static class RecordCodec
{
    public const int HeaderSize = 96;
    public const int HashSize = 32;

    /// <summary>A bound on what a header may claim, so that a damaged one is never believed.</summary>
    public const int MostCommands = 65_535;

    const uint Magic = 0x314A4256; // "VBJ1"
    const ushort Version = 1;

    static RecordCodec()
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("The journal's format is the memory of a little-endian machine.");
    }

    public static int PayloadLength(int commands) => (commands * (Command.Size + sizeof(ushort)) + 7) & ~7;

    public static int RecordLength(int commands) => HeaderSize + PayloadLength(commands) + HashSize;

    /// <summary>Where the commands of a record lie; also the place to write them before <see cref="Seal"/>.</summary>
    public static Span<Command> Commands(Span<byte> record, int commands) =>
        MemoryMarshal.Cast<byte, Command>(record.Slice(HeaderSize, commands * Command.Size));

    /// <summary>Where the outcome codes of a record lie.</summary>
    public static Span<Code> Codes(Span<byte> record, int commands) =>
        MemoryMarshal.Cast<byte, Code>(record.Slice(HeaderSize + commands * Command.Size, commands * sizeof(ushort)));

    public static ReadOnlySpan<Command> Commands(ReadOnlySpan<byte> record) =>
        MemoryMarshal.Cast<byte, Command>(record.Slice(HeaderSize, CommandCount(record) * Command.Size));

    public static ReadOnlySpan<Code> Codes(ReadOnlySpan<byte> record)
    {
        int commands = CommandCount(record);
        return MemoryMarshal.Cast<byte, Code>(record.Slice(HeaderSize + commands * Command.Size, commands * sizeof(ushort)));
    }

    public static ReadOnlySpan<byte> PreviousHash(ReadOnlySpan<byte> record) => record.Slice(56, HashSize);

    /// <summary>The record's own hash: its last 32 bytes.</summary>
    public static ReadOnlySpan<byte> Hash(ReadOnlySpan<byte> record) => record[^HashSize..];

    static int CommandCount(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[48..]);

    /// <summary>
    /// Completes a record whose commands and codes are already in place: header, padding, checksums, hash.
    /// <paramref name="record"/> is exactly <see cref="RecordLength"/> long.
    /// </summary>
    public static void Seal(Span<byte> record, UInt128 venueId, long batch, long firstSequence, long timeMicros, int commands, ReadOnlySpan<byte> previousHash)
    {
        int payload = PayloadLength(commands);
        if (record.Length != HeaderSize + payload + HashSize) throw new ArgumentException("Length does not fit the number of commands.", nameof(record));
        if (previousHash.Length != HashSize) throw new ArgumentException("A hash is 32 bytes.", nameof(previousHash));
        record.Slice(HeaderSize + commands * (Command.Size + sizeof(ushort)), payload - commands * (Command.Size + sizeof(ushort))).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(record, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(record[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(record[6..], 0);
        BinaryPrimitives.WriteUInt128LittleEndian(record[8..], venueId);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], batch);
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], firstSequence);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], timeMicros);
        BinaryPrimitives.WriteInt32LittleEndian(record[48..], commands);
        BinaryPrimitives.WriteInt32LittleEndian(record[52..], payload);
        previousHash.CopyTo(record[56..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record[88..], Crc32C(record.Slice(HeaderSize, payload)));
        BinaryPrimitives.WriteUInt32LittleEndian(record[92..], Crc32C(record[..92]));
        SHA256.HashData(record[..(HeaderSize + payload)], record[^HashSize..]);
    }

    /// <summary>Reads a header; false where the 96 bytes are not a whole, undamaged one.</summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, out RecordHeader header)
    {
        header = default;
        if (bytes.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[92..]) != Crc32C(bytes[..92])) return false;
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]) != Version || BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) != 0) return false;
        int commands = BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]), payload = BinaryPrimitives.ReadInt32LittleEndian(bytes[52..]);
        if (commands is < 0 or > MostCommands || payload != PayloadLength(commands)) return false;
        header = new(BinaryPrimitives.ReadUInt128LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]), commands, payload);
        return header.Batch > 0 && header.FirstSequence > 0;
    }

    /// <summary>True where the bytes are exactly one whole record: both checksums and the hash hold. The chain is the reader's to check.</summary>
    public static bool TryRead(ReadOnlySpan<byte> record, out RecordHeader header)
    {
        if (!TryReadHeader(record, out header) || record.Length != RecordLength(header.Commands)) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(record[88..]) != Crc32C(record.Slice(HeaderSize, header.PayloadLength))) return false;
        Span<byte> hash = stackalloc byte[HashSize];
        SHA256.HashData(record[..(HeaderSize + header.PayloadLength)], hash);
        return hash.SequenceEqual(Hash(record));
    }

    /// <summary>CRC-32C (Castagnoli), by the processor's own instruction where it has one.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = 0xFFFFFFFF;
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (byte b in data[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
