using System.Net;
using System.Text.Json;

namespace Verdigris.Server.Tests;

public sealed class TrailTests
{
    static async Task<JsonElement[]> Events(Browser browser, string query = "")
    {
        using var answer = await browser.Get("/api/v1/audit" + query);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return [.. JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("items").EnumerateArray()];
    }

    [Fact]
    public async Task An_administrator_filters_sorts_takes_away_and_proves_the_trail_of_the_own_organisation()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        using var buyer = await own.SignedIn("buyer@demo");
        using var exchange = await own.SignedIn("exchange@demo");
        (await administrator.Post("/people/invite", "invite", ("Input.DisplayName", "Noor, \"N\" Haddad"), ("Input.Name", "noor@auriga.example"), ("Input.Roles", "owner.trader"))).Dispose();

        var all = await Events(exchange);
        Assert.Contains(all, e => e.GetProperty("personName").GetString() == "Lucas Weber");
        var mine = await Events(administrator);
        Assert.All(mine, e => Assert.Equal("0190a000-0000-7000-8000-000000000003", e.GetProperty("organisationId").GetString()));
        Assert.Equal("person.invited", Assert.Single(await Events(administrator, "?action=person.invited&person=amara")).GetProperty("action").GetString());
        Assert.Empty(await Events(administrator, "?person=weber"));
        Assert.Single(await Events(exchange, "?organisation=0190a000-0000-7000-8000-000000000004&person=0190b000-0000-7000-8000-000000000006&kind=person&to=2100-01-01"));
        Assert.Empty(await Events(exchange, "?to=2001-01-01"));
        long[] ids = [.. (await Events(exchange, "?sort=at")).Select(e => e.GetProperty("id").GetInt64())];
        Assert.Equal(ids.Order(), ids);

        foreach (var (query, code) in new[] { ("?sort=name", "page.sort-unknown"), ("?organisation=x", "input.not-an-id"), ("?from=yesterday", "input.not-a-date"), ("?limit=501", "input.out-of-range"), ("?cursor=x", "page.cursor-invalid") })
        {
            using var refused = await exchange.Get("/api/v1/audit" + query);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
            Assert.Contains(code, await refused.Content.ReadAsStringAsync());
        }

        var csv = (await administrator.Text("/api/v1/audit/export?action=person.invited")).Split("\r\n");
        Assert.Equal("\"id\",\"at\",\"person_id\",\"person\",\"organisation_id\",\"action\",\"subject_kind\",\"subject_id\",\"reason\",\"details\",\"evidence_sha256\",\"hash\"", csv[0]);
        Assert.Contains("\"Amara Okafor\"", csv[1]);
        Assert.Equal(3, csv.Length);
        using var verified = await administrator.Get("/api/v1/audit/verification");
        var proof = JsonDocument.Parse(await verified.Content.ReadAsStringAsync()).RootElement;
        Assert.True(proof.GetProperty("whole").GetBoolean());
        Assert.True(proof.GetProperty("rows").GetInt64() > mine.Length);
        Assert.Equal(HttpStatusCode.Forbidden, (await buyer.Get("/api/v1/audit/verification")).StatusCode);
        using var trader = await own.SignedIn("owner@demo");
        Assert.Equal(HttpStatusCode.Forbidden, (await trader.Get("/api/v1/audit/export")).StatusCode);
        Assert.DoesNotContain("value=\"verify\"", await trader.Text("/audit"));

        using var proved = await administrator.Post("/audit?lang=en&kind=person", "verify");
        var page = await proved.Content.ReadAsStringAsync();
        Assert.Contains("rows follow from one another", page);
        Assert.Contains("Amara Okafor", page);
        await own.Sql("set session_replication_role = replica; update storage.audit_event set reason = 'rewritten' where id = 2");
        using var broken = await administrator.Post("/audit?lang=en", "verify");
        Assert.Contains("The chain breaks at row 2", await broken.Content.ReadAsStringAsync());
    }
}
