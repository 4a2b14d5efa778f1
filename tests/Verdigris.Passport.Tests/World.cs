using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Web;
using Verdigris.Web.Layout;

namespace Verdigris.Passport.Tests;

/// <summary>A database of its own, a Book in memory, and a small cast: one exchange, one smelter with a plant and a brand, one warehouse, four owners.</summary>
sealed class World : IAsyncDisposable
{
    public static readonly Instant Start = Instant.FromUtc(2026, 11, 20, 9, 0);

    readonly TestDatabase database;
    int tickets;
    bool web;
    readonly string folder;

    World(TestDatabase database, WebApplication app, Venue venue, TestClock clock, string folder)
    {
        this.database = database;
        App = app;
        Venue = venue;
        Clock = clock;
        this.folder = folder;
    }

    public WebApplication App { get; }
    public Venue Venue { get; }
    public TestClock Clock { get; }
    public TestDatabase Database => database;
    public IServiceProvider Services => App.Services;

    public readonly Guid Exchange = Guid.CreateVersion7(), Smelter = Guid.CreateVersion7(), Warehouse = Guid.CreateVersion7(), Stranger = Guid.CreateVersion7();
    public readonly Guid[] Owners = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];
    public Guid Plant { get; } = Guid.CreateVersion7();
    public Guid Unit { get; } = Guid.CreateVersion7();
    public Actor Staff => Person("staff", Exchange, Role.ExchangeStaff);
    public Actor OtherStaff => Person("other staff", Exchange, Role.ExchangeStaff);
    public Actor Editor => Person("editor", Smelter, Role.ProducerEditor);
    public Actor Approver => Person("approver", Smelter, Role.ProducerApprover);
    public Actor Operator => Person("operator", Warehouse, Role.WarehouseOperator);
    public Actor Issuer => Person("issuer", Warehouse, Role.WarehouseApprover);
    public Actor Owner(int i) => Person("owner " + i, Owners[i], Role.OwnerTrader);

    public static Actor Person(string name, Guid organisation, params string[] roles) => new(Demo.DemoPlan.Id(name + organisation), name, organisation, roles.ToHashSet());

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();
    public DbSession As(Actor actor) => Get<IDbSessions>().Open(actor);

    /// <summary>Runs statements as the owner of the database, who is above its rules.</summary>
    public async Task AsOwner(string sql)
    {
        await using var command = database.Database.Owner.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs one use case as somebody and takes its answer.</summary>
    public async Task<Answer<T>> Try<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        await using var session = As(actor);
        return await work(session);
    }

    public async Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        return answer.Value;
    }

    public static async Task<World> Make(bool cast = true)
    {
        var database = await TestCluster.NewDatabase((PassportRoom.Name, typeof(PassportRoom).Assembly));
        var folder = Directory.CreateTempSubdirectory("verdigris-passport-").FullName;
        var clock = new TestClock(Start);
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        var venue = Verdigris.Book.Venue.Open(new VenueOptions { VenueId = 7, DataFolder = folder, NowMicros = () => clock.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());
        builder.Services.AddSingleton<IClock>(clock);
        builder.Services.AddSingleton<IVenue>(venue);
        builder.Services.AddSingleton(RulePacks.Locate());
        builder.Services.AddStorage(database.Database, folder);
        // Upkeep and outbox run when a test says so; changes are heard always, as what is kept in memory hangs on them.
        foreach (var background in builder.Services.Where(d => d.ServiceType == typeof(Microsoft.Extensions.Hosting.IHostedService) && d.ImplementationType is { Name: not "ChangeNotifications" } type && type.Assembly == typeof(DbSession).Assembly).ToList()) builder.Services.Remove(background);
        builder.Services.AddPassport(new PassportOptions(Path.Combine(folder, "keys")));
        builder.Services.AddScoped<ICurrentActor, HeaderActor>();
        builder.Services.AddPassportPages();
        builder.Services.AddSingleton<IReportVersions, NoReports>();
        builder.Services.AddRazorComponents();
        builder.Services.AddAntiforgery();
        builder.Services.AddAuthentication(HeaderSignIn.Name).AddScheme<AuthenticationSchemeOptions, HeaderSignIn>(HeaderSignIn.Name, null);
        builder.Services.AddAuthorization();
        var app = builder.Build();
        app.UseRequestLanguage();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.MapGroup("").DisableAntiforgery().MapPassport();
        app.MapRazorComponents<Shell>().AddAdditionalAssemblies(typeof(PassportRoom).Assembly);
        await PassportRoom.Start(app.Services, default);
        var world = new World(database, app, venue, clock, folder);
        if (cast) await world.Cast();
        return world;
    }

    async Task Cast()
    {
        await using var system = As(Actor.System);
        var organisations = Get<OrganisationHandlers>();
        foreach (var (kind, name, id) in new[] { (OrganisationKind.Exchange, "Exchange", Exchange), (OrganisationKind.Producer, "Smelter", Smelter), (OrganisationKind.Warehouse, "Warehouse", Warehouse), (OrganisationKind.Owner, "Stranger", Stranger) }.Concat(Owners.Select((o, i) => (OrganisationKind.Owner, "Owner " + i, o))))
            Assert.True((await organisations.Create(system, new NewOrganisation(kind, name, null, null, "NO", id), default)).Ok);
        await Do(Editor, s => organisations.AddPlant(s, new NewPlant(Smelter, "P1", "Plant", null, "NO", null, null, 100_000m, ["smelting"], Plant), default));
        await Do(Approver, s => Get<PlantKeys>().Rotate(s, Plant, null, default));
        await Do(Staff, s => organisations.AddWarehouse(s, new NewWarehouse(Warehouse, "W1", "Unit", null, "NOOSL", "NO", ["AL"], null, Unit), default));
        await system.InTransaction(async t => await BrandHandlers.TakeOver(system, new BrandApplication("VALU", "VALU", "Valu", Plant, "AL", "AH", ["ingot"], 90_000m), Smelter, [new(new(2015, 1, 1), ListingState.Applied), new(new(2016, 1, 1), ListingState.Listed, "16/001")], t));
    }

    /// <summary>Somebody who lends, of an organisation of his own.</summary>
    public async Task<Actor> Lender(string name)
    {
        var id = Guid.CreateVersion7();
        await Do(Actor.System, s => Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Lender, name, null, null, "GB", id), default));
        return Person("officer of " + name, id, Role.LenderOfficer, Role.OwnerTrader);
    }

    /// <summary>A certificate that breaks no rule.</summary>
    public static CertificateContent Good(string mark = "A", LocalDate? day = null) => new()
    {
        ExchangeBrandCode = "VALU",
        CountryOfOrigin = "NO",
        Shape = "ingot",
        HeatNumbers = ["H" + mark + "1", "H" + mark + "2"],
        ProductionDate = day ?? new(2026, 3, 2),
        AnalysisDate = (day ?? new(2026, 3, 2)).PlusDays(1),
        IssueDate = (day ?? new(2026, 3, 2)).PlusDays(2),
        Pieces = 1100,
        Bundles = 25,
        GrossKg = 25_060m,
        NetKg = 25_000m,
        SpecRef = "aa-p1020a",
        Lab = new("Works laboratory", "NA-1", new(2030, 1, 1)),
        SourceRef = "REF-" + mark,
        Results = [new("Si", 0.04m), new("Fe", 0.11m), new("Zn", 0.005m, Qualifier: Qualifier.Below), new("Ga", 0.01m), new("V", 0.008m), new("Al", 99.82m)],
    };

    /// <summary>A certificate signed and published.</summary>
    public async Task<CertificateRow> Published(string mark, LocalDate? day = null)
    {
        var row = await Do(Editor, s => Get<CertificateHandlers>().Create(s, Good(mark, day), default));
        await Do(Approver, s => Get<CertificateHandlers>().Sign(s, row.Certificate.Id, default));
        return await Do(Approver, s => Get<CertificateHandlers>().Publish(s, row.Certificate.Id, default));
    }

    public Task<InboundMatch> Matched(CertificateRow row) => Matched(Operator, new InboundObservation(row.Certificate.Id, Unit, "VALU", "ingot", 25, 25_010m, [], row.Certificate.Content.HeatNumbers, "SCALE-1", Clock.GetCurrentInstant()));

    /// <summary>The metal is weighed as one lot, then compared.</summary>
    public async Task<InboundMatch> Matched(Actor who, InboundObservation seen)
    {
        await Weighed(who, WeighDirection.In, seen.WarehouseId, seen.CertificateId, seen.NetKg);
        return await Do(who, s => Get<WarrantHandlers>().RecordMatch(s, seen, default));
    }

    /// <summary>One ticket of a whole lot with 380 kg of tare.</summary>
    public Task<WeighTicket> Weighed(Actor who, WeighDirection direction, Guid unit, Guid subject, decimal netKg, string? bundle = null) => Do(who, s => Get<WeighHandlers>().Record(s, new NewWeighTicket(direction, unit,
        direction == WeighDirection.In ? subject : null, direction == WeighDirection.Out ? subject : null, bundle, $"T{Interlocked.Increment(ref tickets)}", "SCALE-1", netKg + 380, 380), default));

    /// <summary>Everything a queued warrant needs before it may leave: an order, two scans of each bundle by two people, and a weight that agrees.</summary>
    public async Task Scanned(Guid warrantId, Actor floor, Actor gate)
    {
        var orders = Get<LoadOutOrders>();
        await using var system = As(Actor.System);
        var warrant = (await WarrantStore.Find(system, warrantId, default))!;
        // Bundles that the certificates list need no marks.
        var order = await Try(floor, s => orders.Make(s, warrantId, new(), default)) is { Ok: true } listed
            ? listed.Value
            : await Do(floor, s => orders.Make(s, warrantId, new([.. Enumerable.Range(1, warrant.Bundles).Select(i => new NewScan("M" + i))]), default));
        foreach (var (who, place) in new[] { (floor, ScanPlace.Floor), (gate, ScanPlace.Gate) })
            Assert.DoesNotContain(await Do(who, s => orders.Scan(s, warrantId, place, [.. order.Bundles.Select(b => new NewScan(b.Code, b.Seal))], default)), r => r.Refusal is not null);
        await Weighed(floor, WeighDirection.Out, warrant.WarehouseId, warrantId, order.WeighedInKg!.Value);
    }

    /// <summary>A live warrant of an owner, by the whole path.</summary>
    public async Task<(Warrant Warrant, CertificateRow Certificate)> Issued(string mark, int owner, LocalDate? day = null)
    {
        var row = await Published(mark, day);
        await Matched(row);
        var warrant = await Do(Operator, s => Get<WarrantHandlers>().Request(s, new WarrantRequest([row.Certificate.Id], Owners[owner], "L-" + mark, "unpaid"), default));
        await Decide(Issuer, IssueWarrantKind.Name, warrant.Id, true);
        return ((await Do(Staff, s => Get<WarrantHandlers>().Read(s, warrant.Id, default))).Warrant, row);
    }

    /// <summary>Two people of the exchange declare a warrant invalid.</summary>
    public async Task Invalidated(Guid warrant, Guid? exchange = null)
    {
        await Do(Person("staff", exchange ?? Exchange, Role.ExchangeStaff), s => Get<LoadOutHandlers>().ProposeInvalidation(s, warrant, "wrong metal", default));
        await Decide(Person("other staff", exchange ?? Exchange, Role.ExchangeStaff), InvalidateKind.Name, warrant, true);
    }

    /// <summary>Decides the open task about a subject.</summary>
    public async Task Decide(Actor actor, string kind, Guid subject, bool approve)
    {
        await using var s = As(actor);
        var task = (await Get<Approvals>().Inbox(s, new TaskFilter(Kind: kind, SubjectId: subject.ToString()), default)).Items.Single();
        var answer = await Get<Approvals>().Decide(s, task.Id, approve, approve ? null : "no", default);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => r.Code)));
    }

    /// <summary>An accepted submission of the brand.</summary>
    public async Task<Guid> Emitted(int year, decimal direct, bool optIn = false, EmissionsMethod method = EmissionsMethod.Cbam)
    {
        var handlers = Get<EmissionsHandlers>();
        var made = await Do(Editor, s => handlers.Create(s, new NewSubmission("VALU", year, method, new EmissionsValues(direct, 0.25m), PublicOptIn: optIn, CorrectionReason: "Figures restated"), default));
        await Do(Approver, s => handlers.Submit(s, made.Id, default));
        await Decide(Staff, AcceptSubmissionKind.Name, made.Id, true);
        return made.Id;
    }

    /// <summary>The web part: routes, and hearing of changes, without which nothing is kept in memory. Compiling the routes takes longer than most tests, so only those that ask for it have it.</summary>
    public World Web()
    {
        lock (database)
        {
            if (web) return this;
            App.StartAsync().GetAwaiter().GetResult();
            for (var feed = App.Services.GetRequiredService<ChangeFeed>(); !feed.Live;) Thread.Sleep(5);
            web = true;
        }
        return this;
    }

    public HttpClient Client(Actor? actor)
    {
        Web();
        var client = App.GetTestClient();
        if (actor is not null) client.DefaultRequestHeaders.Add("X-Test-Actor", HeaderActor.Write(actor));
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Venue.DisposeAsync();
        await database.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>A clock the test moves.</summary>
sealed class TestClock(Instant start) : IClock
{
    long ticks = start.ToUnixTimeTicks();

    public Instant GetCurrentInstant() => Instant.FromUnixTimeTicks(Interlocked.Add(ref ticks, 10));
    public void Advance(Duration by) => Interlocked.Add(ref ticks, by.BclCompatibleTicks);
}

/// <summary>Who acts in a test request.</summary>
sealed class HeaderActor(Microsoft.AspNetCore.Http.IHttpContextAccessor http) : ICurrentActor
{
    public static string Write(Actor actor) => $"{actor.PersonId}|{actor.Name}|{actor.OrganisationId}|{string.Join(',', actor.Roles)}";

    public Actor Actor
    {
        get
        {
            var parts = http.HttpContext?.Request.Headers["X-Test-Actor"].ToString().Split('|') ?? [];
            return parts.Length == 4 ? new(Guid.Parse(parts[0]), parts[1], Guid.Parse(parts[2]), parts[3].Split(',').ToHashSet()) : Actor.Public;
        }
    }
}

/// <summary>The same for pages that ask for a sign-in.</summary>
sealed class HeaderSignIn(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder, ICurrentActor current) : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Name = "test";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(!current.Actor.SignedIn ? AuthenticateResult.NoResult()
        : AuthenticateResult.Success(new(new(new ClaimsIdentity([new("sub", current.Actor.PersonId.ToString())], Name)), Name)));
}


/// <summary>No form here is of a report.</summary>
sealed class NoReports : IReportVersions
{
    public Task<LatestReport?> Latest(DbSession session, Guid report, CancellationToken ct) => Task.FromResult<LatestReport?>(null);
}
