using System.Collections.Frozen;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>Which of the printed tables a default value stands in.</summary>
public enum DefaultTable { Country, Other, AnnexIv }

/// <summary>One printed default value, t CO2e per t, without mark-up, at the three places the act prints.</summary>
/// <param name="Country">ISO code, or <c>other</c>; empty in Annex IV.</param>
/// <param name="Cn">Heading of the printed row, four to eight digits.</param>
/// <param name="Routes">Route letters printed, usually one; empty where none is.</param>
public sealed record DefaultValue(string Country, string Cn, string Good, decimal DirectTco2ePerT, decimal? IndirectTco2ePerT, decimal TotalTco2ePerT, IReadOnlyList<string> Routes, DefaultTable Table, RuleRef Rule);

/// <summary>A value, or the code of the reason why there is none.</summary>
public readonly record struct DefaultFound(DefaultValue? Value, string? Reason);

/// <summary>
/// Default values by country and good, Implementing Regulation (EU) 2025/2621 as corrected by 2026/1740: the country's own table, else the table of other countries and territories; the longest printed heading decides;
/// a heading that refers to its sub-headings holds no value; an unknown country has only Annex IV, and that for precursors alone.
/// </summary>
public sealed class DefaultValues
{
    /// <summary>Code of the table for countries and territories not listed.</summary>
    public const string Other = "other";

    readonly FrozenDictionary<string, FrozenDictionary<string, DefaultValue[]>> tables;
    readonly FrozenDictionary<string, DefaultValue[]> annexIv;
    readonly FrozenDictionary<string, string> contents;
    /// <summary>Headings that several goods share: a table may print a row for one of them alone.</summary>
    readonly FrozenSet<string> shared;
    readonly FrozenDictionary<string, (decimal Fraction, RuleRow Row)[]> markUps;
    readonly RulePack pack;

    internal DefaultValues(RulePack pack)
    {
        this.pack = pack;
        var printed = new RoundingRule("default value", MidpointRounding.AwayFromZero, pack.Table("rounding").Find(null, "default-value")!.Integer("places"), "Implementing Regulation (EU) 2026/1740");
        contents = pack.Table("goods").Rows.GroupBy(r => r.Text("cn")).ToFrozenDictionary(g => g.Key, g => g.First().Text("content"), StringComparer.Ordinal);
        shared = pack.Table("goods").Rows.GroupBy(r => r.Text("cn")).Where(g => g.Count() > 1).Select(g => g.Key).ToFrozenSet(StringComparer.Ordinal);
        var routes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        tables = pack.Table("values").Rows.GroupBy(r => r.Text("country"), StringComparer.Ordinal).ToFrozenDictionary(
            country => country.Key,
            country => ByHeading(country, country.Key, country.Key == Other ? DefaultTable.Other : DefaultTable.Country),
            StringComparer.Ordinal);
        annexIv = ByHeading(pack.Table("annex-iv").Rows, "", DefaultTable.AnnexIv);
        markUps = pack.Table("mark-ups").Rows.GroupBy(r => r.Text("sector")).ToFrozenDictionary(g => g.Key, g => g.Select(r => (r.Decimal("fraction"), r)).ToArray(), StringComparer.Ordinal);
        foreach (var country in pack.Table("countries").Rows) Countries[country.Text("code")] = country.Text("printed");

        FrozenDictionary<string, DefaultValue[]> ByHeading(IEnumerable<RuleRow> rows, string country, DefaultTable table) =>
            rows.GroupBy(r => r.Text("cn"), StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.Select(r => Value(r, country, table)).ToArray(), StringComparer.Ordinal);

        DefaultValue Value(RuleRow row, string country, DefaultTable table)
        {
            var letters = row.TextOrNull("route") ?? "";
            if (!routes.TryGetValue(letters, out var list)) routes[letters] = list = letters.Length == 0 ? [] : letters.Split('/');
            return new(country, row.Text("cn"), row.Text("good"), printed.Apply(row.Decimal("direct")), row.DecimalOrNull("indirect") is { } indirect ? printed.Apply(indirect) : null, printed.Apply(row.Decimal("total")), list,
                table, new(pack.Id, pack.Version, pack.Sha256, $"{row.Source.Citation}, table {(table == DefaultTable.AnnexIv ? "Annex IV" : country)}, row {row.Text("cn")}", row.Status));
        }
    }

    /// <summary>Codes of the tables to the names printed on them.</summary>
    internal SortedDictionary<string, string> Countries { get; } = new(StringComparer.Ordinal);

    /// <summary>Countries with a table of their own.</summary>
    public IEnumerable<string> ListedCountries => tables.Keys.Where(c => c != Other);

    /// <summary>How many values are loaded.</summary>
    public int Count => tables.Values.Sum(t => t.Values.Sum(v => v.Length));

    /// <summary>The default value of a good from a country.</summary>
    /// <param name="cn">Code as declared, four to eight digits.</param>
    /// <param name="country">ISO code; null where the country is not known.</param>
    /// <param name="route">Route letter that tells goods under one code apart (grey or white clinker); null where not known.</param>
    /// <param name="precursor">An unknown country has a value for a precursor alone (Annex IV).</param>
    public DefaultFound Find(string cn, string? country, string? route = null, bool precursor = false)
    {
        ArgumentNullException.ThrowIfNull(cn);
        if (country is null && !precursor) return new(null, "origin-unknown");
        if (country is null) return Longest(annexIv, cn, route, last: true) ?? new(null, "annex-iv-not-available");
        if (tables.TryGetValue(country, out var own) && Longest(own, cn, route, last: false) is { } found) return found;
        if (Longest(tables[Other], cn, route, last: true) is { } other) return other;
        for (var length = cn.Length; length >= 4; length--)
            if (contents.TryGetValue(cn[..length], out var content)) return new(null, content == "see-below" ? "default-see-below" : "default-none");
        return new(null, "default-not-printed");
    }

    /// <summary>Mark-up on the default values of a sector imported in a year, as a fraction; null where the act has none for it.</summary>
    public (decimal Fraction, RuleRef Rule)? MarkUp(string sector, int year)
    {
        if (!markUps.TryGetValue(sector, out var rows)) return null;
        foreach (var (fraction, row) in rows)
            if (row.InForce(new(year, 12, 31))) return (fraction, row.Ref(pack));
        return null;
    }

    /// <summary>The value of the longest heading. Of goods that share a heading the route tells which is meant; the row of another is never taken for it.</summary>
    /// <param name="last">No table comes after this one.</param>
    DefaultFound? Longest(FrozenDictionary<string, DefaultValue[]> table, string cn, string? route, bool last)
    {
        for (var length = cn.Length; length >= 4; length--)
        {
            if (!table.TryGetValue(cn[..length], out var rows)) continue;
            var severalGoods = shared.Contains(cn[..length]);
            if (rows.Length == 1 && !severalGoods) return new(rows[0], null);
            var ofRoute = rows.Where(r => route is not null && r.Routes.Contains(route)).ToList();
            if (ofRoute is [var only]) return new(only, null);
            return severalGoods && route is not null && !last ? null : new(null, "default-grade-open");
        }
        return null;
    }
}
