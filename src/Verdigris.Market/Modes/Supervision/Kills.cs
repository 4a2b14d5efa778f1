using NodaTime;
using Npgsql;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Supervision;

public enum KillScope
{
    /// <summary>A member with all its accounts.</summary>
    Member,
    Account,
    /// <summary>What comes by one FIX session.</summary>
    FixSession,
}

/// <summary>A kill switch that was pulled.</summary>
/// <param name="Account">Of scope account; else null.</param>
/// <param name="CompId">Of scope FIX session; else null.</param>
/// <param name="ByExchange">The exchange pulled it: only the exchange releases it.</param>
/// <param name="Ended">Live orders that ended with it.</param>
/// <param name="TaskId">The release that waits for its second person.</param>
public sealed record TradingKill(Guid Id, KillScope Scope, Guid OrganisationId, long? Account, Guid? FixSession, string? CompId, bool ByExchange, string Reason, long Ended, Guid? TaskId, string KilledBy, Instant KilledAt, Instant? ReleasedAt)
{
    public string? AccountCode => Account is { } number ? TradingAccount.CodeOf(number) : null;
}

/// <summary>Rows of kill switches, and the one question every order asks of them.</summary>
static class Kills
{
    const string Columns = "k.id, k.scope, k.organisation_id, k.account, k.fix_session, f.comp_id, k.by_exchange, k.reason, k.ended, k.task_id, k.killed_by_name, k.killed_at, k.released_at";
    const string From = "market.trading_kill k left join market.fix_session f on f.id = k.fix_session";

    /// <summary>What keeps an account from trading: a switch of its own or of its member; null where nothing does. What came by a FIX session <see cref="Trading.DeskAccess"/> looks at.</summary>
    public static Task<TradingKill?> Of(DbSession s, Guid organisation, long account, CancellationToken ct) => s.Lent(t => s.One($"""
        select {Columns} from {From} where k.organisation_id = $1 and k.released_at is null and (k.scope = 0 or (k.scope = 1 and k.account = $2)) order by k.scope, k.killed_at limit 1
        """, Map, t, organisation, account), ct);

    /// <summary>All that hold now, with the number of the FIX session where one is killed, else 0.</summary>
    public static Task<List<(TradingKill Kill, long Session)>> OfOrganisation(DbSession s, Guid organisation, CancellationToken ct) =>
        s.All($"select {Columns}, coalesce(f.number, 0) from {From} where k.organisation_id = $1 and k.released_at is null order by k.scope, k.killed_at", r => (Map(r), r.GetInt64(13)), ct, organisation);

    /// <summary>Whether a FIX session may log on.</summary>
    public static Task<bool> Bars(DbSession s, Guid fixSession, CancellationToken ct) => s.Value<bool>("""
        select exists (select from market.trading_kill k where k.released_at is null and (k.fix_session = $1 or (k.scope = 0 and k.organisation_id = (select organisation_id from market.fix_session where id = $1))))
        """, ct, fixSession);

    public static Task<TradingKill?> Find(DbSession s, Guid id, CancellationToken ct, bool locked = false) => s.One($"select {Columns} from {From} where k.id = $1{(locked ? " for update of k" : "")}", Map, ct, id);

    /// <summary>Those that hold first, then the newest.</summary>
    public static Task<List<TradingKill>> List(DbSession s, CancellationToken ct) => s.All($"select {Columns} from {From} order by k.released_at is not null, k.killed_at desc limit 200", Map, ct);

    static TradingKill Map(NpgsqlDataReader r) => new(r.GetGuid(0), (KillScope)r.GetInt16(1), r.GetGuid(2), r.IsDBNull(3) ? null : r.GetInt64(3), r.MaybeGuid(4), r.Text(5), r.GetBoolean(6), r.GetString(7), r.GetInt64(8), r.MaybeGuid(9), r.GetString(10), r.Time(11), r.MaybeTime(12));
}
