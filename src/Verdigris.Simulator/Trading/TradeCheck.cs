using System.Globalization;
using Verdigris.Book;

namespace Verdigris.Simulator.Trading;

/// <summary>No trade without its postings: holds every trade the floor tells against what the Book's effects moved under the trade's id, account by account.</summary>
static class TradeCheck
{
    /// <summary>Null, or which trade was not settled as told.</summary>
    public static string? Check(ReadOnlySpan<FloorEvent> events, ReadOnlySpan<Command> commands, ReadOnlySpan<Effect> effects, IFloorState floor)
    {
        var moved = new Dictionary<(UInt128 Trade, long Account, int Asset), Int128>();
        foreach (ref readonly Effect e in effects)
        {
            if (e.CommandIndex < 0 || e.Kind is not (EffectKind.Posted or EffectKind.HoldPosted)) continue;
            UInt128 trade = commands[e.CommandIndex].Reference;
            moved[(trade, e.Debit, e.Asset)] = moved.GetValueOrDefault((trade, e.Debit, e.Asset)) - e.Amount;
            moved[(trade, e.Credit, e.Asset)] = moved.GetValueOrDefault((trade, e.Credit, e.Asset)) + e.Amount;
        }
        foreach (ref readonly FloorEvent e in events)
        {
            if (e.Kind is not (FloorEventKind.Trade or FloorEventKind.ReportedTrade)) continue;
            if (floor.Trade(e.Trade) is not { } trade) return string.Create(CultureInfo.InvariantCulture, $"trade {e.Trade} was told and is not kept");
            if (One(trade, e, moved, floor) is { } wrong) return string.Create(CultureInfo.InvariantCulture, $"trade {e.Trade} of {e.Quantity} at {e.Price} on instrument {e.Instrument}: {wrong}");
        }
        return null;
    }

    static string? One(TradeView trade, in FloorEvent e, Dictionary<(UInt128, long, int), Int128> moved, IFloorState floor)
    {
        if ((trade.Price, trade.Quantity, trade.Instrument) != (e.Price, e.Quantity, e.Instrument)) return "kept otherwise than told";
        InstrumentDefinition d = floor.Instrument(trade.Instrument)!.Definition;
        TraderDefinition buyer = floor.Trader(trade.Buyer)!.Definition, seller = floor.Trader(trade.Seller)!.Definition;
        Int128 Net(int asset, params long[] accounts)
        {
            Int128 sum = 0;
            foreach (long account in accounts.Distinct()) sum += moved.GetValueOrDefault(((UInt128)trade.Id, account, asset));
            return sum;
        }
        Int128 fees = d.FeeAccount == 0 ? 0 : Net(d.CashAsset, d.FeeAccount);
        if (Net(d.CashAsset, d.ClearingAccount) != 0) return "cash stays in the clearing account";
        if (d.Shape == SettlementShape.Spot)
        {
            if (Net(d.BaseAsset, buyer.UnitAccount, buyer.LockedAccount) + Net(d.BaseAsset, seller.UnitAccount, seller.LockedAccount) != 0 || Net(d.BaseAsset, d.ClearingAccount) != 0) return "units do not go from one to the other";
            if (buyer.UnitAccount != seller.UnitAccount && Net(d.BaseAsset, buyer.UnitAccount, buyer.LockedAccount) != (Int128)trade.Quantity * d.LotUnits) return "the buyer does not get its units";
        }
        else
        {
            // Lots long less lots short is what a trade changes, whether it opens or closes.
            Int128 bought = Net(d.BaseAsset, buyer.UnitAccount) - Net(d.ShortAsset, buyer.UnitAccount), sold = Net(d.BaseAsset, seller.UnitAccount) - Net(d.ShortAsset, seller.UnitAccount);
            if (buyer.UnitAccount != seller.UnitAccount && (bought != trade.Quantity || sold != -trade.Quantity)) return string.Create(CultureInfo.InvariantCulture, $"the buyer's position changes by {bought}, the seller's by {sold}");
        }
        // Margin is the trader's own; with it nobody's cash changes but by price and fees.
        Int128 paid = -Net(d.CashAsset, buyer.CashAccount, buyer.MarginAccount), got = Net(d.CashAsset, seller.CashAccount, seller.MarginAccount);
        Int128 value = d.Shape == SettlementShape.Future ? 0 : (Int128)trade.Price * trade.Quantity * d.TickValue;
        if (buyer.CashAccount == seller.CashAccount) return -Net(d.CashAsset, buyer.CashAccount, buyer.MarginAccount, seller.MarginAccount) == fees ? null : "fees are not what the traders pay";
        if (paid - got != fees || paid < value || got > value) return string.Create(CultureInfo.InvariantCulture, $"paid {paid}, got {got}, fees {fees}, value {value}");
        return null;
    }
}
