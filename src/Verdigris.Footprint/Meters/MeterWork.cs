using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Footprint.Alarms;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>Adds readings up as they come: minutes, then the hours that are over, then the days, and looks at what is watched. Singleton; several servers may run it, one works at a time.</summary>
public sealed partial class MeterWork(IDbSessions sessions, RulePacks rules, ILogger<MeterWork> log) : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    readonly MeterLimits limits = MeterLimits.Of(rules);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause);
        try
        {
            do
            {
                try { await Round(stoppingToken); }
                catch (Exception e) when (e is not OutOfMemoryException && !stoppingToken.IsCancellationRequested) { LogFailed(log, e); }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) { }
    }

    /// <summary>Puts batches into their minutes, and closes nothing.</summary>
    public async Task Consolidate(CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        while (await Consolidation.Run(session, ct) > 0) { }
    }

    /// <summary>Does everything that is due at the sessions' clock.</summary>
    public async Task Round(CancellationToken ct)
    {
        await Consolidate(ct);
        await using var session = sessions.Open(Actor.System);
        var hours = new HourClosing(limits);
        while (await hours.Run(session, ct) > 0) { }
        while (await DayClosing.Run(session, (days, t) => MeteredFigures.DaysChanged(session, days, t), ct) > 0) { }
        var watch = new AlarmWatch(rules);
        while (await watch.Run(session, ct) > 0) { }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Readings could not be added up; it is tried again in a moment")]
    static partial void LogFailed(ILogger log, Exception e);
}

/// <summary>Forgets single readings after the days they are kept. The last of each tag stays, so that a counter that comes back is known to have risen.</summary>
public sealed class ReadingRetention(RulePacks rules) : IDailyWork
{
    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var before = session.Now - MeterLimits.Of(rules).Kept - NodaTime.Duration.FromDays(1);
        return await session.Run("""
            delete from footprint.meter_minute m using footprint.meter_state s where s.tag = m.tag and m.minute < $1
              and m.minute < (select max(k.minute) from footprint.meter_minute k where k.tag = m.tag and k.counted > 0)
            """, ct, before);
    }
}
