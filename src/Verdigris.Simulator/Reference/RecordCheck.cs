using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>Reads a journal record byte by byte from docs/book.md section 6 and says what is wrong with it, or null.</summary>
public static class RecordCheck
{
    const int HeaderBytes = 96, HashBytes = 32;

    public static string? Check(ReadOnlySpan<byte> record, UInt128 venue, long batch, long firstSequence, ReadOnlySpan<byte> previousHash, Decided decided, ReadOnlySpan<Command> commands)
    {
        if (record.Length < HeaderBytes + HashBytes) return $"record of {record.Length} bytes";
        if (!record[..4].SequenceEqual("VBJ1"u8)) return "magic";
        if (BinaryPrimitives.ReadUInt16LittleEndian(record[4..]) != 1) return "format version";
        if (BinaryPrimitives.ReadUInt16LittleEndian(record[6..]) != 0) return "reserved field set";
        if (BinaryPrimitives.ReadUInt128LittleEndian(record[8..]) != venue) return "venue id";
        if (BinaryPrimitives.ReadInt64LittleEndian(record[24..]) != batch) return $"batch number {BinaryPrimitives.ReadInt64LittleEndian(record[24..])}, expected {batch}";
        if (BinaryPrimitives.ReadInt64LittleEndian(record[32..]) != firstSequence) return $"first sequence {BinaryPrimitives.ReadInt64LittleEndian(record[32..])}, expected {firstSequence}";
        if (BinaryPrimitives.ReadInt64LittleEndian(record[40..]) != decided.TimeMicros) return "batch time";
        int count = BinaryPrimitives.ReadInt32LittleEndian(record[48..]);
        if (count != commands.Length) return $"{count} commands, expected {commands.Length}";
        int payload = BinaryPrimitives.ReadInt32LittleEndian(record[52..]);
        if (payload != (count * (Command.Size + 2) + 7) / 8 * 8) return $"payload of {payload} bytes";
        if (record.Length != HeaderBytes + payload + HashBytes) return $"record of {record.Length} bytes with a payload of {payload}";
        if (!record.Slice(56, 32).SequenceEqual(previousHash)) return "previous hash";
        if (BinaryPrimitives.ReadUInt32LittleEndian(record[88..]) != Crc32C(record.Slice(HeaderBytes, payload))) return "payload checksum";
        if (BinaryPrimitives.ReadUInt32LittleEndian(record[92..]) != Crc32C(record[..92])) return "header checksum";
        if (!SHA256.HashData(record[..(HeaderBytes + payload)]).AsSpan().SequenceEqual(record[^HashBytes..])) return "hash";
        ReadOnlySpan<byte> body = record.Slice(HeaderBytes, payload);
        if (!body[..(count * Command.Size)].SequenceEqual(MemoryMarshal.AsBytes(commands))) return "commands differ from those sent";
        for (int i = 0; i < count; i++)
        {
            Code code = (Code)BinaryPrimitives.ReadUInt16LittleEndian(body[(count * Command.Size + 2 * i)..]);
            if (code != decided.Outcomes[i].Code) return $"outcome of command {i} is {code}, expected {decided.Outcomes[i].Code}";
        }
        if (body[(count * (Command.Size + 2))..].ContainsAnyExcept((byte)0)) return "padding is not zero";
        return null;
    }

    /// <summary>CRC-32C (Castagnoli), as iSCSI has it: initial and final value inverted.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
