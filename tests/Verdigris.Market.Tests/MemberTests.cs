using Verdigris.Market.Cash;
using Verdigris.Market.Members;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Tests;
using Verdigris.Registry.Transfers;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests;

public sealed class MemberTests
{
    [Fact]
    public async Task Nobody_is_admitted_without_his_papers_and_two_people_of_the_exchange()
    {
        await using var w = await Open(ready: false);
        var asked = await w.Do(Buyer, s => w.Get<MemberHandlers>().Apply(s, true, default));
        Assert.Equal(["registration", "owners", "agreement", "accounts"], asked.Missing);
        Assert.Equal("member.already", await w.Refused(Buyer, s => w.Get<MemberHandlers>().Apply(s, true, default)));
        Assert.Equal("member.papers-missing", await w.Refused(Operator, s => w.Get<MemberHandlers>().Propose(s, asked.Member.Id, default)));
        Assert.Equal("member.document-kind", await w.Refused(Buyer, s => w.Get<MemberHandlers>().AddDocument(s, asked.Member.Id, "passport", "a.pdf", new MemoryStream("%PDF-1.7\npaper\n%%EOF"u8.ToArray()), default)));
        foreach (var paper in asked.Missing) await w.Paper(Buyer, asked.Member.Id, paper);
        Assert.Equal("access.role-needed", await w.Refused(Buyer, s => w.Get<MemberHandlers>().Propose(s, asked.Member.Id, default)));
        await w.Do(Operator, s => w.Get<MemberHandlers>().Propose(s, asked.Member.Id, default));
        var task = await w.Registry.TaskOf(asked.Member.Id);
        Assert.False((await w.Registry.Try(Operator, s => w.Get<Storage.Approvals>().Decide(s, task, true, null, default))).Ok);
        Assert.Equal("member.not-active", await w.Refused(Buyer, s => w.Get<TradingAccountHandlers>().Open(s, new("Too soon"), default)));
        await w.Registry.DecideTask(Operator2, task);
        Assert.Equal(MemberState.Active, (await w.Do(Buyer, s => w.Get<MemberHandlers>().Read(s, asked.Member.Id, default))).Member.State);
        Assert.Equal("member.not-found", await w.Refused(Seller, s => w.Get<MemberHandlers>().Read(s, asked.Member.Id, default)));
        Assert.Equal("member.exchange", await w.Refused(Operator with { Roles = new HashSet<string>([.. Operator.Roles, Primitives.Role.Administrator]) }, s => w.Get<MemberHandlers>().Apply(s, false, default)));
    }

    [Fact]
    public async Task What_the_exchange_has_stopped_the_member_cannot_let_go_on_and_an_account_with_money_is_not_closed()
    {
        await using var w = await Open();
        var accounts = w.Get<TradingAccountHandlers>();
        var account = w.BuyerAccount;
        Assert.Equal(("M00001", "M00002", TradingState.Open), (w.SellerAccount.Code, account.Code, account.State));
        Assert.Equal(account.Number, TradingAccount.NumberOf(" m00002 "));
        Assert.Equal("trading.not-found", await w.Refused(Seller, s => accounts.Read(s, account.Number, default)));
        await w.Do(Buyer, s => accounts.Stop(s, account.Number, true, "holiday", default));
        await w.Do(Buyer, s => accounts.Stop(s, account.Number, false, "back", default));
        await w.Do(Clerk, s => accounts.Stop(s, account.Number, true, "margin not paid", default));
        Assert.Equal("trading.stopped-by-exchange", await w.Refused(Buyer, s => accounts.Stop(s, account.Number, false, "please", default)));
        await w.Do(Operator, s => accounts.Stop(s, account.Number, false, "paid", default));
        await w.PayIn(account, 10m);
        Assert.Equal("trading.not-empty", await w.Refused(Buyer, s => accounts.Close(s, account.Number, default)));
        Assert.Equal(TradingState.Closed, (await w.Do(Seller, s => accounts.Close(s, w.SellerAccount.Number, default))).State);
        Assert.Equal("trading.limit", await w.Refused(Buyer, s => accounts.SetLimits(s, account.Number, new(SelfTrade.CancelBoth, 0, 1), default)));
        Assert.Equal(500, (await w.Do(Buyer, s => accounts.SetLimits(s, account.Number, new(SelfTrade.CancelBoth, 500, 10), default))).LargestOrderLots);
    }

    [Fact]
    public async Task Money_comes_in_once_a_bank_line_and_by_two_people()
    {
        await using var w = await Open();
        var cash = w.Get<CashHandlers>();
        var wrong = await w.Registry.Try(Clerk, s => cash.ProposeIn(s, new("M99999", "ABC", 1.234m, "", w.Registry.Today.PlusDays(1)), default));
        Assert.Equal(["cash.currency", "input.required", "cash.value-day", "trading.not-found"], wrong.Refusals.Select(r => r.Code));
        Assert.Equal("cash.amount", await w.Refused(Clerk, s => cash.ProposeIn(s, new("M00002", "EUR", 1.234m, "x", null), default)));
        Assert.Equal("access.role-needed", await w.Refused(Buyer, s => cash.ProposeIn(s, new("M00002", "EUR", 1m, "x", null), default)));
        var move = await w.Do(Clerk, s => cash.ProposeIn(s, new("M00002", "EUR", 1_000_000.05m, "20260303/17", null), default));
        Assert.Equal(0, w.CashOf(w.BuyerAccount));
        Assert.Equal("cash.line-counted", await w.Refused(Clerk2, s => cash.ProposeIn(s, new("M00001", "EUR", 5m, "20260303/17", null), default)));
        await w.Registry.Decide(Clerk2, move.Id, s => cash.Read(s, move.Id, default));
        Assert.Equal(100_000_005, w.CashOf(w.BuyerAccount));
        var balance = Assert.Single(await w.Do(Buyer, s => w.Get<TradingAccountHandlers>().Cash(s, w.BuyerAccount.Number, default)));
        Assert.Equal(new("EUR", 1_000_000.05m, 0, 0), balance);
        var rejected = await w.Do(Clerk, s => cash.ProposeIn(s, new("M00002", "EUR", 7m, "20260303/18", null), default));
        await w.Registry.DecideTask(Clerk2, await w.Registry.TaskOf(rejected.Id), approve: false);
        Assert.Equal(CashState.Rejected, (await w.Do(Buyer, s => cash.Read(s, rejected.Id, default))).State);
        Assert.Equal(100_000_005, w.CashOf(w.BuyerAccount));
        Assert.Equal("cash.not-found", await w.Refused(Seller, s => cash.Read(s, move.Id, default)));
        // What was rejected counts as not seen: the line may be entered rightly.
        Assert.Equal(CashState.Done, (await w.PayIn(w.BuyerAccount, 8m, line: "20260303/18")).State);
    }

    [Fact]
    public async Task Money_goes_out_only_to_a_confirmed_bank_account_and_by_two_people_of_the_member()
    {
        await using var w = await Open();
        var (cash, banks) = (w.Get<CashHandlers>(), w.Get<BankAccounts>());
        await w.PayIn(w.BuyerAccount, 1000m);
        var wrong = await w.Registry.Try(Buyer, s => banks.Write(s, new("EUR", "Trader", "NL91 ABNA 0417 1643 01", null, "ABNA"), default));
        Assert.Equal(["bank.iban", "bank.bic"], wrong.Refusals.Select(r => r.Code));
        var bank = await w.Do(Buyer, s => banks.Write(s, new("EUR", "Trader BV", "NL91 ABNA 0417 1643 00", null, "ABNANL2A"), default));
        Assert.Equal("bank.already", await w.Refused(Buyer, s => banks.Write(s, new("EUR", "Trader BV", "NL91ABNA0417164300", null, "ABNANL2A"), default)));
        Assert.Equal("bank.not-confirmed", await w.Refused(Buyer, s => cash.ProposeOut(s, new("M00002", 10m, bank.Id), default)));
        await w.Do(Clerk, s => banks.Propose(s, bank.Id, default));
        await w.Registry.DecideTask(Clerk2, await w.Registry.TaskOf(bank.Id));
        Assert.Equal("cash.over-available", await w.Refused(Buyer, s => cash.ProposeOut(s, new("M00002", 1000.01m, bank.Id), default)));
        Assert.Equal("bank.not-confirmed", await w.Refused(Seller, s => cash.ProposeOut(s, new("M00001", 1m, bank.Id), default)));
        var move = await w.Do(Buyer, s => cash.ProposeOut(s, new("M00002", 400m, bank.Id), default));
        Assert.Equal(60_000, w.CashOf(w.BuyerAccount));
        var task = await w.Registry.TaskOf(move.Id);
        Assert.False((await w.Registry.Try(Buyer, s => w.Get<Storage.Approvals>().Decide(s, task, true, null, default))).Ok);
        await w.Registry.DecideTask(Buyer2, task);
        Assert.Equal(CashState.Done, (await w.Do(Buyer, s => cash.Read(s, move.Id, default))).State);
        Assert.Equal((60_000L, 60_000L), (w.CashOf(w.BuyerAccount), -w.Registry.Venue.Read(b => b.Balance(MarketBook.Bank, MarketBook.Currencies["EUR"].Asset)).Total));
        Assert.NotNull((await w.Do(Clerk, s => cash.Paid(s, move.Id, "SEPA 4711", default))).PaidAt);
        Assert.Equal("cash.not-payable", await w.Refused(Clerk, s => cash.Paid(s, move.Id, "SEPA 4711", default)));
        await w.Do(Buyer, s => banks.Remove(s, bank.Id, default));
        Assert.Equal("bank.not-confirmed", await w.Refused(Buyer, s => cash.ProposeOut(s, new("M00002", 1m, bank.Id), default)));
    }

    [Fact]
    public async Task Units_come_to_market_from_the_holders_own_account_by_the_registrys_rules_and_go_back_to_it()
    {
        await using var w = await Open();
        await w.Registry.Give(w.Registry.SmelterAccount, 1000);
        var link = await w.Units(Seller, Seller2, w.SellerAccount);
        var other = await w.Units(Buyer, Buyer2, w.BuyerAccount);
        Assert.Equal("transaction.to-own", await w.Refused(Seller, s => w.Get<TransactionHandlers>().Propose(s, new(w.Registry.SmelterAccount, MarketDoor.Deposit, other.FullId, "EUA", null, 10), default)));
        Assert.Equal("units.linked", await w.Refused(Seller, s => w.Get<UnitsLinks>().Link(s, w.SellerAccount.Number, link.FullId, default)));
        Assert.Equal("units.account", await w.Refused(Buyer, s => w.Get<UnitsLinks>().Link(s, w.BuyerAccount.Number, link.FullId, default)));
        await w.Deposit(Seller, Seller2, w.Registry.SmelterAccount, link, 600);
        Assert.Equal((400L, 600L), (w.Registry.Held(w.Registry.SmelterAccount), w.Registry.Held(link.UnitsAccount)));
        Assert.Equal(new("EUA", "", 600, 0), Assert.Single(w.Get<UnitsLinks>().Holdings(link)));
        var back = await w.Do(Seller, async s => await w.Get<TransactionHandlers>().Propose(s, new(link.UnitsAccount, MarketDoor.Withdrawal, await w.Registry.FullId(w.Registry.SmelterAccount), "EUA", null, 100), default));
        await w.Registry.Decide(Seller2, back.Id, s => w.Get<TransactionHandlers>().Read(s, back.Id, default));
        Assert.Equal((500L, 500L), (w.Registry.Held(w.Registry.SmelterAccount), w.Registry.Held(link.UnitsAccount)));
    }
}
