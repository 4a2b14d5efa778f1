namespace Verdigris.Book;

/// <summary>How a trade of an instrument becomes postings (docs/floor.md section 5).</summary>
public enum SettlementShape : byte
{
    /// <summary>Units against cash, both through the clearing account, in one chain.</summary>
    Spot = 1,
    /// <summary>A position: the clearing house issues Long to the buyer and Short to the seller; margin is posted, nothing is paid.</summary>
    Future = 2,
    /// <summary>A position as of a future, for a premium the buyer pays at once; the seller posts margin.</summary>
    Option = 3,
}

/// <summary>What an instrument is. Fixed once defined.</summary>
public sealed record InstrumentDefinition
{
    /// <summary>Above 0.</summary>
    public required int Id { get; init; }
    public required SettlementShape Shape { get; init; }

    /// <summary>Spot: the units traded. Future, option: the asset of which a long position of one lot is one unit.</summary>
    public required int BaseAsset { get; init; }

    /// <summary>Future, option: the asset of short positions. Spot: 0.</summary>
    public int ShortAsset { get; init; }
    public required int CashAsset { get; init; }

    /// <summary>The Book's account through which cash and units pass.</summary>
    public required long ClearingAccount { get; init; }

    /// <summary>Future, option: the Book's account that issues Long and Short and takes them back. Spot: 0.</summary>
    public long IssuerAccount { get; init; }

    /// <summary>The Book's account that takes fees; 0 where there are none.</summary>
    public long FeeAccount { get; init; }

    /// <summary>Spot: units of the base asset in one lot, above 0. Future, option: 1.</summary>
    public long LotUnits { get; init; } = 1;

    /// <summary>Cash of one tick for one lot, in the cash asset's smallest unit, above 0.</summary>
    public required long TickValue { get; init; }

    /// <summary>Spot: what was bought today may not be sold today; it lies in the trader's locked account until the day opens.</summary>
    public bool NextDayResale { get; init; }
}

/// <summary>What of an instrument changes with the day. A new line replaces all of it.</summary>
public sealed record InstrumentTerms
{
    /// <summary>Cash held a lot by an order that opens (future: either side; option: the seller). At least 0.</summary>
    public long MarginPerLot { get; init; }

    /// <summary>Cash each side pays a lot. At least 0.</summary>
    public long FeePerLot { get; init; }

    /// <summary>Lowest and highest price an order may have, in ticks: the static band, for example the previous close less and more ten per cent. Spot and options: above 0. A market buy without a price of its own is held at the highest.</summary>
    public int LowestPrice { get; init; } = 1;
    public int HighestPrice { get; init; } = BookTerms.MostPrice;

    /// <summary>A trade further than this from the last one, in ticks, is not done: see <see cref="BandAction"/>. 0: no such band.</summary>
    public int DynamicBand { get; init; }
    public BandAction BandAction { get; init; } = BandAction.Interrupt;

    /// <summary>Previous close or settlement, in ticks. Reference of auctions, of the dynamic band until the first trade, and of block trades; null leaves what there is.</summary>
    public int? ReferencePrice { get; init; }

    /// <summary>Most lots in one order. Above 0.</summary>
    public long MaxOrderQuantity { get; init; } = BookTerms.MostLots;

    /// <summary>Reported trades: fewest lots, and how far from the reference price in ticks, in place of the price limits (0: those hold).</summary>
    public long BlockQuantity { get; init; } = 1;
    public int BlockBand { get; init; }

    /// <summary>A trade may be busted until so long after it, microseconds; 0: not at all.</summary>
    public long BustMicros { get; init; }
}

/// <summary>Who trades, and with which accounts of the Book.</summary>
public sealed record TraderDefinition
{
    /// <summary>Number of the trading account, above 0.</summary>
    public required long Id { get; init; }
    public required long CashAccount { get; init; }
    public required long UnitAccount { get; init; }

    /// <summary>Takes margin; 0 where the trader trades no futures and sells no options.</summary>
    public long MarginAccount { get; init; }

    /// <summary>Takes what may not be resold the same day; 0 where the trader trades no such instrument.</summary>
    public long LockedAccount { get; init; }

    /// <summary>Orders of one owner do not trade with each other; 0: the trader alone.</summary>
    public long Owner { get; init; }
    public SelfTrade SelfTrade { get; init; } = SelfTrade.CancelNewest;
}

/// <summary>What a trader may do. A new line replaces all of it; 0 means no limit.</summary>
public sealed record TraderLimits
{
    public bool Active { get; init; } = true;
    public long MaxOrderQuantity { get; init; }

    /// <summary>Price x quantity x tick value, in the cash asset's smallest unit.</summary>
    public long MaxOrderValue { get; init; }
    public long MaxOpenOrders { get; init; }

    /// <summary>New orders and replaces in one second of batch time, refused ones counted.</summary>
    public long OrdersPerSecond { get; init; }

    /// <summary>Net lots long or short in one instrument, open orders of that side counted as filled.</summary>
    public long PositionLimit { get; init; }

    /// <summary>Most cash tied by open orders and spent on balance since the day opened, for traders whose cash account is their clearing member's.</summary>
    public long CreditLimit { get; init; }
}
