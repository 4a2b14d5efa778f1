using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Tests;

/// <summary>What holds for every method, and the algebra of the aluminium and stream methods.</summary>
public sealed class MethodTests
{
    static readonly Gen<decimal> Tonnes = Gen.Choose(1, 10_000_000).Select(n => n / 100m);
    static readonly Gen<decimal> Minutes = Gen.Choose(0, 20_000).Select(n => n / 1000m);

    static void ForAll<T>(Gen<T> gen, Action<T> check) => Prop.ForAll(gen.ToArbitrary(), check).QuickCheckThrowOnFailure();

    static void Same(decimal expected, decimal actual, decimal relative = 0.000000000001m) => Assert.True(Math.Abs(expected - actual) <= relative * Math.Max(1, Math.Abs(expected)), $"{expected} is not {actual}");

    [Fact]
    public void Every_golden_vector_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/footprint.jsonl"), Ask.Methods);
        Assert.True(outcomes.Count >= 35, $"only {outcomes.Count} vectors");
        Assert.DoesNotContain(outcomes, o => !o.Passed);
    }

    [Fact]
    public void Every_method_names_its_fields_in_two_languages_and_its_schema_holds_them_all() =>
        Assert.All(Ask.Methods.All, m =>
        {
            Assert.Equal(m.Fields.Count, InputField.SchemaOf(m)["properties"]!.AsObject().Count);
            Assert.NotEqual(m.Title.En, m.Title.Zh);
            Assert.All(m.Fields, f => Assert.NotEqual(f.Text.En, f.Text.Zh));
            Assert.Equal(m.Fields.Count, m.Fields.DistinctBy(f => f.Name).Count());
        });

    static JsonObject Slope(decimal production, decimal minutes, string technology = "PFPB_M") => new() { ["productionT"] = production, ["aeMinutesPerCellDay"] = minutes, ["technology"] = technology, ["factors"] = "CBAM-2025", ["gwp"] = "AR5" };

    [Fact]
    public void Pfc_grow_in_step_with_production() => ForAll(Tonnes.Zip(Minutes, (t, m) => (t, m)), x => Same(2 * Ask.Number("aluminium.pfc-slope", "tco2e", Slope(x.t, x.m)), Ask.Number("aluminium.pfc-slope", "tco2e", Slope(2 * x.t, x.m))));

    [Fact]
    public void Co2_equivalent_is_the_sum_over_the_gases() => ForAll(Tonnes.Zip(Minutes, (t, m) => (t, m)), x =>
    {
        var r = Ask.For("aluminium.pfc-slope", Slope(x.t, x.m)).Result;
        Same((r["totalCf4Kg"]!.GetValue<decimal>() * 6630 + r["totalC2f6Kg"]!.GetValue<decimal>() * 11100) / 1000, r["tco2e"]!.GetValue<decimal>());
    });

    [Fact]
    public void Twelve_months_make_the_year() => ForAll(Tonnes.ArrayOf(12).Where(m => m.Length == 12).Zip(Minutes, (t, m) => (t, m)), x =>
        Same(x.t.Sum(t => Ask.Number("aluminium.pfc-slope", "tco2e", Slope(t, x.m))), Ask.Number("aluminium.pfc-slope", "tco2e", Slope(x.t.Sum(), x.m)), 0.00000001m));

    [Fact]
    public void Twelve_months_of_the_chinese_rule_differ_from_the_year_by_its_rounding_only() => ForAll(Gen.Choose(1, 1_000_000).ArrayOf(12).Where(m => m.Length == 12), months =>
    {
        // Whole tonnes lose nothing to the rounding of production, and the anode factor is rounded the same in every month.
        var sum = months.Sum(t => Ask.Number("cn.aluminium-smelting", "totalTco2e", new { productionT = t }));
        Same(Ask.Number("cn.aluminium-smelting", "totalTco2e", new { productionT = months.Sum() }), sum);
    });

    [Fact]
    public void Without_anode_effects_only_the_low_voltage_part_is_left() => ForAll(Tonnes.Zip(Minutes, (t, low) => (t, low)), x =>
    {
        var input = Slope(x.t, 0);
        input["lowVoltageKgPerT"] = x.low;
        Same(x.t * x.low * 6630 / 1000, Ask.Number("aluminium.pfc-slope", "tco2e", input));
    });

    [Fact]
    public void The_rounding_of_the_anode_factor_is_worth_83_tonnes_on_100_000() =>
        Same(83.2m, 100_000 * 1.470832m - Ask.Number("cn.aluminium-smelting", "anodeTco2", new { productionT = 100_000 }));

    [Fact]
    public void A_current_efficiency_read_as_a_fraction_is_refused_and_not_a_hundredfold_result()
    {
        var refused = Ask.Refusal("aluminium.pfc-overvoltage", new { productionT = 1000, aeoMv = 5, currentEfficiencyPercent = 0.95, technology = "CWPB", factors = "CBAM-2025", gwp = "AR5" });
        Assert.Equal(("pfc.efficiency-not-percent", "currentEfficiencyPercent"), (refused.Code, refused.Field));
        Assert.Equal("pfc.implausible", Ask.Refusal("aluminium.pfc-overvoltage", new { productionT = 1000, aeoMv = 500, currentEfficiencyPercent = 95, technology = "CWPB", factors = "CBAM-2025", gwp = "AR5" }).Code);
    }

    [Fact]
    public void Own_coefficients_must_be_certain_and_fresh_enough()
    {
        object Own(decimal uncertainty, string measured) => new { productionT = 1000, aeMinutesPerCellDay = 0.2, slope = 0.1, c2f6Fraction = 0.05, ownUncertaintyPercent = uncertainty, ownMeasuredOn = measured, on = "2026-12-31", gwp = "AR5" };
        Assert.Equal((20 * 6630 + 1 * 11100) / 1000m, Ask.Number("aluminium.pfc-slope", "tco2e", Own(15, "2023-12-31")));
        Assert.Equal("pfc.own-too-uncertain", Ask.Refusal("aluminium.pfc-slope", Own(15.1m, "2024-06-01")).Code);
        Assert.Equal("pfc.own-too-old", Ask.Refusal("aluminium.pfc-slope", Own(15, "2023-12-30")).Code);
        Assert.Equal("pfc.own-after-period", Ask.Refusal("aluminium.pfc-slope", Own(15, "2027-01-01")).Code);
    }

    [Theory]
    [InlineData("t", "ncvGjPer1000Nm3", "efTPerTj", false)]
    [InlineData("1000Nm3", "ncvGjPerT", "efTPerTj", false)]
    [InlineData("t", null, "efTPer1000Nm3", false)]
    [InlineData("1000Nm3", null, "efTPerT", false)]
    [InlineData("t", "ncvGjPerT", "efTPerT", false)]
    [InlineData("TJ", "ncvGjPerT", "efTPerTj", false)]
    [InlineData("t", "ncvGjPerT", "efTPerTj", true)]
    [InlineData("1000Nm3", "ncvGjPer1000Nm3", "efTPerTj", true)]
    [InlineData("1000Nm3", null, "efTPer1000Nm3", true)]
    [InlineData("TJ", null, "efTPerTj", true)]
    public void Units_that_do_not_go_together_are_an_error_and_never_a_guess(string unit, string? energy, string factor, bool together)
    {
        var input = new JsonObject { ["activity"] = 10, ["activityUnit"] = unit, [factor] = 50, ["oxidationFactor"] = 1 };
        if (energy is not null) input[energy] = 40;
        if (together) Assert.True(Ask.Number("mrr.combustion", "fossilTco2", input) > 0);
        else Assert.Equal("streams.units-mixed", Ask.Refusal("mrr.combustion", input).Code);
    }

    [Fact]
    public void Energy_and_its_value_give_the_same_whichever_unit_they_come_in() => ForAll(Tonnes.Zip(Gen.Choose(1, 5000).Select(n => n / 100m), (t, ncv) => (t, ncv)), x =>
    {
        var byMass = Ask.Number("mrr.combustion", "fossilTco2", new { activity = x.t, ncvGjPerT = x.ncv, efTPerTj = 56.1, activityUnit = "t" });
        var byEnergy = Ask.Number("mrr.combustion", "fossilTco2", new { activity = x.t * x.ncv / 1000, efTPerTj = 56.1, activityUnit = "TJ" });
        Same(byMass, byEnergy);
    });

    [Fact]
    public void Fossil_and_biogenic_carbon_are_all_of_it_and_unproven_biomass_is_fossil() => ForAll(Tonnes.Zip(Gen.Choose(0, 10_000).Select(n => n / 100m), (t, share) => (t, share)), x =>
    {
        var proven = Ask.For("mrr.process", new { activity = x.t, ef = 0.5, biomassPercent = x.share, biomassSustainable = true }).Result;
        var all = proven["fossilTco2"]!.GetValue<decimal>() + proven["biomassTco2"]!.GetValue<decimal>();
        Same(x.t / 2, all);
        Same(all, Ask.Number("mrr.process", "fossilTco2", new { activity = x.t, ef = 0.5, biomassPercent = x.share, biomassSustainable = false }));
    });

    [Fact]
    public void Carbon_that_goes_in_and_out_again_emits_nothing() => ForAll(Tonnes, t =>
        Same(0, Ask.Number("mrr.mass-balance", "fossilTco2", new { activity = t, carbonContent = 0.8, rule = "CBAM-2025" }) + Ask.Number("mrr.mass-balance", "fossilTco2", new { activity = -t, carbonContent = 0.8, rule = "CBAM-2025" })));

    [Fact]
    public void Heat_and_power_share_all_that_the_plant_emits() => ForAll(Tonnes, t =>
    {
        var r = Ask.For("mrr.chp-split", new { tco2 = t, referenceHeat = 0.9, referencePower = 0.5 }).Result;
        Same(t, r["heatTco2"]!.GetValue<decimal>() + r["powerTco2"]!.GetValue<decimal>());
    });

    [Fact]
    public void A_recalled_rule_warns_and_a_verified_one_does_not()
    {
        Assert.Contains(Ask.For("cn.allocation-2025", new { balanceIntensity = 1.6, intensity = 1.2, emissions = 1000 }).Warnings, w => w.Code == "rule.recalled");
        Assert.DoesNotContain(Ask.For("aluminium.pfc-slope", Slope(1, 1)).Warnings, w => w.Code.StartsWith("rule.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("aluminium.pfc-slope", """{"productionT":1,"gwp":"AR5"}""", "calc.either", "aeMinutesPerCellDay")]
    [InlineData("aluminium.pfc-slope", """{"productionT":1,"gwp":"AR5","aePerCellDay":2,"slope":0.1,"c2f6Fraction":0.1}""", "calc.missing-field", "aeDurationMin")]
    [InlineData("aluminium.pfc-slope", """{"productionT":1,"gwp":"AR5","aeMinutesPerCellDay":1,"technology":"PFPB_M","factors":"IPCC-2006"}""", "calc.rule-none", "technology")]
    [InlineData("aluminium.pfc-slope", """{"productionT":1,"gwp":"AR5","aeMinutesPerCellDay":1,"technology":"CWPB","factors":"IPCC-2000"}""", "pfc.no-fraction", "factors")]
    [InlineData("aluminium.anode-prebake", """{"productionT":1,"netAnodeTPerT":0.4,"sulphurPercent":60,"ashPercent":41}""", "footprint.parts-over-whole", "ashPercent")]
    [InlineData("aluminium.bake-pitch-volatiles", """{"bakedAnodeT":1000,"greenAnodeT":900,"hydrogenT":0,"wasteTarT":0}""", "footprint.more-out-than-in", "greenAnodeT")]
    [InlineData("mrr.combustion", """{"activity":1,"fuel":"peat","factors":"IPCC-2006"}""", "calc.rule-none", "fuel")]
    [InlineData("mrr.combustion", """{"activity":1,"fuel":"coke","factors":"CN"}""", "streams.fuel-without-factor", "fuel")]
    [InlineData("mrr.continuous", """{"hours":8760,"flow1000Nm3PerH":10,"concentrationGPerNm3":0.1,"gas":"N2O"}""", "calc.missing-field", "gwp")]
    [InlineData("mrr.chp-split", """{"tco2":1,"efficiencyHeat":0,"efficiencyPower":0,"referenceHeat":0.9,"referencePower":0.5}""", "calc.division-by-zero", "efficiencyHeat")]
    [InlineData("mrr.tier-check", """{"kind":"process","uncertaintyPercent":2,"requiredTier":"4"}""", "streams.tier-unknown", "requiredTier")]
    public void What_cannot_be_calculated_is_refused_by_name(string method, string input, string code, string field)
    {
        var refused = Ask.Refusal(method, input);
        Assert.Equal((code, field), (refused.Code, refused.Field));
    }

    [Fact]
    public void Every_refusal_a_method_names_has_words_in_both_languages()
    {
        var room = typeof(FootprintMethods).Assembly;
        // Pages and the API refuse also by codes of the kit and the server.
        var codes = Checkout.Files("src/Verdigris.Footprint", ".cs").Where(f => !f.Contains("/Api/", StringComparison.Ordinal) && !f.Contains("/Pages/", StringComparison.Ordinal)).SelectMany(f => System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(Checkout.Path(f)), "Refusal\\.(?:Of|NotFound|Conflict)\\(\"([a-z0-9.-]+)\"").Select(m => m.Groups[1].Value)).Distinct().ToList();
        Assert.NotEmpty(codes);
        foreach (var language in new[] { "en", "zh" })
            Assert.All(codes, code => Assert.NotEqual(code, Primitives.Messages.Of(Primitives.Refusal.Of(code), language, room, typeof(Web.WebKit).Assembly)));
    }

    [Fact]
    public void The_highest_tier_met_is_found()
    {
        Assert.Equal("3", Ask.For("mrr.tier-check", new { kind = "combustion", uncertaintyPercent = 2.5 }).Result["tier"]!.GetValue<string>());
        var none = Ask.For("mrr.tier-check", new { kind = "combustion", uncertaintyPercent = 8, requiredTier = "1" }).Result;
        Assert.Null(none["tier"]);
        Assert.False(none["met"]!.GetValue<bool>());
    }

    [Fact]
    public void The_rule_packs_of_the_room_are_right()
    {
        var packs = RulePacks.Open(Checkout.Path("data"));
        Assert.True(packs.Ids.Count(id => id.StartsWith("footprint/", StringComparison.Ordinal)) >= 9);
        Assert.All(packs.Ids.Where(id => id.StartsWith("footprint/", StringComparison.Ordinal)), id => Assert.NotEmpty(packs.Pack(id).Tables));
    }
}
