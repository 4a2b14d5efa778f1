using System.Text.RegularExpressions;
using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Fix;

/// <summary>A session registered for a member.</summary>
/// <param name="Number">Orders that came by it carry this number.</param>
/// <param name="CompId">The member's CompID.</param>
/// <param name="ClientId">Of the machine client that logs on.</param>
/// <param name="Account">Trading account of orders that name none.</param>
/// <param name="DropCopy">Hears of all orders of the organisation and enters none.</param>
/// <param name="NextIn">Number of the member's next message, <paramref name="NextOut"/> of ours.</param>
/// <param name="ChangedAt">When a message last moved the numbers.</param>
public sealed record FixSessionRow(Guid Id, long Number, string CompId, Guid OrganisationId, string ClientId, string? Account, bool DropCopy, bool CancelOnDisconnect, bool ResetOnLogon, long NextIn, long NextOut, Instant? ChangedAt, Instant WrittenAt, Instant? ClosedAt);

static class FixSessionRows
{
    const string Columns = "id, number, comp_id, organisation_id, client_id, account, drop_copy, cancel_on_disconnect, reset_on_logon, next_in, next_out, changed_at, written_at, closed_at";

    public static Task<List<FixSessionRow>> All(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.fix_session order by closed_at is not null, comp_id, number limit 1000", Read, ct);

    public static Task<List<FixSessionRow>> Open(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.fix_session where closed_at is null order by number", Read, ct);

    public static Task<FixSessionRow?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from market.fix_session where id = $1", Read, ct, id);

    public static Task<FixSessionRow?> ByCompId(DbSession s, string compId, CancellationToken ct) => s.One($"select {Columns} from market.fix_session where comp_id = $1 and closed_at is null", Read, ct, compId);

    static FixSessionRow Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), r.GetString(2), r.GetGuid(3), r.GetString(4), r.Text(5), r.GetBoolean(6), r.GetBoolean(7), r.GetBoolean(8), r.GetInt64(9), r.GetInt64(10), r.MaybeTime(11), r.Time(12), r.MaybeTime(13));
}

/// <param name="CompId">1 to 30 letters, digits, points, hyphens or underscores.</param>
public sealed record NewFixSession(string? CompId, string? ClientId, string? Account, bool DropCopy, bool CancelOnDisconnect, bool ResetOnLogon);

/// <summary>Registers FIX sessions and looks after them. The market's operator does, saying why where something is taken from a member; a member reads its own.</summary>
public sealed partial class FixSessions
{
    readonly IFixClients clients;
    readonly FixDirectory? directory;

    /// <param name="directory">Null where this server does not listen for FIX.</param>
    internal FixSessions(IFixClients clients, FixDirectory? directory) => (this.clients, this.directory) = (clients, directory);

    public Task<List<FixSessionRow>> List(DbSession s, CancellationToken ct) => FixSessionRows.All(s, ct);

    public async Task<Answer<FixSessionRow>> Find(DbSession s, Guid id, CancellationToken ct) => await FixSessionRows.Find(s, id, ct) is { } found ? found : Refusal.NotFound("fix.not-found");

    /// <summary>How it stands now; null where it has not begun on this server.</summary>
    internal async Task<FixStanding?> Standing(Guid id, CancellationToken ct) => directory is null ? null : await directory.Standing(id, ct);

    /// <summary>For the organisation of the machine client. <c>fix.comp-id</c>, <c>fix.comp-id-taken</c>, <c>fix.client-unknown</c>.</summary>
    public async Task<Answer<FixSessionRow>> Register(DbSession s, NewFixSession session, CancellationToken ct)
    {
        if (!s.Actor.Is(Role.MarketOperator)) return Refusal.Forbidden("fix.operator-only");
        var wrong = new List<Refusal>();
        var compId = session.CompId?.Trim() ?? "";
        if (!CompIdText().IsMatch(compId) || compId == FixDirectory.Ours) wrong.Add(Refusal.Of("fix.comp-id", "compId", ("given", compId)));
        var account = Given.Text(session.Account, "account", 40, wrong, required: false);
        var client = session.ClientId?.Trim() ?? "";
        var organisation = client.Length is 0 or > 100 ? null : await clients.OrganisationOf(client, ct);
        if (organisation is null) wrong.Add(Refusal.Of("fix.client-unknown", "clientId", ("given", client)));
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<FixSessionRow>(async t =>
        {
            if (await FixSessionRows.ByCompId(s, compId, t) is not null) return Refusal.Conflict("fix.comp-id-taken", "compId", ("given", compId));
            var id = s.NewId();
            await s.Run("insert into market.fix_session (id, comp_id, organisation_id, client_id, account, drop_copy, cancel_on_disconnect, reset_on_logon, written_by, written_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", t,
                id, compId, organisation!.Value, client, account, session.DropCopy, session.CancelOnDisconnect && !session.DropCopy, session.ResetOnLogon, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("fix-session.registered", "fix-session", id.ToString(), Details: new { compId, client, account, session.DropCopy, session.CancelOnDisconnect, session.ResetOnLogon }), t);
            return (await FixSessionRows.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Logs the member off; it may log on again. <c>fix.not-logged-on</c>.</summary>
    public async Task<Answer<FixSessionRow>> Disconnect(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (await Open(s, id, reason, ct) is var (known, words, refused) && refused.Count > 0) return refused;
        if (directory is null || !await directory.Disconnect(id, "Logged off by the market's operator", ct)) return Refusal.Conflict("fix.not-logged-on");
        await s.Audit(new AuditEntry("fix-session.disconnected", "fix-session", id.ToString(), words), ct);
        return known!;
    }

    /// <summary>Logs a session off for whoever may; nothing happens where nobody is logged on.</summary>
    internal async Task LogOff(Guid id, string why, CancellationToken ct)
    {
        if (directory is not null) await directory.Disconnect(id, why, ct);
    }

    /// <summary>Begins both orders of messages anew: what was sent and not heard is lost to the member, which asks for the state of its orders. Not while it is logged on: <c>fix.logged-on</c>.</summary>
    public async Task<Answer<FixSessionRow>> Reset(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (await Open(s, id, reason, ct) is var (known, words, refused) && refused.Count > 0) return refused;
        var done = directory is null ? null : await directory.Reset(id, ct);
        if (done == false) return Refusal.Conflict("fix.logged-on");
        return await s.InTransaction<FixSessionRow>(async t =>
        {
            if (done is null)
            {
                await s.AsSystem(async u => await s.Run("delete from market.fix_message where session_id = $1", u, id), t);
                await s.Run("update market.fix_session set next_in = 1, next_out = 1, changed_at = $2 where id = $1", t, id, s.Now);
            }
            await s.Audit(new AuditEntry("fix-session.reset", "fix-session", id.ToString(), words, new { known!.NextIn, known.NextOut }), t);
            return (await FixSessionRows.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Ends a session for good: the member is logged off and cannot log on by it again; its orders stay.</summary>
    public async Task<Answer<FixSessionRow>> Close(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (await Open(s, id, reason, ct) is var (_, words, refused) && refused.Count > 0) return refused;
        var closed = await s.InTransaction(async t =>
        {
            await s.Run("update market.fix_session set closed_at = $2 where id = $1 and closed_at is null", t, id, s.Now);
            await s.Audit(new AuditEntry("fix-session.closed", "fix-session", id.ToString(), words), t);
            return (await FixSessionRows.Find(s, id, t))!;
        }, ct);
        if (directory is not null) await directory.Close(id);
        return closed;
    }

    static async Task<(FixSessionRow? Known, string? Words, List<Refusal> Refused)> Open(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (!s.Actor.Is(Role.MarketOperator)) return (null, null, [Refusal.Forbidden("fix.operator-only")]);
        if (await FixSessionRows.Find(s, id, ct) is not { } known) return (null, null, [Refusal.NotFound("fix.not-found")]);
        if (known.ClosedAt is not null) return (known, null, [Refusal.Conflict("fix.closed")]);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        return (known, words, wrong);
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,30}$")]
    private static partial Regex CompIdText();
}
