using Verdigris.Book;

namespace Verdigris.Simulator.Trading;

/// <summary>A small exchange: five instruments of the three shapes, eight trading accounts of which two share an owner and two a clearing member's cash.</summary>
static class TradingWorld
{
    public const int Cash = 1, Units = 2, Serial = 3, LongFuture = 4, ShortFuture = 5, LongOption = 6, ShortOption = 7;
    public const int Spot = 1, Future = 2, Option = 3, Chinese = 4, SerialSpot = 5;
    public const long Clearing = 900, Issuer = 901, Fees = 902, Mint = 903;
    public const ushort Deposit = 1, Move = 2;
    public const int Traders = 8;
    public static readonly FloorAccountTypes Types = new(Cash: 2, Units: 2, Clearing: 3, Margin: 4, Locked: 5, Issuer: 6, Fee: 7);

    public static IReadOnlyList<InstrumentDefinition> Instruments { get; } =
    [
        new() { Id = Spot, Shape = SettlementShape.Spot, BaseAsset = Units, CashAsset = Cash, ClearingAccount = Clearing, FeeAccount = Fees, LotUnits = 10, TickValue = 5 },
        new() { Id = Future, Shape = SettlementShape.Future, BaseAsset = LongFuture, ShortAsset = ShortFuture, CashAsset = Cash, ClearingAccount = Clearing, IssuerAccount = Issuer, FeeAccount = Fees, TickValue = 10 },
        new() { Id = Option, Shape = SettlementShape.Option, BaseAsset = LongOption, ShortAsset = ShortOption, CashAsset = Cash, ClearingAccount = Clearing, IssuerAccount = Issuer, FeeAccount = Fees, TickValue = 10 },
        new() { Id = Chinese, Shape = SettlementShape.Spot, BaseAsset = Units, CashAsset = Cash, ClearingAccount = Clearing, FeeAccount = Fees, LotUnits = 1, TickValue = 1, NextDayResale = true },
        new() { Id = SerialSpot, Shape = SettlementShape.Spot, BaseAsset = Serial, CashAsset = Cash, ClearingAccount = Clearing, TickValue = 3 },
    ];

    public static long CashOf(long trader) => trader == Traders ? 100 + trader - 1 : 100 + trader; // the last two trade on one member's cash

    public static TraderDefinition Trader(long trader) => new()
    {
        Id = trader,
        CashAccount = CashOf(trader),
        UnitAccount = 200 + trader,
        MarginAccount = 300 + trader,
        LockedAccount = 400 + trader,
        Owner = trader <= 2 ? 77 : 0,
        SelfTrade = (SelfTrade)(trader % 5),
    };

    public static Command[] Beginning(SeededRandom random)
    {
        UInt128 Id() => random.NextId();
        var list = new List<Command>
        {
            Commands.DefineAsset(Id(), Cash, "EUR", AssetKind.Fungible, 2), Commands.DefineAsset(Id(), Units, "ALU", AssetKind.Fungible), Commands.DefineAsset(Id(), Serial, "EUA", AssetKind.Serialised),
            Commands.DefineAsset(Id(), LongFuture, "FUT+", AssetKind.Fungible), Commands.DefineAsset(Id(), ShortFuture, "FUT-", AssetKind.Fungible),
            Commands.DefineAsset(Id(), LongOption, "OPT+", AssetKind.Fungible), Commands.DefineAsset(Id(), ShortOption, "OPT-", AssetKind.Fungible),
            Commands.OpenAccount(Id(), Mint, 9), Commands.OpenAccount(Id(), Clearing, 3), Commands.OpenAccount(Id(), Issuer, 6), Commands.OpenAccount(Id(), Fees, 7),
            Commands.SetRule(Id(), Deposit, 0, 9, 2, RuleFlags.Allowed | RuleFlags.Issues), Commands.SetRule(Id(), Move, 0, 2, 2, RuleFlags.Allowed),
        };
        list.AddRange(FloorRules.For(Types, Id));
        for (long t = 1; t <= Traders; t++)
        {
            if (t < Traders) list.AddRange([Commands.OpenAccount(Id(), CashOf(t), 2), Commands.Transfer(Id(), Deposit, Cash, Mint, CashOf(t), 100_000)]);
            list.AddRange([Commands.OpenAccount(Id(), 200 + t, 2), Commands.OpenAccount(Id(), 300 + t, 4), Commands.OpenAccount(Id(), 400 + t, 5)]);
            list.AddRange([Commands.Transfer(Id(), Deposit, Units, Mint, 200 + t, 5_000), Commands.Transfer(Id(), Deposit, Serial, Mint, 200 + t, 2_000)]);
        }
        return [.. list];
    }

    public static FloorCommand[] Opening(SeededRandom random)
    {
        var list = new List<FloorCommand>();
        foreach (var d in Instruments)
        {
            list.Add(FloorCommands.DefineInstrument(random.NextId(), d));
            list.Add(FloorCommands.UpdateInstrument(random.NextId(), d.Id, Terms(d.Id, random)));
            list.Add(FloorCommands.SetPhase(random.NextId(), d.Id, BookPhase.Continuous));
        }
        for (long t = 1; t <= Traders; t++) list.Add(FloorCommands.DefineTrader(random.NextId(), Trader(t)));
        list.Add(FloorCommands.UpdateTrader(random.NextId(), Traders, new() { CreditLimit = 30_000 }));
        return [.. list];
    }

    public static InstrumentTerms Terms(int instrument, SeededRandom random) => new()
    {
        MarginPerLot = random.Below(60),
        FeePerLot = instrument == SerialSpot || random.Chance(40) ? 0 : random.Below(5),
        LowestPrice = instrument == Future ? -random.Below(50) : 1 + random.Below(40),
        HighestPrice = 140 + random.Below(100),
        DynamicBand = random.Chance(30) ? 4 + random.Below(20) : 0,
        BandAction = random.Chance(70) ? BandAction.Interrupt : BandAction.CancelRest,
        ReferencePrice = random.Chance(30) ? 80 + random.Below(40) : null,
        BlockQuantity = 1 + random.Below(8),
        BlockBand = random.Below(40),
        BustMicros = random.Chance(70) ? 60_000_000 : 0,
    };
}
