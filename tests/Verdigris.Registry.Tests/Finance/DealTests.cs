using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.Finance.DealWorld;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests.Finance;

/// <summary>Deals between the smelter, whose units they are about, and the trader, by their representatives, with a database and a Book.</summary>
public sealed class DealTests
{
    static DealTerms Terms(DealKind kind) => A.Deal(kind) with { Start = Start, End = kind == DealKind.Custody ? null : End, Units = 400 };

    /// <param name="trusted">The smelter trusts the trader, which takes its days.</param>
    static async Task<RegistryWorld> Stocked(bool trusted = true)
    {
        var w = await Ready();
        await w.Give(w.SmelterAccount, 1000);
        if (!trusted) return w;
        await w.Trust(SmelterFirst, w.SmelterAccount, w.TraderAccount);
        w.Clock.Now = Start.AtMidnight().InUtc().ToInstant() + Duration.FromHours(11);
        return w;
    }

    static async Task<NewDeal> Sheet(RegistryWorld w, DealTerms terms, string? beneficiary = null) => new(w.SmelterAccount, true, await w.FullId(w.TraderAccount), "EUA", null, terms, beneficiary);

    static async Task<DealView> Offered(RegistryWorld w, DealTerms terms) => await w.ReadDeal(await w.Offered(await Sheet(w, terms)));

    static async Task<DealView> Agreed(RegistryWorld w, DealTerms terms) => await w.ReadDeal(await w.Agreed(await Sheet(w, terms)));

    static (long Smelter, long Trader) Held(RegistryWorld w) => (w.Held(w.SmelterAccount), w.Held(w.TraderAccount));

    [Fact]
    public async Task A_repo_runs_from_the_sheet_to_the_units_back_by_two_people_of_each_side_at_every_step()
    {
        await using var w = await Stocked();
        var deal = await Agreed(w, Terms(DealKind.Repo));
        Assert.Equal((DealState.Agreed, 3.65m), (deal.Deal.State, Math.Round(deal.ImpliedRatePercent!.Value, 10)));
        Assert.Equal((600, 0), Held(w));
        Assert.Equal([("purchase", 30_144m)], deal.Cash.Select(c => (c.What, c.Amount)));
        deal = await w.Paid(deal.Deal.Id, CashWhen.Opening);
        Assert.Equal(DealState.Open, deal.Deal.State);
        // The units are the lender's and held for their return.
        Assert.Equal((600, 0), Held(w));
        Assert.Equal(400, w.Venue.Read(b => b.Balance(w.TraderAccount, w.Numbers.Asset(Eu, "EUA", "")!.Value).Held));
        await w.Day(End);
        await w.Act(SmelterFirst, deal.Deal.Id, new(DealAct.Close));
        deal = await w.Paid(deal.Deal.Id, CashWhen.Closing);
        Assert.Equal((DealState.Settled, (1000L, 0L)), (deal.Deal.State, Held(w)));
        Assert.Equal(30_445.44m, deal.Cash.Single(c => c.When == CashWhen.Closing).Amount);
        Assert.Equal([DealAct.Offer, DealAct.Accept, DealAct.Claim, DealAct.Confirm, DealAct.Open, DealAct.Close, DealAct.Claim, DealAct.Confirm, DealAct.Settle], deal.Steps.Select(x => x.Act));
        Assert.Empty(deal.Can);
    }

    [Fact]
    public async Task One_person_alone_neither_offers_nor_accepts_nor_confirms_and_a_stranger_sees_nothing()
    {
        await using var w = await Stocked();
        var drafted = await w.Do(SmelterFirst, async s => await w.Get<DealHandlers>().Propose(s, await Sheet(w, Terms(DealKind.Pledge)), default));
        var id = drafted.Deal.Id;
        Assert.Equal(DealState.Drafted, drafted.Deal.State);
        Assert.Equal("finance.not-found", await w.Refused(TraderFirst, s => w.Get<DealHandlers>().Read(s, id, default)));
        Assert.Equal("approval.same-person", await w.Refused(SmelterFirst, s => w.Get<Approvals>().Decide(s, drafted.Steps[0].TaskId!.Value, true, null, default)));
        await w.Second(SmelterSecond, id);
        Assert.Equal("finance.not-found", await w.Refused(Foreign, s => w.Get<DealHandlers>().Read(s, id, default)));
        Assert.Equal("finance.side", await w.RefusedAct(SmelterFirst, id, new(DealAct.Accept)));
        Assert.Equal("representative.right", await w.RefusedAct(TraderSecond, id, new(DealAct.Accept)));
        Assert.Equal("representative.none", await w.RefusedAct(SmelterReader, id, new(DealAct.Withdraw)));
        await w.Act(TraderFirst, id, new(DealAct.Accept));
        Assert.Equal("finance.waiting", await w.RefusedAct(TraderFirst, id, new(DealAct.Accept)));
        Assert.Equal((1000, 0), Held(w));
        await w.Second(TraderSecond, id);
        Assert.Equal(600, Held(w).Smelter);
        var cash = (await w.ReadDeal(id)).Cash[0];
        Assert.Equal("finance.cash-state", await w.RefusedAct(SmelterFirst, id, new(DealAct.Confirm, cash.Id)));
        Assert.Equal("finance.side", await w.RefusedAct(SmelterFirst, id, new(DealAct.Claim, cash.Id)));
        await w.Act(TraderFirst, id, new(DealAct.Claim, cash.Id, Note: "ref"));
        Assert.Equal("finance.side", await w.RefusedAct(TraderFirst, id, new(DealAct.Confirm, cash.Id)));
        await w.Act(SmelterFirst, id, new(DealAct.Confirm, cash.Id));
        Assert.Equal(DealState.Agreed, (await w.ReadDeal(id)).Deal.State);
        await w.Second(SmelterSecond, id);
        Assert.Equal(DealState.Open, (await w.ReadDeal(id)).Deal.State);
    }

    [Fact]
    public async Task To_an_account_that_is_not_trusted_units_leave_by_a_deal_no_sooner_than_by_a_transfer()
    {
        await using var w = await Stocked(trusted: false);
        var terms = Terms(DealKind.Repo) with { Start = w.Today, End = w.Today.PlusDays(100) };
        var id = (await w.Paid((await Agreed(w, terms)).Deal.Id, CashWhen.Opening)).Deal.Id;
        var waits = await w.ReadDeal(id);
        Assert.Equal((DealState.Agreed, Instant.FromUtc(2026, 3, 4, 12, 0)), (waits.Deal.State, waits.Deal.FreeAt!.Value));
        w.Clock.Now = Instant.FromUtc(2026, 3, 4, 11, 59);
        Assert.Equal(0, await w.Watch());
        Assert.Equal(600, Held(w).Smelter);
        w.Clock.Now = Instant.FromUtc(2026, 3, 4, 12, 1);
        Assert.Equal(1, await w.Watch());
        Assert.Equal(DealState.Open, (await w.ReadDeal(id)).Deal.State);
    }

    static async Task<Freeze> Stopped(RegistryWorld w, string kind) => await w.Do(Officer, s => w.Get<FreezeHandlers>().Stop(s, Eu, kind, "units were stolen elsewhere", default));

    static async Task Lifted(RegistryWorld w, Freeze stop) => await w.DecideTask(Approver, (await w.Do(SecondOfficer, s => w.Get<FreezeHandlers>().ProposeLift(s, stop.Id, default))).TaskId!.Value);

    [Fact]
    public async Task A_stop_of_transfers_holds_deals_where_they_stand_in_the_Book_too_and_lifting_lets_them_go_on()
    {
        await using var w = await Stocked();
        var deal = await Agreed(w, Terms(DealKind.Repo));
        var asset = w.Numbers.Asset(Eu, "EUA", "")!.Value;
        var stop = await Stopped(w, "transfer");
        // The price is paid, and the units stay held for the buyer.
        deal = await w.Paid(deal.Deal.Id, CashWhen.Opening);
        Assert.Equal((DealState.Agreed, (600L, 0L)), (deal.Deal.State, Held(w)));
        Assert.Equal(0, await w.Watch());
        Assert.Equal("finance.stopped", await w.Refused(SmelterFirst, async s => await w.Get<DealHandlers>().Propose(s, await Sheet(w, Terms(DealKind.Repo)), default)));
        // A page that forgot to ask would get no further: the Book has no rule for any deal between the two.
        Command Forged(ushort type) => new() { Id = BookId.From(Guid.NewGuid()), Operation = Operation.Hold, TransactionType = type, Asset = asset, Debit = w.SmelterAccount, Credit = w.TraderAccount, Amount = 1, ActingFor = w.SmelterAccount, Actor = 1 };
        foreach (var type in FinanceBook.Types) Assert.Equal(Code.NoRule, (await w.Venue.Send(Forged(type))).Code);
        Assert.Equal(Code.NoRule, (await w.Venue.Send(new Command { Id = BookId.From(Guid.NewGuid()), Operation = Operation.PostHold, Target = FinanceBook.HoldOf(deal.Deal.Id, "opening"), ActingFor = w.TraderAccount, Actor = 1 })).Code);
        // It stays so over a start.
        await w.Numbers.Start(default);
        Assert.Equal(Code.NoRule, (await w.Venue.Send(Forged(FinanceBook.Pledge))).Code);
        await Lifted(w, stop);
        Assert.Equal(1, await w.Watch());
        Assert.Equal(DealState.Open, (await w.ReadDeal(deal.Deal.Id)).Deal.State);
        await w.Numbers.Start(default);
        Assert.Equal(Code.Accepted, (await w.Venue.Send(Forged(FinanceBook.Pledge))).Code);
    }

    [Fact]
    public async Task While_deals_are_stopped_nobody_defaults_and_a_loan_paid_back_still_frees_its_pledge()
    {
        await using var w = await Stocked();
        var terms = Terms(DealKind.Pledge);
        var late = (await w.Paid((await Agreed(w, terms)).Deal.Id, CashWhen.Opening)).Deal.Id;
        var paid = (await w.Paid((await Agreed(w, terms)).Deal.Id, CashWhen.Opening)).Deal.Id;
        var stop = await Stopped(w, "transfer");
        await w.Day(End.PlusDays(60));
        Assert.Equal(DealState.Open, (await w.ReadDeal(late)).Deal.State);
        await w.Act(SmelterFirst, paid, new(DealAct.Close));
        Assert.Equal((DealState.Settled, (600L, 0L)), ((await w.Paid(paid, CashWhen.Closing)).Deal.State, Held(w)));
        await Lifted(w, stop);
        Assert.Equal(1, await w.Watch());
        Assert.Equal(DealState.Defaulted, (await w.ReadDeal(late)).Deal.State);
    }

    [Fact]
    public async Task A_stop_of_what_no_holder_moves_to_another_leaves_deals_alone()
    {
        await using var w = await Stocked();
        await Stopped(w, "surrender");
        await Stopped(w, "closure-transfer");
        var deal = await w.Paid((await Agreed(w, Terms(DealKind.Repo))).Deal.Id, CashWhen.Opening);
        Assert.Equal(DealState.Open, deal.Deal.State);
    }

    [Fact]
    public async Task A_sheet_the_second_person_does_not_want_ends_and_one_the_other_side_declines_too()
    {
        await using var w = await Stocked();
        var drafted = await w.Do(SmelterFirst, async s => await w.Get<DealHandlers>().Propose(s, await Sheet(w, Terms(DealKind.Forward)), default));
        await w.Second(SmelterSecond, drafted.Deal.Id, approve: false);
        Assert.Equal(DealState.Withdrawn, (await w.ReadDeal(drafted.Deal.Id)).Deal.State);
        var offered = await Offered(w, Terms(DealKind.Forward));
        await w.Act(TraderFirst, offered.Deal.Id, new(DealAct.Decline, Note: "too dear"));
        Assert.Equal(DealState.Declined, (await w.ReadDeal(offered.Deal.Id)).Deal.State);
        Assert.Equal((1000, 0), Held(w));
    }

    [Fact]
    public async Task A_pledge_is_called_when_the_price_falls_met_with_units_and_freed_when_the_loan_is_paid_back()
    {
        await using var w = await Stocked();
        var terms = Terms(DealKind.Pledge) with { Principal = 20_000 };
        var id = (await w.Paid((await Agreed(w, terms)).Deal.Id, CashWhen.Opening)).Deal.Id;
        Assert.Equal(0, await w.Day(Start.PlusDays(1)));
        Assert.Null((await w.ReadDeal(id)).Price);
        await w.Price("EUA", "", 80);
        Assert.Equal(0, await w.Day(Start.PlusDays(1)));
        await w.Day(Start.PlusDays(2));
        await w.Price("EUA", "", 60);
        Assert.Equal(1, await w.Day(Start.PlusDays(2)));
        var called = await w.ReadDeal(id);
        Assert.Equal((DealState.Called, Start.PlusDays(4)), (called.Deal.State, called.Deal.CallDue!.Value));
        Assert.Equal(156, called.Standing!.UnitsToMeet);
        Assert.Equal(0, await w.Day(Start.PlusDays(2)));
        await w.Act(SmelterFirst, id, new(DealAct.Add, Units: 156));
        await w.Second(SmelterSecond, id);
        var met = await w.ReadDeal(id);
        Assert.Equal((DealState.Open, (LocalDate?)null), (met.Deal.State, met.Deal.CallDue));
        Assert.Equal([156L], met.Added);
        Assert.Equal(444, Held(w).Smelter);
        await w.Act(SmelterFirst, id, new(DealAct.Close));
        Assert.Equal(DealState.Settled, (await w.Paid(id, CashWhen.Closing)).Deal.State);
        Assert.Equal((1000, 0), Held(w));
    }

    [Fact]
    public async Task A_call_is_met_with_money_only_once_the_lender_has_it()
    {
        await using var w = await Stocked();
        var id = (await w.Paid((await Agreed(w, Terms(DealKind.Pledge) with { Principal = 20_000 })).Deal.Id, CashWhen.Opening)).Deal.Id;
        await w.Price("EUA", "", 60);
        await w.Day(Start);
        await w.Act(SmelterFirst, id, new(DealAct.PayDown, Amount: 6_000));
        Assert.Equal("finance.amount", await w.RefusedAct(SmelterFirst, id, new(DealAct.PayDown, Amount: 0.001m)));
        var cash = (await w.ReadDeal(id)).Cash.Single(c => c.When == CashWhen.Call);
        await w.Act(SmelterFirst, id, new(DealAct.Claim, cash.Id));
        Assert.Equal(DealState.Called, (await w.ReadDeal(id)).Deal.State);
        await w.Act(TraderFirst, id, new(DealAct.Dispute, cash.Id, Note: "nothing came"));
        Assert.Equal(CashState.Due, (await w.ReadDeal(id)).Cash.Single(c => c.Id == cash.Id).State);
        var met = await w.Paid(id, CashWhen.Call);
        Assert.Equal((DealState.Open, 14_000m), (met.Deal.State, met.Outstanding));
        await w.Act(SmelterFirst, id, new(DealAct.Close));
        Assert.Equal(14_200m, (await w.ReadDeal(id)).Cash.Single(c => c.When == CashWhen.Closing).Amount);
    }

    [Fact]
    public async Task A_call_that_nobody_meets_becomes_a_default_which_more_units_cure_and_which_else_gives_the_lender_the_units()
    {
        await using var w = await Stocked();
        var id = (await w.Paid((await Agreed(w, Terms(DealKind.Pledge) with { Principal = 20_000 })).Deal.Id, CashWhen.Opening)).Deal.Id;
        await w.Price("EUA", "", 60);
        await w.Day(Start);
        Assert.Equal(1, await w.Day(Start.PlusDays(3)));
        Assert.Equal(DealState.Defaulted, (await w.ReadDeal(id)).Deal.State);
        Assert.Equal("finance.too-early", await w.RefusedAct(TraderFirst, id, new(DealAct.Enforce)));
        await w.Act(SmelterFirst, id, new(DealAct.Add, Units: 200));
        await w.Second(SmelterSecond, id);
        Assert.Equal(DealState.Open, (await w.ReadDeal(id)).Deal.State);
        await w.Price("EUA", "", 30);
        await w.Day(Start.PlusDays(3));
        await w.Day(Start.PlusDays(6));
        await w.Day(Start.PlusDays(12));
        Assert.Equal("finance.side", await w.RefusedAct(SmelterFirst, id, new(DealAct.Enforce)));
        await w.Act(TraderFirst, id, new(DealAct.Enforce));
        Assert.Equal((400, 0), Held(w));
        await w.Second(TraderSecond, id);
        Assert.Equal((DealState.Enforced, (400L, 600L)), ((await w.ReadDeal(id)).Deal.State, Held(w)));
    }

    [Fact]
    public async Task Units_in_custody_stay_where_they_are_and_the_owner_has_them_back_by_two_of_his_people_whatever_is_owed()
    {
        await using var w = await Stocked();
        var deal = await Agreed(w, Terms(DealKind.Custody));
        Assert.Equal(DealState.Open, deal.Deal.State);
        var id = deal.Deal.Id;
        Assert.Equal((600, 0), Held(w));
        var to = await w.FullId(w.SmelterAccount);
        Assert.Equal("transaction.over-held", await w.Refused(TraderFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.TraderAccount, "transfer", to, "EUA", null, 1), default)));
        Assert.Equal("finance.side", await w.RefusedAct(TraderFirst, id, new(DealAct.Return)));
        await w.Day(Start.PlusDays(100));
        await w.Act(SmelterFirst, id, new(DealAct.Close));
        Assert.Equal([("fee", 32m)], (await w.ReadDeal(id)).Cash.Select(c => (c.What, c.Amount)));
        await w.Act(SmelterFirst, id, new(DealAct.Return));
        await w.Second(SmelterSecond, id);
        Assert.Equal((DealState.Settled, (1000L, 0L)), ((await w.ReadDeal(id)).Deal.State, Held(w)));
    }

    [Fact]
    public async Task Lent_units_must_be_back_under_a_hold_before_the_collateral_returns()
    {
        await using var w = await Stocked();
        var id = (await w.Paid((await Agreed(w, Terms(DealKind.Lending))).Deal.Id, CashWhen.Opening)).Deal.Id;
        Assert.Equal((600, 400), Held(w));
        Assert.Equal("finance.not-held", await w.RefusedAct(TraderFirst, id, new(DealAct.Close)));
        Assert.Equal("finance.side", await w.RefusedAct(SmelterFirst, id, new(DealAct.Cover)));
        await w.Act(TraderFirst, id, new(DealAct.Cover));
        await w.Second(TraderSecond, id);
        Assert.True((await w.ReadDeal(id)).Deal.Held);
        await w.Act(SmelterFirst, id, new(DealAct.Close));
        var ended = await w.Paid(id, CashWhen.Closing);
        Assert.Equal((DealState.Settled, (1000L, 0L)), (ended.Deal.State, Held(w)));
    }

    [Fact]
    public async Task A_right_to_buy_back_that_is_not_used_lapses_and_the_buyer_keeps_the_units()
    {
        await using var w = await Stocked();
        var id = (await w.Paid((await Agreed(w, Terms(DealKind.BuyBack))).Deal.Id, CashWhen.Opening)).Deal.Id;
        Assert.Equal(0, await w.Day(End));
        Assert.Equal(1, await w.Day(End.PlusDays(1)));
        Assert.Equal((DealState.Lapsed, (600L, 400L)), ((await w.ReadDeal(id)).Deal.State, Held(w)));
    }

    [Fact]
    public async Task An_agreement_whose_first_money_never_comes_is_given_up_after_its_days_of_grace()
    {
        await using var w = await Stocked();
        var id = (await Agreed(w, Terms(DealKind.Repo))).Deal.Id;
        Assert.Equal("finance.too-early", await w.RefusedAct(SmelterFirst, id, new(DealAct.Abandon)));
        Assert.Equal(0, await w.Day(Start.PlusDays(2)));
        Assert.Equal(1, await w.Day(Start.PlusDays(3)));
        Assert.Equal((DealState.Abandoned, (1000L, 0L)), ((await w.ReadDeal(id)).Deal.State, Held(w)));
    }

    [Fact]
    public async Task A_deal_over_units_nobody_has_fails_at_the_Book_and_a_step_it_refused_can_be_tried_again()
    {
        await using var w = await Stocked();
        var failed = await Agreed(w, Terms(DealKind.Repo) with { Units = 1001 });
        Assert.Equal(DealState.Failed, failed.Deal.State);
        Assert.Equal("InsufficientBalance", failed.Steps.Single(x => x.Act == DealAct.Accept).BookCode);
        var forward = (await Agreed(w, Terms(DealKind.Forward) with { Covered = false, Units = 1200 })).Deal;
        Assert.Equal(DealState.Open, forward.State);
        await w.Act(SmelterFirst, forward.Id, new(DealAct.Cover));
        await w.Second(SmelterSecond, forward.Id);
        Assert.False((await w.ReadDeal(forward.Id)).Deal.Held);
        await w.Give(w.SmelterAccount, 500);
        await w.Act(SmelterFirst, forward.Id, new(DealAct.Cover));
        await w.Second(SmelterSecond, forward.Id);
        Assert.True((await w.ReadDeal(forward.Id)).Deal.Held);
        await w.Act(TraderFirst, forward.Id, new(DealAct.Close));
        Assert.Equal(DealState.Settled, (await w.Paid(forward.Id, CashWhen.Closing)).Deal.State);
        Assert.Equal((300, 1200), Held(w));
    }

    [Fact]
    public async Task A_sheet_names_another_holders_open_account_a_unit_of_the_scheme_and_days_to_come()
    {
        await using var w = await Stocked();
        async Task<string[]> Codes(Func<NewDeal, NewDeal> but)
        {
            var wanted = but(new(w.SmelterAccount, true, await w.FullId(w.TraderAccount), "EUA", null, Terms(DealKind.Repo)));
            var answer = await w.Try(SmelterFirst, s => w.Get<DealHandlers>().Propose(s, wanted, default));
            return [.. answer.Refusals.Select(r => $"{r.Code} {r.Field}")];
        }
        var own = await w.FullId(w.SmelterAccount);
        Assert.Equal(["finance.counterparty counterparty"], await Codes(d => d with { Counterparty = own }));
        Assert.Equal(["finance.counterparty counterparty"], await Codes(d => d with { Counterparty = "EU-100-1-0-1" }));
        Assert.Equal(["finance.beneficiary beneficiary"], await Codes(d => d with { Beneficiary = own }));
        Assert.Equal(["transaction.unit unit"], await Codes(d => d with { Unit = "XYZ" }));
        Assert.Equal(["finance.start-over terms.start"], await Codes(d => d with { Terms = d.Terms with { Start = Start.PlusDays(-1) } }));
        Assert.Equal(["finance.amount terms.secondPrice"], await Codes(d => d with { Terms = d.Terms with { SecondPrice = -1 } }));
        Assert.Equal(["input.required terms"], await Codes(d => d with { Terms = null! }));
        Assert.Equal("account.not-found", await w.Refused(SmelterFirst, async s => await w.Get<DealHandlers>().Propose(s, new(w.TraderAccount, true, own, "EUA", null, Terms(DealKind.Repo)), default)));
    }

    [Fact]
    public async Task A_price_is_published_by_the_administrator_once_a_day_and_an_old_one_counts_for_nothing()
    {
        await using var w = await Stocked();
        var price = new UnitPrice(Eu, "EUA", "", "EUR", Start, 75.36m, "auction");
        Assert.Equal("access.role-needed", await w.Refused(SmelterFirst, s => w.Get<DealHandlers>().Publish(s, price, default)));
        Assert.Equal("scheme.not-administered", await w.Refused(Foreign, s => w.Get<DealHandlers>().Publish(s, price, default)));
        await w.Do(Officer, s => w.Get<DealHandlers>().Publish(s, price, default));
        Assert.Equal("finance.price-there", await w.Refused(Officer, s => w.Get<DealHandlers>().Publish(s, price with { Price = 1 }, default)));
        Assert.Equal("finance.price-day", await w.Refused(Officer, s => w.Get<DealHandlers>().Publish(s, price with { Day = Start.PlusDays(1) }, default)));
        Assert.Equal("finance.amount", await w.Refused(Officer, s => w.Get<DealHandlers>().Publish(s, price with { Price = -1 }, default)));
        var id = (await w.Paid((await Agreed(w, Terms(DealKind.Repo))).Deal.Id, CashWhen.Opening)).Deal.Id;
        Assert.Equal(75.36m, (await w.ReadDeal(id)).Price!.Price);
        await w.Day(Start.PlusDays(8));
        var later = await w.ReadDeal(id);
        Assert.Null(later.Price);
        Assert.Null(later.Standing);
    }
}
