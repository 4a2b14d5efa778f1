using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Verdigris.Storage;

/// <summary>Hears what other servers changed. The feed is live only while this connection stands.</summary>
sealed partial class ChangeNotifications(Database database, ChangeFeed feed, ILogger<ChangeNotifications> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.AppConnectionString) { Pooling = false, KeepAlive = 10, ApplicationName = "verdigris-changes" }.ConnectionString);
                connection.Notification += (_, e) => feed.Tell(e.Payload);
                await connection.OpenAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand("listen " + ChangeFeed.Channel, connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                feed.Begin();
                while (true) await connection.WaitAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                feed.End();
                if (stoppingToken.IsCancellationRequested) return;
                LogLost(log, e);
                await Task.Delay(TimeSpan.FromSeconds(2), stoppingToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes by other servers cannot be heard, so nothing is kept in memory; trying again")]
    static partial void LogLost(ILogger log, Exception e);
}
