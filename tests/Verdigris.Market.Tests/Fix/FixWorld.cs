using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using System.Net;
using Verdigris.Market.Fix;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Storage.Testing;

namespace Verdigris.Market.Tests.Fix;

/// <summary>A market that members reach by FIX: a database, a small desk, an acceptor on a free port, and machine clients whose secret is their id backwards.</summary>
sealed class FixWorld : IAsyncDisposable, IFixClients
{
    public static Actor Operator { get; } = new(new Guid("0c000000-0000-0000-0000-000000000001"), "Olive Operator", new Guid("0d000000-0000-0000-0000-000000000001"), new HashSet<string> { Role.MarketOperator });

    readonly TestDatabase database;
    FixAcceptor? acceptor;

    FixWorld(TestDatabase database)
    {
        this.database = database;
        Sessions = new DbSessions(database.Database, SystemClock.Instance);
        Desk = new SmallDesk(TimeProvider.System);
    }

    public DbSessions Sessions { get; }
    public SmallDesk Desk { get; }
    public FixDirectory Directory { get; private set; } = null!;
    public FixSessions Desks { get; private set; } = null!;
    public IPEndPoint At { get; private set; } = null!;
    /// <summary>Clients that may no longer sign in.</summary>
    public HashSet<string> Revoked { get; } = [];

    public string ConnectionString => database.OwnerConnectionString;

    public static Guid OrganisationNumber(string client) => new($"0b000000-0000-0000-0000-00000000000{client[^1]}");

    public static async Task<FixWorld> Begin()
    {
        var world = new FixWorld(await TestCluster.NewDatabase((MarketRoom.Name, typeof(MarketRoom).Assembly)));
        await world.Start();
        return world;
    }

    public async Task Start()
    {
        Directory = new(Sessions, this, Desk, Desk, new FixDatabaseRequests(Sessions), Wire.Dictionary, TimeProvider.System, NullLogger<FixAcceptor>.Instance);
        Desks = new(this, Directory);
        acceptor = new(new(new(IPAddress.Loopback, At?.Port ?? 0)), Directory, Wire.Dictionary, TimeProvider.System, NullLogger<FixAcceptor>.Instance);
        await acceptor.StartAsync(default);
        At = await acceptor.Listening;
    }

    /// <summary>Ends the acceptor; the desk and the database stay.</summary>
    public async Task Stop()
    {
        await acceptor!.StopAsync(default);
        acceptor.Dispose();
    }

    public async Task<FixSessionRow> Register(string compId, string client, string account, bool dropCopy = false, bool cancelOnDisconnect = false)
    {
        await using var s = Sessions.Open(Operator);
        return (await Desks.Register(s, new(compId, client, account, dropCopy, cancelOnDisconnect, false), default)).Value;
    }

    public Task<Actor?> Check(string clientId, string secret, CancellationToken ct) =>
        Task.FromResult(clientId.StartsWith("vd_", StringComparison.Ordinal) && !Revoked.Contains(clientId) && secret == SecretOf(clientId) ? new Actor(new Guid($"0a000000-0000-0000-0000-00000000000{clientId[^1]}"), clientId, OrganisationNumber(clientId), new HashSet<string> { Role.MarketTrader }, true) : null);

    public Task<Guid?> OrganisationOf(string clientId, CancellationToken ct) => Task.FromResult<Guid?>(clientId.StartsWith("vd_", StringComparison.Ordinal) && !Revoked.Contains(clientId) ? OrganisationNumber(clientId) : null);

    public static string SecretOf(string client) => new([.. client.Reverse()]);

    public async ValueTask DisposeAsync()
    {
        await Stop();
        await database.DisposeAsync();
    }
}
