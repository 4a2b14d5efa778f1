using System.Globalization;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warrants;

/// <summary>What the warehouse found when the metal came in. Net in kilograms as weighed: the sum of the weigh tickets no earlier match has used.</summary>
/// <param name="Checks">Density, magnet, detector, touch; which are demanded depends on metal and day.</param>
public sealed record InboundObservation(Guid CertificateId, Guid WarehouseId, string BrandMark, string Shape, int Bundles, decimal NetKg, IReadOnlyList<string> Seals, IReadOnlyList<string> Heats, string ScaleId, Instant WeighedAt, bool QuarantineIfFailed = true,
    IReadOnlyList<MetalCheck>? Checks = null);

/// <summary>The stored outcome of a match.</summary>
/// <param name="Differences">Empty where it passed.</param>
public sealed record InboundMatch(Guid Id, Guid CertificateId, Guid WarehouseId, bool Passed, IReadOnlyList<Refusal> Differences, decimal NetKg, decimal TolerancePercent, string RuleId, string ScaleId, Guid OperatorId, string OperatorName, Instant WeighedAt, Instant CreatedAt,
    IReadOnlyList<MetalCheck> Checks);

/// <summary>Compares what arrived with what the certificate says. Pure.</summary>
public static class MatchRules
{
    /// <summary>Input that is no observation at all.</summary>
    public static List<Refusal> Check(InboundObservation o, Instant now)
    {
        var wrong = new List<Refusal>();
        if (!CertificateRules.IsText(o.BrandMark)) wrong.Add(Refusal.Of("match.brand-mark-missing", "brandMark"));
        if (o.NetKg <= 0 || o.NetKg > CertificateRules.LargestKg || DecimalText.Trim(o.NetKg).Scale > 3) wrong.Add(Refusal.Of("match.mass-out-of-range", "netKg", ("given", o.NetKg.ToString(CultureInfo.InvariantCulture))));
        if (o.Bundles < 1) wrong.Add(Refusal.Of("match.bundles-not-positive", "bundles"));
        if (!CertificateRules.IsWord(o.ScaleId)) wrong.Add(Refusal.Of("match.scale-missing", "scaleId"));
        if (o.WeighedAt > now) wrong.Add(Refusal.Of("match.time-in-future", "weighedAt"));
        return wrong;
    }

    /// <summary>Every difference, in documented order: brand mark, shape, bundles, net, seals, heats. Empty: it is the metal of the certificate.</summary>
    /// <param name="brandNames">Code and name, either of which is the mark.</param>
    /// <param name="tolerancePercent">Of the certificate's net, either way; the limit itself is within.</param>
    public static List<Refusal> Compare(CertificateContent c, IReadOnlyList<string> brandNames, InboundObservation o, decimal tolerancePercent, string ruleId)
    {
        var differences = new List<Refusal>();
        if (!brandNames.Contains(o.BrandMark, StringComparer.OrdinalIgnoreCase)) Differ("match.brand-differs", "brandMark", o.BrandMark, brandNames[0]);
        if (o.Shape != c.Shape) Differ("match.shape-differs", "shape", o.Shape, c.Shape);
        if (o.Bundles != c.Bundles) Differ("match.bundles-differ", "bundles", Text(o.Bundles), Text(c.Bundles));
        if (Math.Abs(o.NetKg - c.NetKg) * 100 > c.NetKg * tolerancePercent)
            differences.Add(Refusal.Of("match.net-differs", "netKg", ("given", Text(o.NetKg)), ("expected", Text(c.NetKg)), ("percent", Text(tolerancePercent))) with { Rule = ruleId });
        var seals = c.BundleList.Where(b => b.SealNo is not null).Select(b => b.SealNo!).ToHashSet();
        if (seals.Count > 0 && !seals.SetEquals(o.Seals)) Differ("match.seals-differ", "seals", Join(o.Seals), Join(seals));
        if (!c.HeatNumbers.ToHashSet().SetEquals(o.Heats)) Differ("match.heats-differ", "heats", Join(o.Heats), Join(c.HeatNumbers));
        return differences;

        void Differ(string code, string field, string given, string expected) => differences.Add(Refusal.Of(code, field, ("given", given), ("expected", expected)) with { Rule = ruleId });
    }

    static string Join(IEnumerable<string> words) => string.Join(", ", words.Order(StringComparer.Ordinal));
    static string Text(decimal value) => DecimalText.Trim(value).ToString(CultureInfo.InvariantCulture);
}
