using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Reports;

/// <summary>How far a report's total may be off, from the uncertainties its plan states for the streams, taken as independent: by propagation, and by simulation where propagation no longer holds. Pure.</summary>
static class ReportUncertainty
{
    public const int Seed = 1, Draws = 20_000;

    /// <summary>Null where the total or any stream's uncertainty is not known, or the total is zero.</summary>
    public static UncertaintyRange? Of(PlanContent plan, IReadOnlyList<StreamFigures> streams, decimal? total, CalculatorSet methods)
    {
        if (total is not { } whole || whole == 0 || plan.Streams.Any(s => s.UncertaintyPercent is null)) return null;
        var parts = plan.Streams.Zip(streams, (p, s) => (Percent: p.UncertaintyPercent!.Value, Tco2e: s.Tco2e!.Value)).ToList();
        var answer = methods.Run("uncertainty.propagate", JsonSerializer.SerializeToElement(new { op = "sum", uncertaintiesPercent = parts.Select(p => p.Percent), values = parts.Select(p => p.Tco2e) }));
        if (!answer.Ok) return null;
        if (answer.Value.Result.Warnings.Any(w => w.Code == "uncertainty.use-monte-carlo")) return Simulated(parts, methods);
        var percent = answer.Value.Result.Result["uncertaintyPercent"]!.GetValue<decimal>();
        var half = Working.Shown(Math.Abs(whole) * percent / 100);
        return new("uncertainty.propagate", Working.Shown(percent), whole - half, whole + half);
    }

    static UncertaintyRange? Simulated(List<(decimal Percent, decimal Tco2e)> parts, CalculatorSet methods)
    {
        var inputs = parts.Select((p, i) => p.Percent == 0 || p.Tco2e == 0
            ? new JsonObject { ["name"] = $"s{i}", ["distribution"] = "fixed", ["value"] = p.Tco2e }
            : new JsonObject { ["name"] = $"s{i}", ["distribution"] = "normal", ["value"] = p.Tco2e, ["uncertaintyPercent"] = p.Percent });
        var input = new JsonObject { ["inputs"] = new JsonArray([.. inputs]), ["terms"] = new JsonArray([.. parts.Select((_, i) => new JsonObject { ["product"] = $"s{i}" })]), ["seed"] = Seed, ["draws"] = Draws };
        var answer = methods.Run("uncertainty.monte-carlo", JsonSerializer.SerializeToElement(input));
        if (!answer.Ok || answer.Value.Result.Result["uncertaintyPercent"] is not JsonValue percent) return null;
        decimal Figure(string name) => Working.Shown(answer.Value.Result.Result[name]!.GetValue<decimal>());
        return new("uncertainty.monte-carlo", Working.Shown(percent.GetValue<decimal>()), Figure("p2_5"), Figure("p97_5"), Draws);
    }
}
