using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Rules;

namespace Verdigris.Registry.Schemes;

/// <param name="Version">Of the file, with <paramref name="Sha256"/> over all of it.</param>
/// <param name="Values">Entries of the file; how many of them were read in the source named, in a description of it, or put down from memory.</param>
public sealed record SchemeSummary(string Scheme, string NameEn, string NameZh, string Jurisdiction, string Standing, string Currency, decimal UnitMassT, IReadOnlyList<string> Units, int? FirstYear, int? LastYear, string Version, string Sha256, int Values, int Verified, int Secondary, int Recalled);

/// <param name="Values">As the file writes them: ISO dates, a decimal point, lists with commas.</param>
/// <param name="From">First day of its validity; null where it is open.</param>
/// <param name="To">First day no longer valid.</param>
/// <param name="Status">verified, secondary or recalled.</param>
public sealed record SchemeRowView(IReadOnlyDictionary<string, string> Values, LocalDate? From, LocalDate? To, string Status, string Source, string? Article, LocalDate Retrieved, string? Note);

public sealed record SchemeTableView(string Table, IReadOnlyList<string> Columns, IReadOnlyList<SchemeRowView> Rows);

/// <param name="Slot">cap, coverage, allocation, stability, auctions, prices, offsets, banking, compliance, penalty, registry, units.</param>
public sealed record SchemeSlotView(string Slot, IReadOnlyList<SchemeTableView> Tables);

/// <summary>What holds in the present year.</summary>
/// <param name="What">cap, price, factor, offsets, penalty or delay.</param>
/// <param name="Of">Which price, factor or rule; null where there is one alone.</param>
/// <param name="Unit">Unit or currency; 1 for a share.</param>
public sealed record CurrentValue(string What, string? Of, decimal Value, string Unit, string Status, string Article);

/// <param name="Year">Of the emissions.</param>
public sealed record ComplianceDay(int Year, string What, LocalDate On, string Status);

public sealed record SchemeView(SchemeSummary Summary, IReadOnlyList<CurrentValue> Today, IReadOnlyList<ComplianceDay> Calendar, IReadOnlyList<SchemeSlotView> Slots);

/// <summary>Schemes as people and programs read them: every value with where it comes from.</summary>
public static class SchemeViews
{
    /// <summary>Slots in the order they are read, with the tables of each.</summary>
    public static IReadOnlyList<(string Slot, string[] Tables)> Slots { get; } =
    [
        ("units", ["scheme", "units", "rounding"]),
        ("cap", ["periods", "caps", "cap-path", "supply-changes"]),
        ("coverage", ["coverage"]),
        ("allocation", ["allocation", "benchmarks", "benchmark-updates", "factors", "activity", "output-benchmarks", "corrections", "rate-points", "baselines", "plans"]),
        ("stability", ["circulation", "reserve-intake", "reserve-release", "reserve-limit", "price-triggers"]),
        ("auctions", ["auctions", "bidder-shares", "auction-prices", "joint-auctions", "floor-windows", "unsold", "trading", "products"]),
        ("prices", ["price-controls", "control-totals", "price-paths", "later-sales"]),
        ("offsets", ["offsets"]),
        ("banking", ["banking", "holding-limits", "links"]),
        ("compliance", ["duties", "duty-limits", "deadlines"]),
        ("penalty", ["penalty"]),
        ("registry", ["accounts", "transactions", "hours", "documents"]),
    ];

    /// <summary>Schemes by name of their code, narrowed.</summary>
    /// <param name="text">Part of a code, a name or a unit, in any case.</param>
    public static IReadOnlyList<SchemeSummary> List(SchemeSet schemes, string? jurisdiction, string? standing, string? text)
    {
        ArgumentNullException.ThrowIfNull(schemes);
        return [.. schemes.All.Where(s => (jurisdiction is null || s.Jurisdiction == jurisdiction) && (standing is null || s.Standing == standing) && (text is null || Holds(s, text))).OrderBy(s => s.Code, StringComparer.Ordinal).Select(Summary)];
    }

    /// <param name="today">Its year is the present one; its calendar runs from the emissions of the year before to those of the next.</param>
    public static SchemeView Of(Scheme scheme, LocalDate today)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var days = Enumerable.Range(today.Year - 1, 3).SelectMany(y => ComplianceCalendar.Of(scheme, y).Select(d => new ComplianceDay(y, d.What, d.On, Word(d.Rule.Status)))).OrderBy(d => d.On).ThenBy(d => d.What, StringComparer.Ordinal);
        return new(Summary(scheme), Today(scheme, today.Year), [.. days],
            [.. Slots.Select(s => new SchemeSlotView(s.Slot, [.. s.Tables.Where(t => scheme.Rows(t).Count > 0).Select(t => Table(scheme, t))])).Where(s => s.Tables.Count > 0)]);
    }

    public static SchemeSummary Summary(Scheme scheme)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var rows = scheme.Pack.Tables.Values.SelectMany(t => t.Rows).ToList();
        var periods = scheme.Rows("periods");
        int Count(RuleStatus status) => rows.Count(r => r.Status == status);
        return new(scheme.Code, scheme.NameEn, scheme.NameZh, scheme.Jurisdiction, scheme.Standing, scheme.Currency, scheme.UnitMassT, [.. scheme.Units.Select(u => u.Unit)],
            periods.Count == 0 ? null : periods.Min(p => p.Integer("firstYear")), periods.Count == 0 ? null : periods.Max(p => p.Integer("lastYear")), scheme.Pack.Version, scheme.Pack.Sha256, rows.Count, Count(RuleStatus.Verified), Count(RuleStatus.Secondary), Count(RuleStatus.Recalled));
    }

    static IReadOnlyList<CurrentValue> Today(Scheme scheme, int year)
    {
        var values = new List<CurrentValue>();
        void Add(string what, string? of, decimal value, string unit, RuleRef rule) => values.Add(new(what, of, value, unit, Word(rule.Status), rule.Article));
        if (CapPath.Of(scheme, year) is { Ok: true, Value: { Units: { } cap, Steps: [.., var last] } }) Add("cap", null, cap, scheme.Units[0].Unit, last.Rule);
        foreach (var control in scheme.Rows("price-controls").Concat(scheme.Rows("price-paths")).Select(r => r.Text("control")).Distinct())
            if (PriceControls.Of(scheme, control, year, []) is { Ok: true, Value: var price }) Add("price", control, price.Price, scheme.Currency, price.Rule);
        foreach (var row in scheme.Rows("factors").Where(r => r.Integer("year") == year)) Add("factor", row.Text("factor"), row.Decimal("value"), "1", scheme.Ref(row));
        foreach (var row in scheme.Rows("offsets", year)) Add("offsets", row.Text("basis"), row.Decimal("share"), "1", scheme.Ref(row));
        foreach (var row in scheme.Rows("penalty", year))
            if (row.Text("kind") == "per-unit") Add("penalty", row.Text("penalty"), row.Decimal("most"), scheme.Currency, scheme.Ref(row));
        foreach (var row in scheme.Rows("hours").Where(r => r.Has("hours"))) Add("delay", row.Text("rule"), row.Integer("hours"), "h", scheme.Ref(row));
        return values;
    }

    static SchemeTableView Table(Scheme scheme, string table)
    {
        var rows = scheme.Rows(table);
        // Columns in the order of the file's key, then as they first come.
        var columns = scheme.Pack.Table(table).Key.Concat(rows.SelectMany(r => r.Columns)).Distinct().ToList();
        return new(table, columns, [.. rows.Select(r => new SchemeRowView(columns.Where(r.Has).ToDictionary(c => c, c => r.Written(c)!, StringComparer.Ordinal), r.From, r.To, Word(r.Status), r.Source.Citation, r.Article, r.Retrieved, r.Note))]);
    }

    static bool Holds(Scheme scheme, string text) => new[] { scheme.Code, scheme.NameEn, scheme.NameZh, scheme.Pack.Title.En, scheme.Pack.Title.Zh }.Concat(scheme.Units.Select(u => u.Unit)).Any(t => t.Contains(text, StringComparison.OrdinalIgnoreCase));

    static string Word(RuleStatus status) => status switch { RuleStatus.Verified => "verified", RuleStatus.Secondary => "secondary", _ => "recalled" };
}
