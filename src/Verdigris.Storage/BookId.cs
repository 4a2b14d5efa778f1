using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Verdigris.Storage;

/// <summary>
/// The Book's 128-bit ids and the documents' GUIDs are the same bits: the GUID's text is the number in hexadecimal. Holders, actors and references in the
/// Book are such GUIDs.
/// </summary>
public static class BookId
{
    public static UInt128 From(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static Guid ToGuid(UInt128 id)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        return new(bytes, bigEndian: true);
    }

    /// <summary>The id of the command at a place in a list that belongs to a document or row: the same at every try, never zero.</summary>
    public static UInt128 Derive(Guid row, int place)
    {
        Span<byte> bytes = stackalloc byte[20];
        row.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], place);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        var id = BinaryPrimitives.ReadUInt128BigEndian(hash);
        return id == 0 ? UInt128.One : id;
    }
}
