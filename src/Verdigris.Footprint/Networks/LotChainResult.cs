using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Networks;

/// <param name="Share">Of the mass that came out of the run.</param>
/// <param name="DirectTco2e">To the gram; all lots of a run together have exactly its direct emissions, to the gram (largest remainder).</param>
public readonly record struct LotAllocation(int Lot, decimal Share, decimal DirectTco2e, decimal IndirectTco2e);

/// <summary>Embedded emissions of every lot; unknown (null) where an emission before it is. Values are made when they are asked for. Immutable; thread-safe.</summary>
public sealed class LotChainResult
{
    readonly ChainRun[] runs;
    readonly ChainLot[] lots;
    readonly long[] massOf, output, gramsOf;
    readonly int[] start, lotOf;
    readonly LotChain.See[] see;
    readonly Lazy<ILookup<int, int>> lotsOf;

    static readonly RoundingRule ToTheGram = new("to the gram", MidpointRounding.ToEven, 6);

    internal LotChainResult(ChainRun[] runs, ChainLot[] lots, long[] massOf, long[] output, int[] start, int[] lotOf, long[] gramsOf, LotChain.See[] see)
    {
        (this.runs, this.lots, this.massOf, this.output, this.start, this.lotOf, this.gramsOf, this.see) = (runs, lots, massOf, output, start, lotOf, gramsOf, see);
        lotsOf = new(() => Enumerable.Range(0, lots.Length).ToLookup(l => lots[l].Run));
    }

    public int Lots => lots.Length;

    /// <summary>t CO2e per t, 12 places.</summary>
    public decimal? DirectTco2ePerT(int lot) => see[lots[lot].Run] is { Known: true } s ? Units(s.Direct) : null;

    /// <summary>t CO2e per t, 12 places.</summary>
    public decimal? IndirectTco2ePerT(int lot) => see[lots[lot].Run] is { Known: true } s ? Units(s.Indirect) : null;

    /// <summary>The run whose own emissions are missing, where a lot's are unknown; the first found going back.</summary>
    public int? UnknownBecauseOf(int lot)
    {
        if (see[lots[lot].Run].Known) return null;
        for (var run = lots[lot].Run; ;)
        {
            if (runs[run].DirectTco2e is null || runs[run].IndirectTco2e is null) return run;
            var k = start[run];
            while (see[lots[lotOf[k]].Run].Known) k++;
            run = lots[lotOf[k]].Run;
        }
    }

    /// <summary>How the emissions of a run (its own and those of its precursors) are shared among its lots: by mass. Empty where they are unknown.</summary>
    public IReadOnlyList<LotAllocation> Allocation(int run)
    {
        if (!see[run].Known) return [];
        var mine = lotsOf.Value[run].ToList();
        var masses = mine.Select(l => (decimal)massOf[l]).ToList();
        var (direct, indirect) = (ToTheGram.Apportion(Total(run, see[run].Direct), masses), ToTheGram.Apportion(Total(run, see[run].Indirect), masses));
        return [.. mine.Select((lot, i) => new LotAllocation(lot, masses[i] / output[run], direct[i], indirect[i]))];
    }

    decimal Total(int run, long value) => Units(value) * output[run] / LotChain.Grams;

    /// <summary>The steps to a lot's figures: what the run emitted, what each precursor brought, and the mass they are divided by.</summary>
    public IReadOnlyList<TraceStep> Trace(int lot)
    {
        var run = lots[lot].Run;
        var steps = new List<TraceStep>();
        foreach (var (kind, en, zh, own, of) in new (string, string, string, decimal?, Func<LotChain.See, long>)[]
        {
            ("direct", "Direct", "直接", runs[run].DirectTco2e, s => s.Direct),
            ("indirect", "Indirect", "间接", runs[run].IndirectTco2e, s => s.Indirect),
        })
        {
            steps.Add(new($"{kind}-own", new($"{en} emissions of the run", $"本批次{zh}排放"), null, [], own, "t CO2e"));
            for (var k = start[run]; k < start[run + 1]; k++)
            {
                var precursor = see[lots[lotOf[k]].Run];
                var mass = (decimal)gramsOf[k] / LotChain.Grams;
                var each = precursor.Known ? Units(of(precursor)) : (decimal?)null;
                steps.Add(new($"{kind}-lot-{lotOf[k]}-{k - start[run]}", new($"{en} emissions of lot {lotOf[k]}", $"批次 {lotOf[k]} 的{zh}排放"), "massT * see", new JsonObject { ["massT"] = mass, ["see"] = each }, mass * each, "t CO2e"));
            }
            steps.Add(new($"{kind}-see", new($"{en} embedded emissions of a tonne", $"每吨{zh}隐含排放"), "(own + sum(massT * see)) / outputT", new JsonObject { ["outputT"] = (decimal)output[run] / LotChain.Grams }, see[run].Known ? Units(of(see[run])) : null, "t CO2e/t"));
        }
        return steps;
    }

    static decimal Units(long value) => new decimal(unchecked((int)Math.Abs(value)), (int)(Math.Abs(value) >> 32), 0, value < 0, 12);
}
