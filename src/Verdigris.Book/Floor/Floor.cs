using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>
/// The trading floor: instruments, trading accounts, orders and their collateral, trades and their postings. A program beside the Book (docs/book.md section 8): it matches in memory and acts on the ledger by derived
/// commands, in the record of the line that caused them. Deterministic; not thread-safe: <see cref="FloorHost"/> stands before it.
/// </summary>
/// <remarks>
/// Rules: docs/floor.md. This part runs a line: the engine matches at once, and what it did (<see cref="MatchEvent"/>) is settled in the order it happened, as much as fits into one step, the rest in the next. Orders, trades, the
/// market's own lines, checkpoints and queries have parts of their own.
/// </remarks>
public sealed partial class Floor : IVenueProgram
{
    /// <summary>The most commands one turn of the work derives: a trade with fees and what it gives back.</summary>
    const int MostATurn = 24;

    readonly FloorOptions options;
    readonly FloorTape tape;
    readonly AnswerMemory answers = new();
    readonly MatchEvents events = new();

    MatchingEngine engine;
    SlotTable<FloorOrder> orders = new();
    InstrumentState?[] instruments = new InstrumentState?[16];
    readonly List<TraderState> traders = [];
    readonly Dictionary<long, TraderState> traderById = [];
    readonly List<long> owners = [];
    readonly Dictionary<long, int> ownerNumbers = [];
    readonly List<PositionRow> positions = [];
    readonly Dictionary<long, int> positionIndex = [];

    // The line at hand.
    ProgramWriter writer = null!;
    FloorCommand line;
    long cause, now, firstAnswer, secondAnswer;
    long newOrder;              // id of the order the line brought, to count what it trades at once
    int used;                   // commands derived in this step
    int cursor;                 // of the engine's events
    FloorCode answerCode, cancelCode;

    public Floor(FloorOptions? options = null)
    {
        this.options = options ?? new();
        tape = new(this.options.KeptEvents);
        engine = new(this.options.Orders);
    }

    public int MostDerived => options.MostDerived;

    public bool Unfinished { get; private set; }

    public ProgramAnswer Answer => new((int)answerCode, firstAnswer, secondAnswer);

    internal FloorTape Tape => tape;

    /// <inheritdoc cref="IFloor.Subscribe"/>
    public FloorSubscription Subscribe(long from = 0, int capacity = 65_536) => tape.Subscribe(from, capacity);

    public void Step(in Command note, ProgramWriter writer)
    {
        this.writer = writer;
        line = FloorCommand.Of(note);
        (cause, now, used, firstAnswer, secondAnswer, newOrder) = (writer.NoteSequence, writer.TimeMicros, 0, 0, 0, 0);
        cancelCode = FloorCode.CancelledByTrader;
        Unfinished = true;
        answerCode = Dispatch(line);
        if (answerCode != FloorCode.Accepted) TellRefused();
        Work();
    }

    public void Continue(ProgramWriter writer)
    {
        this.writer = writer;
        (now, used) = (writer.TimeMicros, 0);
        Work();
    }

    FloorCode Dispatch(in FloorCommand c) => c.Kind switch
    {
        FloorKind.NewOrder => New(c),
        FloorKind.Cancel => Cancel(c),
        FloorKind.Replace => Replace(c),
        FloorKind.MassCancel => MassCancel(c),
        FloorKind.Kill => Kill(c),
        FloorKind.Unkill => Unkill(c),
        FloorKind.SetPhase => SetPhase(c),
        FloorKind.Expire => Expire(c),
        FloorKind.OpenDay => OpenDay(c),
        FloorKind.ReportedTrade => Report(c),
        FloorKind.BustTrade => Bust(c),
        FloorKind.DefineInstrument => DefineInstrument(c),
        FloorKind.UpdateInstrument => UpdateInstrument(c),
        FloorKind.DefineTrader => DefineTrader(c),
        FloorKind.UpdateTrader => UpdateTrader(c),
        FloorKind.Checkpoint => BeginCheckpoint(),
        _ => FloorCode.KindUnknown,
    };

    /// <summary>Does what there is to do, as far as the step may go: what the engine did, what had to be set right after it, what a line does to many, the checkpoint.</summary>
    void Work()
    {
        while (used + MostATurn <= MostDerived)
        {
            if (cursor < events.Count)
            {
                if (cursor + 1 < events.Count) PrefetchTrade(events[cursor + 1]);
                Happened(events[cursor++]);
                continue;
            }
            events.Clear();
            cursor = 0;
            if (SetRight() || CancelNext() || UnlockNext() || WriteNextPart()) continue;
            Unfinished = false;
            answers.Keep(line.Id, (ushort)answerCode, firstAnswer, secondAnswer);
            return;
        }
    }

    public unsafe void Prefetch(in Command note, int turn, BookAhead book)
    {
        if (turn == 0) answers.Prefetch(note.Id);
        var kind = (FloorKind)(note.TransactionType & 0xFF);
        long order = note.Credit; // of a line that names one
        if (kind is not (FloorKind.Cancel or FloorKind.Replace) || order <= 0 || MatchingEngine.SlotOf(order) >= orders.Count) return;
        ref var row = ref At(order);
        if (turn == 0)
        {
            engine.Prefetch(new OrderCommand { Order = order });
            Memory.Prefetch(ref row);
            Memory.Prefetch(ref row.Failed);
            Memory.Prefetch(ref row.Trader);
            return;
        }
        long hold = row.CashHold != 0 ? row.CashHold : row.UnitHold;
        if (row.Id != order || hold == 0) return;
        var id = ProgramWriter.IdOf(hold);
        if (turn == 1) book.Index(id);
        else if (turn == 2) book.Command(id);
        else book.Hold(id);
    }

    /// <summary>The resting order of a trade about to be settled.</summary>
    void PrefetchTrade(in MatchEvent e)
    {
        if (e.Kind != MatchEventKind.Trade) return;
        ref var row = ref At(e.Order);
        writer.Prefetch(row.CashHold != 0 ? row.CashHold : row.UnitHold);
        Memory.Prefetch(ref row);
        Memory.Prefetch(ref row.Failed);
        Memory.Prefetch(ref row.Trader);
    }

    public ProgramAnswer Recall(in Command note) => answers.Recall(note.Id) ?? new((int)FloorCode.Forgotten);

    public void Decided() => tape.Close();

    public void Committed(long batch, long timeMicros)
    {
        LastBatch = batch;
        TimeMicros = timeMicros;
        tape.Publish(batch);
    }

    InstrumentState? Find(int instrument) => instrument > 0 && instrument < instruments.Length ? instruments[instrument] : null;

    TraderState? FindTrader(long id) => traderById.GetValueOrDefault(id);

    unsafe ref FloorOrder At(long order) => ref *orders[(uint)MatchingEngine.SlotOf(order)];

    unsafe ref FloorOrder AtSlot(int slot) => ref *orders[(uint)slot];

    /// <summary>Whether an order is live; then <see cref="At"/> is its row.</summary>
    bool IsLive(long order) => order > 0 && MatchingEngine.SlotOf(order) < orders.Count && At(order).Id == order;

    ref FloorOrder Make(long order)
    {
        while (orders.Count <= MatchingEngine.SlotOf(order)) orders.Add();
        return ref At(order);
    }

    ref PositionRow Position(int index) => ref CollectionsMarshal.AsSpan(positions)[index];

    static long PositionKey(int trader, int instrument) => (long)trader << 16 | (ushort)instrument;

    int PositionOf(TraderState trader, int instrument)
    {
        long key = PositionKey(trader.Index, instrument);
        if (positionIndex.TryGetValue(key, out int index)) return index;
        positions.Add(new() { Trader = trader.Index, Instrument = instrument });
        positionIndex.Add(key, positions.Count - 1);
        return positions.Count - 1;
    }
}

/// <summary>How a floor is set up. None of it changes what it decides, but <see cref="MostDerived"/>, which must stay as it is for one journal.</summary>
public sealed record FloorOptions
{
    /// <summary>Live orders to make room for at once.</summary>
    public int Orders { get; init; } = 1 << 12;

    /// <summary>Events kept in memory for subscribers that come back.</summary>
    public int KeptEvents { get; init; } = 1 << 16;

    /// <summary>Most commands one step derives; a longer one goes on in the next record.</summary>
    public int MostDerived { get; init; } = 1_000;
}
