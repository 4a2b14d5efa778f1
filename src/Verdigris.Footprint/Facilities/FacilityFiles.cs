using System.Text;
using System.Text.Json.Nodes;
using Verdigris.Primitives.Calculations;
using Verdigris.Web;

namespace Verdigris.Footprint.Facilities;

/// <summary>The answer of <c>facility.footprint</c> as files: streams as CSV, everything as a workbook. Heads are the field names of the method, the same in every language.</summary>
public static class FacilityFiles
{
    static readonly string[] StreamFields = ["id", "process", "scope", "method", "tco2e", "biogenicTco2", "tco2ePerT", "percent", "basis"];
    static readonly string[] FindingFields = ["check", "field", "value", "low", "high", "unit", "rule"];

    /// <summary>A line for each stream under a line of heads; RFC 4180.</summary>
    public static string Csv(JsonObject result) => string.Concat(StreamRows(result).Select(row => string.Join(',', row.Select(CsvLineWriter.Cell)) + "\r\n"));

    public static byte[] Xlsx(JsonObject facility, CalcResult answer) => XlsxWriter.Write(
        new("summary", [["field", "value"], .. Plain(facility), .. Plain(answer.Result)]),
        new("streams", StreamRows(answer.Result)),
        new("processes", [["process", "tco2ePerT"], .. answer.Result["byProcess"]!.AsObject().Select(p => (IReadOnlyList<object?>)[p.Key, Cell(p.Value)])]),
        new("findings", Rows(FindingFields, answer.Result["findings"]!.AsArray())),
        new("warnings", [["code", "field", "en", "zh"], .. answer.Warnings.Select(w => (IReadOnlyList<object?>)[w.Code, w.Field, w.Text.En, w.Text.Zh])]),
        new("trace", [["step", "en", "zh", "formula", "inputs", "value", "unit", "article", "pack", "version", "status", "sha256"], .. answer.Trace.Select(t => (IReadOnlyList<object?>)
            [t.Id, t.Text.En, t.Text.Zh, t.Formula, string.Join("; ", t.Inputs.Select(i => $"{i.Key} = {i.Value}")), Cell(t.Value), t.Unit, t.Rule?.Article, t.Rule?.Pack, t.Rule?.Version, t.Rule?.Status.ToString().ToLowerInvariant(), t.Rule?.Sha256])]));

    /// <summary>The whole answer with the facility it belongs to.</summary>
    public static byte[] Json(ICalculator method, CalcResult answer) => Encoding.UTF8.GetBytes(CalculatorSet.Write(CalculatorSet.Envelope(method, MethodWording.Copy(answer))));

    static IReadOnlyList<IReadOnlyList<object?>> StreamRows(JsonObject result) => Rows(["stream", .. StreamFields[1..]], result["streams"]!.AsArray(), StreamFields);

    static IReadOnlyList<IReadOnlyList<object?>> Rows(IReadOnlyList<string> heads, JsonArray items, IReadOnlyList<string>? fields = null) =>
        [[.. heads], .. items.Select(item => (IReadOnlyList<object?>)[.. (fields ?? heads).Select(f => Cell(item![f]))])];

    static IEnumerable<IReadOnlyList<object?>> Plain(JsonObject part) => part.Where(m => m.Value is not (JsonArray or JsonObject)).Select(m => (IReadOnlyList<object?>)[m.Key, Cell(m.Value)]);

    static object? Cell(JsonNode? value) => value is JsonValue v && v.TryGetValue<decimal>(out var number) ? number : value?.ToString();
}
