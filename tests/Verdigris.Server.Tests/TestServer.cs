using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Server.Tests;

/// <summary>A clock that a test turns forward.</summary>
sealed class TurnableClock : IClock
{
    long extraTicks;

    public Instant GetCurrentInstant() => SystemClock.Instance.GetCurrentInstant() + Duration.FromTicks(Interlocked.Read(ref extraTicks));

    public void Turn(Duration by) => Interlocked.Add(ref extraTicks, by.BclCompatibleTicks);
}

/// <summary>A real server on a free port with a database of its own, and organisations with the demo's people.</summary>
sealed class ServerUnderTest : IAsyncDisposable
{
    readonly TestDatabase database;
    readonly DirectoryInfo folder;

    ServerUnderTest(RunningServer server, TestDatabase database, DirectoryInfo folder, TurnableClock clock)
    {
        Server = server;
        this.database = database;
        this.folder = folder;
        Clock = clock;
    }

    public RunningServer Server { get; }
    public TurnableClock Clock { get; }
    public string SuperuserConnection => database.SuperuserConnectionString;
    public Uri Address => Server.Address;

    /// <summary>Where e-mails go as files unless a test names a mail server.</summary>
    public string MailFolder => Path.Combine(folder.FullName, "mail");

    public static async Task<ServerUnderTest> Start(RequestLimits? limits = null, MailOptions? mail = null, bool loopbackWebhooks = true, OutsideOptions? outside = null) =>
        await On(await TestCluster.NewDatabase("peopled", Peopled), limits, mail, loopbackWebhooks, outside);

    static async Task<ServerUnderTest> On(TestDatabase database, RequestLimits? limits = null, MailOptions? mail = null, bool loopbackWebhooks = true, OutsideOptions? outside = null)
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-server-test");
        var clock = new TurnableClock();
        var server = await ServerHost.Start(new ServerOptions
        {
            Port = 0,
            DataFolder = folder.FullName,
            PostgresConnection = database.OwnerConnectionString,
            PostgresAppConnection = database.AppConnectionString,
            Clock = clock,
            Say = _ => { },
            Demo = false,
            LoopbackWebhooks = loopbackWebhooks,
            Outside = outside,
            Mail = mail ?? MailOptions.IntoFolder(Path.Combine(folder.FullName, "mail")),
            Limits = limits ?? new RequestLimits { SignInsPerMinute = 10_000, TokensPerMinute = 10_000, PagesPerSecond = 10_000, ApiPerSecond = 10_000 },
        }, CancellationToken.None);
        return new(server, database, folder, clock);
    }

    /// <summary>By a server that starts once: its schema, organisations and people, whose passwords take long to make.</summary>
    static async Task Peopled(TestDatabase database)
    {
        var made = await On(database);
        await made.Sql("""
            insert into passport.organisation (id, kind, name, name_zh, country, state, created_at) values
              ('0190a000-0000-7000-8000-000000000001', 'producer', 'Nordfjord Aluminium', '北峡湾铝业', 'NO', 'active', now()),
              ('0190a000-0000-7000-8000-000000000002', 'warehouse', 'Maasvlakte Storage', null, 'NL', 'active', now()),
              ('0190a000-0000-7000-8000-000000000003', 'owner', 'Auriga Trading', null, 'SG', 'active', now()),
              ('0190a000-0000-7000-8000-000000000004', 'owner', 'Borealis Extrusions', null, 'DE', 'active', now()),
              ('0190a000-0000-7000-8000-000000000005', 'exchange', 'Verdigris Exchange', null, 'GB', 'active', now())
            """);
        await DemoPeople.Ensure(made.Server.Services, Cast, CancellationToken.None);
        await made.Server.DisposeAsync();
        made.folder.Delete(recursive: true);
    }

    static DemoPerson Somebody(int number, string name, string shown, int organisation, params string[] roles) =>
        new(new Guid($"0190b000-0000-7000-8000-{number:000000000000}"), name, shown, new Guid($"0190a000-0000-7000-8000-{organisation:000000000000}"), "", roles);

    static readonly DemoPerson[] Cast =
    [
        Somebody(1, "smelter@demo", "Ingrid Solheim", 1, Role.ProducerEditor),
        Somebody(2, "warehouse@demo", "Joost de Wit", 2, Role.WarehouseOperator),
        Somebody(3, "owner@demo", "陈思远 Chen Siyuan", 3, Role.OwnerTrader),
        Somebody(4, "owner.approver@demo", "Amara Okafor", 3, Role.Administrator, Role.OwnerApprover),
        Somebody(5, "reader@demo", "Sam Carter", 3, Role.Reader),
        Somebody(6, "buyer@demo", "Lucas Weber", 4, Role.OwnerTrader),
        Somebody(7, "exchange@demo", "Priya Raman", 5, Role.ExchangeStaff, Role.Administrator),
    ];

    public async Task Sql(string text)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.SuperuserConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(text, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> Value<T>(string text)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.SuperuserConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(text, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public Browser NewBrowser() => new(Address);

    public async Task<Browser> SignedIn(string name, string password = DemoPeople.Password)
    {
        var browser = NewBrowser();
        var answer = await browser.SignIn(name, password);
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await database.DisposeAsync();
        folder.Delete(recursive: true);
    }
}

/// <summary>One server for all tests that leave nothing behind that others would notice.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal ServerUnderTest Under { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Under = await ServerUnderTest.Start();

    public ValueTask DisposeAsync() => Under.DisposeAsync();
}

[CollectionDefinition(nameof(SharedServer))]
public sealed class SharedServerCollection : ICollectionFixture<SharedServer>;

/// <summary>Does what a browser without script does: keeps cookies, sends forms with the token that the page carries.</summary>
sealed partial class Browser : IDisposable
{
    readonly HttpClientHandler handler = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };

    public Browser(Uri address) => Http = new HttpClient(handler) { BaseAddress = address };

    public HttpClient Http { get; }
    public CookieCollection Cookies => handler.CookieContainer.GetCookies(Http.BaseAddress!);

    public Task<HttpResponseMessage> Get(string path) => Http.GetAsync(path);

    public async Task<string> Text(string path)
    {
        using var answer = await Http.GetAsync(path);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode}");
        return await answer.Content.ReadAsStringAsync();
    }

    public Task<HttpResponseMessage> SignIn(string name, string password, string? back = null) =>
        Post("/sign-in" + (back is null ? "" : "?return=" + Uri.EscapeDataString(back)), "sign-in", ("Input.Name", name), ("Input.Password", password), ("Input.Return", back ?? ""));

    /// <summary>Opens the page and sends one of its forms.</summary>
    public async Task<HttpResponseMessage> Post(string page, string handlerName, params (string Name, string Value)[] values)
    {
        var token = TokenOf(await Text(page));
        return await Http.PostAsync(page, new FormUrlEncodedContent(values.Append(("_handler", handlerName)).Append(("__RequestVerificationToken", token)).Select(v => KeyValuePair.Create(v.Item1, v.Item2))));
    }

    public static string TokenOf(string page) => TokenPattern().Match(page) is { Success: true } match ? WebUtility.HtmlDecode(match.Groups[1].Value) : throw new InvalidOperationException("The page has no antiforgery token.");

    public void Dispose() => Http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex TokenPattern();
}
