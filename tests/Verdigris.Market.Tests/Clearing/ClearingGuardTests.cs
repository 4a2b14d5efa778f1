using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Members;
using Verdigris.Primitives;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>One member who leaves, has no money or changes its mind does not stop the others, and does not learn of them what is not its business.</summary>
public sealed class ClearingGuardTests
{
    static readonly LocalDate Monday = new(2026, 3, 9);
    const string Eua = "ICE.EUA:2026-12", March = "ICE.EUA:2026-03";

    [Fact]
    public async Task An_account_that_still_owes_the_loss_of_the_day_stays_open_and_one_that_is_closed_is_found_all_the_same()
    {
        await using var w = await ClearingWorld.Open(3, Monday);
        await w.Pay(1, 100_000_00);
        await w.Trade(Eua, 0, 1, 80m, 1, new(10, 0));
        await w.Trade(Eua, 1, 0, 75m, 1);
        // Both lots go back, as the floor does where an order closes: it holds nothing in the Book and has lost five thousand.
        var series = await w.Series(Eua);
        foreach (var (asset, id) in new[] { (series.Long, 901), (series.Short, 903) })
            for (var i = 0; i < 2; i++)
                await w.Send(Commands.Transfer((UInt128)(id + i), MarketBook.PositionClose, asset, w.Accounts[i].Positions, MarketBook.PositionIssuer, 1));
        var (code, number) = (w.Accounts[0].Code, w.Accounts[0].Number);
        Task<string> Closed() => w.Refused(ClearingWorld.Trader(0), s => w.Get<TradingAccountHandlers>().Close(s, number, default));
        Assert.Equal("trading.not-cleared", await Closed());
        // Whatever became of the account, the day says who owes what.
        await w.Sql<long>("update market.trading_account set state = 3 where number = $1 returning number", number);
        var waiting = (await w.Try()).Value.Day;
        Assert.Equal((ClearingStep.Variation, "clearing.shortfall", code), (waiting.Step, waiting.Waiting.Single().Code, waiting.Waiting.Single().Args!["account"]));
        await w.Sql<long>("update market.trading_account set state = 1 where number = $1 returning number", number);
        Assert.Equal("trading.not-cleared", await Closed());
        await w.Pay(0, 5_000_00);
        await w.Clear();
        Assert.Equal(105_000_00, w.Cash(1) + w.Margin(1));
        Assert.Equal(TradingState.Closed, (await w.Do(ClearingWorld.Trader(0), s => w.Get<TradingAccountHandlers>().Close(s, number, default))).State);
        w.Evening(Monday.PlusDays(1));
        await w.Clear();
    }

    [Fact]
    public async Task Who_has_not_got_how_much_only_the_exchange_is_told()
    {
        await using var w = await ClearingWorld.Open(3, Monday);
        await w.Pay(0, 100_000_00);
        await w.Trade(Eua, 0, 1, 74m, 5, new(10, 0));
        await w.Trade(Eua, 0, 2, 75m, 1);
        await w.Try();
        foreach (var actor in new[] { ClearingWorld.Trader(0), ClearingWorld.Trader(1) })
            await w.Do<int>(actor, async s =>
            {
                var (read, listed) = ((await ClearingPipeline.Read(s, Monday, default))!.Day, (await ClearingPipeline.List(s, 10, default)).Single());
                Assert.All([read, listed], d => Assert.Equal(("clearing.shortfall", null), (d.Waiting.Single().Code, d.Waiting.Single().Args)));
                return 0;
            });
        foreach (var role in new[] { Role.ClearingOfficer, Role.MarketOperator, Role.ExchangeStaff })
            await w.Do<int>(ClearingWorld.Clerk with { Roles = new HashSet<string> { role } }, async s =>
            {
                Assert.Equal(w.Accounts[1].Code, (await ClearingPipeline.Read(s, Monday, default))!.Day.Waiting[0].Args!["account"]);
                Assert.Equal("5000", (await ClearingPipeline.List(s, 10, default)).Single().Waiting[0].Args!["amount"]);
                return 0;
            });
    }

    [Theory]
    [InlineData("units")]
    [InlineData("warrants")]
    public async Task A_seller_does_not_fail_while_the_buyer_has_not_got_the_money(string kind)
    {
        var end = new LocalDate(2026, 3, 23);
        await using var w = await ClearingWorld.Open(2, end);
        await w.Pay(0, 20_000_00);
        await w.Pay(1, 20_000_00);
        await w.Give(1, "eu-ets", "EUA", 1_000);
        await w.Trade(March, 0, 1, 70m, 1);
        await w.Clear();
        var id = await w.Sql<Guid>("update market.delivery set kind = $1 returning id", kind);
        async Task<Delivery> Now() => (await w.Registry.All(Actor.System, s => Delivery.Find(s, id, default)))!;
        var due = (await Now()).DueOn;
        // Again the next evening: it stays due, and is told once.
        for (var i = 0; i < 2; i++)
        {
            w.Evening(due.PlusDays(i));
            await w.Clear();
            Assert.Equal((DeliveryState.Due, "delivery.buyer-short"), ((await Now()).State, (await Now()).Code));
        }
        Assert.Equal(1L, await w.Sql<long>("select count(*) from storage.audit_event where action = 'market-delivery.unpaid'"));
        await w.Pay(0, 60_000_00);
        w.Evening(due.PlusDays(4));
        await w.Clear();
        if (kind == "units") Assert.Equal((DeliveryState.Settled, null), ((await Now()).State, (await Now()).Code));
        else
        {
            // He could not choose while there was no money; now he has a day, and then he fails.
            Assert.Equal((DeliveryState.Due, null, due.PlusDays(5)), ((await Now()).State, (await Now()).Code, (await Now()).DueOn));
            w.Evening(due.PlusDays(5));
            await w.Clear();
            Assert.Equal(DeliveryState.Failed, (await Now()).State);
        }
    }

    /// <summary>The fourth of four has units; the first bought a lot of the second, who has none on the day of delivery.</summary>
    static async Task<ClearingWorld> DeliveryFailed()
    {
        var w = await ClearingWorld.Open(4, new LocalDate(2026, 3, 23));
        for (var i = 0; i < 4; i++) await w.Pay(i, 200_000_00);
        await w.Give(3, "eu-ets", "EUA", 1_000);
        await w.Trade(March, 0, 1, 70m, 1);
        await w.Clear();
        w.Evening(LocalDate.FromDateOnly(await w.Sql<DateOnly>("select due_on from market.delivery")));
        await w.Clear();
        return w;
    }

    [Fact]
    public async Task A_buy_in_that_cannot_be_carried_out_gives_way_to_another()
    {
        await using var w = await DeliveryFailed();
        var id = await w.Sql<Guid>("select id from market.delivery");
        Task<BuyIn> From(int helper, decimal price) => w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, price, w.Accounts[helper].Code, "in his place", default));
        async Task<IEnumerable<(decimal, string)>> Stand() => (await w.Registry.All(ClearingWorld.Clerk, s => BuyIns.Of(s, id, default))).Select(b => (b.Price, b.State)).Order();
        var first = await From(2, 71m);
        await w.Decide(first.Id);
        await w.Agree(first.Id);
        Assert.Equal("contract.too-few-deliverable", await w.Sql<string>("select code from market.delivery where state = 4"));
        // What is turned down leaves the accepted one; what is accepted replaces it.
        await w.Decide((await From(3, 90m)).Id, approve: false);
        var second = await From(3, 72m);
        Assert.Equal("delivery.proposed", await w.Refused(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, 73m, w.Accounts[3].Code, "again", default)));
        Assert.Equal([(71m, "accepted"), (72m, "proposed"), (90m, "rejected")], await Stand());
        await w.Decide(second.Id);
        await w.Agree(second.Id);
        Assert.Equal([(71m, "replaced"), (72m, "accepted"), (90m, "rejected")], await Stand());
        Assert.Equal((long)DeliveryState.BoughtIn, await w.Sql<long>("select state::bigint from market.delivery"));
    }

    [Fact]
    public async Task A_buy_in_waits_for_whoever_has_to_agree_and_is_off_where_one_does_not()
    {
        await using var w = await DeliveryFailed();
        var id = await w.Sql<Guid>("select id from market.delivery");
        async Task<BuyIn> Accepted(decimal price, string? substitute)
        {
            var made = await w.Do(ClearingWorld.Clerk, s => w.Get<BuyIns>().Propose(s, id, price, substitute, "not delivered", default));
            await w.Decide(made.Id);
            return made;
        }
        async Task<string> State(BuyIn of) => (await w.Registry.All(ClearingWorld.Clerk, s => BuyIns.Of(s, id, default))).Single(b => b.Id == of.Id).State;
        // Who is to give does not want to: it is off, and the officers hear why.
        var forced = await Accepted(71m, w.Accounts[3].Code);
        Assert.Equal("consent", await State(forced));
        await w.Agree(forced.Id, agrees: false);
        Assert.Equal(("rejected", 1L), (await State(forced), await w.Sql<long>("select count(*) from storage.outbox_event where payload->>'textKey' = 'market.notice.delivery.not-agreed'")));
        // Money instead of allowances: the buyer is asked. The day goes on meanwhile and takes nothing.
        var money = await Accepted(75m, null);
        w.Evening(w.Today.PlusDays(1));
        await w.Clear();
        Assert.Equal(("consent", (long)DeliveryState.Failed), (await State(money), await w.Sql<long>("select state::bigint from market.delivery")));
        // Another is accepted in its place: what was asked is asked no longer.
        var instead = await Accepted(76m, null);
        Assert.Equal(("replaced", "consent"), (await State(money), await State(instead)));
        Assert.Equal(0, await w.Agree(money.Id));
        Assert.Equal(1, await w.Agree(instead.Id));
        Assert.Equal((long)DeliveryState.CashSettled, await w.Sql<long>("select state::bigint from market.delivery"));
        Assert.Equal(6_000_00L, await w.Sql<long>("select paid from market.delivery"));
    }

    [Fact]
    public async Task A_price_the_day_went_past_is_not_accepted_and_the_newest_come_a_page_at_a_time()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        for (var i = 0; i < 2; i++) await w.Pay(i, 100_000_00);
        await w.Trade(Eua, 0, 1, 70m, 1);
        await w.Trade("ICE.EUA:2027-12", 0, 1, 72m, 1);
        var late = await w.Do(ClearingWorld.Clerk, s => w.Get<PriceHandlers>().Propose(s, Monday, Eua, 71, "too late", default));
        await w.Clear();
        Assert.Equal("clearing.price-fixed", await w.NotDecided(ClearingWorld.Clerk2, late.Id));
        Assert.Equal("proposed", (await w.Registry.All(ClearingWorld.Clerk, s => PriceHandlers.Proposals(s, Monday, default))).Single().State);
        w.Evening(Monday.PlusDays(1));
        await w.Clear();
        Task<Page<SettlementPrice>> Listed(LocalDate? day, string? cursor) => w.Do(ClearingWorld.Trader(0), s => PriceHandlers.List(s, day, null, cursor, 1, default));
        var first = await Listed(null, null);
        var second = await Listed(null, first.NextCursor);
        Assert.Equal([("ICE.EUA:2027-12", Monday.PlusDays(1)), (Eua, Monday.PlusDays(1))], new[] { first.Items.Single(), second.Items.Single() }.Select(p => (p.Series, p.Day)));
        Assert.Null(second.NextCursor);
        Assert.Equal(Monday, (await Listed(Monday, null)).Items.Single().Day);
    }

    [Fact]
    public async Task A_call_for_what_is_not_asked_any_more_is_met_though_nothing_was_paid()
    {
        await using var w = await ClearingWorld.Open(2, Monday);
        await w.Pay(0, 100_000_00);
        await w.Trade(Eua, 0, 1, 75m, 1);
        await w.Clear();
        Assert.Equal(1L, await w.Sql<long>("select count(*) from market.margin_call where state = 0 and account = $1", w.Accounts[1].Number));
        w.Evening(Monday.PlusDays(1));
        await w.Trade(Eua, 1, 0, 75m, 1);
        await w.Clear();
        Assert.Equal((0L, 0L), (await w.Sql<long>("select count(*) from market.margin_requirement where day = $1 and account = $2", Monday.PlusDays(1), w.Accounts[1].Number), await w.Sql<long>("select count(*) from market.margin_call where state = 0")));
    }
}
