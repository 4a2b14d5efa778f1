using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Footprint.Api;
using Verdigris.Primitives.Calculations;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>The methods of all rooms by the API, asked by nobody in particular.</summary>
[Collection(nameof(SharedServer))]
public sealed class MethodApiTests(SharedServer shared)
{
    const string Prebake = "/api/v1/methods/aluminium.anode-prebake/calculations";

    async Task<(HttpStatusCode Status, JsonNode Body)> Post(string path, string body)
    {
        using var browser = shared.Under.NewBrowser();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        content.Headers.ContentType = new("application/json");
        using var reply = await browser.Http.PostAsync(path, content, TestContext.Current.CancellationToken);
        return (reply.StatusCode, JsonNode.Parse(await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }

    [Fact]
    public async Task Every_method_of_every_room_is_listed_in_the_language_of_the_reader_and_leads_to_its_schema()
    {
        using var browser = shared.Under.NewBrowser();
        var english = JsonSerializer.Deserialize<List<MethodSummary>>(await browser.Text("/api/v1/methods?lang=en"), StorageJson.Options)!;
        var chinese = JsonSerializer.Deserialize<List<MethodSummary>>(await browser.Text("/api/v1/methods?lang=zh"), StorageJson.Options)!;
        Assert.Equal(RoomMethods.All.Select(m => m.Method).Order(StringComparer.Ordinal), english.Select(m => m.Method));
        Assert.Contains(english, m => m.Method == "warehouse.rent");
        Assert.All(english.Zip(chinese), pair => Assert.NotEqual(pair.First.Title, pair.Second.Title));
        foreach (var method in english)
        {
            var schema = await browser.Text(method.Schema);
            Assert.Equal(CalculatorSet.Write(InputField.SchemaOf(RoomMethods.All.First(m => m.Method == method.Method))), schema);
            var read = JsonSerializer.Deserialize<MethodSchema>(schema, StorageJson.Options)!;
            Assert.False(read.AdditionalProperties);
            Assert.All(read.Required, name => Assert.Contains(name, read.Properties.Keys));
        }
    }

    [Fact]
    public async Task An_input_is_calculated_with_its_trace_and_the_decimals_come_back_as_decimals()
    {
        var (status, body) = await Post(Prebake, """{"productionT":1000,"netAnodeTPerT":"0.42","sulphurPercent":2.0,"ashPercent":0.4}""");
        Assert.Equal(HttpStatusCode.OK, status);
        var answer = body.Deserialize<Calculation>(StorageJson.Options)!;
        Assert.Equal("1503.04", answer.Result["tco2"].GetRawText());
        Assert.NotEmpty(answer.Trace);
        Assert.All(answer.Rules, r => Assert.Equal(64, r.Sha256.Length));
    }

    [Fact]
    public async Task A_list_is_answered_in_its_order_and_refused_as_a_whole_where_one_input_is_wrong()
    {
        var (status, body) = await Post(Prebake, """[{"productionT":1000,"netAnodeTPerT":0.42},{"productionT":2000,"netAnodeTPerT":0.42}]""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(2 * body[0]!["result"]!["tco2"]!.GetValue<decimal>(), body[1]!["result"]!["tco2"]!.GetValue<decimal>());
        (status, body) = await Post(Prebake, """[{"productionT":1000,"netAnodeTPerT":0.42},{"productionT":"much","netAnodeTPerT":0.42},7]""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(["[1].productionT", "[2]"], body["errors"]!.AsArray().Select(e => e!["field"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("[]", "methods.too-many-inputs")]
    [InlineData("{", "calc.input-not-json")]
    [InlineData("7", "calc.input-not-object")]
    [InlineData("""{"productionT":1000,"netAnodeTPerT":0.42,"sulphurPercent":"\ud800"}""", "calc.text-broken")]
    [InlineData("{\"productionT\":1000,\"netAnodeTPerT\":\"\u00ff\"}", "calc.text-broken")]
    [InlineData("""{"productionT":1e400,"netAnodeTPerT":0.42}""", "calc.not-a-number")]
    public async Task What_is_no_input_is_refused_by_a_code(string body, string code)
    {
        var (status, problem) = await Post(Prebake, body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, code), (status, problem["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_broken_text_deep_in_a_facility_is_refused_too()
    {
        var facility = JsonNode.Parse(await File.ReadAllTextAsync(Checkout.Path("data/footprint/examples/yunnan-hydro.json"), TestContext.Current.CancellationToken))!;
        facility["streams"]![3]!["input"]!["area"] = "CN HERE";
        var (status, problem) = await Post("/api/v1/methods/facility.footprint/calculations", facility.ToJsonString().Replace("CN HERE", "\\udc00", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "calc.text-broken"), (status, problem["code"]!.GetValue<string>()));
    }

    [Fact]
    public async Task An_unknown_method_is_not_found_and_an_unknown_word_in_an_input_is_wrong()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await Post("/api/v1/methods/aluminium.dreams/calculations", "{}")).Status);
        var (status, problem) = await Post("/api/v1/methods/electricity.location-based/calculations", """{"loadMwh":1,"area":"CN-atlantis","year":2023}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "calc.rule-none", "area"), (status, problem["code"]!.GetValue<string>(), problem["errors"]![0]!["field"]!.GetValue<string>()));
    }

    [Fact]
    public async Task However_many_faults_an_input_has_a_hundred_are_told()
    {
        var (status, problem) = await Post(Prebake, "{" + string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"x{i}\":1")) + "}");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, CalcInput.MostRefusals), (status, problem["errors"]!.AsArray().Count));
        (status, problem) = await Post(Prebake, "[" + string.Join(',', Enumerable.Repeat("""{"a":1,"b":2}""", 1000)) + "]");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, CalcInput.MostRefusals), (status, problem["errors"]!.AsArray().Count));
        (status, _) = await Post(Prebake, "[" + string.Join(',', Enumerable.Repeat("{}", 1001)) + "]");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
    }
}
