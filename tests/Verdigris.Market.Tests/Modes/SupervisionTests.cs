using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Modes;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests.Modes;

public sealed class SupervisionTests
{
    [Fact]
    public async Task A_kill_switch_ends_orders_at_once_and_two_people_release_it()
    {
        await using var w = await Ready();
        var (kills, desk, floor) = (w.Get<KillSwitch>(), w.Get<OrderDesk>(), w.Get<IFloor>());
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 3000, 75.5m), default));
        Assert.Equal("access.role-needed", await w.Refused(Clerk, s => kills.Pull(s, new(KillScope.Account, "M00001", null, "inquiry"), default)));
        Assert.Equal("input.required", await w.Refused(Operator, s => kills.Pull(s, new(KillScope.Account, "M00001", null, ""), default)));
        Assert.Equal("trading.not-found", await w.Refused(Operator, s => kills.Pull(s, new(KillScope.Account, "M00099", null, "inquiry"), default)));
        Assert.Equal("trading.not-found", await w.Refused(Buyer, s => kills.Pull(s, new(KillScope.Account, "M00001", null, "a rival"), default)));
        Assert.Equal("fix.not-found", await w.Refused(Operator, s => kills.Pull(s, new(KillScope.FixSession, null, "NOBODY", "inquiry"), default)));
        var kill = await w.Do(Operator, s => kills.Pull(s, new(KillScope.Account, "M00001", null, "inquiry"), default));
        Assert.Equal((1L, true), (kill.Ended, kill.ByExchange));
        Assert.True(floor.Read(f => f.Trader(w.SellerAccount.Number))!.Killed);
        Assert.Empty(await w.Do(Seller, s => desk.Live(s, null, null, default)));
        var refused = await w.Registry.Try(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
        Assert.Equal(("trading.killed", "inquiry"), (refused.Refusals[0].Code, refused.Refusals[0].Args!["reason"]));
        Assert.Equal("supervision.killed-already", await w.Refused(Operator2, s => kills.Pull(s, new(KillScope.Account, "M00001", null, "again"), default)));
        // Stopped and let go on, it is still killed.
        await w.Do(Seller, s => w.Get<TradingAccountHandlers>().Stop(s, w.SellerAccount.Number, true, "pause", default));
        await w.Do(Seller, s => w.Get<TradingAccountHandlers>().Stop(s, w.SellerAccount.Number, false, "over", default));
        Assert.True(floor.Read(f => f.Trader(w.SellerAccount.Number))!.Killed);
        Assert.Equal("trading.stopped-by-exchange", await w.Refused(Seller, s => kills.Release(s, kill.Id, "we are sorry", default)));
        var asked = await w.Do(Operator, s => kills.Release(s, kill.Id, "it was an error of ours", default));
        Assert.NotNull(asked.TaskId);
        Assert.Equal("supervision.kill-state", await w.Refused(Operator2, s => kills.Release(s, kill.Id, "again", default)));
        Assert.Equal("approval.same-person", await w.Refused(Operator, s => w.Get<Approvals>().Decide(s, asked.TaskId!.Value, true, null, default)));
        Assert.Equal("trading.killed", await w.Refused(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default)));
        await w.Registry.DecideTask(Operator2, asked.TaskId!.Value, approve: false);
        Assert.Null((await w.Do(Operator, s => Wrap(kills.List(s, default))))[0].TaskId);
        var again = await w.Do(Operator, s => kills.Release(s, kill.Id, "it is over", default));
        await w.Registry.DecideTask(Operator2, again.TaskId!.Value);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
        Assert.Equal("supervision.kill-state", await w.Refused(Operator, s => kills.Release(s, kill.Id, "again", default)));
        var log = await w.Registry.All(Seller, s => w.Get<SupervisionDesk>().Log(s, null, 50, default));
        Assert.Equal(["released", "release-asked", "release-asked", "killed"], log.Select(e => e.Act));
        Assert.Empty(await w.Registry.All(Buyer, s => w.Get<SupervisionDesk>().Log(s, null, 50, default)));
    }

    [Fact]
    public async Task A_member_kills_all_its_own_trading_and_only_two_of_its_own_people_let_it_go_on()
    {
        await using var w = await Ready();
        var (kills, desk) = (w.Get<KillSwitch>(), w.Get<OrderDesk>());
        var second = await w.Account(Seller, "Nordvik clients");
        await w.PayIn(second, 100_000m);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m, account: "M00001"), default));
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 76m, account: second.Code), default));
        var kill = await w.Do(Seller, s => kills.Pull(s, new(KillScope.Member, "M00001", null, "our program ran wild"), default));
        Assert.Equal((2L, false), (kill.Ended, kill.ByExchange));
        foreach (var account in new[] { "M00001", second.Code }) Assert.Equal("trading.killed", await w.Refused(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m, account: account), default)));
        // An account opened afterwards is of the member too.
        var third = await w.Account(Seller, "Nordvik third");
        Assert.Equal("trading.killed", await w.Refused(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m, account: third.Code), default)));
        await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 1000, 74m), default));
        Assert.Equal("supervision.kill-of-member", await w.Refused(Operator, s => kills.Release(s, kill.Id, "go on", default)));
        Assert.Equal("supervision.kill-unknown", await w.Refused(Buyer, s => kills.Release(s, kill.Id, "go on", default)));
        // The exchange holds one of the accounts besides: that one stays.
        await w.Do(Operator, s => kills.Pull(s, new(KillScope.Account, second.Code, null, "inquiry"), default));
        var asked = await w.Do(Seller, s => kills.Release(s, kill.Id, "mended", default));
        Assert.Equal("approval.same-person", await w.Refused(Seller, s => w.Get<Approvals>().Decide(s, asked.TaskId!.Value, true, null, default)));
        await w.Registry.DecideTask(Seller2, asked.TaskId!.Value);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m, account: "M00001"), default));
        Assert.Equal("trading.killed", await w.Refused(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 76m, account: second.Code), default)));
        Assert.True(w.Get<IFloor>().Read(f => f.Trader(second.Number))!.Killed);
        Assert.False(w.Get<IFloor>().Read(f => f.Trader(w.SellerAccount.Number))!.Killed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exchange_and_member_each_pull_their_own_switch_and_the_account_trades_again_once_both_are_released(bool exchangeFirst)
    {
        await using var w = await Ready();
        var (kills, floor) = (w.Get<KillSwitch>(), w.Get<IFloor>());
        await w.Do(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
        (Actor First, Actor Second) exchange = (Operator, Operator2), member = (Seller, Seller2);
        var order = exchangeFirst ? new[] { exchange, member } : [member, exchange];
        var pulled = new List<TradingKill>();
        foreach (var side in order) pulled.Add(await w.Do(side.First, s => kills.Pull(s, new(KillScope.Account, "M00001", null, "inquiry"), default)));
        foreach (var side in order) Assert.Equal("supervision.killed-already", await w.Refused(side.First, s => kills.Pull(s, new(KillScope.Account, "M00001", null, "again"), default)));
        Assert.Equal([1L, 0L], pulled.Select(k => k.Ended));
        for (var i = 0; i < 2; i++)
        {
            Assert.True(floor.Read(f => f.Trader(w.SellerAccount.Number))!.Killed);
            Assert.Equal("trading.killed", await w.Refused(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default)));
            var asked = await w.Do(order[i].First, s => kills.Release(s, pulled[i].Id, "over", default));
            await w.Registry.DecideTask(order[i].Second, asked.TaskId!.Value);
        }
        Assert.False(floor.Read(f => f.Trader(w.SellerAccount.Number))!.Killed);
        await w.Do(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
    }

    [Fact]
    public async Task A_suspended_member_has_no_orders_left_and_only_closes_what_is_open()
    {
        await using var w = await Ready();
        var (desk, members, floor) = (w.Get<OrderDesk>(), w.Get<MemberHandlers>(), w.Get<IFloor>());
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 2000, 75.5m), default));
        await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 2000, 75.5m), default));
        foreach (var price in new[] { 75.5m, 76m }) await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, price), default));
        var member = (await w.Registry.All(Seller, s => members.List(s, null, default))).Single();
        await w.Do(Operator, s => members.Set(s, member.Id, MemberState.Suspended, "inquiry", default));
        Assert.Empty(await w.Do(Seller, s => desk.Live(s, null, null, default)));
        Assert.Equal("member.not-active", await w.Refused(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default)));
        // Two lots short may be bought back, in smaller and larger pieces, and no more.
        var closing = (await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Buy, 1000, 74m, effect: PositionEffect.Close), default))).Order;
        Assert.Equal("trading.refused", await w.Refused(Seller, s => desk.Enter(s, Order(Future, Side.Buy, 2000, 74m, effect: PositionEffect.Close), default)));
        await w.Do(Seller, s => desk.Replace(s, new(BookId.From(Guid.NewGuid()), BookId.From(Guid.NewGuid()), 0, closing, 2000, 74.5m), default));
        // One that was on its way when the member was suspended.
        var number = (await w.Get<InstrumentList>().Find(Future, default))!.Number;
        var slipped = await floor.Send(FloorCommands.NewOrder(BookId.From(Guid.NewGuid()), number, w.SellerAccount.Number, Side.Sell, 3, 7_600));
        Assert.True(slipped.Accepted);
        DeskReplacement To(decimal quantity, decimal? price) => new(BookId.From(Guid.NewGuid()), BookId.From(Guid.NewGuid()), 0, slipped.Order, quantity, price);
        Assert.Equal("member.not-active", await w.Refused(Seller, s => desk.Replace(s, To(4000, null), default)));
        Assert.Equal("member.not-active", await w.Refused(Seller, s => desk.Replace(s, To(3000, 75.9m), default)));
        await w.Do(Seller, s => desk.Replace(s, To(2000, 76m), default));
        await Later(w, Duration.FromMinutes(1));
        Assert.Equal(closing, Assert.Single(await w.Do(Seller, s => desk.Live(s, null, null, default))).Order);
        await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Sell, 2000, 74.5m, effect: PositionEffect.Close), default));
        Assert.Equal((0L, 0L), (Position(w, w.SellerAccount, Future).Short, Position(w, w.BuyerAccount, Future).Long));
        await w.Do(Operator, s => members.Propose(s, member.Id, default));
        await Approve(w, Operator2, member.Id);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
    }

    [Fact]
    public async Task While_a_switch_holds_an_order_is_only_made_smaller()
    {
        await using var w = await Ready();
        var desk = w.Get<OrderDesk>();
        var order = (await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 3000, 75.5m), default))).Order;
        DeskReplacement To(decimal quantity, decimal? price) => new(BookId.From(Guid.NewGuid()), BookId.From(Guid.NewGuid()), 0, order, quantity, price);
        // The row stands and the floor has not heard of it yet.
        await using (var s = w.Registry.Sessions.Open(Actor.System))
            await s.Run("insert into market.trading_kill (id, scope, organisation_id, account, by_exchange, reason, killed_by, killed_by_name, killed_at) values (gen_random_uuid(), 1, $1, $2, true, 'inquiry', $3, 'Operator', $4)", default, Seller.OrganisationId, w.SellerAccount.Number, Operator.PersonId, s.Now);
        w.Get<DeskAccess>().Forget(Seller.OrganisationId);
        Assert.Equal("trading.killed", await w.Refused(Seller, s => desk.Replace(s, To(4000, null), default)));
        Assert.Equal("trading.killed", await w.Refused(Seller, s => desk.Replace(s, To(2000, 75.4m), default)));
        await w.Do(Seller, s => desk.Replace(s, To(2000, 75.5m), default));
        Assert.Equal(2000m, Assert.Single(await w.Do(Seller, s => desk.Live(s, null, null, default))).Quantity);
    }

    [Fact]
    public async Task A_number_that_stands_for_nothing_is_refused_with_its_field()
    {
        await using var w = await Ready();
        async Task Unknown<T>(string field, Func<DbSession, Task<Answer<T>>> work)
        {
            var refusal = (await w.Registry.Try(Seller, work)).Refusals[0];
            Assert.Equal(("trading.choice-unknown", field), (refusal.Code, refusal.Field));
        }
        await Unknown("scope", s => w.Get<KillSwitch>().Pull(s, new((KillScope)7, "M00001", null, "inquiry"), default));
        await Unknown("type", s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 1000, 75.5m) with { Type = (OrderType)9 }, default));
        await Unknown("timeInForce", s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 1000, 75.5m, (TimeInForce)77), default));
        await Unknown("effect", s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 1000, 75.5m, effect: (PositionEffect)5), default));
        await Unknown("side", s => w.Get<OrderDesk>().CancelAll(s, null, null, (Side)3, default));
        await Unknown("kind", s => w.Get<TradingAccountHandlers>().Open(s, new("Third", (AccountKind)9), default));
        await Unknown("selfTrade", s => w.Get<TradingAccountHandlers>().SetLimits(s, w.SellerAccount.Number, new((Members.SelfTrade)9, null, null), default));
    }

    [Fact]
    public async Task A_trade_is_taken_back_by_two_people_while_its_time_lasts_and_both_sides_hear_of_it()
    {
        await using var w = await Ready();
        var (desk, busts) = (w.Get<OrderDesk>(), w.Get<BustDesk>());
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 2000, 75.5m), default));
        await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 2000, 75.5m), default));
        await Keep(w);
        var trade = Assert.Single(await w.Registry.All(Operator, s => busts.Young(s, default))).Trade;
        Assert.Empty(await w.Registry.All(Buyer, s => busts.Young(s, default)));
        Assert.Equal("access.role-needed", await w.Refused(Buyer, s => busts.Propose(s, trade, "a slip", default)));
        Assert.Equal("supervision.trade-unknown", await w.Refused(Operator, s => busts.Propose(s, trade + 77, "a slip", default)));
        var proposed = await w.Do(Operator, s => busts.Propose(s, trade, "price typed wrong by both", default));
        Assert.Equal("supervision.busted-already", await w.Refused(Operator2, s => busts.Propose(s, trade, "again", default)));
        Assert.Equal("approval.same-person", await w.Refused(Operator, s => w.Get<Approvals>().Decide(s, proposed.TaskId!.Value, true, null, default)));
        Assert.Equal(2, Position(w, w.BuyerAccount, Future).Long);
        await w.Registry.DecideTask(Operator2, proposed.TaskId!.Value);
        Assert.Equal((0L, 0L, 100_000_000L, 100_000_000L), (Position(w, w.BuyerAccount, Future).Long, Position(w, w.SellerAccount, Future).Short, w.CashOf(w.BuyerAccount), w.CashOf(w.SellerAccount)));
        await Keep(w);
        Assert.True(Assert.Single(await Tape(w, Future)).Busted);
        Assert.Equal(BustState.Done, Assert.Single(await w.Registry.All(Buyer, s => busts.List(s, default))).State);
        await using (var s = w.Registry.Sessions.Open(Actor.System))
            Assert.Equal(2, await s.Value<int>("select count(*)::int from storage.outbox_event where payload->>'textKey' = 'market.notice.supervision.busted'", default));
        // An agreed one is marked at its own place, and one turned down stands.
        var agreed = await Report(w, Seller, new(AgreedKind.Block, Future, Side.Sell, null, "M00002", 75m, 50_000));
        agreed = await w.Do(Buyer, s => w.Get<AgreedDesk>().Confirm(s, agreed.Id, PositionEffect.Open, default));
        var no = await w.Do(Operator, s => busts.Propose(s, agreed.Trade!.Value, "asked by one side", default));
        await w.Registry.DecideTask(Operator2, no.TaskId!.Value, approve: false);
        Assert.Equal(50, Position(w, w.BuyerAccount, Future).Long);
        var yes = await w.Do(Operator, s => busts.Propose(s, agreed.Trade!.Value, "asked by both sides", default));
        await w.Registry.DecideTask(Operator2, yes.TaskId!.Value);
        Assert.Equal((AgreedState.TakenBack, 0L), ((await w.Do(Buyer, s => w.Get<AgreedDesk>().Read(s, agreed.Id, default))).State, Position(w, w.BuyerAccount, Future).Long));
    }

    [Fact]
    public async Task A_trade_too_old_is_not_taken_back_neither_when_proposed_nor_when_decided()
    {
        await using var w = await Ready();
        var (desk, busts) = (w.Get<OrderDesk>(), w.Get<BustDesk>());
        foreach (var _ in new[] { 1, 2 })
        {
            await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
            await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 1000, 75.5m), default));
        }
        await Keep(w);
        var trades = await w.Registry.All(Operator, s => busts.Young(s, default));
        var slow = await w.Do(Operator, s => busts.Propose(s, trades[0].Trade, "a slip", default));
        w.Registry.Clock.Now += Duration.FromMinutes(16);
        Assert.Equal("supervision.bust-late", await w.Refused(Operator, s => busts.Propose(s, trades[1].Trade, "a slip", default)));
        Assert.Equal("trading.bust-refused", await w.Refused(Operator2, s => w.Get<Approvals>().Decide(s, slow.TaskId!.Value, true, null, default)));
        Assert.Equal(2, Position(w, w.BuyerAccount, Future).Long);
        Assert.Equal(BustState.Proposed, Assert.Single(await w.Registry.All(Operator, s => busts.List(s, default))).State);
    }

    [Fact]
    public async Task Who_is_cut_off_after_pulling_or_releasing_a_kill_switch_leaves_nothing_trading_and_nothing_held()
    {
        await using var w = await Ready();
        var (desk, floor) = (w.Get<OrderDesk>(), w.Get<IFloor>());
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
        // The row stands and the floor never heard of it.
        await using (var s = w.Registry.Sessions.Open(Actor.System))
            await s.Run("insert into market.trading_kill (id, scope, organisation_id, account, by_exchange, reason, killed_by, killed_by_name, killed_at) values (gen_random_uuid(), 1, $1, $2, true, 'inquiry', $3, 'Operator', $4)", default, Seller.OrganisationId, w.SellerAccount.Number, Operator.PersonId, s.Now);
        await Later(w, Duration.FromSeconds(9));
        Assert.Single(await w.Do(Seller, s => desk.Live(s, null, null, default)));
        await Later(w, Duration.FromSeconds(1));
        Assert.Empty(await w.Do(Seller, s => desk.Live(s, null, null, default)));
        Assert.True(floor.Read(f => f.Trader(w.SellerAccount.Number))!.Killed);
        await using (var s = w.Registry.Sessions.Open(Actor.System))
            await s.Run("update market.trading_kill set released_by = $1, released_at = $2", default, Operator2.PersonId, s.Now);
        await Later(w, Duration.FromMinutes(1));
        Assert.False(floor.Read(f => f.Trader(w.SellerAccount.Number))!.Killed);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
    }

    [Fact]
    public async Task Who_is_cut_off_after_a_trade_was_taken_back_finds_it_so_and_nobody_turns_it_down_any_more()
    {
        await using var w = await Ready();
        var (busts, agreedDesk, floor) = (w.Get<BustDesk>(), w.Get<AgreedDesk>(), w.Get<IFloor>());
        var trade = await Report(w, Seller, new(AgreedKind.Block, Future, Side.Sell, null, "M00002", 75m, 50_000));
        trade = await w.Do(Buyer, s => agreedDesk.Confirm(s, trade.Id, PositionEffect.Open, default));
        var bust = await w.Do(Operator, s => busts.Propose(s, trade.Trade!.Value, "both asked", default));
        // The second operator approved, the floor did it, and then the server fell.
        Assert.True((await floor.Send(FloorCommands.BustTrade(BookDefinitions.IdOf($"market/bust/{bust.Id}"), trade.Trade!.Value, BookId.From(Operator2.PersonId)))).Accepted);
        await Keep(w);
        Assert.Equal(AgreedState.TakenBack, (await w.Do(Seller, s => agreedDesk.Read(s, trade.Id, default))).State);
        Assert.Equal("supervision.bust-done", await w.Refused(Operator2, s => w.Get<Approvals>().Decide(s, bust.TaskId!.Value, false, "no longer", default)));
        w.Registry.Clock.Now += Duration.FromMinutes(20);
        Assert.Equal("approval.same-person", await w.Refused(Operator, s => w.Get<Approvals>().Decide(s, bust.TaskId!.Value, true, null, default)));
        await w.Registry.DecideTask(Operator2, bust.TaskId!.Value);
        Assert.Equal(BustState.Done, Assert.Single(await w.Registry.All(Operator, s => busts.List(s, default))).State);
        Assert.Equal((0L, 100_000_000L, 100_000_000L), (Position(w, w.BuyerAccount, Future).Long, w.CashOf(w.BuyerAccount), w.CashOf(w.SellerAccount)));
        // That it was settled is heard of only now: it stays taken back.
        await using var s = w.Registry.Sessions.Open(Actor.System);
        await s.Run("update market.agreed_trade set state = 1, trade = null, settled_at = null where id = $1", default, trade.Id);
        await w.Get<AgreedSettlement>().Settle(trade.Id, floor, default);
        Assert.Equal(AgreedState.TakenBack, (await w.Do(Seller, s => agreedDesk.Read(s, trade.Id, default))).State);
    }

    [Fact]
    public async Task A_trade_outside_the_contracts_band_interrupts_trading_for_the_contracts_time()
    {
        await using var w = await Ready();
        var desk = w.Get<OrderDesk>();
        SeriesState State() => w.Do(Operator, s => w.Get<SupervisionDesk>().States(s, default)).GetAwaiter().GetResult().Single();
        var before = State();
        Assert.Equal((BookPhase.Continuous, 3.75m, 5, 50L, true), (before.Phase, before.Band, before.InterruptionMinutes, before.BlockLots, before.OnBook));
        Assert.Null(before.Low);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 80m), default));
        var entered = await w.Do(Buyer, s => desk.Enter(s, Order(Future, Side.Buy, 1000, 80m), default));
        Assert.Equal((0L, BookPhase.Interruption), (entered.Traded, State().Phase));
        await Tick(w);
        Assert.Equal(Morning + Duration.FromMinutes(5), State().InterruptedUntil);
        await Later(w, Duration.FromMinutes(4));
        Assert.Equal(BookPhase.Interruption, State().Phase);
        await Later(w, Duration.FromMinutes(1));
        // The book found one price for what was collected.
        Assert.Equal((BookPhase.Continuous, 1L), (State().Phase, Position(w, w.BuyerAccount, Future).Long));
        Assert.Null(State().InterruptedUntil);
        Assert.Equal("access.role-needed", await w.Refused(Buyer, s => w.Get<SupervisionDesk>().Interrupt(s, Future, "why not", default)));
        Assert.Equal("trading.not-listed", await w.Refused(Operator, s => w.Get<SupervisionDesk>().Interrupt(s, Spot, "news", default)));
        var stopped = await w.Do(Operator, s => w.Get<SupervisionDesk>().Interrupt(s, Future, "news", default));
        Assert.Equal((BookPhase.Interruption, w.Registry.Clock.Now + Duration.FromMinutes(5)), (stopped.Phase, stopped.InterruptedUntil));
        Assert.Equal("supervision.not-continuous", await w.Refused(Operator, s => w.Get<SupervisionDesk>().Interrupt(s, Future, "news", default)));
        await Later(w, Duration.FromMinutes(5));
        Assert.Equal(BookPhase.Continuous, State().Phase);
        await w.Do(Operator, s => w.Get<SupervisionDesk>().Halt(s, Future, true, "rumours", default));
        await Tick(w);
        Assert.Equal((BookPhase.Halt, "rumours"), (State().Phase, State().Reason));
        await Later(w, Duration.FromMinutes(30));
        Assert.Equal(BookPhase.Halt, State().Phase);
        await w.Do(Operator, s => w.Get<SupervisionDesk>().Halt(s, Future, false, "cleared up", default));
        await Tick(w);
        Assert.Equal(BookPhase.Continuous, State().Phase);
        Assert.Equal(["resumed", "halted", "interrupted"], (await w.Registry.All(Operator, s => w.Get<SupervisionDesk>().Log(s, null, 10, default))).Select(e => e.Act));
    }

    [Fact]
    public async Task The_exchange_ends_the_orders_of_an_account_which_goes_on_trading()
    {
        await using var w = await Ready();
        var desk = w.Get<OrderDesk>();
        foreach (var price in new[] { 75.5m, 76m }) await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, price), default));
        Assert.Equal("trading.not-found", await w.Refused(Buyer, s => w.Get<SupervisionDesk>().CancelOrders(s, "M00001", "a rival", default)));
        Assert.Equal("input.required", await w.Refused(Operator, s => w.Get<SupervisionDesk>().CancelOrders(s, "M00001", null, default)));
        Assert.Equal(2, (await w.Do(Operator, s => w.Get<SupervisionDesk>().CancelOrders(s, "M00001", "prices typed wrong", default))).Order);
        await w.Do(Seller, s => desk.Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
        Assert.Single(await w.Do(Seller, s => desk.Live(s, null, null, default)));
    }

    [Fact]
    public async Task Who_hangs_up_once_the_floor_has_done_it_leaves_it_in_the_log()
    {
        await using var w = await Ready();
        await w.Do(Seller, s => w.Get<OrderDesk>().Enter(s, Order(Future, Side.Sell, 1000, 75.5m), default));
        async Task HangUp<T>(Func<SupervisionDesk, DbSession, CancellationToken, Task<Answer<T>>> work)
        {
            using var gone = new CancellationTokenSource();
            var desk = new SupervisionDesk(w.Get<ContractSet>(), w.Get<InstrumentList>(), w.Get<Listing>(), w.Get<SessionClock>(), w.Get<TradingModes>(), new Gone(w.Get<IFloor>(), gone));
            await w.Do(Operator, s => work(desk, s, gone.Token));
            Assert.True(gone.IsCancellationRequested);
        }
        await HangUp((d, s, ct) => d.CancelOrders(s, "M00001", "prices typed wrong", ct));
        await HangUp((d, s, ct) => d.Interrupt(s, Future, "news", ct));
        Assert.Equal(["interrupted", "orders-cancelled"], (await w.Registry.All(Operator, s => w.Get<SupervisionDesk>().Log(s, null, 10, default))).Select(e => e.Act));
        await Later(w, Duration.FromMinutes(5));
        Assert.Equal(BookPhase.Continuous, (await w.Do(Operator, s => w.Get<SupervisionDesk>().States(s, default))).Single().Phase);
    }

    /// <summary>A floor whose caller is gone the moment it has done a line.</summary>
    sealed class Gone(IFloor floor, CancellationTokenSource caller) : IFloor, IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(IFloor) ? this : null;

        public ValueTask<FloorAnswer> Send(in FloorCommand command) => Done(floor.Send(command));

        public ValueTask<FloorAnswer[]> Send(ReadOnlyMemory<FloorCommand> commands) => Done(floor.Send(commands));

        public T Read<T>(Func<IFloorState, T> query) => floor.Read(query);

        public FloorSubscription Subscribe(long from = 0, int capacity = 65_536) => floor.Subscribe(from, capacity);

        async ValueTask<T> Done<T>(ValueTask<T> sent)
        {
            var answer = await sent;
            await caller.CancelAsync();
            return answer;
        }
    }

    static async Task<Answer<List<T>>> Wrap<T>(Task<List<T>> list) => await list;
}
