namespace Verdigris.Book;

/// <summary>
/// Events on their way out: those of the open batch, then of the one that is being made durable, then a ring of the last ones and the subscribers. Added by the writer's thread; published by whoever made the batch durable, before the
/// next is closed; subscribing takes the lock for a moment.
/// </summary>
sealed class FloorTape(int kept)
{
    const int Piece = 512;

    readonly Lock gate = new();
    readonly FloorEvent[] ring = new FloorEvent[kept];
    readonly List<FloorSubscription> subscribers = [];
    FloorEvent[] pending = new FloorEvent[256], closed = new FloorEvent[256];
    int pendingCount, closedCount;
    long closedNext = 1;
    long durable = 1; // the next that will be durable
    long oldest = 1;  // the oldest in the ring
    bool ended;

    /// <summary>Sequence number of the next event.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>A zeroed event with its number.</summary>
    public ref FloorEvent Add()
    {
        if (pendingCount == pending.Length) Array.Resize(ref pending, pending.Length * 2);
        ref var e = ref pending[pendingCount++];
        e = default;
        e.Sequence = Next++;
        return ref e;
    }

    /// <summary>What is pending belongs to a batch that is decided; it waits for <see cref="Publish"/>.</summary>
    public void Close()
    {
        (pending, closed) = (closed, pending);
        (closedCount, pendingCount, closedNext) = (pendingCount, 0, Next);
    }

    /// <summary>What was closed happened in this batch, which is durable.</summary>
    public void Publish(long batch)
    {
        if (closedCount == 0) return;
        var events = closed.AsSpan(0, closedCount);
        for (int i = 0; i < events.Length; i++) events[i].Batch = batch;
        lock (gate)
        {
            foreach (ref readonly var e in events) ring[e.Sequence % ring.Length] = e;
            durable = closedNext;
            oldest = Math.Max(oldest, durable - ring.Length);
            if (subscribers.Count > 0)
            {
                // Pieces small enough that the collector's young generation takes them.
                for (int at = 0; at < events.Length; at += Piece)
                {
                    var shared = events.Slice(at, Math.Min(Piece, events.Length - at)).ToArray();
                    foreach (var subscriber in subscribers) subscriber.Give(shared);
                }
                subscribers.RemoveAll(s => !s.IsOpen);
            }
        }
        closedCount = 0;
    }

    public FloorSubscription Subscribe(long from, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        lock (gate)
        {
            if (from <= 0 || from > durable) from = durable;
            if (from < oldest) throw new FloorEventsGoneException(oldest);
            var subscriber = new FloorSubscription(Math.Max(capacity, (int)(durable - from)));
            if (from < durable)
            {
                var missed = new FloorEvent[durable - from];
                for (int i = 0; i < missed.Length; i++) missed[i] = ring[(from + i) % ring.Length];
                subscriber.Give(missed);
            }
            if (ended) subscriber.End();
            else subscribers.Add(subscriber);
            return subscriber;
        }
    }

    /// <summary>Nothing more will happen.</summary>
    public void End()
    {
        lock (gate)
        {
            ended = true;
            foreach (var subscriber in subscribers) subscriber.End();
            subscribers.Clear();
        }
    }

    /// <summary>As after a checkpoint: the next event has this number, and none before it is kept.</summary>
    public void Restart(long next)
    {
        pendingCount = closedCount = 0;
        Next = closedNext = durable = oldest = next;
    }
}
