using Microsoft.Extensions.DependencyInjection;
using Verdigris.Cbam.Operators;
using Verdigris.Cbam.Tests.Template;
using Verdigris.Footprint;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Testing;

namespace Verdigris.Cbam.Tests.Operators;

/// <summary>An operator with an editor and an approver, a verifier with a lead and a reviewer, a competitor, and a database of their own.</summary>
sealed class OperatorDesk : IAsyncDisposable
{
    public static readonly Guid Operator = new("0190c200-0000-7000-8000-000000000001"), Verifier = new("0190c200-0000-7000-8000-000000000002"), Competitor = new("0190c200-0000-7000-8000-000000000003"), Plant = new("0190c200-0000-7000-8000-000000000004");

    public static readonly Actor Editor = Person(Operator, Role.ProducerEditor), OperatorApprover = Person(Operator, Role.ProducerApprover), Lead = Person(Verifier, Role.VerifierLead), Reviewer = Person(Verifier, Role.VerifierReviewer),
        LeadWhoReviews = Person(Verifier, Role.VerifierLead, Role.VerifierReviewer), Other = Person(Competitor, Role.ProducerEditor, Role.ProducerApprover);

    readonly TestDatabase database;
    readonly DirectoryInfo folder;

    OperatorDesk(TestDatabase database)
    {
        this.database = database;
        Sessions = new(database.Database, Clock);
        folder = Directory.CreateTempSubdirectory("verdigris-operator-test");
        var evidence = new EvidenceStore(folder.FullName);
        Forms = new(Smelter.Form, evidence, new Register(), new Plants(), Published);
        Approvals = new([new OpinionApproval()]);
        Verification = new(Forms, Approvals, null!, RulePacks.Open(Checkout.Path("data")));
    }

    public PublishedReports Published { get; } = new();
    public Importer.ImporterDesk.TestClock Clock { get; } = new();
    public DbSessions Sessions { get; }
    public CommunicationHandlers Forms { get; }
    public VerifierHandlers Verification { get; }
    public Approvals Approvals { get; }
    /// <summary>What the demo asks for.</summary>
    public IServiceProvider Services => new ServiceCollection().AddSingleton(Forms).AddSingleton(Verification).AddSingleton(Approvals).AddSingleton<IDbSessions>(Sessions).BuildServiceProvider();
    public string Owner => database.OwnerConnectionString;

    public async Task<List<T>> Query<T>(string sql, Func<Npgsql.NpgsqlDataReader, T> map)
    {
        await using var session = Sessions.Open(Actor.System);
        return await session.All(sql, map, default);
    }

    /// <summary>How many files are kept.</summary>
    public int Kept() => Directory.EnumerateFiles(folder.FullName, "*", SearchOption.AllDirectories).Count();

    public static async Task<OperatorDesk> Open() => new(await TestCluster.NewDatabase((CbamRoom.Name, typeof(CbamRoom).Assembly)));

    public async Task<Answer<T>> Try<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        await using var session = Sessions.Open(actor);
        return await work(session);
    }

    public async Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.True(answer.Ok, string.Join("; ", answer.Ok ? [] : answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        return answer.Value;
    }

    public async Task<IReadOnlyList<string>> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.False(answer.Ok, "was done, and should be refused");
        return [.. answer.Refusals.Select(r => r.Code)];
    }

    /// <summary>The filled-in form of <see cref="Smelter"/> as a workbook.</summary>
    public static MemoryStream Workbook() => new(Smelter.Form.Write(Smelter.Report).Value);

    public Task<CommunicationView> Brought() => Do(Editor, s => Forms.Bring(s, new(null, Plant), "smelter.xlsx", Workbook(), default));

    public Task<CommunicationView> Handed(Guid id) => Do(OperatorApprover, s => Forms.Hand(s, id, Verifier, default));

    public static VerifierOpinion Opinion { get; } = new("CBAM-V-0007", 5, 1_000, SiteVisit.Physical, new(2026, 1, 20), "Meters, analyses and sums examined.");

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        folder.Delete(recursive: true);
    }

    static Actor Person(Guid organisation, params string[] roles) => new(Guid.NewGuid(), string.Join(" ", roles), organisation, new HashSet<string>(roles));

    /// <summary>What the operator and a competitor published for the border measure.</summary>
    internal sealed class PublishedReports : IPublishedReports
    {
        public int LatestVersion { get; set; } = 1;

        public static PublishedReport Own { get; } = Of(new("0190c200-0000-7000-8000-00000000000a"), Operator);
        public static PublishedReport Theirs { get; } = Of(new("0190c200-0000-7000-8000-00000000000b"), Competitor);

        public Task<IReadOnlyList<PublishedReport>> For(DbSession session, Audience audience, Guid? facility, CancellationToken ct) => Task.FromResult<IReadOnlyList<PublishedReport>>(audience == Audience.Cbam ? [Own, Theirs] : []);

        public Task<ReportVersion?> Latest(DbSession session, Guid report, CancellationToken ct) => Task.FromResult<ReportVersion?>(new(report, LatestVersion, new string('f', 64)));

        static PublishedReport Of(Guid id, Guid owner) => new(id, Audience.Cbam, "installation", new(Guid.Empty, 1, Guid.Empty, "Nordvik smelter", "NO", owner, new(2025, 1, 1), new(2025, 12, 31), "Ingot", "AR5", 200_000, 322_480.1234567m, 9_000, 61_410, null, null, 1.6124m, 0.3071m, null, 2.1m,
            Verifier, "Reasonable", "NO-V-1", new string('f', 64)), new string('e', 64), null, Guid.Empty, NodaTime.Instant.FromUtc(2026, 3, 1, 9, 0), null, null);
    }

    sealed class Plants : IBrandForms
    {
        Task<IReadOnlyList<PlantName>> IBrandForms.Plants(DbSession session, CancellationToken ct) => Task.FromResult<IReadOnlyList<PlantName>>(session.Actor.OrganisationId == Operator ? [new(Plant, "Plant", null)] : []);
        public Task<IReadOnlyList<BrandName>> Brands(DbSession session, Guid plant, CancellationToken ct) => Task.FromResult<IReadOnlyList<BrandName>>([]);
        public Task<Answer<Guid>> Draft(DbSession session, BrandFigures figures, CancellationToken ct) => throw new NotSupportedException();
    }

    sealed class Register : IVerifierRegister
    {
        public Task<bool> IsVerifier(DbSession session, Guid organisation, CancellationToken ct) => Task.FromResult(organisation == Verifier);
        public Task<IReadOnlyList<OrganisationName>> All(DbSession session, CancellationToken ct) => Task.FromResult<IReadOnlyList<OrganisationName>>([new(Verifier, "Verifier", null)]);
        public Task<OrganisationName?> Find(DbSession session, Guid organisation, CancellationToken ct) => Task.FromResult(organisation == Verifier ? new OrganisationName(Verifier, "Verifier", null) : null);
    }
}
