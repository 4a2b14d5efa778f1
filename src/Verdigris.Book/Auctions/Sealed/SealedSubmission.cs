using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Verdigris.Book.Auctions.Sealed;

/// <summary>What is fixed about a sealed auction before the first bid. All of it goes into the first hash of its chain: none of it can be changed later.</summary>
/// <param name="OpensAt">Microseconds since 1970 UTC; bids from then on.</param>
/// <param name="ClosesAt">Above <paramref name="OpensAt"/>; a bid at this time is late.</param>
/// <param name="SealTo">Public keys bids are sealed to (<see cref="SealingKey"/>): one whose private key is split, or one of each of two officers.</param>
/// <param name="TieCommitment">Of the lot among equal prices (<see cref="TieDraw.Commitment"/>); empty where the market draws none.</param>
public sealed record SealedAuction(string Id, long OpensAt, long ClosesAt, IReadOnlyList<byte[]> SealTo, byte[] TieCommitment)
{
    /// <summary>What the chain of submissions begins with.</summary>
    public byte[] Genesis() => SHA256.HashData([.. "verdigris/submissions/1\0"u8, .. SealedEnvelope.Place(Id), .. SealedSubmission.Bytes(OpensAt), .. SealedSubmission.Bytes(ClosesAt), .. SealedSubmission.Bytes(SealTo.Count), .. SealTo.SelectMany(k => k), .. TieCommitment]);

    /// <summary>The place of a bid's envelope: it opens in this auction, for this bidder and submission, and nowhere else.</summary>
    public byte[] Place(string bidder, Guid submission) => SealedEnvelope.Place("bid", Id, bidder, submission.ToString("N"));

    /// <summary>Seals a bid. For the bidder's own program, or for the host the moment it has read a form; a host keeps the envelope alone.</summary>
    /// <param name="random">32 bytes, used for this bid alone.</param>
    public byte[] Seal(string bidder, Guid submission, IReadOnlyList<BidLine> lines, ReadOnlySpan<byte> random)
    {
        var paper = BidPaper.Write(lines);
        var envelope = SealedEnvelope.Seal(SealTo, paper, Place(bidder, submission), random);
        CryptographicOperations.ZeroMemory(paper);
        return envelope;
    }
}

/// <summary>What a link of the chain is; the value goes into its hash.</summary>
public enum SubmissionKind : byte { Bid = 1, Withdrawal = 2, Close = 3 }

/// <summary>One link of the chain of an auction. Its hash covers everything before it: whoever was given it (a bidder's receipt) can prove that nothing before it was changed, left out or put in.</summary>
/// <param name="Number">From 1, without a gap.</param>
/// <param name="Id">Of a bid: its own. Of a withdrawal: the bid's. Of the close: empty.</param>
/// <param name="Bidder">Empty of the close.</param>
/// <param name="At">Microseconds since 1970 UTC; never before the one before.</param>
/// <param name="Envelope">Of a bid; else empty.</param>
/// <param name="Previous">Hash of the one before; of the first, <see cref="SealedAuction.Genesis"/>.</param>
public sealed record SealedSubmission(long Number, SubmissionKind Kind, Guid Id, string Bidder, long At, byte[] Envelope, byte[] Previous, byte[] Hash)
{
    internal static SealedSubmission After(byte[] previous, long number, SubmissionKind kind, Guid id, string bidder, long at, byte[] envelope)
    {
        var link = new SealedSubmission(number, kind, id, bidder, at, envelope, previous, []);
        return link with { Hash = link.Hashed() };
    }

    /// <summary>The hash this link must have.</summary>
    public byte[] Hashed() => SHA256.HashData([.. Previous, .. Bytes(Number), (byte)Kind, .. Id.ToByteArray(bigEndian: true), .. SealedEnvelope.Place(Bidder), .. Bytes(At), .. SHA256.HashData(Envelope)]);

    internal static byte[] Bytes(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}
