using System.Globalization;
using Verdigris.Simulator.Trading;

namespace Verdigris.Book.Tests.Floors;

/// <summary>A floor without disk or thread: a Book core on a journal in memory, three instruments and a few traders with cash and units.</summary>
sealed class FloorWorld : IDisposable
{
    public const int Cash = 1, Unit = 2, Serial = 3, LongF = 4, ShortF = 5, LongO = 6, ShortO = 7;
    public const int Spot = 1, Future = 2, Option = 3, Chinese = 4, SerialSpot = 5;
    public const long Clearing = 900, Issuer = 901, Fees = 902, Mint = 903;
    public const long Ann = 1, Bob = 2, Cid = 3, Dot = 4;
    public const int TickValue = 10, LotUnits = 100;

    static readonly FloorAccountTypes Types = new(Cash: 2, Units: 2, Clearing: 3, Margin: 4, Locked: 5, Issuer: 6, Fee: 7);

    readonly FloorOptions options;
    public readonly MemoryJournal Journal = new();
    public readonly List<FloorEvent> Events = [];
    public readonly List<CommittedBatch> Batches = [];
    public VenueCore Core = null!;
    public Floor Floor = null!;
    FloorSubscription subscription = null!;
    ulong next = 1;
    public long Now = 1_000_000_000;

    public FloorWorld(FloorOptions? options = null, long cash = 1_000_000, long units = 100_000, bool define = true)
    {
        this.options = options ?? new();
        Start();
        var setup = new List<Command>
        {
            Commands.DefineAsset(Id(), Cash, "EUR", AssetKind.Fungible, 2), Commands.DefineAsset(Id(), Unit, "ALU", AssetKind.Fungible), Commands.DefineAsset(Id(), Serial, "EUA", AssetKind.Serialised),
            Commands.DefineAsset(Id(), LongF, "FUT+", AssetKind.Fungible), Commands.DefineAsset(Id(), ShortF, "FUT-", AssetKind.Fungible), Commands.DefineAsset(Id(), LongO, "OPT+", AssetKind.Fungible), Commands.DefineAsset(Id(), ShortO, "OPT-", AssetKind.Fungible),
            Commands.OpenAccount(Id(), Mint, 9), Commands.OpenAccount(Id(), Clearing, 3), Commands.OpenAccount(Id(), Issuer, 6), Commands.OpenAccount(Id(), Fees, 7),
            Commands.SetRule(Id(), 1, 0, 9, 2, RuleFlags.Allowed | RuleFlags.Issues),
        };
        setup.AddRange(FloorRules.For(Types, Id));
        foreach (long trader in new[] { Ann, Bob, Cid, Dot })
        {
            setup.AddRange([Commands.OpenAccount(Id(), CashOf(trader), 2), Commands.OpenAccount(Id(), UnitsOf(trader), 2), Commands.OpenAccount(Id(), MarginOf(trader), 4), Commands.OpenAccount(Id(), LockedOf(trader), 5)]);
            if (cash > 0) setup.Add(Commands.Transfer(Id(), 1, Cash, Mint, CashOf(trader), cash));
            if (units > 0) setup.AddRange([Commands.Transfer(Id(), 1, Unit, Mint, UnitsOf(trader), units), Commands.Transfer(Id(), 1, Serial, Mint, UnitsOf(trader), units)]);
        }
        Assert.All(Core.Execute(setup.ToArray(), Now), o => Assert.Equal(Code.Accepted, o.Code));
        if (!define) return;
        foreach (var definition in Definitions) Ok(FloorCommands.DefineInstrument(Id(), definition));
        foreach (long trader in new[] { Ann, Bob, Cid, Dot }) Ok(FloorCommands.DefineTrader(Id(), TraderOf(trader)));
        foreach (var definition in Definitions)
        {
            Ok(FloorCommands.UpdateInstrument(Id(), definition.Id, new() { MarginPerLot = 50, HighestPrice = 10_000 }));
            Ok(FloorCommands.SetPhase(Id(), definition.Id, BookPhase.Continuous));
        }
        Events.Clear();
    }

    public static IReadOnlyList<InstrumentDefinition> Definitions { get; } =
    [
        new() { Id = Spot, Shape = SettlementShape.Spot, BaseAsset = Unit, CashAsset = Cash, ClearingAccount = Clearing, FeeAccount = Fees, LotUnits = LotUnits, TickValue = TickValue },
        new() { Id = Future, Shape = SettlementShape.Future, BaseAsset = LongF, ShortAsset = ShortF, CashAsset = Cash, ClearingAccount = Clearing, IssuerAccount = Issuer, FeeAccount = Fees, TickValue = TickValue },
        new() { Id = Option, Shape = SettlementShape.Option, BaseAsset = LongO, ShortAsset = ShortO, CashAsset = Cash, ClearingAccount = Clearing, IssuerAccount = Issuer, FeeAccount = Fees, TickValue = TickValue },
        new() { Id = Chinese, Shape = SettlementShape.Spot, BaseAsset = Unit, CashAsset = Cash, ClearingAccount = Clearing, FeeAccount = Fees, LotUnits = 1, TickValue = 1, NextDayResale = true },
        new() { Id = SerialSpot, Shape = SettlementShape.Spot, BaseAsset = Serial, CashAsset = Cash, ClearingAccount = Clearing, FeeAccount = Fees, LotUnits = 10, TickValue = 1 },
    ];

    public static TraderDefinition TraderOf(long trader) => new() { Id = trader, CashAccount = CashOf(trader), UnitAccount = UnitsOf(trader), MarginAccount = MarginOf(trader), LockedAccount = LockedOf(trader) };

    public static long CashOf(long trader) => 100 + trader;
    public static long UnitsOf(long trader) => 200 + trader;
    public static long MarginOf(long trader) => 300 + trader;
    public static long LockedOf(long trader) => 400 + trader;

    public UInt128 Id() => next++;

    void Start()
    {
        Floor = new(options);
        Core = VenueCore.Open(7, Journal, program: Floor);
        subscription = Floor.Tape.Subscribe(0, int.MaxValue);
        Core.Committed += batch => Batches.Add(batch with { Commands = batch.Commands.ToArray(), Codes = batch.Codes.ToArray(), Effects = batch.Effects.ToArray() });
    }

    /// <summary>A new process: Book and floor are rebuilt from the journal.</summary>
    public void Restart() => Start();

    public NoteAnswer[] SendAll(params FloorCommand[] commands)
    {
        var answers = Core.ExecuteNotes(Array.ConvertAll(commands, c => c.ToNote()), ++Now);
        Collect();
        return answers;
    }

    void Collect()
    {
        // Subscribers get their events before the answer, so they are there.
        var batches = subscription.Batches().GetAsyncEnumerator();
        while (batches.MoveNextAsync().AsTask() is { IsCompleted: true } moved && moved.Result) Events.AddRange(batches.Current);
        subscription.Dispose();
        subscription = Floor.Tape.Subscribe(0, int.MaxValue);
    }

    public (FloorCode Code, long First, long Second) Send(in FloorCommand command)
    {
        var answer = SendAll(command)[0];
        Assert.Equal(Code.Accepted, answer.Outcome.Code);
        return ((FloorCode)answer.Answer.Code, answer.Answer.First, answer.Answer.Second);
    }

    public long Ok(in FloorCommand command)
    {
        var (code, first, _) = Send(command);
        Assert.Equal(FloorCode.Accepted, code);
        return first;
    }

    public void Refused(FloorCode expected, in FloorCommand command)
    {
        byte[] before = Floor.Hash();
        long holds = Core.State.Holds.Count;
        var (code, _, _) = Send(command);
        Assert.Equal(expected, code);
        if (expected < FloorCode.Book) Assert.Equal(holds, Core.State.Holds.Count);
    }

    public long Buy(long trader, long lots, int price, int instrument = Spot, TimeInForce inForce = TimeInForce.Day, PositionEffect effect = PositionEffect.Open) =>
        Ok(FloorCommands.NewOrder(Id(), instrument, trader, Side.Buy, lots, price, timeInForce: inForce, effect: effect));

    public long Sell(long trader, long lots, int price, int instrument = Spot, TimeInForce inForce = TimeInForce.Day, PositionEffect effect = PositionEffect.Open) =>
        Ok(FloorCommands.NewOrder(Id(), instrument, trader, Side.Sell, lots, price, timeInForce: inForce, effect: effect));

    /// <summary>A command of another room, past the floor.</summary>
    public Code Book(Command command) => Core.Execute([command], ++Now)[0].Code;

    public (long Available, long Held) Of(long account, int asset = Cash) => (Core.State.Balance(account, asset).Available, Core.State.Balance(account, asset).Held);

    public string Told(params FloorEventKind[] kinds) => string.Join("; ", Events.Where(e => kinds.Contains(e.Kind)).Select(e => e.Kind switch
    {
        FloorEventKind.Fill => string.Create(CultureInfo.InvariantCulture, $"fill {e.Trader} {e.Side} {e.Quantity}@{e.Price} left {e.Remaining}"),
        FloorEventKind.OrderEnded => string.Create(CultureInfo.InvariantCulture, $"ended {e.Trader} {e.Code} left {e.Remaining}"),
        FloorEventKind.Trade => string.Create(CultureInfo.InvariantCulture, $"trade {e.Quantity}@{e.Price}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{e.Kind} {e.Trader}"),
    }));

    /// <summary>What must hold between any two lines, by slow code of its own.</summary>
    public void Check()
    {
        var book = new CensusBook(
            Core.State.ExportHoldings().ToDictionary(h => (h.Account, h.Asset), h => (h.Available, h.Held)),
            Core.State.ExportPendingHolds().ToDictionary(h => h.Id, h => (h.Asset, h.Debit, h.Credit, h.Remaining)));
        Assert.Null(FloorCensus.Check(book, Floor, Enumerable.Range(1, 70).Select(t => (long)t)));
    }

    public void Dispose() => Core.Dispose();
}

/// <summary>A journal in memory.</summary>
sealed class MemoryJournal : IJournal
{
    readonly List<byte[]> records = [];
    byte[] last = new byte[32];

    public long LastBatch => records.Count;
    public ReadOnlySpan<byte> LastHash => last;

    public void Append(long batch, ReadOnlySpan<byte> record)
    {
        Assert.Equal(records.Count + 1, batch);
        records.Add(record.ToArray());
        last = record[^32..].ToArray();
    }

    public IEnumerable<ReadOnlyMemory<byte>> ReadFrom(long batch) => records.Skip((int)batch - 1).Select(r => new ReadOnlyMemory<byte>(r));

    public void Dispose() { }
}
