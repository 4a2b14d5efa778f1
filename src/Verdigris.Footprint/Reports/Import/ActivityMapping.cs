using NodaTime;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Footprint.Reports.Import;

/// <summary>What several lines of one month mean together.</summary>
public enum Combine
{
    /// <summary>A month has one line; a second one is refused.</summary>
    Once,
    /// <summary>Added up: days, deliveries, batches.</summary>
    Sum,
    /// <summary>The mean of the lines, each counting the same.</summary>
    Mean,
}

/// <summary>What a column of a source's file is.</summary>
/// <param name="Header">As the file writes it, without surrounding space.</param>
/// <param name="Target">A figure of the plan as STREAM.FIELD (<c>gas.activity</c>, <c>production.massT</c>), or one of <see cref="ActivityMappingRules.Words"/>; null where the column is not taken.</param>
/// <param name="Factor">What the file's number is multiplied by to have the field's unit: 0.001 for kWh where MWh are asked; null is 1.</param>
public sealed record ActivityColumn(string Header, string? Target, decimal? Factor = null, Combine Combine = Combine.Once);

/// <summary>What somebody writes down once about the files of a source.</summary>
/// <param name="Name">Of the source, unique in the organisation; 1-64 characters.</param>
/// <param name="DecimalComma">Numbers are written 1.234,5.</param>
public sealed record ActivityMappingContent(string Name, IReadOnlyList<ActivityColumn> Columns, bool DecimalComma = false);

/// <summary>A mapping as it is kept.</summary>
public sealed record ActivityMapping(Guid Id, string Name, IReadOnlyList<ActivityColumn> Columns, bool DecimalComma, Instant ChangedAt) : IHeaderMapping
{
    IEnumerable<string> IHeaderMapping.Headers => Columns.Select(c => c.Header);

    public ActivityMappingContent Content => new(Name, Columns, DecimalComma);
}

/// <summary>What a mapping must be. Pure.</summary>
static class ActivityMappingRules
{
    public const int MostColumns = 200;
    public const string Month = "month", Stream = "stream", Field = "field", Value = "value", Source = "source";

    /// <summary>Columns of a file with a line for each figure; <see cref="Month"/> and <see cref="Source"/> also of one with a column for each.</summary>
    public static IReadOnlyList<string> Words { get; } = [Month, Stream, Field, Value, Source];

    /// <summary>The figures a plan takes, as STREAM.FIELD.</summary>
    public static IReadOnlyList<string> Figures(PlanContent plan) => [$"{PlanRules.Production}.{ReportCalculation.ProductionField}", .. plan.Streams.SelectMany(s => s.Measured.Select(f => $"{s.Id}.{f}"))];

    /// <summary>Names by which a header is spoken of: what is blank or stands twice is told apart by its place.</summary>
    public static IReadOnlyList<string> Names(IReadOnlyList<string> header)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. header.Select((h, i) => h.Trim() is { Length: > 0 and <= 200 } name && seen.Add(name) ? name : $"#{i + 1}")];
    }

    /// <summary>The columns of a file that speaks our names; null where it does not.</summary>
    public static IReadOnlyList<ActivityColumn>? Own(IReadOnlyList<string> header, PlanContent plan)
    {
        var columns = header.Select(h => new ActivityColumn(h, Words.Contains(h) || Figures(plan).Contains(h) ? h : null)).ToList();
        return columns.All(c => c.Target is not null) && Shape(columns).Count == 0 ? columns : null;
    }

    /// <summary><c>mapping.name-missing</c>, <c>mapping.columns-missing</c>, <c>mapping.header-invalid</c>, <c>mapping.target-unknown</c>, <c>mapping.factor</c>; then the shape: a target twice, no month, nothing taken.</summary>
    public static IReadOnlyList<Refusal> Check(ActivityMappingContent m, PlanContent plan)
    {
        var wrong = new List<Refusal>();
        if (string.IsNullOrWhiteSpace(m.Name) || m.Name.Length > 64) wrong.Add(Refusal.Of("mapping.name-missing", "name", ("most", "64")));
        if (m.Columns is not { Count: > 0 and <= MostColumns }) return [.. wrong, Refusal.Of("mapping.columns-missing", "columns", ("most", $"{MostColumns}"))];
        var figures = Figures(plan);
        var headers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < m.Columns.Count; i++)
        {
            var column = m.Columns[i] ?? new("", null);
            if (string.IsNullOrWhiteSpace(column.Header) || column.Header != column.Header.Trim() || column.Header.Length > 200 || !headers.Add(column.Header)) wrong.Add(Refusal.Of("mapping.header-invalid", $"columns[{i}].header", ("given", column.Header ?? "")));
            if (column.Target is { } target && !Words.Contains(target) && !figures.Contains(target)) wrong.Add(Refusal.Of("mapping.target-unknown", $"columns[{i}].target", ("given", target), ("known", string.Join(", ", Words.Concat(figures)))));
            if (column.Factor is { } factor && (factor <= 0 || factor > 1_000_000_000m || factor < 0.000000001m)) wrong.Add(Refusal.Of("mapping.factor", $"columns[{i}].factor", ("given", DecimalText.Write(factor))));
            if (!Enum.IsDefined(column.Combine)) wrong.Add(Refusal.Of("request.word-unknown", $"columns[{i}].combine", ("given", $"{column.Combine}")));
        }
        return wrong.Count > 0 ? wrong : Shape(m.Columns);
    }

    static IReadOnlyList<Refusal> Shape(IReadOnlyList<ActivityColumn> columns)
    {
        var wrong = new List<Refusal>();
        var targets = columns.Select(c => c.Target).OfType<string>().ToList();
        foreach (var twice in targets.GroupBy(t => t).Where(g => g.Count() > 1)) wrong.Add(Refusal.Of("import.column-twice", "columns", ("column", twice.Key)));
        if (!targets.Contains(Month)) wrong.Add(Refusal.Of("import.column-missing", "columns", ("column", Month)));
        var wide = targets.Exists(t => !Words.Contains(t));
        if (!wide || targets.Contains(Value) || targets.Contains(Stream) || targets.Contains(Field))
        {
            if (wide) wrong.Add(Refusal.Of("mapping.two-shapes", "columns"));
            foreach (var missing in new[] { Stream, Field, Value }.Where(t => !targets.Contains(t))) wrong.Add(Refusal.Of("import.column-missing", "columns", ("column", missing)));
        }
        return wrong;
    }

    /// <summary>What a header most likely is: a word or a figure spelt alike, a stream with one figure; null where nothing is.</summary>
    public static string? Guess(string header, PlanContent plan)
    {
        var plain = HeaderMappings.Plain(header);
        if (plain is "MONTH" or "MONAT" or "PERIOD" or "DATE" or "DAY" or "月份" or "日期" or "月") return Month;
        if (plain is "SOURCE" or "DOCUMENT" or "REFERENCE" or "来源" or "单据") return Source;
        if (Words.FirstOrDefault(w => HeaderMappings.Plain(w) == plain) is { } word) return word;
        if (Figures(plan).FirstOrDefault(f => HeaderMappings.Plain(f) == plain) is { } figure) return figure;
        return plan.Streams.FirstOrDefault(s => s.Measured.Count == 1 && (HeaderMappings.Plain(s.Id) == plain || HeaderMappings.Plain(s.Meter) == plain)) is { } stream ? $"{stream.Id}.{stream.Measured[0]}" : null;
    }
}
