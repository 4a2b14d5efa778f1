using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Verdigris.Book;

// All the floor decides by, as bytes: hashed, written into the journal as Notes, and taken up again: docs/floor.md section 10.
public sealed partial class Floor
{
    const byte PartKind = 200;
    const int PartOffset = 24, PartBytes = Command.Size - PartOffset;
    const int NoCheckpoint = -2, WantsCheckpoint = -1;
    const uint Version = 1;

    int partAt = NoCheckpoint;      // bytes of the checkpoint that were written
    FloorBytes? outgoing;
    byte[]? incoming;
    int incomingAt = -1;

    public long CheckpointsCompleted { get; private set; }

    public bool BeginsCheckpoint(in Command note) => (FloorKind)(note.TransactionType & 0xFF) is FloorKind.Checkpoint or FloorKind.OpenDay;

    FloorCode BeginCheckpoint()
    {
        partAt = WantsCheckpoint;
        return FloorCode.Accepted;
    }

    /// <summary>Writes the next part; false with the last one, and where no checkpoint is being written. It is the end of a line's work: who loads the checkpoint goes on with the next line.</summary>
    bool WriteNextPart()
    {
        if (partAt == NoCheckpoint) return false;
        if (partAt == WantsCheckpoint)
        {
            engine.Tidy(); // from here an engine that is restored and this one give the same ids
            outgoing = Save();
            outgoing.Put(SHA256.HashData(outgoing.Written));
            partAt = 0;
        }
        var rest = outgoing!.Written[partAt..];
        var payload = rest[..Math.Min(PartBytes, rest.Length)];
        var note = Commands.Note(0);
        note.TransactionType = PartKind;
        note.Asset = partAt == 0 ? outgoing.Length : partAt;
        payload.CopyTo(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref note, 1))[PartOffset..]);
        writer.Do(note);
        used++;
        partAt += payload.Length;
        if (partAt < outgoing.Length) return true;
        outgoing = null;
        partAt = NoCheckpoint;
        CheckpointsCompleted++;
        return false;
    }

    public bool Load(in Command note, long sequence, long timeMicros)
    {
        if (incomingAt < 0)
        {
            incomingAt = 0; // the line it begins with
            return false;
        }
        if ((note.TransactionType & 0xFF) != PartKind) throw new InvalidDataException("a line that is no part of a checkpoint");
        if (incomingAt == 0)
        {
            if (note.Asset is < 36 or > 1 << 30) throw new InvalidDataException("its length cannot be");
            incoming = new byte[note.Asset];
        }
        else if (note.Asset != incomingAt) throw new InvalidDataException("a part is missing");
        var copy = note;
        int count = Math.Min(PartBytes, incoming!.Length - incomingAt);
        MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref copy, 1)).Slice(PartOffset, count).CopyTo(incoming.AsSpan(incomingAt));
        incomingAt += count;
        if (incomingAt < incoming.Length) return false;
        if (!SHA256.HashData(incoming.AsSpan(0, incoming.Length - 32)).AsSpan().SequenceEqual(incoming.AsSpan(incoming.Length - 32))) throw new InvalidDataException("its hash is another");
        Load(new FloorBytes(incoming[..^32]));
        incoming = null;
        incomingAt = -1;
        TimeMicros = timeMicros;
        CheckpointsCompleted++;
        return true;
    }

    public void Reset()
    {
        engine = new(options.Orders);
        orders = new();
        instruments = new InstrumentState?[16];
        traders.Clear();
        traderById.Clear();
        owners.Clear();
        ownerNumbers.Clear();
        positions.Clear();
        positionIndex.Clear();
        (tradeCount, cursor, cancelAt, unlockAt, partAt, incomingAt, CheckpointsCompleted) = (0, 0, 0, -1, NoCheckpoint, -1, 0);
        (outgoing, incoming, Unfinished) = (null, null, false);
        events.Clear();
        toCancel.Clear();
        broken.Clear();
        giveBack.Clear();
        homeless.Clear();
        answers.Clear();
        tape.Restart(1);
    }

    /// <summary>SHA-256 over everything the floor decides by. Between two lines only.</summary>
    public byte[] Hash() => SHA256.HashData(Save().Written);

    FloorBytes Save()
    {
        var to = new FloorBytes();
        to.Put(Version);
        to.Put(tape.Next);
        var status = engine.Status;
        to.Put(status.NextNumber);
        to.Put(status.Slots);
        to.Put(status.Time);
        to.Put(owners.Count);
        foreach (long owner in owners) to.Put(owner);
        SaveTraders(to);
        var defined = instruments.Where(i => i is not null).ToList();
        to.Put(defined.Count);
        foreach (var instrument in defined) SaveInstrument(to, instrument!);
        to.Put(positions.Count);
        foreach (ref readonly var p in CollectionsMarshal.AsSpan(positions)) to.Put(p);
        foreach (var instrument in defined) SaveOrders(to, engine.Book(instrument!.Id)!);
        long kept = Math.Min(tradeCount, KeptTrades);
        to.Put(tradeCount);
        for (long i = tradeCount - kept; i < tradeCount; i++) to.Put(trades[i % KeptTrades]);
        return to;
    }

    void Load(FloorBytes from)
    {
        if (from.Get<uint>() != Version) throw new InvalidDataException("of another version");
        tape.Restart(from.Get<long>());
        engine.Restore(new(from.Get<long>(), from.Get<int>(), from.Get<long>()));
        for (int left = from.Count(); left > 0; left--) OwnerNumber(from.Get<long>());
        LoadTraders(from);
        var defined = new List<int>();
        for (int left = from.Count(); left > 0; left--) defined.Add(LoadInstrument(from));
        for (int left = from.Count(); left > 0; left--)
        {
            var p = from.Get<PositionRow>();
            positionIndex.Add(PositionKey(p.Trader, p.Instrument), positions.Count);
            positions.Add(p);
        }
        foreach (int _ in defined) LoadOrders(from);
        engine.FinishRestore();
        LinkOrders();
        tradeCount = from.Get<long>();
        for (long i = tradeCount - Math.Min(tradeCount, KeptTrades); i < tradeCount; i++) trades[i % KeptTrades] = from.Get<TradeRow>();
        if (!from.AtEnd) throw new InvalidDataException("something follows it");
    }

    void SaveTraders(FloorBytes to)
    {
        to.Put(traders.Count);
        foreach (var t in traders)
        {
            to.Put(DefinitionLines.Write(0, t.Definition, 0));
            to.Put(DefinitionLines.Write(0, t.Definition.Id, t.Limits));
            to.Put(t.Owner);
            to.Put(t.Killed);
            to.Put(t.RateSecond);
            to.Put(t.RateCount);
            to.Put(t.CreditHeld);
            to.Put(t.CreditSpent);
        }
    }

    void LoadTraders(FloorBytes from)
    {
        for (int left = from.Count(); left > 0; left--)
        {
            var definition = DefinitionLines.Trader(from.Get<FloorCommand>());
            var limits = DefinitionLines.Limits(from.Get<FloorCommand>());
            var t = AddTrader(definition, from.Get<int>());
            (t.Limits, t.Killed) = (limits, from.Get<bool>());
            (t.RateSecond, t.RateCount, t.CreditHeld, t.CreditSpent) = (from.Get<long>(), from.Get<long>(), from.Get<Int128>(), from.Get<Int128>());
        }
    }

    void SaveInstrument(FloorBytes to, InstrumentState i)
    {
        to.Put(DefinitionLines.Write(0, i.Definition, 0));
        to.Put(DefinitionLines.Write(0, i.Id, i.Terms));
        to.Put(i.OpenInterest);
        var s = engine.Book(i.Id)!.Status;
        Put(to, s.Terms.Reference);
        to.Put(s.Phase);
        Put(to, s.LastPrice);
        foreach (long value in (ReadOnlySpan<long>)[s.Told.BidPrice, s.Told.BidQuantity, s.Told.AskPrice, s.Told.AskQuantity]) to.Put(value);
    }

    int LoadInstrument(FloorBytes from)
    {
        var i = new InstrumentState(DefinitionLines.Instrument(from.Get<FloorCommand>())) { Terms = DefinitionLines.Terms(from.Get<FloorCommand>()), OpenInterest = from.Get<long>() };
        if (i.Id >= instruments.Length) Array.Resize(ref instruments, Math.Max(i.Id + 1, instruments.Length * 2));
        instruments[i.Id] = i;
        var terms = TermsOf(i.Id, i.Terms) with { Reference = GetOptional(from) };
        i.Phase = from.Get<BookPhase>();
        engine.RestoreBook(new(terms, i.Phase, GetOptional(from), new((int)from.Get<long>(), from.Get<long>(), (int)from.Get<long>(), from.Get<long>())));
        return i.Id;
    }

    static void Put(FloorBytes to, int? value)
    {
        to.Put(value is not null);
        to.Put(value ?? 0);
    }

    static int? GetOptional(FloorBytes from)
    {
        bool given = from.Get<bool>();
        int value = from.Get<int>();
        return given ? value : null;
    }

    /// <summary>An order as the engine has it, without the padding between its fields.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    struct EngineOrder
    {
        public long Id, Shown, Hidden, Done, Display, Time;
        public int Book, Owner, Price, StopPrice;
        public Side Side;
        public OrderType Type;
        public TimeInForce TimeInForce;
        public OrderFlags Flags;
        public SelfTrade SelfTrade;
        public byte Reserved1, Reserved2, Reserved3;
    }

    void SaveOrders(FloorBytes to, OrderBook book)
    {
        var live = book.LiveOrders().ToList();
        to.Put(live.Count);
        foreach (var o in live)
        {
            to.Put(new EngineOrder
            {
                Id = o.Id,
                Shown = o.Shown,
                Hidden = o.Hidden,
                Done = o.Done,
                Display = o.Display,
                Time = o.Time,
                Book = o.Book,
                Owner = o.Owner,
                Price = o.Price,
                StopPrice = o.StopPrice,
                Side = o.Side,
                Type = o.Type,
                TimeInForce = o.TimeInForce,
                Flags = o.Flags,
                SelfTrade = o.SelfTrade,
            });
            var row = At(o.Id);
            (row.Next, row.Previous) = (0, 0); // where it stands among the trader's follows from the ids
            to.Put(row);
        }
    }

    void LoadOrders(FloorBytes from)
    {
        for (int left = from.Count(); left > 0; left--)
        {
            var o = from.Get<EngineOrder>();
            engine.RestoreOrder(new(o.Id, o.Book, o.Owner, 0, o.Side, o.Type, o.TimeInForce, o.Flags, o.SelfTrade, o.Price, o.StopPrice, o.Shown, o.Hidden, o.Done, o.Display, o.Time));
            Make(o.Id) = from.Get<FloorOrder>();
        }
    }

    void LinkOrders()
    {
        var live = new List<long>();
        for (int slot = 1; slot < orders.Count; slot++)
            if (AtSlot(slot).Id != 0) live.Add(AtSlot(slot).Id);
        live.Sort();
        foreach (long id in live) Link(ref At(id), traders[At(id).Trader]);
    }
}
