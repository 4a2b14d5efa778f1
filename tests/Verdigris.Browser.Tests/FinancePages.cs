using Verdigris.Registry.Accounts;
using Verdigris.Registry.Demo;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>The demo's pledge and repo, a pledge the lender has called, custody for another and a draft, seen by both sides and by the authority. Made once for a stage, after the registry's pages.</summary>
static class FinancePages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        await RegistryPages.Seats(stage);
        var (cast, deals) = (RegistryPages.Cast, stage.Get<DealHandlers>());
        async Task<RegistryAccount> Own(Primitives.Actor who, string kind) => (await stage.Do(who, s => stage.Get<AccountHandlers>().List(s, new(RegistryDemo.Scheme, kind, AccountState.Open, who.OrganisationId), default))).Items[0];
        var (holding, trading) = (await Own(cast.Operator, "operator-holding"), await Own(cast.Trader, "trading"));
        async Task Second(Primitives.Actor who, Guid id)
        {
            foreach (var step in (await stage.Do(who, s => deals.Read(s, id, default))).Steps.Where(x => x.State == DealStepState.Waiting)) await stage.Do(who, s => stage.Get<Approvals>().Decide(s, step.TaskId!.Value, true, null, default));
        }
        async Task<Guid> Agreed(DealTerms terms)
        {
            var id = (await stage.Do(cast.Trader, s => deals.Propose(s, new(trading.Account, true, holding.FullId, "EUA", null, terms), default))).Deal.Id;
            await Second(cast.TraderSecond, id);
            await stage.Do(cast.Operator, s => deals.Act(s, id, new(DealAct.Accept), default));
            await Second(cast.OperatorSecond, id);
            return id;
        }
        var today = (await stage.Do(cast.Operator, s => Task.FromResult((Primitives.Answer<NodaTime.LocalDate>)s.Today())));
        await stage.Do(cast.Officer, s => deals.Publish(s, new(RegistryDemo.Scheme, "EUA", "", "CNY", today, 300, "Exchange, close of the day"), default));
        var called = await Agreed(new(DealKind.Pledge, 1_000, "CNY", today, today.PlusDays(60), Principal: 280_000, RatePercent: 4, InitialLtvPercent: 60, CallLtvPercent: 75));
        var loan = (await stage.Do(cast.Operator, s => deals.Read(s, called, default))).Cash[0];
        await stage.Do(cast.Operator, s => deals.Act(s, called, new(DealAct.Claim, loan.Id, Note: "CIPS 7"), default));
        await stage.Do(cast.Trader, s => deals.Act(s, called, new(DealAct.Confirm, loan.Id), default));
        await Second(cast.TraderSecond, called);
        await stage.Do(cast.Operator, s => deals.Act(s, called, new(DealAct.Call), default));
        var custody = await Agreed(new(DealKind.Custody, 500, "EUR", today, null, FirstPrice: 75, RatePercent: 0.2m));
        var draft = (await stage.Do(cast.Trader, s => deals.Propose(s, new(trading.Account, true, holding.FullId, "EUA", null, new(DealKind.Forward, 2_000, "EUR", today, today.PlusDays(30), FirstPrice: 77, Covered: true)), default))).Deal.Id;
        var all = (await stage.Do(cast.Operator, s => deals.List(s, new(), default))).Items;
        Guid Of(DealState state, DealKind kind) => all.First(d => d.State == state && d.Terms.Kind == kind).Id;
        string[] both = ["/finance", $"/finance/{Of(DealState.Open, DealKind.Pledge)}", $"/finance/{Of(DealState.Proposed, DealKind.Repo)}", $"/finance/{called}", $"/finance/{custody}"];
        return
        [
            ("smelter@demo", [.. both, "/finance?kind=Repo&sort=-state", "/finance?state=Lapsed"]),
            ("owner@demo", [.. both, $"/finance/{draft}"]),
            ("officer@demo", both),
        ];
    }
}
