using Verdigris.Footprint.Charts;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Registry.Statistics.Pictures;

/// <summary>What a picture says of its figures, in the reader's language.</summary>
public interface IChartWords
{
    string Series(StatFigure figure);

    /// <summary>Value with its unit, and what bounds it.</summary>
    string Value(StatFigure figure);
}

/// <summary>A chart as shapes in a picture of <see cref="Width"/> by <see cref="Height"/>. The scale begins at zero, so that heights compare; what is not known is not drawn but marked. Pure.</summary>
/// <param name="Legend">Series in the order of their tones.</param>
public sealed record ChartPicture(int Width, int Height, IReadOnlyList<ChartMark> Marks, IReadOnlyList<string> Legend)
{
    /// <summary>Tones there are; more series begin again.</summary>
    public const int Tones = 8;
    const int Top = 14, Plot = 260, Left = 72, Right = 10, Below = 26, LetterWidth = 7, RowHeight = 40, ManyPoints = 40;

    /// <exception cref="ArgumentException">A chart of facts has no picture.</exception>
    public static ChartPicture Of(StatChart chart, int width, IChartWords words) => chart.Kind switch
    {
        ChartKind.Bars => Bars(chart, width, words),
        ChartKind.Lines => Lines(chart, width, words),
        ChartKind.Ranking => Ranking(chart, width, words),
        _ => throw new ArgumentException("Facts have units of their own and no common scale.", nameof(chart)),
    };

    static List<(string Series, string Name)> SeriesOf(StatChart chart, IChartWords words) => [.. chart.Figures.DistinctBy(f => f.Series).Select(f => (f.Series, words.Series(f)))];

    /// <summary>Steps from the first to the last period, each a place; a period nobody has a figure for keeps its place.</summary>
    sealed record Time(int First, int Count, bool Months)
    {
        public static Time Of(IReadOnlyList<StatFigure> figures)
        {
            var months = figures.Any(f => f.Month is not null);
            var at = figures.Select(f => Index(f, months)).ToList();
            return at.Count == 0 ? new(0, 1, months) : new(at.Min(), at.Max() - at.Min() + 1, months);
        }

        static int Index(StatFigure figure, bool months) => months ? figure.Year * 12 + (figure.Month ?? 1) - 1 : figure.Year;

        public int Place(StatFigure figure) => Index(figure, Months) - First;

        public string Label(int place) => !Months ? Digits(First + place, 4) : $"{Digits((First + place) / 12, 4)}-{Digits((First + place) % 12 + 1, 2)}";

        static string Digits(int value, int places) => value.ToString(places == 2 ? "00" : "0000", System.Globalization.CultureInfo.InvariantCulture);
    }

    static (decimal High, List<ChartMark> Marks) Scale(decimal most, int width)
    {
        if (most <= 0) most = 1;
        var step = Waterfall.Step(most);
        var high = Math.Ceiling(most / step) * step;
        var marks = new List<ChartMark>();
        for (var value = 0m; value <= high; value += step)
        {
            var y = Y(value, high);
            marks.Add(new Rule(Left, y, width - Right, y, value == 0));
            marks.Add(new Word(Left - 6, y + 4, "end", Numbers.Grouped(DecimalText.Trim(value))));
        }
        return (high, marks);
    }

    static int Y(decimal value, decimal high) => Top + (int)Math.Round((high - value) / high * Plot, MidpointRounding.AwayFromZero);

    static void TimeLabels(List<ChartMark> marks, Time time, decimal room)
    {
        var every = Math.Max(1, (int)Math.Ceiling((time.Label(0).Length + 1) * LetterWidth / room));
        // Years of a long row of months stand at their Januaries.
        if (time.Months && every > 3) every = (every + 11) / 12 * 12;
        var from = time.Months && every >= 12 ? (12 - time.First % 12) % 12 : 0;
        var edge = Left + (int)(room * time.Count) + Right;
        for (var place = from; place < time.Count; place += every)
        {
            var (x, text) = (Left + (int)(room * place + room / 2), every >= 12 ? time.Label(place)[..4] : time.Label(place));
            // The last one ends where the picture does.
            marks.Add(x + text.Length * LetterWidth / 2 > edge ? new Word(edge, Top + Plot + 18, "end", text) : new Word(x, Top + Plot + 18, "middle", text));
        }
    }

    static ChartPicture Bars(StatChart chart, int width, IChartWords words)
    {
        var (series, time) = (SeriesOf(chart, words), Time.Of(chart.Figures));
        var stacks = chart.Figures.GroupBy(time.Place).OrderBy(g => g.Key).ToList();
        var (high, marks) = Scale(stacks.Count == 0 ? 0 : stacks.Max(s => s.Sum(f => Math.Max(f.Value ?? 0, 0))), width);
        var room = (decimal)(width - Left - Right) / time.Count;
        var bar = Math.Clamp((int)(room * 7 / 10), 2, 80);
        foreach (var stack in stacks)
        {
            var x = Left + (int)(room * stack.Key + (room - bar) / 2);
            var sum = 0m;
            foreach (var figure in stack.Where(f => f.Value > 0).OrderBy(f => series.FindIndex(s => s.Series == f.Series)))
            {
                var (bottom, top) = (Y(sum, high), Y(sum += figure.Value!.Value, high));
                // Places are rounded at the stack's sums, so that parts meet and the whole is as high as its sum.
                marks.Add(new Box(x, top, bar, Math.Max(1, bottom - top), series.FindIndex(s => s.Series == figure.Series), false, Says(figure, words)));
            }
            if (stack.Any(f => f.Value is null)) marks.Add(new Word(x + bar / 2, Y(sum, high) - 4, "middle", "?"));
        }
        TimeLabels(marks, time, room);
        return new(width, Top + Plot + Below, marks, [.. series.Select(s => s.Name)]);
    }

    static ChartPicture Lines(StatChart chart, int width, IChartWords words)
    {
        var (series, time) = (SeriesOf(chart, words), Time.Of(chart.Figures));
        var (high, marks) = Scale(chart.Figures.Select(f => f.Value ?? 0).DefaultIfEmpty(0).Max(), width);
        var room = (decimal)(width - Left - Right) / time.Count;
        (int X, int Y) At(StatFigure f) => (Left + (int)(room * time.Place(f) + room / 2), Y(f.Value!.Value, high));
        var taken = new HashSet<(int, int)>();
        foreach (var (tone, (name, _)) in series.Index())
        {
            var known = chart.Figures.Where(f => f.Series == name && f.Value is not null).OrderBy(time.Place).ToList();
            var run = new List<StatFigure>();
            foreach (var figure in known.Append(null))
            {
                // A line joins neighbours only: what lies between was not said.
                if (figure is not null && (run.Count == 0 || time.Place(figure) == time.Place(run[^1]) + 1)) { run.Add(figure); continue; }
                if (run.Count > 1) marks.Add(new Track(tone, [.. run.Select(At)]));
                run = figure is null ? [] : [figure];
            }
            if (time.Count <= ManyPoints) marks.AddRange(known.Select(f => new Dot(At(f).X, At(f).Y, tone, Says(f, words), taken.Add(At(f)) ? 4 : 2)));
        }
        TimeLabels(marks, time, room);
        return new(width, Top + Plot + Below, marks, [.. series.Select(s => s.Name)]);
    }

    static ChartPicture Ranking(StatChart chart, int width, IChartWords words)
    {
        var figures = chart.Figures.OrderBy(f => f.Value is null).ThenByDescending(f => f.ValueTo ?? f.Value).ToList();
        var most = figures.Select(f => f.ValueTo ?? f.Value ?? 0).DefaultIfEmpty(0).Max();
        var marks = new List<ChartMark>();
        int Span(decimal value) => most <= 0 ? 0 : (int)Math.Round(value / most * (width - 20), MidpointRounding.AwayFromZero);
        foreach (var (i, figure) in figures.Index())
        {
            var y = i * RowHeight;
            marks.Add(new Word(10, y + 15, "start", words.Series(figure)));
            marks.Add(new Word(width - 10, y + 15, "end", words.Value(figure)));
            if (figure.Value is not { } value) continue;
            marks.Add(new Box(10, y + 21, Math.Max(1, Span(value)), 12, 0, false, Says(figure, words)));
            if (figure.ValueTo is { } to && to > value) marks.Add(new Box(10 + Span(value), y + 21, Math.Max(1, Span(to) - Span(value)), 12, 0, true, Says(figure, words)));
        }
        return new(width, Math.Max(1, figures.Count) * RowHeight, marks, []);
    }

    static string Says(StatFigure figure, IChartWords words) => $"{words.Series(figure)}, {figure.Period}: {words.Value(figure)}";
}
