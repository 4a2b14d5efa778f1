using System.Net;
using System.Text.Json;
using Verdigris.Passport.Certificates;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

public class CheckTests
{
    [Fact]
    public async Task Everybody_learns_by_number_that_a_published_certificate_is_good_and_nothing_of_its_content()
    {
        await using var world = await World.Make();
        var draft = await world.Do(world.Editor, s => world.Get<CertificateHandlers>().Create(s, World.Good("D"), default));
        var (_, certificate) = await world.Issued("P", 0);
        using var nobody = world.Client(null);
        var number = certificate.Certificate.Number;
        foreach (var typed in new[] { number, number.ToLowerInvariant() })
        {
            var text = await nobody.GetStringAsync($"/api/v1/certificates/check/{typed}");
            var found = JsonSerializer.Deserialize<JsonElement>(text);
            // A warrant is not for the public: it reads as published.
            Assert.Equal(("Published", "valid", true), (found.GetProperty("state").GetString(), found.GetProperty("signature").GetString(), found.GetProperty("valid").GetBoolean()));
            foreach (var secret in new[] { "99.82", "25000", "NOOSL", world.Owners[0].ToString(), "HP1" }) Assert.DoesNotContain(secret, text);
        }
        using var unknown = await nobody.GetAsync("/api/v1/certificates/check/VALU-2026-999999");
        using var hidden = await nobody.GetAsync($"/api/v1/certificates/check/{draft.Certificate.Number}");
        using var endless = await nobody.GetAsync("/api/v1/certificates/check/" + new string('9', 41));
        Assert.All([unknown, hidden, endless], a => Assert.Equal(HttpStatusCode.NotFound, a.StatusCode));
        Assert.Equal(await Without(unknown), await Without(hidden));
    }

    [Fact]
    public async Task Whoever_scans_a_bundle_learns_what_its_label_says_and_whether_the_seal_agrees_but_never_the_seals_number()
    {
        await using var world = await World.Make();
        var good = World.Good("Q") with { Bundles = 2, BundleList = [new("01", 600, 13_000m, "SEAL-7F3"), new("02", 500, 12_000m)] };
        var handlers = world.Get<CertificateHandlers>();
        var draft = await world.Do(world.Editor, s => handlers.Create(s, good, default));
        await world.Do(world.Approver, s => handlers.Sign(s, draft.Certificate.Id, default));
        using var nobody = world.Client(null);
        var path = $"/api/v1/certificates/check/{draft.Certificate.Number}/bundles/";
        using (var before = await nobody.GetAsync(path + "01")) Assert.Equal(HttpStatusCode.NotFound, before.StatusCode);
        await world.Do(world.Approver, s => handlers.Publish(s, draft.Certificate.Id, default));

        async Task<JsonElement> Ask(string rest)
        {
            var text = await nobody.GetStringAsync(path + rest);
            Assert.DoesNotContain("SEAL-7F3", text);
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        var asked = await Ask("01");
        Assert.Equal((600, "13000", true, JsonValueKind.Null), (asked.GetProperty("pieces").GetInt32(), asked.GetProperty("netKg").ToString(), asked.GetProperty("hasSeal").GetBoolean(), asked.TryGetProperty("sealAgrees", out var none) ? none.ValueKind : JsonValueKind.Null));
        Assert.True((await Ask("01?seal=seal-7f3%20")).GetProperty("sealAgrees").GetBoolean());
        Assert.False((await Ask("01?seal=SEAL-7F4")).GetProperty("sealAgrees").GetBoolean());
        var bare = await Ask("02?seal=SEAL-7F3X");
        Assert.False(bare.GetProperty("hasSeal").GetBoolean());
        using var unknown = await nobody.GetAsync(path + "03");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using var page = await nobody.GetAsync($"/b/{draft.Certificate.Number}/01?seal=SEAL-7F4");
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("The seal differs", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_path_of_a_code_covers_exactly_its_dark_modules()
    {
        const string address = "https://register.example/b/VALU-2026-000001/01";
        using var generator = new QRCoder.QRCodeGenerator();
        using var code = generator.CreateQrCode(address, QRCoder.QRCodeGenerator.ECCLevel.Q);
        var (path, side) = QrCode.Svg(address);
        var drawn = new HashSet<(int X, int Y)>();
        foreach (System.Text.RegularExpressions.Match run in System.Text.RegularExpressions.Regex.Matches(path, @"M(\d+) (\d+)h(\d+)v1h-\3z"))
            for (var i = 0; i < int.Parse(run.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture); i++)
                Assert.True(drawn.Add((int.Parse(run.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) + i, int.Parse(run.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture))));
        var dark = code.ModuleMatrix.SelectMany((row, y) => Enumerable.Range(0, row.Length).Where(x => row[x]).Select(x => (x, y))).ToHashSet();
        Assert.Equal(dark, drawn);
        Assert.Equal(code.ModuleMatrix.Count, side);
    }

    /// <summary>The problem but for the number of the request.</summary>
    static async Task<string> Without(HttpResponseMessage answer)
    {
        var problem = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(await answer.Content.ReadAsStringAsync())!;
        problem.Remove("traceId");
        return JsonSerializer.Serialize(problem);
    }
}
