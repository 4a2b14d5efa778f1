using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Supervision;

/// <summary>
/// Sees to it that the floor stands as the rows of kill switches and accounts say: whoever pulled or released one may have been cut off before the floor heard of it, and a line of a killed FIX session may have been on its way. Done again it changes nothing.
/// </summary>
static class KillsOnFloor
{
    /// <summary>Before this whoever pulled the switch is still at it.</summary>
    static readonly Duration Stuck = Duration.FromSeconds(10);

    /// <summary>What should be held and is not. In one transaction with the switch's row locked, so that nobody releases it meanwhile.</summary>
    internal static Task Hold(DbSession s, IFloor floor, CancellationToken ct) => s.InTransaction(async t =>
    {
        var before = s.Clock.GetCurrentInstant() - Stuck;
        var held = await s.All("select f.trader from market.trading_kill k join market.floor_trader f on f.organisation_id = k.organisation_id and (k.scope = 0 or f.account = k.account) where k.released_at is null and k.scope <> 2 and k.killed_at <= $1 for share of k", r => r.GetInt64(0), t, before);
        foreach (var trader in held.Distinct())
            if (floor.Read(f => f.Trader(trader)) is { Killed: false }) await floor.Send(FloorCommands.Kill(BookId.From(s.NewId()), trader));
        var sessions = await s.All("""
            select o.trader, x.number from market.trading_kill k join market.fix_session x on x.id = k.fix_session join market.floor_order o on o.organisation_id = k.organisation_id and o.session = x.number and o.state = 0
            where k.released_at is null and k.scope = 2 and k.killed_at <= $1 for share of k
            """, r => (Trader: r.GetInt64(0), Session: r.GetInt64(1)), t, before);
        foreach (var (trader, session) in sessions.Distinct()) await floor.Send(FloorCommands.MassCancel(BookId.From(s.NewId()), trader, session: session));
    }, ct);

    /// <summary>Accounts that the floor holds though nothing does, or lets trade though they are stopped: each is told anew. Orders of who is no active member end, but for those that close a position.</summary>
    internal static async Task Compare(DbSession s, IFloor floor, FloorAccounts accounts, CancellationToken ct)
    {
        var all = await s.All("""
            select f.trader, f.account, a.state = 1 and not exists (select from market.trading_kill k where k.organisation_id = f.organisation_id and k.released_at is null and (k.scope = 0 or k.account = f.account)) from market.floor_trader f join market.trading_account a on a.number = f.account
            """, r => (Trader: r.GetInt64(0), Account: r.GetInt64(1), Trades: r.GetBoolean(2)), ct);
        if (all.Count == 0) return;
        var killed = floor.Read(f => all.Select(x => f.Trader(x.Trader)?.Killed).ToList());
        foreach (var account in all.Zip(killed).Where(x => x.Second is { } held && held == x.First.Trades).Select(x => x.First.Account).Distinct())
            if (await TradingAccountHandlers.Find(s, account, ct) is { } known) await accounts.Changed(s, known, ct);
        var outside = await s.All("select f.trader from market.floor_trader f join market.member m on m.organisation_id = f.organisation_id where m.state <> 1 order by f.trader", r => r.GetInt64(0), ct);
        foreach (var order in floor.Read(f => outside.SelectMany(t => f.OrdersOf(t, limit: int.MaxValue)).Where(o => o.Effect != PositionEffect.Close).ToList()))
            await floor.Send(FloorCommands.Cancel(BookId.From(s.NewId()), order.Trader, order.Id));
    }
}
