using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Credits;
using Verdigris.Market.Data;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Tests;
using Verdigris.Storage;
using Verdigris.Testing;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Credits;

/// <summary>A market with credits: Verra's export is known, both members have accounts for credits, and the seller can bring units in from there.</summary>
sealed class CreditStand(MarketWorld world) : IAsyncDisposable
{
    /// <summary>Units that stand in Verra's registry by its export of April 2026: of one project and year; and such with the label the GEO basket asks for, of two projects.</summary>
    public const string Solar = "19410-942201922-942211921-VCS-VCU-7890-VER-AR-1-1996-01012024-31122024-0", Stoves = "19390-941471173-941821172-VCS-VCU-1289-VER-KH-3-2925-01012024-30062024-1", Water = "19318-938756291-938757241-VCS-VCU-1289-VER-KH-3-3052-01012024-31122024-1";

    public const string InDollars = "CORE.VCU:p1996:v2024", House = "SPOT.VCU:p1996:v2024", InRenminbi = "CORE.VCU:p1996:v2024:CNY", Geo = "CBL.GEO";

    const int Vcu = 50001;
    int orders;

    public MarketWorld World => world;

    public Venue Book => world.Registry.Venue;

    public TradingAccount Seller => world.SellerAccount;

    public TradingAccount Buyer => world.BuyerAccount;

    public T Get<T>() where T : notnull => world.Get<T>();

    public static async Task<CreditStand> Open()
    {
        var stand = new CreditStand(await MarketWorld.Open());
        // A day on which Hong Kong and Chicago trade: 11:00 in the one, 21:00 of the day before in the other.
        stand.At(Instant.FromUtc(2026, 3, 4, 3, 0));
        await stand.Do(RegistryWorld.Staff, s => stand.Get<ProgrammeAdministration>().Appoint(s, "verra", RegistryWorld.Authority, default));
        await using (var file = File.OpenRead(Checkout.Path("data/registry/samples/verra_transactions.csv")))
        {
            var brought = await stand.Do(RegistryWorld.Officer, s => stand.Get<CreditImports>().Bring(s, "verra_transactions.csv", file, default));
            await stand.Do(RegistryWorld.Officer, s => stand.Get<CreditImports>().Apply(s, brought.File.Id, default));
        }
        foreach (var (who, account) in new[] { (MarketWorld.Seller, stand.Seller), (MarketWorld.Buyer, stand.Buyer) })
        {
            await stand.Do(who, s => stand.Get<OrderHandlers>().OpenAccount(s, default));
            await stand.Do(who, s => stand.Get<CreditsDesk>().Link(s, account.Number, default));
        }
        return stand;
    }

    public void At(Instant now) => world.Registry.Clock.Now = now;

    /// <summary>The seller brings units in; the programme has seen that Verra keeps them for this registry.</summary>
    public async Task<CreditOrder> BringIn(string serial, long? units = null)
    {
        var order = await Do(MarketWorld.Seller, s => Get<OrderHandlers>().Propose(s, new(CreditOrderKind.TakeIn, serial, units, Instrument: "Verra immobilisation 77"), default));
        return await Agreed(RegistryWorld.Approver, order);
    }

    public async Task<CreditOrder> Deposit(string serial, long? units = null, string? basket = null) =>
        await Agreed(Seller2, await Do(MarketWorld.Seller, s => Get<CreditsDesk>().Deposit(s, Seller.Number, new(serial, units, basket), default)));

    /// <summary>The second person agrees; what became of it is the answer.</summary>
    public async Task<CreditOrder> Agreed(Actor second, CreditOrder order, bool agrees = true)
    {
        await world.Registry.DecideTask(second, order.TaskId!.Value, agrees);
        return await Do(Actor.System, s => Get<OrderHandlers>().Read(s, order.Id, default));
    }

    public async Task Listed(string series, decimal reference)
    {
        await Do(Operator, s => Get<Listing>().Open(s, new(series, reference), default));
        await Get<SessionClock>().Tick(Get<IFloor>(), default);
    }

    public Task<DeskResult> Enter(Actor who, string series, Side side, decimal quantity, decimal price) => Do(who, s => Get<OrderDesk>().Enter(s, Order(series, side, quantity, price), default));

    public DeskOrder Order(string series, Side side, decimal quantity, decimal price)
    {
        var id = BookDefinitions.IdOf($"test/credit-order/{++orders}");
        return new() { Id = id, ClientId = id, Session = 0, Symbol = series, Side = side, Quantity = quantity, Price = price, Type = OrderType.Limit, TimeInForce = TimeInForce.Day };
    }

    public async Task<IReadOnlyList<Registry.Credits.Market.MarketBlock>> AtMarket(Actor who, TradingAccount account) => (await Do(who, s => Get<CreditsDesk>().Read(s, account.Number, default))).Blocks;

    public async Task<IReadOnlyList<BlockView>> Own(Actor who) => await Do(who, s => Get<UnitQueries>().Holdings(s, default));

    /// <summary>Where each unit of a printed block lies in the Book, run by run: account and how many.</summary>
    public IReadOnlyList<(long Account, long Units)> Runs(long first, long last)
    {
        // Verra counts through all its units in one run, the first this Book knew.
        const long step = 10_000_000_000;
        var series = Book.Read(b => Enumerable.Range(1, 5).First(n => b.Owner(Vcu, (n * step) + first) is not null));
        return Book.Read(b =>
        {
            var runs = new List<(long, long)>();
            for (var at = (series * step) + first; at <= (series * step) + last;)
            {
                var owner = b.Owner(Vcu, at)!.Value;
                var end = Math.Min(owner.Last, (series * step) + last);
                runs.Add((owner.Account, end - at + 1));
                at = end + 1;
            }
            return runs;
        });
    }

    /// <summary>The floor's trades as the market's prints, which statements refer to.</summary>
    public async Task Printed()
    {
        await using var s = world.Registry.Sessions.Open(Actor.System);
        var position = await MarketDataKeeper.Position(s, default);
        var next = Get<IFloor>().Read(f => f.NextEvent);
        if (next - 1 <= position) return;
        using var subscription = Get<IFloor>().Subscribe(position + 1);
        await foreach (var batch in subscription.Batches())
        {
            await Get<MarketDataKeeper>().Take(s, batch.ToArray(), null, default);
            if (batch[^1].Sequence >= next - 1) return;
        }
    }

    public Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work) => world.Do(actor, work);

    public Task<string> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work) => world.Refused(actor, work);

    public ValueTask DisposeAsync() => world.DisposeAsync();
}
