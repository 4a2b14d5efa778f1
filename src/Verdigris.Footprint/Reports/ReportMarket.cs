using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Reports;

/// <summary>
/// Electricity by the market's order, beside the report's own figure by location: certificates cancelled for the period first, the rest by the plan's grid factor, since no residual mix is stated. Pure.
/// </summary>
static class ReportMarket
{
    const string Load = "loadMwh";

    /// <summary>Null where the plan has no metered electricity, or a month of it is not known.</summary>
    public static MarketFigures? Of(PlanContent plan, LocalDate from, LocalDate to, IReadOnlyDictionary<(string, LocalDate, string), decimal> data, IReadOnlyList<StreamFigures> streams, IReadOnlyList<EnergyUse> uses, CalculatorSet methods)
    {
        var metered = plan.Streams.Zip(streams).Where(s => s.First.Method == "electricity.location-based" && s.First.Measured.Contains(Load)).ToList();
        if (metered.Count == 0) return null;
        decimal? load = 0, location = 0;
        foreach (var (stream, figures) in metered)
        {
            foreach (var month in ReportCalculation.Months(from, to)) load += data.TryGetValue((stream.Id, month, Load), out var mwh) ? mwh : null;
            location += figures.Tco2e;
        }
        if (load is not > 0 || location is null) return null;
        var factor = location.Value / load.Value;
        var contracts = uses.Select(u => new JsonObject { ["mwh"] = u.Mwh, ["factor"] = u.FactorTPerMwh, ["certificate"] = u.Id.ToString() });
        var input = new JsonObject { ["loadMwh"] = load, ["contracts"] = new JsonArray([.. contracts]), ["residualFactor"] = factor };
        var answer = methods.Run("electricity.market-based", JsonSerializer.SerializeToElement(input));
        var certified = uses.Sum(u => (decimal)u.Mwh);
        return new(load.Value, certified, Working.Shown(factor), answer.Ok ? Working.Shown(answer.Value.Result.Result["tco2"]!.GetValue<decimal>()) : null, Working.Shown(location.Value));
    }
}
