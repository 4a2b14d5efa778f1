using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Verdigris.Book.Auctions.Sealed;

/// <summary>
/// Something sealed to one or more keys: only who holds all of them can read it, and nobody can change it or put it into another place. A fresh key agrees with each of the keys (ECDH on P-256); what they have in common gives, by HKDF-SHA256, the key of AES-256-GCM.
/// Layout: version byte 1, public key of the envelope (65), text as long as the plain one, tag (16).
/// </summary>
public static class SealedEnvelope
{
    const byte Version = 1;
    const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16, HeadBytes = 1 + SealingKey.PublicBytes;

    /// <summary>Bytes an envelope has more than what is in it.</summary>
    public const int Overhead = HeadBytes + TagBytes;

    /// <param name="sealTo">Public keys, one at least; all of their private keys are needed to open.</param>
    /// <param name="place">What the envelope belongs to; it opens in no other place.</param>
    /// <param name="random">32 bytes, used for this envelope alone.</param>
    public static byte[] Seal(IReadOnlyList<byte[]> sealTo, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> place, ReadOnlySpan<byte> random)
    {
        ArgumentNullException.ThrowIfNull(sealTo);
        if (sealTo.Count == 0) throw new ArgumentException("An envelope is sealed to one key at least.", nameof(sealTo));
        var own = SealingKey.Private(random);
        var envelope = new byte[Overhead + plain.Length];
        envelope[0] = Version;
        SealingKey.Public(own).CopyTo(envelope, 1);
        Span<byte> key = stackalloc byte[KeyBytes + NonceBytes];
        Derive([.. sealTo.Select(k => SealingKey.Agree(own, k))], sealTo, envelope.AsSpan(1, SealingKey.PublicBytes), key);
        using (var cipher = new AesGcm(key[..KeyBytes], TagBytes))
            cipher.Encrypt(key[KeyBytes..], plain, envelope.AsSpan(HeadBytes, plain.Length), envelope.AsSpan(HeadBytes + plain.Length), place);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(own);
        return envelope;
    }

    /// <summary>What is inside; null where a key is not the right one, the place is another, or a bit was changed.</summary>
    /// <param name="privateKeys">In the order of the public ones it was sealed to.</param>
    public static byte[]? Open(IReadOnlyList<byte[]> privateKeys, ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> place)
    {
        ArgumentNullException.ThrowIfNull(privateKeys);
        if (envelope.Length < Overhead || envelope[0] != Version) return null;
        var from = envelope.Slice(1, SealingKey.PublicBytes).ToArray();
        var plain = new byte[envelope.Length - Overhead];
        Span<byte> key = stackalloc byte[KeyBytes + NonceBytes];
        try
        {
            Derive([.. privateKeys.Select(k => SealingKey.Agree(k, from))], [.. privateKeys.Select(k => SealingKey.Public(k))], from, key);
            using var cipher = new AesGcm(key[..KeyBytes], TagBytes);
            cipher.Decrypt(key[KeyBytes..], envelope.Slice(HeadBytes, plain.Length), envelope[(HeadBytes + plain.Length)..], plain, place);
            return plain;
        }
        catch (CryptographicException) { return null; }
        finally { CryptographicOperations.ZeroMemory(key); }
    }

    /// <summary>Texts as the bytes of a place or of a hash: each with its length before it, so that no two lists of texts are alike.</summary>
    public static byte[] Place(params ReadOnlySpan<string> parts)
    {
        using var bytes = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var text = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32LittleEndian(length, text.Length);
            bytes.Write(length);
            bytes.Write(text);
        }
        return bytes.ToArray();
    }

    /// <summary>Key and nonce: the key serves one envelope, so the nonce may come from it.</summary>
    static void Derive(byte[][] agreed, IReadOnlyList<byte[]> sealTo, ReadOnlySpan<byte> from, Span<byte> key)
    {
        byte[] secret = [.. agreed.SelectMany(a => a)];
        byte[] info = [.. "verdigris/sealed/1\0"u8, .. from, .. sealTo.SelectMany(k => k)];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, [], info);
        CryptographicOperations.ZeroMemory(secret);
        foreach (var a in agreed) CryptographicOperations.ZeroMemory(a);
    }
}
