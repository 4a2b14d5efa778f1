using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Dossier;

/// <summary>A file somebody brought as evidence.</summary>
/// <param name="Name">Without a folder, 1-120 characters; unique in the dossier but for case.</param>
public sealed record DossierEvidence(string Name, byte[] Content);

/// <summary>
/// An archive for an inspection years later: report.html, data.json, data.csv, evidence/*, manifest.json (path, size and SHA-256 of each, when and by whom it was made) and manifest.jws, the signature over manifest.json that its
/// maker gives. The same content gives the same bytes: entries in fixed order, without times and without compression, which another version might do otherwise.
/// </summary>
public sealed class DossierDraft
{
    public const string ReportPath = "report.html", JsonPath = "data.json", CsvPath = "data.csv", EvidenceFolder = "evidence/", ManifestPath = "manifest.json", SignaturePath = "manifest.jws", Format = "verdigris-dossier/1";
    const int MostEvidence = 10_000, LongestName = 120;

    readonly IReadOnlyList<(string Path, byte[] Content)> entries;

    DossierDraft(IReadOnlyList<(string, byte[])> entries, byte[] manifest) => (this.entries, Manifest) = (entries, manifest);

    /// <summary>Canonical JSON; these bytes are to be signed.</summary>
    public byte[] Manifest { get; }

    /// <param name="createdBy">Name and organisation, as they are to stand there.</param>
    /// <returns>The draft; <c>dossier.created-by</c>, <c>dossier.evidence-name</c>, <c>dossier.evidence-twice</c>, <c>dossier.evidence-count</c>.</returns>
    public static Answer<DossierDraft> Of(DossierReport report, IReadOnlyList<DossierEvidence> evidence, Instant createdAt, string createdBy)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(evidence);
        var wrong = new List<Refusal>();
        if (string.IsNullOrWhiteSpace(createdBy) || createdBy.Length > 200) wrong.Add(Refusal.Of("dossier.created-by", "createdBy", ("most", "200")));
        if (evidence.Count > MostEvidence) wrong.Add(Refusal.Of("dossier.evidence-count", "evidence", ("most", $"{MostEvidence}")));
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (i, file) in evidence.Index())
        {
            if (!IsName(file.Name)) wrong.Add(Refusal.Of("dossier.evidence-name", $"evidence[{i}].name", ("given", file.Name), ("most", $"{LongestName}")));
            else if (!names.Add(file.Name)) wrong.Add(Refusal.Of("dossier.evidence-twice", $"evidence[{i}].name", ("given", file.Name)));
        }
        if (wrong.Count > 0) return wrong;
        IReadOnlyList<(string Path, byte[] Content)> entries =
        [
            (ReportPath, Encoding.UTF8.GetBytes(report.Html())), (JsonPath, report.Json()), (CsvPath, Encoding.UTF8.GetBytes(report.Csv())),
            .. evidence.OrderBy(e => e.Name, StringComparer.Ordinal).Select(e => (EvidenceFolder + e.Name, e.Content)),
        ];
        return new DossierDraft(entries, ManifestOf(entries, createdAt, createdBy));
    }

    /// <param name="jws">Detached signature over <see cref="Manifest"/> (RFC 7515 appendix F).</param>
    public byte[] Seal(string jws)
    {
        ArgumentException.ThrowIfNullOrEmpty(jws);
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (path, content) in entries.Append((ManifestPath, Manifest)).Append((SignaturePath, Encoding.ASCII.GetBytes(jws))))
            {
                var entry = zip.CreateEntry(path, CompressionLevel.NoCompression);
                // The earliest time the format knows.
                entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using var to = entry.Open();
                to.Write(content);
            }
        return stream.ToArray();
    }

    /// <summary>A name that is one file everywhere: no folder, nothing Windows forbids, no dot or blank at its end.</summary>
    static bool IsName(string name) => name is { Length: > 0 and <= LongestName } && name.Trim() == name && !name.EndsWith('.') && !name.StartsWith('.') && name.IndexOfAny([.. "/\\:*?\"<>|"]) < 0 && !name.Any(char.IsControl) && name.EnumerateRunes().All(r => r.Value != 0xFFFD);

    static byte[] ManifestOf(IReadOnlyList<(string Path, byte[] Content)> entries, Instant createdAt, string createdBy)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("createdAt", InstantPattern.ExtendedIso.Format(createdAt));
            writer.WriteString("createdBy", createdBy);
            writer.WriteString("format", Format);
            writer.WriteStartArray("entries");
            foreach (var (path, content) in entries)
            {
                writer.WriteStartObject();
                writer.WriteString("path", path);
                writer.WriteNumber("bytes", content.Length);
                writer.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(content)));
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        return CanonicalJson.Write(stream.ToArray());
    }
}
