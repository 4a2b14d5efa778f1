using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Fix;

/// <summary>
/// The sessions of the market. Each that is registered is kept running from the start of the server, so that what the desk reports while the other side is away has its number and waits; one registered later begins with its first logon. A logon is believed where
/// its SenderCompID is registered and its Username and Password are the machine client's id and secret (without a Username, the client the session is registered for).
/// </summary>
sealed partial class FixDirectory(IDbSessions sessions, IFixClients clients, IOrderEntry desk, IMarketData data, IFixRequests requests, FixDictionary dictionary, TimeProvider time, ILogger<FixAcceptor> log) : IFixDirectory
{
    /// <summary>Our CompID.</summary>
    public const string Ours = "VERDIGRIS";

    readonly ConcurrentDictionary<Guid, (FixCounterparty Counterparty, FixOrders Orders)> running = new();
    /// <summary>Beats of the acceptor's clock, ten a second, between two looks at who may still sign in.</summary>
    const int BeatsBetweenLooks = 100;

    readonly SemaphoreSlim starting = new(1);
    int beats;

    public async Task Open(CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        foreach (var session in await FixSessionRows.Open(s, ct)) await Running(session, ct);
    }

    public async Task<FixCounterparty?> Find(FixMessage logon, CancellationToken ct)
    {
        if (logon.Text(FixTag.TargetCompID) != Ours || logon.Text(FixTag.SenderCompID) is not { } compId) return null;
        FixSessionRow? session;
        await using (var s = sessions.Open(Actor.System))
        {
            session = await FixSessionRows.ByCompId(s, compId, ct);
            if (session is not null && await Kills.Bars(s, session.Id, ct)) return null;
        }
        if (session is null || (logon.Text(FixTag.Username) ?? session.ClientId) != session.ClientId) return null;
        var secret = logon.Text(FixTag.Password) ?? logon.Text(FixTag.RawData);
        if (secret is null or { Length: 0 or > 200 } || await clients.Check(session.ClientId, secret, ct) is not { } actor || actor.OrganisationId != session.OrganisationId) return null;
        var (counterparty, orders) = await Running(session, ct);
        orders.Actor = actor;
        return counterparty;
    }

    /// <summary>How a session stands; null where it has not begun here.</summary>
    public async Task<FixStanding?> Standing(Guid session, CancellationToken ct) => running.TryGetValue(session, out var known) ? await known.Counterparty.Standing(ct) : null;

    /// <summary>Says goodbye to a session; false where nobody is logged on.</summary>
    public async Task<bool> Disconnect(Guid session, string why, CancellationToken ct) => running.TryGetValue(session, out var known) && await known.Counterparty.Ask(s =>
    {
        var there = s.LoggedOn;
        s.SayGoodbye(why);
        return there;
    }, ct);

    /// <summary>Begins both orders anew; false where the other side is logged on, or where the session has not begun here and its row is all there is.</summary>
    public async Task<bool?> Reset(Guid session, CancellationToken ct) => !running.TryGetValue(session, out var known) ? null : await known.Counterparty.Ask(s =>
    {
        if (s.LoggedOn) return false;
        s.StartAnew();
        return true;
    }, ct);

    /// <summary>Ends a session for good.</summary>
    public async Task Close(Guid session)
    {
        if (running.TryRemove(session, out var known)) await known.Counterparty.DisposeAsync();
    }

    public void Tick()
    {
        foreach (var (counterparty, _) in running.Values) counterparty.Tick();
        if (Interlocked.Increment(ref beats) % BeatsBetweenLooks == 0) _ = Look();
    }

    /// <summary>Logs off who came with a client that was revoked or has run out since.</summary>
    internal async Task Look()
    {
        try
        {
            List<FixSessionRow> rows;
            await using (var s = sessions.Open(Actor.System)) rows = await FixSessionRows.Open(s, CancellationToken.None);
            foreach (var row in rows.Where(r => running.ContainsKey(r.Id)))
                if (await clients.OrganisationOf(row.ClientId, CancellationToken.None) != row.OrganisationId) await Disconnect(row.Id, "The client may no longer sign in", CancellationToken.None);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogLook(log, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Who may still sign in by FIX could not be looked up")]
    static partial void LogLook(ILogger log, Exception e);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(running.Values.Select(r => r.Counterparty.DisposeAsync().AsTask()));
        running.Clear();
    }

    async Task<(FixCounterparty Counterparty, FixOrders Orders)> Running(FixSessionRow session, CancellationToken ct)
    {
        await starting.WaitAsync(ct);
        try
        {
            if (running.TryGetValue(session.Id, out var known)) return known;
            var member = new FixMember(session.Number, session.OrganisationId, session.Account, session.CancelOnDisconnect, session.DropCopy);
            var orders = new FixOrders(member, desk, requests, new FixMarket(data), time);
            var counterparty = new FixCounterparty(new FixTerms(Ours, session.CompId, session.ResetOnLogon), dictionary, new FixDatabaseStore(sessions, session.Id), orders, time, log);
            return running[session.Id] = (counterparty, orders);
        }
        finally
        {
            starting.Release();
        }
    }
}
