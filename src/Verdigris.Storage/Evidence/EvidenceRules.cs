using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>
/// Which files may stand as evidence: at most <see cref="MostFiles"/> of at most <see cref="LargestBytes"/> each, of the kinds in <see cref="Kinds"/>. The kind
/// is told by the ending and must be borne out by the first bytes; what a browser says of a file is not asked. Pure.
/// </summary>
public static class EvidenceRules
{
    public const int MostFiles = 20;
    public const int LargestBytes = 20 << 20;
    const int LongestName = 200;

    /// <summary>Ending, media type, and the bytes such a file begins with; none for plain text.</summary>
    public static IReadOnlyList<(string Ending, string MediaType, byte[] Begins)> Kinds { get; } =
    [
        (".pdf", "application/pdf", "%PDF-"u8.ToArray()),
        (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", [0x50, 0x4b, 0x03, 0x04]),
        (".png", "image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
        (".jpg", "image/jpeg", [0xff, 0xd8, 0xff]),
        (".jpeg", "image/jpeg", [0xff, 0xd8, 0xff]),
        (".csv", "text/csv", []),
    ];

    /// <summary>The endings as people read them.</summary>
    public static string Allowed { get; } = string.Join(", ", Kinds.Select(k => k.Ending));

    /// <summary>The name without folders, as it is kept.</summary>
    public static string NameOf(string? given)
    {
        var name = (given ?? "").Normalize(NormalizationForm.FormC);
        return name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Trim();
    }

    /// <summary>Media type of a file, or what is wrong with it: name, size, kind, content, in this order.</summary>
    public static Answer<string> Check(string name, ReadOnlySpan<byte> content)
    {
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl)) return Refusal.Of("emissions.evidence-name-invalid", "file", ("limit", Number(LongestName)));
        if (content.Length == 0) return Refusal.Of("emissions.evidence-empty", "file", ("name", name));
        if (content.Length > LargestBytes) return Refusal.Of("emissions.evidence-too-large", "file", ("name", name), ("limit", $"{Number(LargestBytes >> 20)} MiB"));
        foreach (var (ending, mediaType, begins) in Kinds)
        {
            if (!name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) continue;
            var fits = begins.Length > 0 ? content.StartsWith(begins) : Utf8.IsValid(content) && content.IndexOf((byte)0) < 0;
            return fits ? mediaType : Refusal.Of("emissions.evidence-not-what-it-says", "file", ("name", name), ("ending", ending));
        }
        return Refusal.Of("emissions.evidence-kind-not-allowed", "file", ("name", name), ("allowed", Allowed));
    }

    static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
