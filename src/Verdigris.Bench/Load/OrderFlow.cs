using System.Runtime.CompilerServices;
using Verdigris.Book;

namespace Verdigris.Bench.Load;

/// <summary>What a client sends, small enough that reading it is not what is measured.</summary>
/// <param name="Head">First eight bytes of the command, made beforehand: operation, side, type and so on.</param>
/// <param name="Handle">The client's own number of the order, used again when the order is over.</param>
/// <param name="Owner">Owners buy or sell, so nobody meets himself: the bare ladder knows no owners and must do the same.</param>
readonly record struct OrderMessage(ulong Head, int Book, int Price, int Quantity, int Handle, int Owner)
{
    static readonly ulong CancelHead = HeadOf(new() { Operation = OrderOperation.Cancel }), BuyHead = NewHead(Side.Buy), SellHead = NewHead(Side.Sell);

    static ulong NewHead(Side side) => HeadOf(new() { Operation = OrderOperation.New, Side = side, Type = OrderType.Limit, TimeInForce = TimeInForce.GoodTillCancel, SelfTrade = SelfTrade.CancelNewest });

    static ulong HeadOf(OrderCommand command) => Unsafe.As<OrderCommand, ulong>(ref command);

    public static OrderMessage Cancel(int handle) => new(CancelHead, 0, 0, 0, handle, 0);

    public static OrderMessage New(bool buy, int book, int price, int quantity, int handle) => new(buy ? BuyHead : SellHead, book, price, quantity, handle, 1 + handle % 100 * 2 + (buy ? 0 : 1));

    public bool IsCancel => (OrderOperation)(Head & 0xFF) == OrderOperation.Cancel;

    public bool IsBuy => (Side)(Head >> 8 & 0xFF) == Side.Buy;

    /// <param name="id">Of the order to cancel; of a new one not looked at.</param>
    public void Write(ref OrderCommand command, long id)
    {
        Unsafe.As<OrderCommand, ulong>(ref command) = Head;
        command.Book = Book;
        command.Owner = Owner;
        command.Price = Price;
        command.Quantity = Quantity;
        command.Order = IsCancel ? id : 0;
    }
}

/// <summary>How a stream of orders is drawn.</summary>
/// <param name="Live">Orders the books hold together before it is measured, and about which they stay.</param>
/// <param name="Aggressive">Of a hundred new orders, how many are priced to trade.</param>
/// <param name="Ticks">Passive orders lie up to so many ticks from the middle.</param>
sealed record OrderProfile(string Name, int Books, int Live, int Aggressive, int Ticks)
{
    public static readonly OrderProfile Crossing = new("crossing adds", 1, 0, 0, 0);
    public static readonly OrderProfile Liquid = new("one liquid book, 5,000 live", 1, 5_000, 12, 200);
    public static readonly OrderProfile ManyBooks = new("1,000 books", 1_000, 100_000, 12, 50);
    public static readonly OrderProfile Deep = new("a million live orders", 1, 1_000_000, 4, 2_000);

    public static IReadOnlyList<OrderProfile> All { get; } = [Crossing, Liquid, ManyBooks, Deep];
}

/// <summary>
/// A stream drawn once and then sent to every matcher that is measured: orders until the books are full, then new ones and cancellations in turn. Drawn against an engine, so that what is cancelled is there; a cancellation comes
/// at least <see cref="Apart"/> messages after its order, as a client has to hear of an order before it can cancel it.
/// </summary>
sealed class OrderFlow
{
    public const int Apart = 512, Middle = 10_000;

    public OrderProfile Profile { get; }

    /// <summary>Messages that fill the books, then those that are measured.</summary>
    public OrderMessage[] Filling { get; }

    public OrderMessage[] Measured { get; }

    /// <summary>Handles are below it.</summary>
    public int Handles => nextHandle;

    readonly Random random = new(7);
    readonly MatchEvents events = new();
    readonly MatchingEngine engine;
    readonly Dictionary<long, int> handleOf = [];
    readonly long[] idOf;
    readonly int[] placeOf;
    readonly List<int> live = []; // handles
    readonly Queue<(int Message, int Handle, long Id)> ready = new(); // not yet to be cancelled
    readonly Stack<int> freeHandles = new();
    int nextHandle, sent;
    long bought; // lots of buyers less those of sellers

    public OrderFlow(OrderProfile profile, int messages)
    {
        Profile = profile;
        engine = new(profile.Live + 1_000, profile.Books * 8);
        for (var book = 1; book <= profile.Books; book++)
        {
            engine.Define(new BookTerms(book), events);
            engine.Do(new OrderCommand { Operation = OrderOperation.SetPhase, Book = book, Phase = BookPhase.Continuous }, events);
        }
        idOf = new long[profile.Live * 2 + messages + 1_000];
        placeOf = new int[idOf.Length];
        Filling = new OrderMessage[profile.Live];
        for (var i = 0; i < Filling.Length; i++) Filling[i] = New(passive: true);
        Measured = new OrderMessage[messages];
        for (var i = 0; i < Measured.Length; i++) Measured[i] = Next();
    }

    OrderMessage Next()
    {
        while (ready.TryPeek(out var first) && first.Message + Apart <= sent)
        {
            ready.Dequeue();
            if (idOf[first.Handle] != first.Id) continue;
            placeOf[first.Handle] = live.Count;
            live.Add(first.Handle);
        }
        if (Profile.Live == 0) return New(passive: false);
        return engine.LiveOrders > Profile.Live && live.Count > 0 ? Cancel() : New(passive: random.Next(100) >= Profile.Aggressive);
    }

    OrderMessage New(bool passive)
    {
        // Crossing adds: every buyer would trade with every seller; which side is short comes next where one has grown long, or it would grow for ever.
        var buy = Profile.Live > 0 || Math.Abs(bought) < 500 ? random.Next(2) == 0 : bought < 0;
        // Passive: behind the middle, more of them near it. Aggressive: up to three ticks through it.
        var away = Profile.Live == 0 ? -random.Next(11) : passive ? 1 + (int)((long)random.Next(Profile.Ticks) * random.Next(Profile.Ticks) / Profile.Ticks) : -random.Next(3);
        var handle = freeHandles.TryPop(out var free) ? free : nextHandle++;
        var message = OrderMessage.New(buy, random.Next(1, Profile.Books + 1), Middle + (buy ? -away : away), random.Next(1, passive || Profile.Live == 0 ? 20 : 60), handle);
        bought += buy ? message.Quantity : -message.Quantity;
        var expected = engine.NextOrder;
        handleOf.Add(expected, handle);
        idOf[handle] = expected;
        placeOf[handle] = -1;
        Do(message, 0);
        if (idOf[handle] != 0) ready.Enqueue((sent, handle, expected));
        return message;
    }

    OrderMessage Cancel()
    {
        var handle = live[random.Next(live.Count)];
        var message = OrderMessage.Cancel(handle);
        Do(message, idOf[handle]);
        return message;
    }

    void Do(in OrderMessage message, long id)
    {
        var command = default(OrderCommand);
        message.Write(ref command, id);
        events.Clear();
        engine.Do(command, events);
        sent++;
        for (var i = 0; i < events.Count; i++)
        {
            ref readonly var e = ref events[i];
            if (e.Order != 0 && e.Remaining == 0) Over(e.Order);
            if (e.Other != 0 && e.OtherRemaining == 0) Over(e.Other);
        }
    }

    void Over(long id)
    {
        handleOf.Remove(id, out var handle);
        idOf[handle] = 0;
        freeHandles.Push(handle);
        var place = placeOf[handle];
        if (place < 0) return;
        placeOf[live[^1]] = place;
        live[place] = live[^1];
        live.RemoveAt(live.Count - 1);
    }
}
