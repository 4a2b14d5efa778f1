using NodaTime;
using Verdigris.Book;
using Verdigris.Market;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>A future on metal at its end, on the whole server: title and money move together or not at all, whatever stands in the way of the warrant or the money.</summary>
public sealed class WarrantDeliveryTests
{
    static readonly LocalDate Last = new(2026, 11, 17);

    [Fact]
    public Task What_keeps_a_warrant_or_the_money_back_keeps_both_and_the_delivery_stays_due() => Stage.Alone(Last.At(new LocalTime(10, 0)).InUtc().ToInstant(), Course);

    [Fact]
    public Task Who_fails_to_deliver_pays_for_a_warrant_that_somebody_else_gives() => Stage.Alone(Last.At(new LocalTime(10, 0)).InUtc().ToInstant(), Failing);

    static async Task Failing(Stage stage)
    {
        var (helper, seller, buyer, clerk) = (ClearingWalkTests.Seller, ClearingWalkTests.Buyer, ClearingWalkTests.Somebody(45, Stage.Lender), ClearingWalkTests.Clerk);
        var warrant = await stage.Issued("WDC");
        var helps = await ClearingWalkTests.Member(stage, helper, 1_000m);
        var sold = await ClearingWalkTests.Member(stage, seller, 50_000m);
        var bought = await ClearingWalkTests.Member(stage, buyer, 200_000m);
        await Traded(stage, seller, sold, buyer, bought);
        var desk = stage.Get<DeliveryDesk>();
        Task<Delivery> Now() => Read(stage, clerk, async s => Assert.Single(await desk.List(s, null, null, default)));
        var due = (await Now()).DueOn;
        async Task Evening(LocalDate day)
        {
            stage.TurnTo(day.At(new LocalTime(20, 0)).InUtc().ToInstant());
            Assert.True((await stage.Do(clerk, s => stage.Get<ClearingPipeline>().Run(s, day, default))).Day.Done);
        }
        for (var day = Last.PlusDays(1); day <= due; day = day.PlusDays(1)) await Evening(day);
        var failed = await Now();
        Assert.Equal(DeliveryState.Failed, failed.State);
        (long, long, long, long) Money() => (Of(helps), Of(sold), Of(bought), On(stage, MarketBook.ClearingCash));
        long Of(TradingAccount account) => On(stage, account.Number) + On(stage, account.Number + 3);
        var (gets, bears, pays, _) = Money();

        // A lien lies on it when the second officer agrees: nothing moves, and the delivery still waits.
        var lien = await stage.Do(helper, s => stage.Get<TransferHandlers>().Pledge(s, warrant.Id, Stage.OtherLender, default));
        var buyIn = await stage.Do(clerk, s => stage.Get<BuyIns>().Propose(s, failed.Id, 2_650m, helps.Code, "Albion gives instead", default));
        await stage.Decide(ClearingWalkTests.Clerk2, buyIn.Id.ToString());
        // Who is to give instead agrees.
        await using (var s = stage.Get<IDbSessions>().Open(Actor.System)) await stage.Decide(helper, (await s.Value<Guid>("select id from market.buy_in_consent where buy_in_id = $1", default, buyIn.Id)).ToString());
        Assert.Equal((DeliveryState.Failed, "contract.too-few-deliverable"), ((await Now()).State, (await Now()).Code));
        Assert.Equal((gets, bears, pays, 0L), Money());

        // The lender lets it go; the next evening tries again: 25 t at 2,600 from the buyer, at 2,650 to who gives.
        await stage.Do(Stage.OtherOfficer with { Roles = new HashSet<string> { Role.OwnerTrader } }, s => stage.Get<TransferHandlers>().ReleasePledge(s, lien.Id, default));
        await Evening(due.PlusDays(1));
        Assert.Equal((DeliveryState.BoughtIn, 65_000_00L), ((await Now()).State, (await Now()).Paid));
        Assert.Equal((gets + 66_250_00, bears - 1_250_00, pays - 65_000_00, 0L), Money());
        Assert.Equal(Stage.Lender, Owner(stage, warrant));
    }

    /// <summary>One lot is sold and bought on the last day, and the day is cleared.</summary>
    static async Task Traded(Stage stage, Actor seller, TradingAccount sold, Actor buyer, TradingAccount bought)
    {
        var clerk = ClearingWalkTests.Clerk;
        var instrument = await stage.Do(clerk, s => stage.Get<Listing>().Open(s, new(ClearingWalkTests.Series, 2_600m), default));
        await ClearingWalkTests.Until(() => stage.Get<IFloor>().Read(f => f.Instrument(instrument.Number)?.Phase) == BookPhase.Continuous);
        foreach (var (who, account, side) in new[] { (seller, sold, Side.Sell), (buyer, bought, Side.Buy) })
        {
            var id = BookId.From(Guid.NewGuid());
            await stage.Do(who, s => stage.Get<OrderDesk>().Enter(s, new() { Id = id, ClientId = id, Session = 0, Account = account.Code, Symbol = ClearingWalkTests.Series, Side = side, Quantity = 25, Price = 2_600m, Type = OrderType.Limit, TimeInForce = TimeInForce.Day }, default));
        }
        stage.TurnTo(Last.At(new LocalTime(20, 0)).InUtc().ToInstant());
        await ClearingWalkTests.Until(() => stage.Get<IFloor>().Read(f => f.Instrument(instrument.Number)?.Phase) == BookPhase.Closed);
        Assert.True((await stage.Do(clerk, s => stage.Get<ClearingPipeline>().Run(s, Last, default))).Day.Done);
    }

    static async Task<T> Read<T>(Stage stage, Actor who, Func<DbSession, Task<T>> work)
    {
        await using var s = stage.Get<IDbSessions>().Open(who);
        return await work(s);
    }

    static long On(Stage stage, long account) => stage.Get<IVenue>().Read(b => b.Balance(account, MarketBook.Currencies["USD"].Asset)).Total;

    static Guid Owner(Stage stage, Warrant of) => stage.Get<IVenue>().Read(b => BookId.ToGuid(b.Account(b.Owner(of.Asset, of.Serial)!.Value.Account)!.Holder));

    static async Task Course(Stage stage)
    {
        var (seller, buyer) = (ClearingWalkTests.Seller, ClearingWalkTests.Buyer);
        var (pledged, given) = (await stage.Issued("WDA"), await stage.Issued("WDB"));
        var sold = await ClearingWalkTests.Member(stage, seller, 200_000m);
        var bought = await ClearingWalkTests.Member(stage, buyer, 10_000m);
        await Traded(stage, seller, sold, buyer, bought);

        var desk = stage.Get<DeliveryDesk>();
        var due = Assert.Single(await Read(stage, seller, s => desk.List(s, DeliveryState.Due, null, default)));
        var view = await stage.Do(seller, s => desk.Read(s, due.Id, default));
        Assert.Equal(new[] { pledged.Number, given.Number }.Order(), view.Warrants.Select(w => w.Number).Order());
        var before = Money();

        // Nobody but the seller gives, and he gives one warrant a lot.
        Assert.Equal("delivery.not-found", await Refused(buyer, [given.Id]));
        Assert.Equal("delivery.warrants", await Refused(seller, []));
        Assert.Equal("delivery.warrants", await Refused(seller, [given.Id, pledged.Id]));
        // A lien lies on the one, the other is on offer.
        await stage.Do(seller, s => stage.Get<TransferHandlers>().Pledge(s, pledged.Id, Stage.Lender, default));
        Assert.Equal("warrant.not-deliverable", await Refused(seller, [pledged.Id]));
        var offer = await stage.Do(seller, s => stage.Get<TransferHandlers>().Propose(s, new(given.Id, Stage.Bluewater, s.Now + Duration.FromHours(2)), default));
        Assert.Equal("transfer.already-open", await Refused(seller, [given.Id]));
        Assert.Empty((await stage.Do(seller, s => desk.Read(s, due.Id, default))).Warrants);
        await stage.Do(seller, s => stage.Get<TransferHandlers>().Withdraw(s, offer.Id, "promised to the market", default));
        // The buyer's money is not there.
        Assert.Equal("delivery.buyer-short", await Refused(seller, [given.Id]));
        Assert.Equal((before, Stage.Albion), (Money(), Owner(stage, given)));
        await ClearingWalkTests.Pay(stage, bought, 80_000m);
        before = Money();

        // All is well where it is looked at, and in the Book title is frozen: the chain fails as one.
        var title = Venue().Read(b => b.Owner(given.Asset, given.Serial)!.Value.Account);
        Assert.Equal(Code.Accepted, (await Venue().Send(Commands.Freeze(BookDefinitions.IdOf("test/freeze"), title, given.Asset, FreezeScope.Out))).Code);
        var stuck = await Deliver(seller, [given.Id]);
        Assert.Equal((DeliveryState.Due, "DebitFrozen"), (stuck.State, stuck.Code));
        Assert.Equal((before, Stage.Albion), (Money(), Owner(stage, given)));
        Assert.Null(await Open(given));
        Assert.Equal(Code.Accepted, (await Venue().Send(Commands.Unfreeze(BookDefinitions.IdOf("test/unfreeze"), title, given.Asset, FreezeScope.Out))).Code);

        // 25 t at 2,600 for title, at once.
        var settled = await Deliver(seller, [given.Id]);
        Assert.Equal((DeliveryState.Settled, 65_000_00L), (settled.State, settled.Paid));
        Assert.Equal(((before.Seller + 65_000_00, before.Buyer - 65_000_00, 0L), Stage.Bluewater, Stage.Albion), (Money(), Owner(stage, given), Owner(stage, pledged)));
        Assert.Equal("delivery.not-due", await Refused(seller, [given.Id]));

        (long Seller, long Buyer, long House) Money() => (On(stage, sold.Number) + On(stage, sold.Number + 3), On(stage, bought.Number) + On(stage, bought.Number + 3), On(stage, MarketBook.ClearingCash));
        Task<TitleTransfer?> Open(Warrant of) => Read(stage, seller, s => stage.Get<TransferHandlers>().OpenOn(s, of.Id, default));
        Task<Delivery> Deliver(Actor who, Guid[] warrants) => stage.Do(who, s => stage.Get<WarrantDelivery>().Deliver(s, desk, stage.Get<PositionBook>(), due.Id, warrants, default));
        async Task<string> Refused(Actor who, Guid[] warrants)
        {
            var answer = await Read(stage, who, s => stage.Get<WarrantDelivery>().Deliver(s, desk, stage.Get<PositionBook>(), due.Id, warrants, default));
            Assert.False(answer.Ok);
            return answer.Refusals[0].Code;
        }
        IVenue Venue() => stage.Get<IVenue>();
    }
}
