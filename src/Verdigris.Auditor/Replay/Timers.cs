using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>
/// Due times of pending holds in order of (due time, order of scheduling). Entries of holds that ended another way are dropped when they
/// come up, or together once they are the greater part.
/// </summary>
sealed class Timers(Ledger ledger)
{
    PriorityQueue<(UInt128 Hold, bool Releases), (long Due, long Order)> queue = new();
    long order;
    int stale;

    public void Schedule(in HoldState hold)
    {
        if (hold.ExpiresAt != long.MinValue) Enqueue(hold.Id, false, hold.ExpiresAt);
        if (hold.ReleasesAt != long.MinValue) Enqueue(hold.Id, true, hold.ReleasesAt);
    }

    public void ScheduleRelease(UInt128 hold, long due) => Enqueue(hold, true, due);

    /// <summary>The hold ends, or gets another timer.</summary>
    public void Forget(in HoldState hold)
    {
        if (hold.ExpiresAt != long.MinValue) stale++;
        if (hold.ReleasesAt != long.MinValue) stale++;
        if (stale < 4096 || stale < queue.Count / 2) return;
        var kept = new PriorityQueue<(UInt128, bool), (long, long)>();
        foreach (var (element, priority) in queue.UnorderedItems)
            // The hold that is ending or rescheduled right now is still listed: its entries are stale all the same.
            if (element.Hold != hold.Id && Valid(element.Hold, element.Releases, priority.Due)) kept.Enqueue(element, priority);
        queue = kept;
        stale = 0;
    }

    /// <summary>Takes the next hold due at a time, in order.</summary>
    public bool TryTakeDue(long now, out int slot, out bool releases, out long due)
    {
        while (queue.TryPeek(out var element, out var priority) && priority.Due <= now)
        {
            queue.Dequeue();
            if (!Valid(element.Hold, element.Releases, priority.Due)) { stale = Math.Max(0, stale - 1); continue; }
            slot = ledger.HoldSlot(element.Hold);
            (releases, due) = (element.Releases, priority.Due);
            return true;
        }
        (slot, releases, due) = (-1, false, 0);
        return false;
    }

    bool Valid(UInt128 id, bool releases, long due) => ledger.HoldSlot(id) is >= 0 and var slot && due == (releases ? ledger.Hold(slot).ReleasesAt : ledger.Hold(slot).ExpiresAt);

    void Enqueue(UInt128 id, bool releases, long due) => queue.Enqueue((id, releases), (due, order++));
}
