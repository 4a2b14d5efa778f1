using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Sourcing;

public enum TransportMode { Road, Rail, Sea, River, Air, Conveyor }

/// <summary>One supplier of an assessment.</summary>
/// <param name="Key">Names the row inside its assessment: 1-20 letters, digits or hyphens.</param>
/// <param name="Lei">ISO 17442, null where the supplier has none or it is not known.</param>
/// <param name="Country">ISO 3166-1 alpha-2 of the seat.</param>
/// <param name="Tier">1 supplies the plant itself; at most 20.</param>
/// <param name="Material">A code of the table <c>materials</c>.</param>
/// <param name="TonnesPerYear">Null is unknown.</param>
/// <param name="SharePercent">Of what the tier supplies, 0 exclusive to 100; null is unknown.</param>
/// <param name="Origins">Countries (ISO 3166-1) or areas (ISO 3166-2) the material comes from; empty is unknown.</param>
/// <param name="Transits">The same for countries and areas it passes.</param>
public sealed record Supplier(string Key, string LegalName, string? Lei, string Country, int Tier, string Material, decimal? TonnesPerYear = null, decimal? SharePercent = null,
    IReadOnlyList<string>? Mines = null, IReadOnlyList<string>? Origins = null, IReadOnlyList<string>? Transits = null, string? Route = null, IReadOnlyList<TransportMode>? Transport = null);

/// <summary>Material goes from a supplier to one of a lower tier.</summary>
public sealed record SupplyEdge(string From, string To);

/// <summary>All suppliers known and who supplies whom. What supplies the plant itself, tier 1, needs no edge.</summary>
public sealed record SupplyChain(IReadOnlyList<Supplier> Suppliers, IReadOnlyList<SupplyEdge> Edges)
{
    public static SupplyChain Empty { get; } = new([], []);

    public Supplier? Find(string key) => Suppliers.FirstOrDefault(s => s.Key == key);
}

/// <summary>Pure decisions about a supply chain.</summary>
public static partial class SupplyRules
{
    public const int MostSuppliers = 500, MostEdges = 2000, DeepestTier = 20, MostPlaces = 50;

    /// <summary>What is wrong, rows first, then shares, then edges. An edge goes to a lower tier, so no chain can come back to where it began.</summary>
    public static List<Refusal> Check(SupplyChain chain, Func<string?, bool?> primary)
    {
        var wrong = new List<Refusal>();
        if (chain.Suppliers is null || chain.Edges is null) return [Refusal.Of("sourcing.chain-missing", chain.Suppliers is null ? "suppliers" : "edges")];
        if (chain.Suppliers.Count > MostSuppliers) return [Refusal.Of("sourcing.too-many", "suppliers", ("limit", Text(MostSuppliers)))];
        if (chain.Edges.Count > MostEdges) return [Refusal.Of("sourcing.too-many", "edges", ("limit", Text(MostEdges)))];
        var tiers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < chain.Suppliers.Count; i++)
        {
            if (chain.Suppliers[i] is not { } s) { wrong.Add(Refusal.Of("sourcing.chain-missing", $"suppliers[{i}]")); continue; }
            if (s.Key is null || !KeyForm().IsMatch(s.Key)) wrong.Add(Refusal.Of("sourcing.key-invalid", $"suppliers[{i}].key", ("given", s.Key ?? "")));
            else if (!tiers.TryAdd(s.Key, s.Tier)) wrong.Add(Refusal.Of("sourcing.key-repeated", $"suppliers[{i}].key", ("given", s.Key)));
            CheckSupplier(s, $"suppliers[{i}].", primary, wrong);
        }
        foreach (var tier in chain.Suppliers.OfType<Supplier>().GroupBy(s => s.Tier))
            if (tier.Sum(s => s.SharePercent ?? 0) is > 100 and var sum) wrong.Add(Refusal.Of("sourcing.shares-over-100", "suppliers", ("tier", Text(tier.Key)), ("given", sum.ToString(CultureInfo.InvariantCulture))));
        var seen = new HashSet<SupplyEdge>();
        for (var i = 0; i < chain.Edges.Count; i++)
        {
            if (chain.Edges[i] is not { } e || e.From is null || e.To is null) { wrong.Add(Refusal.Of("sourcing.chain-missing", $"edges[{i}]")); continue; }
            if (!tiers.TryGetValue(e.From, out var from)) wrong.Add(Refusal.Of("sourcing.supplier-unknown", $"edges[{i}].from", ("given", e.From)));
            else if (!tiers.TryGetValue(e.To, out var to)) wrong.Add(Refusal.Of("sourcing.supplier-unknown", $"edges[{i}].to", ("given", e.To)));
            else if (from <= to) wrong.Add(Refusal.Of("sourcing.edge-not-to-lower-tier", $"edges[{i}].to", ("from", Text(from)), ("to", Text(to))));
            else if (!seen.Add(e)) wrong.Add(Refusal.Of("sourcing.edge-repeated", $"edges[{i}]", ("from", e.From), ("to", e.To)));
        }
        return wrong;
    }

    /// <summary>What must be there before screening: a supplier, and for each beyond the first tier somebody it supplies.</summary>
    public static List<Refusal> CheckComplete(SupplyChain chain)
    {
        if (chain.Suppliers.Count == 0) return [Refusal.Of("sourcing.no-supplier", "suppliers")];
        var supplies = chain.Edges.Select(e => e.From).ToHashSet(StringComparer.Ordinal);
        return [.. chain.Suppliers.Where(s => s.Tier > 1 && !supplies.Contains(s.Key)).Select(s => Refusal.Of("sourcing.supplier-not-connected", "edges", ("supplier", s.Key), ("tier", Text(s.Tier))))];
    }

    static void CheckSupplier(Supplier s, string at, Func<string?, bool?> primary, List<Refusal> wrong)
    {
        SourcingText.Line(s.LegalName, at + "legalName", wrong);
        if (s.Lei is not null && !Lei.IsValid(s.Lei)) wrong.Add(Refusal.Of("sourcing.lei-invalid", at + "lei", ("given", s.Lei)) with { Rule = "ISO 17442, ISO/IEC 7064 MOD 97-10" });
        if (s.Country is null || !CountryForm().IsMatch(s.Country)) wrong.Add(Refusal.Of("sourcing.country-invalid", at + "country", ("given", s.Country ?? "")));
        if (s.Tier is < 1 or > DeepestTier) wrong.Add(Refusal.Of("sourcing.tier-out-of-range", at + "tier", ("given", Text(s.Tier)), ("most", Text(DeepestTier))));
        if (primary(s.Material) is null) wrong.Add(Refusal.Of("sourcing.material-unknown", at + "material", ("given", s.Material ?? "")));
        if (s.TonnesPerYear is <= 0 or > 1_000_000_000m) wrong.Add(Refusal.Of("sourcing.tonnes-out-of-range", at + "tonnesPerYear"));
        if (s.SharePercent is <= 0 or > 100) wrong.Add(Refusal.Of("sourcing.share-out-of-range", at + "sharePercent", ("given", s.SharePercent.Value.ToString(CultureInfo.InvariantCulture))));
        CheckPlaces(s.Origins, at + "origins", wrong);
        CheckPlaces(s.Transits, at + "transits", wrong);
        if (s.Mines is { } mines)
        {
            if (mines.Count > MostPlaces) wrong.Add(Refusal.Of("sourcing.too-many", at + "mines", ("limit", Text(MostPlaces))));
            for (var i = 0; i < mines.Count; i++) SourcingText.Line(mines[i], $"{at}mines[{i}]", wrong);
        }
        if (s.Route is not null) SourcingText.Line(s.Route, at + "route", wrong);
    }

    static void CheckPlaces(IReadOnlyList<string>? places, string at, List<Refusal> wrong)
    {
        if (places is null) return;
        if (places.Count > MostPlaces) wrong.Add(Refusal.Of("sourcing.too-many", at, ("limit", Text(MostPlaces))));
        for (var i = 0; i < places.Count; i++) if (!IsPlace(places[i])) wrong.Add(Refusal.Of("sourcing.place-invalid", $"{at}[{i}]", ("given", places[i] ?? "")));
    }

    /// <summary>A country as ISO 3166-1 alpha-2 or an area as ISO 3166-2.</summary>
    public static bool IsPlace(string? text) => text is not null && PlaceForm().IsMatch(text);

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,20}\z")]
    private static partial Regex KeyForm();

    [GeneratedRegex(@"\A[A-Z]{2}\z")]
    private static partial Regex CountryForm();

    [GeneratedRegex(@"\A[A-Z]{2}(-[A-Z0-9]{1,3})?\z")]
    private static partial Regex PlaceForm();
}
