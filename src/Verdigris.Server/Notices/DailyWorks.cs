using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Does what falls due with the days: at the start and every hour, so that a day that begins is noticed soon. The work itself sees to it that nothing is done twice.</summary>
sealed partial class DailyWorks(IEnumerable<IDailyWork> works, IDbSessions sessions, ILogger<DailyWorks> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1));
        try
        {
            do await Run(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) { }
    }

    public async Task<int> Run(CancellationToken ct)
    {
        var done = 0;
        foreach (var work in works)
        {
            try
            {
                await using var session = sessions.Open(Actor.System);
                done += await work.Run(session, ct);
            }
            catch (Exception e) when (e is not OutOfMemoryException && !ct.IsCancellationRequested)
            {
                LogFailed(log, e, work.GetType().Name);
            }
        }
        return done;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Work} failed; it is tried again in an hour")]
    static partial void LogFailed(ILogger log, Exception e, string work);
}
