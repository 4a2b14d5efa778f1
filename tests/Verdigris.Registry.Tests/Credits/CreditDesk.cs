using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Testing;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>A programme's staff, a developer, a body, a buyer, and a database and a Book of their own.</summary>
sealed class CreditDesk : ActingWorld, IAsyncDisposable
{
    public static readonly Guid Authority = Id(1), Developer = Id(2), Body = Id(3), OtherBody = Id(4), Buyer = Id(5);

    public static readonly Actor Officer = Person(Authority, Role.AuthorityOfficer), AuthorityApprover = Person(Authority, Role.AuthorityApprover), Editor = Person(Developer, Role.OwnerTrader), DeveloperApprover = Person(Developer, Role.OwnerApprover),
        Lead = Person(Body, Role.VerifierLead), Reviewer = Person(Body, Role.VerifierReviewer), OtherLead = Person(OtherBody, Role.VerifierLead), OtherReviewer = Person(OtherBody, Role.VerifierReviewer),
        Trader = Person(Buyer, Role.OwnerTrader), BuyerApprover = Person(Buyer, Role.OwnerApprover);

    readonly TestDatabase database;
    readonly DirectoryInfo folder;

    CreditDesk(TestDatabase database)
    {
        this.database = database;
        Packs = RulePacks.Open(Checkout.Path("data"));
        Sessions = new(database.Database, Clock);
        folder = Directory.CreateTempSubdirectory("verdigris-credits-test");
        Evidence = new(folder.FullName);
        Venue = NewVenue();
        Book = BookOn(Venue);
        var book = new Lazy<BookCommands>(() => Book);
        Imports = new(Evidence, Book, Venue, Packs);
        Units = new(Venue, Packs);
        Projects = new(Evidence, Packs, Units);
        Periods = new(Packs);
        Matches = new(Packs);
        Approvals = new(
        [
            Decides(StepHandlers.Task, () => Steps!.Take, () => Steps!.TurnDown), Decides(OrderHandlers.OwnTask, () => Orders!.Approve, () => Orders!.TurnDown), Decides(OrderHandlers.ProgrammeTask, () => Orders!.Approve, () => Orders!.TurnDown),
            Decides(CreditFreezes.Task, () => Freezes!.Lift, () => (s, id, reason, ct) => CreditFreezes.KeepFrozen(s, id, reason, ct)),
            Decides(OrderHandlers.AcceptTask, () => Orders!.Accept, () => Orders!.Decline),
        ]);
        Steps = new(Approvals, new(book, Packs), Packs);
        Orders = new(Approvals, book, Venue, Units, Packs);
        Freezes = new(Packs, Approvals, book, new(Venue, Units, Packs));
    }

    public TestClock Clock { get; } = new();
    public RulePacks Packs { get; }
    public CreditRules Rules => CreditRules.Of(Packs);
    public override DbSessions Sessions { get; }
    public EvidenceStore Evidence { get; }
    public Venue Venue { get; }
    public BookCommands Book { get; }
    public CreditImports Imports { get; }
    public UnitQueries Units { get; }
    public ProjectHandlers Projects { get; }
    public PeriodHandlers Periods { get; }
    public StepHandlers Steps { get; }
    public OrderHandlers Orders { get; }
    public CreditFreezes Freezes { get; }
    public MatchHandlers Matches { get; }
    public Approvals Approvals { get; }
    public string Owner => database.OwnerConnectionString;

    public static async Task<CreditDesk> Open()
    {
        var desk = new CreditDesk(await TestCluster.NewDatabase((RegistryRoom.Name, typeof(RegistryRoom).Assembly)));
        await ProgrammeAdministration.Start(desk.Sessions, desk.Rules, default);
        await new BookDefinitions(RegistryRoom.Name).Apply(desk.Venue, CreditBook.Definitions(desk.Rules), default);
        await using var system = desk.Sessions.Open(Actor.System);
        await system.Run("update registry.credit_programme set administrator_id = $1, appointed_by = $1, appointed_at = $2", default, Authority, system.Now);
        return desk;
    }

    Venue NewVenue() => Verdigris.Book.Venue.Open(new VenueOptions { VenueId = 8, DataFolder = folder.FullName, NowMicros = () => Clock.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());

    /// <summary>The venue as after a start, with nothing in it but what the programmes need.</summary>
    public async Task<Venue> OtherVenue()
    {
        var venue = NewVenue();
        await new BookDefinitions(RegistryRoom.Name).Apply(venue, CreditBook.Definitions(Rules), default);
        return venue;
    }

    public BookCommands BookOn(Venue venue) => new(Sessions, venue, [new ImportKind(), new IssuanceKind(), new CreditStop(), new PlainCommand(), new OrderKind(new Lazy<Approvals>(() => Approvals!), new Lazy<BookCommands>(() => Book!))], NullLogger<BookCommands>.Instance);

    public async Task<List<string>> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.False(answer.Ok, "was done, and should be refused");
        return [.. answer.Refusals.Select(r => r.Code)];
    }

    public async Task<List<T>> Query<T>(string sql, Func<Npgsql.NpgsqlDataReader, T> map)
    {
        await using var session = Sessions.Open(Actor.System);
        return await session.All(sql, map, default);
    }

    static SubjectApproval Decides(string kind, Func<Func<DbSession, Guid, CancellationToken, Task<Answer<Done>>>> approve, Func<Func<DbSession, Guid, string, CancellationToken, Task<Answer<Done>>>> reject) =>
        new(kind, (s, id, ct) => approve()(s, id, ct), (s, id, reason, ct) => reject()(s, id, reason, ct));

    /// <summary>A second person decides on everything that waits for him.</summary>
    public async Task Decide(Actor who, bool approve = true)
    {
        var open = await Do(who, async s => (Answer<Page<ApprovalTask>>)await Approvals.Inbox(s, new(), default));
        Assert.NotEmpty(open.Items);
        foreach (var task in open.Items) await Do(who, s => Approvals.Decide(s, task.Id, approve, approve ? null : "Not now.", default));
    }

    /// <summary>Asks for a step and lets the second person agree.</summary>
    public async Task Step(Actor first, Actor second, Guid project, string step, Guid? period = null, string? reason = null)
    {
        await Do(first, s => Steps.Ask(s, project, new(step, period, reason), default));
        await Decide(second);
    }

    public Task<ProjectDocument> File(Actor who, Guid project, string kind, Guid? period = null) => Do(who, s => Projects.AddDocument(s, project, period, kind, kind + ".pdf", new MemoryStream("%PDF-1.7 test"u8.ToArray()), default));

    /// <summary>A smelter's project of the Paris Agreement's mechanism that cuts anode effects, brought up to a state.</summary>
    public async Task<CreditProject> Project(ProjectState upTo = ProjectState.Registered, ProjectContent? content = null, string programme = "paris")
    {
        var project = await Do(Editor, s => Projects.Create(s, new(programme, content ?? Content), default));
        if (upTo == ProjectState.Concept) return project;
        await File(Editor, project.Id, "design-document");
        await Step(Editor, DeveloperApprover, project.Id, nameof(ProjectEvent.PublishDesign));
        if (upTo == ProjectState.DesignDocument) return await Again();
        Clock.Now += Duration.FromDays(31);
        await Do(Officer, s => Periods.Accredit(s, new(Body, programme, 9, new(2020, 1, 1)), default));
        await Do(Officer, s => Periods.Accredit(s, new(OtherBody, programme, 9, new(2020, 1, 1)), default));
        await Do(Lead, s => Periods.Declare(s, project.Id, true, "No interest in the project or its developer.", default));
        await Step(Editor, DeveloperApprover, project.Id, nameof(ProjectEvent.BeginValidation));
        if (upTo == ProjectState.Validation) return await Again();
        await File(Lead, project.Id, "validation-report");
        await Do(Lead, s => Periods.Validate(s, project.Id, true, default));
        await Step(Lead, Reviewer, project.Id, nameof(ProjectEvent.RequestRegistration));
        if (upTo == ProjectState.RegistrationRequested) return await Again();
        await File(Officer, project.Id, "host-approval");
        await Step(Officer, AuthorityApprover, project.Id, nameof(ProjectEvent.Register));
        return await Again();

        async Task<CreditProject> Again() => (await Do(Editor, s => Projects.Read(s, project.Id, default))).Project;
    }

    /// <summary>A registered project of the American Carbon Registry, one that destroys refrigerants unless another methodology is given; what it matches is decided on, and the programme closes the comments.</summary>
    public async Task<CreditProject> Refrigerants(string name, MatchDecision decision, string programme = "acr", string methodology = "ODS-INT", int scope = 11, decimal? risk = null)
    {
        var project = await Do(Editor, s => Projects.Create(s, new(programme, new(name, "US", methodology, new(2024, 6, 1), new(2025, 1, 1), new LocalDate(2024, 12, 31).PlusYears(Rules.Programme(programme)!.CreditingYears), 0, 60_000, "As the design document says.", Body, true, risk)), default));
        await File(Editor, project.Id, "design-document");
        if (!(await Try(Editor, s => Steps.Ask(s, project.Id, new(nameof(ProjectEvent.PublishDesign)), default))).Ok)
        {
            await Rule(decision);
            await Do(Editor, s => Steps.Ask(s, project.Id, new(nameof(ProjectEvent.PublishDesign)), default));
        }
        await Decide(DeveloperApprover);
        foreach (var body in new[] { Body, OtherBody }) await Do(Officer, s => Periods.Accredit(s, new(body, programme, scope, new(2020, 1, 1)), default));
        if (Rules.Programme(programme)!.CommentDays is { } days) Clock.Now += Duration.FromDays(days);
        else await Do(Officer, s => Projects.CloseComments(s, project.Id, s.Today(), "No comment came within the days the programme gave.", default));
        await Do(Lead, s => Periods.Declare(s, project.Id, true, "No interest in the project or its developer.", default));
        await Step(Editor, DeveloperApprover, project.Id, nameof(ProjectEvent.BeginValidation));
        await File(Lead, project.Id, "validation-report");
        await Do(Lead, s => Periods.Validate(s, project.Id, true, default));
        await Step(Lead, Reviewer, project.Id, nameof(ProjectEvent.RequestRegistration));
        if (programme is "cdm" or "paris") await File(Officer, project.Id, "host-approval");
        await Step(Officer, AuthorityApprover, project.Id, nameof(ProjectEvent.Register));
        return (await Do(Editor, s => Projects.Read(s, project.Id, default))).Project;
    }

    public static ProjectContent Content { get; } = new("Anode effect mitigation at the Nordvik smelter", "KE", "AM0030", new(2024, 1, 1), new(2025, 1, 1), new(2029, 12, 31), 0, 60_000, "Point feeding and quenching of anode effects.", Body, true);

    /// <summary>A period reported, verified by another body and brought to an issuance.</summary>
    public async Task<CreditPeriod> Issue(CreditProject project, LocalDate first, LocalDate last, params Vintage[] vintages)
    {
        var period = await Verified(project, first, last, vintages);
        await Step(Editor, DeveloperApprover, project.Id, nameof(PeriodEvent.RequestIssuance), period.Id);
        await Step(Officer, AuthorityApprover, project.Id, nameof(PeriodEvent.Issue), period.Id);
        return (await Do(Editor, s => Projects.Read(s, project.Id, default))).Periods.Single(p => p.Id == period.Id);
    }

    /// <summary>A period reported and verified by another body.</summary>
    public async Task<CreditPeriod> Verified(CreditProject project, LocalDate first, LocalDate last, params Vintage[] vintages)
    {
        var units = vintages.Sum(v => v.Units);
        var period = await Do(Editor, s => Periods.Open(s, project.Id, new(first, last, units, true, OtherBody), default));
        await File(Editor, project.Id, "monitoring-report", period.Id);
        await Step(Editor, DeveloperApprover, project.Id, nameof(PeriodEvent.Report), period.Id);
        await Do(OtherLead, s => Periods.Declare(s, project.Id, true, "No interest.", default));
        await Step(Editor, DeveloperApprover, project.Id, nameof(PeriodEvent.BeginVerification), period.Id);
        await File(OtherLead, project.Id, "verification-report", period.Id);
        await Do(OtherLead, s => Periods.Verify(s, project.Id, period.Id, new(true, units, vintages), default));
        await Step(OtherLead, OtherReviewer, project.Id, nameof(PeriodEvent.Verify), period.Id);
        return (await Do(Editor, s => Projects.Read(s, project.Id, default))).Periods.Single(p => p.Id == period.Id);
    }

    public static string Sample(string name) => Checkout.Path("data/registry/samples/" + name);

    public async Task<CreditImportView> Bring(string name, string? text = null)
    {
        await using Stream content = text is null ? System.IO.File.OpenRead(Sample(name)) : new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await Do(Officer, s => Imports.Bring(s, name, content, default));
    }

    public async Task<CreditImportView> Import(string name, string? text = null)
    {
        var brought = await Bring(name, text);
        return await Do(Officer, s => Imports.Apply(s, brought.File.Id, default));
    }

    /// <summary>Decides every match that waits.</summary>
    public async Task Rule(MatchDecision decision, string? stands = null, LocalDate? movedOn = null)
    {
        foreach (var match in (await Do(AuthorityApprover, s => Matches.List(s, default))).Where(m => m.Decision == MatchDecision.Open))
            await Do(AuthorityApprover, s => Matches.Decide(s, match.Id, new(decision, "Looked at both design documents.", match.RowVersion, stands, movedOn), default));
    }

    public async ValueTask DisposeAsync()
    {
        await Venue.DisposeAsync();
        await database.DisposeAsync();
        folder.Delete(recursive: true);
    }

    static Guid Id(int n) => new($"0190c200-0000-7000-8000-{n:000000000000}");

    static Actor Person(Guid organisation, params string[] roles) => new(Guid.NewGuid(), string.Join(" ", roles), organisation, new HashSet<string>(roles));

    public sealed class TestClock : IClock
    {
        public Instant Now { get; set; } = Instant.FromUtc(2026, 11, 20, 9, 0);

        public Instant GetCurrentInstant() => Now;
    }
}
