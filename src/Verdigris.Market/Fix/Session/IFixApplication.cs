namespace Verdigris.Market.Fix;

/// <summary>What a session serves: takes the application's messages and answers them.</summary>
interface IFixApplication
{
    /// <summary>Whether it takes messages of a type at all; else they are answered with BusinessMessageReject.</summary>
    bool Takes(ReadOnlySpan<byte> type);

    /// <summary>Answers to be sent, in order. Reads the message before it waits for anything: the message is used again.</summary>
    ValueTask<IReadOnlyList<FixOut>> Take(FixMessage message, CancellationToken ct);

    /// <summary>What happens without being asked for, from the report after the one given, for as long as the server runs. Each report is told once, also across restarts; while the other side is away, it waits.</summary>
    IAsyncEnumerable<FixReport> Reports(long after, CancellationToken ct);

    /// <summary>The other side has logged on.</summary>
    /// <param name="outlet">For what it asks to hear as long as it is there; it ends with the connection.</param>
    void LoggedOn(IFixOutlet outlet);

    /// <summary>The connection has ended, however it did.</summary>
    ValueTask Gone(CancellationToken ct);
}

/// <summary>A report as the messages that tell it.</summary>
/// <param name="Number">Greater than of any report before.</param>
readonly record struct FixReport(long Number, IReadOnlyList<FixOut> Messages);

/// <summary>Messages that are sent now or not at all.</summary>
interface IFixOutlet
{
    /// <summary>Waits while the other side is slow to read: who has newer figures by then sends those.</summary>
    /// <returns>False once the other side is gone.</returns>
    ValueTask<bool> Post(IReadOnlyList<FixOut> messages, CancellationToken ct);
}
