using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Verdigris.Server.Tests.Contract;

/// <summary>The description of the API is part of what others build on: it is checked in, and changes only on purpose.</summary>
[Collection(nameof(SharedServer))]
public sealed class OpenApiTests(SharedServer shared)
{
    /// <summary>Set to 1, the checked-in description is written anew from the server.</summary>
    const string WriteAnew = "VERDIGRIS_WRITE_OPENAPI";

    static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_api_is_the_one_described_in_docs_openapi_json()
    {
        using var browser = shared.Under.NewBrowser();
        var served = JsonNode.Parse(await browser.Text("/openapi/v1.json"))!.ToJsonString(Pretty) + "\n";
        var file = Checkout.Path("docs/openapi.json");
        if (Environment.GetEnvironmentVariable(WriteAnew) == "1") await File.WriteAllTextAsync(file, served, TestContext.Current.CancellationToken);
        var kept = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ReplaceLineEndings("\n");
        if (served == kept) return;
        var at = served.Split('\n').Zip(kept.Split('\n')).Index().FirstOrDefault(p => p.Item.First != p.Item.Second);
        Assert.Fail($"docs/openapi.json is not what the server says. Line {at.Index + 1}: served '{at.Item.First?.Trim()}', checked in '{at.Item.Second?.Trim()}'. If the change is meant, run this test with {WriteAnew}=1.");
    }

    [Fact]
    public async Task Every_operation_says_what_it_answers_and_shows_an_example_of_all_it_takes_and_gives()
    {
        var document = JsonNode.Parse(await File.ReadAllTextAsync(Checkout.Path("docs/openapi.json"), TestContext.Current.CancellationToken))!;
        var wrong = new List<string>();
        foreach (var (path, operations) in document["paths"]!.AsObject())
            foreach (var (method, operation) in operations!.AsObject())
            {
                var name = $"{method} {path}";
                foreach (var parameter in operation!["parameters"]?.AsArray() ?? [])
                    if (parameter!["example"] is null) wrong.Add($"{name}: parameter {parameter["name"]} has no example");
                foreach (var (mime, media) in operation["requestBody"]?["content"]?.AsObject() ?? [])
                    if (media!["example"] is null) wrong.Add($"{name}: body {mime} has no example");
                var good = operation["responses"]!.AsObject().Where(r => r.Key[0] == '2').ToList();
                if (good.Count == 0) wrong.Add($"{name}: no answer where it works");
                foreach (var (status, reply) in good)
                    if (status != "204" && reply!["content"] is not JsonObject { Count: > 0 }) wrong.Add($"{name}: {status} has no content");
                    else foreach (var (mime, media) in reply!["content"]?.AsObject() ?? []) if (media!["example"] is null) wrong.Add($"{name}: {status} {mime} has no example");
                foreach (var status in new[] { "400", "403", "404", "422", "429", "503" })
                    if (operation["responses"]![status] is null) wrong.Add($"{name}: {status} is not listed");
            }
        Assert.Equal([], wrong);
    }

    [Fact]
    public async Task Every_text_and_number_of_a_schema_has_a_value_in_the_table_of_examples_and_every_reference_leads_somewhere()
    {
        var text = await File.ReadAllTextAsync(Checkout.Path("docs/openapi.json"), TestContext.Current.CancellationToken);
        var schemas = JsonNode.Parse(text)!["components"]!["schemas"]!.AsObject();
        var wrong = new List<string>();
        foreach (var (owner, schema) in schemas)
            foreach (var (member, value) in schema!["properties"]?.AsObject() ?? [])
                if (value!["format"]?.GetValue<string>() is not ("uuid" or "date" or "date-time") && value["enum"] is null && Types(value).Any(t => t is "string" or "integer" or "number") && !ApiExamples.Knows(owner, member)) wrong.Add($"{owner}.{member}");
        Assert.Equal([], wrong);
        Assert.Equal([], Regex.Matches(text, "\"#/components/schemas/([^\"]+)\"").Select(m => m.Groups[1].Value).Distinct().Where(id => !schemas.ContainsKey(id)));
    }

    static IEnumerable<string> Types(JsonNode schema) => schema["type"] switch { JsonArray many => many.Select(t => t!.GetValue<string>()), JsonValue one => [one.GetValue<string>()], _ => [] };
}
