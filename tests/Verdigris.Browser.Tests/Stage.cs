using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using NodaTime;
using Verdigris.Passport;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Server;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Web;

namespace Verdigris.Browser.Tests;

/// <summary>Wall time moved to a fixed year, so that dates in the tests stay right for ever.</summary>
sealed class StageClock(Instant opens) : NodaTime.IClock
{
    readonly long began = System.Diagnostics.Stopwatch.GetTimestamp();
    long turned;

    public Instant GetCurrentInstant() => opens + Duration.FromTicks(Interlocked.Read(ref turned)) + Duration.FromTimeSpan(System.Diagnostics.Stopwatch.GetElapsedTime(began));

    /// <summary>Never back.</summary>
    public void TurnTo(Instant at)
    {
        var by = at - GetCurrentInstant();
        if (by > Duration.Zero) Interlocked.Add(ref turned, by.BclCompatibleTicks);
    }
}

/// <summary>
/// A real server on a free port with a database of its own, a small cast (one exchange, one smelter with a plant, a brand and accepted emissions, one warehouse, two
/// owners) and a Chromium in front of it. Shared by all tests of the assembly.
/// </summary>
public sealed class Stage : IAsyncLifetime
{
    readonly StageClock clock;

    public Stage() : this(Instant.FromUtc(2026, 11, 20, 9, 0)) { }

    /// <summary>A stage of its own, on another day.</summary>
    internal Stage(Instant opens) => clock = new(opens);

    /// <summary>Its clock stands at a later moment.</summary>
    internal void TurnTo(Instant at) => clock.TurnTo(at);

    public const string Brand = "FJNI", BrandMark = "FJNI";
    public const decimal DirectTco2ePerT = 1.6124m, IndirectTco2ePerT = 0.3071m;

    public static readonly Guid Exchange = Id(1), Smelter = Id(2), Warehouse = Id(3), Albion = Id(4), Bluewater = Id(5), Plant = Id(6), Unit = Id(7), Lender = Id(8), OtherLender = Id(9), Authority = Id(20);

    /// <summary>Who can sign in here, all with the demo's password.</summary>
    static IReadOnlyList<DemoPerson> Seats { get; } =
    [
        Seat(1, "smelter@demo", "Ingrid Solheim", Smelter, Role.ProducerEditor, Role.AccountRepresentative), Seat(2, "smelter.approver@demo", "Tor Bakke", Smelter, Role.ProducerApprover, Role.Administrator, Role.AccountRepresentative),
        Seat(20, "officer@demo", "Elin Kask", Authority, Role.AuthorityOfficer), Seat(21, "authority@demo", "Marc Thill", Authority, Role.AuthorityApprover),
        Seat(22, "market.operator@demo", "Olive Tan", Exchange, Role.MarketOperator), Seat(23, "market.second@demo", "Rafael Ortiz", Exchange, Role.MarketOperator), Seat(24, "clearing@demo", "Noor Haddad", Exchange, Role.ClearingOfficer), Seat(25, "market.member@demo", "Sofia Lind", Lender, Role.MarketTrader, Role.MarketSupervisor, Role.AccountRepresentative),
        Seat(5, "warehouse@demo", "Joost de Wit", Warehouse, Role.WarehouseOperator), Seat(6, "warehouse.approver@demo", "Mei-Ling Tan", Warehouse, Role.WarehouseApprover, Role.Administrator),
        Seat(7, "owner@demo", "陈思远 Chen Siyuan", Albion, Role.OwnerTrader, Role.AccountRepresentative, Role.MarketTrader, Role.MarketSupervisor), Seat(10, "owner.approver@demo", "Adam Reeve", Albion, Role.OwnerApprover, Role.AccountRepresentative, Role.MarketSupervisor), Seat(8, "buyer@demo", "Lucas Weber", Bluewater, Role.OwnerTrader), Seat(9, "lender@demo", "Ana Ribeiro", Lender, Role.LenderOfficer), Seat(3, "exchange@demo", "Priya Raman", Exchange, Role.ExchangeStaff, Role.Administrator), Seat(4, "exchange.second@demo", "Hugo Lindqvist", Exchange, Role.ExchangeStaff),
    ];

    static DemoPerson Seat(int number, string userName, string name, Guid organisation, params string[] roles) => new(Id(100 + number), userName, name, organisation, "", roles);

    TestDatabase database = null!;
    DirectoryInfo folder = null!;
    IPlaywright playwright = null!;
    RunningServer server = null!;

    public IBrowser Chromium { get; private set; } = null!;
    public Uri Address => server.Address;
    internal IServiceProvider Services => server.Services;
    internal StringCatalogue Texts => Services.GetRequiredService<StringCatalogue>();

    public async ValueTask InitializeAsync()
    {
        database = await TestCluster.NewEmptyDatabase();
        folder = Directory.CreateTempSubdirectory("verdigris-browser-test");
        server = await ServerHost.Start(new ServerOptions
        {
            Port = 0,
            DataFolder = folder.FullName,
            PostgresConnection = database.OwnerConnectionString,
            PostgresAppConnection = database.AppConnectionString,
            Clock = clock,
            Say = _ => { },
            Demo = false,
            // Nobody answers there: the pages offer it, and what a provider says is judged in tests of the server.
            Outside = new OutsideOptions("http://127.0.0.1:9", "stage", "no secret", "Harbour Identity"),
            Limits = new RequestLimits { SignInsPerMinute = 10_000, TokensPerMinute = 10_000, PagesPerSecond = 10_000, ApiPerSecond = 10_000 },
        }, CancellationToken.None);
        await Cast();
        await DemoPeople.Ensure(Services, Seats, CancellationToken.None);
        playwright = await Playwright.CreateAsync();
        // As long as a page may take: five seconds are few where two cores serve many.
        Assertions.SetDefaultExpectTimeout(30_000);
        Chromium = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Executable,
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A walk on a stage of its own, on another day.</summary>
    internal static async Task Alone(Instant opens, Func<Stage, Task> walk)
    {
        var stage = new Stage(opens);
        await stage.InitializeAsync();
        try { await walk(stage); }
        finally { await stage.DisposeAsync(); }
    }

    public async ValueTask DisposeAsync()
    {
        if (Chromium is not null) await Chromium.DisposeAsync();
        playwright?.Dispose();
        if (server is not null) await server.DisposeAsync();
        if (database is not null) await database.DisposeAsync();
        folder?.Delete(recursive: true);
    }

    // The shell without windows where there is one: it takes two thirds of the processor time.
    static string Executable => Environment.GetEnvironmentVariable("VERDIGRIS_CHROMIUM") is { Length: > 0 } given
        ? given
        : new[] { "/usr/bin/chromium-headless-shell", "/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists) ?? "chromium";

    internal T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    /// <summary>Runs one use case as somebody and takes its answer.</summary>
    internal async Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        await using var session = Get<IDbSessions>().Open(actor);
        var answer = await work(session);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        return answer.Value;
    }

    internal static Actor Person(int number, Guid organisation, params string[] roles) => new(Id(100 + number), "Stage " + number, organisation, roles.ToHashSet());
    internal static Actor Editor => Person(1, Smelter, Role.ProducerEditor);
    internal static Actor Approver => Person(2, Smelter, Role.ProducerApprover);
    internal static Actor Staff => Person(3, Exchange, Role.ExchangeStaff);
    internal static Actor OtherStaff => Person(4, Exchange, Role.ExchangeStaff);
    internal static Actor Operator => Person(5, Warehouse, Role.WarehouseOperator);
    internal static Actor Issuer => Person(6, Warehouse, Role.WarehouseApprover);

    internal static Actor Owner => Person(7, Albion, Role.OwnerTrader);
    internal static Actor Officer => Person(9, Lender, Role.LenderOfficer);
    internal static Actor OtherOfficer => Person(10, OtherLender, Role.LenderOfficer);

    async Task Cast()
    {
        var organisations = Get<OrganisationHandlers>();
        foreach (var (kind, id, name, nameZh, country) in new[]
        {
            (OrganisationKind.Exchange, Exchange, "Verdigris Metal Exchange", "铜绿金属交易所", "GB"), (OrganisationKind.Producer, Smelter, "Fjordlys Aluminium Group", "峡光铝业集团", "NO"),
            (OrganisationKind.Warehouse, Warehouse, "Harbour Metal Storage", "海港金属仓储", "NL"), (OrganisationKind.Owner, Albion, "Albion Metal Traders", "阿尔比恩金属贸易", "GB"), (OrganisationKind.Owner, Bluewater, "Bluewater Commodities", "碧水商品", "SG"), (OrganisationKind.Lender, Lender, "Tideway Bank", "潮路银行", "GB"), (OrganisationKind.Lender, OtherLender, "Second Metal Bank", "第二金属银行", "SG"), (OrganisationKind.Authority, Authority, "Registry Authority", "登记主管局", "LU"),
        })
            await Do(Actor.System, s => organisations.Create(s, new NewOrganisation(kind, name, nameZh, null, country, id), default));
        await Do(Editor, s => organisations.AddPlant(s, new NewPlant(Smelter, "NORD", "Nordvik smelter", "北湾铝厂", "NO", 66.3128m, 14.1428m, 260_000m, ["smelting", "casting"], Plant), default));
        await Do(Approver, s => Get<PlantKeys>().Rotate(s, Plant, null, default));
        await Do(Staff, s => organisations.AddWarehouse(s, new NewWarehouse(Warehouse, "HMS-RTM-1", "Rotterdam Maasvlakte", "鹿特丹", "NLRTM", "NL", ["AL", "CU"], 42_000m, Unit), default));
        await using (var system = Get<IDbSessions>().Open(Actor.System))
            await system.InTransaction(async t => await BrandHandlers.TakeOver(system, new BrandApplication(Brand, Brand, "Fjordlys Nord Ingot", Plant, "AL", "AH", ["ingot"], 160_000m, 22.7m, 1000m, NameZh: "峡光北锭"), Smelter,
                [new(new(2015, 1, 1), ListingState.Applied), new(new(2016, 1, 1), ListingState.Listed, "16/001")], t));
        var form = await Do(Editor, s => Get<EmissionsHandlers>().Create(s, new NewSubmission(Brand, 2025, EmissionsMethod.Cbam, new EmissionsValues(DirectTco2ePerT, IndirectTco2ePerT, BoundaryNote: "Hydro power; anodes counted as precursor.")), default));
        await Do(Approver, s => Get<EmissionsHandlers>().Submit(s, form.Id, default));
        await Decide(OtherStaff, form.Id.ToString());
    }

    /// <summary>Approves the open task of a subject, as the inbox does.</summary>
    internal async Task Decide(Actor actor, string subject)
    {
        await using var session = Get<IDbSessions>().Open(actor);
        var task = Assert.Single((await Get<Approvals>().Inbox(session, new TaskFilter(TaskView.ForMe, SubjectId: subject), default)).Items);
        Assert.True((await Get<Approvals>().Decide(session, task.Id, true, null, default)).Ok);
    }

    /// <summary>A certificate that breaks no rule, signed and published.</summary>
    /// <param name="issuedAfterDays">Days from production to issue.</param>
    internal async Task<CertificateRow> Published(string mark, int issuedAfterDays = 2, bool withBundles = true)
    {
        var handlers = Get<CertificateHandlers>();
        var day = new LocalDate(2026, 3, 2);
        var row = await Do(Editor, s => handlers.Create(s, new CertificateContent
        {
            ExchangeBrandCode = Brand,
            CountryOfOrigin = "NO",
            Shape = "ingot",
            HeatNumbers = ["H" + mark + "1", "H" + mark + "2"],
            ProductionDate = day,
            AnalysisDate = day.PlusDays(1),
            IssueDate = day.PlusDays(issuedAfterDays),
            Pieces = 1100,
            Bundles = 25,
            GrossKg = 25_060m,
            NetKg = 25_000m,
            SpecRef = "aa-p1020a",
            Lab = new("Works laboratory", "NA-1", new(2030, 1, 1)),
            SourceRef = "S-" + mark,
            BundleList = [.. Enumerable.Range(1, withBundles ? 25 : 0).Select(i => new Bundle($"B{i}", 44, 1000m, $"S{mark}{i}"))],
            Results = [new("Si", 0.04m, Method: "OES"), new("Fe", 0.11m, Method: "OES"), new("Zn", 0.005m, Qualifier: Qualifier.Below, Method: "OES"), new("Ga", 0.01m, Method: "OES"), new("V", 0.008m, Method: "OES"), new("Al", 99.82m, Method: "OES")],
        }, default));
        await Do(Approver, s => handlers.Sign(s, row.Certificate.Id, default));
        return await Do(Approver, s => handlers.Publish(s, row.Certificate.Id, default));
    }

    /// <summary>Something for the exchange to look at: a certificate issued 200 days after production.</summary>
    internal async Task<Anomaly> Anomaly(string mark)
    {
        var late = await Published(mark, issuedAfterDays: 200);
        return Assert.Single((await Do(Staff, s => Get<AnomalyHandlers>().List(s, new(Certificate: late.Certificate.Id), default))).Items);
    }

    /// <summary>A live warrant of Albion, by the whole path.</summary>
    internal async Task<Warrant> Issued(string mark)
    {
        var row = await Published(mark);
        var handlers = Get<WarrantHandlers>();
        await Do(Operator, s => Get<WeighHandlers>().Record(s, new NewWeighTicket(WeighDirection.In, Unit, row.Certificate.Id, null, null, "T-" + mark, "SCALE-1", 25_390, 380), default));
        await Do(Operator, s => handlers.RecordMatch(s, new InboundObservation(row.Certificate.Id, Unit, BrandMark, "ingot", 25, 25_010m, [.. row.Certificate.Content.BundleList.Select(b => b.SealNo!)], row.Certificate.Content.HeatNumbers, "SCALE-1", s.Now), default));
        var warrant = await Do(Operator, s => handlers.Request(s, new WarrantRequest([row.Certificate.Id], Albion, "L-" + mark, "unpaid", 0.52m, 38m, new LocalDate(2026, 10, 31)), default));
        await Decide(Issuer, warrant.Id.ToString());
        return (await Do(Staff, s => handlers.Read(s, warrant.Id, default))).Warrant;
    }

    /// <summary>A fixed id for each number.</summary>
    static Guid Id(int number) => new($"0190a000-0000-7000-8000-{number:x12}");
}

[CollectionDefinition(nameof(Stage))]
public sealed class StageCollection : ICollectionFixture<Stage>;
