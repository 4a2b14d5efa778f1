using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Verdigris.Server;

/// <summary>Looks every few seconds for something to send; what it sends, and how often it tries, the kind of post decides.</summary>
abstract partial class SendingWorker(ILogger log) : BackgroundService
{
    static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    /// <summary>Whether this server sends such post at all.</summary>
    protected virtual bool Open => true;

    /// <summary>Sends everything that is due and answers how much went. Safe beside other servers.</summary>
    public abstract Task<int> SendDue(CancellationToken ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!Open) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SendDue(stoppingToken);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (stoppingToken.IsCancellationRequested) return;
                LogBroken(log, e);
            }
            await Task.Delay(Round, stoppingToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Nothing can be sent; trying again")]
    static partial void LogBroken(ILogger log, Exception e);
}
