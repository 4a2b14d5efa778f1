using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Obligation;

namespace Verdigris.Cbam.Tests;

/// <summary>The algebra of what is owed, over drawn lines.</summary>
public sealed class ObligationPropertyTests
{
    static readonly string[] Codes = [.. Ask.Rules.Benchmarks.Codes.Where(cn => Ask.Rules.Scope.Good(cn, new(2026, 2, 15)).Covered).Order(StringComparer.Ordinal)];
    static readonly string[] Origins = [.. Ask.Rules.Defaults.ListedCountries.Order(StringComparer.Ordinal), "FJ"];
    static readonly Gen<decimal> Tonnes = Gen.Choose(0, 10_000_000).Select(n => n / 1000m);
    static readonly Gen<decimal> Intensity = Gen.Choose(0, 20_000).Select(n => n / 1000m);
    static readonly Gen<LocalDate> Days = Gen.Choose(0, 3_000).Select(n => new LocalDate(2026, 1, 1).PlusDays(n));
    static readonly Gen<LineCase> Defaults = Gen.Elements(Codes).Zip(Gen.Elements(Origins)).Zip(Tonnes.Zip(Days)).Select(x => new LineCase(x.Item1.Item1, x.Item1.Item2, x.Item2.Item1, x.Item2.Item2));

    static void ForAll<T>(Gen<T> gen, Action<T> check) => Prop.ForAll(gen.ToArbitrary(), check).QuickCheckThrowOnFailure();

    static LineResult Evaluate(LineCase line, CbamScenario? scenario = null) => Obligations.Evaluate(Ask.Rules, line, scenario);

    static void Same(decimal expected, decimal actual) => Assert.True(Math.Abs(expected - actual) <= 0.0000000001m * Math.Max(1, Math.Abs(expected)), $"{expected} is not {actual}");

    [Fact]
    public void No_line_owes_less_than_nothing_and_none_has_a_cost_without_being_computed() => ForAll(Defaults, line =>
    {
        var result = Evaluate(line);
        Assert.True(result.Certificates is null or >= 0);
        Assert.Equal(result.Status == LineStatus.Computed, result.CostEur is not null);
        Assert.Equal(result.Status == LineStatus.NotDeterminable, result.Reasons.Any(r => r.Blocks));
        Assert.False(result.Status is LineStatus.NotDeterminable or LineStatus.PendingCscf && result.Certificates is not null);
    });

    [Fact]
    public void Twice_the_mass_owes_twice_and_more_mass_never_less() => ForAll(Defaults.Zip(Tonnes), x =>
    {
        var (line, more) = x;
        if (Evaluate(line, new(Cscf: 1)).Certificates is not { } once) return;
        Same(2 * once, Evaluate(line with { MassT = 2 * line.MassT }, new(Cscf: 1)).Certificates!.Value);
        Assert.True(Evaluate(line with { MassT = line.MassT + more }, new(Cscf: 1)).Certificates >= once);
    });

    [Fact]
    public void More_emissions_never_owe_less_and_a_greater_cross_sectoral_factor_never_more() => ForAll(Intensity.Zip(Intensity).Zip(Gen.Choose(0, 1000).Select(n => n / 1000m)), x =>
    {
        var ((see, more), cscf) = x;
        decimal Owed(decimal emissions, decimal factor) => Evaluate(new("76011010", "IN", 10, new(2027, 5, 1), Actual: new("K", SpecificEmbeddedTco2ePerT: emissions)), new(Cscf: factor)).Certificates!.Value;
        Assert.True(Owed(see + more, cscf) >= Owed(see, cscf));
        Assert.True(Owed(see, cscf) >= Owed(see, 1));
    });

    [Fact]
    public void Nothing_is_kept_from_2034_so_all_emissions_are_owed() => ForAll(Intensity, see =>
        Assert.Equal(10 * see, Evaluate(new("76042100", "IN", 10, new(2035, 5, 1), Actual: new(null, SpecificEmbeddedTco2ePerT: see))).Certificates));

    [Fact]
    public void A_line_with_its_trace_is_the_line_without() => ForAll(Defaults, line =>
    {
        var (plain, traced) = (Evaluate(line), Obligations.Evaluate(Ask.Rules, line, null, new Kept()));
        Assert.Equal(plain with { Reasons = [] }, traced with { Reasons = [] });
        Assert.Equal(plain.Reasons, traced.Reasons);
    });

    sealed class Kept : ILineTrace
    {
        public void Note(Primitives.Calculations.TraceStep step) => Assert.NotNull(step.Id);
    }

    [Fact]
    public void Following_the_chain_back_is_the_matrix() => ForAll(Intensity.ArrayOf(4).Where(x => x.Length == 4).Zip(Gen.Choose(1, 2000).Select(n => n / 1000m).ArrayOf(4).Where(x => x.Length == 4)), x =>
    {
        var (own, use) = x;
        // Metal into billet, billet and bought billet into a profile.
        ActualData metal = new("K", DirectTco2ePerT: own[0], Precursors: []), billet = new("K", DirectTco2ePerT: own[1], Precursors: [new("76011010", use[0], "IN", MadeFrom: metal)]);
        var line = Evaluate(new("76042100", "IN", 1, new(2026, 2, 1), Actual: new("K", DirectTco2ePerT: own[2], Precursors: [new("76012030", use[1], "IN", MadeFrom: billet), new("76012030", use[2], "IN", SpecificEmbeddedTco2ePerT: own[3], Route: "K")])));
        var matrix = EmbeddedMatrix.Solve([own[0], own[1], own[2], own[3]], [new(1, 0, use[0]), new(2, 1, use[1]), new(2, 3, use[2])]).Value;
        Same(matrix[2], line.SpecificEmbeddedTco2ePerT!.Value);
    });

    [Fact]
    public void A_loop_in_an_installation_is_solved_and_one_that_eats_itself_is_refused()
    {
        Same(2m, EmbeddedMatrix.Solve([1m], [new(0, 0, 0.5m)]).Value[0]);
        Assert.StartsWith("lca.", EmbeddedMatrix.Solve([1m], [new(0, 0, 1m)]).Refusals[0].Code, StringComparison.Ordinal);
        Assert.StartsWith("lca.", EmbeddedMatrix.Solve([1m], [new(0, 0, 1.5m)]).Refusals[0].Code, StringComparison.Ordinal);
    }

    [Fact]
    public void The_average_of_suppliers_lies_between_them_and_one_unknown_leaves_it_unknown() => ForAll(Intensity.Zip(Intensity).Zip(Gen.Choose(1, 1000).Zip(Gen.Choose(1, 1000))), x =>
    {
        var ((a, b), (m, n)) = x;
        var average = Supplies.Average([new(m, a), new(n, b)]).Value;
        Assert.InRange(average, Math.Min(a, b), Math.Max(a, b));
        Assert.Equal(b, Supplies.Average([new(m, null), new(n, b, Used: true)], subset: true).Value);
        Assert.Equal("cbam.supply-unknown", Supplies.Average([new(m, null), new(n, b)]).Refusals[0].Code);
        Assert.Equal("cbam.supply-none", Supplies.Average([new(m, a)], subset: true).Refusals[0].Code);
    });

    [Fact]
    public void What_is_made_inside_the_same_process_is_not_counted_again() => ForAll(Intensity, see =>
    {
        LineResult With(params Precursor[] p) => Evaluate(new("76042100", "IN", 1, new(2026, 2, 1), Actual: new("K", DirectTco2ePerT: 0.1m, Precursors: p)));
        Precursor billet = new("76012030", 1.08m, Route: "K", SpecificEmbeddedTco2ePerT: see);
        Assert.Equal(With(billet).Certificates, With(billet, new("76012030", 999, Route: "K", SpecificEmbeddedTco2ePerT: 9, SameProcess: true)).Certificates);
        // Scrap brings nothing under the law; under the proposal its pre-consumer part does, from 2028.
        Assert.Equal(With(billet).Certificates, With(billet, new("76020019", 0.3m, PreConsumerScrapFraction: 1, SpecificEmbeddedTco2ePerT: 2)).Certificates);
        LineCase later = new("76042100", "IN", 1, new(2028, 2, 1), Actual: new("K", DirectTco2ePerT: 0.1m, Precursors: [billet, new("76020019", 0.3m, PreConsumerScrapFraction: 0.5m, SpecificEmbeddedTco2ePerT: 2)]));
        Same(Evaluate(later).SpecificEmbeddedTco2ePerT!.Value + 0.3m, Evaluate(later, new(ScopePath: Rules.Scope.Proposal989)).SpecificEmbeddedTco2ePerT!.Value);
    });
}
