using System.Buffers.Text;
using System.Text;

namespace Verdigris.Primitives;

/// <summary>
/// The one paging cursor: the sort keys of the last row read, as opaque URL-safe text. It carries the name of the list and order it was
/// made for, so that a cursor of another list, or one mangled on the way, is refused (<c>page.cursor-invalid</c>) instead of read as nonsense.
/// It is no secret and no permission: what a reader may see is decided again for every page.
/// </summary>
public static class Cursor
{
    /// <summary>Cursor after a row.</summary>
    /// <param name="order">Name of list and order, for example <c>certificates/issued-desc</c>.</param>
    /// <param name="keys">The row's sort keys, invariantly written; null stays null.</param>
    public static string After(string order, params ReadOnlySpan<string?> keys)
    {
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Fingerprint(order));
            writer.Write7BitEncodedInt(keys.Length);
            foreach (var key in keys)
            {
                writer.Write(key is not null);
                if (key is not null) writer.Write(key);
            }
        }
        var body = buffer.ToArray();
        return Base64Url.EncodeToString([.. body, .. BitConverter.GetBytes(Fingerprint(Convert.ToHexString(body)))]);
    }

    /// <summary>The sort keys of a cursor made by <see cref="After"/> for the same order and number of keys.</summary>
    public static Answer<IReadOnlyList<string?>> Read(string cursor, string order, int keys)
    {
        var refusal = Refusal.Of("page.cursor-invalid", "cursor");
        if (!Base64Url.IsValid(cursor)) return refusal;
        var bytes = Base64Url.DecodeFromChars(cursor);
        if (bytes.Length < 9) return refusal;
        var body = bytes[..^4];
        if (BitConverter.ToUInt32(bytes, body.Length) != Fingerprint(Convert.ToHexString(body))) return refusal;
        using var reader = new BinaryReader(new MemoryStream(body), Encoding.UTF8);
        if (reader.ReadUInt32() != Fingerprint(order) || reader.Read7BitEncodedInt() != keys) return refusal;
        var values = new string?[keys];
        for (var i = 0; i < keys; i++) values[i] = reader.ReadBoolean() ? reader.ReadString() : null;
        return values;
    }

    // FNV-1a: stable across processes and machines, which string.GetHashCode is not.
    static uint Fingerprint(string text)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = unchecked((hash ^ b) * 16777619u);
        return hash;
    }
}
