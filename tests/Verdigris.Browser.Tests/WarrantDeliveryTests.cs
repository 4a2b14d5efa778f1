using NodaTime;
using Verdigris.Book;
using Verdigris.Market;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Positions;
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

    static async Task Course(Stage stage)
    {
        var (seller, buyer, clerk) = (ClearingWalkTests.Seller, ClearingWalkTests.Buyer, ClearingWalkTests.Clerk);
        var (pledged, given) = (await stage.Issued("WDA"), await stage.Issued("WDB"));
        var sold = await ClearingWalkTests.Member(stage, seller, 200_000m);
        var bought = await ClearingWalkTests.Member(stage, buyer, 10_000m);
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

        var desk = stage.Get<DeliveryDesk>();
        var due = Assert.Single(await As(seller, s => desk.List(s, DeliveryState.Due, null, default)));
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
        Assert.Equal((before, Stage.Albion), (Money(), Owner(given)));
        await ClearingWalkTests.Pay(stage, bought, 80_000m);
        before = Money();

        // All is well where it is looked at, and in the Book title is frozen: the chain fails as one.
        var title = Venue().Read(b => b.Owner(given.Asset, given.Serial)!.Value.Account);
        Assert.Equal(Code.Accepted, (await Venue().Send(Commands.Freeze(BookDefinitions.IdOf("test/freeze"), title, given.Asset, FreezeScope.Out))).Code);
        var stuck = await Deliver(seller, [given.Id]);
        Assert.Equal((DeliveryState.Due, "DebitFrozen"), (stuck.State, stuck.Code));
        Assert.Equal((before, Stage.Albion), (Money(), Owner(given)));
        Assert.Null(await Open(given));
        Assert.Equal(Code.Accepted, (await Venue().Send(Commands.Unfreeze(BookDefinitions.IdOf("test/unfreeze"), title, given.Asset, FreezeScope.Out))).Code);

        // 25 t at 2,600 for title, at once.
        var settled = await Deliver(seller, [given.Id]);
        Assert.Equal((DeliveryState.Settled, 65_000_00L), (settled.State, settled.Paid));
        Assert.Equal(((before.Seller + 65_000_00, before.Buyer - 65_000_00, 0L), Stage.Bluewater, Stage.Albion), (Money(), Owner(given), Owner(pledged)));
        Assert.Equal("delivery.not-due", await Refused(seller, [given.Id]));

        (long Seller, long Buyer, long House) Money() => (On(sold.Number) + On(sold.Number + 3), On(bought.Number) + On(bought.Number + 3), On(MarketBook.ClearingCash));
        long On(long account) => Venue().Read(b => b.Balance(account, MarketBook.Currencies["USD"].Asset)).Total;
        Guid Owner(Warrant of) => Venue().Read(b => BookId.ToGuid(b.Account(b.Owner(of.Asset, of.Serial)!.Value.Account)!.Holder));
        Task<TitleTransfer?> Open(Warrant of) => As(seller, s => stage.Get<TransferHandlers>().OpenOn(s, of.Id, default));
        Task<Delivery> Deliver(Actor who, Guid[] warrants) => stage.Do(who, s => stage.Get<WarrantDelivery>().Deliver(s, desk, stage.Get<PositionBook>(), due.Id, warrants, default));
        async Task<string> Refused(Actor who, Guid[] warrants)
        {
            var answer = await As(who, s => stage.Get<WarrantDelivery>().Deliver(s, desk, stage.Get<PositionBook>(), due.Id, warrants, default));
            Assert.False(answer.Ok);
            return answer.Refusals[0].Code;
        }
        async Task<T> As<T>(Actor who, Func<DbSession, Task<T>> work)
        {
            await using var s = stage.Get<IDbSessions>().Open(who);
            return await work(s);
        }
        IVenue Venue() => stage.Get<IVenue>();
    }
}
