using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Bench.Load;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Passport.Demo;
using Verdigris.Primitives;
using Verdigris.Server;
using Verdigris.Storage;
using Duration = NodaTime.Duration;

namespace Verdigris.Bench.Rows;

/// <summary>Row M3 over HTTP: a server with the demo, a member's trader who enters orders as fast as they are answered, each answered when it and its collateral are durable.</summary>
sealed partial class OrderEntryRow(BenchOptions options)
{
    const int Connections = 128;
    const string Series = "EEX.EUA.SPOT";

    public async Task<IEnumerable<BenchLine>> Run(CancellationToken ct)
    {
        var folder = Path.Combine(options.Folder, "orders");
        await using var server = await ServerHost.Start(new ServerOptions
        {
            Port = 0,
            DataFolder = folder,
            Say = _ => { },
            Clock = new OpenDay(),
            Limits = new RequestLimits { ApiPerSecond = 10_000_000, PagesPerSecond = 10_000_000, SignInsPerMinute = 1_000, TokensPerMinute = 1_000 },
        }, ct);
        var account = await Funded(server, ct);
        var authorization = "Authorization: Bearer " + await Token(server.Address, ct);
        string Body(int tick) => $$"""{"series":"{{Series}}","side":"Buy","quantity":1000,"price":{{(74m + tick * 0.01m).ToString(System.Globalization.CultureInfo.InvariantCulture)}},"type":"Limit","timeInForce":"Day","account":"{{account}}"}""";
        var load = new HttpLoad(server.Address.Port, [.. Enumerable.Range(0, 90).Select(i => HttpLoad.Post("/api/v1/market/orders", Body(i), authorization))]);
        var kestrel = await KestrelLimit.Post<Sent>(Connections, options.Seconds(5), Body(50));
        await load.Run(Connections, options.Seconds(6));
        await Settle(server, ct);
        var cpu = new CpuMeter(folder);
        var before = cpu.Seconds();
        var full = await load.Run(Connections, options.Seconds(10));
        var answered = cpu.Seconds();
        var lag = Stopwatch.GetTimestamp();
        await Settle(server, ct);
        var caught = Stopwatch.GetElapsedTime(lag);
        if (full.Other > 0) throw new InvalidOperationException($"{full.Other} orders were refused.");
        var share = full.PerSecond / kestrel.PerSecond;
        return
        [
            new("M3", $"order entry over HTTP, {Connections} connections, each order durable with its collateral before the answer", $"{BenchTable.Rate(full.PerSecond)} ({share:P0} of Kestrel); p50 {BenchTable.Ms(full.Latencies.Ms(.5))}, p99 {BenchTable.Ms(full.Latencies.Ms(.99))}",
                ">= 0.6x Kestrel's own POST limit", share >= .6, $"Kestrel POST of the same body {BenchTable.Rate(kestrel.PerSecond)}",
                $"both cores: server with its load {answered.Own - before.Own:0.0} s and PostgreSQL {answered.Postgres - before.Postgres:0.0} s of {full.Elapsed.TotalSeconds:0.0} s; histories of orders were complete {caught.TotalSeconds:0.0} s after the last answer"),
        ];
    }

    /// <summary>Waits until what became of the orders is written for pages and reports, too.</summary>
    static async Task Settle(RunningServer server, CancellationToken ct)
    {
        var until = server.Services.GetRequiredService<IFloor>().Read(f => f.NextEvent) - 1;
        foreach (var follower in server.Services.GetServices<IFloorFollower>())
            while (follower.Reached is { } reached && reached < until) await Task.Delay(20, ct);
    }

    /// <returns>The code of the demo member's account, with money for as many orders as come.</returns>
    static async Task<string> Funded(RunningServer server, CancellationToken ct)
    {
        var sessions = server.Services.GetRequiredService<IDbSessions>();
        TradingAccount account;
        await using (var s = sessions.Open(DemoPlan.Actor("owner-a")))
            account = MeterRows.Good(await server.Services.GetRequiredService<TradingAccountHandlers>().List(s, null, null, null, 10, ct)).Items[0];
        await using (var s = sessions.Open(DemoPlan.Actor("exchange")))
        {
            var move = MeterRows.Good(await server.Services.GetRequiredService<CashHandlers>().ProposeIn(s, new(account.Code, "EUR", 1_000_000_000_000m, "BENCH", null), ct));
            await using var second = sessions.Open(DemoPlan.Actor("exchange-2"));
            MeterRows.Good(await server.Services.GetRequiredService<Approvals>().Decide(second, move.TaskId!.Value, true, null, ct));
        }
        // The clock of the sessions looks every second.
        var (floor, series) = (server.Services.GetRequiredService<IFloor>(), (await server.Services.GetRequiredService<InstrumentList>().Find(Series, ct))!.Number);
        while (floor.Read(f => f.Instrument(series)?.Phase) != BookPhase.Continuous) await Task.Delay(100, ct);
        return account.Code;
    }

    /// <summary>As a member's program gets it: an administrator makes a client, the client asks for a token.</summary>
    static async Task<string> Token(Uri address, CancellationToken ct)
    {
        using var http = await PassportRows.SignedIn(address, "owner-a", ct);
        var form = await http.GetStringAsync("/clients/new", ct);
        var answer = await http.PostAsync("/clients/new", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["_handler"] = "client",
            ["__RequestVerificationToken"] = PassportRows.TokenOf(form),
            ["Input.Name"] = "Order program",
            ["Input.Roles"] = Role.MarketTrader,
            ["Input.Access"] = "read write",
            ["Input.Days"] = "30",
        }), ct);
        var made = await answer.Content.ReadAsStringAsync(ct);
        using var token = await http.PostAsync("/api/v1/token", new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = ClientId().Match(made).Value, ["client_secret"] = ClientSecret().Match(made).Value }), ct);
        return JsonNode.Parse(await token.Content.ReadAsStringAsync(ct))?["access_token"]?.GetValue<string>() ?? throw new InvalidOperationException($"The bench's own client got no token: {token.StatusCode}.");
    }

    [GeneratedRegex("vd_[a-z0-9]{16}")]
    private static partial Regex ClientId();

    [GeneratedRegex("vds_[A-Za-z0-9_-]{20,}")]
    private static partial Regex ClientSecret();

    sealed record Sent(string Series, string Side, decimal Quantity, decimal Price, string Type, string TimeInForce, string Account);

    /// <summary>A Tuesday at noon in Frankfurt, when the series trades, from which time goes on.</summary>
    sealed class OpenDay : IClock
    {
        readonly long began = Stopwatch.GetTimestamp();

        public Instant GetCurrentInstant() => Instant.FromUtc(2026, 11, 17, 11, 0) + Duration.FromTimeSpan(Stopwatch.GetElapsedTime(began));
    }
}
