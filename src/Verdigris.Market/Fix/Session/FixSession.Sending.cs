using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>What goes out: numbered, kept, made durable, sent; sent again when asked for; and what the clock asks for.</summary>
sealed partial class FixSession
{
    /// <summary>Messages read from the store at a time when they are sent again.</summary>
    const int Piece = 500;

    readonly FixEncoder encoder = new(terms.Ours, terms.Theirs);
    readonly Queue<Task<IReadOnlyList<FixOut>>> working = new();
    readonly List<FixSent> kept = [];
    readonly List<byte[]> outgoing = [];
    readonly SortedSet<long> done = [];
    FixNumbers numbers = FixNumbers.First, committed = FixNumbers.First;
    Instant lastSent, goodbyeAt;
    bool closing, reset;
    string? closed;

    /// <summary>Numbers a message and puts it into what goes out; where the other side is away, it waits until it is asked for.</summary>
    public void Send(FixOut message)
    {
        var now = Now;
        var sequence = numbers.NextOut;
        numbers = numbers with { NextOut = sequence + 1 };
        if (message.Keep && !FixType.IsAdmin(message.Type)) kept.Add(new(sequence, now, message));
        if (link is not null && closed is null && LoggedOnOrGoing(message.Type)) outgoing.Add(encoder.Encode(message, sequence, now));
        lastSent = now;
    }

    /// <summary>A report of the desk as messages; with them it counts as told.</summary>
    public void Report(long number, IReadOnlyList<FixOut> messages)
    {
        foreach (var message in messages) Send(message);
        numbers = numbers with { Report = number };
    }

    /// <summary>Waits for the answers of the application, makes the step durable, sends what it made, and closes where it ended the session.</summary>
    public async Task Settle(CancellationToken ct)
    {
        await Drain(ct);
        await Commit(ct);
        await Flush();
        if (closed is not { } why) return;
        var was = link;
        closed = null;
        await End(ct);
        await Commit(ct);
        was?.Close(why);
    }

    /// <summary>Heartbeats, test requests, and the end of a session that is no longer heard of (volume 2, "Heartbeat", "Test Request").</summary>
    public void Tick()
    {
        if (link is null || !LoggedOn) return;
        var now = Now;
        if (closing)
        {
            if (now - goodbyeAt >= Duration.FromSeconds(FixTerms.LogoutSeconds)) Close("no answer to our logout");
            return;
        }
        var silent = now - received;
        var interval = Duration.FromSeconds(heartbeatSeconds);
        if (silent >= interval * 12 / 5)
        {
            Close("not heard of any more");
        }
        else if (!testing && silent >= interval * 6 / 5)
        {
            testing = true;
            Send(new FixBody().Add(FixTag.TestReqID, "TEST").As(FixType.TestRequest));
        }
        else if (!testing && now - lastSent >= interval)
        {
            Send(new FixBody().As(FixType.Heartbeat));
        }
    }

    /// <summary>Says goodbye and waits for the answer.</summary>
    public void SayGoodbye(string? why)
    {
        if (link is null || closing) return;
        closing = true;
        goodbyeAt = Now;
        Send(new FixBody().Add(FixTag.Text, why).As(FixType.Logout));
    }

    /// <summary>Both orders begin anew.</summary>
    public void StartAnew()
    {
        numbers = new(1, 1, numbers.Report);
        reset = true;
        kept.Clear();
        ahead.Clear();
        bytesAhead = 0;
        done.Clear();
        asked = null;
    }

    void Close(string why) => closed ??= why;

    bool LoggedOnOrGoing(string type) => LoggedOn || type is FixType.Logout;

    async Task Drain(CancellationToken ct)
    {
        while (working.TryPeek(out var work))
        {
            var answers = await work;
            _ = working.Dequeue();
            foreach (var answer in answers) Send(answer);
        }
        ct.ThrowIfCancellationRequested();
    }

    async Task Commit(CancellationToken ct)
    {
        if (numbers == committed && !reset && kept.Count == 0) return;
        await store.Commit(new(numbers, reset, [.. kept]), ct);
        committed = numbers;
        reset = false;
        kept.Clear();
    }

    async Task Flush()
    {
        if (outgoing.Count == 0) return;
        if (link is not null)
        {
            // One write for all of a step.
            if (outgoing.Count == 1) await link.Send(outgoing[0]);
            else await link.Send(Joined());
        }
        outgoing.Clear();
    }

    byte[] Joined()
    {
        var all = new byte[outgoing.Sum(o => o.Length)];
        var at = 0;
        foreach (var message in outgoing)
        {
            message.CopyTo(all, at);
            at += message.Length;
        }
        return all;
    }

    /// <summary>Sends the application's messages again, as what they are: repeats. What was the session's own, or is not kept, is passed over by one SequenceReset a gap.</summary>
    async Task Resend(long from, long to, CancellationToken ct)
    {
        await Commit(ct);
        await Flush();
        var last = numbers.NextOut - 1;
        if (to == 0 || to > last) to = last;
        from = Math.Max(1, from);
        for (var next = from; next <= to && link is not null;)
        {
            var piece = await store.Sent(next, to, Piece, ct);
            foreach (var message in piece)
            {
                if (message.Sequence > next) PassOver(next, message.Sequence);
                outgoing.Add(encoder.Encode(message.Message, message.Sequence, Now, message.At));
                next = message.Sequence + 1;
            }
            if (piece.Count < Piece)
            {
                if (next <= to) PassOver(next, to + 1);
                next = to + 1;
            }
            lastSent = Now;
            await Flush();
        }
    }

    void PassOver(long from, long next)
    {
        var now = Now;
        outgoing.Add(encoder.Encode(new FixBody().Add(FixTag.NewSeqNo, next).Add(FixTag.GapFillFlag, true).As(FixType.SequenceReset), from, now, now));
    }
}
