using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

/// <summary>A clock that stands until it is moved.</summary>
sealed class StandingClock(Instant now) : TimeProvider
{
    public Instant Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now.ToDateTimeOffset();
}

/// <summary>
/// One side of a conversation with a session, without a network. What is said and heard is written with bars between the fields; what every message has of its own (8, 9, 10, 49, 52, 56, and 122 of a repeat) is left out: <c>35=0|34=2|112=A</c>.
/// </summary>
sealed partial class Talk : IFixLink, IFixOutlet
{
    readonly Queue<string> heard = new();
    readonly FixTerms terms;
    readonly IFixApplication application;

    public Talk(IFixApplication? application = null, FixTerms? terms = null, IFixStore? store = null, StandingClock? clock = null)
    {
        this.application = application ?? new FixReflection();
        this.terms = terms ?? new("VERDIGRIS", "MEMBER");
        Store = store ?? new FixMemoryStore();
        Clock = clock ?? new(Instant.FromUtc(2026, 3, 2, 8, 0, 0));
        Session = new(this.terms, Wire.Dictionary, Store, this.application, Clock);
    }

    public FixSession Session { get; }
    public IFixStore Store { get; }
    public StandingClock Clock { get; }

    /// <summary>Why the session closed the connection; null while it has not.</summary>
    public string? Closed { get; private set; }

    public static async Task<Talk> LoggedOn(IFixApplication? application = null, IFixStore? store = null, StandingClock? clock = null, long sequence = 1)
    {
        var talk = new Talk(application, null, store, clock);
        await talk.Logon($"35=A|34={sequence}|98=0|108=30");
        Assert.StartsWith("35=A|", talk.Hear());
        return talk;
    }

    public async Task Logon(string message)
    {
        Closed = null;
        heard.Clear();
        await Session.Load(default);
        await Session.Begin(this, this, Framed(message), default);
        await Session.Settle(default);
    }

    /// <summary>Says messages one after the other, which the session takes in one step.</summary>
    public async Task Say(params string[] messages)
    {
        foreach (var message in messages) await Session.Receive(Framed(message), default);
        await Session.Settle(default);
    }

    /// <summary>The next message, or "" where there is none.</summary>
    public string Hear() => heard.TryDequeue(out var message) ? message : "";

    public string[] HearAll()
    {
        var all = heard.ToArray();
        heard.Clear();
        return all;
    }

    public async Task Pass(long milliseconds)
    {
        Clock.Now += Duration.FromMilliseconds(milliseconds);
        Session.Tick();
        await Session.Settle(default);
    }

    public ValueTask Send(ReadOnlyMemory<byte> bytes)
    {
        foreach (var message in Message().Matches(Wire.Text(bytes.Span)).Select(m => m.Value))
        {
            var frame = Wire.Raw(message);
            Assert.Null(new FixValidator(Wire.Dictionary).Check(Wire.Read(frame))); // what we send is right by the same dictionary
            heard.Enqueue(string.Join('|', message.TrimEnd('|').Split('|').Where(f => f.Split('=')[0] is not ("8" or "9" or "10" or "49" or "52" or "56" or "122"))));
        }
        return default;
    }

    public void Close(string why) => Closed = why;

    public async ValueTask<bool> Post(IReadOnlyList<FixOut> messages, CancellationToken ct)
    {
        if (!Session.LoggedOn) return false;
        foreach (var message in messages) Session.Send(message);
        await Session.Settle(ct);
        return true;
    }

    byte[] Framed(string message)
    {
        var at = Clock.Now.InUtc().LocalDateTime;
        var stamp = $"{at.Year:0000}{at.Month:00}{at.Day:00}-{at.Hour:00}:{at.Minute:00}:{at.Second:00}.{at.Millisecond:000}";
        var version = "8=FIX.4.4|";
        if (message.StartsWith("8=", StringComparison.Ordinal)) (version, message) = (message[..(message.IndexOf('|') + 1)], message[(message.IndexOf('|') + 1)..]);
        var type = message[..(message.IndexOf('|') + 1)];
        var rest = message[type.Length..].Replace("NOW", stamp, StringComparison.Ordinal);
        string Default(string tag, string value) => ("|" + rest).Contains($"|{tag}=", StringComparison.Ordinal) || rest.Contains("!" + tag, StringComparison.Ordinal) ? "" : $"{tag}={value}|";
        var head = Default("49", terms.Theirs) + Default("56", terms.Ours) + Default("52", stamp);
        return Wire.Whole(version, type + head + Left().Replace(rest, ""));
    }

    [GeneratedRegex(@"8=FIX\.4\.4\|9=.*?\|10=\d{3}\|")]
    private static partial Regex Message();

    /// <summary><c>!52</c> in a message: this field is left out.</summary>
    [GeneratedRegex(@"\|?!\d+$")]
    private static partial Regex Left();
}
