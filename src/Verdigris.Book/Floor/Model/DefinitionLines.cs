using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>The lines that define instruments and traders: the same 128 bytes with other fields behind the first 24. What they say is checked by the floor when it reads them.</summary>
static class DefinitionLines
{
    [StructLayout(LayoutKind.Explicit, Size = Command.Size)]
    struct InstrumentLine
    {
        [FieldOffset(0)] public FloorCommand Line;
        [FieldOffset(19)] public SettlementShape Shape;
        [FieldOffset(24)] public int BaseAsset;
        [FieldOffset(28)] public int ShortAsset;
        [FieldOffset(32)] public int CashAsset;
        [FieldOffset(36)] public int NextDayResale;
        [FieldOffset(40)] public long ClearingAccount;
        [FieldOffset(48)] public long IssuerAccount;
        [FieldOffset(56)] public long FeeAccount;
        [FieldOffset(64)] public long LotUnits;
        [FieldOffset(72)] public long TickValue;
    }

    [StructLayout(LayoutKind.Explicit, Size = Command.Size)]
    struct TermsLine
    {
        [FieldOffset(0)] public FloorCommand Line;
        [FieldOffset(24)] public long MarginPerLot;
        [FieldOffset(32)] public long FeePerLot;
        [FieldOffset(40)] public int LowestPrice;
        [FieldOffset(44)] public int HighestPrice;
        [FieldOffset(48)] public int DynamicBand;
        [FieldOffset(52)] public BandAction BandAction;
        [FieldOffset(53)] public byte HasReference;
        [FieldOffset(56)] public int ReferencePrice;
        [FieldOffset(60)] public int BlockBand;
        [FieldOffset(64)] public long MaxOrderQuantity;
        [FieldOffset(72)] public long BlockQuantity;
        [FieldOffset(80)] public long BustMicros;
    }

    [StructLayout(LayoutKind.Explicit, Size = Command.Size)]
    struct TraderLine
    {
        [FieldOffset(0)] public FloorCommand Line;
        [FieldOffset(19)] public SelfTrade SelfTrade;
        [FieldOffset(32)] public long CashAccount;
        [FieldOffset(40)] public long UnitAccount;
        [FieldOffset(48)] public long MarginAccount;
        [FieldOffset(56)] public long LockedAccount;
        [FieldOffset(64)] public long Owner;
    }

    [StructLayout(LayoutKind.Explicit, Size = Command.Size)]
    struct LimitsLine
    {
        [FieldOffset(0)] public FloorCommand Line;
        [FieldOffset(19)] public byte Active;
        [FieldOffset(32)] public long MaxOrderQuantity;
        [FieldOffset(40)] public long MaxOrderValue;
        [FieldOffset(48)] public long MaxOpenOrders;
        [FieldOffset(56)] public long OrdersPerSecond;
        [FieldOffset(64)] public long PositionLimit;
        [FieldOffset(72)] public long CreditLimit;
    }

    public static FloorCommand Write(UInt128 id, InstrumentDefinition d, UInt128 actor) => new InstrumentLine
    {
        Line = new() { Id = id, Kind = FloorKind.DefineInstrument, Instrument = d.Id, Actor = actor },
        Shape = d.Shape,
        BaseAsset = d.BaseAsset,
        ShortAsset = d.ShortAsset,
        CashAsset = d.CashAsset,
        NextDayResale = d.NextDayResale ? 1 : 0,
        ClearingAccount = d.ClearingAccount,
        IssuerAccount = d.IssuerAccount,
        FeeAccount = d.FeeAccount,
        LotUnits = d.LotUnits,
        TickValue = d.TickValue,
    }.Line;

    public static FloorCommand Write(UInt128 id, int instrument, InstrumentTerms t) => new TermsLine
    {
        Line = new() { Id = id, Kind = FloorKind.UpdateInstrument, Instrument = instrument },
        MarginPerLot = t.MarginPerLot,
        FeePerLot = t.FeePerLot,
        LowestPrice = t.LowestPrice,
        HighestPrice = t.HighestPrice,
        DynamicBand = t.DynamicBand,
        BandAction = t.BandAction,
        HasReference = t.ReferencePrice is null ? (byte)0 : (byte)1,
        ReferencePrice = t.ReferencePrice ?? 0,
        MaxOrderQuantity = t.MaxOrderQuantity,
        BlockQuantity = t.BlockQuantity,
        BlockBand = t.BlockBand,
        BustMicros = t.BustMicros,
    }.Line;

    public static FloorCommand Write(UInt128 id, TraderDefinition d, UInt128 actor) => new TraderLine
    {
        Line = new() { Id = id, Kind = FloorKind.DefineTrader, Trader = d.Id, Actor = actor },
        SelfTrade = d.SelfTrade,
        CashAccount = d.CashAccount,
        UnitAccount = d.UnitAccount,
        MarginAccount = d.MarginAccount,
        LockedAccount = d.LockedAccount,
        Owner = d.Owner,
    }.Line;

    public static FloorCommand Write(UInt128 id, long trader, TraderLimits l) => new LimitsLine
    {
        Line = new() { Id = id, Kind = FloorKind.UpdateTrader, Trader = trader },
        Active = l.Active ? (byte)1 : (byte)0,
        MaxOrderQuantity = l.MaxOrderQuantity,
        MaxOrderValue = l.MaxOrderValue,
        MaxOpenOrders = l.MaxOpenOrders,
        OrdersPerSecond = l.OrdersPerSecond,
        PositionLimit = l.PositionLimit,
        CreditLimit = l.CreditLimit,
    }.Line;

    public static InstrumentDefinition Instrument(in FloorCommand line)
    {
        ref readonly var l = ref As<InstrumentLine>(line);
        return new()
        {
            Id = line.Instrument,
            Shape = l.Shape,
            BaseAsset = l.BaseAsset,
            ShortAsset = l.ShortAsset,
            CashAsset = l.CashAsset,
            ClearingAccount = l.ClearingAccount,
            IssuerAccount = l.IssuerAccount,
            FeeAccount = l.FeeAccount,
            LotUnits = l.LotUnits,
            TickValue = l.TickValue,
            NextDayResale = l.NextDayResale != 0,
        };
    }

    public static InstrumentTerms Terms(in FloorCommand line)
    {
        ref readonly var l = ref As<TermsLine>(line);
        return new()
        {
            MarginPerLot = l.MarginPerLot,
            FeePerLot = l.FeePerLot,
            LowestPrice = l.LowestPrice,
            HighestPrice = l.HighestPrice,
            DynamicBand = l.DynamicBand,
            BandAction = l.BandAction,
            ReferencePrice = l.HasReference != 0 ? l.ReferencePrice : null,
            MaxOrderQuantity = l.MaxOrderQuantity,
            BlockQuantity = l.BlockQuantity,
            BlockBand = l.BlockBand,
            BustMicros = l.BustMicros,
        };
    }

    public static TraderDefinition Trader(in FloorCommand line)
    {
        ref readonly var l = ref As<TraderLine>(line);
        return new()
        {
            Id = line.Trader,
            CashAccount = l.CashAccount,
            UnitAccount = l.UnitAccount,
            MarginAccount = l.MarginAccount,
            LockedAccount = l.LockedAccount,
            Owner = l.Owner,
            SelfTrade = l.SelfTrade,
        };
    }

    public static TraderLimits Limits(in FloorCommand line)
    {
        ref readonly var l = ref As<LimitsLine>(line);
        return new()
        {
            Active = l.Active != 0,
            MaxOrderQuantity = l.MaxOrderQuantity,
            MaxOrderValue = l.MaxOrderValue,
            MaxOpenOrders = l.MaxOpenOrders,
            OrdersPerSecond = l.OrdersPerSecond,
            PositionLimit = l.PositionLimit,
            CreditLimit = l.CreditLimit,
        };
    }

    static ref readonly T As<T>(in FloorCommand line) where T : unmanaged =>
        ref MemoryMarshal.Cast<FloorCommand, T>(MemoryMarshal.CreateReadOnlySpan(in line, 1))[0];
}
