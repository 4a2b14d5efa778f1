using System.Runtime.CompilerServices;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Statistics;

/// <summary>
/// The figures of carbon markets from the pack <c>registry/statistics</c>: as their sources print them, reckoned from trades by month, or as the quotient of two charts. Read once; immutable, thread-safe.
/// A chart is a row of the pack: a new one needs no code.
/// </summary>
public sealed class MarketStatistics
{
    public const string PackId = "registry/statistics";
    /// <summary>Tables whose rows are figures.</summary>
    static readonly string[] FigureTables = ["document", "prices", "eu-sectors", "nz-kyoto", "samples"];
    static readonly ConditionalWeakTable<RulePacks, MarketStatistics> Read = [];

    readonly RulePacks packs;
    readonly RulePack pack;
    readonly Dictionary<string, (Bilingual Name, string Market)> series;
    readonly Dictionary<string, Bilingual> units;
    readonly Dictionary<string, StatChart> byName;
    readonly IReadOnlyList<(StatChart Chart, string Article)> counted;

    MarketStatistics(RulePacks packs)
    {
        (this.packs, pack) = (packs, packs.Pack(PackId));
        units = pack.Table("units").Rows.ToDictionary(r => r.Text("unit"), Named, StringComparer.Ordinal);
        series = pack.Table("series").Rows.ToDictionary(r => r.Text("series"), r => (Named(r), r.Text("market")), StringComparer.Ordinal);
        Markets = [.. pack.Table("markets").Rows.Select(r => new StatMarket(r.Text("market"), Named(r)))];
        Groups = [.. pack.Table("groups").Rows.Select(r => new StatGroup(r.Text("group"), Named(r)))];
        var rows = pack.Table("charts").Rows;
        var unitOf = rows.ToDictionary(r => r.Text("chart"), r => r.TextOrNull("unit"), StringComparer.Ordinal);
        var figures = FigureTables.SelectMany(t => pack.Table(t).Rows.Select(r => Printed(r, unitOf[r.Text("chart")]))).ToLookup(f => f.Chart);
        var traded = pack.Table("trades").Rows.ToDictionary(r => r.Text("chart"), r => Traded(r, unitOf[r.Text("chart")]!), StringComparer.Ordinal);
        var quotients = pack.Table("quotients").Rows.ToDictionary(r => r.Text("chart"), r => Quotient(r.Text("chart"), figures[r.Text("over")], figures[r.Text("under")].ToDictionary(f => (f.Series, f.Period)), unitOf[r.Text("chart")]!), StringComparer.Ordinal);
        var statements = pack.Table("statements").Rows.ToLookup(r => r.Text("chart"));
        Charts = [.. rows.Select(r =>
        {
            var chart = r.Text("chart");
            IReadOnlyList<StatFigure> own = traded.GetValueOrDefault(chart) ?? quotients.GetValueOrDefault(chart) ?? [.. figures[chart]];
            var unit = unitOf[chart];
            return Empty(r) with { Figures = own, Statements = [.. statements[chart].Select(s => Stated(s, own))] };
        })];
        counted = [.. pack.Table("own-charts").Rows.Select(r => (Empty(r), r.Article!))];
        byName = Charts.ToDictionary(c => c.Chart, StringComparer.Ordinal);
        Cards = [.. pack.Table("cards").Rows.Select(r => byName[r.Text("chart")].Figures.Single(f => f.Series == r.Text("series") && f.Period == r.Text("period")))];
    }

    MarketStatistics(MarketStatistics printed, IEnumerable<StatFigure> own)
    {
        (packs, pack, series, units, counted) = (printed.packs, printed.pack, printed.series, printed.units, printed.counted);
        (Markets, Groups, Cards) = (printed.Markets, printed.Groups, printed.Cards);
        var figures = own.ToLookup(f => f.Chart);
        Charts = [.. printed.Charts, .. counted.Select(c => c.Chart with { Figures = [.. figures[c.Chart.Chart].Select(f => f with { Article = c.Article, Unit = c.Chart.Unit!, UnitName = c.Chart.UnitName!.Value })] })];
        byName = Charts.ToDictionary(c => c.Chart, StringComparer.Ordinal);
    }

    /// <exception cref="RulePackException">The pack is not right.</exception>
    public static MarketStatistics Of(RulePacks packs) => Read.GetValue(packs, p => new MarketStatistics(p));

    /// <summary>The same with the charts of what this registry itself holds, of these figures.</summary>
    public MarketStatistics With(IEnumerable<StatFigure> own) => new(this, own);

    /// <summary>In the order of the first page.</summary>
    public IReadOnlyList<StatChart> Charts { get; }

    /// <summary>Figures of the first page.</summary>
    public IReadOnlyList<StatFigure> Cards { get; }

    public IReadOnlyList<StatMarket> Markets { get; }

    public IReadOnlyList<StatGroup> Groups { get; }

    /// <summary>Name of a series, for those who speak of the same markets elsewhere.</summary>
    public Bilingual SeriesName(string name) => series[name].Name;

    public StatChart? Find(string? chart) => chart is not null && byName.TryGetValue(chart, out var found) ? found : null;

    /// <summary>The chart narrowed; refuses a chart or a market there is none of.</summary>
    public Answer<StatChart> Narrowed(string chart, StatFilter filter)
    {
        if (Find(chart) is not { } found) return Refusal.NotFound("statistics.chart-unknown", "chart", ("given", chart));
        if (filter.Market is { } market && Markets.All(m => m.Market != market)) return Refusal.Of("request.word-unknown", "market", ("given", market));
        return found.Narrowed(filter);
    }

    StatChart Empty(RuleRow r)
    {
        var unit = r.TextOrNull("unit");
        return new(r.Text("chart"), r.Text("group"), KindOf(r.Text("kind")), unit, unit is null ? null : units[unit], r.Integer("digits"), new(r.Text("titleEn"), r.Text("titleZh")), r.TextOrNull("leadEn") is { } lead ? new(lead, r.Text("leadZh")) : null, [], []);
    }

    static Bilingual Named(RuleRow row) => new(row.Text("nameEn"), row.Text("nameZh"));

    static ChartKind KindOf(string word) => word switch { "bars" => ChartKind.Bars, "lines" => ChartKind.Lines, "ranking" => ChartKind.Ranking, _ => ChartKind.Facts };

    StatFigure Printed(RuleRow row, string? unit)
    {
        var (name, market) = series[row.Text("series")];
        var of = row.TextOrNull("unit") ?? unit ?? throw new KeyNotFoundException($"{row.File}:{row.Line} has no unit.");
        return new(row.Text("chart"), row.Text("series"), name, market, row.Text("period"), row.DecimalOrNull("value"), row.DecimalOrNull("valueTo"), row.TextOrNull("bound") switch { "about" => Bound.About, "over" => Bound.Over, "under" => Bound.Under, _ => null },
            of, units[of], NoteOf(row), row.Article ?? row.Source.Citation, row.Source.Citation, row.Retrieved, row.Status, row.File, row.Line, []);
    }

    static Bilingual? NoteOf(RuleRow row) => row.Note is { } note ? new(note, row.TextOrNull("noteZh") ?? note) : null;

    IReadOnlyList<StatFigure> Traded(RuleRow row, string unit)
    {
        var trades = packs.Pack(row.Text("pack")).Table(row.Text("table")).Rows.Select(r => new Trade(r.Date(row.Text("day")), row.TextOrNull("seriesColumn") is { } column ? r.Text(column) : row.Text("series"), r.DecimalOrNull(row.Text("price")), r.Decimal(row.Text("volume")), r));
        var months = TradeMonths.Of(trades, Enum.Parse<TradeMeasure>(row.Text("measure"), ignoreCase: true));
        return [.. months.OrderBy(m => m.Period, StringComparer.Ordinal).ThenBy(m => m.Series, StringComparer.Ordinal).Select(m =>
        {
            var (name, market) = series[m.Series];
            var first = m.Trades[0].Row;
            return new StatFigure(row.Text("chart"), m.Series, name, market, m.Period, m.Value is { } value ? Math.Round(value, 6, MidpointRounding.AwayFromZero) : null, null, null, unit, units[unit], null, first.Article ?? first.Source.Citation, first.Source.Citation, first.Retrieved,
                m.Trades.Max(t => t.Row.Status), first.File, first.Line, [.. m.Trades.Select(t => new StatInput(Verdigris.Web.Show.Iso(t.Day), t.Series, t.Price, t.VolumeT, t.Row.File, t.Row.Line))]);
        })];
    }

    IReadOnlyList<StatFigure> Quotient(string chart, IEnumerable<StatFigure> over, Dictionary<(string, string), StatFigure> under, string unit) => [.. over.Select(f =>
    {
        var by = under.GetValueOrDefault((f.Series, f.Period));
        return f with
        {
            Chart = chart, Unit = unit, UnitName = units[unit], Value = f.Value is { } value && by?.Value is { } part and not 0 ? Math.Round(value / part, 6, MidpointRounding.AwayFromZero) : null,
            From = [Input(f), .. by is null ? Enumerable.Empty<StatInput>() : [Input(by)]],
        };
    })];

    static StatInput Input(StatFigure printed) => new(printed.Period, printed.Series, null, printed.Value, printed.File!, printed.Line!.Value);

    SourceStatement Stated(RuleRow row, IReadOnlyList<StatFigure> figures)
    {
        var (name, other) = (row.Text("series"), row.TextOrNull("of") ?? row.Text("series"));
        var (from, to) = (row.TextOrNull("from"), row.Text("to"));
        decimal? Value(string of, string? period) => figures.FirstOrDefault(f => f.Series == of && f.Period == period)?.Value;
        var kind = Enum.Parse<StatementKind>(row.Text("kind"), ignoreCase: true);
        decimal? computed = kind switch
        {
            StatementKind.Growth when Value(name, from) is { } first && Value(name, to) is { } last => SourceStatement.Growth(first, last, figures.First(f => f.Period == to).Year - figures.First(f => f.Period == from).Year),
            StatementKind.Change when Value(other, from) is { } first && Value(name, to) is { } last => SourceStatement.Change(first, last),
            StatementKind.Ratio when Value(name, to) is { } over && Value(other, to) is { } under => over / under,
            StatementKind.Sum when figures.Where(f => f.Series == name && string.CompareOrdinal(f.Period, from) >= 0 && string.CompareOrdinal(f.Period, to) <= 0).ToList() is { Count: > 0 } parts && parts.All(p => p.Value is not null) => parts.Sum(p => p.Value),
            _ => null,
        };
        return new(row.Text("statement"), kind, series[name].Name, from, to, row.Decimal("printed"), computed, row.Decimal("within"), row.Article ?? row.Source.Citation, NoteOf(row));
    }
}
