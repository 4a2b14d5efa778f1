namespace Verdigris.Book;

/// <summary>What the dynamic band does to an incoming order whose next trade would be outside it.</summary>
public enum BandAction : byte
{
    /// <summary>The book goes into <see cref="BookPhase.Interruption"/>; a rest that may stay waits there for the auction, another is cancelled.</summary>
    Interrupt = 0,
    /// <summary>The rest is cancelled, and trading goes on.</summary>
    CancelRest = 1,
}

/// <summary>What a market sets for one book. Setting it again changes it from the next command on; orders that new limits leave outside are cancelled.</summary>
/// <param name="Book">Number, 1 to <see cref="MostBooks"/>; numbers are dense, as the engine keeps a place for each up to the highest.</param>
/// <param name="LowLimit">Lowest price of an order in ticks, the static band: for example the previous close less ten per cent, rounded as the market says. Not below <see cref="LeastPrice"/>.</param>
/// <param name="HighLimit">Highest price of an order in ticks, not above <see cref="MostPrice"/>.</param>
/// <param name="DynamicTicks">A trade in continuous trading more than so many ticks from the reference (the last trade before the incoming order, or what was set after it) is not done; 0 = no band.</param>
/// <param name="BandAction">What happens to the order then.</param>
/// <param name="Reference">Sets the reference of band and auction until the next trade; null leaves it as it is.</param>
/// <param name="MostQuantity">Largest quantity of an order in lots, 1 to <see cref="MostLots"/>.</param>
/// <param name="MostParts">An iceberg's quantity is at most so many times what it shows, 1 to 1,000,000: it bounds what one trade can set in motion.</param>
public readonly record struct BookTerms(
    int Book, int LowLimit = BookTerms.LeastPrice, int HighLimit = BookTerms.MostPrice, int DynamicTicks = 0, BandAction BandAction = BandAction.Interrupt, int? Reference = null,
    long MostQuantity = BookTerms.MostLots, int MostParts = 1_000)
{
    public const int MostBooks = ushort.MaxValue;
    public const int LeastPrice = -500_000_000, MostPrice = 500_000_000;

    /// <summary>So many lots that all orders an engine can hold at one price do not overflow their sum.</summary>
    public const long MostLots = 500_000_000_000;
}

/// <summary>Best prices and what is shown at them; a quantity of 0 says that there is none.</summary>
public readonly record struct BestPrices(int BidPrice, long BidQuantity, int AskPrice, long AskQuantity);

/// <summary>One price of a side: what is shown there, and by how many orders. Hidden parts of icebergs are not told.</summary>
public readonly record struct DepthLevel(int Price, long Quantity, int Orders);

/// <summary>What an auction would do now: price in ticks, lots that would trade, and lots that would find no partner at that price (positive: buyers). A volume of 0 says that nothing would trade; then there is no price.</summary>
public readonly record struct IndicativePrice(int Price, long Volume, long Surplus);

/// <summary>A live order, whole: what a checkpoint keeps of it and <see cref="MatchingEngine.RestoreOrder"/> takes back.</summary>
/// <param name="Id">The order's id: its number in the order of acceptance x 2^24 + its slot.</param>
/// <param name="Type">As it stands: a stop that was set off is a limit order, as is the rest of a market-to-limit order.</param>
/// <param name="Shown">Open and shown; of a waiting stop all that is open.</param>
/// <param name="Hidden">Open and not shown.</param>
/// <param name="Done">Traded, or taken by self-trade prevention.</param>
/// <param name="Price">Limit, or protection.</param>
/// <param name="StopPrice">Of a waiting stop, else 0.</param>
/// <param name="Time">End of an order good till a date, else 0.</param>
public readonly record struct LiveOrder(
    long Id, int Book, int Owner, int Session, Side Side, OrderType Type, TimeInForce TimeInForce, OrderFlags Flags, SelfTrade SelfTrade,
    int Price, int StopPrice, long Shown, long Hidden, long Done, long Display, long Time)
{
    /// <summary>Shown and hidden.</summary>
    public long Remaining => Shown + Hidden;
}

/// <summary>What a checkpoint keeps of a book beside its orders.</summary>
/// <param name="Terms">As last set, the reference as it stands now.</param>
/// <param name="LastPrice">Of the last trade; null before the first.</param>
/// <param name="Told">Best prices as last told by an event.</param>
public readonly record struct BookStatus(BookTerms Terms, BookPhase Phase, int? LastPrice, BestPrices Told);

/// <summary>What a checkpoint keeps of the engine beside books, orders and owners that are killed.</summary>
/// <param name="NextNumber">Number the next accepted order gets.</param>
/// <param name="Slots">Slots ever used.</param>
/// <param name="Time">Of the last Expire.</param>
public readonly record struct EngineStatus(long NextNumber, int Slots, long Time);
