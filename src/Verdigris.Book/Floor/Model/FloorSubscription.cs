using System.Threading.Channels;

namespace Verdigris.Book;

/// <summary>Events on their way to one subscriber: an array or several a batch. Ends when disposed or when the venue stops; fails when the subscriber was cut for being slow.</summary>
public sealed class FloorSubscription : IDisposable
{
    readonly Channel<FloorEvent[]> channel = Channel.CreateUnbounded<FloorEvent[]>(new() { SingleWriter = true, SingleReader = true });
    readonly int capacity;
    int waiting;

    internal FloorSubscription(int capacity) => this.capacity = capacity;

    /// <summary>Whether it still gets events.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>Arrays of events of one batch each, in order and without gap.</summary>
    /// <exception cref="FloorSubscriberCutException">The subscriber was too slow; what waited was still given.</exception>
    public async IAsyncEnumerable<FloorEvent[]> Batches([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var batch in channel.Reader.ReadAllAsync(ct).ConfigureAwait(false))
        {
            Interlocked.Add(ref waiting, -batch.Length);
            yield return batch;
        }
    }

    /// <summary>What is there already, without waiting.</summary>
    public bool TryRead(out FloorEvent[] events)
    {
        bool found = channel.Reader.TryRead(out var read);
        events = read ?? [];
        if (found) Interlocked.Add(ref waiting, -events.Length);
        return found;
    }

    /// <summary>Gives a batch, or cuts the subscriber where it would not fit.</summary>
    internal void Give(FloorEvent[] batch)
    {
        if (!IsOpen) return;
        int before = Volatile.Read(ref waiting);
        if (before > 0 && before + (long)batch.Length > capacity)
        {
            IsOpen = false;
            channel.Writer.TryComplete(new FloorSubscriberCutException());
            return;
        }
        Interlocked.Add(ref waiting, batch.Length);
        if (!channel.Writer.TryWrite(batch)) IsOpen = false;
    }

    internal void End()
    {
        IsOpen = false;
        channel.Writer.TryComplete();
    }

    public void Dispose() => End();
}

/// <summary>More events waited for a subscriber than it said it could bear.</summary>
public sealed class FloorSubscriberCutException() : Exception("The subscriber was too slow and was cut; read the state and subscribe again.");
