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
    static readonly RoundingRule ToTheGram = new("to the gram", MidpointRounding.ToEven, 6);

    readonly ReadOnlyMemory<ChainRun> runs;
    readonly ReadOnlyMemory<ChainLot> lots;
    readonly long[] output;
    readonly LotChain.Uses uses;
    readonly LotChain.See[] see;
    readonly Lazy<ILookup<int, int>> lotsOf;

    internal LotChainResult(ReadOnlyMemory<ChainRun> runs, ReadOnlyMemory<ChainLot> lots, long[] output, LotChain.Uses uses, LotChain.See[] see)
    {
        (this.runs, this.lots, this.output, this.uses, this.see) = (runs, lots, output, uses, see);
        lotsOf = new(() => Enumerable.Range(0, lots.Length).ToLookup(RunOf));
    }

    int RunOf(int lot) => lots.Span[lot].Run;

    ChainRun Run(int run) => runs.Span[run];

    public int Lots => lots.Length;

    /// <summary>t CO2e per t, 12 places.</summary>
    public decimal? DirectTco2ePerT(int lot) => see[RunOf(lot)] is { Known: true } s ? Units(s.Direct) : null;

    /// <summary>t CO2e per t, 12 places.</summary>
    public decimal? IndirectTco2ePerT(int lot) => see[RunOf(lot)] is { Known: true } s ? Units(s.Indirect) : null;

    /// <summary>The run whose own emissions are missing, where a lot's are unknown; the first found going back.</summary>
    public int? UnknownBecauseOf(int lot)
    {
        if (see[RunOf(lot)].Known) return null;
        for (var run = RunOf(lot); ;)
        {
            if (Run(run).DirectTco2e is null || Run(run).IndirectTco2e is null) return run;
            var k = uses.Start[run];
            while (see[uses.Before[k]].Known) k++;
            run = uses.Before[k];
        }
    }

    /// <summary>How the emissions of a run (its own and those of its precursors) are shared among its lots: by mass. Empty where they are unknown.</summary>
    public IReadOnlyList<LotAllocation> Allocation(int run)
    {
        if (!see[run].Known) return [];
        var mine = lotsOf.Value[run].ToList();
        var masses = mine.Select(l => (decimal)LotChain.InGrams(lots.Span[l].MassT)).ToList();
        var (direct, indirect) = (ToTheGram.Apportion(Total(run, see[run].Direct), masses), ToTheGram.Apportion(Total(run, see[run].Indirect), masses));
        return [.. mine.Select((lot, i) => new LotAllocation(lot, masses[i] / output[run], direct[i], indirect[i]))];
    }

    decimal Total(int run, long value) => Units(value) * output[run] / LotChain.Grams;

    /// <summary>The steps to a lot's figures: what the run emitted, what each precursor brought, and the mass they are divided by.</summary>
    /// <param name="nameOf">What a step calls a lot; its index where null.</param>
    public IReadOnlyList<TraceStep> Trace(int lot, Func<int, string>? nameOf = null)
    {
        var run = RunOf(lot);
        var steps = new List<TraceStep>();
        foreach (var (kind, en, zh, own, of) in new (string, string, string, decimal?, Func<LotChain.See, long>)[]
        {
            ("direct", "Direct", "直接", Run(run).DirectTco2e, s => s.Direct),
            ("indirect", "Indirect", "间接", Run(run).IndirectTco2e, s => s.Indirect),
        })
        {
            steps.Add(new($"{kind}-own", new($"{en} emissions of the run", $"本批次{zh}排放"), null, [], own, "t CO2e"));
            for (var k = uses.Start[run]; k < uses.Start[run + 1]; k++)
            {
                var precursor = see[uses.Before[k]];
                var name = nameOf?.Invoke(uses.Lot[k]) ?? $"{uses.Lot[k]}";
                var mass = (decimal)uses.Grams[k] / LotChain.Grams;
                var each = precursor.Known ? Units(of(precursor)) : (decimal?)null;
                steps.Add(new($"{kind}-lot-{uses.Lot[k]}-{k - uses.Start[run]}", new($"{en} emissions of lot {name}", $"批次 {name} 的{zh}排放"), "massT * see", new JsonObject { ["massT"] = mass, ["see"] = each }, mass * each, "t CO2e"));
            }
            steps.Add(new($"{kind}-see", new($"{en} embedded emissions of a tonne", $"每吨{zh}隐含排放"), "(own + sum(massT * see)) / outputT", new JsonObject { ["outputT"] = (decimal)output[run] / LotChain.Grams }, see[run].Known ? Units(of(see[run])) : null, "t CO2e/t"));
        }
        return steps;
    }

    static decimal Units(long value) => new decimal(unchecked((int)Math.Abs(value)), (int)(Math.Abs(value) >> 32), 0, value < 0, 12);
}
