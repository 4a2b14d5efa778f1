using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Bench.Load;
using Verdigris.Footprint.Meters;
using Verdigris.Footprint.Plans;
using Verdigris.Passport.Demo;
using Verdigris.Primitives;
using Verdigris.Server;
using Verdigris.Storage;
using Duration = NodaTime.Duration;

namespace Verdigris.Bench.Rows;

/// <summary>Row F4: a reading a second from ten thousand tags, over HTTP into a PostgreSQL that flushes, with everything they add up to.</summary>
sealed class MeterRows(BenchOptions options)
{
    const int Tags = 10_000, ClosedTags = 1_000, Hour = 3600;

    int Seconds => (int)options.Seconds(180).TotalSeconds;

    public async Task<IEnumerable<BenchLine>> Run(CancellationToken ct)
    {
        var folder = Path.Combine(options.Folder, "meters");
        await using var server = await ServerHost.Start(new ServerOptions { Port = 0, DataFolder = folder, Say = _ => { }, Limits = new RequestLimits { ApiPerSecond = 10_000, PagesPerSecond = 10_000, SignInsPerMinute = 1_000 } }, ct);
        var cpu = new CpuMeter(folder);
        var facility = await Facility(server, ct);
        var closing = await ClosedHour(server, facility, cpu, ct);
        var (seconds, taken, own, postgres, slowest) = await Sustained(server, facility, cpu, ct);
        var cores = (own + postgres) / seconds + closing / Hour;
        return
        [
            new("F4", $"{Tags:N0} tags, a reading a second each for {seconds:0} s, one gzip batch a second over HTTP, durable before the answer, minutes, hours and days",
                $"{cores:0.00} cores: server with its load {own / seconds:0.000}, PostgreSQL {postgres / seconds:0.000}, closing the hours {closing / Hour:0.000} ({closing:0.0} s an hour); slowest answer {BenchTable.Ms(slowest)}",
                "sustained, < 1 core", cores < 1 && taken == (long)Tags * Seconds, $"{taken:N0} readings taken", "reading JSON lines; one flush a batch"),
        ];
    }

    static async Task<Guid> Facility(RunningServer server, CancellationToken ct)
    {
        var editor = new Actor(DemoPlan.Id("bench"), "bench", DemoPlan.Producer, new HashSet<string> { Role.ProducerEditor });
        var approver = new Actor(DemoPlan.Id("bench-approver"), "bench", DemoPlan.Producer, new HashSet<string> { Role.ProducerApprover });
        await using var s = server.Services.GetRequiredService<IDbSessions>().Open(editor);
        var facility = Good(await server.Services.GetRequiredService<FacilityHandlers>().Create(s, new("Bench potline", null, "CN"), ct)).Id;
        var plans = server.Services.GetRequiredService<PlanHandlers>();
        var plan = Good(await plans.Draft(s, facility, new(new(2024, 1, 1), new("Primary aluminium", "AR5",
            [new("power", "electrolysis", StreamScope.Indirect, "electricity.location-based", new JsonObject { ["area"] = "CN-yunnan", ["year"] = 2023, ["variant"] = "average", ["basis"] = "direct" }, ["loadMwh"], "Meters", null, null, 1, "Utilities", true)])), ct));
        await using (var other = server.Services.GetRequiredService<IDbSessions>().Open(approver)) Good(await plans.Approve(other, plan.Id, ct));
        for (var first = 0; first < Tags; first += 1000)
            Good(await server.Services.GetRequiredService<MeterHandlers>().Register(s, facility, [.. Enumerable.Range(first, 1000).Select(i => new NewMeterTag(Name(i), "power", null, "kWh", KindOf(i), 5, RollOver: KindOf(i) == MeterKind.Counter ? 100_000_000 : null))], ct));
        return facility;
    }

    /// <summary>Processor seconds that closing an hour of all tags takes, from a tenth of them.</summary>
    static async Task<double> ClosedHour(RunningServer server, Guid facility, CpuMeter cpu, CancellationToken ct)
    {
        var begin = Instant.FromUnixTimeSeconds(SystemClock.Instance.GetCurrentInstant().ToUnixTimeSeconds() / Hour * Hour - 2 * Hour);
        var editor = new Actor(DemoPlan.Id("bench"), "bench", DemoPlan.Producer, new HashSet<string> { Role.ProducerEditor });
        await using var s = server.Services.GetRequiredService<IDbSessions>().Open(editor);
        var meters = server.Services.GetRequiredService<MeterHandlers>();
        var work = server.Services.GetRequiredService<MeterWork>();
        var text = new StringBuilder();
        // The server's own rounds would close the hour before all of it is there.
        await work.StopAsync(ct);
        for (var second = 0; second < Hour; second += 60)
        {
            text.Clear();
            for (var k = 0; k < 60; k++) Lines(text, begin + Duration.FromSeconds(second + k), second + k, ClosedTags);
            Good(await meters.Take(s, facility, Encoding.UTF8.GetBytes(text.ToString()), ct));
        }
        await work.Consolidate(ct);
        var before = cpu.Seconds();
        await work.Round(ct);
        var after = cpu.Seconds();
        await work.StartAsync(ct);
        return (after.Own - before.Own + after.Postgres - before.Postgres) * (Tags / ClosedTags);
    }

    async Task<(double Seconds, long Taken, double Own, double Postgres, double SlowestMs)> Sustained(RunningServer server, Guid facility, CpuMeter cpu, CancellationToken ct)
    {
        var count = Seconds;
        using var http = await PassportRows.SignedIn(server.Address, "smelter-editor", ct);
        var batches = new List<byte[]>();
        var begin = SystemClock.Instance.GetCurrentInstant();
        begin = Instant.FromUnixTimeSeconds(begin.ToUnixTimeSeconds());
        var text = new StringBuilder();
        for (var second = 0; second < count; second++)
        {
            text.Clear();
            Lines(text, begin + Duration.FromSeconds(second), Hour + second, Tags);
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes(text.ToString()));
            batches.Add(packed.ToArray());
        }
        GC.Collect();
        var (taken, slowest) = (0L, 0.0);
        var before = cpu.Seconds();
        var clock = Stopwatch.StartNew();
        for (var second = 0; second < count; second++)
        {
            var wait = TimeSpan.FromSeconds(second) - clock.Elapsed;
            if (wait > TimeSpan.Zero) await Task.Delay(wait, ct);
            var sent = Stopwatch.GetTimestamp();
            using var content = new ByteArrayContent(batches[second]);
            content.Headers.Add("Content-Type", "application/x-ndjson");
            content.Headers.ContentEncoding.Add("gzip");
            using var reply = await http.PostAsync($"/api/v1/footprint/facilities/{facility}/readings", content, ct);
            var answer = await reply.Content.ReadAsStringAsync(ct);
            if (!reply.IsSuccessStatusCode) throw new InvalidOperationException($"The readings were refused: {answer}");
            taken += JsonNode.Parse(answer)!["accepted"]!.GetValue<int>();
            if (second > 0) slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }
        var last = TimeSpan.FromSeconds(count) - clock.Elapsed;
        if (last > TimeSpan.Zero) await Task.Delay(last, ct);
        var lasted = clock.Elapsed.TotalSeconds;
        // What is still in the inbox belongs to these seconds too.
        await server.Services.GetRequiredService<MeterWork>().Consolidate(ct);
        var after = cpu.Seconds();
        return (Math.Max(count, lasted), taken, after.Own - before.Own, after.Postgres - before.Postgres, slowest);
    }

    static void Lines(StringBuilder text, Instant at, int second, int tags)
    {
        var time = at.ToString("uuuu-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        for (var i = 0; i < tags; i++)
        {
            text.Append("{\"tag\":\"").Append(Name(i)).Append("\",\"at\":\"").Append(time).Append("\",\"value\":");
            switch (KindOf(i))
            {
                case MeterKind.Counter: text.Append(CultureInfo.InvariantCulture, $"{1_000_000 + i + second * 37 + second % 7}.{second % 10}"); break;
                case MeterKind.Event: text.Append(second % 300 == i % 300 ? 42 : 0); break;
                default: text.Append(CultureInfo.InvariantCulture, $"{4000 + i % 100 + (second * 7919 + i) % 50}.{(second + i) % 100:00}"); break;
            }
            text.Append("}\n");
        }
    }

    static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"pot{i / 10:0000}.s{i % 10}");

    /// <summary>Of ten tags four count, four are rates, one is a state and one tells of events.</summary>
    static MeterKind KindOf(int i) => (i % 10) switch { < 4 => MeterKind.Counter, < 8 => MeterKind.Rate, 8 => MeterKind.Gauge, _ => MeterKind.Event };

    internal static T Good<T>(Answer<T> answer) => answer.Ok ? answer.Value : throw new InvalidOperationException("Refused: " + string.Join(", ", answer.Refusals.Select(r => $"{r.Code} {r.Field}")));
}
