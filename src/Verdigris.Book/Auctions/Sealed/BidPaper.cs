using System.Buffers.Binary;

namespace Verdigris.Book.Auctions.Sealed;

/// <param name="Price">A unit, above 0.</param>
/// <param name="Quantity">Units, above 0.</param>
public sealed record BidLine(decimal Price, long Quantity);

/// <summary>
/// What stands in a sealed bid: up to <see cref="MostLines"/> prices with quantities. Always of one size, so that an envelope does not say how many. Layout: version byte 1, number of lines (ushort), then for each a decimal (four ints) and a long, zeros to the end; little endian.
/// </summary>
public static class BidPaper
{
    public const int MostLines = 100;

    const byte Version = 1;
    const int HeadBytes = 3, LineBytes = 24;

    public const int Bytes = HeadBytes + MostLines * LineBytes;

    /// <exception cref="ArgumentException">No line, too many, or one that is not above zero.</exception>
    public static byte[] Write(IReadOnlyList<BidLine> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        if (lines.Count is 0 or > MostLines || lines.Any(l => l.Price <= 0 || l.Quantity <= 0)) throw new ArgumentException($"A bid has 1 to {MostLines} lines above zero.", nameof(lines));
        var paper = new byte[Bytes];
        paper[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(paper.AsSpan(1), (ushort)lines.Count);
        for (var i = 0; i < lines.Count; i++)
        {
            var line = paper.AsSpan(HeadBytes + i * LineBytes, LineBytes);
            foreach (var (at, part) in decimal.GetBits(lines[i].Price).Index()) BinaryPrimitives.WriteInt32LittleEndian(line[(at * 4)..], part);
            BinaryPrimitives.WriteInt64LittleEndian(line[16..], lines[i].Quantity);
        }
        return paper;
    }

    /// <summary>Null for bytes that are no such paper.</summary>
    public static IReadOnlyList<BidLine>? Read(ReadOnlySpan<byte> paper)
    {
        if (paper.Length != Bytes || paper[0] != Version) return null;
        var lines = new BidLine[BinaryPrimitives.ReadUInt16LittleEndian(paper[1..])];
        if (lines.Length is 0 or > MostLines || paper[(HeadBytes + lines.Length * LineBytes)..].ContainsAnyExcept((byte)0)) return null;
        Span<int> parts = stackalloc int[4];
        for (var i = 0; i < lines.Length; i++)
        {
            var line = paper.Slice(HeadBytes + i * LineBytes, LineBytes);
            for (var at = 0; at < 4; at++) parts[at] = BinaryPrimitives.ReadInt32LittleEndian(line[(at * 4)..]);
            // Bits a decimal does not use must be zero: else it is not one.
            if ((parts[3] & ~0x001F0000) != 0 || parts[3] >> 16 > 28) return null;
            lines[i] = new(new decimal(parts), BinaryPrimitives.ReadInt64LittleEndian(line[16..]));
            if (lines[i].Price <= 0 || lines[i].Quantity <= 0) return null;
        }
        return lines;
    }
}
