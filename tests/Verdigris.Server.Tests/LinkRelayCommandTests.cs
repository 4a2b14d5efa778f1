using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>The command that carries messages between two linked registries, as an authority runs it against two real servers.</summary>
public sealed class LinkRelayCommandTests
{
    const string Authority = "0190a000-0000-7000-8000-000000000009";

    [Fact]
    public async Task Two_servers_hear_what_the_other_said_and_a_relay_that_found_one_of_them_away_goes_on_later()
    {
        await using var union = await ServerUnderTest.Start();
        await using var swiss = await ServerUnderTest.Start();
        var folder = Directory.CreateTempSubdirectory("verdigris-relay-");
        try
        {
            var (one, other) = (await Linked(union, "eu-ets", "link-ch"), await Linked(swiss, "ch-ets", "link-eu"));
            var key = Path.Combine(folder.FullName, "client");
            await File.WriteAllTextAsync(key, "vd_0123456789abcdef:quiet-secret-of-the-relay\n", TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(key + "-wrong", "vd_0123456789abcdef:another\n", TestContext.Current.CancellationToken);
            string[] Words(string to, string? toKey = null) => ["--from", union.Address.ToString(), "--from-link", $"{one}", "--from-key", key, "--to", to, "--to-link", $"{other}", "--to-key", toKey ?? key, "--tries", "2"];

            // Each registry says its totals of the day.
            foreach (var server in new[] { union, swiss })
            {
                await using var s = server.Server.Services.GetRequiredService<IDbSessions>().Open(Actor.System);
                foreach (var work in server.Server.Services.GetServices<IDailyWork>().Where(w => w.GetType().Name == "LinkTotals")) await work.Run(s, default);
            }
            var away = await Relay(Words("http://127.0.0.1:9"));
            Assert.Equal((2, ""), (away.Code, away.Out));
            Assert.Contains("stopped: ", away.Error);
            Assert.Equal(2, (await Relay(Words(swiss.Address.ToString(), key + "-wrong"))).Code);
            Assert.Equal(2, (await Relay(Words("http://example.org"))).Code);

            var carried = await Relay(Words(swiss.Address.ToString()));
            Assert.True(carried.Code == 0, carried.Error);
            Assert.Equal($"1 -> {swiss.Address} {other}, 1 -> {union.Address} {one}", carried.Out);
            foreach (var server in new[] { union, swiss }) Assert.True(await server.Value<bool>("select agrees from registry.link_reconciliation"));
            Assert.Equal((0, ""), await Quietly(Relay(Words(swiss.Address.ToString()))));

            // What a registry refuses ends it, with its code.
            await swiss.Sql("update registry.link set state = 0");
            await union.Sql($"insert into registry.link_message select link_id, outward, sequence + 1, body, sha256, at from registry.link_message where outward");
            var refused = await Relay(Words(swiss.Address.ToString()));
            Assert.Equal(1, refused.Code);
            Assert.Contains("409 link.state-forbids", refused.Error);
        }
        finally { folder.Delete(recursive: true); }
    }

    static async Task<(int, string)> Quietly(Task<(int Code, string Out, string Error)> run) => (await run) is var (code, text, _) ? (code, text) : default;

    /// <summary>An open link of a scheme that an authority administers, and a program of that authority.</summary>
    static async Task<Guid> Linked(ServerUnderTest own, string scheme, string kind)
    {
        var link = Guid.CreateVersion7();
        await own.Sql($"""
            insert into passport.organisation (id, kind, name, country, state, created_at) values ('{Authority}', 'authority', 'Registry authority', 'NO', 'active', now());
            update registry.scheme set administrator_id = '{Authority}', appointed_at = now() where code = '{scheme}';
            insert into registry.link (id, scheme, kind, partner, state, written_by, written_at) values ('{link}', '{scheme}', '{kind}', 'The other registry', 1, gen_random_uuid(), now());
            insert into server.client (id, client_id, organisation_id, name, secret_sha256, roles, scopes, created_by, created_at, expires_at) values
              ('{Guid.CreateVersion7()}', 'vd_0123456789abcdef', '{Authority}', 'Relay', sha256('quiet-secret-of-the-relay'), array['{Role.AuthorityOfficer}'], array['registry:write'], '{Guid.CreateVersion7()}', now(), now() + interval '1 day')
            """);
        return link;
    }

    static async Task<(int Code, string Out, string Error)> Relay(params string[] words)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in new[] { Path.Combine(AppContext.BaseDirectory, "verdigris.dll"), "links", "relay" }.Concat(words)) info.ArgumentList.Add(word);
        using var process = Process.Start(info)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, (await output).Trim(), await error);
    }
}
