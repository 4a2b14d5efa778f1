using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>What every capability that takes files in does with them: read, judge by <see cref="EvidenceRules"/>, keep, and give out again.</summary>
public static class EvidenceFiles
{
    /// <summary>Keeps what was sent; at most <see cref="EvidenceRules.LargestBytes"/> of it are read into memory. Whether the caller may send anything is to be asked before.</summary>
    public static async Task<Answer<KeptFile>> Keep(this EvidenceStore store, string? fileName, Stream content, CancellationToken ct)
    {
        using var sent = await Sent(content, EvidenceRules.LargestBytes, ct);
        var name = EvidenceRules.NameOf(fileName);
        var mediaType = EvidenceRules.Check(name, sent.GetBuffer().AsSpan(0, (int)sent.Length));
        return mediaType.Ok ? new KeptFile(name, mediaType.Value, sent.Length, await store.Put(sent, mediaType.Value, ct)) : Answer<KeptFile>.From(mediaType.Refusals);
    }

    /// <summary>What was sent, and a little more than <paramref name="largestBytes"/> where it is too much.</summary>
    public static async Task<MemoryStream> Sent(Stream content, int largestBytes, CancellationToken ct)
    {
        var kept = new MemoryStream();
        var buffer = new byte[1 << 16];
        int read;
        while (kept.Length <= largestBytes && (read = await content.ReadAsync(buffer, ct)) > 0) kept.Write(buffer, 0, read);
        kept.Position = 0;
        return kept;
    }

    /// <summary>The content under a hash, hashed again on the way out; the caller disposes it.</summary>
    /// <param name="name">Of the file, for the refusal where its content is gone.</param>
    /// <exception cref="StorageProblem">The file on disk no longer has its hash.</exception>
    public static Answer<Stream> Content(this EvidenceStore store, string sha256, string name) =>
        store.Open(sha256) is { } content ? content : Refusal.Of("emissions.evidence-lost", "id", ("name", name)) with { Kind = RefusalKind.Unavailable };
}
