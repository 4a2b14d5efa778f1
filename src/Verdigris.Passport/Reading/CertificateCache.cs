using Microsoft.Extensions.Caching.Memory;
using Verdigris.Passport.Access;
using Verdigris.Storage;

namespace Verdigris.Passport.Reading;

/// <summary>A certificate with its emissions as one organisation was shown it, and what must not have changed for it to be shown again.</summary>
/// <param name="Because">Why it was shown. Before it is shown again the Book is asked, and the answer must be this one.</param>
sealed record KeptCertificate(CertificateAccessRow Access, Because Because, Guid? WarrantId, byte[] Json, string Tag)
{
    internal CertificateCache.Stamp Stamp { get; set; }
}

/// <summary>
/// Certificates as they were shown, by certificate and organisation, so that both fences hold: the database admitted this organisation to these very rows, and since then
/// none of them changed, as <see cref="ChangeFeed"/> tells; and whether title still is as it was is asked of the Book at every read. Thread-safe singleton.
/// </summary>
sealed class CertificateCache : IChangeListener, IDisposable
{
    /// <summary>Bytes of JSON kept at most.</summary>
    public const long MostBytes = 256 << 20;

    const int Stripes = 1 << 14, BytesAround = 400;

    /// <summary>Counts of changes: of the certificate's stripe, its warrant's stripe, and of what all share (emissions, warehouses, tables changed as a whole).</summary>
    internal readonly record struct Stamp(long Certificate, long Warrant, long Shared);

    readonly record struct Key(Guid Certificate, Guid Organisation);

    readonly MemoryCache entries = new(new MemoryCacheOptions { SizeLimit = MostBytes, CompactionPercentage = 0.1 });
    readonly long[] stripes = new long[Stripes];
    readonly ChangeFeed feed;
    long changes, shared;

    public CertificateCache(ChangeFeed feed)
    {
        this.feed = feed;
        feed.Add(this);
    }

    public KeptCertificate? Find(Guid certificate, Guid organisation) =>
        feed.Live && entries.TryGetValue(new Key(certificate, organisation), out KeptCertificate? kept) && kept!.Stamp == StampOf(certificate, kept.WarrantId) ? kept : null;

    /// <summary>To be taken before the rows are read.</summary>
    public long Watch() => Volatile.Read(ref changes);

    /// <summary>Keeps what was read since <paramref name="watch"/> was taken, unless anything at all changed meanwhile.</summary>
    public void Keep(long watch, Guid organisation, KeptCertificate read)
    {
        if (!feed.Live) return;
        read.Stamp = StampOf(read.Access.Id, read.WarrantId);
        // A change counts before it stamps. So where the stamp already holds it, the count betrays it.
        if (Watch() != watch) return;
        entries.Set(new Key(read.Access.Id, organisation), read, new MemoryCacheEntryOptions { Size = read.Json.Length + BytesAround });
    }

    public void Changed(RowsChanged change)
    {
        Interlocked.Increment(ref changes);
        if (change is { Table: "passport.certificate" or "passport.warrant" or "passport.title_fence", Ids: { } ids })
            foreach (var id in ids) Interlocked.Increment(ref Stripe(id));
        else if (change.Table.StartsWith("passport.", StringComparison.Ordinal)) Interlocked.Increment(ref shared);
    }

    public void Missed()
    {
        Interlocked.Increment(ref changes);
        Interlocked.Increment(ref shared);
    }

    public void Dispose() => entries.Dispose();

    Stamp StampOf(Guid certificate, Guid? warrant) =>
        new(Volatile.Read(ref Stripe(certificate)), warrant is { } w ? Volatile.Read(ref Stripe(w)) : 0, Volatile.Read(ref shared));

    ref long Stripe(Guid id) => ref stripes[id.GetHashCode() & (Stripes - 1)];
}
