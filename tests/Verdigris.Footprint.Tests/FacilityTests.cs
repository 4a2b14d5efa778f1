using System.Text.Json.Nodes;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Tests;

public sealed class FacilityTests
{
    static JsonObject Example(string name) => JsonNode.Parse(File.ReadAllText(Checkout.Path($"data/footprint/examples/{name}.json")))!.AsObject();

    static JsonNode Last(JsonObject file, int back) => file["streams"]!.AsArray()[file["streams"]!.AsArray().Count - back]!;

    [Theory]
    [InlineData("national-grid", "11.116686")]
    [InlineData("yunnan-hydro", "5.487125")]
    [InlineData("shandong-coal", "12.370691")]
    public void The_example_smelters_come_to_the_reference_chain(string name, string reference)
    {
        var expected = decimal.Parse(reference, System.Globalization.CultureInfo.InvariantCulture);
        var result = Ask.For("facility.footprint", Example(name)).Result;
        // The reference is the sum of parts that were rounded to six places.
        Assert.InRange(result["totalTco2ePerT"]!.GetValue<decimal>(), expected - 0.000001m, expected + 0.000001m);
        var by = result["byProcess"]!;
        Assert.Equal([0.028634m, 1.711858m, 0.098726m, 0.105003m], new[] { "mining", "refining", "anode", "casting" }.Select(p => Math.Round(by[p]!.GetValue<decimal>(), 6)));
        Assert.Empty(result["findings"]!.AsArray());
    }

    [Fact]
    public void Every_step_of_every_stream_is_in_the_trace()
    {
        var answer = Ask.For("facility.footprint", Example("yunnan-hydro"));
        var ids = answer.Trace.Select(t => t.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        foreach (var stream in Example("yunnan-hydro")["streams"]!.AsArray()) Assert.Contains(ids, id => id.StartsWith(stream!["id"]!.GetValue<string>() + "/", StringComparison.Ordinal));
        Assert.Contains(answer.Warnings, w => w.Code == "rule.secondary");
    }

    [Fact]
    public void The_streams_add_up_to_the_whole_and_their_shares_to_a_hundred()
    {
        var result = Ask.For("facility.footprint", Example("shandong-coal")).Result;
        var streams = result["streams"]!.AsArray();
        Assert.Equal(result["totalTco2e"]!.GetValue<decimal>(), streams.Sum(s => s!["tco2e"]!.GetValue<decimal>()), 9);
        Assert.Equal(100m, streams.Sum(s => s!["percent"]!.GetValue<decimal>()), 9);
        Assert.Equal(result["totalTco2e"]!.GetValue<decimal>(), result["directTco2e"]!.GetValue<decimal>() + result["indirectTco2e"]!.GetValue<decimal>() + result["upstreamTco2e"]!.GetValue<decimal>(), 9);
    }

    [Fact]
    public void Biogenic_carbon_stands_apart_and_is_in_no_sum()
    {
        var file = Example("yunnan-hydro");
        file["streams"] = new JsonArray(new JsonObject { ["id"] = "biomass", ["process"] = "casting", ["scope"] = "direct", ["method"] = "mrr.process", ["basis"] = "measured", ["input"] = new JsonObject { ["activity"] = 100, ["ef"] = 1, ["biomassPercent"] = 40, ["biomassSustainable"] = true } });
        var result = Ask.For("facility.footprint", file).Result;
        Assert.Equal(60m, result["totalTco2e"]!.GetValue<decimal>());
        Assert.Equal(40m, result["biogenicTco2"]!.GetValue<decimal>());
    }

    [Fact]
    public void One_set_of_warming_potentials_holds_for_all_streams()
    {
        var file = Example("yunnan-hydro");
        Last(file, 2)["input"]!["gwp"] = "AR4";
        Assert.Equal("facility.gwp-differs", Ask.Refusal("facility.footprint", file).Code);
    }

    [Fact]
    public void A_fault_in_a_stream_is_named_where_it_stands()
    {
        var file = Example("yunnan-hydro");
        file["streams"]![0]!["input"]!["activity"] = "a lot";
        file["streams"]![1]!["method"] = "mrr.combustoin";
        var first = Ask.Refusal("facility.footprint", file);
        Assert.Equal(("calc.not-a-number", "streams[0].input.activity"), (first.Code, first.Field));
        file["streams"]![0]!["input"]!["activity"] = 1;
        var second = Ask.Refusal("facility.footprint", file);
        Assert.Equal(("calc.unknown-method", "streams[1].method"), (second.Code, second.Field));
        file["streams"]![1]!["method"] = "physics.cell-energy";
        file["streams"]![1]!["input"] = new JsonObject { ["volts"] = 4, ["currentEfficiency"] = 0.94 };
        Assert.Equal(("facility.no-emission", "streams[1].method"), (Ask.Refusal("facility.footprint", file).Code, Ask.Refusal("facility.footprint", file).Field));
    }

    [Fact]
    public void The_whole_is_as_certain_as_its_parts_and_unknown_where_one_of_them_is()
    {
        JsonObject Two(decimal? second)
        {
            var file = Example("yunnan-hydro");
            JsonObject Stream(string id, decimal tonnes, decimal? uncertainty)
            {
                var stream = new JsonObject { ["id"] = id, ["process"] = "casting", ["scope"] = "direct", ["method"] = "mrr.process", ["basis"] = "measured", ["input"] = new JsonObject { ["activity"] = tonnes, ["ef"] = 1, ["biomassPercent"] = 0 } };
                if (uncertainty is { } u) stream["uncertaintyPercent"] = u;
                return stream;
            }
            file["streams"] = new JsonArray(Stream("a", 1000, 11.1803399m), Stream("b", 500, second));
            return file;
        }
        Assert.Equal(10m, Ask.For("facility.footprint", Two(20)).Result["uncertaintyPercent"]!.GetValue<decimal>(), 6);
        var unknown = Ask.For("facility.footprint", Two(null));
        Assert.Null(unknown.Result["uncertaintyPercent"]);
        Assert.Contains(unknown.Warnings, w => w.Code == "facility.uncertainty-incomplete");
    }

    [Fact]
    public void Electricity_on_two_bases_is_said_to_be_unlike()
    {
        var file = Example("yunnan-hydro");
        Last(file, 1)["input"] = new JsonObject { ["loadMwh"] = 10, ["area"] = "CHN", ["year"] = 2023, ["basis"] = "life-cycle" };
        var answer = Ask.For("facility.footprint", file);
        Assert.Contains(answer.Warnings, w => w.Code == "facility.bases-mixed");
    }
}
