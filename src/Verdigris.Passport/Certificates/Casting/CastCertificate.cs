using System.Globalization;
using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Verdigris.Passport.Brands;
using Verdigris.Primitives;

namespace Verdigris.Passport.Certificates.Casting;

/// <summary>A certificate that was signed at the plant, as it is kept on the way and handed in.</summary>
/// <param name="Certificate">The object of <see cref="CertificateJson"/>, first version.</param>
/// <param name="Jws">Detached ES256 signature over its canonical bytes, with the signing time in the protected header (<c>iat</c>).</param>
public sealed record CastCertificate(JsonElement Certificate, string Jws);

/// <summary>What a plant needs to sign without a network: its brand's record, and a run of numbers nobody else has.</summary>
/// <param name="Brand">As it stood when the numbers were taken; judged again on arrival.</param>
/// <param name="Year">Of production, UTC.</param>
/// <param name="First">First running number of the run.</param>
/// <param name="Last">Last one, included.</param>
/// <param name="TakenAt">No signature under these numbers is older.</param>
public sealed record CastingKit(BrandFacts Brand, int Year, int First, int Last, Instant TakenAt);

/// <summary>
/// When a signature made away from the network may be believed. The signing time is the signer's word, so the server's own times bound it from both sides: not before the numbers were given out, not long before the
/// arrival. A key that was replaced in the meantime still proves what it signed in its days. A revoked key proves nothing that was not here before: whoever took it can write any signing time.
/// </summary>
public static class CastingRules
{
    /// <summary>Longest run of numbers given out at once.</summary>
    public const int MostNumbers = 10_000;

    /// <summary>Checks in this order: a time at all, key not revoked, not in the future, numbers given out before, key valid then, not too long ago.</summary>
    /// <param name="numbersTaken">When the run of numbers was given out.</param>
    public static Refusal? Judge(SigningKey key, Instant? signedAt, Instant numbersTaken, Instant arrived, Duration onTheWay, Duration clockAhead)
    {
        if (signedAt is not { } signed) return Refusal.Of("certificate.signing-time-missing", "jws");
        if (key.RevokedAt is { } revoked) return Refusal.Conflict("certificate.key-revoked", "jws", ("kid", key.Kid), ("revoked", Iso(revoked)));
        if (signed > arrived + clockAhead) return Refusal.Of("certificate.signed-in-future", "jws", ("signed", Iso(signed)), ("now", Iso(arrived)));
        // The header has whole seconds.
        if (signed + Duration.FromSeconds(1) <= numbersTaken - clockAhead) return Refusal.Of("certificate.signed-before-numbers", "jws", ("signed", Iso(signed)), ("taken", Iso(numbersTaken)));
        if (!ValidThen(key, signed)) return Refusal.Conflict("certificate.key-not-valid-then", "jws", ("kid", key.Kid), ("signed", Iso(signed)));
        if (arrived - signed > onTheWay) return Refusal.Conflict("certificate.too-long-on-the-way", "jws", ("signed", Iso(signed)), ("days", onTheWay.Days.ToString(CultureInfo.InvariantCulture)));
        return null;
    }

    static bool ValidThen(SigningKey key, Instant signed) => key.ValidAt(signed) || (signed < key.ValidFrom && key.ValidAt(signed + Duration.FromSeconds(1)));

    /// <summary>The time kept with the signature: what was said, but never outside the key's days or after the arrival by the whole second the header leaves open.</summary>
    internal static Instant Kept(SigningKey key, Instant signed, Instant arrived) => Instant.Max(key.ValidFrom, Instant.Min(signed, arrived));

    static string Iso(Instant time) => InstantPattern.General.Format(time);
}
