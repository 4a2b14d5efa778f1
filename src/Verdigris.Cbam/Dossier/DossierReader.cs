using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Dossier;

/// <summary>Right: the manifest is what the key's holder signed. KeyUnknown: nobody here knows the key, the rest was looked at all the same.</summary>
public enum SealState { Right, Wrong, KeyUnknown, Missing }

/// <summary>What a look at a dossier found.</summary>
/// <param name="KeyId">Named by the signature; null where it is none.</param>
/// <param name="Faults">One for each entry: <c>dossier.changed</c>, <c>dossier.missing</c>, <c>dossier.added</c>, <c>dossier.twice</c>, with the path as field; <c>dossier.manifest-broken</c>, <c>dossier.signature-missing</c>, <c>dossier.signature-broken</c>, <c>dossier.signature-wrong</c> for the seal itself.</param>
public sealed record DossierVerdict(SealState Seal, string? KeyId, Instant? CreatedAt, string? CreatedBy, IReadOnlyList<string> Entries, IReadOnlyList<Refusal> Faults)
{
    /// <summary>Every entry is there as it was sealed, none beside them, and the signature is right.</summary>
    public bool Whole => Seal == SealState.Right && Faults.Count == 0;
}

/// <summary>Looks whether a dossier is as it was sealed, and says which entry is not. Nothing is unpacked to disk, and of an entry no more is held than its length and hash; manifest and signature alone are read into memory.</summary>
public static class DossierReader
{
    const long LargestBytes = 1L << 30;
    const int MostEntries = 20_000;

    /// <summary>A manifest of as many entries as may be, with room to spare.</summary>
    const int LargestManifest = 16 << 20;

    /// <param name="keyOf">The public key of a key id; null where nobody knows it. The key stays the caller's.</param>
    /// <returns>The verdict; refused is only what is no archive (<c>dossier.not-an-archive</c>) or unpacks to too much (<c>dossier.too-large</c>).</returns>
    public static Answer<DossierVerdict> Verify(Stream content, Func<string, ECDsa?> keyOf)
    {
        ArgumentNullException.ThrowIfNull(keyOf);
        var faults = new List<Refusal>();
        Dictionary<string, Entry?> held;
        try
        {
            using var zip = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
            if (zip.Entries.Count > MostEntries || zip.Entries.Sum(e => (decimal)e.Length) > LargestBytes) return Refusal.Of("dossier.too-large", "file");
            held = new(StringComparer.Ordinal);
            foreach (var entry in zip.Entries)
                if (!held.TryAdd(entry.FullName, Read(entry))) faults.Add(Refusal.Of("dossier.twice", entry.FullName, ("path", entry.FullName)));
        }
        catch (InvalidDataException) { return Refusal.Of("dossier.not-an-archive", "file"); }
        var manifest = Manifest(held.GetValueOrDefault(DossierDraft.ManifestPath)?.Content);
        if (manifest is null) faults.Add(Refusal.Of(held.ContainsKey(DossierDraft.ManifestPath) ? "dossier.manifest-broken" : "dossier.missing", DossierDraft.ManifestPath, ("path", DossierDraft.ManifestPath)));
        foreach (var (path, bytes, sha256) in manifest?.Entries ?? [])
        {
            if (!held.TryGetValue(path, out var found)) faults.Add(Refusal.Of("dossier.missing", path, ("path", path)));
            else if (found is null || found.Length != bytes || found.Sha256 != sha256) faults.Add(Refusal.Of("dossier.changed", path, ("path", path)));
        }
        if (manifest is not null)
            foreach (var path in held.Keys.Except(manifest.Entries.Select(e => e.Path)).Except([DossierDraft.ManifestPath, DossierDraft.SignaturePath])) faults.Add(Refusal.Of("dossier.added", path, ("path", path)));
        var (seal, kid) = Seal(held, keyOf, faults);
        return new DossierVerdict(seal, kid, manifest?.CreatedAt, manifest?.CreatedBy, [.. held.Keys], faults);
    }

    static (SealState, string?) Seal(Dictionary<string, Entry?> held, Func<string, ECDsa?> keyOf, List<Refusal> faults)
    {
        if (held.GetValueOrDefault(DossierDraft.SignaturePath)?.Content is not { } signature)
        {
            faults.Add(Refusal.Of("dossier.signature-missing", DossierDraft.SignaturePath));
            return (SealState.Missing, null);
        }
        var jws = Encoding.ASCII.GetString(signature);
        if (Jws.KeyId(jws) is not { } kid)
        {
            faults.Add(Refusal.Of("dossier.signature-broken", DossierDraft.SignaturePath));
            return (SealState.Wrong, null);
        }
        if (keyOf(kid) is not { } key) return (SealState.KeyUnknown, kid);
        if (held.GetValueOrDefault(DossierDraft.ManifestPath)?.Content is { } manifest && Jws.Verify(key, jws, manifest)) return (SealState.Right, kid);
        // The one cannot be told from the other: the signature is not over these bytes.
        faults.Add(Refusal.Of("dossier.signature-wrong", DossierDraft.ManifestPath));
        return (SealState.Wrong, kid);
    }

    /// <param name="Content">Of manifest and signature; null for everything else, and where even these are larger than they can be.</param>
    sealed record Entry(long Length, string Sha256, byte[]? Content);

    /// <summary>Null where the entry cannot be unpacked: damaged, or not as long as it says.</summary>
    static Entry? Read(ZipArchiveEntry entry)
    {
        var kept = entry.FullName is DossierDraft.ManifestPath or DossierDraft.SignaturePath && entry.Length <= LargestManifest ? new MemoryStream() : null;
        try
        {
            using var from = entry.Open();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 16];
            long length = 0;
            for (int read; (read = from.Read(buffer)) > 0;)
            {
                // The directory said how much there would be: an entry that goes on is none we looked at the size of.
                if ((length += read) > entry.Length) return null;
                hash.AppendData(buffer, 0, read);
                kept?.Write(buffer, 0, read);
            }
            return length == entry.Length ? new(length, Convert.ToHexStringLower(hash.GetHashAndReset()), kept?.ToArray()) : null;
        }
        catch (InvalidDataException) { return null; }
    }

    sealed record Listed(Instant CreatedAt, string CreatedBy, IReadOnlyList<(string Path, long Bytes, string Sha256)> Entries);

    static Listed? Manifest(byte[]? json)
    {
        if (json is null) return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.GetProperty("format").GetString() != DossierDraft.Format || !InstantPattern.ExtendedIso.Parse(root.GetProperty("createdAt").GetString()!).TryGetValue(default, out var at)) return null;
            return new(at, root.GetProperty("createdBy").GetString()!, [.. root.GetProperty("entries").EnumerateArray().Select(e => (e.GetProperty("path").GetString()!, e.GetProperty("bytes").GetInt64(), e.GetProperty("sha256").GetString()!))]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentNullException) { return null; }
    }
}
