using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Reports;

/// <summary>Activity data as they come: each figure once, a month named by its first day, numbers as they were written. Pure.</summary>
static class ActivityRules
{
    public const int MostValues = 20_000, LargestCsvBytes = 4 * 1024 * 1024;

    /// <summary>No figure is larger, either way.</summary>
    public const decimal Largest = 1_000_000_000_000m;

    static readonly string[] Header = ["stream", "month", "field", "value", "source"];

    public static IReadOnlyList<Refusal> Check(IReadOnlyList<ActivityValue>? values)
    {
        if (values is not { Count: <= MostValues }) return [Refusal.Of("activity.count", "values", ("most", $"{MostValues}"))];
        var wrong = new List<Refusal>();
        var seen = new HashSet<(string, LocalDate, string)>();
        for (var i = 0; i < values.Count; i++)
        {
            var value = values[i];
            var at = $"values[{i}]";
            if (value is null || !PlanRules.StreamId().IsMatch(value.Stream ?? "")) { wrong.Add(Refusal.Of("plan.stream-id", at + ".stream", ("given", value?.Stream ?? ""))); continue; }
            Texts.Check(value.Field, at + ".field", 60, wrong);
            if (value.Month.Day != 1) wrong.Add(Refusal.Of("activity.month", at + ".month", ("given", LocalDatePattern.Iso.Format(value.Month))));
            if (Math.Abs(value.Value) > Largest) wrong.Add(Refusal.Of("calc.above-maximum", at + ".value", ("field", "value"), ("given", DecimalText.Write(value.Value)), ("limit", DecimalText.Write(Largest))));
            if (value.Source is { Length: > 200 }) wrong.Add(Refusal.Of("plan.text", at + ".source", ("most", "200")));
            if (!seen.Add((value.Stream!, value.Month, value.Field ?? ""))) wrong.Add(Refusal.Of("activity.twice", at, ("stream", value.Stream!), ("field", value.Field ?? ""), ("month", LocalDatePattern.Iso.Format(value.Month))));
            if (wrong.Count >= 100) break;
        }
        return wrong;
    }

    /// <summary>The values, each with the origin of the one before it where it is the same figure; what a caller says of origins means nothing.</summary>
    public static List<ActivityValue> WithOrigins(IReadOnlyList<ActivityValue> values, IReadOnlyList<ActivityValue> before)
    {
        var origins = before.Where(v => v.Origin is not null).ToDictionary(v => (v.Stream, v.Month, v.Field, v.Value), v => v.Origin);
        return [.. values.Select(v => v with { Origin = origins.GetValueOrDefault((v.Stream, v.Month, v.Field, v.Value)) })];
    }

    /// <summary>Reads <c>stream,month,field,value,source</c>; the month as 2026-03 or 2026-03-01. A fault names its line.</summary>
    public static Answer<IReadOnlyList<ActivityValue>> ReadCsv(string text)
    {
        var values = new List<ActivityValue>();
        var wrong = new List<Refusal>();
        List<string>? header = null;
        try
        {
            foreach (var (line, fields) in CsvReader.Read(text.TrimStart('\ufeff')))
            {
                if (header is null)
                {
                    header = fields.ConvertAll(f => f.Trim());
                    if (Header.Take(4).Except(header).FirstOrDefault() is { } missing) return Refusal.Of("activity.column", missing, ("columns", string.Join(", ", Header)));
                    continue;
                }
                string? Cell(string name) => header.IndexOf(name) is >= 0 and var i && i < fields.Count && fields[i].Trim() is { Length: > 0 } cell ? cell : null;
                var month = Month(Cell("month"));
                if (month is null) wrong.Add(Refusal.Of("activity.month", $"line {line}: month", ("given", Cell("month") ?? "")));
                if (!DecimalText.TryRead(Cell("value"), out var number)) wrong.Add(Refusal.Of("calc.not-a-number", $"line {line}: value", ("field", "value"), ("given", Cell("value") ?? "")));
                if (Cell("stream") is null || Cell("field") is null) wrong.Add(Refusal.Of("calc.missing-field", $"line {line}: {(Cell("stream") is null ? "stream" : "field")}", ("field", Cell("stream") is null ? "stream" : "field")));
                if (wrong.Count >= 100) break;
                if (wrong.Count == 0) values.Add(new(Cell("stream")!, month!.Value, Cell("field")!, number, Cell("source")));
                if (values.Count > MostValues) return Refusal.Of("activity.count", "values", ("most", MostValues.ToString(CultureInfo.InvariantCulture)));
            }
        }
        catch (FormatException fault) { return Refusal.Of("activity.unreadable", null, ("detail", fault.Message)); }
        if (header is null) return Refusal.Of("activity.column", "stream", ("columns", string.Join(", ", Header)));
        return wrong.Count > 0 ? wrong : values;
    }

    /// <summary>The same data as <see cref="ReadCsv"/> takes them.</summary>
    public static string WriteCsv(IReadOnlyList<ActivityValue> values) => string.Join(",", Header) + "\n" + string.Concat(values.Select(v => FormattableString.Invariant($"{v.Stream},{v.Month:uuuu-MM},{v.Field},{v.Value},{Quoted(v.Source)}\n")));

    static string Quoted(string? text) => text is null ? "" : text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    static LocalDate? Month(string? text) => text is null ? null : LocalDatePattern.Iso.Parse(text.Length == 7 ? text + "-01" : text) is { Success: true, Value: var day } && day.Day == 1 ? day : null;
}
