namespace Verdigris.Book;

// Many orders ended by one command: of an owner, of a book, of a session, of a time.
public sealed unsafe partial class MatchingEngine
{
    /// <summary>Slots of what a command ends, gathered before the first of them goes.</summary>
    readonly List<uint> gathered = [];
    readonly List<OrderBook> touched = [];

    internal List<uint> Gather()
    {
        gathered.Clear();
        return gathered;
    }

    void MassCancel(in OrderCommand c, MatchEvents events)
    {
        var slots = Gather();
        if (c.Owner != 0)
        {
            for (uint slot = OwnerRow(c.Owner)->First; slot != 0; slot = Orders[slot]->NextOfOwner) slots.Add(slot);
        }
        else books[c.Book]!.GatherAll(slots);
        int kept = 0;
        for (int i = 0; i < slots.Count; i++)
        {
            var order = Orders[slots[i]];
            if ((c.Book == 0 || order->Book == c.Book) && (c.Side == Side.None || order->Side == c.Side) && (c.Session == 0 || order->Session == c.Session)) slots[kept++] = slots[i];
        }
        slots.RemoveRange(kept, slots.Count - kept);
        EndAll(slots, EndReason.MassCancelled, events);
    }

    void Kill(int owner, MatchEvents events)
    {
        var row = OwnerRow(owner);
        row->Killed = 1;
        var slots = Gather();
        for (uint slot = row->First; slot != 0; slot = Orders[slot]->NextOfOwner) slots.Add(slot);
        EndAll(slots, EndReason.OwnerKilled, events);
    }

    /// <summary>When the next order that is good till a date ends; null where there is none.</summary>
    public unsafe long? NextEnd => ends.Count > 0 ? Rests[ends.First]->Time : null;

    void Expire(long now, MatchEvents events)
    {
        time = now;
        while (ends.Count > 0 && Rests[ends.First]->Time <= now) EndOne(ends.First, EndReason.Expired, events);
        TellTouched(events);
    }

    void EndAll(List<uint> slots, EndReason reason, MatchEvents events)
    {
        foreach (uint slot in slots) EndOne(slot, reason, events);
        TellTouched(events);
    }

    void EndOne(uint slot, EndReason reason, MatchEvents events)
    {
        var book = BookOf(slot);
        if (!book.Touched) touched.Add(book);
        book.Touched = true;
        book.TakeOut(slot, reason, events);
    }

    /// <summary>Best prices, of each book once, in the order in which books were touched.</summary>
    void TellTouched(MatchEvents events)
    {
        foreach (var book in touched)
        {
            book.Touched = false;
            book.TellBest(events);
        }
        touched.Clear();
    }
}
