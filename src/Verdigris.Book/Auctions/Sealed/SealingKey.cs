using System.Numerics;
using System.Security.Cryptography;

namespace Verdigris.Book.Auctions.Sealed;

/// <summary>
/// Keys that bids are sealed to: pairs on the curve P-256. Randomness comes from outside. The private key is for nobody alone: it is split into two shares of which each alone says nothing, or there are two keys of two officers and a bid is sealed to both.
/// </summary>
public static class SealingKey
{
    /// <summary>Bytes of a private key, of a share of one, and of what a key is made from.</summary>
    public const int PrivateBytes = 32;

    /// <summary>Bytes of a public key: a point, uncompressed.</summary>
    public const int PublicBytes = 65;

    static readonly ECCurve Curve = ECCurve.NamedCurves.nistP256;

    /// <summary>Order of the curve's group.</summary>
    static readonly BigInteger Order = new(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    /// <summary>A private key out of random bytes: the same bytes, the same key; any bytes will do.</summary>
    /// <exception cref="ArgumentException">Fewer bytes than <see cref="PrivateBytes"/>.</exception>
    public static byte[] Private(ReadOnlySpan<byte> random)
    {
        if (random.Length < PrivateBytes) throw new ArgumentException($"A key is made from {PrivateBytes} random bytes.", nameof(random));
        // Sixteen bytes more than the order has: the remainder favours no key that anybody could notice.
        Span<byte> wide = stackalloc byte[PrivateBytes + 16];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, random, wide, [], "verdigris/sealing-key/1"u8);
        var scalar = new BigInteger(wide, isUnsigned: true, isBigEndian: true) % (Order - 1) + 1;
        CryptographicOperations.ZeroMemory(wide);
        var key = new byte[PrivateBytes];
        scalar.TryWriteBytes(key.AsSpan(PrivateBytes - scalar.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return key;
    }

    public static byte[] Public(ReadOnlySpan<byte> privateKey)
    {
        using var pair = Pair(privateKey);
        return Point(pair.ExportParameters(false).Q);
    }

    /// <summary>Two shares that make the key together: the first is random, the second is the key under it.</summary>
    /// <param name="random">As long as the key, used for nothing else.</param>
    public static (byte[] First, byte[] Second) Split(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> random)
    {
        if (privateKey.Length != PrivateBytes || random.Length != PrivateBytes) throw new ArgumentException($"Key and random bytes are {PrivateBytes} each.");
        return (random.ToArray(), Join(privateKey, random));
    }

    public static byte[] Join(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.Length != PrivateBytes || second.Length != PrivateBytes) throw new ArgumentException($"A share has {PrivateBytes} bytes.");
        var joined = new byte[PrivateBytes];
        for (var i = 0; i < joined.Length; i++) joined[i] = (byte)(first[i] ^ second[i]);
        return joined;
    }

    /// <summary>Whether a private key belongs to a public one; false for bytes that are no key.</summary>
    public static bool Fits(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey)
    {
        try { return privateKey.Length == PrivateBytes && publicKey.SequenceEqual(Public(privateKey)); }
        catch (CryptographicException) { return false; }
    }

    /// <summary>Whether bytes are a point of the curve.</summary>
    public static bool IsPublic(ReadOnlySpan<byte> publicKey)
    {
        try
        {
            using var key = Other(publicKey);
            return true;
        }
        catch (CryptographicException) { return false; }
    }

    /// <summary>What the owner of one private key and of another public key have in common, whichever of the two works it out.</summary>
    internal static byte[] Agree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> publicKey)
    {
        using var own = Pair(privateKey);
        using var other = Other(publicKey);
        return own.DeriveRawSecretAgreement(other.PublicKey);
    }

    static ECDiffieHellman Pair(ReadOnlySpan<byte> privateKey) => ECDiffieHellman.Create(new ECParameters { Curve = Curve, D = privateKey.ToArray() });

    static ECDiffieHellman Other(ReadOnlySpan<byte> publicKey) => publicKey.Length == PublicBytes && publicKey[0] == 4
        ? ECDiffieHellman.Create(new ECParameters { Curve = Curve, Q = new() { X = publicKey[1..33].ToArray(), Y = publicKey[33..].ToArray() } })
        : throw new CryptographicException("Not a point.");

    static byte[] Point(ECPoint point) => [4, .. point.X!, .. point.Y!];
}
