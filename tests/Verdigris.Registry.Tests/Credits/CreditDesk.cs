using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Testing;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>A programme's staff, a developer, a body, a buyer, and a database and a Book of their own.</summary>
sealed class CreditDesk : IAsyncDisposable
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
        Venue = Verdigris.Book.Venue.Open(new VenueOptions { VenueId = 8, DataFolder = folder.FullName, NowMicros = () => Clock.GetCurrentInstant().ToUnixTimeTicks() / 10, SnapshotEveryBytes = 0 }, new MemoryJournal());
        Book = new(Sessions, Venue, [new ImportKind()], NullLogger<BookCommands>.Instance);
        Imports = new(Evidence, Book, Venue, Packs);
    }

    public TestClock Clock { get; } = new();
    public RulePacks Packs { get; }
    public CreditRules Rules => CreditRules.Of(Packs);
    public DbSessions Sessions { get; }
    public EvidenceStore Evidence { get; }
    public Venue Venue { get; }
    public BookCommands Book { get; }
    public CreditImports Imports { get; }
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

    public static string Sample(string name) => Checkout.Path("data/registry/samples/" + name);

    public async Task<CreditImportView> Bring(string name, string? text = null)
    {
        await using Stream content = text is null ? File.OpenRead(Sample(name)) : new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await Do(Officer, s => Imports.Bring(s, name, content, default));
    }

    public async Task<CreditImportView> Import(string name, string? text = null)
    {
        var brought = await Bring(name, text);
        return await Do(Officer, s => Imports.Apply(s, brought.File.Id, default));
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
