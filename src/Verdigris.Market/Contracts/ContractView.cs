using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <param name="Lot">Units of the price a lot; null where it is unknown. <paramref name="Tick"/>: least step of the price.</param>
/// <param name="Settlement">delivery, cash or underlying; null where it is unknown.</param>
/// <param name="CanOpen">Whether a series can be opened for trading: nothing that trading needs is unknown.</param>
/// <param name="Version">Of the file, with <paramref name="Sha256"/> over all of it.</param>
/// <param name="Values">Entries of the file; how many of them were read in the source named, in a description of it, or put down from memory, and how many were looked for and not found.</param>
public sealed record ContractSummary(string Contract, string NameEn, string NameZh, string Kind, string Family, string Venue, string Standing, string Currency, string PriceUnit, decimal? Lot, decimal? Tick, string? Settlement, bool CanOpen,
    string Version, string Sha256, int Values, int Verified, int Secondary, int Recalled, int Unknown);

/// <param name="Values">As the file writes them: ISO dates, a decimal point, lists with commas.</param>
/// <param name="Unknown">The value was looked for and not found.</param>
/// <param name="From">First day of its validity; null where it is open.</param>
/// <param name="To">First day no longer valid.</param>
/// <param name="Status">verified, secondary or recalled.</param>
public sealed record ContractRowView(IReadOnlyDictionary<string, string> Values, bool Unknown, LocalDate? From, LocalDate? To, string Status, string Source, string? Article, LocalDate Retrieved, string? Note);

public sealed record ContractTableView(string Table, IReadOnlyList<string> Columns, IReadOnlyList<ContractRowView> Rows);

/// <summary>A day of a series.</summary>
/// <param name="Time">In <paramref name="Zone"/>; null where the contract names the day alone.</param>
public sealed record SeriesDay(string Step, LocalDate Day, string? Time, string? Zone);

/// <param name="LastDay">Last trading day; null for a series without end, or where it is not known yet (<paramref name="Open"/>).</param>
/// <param name="Open">Code of the reason why the last trading day is not known.</param>
/// <param name="Days">What follows the last trading day.</param>
public sealed record ListedSeriesView(string Series, LocalDate? LastDay, string? Open, IReadOnlyList<SeriesDay> Days);

/// <param name="Problems">Why no series can be opened for trading.</param>
/// <param name="Unsaid">Tables a contract of its kind has and the file has nothing in: of these nothing is known here. No fee is charged and no limit held that is not said.</param>
/// <param name="Phase">Of the book now: continuous, closed…; null where hours or calendar are unknown.</param>
public sealed record ContractView(ContractSummary Summary, IReadOnlyList<Refusal> Problems, string? Phase, LocalDate? TradingDay, Instant? NextOpens, IReadOnlyList<ListedSeriesView> Series, IReadOnlyList<ContractTableView> Tables, IReadOnlyList<string> Unsaid);

/// <summary>Contracts as people and programs read them: every value with where it comes from.</summary>
public static class ContractViews
{
    /// <summary>Tables in the order they are read.</summary>
    public static IReadOnlyList<string> Tables { get; } =
        ["contract", "currencies", "terms", "series", "last-day", "option", "calendars", "sessions", "modes", "price-limits", "interruption", "position-limits", "settlement", "publication", "deliverable", "timetable", "buy-in", "settlement-price", "margin", "margin-credits", "fees"];

    /// <summary>What a row of a table is about: where it is missing, it is unknown.</summary>
    static readonly Dictionary<string, string> Subject = new() { ["terms"] = "value", ["margin"] = "value", ["fees"] = "value", ["position-limits"] = "most", ["calendars"] = "calendar" };

    /// <summary>Contracts by their code, narrowed.</summary>
    /// <param name="text">Part of a code, a name or a venue, in any case.</param>
    public static IReadOnlyList<ContractSummary> List(ContractSet contracts, LocalDate today, string? family = null, string? kind = null, string? standing = null, string? text = null)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        return [.. contracts.All.Where(c => (family is null || c.Family == family) && (kind is null || Word(c.Kind) == kind) && (standing is null || c.Standing == standing) && (text is null || Holds(c, text))).Select(c => Summary(c, today))];
    }

    /// <param name="now">Its day chooses what is in force and which series are listed.</param>
    public static ContractView Of(ContractSet contracts, Contract contract, Instant now, IReadOnlyList<AdmittedSeries>? admitted = null)
    {
        ArgumentNullException.ThrowIfNull(contract);
        var today = now.InUtc().Date;
        var standing = Sessions.At(contracts, contract, now);
        return new(Summary(contract, today), contract.OpenProblems(today), standing.Ok ? standing.Value.Phase : null, standing.Ok ? standing.Value.TradingDay : null, standing.Ok ? standing.Value.Next?.Opens : null, Series(contracts, contract, today, admitted),
            [.. Tables.Where(t => contract.AllRows(t).Count > 0).Select(t => Table(contract, t))], [.. Expected.Where(t => contract.AllRows(t).Count == 0 && (t != "margin" || contract.Kind != ContractKind.Spot) && (t != "position-limits" || contract.Kind != ContractKind.Spot))]);
    }

    /// <summary>What a trader looks for in the specification of any contract; of spot neither margin nor positions.</summary>
    static readonly string[] Expected = ["terms", "series", "last-day", "calendars", "sessions", "price-limits", "position-limits", "settlement", "margin", "fees"];

    /// <summary>Listed series with the days that follow their last.</summary>
    public static IReadOnlyList<ListedSeriesView> Series(ContractSet contracts, Contract contract, LocalDate on, IReadOnlyList<AdmittedSeries>? admitted = null) =>
        [.. SeriesListing.Of(contracts, contract, on, admitted).Select(l => new ListedSeriesView(l.Series.Code, l.LastDay, l.Open?.Code, l.LastDay is { } last && DeliveryTimetable.Of(contracts, contract, last) is { Ok: true, Value: var days } ? [.. days.Select(d => new SeriesDay(d.Step, d.Day, d.At is { } at ? $"{at:HH:mm}" : null, d.Zone))] : []))];

    public static ContractSummary Summary(Contract contract, LocalDate today)
    {
        ArgumentNullException.ThrowIfNull(contract);
        var rows = contract.Pack.Tables.Values.SelectMany(t => t.Rows.Select(r => (Table: t.Name, Row: r))).ToList();
        int Count(RuleStatus status) => rows.Count(r => r.Row.Status == status && !Unknown(r.Table, r.Row));
        return new(contract.Code, contract.NameEn, contract.NameZh, Word(contract.Kind), contract.Family, contract.Venue, contract.Standing, contract.Currency, contract.PriceUnit, contract.Lot(today), contract.Tick(today), contract.Row("settlement", today)?.Text("method"),
            contract.CanOpen(today), contract.Pack.Version, contract.Pack.Sha256, rows.Count, Count(RuleStatus.Verified), Count(RuleStatus.Secondary), Count(RuleStatus.Recalled), rows.Count(r => Unknown(r.Table, r.Row)));
    }

    public static string Word(ContractKind kind) => kind switch { ContractKind.Spot => "spot", ContractKind.DailyFuture => "daily-future", ContractKind.Future => "future", ContractKind.Option => "option", ContractKind.Forward => "forward", _ => "swap" };

    static ContractTableView Table(Contract contract, string table)
    {
        var rows = contract.AllRows(table);
        // Columns in the order of the file's key, then as they first come.
        var columns = contract.Pack.Table(table).Key.Concat(rows.SelectMany(r => r.Columns)).Distinct().ToList();
        return new(table, columns, [.. rows.Select(r => new ContractRowView(columns.Where(r.Has).ToDictionary(c => c, c => r.Written(c)!, StringComparer.Ordinal), Unknown(table, r), r.From, r.To, Word(r.Status), r.Source.Citation, r.Article, r.Retrieved, r.Note))]);
    }

    static bool Unknown(string table, RuleRow row) => Subject.TryGetValue(table, out var column) && !row.Has(column);

    static bool Holds(Contract contract, string text) => new[] { contract.Code, contract.NameEn, contract.NameZh, contract.Venue, contract.PriceUnit }.Any(t => t.Contains(text, StringComparison.OrdinalIgnoreCase));

    static string Word(RuleStatus status) => status switch { RuleStatus.Verified => "verified", RuleStatus.Secondary => "secondary", _ => "recalled" };
}
