using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>Brings every instrument into the phase its contract's sessions say, opens the floor's day, and ends orders whose time is over. Once a second; where the host has no floor it rests.</summary>
public sealed partial class SessionClock(IServiceProvider services, IDbSessions sessions, ContractSet contracts, InstrumentList instruments, TradingModes modes, AgreedSettlement agreed, FloorAccounts accounts, IEnumerable<IFloorFollower> followers, SeriesTroubles troubles, ILogger<SessionClock> log) : BackgroundService
{
    static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return;
        using var timer = new PeriodicTimer(Beat);
        try
        {
            do
            {
                try { await Tick(floor, stoppingToken); }
                catch (VenueStoppedException) { return; }
                catch (Exception e) when (e is not OutOfMemoryException and not OperationCanceledException) { LogFailed(log, e); }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) { }
    }

    LocalDate? opened;
    Instant? compared;

    /// <summary>So often the floor's accounts are compared with those of the room.</summary>
    static readonly Duration Apart = Duration.FromMinutes(1);

    /// <summary>What is due now; done again it changes nothing.</summary>
    internal async Task Tick(IFloor floor, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        var (now, today) = (s.Clock.GetCurrentInstant(), s.Clock.GetCurrentInstant().InUtc().Date);
        // A follower that cannot read keeps the floor's day from being opened, not the series from their hours.
        if (opened != today)
            await Alone("the floor's day", async () =>
            {
                if (!await CaughtUp(floor, ct)) return;
                // The same day has the same line: whoever is second finds it done.
                await floor.Send(FloorCommands.OpenDay(BookDefinitions.IdOf($"market/day/{today:uuuu-MM-dd}")));
                // With the day comes a checkpoint, before which no event is kept over a restart: what became of orders and trades, and the day itself, is written down first.
                foreach (var follower in followers) await follower.CatchUp(floor, ct);
                await floor.Send(FloorCommands.Checkpoint(BookDefinitions.IdOf($"market/checkpoint/{today:uuuu-MM-dd}")));
                opened = today;
            }, ct);
        await Alone("kill switches on the floor", () => KillsOnFloor.Hold(s, floor, ct), ct);
        if (compared is not { } before || now - before >= Apart)
            await Alone("accounts on the floor", async () =>
            {
                await KillsOnFloor.Compare(s, floor, accounts, ct);
                compared = now;
            }, ct);
        await Alone("agreed trades", () => agreed.Due(s, floor, ct), ct);
        var all = await instruments.All(ct);
        if (all.Count == 0) return;
        var phases = floor.Read(f => all.ToDictionary(i => i.Number, i => f.Instrument(i.Number)?.Phase));
        foreach (var instrument in all)
            if (phases[instrument.Number] is { } phase) await troubles.Alone("phase", instrument.Series, () => Move(s, floor, instrument, phase, now, ct), ct);
        // A line in the journal for ever: only when something ends.
        var until = now.ToUnixTimeTicks() / 10 - 1;
        if (floor.Read(f => f.NextEnd) <= until) await floor.Send(FloorCommands.Expire(BookId.From(s.NewId()), until));
    }

    /// <summary>Brings one series into its phase; answers the floor's code where it does not take the line.</summary>
    async Task<string?> Move(DbSession s, IFloor floor, Instrument instrument, BookPhase phase, Instant now, CancellationToken ct)
    {
        if (instrument.State != InstrumentState.Ended && IsOver(instrument, now))
        {
            await End(s, floor, instrument, ct);
            return null;
        }
        var wanted = Wanted(instrument, now);
        // The end of a day that was missed (nobody was there, or the series was suspended) is made up for.
        if (wanted != BookPhase.Closed && phase != BookPhase.Closed && (looked.TryAdd(instrument.Number, true) || wanted != phase) && await LeftOver(s, floor, instrument, now, ct))
        {
            if (await floor.Send(FloorCommands.SetPhase(BookId.From(s.NewId()), instrument.Number, BookPhase.Closed)) is { Accepted: false } missed) return missed.Code.ToString();
            phase = BookPhase.Closed;
        }
        // What the market's band has interrupted its own end brings back, not the clock; a halt lasts until somebody ends it.
        if (wanted == phase || (phase == BookPhase.Interruption && wanted == BookPhase.Continuous && !InterruptionOver(instrument, now))) return null;
        interrupted.TryRemove(instrument.Number, out _);
        if (phase == BookPhase.Continuous && wanted is (BookPhase.Closed or BookPhase.PostClose or BookPhase.ClosingAuction)) await Quote(s, floor, instrument, TradedDay(instrument, now), ct);
        // Closed from an auction the book would find no price: it is uncrossed first.
        if (phase == BookPhase.ClosingAuction && wanted == BookPhase.Closed && await floor.Send(FloorCommands.SetPhase(BookId.From(s.NewId()), instrument.Number, BookPhase.PostClose)) is { Accepted: false } kept) return kept.Code.ToString();
        var set = await floor.Send(FloorCommands.SetPhase(BookId.From(s.NewId()), instrument.Number, wanted));
        return set.Accepted ? null : set.Code.ToString();
    }

    /// <summary>Series this clock has looked at since it was started.</summary>
    readonly ConcurrentDictionary<int, bool> looked = new();

    /// <summary>Whether orders for the day stand in the book that were entered before the last end of a trading day. What is written down may be behind the floor: it is asked of each.</summary>
    async Task<bool> LeftOver(DbSession s, IFloor floor, Instrument instrument, Instant now, CancellationToken ct)
    {
        if (contracts.Find(instrument.Contract) is not { } contract) return false;
        var today = now.InUtc().Date;
        var ends = Enumerable.Range(-DaysBack, DaysBack + DaysAhead + 1).Select(i => Sessions.OfDay(contracts, contract, today.PlusDays(i))).Where(d => d.Ok).Select(d => d.Value.Where(OfBook).Max(p => (Instant?)p.Closes)).Where(e => e <= now).ToList();
        if (ends.Max() is not { } end) return false;
        var before = await s.All("select id from market.floor_order where instrument = $1 and state = 0 and time_in_force = $2 and entered_at < $3", r => r.GetInt64(0), ct, instrument.Number, (short)TimeInForce.Day, end.ToDateTimeUtc());
        return before.Count > 0 && floor.Read(f => before.Any(id => f.Order(id) is { TimeInForce: TimeInForce.Day } view && view.Instrument == instrument.Number));
    }

    /// <summary>What fails of this does not keep the phases from the hour: it is tried again at the next beat.</summary>
    async Task Alone(string part, Func<Task> work, CancellationToken ct)
    {
        try { await work(); }
        catch (Exception e) when (e is not OutOfMemoryException and not VenueStoppedException && !ct.IsCancellationRequested) { LogPartFailed(log, part, e); }
    }

    /// <summary>Whether the trading day at hand, or the next one, lies behind the series' last. A night session counts for the day after: a series whose last day is done has none.</summary>
    bool IsOver(Instrument instrument, Instant now)
    {
        if (instrument.LastDay is not { } last) return false;
        return contracts.Find(instrument.Contract) is { } contract && Sessions.At(contracts, contract, now) is { Ok: true, Value.TradingDay: { } day } ? day > last : now.InUtc().Date > last;
    }

    /// <summary>The series ends: its orders go, and no new one is taken. What the last quote was is kept for the day's settlement.</summary>
    async Task End(DbSession s, IFloor floor, Instrument instrument, CancellationToken ct)
    {
        if (floor.Read(f => f.Instrument(instrument.Number))?.Phase == BookPhase.Continuous) await Quote(s, floor, instrument, instrument.LastDay!.Value, ct);
        await floor.Send(FloorCommands.MassCancel(BookDefinitions.IdOf($"market/ended/{instrument.Number}"), instrument: instrument.Number));
        await floor.Send(FloorCommands.SetPhase(BookDefinitions.IdOf($"market/closed/{instrument.Number}"), instrument.Number, BookPhase.Closed));
        await s.InTransaction(async t =>
        {
            if (await s.Run("update market.instrument set state = 2, row_version = row_version + 1 where number = $1 and state <> 2", t, instrument.Number) == 0) return;
            await s.Audit(new AuditEntry("market-instrument.ended", "market-instrument", instrument.Series), t);
        }, ct);
        instruments.Forget();
    }

    /// <summary>Whether everybody who follows has read what was told before; where not, it is asked again at the next beat.</summary>
    async Task<bool> CaughtUp(IFloor floor, CancellationToken ct)
    {
        var told = floor.Read(f => f.NextEvent) - 1;
        for (var waited = TimeSpan.Zero; followers.Any(f => f.Reached is { } at && at < told); waited += Moment)
        {
            if (waited >= Beat) return false;
            await Task.Delay(Moment, ct);
        }
        return true;
    }

    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    /// <summary>When the interruptions there are end, by instrument. What a trade outside the band brought about counts from when it is first seen, a second later at most.</summary>
    readonly ConcurrentDictionary<int, Instant> interrupted = new();

    /// <summary>When trading goes on by itself; null where it is not interrupted.</summary>
    internal Instant? InterruptedUntil(int instrument) => interrupted.TryGetValue(instrument, out var until) ? until : null;

    /// <summary>Somebody interrupts trading until a time.</summary>
    internal void Interrupt(int instrument, Instant until) => interrupted[instrument] = until;

    bool InterruptionOver(Instrument instrument, Instant now) => now >= interrupted.GetOrAdd(instrument.Number, _ => now + modes.Interruption(contracts.Find(instrument.Contract), now.InUtc().Date));

    /// <summary>The trading day of the session that ended last: that of a night session is a day to come, whatever the date. Today's date where the sessions are not known.</summary>
    LocalDate TradedDay(Instrument instrument, Instant now)
    {
        var today = now.InUtc().Date;
        if (contracts.Find(instrument.Contract) is not { } contract) return today;
        return Enumerable.Range(-DaysBack, DaysBack + DaysAhead + 1).Select(i => Sessions.OfDay(contracts, contract, today.PlusDays(i))).Where(d => d.Ok).SelectMany(d => d.Value)
            .Where(p => p.Phase == "continuous" && p.Closes <= now).MaxBy(p => p.Closes)?.TradingDay ?? today;
    }

    /// <summary>Days around today in which the session is looked for that ended last: back over the longest closing, ahead over a weekend.</summary>
    const int DaysBack = 15, DaysAhead = 4;

    /// <summary>What was bid and asked when continuous trading ended: where nothing was traded, clearing settles at its middle. The last of a trading day stands.</summary>
    static async Task Quote(DbSession s, IFloor floor, Instrument instrument, LocalDate day, CancellationToken ct)
    {
        var best = floor.Read(f => f.Depth(instrument.Number, 1));
        await s.Run("insert into market.closing_quote (day, series, bid, ask) values ($1, $2, $3, $4) on conflict (day, series) do update set bid = excluded.bid, ask = excluded.ask", ct, day, instrument.Series,
            best.Bids.Count > 0 ? instrument.Price(best.Bids[0].Price) : null, best.Asks.Count > 0 ? instrument.Price(best.Asks[0].Price) : null);
    }

    BookPhase Wanted(Instrument instrument, Instant now)
    {
        if (instrument.State == InstrumentState.Suspended) return BookPhase.Halt;
        if (instrument.State == InstrumentState.Ended || contracts.Find(instrument.Contract) is not { } contract || Sessions.At(contracts, contract, now) is not { Ok: true, Value: var standing }) return BookPhase.Closed;
        return standing.Phase switch
        {
            "pre-open" or "opening-auction" => BookPhase.PreOpen,
            "continuous" => BookPhase.Continuous,
            "closing-auction" => BookPhase.ClosingAuction,
            "post-close" => BookPhase.PostClose,
            _ => Pauses(contract, now) ? BookPhase.PostClose : BookPhase.Closed,
        };
    }

    /// <summary>Whether it is between two phases of one trading day: at a pause, or between a night session and its day. The day's orders stand meanwhile; only its end takes them.</summary>
    bool Pauses(Contract contract, Instant now)
    {
        var today = now.InUtc().Date;
        // A trading day begins a weekend before its date at most, and is over on the date after it.
        return Enumerable.Range(-1, DaysAhead + 2).Select(i => Sessions.OfDay(contracts, contract, today.PlusDays(i))).Where(d => d.Ok)
            .Any(d => d.Value.Any(p => OfBook(p) && p.Closes <= now) && d.Value.Any(p => OfBook(p) && p.Opens > now));
    }

    static bool OfBook(SessionPhase p) => p.Phase is not ("block" or "one-way-auction");

    [LoggerMessage(Level = LogLevel.Error, Message = "The phases of the trading floor could not be brought up to date; it is tried again")]
    static partial void LogFailed(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "What the session clock looks after besides phases failed ({Part}); it is tried again")]
    static partial void LogPartFailed(ILogger log, string part, Exception e);
}
