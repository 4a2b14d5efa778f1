using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Publication;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Testing;

namespace Verdigris.Footprint.Tests;

/// <summary>A smelter with an editor and an approver, a verifier with a lead and a reviewer, a stranger, and a database of their own.</summary>
sealed class Desk : IAsyncDisposable
{
    public static readonly Guid Smelter = new("0190c000-0000-7000-8000-000000000001"), Verifier = new("0190c000-0000-7000-8000-000000000002"), Stranger = new("0190c000-0000-7000-8000-000000000003");

    public static readonly Actor Editor = Person(Smelter, Role.ProducerEditor), Approver = Person(Smelter, Role.ProducerApprover), Both = Person(Smelter, Role.ProducerEditor, Role.ProducerApprover),
        Lead = Person(Verifier, Role.VerifierLead), Reviewer = Person(Verifier, Role.VerifierReviewer), OneForBoth = Person(Verifier, Role.VerifierLead, Role.VerifierReviewer),
        Other = Person(Stranger, Role.ProducerEditor, Role.ProducerApprover, Role.VerifierLead, Role.VerifierReviewer);

    readonly TestDatabase database;
    readonly DbSessions sessions;
    readonly DirectoryInfo folder;

    Desk(TestDatabase database)
    {
        this.database = database;
        Rules = RulePacks.Open(Checkout.Path("data"));
        sessions = new(database.Database, Clock);
        Plans = new(Ask.Methods, Rules);
        Signatures = new(Signer);
        Reports = new(Ask.Methods, Rules, new KnownVerifiers(), Signatures);
        Verification = new(Reports, Rules, Signatures);
        folder = Directory.CreateTempSubdirectory("verdigris-footprint-test");
        Imports = new(Reports, new EvidenceStore(folder.FullName), Ask.Methods);
        Traces = new(Reports, Ask.Methods);
        Dossiers = new(Reports, Facilities, Plans, Imports, Signatures, new KnownVerifiers());
        Publications = new(Dossiers, Brands);
        Venue = Verdigris.Book.Venue.Open(new VenueOptions { VenueId = 7, DataFolder = folder.FullName, NowMicros = () => Clock.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());
        Book = new(sessions, Venue, [new EnergyRegisteredKind(), new EnergyCancelledKind()], NullLogger<BookCommands>.Instance);
        Energy = new(Book);
        FindingFiles = new(new EvidenceStore(folder.FullName));
        Services = new ServiceCollection().AddSingleton<IDbSessions>(sessions).AddSingleton(Facilities).AddSingleton(Plans).AddSingleton(Reports).AddSingleton(Verification).AddSingleton(Energy).AddSingleton(Publications).BuildServiceProvider();
    }

    public TestClock Clock { get; } = new();
    public RulePacks Rules { get; }
    public ServiceProvider Services { get; }
    public DbSessions Sessions => sessions;
    public FacilityHandlers Facilities { get; } = new();
    public PlanHandlers Plans { get; }
    public ReportHandlers Reports { get; }
    public VerificationHandlers Verification { get; }
    public ActivityImports Imports { get; }
    public ReportTraces Traces { get; }
    public ReportSignatures Signatures { get; }
    public FindingFiles FindingFiles { get; }
    public Publications Publications { get; }
    public Venue Venue { get; }
    public BookCommands Book { get; }
    public EnergyHandlers Energy { get; }
    public TestBrands Brands { get; } = new();
    public TestSigner Signer { get; } = new();
    public ReportDossiers Dossiers { get; }
    public string Owner => database.OwnerConnectionString;

    public static async Task<Desk> Open()
    {
        var desk = new Desk(await TestCluster.NewDatabase((FootprintRoom.Name, typeof(FootprintRoom).Assembly)));
        await new BookDefinitions(FootprintRoom.Name).Apply(desk.Venue, EnergyBook.Definitions(), default);
        return desk;
    }

    public async Task<Answer<T>> Try<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        await using var session = sessions.Open(actor);
        return await work(session);
    }

    public async Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        return answer.Value;
    }

    public async Task<string> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.False(answer.Ok, "was done, and should be refused");
        return answer.Refusals[0].Code;
    }

    public void Wait(Duration time) => Clock.Now += time;

    public DbSession As(Actor actor) => sessions.Open(actor);

    public static PlanContent Plan(GapRule gaps = GapRule.None) => new("Primary aluminium", "AR5",
    [
        new("anodes", "electrolysis", StreamScope.Direct, "aluminium.anode-prebake", new JsonObject { ["sulphurPercent"] = 2.0, ["ashPercent"] = 0.4 }, ["productionT", "netAnodeTPerT"], "Weighbridge 1", null, null, 2, "Anode shop", true, gaps),
        new("pfc", "electrolysis", StreamScope.Direct, "aluminium.pfc-slope", new JsonObject { ["technology"] = "PFPB_M", ["factors"] = "CBAM-2025", ["collectionEfficiencyPercent"] = 100, ["lowVoltageKgPerT"] = 0 }, ["productionT", "aeMinutesPerCellDay"], "Pot control", null, null, 15, "Potroom", true, gaps),
        new("gas", "casting", StreamScope.Direct, "mrr.combustion", new JsonObject { ["activityUnit"] = "t", ["fuel"] = "natural-gas", ["factors"] = "IPCC-2006", ["oxidationFactor"] = 1, ["biomassPercent"] = 0 }, ["activity"], "Gas meter 7", "combustion", "3", 2, "Utilities", true, gaps),
        new("power", "electrolysis", StreamScope.Indirect, "electricity.location-based", new JsonObject { ["area"] = "CN-yunnan", ["year"] = 2023, ["variant"] = "average", ["basis"] = "direct" }, ["loadMwh"], "Grid meter", null, null, 1, "Utilities", true, gaps),
    ]);

    public static List<ActivityValue> Year(int year = 2025, Func<int, string, bool>? leaveOut = null)
    {
        var values = new List<ActivityValue>();
        for (var m = 1; m <= 12; m++)
        {
            var month = new LocalDate(year, m, 1);
            void Add(string stream, string field, decimal value) { if (leaveOut?.Invoke(m, stream) != true) values.Add(new(stream, month, field, value, $"book {m}")); }
            Add("production", "massT", 1000 + m);
            Add("anodes", "productionT", 1000 + m);
            Add("anodes", "netAnodeTPerT", 0.41m);
            Add("pfc", "productionT", 1000 + m);
            Add("pfc", "aeMinutesPerCellDay", 0.2m);
            Add("gas", "activity", 30);
            Add("power", "loadMwh", 13_500 * (1 + m / 1000m));
        }
        return values;
    }

    /// <summary>A facility with a plan in force since 2024.</summary>
    public async Task<Facility> Facility(GapRule gaps = GapRule.None, Guid? plant = null)
    {
        var facility = await Do(Editor, s => Facilities.Create(s, new("Potline 1", "一号系列", "CN", plant), default));
        var plan = await Do(Editor, s => Plans.Draft(s, facility.Id, new(new LocalDate(2024, 1, 1), Plan(gaps)), default));
        await Do(Approver, s => Plans.Approve(s, plan.Id, default));
        return facility;
    }

    /// <summary>A report of a year with all its data.</summary>
    public async Task<Report> Report(Facility facility, int year = 2025)
    {
        var report = await Do(Editor, s => Reports.Create(s, new(facility.Id, new(year, 1, 1), new(year, 12, 31)), default));
        await Do(Editor, s => Reports.SetActivity(s, report.Id, Year(year), default));
        return report;
    }

    public static Opinion Assured { get; } = new(OpinionKind.ReasonableAssurance, "Free of material misstatement.", "CNAS-V-001", new LocalDate(2026, 3, 2), null);

    public async Task<ReportView> Accepted(Facility facility, int year = 2025)
    {
        var report = await Report(facility, year);
        await Do(Approver, s => Reports.Submit(s, report.Id, Verifier, default));
        await Do(Lead, s => Verification.TakeUp(s, report.Id, default));
        await Do(Lead, s => Verification.GiveOpinion(s, report.Id, Assured, default));
        return await Do(Reviewer, s => Verification.Review(s, report.Id, default));
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Venue.DisposeAsync();
        await database.DisposeAsync();
        folder.Delete(recursive: true);
    }

    static Actor Person(Guid organisation, params string[] roles) => new(Guid.NewGuid(), string.Join(" ", roles), organisation, new HashSet<string>(roles));

    sealed class KnownVerifiers : IVerifierRegister
    {
        public Task<bool> IsVerifier(DbSession session, Guid organisation, CancellationToken ct) => Task.FromResult(organisation == Verifier || organisation == Stranger);

        public Task<IReadOnlyList<OrganisationName>> All(DbSession session, CancellationToken ct) => Task.FromResult<IReadOnlyList<OrganisationName>>([new(Verifier, "Verifier", null), new(Stranger, "Stranger", null)]);

        public Task<OrganisationName?> Find(DbSession session, Guid organisation, CancellationToken ct) => Task.FromResult(organisation == Smelter ? new OrganisationName(Smelter, "Smelter", "铝厂") : organisation == Verifier ? new(Verifier, "Verifier", null) : null);
    }

    /// <summary>One brand at one plant; keeps what it is handed.</summary>
    internal sealed class TestBrands : IBrandForms
    {
        public static readonly Guid Plant = new("0190c000-0000-7000-8000-0000000000aa");

        public List<BrandFigures> Drafted { get; } = [];

        public Task<IReadOnlyList<PlantName>> Plants(DbSession session, CancellationToken ct) => Task.FromResult<IReadOnlyList<PlantName>>(session.Actor.OrganisationId == Smelter ? [new(Plant, "Potline works", null)] : []);

        public Task<IReadOnlyList<BrandName>> Brands(DbSession session, Guid plant, CancellationToken ct) => Task.FromResult<IReadOnlyList<BrandName>>(plant == Plant ? [new("POT1", "Potline ingot", null)] : []);

        public Task<Answer<Guid>> Draft(DbSession session, BrandFigures figures, CancellationToken ct)
        {
            Drafted.Add(figures);
            return Task.FromResult<Answer<Guid>>(Guid.NewGuid());
        }
    }

    /// <summary>A key for each organisation, made when it first signs.</summary>
    internal sealed class TestSigner : IReportSigner
    {
        readonly Dictionary<Guid, ECDsa> keys = [];

        public Task<Answer<OrganisationSeal>> Sign(DbSession session, ReadOnlyMemory<byte> content, CancellationToken ct)
        {
            if (!keys.TryGetValue(session.Actor.OrganisationId, out var key)) keys[session.Actor.OrganisationId] = key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return Task.FromResult<Answer<OrganisationSeal>>(new OrganisationSeal(session.Actor.OrganisationId.ToString(), Convert.ToHexString(key.SignData(content.Span, HashAlgorithmName.SHA256))));
        }

        public Task<string> Judge(DbSession session, OrganisationSeal seal, Guid organisation, ReadOnlyMemory<byte> content, Instant signedAt, CancellationToken ct) =>
            Task.FromResult(seal.Kid != organisation.ToString() || !keys.TryGetValue(organisation, out var key) ? "key-unknown" : key.VerifyData(content.Span, Convert.FromHexString(seal.Jws), HashAlgorithmName.SHA256) ? "valid" : "invalid");
    }

    public sealed class TestClock : IClock
    {
        public Instant Now { get; set; } = Instant.FromUtc(2026, 11, 20, 9, 0);

        public Instant GetCurrentInstant() => Now;
    }
}
