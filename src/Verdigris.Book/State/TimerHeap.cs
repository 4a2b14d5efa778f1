namespace Verdigris.Book;

/// <summary>What is due when, ordered by (due time, order of scheduling). Entries of holds that ended stay until they surface.</summary>
sealed class TimerHeap
{
    public readonly record struct Timer(long Due, long Sequence, uint Hold)
    {
        public bool Before(in Timer other) => Due < other.Due || Due == other.Due && Sequence < other.Sequence;
    }

    readonly List<Timer> heap = [];

    public int Count => heap.Count;

    public Timer First => heap[0];

    public void Add(Timer timer)
    {
        heap.Add(timer);
        int i = heap.Count - 1;
        while (i > 0 && timer.Before(heap[(i - 1) / 2]))
        {
            heap[i] = heap[(i - 1) / 2];
            i = (i - 1) / 2;
        }
        heap[i] = timer;
    }

    public void RemoveFirst()
    {
        var last = heap[^1];
        heap.RemoveAt(heap.Count - 1);
        if (heap.Count == 0) return;
        int i = 0;
        for (int child = 1; child < heap.Count; child = 2 * i + 1)
        {
            if (child + 1 < heap.Count && heap[child + 1].Before(heap[child])) child++;
            if (!heap[child].Before(last)) break;
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = last;
    }
}
