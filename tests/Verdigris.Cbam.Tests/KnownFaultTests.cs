using NodaTime;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;

namespace Verdigris.Cbam.Tests;

/// <summary>What at least one public tool gets wrong, each as a test.</summary>
public sealed class KnownFaultTests
{
    static readonly LocalDate Spring2026 = new(2026, 2, 15);
    static readonly CbamScenario AtOne = new(Cscf: 1);

    static LineResult Default(string cn, string? origin, decimal massT = 100, LocalDate? on = null, CbamScenario? scenario = null, string? route = null) =>
        Obligations.Evaluate(Ask.Rules, new(cn, origin, massT, on ?? Spring2026, Route: route), scenario ?? AtOne);

    [Fact]
    public void The_factor_is_the_share_kept_and_multiplies_a_benchmark_never_the_emissions()
    {
        Assert.Equal(0.975m, Ask.Rules.Due.Factor(2026)!.Value.Kept);
        var line = Default("76011010", "IN");
        Assert.Equal(0.975m * 1.423m, line.SpecificFreeAllocationTco2ePerT);
        // The same good from a dirtier origin on the same route gets the same free allocation.
        Assert.Equal(line.SpecificFreeAllocationTco2ePerT, Default("76011010", "CN").SpecificFreeAllocationTco2ePerT);
    }

    [Fact]
    public void Column_a_goes_with_actual_data_and_column_b_with_defaults_and_precursors_without_their_own()
    {
        Assert.Equal(0.975m * 1.493m, Default("76042100", "IN").SpecificFreeAllocationTco2ePerT);
        var actual = Obligations.Evaluate(Ask.Rules, new("76042100", "IN", 1, Spring2026, Actual: new("K", DirectTco2ePerT: 0.12m, Precursors: [new("76012030", 1.08m, Route: "K", SpecificEmbeddedTco2ePerT: 1.6m)])), AtOne);
        Assert.Equal(0.975m * (0.060m + 1.08m * 1.423m), actual.SpecificFreeAllocationTco2ePerT);
        var supplied = Obligations.Evaluate(Ask.Rules, new("76042100", "IN", 1, Spring2026, Actual: new("K", DirectTco2ePerT: 0.12m, Precursors: [new("76012030", 1.08m, Route: "K", SpecificEmbeddedTco2ePerT: 1.6m, SpecificFreeAllocation: 1.2m)])), AtOne);
        Assert.Equal(0.975m * 0.060m + 1.08m * 1.2m, supplied.SpecificFreeAllocationTco2ePerT);
    }

    [Fact]
    public void A_benchmark_the_declarant_gives_never_replaces_one_of_the_table()
    {
        LineResult Profile(decimal? a, decimal? b, string? route = "K") => Obligations.Evaluate(Ask.Rules, new("76042100", "IN", 1, Spring2026, Actual: new(route, DirectTco2ePerT: 0.12m, ProcessBenchmark: a, Precursors: [new("76012030", 1.08m, Route: "K", SpecificEmbeddedTco2ePerT: 1.6m, Benchmark: b)])), AtOne);
        var plain = Profile(null, null);
        foreach (var (a, b, cn) in new (decimal?, decimal?, string)[] { (1.2m, null, "76042100"), (null, 9m, "76012030") })
        {
            var given = Profile(a, b);
            Assert.Equal((plain.Certificates, plain.Benchmark), (given.Certificates, given.Benchmark));
            Assert.Contains(given.Reasons, r => r is { Code: "benchmark-not-used", Blocks: false } && r.Given == cn);
        }
        Assert.DoesNotContain(Profile(0.060m, 1.423m).Reasons, r => r.Code == "benchmark-not-used");
        // Rows that differ by route are there: who names none cannot bring a number instead.
        Assert.Contains(Profile(1.2m, null, route: null).Reasons, r => r is { Code: "route-unknown", Blocks: true });
        // A row of a step before the good is not the row the good is measured by.
        var chain = Obligations.Evaluate(Ask.Rules, new("76042100", "IN", 1, Spring2026, Actual: new("Z", DirectTco2ePerT: 0.12m, ProcessBenchmark: 0.05m, Precursors: [new("76012030", 1, "IN", MadeFrom: new("K", DirectTco2ePerT: 1m, Precursors: []))])), AtOne);
        Assert.Null(chain.Benchmark);
        Assert.Equal(0.975m * (0.05m + Ask.Rules.Benchmarks.ForRoute("76012030", "K", 2026).Value!.ColumnA), chain.SpecificFreeAllocationTco2ePerT);
    }

    [Fact]
    public void Without_its_precursors_a_complex_good_is_not_determinable_and_with_them_actual_beats_the_default()
    {
        ActualData without = new("K", SpecificEmbeddedTco2ePerT: 1.848m), with = without with { Precursors = [new("76012030", 1.08m, Route: "K", SpecificEmbeddedTco2ePerT: 1.6m)] };
        var left = Obligations.Evaluate(Ask.Rules, new("76042100", "IN", 100, Spring2026, Actual: without), AtOne);
        Assert.Equal(LineStatus.NotDeterminable, left.Status);
        Assert.Null(left.Certificates);
        Assert.Contains(left.Reasons, r => r is { Code: "precursors-missing", Blocks: true });
        var compared = Comparison.Of(Ask.Rules, new("76042100", "AE", 100, Spring2026, Actual: with), AtOne);
        Assert.Equal(29.1081m, compared.Actual.Certificates);
        Assert.True(compared.CertificatesSaved > 0);
        // Left out of the sum, the free allocation of the billet (149.8) would make the default look cheaper.
        Assert.True(184.8m - 0.975m * 0.060m * 100 > compared.Default.Certificates);
    }

    [Fact]
    public void The_total_column_is_used_and_not_the_direct_one()
    {
        var clinker = Default("25231000", "DZ", route: "A");
        Assert.Equal((140.8m, 64.935m, 75.865m, 5717.19m), (clinker.EmbeddedTco2e!.Value, clinker.FreeAllocationTco2e!.Value, clinker.Certificates!.Value, clinker.CostEur!.Value));
        Assert.Equal(1.24m, clinker.Default!.DirectTco2ePerT);
    }

    [Fact]
    public void The_default_tables_are_those_the_corrected_act_prints_with_three_places()
    {
        var plate = Ask.Rules.Defaults.Find("76061191", "FJ").Value!;
        Assert.Equal((3.717m, DefaultTable.Other), (plate.TotalTco2ePerT, plate.Table));
        Assert.Contains("2026/1740", plate.Rule.Article, StringComparison.Ordinal);
        Assert.Equal(2.203m, Ask.Rules.Defaults.Find("76011010", "FJ").Value!.TotalTco2ePerT);
    }

    [Fact]
    public void The_cross_sectoral_factor_is_dated_and_says_that_it_is_secondary_and_where_there_is_none_the_line_waits()
    {
        var line = Default("76011010", "IN", scenario: CbamScenario.InForce);
        Assert.Equal((LineStatus.Computed, 66.9575m), (line.Status, line.Certificates));
        Assert.Contains(line.Reasons, r => r.Code == "cscf-secondary");
        var waits = Default("76011010", "IN", scenario: new(CscfUnpublished: true));
        Assert.Equal((LineStatus.PendingCscf, null, null), (waits.Status, waits.Certificates, waits.CostEur));
        Assert.Equal(2.057m, waits.SpecificEmbeddedTco2ePerT);
        Assert.Equal(LineStatus.PendingCscf, Default("76011010", "IN", on: new(2031, 3, 1), scenario: CbamScenario.InForce).Status);
    }

    [Fact]
    public void A_row_for_one_grade_of_clinker_or_cement_is_not_taken_for_the_other()
    {
        DefaultFound Of(string cn, string origin, string? route) => Ask.Rules.Defaults.Find(cn, origin, route);
        // The table of Albania prints grey clinker and grey cement alone.
        foreach (var (cn, grey, white) in new[] { ("25231000", 0.87m, 1.37m), ("25239000", 0.89m, 1.49m) })
        {
            Assert.Equal((null, "default-grade-open"), Of(cn, "AL", null) is var open ? (open.Value, open.Reason) : default);
            Assert.Equal((grey, DefaultTable.Country), Of(cn, "AL", "A").Value is { } a ? (a.TotalTco2ePerT, a.Table) : default);
            Assert.Equal((white, DefaultTable.Other), Of(cn, "AL", "B").Value is { } b ? (b.TotalTco2ePerT, b.Table) : default);
            Assert.Equal("default-grade-open", Of(cn, "FJ", "K").Reason);
        }
        // Under other codes there is one good: a route says nothing about the row.
        Assert.Equal(1.87m, Of("76011010", "IN", "L").Value!.TotalTco2ePerT);
        var line = Default("25231000", "AL");
        Assert.Equal((LineStatus.NotDeterminable, null), (line.Status, line.SpecificEmbeddedTco2ePerT));
    }

    [Fact]
    public void Kosovo_is_a_country_without_a_table_of_its_own()
    {
        var line = Default("76011010", "XK");
        Assert.Equal((LineStatus.Computed, DefaultTable.Other, Default("76011010", "FJ").Certificates), (line.Status, line.Default!.Table, line.Certificates));
        LineResult From(string origin) => Obligations.Evaluate(Ask.Rules, new("76042100", "XK", 1, Spring2026, Actual: new("K", DirectTco2ePerT: 0.12m, Precursors: [new("76012030", 1.08m, origin)])), AtOne);
        Assert.True(From("XK").Certificates > 0);
        Assert.Equal(From("FJ").Certificates, From("XK").Certificates);
        Assert.Contains(From("XX").Reasons, r => r is { Code: "origin-malformed", Blocks: true });
    }

    [Fact]
    public void Fifty_tonnes_exactly_are_exempt()
    {
        MassWatch Watch(params (string Cn, decimal MassT)[] imports) => ImporterYear.Watch(Ask.Rules, 2026, imports.Select(i => (i.Cn, (string?)null, i.MassT)));
        Assert.True(Watch(("76011010", 49.999m)).Exempt);
        Assert.True(Watch(("76011010", 50.000m)).Exempt);
        Assert.False(Watch(("76011010", 50.001m)).Exempt);
        Assert.True(Watch(("76011010", 50m), ("28041000", 900m), ("27160000", 900m), ("76020090", 900m)).Exempt);
        Assert.False(Watch(("76011010", 25m), ("72085200", 25m), ("25232900", 0.001m)).Exempt);
        Assert.False(Watch(("76011010", 45m)).Alert);
        Assert.True(Watch(("76011010", 45.001m)).Alert);
        Assert.Equal("cbam.other-year", Ask.Refusal("cbam.de-minimis", """{"year":2026,"imports":[{"cn":"76011010","massT":40,"importDate":"2026-05-01"},{"cn":"76011010","massT":40,"importDate":"2027-01-02"}]}""").Code);
    }

    [Fact]
    public void A_decimal_comma_is_no_thousand_and_what_is_not_printed_is_not_zero()
    {
        Assert.Equal(1.7m, Ask.Rules.Defaults.Find("76011010", "TR").Value!.TotalTco2ePerT);
        Assert.Equal("default-see-below", Ask.Rules.Defaults.Find("7304", "IN").Reason);
        Assert.Equal("default-not-printed", Ask.Rules.Defaults.Find("76020090", "IN").Reason);
        Assert.Equal("annex-iv-not-available", Ask.Rules.Defaults.Find("76011010", null, precursor: true).Reason);
        Assert.All(["7304", "76020090"], cn => Assert.Null(Ask.Rules.Defaults.Find(cn, "IN").Value));
    }

    [Fact]
    public void World_defaults_of_the_transitional_period_never_make_a_certificate()
    {
        Assert.Equal(LineStatus.OutOfScope, Default("76011010", "IN", on: new(2025, 12, 31)).Status);
        Assert.Equal((2.36m, 8.14m, 10.49m), Ask.Rules.Transitional.Find("76011010") is { } world ? (world.DirectTco2ePerT, world.IndirectTco2ePerT, world.PrintedTotalTco2ePerT) : default);
        Assert.NotEqual(10.49m * 1.1m, Default("76011010", "FJ").SpecificEmbeddedTco2ePerT);
    }

    [Fact]
    public void A_blank_route_is_asked_for_and_never_guessed()
    {
        var kuwait = Default("76011010", "KW");
        Assert.Equal((LineStatus.NotDeterminable, null, null), (kuwait.Status, kuwait.SpecificFreeAllocationTco2ePerT, kuwait.Certificates));
        Assert.Contains(kuwait.Reasons, r => r is { Code: "route-not-printed", Blocks: true });
        Assert.Equal(0.36m * 1.1m, kuwait.SpecificEmbeddedTco2ePerT);
        Assert.Equal(0.975m * 0.091m, Default("76011010", "KW", route: "L").SpecificFreeAllocationTco2ePerT);
        Assert.Contains(Default("76011010", "KW", route: "L").Reasons, r => r.Code == "route-declared");
        // Where a route is printed, another that is declared changes nothing.
        Assert.Equal(0.975m * 1.423m, Default("76011010", "IN", route: "L").SpecificFreeAllocationTco2ePerT);
    }

    [Fact]
    public void Scrap_and_household_articles_are_out_and_free_origins_exempt()
    {
        Assert.Equal(LineStatus.OutOfScope, Default("76020090", "IN").Status);
        // The default tables print rows for 7615; Annex I does not list it, and Annex I decides.
        Assert.NotNull(Ask.Rules.Defaults.Find("76151010", "TN").Value);
        Assert.Equal(LineStatus.OutOfScope, Default("76151010", "TN").Status);
        Assert.All(["NO", "IS", "LI", "CH", "DE"], origin => Assert.Equal((LineStatus.Exempt, 0m), (Default("76011010", origin).Status, Default("76011010", origin).Certificates)));
        Assert.Equal(LineStatus.Exempt, Obligations.Evaluate(Ask.Rules, new("76011010", "IT", 1, Spring2026, Territory: "livigno")).Status);
        Assert.Equal(LineStatus.NotDeterminable, Default("76011010", null).Status);
        Assert.Equal(LineStatus.NotDeterminable, Default("76011010", "XX").Status);
        Assert.Equal(LineStatus.NotDeterminable, Default("7601", "IN").Status);
    }

    [Fact]
    public void A_quarter_without_its_price_has_certificates_and_no_euro()
    {
        var fourth = Default("76011010", "IN", on: new(2026, 11, 20));
        Assert.Equal((LineStatus.PriceUnpublished, 66.9575m, null), (fourth.Status, fourth.Certificates, fourth.CostEur));
        Assert.Equal(LineStatus.PriceUnpublished, Default("76011010", "IN", on: new(2027, 2, 15)).Status);
        Assert.Contains(Default("76011010", "IN", on: new(2026, 8, 1)).Reasons, r => r.Code == "price-not-confirmed");
    }

    [Fact]
    public void Indirect_emissions_follow_the_status_of_the_good_and_of_each_precursor()
    {
        LineResult Iron(Precursor p) => Obligations.Evaluate(Ask.Rules, new("72011011", "IN", 1, Spring2026, Actual: new(null, DirectTco2ePerT: 1m, IndirectTco2ePerT: 0.5m, Precursors: [p])), AtOne);
        // Pig iron is in Annex II: its own electricity is out. Sintered ore is not: its electricity comes along.
        Assert.Equal(1m + 1.5m * (0.2m + 0.1m), Iron(new("26011200", 1.5m, "IN", DirectTco2ePerT: 0.2m, IndirectTco2ePerT: 0.1m)).SpecificEmbeddedTco2ePerT);
        Assert.Equal(1m + 0.5m * 2m, Iron(new("72031000", 0.5m, "IN", DirectTco2ePerT: 2m, IndirectTco2ePerT: 0.7m)).SpecificEmbeddedTco2ePerT);
        Assert.Contains(Iron(new("26011200", 1.5m, "IN", DirectTco2ePerT: 0.2m)).Reasons, r => r is { Code: "indirect-missing", Blocks: true });
        // Hydrogen is in Annex II, whatever guidance 5d says.
        Assert.True(Ask.Rules.Scope.Good("28041000", Spring2026).DirectOnly);
    }

    [Fact]
    public void A_carbon_price_paid_needs_actual_data_and_the_price_of_the_year()
    {
        LineCase line = new("76011010", "IN", 100, Spring2026, Actual: new("K", SpecificEmbeddedTco2ePerT: 1.6m), PricePaidEurPerT: 8m);
        var open = Obligations.Evaluate(Ask.Rules, line, AtOne);
        Assert.Equal((LineStatus.NotDeterminable, null, null), (open.Status, open.Certificates, open.CostEur));
        Assert.Contains(open.Reasons, r => r is { Code: "price-paid-no-reference", Blocks: true });
        // Free allocation covers it all: nothing is owed, whatever the average will be.
        var covered = Obligations.Evaluate(Ask.Rules, line with { Actual = new("K", SpecificEmbeddedTco2ePerT: 1.2m) }, AtOne);
        Assert.Equal((LineStatus.Computed, 0m, 0m, null), (covered.Status, covered.Certificates, covered.CostEur, covered.PriceReductionTco2e));
        Assert.Contains(covered.Reasons, r => r is { Code: "price-paid-no-reference", Blocks: false });
        Assert.Equal(21.2575m - 10m, Obligations.Evaluate(Ask.Rules, line, AtOne with { PriceEur = 80 }).Certificates);
        Assert.Contains(Obligations.Evaluate(Ask.Rules, line with { Actual = null }, AtOne).Reasons, r => r.Code == "price-paid-needs-actual");
        Assert.Equal(66.9575m, Obligations.Evaluate(Ask.Rules, line with { Actual = null }, AtOne).Certificates);
        Assert.Equal(0, PricePaid.EffectiveEurPerT(new(1.6m, 10, Rebate: true)));
        Assert.Equal(6m, PricePaid.EffectiveEurPerT(new(1.6m, 10, Rebate: true, RebatedTco2ePerT: 1m)));
    }
}
