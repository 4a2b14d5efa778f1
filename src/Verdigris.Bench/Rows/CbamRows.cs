using System.Diagnostics;
using NodaTime;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives.Rules;

namespace Verdigris.Bench.Rows;

/// <summary>Row C1: import lines through default values, benchmarks and certificates, each with its reasons.</summary>
sealed class CbamRows(BenchOptions options)
{
    const int Lines = 100_000;

    int Rounds => options.Quick ? 3 : 9;

    public IEnumerable<BenchLine> Declaration()
    {
        var begin = Stopwatch.GetTimestamp();
        var rules = CbamRules.Of(RulePacks.Locate());
        var (_, _, _, _, _) = (rules.Scope, rules.Defaults, rules.Benchmarks, rules.Due, rules.Prices);
        var loaded = Stopwatch.GetElapsedTime(begin);
        var lines = Drawn(rules);
        var results = new LineResult[Lines];
        var seconds = new double[Rounds];
        for (var round = -1; round < Rounds; round++) // the first compiles
        {
            GC.Collect();
            begin = Stopwatch.GetTimestamp();
            for (var i = 0; i < Lines; i++) results[i] = Obligations.Evaluate(rules, lines[i]);
            if (round >= 0) seconds[round] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
        Array.Sort(seconds);
        var median = seconds[Rounds / 2];
        if (results.Any(r => r.Reasons.Count == 0) || results.Any(r => (r.Status is LineStatus.Computed or LineStatus.OutOfScope or LineStatus.Exempt) != r.CostEur.HasValue)) throw new InvalidOperationException("A line has no reason, or a cost without being computed.");
        var computed = results.Count(r => r.Status == LineStatus.Computed);
        yield return new("C1", $"{Lines:N0} import lines through defaults, benchmarks, certificates, each with reasons", $"median {BenchTable.Ms(median * 1000)} ({BenchTable.Ms(seconds[0] * 1000)} to {BenchTable.Ms(seconds[^1] * 1000)})", "< 1.5 s", median < 1.5,
            $"{computed:N0} computed, the others say why not; rules read cold in {BenchTable.Ms(loaded.TotalMilliseconds)}", "one core: look-ups and what each line answers");
    }

    /// <summary>Every code and country, some of them out of scope, free or without a price; one in ten with actual data and a precursor.</summary>
    static LineCase[] Drawn(CbamRules rules)
    {
        var random = new Random(1);
        string[] codes = [.. rules.Benchmarks.Codes.Order(StringComparer.Ordinal), "76020019", "76151010"], origins = [.. rules.Defaults.ListedCountries.Order(StringComparer.Ordinal), "FJ", "NO", "DE"];
        var lines = new LineCase[Lines];
        for (var i = 0; i < Lines; i++)
        {
            var (origin, mass, day) = (origins[random.Next(origins.Length)], random.Next(1, 5_000_000) / 1000m, new LocalDate(2026, 1, 1).PlusDays(random.Next(365)));
            lines[i] = i % 10 != 0 ? new(codes[random.Next(codes.Length)], origin, mass, day)
                : new("76042100", origin, mass, day, Actual: new("K", DirectTco2ePerT: random.Next(50, 500) / 1000m, Precursors: [new("76012030", 1 + random.Next(200) / 1000m, origin, "K", random.Next(0, 2) == 0 ? random.Next(500, 20_000) / 1000m : null)]));
        }
        return lines;
    }
}
