using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Footprint.Charts;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Pages;

/// <summary>A source stream of a calculated facility.</summary>
/// <param name="Percent">Of the whole; null where the whole is zero.</param>
/// <param name="Input">What its method was given, as in the facility's file.</param>
public sealed record StreamRow(string Id, string Process, string Scope, string Method, decimal Tco2e, decimal BiogenicTco2, decimal Tco2ePerT, decimal? Percent, string Basis, JsonObject Input);

/// <summary>Something for the verifier: a value outside a physical limit.</summary>
public sealed record FindingRow(string Check, string Field, decimal Value, decimal? Low, decimal? High, string Unit, string Rule);

/// <summary>A facility and what <c>facility.footprint</c> made of it, as pages and files show it.</summary>
/// <param name="Text">The facility as it was given.</param>
public sealed record FacilityView(string Text, JsonObject Facility, CalcResult Result)
{
    public const string Method = "facility.footprint";

    public string Name => Facility["facility"]!.ToString();
    public string Product => Facility["product"]!.ToString();
    public string Gwp => Facility["gwp"]!.ToString();
    public string From => Facility["from"]!.ToString();
    public string To => Facility["to"]!.ToString();
    public decimal ProductionT => CalcInput.TryDecimal(JsonSerializer.SerializeToElement(Facility["productionT"]), out var tonnes) ? tonnes : throw new InvalidOperationException("A calculated facility has a production.");

    /// <summary>A figure of the result; null where it is not known.</summary>
    public decimal? Figure(string name) => Number(Result.Result[name]);

    public IReadOnlyList<StreamRow> Streams { get; } = [.. Result.Result["streams"]!.AsArray().Select((s, i) => new StreamRow(s!["id"]!.ToString(), s["process"]!.ToString(), s["scope"]!.ToString(), s["method"]!.ToString(),
        Number(s["tco2e"])!.Value, Number(s["biogenicTco2"])!.Value, Number(s["tco2ePerT"])!.Value, Number(s["percent"]), s["basis"]!.ToString(), Facility["streams"]![i]!["input"]!.AsObject()))];

    public IReadOnlyList<KeyValuePair<string, decimal>> ByProcess { get; } = [.. Result.Result["byProcess"]!.AsObject().Select(p => KeyValuePair.Create(p.Key, Number(p.Value)!.Value))];

    public IReadOnlyList<FindingRow> Findings { get; } = [.. Result.Result["findings"]!.AsArray().Select(f => new FindingRow(f!["check"]!.ToString(), f["field"]!.ToString(), Number(f["value"])!.Value, Number(f["low"]), Number(f["high"]), f["unit"]?.ToString() ?? "", f["rule"]?.ToString() ?? ""))];

    public IReadOnlyList<EmissionFlow> Flows => [.. Streams.Select(s => new EmissionFlow(s.Process, s.Id, s.Scope, s.Tco2e))];

    static decimal? Number(JsonNode? value) => value is JsonValue v && v.TryGetValue<decimal>(out var number) ? number : null;
}
