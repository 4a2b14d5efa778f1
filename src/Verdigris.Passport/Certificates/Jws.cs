using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Certificates;

/// <summary>Public half of a P-256 key as RFC 7517 writes it; coordinates base64url, 32 bytes each.</summary>
public sealed record PublicJwk(string Kty, string Crv, string X, string Y)
{
    public static PublicJwk Of(ECDsa key)
    {
        var q = key.ExportParameters(false).Q;
        return new("EC", "P-256", Base64Url.EncodeToString(q.X), Base64Url.EncodeToString(q.Y));
    }

    /// <summary>The key, or null where this is no point of P-256.</summary>
    public ECDsa? Key()
    {
        if (Kty != "EC" || Crv != "P-256" || !Base64Url.IsValid(X) || !Base64Url.IsValid(Y)) return null;
        var point = new ECPoint { X = Base64Url.DecodeFromChars(X), Y = Base64Url.DecodeFromChars(Y) };
        if (point.X.Length != 32 || point.Y.Length != 32) return null;
        try { return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point }); }
        catch (CryptographicException) { return null; }
    }

    /// <summary>A public key as people hold it: a JWK (RFC 7517) or PEM (RFC 7468, <c>PUBLIC KEY</c>). Where it is a private key it is refused, so that nobody believes it safe with us.</summary>
    public static Answer<PublicJwk> Read(string text)
    {
        text = text.Trim();
        try
        {
            if (!text.StartsWith('{'))
            {
                var label = PemEncoding.TryFind(text, out var fields) ? text[fields.Label] : "";
                if (label.Contains("PRIVATE", StringComparison.Ordinal)) return Refusal.Of("key.private", "publicJwk");
                if (label != "PUBLIC KEY") return Refusal.Of("key.not-p256", "publicJwk");
                using var key = ECDsa.Create();
                key.ImportFromPem(text);
                // A compressed or odd curve has no place here; the check of the point itself comes with the key's use.
                return key.KeySize == 256 && key.ExportParameters(false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value ? Of(key) : Refusal.Of("key.not-p256", "publicJwk");
            }
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.TryGetProperty("d", out _)) return Refusal.Of("key.private", "publicJwk");
            string Part(string name) => json.RootElement.TryGetProperty(name, out var part) && part.ValueKind == JsonValueKind.String ? part.GetString()! : "";
            var jwk = new PublicJwk(Part("kty"), Part("crv"), Part("x"), Part("y"));
            using var usable = jwk.Key();
            return usable is null ? Refusal.Of("key.not-p256", "publicJwk") : jwk;
        }
        catch (Exception e) when (e is JsonException or CryptographicException or ArgumentException) { return Refusal.Of("key.not-p256", "publicJwk"); }
    }

    /// <summary>RFC 7638 thumbprint: our key id.</summary>
    public string Thumbprint() =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"crv":"{{Crv}}","kty":"{{Kty}}","x":"{{X}}","y":"{{Y}}"}""")));
}

/// <summary>
/// ES256 signatures (RFC 7515, RFC 7518 section 3.4) with detached content (RFC 7515 appendix F): <c>header..signature</c>, the content being the
/// canonical JSON of the certificate.
/// </summary>
public static class Jws
{
    /// <param name="signedAt">What the signer says the time is, to the second; becomes the protected header <c>iat</c> (claim of RFC 7519 section 4.1.6, in a header as its section 5.3 has it). Null: not said.</param>
    public static string Sign(ECDsa key, string kid, ReadOnlySpan<byte> content, Instant? signedAt = null)
    {
        var header = Base64Url.EncodeToString(signedAt is { } at ? JsonSerializer.SerializeToUtf8Bytes(new { alg = "ES256", iat = at.ToUnixTimeSeconds(), kid }) : JsonSerializer.SerializeToUtf8Bytes(new { alg = "ES256", kid }));
        return header + ".." + Base64Url.EncodeToString(key.SignData(Input(header, content), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    /// <summary>The key id a signature names, or null where it is no detached ES256 signature.</summary>
    public static string? KeyId(string jws) =>
        Header(jws, root => root.TryGetProperty("kid", out var kid) && kid.ValueKind == JsonValueKind.String ? kid.GetString() : null);

    /// <summary>When the signer says to have signed, in whole seconds; null where the header does not say or it is no detached ES256 signature.</summary>
    public static Instant? SignedAt(string jws) =>
        Header(jws, root => root.TryGetProperty("iat", out var iat) && iat.ValueKind == JsonValueKind.Number && iat.TryGetInt64(out var seconds) && seconds is > 0 and < 253_402_300_800 ? Instant.FromUnixTimeSeconds(seconds) : default(Instant?));

    static T? Header<T>(string jws, Func<JsonElement, T?> read)
    {
        var parts = jws.Split('.');
        if (parts.Length != 3 || parts[1].Length != 0 || !Base64Url.IsValid(parts[0]) || !Base64Url.IsValid(parts[2])) return default;
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]));
            var root = header.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("alg", out var alg) || alg.ValueKind != JsonValueKind.String || alg.GetString() != "ES256") return default;
            // An extension the reader must understand, and does not: refuse (RFC 7515 section 4.1.11).
            if (root.TryGetProperty("crit", out _) || root.TryGetProperty("b64", out _)) return default;
            return read(root);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) { return default; }
    }

    public static bool Verify(ECDsa key, string jws, ReadOnlySpan<byte> content)
    {
        if (KeyId(jws) is null) return false;
        var parts = jws.Split('.');
        var signature = Base64Url.DecodeFromChars(parts[2]);
        return signature.Length == 64 && key.VerifyData(Input(parts[0], content), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    static byte[] Input(string header, ReadOnlySpan<byte> content)
    {
        var input = new byte[header.Length + 1 + Base64Url.GetEncodedLength(content.Length)];
        Encoding.ASCII.GetBytes(header, input);
        input[header.Length] = (byte)'.';
        Base64Url.EncodeToUtf8(content, input.AsSpan(header.Length + 1));
        return input;
    }
}
