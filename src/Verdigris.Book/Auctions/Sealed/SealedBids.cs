using System.Security.Cryptography;
using Verdigris.Primitives;

namespace Verdigris.Book.Auctions.Sealed;

/// <param name="Bids">In the order they came in; ids are the submission's number and the line (<c>7.1</c>), which no bidder chooses.</param>
/// <param name="Unreadable">Submissions whose envelope did not open or holds no bid: they do not count.</param>
/// <param name="Withdrawn">Submissions withdrawn in time.</param>
public sealed record OpenedBids(IReadOnlyList<AuctionBid> Bids, IReadOnlyList<SealedSubmission> Unreadable, IReadOnlyList<SealedSubmission> Withdrawn);

/// <summary>
/// The bids of one sealed auction from opening to opening of the envelopes. A host appends what it is handed at the time of its clock and keeps each <see cref="SealedSubmission"/> as it stands; it gives the bidder the hash as a receipt and publishes that of the close.
/// It never holds a key: before the close nobody can read a bid, not even from the host's own tables, and after it only who brings every private key. Not thread-safe: one writer an auction. A host with several loads it anew under its lock.
/// </summary>
public sealed class SealedBids
{
    readonly Dictionary<Guid, (SealedSubmission Bid, bool Withdrawn)> bids = [];

    SealedBids(SealedAuction auction)
    {
        Auction = auction;
        Head = auction.Genesis();
    }

    public SealedAuction Auction { get; }

    /// <summary>Hash of the last link.</summary>
    public byte[] Head { get; private set; }

    /// <summary>Links so far, the close among them.</summary>
    public long Count { get; private set; }

    public bool Closed { get; private set; }

    /// <summary>Time of the last link.</summary>
    long last;

    /// <exception cref="ArgumentException">The auction has no id, closes before it opens, or is sealed to nothing that is a key.</exception>
    public static SealedBids New(SealedAuction auction)
    {
        ArgumentNullException.ThrowIfNull(auction);
        if (auction.Id.Length == 0 || auction.ClosesAt <= auction.OpensAt || auction.SealTo.Count == 0 || !auction.SealTo.All(k => SealingKey.IsPublic(k))) throw new ArgumentException("Not an auction bids can be sealed for.", nameof(auction));
        return new(auction);
    }

    /// <summary>The state after the links kept. Refuses <c>auction.chain</c> with the number of the first link that does not follow: one changed, left out, put in, moved, or beyond the rules.</summary>
    public static Answer<SealedBids> Load(SealedAuction auction, IEnumerable<SealedSubmission> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        var loaded = New(auction);
        foreach (var link in links)
        {
            var right = link.Kind switch
            {
                SubmissionKind.Bid => loaded.Bid(link.Id, link.Bidder, link.At, link.Envelope),
                SubmissionKind.Withdrawal => loaded.Withdraw(link.Id, link.Bidder, link.At),
                SubmissionKind.Close => loaded.Close(link.At),
                _ => Refusal.Of("auction.chain", "submissions"),
            };
            if (!right.Ok || right.Value.Number != link.Number || !right.Value.Hash.AsSpan().SequenceEqual(link.Hash) || !right.Value.Previous.AsSpan().SequenceEqual(link.Previous))
                return Refusal.Conflict("auction.chain", "submissions", ("number", $"{loaded.Count + (right.Ok ? 0 : 1)}"));
        }
        return loaded;
    }

    /// <summary>Takes a sealed bid. Refuses, in this order: <c>auction.not-open</c>, <c>auction.late</c>, <c>auction.time-back</c> (before the last link), <c>auction.bidder</c> (none), <c>auction.submission-twice</c>, <c>auction.envelope</c> (not of the one size envelopes have).</summary>
    /// <param name="id">Fresh for each submission; the envelope is sealed for it.</param>
    /// <param name="at">The host's clock, microseconds since 1970 UTC.</param>
    public Answer<SealedSubmission> Bid(Guid id, string bidder, long at, byte[] envelope)
    {
        ArgumentNullException.ThrowIfNull(bidder);
        ArgumentNullException.ThrowIfNull(envelope);
        if (Untimely(at) is { } untimely) return untimely;
        if (bidder.Length == 0) return Refusal.Of("auction.bidder", "bidder");
        if (id == Guid.Empty || bids.ContainsKey(id)) return Refusal.Conflict("auction.submission-twice", "id", ("given", id.ToString()));
        if (envelope.Length != BidPaper.Bytes + SealedEnvelope.Overhead) return Refusal.Of("auction.envelope", "envelope", ("given", $"{envelope.Length}"), ("bytes", $"{BidPaper.Bytes + SealedEnvelope.Overhead}"));
        var link = Append(SubmissionKind.Bid, id, bidder, at, [.. envelope]);
        bids[id] = (link, false);
        return link;
    }

    /// <summary>Withdraws a bid; to change one is to withdraw it and submit another. Refuses <c>auction.not-open</c>, <c>auction.late</c>, <c>auction.time-back</c>, <c>auction.bid-unknown</c> (none of this bidder) and <c>auction.withdrawn</c>.</summary>
    public Answer<SealedSubmission> Withdraw(Guid id, string bidder, long at)
    {
        if (Untimely(at) is { } untimely) return untimely;
        // Another's bid is as unknown as none: nobody learns of it.
        if (!bids.TryGetValue(id, out var found) || found.Bid.Bidder != bidder) return Refusal.NotFound("auction.bid-unknown", "id", ("given", id.ToString()));
        if (found.Withdrawn) return Refusal.Conflict("auction.withdrawn", "id", ("given", id.ToString()));
        bids[id] = (found.Bid, true);
        return Append(SubmissionKind.Withdrawal, id, bidder, at, []);
    }

    /// <summary>Ends the chain; its hash is to be published before anybody brings a key. Refuses <c>auction.closed</c>, <c>auction.closes-later</c> and <c>auction.time-back</c>.</summary>
    public Answer<SealedSubmission> Close(long at)
    {
        if (Closed) return Refusal.Conflict("auction.closed");
        if (at < Auction.ClosesAt) return Refusal.Conflict("auction.closes-later", "at");
        if (at < last) return Refusal.Of("auction.time-back", "at");
        Closed = true;
        return Append(SubmissionKind.Close, Guid.Empty, "", at, []);
    }

    /// <summary>Opens every bid that was not withdrawn. Refuses <c>auction.not-closed</c>, and <c>auction.key-wrong</c> for each key that is not the private one to the public key of its place (a single share of a key is none).</summary>
    /// <param name="privateKeys">In the order of <see cref="SealedAuction.SealTo"/>; of a split key, its shares joined (<see cref="SealingKey.Join"/>). The caller's to erase.</param>
    public Answer<OpenedBids> Open(IReadOnlyList<byte[]> privateKeys)
    {
        ArgumentNullException.ThrowIfNull(privateKeys);
        if (!Closed) return Refusal.Conflict("auction.not-closed");
        var wrong = Auction.SealTo.Index().Where(k => k.Index >= privateKeys.Count || !SealingKey.Fits(privateKeys[k.Index], k.Item)).Select(k => Refusal.Forbidden("auction.key-wrong", $"keys[{k.Index}]")).ToList();
        if (privateKeys.Count > Auction.SealTo.Count) wrong.Add(Refusal.Forbidden("auction.key-wrong", $"keys[{Auction.SealTo.Count}]"));
        if (wrong.Count > 0) return wrong;
        var opened = new List<AuctionBid>();
        var unreadable = new List<SealedSubmission>();
        foreach (var (bid, _) in bids.Values.Where(b => !b.Withdrawn).OrderBy(b => b.Bid.Number))
        {
            var paper = SealedEnvelope.Open(privateKeys, bid.Envelope, Auction.Place(bid.Bidder, bid.Id));
            if (paper is null || BidPaper.Read(paper) is not { } lines) unreadable.Add(bid);
            else opened.AddRange(lines.Select((l, i) => new AuctionBid($"{bid.Number}.{i + 1}", l.Quantity, l.Price, bid.Bidder)));
            CryptographicOperations.ZeroMemory(paper);
        }
        return new OpenedBids(opened, unreadable, [.. bids.Values.Where(b => b.Withdrawn).Select(b => b.Bid).OrderBy(b => b.Number)]);
    }

    Refusal? Untimely(long at) =>
        at < Auction.OpensAt ? Refusal.Conflict("auction.not-open", "at")
        : Closed || at >= Auction.ClosesAt ? Refusal.Conflict("auction.late", "at")
        : at < last ? Refusal.Of("auction.time-back", "at")
        : null;

    SealedSubmission Append(SubmissionKind kind, Guid id, string bidder, long at, byte[] envelope)
    {
        var link = SealedSubmission.After(Head, ++Count, kind, id, bidder, at, envelope);
        (Head, last) = (link.Hash, at);
        return link;
    }
}
