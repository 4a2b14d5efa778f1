using System.Diagnostics;
using System.Security.Cryptography;
using System.Runtime.InteropServices;
using Verdigris.Book;

namespace Verdigris.Simulator.Days;

/// <summary>What a series did in a day. Prices in ticks.</summary>
public sealed record SeriesDay(string Series)
{
    public long Trades { get; internal set; }
    public long Lots { get; internal set; }
    public int First { get; internal set; }
    public int High { get; internal set; } = int.MinValue;
    public int Low { get; internal set; } = int.MaxValue;
    public int Last { get; internal set; }
    internal Int128 Value { get; set; }
    public decimal MeanPrice => Lots == 0 ? 0 : (decimal)Value / Lots;
}

/// <param name="Refused">Lines by the reason they were not taken.</param>
/// <param name="Took">Sending and making durable, without reading the file.</param>
/// <param name="Replayed">Reading the whole journal into an empty venue.</param>
/// <param name="Fingerprint">SHA-256 of all events, hexadecimal.</param>
/// <param name="Wrong">What does not hold; empty when all does.</param>
public sealed record OrderDayResult(long Lines, long Taken, IReadOnlyDictionary<FloorCode, long> Refused, IReadOnlyList<SeriesDay> Series, long MostLive, long Events, long JournalBytes, TimeSpan Took, TimeSpan Replayed, string Fingerprint, IReadOnlyList<string> Wrong);

/// <summary>
/// Sends a day of orders to a trading floor on real files, each group durable before the next line that needs its answer, and proves the day: every order's lots add up, every member's money and units are what its fills say, no book is left crossed,
/// and an empty venue that reads the journal ends with the same bytes.
/// </summary>
public sealed class OrderDayReplay : IDisposable
{
    const int Cash = 1, Units = 2, LargestGroup = 4_000;
    const long Mint = 1, Clearing = 2, FirstCash = 1_000_000, FirstUnits = 2_000_000;
    static readonly UInt128 VenueId = new(0x5645524449475249, 0x5300000000000003);
    static readonly FloorOptions Options = new() { Orders = 1 << 18, KeptEvents = 1 << 12 };

    readonly string folder;
    readonly Venue venue;
    readonly Floor floor;
    readonly FloorHost host;
    readonly long cash, units;
    readonly Dictionary<string, (int Number, SeriesDay Day)> series = new(StringComparer.Ordinal);
    readonly Dictionary<int, SeriesDay> byNumber = [];
    readonly Dictionary<(int Member, long Order), long> orders = [];
    readonly Dictionary<long, long> money = [];
    readonly Dictionary<(long Member, int Series), long> lots = [];
    readonly Dictionary<long, long> open = [];
    readonly SortedDictionary<FloorCode, long> refused = [];
    readonly HashSet<int> members = [];
    readonly List<string> wrong = [];
    readonly IncrementalHash events = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly FloorSubscription subscription;
    ulong nextId = 1;
    long now, told, mostLive;

    /// <param name="folder">Empty; the venue's files lie there.</param>
    /// <param name="cash">What each member begins with, in ticks times lots.</param>
    /// <param name="units">Lots of every series that each member begins with.</param>
    public OrderDayReplay(string folder, long cash, long units)
    {
        (this.folder, this.cash, this.units) = (folder, cash, units);
        floor = new(Options);
        venue = Venue.Open(Places(folder) with { NowMicros = () => now, Program = floor });
        host = new(venue, floor);
        subscription = host.Subscribe(1, int.MaxValue);
    }

    static VenueOptions Places(string folder) => new() { VenueId = VenueId, DataFolder = folder, NowMicros = () => 0, SnapshotEveryBytes = 0 };

    UInt128 Id() => new(0xDA7, nextId++);

    /// <param name="day">In the order of their time; read once.</param>
    /// <param name="progress">Told after every group: lines so far.</param>
    public async Task<OrderDayResult> Run(IEnumerable<OrderDayLine> day, Action<long>? progress = null)
    {
        await Send([Commands.DefineAsset(Id(), Cash, "CASH", AssetKind.Fungible), Commands.OpenAccount(Id(), Mint, 9), Commands.OpenAccount(Id(), Clearing, 3), Commands.SetRule(Id(), 1, 0, 9, 2, RuleFlags.Allowed | RuleFlags.Issues), .. FloorRules.For(new(Cash: 2, Units: 2, Clearing: 3), Id)]);
        long lines = 0, taken = 0;
        var clock = new Stopwatch();
        var group = new List<FloorCommand>(LargestGroup);
        var from = new List<OrderDayLine>(LargestGroup);
        var waiting = new HashSet<(int, long)>();
        foreach (var line in day)
        {
            await Known(line, Flush);
            // What is not answered yet cannot be named yet.
            if (group.Count == LargestGroup || line.Action != DayAction.New && waiting.Contains((line.Member, line.Order))) await Flush();
            lines++;
            if (Command(line) is not { } command)
            {
                refused[FloorCode.OrderUnknown] = refused.GetValueOrDefault(FloorCode.OrderUnknown) + 1;
                continue;
            }
            if (line.Action == DayAction.New && !waiting.Add((line.Member, line.Order)) || line.Action == DayAction.New && orders.ContainsKey((line.Member, line.Order))) throw new OrderDayException((int)lines + 1, "order", "the member has given this number to an order already", "该会员已用过此订单号");
            group.Add(command);
            from.Add(line);
            now = Math.Max(now, line.Micros);
        }
        await Flush();
        Proved();
        var (replayed, same) = Replayed();
        if (!same) wrong.Add("an empty venue that reads the journal ends with other bytes / 由日志重放得到的状态与原状态不一致");
        return new(lines, taken, refused, [.. series.Values.Select(s => s.Day).OrderBy(s => s.Series, StringComparer.Ordinal)], mostLive, told, JournalBytes(folder), clock.Elapsed, replayed, Convert.ToHexStringLower(events.GetHashAndReset()), wrong);

        async Task Flush()
        {
            if (group.Count == 0) return;
            clock.Start();
            var answers = await host.Send(group.ToArray());
            clock.Stop();
            for (var i = 0; i < answers.Length; i++)
            {
                if (!answers[i].Accepted) refused[answers[i].Code] = refused.GetValueOrDefault(answers[i].Code) + 1;
                else
                {
                    taken++;
                    if (from[i].Action == DayAction.New) orders[(from[i].Member, from[i].Order)] = answers[i].Order;
                }
            }
            group.Clear();
            from.Clear();
            waiting.Clear();
            Told();
            progress?.Invoke(lines);
        }
    }

    FloorCommand? Command(in OrderDayLine line) => line.Action switch
    {
        DayAction.New => FloorCommands.NewOrder(Id(), series[line.Series].Number, line.Member, line.Side, line.Quantity, line.Price, line.Price is null ? OrderType.Market : OrderType.Limit, line.TimeInForce, display: line.Display),
        _ when !orders.TryGetValue((line.Member, line.Order), out _) => null,
        DayAction.Replace => FloorCommands.Replace(Id(), line.Member, orders[(line.Member, line.Order)], line.Quantity, line.Price!.Value),
        _ => FloorCommands.Cancel(Id(), line.Member, orders[(line.Member, line.Order)]),
    };

    /// <summary>A series or member seen for the first time gets its book or its accounts.</summary>
    async Task Known(OrderDayLine line, Func<Task> flush)
    {
        var isNew = !series.ContainsKey(line.Series);
        if (!isNew && members.Contains(line.Member)) return;
        await flush();
        now = Math.Max(now, line.Micros);
        if (isNew)
        {
            var number = series.Count + 1;
            series[line.Series] = (number, byNumber[number] = new(line.Series));
            await Send([Commands.DefineAsset(Id(), Units + number, $"LOTS{number}", AssetKind.Fungible), .. members.Select(m => Commands.Transfer(Id(), 1, Units + number, Mint, FirstUnits + m, units))]);
            await Floor([
                FloorCommands.DefineInstrument(Id(), new() { Id = number, Shape = SettlementShape.Spot, BaseAsset = Units + number, CashAsset = Cash, ClearingAccount = Clearing, LotUnits = 1, TickValue = 1 }),
                FloorCommands.UpdateInstrument(Id(), number, new() { LowestPrice = 1, HighestPrice = BookTerms.MostPrice }), FloorCommands.SetPhase(Id(), number, BookPhase.Continuous)]);
        }
        if (!members.Add(line.Member)) return;
        await Send([Commands.OpenAccount(Id(), FirstCash + line.Member, 2), Commands.OpenAccount(Id(), FirstUnits + line.Member, 2), Commands.Transfer(Id(), 1, Cash, Mint, FirstCash + line.Member, cash), .. byNumber.Keys.Select(n => Commands.Transfer(Id(), 1, Units + n, Mint, FirstUnits + line.Member, units))]);
        await Floor([FloorCommands.DefineTrader(Id(), new() { Id = line.Member, CashAccount = FirstCash + line.Member, UnitAccount = FirstUnits + line.Member })]);
    }

    async Task Send(Command[] commands)
    {
        for (var at = 0; at < commands.Length; at += venue.MaxBatch)
            foreach (var outcome in await venue.Send(commands.AsMemory(at, Math.Min(venue.MaxBatch, commands.Length - at))))
                if (!outcome.Accepted) throw new InvalidOperationException($"The beginning of the day was refused: {outcome.Code}.");
    }

    async Task Floor(FloorCommand[] lines)
    {
        foreach (var answer in await host.Send(lines))
            if (!answer.Accepted) throw new InvalidOperationException($"The beginning of the day was refused: {answer.Code}.");
    }

    /// <summary>Adds up what was told, by code that knows nothing of the floor.</summary>
    void Told()
    {
        while (subscription.TryRead(out var batch))
        {
            events.AppendData(MemoryMarshal.AsBytes(batch.AsSpan()));
            told += batch.Length;
            foreach (ref readonly var e in batch.AsSpan())
                switch (e.Kind)
                {
                    case FloorEventKind.OrderAccepted:
                        open[e.Order] = e.Quantity;
                        mostLive = Math.Max(mostLive, open.Count);
                        break;
                    case FloorEventKind.Fill:
                        Filled(e);
                        break;
                    case FloorEventKind.Trade:
                        Traded(byNumber[e.Instrument], e);
                        break;
                    case FloorEventKind.OrderEnded:
                        if (!open.Remove(e.Order, out var rest) || rest != e.Remaining) wrong.Add($"order {e.Order} ends with {e.Remaining} lots and its events leave {rest} / 订单 {e.Order} 结束时剩余 {e.Remaining} 手，按事件应剩余 {rest} 手");
                        break;
                    case FloorEventKind.OrderReplaced:
                        open[e.Order] = e.Remaining;
                        break;
                    case FloorEventKind.Reduced:
                        open[e.Order] -= e.Quantity;
                        break;
                }
        }
    }

    void Filled(in FloorEvent e)
    {
        var sign = e.Side == Side.Buy ? 1 : -1;
        money[e.Trader] = money.GetValueOrDefault(e.Trader) - (sign * e.Price * e.Quantity);
        lots[(e.Trader, e.Instrument)] = lots.GetValueOrDefault((e.Trader, e.Instrument)) + (sign * e.Quantity);
        if ((open[e.Order] -= e.Quantity) == 0) open.Remove(e.Order);
    }

    static void Traded(SeriesDay day, in FloorEvent e)
    {
        if (day.Trades++ == 0) day.First = e.Price;
        (day.High, day.Low, day.Last) = (Math.Max(day.High, e.Price), Math.Min(day.Low, e.Price), e.Price);
        day.Lots += e.Quantity;
        day.Value += (Int128)e.Price * e.Quantity;
    }

    void Proved()
    {
        foreach (var (order, rest) in open)
            if (floor.Order(order) is not { } live || live.Remaining != rest) wrong.Add($"order {order} is not live with {rest} lots / 订单 {order} 未以剩余 {rest} 手挂单");
        foreach (var n in byNumber.Keys)
            if (floor.Depth(n, 1) is { Bids: [var bid, ..], Asks: [var ask, ..] } && bid.Price >= ask.Price) wrong.Add($"{byNumber[n].Series} is left crossed, {bid.Price} bid and {ask.Price} asked / {byNumber[n].Series} 收盘时买卖价交叉：{bid.Price} / {ask.Price}");
        venue.Read(state =>
        {
            foreach (var m in members)
            {
                Holds(state, FirstCash + m, Cash, cash + money.GetValueOrDefault(m));
                foreach (var n in byNumber.Keys) Holds(state, FirstUnits + m, Units + n, units + lots.GetValueOrDefault((m, n)));
            }
            return 0;
        });
    }

    void Holds(IBookState state, long account, int asset, long expected)
    {
        var there = state.Balance(account, asset);
        if (there.Available + there.Held != expected) wrong.Add($"account {account} holds {there.Available + there.Held} of asset {asset}, by its fills {expected} / 账户 {account} 持有资产 {asset} {there.Available + there.Held}，按成交应为 {expected}");
    }

    /// <summary>Closes the venue and opens it again from its journal alone.</summary>
    (TimeSpan Took, bool Same) Replayed()
    {
        byte[] state = venue.Read(StateHash), books = floor.Hash();
        venue.Dispose();
        foreach (var beside in new[] { "snapshots", "program" })
            if (Directory.Exists(Path.Combine(folder, beside))) Directory.Delete(Path.Combine(folder, beside), recursive: true);
        var begin = Stopwatch.GetTimestamp();
        var again = new Floor(Options);
        using var second = Venue.Open(Places(folder) with { Program = again });
        return (Stopwatch.GetElapsedTime(begin), again.Hash().AsSpan().SequenceEqual(books) && second.Read(StateHash).AsSpan().SequenceEqual(state));
    }

    static byte[] StateHash(IBookState state) => ((BookState)state).StateHash();

    static long JournalBytes(string folder) => new DirectoryInfo(Path.Combine(folder, "journal")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    public void Dispose()
    {
        subscription.Dispose();
        venue.Dispose();
        events.Dispose();
    }
}
