using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Verdigris.Book;

// What a checkpoint keeps, how it is taken up again, and the hash that says two engines are the same: docs/matching.md, section 10.
public sealed unsafe partial class MatchingEngine
{
    bool restoring;

    public EngineStatus Status => new(nextNumber, (int)Orders.Count - 1, time);

    /// <summary>Owners that are killed, in the order of their numbers.</summary>
    public IEnumerable<int> KilledOwners() => Enumerable.Range(1, Math.Max(0, (int)owners.Count - 1)).Where(IsKilled);

    public bool IsKilled(int owner) => owner > 0 && owner < owners.Count && owners[(uint)owner]->Killed != 0;

    /// <summary>Defined books in the order of their numbers.</summary>
    public IEnumerable<OrderBook> Books() => books.Where(b => b is not null)!;

    /// <summary>Live orders of an owner, in the order in which they were accepted.</summary>
    public IEnumerable<LiveOrder> OrdersOf(int owner)
    {
        for (uint slot = FirstOf(owner); slot != 0; slot = NextOf(slot)) yield return Picture(slot);
    }

    uint FirstOf(int owner) => owner > 0 && owner < owners.Count ? owners[(uint)owner]->First : 0;

    uint NextOf(uint slot) => Orders[slot]->NextOfOwner;

    internal LiveOrder Picture(uint slot)
    {
        var o = *Orders[slot];
        var rest = o.Has(OrderBits.Parts | OrderBits.Timed | OrderBits.Waiting) ? *Rests[slot] : default;
        bool market = o.Has(OrderBits.Market), isWaiting = o.Has(OrderBits.Waiting);
        var type = isWaiting ? market ? OrderType.Stop : OrderType.StopLimit : market ? OrderType.Market : OrderType.Limit;
        var inForce = o.Has(OrderBits.AuctionOnly) ? TimeInForce.ImmediateOrCancel : o.Has(OrderBits.Timed) ? TimeInForce.GoodTillDate : o.Has(OrderBits.Day) ? TimeInForce.Day : TimeInForce.GoodTillCancel;
        var flags = (o.Has(OrderBits.PostOnly) ? OrderFlags.PostOnly : 0) | (o.Has(OrderBits.Slide) ? OrderFlags.Slide : 0);
        return new(o.Id, o.Book, o.Owner, o.Session, o.Side, type, inForce, flags, o.SelfTrade, o.Price, isWaiting ? rest.StopPrice : 0, o.Shown, o.Hidden, o.Done, rest.Display, rest.Time);
    }

    /// <summary>
    /// Puts the free slots in order, the lowest to be used first. An engine that does this when its checkpoint is taken goes on exactly like one that is restored from it: without, the two would give different ids.
    /// In time of all slots ever used.
    /// </summary>
    public void Tidy()
    {
        free = 0;
        for (uint slot = Orders.Count - 1; slot > 0; slot--)
        {
            if (Orders[slot]->Id != 0) continue;
            Orders[slot]->Next = free;
            free = slot;
        }
    }

    /// <summary>Begins to fill an engine in which nothing was ever done. Then books, killed owners and orders, then <see cref="FinishRestore"/>.</summary>
    public void Restore(in EngineStatus status)
    {
        if (nextNumber != 1 || Orders.Count != 1 || Books().Any()) throw new InvalidOperationException("Only an engine in which nothing was done is restored.");
        if (status.NextNumber < 1 || status.NextNumber > MostNumbers || status.Slots is < 0 or > MostOrders) throw new ArgumentOutOfRangeException(nameof(status));
        (nextNumber, time, restoring) = (status.NextNumber, status.Time, true);
        for (int i = 0; i < status.Slots; i++)
        {
            Orders.Add();
            Rests.Add();
        }
    }

    public void RestoreBook(in BookStatus status)
    {
        if (!restoring || !OrderBook.AreValid(status.Terms) || Book(status.Terms.Book) is not null) throw new ArgumentException("No such book can be restored now.", nameof(status));
        AddBook(status.Terms).Take(status);
    }

    public void RestoreKilled(int owner)
    {
        if (!restoring || owner is < 1 or > MostOwners) throw new ArgumentOutOfRangeException(nameof(owner));
        OwnerRow(owner)->Killed = 1;
    }

    /// <summary>Puts an order behind those of its price that were restored before it, so a book's orders are given as <see cref="OrderBook.LiveOrders"/> tells them.</summary>
    public void RestoreOrder(in LiveOrder order)
    {
        uint slot = (uint)SlotOf(order.Id);
        bool fits = restoring && order.Id > 0 && order.Id >> SlotBits < nextNumber && slot > 0 && slot < Orders.Count && Orders[slot]->Id == 0 && order.Owner is >= 1 and <= MostOwners
            && order.Side is Side.Buy or Side.Sell && order.Type is not (OrderType.None or OrderType.MarketToLimit or > OrderType.StopLimit) && order.SelfTrade <= SelfTrade.Decrement
            && order.Price is >= BookTerms.LeastPrice and <= BookTerms.MostPrice && order.StopPrice is >= BookTerms.LeastPrice and <= BookTerms.MostPrice
            && order.Shown is >= 1 and <= BookTerms.MostLots && order.Hidden is >= 0 and <= BookTerms.MostLots && order.Done >= 0 && order.Display >= 0;
        if (!fits || Book(order.Book) is not { } book) throw new ArgumentException("No such order can be restored now.", nameof(order));
        book.Take(order, slot);
        LiveOrders++;
    }

    public void FinishRestore()
    {
        if (!restoring) throw new InvalidOperationException("Nothing is being restored.");
        restoring = false;
        var live = new List<uint>();
        for (uint slot = 1; slot < Orders.Count; slot++)
            if (Orders[slot]->Id != 0) live.Add(slot);
        foreach (uint slot in live.OrderBy(IdAt))
        {
            _ = OwnerRow(Orders[slot]->Owner); // makes it
            Keep(Orders[slot], slot);
        }
        Tidy();
    }

    long IdAt(uint slot) => Orders[slot]->Id;

    /// <summary>SHA-256 of everything that decides what the engine does next. Two engines that were given the same commands have the same.</summary>
    public byte[] StateHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> bytes = stackalloc byte[24 * sizeof(long)];
        Add(hash, bytes, [nextNumber, Orders.Count, time, free]);
        for (uint slot = free; slot != 0; slot = Orders[slot]->Next) Add(hash, bytes, [slot]);
        foreach (int owner in KilledOwners()) Add(hash, bytes, [owner]);
        foreach (var book in Books())
        {
            var s = book.Status;
            Add(hash, bytes, [s.Terms.Book, s.Terms.LowLimit, s.Terms.HighLimit, s.Terms.DynamicTicks, (long)s.Terms.BandAction, s.Terms.Reference ?? long.MinValue, s.Terms.MostQuantity, s.Terms.MostParts,
                (long)s.Phase, s.LastPrice ?? long.MinValue, s.Told.BidPrice, s.Told.BidQuantity, s.Told.AskPrice, s.Told.AskQuantity]);
            foreach (var o in book.LiveOrders())
                Add(hash, bytes, [o.Id, o.Book, o.Owner, o.Session, (long)o.Side, (long)o.Type, (long)o.TimeInForce, (long)o.Flags, (long)o.SelfTrade, o.Price, o.StopPrice, o.Shown, o.Hidden, o.Done, o.Display, o.Time]);
        }
        return hash.GetHashAndReset();
    }

    static void Add(IncrementalHash hash, Span<byte> bytes, ReadOnlySpan<long> values)
    {
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes[(i * sizeof(long))..], values[i]);
        hash.AppendData(bytes[..(values.Length * sizeof(long))]);
    }
}

public sealed unsafe partial class OrderBook
{
    /// <summary>What a checkpoint keeps of the book beside its orders.</summary>
    public BookStatus Status => new(Terms, Phase, LastPrice, new(toldBidQuantity == 0 ? 0 : toldBid, toldBidQuantity, toldAskQuantity == 0 ? 0 : ~toldAsk, toldAskQuantity));

    internal void Take(in BookStatus status)
    {
        Phase = status.Phase;
        (hasLast, lastPrice) = (status.LastPrice is not null, status.LastPrice ?? 0);
        (toldBidQuantity, toldAskQuantity) = (status.Told.BidQuantity, status.Told.AskQuantity);
        (toldBid, toldAsk) = (toldBidQuantity == 0 ? Ladder.NoKey : status.Told.BidPrice, toldAskQuantity == 0 ? Ladder.NoKey : ~status.Told.AskPrice);
    }

    internal void Take(in LiveOrder o, uint slot)
    {
        var order = orders[slot];
        *order = new()
        {
            Id = o.Id,
            Shown = o.Shown,
            Hidden = o.Hidden,
            Done = o.Done,
            Price = o.Price,
            Owner = o.Owner,
            Session = o.Session,
            Book = (ushort)o.Book,
            Bits = (OrderBits)((int)o.SelfTrade << OrderRow.SelfTradeShift) | (o.Side == Side.Sell ? OrderBits.Sell : 0) | (o.Display > 0 ? OrderBits.Parts : 0)
                | o.TimeInForce switch { TimeInForce.Day => OrderBits.Day, TimeInForce.GoodTillDate => OrderBits.Timed, TimeInForce.ImmediateOrCancel => OrderBits.AuctionOnly, _ => 0 }
                | o.Type switch { OrderType.Stop => OrderBits.Waiting | OrderBits.Market, OrderType.StopLimit => OrderBits.Waiting, OrderType.Market => OrderBits.Market, _ => 0 }
                | ((o.Flags & OrderFlags.PostOnly) != 0 ? OrderBits.PostOnly : 0) | ((o.Flags & OrderFlags.Slide) != 0 ? OrderBits.Slide : 0),
        };
        *rests[slot] = new() { Display = o.Display, Time = o.Time, StopPrice = o.StopPrice };
        if (order->Has(OrderBits.AuctionOnly)) auctionOnly++;
        if (order->Has(OrderBits.Waiting)) waiting++;
        Append(order, slot);
    }
}
