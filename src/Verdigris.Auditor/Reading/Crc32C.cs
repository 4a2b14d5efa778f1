using System.Buffers.Binary;
using System.Numerics;

namespace Verdigris.Auditor.Reading;

/// <summary>CRC-32C (Castagnoli, reflected, initial value and final exclusive-or all ones), by the processor's instruction where it has one.</summary>
static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }
        foreach (var b in data) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
