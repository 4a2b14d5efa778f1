using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Verdigris.Server.Tests.Durability;

/// <summary>
/// The real program, as a process of its own, is killed without warning in the middle of trading, eight times at every change and twenty by night. What it had
/// acknowledged must be there after each restart, in the documents and in the Book.
/// </summary>
public sealed class KilledServerTests(ITestOutputHelper output)
{
    const int Traders = 4;
    static readonly int Kills = Night.Cases(8, 20);

    [Fact]
    public async Task Every_acknowledged_transfer_survives_kill_after_kill_under_load()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-killed");
        var acknowledged = new ConcurrentDictionary<string, string>(); // transfer id -> last state that was acknowledged
        ServerProcess? server = null;
        try
        {
            server = await ServerProcess.Start(folder.FullName);
            var lost = new List<string>();
            long worst = 0;
            for (var kill = 1; kill <= Kills; kill++)
            {
                using (var owner = await Trader.SignIn(server.Address, "owner-a"))
                using (var buyer = await Trader.SignIn(server.Address, "owner-b"))
                {
                    // Everything acknowledged so far, asked of the restarted server.
                    foreach (var (id, state) in acknowledged)
                    {
                        var now = await owner.StateOf(id);
                        if (!Allowed(state, now)) lost.Add($"kill {kill}: transfer {id} was acknowledged as {state}, is {now ?? "gone"}");
                    }
                    Assert.Empty(lost);
                    var before = acknowledged.Count;
                    using var stop = new CancellationTokenSource();
                    var load = Task.WhenAll(await Load(owner, buyer, acknowledged, stop.Token));
                    // A busy machine may need a while for the first one; killed before, the round would prove nothing.
                    for (var waited = 0; acknowledged.Count == before && waited < 600; waited++) await Task.Delay(50);
                    await Task.Delay(400 + kill * 37 % 500);
                    server.Kill();
                    await stop.CancelAsync();
                    await load;
                    output.WriteLine($"kill {kill}: {acknowledged.Count - before} transfers newly acknowledged, {acknowledged.Count} in all, all of the earlier ones there");
                }
                var watch = Stopwatch.StartNew();
                server = await ServerProcess.Start(folder.FullName);
                worst = Math.Max(worst, watch.ElapsedMilliseconds);
            }
            using var last = await Trader.SignIn(server.Address, "owner-a");
            foreach (var (id, state) in acknowledged) if (!Allowed(state, await last.StateOf(id))) lost.Add($"transfer {id} was acknowledged as {state}");
            Assert.Empty(lost);
            Assert.True(acknowledged.Count >= Kills, $"Only {acknowledged.Count} transfers were acknowledged: the load did not run.");
            await last.BookAgrees(acknowledged.Keys);
            output.WriteLine($"{acknowledged.Count} acknowledged transfers, slowest restart {worst} ms");
        }
        finally
        {
            server?.Kill();
            await ServerProcess.DeleteWhenStopped(folder);
        }
    }

    /// <summary>An offer acknowledged as proposed may have been accepted by a request whose answer was lost; what was decided stays decided.</summary>
    static bool Allowed(string acknowledged, string? now) => now is not null && (acknowledged == "proposed" ? now is "proposed" or "accepted" : now == acknowledged);

    static async Task<IReadOnlyList<Task>> Load(Trader owner, Trader buyer, ConcurrentDictionary<string, string> acknowledged, CancellationToken ct)
    {
        var tasks = new List<Task>();
        foreach (var (from, to) in new[] { (owner, buyer), (buyer, owner) })
        {
            var warrants = await from.LiveWarrants();
            for (var n = 0; n < Traders / 2; n++)
            {
                var mine = new Queue<string>(warrants.Where((_, i) => i % (Traders / 2) == n));
                tasks.Add(Task.Run(async () =>
                {
                    while (!ct.IsCancellationRequested && mine.TryDequeue(out var warrant))
                    {
                        try
                        {
                            if (await from.Propose(warrant, to.Organisation) is not { } offer) continue;
                            acknowledged[offer] = "proposed";
                            if (await to.Accept(offer)) acknowledged[offer] = "accepted";
                        }
                        catch (Exception e) when (e is HttpRequestException or IOException or SocketException) { return; } // the kill: nothing is known of the last request
                    }
                }, CancellationToken.None));
            }
        }
        return tasks;
    }

    /// <summary>One signed-in person who uses the API from a browser's session.</summary>
    sealed class Trader(Browser browser, string token, string organisation) : IDisposable
    {
        public string Organisation => organisation;

        public static async Task<Trader> SignIn(Uri address, string name)
        {
            var browser = new Browser(address);
            using var answer = await browser.SignIn(name, DemoPeople.Password);
            Assert.Equal(System.Net.HttpStatusCode.Found, answer.StatusCode);
            var token = Browser.TokenOf(await browser.Text("/account"));
            // The first owner of the demo is the seat's organisation; what a warrant in hand says of its owner is the plainest way to its id.
            var trader = new Trader(browser, token, "");
            var first = (await trader.LiveWarrants())[0];
            var view = await browser.Http.GetFromJsonAsync<JsonElement>($"/api/v1/warrants/{first}");
            return new Trader(browser, token, view.GetProperty("owner").GetString()!);
        }

        public async Task<IReadOnlyList<string>> LiveWarrants()
        {
            var page = await browser.Http.GetFromJsonAsync<JsonElement>("/api/v1/warrants?state=Live&limit=200");
            return [.. page.GetProperty("items").EnumerateArray().Where(w => w.GetProperty("mine").GetBoolean() && !w.GetProperty("offerOpen").GetBoolean()).Select(w => w.GetProperty("id").GetString()!)];
        }

        public async Task<string?> Propose(string warrant, string to)
        {
            using var answer = await Post($"/api/v1/warrants/{warrant}/transfers", new { toOrganisationId = to, expiresAt = DateTimeOffset.UtcNow.AddDays(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), message = "under load" });
            return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString() : null;
        }

        public async Task<bool> Accept(string offer)
        {
            using var answer = await Post($"/api/v1/transfers/{offer}/accept", new { });
            return answer.IsSuccessStatusCode && (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString() == "accepted";
        }

        public async Task<string?> StateOf(string offer)
        {
            using var answer = await browser.Http.GetAsync($"/api/v1/transfers/{offer}");
            return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString() : null;
        }

        /// <summary>For a warrant's newest accepted transfer, the Book names the receiver as the owner.</summary>
        public async Task BookAgrees(ICollection<string> offers)
        {
            var newest = new Dictionary<string, (DateTimeOffset At, string To)>();
            foreach (var offer in offers)
            {
                var t = await browser.Http.GetFromJsonAsync<JsonElement>($"/api/v1/transfers/{offer}");
                if (t.GetProperty("state").GetString() != "accepted") continue;
                var (warrant, at) = (t.GetProperty("warrantId").GetString()!, t.GetProperty("decidedAt").GetDateTimeOffset());
                if (!newest.TryGetValue(warrant, out var known) || known.At < at) newest[warrant] = (at, t.GetProperty("toOrganisation").GetString()!);
            }
            Assert.NotEmpty(newest);
            foreach (var (warrant, (_, to)) in newest.Where(n => n.Value.To == organisation))
            {
                var view = await browser.Http.GetFromJsonAsync<JsonElement>($"/api/v1/warrants/{warrant}");
                Assert.Equal(to, view.GetProperty("owner").GetString());
            }
        }

        Task<HttpResponseMessage> Post(string path, object body)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
            request.Headers.Add(RequestGuards.AntiforgeryHeader, token);
            return browser.Http.SendAsync(request);
        }

        public void Dispose() => browser.Dispose();
    }
}
