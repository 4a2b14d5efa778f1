using System.Buffers.Binary;

namespace Verdigris.Book;

/// <summary>Where a program's last complete checkpoint begins. Only a hint: the record's hash must be that of the journal's record.</summary>
/// <param name="Sequence">Of the Note it begins with.</param>
sealed record CheckpointHint(long Batch, long Sequence, byte[] RecordHash);

/// <summary>Keeps the hint in a file beside the journal: magic <c>VBP1</c>, venue id, batch, sequence, record hash, CRC-32C.</summary>
sealed class CheckpointHints(IDisk disk, string path, UInt128 venueId)
{
    const uint Magic = 0x31504256; // "VBP1"
    const int Length = 4 + 16 + 8 + 8 + RecordCodec.HashSize + 4;

    /// <summary>The hint as it was last written; null where it is missing or damaged.</summary>
    public CheckpointHint? Read()
    {
        if (!disk.Exists(path)) return null;
        Span<byte> bytes = stackalloc byte[Length];
        using var file = disk.Open(path, create: false);
        if (file.Length != Length || file.Read(0, bytes) != Length) return null;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic || BinaryPrimitives.ReadUInt128LittleEndian(bytes[4..]) != venueId) return null;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) != RecordCodec.Crc32C(bytes[..^4])) return null;
        return new(BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[28..]), bytes.Slice(36, RecordCodec.HashSize).ToArray());
    }

    public void Write(CheckpointHint hint)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes[4..], venueId);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[20..], hint.Batch);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[28..], hint.Sequence);
        hint.RecordHash.CopyTo(bytes[36..]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], RecordCodec.Crc32C(bytes[..^4]));
        string temporary = path + ".tmp";
        using (var file = disk.Open(temporary, create: true))
        {
            file.SetLength(Length);
            file.Write(0, bytes);
            file.Flush();
        }
        disk.Rename(temporary, path);
        disk.FlushFolder(Path.GetDirectoryName(path) ?? "");
    }
}
