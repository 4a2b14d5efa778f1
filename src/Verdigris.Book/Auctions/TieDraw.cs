using System.Security.Cryptography;
using System.Text;

namespace Verdigris.Book.Auctions;

/// <summary>
/// The lot among equal prices, drawn so that nobody can draw it again: before the auction the host publishes a commitment to a secret seed; afterwards it publishes the seed, and anybody works out the order from it and the ids of the bids
/// (Delegated Regulation (EU) 2023/2830: a random selection fixed before the auction). Seeds come from outside; an id must not be the bidder's to choose once the seed is known.
/// </summary>
public static class TieDraw
{
    public const int SeedBytes = 32;

    /// <summary>SHA-256 over the auction and the seed: says nothing of the seed, and no other seed has it.</summary>
    /// <exception cref="ArgumentException">The seed is not of <see cref="SeedBytes"/> bytes.</exception>
    public static byte[] Commitment(string auction, ReadOnlySpan<byte> seed)
    {
        ArgumentNullException.ThrowIfNull(auction);
        if (seed.Length != SeedBytes) throw new ArgumentException($"A seed has {SeedBytes} bytes.", nameof(seed));
        return SHA256.HashData([.. "verdigris/tie-order/1\0"u8, .. Encoding.UTF8.GetBytes(auction), 0, .. seed]);
    }

    /// <summary>Whether this seed is the one committed to.</summary>
    public static bool Opens(ReadOnlySpan<byte> commitment, string auction, ReadOnlySpan<byte> seed) => seed.Length == SeedBytes && CryptographicOperations.FixedTimeEquals(commitment, Commitment(auction, seed));

    /// <summary>Ids by HMAC-SHA256 of each under the seed and the auction: an order that does not depend on how they are listed, and in which each of n is first for one seed in n.</summary>
    /// <param name="ids">Unique.</param>
    public static IReadOnlyList<string> Order(string auction, ReadOnlySpan<byte> seed, IReadOnlyCollection<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var key = Commitment(auction, seed);
        // The commitment is public: the key is the seed itself, with the auction bound to it.
        key = HMACSHA256.HashData(seed, key);
        return [.. ids.Select(id => (Id: id, Lot: Convert.ToHexString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(id))))).OrderBy(d => d.Lot, StringComparer.Ordinal).ThenBy(d => d.Id, StringComparer.Ordinal).Select(d => d.Id)];
    }
}
