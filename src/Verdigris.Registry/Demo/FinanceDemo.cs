using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;

namespace Verdigris.Registry.Demo;

/// <summary>
/// Three deals in the demo, after <see cref="RegistryDemo"/>: the smelter's allowances pledged to the trader for a loan that was paid out, a repo the trader offers the smelter, and a pledge of credits of China that the trader may accept. By the use cases people use; figures are invented. Safe to repeat.
/// </summary>
public static class FinanceDemo
{
    const string Unit = "EUA", Currency = "EUR", China = "cn-ets", Credit = "CCER", ChinaCurrency = "CNY";

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, RegistryCast cast, CancellationToken ct)
    {
        var (deals, accounts, sessions) = (services.GetRequiredService<DealHandlers>(), services.GetRequiredService<AccountHandlers>(), services.GetRequiredService<IDbSessions>());
        await using var smelter = sessions.Open(cast.Operator);
        await using var trader = sessions.Open(cast.Trader);
        await using var officer = sessions.Open(cast.Officer);
        // Deals over credits of programmes are of another part of the demo.
        if (Take(await deals.List(smelter, new(RegistryDemo.Scheme), ct)).Items.Count > 0) return;
        async Task<RegistryAccount> Own(DbSession s, string kind) => Take(await accounts.List(s, new(RegistryDemo.Scheme, kind, AccountState.Open, s.Actor.OrganisationId), ct)).Items[0];
        var (holding, trading) = (await Own(smelter, "operator-holding"), await Own(trader, "trading"));
        var today = officer.Today();
        if ((await deals.Prices(officer, RegistryDemo.Scheme, ct)).All(p => p.Day != today)) Take(await deals.Publish(officer, new(RegistryDemo.Scheme, Unit, "", Currency, today, 75.36m, "Demo: mean of the quarter's auctions"), ct));

        var pledge = new DealTerms(DealKind.Pledge, 20_000, Currency, today, today.PlusDays(180), Principal: 900_000, RatePercent: 4, InitialLtvPercent: 60, CallLtvPercent: 75);
        var id = Take(await deals.Propose(smelter, new(holding.Account, true, trading.FullId, Unit, null, pledge), ct)).Deal.Id;
        await Decided(cast.OperatorSecond, id);
        Take(await deals.Act(trader, id, new(DealAct.Accept), ct));
        await Decided(cast.TraderSecond, id);
        var loan = Take(await deals.Read(trader, id, ct)).Cash[0];
        Take(await deals.Act(trader, id, new(DealAct.Claim, loan.Id, Note: "SEPA 2026-0042"), ct));
        Take(await deals.Act(smelter, id, new(DealAct.Confirm, loan.Id), ct));
        await Decided(cast.OperatorSecond, id);

        var repo = new DealTerms(DealKind.Repo, 10_000, Currency, today.PlusDays(1), today.PlusDays(91), FirstPrice: 75.36m, SecondPrice: 76.1136m, InitialLtvPercent: 85, CallLtvPercent: 95);
        await Decided(cast.TraderSecond, Take(await deals.Propose(trader, new(trading.Account, true, holding.FullId, Unit, null, repo), ct)).Deal.Id);

        var vintage = Verdigris.Web.Numbers.Plain(today.Year - 1);
        var (credits, desk) = await RegistryDemo.Credits(services, cast, China, Credit, vintage, 60_000, ct);
        if ((await deals.Prices(officer, China, ct)).All(p => p.Day != today)) Take(await deals.Publish(officer, new(China, Credit, vintage, ChinaCurrency, today, 68.5m, "Demo: listed trades of the day"), ct));
        var ofCredits = new DealTerms(DealKind.Pledge, 40_000, ChinaCurrency, today, today.PlusDays(180), Principal: 1_600_000, RatePercent: 3.85m, InitialLtvPercent: 60, CallLtvPercent: 75);
        var lender = Take(await accounts.Read(trader, desk, ct)).FullId;
        await Decided(cast.OperatorSecond, Take(await deals.Propose(smelter, new(credits, true, lender, Credit, vintage, ofCredits), ct)).Deal.Id);

        // The step that waits for the second person of a side.
        async Task Decided(Actor who, Guid deal)
        {
            await using var s = sessions.Open(who);
            foreach (var step in Take(await deals.Read(s, deal, ct)).Steps.Where(x => x is { State: DealStepState.Waiting, TaskId: not null })) Take(await services.GetRequiredService<Approvals>().Decide(s, step.TaskId!.Value, true, null, ct));
        }
    }

    static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value
        : throw new InvalidOperationException("The demo of finance was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
}
