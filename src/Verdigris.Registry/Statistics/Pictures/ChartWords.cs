using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Registry.Statistics.Pictures;

/// <summary>Figures in the words of a reader's language.</summary>
public sealed class ChartWords(IStrings strings, Show show) : IChartWords
{
    public string Name(Bilingual text) => text.In(strings.Language);

    public string Series(StatFigure figure) => Name(figure.Name);

    public string Value(StatFigure figure) => figure.Value is null ? strings["statistics.no-figure"] : Amount(figure) + "\u00a0" + Name(figure.UnitName);

    /// <summary>Value without its unit, ranges and bounds with it: about 3, over 4,000, 1 to 2.</summary>
    public string Amount(StatFigure figure)
    {
        if (figure.Value is not { } value) return strings["statistics.no-figure"];
        var text = Number(value, figure);
        if (figure.ValueTo is { } to) text = strings.With("statistics.range", ("from", text), ("to", Number(to, figure)));
        return figure.Bound is { } bound ? strings.With("statistics.bound." + bound, ("value", text)) : text;
    }

    // What was reckoned carries more places than anybody reads.
    static string Number(decimal value, StatFigure figure) => figure.From.Count == 0 ? Numbers.Grouped(value) : Numbers.Grouped(value, value >= 1000 ? 0 : 2);

    /// <summary>Lines that stand below a picture: unit, and every source with the day it was read.</summary>
    public IReadOnlyList<string> Below(StatChart chart) =>
        [.. chart.UnitName is { } unit ? [strings.With("statistics.unit-line", ("unit", Name(unit)))] : Array.Empty<string>(), .. chart.Sources.Select(s => s.Source == StatFigure.ThisRegistry ? strings.With("statistics.own-line", ("day", show.Date(s.Retrieved))) : strings.With("statistics.source-line", ("source", s.Source), ("day", show.Date(s.Retrieved))))];

    /// <summary>Where a figure is from, in one line.</summary>
    public string Origin(StatFigure figure) => figure.Source == StatFigure.ThisRegistry ? strings.With("statistics.own-line", ("day", show.Date(figure.Retrieved))) : $"{figure.Source} · {show.Date(figure.Retrieved)} · {strings["statistics.status." + figure.Status]}";
}
