using NodaTime;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Web;

namespace Verdigris.Footprint.Reports.Import;

/// <summary>One thing wrong with one line of a file of activity data.</summary>
/// <param name="Column">Header of the column; null where the whole line is meant.</param>
public sealed record ActivityFault(int Line, string? Column, string Code, IReadOnlyDictionary<string, string>? Args);

/// <summary>A figure as a file gives it, out of one line or several.</summary>
/// <param name="Lines">How many lines it is made of, from the first to the last.</param>
/// <param name="HeldBack">A line of its month was refused: in part it would be too small, so it does not come in.</param>
public sealed record ReadFigure(string Stream, LocalDate Month, string Field, decimal Value, string? Source, int FirstLine, int LastLine, int Lines, bool HeldBack);

/// <param name="Lines">Lines with anything in them, without the header.</param>
/// <param name="Refused">Lines with a fault: nothing of them comes in.</param>
/// <param name="Empty">Lines with a month and no figure.</param>
/// <param name="Faults">The first <see cref="ActivityFile.MostFaults"/>.</param>
public sealed record ActivityReading(int Lines, int Refused, int Empty, IReadOnlyList<ReadFigure> Figures, IReadOnlyList<ActivityFault> Faults);

/// <summary>The header of a file and its first lines.</summary>
public sealed record FileHead(IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Sample);

/// <summary>What a file may speak of: the figures of the plan, each with its field's range, in the months of the period.</summary>
sealed class ReportFrame
{
    readonly Dictionary<string, InputField?> figures;

    public ReportFrame(PlanContent plan, LocalDate from, LocalDate to, CalculatorSet methods)
    {
        Plan = plan;
        Months = ReportCalculation.Months(from, to);
        figures = plan.Streams.SelectMany(s => s.Measured.Select(f => ($"{s.Id}.{f}", methods.Find(s.Method)?.Fields.FirstOrDefault(i => i.Name == f)))).ToDictionary(f => f.Item1, f => f.Item2, StringComparer.Ordinal);
        figures[$"{PlanRules.Production}.{ReportCalculation.ProductionField}"] = new(ReportCalculation.ProductionField, InputKind.Decimal, new("Production", "产量"), Unit: "t", Minimum: 0);
    }

    public PlanContent Plan { get; }
    public IReadOnlyList<LocalDate> Months { get; }
    public bool Has(string figure) => figures.ContainsKey(figure);
    public string Known => string.Join(", ", figures.Keys.Order(StringComparer.Ordinal));
    public InputField? Field(string figure) => figures[figure];
}

/// <summary>Reads files of activity data by the columns somebody wrote down. A line is good or refused as a whole, and every fault names line, column and what would be right. Pure but for the stream.</summary>
static class ActivityFile
{
    public const int MostFaults = 1000, MostLines = 400_000, SampleLines = 5;

    /// <summary>Header and first lines; <c>import.empty</c>, or why the file cannot be read.</summary>
    public static Answer<FileHead> Head(Stream content)
    {
        using var lines = TableLines.Open(content);
        if (lines.Next() is not { } first) return Refusal.Of(lines.Fault ?? "import.empty", "file");
        var header = ActivityMappingRules.Names(first);
        var sample = new List<IReadOnlyList<string>>();
        while (sample.Count < SampleLines && lines.Next() is { } line) sample.Add([.. line]);
        return new FileHead(header, sample);
    }

    /// <summary>The whole file. Columns it does not have stay unread; a column it has and nobody spoke of means nothing.</summary>
    public static Answer<ActivityReading> Read(Stream content, IReadOnlyList<ActivityColumn> columns, bool decimalComma, ReportFrame frame)
    {
        using var lines = TableLines.Open(content);
        if (lines.Next() is not { } first) return Refusal.Of(lines.Fault ?? "import.empty", "file");
        var header = ActivityMappingRules.Names(first);
        var reader = new LineReader(header, columns, decimalComma, frame);
        while (lines.Next() is { } cells)
        {
            reader.Take(lines.Line, cells);
            if (reader.Lines > MostLines) return Refusal.Of("activity.lines", "file", ("most", $"{MostLines}"));
        }
        return lines.Fault is { } fault ? Refusal.Of(fault, "file") : reader.Done();
    }

    sealed class LineReader(IReadOnlyList<string> header, IReadOnlyList<ActivityColumn> columns, bool decimalComma, ReportFrame frame)
    {
        readonly Dictionary<(string Stream, LocalDate Month, string Field), Gathered> gathered = [];
        readonly List<ActivityFault> faults = [];
        readonly HashSet<LocalDate> doubtful = [];
        readonly IReadOnlyList<(int Index, ActivityColumn Column)> figures = [.. Placed(header, columns).Where(c => !ActivityMappingRules.Words.Contains(c.Column.Target!))];
        readonly Dictionary<string, int> words = Placed(header, columns).Where(c => ActivityMappingRules.Words.Contains(c.Column.Target!)).ToDictionary(c => c.Column.Target!, c => c.Index, StringComparer.Ordinal);
        bool allDoubtful;
        int refused, empty;

        public int Lines { get; private set; }

        public void Take(int line, IReadOnlyList<string> cells)
        {
            Lines++;
            var wrong = new List<ActivityFault>();
            void Fault(string? column, Refusal refusal) => wrong.Add(new(line, column, refusal.Code, refusal.Args));
            if (cells.Count > header.Count && cells.Skip(header.Count).Any(c => c.Length > 0)) Fault(null, Refusal.Of("import.cells-differ", null, ("given", $"{cells.Count}"), ("expected", $"{header.Count}")));
            var month = MonthOf(cells, Fault);
            var found = new List<(string Figure, decimal Value, Combine Combine, string? Column)>();
            foreach (var (index, column) in figures)
                if (Cell(cells, index) is { Length: > 0 } text && Value(text, column, header[index], Fault) is { } value) found.Add((column.Target!, value, column.Combine, header[index]));
            if (words.TryGetValue(ActivityMappingRules.Value, out var valueAt)) Long(cells, valueAt, found, Fault);
            if (wrong.Count == 0 && month is { } of)
                foreach (var one in found.Where(f => f.Combine == Combine.Once && gathered.ContainsKey(Key(f.Figure, of)))) Fault(one.Column, Refusal.Of("activity.twice", null, ("stream", Parts(one.Figure).Stream), ("field", Parts(one.Figure).Field), ("month", FileValues.Text(of))));
            if (wrong.Count > 0)
            {
                refused++;
                // What is added up over lines is too small without this one; without its month nobody knows which.
                if (month is { } known) doubtful.Add(known); else allDoubtful = true;
                if (faults.Count < MostFaults) faults.AddRange(wrong.Take(MostFaults - faults.Count));
                return;
            }
            if (found.Count == 0) { empty++; return; }
            var source = Cell(cells, words.GetValueOrDefault(ActivityMappingRules.Source, -1)) is { Length: > 0 } given ? given.Length > 200 ? given[..200] : given : null;
            foreach (var (figure, value, combine, _) in found)
            {
                if (gathered.TryGetValue(Key(figure, month!.Value), out var before)) before.Add(line, value, source);
                else gathered[Key(figure, month.Value)] = new(line, value, source, combine);
            }
        }

        public ActivityReading Done() => new(Lines, refused, empty,
            [.. gathered.Select(g => g.Value.Figure(g.Key, g.Value.Combine != Combine.Once && (allDoubtful || doubtful.Contains(g.Key.Month)))).OrderBy(f => f.Stream, StringComparer.Ordinal).ThenBy(f => f.Field, StringComparer.Ordinal).ThenBy(f => f.Month)], faults);

        LocalDate? MonthOf(IReadOnlyList<string> cells, Action<string?, Refusal> fault)
        {
            var at = words.GetValueOrDefault(ActivityMappingRules.Month, -1);
            var text = Cell(cells, at);
            var column = at < 0 ? ActivityMappingRules.Month : header[at];
            if (FileValues.Month(text) is not { } month) { fault(column, Refusal.Of("activity.month", null, ("given", Short(text)))); return null; }
            if (!frame.Months.Contains(month)) fault(column, Refusal.Of("activity.month-outside", null, ("given", FileValues.Text(month)), ("from", FileValues.Text(frame.Months[0])), ("to", FileValues.Text(frame.Months[^1]))));
            return month;
        }

        /// <summary>A line that is one figure: stream, field and value have columns of their own.</summary>
        void Long(IReadOnlyList<string> cells, int valueAt, List<(string, decimal, Combine, string?)> found, Action<string?, Refusal> fault)
        {
            string Word(string word) => Cell(cells, words.GetValueOrDefault(word, -1));
            var (stream, field, text) = (Word(ActivityMappingRules.Stream), Word(ActivityMappingRules.Field), Cell(cells, valueAt));
            if (text.Length == 0 && stream.Length == 0) return;
            foreach (var (word, given) in new[] { (ActivityMappingRules.Stream, stream), (ActivityMappingRules.Field, field) })
                if (given.Length == 0) { fault(header[words[word]], Refusal.Of("calc.missing-field", null, ("field", word))); return; }
            var figure = $"{stream}.{field}";
            if (!frame.Has(figure)) { fault(header[words[ActivityMappingRules.Stream]], Refusal.Of("activity.not-in-plan", null, ("given", Short(figure)), ("known", frame.Known))); return; }
            if (text.Length == 0) { fault(header[valueAt], Refusal.Of("calc.missing-field", null, ("field", ActivityMappingRules.Value))); return; }
            var column = columns.First(c => c.Target == ActivityMappingRules.Value);
            if (Value(text, column with { Target = figure }, header[valueAt], fault) is { } value) found.Add((figure, value, column.Combine, header[valueAt]));
        }

        decimal? Value(string text, ActivityColumn column, string name, Action<string?, Refusal> fault)
        {
            if (!FileValues.Number(text, decimalComma, out var number)) { fault(name, Refusal.Of(decimalComma ? "activity.number-comma" : "import.number-unreadable", null, ("given", Short(text)))); return null; }
            decimal value;
            try { value = number * (column.Factor ?? 1); }
            catch (OverflowException) { value = decimal.MaxValue; }
            if (Math.Abs(value) > ActivityRules.Largest) { fault(name, Refusal.Of("calc.above-maximum", null, ("field", column.Target!), ("given", Short(text)), ("limit", DecimalText.Write(ActivityRules.Largest)))); return null; }
            if (frame.Field(column.Target!) is not { } field || field.Refuses(value) is not { } refusal) return value;
            fault(name, refusal);
            return null;
        }

        (string Stream, LocalDate Month, string Field) Key(string figure, LocalDate month) => (Parts(figure).Stream, month, Parts(figure).Field);

        static (string Stream, string Field) Parts(string figure) => figure.IndexOf('.', StringComparison.Ordinal) is var dot ? (figure[..dot], figure[(dot + 1)..]) : default;

        static string Cell(IReadOnlyList<string> cells, int at) => at >= 0 && at < cells.Count ? cells[at].Trim() : "";

        static string Short(string text) => text.Length <= 60 ? text : text[..57] + "…";

        static IEnumerable<(int Index, ActivityColumn Column)> Placed(IReadOnlyList<string> header, IReadOnlyList<ActivityColumn> columns) =>
            columns.Where(c => c.Target is not null).Select(c => (header.ToList().IndexOf(c.Header), c)).Where(c => c.Item1 >= 0);
    }

    /// <summary>Lines of one figure and month.</summary>
    sealed class Gathered(int line, decimal value, string? document, Combine combine)
    {
        readonly int first = line;
        int last = line, count = 1;
        decimal sum = value;
        string? source = document;

        public Combine Combine { get; } = combine;

        public void Add(int at, decimal more, string? from)
        {
            (last, count, sum) = (at, count + 1, sum + more);
            if (from != source) source = null; // several documents: the lines tell
        }

        /// <summary>A mean is rounded to nine places.</summary>
        public ReadFigure Figure((string Stream, LocalDate Month, string Field) key, bool heldBack) =>
            new(key.Stream, key.Month, key.Field, DecimalText.Trim(Combine == Combine.Mean ? Math.Round(sum / count, 9, MidpointRounding.ToEven) : sum), source, first, last, count, heldBack);
    }
}
