namespace Verdigris.Book;

/// <summary>What an order needs so that every trade it may do can be settled: cash towards one account, units towards another (docs/floor.md section 4).</summary>
static class Collateral
{
    /// <summary>Cash for so many lots at the worst price the order may trade at.</summary>
    public static Int128 Cash(InstrumentState instrument, Side side, PositionEffect effect, int price, long lots, long marginPerLot, long feePerLot)
    {
        bool opens = effect == PositionEffect.Open;
        return instrument.Definition.Shape switch
        {
            SettlementShape.Future => (Int128)lots * ((opens ? marginPerLot : 0) + (Int128)feePerLot),
            SettlementShape.Option when side == Side.Sell => opens ? (Int128)lots * marginPerLot : 0,
            _ => side == Side.Buy ? instrument.Value(price, lots) + (Int128)lots * feePerLot : 0,
        };
    }

    /// <summary>Units (spot: of the base asset; a position to be closed: of the other side).</summary>
    public static Int128 Units(InstrumentState instrument, Side side, PositionEffect effect, long lots) => instrument.IsSpot
        ? side == Side.Sell ? (Int128)lots * instrument.Definition.LotUnits : 0
        : effect == PositionEffect.Close ? lots : 0;

    /// <summary>Cash is margin, held towards the trader's own margin account; else it is held towards the clearing account.</summary>
    public static bool IsMargin(InstrumentState instrument, Side side) => instrument.IsFuture || instrument.Definition.Shape == SettlementShape.Option && side == Side.Sell;

    /// <summary>The asset of the units: a buyer closes what is short, a seller what is long.</summary>
    public static int UnitAsset(InstrumentState instrument, Side side) => !instrument.IsSpot && side == Side.Buy ? instrument.Definition.ShortAsset : instrument.Definition.BaseAsset;
}
