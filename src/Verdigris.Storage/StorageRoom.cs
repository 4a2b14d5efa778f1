using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodaTime;
using Npgsql;

namespace Verdigris.Storage;

/// <summary>The only door of the room: what a server adds to have all of it.</summary>
public static class StorageRoom
{
    /// <summary>
    /// Registers the database, sessions, approvals, book commands, evidence and outbox, and the background work. The host registers the Book's
    /// <see cref="Verdigris.Book.IVenue"/>; rooms register their <see cref="IApprovalKind"/>, <see cref="IBookCommandKind"/> and <see cref="IOutboxSubscriber"/> as singletons.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, Database database, string dataFolder)
    {
        services.TryAddSingleton<IClock>(SystemClock.Instance);
        services.AddSingleton(database);
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<IDbSessions, DbSessions>();
        services.AddSingleton<Approvals>();
        services.AddSingleton<IPersonalData, StoragePersonalData>();
        services.AddSingleton<BookCommands>();
        services.AddSingleton(new EvidenceStore(dataFolder));
        services.AddSingleton<OutboxDispatcher>();
        services.AddHostedService<StorageUpkeep>();
        services.AddHostedService<OutboxListener>();
        services.AddHostedService<ChangeNotifications>();
        return services;
    }
}

/// <summary>At the start and every minute: book commands left pending, tasks overdue, old events.</summary>
sealed partial class StorageUpkeep(BookCommands commands, Approvals approvals, OutboxDispatcher outbox, IDbSessions sessions, ILogger<StorageUpkeep> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1));
        do
        {
            await Try(commands.Reconcile, "reconcile book commands", stoppingToken);
            await Try(ct => approvals.ExpireDue(sessions, ct), "expire overdue tasks", stoppingToken);
            await Try(outbox.Forget, "forget old events", stoppingToken);
        }
        while (await Next(timer, stoppingToken));
    }

    async Task Try(Func<CancellationToken, Task<int>> work, string what, CancellationToken ct)
    {
        try
        {
            var count = await work(ct);
            if (count > 0) LogDone(log, what, count);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (!ct.IsCancellationRequested) LogFailed(log, e, what);
        }
    }

    static async Task<bool> Next(PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Upkeep: {What}: {Count}")]
    static partial void LogDone(ILogger log, string what, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "Upkeep failed to {What}; it is tried again in a minute")]
    static partial void LogFailed(ILogger log, Exception e, string what);
}

/// <summary>Delivers events as soon as PostgreSQL tells of them, and every 15 seconds in case a word was missed.</summary>
sealed partial class OutboxListener(Database database, OutboxDispatcher dispatcher, ILogger<OutboxListener> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.App.OpenConnectionAsync(stoppingToken);
                await using (var listen = new NpgsqlCommand("listen verdigris_outbox", connection)) await listen.ExecuteNonQueryAsync(stoppingToken);
                while (true)
                {
                    await dispatcher.Dispatch(stoppingToken);
                    await connection.WaitAsync(TimeSpan.FromSeconds(15), stoppingToken);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (stoppingToken.IsCancellationRequested) return;
                LogLost(log, e);
                await Task.Delay(TimeSpan.FromSeconds(2), stoppingToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The outbox cannot be read; trying again")]
    static partial void LogLost(ILogger log, Exception e);
}
