using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Trading;
using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Storage.Testing;

namespace Verdigris.Server.Tests.Trading;

/// <summary>Time that began at a moment of the test's choosing and is turned forward.</summary>
sealed class MovedClock(Instant began) : IClock
{
    readonly long at = System.Diagnostics.Stopwatch.GetTimestamp();
    long extra;

    public Instant GetCurrentInstant() => began + Duration.FromTimeSpan(System.Diagnostics.Stopwatch.GetElapsedTime(at)) + Duration.FromTicks(Interlocked.Read(ref extra));

    public void Turn(Duration by) => Interlocked.Add(ref extra, by.BclCompatibleTicks);
}

/// <summary>A whole server with two members of the market who have money, and an exchange. It can be stopped and started again on the same folder and database.</summary>
sealed class MarketServer : IAsyncDisposable
{
    public static readonly Guid Exchange = Organisation(9);

    public static readonly Actor Operator = Seat(90, Exchange, Role.MarketOperator, Role.ExchangeStaff, Role.ClearingOfficer), Operator2 = Seat(91, Exchange, Role.MarketOperator, Role.ExchangeStaff, Role.ClearingOfficer),
        Seller = Seat(11, Organisation(1), Role.MarketTrader, Role.MarketSupervisor, Role.Administrator), Buyer = Seat(21, Organisation(2), Role.MarketTrader, Role.MarketSupervisor, Role.Administrator);

    readonly TestDatabase database;
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("verdigris-market-test");
    RunningServer? server;

    MarketServer(TestDatabase database, Instant began) => (this.database, Clock) = (database, new(began));

    public MovedClock Clock { get; }
    public RunningServer Server => server!;
    public IFloor Floor => Get<IFloor>();
    public Uri Address => Server.Address;
    public IPEndPoint FixAt => IPEndPoint.Parse(Server.Welcome.Single(w => w.StartsWith("FIX 4.4: ", StringComparison.Ordinal))["FIX 4.4: ".Length..]);
    public TradingAccount SellerAccount { get; private set; } = null!;
    public TradingAccount BuyerAccount { get; private set; } = null!;

    public T Get<T>() where T : notnull => Server.Services.GetRequiredService<T>();

    public static async Task<MarketServer> Open(Instant began)
    {
        var made = new MarketServer(await TestCluster.NewEmptyDatabase(), began);
        await made.Start();
        await made.Sql("insert into passport.organisation (id, kind, name, name_zh, country, state, created_at) values ($1, 'owner', 'Auriga Trading', null, 'SG', 'active', now()), ($2, 'owner', 'Borealis Extrusions', null, 'DE', 'active', now()), ($3, 'exchange', 'Verdigris Exchange', null, 'GB', 'active', now())", Organisation(1), Organisation(2), Exchange);
        await DemoPeople.Ensure(made.Server.Services, [Person(Seller, "seller@demo"), Person(Buyer, "buyer@demo"), Person(Operator, "exchange@demo")], default);
        made.SellerAccount = await made.Member(Seller);
        made.BuyerAccount = await made.Member(Buyer);
        return made;
    }

    public async Task Start() => server = await ServerHost.Start(new ServerOptions
    {
        Port = 0,
        DataFolder = folder.FullName,
        PostgresConnection = database.OwnerConnectionString,
        PostgresAppConnection = database.AppConnectionString,
        Clock = Clock,
        Say = _ => { },
        Demo = false,
        Fix = ServerOptions.FixAt("127.0.0.1:0", false, null, null),
        Limits = new RequestLimits { SignInsPerMinute = 10_000, TokensPerMinute = 10_000, PagesPerSecond = 10_000, ApiPerSecond = 10_000 },
    }, CancellationToken.None);

    public async Task Stop()
    {
        await Server.DisposeAsync();
        server = null;
    }

    /// <summary>Opens a series and waits until its sessions have begun.</summary>
    public async Task<Instrument> Opened(string series, decimal reference)
    {
        var made = await Do(Operator, s => Get<Listing>().Open(s, new(series, reference), default));
        await Until(() => Floor.Read(f => f.Instrument(made.Number)?.Phase) == BookPhase.Continuous, "the series is traded");
        return made;
    }

    /// <summary>A trade is taken back: one operator asks, another decides.</summary>
    public async Task TakeBack(long trade) => await Decide((await Do(Operator, s => Get<BustDesk>().Propose(s, trade, "A price typed wrong.", default))).Id);

    async Task<TradingAccount> Member(Actor who)
    {
        var members = Get<MemberHandlers>();
        var asked = await Do(who, s => members.Apply(s, true, default));
        foreach (var paper in asked.Missing) await Do(who, s => members.AddDocument(s, asked.Member.Id, paper, paper + ".pdf", new MemoryStream("%PDF-1.7\npaper\n%%EOF"u8.ToArray()), default));
        await Do(Operator, s => members.Propose(s, asked.Member.Id, default));
        await Decide(asked.Member.Id);
        var account = await Do(who, s => Get<TradingAccountHandlers>().Open(s, new("house"), default));
        var move = await Do(Operator, s => Get<CashHandlers>().ProposeIn(s, new(account.Code, "EUR", 1_000_000m, "line " + account.Code, null), default));
        await Decide(move.Id);
        return await Do(who, s => Get<TradingAccountHandlers>().Read(s, account.Number, default));
    }

    async Task Decide(Guid subject)
    {
        await using var s = Get<IDbSessions>().Open(Actor.System);
        var task = await s.Value<Guid>("select id from storage.approval_task where subject_id = $1 and state = 'Open'", default, subject.ToString());
        await Do(Operator2, t => Get<Approvals>().Decide(t, task, true, null, default));
    }

    public async Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        await using var s = Get<IDbSessions>().Open(actor);
        var answer = await work(s);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        return answer.Value;
    }

    public async Task<T> Value<T>(string sql, params object?[] args)
    {
        await using var s = Get<IDbSessions>().Open(Actor.System);
        return await s.Value<T>(sql, default, args);
    }

    public async Task Sql(string text, params object[] args)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.SuperuserConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(text, connection);
        foreach (var arg in args) command.Parameters.Add(new() { Value = arg });
        await command.ExecuteNonQueryAsync();
    }

    public async Task<Seated> SignedIn(string name)
    {
        var browser = new Browser(Address);
        using var answer = await browser.SignIn(name, DemoPeople.Password);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        return new(browser, Browser.TokenOf(await browser.Text("/account")));
    }

    /// <summary>A machine client is revoked.</summary>
    public async Task Revoke(string client)
    {
        await Sql("update server.client set revoked_at = now(), revoked_by = created_by where client_id = $1", client);
        Get<AccessCache>().ForgetClient(await Value<Guid>("select id from server.client where client_id = $1", client));
    }

    /// <summary>Waits for something the server does by itself.</summary>
    public static async Task Until(Func<bool> done, string what)
    {
        for (var i = 0; i < 1_200; i++)
        {
            if (done()) return;
            await Task.Delay(50);
        }
        Assert.Fail("It never came that " + what + ".");
    }

    static Guid Organisation(int n) => new($"0190a000-0000-7000-8000-{n:000000000000}");

    static Actor Seat(int n, Guid organisation, params string[] roles) => new(new($"0190b000-0000-7000-8000-{n:000000000000}"), $"Person {n}", organisation, roles.ToHashSet());

    static DemoPerson Person(Actor a, string name) => new(a.PersonId, name, a.Name, a.OrganisationId, "", [.. a.Roles]);

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        await database.DisposeAsync();
        folder.Delete(recursive: true);
    }
}

/// <summary>A person at the API with a browser's session.</summary>
sealed class Seated(Browser browser, string token) : IDisposable
{
    public Browser Browser => browser;

    public async Task<JsonElement> Get(string path)
    {
        using var answer = await browser.Http.GetAsync(path);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<JsonElement> Send(HttpMethod method, string path, object body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body) };
        request.Headers.Add(RequestGuards.AntiforgeryHeader, token);
        using var answer = await browser.Http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>What is answered to a text, whatever it is.</summary>
    public async Task<(int Status, string Body)> Raw(HttpMethod method, string path, string text)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(text, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Add(RequestGuards.AntiforgeryHeader, token);
        using var answer = await browser.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>Lots traded at once.</summary>
    public async Task<long> Order(string series, string side, decimal quantity, decimal price) => (await Send(HttpMethod.Post, "/api/v1/market/orders", new { series, side, quantity, price })).GetProperty("traded").GetInt64();

    public void Dispose() => browser.Dispose();
}
