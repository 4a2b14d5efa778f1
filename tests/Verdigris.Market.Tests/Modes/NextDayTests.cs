using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Statements;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests.Modes;

/// <summary>The national market of China: what is bought on a day is sold on the next, orders within ten per cent, blocks within thirty.</summary>
public sealed class NextDayTests
{
    const string Allowance = "SEEE.CEA:v2024";

    /// <summary>Ten o'clock in Shanghai.</summary>
    static readonly Instant Open = Instant.FromUtc(2026, 3, 4, 2, 0);

    static async Task<(MarketWorld World, UnitsLink Seller, UnitsLink Buyer)> World()
    {
        var w = await MarketWorld.Open(code: "cn-ets");
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "CEA", "2024", 500_000);
        w.Registry.Clock.Now = Open;
        await w.PayIn(w.BuyerAccount, 50_000_000m, "CNY");
        await w.PayIn(w.SellerAccount, 50_000_000m, "CNY");
        await w.Do(Operator, s => w.Get<Listing>().Open(s, new(Allowance, 80m), default));
        await Tick(w);
        return (w, seller, buyer);
    }

    static long Held(MarketWorld w, long account) => w.Registry.Held(account, "CEA", "2024");

    [Fact]
    public async Task What_is_bought_today_is_sold_tomorrow_and_the_desk_says_so()
    {
        var (w, seller, buyer) = await World();
        await using var _ = w;
        var desk = w.Get<OrderDesk>();
        await w.Do(Seller, s => desk.Enter(s, Order(Allowance, Side.Sell, 1_000, 80m), default));
        Assert.Equal(1_000, (await w.Do(Buyer, s => desk.Enter(s, Order(Allowance, Side.Buy, 1_000, 80m), default))).Traded);
        Assert.Equal((0L, 1_000L, 1_000L), (Held(w, buyer.UnitsAccount), Held(w, MarketBook.LockedOf(buyer.UnitsAccount)), w.Get<UnitsLinks>().Locked(buyer, "CEA", "2024")));
        // What waits for the next day is the buyer's, and stands in his statement.
        var bought = (await Statement(w, Buyer, w.BuyerAccount)).Parts.Single(p => p.Asset == "CEA 2024");
        Assert.Equal([(CustodyKind.Trade, 1_000m)], bought.Lines.Select(l => (l.Kind, l.Change)));
        Assert.Equal(1_000m, bought.Closing);
        // The seller's money is his at once.
        Assert.Equal(5_008_000_000L, w.CashOf(w.SellerAccount, "CNY"));
        var refused = await w.Registry.Try(Buyer, s => desk.Enter(s, Order(Allowance, Side.Sell, 500, 80m), default));
        Assert.Equal(("trading.bought-today", "1000"), (refused.Refusals[0].Code, refused.Refusals[0].Args!["units"]));
        // The afternoon is the same day, the next morning another.
        await Later(w, Duration.FromHours(4));
        Assert.Equal("trading.bought-today", await w.Refused(Buyer, s => desk.Enter(s, Order(Allowance, Side.Sell, 500, 80m), default)));
        w.Registry.Clock.Now = Open + Duration.FromDays(1);
        await Tick(w);
        Assert.Equal((1_000L, 0L), (Held(w, buyer.UnitsAccount), Held(w, MarketBook.LockedOf(buyer.UnitsAccount))));
        // That it waits no longer is no movement.
        Assert.Equal((1_000m, 1), (await Statement(w, Buyer, w.BuyerAccount)).Parts.Single(p => p.Asset == "CEA 2024") is var free ? (free.Closing, free.Lines.Count) : default);
        await w.Do(Buyer, s => desk.Enter(s, Order(Allowance, Side.Sell, 1_000, 81m), default));
        Assert.Equal(1_000, (await w.Do(Seller, s => desk.Enter(s, Order(Allowance, Side.Buy, 1_000, 81m), default))).Traded);
        // What he has from before he sells the same day, what he bought today waits.
        Assert.Equal((499_000L, 1_000L), (Held(w, seller.UnitsAccount), Held(w, MarketBook.LockedOf(seller.UnitsAccount))));
        await w.Do(Seller, s => desk.Enter(s, Order(Allowance, Side.Sell, 90_000, 82m), default));
        Assert.Equal("trading.not-empty", await w.Refused(Seller, s => w.Get<TradingAccountHandlers>().Close(s, w.SellerAccount.Number, default)));
    }

    [Fact]
    public async Task The_limits_of_the_next_day_go_on_from_the_mean_of_the_listed_trades_not_from_the_last_nor_from_blocks()
    {
        var (w, _, _) = await World();
        await using var __ = w;
        var desk = w.Get<OrderDesk>();
        foreach (var (lots, price) in new[] { (1_000m, 80m), (3_000m, 84m) })
        {
            await w.Do(Seller, s => desk.Enter(s, Order(Allowance, Side.Sell, lots, price), default));
            await w.Do(Buyer, s => desk.Enter(s, Order(Allowance, Side.Buy, lots, price), default));
        }
        await Later(w, Duration.FromHours(4));
        var block = await Report(w, Seller, new(AgreedKind.Block, Allowance, Side.Sell, null, "M00002", 100m, 100_000));
        await w.Do(Buyer, s => w.Get<AgreedDesk>().Confirm(s, block.Id, PositionEffect.Open, default));
        await Keep(w);
        await w.Do(Operator, async s => (Answer<int>)await w.Get<Listing>().Settled(s, Open.InUtc().Date, null, default));
        var (instrument, terms) = ((await w.Get<InstrumentList>().Find(Allowance, default))!, w.Get<IFloor>().Read(f => f.Instrument(1)!.Terms));
        Assert.Equal((83m, 74.7m, 91.3m), (instrument.Reference, instrument.Price(terms.LowestPrice), instrument.Price(terms.HighestPrice)));
    }

    [Fact]
    public async Task A_block_has_its_own_band_size_and_hours_and_waits_for_the_next_day_too()
    {
        var (w, seller, buyer) = await World();
        await using var _ = w;
        var desk = w.Get<AgreedDesk>();
        NewAgreedTrade Block(decimal price, decimal quantity = 100_000) => new(AgreedKind.Block, Allowance, Side.Sell, null, "M00002", price, quantity);
        Assert.Equal("trading.refused", await w.Refused(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Allowance, Side.Sell, 1_000, 90m), default)));
        Assert.Equal("agreed.least", await w.Refused(Seller, s => desk.Report(s, Block(90m, 99_999), default)));
        var outside = await w.Registry.Try(Seller, s => desk.Report(s, Block(104.01m), default));
        Assert.Equal(("agreed.price-band", "56", "104"), (outside.Refusals[0].Code, outside.Refusals[0].Args!["low"], outside.Refusals[0].Args!["high"]));
        Assert.Equal("agreed.price-band", await w.Refused(Seller, s => desk.Report(s, Block(55.99m), default)));
        var trade = await Report(w, Seller, Block(104m));
        // Blocks are made in the afternoon.
        Assert.Equal("agreed.hours", await w.Refused(Buyer, s => desk.Confirm(s, trade.Id, PositionEffect.Open, default)));
        w.Registry.Clock.Now = Open + Duration.FromHours(4);
        await Tick(w);
        Assert.Equal("agreed.state", await w.Refused(Buyer, s => desk.Confirm(s, trade.Id, PositionEffect.Open, default)));
        trade = await Report(w, Seller, Block(104m));
        trade = await w.Do(Buyer, s => desk.Confirm(s, trade.Id, PositionEffect.Open, default));
        Assert.Equal(AgreedState.Settled, trade.State);
        Assert.Equal((400_000L, 0L, 100_000L), (Held(w, seller.UnitsAccount), Held(w, buyer.UnitsAccount), Held(w, MarketBook.LockedOf(buyer.UnitsAccount))));
        Assert.Equal((6_040_000_000L, 3_960_000_000L), (w.CashOf(w.SellerAccount, "CNY"), w.CashOf(w.BuyerAccount, "CNY")));
        // Taken back the same day, the units come out of where they wait.
        var bust = await w.Do(Operator, s => w.Get<BustDesk>().Propose(s, trade.Trade!.Value, "both asked", default));
        await w.Registry.DecideTask(Operator2, bust.TaskId!.Value);
        Assert.Equal((500_000L, 0L), (Held(w, seller.UnitsAccount), Held(w, MarketBook.LockedOf(buyer.UnitsAccount))));
    }

    [Fact]
    public async Task A_spot_market_without_the_rule_sells_on_at_once()
    {
        await using var w = await MarketWorld.Open();
        var (seller, buyer) = (await w.Units(Seller, Seller2, w.SellerAccount), await w.Units(Buyer, Buyer2, w.BuyerAccount));
        await Give(w, seller.UnitsAccount, "EUA", "", 10_000);
        await w.PayIn(w.BuyerAccount, 1_000_000m);
        await w.PayIn(w.SellerAccount, 1_000_000m);
        await w.Do(Operator, s => w.Get<Listing>().Open(s, new(Spot, 75m), default));
        await Tick(w);
        await w.Do(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Spot, Side.Sell, 1_000, 75m), default));
        await w.Do(Buyer, s => w.Get<OrderDesk>().Enter(s, Order(Spot, Side.Buy, 1_000, 75m), default));
        await w.Do(Buyer, s => w.Get<OrderDesk>().Enter(s, Order(Spot, Side.Sell, 1_000, 75m), default));
        Assert.False(w.Get<IFloor>().Read(f => f.Instrument(1))!.Definition.NextDayResale);
    }
}
