using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>How far the signatures of an import are.</summary>
/// <param name="Publishes">Signed before, being published.</param>
/// <param name="Refusals">Why it ended early; empty while it runs.</param>
public sealed record SigningStanding(bool Publishes, bool Running, int Done, int Of, IReadOnlyList<Refusal> Refusals);

/// <summary>
/// Signing and publishing that goes on when the request that began it has been answered. What was done is durable step by step; broken off by the server's end, the rest waits
/// for the next press of the button.
/// </summary>
public sealed partial class ImportSigningRuns(ImportSigning signing, IDbSessions sessions, IHostApplicationLifetime life, ILogger<ImportSigningRuns> log)
{
    readonly ConcurrentDictionary<Guid, Run> runs = new();

    /// <summary>Begins, where it is not under way already, and waits <paramref name="patience"/> for its end: most imports are small.</summary>
    /// <returns>How it stands then, or why it was refused.</returns>
    public async Task<Answer<SigningStanding>> Begin(DbSession s, Guid import, bool publishes, TimeSpan patience, CancellationToken ct)
    {
        var counts = await signing.Count(s, import, ct);
        if (!counts.Ok) return Answer<SigningStanding>.From(counts.Refusals);
        var mine = new Run(publishes, publishes ? counts.Value.Signed : counts.Value.Drafts);
        var run = runs.AddOrUpdate(import, mine, (_, old) => old.Standing.Running ? old : mine);
        if (run == mine) _ = Task.Run(() => Work(s.Actor, import, mine), CancellationToken.None);
        await Task.WhenAny(run.Ended.Task, Task.Delay(patience, ct));
        var standing = run.Standing;
        if (standing.Refusals.Count == 0) return standing;
        runs.TryRemove(new(import, run));
        return Answer<SigningStanding>.From(standing.Refusals);
    }

    /// <summary>Of a run on this server, under way or refused; null where there is none. Whoever asks must be allowed to see the import.</summary>
    public SigningStanding? Standing(Guid import) => runs.TryGetValue(import, out var run) ? run.Standing : null;

    /// <summary>As <see cref="Standing"/>; a refusal is told once, for the next look may find its reason gone.</summary>
    public SigningStanding? Take(Guid import)
    {
        if (!runs.TryGetValue(import, out var run)) return null;
        var standing = run.Standing;
        if (!standing.Running) runs.TryRemove(new(import, run));
        return standing;
    }

    async Task Work(Actor actor, Guid import, Run run)
    {
        IReadOnlyList<Refusal> refusals = [];
        try
        {
            await using var own = sessions.Open(actor);
            var answer = run.Standing.Publishes ? await signing.Publish(own, import, life.ApplicationStopping, run.Told) : await signing.Sign(own, import, publish: false, life.ApplicationStopping, run.Told);
            refusals = answer.Refusals;
        }
        catch (OperationCanceledException) when (life.ApplicationStopping.IsCancellationRequested) { }
        catch (Exception e)
        {
            LogBroken(e, import);
            refusals = [Refusal.Conflict("import.signing-broken", "id")];
        }
        finally
        {
            run.End(refusals);
            if (refusals.Count == 0) runs.TryRemove(new(import, run));
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The signatures of import {Import} were broken off.")]
    private partial void LogBroken(Exception e, Guid import);

    sealed class Run(bool publishes, int of)
    {
        volatile SigningStanding standing = new(publishes, true, 0, of, []);

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public SigningStanding Standing => standing;

        public void Told(int done) => standing = standing with { Done = done, Of = Math.Max(done, standing.Of) };

        public void End(IReadOnlyList<Refusal> refusals)
        {
            standing = standing with { Running = false, Refusals = refusals };
            Ended.SetResult();
        }
    }
}
