using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>What a page shows of an import: its report, and while it is being taken in how far it is.</summary>
/// <param name="Running">False with state applying: it was broken off, and the same file goes on where it stopped.</param>
/// <param name="Progress">Null where nobody has told yet.</param>
public sealed record ImportStanding(ImportReport Report, bool Running, ImportProgress? Progress);

/// <summary>Imports that go on when the request that began them has been answered. They end with the server, and then go on when somebody asks again.</summary>
public sealed partial class ImportRuns(CertificateImport imports, IDbSessions sessions, IHostApplicationLifetime life, ILogger<ImportRuns> log)
{
    readonly ConcurrentDictionary<Guid, Task> running = new();

    /// <summary>Begins to take in a file of the evidence store, and waits <paramref name="patience"/> for its end: most files are small.</summary>
    /// <returns>How it stands then; <see cref="ImportReport.Repeated"/> where the file had been taken in before.</returns>
    public async Task<Answer<ImportStanding>> Begin(DbSession s, string sha256, string fileName, string mode, TimeSpan patience, CancellationToken ct)
    {
        var begun = await imports.Begin(s, sha256, fileName, mode, ct);
        if (!begun.Ok) return Answer<ImportStanding>.From(begun.Refusals);
        var report = begun.Value;
        if (report.State == "done") return new ImportStanding(report with { Repeated = true }, false, null);
        return await Start(s, report.Id!.Value, mode, patience, ct);
    }

    /// <summary>Goes on with an import that was broken off. The own organisation's editor.</summary>
    public async Task<Answer<ImportStanding>> Resume(DbSession s, Guid id, TimeSpan patience, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var read = await imports.Read(s, id, ct);
        if (!read.Ok) return Answer<ImportStanding>.From(read.Refusals);
        return read.Value.State == "applying" ? await Start(s, id, read.Value.Mode, patience, ct) : new ImportStanding(read.Value, false, null);
    }

    public async Task<Answer<ImportStanding>> Standing(DbSession s, Guid id, CancellationToken ct)
    {
        var read = await imports.Read(s, id, ct);
        if (!read.Ok) return Answer<ImportStanding>.From(read.Refusals);
        if (read.Value.State != "applying") return new ImportStanding(read.Value, false, null);
        var progress = await ImportStore.Progress(s, id, ct);
        return new ImportStanding(read.Value, running.ContainsKey(id) || await ImportStore.IsRunning(s, id, ct), progress);
    }

    async Task<Answer<ImportStanding>> Start(DbSession s, Guid id, string mode, TimeSpan patience, CancellationToken ct)
    {
        var actor = s.Actor;
        var work = running.GetOrAdd(id, _ => Task.Run(() => Take(actor, id, mode), CancellationToken.None));
        await Task.WhenAny(work, Task.Delay(patience, ct));
        return await Standing(s, id, ct);
    }

    async Task Take(Actor actor, Guid id, string mode)
    {
        try
        {
            await using var own = sessions.Open(actor);
            var taken = await imports.Run(own, id, mode, life.ApplicationStopping);
            if (!taken.Ok) LogRefused(id, taken.Refusals[0].Code);
        }
        catch (OperationCanceledException) when (life.ApplicationStopping.IsCancellationRequested) { }
        catch (Exception e)
        {
            // The import stays as it is: the page offers to go on.
            LogBroken(e, id);
        }
        finally
        {
            running.TryRemove(id, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Import {Import} was refused: {Code}.")]
    private partial void LogRefused(Guid import, string code);

    [LoggerMessage(Level = LogLevel.Error, Message = "Import {Import} was broken off.")]
    private partial void LogBroken(Exception e, Guid import);
}
