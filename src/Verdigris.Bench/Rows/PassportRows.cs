using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Bench.Load;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Passport.Demo;
using Verdigris.Primitives;
using Verdigris.Server;
using Verdigris.Storage;

namespace Verdigris.Bench.Rows;

/// <summary>Rows P1-P4: a real server with the demo, a private cluster that flushes, and certificates by the hundred thousand.</summary>
sealed partial class PassportRows(BenchOptions options)
{
    const int FileRows = 100_000, Connections = 32, Demanded = 20_000, Once = 100_000;

    int Files => options.Quick ? 1 : 10;

    public async Task<IEnumerable<BenchLine>> Run(Func<string, bool> wanted, CancellationToken ct)
    {
        var lines = new List<BenchLine>();
        var folder = Path.Combine(options.Folder, "passports");
        var total = 0L;
        await using (var server = await ServerHost.Start(new ServerOptions
        {
            Port = 0,
            DataFolder = folder,
            Say = _ => { },
            Limits = new RequestLimits { ApiPerSecond = 10_000_000, PagesPerSecond = 10_000_000, SignInsPerMinute = 1_000, TokensPerMinute = 1_000 },
        }, ct))
        {
            if (wanted("P1") || wanted("P2") || wanted("P3")) total = await Served(server, wanted, lines, ct);
        }
        if (wanted("P4")) lines.Add(await StartRow.Measure(folder, total, options.Quick ? 3 : 7, ct));
        return lines;
    }

    /// <returns>How many certificates there are in the end.</returns>
    async Task<long> Served(RunningServer server, Func<string, bool> wanted, List<BenchLine> lines, CancellationToken ct)
    {
        var imported = await Import(server, ct);
        if (wanted("P1"))
            lines.Add(new("P1", $"import of {FileRows:N0} certificates from CSV, checked and durable", BenchTable.Rate(imported.Best) + (Files > 1 ? $"; file {Files}: {BenchTable.Rate(imported.Last)}" : ""), ">= 15 k rows/s", imported.Last >= 15e3, "-", "checking on one core, COPY and its indexes on the other"));
        await Settle(server, ct);
        var cookie = await SignIn(server.Address, "smelter-editor");
        if (wanted("P2")) lines.Add(await Reads(server, cookie, imported.Total, ct));
        if (wanted("P3")) lines.Add(await Lists(server, cookie, imported.Total));
        return imported.Total;
    }

    async Task<(double Best, double Last, long Total)> Import(RunningServer server, CancellationToken ct)
    {
        var import = server.Services.GetRequiredService<CertificateImport>();
        var editor = new Actor(DemoPlan.Id("bench"), "bench", DemoPlan.Producer, new HashSet<string> { Role.ProducerEditor });
        double best = 0, last = 0;
        for (var file = 0; file < Files; file++)
        {
            var bytes = CsvFile(file);
            await using var session = server.Services.GetRequiredService<IDbSessions>().Open(editor);
            var begin = Stopwatch.GetTimestamp();
            var answer = await import.Apply(session, new MemoryStream(bytes), $"bench-{file}.csv", CertificateImport.AcceptedLines, ct);
            last = FileRows / Stopwatch.GetElapsedTime(begin).TotalSeconds;
            best = Math.Max(best, last);
            if (!answer.Ok || answer.Value.Applied != FileRows)
                throw new InvalidOperationException("The bench's own file was refused: " + (answer.Ok ? string.Join("; ", answer.Value.Faults.Take(3).Select(f => $"line {f.Line} {f.Column} {f.Code}")) : answer.Refusals[0].Code));
        }
        await using var counter = server.Services.GetRequiredService<Database>().Owner.CreateCommand("select count(*) from passport.certificate");
        return (best, last, (long)(await counter.ExecuteScalarAsync(ct))!);
    }

    static byte[] CsvFile(int file)
    {
        var random = new Random(file);
        var text = new StringBuilder(FileRows * 250);
        text.Append("brand,countryOfOrigin,shape,heats,batchNo,productionDate,analysisDate,issueDate,pieces,bundles,grossKg,netKg,spec,method,labName,labAccreditation,labValidTo,sourceRef,Si,Fe,Zn,Ga,V,Cu,Mn,Al\r\n");
        for (var i = 0; i < FileRows; i++)
        {
            var brand = DemoPlan.Brands[random.Next(DemoPlan.Brands.Count)];
            var day = new DateTime(2024, 1, 1).AddDays(random.Next(600));
            var net = 24_700m + random.Next(1_200) * 0.5m;
            var bundles = (int)decimal.Ceiling(net / brand.BundleKg);
            int si = random.Next(20, 90), fe = random.Next(50, 180), ga = random.Next(5, 20);
            text.Append(CultureInfo.InvariantCulture, $"{brand.Code},{DemoPlan.Plants[brand.Plant].Country},{brand.Shape},Q{file:00}{i:000000},B{file:00}{i:000000},{day:yyyy-MM-dd},{day.AddDays(1):yyyy-MM-dd},{day.AddDays(1):yyyy-MM-dd},{Math.Max(bundles, (int)(net / brand.PieceKg))},{bundles},{net + bundles * 2:0.000},{net:0.000},");
            text.Append(CultureInfo.InvariantCulture, $"aa-p1020a,OES,Bench laboratory,NA-1,2028-06-30,BENCH-{file}-{i},{si / 1000m:0.000},{fe / 1000m:0.000},<0.005,{ga / 1000m:0.000},0.009,<0.0010,<0.0010,{100 - (si + fe + ga + 9) / 1000m:0.00}\r\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>What the database does by itself in the minutes after such an import, and what would otherwise run beside the measurement on the same two cores.</summary>
    static async Task Settle(RunningServer server, CancellationToken ct)
    {
        await using var command = server.Services.GetRequiredService<Database>().Owner.CreateCommand("vacuum (analyze) passport.certificate");
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(ct);
    }

    async Task<BenchLine> Reads(RunningServer server, string cookie, long total, CancellationToken ct)
    {
        // In demand is what is traded; the others are each read once and come from the database.
        var ids = await Ids(server, Demanded + Once, ct);
        var demanded = Load(server, cookie, ids.Take(Demanded));
        await demanded.Run(Connections, TimeSpan.FromMinutes(2), once: true);
        var kestrel = await KestrelLimit.Json(Connections, options.Seconds(5));
        var full = await demanded.Run(Connections, options.Seconds(8));
        var half = await demanded.Run(Connections, options.Seconds(8), (int)(full.PerSecond / 2));
        var once = await Load(server, cookie, ids.Skip(Demanded)).Run(Connections, options.Seconds(8), once: true);
        if (full.Other + once.Other > 0) throw new InvalidOperationException($"{full.Other + once.Other} reads were refused.");
        double share = full.PerSecond / kestrel.PerSecond, p99 = half.Latencies.Ms(.99);
        return new("P2", $"read of a certificate with emissions by title over HTTP, {total:N0} certificates, {Demanded:N0} in demand", $"{BenchTable.Rate(full.PerSecond)} ({share:P0} of Kestrel); half load p99 {BenchTable.Ms(p99)}; each read once {BenchTable.Rate(once.PerSecond)} ({once.PerSecond / kestrel.PerSecond:P0})",
            ">= 25 % of Kestrel's JSON limit in the same run; p99 < 10 ms at half load", share >= .25 && p99 < 10, $"Kestrel JSON {BenchTable.Rate(kestrel.PerSecond)}", "Kestrel and the load on the same two cores; read once: the database's two questions");
    }

    static HttpLoad Load(RunningServer server, string cookie, IEnumerable<Guid> ids) => new(server.Address.Port, [.. ids.Select(id => HttpLoad.Get($"/api/v1/certificates/{id}", cookie: cookie))]);

    /// <summary>Ids from all over the table, in no order.</summary>
    static async Task<List<Guid>> Ids(RunningServer server, int count, CancellationToken ct)
    {
        var ids = new List<Guid>();
        await using var command = server.Services.GetRequiredService<Database>().Owner.CreateCommand("select id from passport.certificate order by md5(id::text) limit " + count);
        command.CommandTimeout = 300;
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) ids.Add(reader.GetGuid(0));
        return ids;
    }

    async Task<BenchLine> Lists(RunningServer server, string cookie, long total)
    {
        string[] queries =
        [
            "?q=FJNI", "?brand=FJSI&state=Published", "?q=B00012345", "?brand=FJGI&sort=-produced", "?q=Q00054321", "?q=ingot%20FJSI&state=Draft", "?sort=produced", "?sort=-number", "?state=Voided", "?q=nothing",
        ];
        double worst = 0;
        var perQuery = new List<string>();
        long largest = 0;
        foreach (var filter in queries)
        {
            var query = $"/api/v1/certificates{filter}&limit=50";
            var load = new HttpLoad(server.Address.Port, [HttpLoad.Get(query, cookie: cookie)]);
            await load.Run(1, TimeSpan.FromMilliseconds(300));
            var result = await load.Run(1, options.Seconds(3));
            if (result.Other > 0) throw new InvalidOperationException($"{query} was refused.");
            worst = Math.Max(worst, result.Latencies.Ms(.95));
            perQuery.Add(BenchTable.Ms(result.Latencies.Ms(.95)));
            largest = Math.Max(largest, result.Bytes / Math.Max(1, result.Ok));
        }
        return new("P3", $"list with filter and full-text search, {total:N0} rows, through HTTP", $"p95 of the slowest of {queries.Length} lists {BenchTable.Ms(worst)}; largest {largest / 1000.0:0.0} kB", "p95 < 60 ms; < 100 kB", worst < 60 && largest < 100_000, "p95 by query: " + string.Join(", ", perQuery), "index scans; the reader's scope");
    }

    static async Task<string> SignIn(Uri address, string name)
    {
        var jar = new CookieContainer();
        using var http = new HttpClient(new HttpClientHandler { CookieContainer = jar, AllowAutoRedirect = false }) { BaseAddress = address };
        var page = await http.GetStringAsync("/sign-in");
        var token = TokenOf(page);
        using var answer = await http.PostAsync("/sign-in", new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "sign-in", ["__RequestVerificationToken"] = token, ["Input.Name"] = name, ["Input.Password"] = "every tonne once" }));
        if (answer.StatusCode != HttpStatusCode.Found) throw new InvalidOperationException($"The demo's sign-in {name} was refused: {answer.StatusCode}.");
        return jar.GetCookieHeader(address);
    }

    /// <summary>A client signed in to the demo that may change things.</summary>
    internal static async Task<HttpClient> SignedIn(Uri address, string name, CancellationToken ct)
    {
        var http = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = address };
        http.DefaultRequestHeaders.Add("Cookie", await SignIn(address, name));
        using var page = await http.GetAsync("/account", ct);
        // The token goes with the cookie that came with it.
        var cookies = page.Headers.TryGetValues("Set-Cookie", out var set) ? set.Select(c => c.Split(';')[0]) : [];
        var kept = http.DefaultRequestHeaders.GetValues("Cookie").Single();
        http.DefaultRequestHeaders.Remove("Cookie");
        http.DefaultRequestHeaders.Add("Cookie", string.Join("; ", cookies.Prepend(kept)));
        http.DefaultRequestHeaders.Add("X-CSRF-Token", TokenOf(await page.Content.ReadAsStringAsync(ct)));
        return http;
    }

    /// <summary>What a form of a page carries against forgery.</summary>
    internal static string TokenOf(string page) => WebUtility.HtmlDecode(TokenPattern().Match(page).Groups[1].Value);

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex TokenPattern();
}
