namespace Verdigris.Book;

/// <summary>An option series as the scan sees it.</summary>
/// <param name="PriceRange">Money a unit that one scan range moves the future's price.</param>
/// <param name="VolatilityRange">How far the scan moves volatility: 0.25 is 25 percentage points.</param>
/// <param name="LookAheadYears">Time that passes until the loss is looked at; never beyond expiry.</param>
/// <param name="Steps">Steps of the tree of an American option, 2 or more.</param>
public sealed record ScannedOption(bool IsCall, ExerciseStyle Style, OptionTerms Terms, decimal PriceRange, decimal VolatilityRange, decimal LookAheadYears, decimal LotSize, int Scale, int Steps = 100);

/// <summary>Risk of option series: each series is priced once a scenario, all European ones together in columns; positions only multiply.</summary>
public static class OptionRisk
{
    /// <summary>The risk of each series in order. Losses are differences of rounded values, times the scenario's cover, rounded half away from zero.</summary>
    public static IReadOnlyList<SeriesRisk> Of(IReadOnlyList<ScannedOption> options, IReadOnlyList<RiskScenario> scenarios)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(scenarios);
        var width = scenarios.Count + 1;
        var rows = options.Count * width;
        var (f, k, t, r, v) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        for (var o = 0; o < options.Count; o++)
            for (var s = 0; s < width; s++)
            {
                var (option, at) = (options[o], o * width + s);
                var scenario = s == 0 ? null : scenarios[s - 1];
                var terms = option.Terms;
                f[at] = (double)(terms.Forward + (scenario is null ? 0 : option.PriceRange * scenario.Move / scenario.Of));
                k[at] = (double)terms.Strike;
                t[at] = (double)Math.Max(0, terms.Years - (scenario is null ? 0 : option.LookAheadYears));
                r[at] = (double)terms.Rate;
                v[at] = (double)Math.Max(0, terms.Volatility + (scenario is null ? 0 : option.VolatilityRange * scenario.VolatilityUp));
            }
        var (call, put) = (new double[rows], new double[rows]);
        Black76.Values(f, k, t, r, v, call, put);
        var risks = new SeriesRisk[options.Count];
        for (var o = 0; o < options.Count; o++)
        {
            var option = options[o];
            var prices = (option.IsCall ? call : put).AsSpan(o * width, width);
            if (option.Style == ExerciseStyle.American)
                for (var s = 0; s < width; s++) prices[s] = AmericanTree.Value(option.IsCall, f[o * width + s], k[o * width + s], t[o * width + s], r[o * width + s], v[o * width + s], option.Steps).Value;
            var now = Worth(option, prices[0]);
            var losses = new long[scenarios.Count];
            for (var s = 0; s < losses.Length; s++) losses[s] = decimal.ToInt64(Math.Round((now - Worth(option, prices[s + 1])) * scenarios[s].Cover, MidpointRounding.AwayFromZero));
            risks[o] = new(losses, Delta(option), now);
        }
        return risks;
    }

    static long Worth(ScannedOption option, double price) => LotValue.Of(OptionTheory.Decimal(price), option.LotSize, option.Scale);

    static long Delta(ScannedOption option)
    {
        var t = option.Terms;
        decimal delta;
        if (option.Style == ExerciseStyle.American)
            delta = OptionTheory.Decimal(AmericanTree.Value(option.IsCall, (double)t.Forward, (double)t.Strike, (double)t.Years, (double)t.Rate, (double)t.Volatility, option.Steps).Delta);
        else
        {
            var figures = OptionTheory.European(t).Value;
            delta = option.IsCall ? figures.DeltaCall : figures.DeltaPut;
        }
        return decimal.ToInt64(Math.Round(delta * SeriesRisk.WholeDelta, MidpointRounding.AwayFromZero));
    }
}
