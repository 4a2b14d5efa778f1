using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Lots;

/// <summary>A bundle as its certificate has it.</summary>
/// <param name="NetKg">Kilograms, at most three decimals.</param>
public sealed record LotBundle(Guid CertificateId, string CertificateNumber, string BundleNo, int Pieces, decimal NetKg);

/// <summary>
/// Metal on no warrant: bundles of one or more certificates of one brand, shape and specification, in one hand. A lot never changes; it ends when it is split, merged or closed, and what is made of it has
/// the very same bundles. Net in kilograms.
/// </summary>
/// <param name="MadeBy">The operation that made it: open, split or merge.</param>
/// <param name="EndedBy">The operation that ended it: split, merge or close; null while the metal lies in it.</param>
public sealed record Lot(Guid Id, string Number, Guid HolderOrganisation, string BrandCode, string Shape, string SpecRef, decimal NetKg, int Pieces, int Bundles, Guid MadeBy, string MadeKind, Instant MadeAt, Guid? EndedBy, string? EndedKind, Instant? EndedAt, string? EndedReason)
{
    public bool Open => EndedBy is null;
}

/// <summary>How much of a lot stands on one certificate.</summary>
public sealed record LotShare(Guid CertificateId, string CertificateNumber, Certificates.CertificateState State, decimal NetKg, int Pieces, int Bundles);

/// <param name="Parents">The lots it was made of; empty for a first lot, whose parent is its certificate.</param>
/// <param name="Children">The lots made of it.</param>
public sealed record LotView(Lot Lot, IReadOnlyList<LotBundle> Bundles, IReadOnlyList<LotShare> Certificates, IReadOnlyList<Lot> Parents, IReadOnlyList<Lot> Children);

/// <summary>Everything a lot came from and everything that came of it, itself included.</summary>
/// <param name="Edges">From parent to child.</param>
public sealed record LotGenealogy(IReadOnlyList<Lot> Lots, IReadOnlyList<LotEdge> Edges, IReadOnlyList<LotOrigin> Certificates);

public sealed record LotEdge(Guid Parent, Guid Child);

/// <summary>The certificate a first lot was opened from.</summary>
public sealed record LotOrigin(Guid LotId, Guid CertificateId, string CertificateNumber);

/// <summary>A bundle as somebody names it.</summary>
public sealed record BundleName(string CertificateNumber, string BundleNo);

/// <summary>What may be split and merged. Pure.</summary>
public static class LotRules
{
    /// <summary>Parts a lot may be split into at once, and lots merged at once.</summary>
    public const int MostParts = 100;

    /// <summary>
    /// The bundles of each part, or what is wrong: <c>lot.parts-missing</c>, <c>lot.part-empty</c>, <c>lot.bundle-unknown</c>, <c>lot.bundle-twice</c>, <c>lot.bundle-left</c>. Every bundle goes into exactly one
    /// part, so pieces and kilograms add up of themselves.
    /// </summary>
    public static Answer<IReadOnlyList<IReadOnlyList<LotBundle>>> Split(IReadOnlyList<LotBundle> lot, IReadOnlyList<IReadOnlyList<BundleName>> parts)
    {
        if (parts.Count is < 2 or > MostParts) return Refusal.Of("lot.parts-missing", "parts", ("given", Text(parts.Count)), ("most", Text(MostParts)));
        var left = lot.ToDictionary(b => new BundleName(b.CertificateNumber, b.BundleNo));
        var known = left.Keys.ToHashSet();
        var wrong = new List<Refusal>();
        var made = new List<IReadOnlyList<LotBundle>>();
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i] is not { Count: > 0 } names) { wrong.Add(Refusal.Of("lot.part-empty", $"parts[{i}]", ("part", Text(i + 1)))); continue; }
            var part = new List<LotBundle>();
            for (var j = 0; j < names.Count; j++)
            {
                if (left.Remove(names[j], out var bundle)) part.Add(bundle);
                else wrong.Add(Refusal.Of(known.Contains(names[j]) ? "lot.bundle-twice" : "lot.bundle-unknown", $"parts[{i}][{j}]", ("certificate", names[j].CertificateNumber ?? ""), ("bundle", names[j].BundleNo ?? "")));
            }
            made.Add(part);
        }
        if (left.Count > 0) wrong.Add(Refusal.Of("lot.bundle-left", "parts", ("count", Text(left.Count)), ("bundle", left.Keys.First().BundleNo)));
        return wrong.Count > 0 ? wrong : made;
    }

    /// <summary>Null where the lots may become one: <c>lot.merge-too-few</c>, <c>lot.not-open</c>, <c>lot.not-uniform</c>.</summary>
    public static Refusal? Merge(IReadOnlyList<Lot> lots)
    {
        if (lots.Count is < 2 or > MostParts || lots.DistinctBy(l => l.Id).Count() != lots.Count) return Refusal.Of("lot.merge-too-few", "lotIds", ("given", Text(lots.Count)), ("most", Text(MostParts)));
        if (lots.FirstOrDefault(l => !l.Open) is { } ended) return Refusal.Conflict("lot.not-open", "lotIds", ("number", ended.Number));
        var first = lots[0];
        foreach (var other in lots)
        {
            var (what, a, b) = other.BrandCode != first.BrandCode ? ("brand", first.BrandCode, other.BrandCode)
                : other.Shape != first.Shape ? ("shape", first.Shape, other.Shape)
                : other.SpecRef != first.SpecRef ? ("specRef", first.SpecRef, other.SpecRef) : ("", "", "");
            if (what.Length > 0) return Refusal.Of("lot.not-uniform", "lotIds", ("what", what), ("first", a), ("other", b), ("number", other.Number));
        }
        return null;
    }

    static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
