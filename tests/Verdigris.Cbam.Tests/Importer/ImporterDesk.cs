using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Customs;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Suppliers;
using Verdigris.Footprint;
using Verdigris.Passport;
using Jws = Verdigris.Passport.Certificates.Jws;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Testing;
using Verdigris.Web;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>An importer with a trader and an approver, another importer, and a database and a Book of their own.</summary>
sealed class ImporterDesk : IAsyncDisposable
{
    public static readonly Guid Importer = new("0190c100-0000-7000-8000-000000000001"), Stranger = new("0190c100-0000-7000-8000-000000000002");

    public static readonly Actor Trader = Person(Importer, Role.OwnerTrader), Approver = Person(Importer, Role.OwnerApprover), Both = Person(Importer, Role.OwnerTrader, Role.OwnerApprover),
        Other = Person(Stranger, Role.OwnerTrader, Role.OwnerApprover), Smelter = Person(Importer, Role.ProducerEditor);

    readonly TestDatabase database;
    readonly DirectoryInfo folder;

    ImporterDesk(TestDatabase database, bool law)
    {
        this.database = database;
        Packs = RulePacks.Open(Checkout.Path("data"));
        Rules = law ? new DeskRules(Packs) : new TestRules();
        Sessions = new(database.Database, Clock);
        folder = Directory.CreateTempSubdirectory("verdigris-cbam-test");
        Evidence = new(folder.FullName);
        Venue = Verdigris.Book.Venue.Open(new VenueOptions { VenueId = 8, DataFolder = folder.FullName, NowMicros = () => Clock.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());
        Book = new(Sessions, Venue, [new OrderKindOfBook()], NullLogger<BookCommands>.Instance);
        Mass = new(Rules);
        Files = new(Evidence, Rules, Mass);
        Lines = new(Rules, Owned);
        Watch = new(Rules, Mass);
        Requests = new(Evidence);
        OrderDesk = new(Book, Venue, Rules, Packs);
        Approvals = new([new DeclarationApproval(), new OrderApproval(OrderDesk)]);
        Declarations = new(Approvals, new(Rules, Mass, Packs), Evidence, Packs);
        Certificates = new(Approvals, OrderDesk, Venue, Packs);
        Quarters = new(Rules, new(Packs), Organisations);
        Dossiers = new(Declarations, Requests, Evidence, Signer, Organisations, new([new(typeof(CbamRoom).Assembly), new(typeof(StringCatalogue).Assembly)]));
        Ending = new(Book, Venue, Packs);
        Reminders = new(Packs);
    }

    public TestClock Clock { get; } = new();
    public RulePacks Packs { get; }
    public DbSessions Sessions { get; }
    public EvidenceStore Evidence { get; }
    public Venue Venue { get; }
    public BookCommands Book { get; }
    public IDeskRules Rules { get; }
    public TestOwned Owned { get; } = new();
    public Approvals Approvals { get; }
    public DeclarantHandlers Declarants { get; } = new();
    public ThresholdWatch Mass { get; }
    public CustomsImports Files { get; }
    public LineHandlers Lines { get; }
    public YearWatch Watch { get; }
    public SupplierHandlers Suppliers { get; } = new();
    public RequestHandlers Requests { get; }
    public DeclarationHandlers Declarations { get; }
    public OrderDesk OrderDesk { get; }
    public CertificateHandlers Certificates { get; }
    public QuarterReports Quarters { get; }
    public DeclarationDossiers Dossiers { get; }
    public TestSigner Signer { get; } = new();
    TestOrganisations Organisations { get; } = new();
    public CertificateEnding Ending { get; }
    public RequestReminders Reminders { get; }
    public string Owner => database.OwnerConnectionString;

    /// <param name="law">By the rules of the packs; else by those of <see cref="TestRules"/>.</param>
    public static async Task<ImporterDesk> Open(bool recorded = true, bool law = false)
    {
        var desk = new ImporterDesk(await TestCluster.NewDatabase((CbamRoom.Name, typeof(CbamRoom).Assembly)), law);
        await new BookDefinitions(CbamRoom.Name).Apply(desk.Venue, CertificateBook.Definitions(), default);
        if (recorded) await desk.Do(Trader, s => desk.Declarants.Save(s, Record, default));
        return desk;
    }

    public static DeclarantData Record { get; } = new("DE1234567890123", "DE", "CBAM-DE-0001", new(2025, 12, 1), new(2026, 1, 15));

    public async Task<Answer<T>> Try<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        await using var session = Sessions.Open(actor);
        return await work(session);
    }

    public async Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        return answer.Value;
    }

    public async Task<string> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work) => (await Refusals(actor, work))[0];

    public async Task<List<string>> Refusals<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.False(answer.Ok, "was done, and should be refused");
        return [.. answer.Refusals.Select(r => r.Field is null || r.Code != "line.actual-missing" ? r.Code : $"{r.Code} {r.Field}")];
    }

    /// <summary>Number of a declaration with its right check digit.</summary>
    public static string Mrn(int n)
    {
        var body = $"26DE{n:0000000000000}";
        return body + Verdigris.Cbam.Customs.Mrn.CheckDigit(body);
    }

    public const string Header = "mrn,item,cn,origin,netMassKg,releasedOn,importerEori,supplier\n";

    public static string Csv(params (int Mrn, string Cn, string Origin, decimal Kg, string Day)[] lines) =>
        Header + string.Concat(lines.Select(l => FormattableString.Invariant($"{Mrn(l.Mrn)},1,{l.Cn},{l.Origin},{l.Kg},{l.Day},DE1234567890123,Example Smelter\n")));

    public Task<CustomsImportView> Bring(string text, string name = "lines.csv", Actor? actor = null) => Do(actor ?? Trader, s => Files.Bring(s, name, new MemoryStream(Encoding.UTF8.GetBytes(text)), default));

    /// <summary>Brings lines and takes them in.</summary>
    public async Task<IReadOnlyList<ImportLine>> Import(params (int Mrn, string Cn, string Origin, decimal Kg, string Day)[] lines)
    {
        var file = await Bring(Csv(lines));
        await Do(Trader, s => Files.Apply(s, file.File.Id, CustomsImports.WholeFile, default));
        return [.. (await Do(Trader, s => Lines.List(s, new(Import: file.File.Id, Sort: "mrn", Limit: 200), default))).Items.Select(v => v.Line)];
    }

    public Task<List<(string Kind, string Text)>> Notices() => Query("select payload->>'kind', payload->>'textKey' from storage.outbox_event where topic = 'storage.notice' order by id", r => (r.GetString(0), r.GetString(1)));

    public async Task<List<T>> Query<T>(string sql, Func<Npgsql.NpgsqlDataReader, T> map)
    {
        await using var session = Sessions.Open(Actor.System);
        return await session.All(sql, map, default);
    }

    /// <summary>The approver decides what is open.</summary>
    public async Task Decide(bool approve = true)
    {
        var open = await Do(Approver, async s => (Answer<Page<ApprovalTask>>)await Approvals.Inbox(s, new(), default));
        foreach (var task in open.Items) await Do(Approver, s => Approvals.Decide(s, task.Id, approve, approve ? null : "Not now.", default));
    }

    public async ValueTask DisposeAsync()
    {
        await Venue.DisposeAsync();
        await database.DisposeAsync();
        folder.Delete(recursive: true);
    }

    static Actor Person(Guid organisation, params string[] roles) => new(Guid.NewGuid(), string.Join(" ", roles), organisation, new HashSet<string>(roles));

    /// <summary>Documents by number; who asks is not judged here, the passport room's own tests do that.</summary>
    internal sealed class TestOwned : IOwnedEmissions
    {
        public Dictionary<string, OwnedEmissions> Known { get; } = new()
        {
            ["FJNI-1"] = new(new("0190c100-0000-7000-8000-00000000000a"), "FJNI-1", "FJNI", "AL", "Nordvik", "IN", 25_000, 2025, 1.6m, 0.3m, "reasonable", "Klarsyn Assurance", new string('a', 64)),
            ["FJNI-2"] = new(new("0190c100-0000-7000-8000-00000000000b"), "FJNI-2", "FJNI", "AL", "Nordvik", "IN", 25_000, 2025, 1.6m, 0.3m, "limited", "Klarsyn Assurance", new string('b', 64)),
        };

        public Task<Answer<OwnedEmissions>> Find(DbSession session, OwnedDocument document, string number, LocalDate day, CancellationToken ct) =>
            Task.FromResult(Known.TryGetValue(number, out var found) ? (Answer<OwnedEmissions>)found : Refusal.NotFound("access.not-visible", null, ("what", "certificate")));
    }

    sealed class TestOrganisations : IVerifierRegister
    {
        public Task<bool> IsVerifier(DbSession session, Guid organisation, CancellationToken ct) => Task.FromResult(false);

        public Task<IReadOnlyList<OrganisationName>> All(DbSession session, CancellationToken ct) => Task.FromResult<IReadOnlyList<OrganisationName>>([]);

        public Task<OrganisationName?> Find(DbSession session, Guid organisation, CancellationToken ct) => Task.FromResult<OrganisationName?>(new(organisation, "Cobblestone Extrusions", null));
    }

    /// <summary>One key for the importer.</summary>
    internal sealed class TestSigner : IReportSigner
    {
        public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public Task<Answer<OrganisationSeal>> Sign(DbSession session, ReadOnlyMemory<byte> content, CancellationToken ct) => Task.FromResult<Answer<OrganisationSeal>>(new OrganisationSeal("importer", Jws.Sign(Key, "importer", content.Span, session.Now)));

        public Task<string> Judge(DbSession session, OrganisationSeal seal, Guid organisation, ReadOnlyMemory<byte> content, Instant signedAt, CancellationToken ct) => throw new NotSupportedException();
    }

    public sealed class TestClock : IClock
    {
        public Instant Now { get; set; } = Instant.FromUtc(2026, 11, 20, 9, 0);

        public Instant GetCurrentInstant() => Now;
    }
}
