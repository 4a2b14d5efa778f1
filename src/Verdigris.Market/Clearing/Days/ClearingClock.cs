using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days;

/// <summary>
/// Runs the clearing day by itself once every session that counts for it is over, and goes on with a day that had to wait. Between the days it watches losses and calls. An officer may run a day before; whoever is second finds it done. A day nobody trades anything that clearing knows of is passed over.
/// </summary>
public sealed partial class ClearingClock(IDbSessions sessions, ContractSet contracts, ClearingPipeline pipeline, IntradayCalls intraday, ILogger<ClearingClock> log) : BackgroundService
{
    static readonly TimeSpan Beat = TimeSpan.FromMinutes(1);

    /// <summary>Days looked back at most for series that ended.</summary>
    const int Back = 10;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Beat);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try { await Tick(stoppingToken); }
                catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException) { LogFailed(log, e); }
                // A day that waits for somebody does not keep calls from being made and minded.
                try { await Watch(stoppingToken); }
                catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException) { LogNotWatched(log, e); }
            }
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>Takes every day that is over as far as it goes; answers the last one taken, null where none was due.</summary>
    internal async Task<ClearingDayView?> Tick(CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        ClearingDayView? last = null;
        while (await Due(s, ct) is { } day)
        {
            var run = await pipeline.Run(s, day, ct);
            if (!run.Ok) return last;
            last = run.Value;
            if (!last.Day.Done) return last;
        }
        return last;
    }

    Instant? looked;

    /// <summary>What is watched between the days: losses since the last settlement every few minutes, and calls that were not met in their time, of which clearing house and member are told once. Answers how many are overdue anew.</summary>
    internal async Task<int> Watch(CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var every = Duration.FromMinutes((long)MarginRules.Of(contracts.Packs).Time("intraday-minutes"));
        // Also while a day waits for somebody: prices go on.
        if (looked is not { } last || s.Now - last >= every)
        {
            looked = s.Now;
            await intraday.Run(s, ct);
        }
        return await s.InTransaction(async t =>
        {
            var overdue = await s.All("update market.margin_call set overdue_at = $1 where state = 0 and due_at <= $1 and overdue_at is null returning id, account, organisation_id, currency, amount, due_at", r => (Id: r.GetGuid(0), Account: r.GetInt64(1), Organisation: r.GetGuid(2), Currency: r.GetString(3), Amount: r.GetInt64(4), Due: r.Time(5)), t, s.Now);
            foreach (var call in overdue)
            {
                var account = Members.TradingAccount.CodeOf(call.Account);
                await s.Audit(new AuditEntry("market-clearing.call-overdue", "market-account", account, Details: new { call.Currency, amount = Cents.Of(call.Amount, call.Currency) }), t);
                foreach (var to in new[] { new NoticeTo(Roles: [Role.ClearingOfficer]), new NoticeTo(Organisation: call.Organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]) })
                    await s.Notify(new Notice(MarketNotices.Margin, to, "market.notice.margin.overdue",
                        new Dictionary<string, string> { ["account"] = account, ["currency"] = call.Currency, ["amount"] = DecimalText.Write(Cents.Of(call.Amount, call.Currency)), ["due"] = $"{call.Due:uuuu-MM-dd HH:mm} UTC" }, "/market/clearing", "market-account", account), t);
            }
            return overdue.Count;
        }, ct);
    }

    /// <summary>The day that is to be cleared now: one that is begun, else the first after the last on which a series clearing knows was traded and whose sessions have been over for a while.</summary>
    internal async Task<LocalDate?> Due(DbSession s, CancellationToken ct)
    {
        var live = (await Concerned(s, ct)).Select(c => contracts.Find(c)).OfType<Contract>().ToList();
        if (live.Count == 0) return null;
        var newest = await ClearingPipeline.Newest(s, ct);
        var settled = s.Now - MarginRules.Of(contracts.Packs).Hours("day-after-hours");
        var today = settled.InUtc().Date;
        if (newest is { Done: false }) return newest.Day;
        for (var day = newest is { } done ? done.Day.PlusDays(1) : await First(s, ct) ?? today; day <= today; day = day.PlusDays(1))
        {
            var traded = live.Where(c => Sessions.OfDay(contracts, c, day) is { Ok: true, Value.Count: > 0 }).ToList();
            if (traded.Count == 0) continue;
            return traded.All(c => Sessions.OfDay(contracts, c, day).Value.All(p => p.Closes <= settled)) ? day : null;
        }
        return null;
    }

    /// <summary>Contracts with a series that lives (also of spot: its limits go by the day), ended lately (its margin goes back) or is still to be delivered.</summary>
    static Task<List<string>> Concerned(DbSession s, CancellationToken ct) => s.All("""
        select distinct contract from market.series x where ended_on is null and not exists (select from market.instrument i where i.series = x.code and i.shape = 1 and i.state = 2) or ended_on > $1 or exists (select from market.delivery d where d.series = x.code and d.state in (0, 1, 2, 4)) order by contract
        """, r => r.GetString(0), ct, s.Today().PlusDays(-Back));

    /// <summary>The first day anything was traded, however long ago: no later one is cleared before it. Null where nothing was.</summary>
    static async Task<LocalDate?> First(DbSession s, CancellationToken ct) =>
        await s.All("select min(day) from market.clearing_trade having min(day) is not null", r => r.Day(0), ct) is [var day] ? day : null;

    [LoggerMessage(Level = LogLevel.Error, Message = "Losses within the day and overdue calls could not be looked at; it is tried again in a minute")]
    static partial void LogNotWatched(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "The clearing day could not be run; it is tried again in a minute")]
    static partial void LogFailed(ILogger log, Exception e);
}
