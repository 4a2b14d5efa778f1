using System.Numerics;
using System.Runtime.CompilerServices;

namespace Verdigris.Bench.Load;

/// <summary>
/// The least a matcher can be: limit orders and cancellations by slot, price levels in an array of 8,192 ticks a book, nothing checked, nothing told but counts. What it does in a run says how fast the machine is just then.
/// </summary>
sealed class BareLadder
{
    const int Ticks = 8_192, First = OrderFlow.Middle - Ticks / 2, Words = Ticks / 64;

    struct Order { public int Quantity, Price; public uint Next, Previous; public int Book; public bool IsBuy; }

    struct Level { public uint Head, Tail; }

    sealed class Side(bool isBuy)
    {
        public readonly Level[] Levels = new Level[Ticks];
        readonly ulong[] bits = new ulong[Words];
        public int Best = isBuy ? -1 : Ticks;

        public void Set(int at)
        {
            bits[at >> 6] |= 1UL << at;
            if (isBuy ? at > Best : at < Best) Best = at;
        }

        public void Clear(int at)
        {
            bits[at >> 6] &= ~(1UL << at);
            if (at != Best) return;
            var word = at >> 6;
            if (isBuy)
            {
                while (word >= 0 && bits[word] == 0) word--;
                Best = word < 0 ? -1 : (word << 6) + 63 - BitOperations.LeadingZeroCount(bits[word]);
            }
            else
            {
                while (word < Words && bits[word] == 0) word++;
                Best = word == Words ? Ticks : (word << 6) + BitOperations.TrailingZeroCount(bits[word]);
            }
        }
    }

    readonly Order[] orders;
    readonly Side[] bids, asks;
    uint free;

    public long Trades { get; private set; }
    public long Lots { get; private set; }

    public BareLadder(int books, int most)
    {
        orders = new Order[most + 2];
        for (var i = orders.Length - 1; i > 0; i--)
        {
            orders[i].Next = free;
            free = (uint)i;
        }
        bids = new Side[books + 1];
        asks = new Side[books + 1];
        for (var i = 1; i <= books; i++) (bids[i], asks[i]) = (new(true), new(false));
    }

    /// <returns>The slot of what stays, or 0.</returns>
    public uint Add(bool buy, int book, int price, int quantity)
    {
        var own = buy ? bids[book] : asks[book];
        var opposite = buy ? asks[book] : bids[book];
        var at = price - First;
        while (quantity > 0 && (buy ? opposite.Best <= at : opposite.Best >= at))
        {
            var best = opposite.Best;
            ref var level = ref opposite.Levels[best];
            while (level.Head != 0)
            {
                var slot = level.Head;
                ref var maker = ref orders[slot];
                var traded = Math.Min(quantity, maker.Quantity);
                maker.Quantity -= traded;
                quantity -= traded;
                Trades++;
                Lots += traded;
                if (maker.Quantity > 0) return 0;
                level.Head = maker.Next;
                if (level.Head != 0) orders[level.Head].Previous = 0;
                else level.Tail = 0;
                maker.Next = free;
                free = slot;
                if (quantity == 0) break;
            }
            if (level.Head == 0) opposite.Clear(best);
        }
        return quantity == 0 ? 0 : Rest(own, buy, book, at, quantity);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    uint Rest(Side own, bool buy, int book, int at, int quantity)
    {
        var slot = free;
        ref var order = ref orders[slot];
        free = order.Next;
        ref var level = ref own.Levels[at];
        order = new() { Quantity = quantity, Price = at, Previous = level.Tail, Book = book, IsBuy = buy };
        if (level.Tail != 0) orders[level.Tail].Next = slot;
        else
        {
            level.Head = slot;
            own.Set(at);
        }
        level.Tail = slot;
        return slot;
    }

    public void Cancel(uint slot)
    {
        ref var order = ref orders[slot];
        var side = order.IsBuy ? bids[order.Book] : asks[order.Book];
        ref var level = ref side.Levels[order.Price];
        if (order.Previous != 0) orders[order.Previous].Next = order.Next;
        else level.Head = order.Next;
        if (order.Next != 0) orders[order.Next].Previous = order.Previous;
        else level.Tail = order.Previous;
        if (level.Head == 0) side.Clear(order.Price);
        order.Next = free;
        free = slot;
    }
}
