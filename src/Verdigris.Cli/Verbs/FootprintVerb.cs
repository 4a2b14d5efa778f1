using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Footprint.Facilities;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cli.Verbs;

/// <summary>
/// <c>footprint FILE</c>: a whole facility in one call (method <c>facility.footprint</c>). Prints a table by stream with the sums; <c>--format json</c> the whole answer with its trace, <c>--format csv</c> the
/// streams. Warnings and findings go to standard error, so that the figures can be piped on.
/// </summary>
static class FootprintVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "The facility as JSON (- for standard input); data/footprint/examples has three" };
        var format = new Option<string>("--format") { Description = "table, json or csv", HelpName = "FORMAT", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json", "csv");
        var language = new Option<string>("--language") { Description = "en or zh", HelpName = "LANGUAGE", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong("en", "zh");
        var verb = new Command("footprint", "Calculate the footprint of a whole facility from one file") { file, format, language };
        verb.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(format)!, parsed.GetValue(language)!));
        return verb;
    }

    static int Run(string path, string format, string language)
    {
        JsonDocument document;
        try { document = JsonDocument.Parse(path == "-" ? Console.In.ReadToEnd() : File.ReadAllText(path)); }
        catch (JsonException fault) { return Shell.Fail(Refusal.Of("calc.input-not-json", null, ("detail", fault.Message))); }
        using (document)
        {
            var answer = Methods.All().Run("facility.footprint", document.RootElement);
            if (!answer.Ok)
            {
                foreach (var refusal in answer.Refusals) Console.Error.WriteLine($"verdigris: {refusal.Field ?? path}: {Messages.Of(refusal, language, Methods.Rooms)}");
                return Shell.Wrong;
            }
            var (calculator, result) = answer.Value;
            if (format == "json") Console.Out.WriteLine(CalculatorSet.Write(CalculatorSet.Envelope(calculator, result)));
            else if (format == "csv") Console.Out.Write(FacilityFiles.Csv(result.Result));
            else Table(document.RootElement, result.Result, language == "zh");
            foreach (var warning in result.Warnings) Console.Error.WriteLine($"! {(language == "zh" ? warning.Text.Zh : warning.Text.En)}");
            foreach (var finding in result.Result["findings"]!.AsArray())
                Console.Error.WriteLine($"? {finding!["rule"]}: {finding["field"]} = {finding["value"]} {finding["unit"]} ({finding["low"]?.ToString() ?? "…"} – {finding["high"]?.ToString() ?? "…"})");
            return Shell.Done;
        }
    }

    static void Table(JsonElement facility, JsonObject result, bool zh)
    {
        string Number(string field, int places) => result[field] is { } value ? value.GetValue<decimal>().ToString("N" + places, CultureInfo.InvariantCulture) : zh ? "未知" : "unknown";
        Console.Out.WriteLine($"{facility.GetProperty("facility")}, {facility.GetProperty("from")} – {facility.GetProperty("to")}: {facility.GetProperty("product")}, {facility.GetProperty("productionT")} t");
        Console.Out.WriteLine();
        Console.Out.WriteLine($"{(zh ? "源流" : "stream"),-24} {(zh ? "工序" : "process"),-14} {(zh ? "范围" : "scope"),-10} {"t CO2e",16} {"t CO2e/t",12} {"%",7}");
        foreach (var stream in result["streams"]!.AsArray())
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stream!["id"],-24} {stream["process"],-14} {stream["scope"],-10} {stream["tco2e"]!.GetValue<decimal>(),16:N3} {stream["tco2ePerT"]!.GetValue<decimal>(),12:N6} {stream["percent"]?.GetValue<decimal>(),7:N2}"));
        Console.Out.WriteLine();
        foreach (var (field, en, name) in new[] { ("direct", "Direct", "直接排放"), ("indirect", "Electricity and heat bought", "间接排放"), ("total", "Together, with upstream", "合计（含上游）") })
            Console.Out.WriteLine($"{(zh ? name : en),-50} {Number(field + "Tco2e", 3),16} {Number(field + "Tco2ePerT", 6),12}");
        Console.Out.WriteLine($"{(zh ? "生物源 CO2（不计入）" : "Biogenic CO2, not in the sums"),-50} {Number("biogenicTco2", 3),16}");
        Console.Out.WriteLine($"{(zh ? "不确定度 %" : "Uncertainty, %"),-50} {Number("uncertaintyPercent", 2),16}");
        Console.Out.WriteLine($"{(zh ? "实测份额 %" : "Measured share, %"),-50} {Number("measuredSharePercent", 2),16}");
    }
}
