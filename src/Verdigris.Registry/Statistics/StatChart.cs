using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Statistics;

/// <summary>How the figures of a chart are drawn. Facts have units of their own and are a table alone.</summary>
public enum ChartKind { Bars, Lines, Ranking, Facts }

/// <summary>What a source says of how exact a figure is.</summary>
public enum Bound { About, Over, Under }

/// <summary>A row a figure was reckoned from.</summary>
/// <param name="Day">Of the trade, or the period of the figure.</param>
/// <param name="Price">In the currency of the chart, a tonne; null where the row has none.</param>
/// <param name="Amount">Volume in t, or the value of the figure.</param>
public sealed record StatInput(string Day, string Series, decimal? Price, decimal? Amount, string File, int Line);

/// <summary>One figure of a chart, with where it was read.</summary>
/// <param name="Period">A year, 2021, or a month, 2021-08.</param>
/// <param name="Value">Null where the source has none: never zero.</param>
/// <param name="ValueTo">The upper end where the source gives a range.</param>
/// <param name="Unit">Code of the pack's units.</param>
/// <param name="Source">The publication; <see cref="ThisRegistry"/> where the figure was counted from what this registry holds, and <paramref name="Retrieved"/> is the day of the count.</param>
/// <param name="File">Of the pack, with <paramref name="Line"/>; of the first row where the figure was reckoned from several; null where it was counted.</param>
/// <param name="From">Rows it was reckoned from; none where it was read as it stands.</param>
public sealed record StatFigure(
    string Chart, string Series, Bilingual Name, string Market, string Period, decimal? Value, decimal? ValueTo, Bound? Bound, string Unit, Bilingual UnitName, Bilingual? Note,
    string Article, string Source, LocalDate Retrieved, RuleStatus Status, string? File, int? Line, IReadOnlyList<StatInput> From)
{
    public const string ThisRegistry = "this registry";

    public int Year => int.Parse(Period.AsSpan(0, 4), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Month of the year, 1 to 12; null where the period is a year.</summary>
    public int? Month => Period.Length == 7 ? int.Parse(Period.AsSpan(5, 2), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture) : null;
}

/// <summary>What a reader narrows a chart to. Null narrows nothing.</summary>
/// <param name="From">First year.</param>
/// <param name="To">Last year.</param>
public sealed record StatFilter(string? Market = null, int? From = null, int? To = null)
{
    public bool Takes(StatFigure figure) => (Market is null || figure.Market == Market) && (From is null || figure.Year >= From) && (To is null || figure.Year <= To);
}

/// <summary>Figures that belong together. Immutable.</summary>
/// <param name="Unit">Null where each figure has its own.</param>
/// <param name="Digits">Decimals shown in the picture.</param>
public sealed record StatChart(string Chart, string Group, ChartKind Kind, string? Unit, Bilingual? UnitName, int Digits, Bilingual Title, Bilingual? Lead, IReadOnlyList<StatFigure> Figures, IReadOnlyList<SourceStatement> Statements)
{
    public StatChart Narrowed(StatFilter filter) => this with { Figures = [.. Figures.Where(filter.Takes)] };

    /// <summary>Null where it has no figure.</summary>
    public string? FirstPeriod => Figures.Select(f => f.Period).Order(StringComparer.Ordinal).FirstOrDefault();

    public string? LastPeriod => Figures.Select(f => f.Period).Order(StringComparer.Ordinal).LastOrDefault();

    /// <summary>Publications its figures were read in, each with the day of reading.</summary>
    public IReadOnlyList<StatSource> Sources => [.. Figures.Select(f => new StatSource(f.Source, f.Retrieved)).Distinct()];
}

public sealed record StatMarket(string Market, Bilingual Name);

public sealed record StatGroup(string Group, Bilingual Name);

public sealed record StatSource(string Source, LocalDate Retrieved);
