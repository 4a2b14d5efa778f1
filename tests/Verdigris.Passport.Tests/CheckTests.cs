using System.Net;
using System.Text.Json;
using Verdigris.Passport.Certificates;

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

    /// <summary>The problem but for the number of the request.</summary>
    static async Task<string> Without(HttpResponseMessage answer)
    {
        var problem = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(await answer.Content.ReadAsStringAsync())!;
        problem.Remove("traceId");
        return JsonSerializer.Serialize(problem);
    }
}
