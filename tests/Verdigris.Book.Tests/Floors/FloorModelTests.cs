using Verdigris.Simulator;
using static Verdigris.Book.Tests.Floors.FloorWorld;

namespace Verdigris.Book.Tests.Floors;

/// <summary>Random lines to the floor and to a second one that is slow and obvious: equal answers, trades, collateral, positions and balances at every step.</summary>
public sealed class FloorModelTests(ITestOutputHelper output)
{
    const long Margin = 50, Fee = 2;

    [Fact]
    public void The_floor_is_the_reference_floor_at_every_step()
    {
        bool night = Environment.GetEnvironmentVariable("VERDIGRIS_NIGHT") == "1";
        for (ulong seed = 1; seed <= (night ? 40ul : 3ul); seed++) Compare(seed, night ? 20_000 : 3_000);
    }

    void Compare(ulong seed, int steps)
    {
        var random = new SeededRandom(seed);
        using var w = new FloorWorld(cash: 60_000, units: 4_000, define: false);
        var reference = new ReferenceFloor(Definitions, Margin, Fee);
        foreach (var d in Definitions)
        {
            w.Ok(FloorCommands.DefineInstrument(w.Id(), d));
            w.Ok(FloorCommands.UpdateInstrument(w.Id(), d.Id, new() { MarginPerLot = Margin, FeePerLot = Fee, HighestPrice = 300, DynamicBand = d.Id == Chinese ? 12 : 0, BandAction = BandAction.CancelRest }));
            reference.Engine.Define(new(d.Id, 1, BookTerms.MostPrice));
            reference.Engine.Define(new(d.Id, 1, 300, d.Id == Chinese ? 12 : 0, BandAction.CancelRest));
            Phase(w, reference, d.Id, BookPhase.Continuous);
        }
        for (long t = 1; t <= 4; t++)
        {
            w.Ok(FloorCommands.DefineTrader(w.Id(), TraderOf(t) with { SelfTrade = (SelfTrade)(t % 5) }));
            foreach (var (account, asset, amount) in new[] { (CashOf(t), Cash, 60_000L), (UnitsOf(t), Unit, 4_000L), (UnitsOf(t), Serial, 4_000L) }) reference.Free[(account, asset)] = amount;
        }
        int traded = 0;
        var codes = new SortedDictionary<FloorCode, int>();
        for (int step = 0; step < steps; step++)
        {
            string what = $"seed {seed}, step {step}";
            w.Events.Clear();
            reference.Trades.Clear();
            var code = One(w, reference, random, what);
            codes[code] = codes.GetValueOrDefault(code) + 1;
            var trades = w.Events.Where(e => e.Kind == FloorEventKind.Trade).Select(e => (e.Instrument, e.Price, e.Quantity, e.Order, e.Other)).ToList();
            Assert.True(reference.Trades.SequenceEqual(trades), $"{what}: trades {string.Join(" ", trades)}, expected {string.Join(" ", reference.Trades)}");
            traded += trades.Count;
            Balances(w, reference, what);
            if (step % 25 == 0) w.Check();
        }
        output.WriteLine($"seed {seed}: {traded} trades; {string.Join(", ", codes.Select(c => $"{c.Value} {c.Key}"))}");
        Assert.True(traded > steps / 20);
        byte[] hash = w.Floor.Hash();
        w.Restart();
        Assert.Equal(hash, w.Floor.Hash());
    }

    static FloorCode Phase(FloorWorld w, ReferenceFloor reference, int instrument, BookPhase phase)
    {
        var expected = reference.Do(new() { Operation = OrderOperation.SetPhase, Book = instrument, Phase = phase });
        var code = w.Send(FloorCommands.SetPhase(w.Id(), instrument, phase)).Code;
        Assert.Equal(FloorCodes.Of(expected), code);
        return code;
    }

    static FloorCode One(FloorWorld w, ReferenceFloor reference, SeededRandom random, string what)
    {
        // Books that are not open are opened again after a while.
        int closed = 1 + random.Below(5);
        if (w.Floor.Instrument(closed)!.Phase != BookPhase.Continuous && random.Chance(20)) return Phase(w, reference, closed, BookPhase.Continuous);
        int dice = random.Below(100);
        var live = reference.Orders.Keys.ToList();
        if (dice < 62 || live.Count == 0) return New(w, reference, random, what);
        long id = random.Pick(live);
        var held = reference.Orders[id];
        if (dice < 78)
        {
            Assert.Equal(MatchCode.Accepted, reference.Do(new() { Operation = OrderOperation.Cancel, Order = id }));
            return w.Send(FloorCommands.Cancel(w.Id(), held.Trader, id)).Code;
        }
        if (dice < 92)
        {
            long quantity = Math.Max(1, held.Quantity + random.Below(9) - 4);
            int price = 80 + random.Below(40), stop = w.Floor.Order(id)!.Waiting ? 80 + random.Below(40) : 0;
            var expected = reference.Replace(id, quantity, price, stop);
            return Same(w, expected, FloorCommands.Replace(w.Id(), held.Trader, id, quantity, price) with { StopPrice = stop }, reference, what);
        }
        if (dice < 95)
        {
            foreach (long own in reference.Orders.Where(o => o.Value.Trader == held.Trader).Select(o => o.Key).ToList()) reference.Do(new() { Operation = OrderOperation.Cancel, Order = own });
            return w.Send(FloorCommands.MassCancel(w.Id(), held.Trader)).Code;
        }
        return Phase(w, reference, held.Instrument.Id, random.Chance(70) ? BookPhase.PreOpen : random.Chance(70) ? BookPhase.ClosingAuction : BookPhase.Closed);
    }

    static FloorCode New(FloorWorld w, ReferenceFloor reference, SeededRandom random, string what)
    {
        int instrument = 1 + random.Below(5), price = 80 + random.Below(40);
        long trader = 1 + random.Below(4), lots = 1 + random.Below(12);
        var side = random.Chance(50) ? Side.Buy : Side.Sell;
        var effect = instrument is Future or Option && random.Chance(30) ? PositionEffect.Close : PositionEffect.Open;
        var type = random.Below(8) switch { 0 => OrderType.Market, 1 => OrderType.MarketToLimit, 2 => OrderType.StopLimit, 3 => OrderType.Stop, _ => OrderType.Limit };
        var inForce = type == OrderType.Market ? TimeInForce.ImmediateOrCancel : type == OrderType.Limit && random.Chance(25) ? random.Chance(50) ? TimeInForce.ImmediateOrCancel : TimeInForce.FillOrKill : random.Chance(50) ? TimeInForce.Day : TimeInForce.GoodTillCancel;
        bool stays = inForce is TimeInForce.Day or TimeInForce.GoodTillCancel;
        var flags = type == OrderType.Limit && stays && random.Chance(12) ? OrderFlags.PostOnly | (random.Chance(50) ? OrderFlags.Slide : 0) : OrderFlags.None;
        int stop = type is OrderType.Stop or OrderType.StopLimit ? 80 + random.Below(40) : 0;
        long display = stays && type != OrderType.Stop && random.Chance(15) ? 1 + random.Below((int)lots) : 0;
        var line = FloorCommands.NewOrder(w.Id(), instrument, trader, side, lots, price, type, inForce, effect, stop, display, flags: flags);
        var order = new OrderCommand
        {
            Operation = OrderOperation.New,
            Side = side,
            Type = type,
            TimeInForce = inForce,
            Flags = flags,
            SelfTrade = (SelfTrade)(trader % 5),
            Book = instrument,
            Owner = (int)trader,
            Price = price,
            StopPrice = stop,
            Quantity = lots,
            Display = display,
        };
        return Same(w, reference.New(line, order), line, reference, what);
    }

    static FloorCode Same(FloorWorld w, MatchCode? expected, in FloorCommand line, ReferenceFloor reference, string what)
    {
        var (code, _, traded) = w.Send(line);
        if (expected is null) Assert.True(code == FloorCodes.Of(Code.InsufficientBalance) || (ushort)code is >= 13 and < 50, $"{what}: {code}, expected a refusal");
        else Assert.True(FloorCodes.Of(expected.Value) == code, $"{what}: {code}, expected {expected}");
        if (code == FloorCode.Accepted && line.Kind == FloorKind.NewOrder) Assert.Equal(reference.Engine.Events.Where(e => e.Kind == MatchEventKind.Trade && (e.Order == reference.Engine.Events[0].Order || e.Other == reference.Engine.Events[0].Order)).Sum(e => e.Quantity), traded);
        return code;
    }

    static void Balances(FloorWorld w, ReferenceFloor reference, string what)
    {
        for (long t = 1; t <= 4; t++)
        {
            foreach (int asset in new[] { Cash, Unit, Serial, LongF, ShortF, LongO, ShortO })
                foreach (long account in new[] { CashOf(t), UnitsOf(t), MarginOf(t), LockedOf(t) })
                    Assert.True(reference.Balance(account, asset) == w.Of(account, asset).Available, $"{what}: account {account} has {w.Of(account, asset).Available} of asset {asset}, expected {reference.Balance(account, asset)}");
            var orders = w.Floor.OrdersOf(t, limit: int.MaxValue).Select(o => (o.Id, o.Remaining, o.CashHeld, o.UnitsHeld)).ToList();
            var expected = reference.Orders.Where(o => o.Value.Trader == t).Select(o => (o.Key, o.Value.Remaining, o.Value.Cash, o.Value.Units)).ToList();
            Assert.True(expected.SequenceEqual(orders), $"{what}: trader {t} has {string.Join(" ", orders)}, expected {string.Join(" ", expected)}");
            foreach (int i in new[] { Future, Option })
            {
                var p = w.Floor.Position(t, i);
                Assert.Equal(reference.Positions.GetValueOrDefault((t, i)), (p.Long, p.Short, p.Margin));
            }
        }
        Assert.Equal(reference.Balance(Fees, Cash), w.Of(Fees).Available);
    }
}
