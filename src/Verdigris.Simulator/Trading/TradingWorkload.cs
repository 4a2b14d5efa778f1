using System.Runtime.InteropServices;
using Verdigris.Book;

namespace Verdigris.Simulator.Trading;

/// <summary>Who sends lines to a simulated floor, and who does things in the Book beside it: traders, the market's operator, other rooms.</summary>
sealed class TradingWorkload(SeededRandom random)
{
    readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, long> Counts => counts;

    /// <summary>Lines for a floor as it is now; most sensible, some not.</summary>
    public FloorCommand[] Lines(IFloorState floor, int most)
    {
        var lines = new FloorCommand[1 + random.Below(most)];
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = Line(floor);
            counts[lines[i].Kind.ToString()] = counts.GetValueOrDefault(lines[i].Kind.ToString()) + 1;
        }
        return lines;
    }

    long AnyTrader => 1 + random.Below(TradingWorld.Traders);
    int AnyInstrument => 1 + random.Below(TradingWorld.Instruments.Count);
    UInt128 Id => random.NextId();

    FloorCommand Line(IFloorState floor)
    {
        var line = random.Below(1000) switch
        {
            < 560 => NewOrder(floor),
            < 720 => OfOrder(floor, (o, t) => FloorCommands.Cancel(Id, random.Chance(90) ? t : random.Below(4), o.Id)),
            < 840 => OfOrder(floor, (o, t) => FloorCommands.Replace(Id, t, o.Id, random.Chance(40) ? o.Quantity : 1 + random.Below(30), random.Chance(40) ? o.Price : Price(), random.Chance(10) ? Id : 0) with { StopPrice = o.Waiting && random.Chance(90) ? Price() : 0 }),
            < 850 => FloorCommands.MassCancel(Id, random.Chance(70) ? AnyTrader : 0, random.Chance(50) ? AnyInstrument : 0, random.Chance(30) ? 1 + random.Below(3) : 0, (Side)random.Below(3)),
            < 858 => FloorCommands.Kill(Id, AnyTrader),
            < 880 => FloorCommands.Unkill(Id, AnyTrader),
            < 905 => FloorCommands.SetPhase(Id, AnyInstrument, random.Chance(80) ? BookPhase.Continuous : (BookPhase)random.Below(7)),
            < 912 => FloorCommands.Expire(Id, floor.TimeMicros - random.Below(3)),
            < 916 => FloorCommands.OpenDay(Id),
            < 920 => FloorCommands.Checkpoint(Id),
            < 950 => FloorCommands.ReportedTrade(Id, AnyInstrument, AnyTrader, AnyTrader, 1 + random.Below(20), Price(), Effect(), Effect()),
            < 965 => FloorCommands.BustTrade(Id, random.Chance(90) ? Recent(floor) : random.Below(1000)),
            < 975 => FloorCommands.UpdateInstrument(Id, random.Below(10) == 0 ? 77 : AnyInstrument, TradingWorld.Terms(AnyInstrument, random)),
            < 990 => FloorCommands.UpdateTrader(Id, AnyTrader, Limits()),
            < 995 => FloorCommands.DefineTrader(Id, TradingWorld.Trader(AnyTrader)),
            _ => FloorCommands.DefineInstrument(Id, TradingWorld.Instruments[AnyInstrument - 1]),
        };
        return random.Chance(3) ? Spoil(line) : line;
    }

    int Price() => 80 + random.Below(40);

    PositionEffect Effect() => random.Chance(75) ? PositionEffect.Open : PositionEffect.Close;

    long lastTrade;

    /// <summary>Told of a trade, so that some are busted.</summary>
    public void Traded(long trade)
    {
        if (random.Chance(50)) lastTrade = trade;
    }

    long Recent(IFloorState floor) => floor.Trade(lastTrade) is not null ? lastTrade : random.Below(1000);

    TraderLimits Limits() => random.Chance(60) ? new() : new()
    {
        Active = random.Chance(90),
        MaxOrderQuantity = random.Chance(30) ? 25 : 0,
        MaxOrderValue = random.Chance(30) ? 10_000 : 0,
        MaxOpenOrders = random.Chance(30) ? 8 : 0,
        OrdersPerSecond = random.Chance(30) ? 5 : 0,
        PositionLimit = random.Chance(30) ? 40 : 0,
        CreditLimit = random.Chance(30) ? 20_000 : 0,
    };

    FloorCommand NewOrder(IFloorState floor)
    {
        int instrument = AnyInstrument;
        var effect = instrument is TradingWorld.Future or TradingWorld.Option ? Effect() : PositionEffect.Open;
        var side = random.Chance(50) ? Side.Buy : Side.Sell;
        long trader = AnyTrader, lots = 1 + random.Below(random.Chance(5) ? 200 : 20), session = random.Below(4);
        var type = random.Below(10) switch { < 7 => OrderType.Limit, 7 => OrderType.Market, 8 => OrderType.MarketToLimit, _ => random.Chance(50) ? OrderType.Stop : OrderType.StopLimit };
        var stays = random.Below(3) switch { 0 => TimeInForce.Day, 1 => TimeInForce.GoodTillCancel, _ => TimeInForce.GoodTillDate };
        var inForce = type switch
        {
            OrderType.Limit => random.Below(8) switch { 0 => TimeInForce.ImmediateOrCancel, 1 => TimeInForce.FillOrKill, _ => stays },
            OrderType.Market => random.Chance(80) ? TimeInForce.ImmediateOrCancel : TimeInForce.FillOrKill,
            _ => stays,
        };
        bool resting = inForce is TimeInForce.Day or TimeInForce.GoodTillCancel or TimeInForce.GoodTillDate, stop = type is OrderType.Stop or OrderType.StopLimit;
        var flags = type == OrderType.Limit && resting && random.Chance(10) ? random.Chance(50) ? OrderFlags.PostOnly : OrderFlags.PostOnly | OrderFlags.Slide : OrderFlags.None;
        return FloorCommands.NewOrder(Id, instrument, trader, side, lots, type is OrderType.Limit or OrderType.StopLimit || random.Chance(50) ? Price() : null, type, inForce, effect,
            stop ? Price() : 0, resting && type != OrderType.Stop && random.Chance(15) ? 1 + random.Below((int)lots) : 0, inForce == TimeInForce.ImmediateOrCancel && random.Chance(20) ? 1 + random.Below((int)lots) : 0, flags,
            flags == OrderFlags.None && !stop && random.Chance(5) ? (byte)5 : (byte)0, inForce == TimeInForce.GoodTillDate ? floor.TimeMicros + 1_000_000 + random.Below(100_000_000) : 0, Id, session);
    }

    FloorCommand OfOrder(IFloorState floor, Func<OrderView, long, FloorCommand> make)
    {
        long trader = AnyTrader;
        var orders = floor.OrdersOf(trader, limit: 200);
        return orders.Count == 0 ? NewOrder(floor) : make(random.Pick(orders), trader);
    }

    /// <summary>Turns some bytes behind the id and the operation: whatever comes, the floor must answer and stay whole.</summary>
    FloorCommand Spoil(FloorCommand line)
    {
        var bytes = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref line, 1));
        switch (random.Below(4))
        {
            case 0: bytes[18 + random.Below(110)] = (byte)random.Below(256); break;
            case 1: bytes[18 + random.Below(110)] ^= (byte)(1 << random.Below(8)); break;
            case 2: BitConverter.TryWriteBytes(bytes[(24 + 8 * random.Below(13))..], random.Below(3) switch { 0 => long.MaxValue, 1 => long.MinValue, _ => -1L }); break;
            default: BitConverter.TryWriteBytes(bytes[(20 + 4 * random.Below(27))..], random.Below(3) switch { 0 => int.MaxValue, 1 => int.MinValue, _ => -1 }); break;
        }
        return line;
    }

    /// <summary>What other rooms do meanwhile: money and units come and go, accounts are frozen, a rule is taken away, clearing takes margin in hand.</summary>
    public Command[] Beside()
    {
        var list = new Command[1 + random.Below(4)];
        for (int i = 0; i < list.Length; i++)
        {
            long t = AnyTrader, cash = TradingWorld.CashOf(t), units = 200 + t;
            list[i] = random.Below(20) switch
            {
                < 4 => Commands.Transfer(Id, TradingWorld.Deposit, TradingWorld.Cash, TradingWorld.Mint, cash, 1 + random.Below(20_000)),
                < 7 => Commands.Transfer(Id, TradingWorld.Deposit, random.Chance(50) ? TradingWorld.Units : TradingWorld.Serial, TradingWorld.Mint, units, 1 + random.Below(500)),
                < 10 => Commands.Transfer(Id, TradingWorld.Move, TradingWorld.Cash, cash, TradingWorld.CashOf(1 + random.Below(7)), 1 + random.Below(5_000)),
                < 12 => Commands.Freeze(Id, random.Chance(50) ? cash : units, random.Chance(50) ? 0 : 1 + random.Below(7), (FreezeScope)(1 + random.Below(3))),
                < 17 => Commands.Unfreeze(Id, random.Chance(50) ? cash : units, random.Chance(70) ? 0 : 1 + random.Below(7), FreezeScope.Both),
                17 => Commands.SetRule(Id, random.Chance(50) ? FloorTypes.TradeCash : FloorTypes.Issue, 0, random.Chance(50) ? (ushort)3 : (ushort)6, 2, random.Chance(30) ? RuleFlags.None : RuleFlags.Allowed | RuleFlags.Issues),
                18 => Commands.Transfer(Id, FloorTypes.MarginBack, TradingWorld.Cash, 300 + t, cash, 1 + random.Below(200)),
                _ => FloorRules.For(TradingWorld.Types, () => Id)[0],
            };
        }
        return list;
    }
}
