using System.Globalization;
using System.Text;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warehousing.FloorCounts;

/// <summary>A lot found on the floor. Net in kilograms, above zero, at most three decimals.</summary>
public sealed record CountLine(string LotNo, decimal NetKg);

/// <summary>A warrant of the Book whose metal must lie in the warehouse.</summary>
public sealed record BookLot(Guid WarrantId, string Number, string LotNo, decimal NetKg);

/// <summary>What a count and the Book do not agree on. Numbers are stored and never change.</summary>
public enum DifferenceKind : short { MissingOnFloor = 0, WithoutWarrant = 1, WeightDiffers = 2 }

/// <param name="Warrants">Numbers of the warrants of the lot; empty where there is none.</param>
/// <param name="BookKg">Net of those warrants; null where there is none.</param>
/// <param name="FloorKg">Net found; null where the lot was not found.</param>
public sealed record CountDifference(DifferenceKind Kind, string LotNo, IReadOnlyList<string> Warrants, decimal? BookKg, decimal? FloorKg);

/// <summary>A difference as it is kept, until two people have resolved it.</summary>
public sealed record FloorDifference(Guid Id, Guid CountId, DifferenceKind Kind, string LotNo, IReadOnlyList<string> Warrants, decimal? BookKg, decimal? FloorKg, string? Reason, Guid? ProposedBy, Guid? ResolvedBy, Instant? ResolvedAt)
{
    public bool Resolved => ResolvedAt is not null;
}

/// <summary>A count of a warehouse's floor against the Book.</summary>
/// <param name="TolerancePercent">How far the weight of a lot may lie from its warrants', either way.</param>
/// <param name="Sha256">Of the list as it was handed in.</param>
public sealed record FloorCount(Guid Id, Guid WarehouseId, LocalDate CountedOn, int FloorLots, decimal FloorKg, int BookLots, decimal BookKg, decimal TolerancePercent, string RuleId, string Sha256, Guid CountedBy, string CountedByName, Instant CreatedAt, int Differences, int Open);

/// <summary>Reads a count and compares it with the Book. Pure.</summary>
public static class FloorRules
{
    public const int LargestBytes = 8 << 20, MostLines = 100_000, MostRefusals = 100;

    /// <summary>
    /// The lines of a list, as typed or as a file: lot number, then net in kilograms, parted by comma, semicolon, tab or space; a first line of words is a heading. What is wrong, each with its line:
    /// <c>floor.unreadable</c>, <c>floor.line-unreadable</c>, <c>floor.lot-twice</c>, <c>floor.too-many</c>. An empty list is a count too: nothing lies there.
    /// </summary>
    public static Answer<IReadOnlyList<CountLine>> Read(ReadOnlySpan<byte> content)
    {
        if (content.Length > LargestBytes) return Refusal.Of("floor.too-large", "lines", ("limit", "8 MiB"));
        string text;
        try { text = new UTF8Encoding(false, true).GetString(content.StartsWith(Encoding.UTF8.Preamble) ? content[3..] : content); }
        catch (DecoderFallbackException) { return Refusal.Of("floor.unreadable", "lines"); }
        var (lines, seen, wrong, number) = (new List<CountLine>(), new HashSet<string>(StringComparer.OrdinalIgnoreCase), new List<Refusal>(), 0);
        foreach (var line in text.Split('\n'))
        {
            number++;
            var cells = line.Split([',', ';', '\t', ' ', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (cells.Length == 0) continue;
            if (wrong.Count == MostRefusals) break;
            var at = number.ToString(CultureInfo.InvariantCulture);
            var reads = cells.Length == 2 && CertificateRules.IsWord(cells[0]);
            if (reads && DecimalText.TryRead(cells[1], out var kg) && kg > 0 && kg <= CertificateRules.LargestKg && DecimalText.Trim(kg).Scale <= 3)
            {
                if (!seen.Add(cells[0])) wrong.Add(Refusal.Of("floor.lot-twice", "lines", ("line", at), ("given", cells[0])));
                else lines.Add(new(cells[0], kg));
            }
            else if (number > 1 || cells.Any(c => c.Any(char.IsAsciiDigit))) wrong.Add(Refusal.Of("floor.line-unreadable", "lines", ("line", at), ("given", line.Trim() is { Length: > 60 } l ? l[..60] : line.Trim())));
        }
        if (wrong.Count > 0) return wrong;
        return lines.Count > MostLines ? Refusal.Of("floor.too-many", "lines", ("limit", MostLines.ToString(CultureInfo.InvariantCulture))) : lines;
    }

    /// <summary>
    /// What differs, ordered by lot: warranted and not on the floor; on the floor without warrant; weight further from the warrants' net than the tolerance, whose limit is within. Warrants of one lot number
    /// are compared as one.
    /// </summary>
    public static IReadOnlyList<CountDifference> Compare(IReadOnlyList<CountLine> floor, IReadOnlyList<BookLot> book, decimal tolerancePercent)
    {
        var found = floor.ToDictionary(l => l.LotNo, l => l.NetKg, StringComparer.OrdinalIgnoreCase);
        var differences = new List<CountDifference>();
        foreach (var lot in book.GroupBy(b => b.LotNo, StringComparer.OrdinalIgnoreCase))
        {
            var (numbers, kg) = (lot.Select(b => b.Number).Order(StringComparer.Ordinal).ToList(), lot.Sum(b => b.NetKg));
            if (!found.Remove(lot.Key, out var net)) differences.Add(new(DifferenceKind.MissingOnFloor, lot.Key, numbers, kg, null));
            else if (Math.Abs(net - kg) * 100 > kg * tolerancePercent) differences.Add(new(DifferenceKind.WeightDiffers, lot.Key, numbers, kg, net));
        }
        differences.AddRange(found.Select(f => new CountDifference(DifferenceKind.WithoutWarrant, f.Key, [], null, f.Value)));
        return [.. differences.OrderBy(d => d.LotNo, StringComparer.OrdinalIgnoreCase).ThenBy(d => d.Kind)];
    }
}
