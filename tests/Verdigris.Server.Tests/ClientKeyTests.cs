using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>Keys of programs: what they cover, how one takes over from the other, and how their end is told.</summary>
public sealed partial class ClientKeyTests
{
    static async Task<(string Id, string Secret)> Create(Browser administrator, params (string, string)[] more)
    {
        using var answer = await administrator.Post("/clients/new", "client", [("Input.Name", "Casthouse export"), ("Input.Roles", "owner.trader"), ("Input.Days", "60"), .. more]);
        var page = await answer.Content.ReadAsStringAsync();
        return (ClientId().Match(page).Value, Secret().Match(page).Value);
    }

    static async Task<string?> Token(Browser browser, string id, string secret)
    {
        using var answer = await browser.Http.PostAsync("/api/v1/token", new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = id, ["client_secret"] = secret }));
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("access_token").GetString() : null;
    }

    static async Task<HttpResponseMessage> Call(Browser browser, string token, HttpMethod method, string path, object? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await browser.Http.SendAsync(request);
    }

    [Fact]
    public async Task A_token_of_one_area_reads_and_writes_there_as_its_scopes_say_and_nowhere_else()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, secret) = await Create(administrator, ("Input.Access", "chosen"), ("Input.Scopes", "warrants:read"), ("Input.Scopes", "tasks:write"));
        using var machine = own.NewBrowser();
        var token = (await Token(machine, id, secret))!;
        foreach (var (method, path, allowed) in new[]
        {
            (HttpMethod.Get, "/api/v1/warrants", true), (HttpMethod.Get, "/api/v1/tasks", true), (HttpMethod.Get, "/api/v1/me", true),
            (HttpMethod.Post, $"/api/v1/tasks/{Guid.NewGuid()}/approve", true), (HttpMethod.Get, "/api/v1/certificates", false), (HttpMethod.Post, "/api/v1/warrants", false), (HttpMethod.Post, "/api/v1/me/secret", false),
        })
        {
            using var answer = await Call(machine, token, method, path, method == HttpMethod.Post ? new { } : null);
            Assert.Equal(!allowed, (await answer.Content.ReadAsStringAsync()).Contains("token.scope-missing", StringComparison.Ordinal));
            if (!allowed) Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Every_area_of_the_api_is_a_scope_and_what_is_none_is_refused()
    {
        await using var own = await ServerUnderTest.Start();
        var scopes = own.Server.Services.GetRequiredService<Scopes>();
        Assert.Superset(new HashSet<string> { "certificates", "warrants", "emissions", "tasks", "webhooks", "account" }, scopes.Areas.ToHashSet());
        Assert.DoesNotContain("tokens", scopes.Areas);
        using var administrator = await own.SignedIn("owner.approver@demo");
        Assert.Equal("", (await Create(administrator, ("Input.Access", "chosen"), ("Input.Scopes", "metals:write"))).Id);
        Assert.Equal("", (await Create(administrator, ("Input.Access", "chosen"))).Id);
    }

    /// <summary>The rule itself, against a plain reading of it over every case.</summary>
    [Fact]
    public void Writing_includes_reading_and_an_area_never_reaches_another()
    {
        string[] all = ["read", "write", "a:read", "a:write", "b:read", "b:write"];
        for (var held = 0; held < 1 << all.Length; held++)
        {
            var has = all.Where((_, i) => (held >> i & 1) == 1).ToHashSet();
            foreach (var area in new[] { "a", "b" })
            {
                Assert.Equal(has.Contains("write") || has.Contains(area + ":write"), Scopes.Missing(area, safe: false, has.Contains) is null);
                Assert.Equal(has.Contains("write") || has.Contains("read") || has.Contains(area + ":read") || has.Contains(area + ":write"), Scopes.Missing(area, safe: true, has.Contains) is null);
            }
        }
    }

    [Fact]
    public async Task Both_secrets_work_until_the_time_given_and_then_the_new_one_alone()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, first) = await Create(administrator, ("Input.Access", "read"));
        var client = await own.Value<Guid>("select id from server.client");
        using var answer = await administrator.Post($"/clients/{client}", "rotate", ("Input.OverlapHours", "2"), ("Input.Days", ""));
        var second = Secret().Match(await answer.Content.ReadAsStringAsync()).Value;
        using var machine = own.NewBrowser();
        Assert.NotNull(await Token(machine, id, second));
        Assert.True(await own.Value<bool>("select old_secret_used_at is null from server.client"));
        Assert.NotNull(await Token(machine, id, first));
        Assert.True(await own.Value<bool>("select old_secret_used_at is not null from server.client"));
        own.Clock.Turn(Duration.FromHours(2) + Duration.FromSeconds(1));
        Assert.Null(await Token(machine, id, first));
        Assert.NotNull(await Token(machine, id, second));
    }

    [Fact]
    public async Task A_program_changes_its_own_secret_but_not_how_long_it_lives_and_a_second_change_ends_the_oldest()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var (id, first) = await Create(administrator, ("Input.Access", "read write"));
        var ends = await own.Value<DateTime>("select expires_at from server.client");
        using var machine = own.NewBrowser();
        var token = (await Token(machine, id, first))!;
        var secrets = new List<string> { first };
        for (var i = 0; i < 2; i++)
        {
            using var rotated = await Call(machine, token, HttpMethod.Post, "/api/v1/me/secret", new { overlapHours = 24 });
            Assert.Equal(HttpStatusCode.OK, rotated.StatusCode);
            secrets.Add(JsonDocument.Parse(await rotated.Content.ReadAsStringAsync()).RootElement.GetProperty("secret").GetString()!);
        }
        Assert.Equal([false, true, true], new[] { await Token(machine, id, secrets[0]), await Token(machine, id, secrets[1]), await Token(machine, id, secrets[2]) }.Select(t => t is not null));
        Assert.Equal(ends, await own.Value<DateTime>("select expires_at from server.client"));
        using var wrong = await Call(machine, token, HttpMethod.Post, "/api/v1/me/secret", new { overlapHours = 169 });
        Assert.Contains("clients.overlap-out-of-range", await wrong.Content.ReadAsStringAsync());
        var itself = new Actor(await own.Value<Guid>("select id from server.client"), "erp", new Guid("0190a000-0000-7000-8000-000000000003"), new HashSet<string> { Role.OwnerTrader }, IsMachine: true);
        Assert.Equal("clients.own-life", (await own.Server.Services.GetRequiredService<SecretRotation>().Rotate(itself, itself.PersonId, 1, 700, default)).Refusals[0].Code);
        Assert.Equal("clients.not-administrator", (await own.Server.Services.GetRequiredService<SecretRotation>().Rotate(itself with { PersonId = Guid.NewGuid() }, itself.PersonId, 1, null, default)).Refusals[0].Code);
    }

    [Fact]
    public async Task Administrators_hear_of_the_end_once_at_each_stage()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        await Create(administrator, ("Input.Access", "read"));
        var reminders = new ClientReminders();
        var told = new List<int>();
        for (var day = 0; day < 63; day++)
        {
            await using var s = own.Server.Services.GetRequiredService<IDbSessions>().Open(Actor.System);
            await reminders.Run(s, default);
            told.Add((int)await own.Value<long>("select count(*) from server.client_told"));
            own.Clock.Turn(Duration.FromDays(1));
        }
        Assert.Equal([0, 1, 2, 3, 4], told.Distinct());
        Assert.Equal([30, 53, 59], new[] { 1, 2, 3 }.Select(n => told.IndexOf(n)));
    }

    [GeneratedRegex("vd_[a-z0-9]{16}")]
    private static partial Regex ClientId();

    [GeneratedRegex("vds_[A-Za-z0-9_-]{43}")]
    private static partial Regex Secret();
}
