using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Facilities;

/// <summary>What one stream emits: fossil CO2 or CO2 equivalent, what of it are PFC, and beside it what is biogenic.</summary>
readonly record struct StreamEmission(decimal Tco2e, decimal BiogenicTco2, decimal PfcTco2e);

/// <summary>A method run for a part of a facility, with the facility's set of warming potentials.</summary>
static class StreamRun
{
    /// <returns>Refusals with fields of the method's input; an unknown method has the field <c>method</c>.</returns>
    public static Answer<CalcResult> Calculate(CalculatorSet set, string method, JsonObject input, string gwp)
    {
        if (set.Find(method) is { } known && known.Fields.Any(f => f.Name == "gwp"))
        {
            if (input["gwp"] is { } own && own.ToString() != gwp) return Refusal.Of("facility.gwp-differs", "gwp", ("given", own.ToString()), ("gwp", gwp));
            input["gwp"] = gwp;
        }
        var answer = set.Run(method, JsonSerializer.SerializeToElement(input));
        return answer.Ok ? answer.Value.Result : Answer<CalcResult>.From(answer.Refusals);
    }

    /// <summary>What of a result counts. Null where the method tells no emission.</summary>
    public static StreamEmission? Emission(string method, JsonObject result)
    {
        var biogenic = Field(result, "biomassTco2") ?? 0;
        foreach (var field in new[] { "fossilTco2", "totalTco2e", "tco2e", "tco2" })
            if (Field(result, field) is { } found) return new(found, biogenic, method.Contains(".pfc-", StringComparison.Ordinal) ? found : Field(result, "pfcTco2e") ?? 0);
        return Field(result, "kgCo2e") is { } kg ? new(kg / 1000, biogenic, 0) : null;
    }

    static decimal? Field(JsonObject result, string name) => result[name] is JsonValue value && value.TryGetValue<decimal>(out var number) ? number : null;
}
