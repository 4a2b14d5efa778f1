using Microsoft.Playwright;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Data;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Server;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>A metal future in the browser: two members trade it, the day is cleared, margin is called and paid, and on the last day the seller gives a warrant whose title the buyer has afterwards.</summary>
public sealed class ClearingWalkTests
{
    internal const string Series = "LME.AH:2026-11";
    const string Trade = "/market/trade/" + Series;

    internal static readonly Actor Seller = Somebody(40, Stage.Albion), Buyer = Somebody(41, Stage.Bluewater), Clerk = Stage.Person(43, Stage.Exchange, Role.MarketOperator, Role.ClearingOfficer, Role.ExchangeStaff), Clerk2 = Stage.Person(44, Stage.Exchange, Role.MarketOperator, Role.ClearingOfficer, Role.ExchangeStaff);

    static readonly LocalDate Friday = new(2026, 11, 13), Monday = new(2026, 11, 16), Last = new(2026, 11, 17);

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task A_future_goes_from_the_first_order_to_a_warrant_in_the_buyers_hand(string language) => Stage.Alone(Friday.At(new LocalTime(10, 0)).InUtc().ToInstant(), stage => Walk(stage, language));

    static async Task Walk(Stage stage, string language)
    {
        await DemoPeople.Ensure(stage.Services, [Seat(Seller, "metal.seller@demo"), Seat(Buyer, "metal.buyer@demo"), Seat(Clerk, "clerk@demo")], default);
        var warrant = await stage.Issued("CLR");
        var (sold, bought) = (await Member(stage, Seller, 200_000m), await Member(stage, Buyer, 5_000m));

        // The operator opens the month on its page.
        await using (var keeper = await Visitor.SignedIn(stage, language, "clerk@demo"))
        {
            await keeper.Open("/market/trade");
            // Nothing is traded yet: the form is open.
            await keeper.Fill(("Series", Series), ("Reference", "2600"));
            await keeper.Press("market.instrument.open");
            await keeper.SeesWords("market.done.instrument");
        }
        var number = (await stage.Get<InstrumentList>().Find(Series, default))!.Number;
        await Until(() => stage.Get<IFloor>().Read(f => f.Instrument(number)?.Phase) == BookPhase.Continuous);

        // One offers; the other sees it come without asking again, and takes it; the first sees the trade.
        await using (var seller = await Visitor.SignedIn(stage, language, "metal.seller@demo"))
        await using (var buyer = await Visitor.SignedIn(stage, language, "metal.buyer@demo"))
        {
            await buyer.Open(Trade);
            await seller.Open(Trade);
            await Order(seller, "sell");
            await Assertions.Expect(buyer.Page.Locator("tr[data-level='0'] [data-cell='ask']")).ToContainTextAsync("2,600");
            await Order(buyer, "buy");
            await buyer.Sees(buyer.Text("market.trade.traded-now", ("quantity", "25")));
            await Assertions.Expect(seller.Page.Locator("[data-tape] tr").First).ToContainTextAsync("2,600");
            await Assertions.Expect(seller.Page.Locator("tr[data-level='0'] [data-cell='ask']")).ToContainTextAsync("–");
            // The buyer came in: the tape says so by a letter with a name, as it moves, when it is drawn anew, and to everybody.
            foreach (var anew in new[] { false, true })
            {
                if (anew) await seller.Open(Trade);
                var mark = seller.Page.Locator("[data-tape] tr").First.GetByRole(AriaRole.Img, new() { Name = seller.Text("prices.aggressor.says.Buy"), Exact = true });
                await Assertions.Expect(mark).ToHaveTextAsync(seller.Text("prices.aggressor.mark.Buy"));
            }
            // One that is taken back is struck through before the eyes of who saw it, and said so.
            var (prices, at) = (stage.Get<PriceFeed>(), stage.Get<NodaTime.IClock>().GetCurrentInstant());
            var mistake = new Print(Series, 900_001, 900_001, at, Friday, 2_700m, 1, 67_500m, PrintKind.Book, Aggressor: Aggressor.Buy);
            prices.Publish(new(Series, Trades: [mistake]));
            var row = seller.Page.Locator("[data-trade-number='900001']");
            await Assertions.Expect(row).ToContainTextAsync("2,700");
            Assert.Equal("none", await row.Locator("td").First.EvaluateAsync<string>("c => getComputedStyle(c).textDecorationLine"));
            prices.Publish(new(Series, TakenBack: [new(mistake, at)]));
            await Assertions.Expect(row).ToContainTextAsync(seller.Text("prices.busted"));
            Assert.Equal("line-through", await row.Locator("td").First.EvaluateAsync<string>("c => getComputedStyle(c).textDecorationLine"));
            await seller.Open("/market/prices/" + Series);
            await Assertions.Expect(seller.Page.Locator("[data-part='trades'] tbody tr").First).ToContainTextAsync(seller.Text("prices.aggressor.Buy"));
        }

        // The evening: an officer runs the day and opens its report.
        await Evening(stage, Friday);
        await using (var officer = await Visitor.SignedIn(stage, language, "clerk@demo"))
        {
            await Clear(officer, Friday);
            await officer.Sees(bought.Code);
            var report = officer.Page.GetByRole(AriaRole.Link, new() { Name = officer.Text("market.clearing.report-open") });
            var answer = await officer.Page.APIRequest.GetAsync(new Uri(stage.Address, await report.GetAttributeAsync("href")).ToString());
            Assert.Matches("\"openInterestLots\":1[,}]", System.Text.Json.Nodes.JsonNode.Parse(await answer.TextAsync())!.ToJsonString());
        }

        // The next day two officers fix a lower price: the buyer has too little for its margin and is called.
        await Evening(stage, Monday);
        var price = await stage.Do(Clerk, s => stage.Get<PriceHandlers>().Propose(s, Monday, Series, 2_570m, "Bids and offers at the close", default));
        await stage.Decide(Clerk2, price.Id.ToString());
        await using (var officer = await Visitor.SignedIn(stage, language, "clerk@demo")) await Clear(officer, Monday);
        await using (var buyer = await Visitor.SignedIn(stage, language, "metal.buyer@demo"))
        {
            await buyer.Open("/market/clearing");
            // 2,570 x 25 x 7 % are 4,497.50; of 5,000 paid in 750 were lost.
            var calls = buyer.Page.GetByRole(AriaRole.Table, new() { Name = buyer.Text("market.clearing.calls") });
            await Assertions.Expect(calls).ToContainTextAsync("247.50");
            await Pay(stage, bought, 80_000m);
            await buyer.Open("/market/clearing");
            await buyer.Unfold("Amount");
            await buyer.Fill(("Amount", "247.5"));
            await buyer.Page.Locator("[name='Currency']").SelectOptionAsync("USD");
            await buyer.Press("market.clearing.deposit");
            await buyer.SeesWords("market.done.deposited");
            await buyer.SeesWords("market.clearing.no-calls");
        }

        // The last day: the series ends, and what is open is to be delivered.
        await Evening(stage, Last);
        await using (var officer = await Visitor.SignedIn(stage, language, "clerk@demo")) await Clear(officer, Last);
        await using (var seller = await Visitor.SignedIn(stage, language, "metal.seller@demo"))
        {
            await seller.Open(Trade);
            await seller.SeesWords("market.phase.Closed");
            await seller.Open("/market/delivery");
            await seller.FollowText(Series);
            await seller.Page.GetByLabel(warrant.Number).CheckAsync();
            await seller.Press("market.delivery.give");
            await seller.SeesWords("market.delivery.state.Settled");
        }
        // Title followed the money: the new owner reads the warrant.
        await using (var buyer = await Visitor.SignedIn(stage, language, "metal.buyer@demo"))
        {
            await buyer.Open("/warrants");
            await buyer.FollowText(warrant.Number);
            await buyer.SeesWords("passport.because.LegalOwner");
        }
        await Held(stage, language);
    }

    /// <summary>A series that was not settled for good, because a price of its index is to be corrected: everybody reads which, and the clearing house who proposed it.</summary>
    static async Task Held(Stage stage, string language)
    {
        const string held = "LME.UBC:2026-10", index = "Argus UBC, mill grade, delivered United States";
        var day = new LocalDate(2026, 10, 30);
        await stage.Do<int>(Clerk, async s =>
        {
            await s.Run("insert into market.index_price (index, day, price, entered_by, entered_at) values ($1, $2, 8.10, $3, $4)", default, index, day, Clerk.PersonId, s.Now);
            var asked = await stage.Get<IndexCorrections>().Propose(s, index, day, 0.81m, "Ten times too high", default);
            await s.Run("insert into market.series (code, contract, added_at) values ($1, 'LME.UBC', $2)", default, held, s.Now);
            await s.Run("insert into market.final_held (day, series, proposal_id) values ($1, $2, $3)", default, Last, held, asked.Value.Id);
            return 0;
        });
        await using (var member = await Visitor.SignedIn(stage, language, "metal.buyer@demo"))
        {
            await member.Open("/market/clearing");
            await member.Sees(held);
            await Assertions.Expect(member.Page.Locator("main")).Not.ToContainTextAsync(Clerk.Name);
        }
        await using var officer = await Visitor.SignedIn(stage, language, "clerk@demo");
        await officer.Open("/market/clearing");
        await officer.Sees(officer.Text("market.clearing.held-by", ("before", "8.1"), ("price", "0.81"), ("who", Clerk.Name)));
    }

    static async Task Order(Visitor who, string side)
    {
        await who.Fill(("Quantity", "25"), ("Price", "2600"));
        await who.Page.GetByRole(AriaRole.Button, new() { Name = who.Text("market.trade." + side), Exact = true }).ClickAsync();
        await who.SeesWords("market.done.order");
    }

    /// <summary>The sessions of the day are over, and the market's clock has closed the books.</summary>
    static async Task Evening(Stage stage, LocalDate day)
    {
        stage.TurnTo(day.At(new LocalTime(20, 0)).InUtc().ToInstant());
        await Until(() => stage.Get<IFloor>().Read(f => f.Instruments.All(i => f.Instrument(i)!.Phase is BookPhase.Closed)));
    }

    static async Task Clear(Visitor officer, LocalDate day)
    {
        await officer.Open("/market/clearing");
        await officer.Fill(("Day", NodaTime.Text.LocalDatePattern.Iso.Format(day)));
        await officer.Press("market.clearing.run");
        await officer.SeesWords("market.done.run");
        await officer.SeesWords("market.clearing.done");
    }

    internal static async Task Until(Func<bool> done)
    {
        for (var i = 0; i < 1_200; i++)
        {
            if (done()) return;
            await Task.Delay(50);
        }
        Assert.Fail("It never came.");
    }

    internal static async Task<TradingAccount> Member(Stage stage, Actor who, decimal dollars)
    {
        var members = stage.Get<MemberHandlers>();
        var asked = await stage.Do(who, s => members.Apply(s, true, default));
        foreach (var paper in asked.Missing) await stage.Do(who, s => members.AddDocument(s, asked.Member.Id, paper, paper + ".pdf", new MemoryStream("%PDF-1.7\npaper\n%%EOF"u8.ToArray()), default));
        await stage.Do(Clerk, s => members.Propose(s, asked.Member.Id, default));
        await stage.Decide(Clerk2, asked.Member.Id.ToString());
        var account = await stage.Do(who, s => stage.Get<TradingAccountHandlers>().Open(s, new("house"), default));
        await Pay(stage, account, dollars);
        return await stage.Do(who, s => stage.Get<TradingAccountHandlers>().Read(s, account.Number, default));
    }

    static int lines;

    internal static async Task Pay(Stage stage, TradingAccount account, decimal dollars)
    {
        var move = await stage.Do(Clerk, s => stage.Get<CashHandlers>().ProposeIn(s, new(account.Code, "USD", dollars, $"walk {Interlocked.Increment(ref lines)}", null), default));
        await stage.Decide(Clerk2, move.Id.ToString());
    }

    internal static Actor Somebody(int number, Guid organisation) => Stage.Person(number, organisation, Role.MarketTrader, Role.MarketSupervisor, Role.Administrator, Role.OwnerTrader);

    static DemoPerson Seat(Actor who, string name) => new(who.PersonId, name, who.Name, who.OrganisationId, "", [.. who.Roles]);
}
