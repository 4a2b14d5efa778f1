using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using static Verdigris.Market.Tests.Life.LifeWorld;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Life;

/// <summary>A future on allowances from the day it is opened to the units in the buyer's account.</summary>
public sealed class AllowanceLifeTests
{
    const string Series = "ICE.EUA:2026-12";

    static readonly LocalDate Wednesday = new(2026, 12, 9), Thursday = new(2026, 12, 10), Friday = new(2026, 12, 11), Last = new(2026, 12, 14);

    [Fact]
    public async Task A_future_is_traded_margined_called_for_defaulted_on_delivered_and_every_cent_and_unit_is_where_it_belongs()
    {
        await using var w = await LifeWorld.Open(Wednesday.At(new LocalTime(10, 0)).InUtc().ToInstant());
        var from = await w.Market.Stocked(20_000, given: 100_000);
        var to = await w.Market.Units(Buyer, Buyer2, w.Of(Buyer));
        foreach (var (who, money) in new[] { (Seller, 300_000m), (Buyer, 900_000m), (Third, 200_000m), (Fourth, 17_000m) }) await w.Market.PayIn(w.Of(who), money);

        var opened = await w.Opened(Series, 75m);
        Assert.Equal(Last, opened.LastDay);
        await w.At(Wednesday, 10, 1);
        Assert.Equal(5, await w.Trade(Series, Buyer, Seller, 5_000, 75m));
        Assert.Equal(2, await w.Trade(Series, Fourth, Seller, 2_000, 75.20m));
        Assert.Equal(((5L, 0L), (0L, 7L), (2L, 0L)), (await w.Position(Buyer, Series), await w.Position(Seller, Series), await w.Position(Fourth, Series)));
        // Ten per cent of 75 a lot were set aside with the orders.
        Assert.Equal((52_500_00, 15_000_00), (w.Margin(Seller), w.Margin(Fourth)));
        w.Census();

        // While the session runs nothing is cleared, not by the clock and not by an officer.
        Assert.Null(await w.Get<ClearingClock>().Tick(default));
        Assert.Equal("clearing.session-open", (await w.Do(Clerk, s => w.Get<ClearingPipeline>().Run(s, Wednesday, default))).Day.Waiting[0].Code);

        await w.At(Wednesday, 16, 55);
        Assert.Equal(1, await w.Trade(Series, Third, Seller, 1_000, 74.50m));
        var first = await w.Cleared(Wednesday);
        var price = await Price(w, Wednesday);
        Assert.Equal(74.50m, price);
        // Against the day's price: five bought at 75 lose half a euro a unit, two bought at 75.20 lose seventy cents.
        Assert.Equal((900_000_00 - 2_500_00, 17_000_00 - 1_400_00, 200_000_00, 300_000_00 + 3_900_00), (w.Money(Buyer), w.Money(Fourth), w.Money(Third), w.Money(Seller)));
        Assert.Equal((37_250_00, 14_900_00, 7_450_00, 59_600_00), (w.Margin(Buyer), w.Margin(Fourth), w.Margin(Third), w.Margin(Seller)));
        // The next day's margin and reference on the floor are those of the settlement price.
        var number = opened.Number;
        Assert.Equal((7_450, 7_450_00L), w.Floor.Read(f => (f.Instrument(number)!.Terms.ReferencePrice, f.Instrument(number)!.Terms.MarginPerLot)));
        Assert.Equal(74.50m, (await w.Get<InstrumentList>().Find(Series, default))!.Reference);
        // The clock and an officer may come again: the day is done once.
        Assert.Null(await w.Get<ClearingClock>().Tick(default));
        Assert.Equal(first.Day.ReportSha256, (await w.Do(Clerk, s => w.Get<ClearingPipeline>().Run(s, Wednesday, default))).Day.ReportSha256);

        // The price falls by more than half of the margin: who lost is called within the day.
        await w.At(Thursday, 9);
        // It is more than the band allows at once: orders are collected for five minutes and trade at one price.
        Assert.Equal(0, await w.Trade(Series, Third, Seller, 1_000, 66.50m));
        Assert.Equal(BookPhase.Interruption, w.Floor.Read(f => f.Instrument(number)!.Phase));
        await w.At(Thursday, 9, 1);
        await w.At(Thursday, 9, 7);
        Assert.Equal((BookPhase.Continuous, (int?)6_650), w.Floor.Read(f => (f.Instrument(number)!.Phase, f.Instrument(number)!.Last)));
        var standing = await w.Do(Clerk, s => w.Get<IntradayCalls>().Run(s, default));
        Assert.Equal([w.Of(Buyer).Code, w.Of(Third).Code, w.Of(Fourth).Code], standing.Where(x => x.Called).Select(x => x.Account).Order());
        var call = (await w.Do(Fourth, async s => (Answer<List<MarginCall>>)await ClearingQueries.Calls(s, false, default))).Single();
        Assert.Equal((16_000m, true, "open"), (call.Amount, call.Intraday, call.State));

        // It is not met. In the evening the fourth member owes 16,000 and has 15,600: the day waits for an officer.
        await w.At(Thursday, 16, 55);
        var resting = await w.Enter(Fourth, Series, Side.Sell, 1_000, 76m, TimeInForce.GoodTillCancel, PositionEffect.Close);
        Assert.Equal(1, await w.Trade(Series, Third, Seller, 1_000, 66.50m));
        var waiting = await w.Evening(Thursday);
        Assert.Equal((ClearingStep.Variation, "clearing.shortfall"), (waiting!.Day.Step, waiting.Day.Waiting.Single().Code));
        Assert.Equal(w.Of(Fourth).Code, waiting.Day.Waiting.Single().Args!["account"]);
        // Nobody is paid before everybody has: what the others lost is collected and stays.
        w.Census(48_000_00);
        await w.Do(Third, s => w.Get<DefaultFund>().PayIn(s, w.Of(Third).Code, "EUR", 3_000, default));
        var proposed = await w.Do(Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Of(Fourth).Code, "The call of 10 December was not met", default));
        await w.Market.Registry.DecideTask(Clerk2, await w.Market.Registry.TaskOf(proposed.Id));
        await w.Cleared(Thursday);
        Assert.Equal((0L, 2_600_00L), (w.Money(Fourth), w.Total(MarketBook.DefaultFund, "EUR")));
        // What it had resting on the floor is gone with the declaration.
        Assert.Null(w.Floor.Read(f => f.Order(resting.Order)));
        Assert.Equal("trading.state-forbids", await w.Refused(Fourth, s => w.Get<OrderDesk>().Enter(s, w.Order(Fourth, Series, Side.Buy, 1_000, 66m), default)));

        // Its two lots are offered to the others and go to the best price.
        await w.At(Friday, 9);
        var closes = w.Market.Registry.Clock.Now + Duration.FromMinutes(30);
        var auction = (await w.Do(Clerk, s => w.Get<DefaultAuctions>().Open(s, proposed.Id, closes, default))).Single();
        await w.Do(Buyer, s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Of(Buyer).Code, 66.40m, default));
        await w.Do(Third, s => w.Get<DefaultAuctions>().Bid(s, auction.Id, w.Of(Third).Code, 66.10m, default));
        await w.At(Friday, 9, 30);
        Assert.Equal(w.Of(Buyer).Code, (await w.Do(Clerk, s => w.Get<DefaultAuctions>().Award(s, auction.Id, default))).Winner);
        Assert.Equal(((7L, 0L), (0L, 0L)), (await w.Position(Buyer, Series), await Net(w, Fourth)));
        await w.Cleared(Friday);
        await w.Do(Clerk, s => w.Get<DefaultDesk>().Close(s, proposed.Id, default));

        // The last trading day: the third member closes, an order is left standing, and with the last session everything stops.
        await w.At(Last, 9);
        Assert.Equal(3, await w.Trade(Series, Seller, Third, 3_000, 67m, PositionEffect.Close, PositionEffect.Close));
        var left = await w.Enter(Buyer, Series, Side.Buy, 1_000, 60m, TimeInForce.GoodTillCancel);
        await w.At(Last, 16, 55);
        Assert.NotNull(w.Floor.Read(f => f.Order(left.Order)));
        await w.Cleared(Last);
        Assert.Null(w.Floor.Read(f => f.Order(left.Order)));
        Assert.Equal(InstrumentState.Ended, (await w.Get<InstrumentList>().Find(Series, default))!.State);
        Assert.Equal("trading.not-listed", await w.Refused(Buyer, s => w.Get<OrderDesk>().Enter(s, w.Order(Buyer, Series, Side.Buy, 1_000, 60m), default)));
        Assert.Equal(((0L, 0L), (0L, 0L)), (await w.Position(Buyer, Series), await w.Position(Seller, Series)));

        // The seller gives seven thousand allowances out of its registry account against the money, at once.
        var delivery = (await w.Do(Seller, async s => (Answer<List<Delivery>>)await w.Get<DeliveryDesk>().List(s, null, null, default))).Single();
        Assert.Equal((7L, 7_000m, 67m, 469_000_00L, DeliveryState.Due), (delivery.Lots, delivery.Units, delivery.Price, delivery.Amount, delivery.State));
        var before = (w.Money(Buyer), w.Money(Seller));
        Assert.Equal(DeliveryState.Settled, (await w.Do(Seller, s => w.Get<DeliveryDesk>().Deliver(s, delivery.Id, [], default))).State);
        Assert.Equal((before.Item1 - 469_000_00, before.Item2 + 469_000_00), (w.Money(Buyer), w.Money(Seller)));
        Assert.Equal((13_000L, 7_000L), (w.Market.Registry.Held(from.UnitsAccount), w.Market.Registry.Held(to.UnitsAccount)));
        w.Census();
        // The evening after, all margin has gone home.
        await w.Cleared(Last.PlusDays(1));
        Assert.Equal((0L, 0L, 0L), (w.Margin(Buyer), w.Margin(Seller), w.Margin(Third)));
    }

    [Fact]
    public async Task New_months_are_opened_by_the_operators_standing_instruction_and_wait_where_nothing_says_a_price()
    {
        await using var w = await LifeWorld.Open(Wednesday.At(new LocalTime(10, 0)).InUtc().ToInstant());
        var standing = w.Get<StandingListings>();
        Assert.Equal("access.role-needed", await w.Refused(Buyer, s => standing.Instruct(s, "ICE.EUA", true, default)));
        Assert.Equal("contract.unknown", await w.Refused(Operator, s => standing.Instruct(s, "NO.SUCH", true, default)));
        Assert.Equal("contract.historic", await w.Refused(Operator, s => standing.Instruct(s, "CCX.CFI", true, default)));
        // Nothing of the contract was ever traded here: its months wait for a price.
        var told = await w.Do(Operator, s => standing.Instruct(s, "ICE.EUA", true, default));
        Assert.Equal((0, true), (told.Open, told.Pending > 5));
        Assert.Equal("listing.reference-needed", await w.Refused(Operator, s => standing.OpenPending(s, "ICE.EUA", null, default)));
        Assert.Equal("listing.none-pending", await w.Refused(Operator, s => standing.OpenPending(s, "LME.AH", 2_500m, default)));
        await w.Opened(Series, 75m);
        // With the first price all others follow, with the reference of the nearest month.
        await using (var s = w.Market.Registry.Sessions.Open(Actor.System)) await ((Storage.IDailyWork)standing).Run(s, default);
        var open = await w.Get<InstrumentList>().All(default);
        Assert.Equal(told.Pending, open.Count);
        Assert.All(open, i => Assert.Equal(75m, i.Reference));
        Assert.Empty(await w.Do(Operator, async s => (Answer<List<PendingSeries>>)(await standing.Pending(s, default)).ToList()));

        // December ends; the evening brings the next month onto the list, at the settlement price of its neighbour.
        await w.Market.PayIn(w.Of(Buyer), 500_000m);
        await w.Market.PayIn(w.Of(Third), 500_000m);
        await w.At(Last, 16, 55);
        Assert.Equal(1, await w.Trade(Series, Buyer, Third, 1_000, 77m));
        await w.Cleared(Last);
        await w.Evening(Last.PlusDays(1));
        var after = await w.Get<InstrumentList>().All(default);
        var fresh = after.Where(i => open.All(o => o.Series != i.Series)).ToList();
        Assert.NotEmpty(fresh);
        Assert.All(fresh, i => Assert.Equal((77m, w.Floor.Read(f => f.Instrument(i.Number)!.Terms.MarginPerLot)), (i.Reference!.Value, 7_700_00L)));
        Assert.Equal(InstrumentState.Ended, after.Single(i => i.Series == Series).State);
        await w.Do(Operator, s => standing.Instruct(s, "ICE.EUA", false, default));
        Assert.Empty(await w.Do(Operator, async s => (Answer<List<PendingSeries>>)(await standing.Pending(s, default)).ToList()));
    }

    static Task<decimal> Price(LifeWorld w, LocalDate day) => w.Sql<decimal>("select price from market.settlement_price where day = $1 and series = $2", day, Series);

    static async Task<(long, long)> Net(LifeWorld w, Actor who)
    {
        var (bought, sold) = await w.Position(who, Series);
        return (bought - Math.Min(bought, sold), sold - Math.Min(bought, sold));
    }
}
