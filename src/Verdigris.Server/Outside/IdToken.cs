using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodaTime;

namespace Verdigris.Server;

/// <summary>Who somebody is at the provider.</summary>
/// <param name="Label">Address, name there or, where it tells neither, the subject.</param>
sealed record OutsideIdentity(string Issuer, string Subject, string Label);

/// <summary>Why a token proves nothing.</summary>
enum TokenFault { None, Unreadable, Algorithm, KeyUnknown, Signature, Issuer, Audience, Time, Nonce, Subject }

/// <summary>
/// Judges ID tokens as OpenID Connect Core 1.0, 3.1.3.7 says: signed by a key the provider publishes, by RS256 or ES256 and nothing else, for this server, now, and in answer to what this server asked. Pure.
/// </summary>
static class IdToken
{
    /// <summary>How far the clocks of the two sides may differ.</summary>
    static readonly Duration Skew = Duration.FromMinutes(5);
    const int LeastRsaBits = 2048;

    /// <param name="keys">The provider's JSON Web Key Set (RFC 7517).</param>
    public static (OutsideIdentity? Identity, TokenFault Fault) Judge(string token, JsonElement keys, string issuer, string clientId, string nonce, Instant now)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || Json(parts[0]) is not { } header || Json(parts[1]) is not { } claims || Bytes(parts[2]) is not { } signature) return (null, TokenFault.Unreadable);
        var algorithm = Text(header, "alg");
        if (algorithm is not ("RS256" or "ES256") || header.TryGetProperty("crit", out _)) return (null, TokenFault.Algorithm);
        if (KeyOf(keys, Text(header, "kid"), algorithm) is not { } key) return (null, TokenFault.KeyUnknown);
        if (!Signed(key, algorithm, Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), signature)) return (null, TokenFault.Signature);
        if (Text(claims, "iss") != issuer) return (null, TokenFault.Issuer);
        if (!IsFor(claims, clientId)) return (null, TokenFault.Audience);
        if (Time(claims, "exp") is not { } ends || Time(claims, "iat") is not { } made || ends + Skew <= now || made - Skew > now || (Time(claims, "nbf") is { } from && from - Skew > now)) return (null, TokenFault.Time);
        if (Text(claims, "nonce") is not { } asked || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(asked), Encoding.UTF8.GetBytes(nonce))) return (null, TokenFault.Nonce);
        if (Text(claims, "sub") is not { Length: > 0 and <= 255 } subject) return (null, TokenFault.Subject);
        var label = new[] { Text(claims, "email"), Text(claims, "preferred_username"), Text(claims, "name") }.FirstOrDefault(t => t is { Length: > 0 and <= 255 } && !t.Any(char.IsControl)) ?? subject;
        return (new(issuer, subject, label), TokenFault.None);
    }

    // One audience, or several of which this server is one and the party the token was made for.
    static bool IsFor(JsonElement claims, string clientId)
    {
        if (!claims.TryGetProperty("aud", out var audience)) return false;
        var party = Text(claims, "azp");
        return audience.ValueKind switch
        {
            JsonValueKind.String => audience.GetString() == clientId && (party is null || party == clientId),
            JsonValueKind.Array => audience.EnumerateArray().Any(a => a.ValueKind == JsonValueKind.String && a.GetString() == clientId) && (party == clientId || (party is null && audience.GetArrayLength() == 1)),
            _ => false,
        };
    }

    static JsonElement? KeyOf(JsonElement keys, string? kid, string algorithm)
    {
        if (keys.ValueKind != JsonValueKind.Object || !keys.TryGetProperty("keys", out var all) || all.ValueKind != JsonValueKind.Array) return null;
        var fitting = all.EnumerateArray().Where(k => k.ValueKind == JsonValueKind.Object && Text(k, "kty") == (algorithm == "RS256" ? "RSA" : "EC") && Text(k, "use") is null or "sig" && (Text(k, "alg") is not { } made || made == algorithm)).ToList();
        // Without a name in the token, only a key that is alone can be meant.
        return kid is null ? fitting is [var only] ? only : null : fitting.Where(k => Text(k, "kid") == kid).Select(k => (JsonElement?)k).FirstOrDefault();
    }

    static bool Signed(JsonElement key, string algorithm, byte[] what, byte[] signature)
    {
        try
        {
            if (algorithm == "ES256")
            {
                if (Text(key, "crv") != "P-256" || Member(key, "x") is not { } x || Member(key, "y") is not { } y) return false;
                using var curve = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = x, Y = y } });
                return curve.VerifyData(what, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            }
            if (Member(key, "n") is not { } modulus || Member(key, "e") is not { } exponent) return false;
            using var rsa = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
            return rsa.KeySize >= LeastRsaBits && rsa.VerifyData(what, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException) { return false; }
    }

    static byte[]? Member(JsonElement key, string name) => Text(key, name) is { } text ? Bytes(text) : null;

    static string? Text(JsonElement at, string name) => at.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    static Instant? Time(JsonElement at, string name) => at.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and < 253_402_300_800 ? Instant.FromUnixTimeSeconds((long)seconds) : null;

    static byte[]? Bytes(string text) => Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;

    static JsonElement? Json(string part)
    {
        if (Bytes(part) is not { } bytes) return null;
        try
        {
            var read = JsonElement.Parse(bytes);
            return read.ValueKind == JsonValueKind.Object ? read : null;
        }
        catch (JsonException) { return null; }
    }
}
