using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>Where both orders of a session stand.</summary>
/// <param name="NextIn">Number the next message from the other side has, from 1.</param>
/// <param name="NextOut">Number our next message has, from 1.</param>
/// <param name="Report">Number of the last report of the desk that was made a message, 0 before the first.</param>
readonly record struct FixNumbers(long NextIn, long NextOut, long Report)
{
    public static FixNumbers First { get; } = new(1, 1, 0);
}

/// <summary>A message of the application that was sent, or waits for the other side to come back.</summary>
readonly record struct FixSent(long Sequence, Instant At, FixOut Message);

/// <summary>What one step of a session changed. It is durable before anything of it is sent.</summary>
/// <param name="Reset">Both orders began anew: what was sent before is forgotten.</param>
/// <param name="Sent">Only what would be sent again if asked for.</param>
sealed record FixChange(FixNumbers Numbers, bool Reset, IReadOnlyList<FixSent> Sent);

/// <summary>Keeps the numbers of one session and the messages sent, across connections and restarts.</summary>
interface IFixStore
{
    Task<FixNumbers> Load(CancellationToken ct);

    Task Commit(FixChange change, CancellationToken ct);

    /// <summary>Messages kept with numbers from one to another, both included, in order; at most <paramref name="most"/>.</summary>
    Task<IReadOnlyList<FixSent>> Sent(long from, long to, int most, CancellationToken ct);
}

/// <summary>Keeps a session for the life of the process, its last messages only.</summary>
sealed class FixMemoryStore(int most = 10_000) : IFixStore
{
    readonly SortedDictionary<long, FixSent> sent = [];
    FixNumbers numbers = FixNumbers.First;

    public Task<FixNumbers> Load(CancellationToken ct) => Task.FromResult(numbers);

    public Task Commit(FixChange change, CancellationToken ct)
    {
        if (change.Reset) sent.Clear();
        foreach (var message in change.Sent) sent[message.Sequence] = message;
        while (sent.Count > most) sent.Remove(sent.Keys.First());
        numbers = change.Numbers;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<FixSent>> Sent(long from, long to, int atMost, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<FixSent>>([.. sent.Values.SkipWhile(m => m.Sequence < from).TakeWhile(m => m.Sequence <= to).Take(atMost)]);
}

/// <summary>The connection a session speaks through.</summary>
interface IFixLink
{
    /// <summary>Hands bytes to the network. Does not throw: a link that cannot send closes.</summary>
    ValueTask Send(ReadOnlyMemory<byte> bytes);

    /// <param name="why">For the log.</param>
    void Close(string why);
}
