using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Casting;

/// <summary>One certificate on its way.</summary>
/// <param name="File">Name in the folder, <c>NUMBER-SHA256.json</c>.</param>
public sealed record QueueEntry(string File, string Number, string Sha256);

/// <summary>
/// A folder of certificates signed and not yet handed in, with <c>sent</c> and <c>refused</c> below it. Every file is written whole or not at all, so a computer may stop anywhere. One process at a time
/// works on it (<see cref="Open"/>).
/// <code>
/// DIR/NUMBER-SHA256.json        signed, waiting
/// DIR/sent/…                    what the server has
/// DIR/refused/….json            what it refused, and beside it ….refusal.json: why
/// DIR/brands/BRAND-YEAR-FIRST.json   brand and numbers, with the next number to use
/// DIR/numbers/CONTENT.json      number and id given to a content, so that the same content never gets a second
/// </code>
/// </summary>
public sealed class CastingQueue : IDisposable
{
    readonly FileStream held;

    CastingQueue(string folder, FileStream held)
    {
        Folder = folder;
        this.held = held;
    }

    public string Folder { get; }
    string Sent => Path.Combine(Folder, "sent");
    string Refused => Path.Combine(Folder, "refused");
    string Brands => Path.Combine(Folder, "brands");
    string Numbers => Path.Combine(Folder, "numbers");

    /// <summary>Makes the folder where it is not there, and holds it until disposed.</summary>
    /// <returns>Refused where another process holds it.</returns>
    public static Answer<CastingQueue> Open(string folder)
    {
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        foreach (var below in new[] { "sent", "refused", "brands", "numbers" }) Directory.CreateDirectory(Path.Combine(folder, below));
        try { return new CastingQueue(folder, new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)); }
        catch (IOException) { return Refusal.Conflict("sign.queue-in-use", "queue", ("folder", folder)); }
    }

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<QueueEntry> Waiting() => Entries(Folder);
    public IReadOnlyList<QueueEntry> AllSent() => Entries(Sent);
    public IReadOnlyList<QueueEntry> AllRefused() => Entries(Refused);

    /// <summary>The content as it lies in the file: what is sent.</summary>
    public byte[] Read(QueueEntry entry) => File.ReadAllBytes(Path.Combine(Folder, entry.File));

    /// <summary>Why the server refused an entry, as it answered.</summary>
    public string RefusalOf(QueueEntry entry) => Path.Combine(Refused, RefusalName(entry)) is var path && File.Exists(path) ? File.ReadAllText(path) : "";

    /// <summary>Keeps numbers and brand for signing.</summary>
    public void Keep(CastingKit kit) => Write(Path.Combine(Brands, $"{kit.Brand.Code}-{kit.Year:0000}-{kit.First:000000}.json"), StorageJson.Write(new KeptKit(kit, kit.First)));

    /// <summary>The newest record of a brand; null where no numbers of it were ever taken.</summary>
    public CastingKit? Newest(string brand) => Kits().Where(k => k.Kit.Brand.Code == brand).MaxBy(k => (k.Kit.TakenAt, k.Kit.Year))?.Kit;

    /// <summary>Numbers of a brand and year that are left.</summary>
    public int Left(string brand, int year) => Kits().Where(k => k.Kit.Brand.Code == brand && k.Kit.Year == year).Sum(k => k.Kit.Last - k.Next + 1);

    /// <summary>
    /// Signs a checked content and puts it into the queue. A content that is waiting or sent already is left as it is; one that was refused is signed anew under its number, for instance with a new key.
    /// </summary>
    /// <param name="newId">Called once for a content never seen before; a UUID version 7.</param>
    /// <param name="now">The signing time; kept to the second.</param>
    public Answer<QueueEntry> Add(CertificateContent content, BrandFacts brand, ECDsa key, Instant now, Func<Guid> newId)
    {
        var named = Named(content, brand, newId);
        if (!named.Ok) return Answer<QueueEntry>.From(named.Refusals);
        var certificate = CertificateHandlers.Compose(named.Value.Id, named.Value.Number, 1, null, null, brand, content);
        var bytes = CertificateJson.Bytes(certificate);
        var sha = CertificateJson.Sha256(bytes);
        var entry = new QueueEntry($"{certificate.Number}-{sha}.json", certificate.Number, sha);
        if (File.Exists(Path.Combine(Folder, entry.File)) || File.Exists(Path.Combine(Sent, entry.File))) return entry;
        var jws = Jws.Sign(key, PublicJwk.Of(key).Thumbprint(), bytes, now);
        // The canonical object goes in as it was signed, not through a writer of its own.
        Write(Path.Combine(Folder, entry.File), $$"""{"certificate":{{Encoding.UTF8.GetString(bytes)}},"jws":"{{jws}}"}""");
        File.Delete(Path.Combine(Refused, entry.File));
        File.Delete(Path.Combine(Refused, RefusalName(entry)));
        return entry;
    }

    /// <summary>The server has it.</summary>
    public void MarkSent(QueueEntry entry) => File.Move(Path.Combine(Folder, entry.File), Path.Combine(Sent, entry.File), overwrite: true);

    /// <summary>The server refused it; the answer lies beside it before it is moved.</summary>
    public void MarkRefused(QueueEntry entry, string refusal)
    {
        Write(Path.Combine(Refused, RefusalName(entry)), refusal);
        File.Move(Path.Combine(Folder, entry.File), Path.Combine(Refused, entry.File), overwrite: true);
    }

    /// <summary>Number and id of a content: those it got before, else the next of the run. The run moves on first, so a stop in between leaves a gap and never a number twice.</summary>
    Answer<GivenName> Named(CertificateContent content, BrandFacts brand, Func<Guid> newId)
    {
        var blank = CertificateHandlers.Compose(Guid.Empty, "", 1, null, null, brand, content);
        var path = Path.Combine(Numbers, CertificateJson.Sha256(CertificateJson.Bytes(blank)) + ".json");
        if (File.Exists(path)) return StorageJson.Read<GivenName>(File.ReadAllText(path));
        var year = content.ProductionDate.Year;
        if (Kits().Where(k => k.Kit.Brand.Code == brand.Code && k.Kit.Year == year && k.Next <= k.Kit.Last).MinBy(k => k.Kit.First) is not { } kept)
            return Refusal.Conflict("sign.no-numbers", "productionDate", ("brand", brand.Code), ("year", $"{year:0000}"));
        Write(Path.Combine(Brands, $"{kept.Kit.Brand.Code}-{year:0000}-{kept.Kit.First:000000}.json"), StorageJson.Write(kept with { Next = kept.Next + 1 }));
        var name = new GivenName(CertificateStore.NumberOf(brand.Code, year, kept.Next), newId());
        Write(path, StorageJson.Write(name));
        return name;
    }

    IEnumerable<KeptKit> Kits() => Directory.EnumerateFiles(Brands, "*.json").Select(f => StorageJson.Read<KeptKit>(File.ReadAllText(f)));

    static IReadOnlyList<QueueEntry> Entries(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.json").Select(Path.GetFileName).OfType<string>()
            .Where(f => f.Length > 70 && f[^70] == '-' && CertificateRules.IsSha256(f[^69..^5])).Order(StringComparer.Ordinal).Select(f => new QueueEntry(f, f[..^70], f[^69..^5])),
    ];

    static string RefusalName(QueueEntry entry) => entry.File[..^5] + ".refusal.json";

    /// <summary>Written beside, flushed, then renamed.</summary>
    static void Write(string path, string text)
    {
        var half = path + ".new";
        using (var file = new FileStream(half, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(half, path, overwrite: true);
    }

    public void Dispose() => held.Dispose();

    sealed record KeptKit(CastingKit Kit, int Next);

    sealed record GivenName(string Number, Guid Id);
}
