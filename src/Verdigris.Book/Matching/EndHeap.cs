namespace Verdigris.Book;

/// <summary>Orders good till a date by (end, id), the next to end first. Each knows its place, so one that ends otherwise leaves at once.</summary>
sealed unsafe class EndHeap(SlotTable<OrderRow> orders, SlotTable<RestRow> rests)
{
    readonly SlotTable<uint> heap = new();

    public uint Count { get; private set; }

    public uint First => *heap[0];

    public void Add(uint slot)
    {
        if (Count == heap.Count) heap.Add();
        Rise(Count++, slot);
    }

    public void Remove(uint slot)
    {
        uint place = (uint)rests[slot]->Place, moved = *heap[--Count];
        if (moved == slot) return;
        Rise(place, moved);
        Sink((uint)rests[moved]->Place, moved);
    }

    bool Before(uint a, uint b)
    {
        long ofA = rests[a]->Time, ofB = rests[b]->Time;
        return ofA < ofB || ofA == ofB && orders[a]->Id < orders[b]->Id;
    }

    void Rise(uint place, uint slot)
    {
        for (; place > 0 && Before(slot, *heap[(place - 1) / 2]); place = (place - 1) / 2) Put(place, *heap[(place - 1) / 2]);
        Put(place, slot);
    }

    void Sink(uint place, uint slot)
    {
        for (uint child = 2 * place + 1; child < Count; child = 2 * place + 1)
        {
            if (child + 1 < Count && Before(*heap[child + 1], *heap[child])) child++;
            if (!Before(*heap[child], slot)) break;
            Put(place, *heap[child]);
            place = child;
        }
        Put(place, slot);
    }

    void Put(uint place, uint slot)
    {
        *heap[place] = slot;
        rests[slot]->Place = (int)place;
    }
}
