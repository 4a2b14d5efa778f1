using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Tests;

/// <summary>Electricity, transport, allocation, other metals and product footprints.</summary>
public sealed class ProductTests
{
    static readonly Gen<decimal> Amount = Gen.Choose(1, 1_000_000).Select(n => n / 100m);

    static void ForAll<T>(Gen<T> gen, Action<T> check) => Prop.ForAll(gen.ToArbitrary(), check).QuickCheckThrowOnFailure();

    static void Same(decimal expected, decimal actual, decimal relative = 0.000000000001m) => Assert.True(Math.Abs(expected - actual) <= relative * Math.Max(1, Math.Abs(expected)), $"{expected} is not {actual}");

    static decimal Number(CalcResult result, string field) => result.Result[field]!.GetValue<decimal>();

    [Fact]
    public void Allocation_shares_sum_to_one_and_burdens_to_the_whole() => ForAll(Amount.Zip(Amount, (m, p) => (Mass: m, Price: p)).NonEmptyListOf().Zip(Amount, (list, total) => (List: list, Total: total)), x =>
    {
        foreach (var method in new[] { "allocation.mass", "allocation.economic" })
        {
            var products = new JsonArray(x.List.Select((p, i) => (JsonNode)(method == "allocation.mass" ? new JsonObject { ["name"] = $"P{i}", ["massT"] = p.Mass } : new JsonObject { ["name"] = $"P{i}", ["massT"] = p.Mass, ["pricePerT"] = p.Price })).ToArray());
            var result = Ask.For(method, new JsonObject { ["totalTco2e"] = x.Total, ["products"] = products }).Result;
            Same(1, result["shares"]!.AsObject().Sum(s => s.Value!.GetValue<decimal>()), 0.0000000001m);
            Same(x.Total, result["tco2e"]!.AsObject().Sum(s => s.Value!.GetValue<decimal>()), 0.0000000001m);
        }
    });

    [Fact]
    public void Two_products_of_one_price_share_alike_by_mass_and_by_value() => ForAll(Amount.Zip(Amount, (a, b) => (a, b)), x =>
    {
        var spread = Ask.For("allocation.spread", new { totalTco2e = 100, product = "A", products = new object[] { new { name = "A", massT = x.a, pricePerT = 7 }, new { name = "B", massT = x.b, pricePerT = 7 } } });
        Same(0, Number(spread, "spreadTco2ePerT"), 0.0000000001m);
    });

    [Fact]
    public void What_can_be_told_apart_is_not_allocated()
    {
        var apart = Ask.For("allocation.spread", new { totalTco2e = 100, product = "A", products = new object[] { new { name = "A", massT = 10, pricePerT = 1, directTco2e = 60 }, new { name = "B", massT = 10, pricePerT = 3, directTco2e = 40 } } });
        Same(6, Number(apart, "massTco2ePerT"));
        Same(6, Number(apart, "economicTco2ePerT"));
    }

    [Fact]
    public void Electricity_by_contracts_never_counts_more_than_the_load_nor_a_certificate_twice()
    {
        object Input(decimal load, string second, int year = 2026, string market = "EU") => new { loadMwh = load, residualFactor = 0.5, year = 2026, market = "EU", contracts = new object[] { new { mwh = 6, factor = 0, certificate = "A1", year, market }, new { mwh = 5, factor = 0, certificate = second } } };
        Same(0.5m, Number(Ask.For("electricity.market-based", Input(12, "A2")), "tco2"));
        Assert.Equal("electricity.certificate-twice", Ask.Refusal("electricity.market-based", Input(12, "A1")).Code);
        Assert.Equal("electricity.contracts-over-load", Ask.Refusal("electricity.market-based", Input(10, "A2")).Code);
        Assert.Equal("electricity.other-year", Ask.Refusal("electricity.market-based", Input(12, "A2", 2025)).Code);
        Assert.Equal("electricity.other-market", Ask.Refusal("electricity.market-based", Input(12, "A2", 2026, "CN")).Code);
    }

    [Fact]
    public void Matching_hour_by_hour_never_claims_more_than_the_years_sums() => ForAll(Amount.Zip(Amount, (l, g) => (Load: l, Green: g)).NonEmptyListOf(), hours =>
    {
        var matched = Ask.For("electricity.hourly-matching", new { loadMwh = hours.Select(h => h.Load), greenMwh = hours.Select(h => h.Green), residualFactor = 0.6 });
        Assert.True(Number(matched, "hourlyShare") <= Number(matched, "annualShare"));
    });

    [Fact]
    public void A_duty_that_is_not_known_is_neither_met_nor_missed()
    {
        object Smelter(string area, int year) => new { loadMwh = 100, ownUseMwh = 50, tradedMwh = 15, certificates = 4, area, year };
        var yunnan = Ask.For("electricity.green-share", Smelter("CN-yunnan", 2024)).Result;
        Assert.False(yunnan["met"]!.GetValue<bool>());
        Same(1, yunnan["shortMwh"]!.GetValue<decimal>());
        Assert.True(Ask.For("electricity.green-share", Smelter("CN-shandong", 2024)).Result["met"]!.GetValue<bool>());
        var henan = Ask.For("electricity.green-share", Smelter("CN-henan", 2024));
        Assert.Null(henan.Result["met"]);
        Assert.Contains(henan.Warnings, w => w.Code == "electricity.duty-unknown");
    }

    [Fact]
    public void The_shares_of_a_transport_leg_come_to_one()
    {
        object Chain(decimal rail) => new { massT = 1, legs = new object[] { new { name = "port", distanceKm = 100, vehicle = "rail-freight-train", share = rail }, new { name = "port", distanceKm = 100, vehicle = "hgv-all-diesel-articulated-over-33t-average-laden", share = 0.5 } } };
        Assert.Equal("transport.shares", Ask.Refusal("transport.chain", Chain(0.4m)).Code);
        Same(100 * 0.5m * (0.0347m + 0.09502m), Number(Ask.For("transport.chain", Chain(0.5m)), "kgCo2e"));
    }

    [Fact]
    public void More_rail_never_emits_more() => ForAll(Gen.Choose(0, 100).Zip(Gen.Choose(0, 100), (a, b) => (Math.Min(a, b) / 100m, Math.Max(a, b) / 100m)), x =>
    {
        decimal At(decimal rail) => Number(Ask.For("transport.chain", new { massT = 10, legs = new object[] { new { name = "a", distanceKm = 500, vehicle = "rail-freight-train", share = rail }, new { name = "a", distanceKm = 500, vehicle = "hgv-all-diesel-articulated-over-33t-average-laden", share = 1 - rail } } }), "kgCo2e");
        Assert.True(At(x.Item2) <= At(x.Item1));
    });

    static JsonObject Matrix(string level, params (string Process, string Source, decimal Value)[] cells) => new()
    {
        ["level"] = level,
        ["processes"] = new JsonArray(new[] { ("mining", 4.8m), ("refining", 1.92m), ("anode", 0.43m), ("electrolysis", 1m), ("casting", 1m) }.Select(p => (JsonNode)new JsonObject { ["process"] = p.Item1, ["tPerT"] = p.Item2 }).ToArray()),
        ["cells"] = new JsonArray(cells.Select(c => (JsonNode)new JsonObject { ["process"] = c.Process, ["source"] = c.Source, ["tco2ePerT"] = c.Value, ["basis"] = c.Source == "electricity" ? "measured" : "default" }).ToArray()),
    };

    [Fact]
    public void A_cell_that_is_not_known_makes_the_whole_unknown_and_is_named()
    {
        (string, string, decimal)[] all = [("electrolysis", "electricity", 7.5m), ("electrolysis", "process-co2", 1.5m), ("electrolysis", "pfc", 0.15m), ("electrolysis", "thermal", 0.01m), ("casting", "electricity", 0.05m), ("casting", "thermal", 0.05m)];
        var whole = Ask.For("iai.cradle-to-gate", Matrix("1", all)).Result;
        Same(9.26m, whole["tco2ePerT"]!.GetValue<decimal>());
        Same(7.55m / 9.26m * 100, whole["measuredSharePercent"]!.GetValue<decimal>());
        var part = Ask.For("iai.cradle-to-gate", Matrix("1", all[..^1])).Result;
        Assert.Null(part["tco2ePerT"]);
        Assert.Equal("casting / thermal", part["missing"]![0]!.GetValue<string>());
        Same(9.21m, part["knownTco2ePerT"]!.GetValue<decimal>());
    }

    [Fact]
    public void A_process_above_the_survey_is_said_to_be() =>
        Assert.Contains(Ask.For("iai.cradle-to-gate", Matrix("1", ("electrolysis", "electricity", 24m))).Warnings, w => w.Code == "product.above-range");

    [Fact]
    public void What_the_product_standard_lets_be_left_out_is_limited_singly_and_together()
    {
        object Cuts(params decimal[] percents) => new { outputT = 10, declaredUnit = "remelt-ingot", year = 2025, gwp = "AR6", flows = new[] { new { stage = "electrolysis", name = "CF4", activity = 1000, factorKg = 0.00001, gas = "CF4", quality = "site" } }, cuts = percents.Select((p, i) => new { stage = $"s{i}", percent = p }) };
        Same(7.38m * 10 / 1000 / 10, Number(Ask.For("cn.product-footprint", Cuts(0.9m, 0.9m)), "tco2ePerT"));
        Assert.Equal("product.cut-too-large", Ask.Refusal("cn.product-footprint", Cuts(1)).Code);
        Assert.Equal("product.cuts-too-large", Ask.Refusal("cn.product-footprint", Cuts(0.9m, 0.9m, 0.9m, 0.9m, 0.9m, 0.9m)).Code);
    }

    [Fact]
    public void Rework_of_the_same_process_is_no_recycled_content()
    {
        var without = Ask.For("scrap.content", new { approach = "cut-off", primaryTco2ePerT = 15, remeltTco2ePerT = 0.5, postConsumerShare = 0.2, preConsumerShare = 0.1, reworkShare = 0 });
        var with = Ask.For("scrap.content", new { approach = "cut-off", primaryTco2ePerT = 15, remeltTco2ePerT = 0.5, postConsumerShare = 0.18, preConsumerShare = 0.09, reworkShare = 0.1 });
        Same(Number(without, "recycledContentPercent"), Number(with, "recycledContentPercent"));
        Same(Number(without, "tco2ePerT"), Number(with, "tco2ePerT"));
    }

    [Fact]
    public void Clean_process_scrap_carries_the_footprint_it_left_by_the_co_product_approach_only()
    {
        var scrap = Ask.For("scrap.content", new { approach = "co-product", primaryTco2ePerT = 15, remeltTco2ePerT = 0.5, postConsumerShare = 0.2, preConsumerShare = 0.1, reworkShare = 0, preConsumerTco2ePerT = 12, recycledOutputTPerT = 0.9, creditTco2ePerT = 10 }).Result;
        Same(0.7m * 15 + 0.3m * 0.5m + 0.1m * 12, scrap["tco2ePerT"]!.GetValue<decimal>());
        Same(0.7m * 15 + 0.3m * 0.5m, scrap["approaches"]!["cut-off"]!.GetValue<decimal>());
        Same(0.7m * 15 + 0.3m * 0.5m - 9, scrap["approaches"]!["substitution"]!.GetValue<decimal>());
        Assert.Equal("preConsumerTco2ePerT", Ask.Refusal("scrap.content", new { approach = "co-product", primaryTco2ePerT = 15, remeltTco2ePerT = 0.5, postConsumerShare = 0.2, preConsumerShare = 0.1, reworkShare = 0 }).Field);
    }

    [Fact]
    public void What_physics_forbids_is_a_finding_and_no_refusal()
    {
        var good = Ask.For("physics.aluminium-limits", new { currentEfficiency = 0.94, netAnodeTPerT = 0.411, aluminaTPerT = 1.92, dcKwhPerT = 12823, acKwhPerT = 13511, productionT = 100, kiloAmpereHours = 317000 }).Result;
        Assert.True(good["withinLimits"]!.GetValue<bool>(), good.ToJsonString());
        var bad = Ask.For("physics.aluminium-limits", new { currentEfficiency = 0.99, netAnodeTPerT = 0.33, aluminaTPerT = 1.8, dcKwhPerT = 8000, acKwhPerT = 7000, productionT = 120, kiloAmpereHours = 317000 }).Result;
        Assert.Equal(["current-efficiency", "anode", "alumina", "dc-energy", "ac-over-dc", "production"], bad["findings"]!.AsArray().Select(f => f!["check"]!.GetValue<string>()));
    }

    [Fact]
    public void The_faraday_engine_agrees_with_the_cell_methods()
    {
        Same(Ask.Number("physics.cell-energy", "kwhPerKg", new { volts = 4.0, currentEfficiency = 0.94 }) * 1000, Ask.Number("metal.electrowinning", "kwhPerT", new { metal = "AL", volts = 4.0, currentEfficiency = 0.94, productionT = 1, gridKgPerKwh = 0.5 }), 0.00000001m);
        // Copper at 2 V and full efficiency: 2 V / 1.1856 g/Ah.
        Same(1686.9m, Ask.Number("metal.electrowinning", "kwhPerT", new { metal = "CU", volts = 2, currentEfficiency = 1, productionT = 1, gridKgPerKwh = 0.5 }), 0.0001m);
    }
}
