using System.Globalization;
using System.Text;
using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>
/// The acceptor's side of a FIX 4.4 session (volume 2): takes messages in their order, fills gaps, answers for the session and hands the rest to the application. It changes memory only; <see cref="Settle"/> makes the step durable and sends
/// what it made, so that no message leaves whose number could be given again. Whatever arrives, it answers or closes; it does not throw. Not thread-safe.
/// </summary>
sealed partial class FixSession(FixTerms terms, FixDictionary dictionary, IFixStore store, IFixApplication application, TimeProvider time)
{
    readonly FixValidator validator = new(dictionary);
    readonly FixMessage incoming = new();
    readonly SortedDictionary<long, FixMessage> ahead = [];
    IFixLink? link;
    IFixOutlet? outlet;
    Instant received;
    bool testing;
    int heartbeatSeconds;
    int bytesAhead;
    (long From, long To)? asked;

    public FixTerms Terms { get; } = terms;

    /// <summary>Whether the other side is logged on.</summary>
    public bool LoggedOn { get; private set; }

    public FixNumbers Numbers => numbers;
    public int HeartbeatSeconds => heartbeatSeconds;

    /// <summary>When the last message of the other side came; null before the first.</summary>
    public Instant? Heard => received == default ? null : received;

    Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    /// <summary>Reads the numbers. Before anything else, and again after a failure.</summary>
    public async Task Load(CancellationToken ct)
    {
        Forget();
        // What a step that failed had made is not sent: it is not durable.
        working.Clear();
        kept.Clear();
        outgoing.Clear();
        done.Clear();
        reset = false;
        closed = null;
        numbers = committed = await store.Load(ct);
    }

    /// <summary>A logon whose sender has been found to be who it says.</summary>
    /// <param name="on">Where it came from.</param>
    /// <param name="outletOf">For what the application sends of itself while that lasts.</param>
    public async Task Begin(IFixLink on, IFixOutlet outletOf, ReadOnlyMemory<byte> logon, CancellationToken ct)
    {
        incoming.Read(logon.Span, dictionary);
        var now = Now;
        if (incoming.Type?.Type != FixType.Logon || !RightVersion(incoming) || validator.Check(incoming) is not null || !InTime(incoming, now) || !RightIds(incoming) || incoming.Sequence < 1)
        {
            on.Close("no valid logon");
            return;
        }
        link = on;
        outlet = outletOf;
        (received, testing) = (now, false);
        lastSent = now;
        await Logon(ct);
    }

    /// <summary>One message whose length and sum are right.</summary>
    public async Task Receive(ReadOnlyMemory<byte> frame, CancellationToken ct)
    {
        if (link is null) return;
        incoming.Read(frame.Span, dictionary);
        received = Now;
        testing = false;
        await One(incoming, ct);
        while (link is not null && ahead.Remove(numbers.NextIn, out var next))
        {
            bytesAhead -= next.Bytes.Length;
            await One(next, ct);
        }
    }

    /// <summary>The connection has ended. Numbers stay.</summary>
    public async Task End(CancellationToken ct)
    {
        await Drain(ct);
        var was = LoggedOn;
        Forget();
        if (was) await application.Gone(ct);
    }

    void Forget()
    {
        link = null;
        LoggedOn = closing = false;
        asked = null;
        ahead.Clear();
        bytesAhead = 0;
    }

    async Task One(FixMessage message, CancellationToken ct)
    {
        if (!RightVersion(message))
        {
            SayGoodbye("Incorrect BeginString");
            return;
        }
        if (message.Sequence < 1 && message.Type?.Type != FixType.SequenceReset)
        {
            SayGoodbye("MsgSeqNum missing");
            Close("a message without MsgSeqNum");
            return;
        }
        if (!InTime(message, received))
        {
            Reject(message, new(FixFault.SendingTimeAccuracy));
            SayGoodbye(null);
            return;
        }
        if (!RightIds(message))
        {
            Reject(message, new(FixFault.CompIdProblem));
            SayGoodbye(null);
            return;
        }
        if (closing && message.Type is not { Admin: true }) return; // it is asked for again after the next logon
        // These are heard wherever they stand: a reset, a request to resend and a goodbye cannot wait for a gap to be filled.
        var anywhere = message.Type?.Type is FixType.Logout or FixType.ResendRequest || IsReset(message) || IsFreshLogon(message);
        if (!anywhere && message.Sequence > numbers.NextIn)
        {
            PutBy(message);
            return;
        }
        if (!anywhere && message.Sequence < numbers.NextIn)
        {
            TooLow(message);
            return;
        }
        if (validator.Check(message) is { } fault)
        {
            Reject(message, fault);
            return;
        }
        if (asked is { } range && message.Sequence >= range.To) asked = null;
        if (message.Type!.Admin) await Admin(message, ct);
        else await Application(message, ct);
    }

    async Task Admin(FixMessage message, CancellationToken ct)
    {
        await Drain(ct); // answers to what came before go out before
        switch (message.Type!.Type)
        {
            case FixType.TestRequest:
                Taken(message);
                Send(new FixBody().Add(FixTag.TestReqID, message.Value(FixTag.TestReqID)).As(FixType.Heartbeat));
                break;
            case FixType.ResendRequest:
                Taken(message);
                await Resend(message.Count(FixTag.BeginSeqNo) ?? 1, message.Count(FixTag.EndSeqNo) ?? 0, ct);
                break;
            case FixType.SequenceReset:
                Renumber(message);
                break;
            case FixType.Logout:
                Taken(message);
                if (!closing) Send(new FixBody().As(FixType.Logout));
                Close("logged out");
                break;
            case FixType.Logon:
                if (IsFreshLogon(message)) await Logon(ct);
                else
                {
                    Taken(message);
                    Reject(message, new(FixFault.ValueIncorrect, FixTag.MsgType));
                }
                break;
            default: // a heartbeat, a reject: heard
                Taken(message);
                break;
        }
    }

    async Task Application(FixMessage message, CancellationToken ct)
    {
        Taken(message);
        if (!application.Takes(message.TypeText))
        {
            await Drain(ct);
            Send(new FixBody().Add(FixTag.RefSeqNum, message.Sequence).Add(FixTag.Text, "Unsupported Message Type").Add(FixTag.RefMsgType, message.TypeText).Add(FixTag.BusinessRejectReason, 3L).As(FixType.BusinessReject));
            return;
        }
        if (working.Count >= FixTerms.MostInWork) await Drain(ct);
        var work = application.Take(message, ct);
        if (working.Count == 0 && work.IsCompletedSuccessfully) foreach (var answer in work.Result) Send(answer);
        else working.Enqueue(work.AsTask());
    }

    async Task Logon(CancellationToken ct)
    {
        var fresh = incoming.Is(FixTag.ResetSeqNumFlag, 'Y');
        if (fresh || Terms.ResetOnLogon && !LoggedOn) StartAnew();
        var (sequence, possDup) = (incoming.Sequence, incoming.PossDup);
        if (sequence < numbers.NextIn && !possDup || fresh && sequence != 1)
        {
            SayGoodbye(Low(sequence));
            Close("a logon with a number of the past");
            return;
        }
        var interval = incoming.Count(FixTag.HeartBtInt) ?? -1;
        if (interval < 1 || interval > Terms.MostHeartbeatSeconds || !incoming.Is(FixTag.EncryptMethod, '0'))
        {
            Taken(incoming);
            SayGoodbye(incoming.Is(FixTag.EncryptMethod, '0') ? string.Create(CultureInfo.InvariantCulture, $"HeartBtInt is 1 to {Terms.MostHeartbeatSeconds}") : "EncryptMethod is 0");
            Close("a logon with terms that are not offered");
            return;
        }
        heartbeatSeconds = (int)interval;
        var first = !LoggedOn;
        LoggedOn = true;
        var body = new FixBody().Add(FixTag.EncryptMethod, 0L).Add(FixTag.HeartBtInt, interval);
        if (fresh) body.Add(FixTag.ResetSeqNumFlag, true);
        Send(body.As(FixType.Logon));
        if (sequence > numbers.NextIn) AskFor(sequence);
        Taken(incoming);
        if (first) application.LoggedOn(outlet!);
        await Settle(ct);
    }

    /// <summary>The place of a message in the order is taken, unless it stands elsewhere. Where it stands ahead, nobody asks for it once the order is there.</summary>
    void Taken(FixMessage message)
    {
        if (message.Sequence == numbers.NextIn)
        {
            numbers = numbers with { NextIn = numbers.NextIn + 1 };
            while (done.Remove(numbers.NextIn)) numbers = numbers with { NextIn = numbers.NextIn + 1 };
        }
        else if (message.Sequence > numbers.NextIn && done.Count < FixTerms.MostAhead)
        {
            done.Add(message.Sequence);
        }
    }

    void PutBy(FixMessage message)
    {
        if (ahead.Count < FixTerms.MostAhead && bytesAhead + message.Bytes.Length <= FixTerms.MostBytesAhead && ahead.TryAdd(message.Sequence, message.Copy())) bytesAhead += message.Bytes.Length;
        if (asked is { } range && message.Sequence >= range.From) return;
        AskFor(message.Sequence);
    }

    void AskFor(long until)
    {
        Send(new FixBody().Add(FixTag.BeginSeqNo, numbers.NextIn).Add(FixTag.EndSeqNo, 0L).As(FixType.ResendRequest));
        asked = (numbers.NextIn, until - 1);
    }

    void TooLow(FixMessage message)
    {
        if (!message.PossDup)
        {
            SayGoodbye(Low(message.Sequence));
            Close("a number of the past");
            return;
        }
        if (IsGapFill(message)) return;
        if (!message.Has(FixTag.OrigSendingTime))
        {
            Reject(message, new(FixFault.RequiredTagMissing, FixTag.OrigSendingTime));
        }
        else if (message.Time(FixTag.OrigSendingTime) > message.Time(FixTag.SendingTime))
        {
            Reject(message, new(FixFault.SendingTimeAccuracy));
            SayGoodbye(null);
        }
        // Else it was had before.
    }

    string Low(long sequence) => string.Create(CultureInfo.InvariantCulture, $"MsgSeqNum too low, expecting {numbers.NextIn} but received {sequence}");

    void Renumber(FixMessage message)
    {
        var next = message.Count(FixTag.NewSeqNo) ?? 0;
        if (next < numbers.NextIn)
        {
            Reject(message, new(FixFault.ValueIncorrect));
            return;
        }
        numbers = numbers with { NextIn = next };
        foreach (var passed in ahead.Keys.TakeWhile(k => k < next).ToList())
            if (ahead.Remove(passed, out var gone)) bytesAhead -= gone.Bytes.Length;
        done.RemoveWhere(k => k < next);
        if (IsReset(message)) asked = null;
    }

    void Reject(FixMessage message, FixFault fault)
    {
        if (!LoggedOn) return;
        var type = message.Type?.Type;
        if (type is not (FixType.Logon or FixType.SequenceReset)) Taken(message);
        var body = new FixBody().Add(FixTag.RefSeqNum, message.Sequence).Add(FixTag.Text, fault.Text);
        if (fault.Tag is { } tag) body.Add(FixTag.RefTagID, (long)tag);
        body.Add(FixTag.RefMsgType, message.TypeText).Add(FixTag.SessionRejectReason, (long)fault.Reason);
        Send(body.As(FixType.Reject) with { Routing = Back(message) });
    }

    /// <summary>The routing fields of a message turned round.</summary>
    static byte[] Back(FixMessage message)
    {
        var routing = new FixBody();
        foreach (var (to, from) in ((int, int)[])[
            (FixTag.OnBehalfOfCompID, FixTag.DeliverToCompID), (FixTag.OnBehalfOfSubID, FixTag.DeliverToSubID), (FixTag.DeliverToCompID, FixTag.OnBehalfOfCompID),
            (FixTag.DeliverToSubID, FixTag.OnBehalfOfSubID), (FixTag.OnBehalfOfLocationID, FixTag.DeliverToLocationID), (FixTag.DeliverToLocationID, FixTag.OnBehalfOfLocationID)])
            if (message.Value(from) is { Length: > 0 } value) routing.Add(to, value);
        return routing.Bytes.ToArray();
    }

    bool InTime(FixMessage message, Instant now) => message.Time(FixTag.SendingTime) is not { } sent || (now - sent) is var away && away <= Duration.FromSeconds(FixTerms.MostSecondsAway) && -away <= Duration.FromSeconds(FixTerms.MostSecondsAway);

    // What is missing or empty the dictionary's check names.
    bool RightIds(FixMessage message) => Fits(message.Value(FixTag.SenderCompID), Terms.Theirs) && Fits(message.Value(FixTag.TargetCompID), Terms.Ours);

    static bool Fits(ReadOnlySpan<byte> given, string expected) => given.IsEmpty || given.Length == expected.Length && Encoding.Latin1.GetString(given) == expected;

    static bool RightVersion(FixMessage message) => message.Value(FixTag.BeginString).SequenceEqual("FIX.4.4"u8);

    static bool IsGapFill(FixMessage message) => message.Type?.Type == FixType.SequenceReset && message.Is(FixTag.GapFillFlag, 'Y');

    static bool IsReset(FixMessage message) => message.Type?.Type == FixType.SequenceReset && !message.Is(FixTag.GapFillFlag, 'Y');

    static bool IsFreshLogon(FixMessage message) => message.Type?.Type == FixType.Logon && message.Is(FixTag.ResetSeqNumFlag, 'Y');
}
