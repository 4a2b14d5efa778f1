using System.Runtime.CompilerServices;

namespace Verdigris.Book;

/// <summary>
/// Order books that share one pool of orders: price-time priority, pure and deterministic. No clock, no chance, no thread: the same commands give the same events, ids and <see cref="StateHash"/>. Nothing is allocated
/// while matching but when there are more orders, prices or events than ever before. Not thread-safe: one thread owns it, to read as to write.
/// </summary>
/// <remarks>Rules, order of checks and of events: docs/matching.md. This part checks commands and hands them to their book; orders of an owner and what passing time ends, and what a checkpoint keeps, have parts of their own.</remarks>
public sealed unsafe partial class MatchingEngine
{
    /// <summary>Lower bits of an order's id that are its slot; the rest is its number in the order of acceptance.</summary>
    public const int SlotBits = 24;

    /// <summary>Live orders an engine can hold.</summary>
    public const int MostOrders = (1 << SlotBits) - 1;

    /// <summary>Highest number of an owner: a place is kept for each up to the highest seen.</summary>
    public const int MostOwners = 1 << 22;

    const long MostNumbers = 1L << (63 - SlotBits);

    internal readonly SlotTable<OrderRow> Orders = new();
    internal readonly SlotTable<RestRow> Rests = new();
    internal readonly LadderMemory LadderMemory = new();
    readonly SlotTable<OwnerRow> owners = new();
    readonly SlotRows<OrderRow> orderRows;
    readonly SlotRows<OwnerRow> ownerRows;
    readonly EndHeap ends;

    OrderBook?[] books = new OrderBook?[16];
    uint free; // slots to be used again, last in first out
    long nextNumber = 1, time;

    /// <param name="orders">Live orders to make room for now, so that growth costs nothing later.</param>
    /// <param name="pages">Pages of 64 price levels to make room for now, 2 KiB each.</param>
    public MatchingEngine(int orders = 0, int pages = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(orders);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orders, MostOrders);
        ArgumentOutOfRangeException.ThrowIfNegative(pages);
        if (orders > 0)
        {
            Orders.Reserve((uint)orders + 1);
            Rests.Reserve((uint)orders + 1);
        }
        if (pages > 0) LadderMemory.Reserve(pages);
        (orderRows, ownerRows) = (Orders.Rows, owners.Rows);
        // Slot 0 stands for none.
        Orders.Add();
        Rests.Add();
        ends = new(Orders, Rests);
    }

    /// <summary>Live orders of all books, stops that wait among them.</summary>
    public int LiveOrders { get; private set; }

    /// <summary>Id the next accepted order gets.</summary>
    public long NextOrder => nextNumber << SlotBits | (free != 0 ? free : Orders.Count);

    /// <summary>Slot of an order's id, 1 to <see cref="MostOrders"/>: no two live orders have the same, so a caller can keep what it knows of orders in an array.</summary>
    public static int SlotOf(long order) => (int)(order & MostOrders);

    /// <summary>A book by its number; null where it was not defined.</summary>
    public OrderBook? Book(int number) => number >= 0 && number < books.Length ? books[number] : null;

    /// <summary>A live order by its id; null where there is none.</summary>
    public LiveOrder? Order(long id)
    {
        uint slot = Find(id);
        return slot == 0 ? null : Picture(slot);
    }

    /// <summary>Defines a book, which is <see cref="BookPhase.Closed"/>, or sets its terms anew. Refuses <see cref="MatchCode.TermsInvalid"/>.</summary>
    public MatchCode Define(in BookTerms terms, MatchEvents events)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (!OrderBook.AreValid(terms)) return MatchCode.TermsInvalid;
        if (Book(terms.Book) is { } book) book.SetTerms(terms, events);
        else AddBook(terms);
        return MatchCode.Accepted;
    }

    OrderBook AddBook(in BookTerms terms)
    {
        if (terms.Book >= books.Length) Array.Resize(ref books, Math.Max(books.Length * 2, terms.Book + 1));
        return books[terms.Book] = new(this, terms);
    }

    /// <summary>What <see cref="Do"/> would answer to the command now. Changes nothing. So that collateral can be held before an order comes in.</summary>
    public MatchCode Check(in OrderCommand command) => command.Operation switch
    {
        OrderOperation.New => CheckNew(command, out _, out _, out _),
        OrderOperation.Cancel => CheckCancel(command, out _),
        OrderOperation.Replace => CheckReplace(command, out _, out _),
        OrderOperation.MassCancel => CheckMassCancel(command),
        OrderOperation.Kill or OrderOperation.Unkill => CheckOwner(command),
        OrderOperation.Expire => CheckExpire(command),
        OrderOperation.SetPhase => CheckPhase(command),
        _ => MatchCode.OperationUnknown,
    };

    /// <summary>Does a command. A refused one has changed nothing and gives no event.</summary>
    /// <param name="events">Events are added to what is there.</param>
    public MatchCode Do(in OrderCommand command, MatchEvents events)
    {
        MatchCode code;
        switch (command.Operation)
        {
            case OrderOperation.New:
                code = CheckNew(command, out var book, out int price, out bool plain);
                if (code == MatchCode.Accepted) book!.New(command, price, plain, events);
                break;
            case OrderOperation.Cancel:
                code = CheckCancel(command, out uint slot);
                if (code == MatchCode.Accepted) BookOf(slot).Cancel(slot, events);
                break;
            case OrderOperation.Replace:
                code = CheckReplace(command, out slot, out price);
                if (code == MatchCode.Accepted) BookOf(slot).Replace(slot, command, price, events);
                break;
            default:
                code = DoRare(command, events);
                break;
        }
        GC.KeepAlive(this); // rows are used by address
        return code;
    }

    /// <summary>Does commands in order, and asks the memory ahead for what they will touch.</summary>
    /// <param name="codes">Receives one code a command; as long as <paramref name="commands"/>.</param>
    public void Do(ReadOnlySpan<OrderCommand> commands, Span<MatchCode> codes, MatchEvents events)
    {
        if (codes.Length != commands.Length) throw new ArgumentException("One code a command.", nameof(codes));
        // What is small lies in the caches anyway.
        bool large = Orders.Count > 1 << 14 || books.Length > 1 << 6;
        for (int i = 0; i < commands.Length; i++)
        {
            if (large)
            {
                if (i + Ahead < commands.Length) Prefetch(commands[i + Ahead]);
                if (i + Ahead / 2 < commands.Length) PrefetchMore(commands[i + Ahead / 2]);
                if (i + Ahead / 4 < commands.Length) PrefetchLevel(commands[i + Ahead / 4]);
            }
            codes[i] = Do(commands[i], events);
        }
    }

    const int Ahead = 12;

    /// <summary>Asks the memory for what a command to come will touch first. A hint that changes nothing.</summary>
    public void Prefetch(in OrderCommand command)
    {
        if (command.Order != 0) Memory.Prefetch(ref *Orders[(uint)Math.Min(SlotOf(command.Order), Orders.Count - 1)]);
        else Book(command.Book)?.Prefetch();
    }

    /// <summary>Asks for what stands around what <see cref="Prefetch"/> asked for a while before.</summary>
    void PrefetchMore(in OrderCommand command)
    {
        if (command.Order == 0)
        {
            Book(command.Book)?.PrefetchPage(command);
            return;
        }
        uint slot = Find(command.Order);
        if (slot == 0) return;
        var order = Orders[slot];
        BookOf(slot).Prefetch();
        Memory.Prefetch(ref *Orders[order->Next]);
        Memory.Prefetch(ref *Orders[order->Previous]);
        Memory.Prefetch(ref *Orders[order->NextOfOwner]);
        Memory.Prefetch(ref *Orders[order->PreviousOfOwner]);
    }

    void PrefetchLevel(in OrderCommand command)
    {
        if (command.Order == 0) Book(command.Book)?.PrefetchOrders(command);
        else if (Find(command.Order) is var slot and not 0) BookOf(slot).PrefetchPage(slot);
    }

    MatchCode DoRare(in OrderCommand command, MatchEvents events)
    {
        var code = Check(command);
        if (code != MatchCode.Accepted) return code;
        switch (command.Operation)
        {
            case OrderOperation.MassCancel: MassCancel(command, events); break;
            case OrderOperation.Kill: Kill(command.Owner, events); break;
            case OrderOperation.Unkill: OwnerRow(command.Owner)->Killed = 0; break;
            case OrderOperation.Expire: Expire(command.Time, events); break;
            default: books[command.Book]!.SetPhase(command.Phase, events); break;
        }
        return code;
    }

    internal OrderBook BookOf(uint slot) => books[orderRows[slot]->Book]!;

    /// <summary>Slot of a live order, or 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    uint Find(long id)
    {
        uint slot = unchecked((uint)id & MostOrders);
        return slot < Orders.Count && id > 0 && orderRows[slot]->Id == id ? slot : 0;
    }

    /// <summary>A slot for a new order, which has its id; linked nowhere yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Open(out OrderRow* order)
    {
        unchecked
        {
            uint slot = free;
            if (slot != 0)
            {
                order = orderRows[slot];
                free = order->Next;
            }
            else
            {
                slot = Orders.Add();
                Rests.Add();
                order = orderRows[slot];
            }
            order->Id = nextNumber << SlotBits | slot;
            nextNumber++;
            LiveOrders++;
            return slot;
        }
    }

    /// <summary>Gives the slot of an order back that is linked nowhere any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Close(OrderRow* order, uint slot)
    {
        unchecked
        {
            order->Id = 0;
            order->Next = free;
            free = slot;
            LiveOrders--;
        }
    }

    /// <summary>An order that came to stay: its owner, who has a row since the order was checked, has it now, and time may end it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Keep(OrderRow* order, uint slot)
    {
        var owner = ownerRows[(uint)order->Owner];
        order->NextOfOwner = 0;
        order->PreviousOfOwner = owner->Last;
        orderRows[owner->Last]->NextOfOwner = slot;
        owner->First = owner->Last == 0 ? slot : owner->First;
        owner->Last = slot;
        if (order->Has(OrderBits.Timed)) ends.Add(slot);
    }

    /// <summary>Time does not end the order any more.</summary>
    internal void Outlast(OrderRow* order, uint slot)
    {
        if (order->Has(OrderBits.Timed)) ends.Remove(slot);
        order->Bits &= ~(OrderBits.Timed | OrderBits.Day);
    }

    /// <summary>An order that stayed is over, and already off its level.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void End(OrderRow* order, uint slot)
    {
        var owner = ownerRows[(uint)order->Owner];
        orderRows[order->PreviousOfOwner]->NextOfOwner = order->NextOfOwner;
        orderRows[order->NextOfOwner]->PreviousOfOwner = order->PreviousOfOwner;
        owner->First = order->PreviousOfOwner == 0 ? order->NextOfOwner : owner->First;
        owner->Last = order->NextOfOwner == 0 ? order->PreviousOfOwner : owner->Last;
        if (order->Has(OrderBits.Timed)) ends.Remove(slot);
        Close(order, slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    OwnerRow* OwnerRow(int owner)
    {
        uint row = unchecked((uint)owner);
        if (row >= owners.Count) MakeOwners(owner);
        return ownerRows[row];
    }

    void MakeOwners(int owner)
    {
        while (owners.Count <= owner) owners.Add();
    }
}
