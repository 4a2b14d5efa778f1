using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Credits;
using Verdigris.Market.Onboarding;
using Verdigris.Market.Statements;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Tests;
using Verdigris.Storage;
using Verdigris.Web;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Credits;

/// <summary>Credits from the registry outside to a certificate of retirement, in one place.</summary>
public sealed class OneStopTests
{
    static readonly IStrings English = new StringCatalogue([new(typeof(MarketRoom).Assembly)]).For("en");

    static Task<Statement> Statement(CreditStand stand, Actor who, long account) => stand.Do(who, s => stand.Get<StatementDesk>().Of(s, account, new(2026, 3, 1), new(2026, 3, 31), English, default));

    [Fact]
    public async Task Credits_are_brought_in_sold_in_two_currencies_and_retired_from_the_market_and_the_serials_stay_what_they_are()
    {
        await using var stand = await CreditStand.Open();
        Assert.Equal(CreditOrderState.Done, (await stand.BringIn(CreditStand.Solar)).State);
        Assert.Equal(CreditOrderState.Done, (await stand.Deposit(CreditStand.Solar, 6_000)).State);
        Assert.Equal(("VCS1996", 2024, 6_000L), (await stand.AtMarket(Seller, stand.Seller)) is [var there] ? (there.ProjectNumber, there.Year, there.Units) : default);
        await stand.Listed(CreditStand.InDollars, 60m);
        await stand.Listed(CreditStand.InRenminbi, 55m);
        await stand.World.PayIn(stand.Buyer, 100_000m, "HKD");
        await stand.World.PayIn(stand.Buyer, 50_000m, "CNY");
        await stand.Enter(Seller, CreditStand.InDollars, Side.Sell, 1_000, 61.20m);
        await stand.Enter(Seller, CreditStand.InRenminbi, Side.Sell, 500, 56.10m);
        Assert.Equal(800, (await stand.Enter(Buyer, CreditStand.InDollars, Side.Buy, 800, 61.50m)).Traded);
        Assert.Equal(500, (await stand.Enter(Buyer, CreditStand.InRenminbi, Side.Buy, 500, 56.10m)).Traded);
        // Each currency by itself, to the cent: 800 x 61.20 and 500 x 56.10.
        Assert.Equal((5_104_000L, 2_195_000L), (stand.World.CashOf(stand.Buyer, "HKD"), stand.World.CashOf(stand.Buyer, "CNY")));
        Assert.Equal((4_896_000L, 2_805_000L), (stand.World.CashOf(stand.Seller, "HKD"), stand.World.CashOf(stand.Seller, "CNY")));
        var bought = await stand.AtMarket(Buyer, stand.Buyer);
        Assert.Equal(1_300, bought.Sum(b => b.Units));
        var desk = stand.Get<CreditsDesk>();
        var retirement = await stand.Do(Buyer, s => desk.Retire(s, stand.Buyer.Number, new(bought[0].Serial, "Harbour Foundry", "inventory", 300, "Castings of 2025"), default));
        // Held from the proposal on: nobody sells what is about to be retired.
        Assert.Equal(300, (await stand.AtMarket(Buyer, stand.Buyer)).Where(b => b.Held).Sum(b => b.Units));
        Assert.Equal("approval.same-person", await stand.Refused(Buyer, s => stand.Get<Approvals>().Decide(s, retirement.TaskId!.Value, true, null, default)));
        var ended = await stand.Agreed(Buyer2, retirement);
        Assert.Equal(CreditOrderState.Done, ended.State);
        var certificate = await stand.Do(Actor.Public, s => stand.Get<UnitQueries>().Ending(s, ended.Ending!.Value, default));
        Assert.Equal((EndingKind.Retired, 300L, "Harbour Foundry", true), (certificate.Kind, certificate.Units, certificate.Beneficiary, certificate.InTheBook));
        // The serial retired is one of those that were brought in.
        var numbers = certificate.Serial.Split('-')[1..3].Select(n => long.Parse(n, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        Assert.True(numbers[0] >= 942201922 && numbers[1] <= 942211921 && numbers[1] - numbers[0] == 299, certificate.Serial);
        var status = await stand.Do(Actor.Public, s => stand.Get<UnitQueries>().Status(s, certificate.Serial, default));
        Assert.Equal(["issued", "taken-in", "to-market", "traded", "traded", "from-market", "retired"], status.Life.Select(l => l.What));
        // Not again, by whichever door.
        Assert.Equal("credits.not-held", await stand.Refused(Buyer, s => desk.Retire(s, stand.Buyer.Number, new(certificate.Serial, "Again", "inventory"), default)));
        Assert.Equal("credits.not-held", await stand.Refused(Buyer, s => stand.Get<OrderHandlers>().Propose(s, new(CreditOrderKind.Retire, certificate.Serial, Beneficiary: "Again", Reason: "inventory"), default)));
        Assert.Equal(10_000, stand.Runs(942201922, 942211921).Sum(r => r.Units));
    }

    [Fact]
    public async Task A_statement_sums_exactly_and_names_every_document()
    {
        await using var stand = await CreditStand.Open();
        await stand.BringIn(CreditStand.Solar);
        await stand.Deposit(CreditStand.Solar, 5_000);
        await stand.Listed(CreditStand.InDollars, 60m);
        await stand.World.PayIn(stand.Buyer, 100_000m, "HKD", "HSBC 4711");
        await stand.Enter(Seller, CreditStand.InDollars, Side.Sell, 1_000, 61.20m);
        await stand.Enter(Buyer, CreditStand.InDollars, Side.Buy, 1_000, 61.20m);
        await stand.Printed();
        var serial = (await stand.AtMarket(Buyer, stand.Buyer))[0].Serial;
        var desk = stand.Get<CreditsDesk>();
        var retired = await stand.Agreed(Buyer2, await stand.Do(Buyer, s => desk.Retire(s, stand.Buyer.Number, new(serial, "Harbour Foundry", "inventory", 300), default)));
        var left = (await stand.AtMarket(Buyer, stand.Buyer))[0].Serial;
        await stand.Agreed(Buyer2, await stand.Do(Buyer, s => desk.Withdraw(s, stand.Buyer.Number, new(left, 200), default)));
        var statement = await Statement(stand, Buyer, stand.Buyer.Number);
        foreach (var part in statement.Parts) Assert.Equal(part.Closing, part.Opening + part.Lines.Sum(l => l.Change));
        var money = statement.Parts.Single(p => p.Asset == "HKD");
        Assert.Equal([(CustodyKind.MoneyIn, 100_000m, "HSBC 4711"), (CustodyKind.Trade, -61_200m, money.Lines[1].Document)], money.Lines.Select(l => (l.Kind, l.Change, l.Document)));
        Assert.StartsWith(CreditStand.InDollars + " #", money.Lines[1].Document, StringComparison.Ordinal);
        Assert.Equal(61.20m, money.Lines[1].Price);
        Assert.Equal(stand.World.CashOf(stand.Buyer, "HKD"), money.Closing * 100);
        var units = statement.Parts.Single(p => !p.Money);
        Assert.Equal("VCU VCS1996 2024", units.Asset);
        Assert.Equal([(CustodyKind.Trade, 1_000m), (CustodyKind.Retirement, -300m), (CustodyKind.Withdrawal, -200m)], units.Lines.Select(l => (l.Kind, l.Change)));
        Assert.Equal($"/credits/retirements/{retired.Ending}", units.Lines[1].Link);
        Assert.Equal(500, units.Closing);
        // The exchange reads the same.
        var asExchange = await Statement(stand, Operator, stand.Buyer.Number);
        Assert.Equal(statement.Parts.Select(p => (p.Asset, p.Closing, p.Lines.Count)), asExchange.Parts.Select(p => (p.Asset, p.Closing, p.Lines.Count)));
        // The days before: nothing, and what follows begins where this ended.
        Assert.Empty((await stand.Do(Buyer, s => stand.Get<StatementDesk>().Of(s, stand.Buyer.Number, new(2026, 2, 1), new(2026, 2, 28), English, default))).Parts);
        stand.At(Instant.FromUtc(2026, 4, 2, 3, 0));
        var next = await stand.Do(Buyer, s => stand.Get<StatementDesk>().Of(s, stand.Buyer.Number, new(2026, 4, 1), new(2026, 4, 2), English, default));
        Assert.Equal(statement.Parts.Select(p => (p.Asset, p.Closing)), next.Parts.Select(p => (p.Asset, p.Opening)));
        Assert.Equal("trading.not-found", await stand.Refused(Buyer, s => stand.Get<StatementDesk>().Of(s, stand.Seller.Number, null, null, English, default)));
        Assert.Equal("statement.period", await stand.Refused(Buyer, s => stand.Get<StatementDesk>().Of(s, stand.Buyer.Number, new(2026, 4, 2), new(2026, 4, 1), English, default)));
        // As a table: an opening and a closing row for each part, and all that lies between.
        var rows = StatementRules.Rows(statement).ToList();
        Assert.Equal(statement.Parts.Sum(p => p.Lines.Count + 2), rows.Count);
    }

    [Fact]
    public async Task Allowances_stand_in_a_statement_with_their_deposit_and_their_sale()
    {
        await using var world = await MarketWorld.Open();
        await world.Stocked(50_000, given: 100_000);
        await world.Units(Buyer, Buyer2, world.BuyerAccount);
        await world.PayIn(world.BuyerAccount, 1_000_000m);
        await world.Do(Operator, s => world.Get<Listing>().Open(s, new("EEX.EUA.SPOT", 75m), default));
        await world.Get<SessionClock>().Tick(world.Get<IFloor>(), default);
        var stand = new CreditStand(world);
        await stand.Enter(Seller, "EEX.EUA.SPOT", Side.Sell, 3_000, 75.10m);
        await stand.Enter(Buyer, "EEX.EUA.SPOT", Side.Buy, 2_000, 75.10m);
        await stand.Printed();
        var statement = await Statement(stand, Seller, world.SellerAccount.Number);
        foreach (var part in statement.Parts) Assert.Equal(part.Closing, part.Opening + part.Lines.Sum(l => l.Change));
        var units = statement.Parts.Single(p => p.Asset == "EUA");
        Assert.Equal([(CustodyKind.Deposit, 50_000m), (CustodyKind.Trade, -2_000m)], units.Lines.Select(l => (l.Kind, l.Change)));
        Assert.StartsWith("/registry/transactions/", units.Lines[0].Link, StringComparison.Ordinal);
        // What an order holds is still the account's.
        Assert.Equal(48_000m, units.Closing);
        Assert.Equal(world.CashOf(world.SellerAccount), statement.Parts.Single(p => p.Asset == "EUR").Closing * 100);
    }

    [Fact]
    public async Task A_deposit_by_who_may_not_ask_or_of_what_is_not_his_opens_nothing_at_the_market()
    {
        await using var stand = await CreditStand.Open();
        await stand.BringIn(CreditStand.Stoves, 5_000);
        var (desk, before) = (stand.Get<CreditsDesk>(), await Opened());
        var trader = Seller with { Roles = new HashSet<string> { Role.MarketTrader } };
        Assert.Equal("access.role-needed", await stand.Refused(trader, s => desk.Deposit(s, stand.Seller.Number, new(CreditStand.Stoves, 10, "geo"), default)));
        foreach (var basket in new[] { "geo", null })
            Assert.Equal("credits.not-held", await stand.Refused(Buyer, s => desk.Deposit(s, stand.Buyer.Number, new(CreditStand.Stoves, 10, basket), default)));
        Assert.Equal("credits.not-held", await stand.Refused(Seller, s => desk.Deposit(s, stand.Seller.Number, new(CreditStand.Stoves, 5_001), default)));
        Assert.Equal("credits.take-too-many", await stand.Refused(Seller, s => desk.Deposit(s, stand.Seller.Number, new(CreditStand.Stoves, 0), default)));
        Assert.Equal(before, await Opened());

        async Task<(long, long)> Opened()
        {
            await using var s = stand.World.Registry.Sessions.Open(Actor.System);
            return (await s.Value<long>("select count(*) from registry.credit_market_account", default), await s.Value<long>("select count(*) from registry.credit_basket", default));
        }
    }

    [Fact]
    public async Task What_may_not_happen_is_refused_and_moves_nothing()
    {
        await using var stand = await CreditStand.Open();
        var (desk, orders) = (stand.Get<CreditsDesk>(), stand.Get<OrderHandlers>());
        // Not without the other registry's reference; not what is not there; not twice.
        Assert.Equal("input.required", await stand.Refused(Seller, s => orders.Propose(s, new(CreditOrderKind.TakeIn, CreditStand.Solar), default)));
        await stand.BringIn(CreditStand.Solar);
        Assert.Equal("credits.not-held", await stand.Refused(Buyer, s => orders.Propose(s, new(CreditOrderKind.TakeIn, CreditStand.Solar, Instrument: "mine"), default)));
        await stand.Deposit(CreditStand.Solar, 1_000);
        await stand.BringIn(CreditStand.Stoves, 5_000);
        var place = (await stand.AtMarket(Seller, stand.Seller))[0].Account;
        // Into the account of one project and year goes nothing else, and nobody else's account takes anything.
        Assert.Equal("credits.market-other", await stand.Refused(Seller, s => orders.Propose(s, new(CreditOrderKind.Deposit, CreditStand.Stoves, 10, MarketAccount: place), default)));
        Assert.Equal("credits.market-account", await stand.Refused(Buyer, s => orders.Propose(s, new(CreditOrderKind.Withdraw, CreditStand.Solar, 10, MarketAccount: place), default)));
        Assert.Equal("credits.market-account", await stand.Refused(Seller, s => orders.Propose(s, new(CreditOrderKind.Cancel, CreditStand.Solar, 10, Reason: "other", MarketAccount: place), default)));
        Assert.Equal("trading.not-found", await stand.Refused(Buyer, s => desk.Deposit(s, stand.Seller.Number, new(CreditStand.Solar, 10), default)));
        // A series in a currency that the contract is not quoted in, or of a project nobody knows.
        Assert.Equal("contract.currency-not-quoted", await stand.Refused(Operator, s => stand.Get<Listing>().Open(s, new("CORE.VCU:p1996:v2024:EUR", 60m), default)));
        Assert.Equal("contract.currency-not-quoted", await stand.Refused(Operator, s => stand.Get<Listing>().Open(s, new("CORE.VCU:p1996:v2024:HKD", 60m), default)));
        Assert.Equal("credits.project-unknown", await stand.Refused(Operator, s => stand.Get<Listing>().Open(s, new("CORE.VCU:p999999:v2024", 60m), default)));
        await stand.Listed(CreditStand.InDollars, 60m);
        // An account that does not deal in credits, and one with too few.
        var other = await stand.World.Account(Buyer, "Second desk");
        Assert.Equal("credits.not-linked", await stand.Refused(Buyer, s => stand.Get<OrderDesk>().Enter(s, stand.Order(CreditStand.InDollars, Side.Buy, 1, 60m) with { Account = other.Code }, default)));
        Assert.Equal("trading.refused", await stand.Refused(Seller, s => stand.Get<OrderDesk>().Enter(s, stand.Order(CreditStand.InDollars, Side.Sell, 1_001, 60m), default)));
        // What an order holds is neither withdrawn nor retired; what a retirement holds is not sold; turned down, it is free again.
        await stand.Enter(Seller, CreditStand.InDollars, Side.Sell, 1_000, 60m);
        var serial = CreditStand.Solar.Replace("942211921", "942202921", StringComparison.Ordinal);
        Assert.Equal("credits.not-held", await stand.Refused(Seller, s => desk.Withdraw(s, stand.Seller.Number, new(serial), default)));
        await stand.Do(Seller, s => stand.Get<OrderDesk>().CancelAll(s, stand.Seller.Code, null, Side.None, default));
        var retirement = await stand.Do(Seller, s => desk.Retire(s, stand.Seller.Number, new(serial, "Somebody", "inventory"), default));
        Assert.Equal("trading.refused", await stand.Refused(Seller, s => stand.Get<OrderDesk>().Enter(s, stand.Order(CreditStand.InDollars, Side.Sell, 1, 60m), default)));
        Assert.Equal(CreditOrderState.TurnedDown, (await stand.Agreed(Seller2, retirement, agrees: false)).State);
        Assert.Equal(1_000, (await stand.AtMarket(Seller, stand.Seller)).Where(b => !b.Held && b.Use is null).Sum(b => b.Units));
        // An account with credits at the market is not closed.
        Assert.Equal("trading.not-empty", await stand.Refused(Seller, s => stand.Get<Members.TradingAccountHandlers>().Close(s, stand.Seller.Number, default)));
    }

    [Fact]
    public async Task A_freeze_of_a_programme_reaches_what_its_holder_has_at_the_market_and_lifting_frees_it()
    {
        await using var stand = await CreditStand.Open();
        await stand.BringIn(CreditStand.Solar);
        await stand.BringIn(CreditStand.Stoves, 5_000);
        await stand.Deposit(CreditStand.Solar, 1_000);
        await stand.Listed(CreditStand.InDollars, 60m);
        await stand.World.PayIn(stand.Buyer, 100_000m, "HKD");
        var serial = (await stand.AtMarket(Seller, stand.Seller))[0].Serial;
        var waiting = await stand.Do(Seller, s => stand.Get<CreditsDesk>().Retire(s, stand.Seller.Number, new(serial, "Somebody", "inventory", 10), default));
        await stand.Enter(Seller, CreditStand.InDollars, Side.Sell, 100, 60m);
        var freeze = await stand.Do(RegistryWorld.SecondOfficer, s => stand.Get<CreditFreezes>().Freeze(s, new("verra", Seller.OrganisationId, FreezeScope.Out, "said to be stolen"), default));
        // The order that stood finds no settlement and ends; the buyer has his money.
        Assert.Equal(0, (await stand.Enter(Buyer, CreditStand.InDollars, Side.Buy, 100, 60m)).Traded);
        Assert.Equal("trading.refused", await stand.Refused(Seller, s => stand.Get<OrderDesk>().Enter(s, stand.Order(CreditStand.InDollars, Side.Sell, 1, 60m), default)));
        // A retirement proposed before does not happen, not by half either.
        var stopped = await stand.Agreed(Seller2, waiting);
        Assert.Equal((CreditOrderState.Refused, nameof(Code.DebitFrozen)), (stopped.State, stopped.BookCode));
        Assert.Equal(1_000, (await stand.AtMarket(Seller, stand.Seller)).Where(b => !b.Held).Sum(b => b.Units));
        // An account that is opened while the freeze stands is frozen too.
        Assert.Equal("credits.frozen", await stand.Refused(Seller, s => stand.Get<CreditsDesk>().Deposit(s, stand.Seller.Number, new(CreditStand.Stoves, 10, "geo"), default)));
        await stand.Do(RegistryWorld.SecondOfficer, s => stand.Get<CreditFreezes>().ProposeLift(s, freeze.Id, default));
        await stand.World.Registry.DecideTask(RegistryWorld.Approver, await stand.World.Registry.TaskOf(freeze.Id));
        Assert.Equal(100, (await stand.Enter(Seller, CreditStand.InDollars, Side.Sell, 100, 60m)).Traded);
    }

    [Fact]
    public async Task A_new_member_is_told_what_is_missing_until_nothing_is()
    {
        await using var world = await MarketWorld.Open(ready: false);
        await world.Registry.Do(RegistryWorld.Staff, s => world.Get<Registry.Credits.Programmes.ProgrammeAdministration>().Appoint(s, "verra", RegistryWorld.Authority, default));
        async Task<(StartStep Next, bool MayBuy)> Stands()
        {
            var view = await world.Do(Seller, s => world.Get<StartDesk>().Read(s, default));
            return (view.Points.FirstOrDefault(p => p.Standing is StartStanding.Next or StartStanding.Waits)?.Step ?? (StartStep)(-1), view.MayBuy);
        }
        Assert.Equal((StartStep.Membership, false), await Stands());
        var asked = await world.Do(Seller, s => world.Get<Members.MemberHandlers>().Apply(s, false, default));
        Assert.Equal((StartStep.Papers, false), await Stands());
        foreach (var paper in asked.Missing) await world.Paper(Seller, asked.Member.Id, paper);
        Assert.Equal((StartStep.Admission, false), await Stands());
        await world.Do(Operator, s => world.Get<Members.MemberHandlers>().Propose(s, asked.Member.Id, default));
        await world.Registry.DecideTask(Operator2, await world.Registry.TaskOf(asked.Member.Id));
        Assert.Equal((StartStep.TradingAccount, false), await Stands());
        var account = await world.Account(Seller, "House");
        Assert.Equal((StartStep.Money, false), await Stands());
        await world.PayIn(account, 1_000m, "HKD");
        Assert.Equal((StartStep.RegistryAccount, false), await Stands());
        Assert.Equal("credits.account-none", await world.Refused(Seller, s => world.Get<CreditsDesk>().Link(s, account.Number, default)));
        await world.Do(Seller, s => world.Get<OrderHandlers>().OpenAccount(s, default));
        Assert.Equal((StartStep.UnitsLink, false), await Stands());
        await world.Do(Seller, s => world.Get<CreditsDesk>().Link(s, account.Number, default));
        Assert.Equal((StartStep.Deposit, true), await Stands());
    }
}
