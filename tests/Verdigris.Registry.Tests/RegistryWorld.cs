using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Testing;

namespace Verdigris.Registry.Tests;

/// <summary>A registry with a database and a Book of its own: an authority with two officers and two approvers, two holders with two representatives each, and whoever has no business here.</summary>
sealed class RegistryWorld : ActingWorld, IAsyncDisposable
{
    public const string Eu = "eu-ets";

    public static readonly Guid Authority = Id(1), Smelter = Id(2), Trader = Id(3), OtherAuthority = Id(4), Exchange = Id(5);

    public static readonly Actor Staff = Person(Exchange, 50, Role.ExchangeStaff),
        Officer = Person(Authority, 10, Role.AuthorityOfficer, Role.AuthorityApprover), SecondOfficer = Person(Authority, 11, Role.AuthorityOfficer), Approver = Person(Authority, 12, Role.AuthorityApprover),
        Foreign = Person(OtherAuthority, 40, Role.AuthorityOfficer, Role.AuthorityApprover),
        SmelterFirst = Person(Smelter, 20, Role.AccountRepresentative, Role.Administrator), SmelterSecond = Person(Smelter, 21, Role.AccountRepresentative), SmelterReader = Person(Smelter, 22, Role.AccountRepresentative),
        TraderFirst = Person(Trader, 30, Role.AccountRepresentative, Role.Administrator), TraderSecond = Person(Trader, 31, Role.AccountRepresentative);

    readonly TestDatabase database;
    readonly DirectoryInfo folder;
    readonly ServiceProvider services;

    RegistryWorld(TestDatabase database, Instant now, RulePacks? packs, Action<IServiceCollection>? more)
    {
        this.database = database;
        Clock = new() { Now = now };
        folder = System.IO.Directory.CreateTempSubdirectory("verdigris-registry-test");
        var sessions = new DbSessions(database.Database, Clock);
        Floor = new Floor();
        Venue = Verdigris.Book.Venue.Open(new VenueOptions { Program = Floor, VenueId = 9, DataFolder = folder.FullName, NowMicros = () => Clock.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());
        var registered = new ServiceCollection();
        registered.AddSingleton(packs ?? RulePacks.Open(Checkout.Path("data")));
        registered.AddSingleton<IDbSessions>(sessions);
        registered.AddSingleton<IClock>(Clock);
        registered.AddSingleton<IVenue>(Venue);
        registered.AddSingleton(Floor);
        registered.AddSingleton(new EvidenceStore(folder.FullName));
        registered.AddSingleton<ILogger<BookCommands>>(NullLogger<BookCommands>.Instance);
        registered.AddSingleton<BookCommands>();
        registered.AddSingleton<Approvals>();
        registered.AddSingleton(p => new CalculatorSet(p.GetRequiredService<RulePacks>(), RegistryMethods.All));
        registered.AddSingleton<IHolderDirectory>(Directory);
        registered.AddSingleton<IPublishedReports>(Reports);
        registered.AddRegistry();
        more?.Invoke(registered);
        services = registered.BuildServiceProvider();
        Sessions = sessions;
    }

    public TestClock Clock { get; }
    public override DbSessions Sessions { get; }

    public Database Database => database.Database;
    /// <summary>A trading floor beside the Book, for rooms that have one.</summary>
    public Floor Floor { get; }
    public Venue Venue { get; }
    public TestDirectory Directory { get; } = new();
    public TestReports Reports { get; } = new();
    public string OwnerConnection => database.OwnerConnectionString;
    public SchemeNumbers Numbers => Get<SchemeNumbers>();
    /// <summary>The scheme everything of this world is in.</summary>
    public string Code { get; private init; } = Eu;

    public Scheme Scheme => Get<SchemeSet>().Find(Code)!;

    public T Get<T>() where T : notnull => services.GetRequiredService<T>();

    /// <param name="now">A working day in the hours, unless said otherwise.</param>
    /// <param name="above">A room above the registry: its name and assembly, what it adds to the services, and its start.</param>
    public static async Task<RegistryWorld> Open(Instant? now = null, RulePacks? packs = null, string code = Eu, (string Room, System.Reflection.Assembly Assembly, Action<IServiceCollection> Add, Func<IServiceProvider, Task> Start)? above = null)
    {
        (string, System.Reflection.Assembly)[] rooms = [(RegistryRoom.Name, typeof(RegistryRoom).Assembly), .. above is { } a ? [(a.Room, a.Assembly)] : Array.Empty<(string, System.Reflection.Assembly)>()];
        var world = new RegistryWorld(await TestCluster.NewDatabase(rooms), now ?? Instant.FromUtc(2026, 3, 3, 10, 0), packs, above?.Add) { Code = code };
        await RegistryRoom.Start(world.services, default);
        if (above is { Start: var start }) await start(world.services);
        return world;
    }

    /// <summary>With the scheme administered, both holders admitted, the smelter's installation and two accounts open.</summary>
    public static async Task<RegistryWorld> Ready(Instant? now = null, string code = Eu, (string Room, System.Reflection.Assembly Assembly, Action<IServiceCollection> Add, Func<IServiceProvider, Task> Start)? above = null, RulePacks? packs = null)
    {
        var w = await Open(now, packs, code, above);
        await w.Do(Staff, s => w.Get<Administration>().Appoint(s, code, Authority, default));
        foreach (var who in new[] { SmelterFirst, TraderFirst }) await w.Admit(who);
        w.Installation = (await w.Permitted(SmelterFirst, "Nordvik smelter", 2024)).Id;
        w.SmelterAccount = await w.OperatorAccount(w.Installation);
        w.TraderAccount = await w.Account(TraderFirst, "trading", null);
        await w.Represent(w.TraderAccount, TraderFirst, (TraderFirst, Right.Both), (TraderSecond, Right.Approve));
        return w;
    }

    public Guid Installation { get; private set; }
    public long SmelterAccount { get; private set; }
    public long TraderAccount { get; private set; }

    public async Task<HolderView> Admit(Actor who)
    {
        var holder = await Apply(who);
        await Do(Officer, s => Get<HolderHandlers>().Propose(s, holder.Holder.Id, Today.PlusYears(2), default));
        return await Decide(Approver, holder.Holder.Id, s => Get<HolderHandlers>().Read(s, holder.Holder.Id, default));
    }

    /// <summary>An application with every paper of the organisation.</summary>
    public async Task<HolderView> Apply(Actor who)
    {
        var holder = await Do(who, s => Get<HolderHandlers>().Apply(s, Code, default));
        foreach (var d in Scheme.Documents.Where(d => d.AppliesTo == "holder")) await Paper(who, holder.Holder.Id, d.Document, null);
        return holder;
    }

    public Task<HolderDocument> Paper(Actor who, Guid holder, string document, Guid? person) =>
        Do(who, s => Get<HolderHandlers>().AddDocument(s, holder, document, person, null, document + ".pdf", new MemoryStream("%PDF-1.7\npaper\n%%EOF"u8.ToArray()), default));

    public async Task<Installation> Permitted(Actor who, string name, int firstYear, Guid? facility = null, string? relief = null)
    {
        var asked = await Do(who, s => Get<InstallationHandlers>().Apply(s, new(Code, name, "NO", "Production of primary aluminium", firstYear, facility, relief), default));
        await Do(Officer, s => Get<InstallationHandlers>().Permit(s, asked.Id, "NO-" + asked.Id.ToString()[^6..], default));
        return await Decide(Approver, asked.Id, s => Get<InstallationHandlers>().Read(s, asked.Id, default));
    }

    public async Task<long> Account(Actor who, string kind, Guid? installation, bool trustedOnly = false)
    {
        var asked = await Do(who, s => Get<AccountHandlers>().Ask(s, new(Code, kind, $"{kind} of {who.Name}", installation, trustedOnly), default));
        await DecideTask(Officer, asked.TaskId!.Value);
        return asked.Account;
    }

    /// <summary>The account of an installation of the smelter, with both of its people.</summary>
    public async Task<long> OperatorAccount(Guid installation)
    {
        var account = await Account(SmelterFirst, "operator-holding", installation);
        await Represent(account, SmelterFirst, (SmelterFirst, Right.Both), (SmelterSecond, Right.Both));
        return account;
    }

    public async Task Represent(long account, Actor administrator, params (Actor Person, Right Rights)[] people)
    {
        var holder = (await All(administrator, s => Get<HolderHandlers>().List(s, null, default)))[0];
        foreach (var (person, rights) in people)
        {
            foreach (var d in Scheme.Documents.Where(d => d.AppliesTo == "representative")) await Paper(administrator, holder.Id, d.Document, person.PersonId);
            var named = await Do(administrator, s => Get<AccessHandlers>().Name(s, account, person.PersonId, rights, default));
            await DecideTask(Officer, named.TaskId!.Value);
        }
    }

    /// <summary>Units into an account of a holder, by the authority: issued for allocation, then allocated.</summary>
    public async Task Give(long account, long quantity, string unit = "EUA", string? vintage = null)
    {
        await Central("issue", Numbers.Central(Code, "total-quantity"), Numbers.Central(Code, "allocation"), quantity, unit, vintage);
        await Central("allocate", Numbers.Central(Code, "allocation"), account, quantity, unit, vintage);
    }

    public async Task<RegistryTransaction> Central(string kind, long from, long to, long quantity, string unit = "EUA", string? vintage = null)
    {
        var target = (await Do(Officer, s => Get<AccountHandlers>().Read(s, to, default))).FullId;
        var t = await Do(Officer, s => Get<TransactionHandlers>().Propose(s, new(from, kind, target, unit, vintage, quantity), default));
        return await Decide(Approver, t.Id, s => Get<TransactionHandlers>().Read(s, t.Id, default));
    }

    /// <summary>Credits into an account of a holder: taken in by the authority, which says where they ended.</summary>
    public async Task Deposit(long account, string unit, string vintage, long quantity)
    {
        var to = await FullId(account);
        var t = await Do(Officer, s => Get<TransactionHandlers>().Propose(s, new(Numbers.Central(Code, "total-quantity"), "deposit-credits", to, unit, vintage, quantity, null, "cancelled in the registry of the programme, certificate 12"), default));
        await DecideTask(Approver, t.TaskId!.Value);
    }

    /// <summary>The emissions of a year, which the authority puts in because no report came: entered by one, decided by another.</summary>
    public static async Task Determined(RegistryWorld w, int year, long tonnes, Guid? installation = null)
    {
        var entered = await w.Do(SecondOfficer, s => w.Get<ComplianceHandlers>().Determine(s, installation ?? w.Installation, new(year, tonnes, "no report came"), default));
        await w.DecideTask(Approver, entered.TaskId!.Value);
    }

    /// <summary>The states a table leads to from one.</summary>
    public static HashSet<TState> Reached<TState, TEvent>(StateTable<TState, TEvent> table, TState start) where TState : struct, Enum where TEvent : struct, Enum
    {
        var reached = new HashSet<TState> { start };
        while (table.Where(m => reached.Contains(m.From)).Any(m => reached.Add(m.To))) { }
        return reached;
    }

    public async Task<string> FullId(long account) => (await AccountRow(account)).FullId;

    public async Task<RegistryAccount> AccountRow(long account) => await Do(Actor.System, s => Get<AccountHandlers>().Read(s, account, default));

    public long Held(long account, string unit = "EUA", string? vintage = null) => Venue.Read(b => b.Balance(account, Numbers.Asset(Code, unit, vintage ?? "")!.Value).Available);

    public LocalDate Today => Clock.Now.InUtc().Date;

    /// <summary>Decides the open task about a subject and answers what became of it.</summary>
    public async Task<T> Decide<T>(Actor who, Guid subject, Func<DbSession, Task<Answer<T>>> read, bool approve = true)
    {
        await DecideTask(who, await TaskOf(subject), approve);
        return await Do(who, read);
    }

    public async Task<Guid> TaskOf(Guid subject)
    {
        await using var s = Sessions.Open(Actor.System);
        return await s.Value<Guid>("select id from storage.approval_task where subject_id = $1 and state = 'Open'", default, subject.ToString());
    }

    public Task<Done> DecideTask(Actor who, Guid task, bool approve = true) => Do(who, s => Get<Approvals>().Decide(s, task, approve, approve ? null : "not so", default));

    public async Task<T> All<T>(Actor actor, Func<DbSession, Task<T>> work)
    {
        await using var session = Sessions.Open(actor);
        return await work(session);
    }

    public async Task<string> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.False(answer.Ok, "was done, and should be refused");
        return answer.Refusals[0].Code;
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await Venue.DisposeAsync();
        await database.DisposeAsync();
        folder.Delete(recursive: true);
    }

    static Guid Id(int n) => new($"0190d100-0000-7000-8000-{n:000000000000}");

    static Actor Person(Guid organisation, int n, params string[] roles) => new(Id(n), $"person {n}", organisation, roles.ToHashSet());
}

/// <summary>Everybody of the world may be named where he belongs.</summary>
sealed class TestDirectory : IHolderDirectory
{
    static readonly Actor[] People = [RegistryWorld.SmelterFirst, RegistryWorld.SmelterSecond, RegistryWorld.SmelterReader, RegistryWorld.TraderFirst, RegistryWorld.TraderSecond];

    public Task<DirectoryName?> Organisation(DbSession session, Guid id, CancellationToken ct) => Task.FromResult<DirectoryName?>(new(id, $"organisation {id.ToString()[^4..]}", null));

    public Task<IReadOnlyList<DirectoryName>> Authorities(DbSession session, CancellationToken ct) => Task.FromResult<IReadOnlyList<DirectoryName>>([new(RegistryWorld.Authority, "Authority", null), new(RegistryWorld.OtherAuthority, "Other authority", null)]);

    public Task<IReadOnlyList<DirectoryName>> Verifiers(DbSession session, CancellationToken ct) => Task.FromResult<IReadOnlyList<DirectoryName>>([]);

    public Task<IReadOnlyList<DirectoryPerson>> Representatives(DbSession session, Guid organisation, CancellationToken ct) => Task.FromResult<IReadOnlyList<DirectoryPerson>>([.. People.Where(p => p.OrganisationId == organisation).Select(p => new DirectoryPerson(p.PersonId, p.Name))]);

    public Task<string?> Person(DbSession session, Guid id, CancellationToken ct) => Task.FromResult(People.FirstOrDefault(p => p.PersonId == id)?.Name);
}

/// <summary>What a test says was published.</summary>
sealed class TestReports : IPublishedReports
{
    public List<PublishedReport> Published { get; } = [];

    public Task<IReadOnlyList<PublishedReport>> For(DbSession session, Audience audience, Guid? facility, CancellationToken ct) => Task.FromResult<IReadOnlyList<PublishedReport>>([.. Published.Where(r => r.Audience == audience && (facility is null || r.Content.FacilityId == facility))]);

    public Task<ReportVersion?> Latest(DbSession session, Guid report, CancellationToken ct) => Task.FromResult<ReportVersion?>(null);
}

sealed class TestClock : IClock
{
    public Instant Now { get; set; }

    public Instant GetCurrentInstant() => Now;
}
