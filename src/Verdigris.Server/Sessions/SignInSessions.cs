using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>A browser that is signed in.</summary>
/// <param name="Device">What the browser says of itself, as it says it.</param>
public sealed record SignInSession(Guid Id, Instant CreatedAt, Instant LastSeenAt, string Address, string Device);

/// <summary>
/// Sessions of people as rows beside the cookie, so that they can be listed and ended: an ended one is gone at once on this server and within <see cref="AccessCache.Lifetime"/> on others.
/// Thread-safe.
/// </summary>
sealed class SignInSessions(IDbSessions sessions, AccessCache cache, IClock clock)
{
    /// <summary>A session nobody used for so long is over; the cookie's own life is the same.</summary>
    public static readonly Duration Idle = Duration.FromHours(10);

    /// <summary>A device seen within this time is no news.</summary>
    static readonly Duration Familiar = Duration.FromDays(90);
    static readonly Duration SeenEvery = Duration.FromMinutes(5);

    readonly ConcurrentDictionary<Guid, Instant> seen = new();

    /// <summary>A new session; its owner is told where browser and address are new together and there were sessions before.</summary>
    public async Task<Guid> Begin(HttpContext http, Person person, Guid organisation, CancellationToken ct)
    {
        var (device, address) = (Cut(http.Request.Headers.UserAgent.ToString(), 300), Cut(http.Connection.RemoteIpAddress?.ToString() ?? "", 60));
        await using var s = sessions.Open(Actor.System with { PersonId = person.Id, Name = person.DisplayName, OrganisationId = organisation });
        var id = s.NewId();
        await s.InTransaction(async t =>
        {
            var (any, same) = await s.One("select count(*) > 0, coalesce(bool_or(device = $2 and address = $3), false) from server.session where person_id = $1 and last_seen_at > $4",
                r => (r.GetBoolean(0), r.GetBoolean(1)), t, person.Id, device, address, (s.Now - Familiar).ToDateTimeUtc());
            await s.Execute("insert into server.session (id, person_id, created_at, last_seen_at, address, device) values ($1, $2, $3, $3, $4, $5)", t, id, person.Id, s.Now.ToDateTimeUtc(), address, device);
            if (any && !same)
                await s.Notify(new Notice(NoticeServices.NewSignIn, new NoticeTo(person.Id, organisation), "server.notice.new-sign-in", new Dictionary<string, string> { ["address"] = address, ["device"] = DeviceName.Of(device) },
                    "/account/sessions", "person", person.Id.ToString()), t);
        }, ct);
        cache.Forget(person.Id);
        return id;
    }

    /// <summary>Says that a session is in use, every few minutes.</summary>
    public async Task Seen(Guid session, CancellationToken ct)
    {
        var now = clock.GetCurrentInstant();
        if (seen.TryGetValue(session, out var last) && now - last < SeenEvery) return;
        if (seen.Count > 20_000) seen.Clear();
        seen[session] = now;
        await using var s = sessions.Open(Actor.System);
        await s.Execute("update server.session set last_seen_at = greatest(last_seen_at, $2) where id = $1 and ended_at is null", ct, session, s.Now.ToDateTimeUtc());
    }

    /// <summary>The actor's own sessions that hold, the one used last first.</summary>
    public async Task<IReadOnlyList<SignInSession>> List(Actor actor, CancellationToken ct)
    {
        await using var s = sessions.Open(actor);
        return await s.Many("select id, created_at, last_seen_at, address, device from server.session where person_id = $1 and ended_at is null and last_seen_at > $2 order by last_seen_at desc, id",
            r => new SignInSession(r.GetGuid(0), r.Moment(1), r.Moment(2), r.GetString(3), r.GetString(4)), ct, actor.PersonId, (s.Now - Idle).ToDateTimeUtc());
    }

    /// <summary>Ends one of the actor's own sessions.</summary>
    public async Task<Answer<Done>> End(Actor actor, Guid id, CancellationToken ct)
    {
        var ended = await End(actor, actor.PersonId, "session.ended", "id = $3", id, ct);
        return ended > 0 ? default(Done) : Refusal.NotFound("session.unknown", "session");
    }

    /// <summary>Ends all sessions of a person but one; <see cref="Guid.Empty"/> spares none.</summary>
    public Task<int> EndOthers(Actor actor, Guid person, Guid spared, CancellationToken ct) => End(actor, person, "session.others-ended", "id <> $3", spared, ct);

    async Task<int> End(Actor actor, Guid person, string action, string which, Guid id, CancellationToken ct)
    {
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var ended = await s.InTransaction(async t =>
        {
            var count = await s.Execute($"update server.session set ended_at = $2 where person_id = $1 and ended_at is null and {which}", t, person, s.Now.ToDateTimeUtc(), id);
            if (count > 0) await s.Audit(new AuditEntry(action, "person", person.ToString(), Details: new { count }), t);
            return count;
        }, ct);
        cache.Forget(person);
        return ended;
    }

    static string Cut(string text, int most) => text.Length > most ? text[..most] : text;
}

/// <summary>What people call the browser and system that a User-Agent names; the text itself where it is none of the common ones.</summary>
static class DeviceName
{
    static readonly (string Mark, string Name)[] Browsers = [("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    static readonly (string Mark, string Name)[] Systems = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")];

    public static string Of(string agent)
    {
        var browser = Find(Browsers, agent);
        var system = Find(Systems, agent);
        if (browser is null && system is null) return agent.Length == 0 ? "?" : agent.Length > 60 ? agent[..60] : agent;
        return string.Join(" · ", new[] { browser, system }.OfType<string>());
    }

    static string? Find((string Mark, string Name)[] names, string agent) => names.FirstOrDefault(n => agent.Contains(n.Mark, StringComparison.Ordinal)).Name;
}

/// <summary>Sessions long over and links long closed are cleared away.</summary>
sealed class SessionClearing : IDailyWork
{
    static readonly Duration Kept = Duration.FromDays(180);

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var before = (session.Now - Kept).ToDateTimeUtc();
        return await session.Execute("delete from server.session where last_seen_at < $1", ct, before) + await session.Execute("delete from server.recovery where expires_at < $1", ct, before);
    }
}
