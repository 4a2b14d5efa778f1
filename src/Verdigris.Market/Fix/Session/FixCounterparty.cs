using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>How a session stands, for people who look after it.</summary>
/// <param name="From">Where the other side is connected from; null while it is away.</param>
/// <param name="Last">The last messages of both directions, newest first; passwords are taken out.</param>
sealed record FixStanding(bool LoggedOn, string? From, FixNumbers Numbers, Instant? Heard, int HeartbeatSeconds, IReadOnlyList<FixSeen> Last);

/// <summary>A message seen passing.</summary>
/// <param name="Text">Fields separated by bars.</param>
sealed record FixSeen(Instant At, bool Incoming, string Text);

/// <summary>
/// One side we have a session with. All that happens to the session goes through one inbox and is done one after the other, as many things in one durable step as are waiting; the inbox is bounded, so that who sends faster than is worked is slowed down by the
/// network. A failure ends the connection and reads the session anew from what is durable.
/// </summary>
sealed partial class FixCounterparty : IAsyncDisposable
{
    const int Inbox = 1024;
    const int InOneStep = 256;
    const int Remembered = 40;

    readonly Channel<Work> inbox = Channel.CreateBounded<Work>(new BoundedChannelOptions(Inbox) { SingleReader = true });
    readonly CancellationTokenSource stop = new();
    readonly LinkedList<FixSeen> last = [];
    readonly List<Action<Exception?>> settled = [];
    readonly IFixApplication application;
    readonly TimeProvider time;
    readonly ILogger log;
    readonly Task running;
    FixLink? current;
    int ticking;

    public FixCounterparty(FixTerms terms, FixDictionary dictionary, IFixStore store, IFixApplication application, TimeProvider time, ILogger log)
    {
        (this.application, this.time, this.log) = (application, time, log);
        Session = new(terms, dictionary, store, new FixGuard(application, e => LogFailed(log, e, terms.Theirs)), time);
        running = Run(stop.Token);
    }

    internal FixSession Session { get; }

    public FixTerms Terms => Session.Terms;

    /// <summary>Takes a connection whose logon has been checked, until it ends. A second one while there is a first is closed.</summary>
    public async Task Serve(FixLink link, byte[] logon, CancellationToken ct)
    {
        if (Interlocked.CompareExchange(ref current, link, null) is not null)
        {
            link.Close("logged on already");
            return;
        }
        try
        {
            await inbox.Writer.WriteAsync(new Arrived(link, logon), ct);
            while (await link.Read(ct) is { } frame)
                if (frame.Length > 0) await inbox.Writer.WriteAsync(new Frame(link, frame), ct);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            link.Close("the connection or the server ends");
        }
        finally
        {
            await Leave(link);
        }
    }

    /// <summary>Does something to the session in its turn, and answers once that is durable.</summary>
    public async Task<T> Ask<T>(Func<FixSession, T> work, CancellationToken ct)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await inbox.Writer.WriteAsync(new Asked(session =>
        {
            var result = work(session);
            settled.Add(failure => { if (failure is null) done.TrySetResult(result); else done.TrySetException(failure); });
        }), ct);
        return await done.Task.WaitAsync(ct);
    }

    public Task<FixStanding> Standing(CancellationToken ct) => Ask(s => new FixStanding(s.LoggedOn, current?.From, s.Numbers, s.Heard, s.HeartbeatSeconds, [.. last]), ct);

    /// <summary>The clock has gone on. One at a time waits: a session that is busy is not told the same over and over.</summary>
    public void Tick()
    {
        if (current is null || Interlocked.Exchange(ref ticking, 1) != 0) return;
        if (!inbox.Writer.TryWrite(Clock.It)) Volatile.Write(ref ticking, 0);
    }

    /// <summary>Says goodbye where somebody is there, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stop.IsCancellationRequested) return;
        if (current is not null)
        {
            inbox.Writer.TryWrite(new Asked(session => session.SayGoodbye("The market is closing its FIX port")));
            for (var i = 0; i < 20 && current is not null; i++) await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        inbox.Writer.TryComplete();
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        current?.Close("the server ends");
        stop.Dispose();
    }

    async Task Leave(FixLink link)
    {
        var left = new Left(link);
        try
        {
            await inbox.Writer.WriteAsync(left, stop.Token);
            await left.Done.Task.WaitAsync(stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException or ObjectDisposedException)
        {
            // The server ends; so does the session.
        }
        Interlocked.CompareExchange(ref current, null, link);
    }

    async Task Run(CancellationToken ct)
    {
        await Reload(ct);
        _ = Listen(ct);
        await foreach (var first in inbox.Reader.ReadAllAsync(ct))
        {
            var work = first;
            try
            {
                for (var i = 0; ; i++)
                {
                    await Do(work, ct);
                    if (i >= InOneStep || !inbox.Reader.TryRead(out work!)) break;
                }
                await Session.Settle(ct);
                Settled(null);
            }
            catch (Exception e) when (!ct.IsCancellationRequested && e is not OutOfMemoryException)
            {
                LogFailed(log, e, Terms.Theirs);
                current?.Close("a fault of ours");
                await Reload(ct);
                Settled(e);
            }
            finally
            {
                (work as Left)?.Done.TrySetResult();
            }
        }
    }

    async Task Do(Work work, CancellationToken ct)
    {
        switch (work)
        {
            case Arrived arrived:
                Saw(arrived.Logon, true);
                await Session.Begin(new Watched(this, arrived.Link), new Outlet(this, arrived.Link), arrived.Logon, ct);
                break;
            case Frame frame when ReferenceEquals(frame.Link, current):
                Saw(frame.Bytes, true);
                await Session.Receive(frame.Bytes, ct);
                break;
            case Left:
                await Session.End(ct);
                break;
            case Clock:
                Volatile.Write(ref ticking, 0);
                Session.Tick();
                break;
            case Asked asked:
                asked.What(Session);
                break;
        }
        (work as Left)?.Done.TrySetResult();
    }

    /// <summary>The application's reports, told in the session's turn. After a failure from the last one that is durable.</summary>
    async Task Listen(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                var after = await Ask(s => s.Numbers.Report, ct);
                await foreach (var report in application.Reports(after, ct))
                    await inbox.Writer.WriteAsync(new Asked(session =>
                    {
                        if (report.Number > session.Numbers.Report) session.Report(report.Number, report.Messages);
                    }), ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested && e is not (OutOfMemoryException or ChannelClosedException))
            {
                LogFailed(log, e, Terms.Theirs);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task Reload(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await Session.Load(ct);
                return;
            }
            catch (Exception e) when (!ct.IsCancellationRequested && e is not OutOfMemoryException)
            {
                LogFailed(log, e, Terms.Theirs);
                await Task.Delay(TimeSpan.FromSeconds(1), time, ct);
            }
        }
    }

    void Settled(Exception? failure)
    {
        foreach (var answer in settled) answer(failure);
        settled.Clear();
    }

    void Saw(ReadOnlyMemory<byte> bytes, bool incoming)
    {
        last.AddFirst(new FixSeen(Instant.FromDateTimeOffset(time.GetUtcNow()), incoming, FixRedaction.Text(bytes.Span)));
        if (last.Count > Remembered) last.RemoveLast();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The FIX session with {Theirs} failed and is read anew")]
    static partial void LogFailed(ILogger log, Exception e, string theirs);

    abstract record Work;
    sealed record Arrived(FixLink Link, byte[] Logon) : Work;
    sealed record Frame(FixLink Link, byte[] Bytes) : Work;
    sealed record Asked(Action<FixSession> What) : Work;
    sealed record Clock : Work
    {
        public static Clock It { get; } = new();
    }

    sealed record Left(FixLink Link) : Work
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    sealed class Watched(FixCounterparty of, FixLink link) : IFixLink
    {
        public ValueTask Send(ReadOnlyMemory<byte> bytes)
        {
            of.Saw(bytes, false);
            return link.Send(bytes);
        }

        public void Close(string why) => link.Close(why);
    }

    sealed class Outlet(FixCounterparty of, FixLink link) : IFixOutlet
    {
        public async ValueTask<bool> Post(IReadOnlyList<FixOut> messages, CancellationToken ct)
        {
            if (!ReferenceEquals(of.current, link) || link.Ended.IsCancellationRequested) return false;
            try
            {
                return await of.Ask(session =>
                {
                    var there = session.LoggedOn && ReferenceEquals(of.current, link);
                    if (there) foreach (var message in messages) session.Send(message);
                    return there;
                }, ct);
            }
            catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
            {
                return false; // the session failed, which is logged, or has ended: so has the connection
            }
        }
    }
}
