using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

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
}
