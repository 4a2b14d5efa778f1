using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Verdigris.Primitives;

namespace Verdigris.Passport.Finance.Pledges;

/// <summary>What tells one lot from every other: brand, plant, heats, and the seals of its bundles (or their marks, where they have no seals).</summary>
public sealed record LotIdentity(string Brand, string Plant, IReadOnlyList<string> Heats, IReadOnlyList<string> Seals);

/// <summary>Fingerprints of a lot.</summary>
/// <param name="Lot">Of everything together; equal for the same lot however it was typed.</param>
/// <param name="Parts">One a bundle, so that part of a lot is known again in another.</param>
public sealed record LotFingerprint(byte[] Lot, IReadOnlyList<byte[]> Parts);

/// <summary>
/// Keyed fingerprints (HMAC-SHA-256) of lots. Heats and seals are short and follow patterns, so a plain or publicly salted hash could be found by trying; with a secret only the register holds, a copy of all
/// fingerprints tells nothing. Pure.
/// </summary>
public static class LotFingerprints
{
    public const int MostMarks = 2000;
    const int LongestMark = 64;

    /// <summary>Input that identifies no lot: brand, plant, at least one heat and one seal are needed.</summary>
    public static List<Refusal> Check(LotIdentity lot)
    {
        if (lot is null) return [Refusal.Of("pledge.brand-missing", "lot")];
        var wrong = new List<Refusal>();
        if (Normal(lot.Brand).Length is 0 or > LongestMark) wrong.Add(Refusal.Of("pledge.brand-missing", "brand"));
        if (Normal(lot.Plant).Length is 0 or > LongestMark) wrong.Add(Refusal.Of("pledge.plant-missing", "plant"));
        Marks(lot.Heats, "heats", wrong);
        Marks(lot.Seals, "seals", wrong);
        return wrong;
    }

    /// <summary>Fingerprints under a secret. Order, repeats, case, spaces and punctuation do not matter; every letter and digit does.</summary>
    public static LotFingerprint Of(LotIdentity lot, byte[] secret)
    {
        var (brand, plant, heats, seals) = (Normal(lot.Brand), Normal(lot.Plant), Set(lot.Heats), Set(lot.Seals));
        return new(Keyed(secret, "lot", [brand, plant, .. heats.Prepend("heats"), .. seals.Prepend("seals")]), [.. seals.Select(s => Keyed(secret, "bundle", [brand, plant, s]))]);
    }

    /// <summary>Letters and digits alone, in capitals, in compatibility form.</summary>
    public static string Normal(string? text) => new([.. (text ?? "").Normalize(NormalizationForm.FormKC).ToUpperInvariant().Where(char.IsLetterOrDigit)]);

    static List<string> Set(IReadOnlyList<string> marks) => [.. marks.Select(Normal).Where(m => m.Length > 0).Distinct().Order(StringComparer.Ordinal)];

    // A JSON array keeps its members apart, so that no two lists of words have one text.
    static byte[] Keyed(byte[] secret, string kind, IReadOnlyList<string> words) => HMACSHA256.HashData(secret, JsonSerializer.SerializeToUtf8Bytes(words.Prepend(kind).Prepend("pledge-register/1")));

    static void Marks(IReadOnlyList<string> marks, string field, List<Refusal> wrong)
    {
        if (marks is not { Count: > 0 and <= MostMarks }) { wrong.Add(Refusal.Of("pledge.marks-missing", field, ("most", MostMarks.ToString(CultureInfo.InvariantCulture)))); return; }
        for (var i = 0; i < marks.Count; i++)
            if (Normal(marks[i]).Length is 0 or > LongestMark) { wrong.Add(Refusal.Of("pledge.mark-invalid", $"{field}[{i.ToString(CultureInfo.InvariantCulture)}]", ("given", marks[i] is { Length: > 40 } m ? m[..40] : marks[i] ?? ""))); return; }
    }
}
