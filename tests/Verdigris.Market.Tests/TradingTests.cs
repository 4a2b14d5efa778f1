using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests;

public sealed class TradingTests
{
    internal const string Spot = "EEX.EUA.SPOT", Future = "ICE.EUA:2026-12";

    internal static DeskOrder Order(MarketWorld w, string series, Side side, decimal quantity, decimal? price, OrderType type = OrderType.Limit, TimeInForce lasts = TimeInForce.Day, PositionEffect effect = PositionEffect.Open)
    {
        var id = BookId.From(Guid.NewGuid());
        return new() { Id = id, ClientId = id, Session = 0, Symbol = series, Side = side, Quantity = quantity, Price = price, Type = type, TimeInForce = lasts, Effect = effect };
    }

    internal static async Task<(MarketWorld World, UnitsLink Seller, UnitsLink Buyer)> Ready(string series, decimal reference)
    {
        var w = await MarketWorld.Open();
        var seller = await w.Stocked(50_000, given: 100_000);
        var buyer = await w.Units(Buyer, Buyer2, w.BuyerAccount);
        await w.PayIn(w.BuyerAccount, 1_000_000m);
        await w.PayIn(w.SellerAccount, 500_000m);
        await w.Do(Operator, s => w.Get<Listing>().Open(s, new(series, reference), default));
        await w.Get<SessionClock>().Tick(w.Get<IFloor>(), default);
        return (w, seller, buyer);
    }

    /// <summary>Writes down what the floor has told so far.</summary>
    static async Task Keep(MarketWorld w)
    {
        await using var s = w.Registry.Sessions.Open(Primitives.Actor.System);
        var position = await s.Value<long>("select sequence from market.order_position", default);
        var next = w.Get<IFloor>().Read(f => f.NextEvent);
        if (next - 1 <= position) return;
        using var subscription = w.Get<IFloor>().Subscribe(position + 1);
        await foreach (var batch in subscription.Batches())
        {
            await w.Get<OrderKeeper>().Take(s, batch, default);
            if (batch[^1].Sequence >= next - 1) return;
        }
    }

    [Fact]
    public async Task A_spot_trade_moves_money_and_units_at_once_and_everybody_sees_what_became_of_his_order()
    {
        var (w, seller, buyer) = await Ready(Spot, 75m);
        await using var _ = w;
        var desk = w.Get<OrderDesk>();
        Assert.Equal(BookPhase.Continuous, w.Get<IFloor>().Read(f => f.Instrument(1))!.Phase);
        await w.Do(Seller, s => desk.Enter(s, Order(w, Spot, Side.Sell, 3000, 75.10m), default));
        Assert.Equal((47_000L, 3_000L), w.Registry.Venue.Read(b => (b.Balance(seller.UnitsAccount, w.Registry.Numbers.Asset("eu-ets", "EUA", "")!.Value).Available, b.Balance(seller.UnitsAccount, w.Registry.Numbers.Asset("eu-ets", "EUA", "")!.Value).Held)));
        var bought = await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 2000, 75.20m), default));
        Assert.Equal(2, bought.Traded);
        // At the price of the order that stood: the difference to the limit was only held.
        Assert.Equal((84_980_000L, 65_020_000L), (w.CashOf(w.BuyerAccount), w.CashOf(w.SellerAccount)));
        Assert.Equal((2_000L, 47_000L), (w.Registry.Held(buyer.UnitsAccount), w.Registry.Held(seller.UnitsAccount)));
        var rest = Assert.Single(await w.Do(Seller, s => desk.Live(s, null, Spot, default)));
        Assert.Equal((1000m, 3000m, 75.10m), (rest.Remaining, rest.Quantity, rest.Price));
        await Keep(w);
        var row = Assert.Single((await w.Do(Buyer, s => w.Get<OrderHistory>().List(s, null, Spot, null, 10, default))).Items);
        Assert.Equal((OrderStanding.Filled, 2000m, 75.10m), (row.Standing, row.Traded, row.Average));
        Assert.Equal("trading.order-unknown", await w.Refused(Buyer, s => desk.Cancel(s, 77, rest.Order, default)));
        await w.Do(Seller, s => desk.Replace(s, new(78, 78, 0, rest.Order, 3000, 75.05m), default));
        Assert.Equal(75.05m, Assert.Single(await w.Do(Seller, s => desk.Live(s, null, Spot, default))).Price);
        await w.Do(Seller, s => desk.CancelAll(s, null, Spot, Side.None, default));
        Assert.Equal(48_000, w.Registry.Held(seller.UnitsAccount));
        await Keep(w);
        var reports = new List<DeskReport>();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var report in desk.Reports(Seller.OrganisationId, 0, stop.Token))
        {
            reports.Add(report);
            if (report.Kind == FloorEventKind.OrderEnded) break;
        }
        Assert.Equal([FloorEventKind.OrderAccepted, FloorEventKind.Fill, FloorEventKind.OrderEnded], reports.Select(r => r.Kind).Where(k => k != FloorEventKind.OrderReplaced));
        Assert.Equal((2000m, 75.10m, 2000m, 75.10m), (reports[1].LastQuantity, reports[1].LastPrice, reports[1].Traded, reports[1].AveragePrice));
    }

    [Fact]
    public async Task What_an_account_does_not_have_it_cannot_promise_and_what_does_not_fit_the_contract_is_said_by_field()
    {
        var (w, _, _) = await Ready(Spot, 75m);
        await using var __ = w;
        var desk = w.Get<OrderDesk>();
        foreach (var (side, units) in new[] { (Side.Sell, 1000m), (Side.Buy, 100_000m) })
            Assert.Equal([("trading.refused", "quantity", "InsufficientBalance")], (await w.Registry.Try(Buyer, s => desk.Enter(s, Order(w, Spot, side, units, 75m), default))).Refusals.Select(r => (r.Code, r.Field!, r.Args!["code"])));
        var wrong = await w.Registry.Try(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1500, 75.005m), default));
        Assert.Equal([("trading.off-lot", "quantity"), ("contract.price-off-tick", "price")], wrong.Refusals.Select(r => (r.Code, r.Field!)));
        Assert.Equal("input.required", await w.Refused(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, null), default)));
        Assert.Equal("trading.not-listed", await w.Refused(Buyer, s => desk.Enter(s, Order(w, Future, Side.Buy, 1000, 75m), default)));
        Assert.Equal("access.role-needed", await w.Refused(Operator, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 75m), default)));
        Assert.Equal("trading.order-fields", await w.Refused(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 75m, OrderType.Stop), default)));
        // The same order sent twice is one.
        var order = Order(w, Spot, Side.Buy, 1000, 70m);
        var first = await w.Do(Buyer, s => desk.Enter(s, order, default));
        var again = await w.Do(Buyer, s => desk.Enter(s, order, default));
        Assert.Equal((first.Order, true), (again.Order, again.Repeated));
        Assert.Single(await w.Do(Buyer, s => desk.Live(s, null, null, default)));
        await w.Do(Operator, s => w.Get<Listing>().Suspend(s, Spot, true, "news", default));
        Assert.Equal("trading.not-listed", await w.Refused(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 75m), default)));
        Assert.Equal("trading.listed-already", await w.Refused(Operator, s => w.Get<Listing>().Open(s, new(Spot, 75m), default)));
        Assert.Equal("contract.unknown", await w.Refused(Operator, s => w.Get<Listing>().Open(s, new("NO.SUCH", 75m), default)));
        Assert.Equal("contract.not-listed", await w.Refused(Operator, s => w.Get<Listing>().Open(s, new("ICE.EUA:2026-11-30", 75m), default)));
    }

    [Fact]
    public async Task A_future_opens_long_and_short_in_pairs_holds_margin_and_closes_again()
    {
        var (w, _, _) = await Ready(Future, 75m);
        await using var __ = w;
        var desk = w.Get<OrderDesk>();
        var floor = w.Get<IFloor>();
        await w.Do(Seller, s => desk.Enter(s, Order(w, Future, Side.Sell, 5000, 75m), default));
        Assert.Equal(5, (await w.Do(Buyer, s => desk.Enter(s, Order(w, Future, Side.Buy, 5000, 75m), default))).Traded);
        var number = (await w.Get<InstrumentList>().Find(Future, default))!.Number;
        Assert.Equal((5L, 5L, 5L), floor.Read(f => (f.Position(w.BuyerAccount.Number, number).Long, f.Position(w.SellerAccount.Number, number).Short, f.Instrument(number)!.OpenInterest)));
        var cash = Assert.Single(await w.Do(Buyer, s => w.Get<TradingAccountHandlers>().Cash(s, w.BuyerAccount.Number, default)));
        // Ten per cent of 75 for each of 5,000 units.
        Assert.Equal((962_500m, 37_500m), (cash.Available, cash.Margin));
        await w.Do(Buyer, s => desk.Enter(s, Order(w, Future, Side.Sell, 5000, 75m, effect: PositionEffect.Close), default));
        Assert.Equal(5, (await w.Do(Seller, s => desk.Enter(s, Order(w, Future, Side.Buy, 5000, 75m, effect: PositionEffect.Close), default))).Traded);
        Assert.Equal(0L, floor.Read(f => f.Instrument(number)!.OpenInterest));
    }

    [Fact]
    public async Task An_order_good_till_a_time_ends_with_it_and_a_beat_of_the_clock_with_nothing_due_leaves_no_line_in_the_journal()
    {
        var (w, _, _) = await Ready(Spot, 75m);
        await using var __ = w;
        var (desk, floor, clock) = (w.Get<OrderDesk>(), w.Get<IFloor>(), w.Get<SessionClock>());
        var until = w.Registry.Clock.Now + NodaTime.Duration.FromMinutes(10);
        await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 74m, lasts: TimeInForce.GoodTillDate) with { ExpiresAt = until }, default));
        var batch = floor.Read(f => f.LastBatch);
        for (var i = 0; i < 3; i++) await clock.Tick(floor, default);
        Assert.Equal(batch, floor.Read(f => f.LastBatch));
        Assert.Equal(until, Assert.Single(await w.Do(Buyer, s => desk.Live(s, null, null, default))).ExpiresAt);
        w.Registry.Clock.Now = until + NodaTime.Duration.FromSeconds(1);
        await clock.Tick(floor, default);
        Assert.Empty(await w.Do(Buyer, s => desk.Live(s, null, null, default)));
        Assert.Null(floor.Read(f => f.NextEnd));
        Assert.Equal(100_000_000, w.CashOf(w.BuyerAccount));
    }

    [Fact]
    public async Task A_market_order_without_a_price_is_protected_where_no_limits_are_and_what_does_not_go_together_is_said_by_field()
    {
        var (w, _, _) = await Ready(Spot, 75m);
        await using var __ = w;
        var desk = w.Get<OrderDesk>();
        foreach (var price in new[] { 75.50m, 76m, 80m, 85m }) await w.Do(Seller, s => desk.Enter(s, Order(w, Spot, Side.Sell, 1000, price), default));
        // Sent again it is the same order, whatever the offers are by now.
        var first = Order(w, Spot, Side.Buy, 1000, null, OrderType.Market);
        var entered = await w.Do(Buyer, s => desk.Enter(s, first, default));
        Assert.Equal((1, false), (entered.Traded, entered.Repeated));
        Assert.Equal(entered with { Repeated = true }, await w.Do(Buyer, s => desk.Enter(s, first, default)));
        Assert.Equal("trading.refused", await w.Refused(Buyer, s => desk.Enter(s, first with { Quantity = 2000 }, default)));
        // Ten per cent past the best offer, 83.60, is as far as it goes, and as much as it sets aside; for the day is at once. The band of 5 % stops it before that.
        Assert.Equal(1, (await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 3000, null, OrderType.Market), default))).Traded);
        Assert.Empty(await w.Do(Buyer, s => desk.Live(s, null, null, default)));
        // A stop goes no further than ten per cent past what it waits for.
        var stop = (await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, null, OrderType.Stop) with { StopPrice = 90m }, default))).Order;
        Assert.Equal(9_900, w.Get<IFloor>().Read(f => f.Order(stop))!.Price);
        Assert.Null(Assert.Single(await w.Do(Buyer, s => desk.Live(s, null, null, default))).Price);
        await w.Do(Buyer, s => desk.Replace(s, new(90_001, 90_001, 0, stop, 1000, null, 95m), default));
        Assert.Equal(10_450, w.Get<IFloor>().Read(f => f.Order(stop))!.Price);
        foreach (var (order, field) in new[]
        {
            (Order(w, Spot, Side.Buy, 1000, 70m) with { Minimum = 1000 }, "minimum"), (Order(w, Spot, Side.Buy, 2000, 70m, lasts: TimeInForce.ImmediateOrCancel) with { Display = 1000 }, "display"),
            (Order(w, Spot, Side.Buy, 1000, 70m, lasts: TimeInForce.FillOrKill) with { Flags = OrderFlags.PostOnly }, "postOnly"), (Order(w, Spot, Side.Buy, 1000, null, OrderType.Market, TimeInForce.GoodTillCancel), "timeInForce"),
            (Order(w, Spot, Side.Buy, 1000, null, OrderType.MarketToLimit, TimeInForce.FillOrKill), "timeInForce"), (Order(w, Spot, Side.Sell, 1000, 90m, effect: PositionEffect.Close), "effect"),
        })
            Assert.Equal([("trading.order-fields", field)], (await w.Registry.Try(Buyer, s => desk.Enter(s, order, default))).Refusals.Select(r => (r.Code, r.Field!)));
    }

    [Fact]
    public async Task A_stop_that_waits_gets_another_quantity_or_stop_price_and_everybody_reads_it_as_it_stands()
    {
        var (w, _, _) = await Ready(Spot, 75m);
        await using var __ = w;
        var desk = w.Get<OrderDesk>();
        var limit = (await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 4000, 78m, OrderType.StopLimit) with { StopPrice = 77m }, default))).Order;
        var market = (await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 80m, OrderType.Stop) with { StopPrice = 79m }, default))).Order;
        UInt128 id = 500;
        DeskReplacement To(long order, decimal quantity, decimal? price = null, decimal? stop = null, DeskStated? stated = null) => new(++id, id, 0, order, quantity, price, stop, stated);
        // Less of it, then another price to wait for; what is not said stays.
        await w.Do(Buyer, s => desk.Replace(s, To(limit, 3000), default));
        Assert.Equal((3000m, 78m, 77m, true), Live(limit));
        await w.Do(Buyer, s => desk.Replace(s, To(limit, 3000, 77.50m, 76.50m), default));
        Assert.Equal((3000m, 77.50m, 76.50m, true), Live(limit));
        await w.Do(Buyer, s => desk.Replace(s, To(market, 2000, stop: 78m), default));
        Assert.Equal((2000m, null, 78m, true), Live(market));
        Assert.Equal([("trading.order-fields", "stopPrice")], await Wrong(await Plain(), stop: 76m));
        Assert.Equal([("contract.price-off-tick", "stopPrice")], await Wrong(limit, stop: 76.505m));
        await Keep(w);
        var rows = (await w.Do(Buyer, s => w.Get<OrderHistory>().List(s, null, Spot, null, 10, default))).Items;
        Assert.Equal((77.50m, (decimal?)null), (rows.Single(r => r.Order == limit).Price, rows.Single(r => r.Order == market).Price));
        var standing = await ((IOrderEntry)desk).Live(Buyer, 0, Spot, default);
        Assert.Equal([76.50m, 78m], standing.Select(r => r.StopPrice).OfType<decimal>());
        // It goes off where it waits now, not where it waited before.
        await w.Do(Seller, s => desk.Enter(s, Order(w, Spot, Side.Sell, 1000, 76.50m), default));
        await w.Do(Seller, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 74m), default));
        await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 76.50m), default));
        Assert.Equal((3000m, 77.50m, 76.50m, false), Live(limit));
        // Once it went off, what it waited for may be said again with a change; it is no longer anything to change.
        await w.Do(Buyer, s => desk.Replace(s, To(limit, 2000, stop: 76.50m), default));
        Assert.Equal([("trading.order-fields", "stopPrice")], await Wrong(limit, stop: 76m));

        // What a sender says of an order that it is not is never passed over.
        DateTimeOffset none = default;
        foreach (var (said, field) in new (DeskStated, string)[]
        {
            (new(Side: Side.Sell), "side"), (new(Symbol: Future), "series"), (new(Type: OrderType.Market), "type"), (new(TimeInForce: TimeInForce.GoodTillCancel), "timeInForce"),
            (new(Display: 1000m), "display"), (new(ExpiresAt: NodaTime.Instant.FromDateTimeOffset(none)), "expiresAt"), (new(Account: w.SellerAccount.Code), "account"), (new(Effect: PositionEffect.Close), "effect"),
        })
        {
            Assert.Equal([("trading.not-changeable", field)], (await w.Registry.Try(Buyer, s => desk.Replace(s, To(limit, 1000, stated: said), default))).Refusals.Select(r => (r.Code, r.Field!)));
            Assert.Equal("trading.not-changeable", await w.Refused(Buyer, s => desk.Cancel(s, ++id, limit, default, said)));
        }
        await w.Do(Buyer, s => desk.Replace(s, To(limit, 1000, stated: new(w.BuyerAccount.Code, Spot, Side.Buy, OrderType.StopLimit, TimeInForce.Day, PositionEffect.Open)), default));
        Assert.Equal(1000m, Live(limit).Item1);

        (decimal, decimal?, decimal?, bool) Live(long order)
        {
            var i = w.Get<InstrumentList>().Find(Spot, default).AsTask().GetAwaiter().GetResult()!;
            var v = w.Get<IFloor>().Read(f => f.Order(order))!;
            return (i.Quantity(v.Quantity), v.Type == OrderType.Stop ? null : i.Price(v.Price), i.Price(v.StopPrice), v.Waiting);
        }
        async Task<long> Plain() => (await w.Do(Buyer, s => desk.Enter(s, Order(w, Spot, Side.Buy, 1000, 70m), default))).Order;
        async Task<IEnumerable<(string, string)>> Wrong(long order, decimal? price = null, decimal? stop = null) => (await w.Registry.Try(Buyer, s => desk.Replace(s, To(order, 1000, price, stop), default))).Refusals.Select(r => (r.Code, r.Field!));
    }

    [Fact]
    public async Task A_stopped_account_loses_its_orders_and_gets_none_in()
    {
        var (w, seller, _) = await Ready(Spot, 75m);
        await using var __ = w;
        var desk = w.Get<OrderDesk>();
        await w.Do(Seller, s => desk.Enter(s, Order(w, Spot, Side.Sell, 3000, 80m, lasts: TimeInForce.GoodTillCancel), default));
        Assert.Equal(47_000, w.Registry.Held(seller.UnitsAccount));
        await w.Do(Operator, s => w.Get<TradingAccountHandlers>().Stop(s, w.SellerAccount.Number, true, "inquiry", default));
        Assert.Equal(50_000, w.Registry.Held(seller.UnitsAccount));
        Assert.Equal("trading.state-forbids", await w.Refused(Seller, s => desk.Enter(s, Order(w, Spot, Side.Sell, 1000, 80m), default)));
        await w.Do(Operator, s => w.Get<TradingAccountHandlers>().Stop(s, w.SellerAccount.Number, false, "over", default));
        await w.Do(Seller, s => desk.Enter(s, Order(w, Spot, Side.Sell, 1000, 80m), default));
    }

    [Fact]
    public async Task An_order_that_could_bring_a_holder_above_the_contracts_position_limit_is_refused_by_whatever_account_of_its_own_it_comes()
    {
        const string future = "LME.PREMIUM.EUROPE:2026-06", call = "PREMIUM.EUROPE.OPTION:2026-06:C300";
        var (w, _, _) = await Ready(Spot, 75m);
        await using var __ = w;
        var desk = w.Get<OrderDesk>();
        await w.PayIn(w.BuyerAccount, 10_000_000m, "USD");
        var second = await w.Account(Buyer, "Second house");
        await w.PayIn(second, 10_000_000m, "USD");
        foreach (var (series, reference) in new[] { (future, 300m), (call, 10m) }) await w.Do(Operator, s => w.Get<Listing>().Open(s, new(series, reference), default));
        await w.Get<SessionClock>().Tick(w.Get<IFloor>(), default);
        DeskOrder Lots(decimal lots, TradingAccount account, Side side = Side.Buy)
        {
            var id = BookId.From(Guid.NewGuid());
            return new() { Id = id, ClientId = id, Session = 0, Account = account.Code, Symbol = call, Side = side, Quantity = lots * 25, Price = 1m, Type = OrderType.Limit, TimeInForce = TimeInForce.Day, Effect = PositionEffect.Open };
        }
        var over = await w.Registry.Try(Buyer, s => desk.Enter(s, Lots(5_001, w.BuyerAccount), default));
        Assert.Equal(("trading.position-limit", "5000"), (over.Refusals[0].Code, over.Refusals[0].Args!["most"]));
        var whole = Lots(4_000, w.BuyerAccount);
        var standing = await w.Do(Buyer, s => desk.Enter(s, whole, default));
        Assert.Equal("trading.position-limit", await w.Refused(Buyer, s => desk.Enter(s, Lots(1_001, second), default)));
        await w.Do(Buyer, s => desk.Enter(s, Lots(1_000, second), default));
        // Sent again it is the same order, and no order too many.
        Assert.Equal((standing.Order, true), await w.Do(Buyer, s => desk.Enter(s, whole, default)) is var again ? (again.Order, again.Repeated) : default);
        DeskReplacement To(decimal lots) => new(BookId.From(Guid.NewGuid()), BookId.From(Guid.NewGuid()), 0, standing.Order, lots * 25, null);
        Assert.Equal("trading.position-limit", await w.Refused(Buyer, s => desk.Replace(s, To(4_001), default)));
        standing = await w.Do(Buyer, s => desk.Replace(s, To(3_000), default));
        // By FIX and socket it is the floor's own code.
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => ((IOrderEntry)desk).Enter(Buyer, Lots(600, w.BuyerAccount), default).AsTask()));
        Assert.Equal([FloorCode.Accepted, FloorCode.PositionOverLimit], both.Select(b => b.Code).Order());
    }
}
