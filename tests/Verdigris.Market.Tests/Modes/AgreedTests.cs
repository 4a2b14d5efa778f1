using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Data;
using Verdigris.Market.Members;
using Verdigris.Market.Contracts;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests.Modes;

public sealed class AgreedTests
{
    static NewAgreedTrade Block(decimal quantity = 50_000, decimal price = 75.5m, AgreedKind kind = AgreedKind.Block, string series = Future, string? counterparty = "M00002") => new(kind, series, Side.Sell, null, counterparty, price, quantity);

    [Fact]
    public async Task A_block_is_settled_once_the_other_side_confirms_and_stands_on_the_tape_as_what_it_is()
    {
        await using var w = await Ready();
        var desk = w.Get<AgreedDesk>();
        var reported = await Report(w, Seller, Block());
        Assert.Equal((AgreedState.Reported, 50L, Morning + Duration.FromMinutes(30)), (reported.State, reported.Lots, reported.ExpiresAt));
        Assert.Equal(default, Position(w, w.BuyerAccount, Future));
        Assert.Single((await w.Do(Buyer, s => desk.List(s, null, null, true, null, 10, default))).Items);
        Assert.Empty((await w.Do(Seller, s => desk.List(s, null, null, true, null, 10, default))).Items);
        Assert.Equal("agreed.not-counterparty", await w.Refused(Seller, s => desk.Confirm(s, reported.Id, PositionEffect.Open, default)));
        Assert.Equal("access.role-needed", await w.Refused(Operator, s => desk.Confirm(s, reported.Id, PositionEffect.Open, default)));
        Assert.Equal("agreed.not-found", await w.Refused(Buyer, s => desk.Confirm(s, Guid.NewGuid(), PositionEffect.Open, default)));
        var settled = await w.Do(Buyer, s => desk.Confirm(s, reported.Id, PositionEffect.Open, default));
        Assert.Equal((AgreedState.Settled, true, PositionEffect.Open), (settled.State, settled.Trade > 0, settled.CounterEffect));
        Assert.Equal((50L, 50L), (Position(w, w.BuyerAccount, Future).Long, Position(w, w.SellerAccount, Future).Short));
        // Ten per cent of 75 for each of 50,000 units, and nothing is paid.
        Assert.Equal((62_500_000L, 62_500_000L), (w.CashOf(w.BuyerAccount), w.CashOf(w.SellerAccount)));
        Assert.Equal("agreed.state", await w.Refused(Buyer, s => desk.Confirm(s, reported.Id, PositionEffect.Open, default)));
        Assert.Equal("agreed.state", await w.Refused(Seller, s => desk.Withdraw(s, reported.Id, default)));
        await Keep(w);
        var print = Assert.Single(await Tape(w, Future));
        Assert.Equal((AgreedKind.Block, PrintKind.Reported, 75.5m, 50L), (print.Agreed, print.Kind, print.Price, print.Lots));
        // Both hear of it, and nobody else reads it.
        await using var stranger = w.Registry.Sessions.Open(Registry.Tests.RegistryWorld.Foreign);
        Assert.Equal("agreed.not-found", (await desk.Read(stranger, reported.Id, default)).Refusals[0].Code);
    }

    [Fact]
    public async Task What_does_not_fit_the_contract_is_said_before_anybody_is_asked_to_confirm()
    {
        await using var w = await Ready();
        Task<string> Refused(NewAgreedTrade trade) => w.Refused(Seller, s => w.Get<AgreedDesk>().Report(s, trade, default));
        Assert.Equal("agreed.least", await Refused(Block(49_000)));
        Assert.Equal("trading.off-lot", await Refused(Block(50_500)));
        Assert.Equal("contract.price-off-tick", await Refused(Block(price: 75.005m)));
        Assert.Equal("trading.not-listed", await Refused(Block(series: Spot)));
        // A swap agreed case by case: what is missing is named, not that nobody opened it.
        var swap = await w.Registry.Try(Seller, s => w.Get<AgreedDesk>().Report(s, Block(series: "CN.BEA.SWAP", kind: AgreedKind.Otc), default));
        Assert.Equal(("agreed.terms-unknown", "CN.BEA.SWAP", "lot, tick"), (swap.Refusals[0].Code, swap.Refusals[0].Args!["contract"], swap.Refusals[0].Args!["missing"]));
        Assert.Equal("agreed.counterparty", await Refused(Block(counterparty: "M00077")));
        Assert.Equal("agreed.counterparty", await Refused(Block(counterparty: null)));
        Assert.Equal("agreed.own", await Refused(Block(counterparty: "M00001")));
        Assert.Equal("trading.order-fields", await Refused(Block() with { Side = Side.None }));
        Assert.Equal("trading.choice-unknown", await Refused(Block(kind: AgreedKind.ExchangeForPhysical) with { Leg = (OtherLeg)9, LegReference = "EU 77" }));
        Assert.Equal("agreed.kind", await Refused(Block(kind: (AgreedKind)9)));
        Assert.Equal("input.required", await Refused(Block(kind: AgreedKind.ExchangeForPhysical) with { Leg = OtherLeg.Units }));
        Assert.Equal("agreed.leg", await Refused(Block() with { Leg = OtherLeg.Units, LegReference = "EU 77" }));
        Assert.Equal("agreed.leg", await Refused(Block(kind: AgreedKind.ExchangeForSwap) with { Leg = OtherLeg.Certificate, LegReference = "C 1" }));
        Assert.Equal("access.role-needed", await w.Refused(Operator, s => w.Get<AgreedDesk>().Report(s, Block(), default)));
        var exchange = await Report(w, Seller, Block(kind: AgreedKind.ExchangeForPhysical) with { Leg = OtherLeg.Units, LegReference = "EU 77" });
        Assert.Equal((OtherLeg.Units, "EU 77"), (exchange.Leg, exchange.LegReference));
        Assert.Equal(AgreedState.Settled, (await w.Do(Buyer, s => w.Get<AgreedDesk>().Confirm(s, exchange.Id, PositionEffect.Open, default))).State);
    }

    [Fact]
    public async Task What_is_declined_taken_back_or_not_confirmed_in_time_never_trades()
    {
        await using var w = await Ready();
        var desk = w.Get<AgreedDesk>();
        var (declined, withdrawn, late) = (await Report(w, Seller, Block()), await Report(w, Seller, Block()), await Report(w, Seller, Block()));
        Assert.Equal("input.required", await w.Refused(Buyer, s => desk.Decline(s, declined.Id, " ", default)));
        Assert.Equal("agreed.not-counterparty", await w.Refused(Seller, s => desk.Decline(s, declined.Id, "no", default)));
        Assert.Equal((AgreedState.Declined, "the price is another"), (await w.Do(Buyer, s => desk.Decline(s, declined.Id, "the price is another", default))) is var d ? (d.State, d.Reason) : default);
        Assert.Equal("agreed.not-reporter", await w.Refused(Buyer, s => desk.Withdraw(s, withdrawn.Id, default)));
        Assert.Equal(AgreedState.Withdrawn, (await w.Do(Seller, s => desk.Withdraw(s, withdrawn.Id, default))).State);
        w.Registry.Clock.Now += Duration.FromMinutes(30);
        Assert.Equal("agreed.expired", await w.Refused(Buyer, s => desk.Confirm(s, late.Id, PositionEffect.Open, default)));
        await Tick(w);
        Assert.Equal(AgreedState.Expired, (await w.Do(Buyer, s => desk.Read(s, late.Id, default))).State);
        foreach (var over in new[] { declined, withdrawn, late }) Assert.Equal("agreed.state", await w.Refused(Buyer, s => desk.Confirm(s, over.Id, PositionEffect.Open, default)));
        Assert.Equal(default, Position(w, w.BuyerAccount, Future));
    }

    [Fact]
    public async Task Where_one_side_has_not_what_it_takes_nothing_moves_and_it_is_over()
    {
        await using var w = await Ready();
        var desk = w.Get<AgreedDesk>();
        // Margin of 200 lots is 1.5 million.
        var large = await Report(w, Seller, Block(200_000));
        Assert.Equal("trading.agreed-refused", await w.Refused(Buyer, s => desk.Confirm(s, large.Id, PositionEffect.Open, default)));
        Assert.Equal((AgreedState.Refused, nameof(Code.InsufficientBalance)), await w.Do(Buyer, s => desk.Read(s, large.Id, default)) is var over ? (over.State, over.Code) : default);
        Assert.Equal((100_000_000L, 100_000_000L, 0L), (w.CashOf(w.BuyerAccount), w.CashOf(w.SellerAccount), Position(w, w.BuyerAccount, Future).Long));
        // Nothing is open that could be closed.
        var closing = await Report(w, Seller, Block());
        Assert.Equal("trading.agreed-refused", await w.Refused(Buyer, s => desk.Confirm(s, closing.Id, PositionEffect.Close, default)));
        var stopped = await Report(w, Seller, Block());
        await w.Do(Seller, s => w.Get<TradingAccountHandlers>().Stop(s, w.SellerAccount.Number, true, "pause", default));
        Assert.Equal("agreed.counterparty", await w.Refused(Buyer, s => desk.Confirm(s, stopped.Id, PositionEffect.Open, default)));
        await w.Do(Seller, s => w.Get<TradingAccountHandlers>().Stop(s, w.SellerAccount.Number, false, "over", default));
        await w.Do(Operator, s => w.Get<KillSwitch>().Pull(s, new(KillScope.Account, "M00002", null, "inquiry"), default));
        Assert.Equal("trading.killed", await w.Refused(Buyer, s => desk.Confirm(s, stopped.Id, PositionEffect.Open, default)));
        await w.Do(Operator, s => w.Get<Listing>().Suspend(s, Future, true, "news", default));
        Assert.Equal("trading.not-listed", await w.Refused(Seller, s => desk.Report(s, Block(), default)));
    }

    [Fact]
    public async Task While_the_series_is_closed_nothing_is_confirmed_and_the_report_stands()
    {
        await using var w = await Ready();
        var (desk, floor) = (w.Get<AgreedDesk>(), w.Get<IFloor>());
        var trade = await Report(w, Seller, Block());
        var number = (await w.Get<InstrumentList>().Find(Future, default))!.Number;
        foreach (var phase in new[] { BookPhase.Closed, BookPhase.Halt })
        {
            await floor.Send(FloorCommands.SetPhase(BookId.From(Guid.NewGuid()), number, phase));
            Assert.Equal("agreed.closed", await w.Refused(Buyer, s => desk.Confirm(s, trade.Id, PositionEffect.Open, default)));
            Assert.Equal(AgreedState.Reported, (await w.Do(Buyer, s => desk.Read(s, trade.Id, default))).State);
        }
        await Tick(w);
        Assert.Equal(AgreedState.Settled, (await w.Do(Buyer, s => desk.Confirm(s, trade.Id, PositionEffect.Open, default))).State);
    }

    [Fact]
    public async Task A_trade_the_floor_made_is_settled_though_it_was_thought_refused()
    {
        await using var w = await Ready();
        var trade = await Report(w, Seller, Block());
        trade = await w.Do(Buyer, s => w.Get<AgreedDesk>().Confirm(s, trade.Id, PositionEffect.Open, default));
        await using (var s = w.Registry.Sessions.Open(Actor.System)) await s.Run("update market.agreed_trade set state = 6, code = 'trading.units-missing', trade = null, settled_at = null where id = $1", default, trade.Id);
        await Keep(w);
        var known = await w.Do(Seller, s => w.Get<AgreedDesk>().Read(s, trade.Id, default));
        Assert.Equal((AgreedState.Settled, trade.Trade, (string?)null), (known.State, known.Trade, known.Code));
    }

    [Fact]
    public async Task Who_is_cut_off_between_confirming_and_the_floor_finds_one_trade_made()
    {
        await using var w = await Ready();
        var trade = await Report(w, Seller, Block());
        await using (var s = w.Registry.Sessions.Open(Actor.System))
            await s.Run("update market.agreed_trade set state = 1, counter_effect = 0, confirmed_by = $2, confirmed_at = $3 where id = $1", default, trade.Id, Buyer.PersonId, s.Now);
        await Later(w, Duration.FromSeconds(9));
        Assert.Equal(AgreedState.Confirmed, (await w.Do(Buyer, s => w.Get<AgreedDesk>().Read(s, trade.Id, default))).State);
        await Later(w, Duration.FromSeconds(1));
        var settled = await w.Do(Buyer, s => w.Get<AgreedDesk>().Read(s, trade.Id, default));
        Assert.Equal(AgreedState.Settled, settled.State);
        // The floor did it and nobody wrote it down: the same line again is the same trade.
        await using (var s = w.Registry.Sessions.Open(Actor.System)) await s.Run("update market.agreed_trade set state = 1, trade = null, settled_at = null where id = $1", default, trade.Id);
        await w.Get<AgreedSettlement>().Settle(trade.Id, w.Get<IFloor>(), default);
        Assert.Equal((settled.Trade, 50L), ((await w.Do(Buyer, s => w.Get<AgreedDesk>().Read(s, trade.Id, default))).Trade, Position(w, w.BuyerAccount, Future).Long));
        // And where only the floor's event tells of it.
        await using (var s = w.Registry.Sessions.Open(Actor.System)) await s.Run("update market.agreed_trade set state = 1, trade = null, settled_at = null where id = $1", default, trade.Id);
        await Keep(w);
        Assert.Equal((AgreedState.Settled, settled.Trade), await w.Do(Buyer, s => w.Get<AgreedDesk>().Read(s, trade.Id, default)) is var known ? (known.State, known.Trade) : default);
    }

    [Fact]
    public async Task One_agreed_trade_that_fails_keeps_neither_the_others_nor_the_phases_from_the_hour()
    {
        await using var w = await Ready();
        var (bad, good) = (await Report(w, Seller, Block()), await Report(w, Seller, Block()));
        // A price that is no number of ticks: what should never stand there.
        await using (var s = w.Registry.Sessions.Open(Actor.System))
        {
            await s.Run("update market.agreed_trade set state = 1, counter_effect = 0, confirmed_by = $1, confirmed_at = $2", default, Buyer.PersonId, s.Now);
            await s.Run("update market.agreed_trade set price = 75.005, confirmed_at = confirmed_at - interval '1 second' where id = $1", default, bad.Id);
        }
        var number = (await w.Get<InstrumentList>().Find(Future, default))!.Number;
        await w.Get<IFloor>().Send(FloorCommands.SetPhase(BookId.From(Guid.NewGuid()), number, BookPhase.PreOpen));
        await Later(w, Duration.FromSeconds(10));
        Assert.Equal(AgreedState.Confirmed, (await w.Do(Buyer, s => w.Get<AgreedDesk>().Read(s, bad.Id, default))).State);
        Assert.Equal(AgreedState.Settled, (await w.Do(Buyer, s => w.Get<AgreedDesk>().Read(s, good.Id, default))).State);
        Assert.Equal(BookPhase.Continuous, w.Get<IFloor>().Read(f => f.Instrument(number))!.Phase);
    }

    [Fact]
    public async Task Who_watches_the_book_sees_what_was_agreed_outside_it_as_what_it_is_also_when_it_is_taken_back()
    {
        await using var w = await Ready();
        var reported = await Report(w, Seller, Block());
        var settled = await w.Do(Buyer, s => w.Get<AgreedDesk>().Confirm(s, reported.Id, PositionEffect.Open, default));
        async Task Tell()
        {
            await w.Get<MarketDataService>().CatchUp(w.Get<IFloor>(), default);
            w.Get<PriceFeed>().Pulse();
        }
        await Tell();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        await using var pictures = w.Get<FloorPictures>().Watch(Future, 5, stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await pictures.MoveNextAsync());
        var told = Assert.Single(pictures.Current.Trades);
        Assert.Equal((settled.Trade!.Value, 75.5m, 50_000m, "block"), (told.Trade, told.Price, told.Quantity, told.Agreed));
        await w.Do(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 2000, 75m), default));
        await w.Do(Buyer, s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Buy, 2000, 75m), default));
        await Tell();
        do Assert.True(await pictures.MoveNextAsync()); while (pictures.Current.Trades.Count == 0);
        Assert.Null(Assert.Single(pictures.Current.Trades).Agreed);
        Assert.True((await w.Get<IFloor>().Send(FloorCommands.BustTrade(79, settled.Trade.Value))).Accepted);
        await Tell();
        do Assert.True(await pictures.MoveNextAsync()); while (pictures.Current.TakenBack.Count == 0);
        Assert.Equal(told, Assert.Single(pictures.Current.TakenBack));
    }

    [Fact]
    public async Task What_the_contract_publishes_later_nobody_sees_before_and_what_was_taken_back_never()
    {
        await using var w = await Ready();
        var desk = w.Get<AgreedDesk>();
        var (first, second) = (await Report(w, Seller, Block(kind: AgreedKind.Otc)), await Report(w, Seller, Block(kind: AgreedKind.Otc, price: 76m)));
        Assert.Equal(Morning + Duration.FromMinutes(60), first.ExpiresAt);
        await w.Do(Buyer, s => desk.Confirm(s, first.Id, PositionEffect.Open, default));
        var gone = await w.Do(Buyer, s => desk.Confirm(s, second.Id, PositionEffect.Open, default));
        await Keep(w);
        Assert.Empty(await Tape(w, Future));
        // Who made them has them in his statement all the same, by their number and price.
        var (made, part) = ((await w.Do(Buyer, s => desk.Read(s, first.Id, default))).Trade, (await Statement(w, Buyer, w.BuyerAccount)).Parts.Single(p => p.Asset.StartsWith(Future, StringComparison.Ordinal)));
        Assert.Equal([($"{Future} #{made}", 75.5m), ($"{Future} #{gone.Trade}", 76m)], part.Lines.Select(l => (l.Document, l.Price!.Value)));
        Assert.True((await w.Get<IFloor>().Send(FloorCommands.BustTrade(78, gone.Trade!.Value))).Accepted);
        await Keep(w);
        await using var s = w.Registry.Sessions.Open(Actor.System);
        w.Registry.Clock.Now += Duration.FromMinutes(14);
        Assert.Empty((await w.Get<MarketDataKeeper>().Publish(s, default)).Prints);
        w.Registry.Clock.Now += Duration.FromMinutes(1);
        var published = await w.Get<MarketDataKeeper>().Publish(s, default);
        Assert.Equal((AgreedKind.Otc, 75.5m), Assert.Single(published.Prints) is var p ? (p.Agreed, p.Price) : default);
        Assert.Equal(50, published.Days[Future].ReportedLots);
        Assert.Empty((await w.Get<MarketDataKeeper>().Publish(s, default)).Prints);
        Assert.Equal(75.5m, Assert.Single(await Tape(w, Future)).Price);
    }

    [Fact]
    public async Task A_forward_without_a_book_takes_no_orders_and_its_trades_are_registered()
    {
        const string Forward = "SHCH.SHEAF:2026-05";
        await using var w = await Ready(Forward, 40m, at: Instant.FromUtc(2026, 3, 4, 3, 0), currency: "CNY");
        Assert.Equal("trading.not-on-book", await w.Refused(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Forward, Side.Sell, 100, 40m), default)));
        Assert.Equal("agreed.kind", await w.Refused(Seller, s => w.Get<AgreedDesk>().Report(s, new(AgreedKind.Block, Forward, Side.Sell, null, "M00002", 40m, 100), default)));
        var trade = await Report(w, Seller, new(AgreedKind.Otc, Forward, Side.Sell, null, "M00002", 40.5m, 10_000));
        Assert.Equal(AgreedState.Settled, (await w.Do(Buyer, s => w.Get<AgreedDesk>().Confirm(s, trade.Id, PositionEffect.Open, default))).State);
        Assert.Equal((100L, 100L), (Position(w, w.BuyerAccount, Forward).Long, Position(w, w.SellerAccount, Forward).Short));
        // Fifteen per cent of 40 for each of 10,000 units.
        Assert.Equal(94_000_000L, w.CashOf(w.BuyerAccount, "CNY"));
    }

    [Fact]
    public void A_position_limit_holds_for_what_grows_and_never_for_what_shrinks()
    {
        var contracts = ContractSet.Of(RulePacks.Open(Testing.Checkout.Path("data")));
        var old = contracts.Find("NCDEX.CER")!;
        Assert.Equal((66_000L, 11_000L), (PositionLimits.Most(old, AccountKind.House, new(2009, 1, 5), null, () => 0), PositionLimits.Most(old, AccountKind.Client, new(2009, 1, 5), null, () => 0)));
        Assert.Null(PositionLimits.Most(contracts.Find("ICE.EUA")!, AccountKind.House, new(2026, 3, 3), null, () => 0));
        // Unknown is no limit of nothing.
        Assert.Null(PositionLimits.Most(contracts.Find("SHFE.AD")!, AccountKind.Client, new(2026, 3, 3), null, () => 0));
        var random = new Random(20260303);
        for (var i = 0; i < 2_000; i++)
        {
            var position = new PositionView(random.Next(50), random.Next(50), 0, 0, random.Next(20), random.Next(20));
            var (side, lots, most) = (random.Next(2) == 0 ? Side.Buy : Side.Sell, random.Next(1, 60), random.Next(0, 60));
            var after = side == Side.Buy ? position.Net + lots : position.Net - lots;
            var refused = AgreedRules.Position(most, position, side, lots, "M00001") is not null;
            if (Math.Abs(after) > most && Math.Abs(after) > Math.Abs(position.Net)) Assert.True(refused, $"{position} {side} {lots} within {most}");
            if (Math.Abs(after) <= Math.Abs(position.Net)) Assert.False(refused, $"{position} {side} {lots} within {most}");
        }
    }
}
