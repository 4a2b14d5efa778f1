namespace Verdigris.Book;

/// <summary>What waits for the writer: many callers in, one writer out, bounded by the number of commands. A full queue makes callers wait without a thread.</summary>
sealed class SubmissionQueue(int limit)
{
    readonly object gate = new();
    readonly Queue<Submission> waiting = new();
    int commands;
    volatile int count;
    bool writerSleeps;
    Exception? closed;
    TaskCompletionSource? room;

    public bool IsEmpty => count == 0;

    /// <summary>Takes the submission (null), or tells what to await before trying again.</summary>
    /// <exception cref="VenueStoppedException">Closed.</exception>
    public Task? Offer(Submission submission)
    {
        lock (gate)
        {
            if (closed is not null) throw closed;
            if (commands > 0 && commands + submission.Count > limit)
                return (room ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            waiting.Enqueue(submission);
            commands += submission.Count;
            count = waiting.Count;
            if (writerSleeps)
            {
                writerSleeps = false;
                Monitor.Pulse(gate);
            }
            return null;
        }
    }

    /// <summary>
    /// Moves what fits into one batch to <paramref name="batch"/>; waits up to <paramref name="timeout"/> where nothing is there.
    /// False when closed and empty.
    /// </summary>
    public bool Take(List<Submission> batch, int most, TimeSpan timeout)
    {
        // A caller that was just answered often comes back at once: looking for a moment is cheaper than sleeping.
        for (int i = 0; i < 40 && count == 0; i++) Thread.SpinWait(20);
        lock (gate)
        {
            if (waiting.Count == 0 && closed is null)
            {
                writerSleeps = true;
                Monitor.Wait(gate, timeout);
                writerSleeps = false;
            }
            int taken = 0;
            while (waiting.TryPeek(out var next) && taken + next.Count <= most)
            {
                waiting.Dequeue();
                taken += next.Count;
                batch.Add(next);
                if (next.EndsLinked) break; // an open chain must not reach into the next caller's commands
            }
            commands -= taken;
            count = waiting.Count;
            if (taken > 0 && room is { } waiters)
            {
                room = null;
                waiters.SetResult();
            }
            return closed is null || batch.Count > 0;
        }
    }

    /// <summary>Takes no more; what already waits can still be taken.</summary>
    public void Close(Exception reason)
    {
        lock (gate)
        {
            closed ??= reason;
            room?.TrySetResult();
            room = null;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Closes and empties.</summary>
    public List<Submission> Abandon(Exception reason)
    {
        Close(reason);
        lock (gate)
        {
            var left = waiting.ToList();
            waiting.Clear();
            commands = 0;
            count = 0;
            return left;
        }
    }
}
