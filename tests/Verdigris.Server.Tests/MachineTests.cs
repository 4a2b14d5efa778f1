using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;

namespace Verdigris.Server.Tests;

public sealed partial class MachineTests
{
    static async Task<(string Id, string Secret)> Create(Browser administrator, string access = "read write")
    {
        using var answer = await administrator.Post("/clients/new", "client", ("Input.Name", "Casthouse export"), ("Input.Roles", "owner.trader"), ("Input.Access", access), ("Input.Days", "30"));
        var page = await answer.Content.ReadAsStringAsync();
        return (Id().Match(page).Value, Secret().Match(page).Value);
    }

    static async Task<(HttpStatusCode Status, JsonElement Body)> Ask(Browser browser, string id, string secret, string? scope = null, string grant = "client_credentials")
    {
        var form = new Dictionary<string, string> { ["grant_type"] = grant, ["client_id"] = id, ["client_secret"] = secret };
        if (scope is not null) form["scope"] = scope;
        using var answer = await browser.Http.PostAsync("/api/v1/token", new FormUrlEncodedContent(form));
        return (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    static async Task<HttpResponseMessage> With(Browser browser, string token, HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await browser.Http.SendAsync(request);
    }

    [Fact]
    public async Task A_token_lives_from_its_issue_to_the_revocation_of_its_client()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, secret) = await Create(administrator);
        Assert.StartsWith("vd_", id);

        using var machine = own.NewBrowser();
        var (status, body) = await Ask(machine, id, secret);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("Bearer", body.GetProperty("token_type").GetString());
        Assert.Equal(3600, body.GetProperty("expires_in").GetInt32());
        var token = body.GetProperty("access_token").GetString()!;

        using var me = await With(machine, token, HttpMethod.Get, "/api/v1/me");
        var who = JsonDocument.Parse(await me.Content.ReadAsStringAsync()).RootElement;
        Assert.True(who.GetProperty("isMachine").GetBoolean());
        Assert.Equal("owner.trader", who.GetProperty("roles")[0].GetString());
        Assert.Equal("0190a000-0000-7000-8000-000000000003", who.GetProperty("organisationId").GetString());

        var list = await administrator.Text("/clients");
        var client = Handler().Match(list).Groups[1].Value;
        using var revoked = await administrator.Post("/clients", "revoke-" + client, ("client", client));
        Assert.Equal(HttpStatusCode.Found, revoked.StatusCode);
        using var after = await With(machine, token, HttpMethod.Get, "/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
        Assert.Contains("token.invalid", await after.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await Ask(machine, id, secret)).Status);
    }

    [Fact]
    public async Task A_token_runs_out_after_an_hour()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, secret) = await Create(administrator);
        using var machine = own.NewBrowser();
        var token = (await Ask(machine, id, secret)).Body.GetProperty("access_token").GetString()!;
        own.Clock.Turn(Duration.FromMinutes(59));
        Assert.Equal(HttpStatusCode.OK, (await With(machine, token, HttpMethod.Get, "/api/v1/me")).StatusCode);
        own.Clock.Turn(Duration.FromMinutes(2));
        Assert.Equal(HttpStatusCode.Unauthorized, (await With(machine, token, HttpMethod.Get, "/api/v1/me")).StatusCode);
    }

    [Fact]
    public async Task A_token_without_the_write_scope_only_reads()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, secret) = await Create(administrator);
        using var machine = own.NewBrowser();
        var token = (await Ask(machine, id, secret, "read")).Body.GetProperty("access_token").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await With(machine, token, HttpMethod.Get, "/api/v1/me")).StatusCode);
        using var refused = await With(machine, token, HttpMethod.Post, "/api/v1/anything");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("token.scope-missing", await refused.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_the_token_endpoint_refuses_has_the_codes_of_the_standard()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, secret) = await Create(administrator, "read");
        using var machine = own.NewBrowser();
        Assert.Equal("invalid_client", (await Ask(machine, id, "wrong")).Body.GetProperty("error").GetString());
        Assert.Equal("invalid_client", (await Ask(machine, "vd_0000000000000000", secret)).Body.GetProperty("error").GetString());
        Assert.Equal("invalid_scope", (await Ask(machine, id, secret, "write")).Body.GetProperty("error").GetString());
        Assert.Equal("unsupported_grant_type", (await Ask(machine, id, secret, null, "password")).Body.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Neither_secret_nor_token_lies_in_the_database()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, secret) = await Create(administrator);
        using var machine = own.NewBrowser();
        var token = (await Ask(machine, id, secret)).Body.GetProperty("access_token").GetString()!;
        foreach (var table in new[] { "server.client", "server.token", "storage.audit_event" })
            foreach (var hidden in new[] { secret, token })
                Assert.Equal(0L, await own.Value<long>($"select count(*) from {table} t where t::text like '%{hidden}%'"));
    }

    [Fact]
    public async Task A_client_cannot_be_given_administrator()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        using var answer = await administrator.Post("/clients/new?lang=en", "client", ("Input.Name", "Too much"), ("Input.Roles", "administrator"), ("Input.Access", "read"), ("Input.Days", "30"));
        Assert.Contains("cannot give the role", await answer.Content.ReadAsStringAsync());
        Assert.Equal(0L, await own.Value<long>("select count(*) from server.client"));
    }

    [GeneratedRegex("vd_[a-z0-9]{16}")]
    private static partial Regex Id();

    [GeneratedRegex("vds_[A-Za-z0-9_-]{43}")]
    private static partial Regex Secret();

    [GeneratedRegex("name=\"client\" value=\"([0-9a-f-]{36})\"")]
    private static partial Regex Handler();
}
