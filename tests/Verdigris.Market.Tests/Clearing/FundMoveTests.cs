using Verdigris.Book;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Members;
using Verdigris.Primitives;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>What moves in the default fund without its member doing it: two people of the clearing house, and what they looked at still so when the second decides.</summary>
public sealed class FundMoveTests
{
    const string Eua = "ICE.EUA:2026-12";

    [Fact]
    public async Task Fees_become_the_houses_own_part_once_a_second_person_agrees()
    {
        await using var w = await ClearingWorld.Open(1, new(2026, 3, 9));
        await w.Pay(0, 10_000_00);
        await w.Send(Commands.Transfer(BookDefinitions("fee"), MarketBook.Fee, MarketBook.Currencies["EUR"].Asset, w.Accounts[0].Cash, MarketBook.Fees, 300_00));
        Assert.Equal("fund.fees", await w.Refused(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeOwn(s, "EUR", 300.01m, default)));
        Assert.Equal("cash.currency", await w.Refused(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeOwn(s, "ZZZ", 1, default)));
        Assert.NotEmpty(await w.Refused(ClearingWorld.Trader(0), s => w.Get<FundMoves>().ProposeOwn(s, "EUR", 1, default)));
        var asked = await w.Do(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeOwn(s, "EUR", 250, default));
        Assert.Equal("fund.proposed", await w.Refused(ClearingWorld.Clerk2, s => w.Get<FundMoves>().ProposeOwn(s, "EUR", 10, default)));
        Assert.Equal((0, 300_00), (w.Balance(MarketBook.DefaultFund), w.Balance(MarketBook.Fees)));
        Assert.Equal("approval.same-person", await w.NotDecided(ClearingWorld.Clerk, asked.Id));
        Assert.Equal(0, w.Balance(MarketBook.DefaultFund));
        await w.Decide(asked.Id);
        Assert.Equal((250_00, 50_00), (w.Balance(MarketBook.DefaultFund), w.Balance(MarketBook.Fees)));
        Assert.Equal([(null, 250m)], (await Parts(w)).Select(p => (p.OrganisationId, p.Amount)));
        // What was turned down moves nothing and makes room for another.
        var other = await w.Do(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeOwn(s, "EUR", 50, default));
        await w.Decide(other.Id, approve: false);
        Assert.Equal([(50m, "rejected"), (250m, "accepted")], (await w.Registry.All(ClearingWorld.Clerk, s => FundMoves.List(s, default))).Select(m => (m.Amount, m.State)).Order());
        Assert.Equal(250_00, w.Balance(MarketBook.DefaultFund));
    }

    [Fact]
    public async Task Fees_that_went_elsewhere_before_the_second_person_decided_are_not_taken_twice()
    {
        await using var w = await ClearingWorld.Open(1, new(2026, 3, 9));
        await w.Pay(0, 10_000_00);
        await w.Pay(0, 10_000_00, "USD");
        foreach (var currency in new[] { "EUR", "USD" }) await w.Send(Commands.Transfer(BookDefinitions(currency), MarketBook.Fee, MarketBook.Currencies[currency].Asset, w.Accounts[0].Cash, MarketBook.Fees, 100_00));
        var euro = await w.Do(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeOwn(s, "EUR", 100, default));
        var dollar = await w.Do(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeOwn(s, "USD", 100, default));
        await w.Decide(dollar.Id);
        await w.Send(Commands.Transfer(BookDefinitions("else"), MarketBook.FundIn, MarketBook.Currencies["EUR"].Asset, MarketBook.Fees, MarketBook.DefaultFund, 60_00));
        Assert.Equal("fund.fees", await w.NotDecided(ClearingWorld.Clerk2, euro.Id));
        Assert.Equal((40_00, 60_00, 100_00), (w.Balance(MarketBook.Fees), w.Balance(MarketBook.DefaultFund), w.Balance(MarketBook.DefaultFund, "USD")));
        Assert.Equal("proposed", (await w.Registry.All(ClearingWorld.Clerk, s => FundMoves.List(s, default))).Single(m => m.Id == euro.Id).State);
    }

    [Fact]
    public async Task A_part_goes_back_to_a_member_that_stopped_holds_nothing_and_owes_nothing()
    {
        await using var w = await ClearingWorld.Open(3, new(2026, 3, 9));
        for (var i = 0; i < 3; i++) await w.Pay(i, 100_000_00);
        for (var i = 0; i < 2; i++)
        {
            var member = i;
            await w.Do(ClearingWorld.Trader(i), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[member].Code, "EUR", 5_000 + member, default));
        }
        await w.Trade(Eua, 0, 1, 75m, 2);
        await w.Clear();
        var code = w.Accounts[0].Code;
        Task<string> Asked() => w.Refused(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeReturn(s, code, "EUR", default));
        Assert.Equal("fund.still-trading", (await w.Registry.Try(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeReturn(s, code, "EUR", default))).Refusals[0].Code);
        await Stopped(w, 0, true);
        Assert.Equal("fund.positions-open", await Asked());
        w.Evening(new(2026, 3, 10));
        await w.Trade(Eua, 1, 0, 75m, 2);
        // What it lost in the day is not paid before the evening.
        Assert.Contains("fund.owes", (await w.Registry.Try(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeReturn(s, code, "EUR", default))).Refusals.Select(r => r.Code));
        await w.Clear();
        Assert.NotEmpty(await w.Refused(ClearingWorld.Trader(0), s => w.Get<FundMoves>().ProposeReturn(s, code, "EUR", default)));
        Assert.Equal("fund.no-part", await w.Refused(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeReturn(s, code, "USD", default)));
        await Stopped(w, 2, true);
        Assert.Equal("fund.no-part", await w.Refused(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeReturn(s, w.Accounts[2].Code, "EUR", default)));
        // Somebody else's default may still need it.
        var other = await w.Do(ClearingWorld.Clerk, s => w.Get<DefaultDesk>().Propose(s, w.Accounts[1].Code, "late", default));
        Assert.Equal("fund.default-open", await Asked());
        await w.Decide(other.Id, approve: false);

        var cash = w.Cash(0);
        var asked = await w.Do(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeReturn(s, code, "EUR", default));
        Assert.Equal(5_000m, asked.Amount);
        // It trades again before the second person decides: then it stays.
        await Stopped(w, 0, false);
        Assert.Equal("fund.still-trading", await w.NotDecided(ClearingWorld.Clerk2, asked.Id));
        Assert.Equal((cash, 10_001_00), (w.Cash(0), w.Balance(MarketBook.DefaultFund)));
        await Stopped(w, 0, true);
        await w.Decide(asked.Id);
        Assert.Equal((cash + 5_000_00, 5_001_00), (w.Cash(0), w.Balance(MarketBook.DefaultFund)));
        Assert.Equal([(ClearingWorld.OrganisationOf(1), 5_001m)], (await Parts(w)).Select(p => (p.OrganisationId!.Value, p.Amount)));
        Assert.Equal("fund.no-part", await Asked());
    }

    [Fact]
    public async Task The_last_account_of_a_member_stays_open_while_the_fund_has_a_part_of_it()
    {
        await using var w = await ClearingWorld.Open(1, new(2026, 3, 9));
        await w.Pay(0, 5_000_00);
        await w.Do(ClearingWorld.Trader(0), s => w.Get<DefaultFund>().PayIn(s, w.Accounts[0].Code, "EUR", 5_000, default));
        Assert.Equal("trading.fund-left", await w.Refused(ClearingWorld.Trader(0), s => w.Get<TradingAccountHandlers>().Close(s, w.Accounts[0].Number, default)));
        await Stopped(w, 0, true);
        var asked = await w.Do(ClearingWorld.Clerk, s => w.Get<FundMoves>().ProposeReturn(s, w.Accounts[0].Code, "EUR", default));
        await w.Decide(asked.Id);
        // The money lies on the account now: it is paid out first.
        Assert.Equal("trading.not-empty", await w.Refused(ClearingWorld.Trader(0), s => w.Get<TradingAccountHandlers>().Close(s, w.Accounts[0].Number, default)));
    }

    static Task Stopped(ClearingWorld w, int member, bool stopped) => w.Do(ClearingWorld.Trader(member), s => w.Get<TradingAccountHandlers>().Stop(s, w.Accounts[member].Number, stopped, "leaves", default));

    static Task<List<FundPart>> Parts(ClearingWorld w) => w.Registry.All(ClearingWorld.Clerk, s => DefaultFund.Parts(s, null, default));

    static UInt128 BookDefinitions(string word) => Storage.BookDefinitions.IdOf($"test/fund/{word}");
}
