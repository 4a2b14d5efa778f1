using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>The command as a plant's computer runs it, against a real server.</summary>
public sealed class SignCommandTests
{
    static readonly Guid Smelter = new("0190a000-0000-7000-8000-000000000001"), Plant = Guid.CreateVersion7();

    [Fact]
    public async Task A_plant_signs_without_a_network_and_hands_in_when_there_is_one()
    {
        await using var own = await ServerUnderTest.Start();
        var folder = Directory.CreateTempSubdirectory("verdigris-sign-");
        try
        {
            string At(string name) => Path.Combine(folder.FullName, name);
            var made = await Sign("--new-key", At("plant.pem"));
            Assert.Equal(0, made.Code);
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("plant.pem")));
            Assert.Equal(2, (await Sign("--new-key", At("plant.pem"))).Code);
            await Cast(own, PublicJwk.Read(made.Out).Value);
            await File.WriteAllTextAsync(At("client"), "vd_0123456789abcdef:quiet-secret-of-the-casthouse\n", TestContext.Current.CancellationToken);
            string[] network = ["--server", own.Address.ToString(), "--api-key", At("client")];

            await File.WriteAllTextAsync(At("good.json"), StorageJson.Write(Content("A")), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(At("bad.json"), StorageJson.Write(Content("B") with { NetKg = 90_000m }), TestContext.Current.CancellationToken);
            var unknown = await Sign("--queue", At("queue"), "--key", At("plant.pem"), At("good.json"));
            Assert.Equal(1, unknown.Code);
            Assert.Contains("certificate.brand-unknown exchangeBrandCode", unknown.Error);

            var numbers = await Sign(["--queue", At("queue"), "--numbers", "VALU", "--year", $"{Today().Year}", "--count", "5", .. network]);
            Assert.True(numbers.Code == 0, numbers.Error);
            var signed = await Sign("--queue", At("queue"), "--key", At("plant.pem"), At("good.json"), At("bad.json"));
            Assert.Equal(1, signed.Code);
            Assert.Contains($"VALU-{Today().Year}-000001 ", signed.Out);
            Assert.Contains("certificate.net-over-gross netKg", signed.Error);

            var away = await Sign("--queue", At("queue"), "--send", "--server", "http://127.0.0.1:9", "--api-key", At("client"));
            Assert.Equal(2, away.Code);
            Assert.StartsWith("waiting VALU-", (await Sign("--queue", At("queue"), "--list")).Out);
            var sent = await Sign(["--queue", At("queue"), "--send", .. network]);
            Assert.True(sent.Code == 0, sent.Error);
            Assert.StartsWith("sent VALU-", (await Sign("--queue", At("queue"), "--list")).Out);
            // Once sent, the same content is not signed again and nothing more is sent.
            Assert.Equal(0, (await Sign("--queue", At("queue"), "--key", At("plant.pem"), At("good.json"))).Code);
            Assert.Equal("", (await Sign(["--queue", At("queue"), "--send", .. network])).Out);
            Assert.Equal(1L, await own.Value<long>("select count(*) from passport.certificate where state = 1 and arrived_at is not null"));
        }
        finally { folder.Delete(recursive: true); }
    }

    static NodaTime.LocalDate Today() => NodaTime.SystemClock.Instance.GetCurrentInstant().InUtc().Date;

    static CertificateContent Content(string mark) => new()
    {
        ExchangeBrandCode = "VALU",
        CountryOfOrigin = "NO",
        Shape = "ingot",
        HeatNumbers = ["H" + mark],
        ProductionDate = Today(),
        AnalysisDate = Today(),
        IssueDate = Today(),
        Pieces = 1100,
        Bundles = 25,
        GrossKg = 25_060m,
        NetKg = 25_000m,
        SpecRef = "aa-p1020a",
        Results = [new("Si", 0.04m), new("Fe", 0.11m), new("Zn", 0.005m), new("Ga", 0.01m), new("V", 0.008m), new("Al", 99.82m)],
    };

    /// <summary>A plant with a brand, its key handed in, and a program that approves for it.</summary>
    static async Task Cast(ServerUnderTest own, PublicJwk key)
    {
        var services = own.Server.Services;
        await using var system = services.GetRequiredService<IDbSessions>().Open(Actor.System);
        var plant = await services.GetRequiredService<OrganisationHandlers>().AddPlant(system, new NewPlant(Smelter, "P1", "Plant", null, "NO", null, null, 100_000m, ["smelting"], Plant), default);
        Assert.True(plant.Ok);
        await own.Sql($"""
            insert into passport.brand (code, exchange_code, name, producer_id, plant_id, metal, contract_code, shapes, capacity_t_per_year, applied_at) values ('VALU', 'VALU', 'Valu', '{Smelter}', '{Plant}', 'AL', 'AH', array['ingot'], 90000, now());
            insert into passport.brand_listing (brand_code, seq, from_date, state, notice_no, decided_by, decided_at) values ('VALU', 1, '2016-01-01', {(int)ListingState.Listed}, '16/001', '{Guid.CreateVersion7()}', now())
            """);
        await using var approver = services.GetRequiredService<IDbSessions>().Open(new Actor(Guid.CreateVersion7(), "approver", Smelter, new HashSet<string> { Role.ProducerApprover }));
        Assert.True((await services.GetRequiredService<PlantKeys>().Rotate(approver, Plant, key, default)).Ok);
        await own.Sql($"""
            insert into server.client (id, client_id, organisation_id, name, secret_sha256, roles, scopes, created_by, created_at, expires_at) values
              ('{Guid.CreateVersion7()}', 'vd_0123456789abcdef', '{Smelter}', 'Casthouse', sha256('quiet-secret-of-the-casthouse'), array['producer.approver'], array['certificates:write'], '{Guid.CreateVersion7()}', now(), now() + interval '1 day')
            """);
    }

    static async Task<(int Code, string Out, string Error)> Sign(params string[] words)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var word in new[] { Path.Combine(AppContext.BaseDirectory, "verdigris.dll"), "sign" }.Concat(words)) info.ArgumentList.Add(word);
        using var process = Process.Start(info)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, (await output).Trim(), await error);
    }
}
