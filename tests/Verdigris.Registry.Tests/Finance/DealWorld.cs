using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests.Finance;

/// <summary>What the smelter, the trader and the days do about a deal between them, each side by its first and its second person.</summary>
static class DealWorld
{
    public static readonly LocalDate Start = new(2026, 3, 9), End = new(2026, 6, 17);

    public static Actor SecondOf(Actor who) => who.OrganisationId == Smelter ? SmelterSecond : TraderSecond;

    /// <summary>The smelter trusts the trader, or the other way round, which takes its days: they are over on the first day.</summary>
    public static async Task Trust(this RegistryWorld w, Actor first, long from, long to) =>
        await w.DecideTask(SecondOf(first), (await w.Do(first, async s => await w.Get<AccessHandlers>().Trust(s, from, await w.FullId(to), null, default))).TaskId!.Value);

    public static Task<DealView> ReadDeal(this RegistryWorld w, Guid id) => w.Do(SmelterFirst, s => w.Get<DealHandlers>().Read(s, id, default));

    public static async Task<DealState> StateOf(this RegistryWorld w, Guid id) => (await w.ReadDeal(id)).Deal.State;

    public static Task<DealView> Act(this RegistryWorld w, Actor who, Guid id, NewStep step) => w.Do(who, s => w.Get<DealHandlers>().Act(s, id, step, default));

    public static Task<string> RefusedAct(this RegistryWorld w, Actor who, Guid id, NewStep step) => w.Refused(who, s => w.Get<DealHandlers>().Act(s, id, step, default));

    /// <summary>The second person decides the newest step that waits.</summary>
    public static async Task Second(this RegistryWorld w, Actor who, Guid id, bool approve = true) => await w.DecideTask(who, (await w.ReadDeal(id)).Steps.Last(x => x.State == DealStepState.Waiting).TaskId!.Value, approve);

    /// <summary>Does something, and where it waits for the second person of the side, that person agrees.</summary>
    public static async Task ActByTwo(this RegistryWorld w, Actor who, Guid id, NewStep step)
    {
        await w.Act(who, id, step);
        if ((await w.ReadDeal(id)).Steps.Any(x => x.State == DealStepState.Waiting)) await w.Second(SecondOf(who), id);
    }

    /// <summary>The smelter writes a sheet, and its second person lets it go out.</summary>
    public static async Task<Guid> Offered(this RegistryWorld w, NewDeal sheet, Actor? proposer = null)
    {
        var view = await w.Do(proposer ?? SmelterFirst, s => w.Get<DealHandlers>().Propose(s, sheet, default));
        await w.DecideTask(SecondOf(proposer ?? SmelterFirst), view.Steps[0].TaskId!.Value);
        return view.Deal.Id;
    }

    public static async Task<Guid> Agreed(this RegistryWorld w, NewDeal sheet, Actor? proposer = null, Actor? other = null)
    {
        var id = await w.Offered(sheet, proposer);
        await w.ActByTwo(other ?? TraderFirst, id, new(DealAct.Accept));
        return id;
    }

    /// <summary>Every open payment of an end is said to be made by its payer and confirmed by its receiver.</summary>
    public static async Task<DealView> Paid(this RegistryWorld w, Guid id, CashWhen when)
    {
        var view = await w.ReadDeal(id);
        foreach (var cash in view.Cash.Where(c => c.When == when && c.State == CashState.Due))
        {
            var (payer, receiver) = cash.Payer == view.Deal.SideOf(Smelter) ? (SmelterFirst, TraderFirst) : (TraderFirst, SmelterFirst);
            await w.Act(payer, id, new(DealAct.Claim, cash.Id, Note: "payment 42"));
            await w.ActByTwo(receiver, id, new(DealAct.Confirm, cash.Id));
        }
        return await w.ReadDeal(id);
    }

    /// <summary>The same hour of another day, and what the days do.</summary>
    /// <returns>Deals in which something happened.</returns>
    public static async Task<int> Day(this RegistryWorld w, LocalDate day)
    {
        w.Clock.Now = day.At(w.Clock.Now.InUtc().TimeOfDay).InUtc().ToInstant();
        return await w.Watch();
    }

    public static async Task<int> Watch(this RegistryWorld w)
    {
        await using var s = w.Sessions.Open(Actor.System);
        return await w.Get<IEnumerable<IDailyWork>>().OfType<MarginWatch>().Single().Run(s, default);
    }

    public static Task Price(this RegistryWorld w, string unit, string vintage, decimal price, string currency = "CNY") =>
        w.Do(Officer, s => w.Get<DealHandlers>().Publish(s, new(w.Code, unit, vintage, currency, w.Today, price, "exchange"), default));
}
