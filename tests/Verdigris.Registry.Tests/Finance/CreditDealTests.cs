using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.Finance.DealWorld;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests.Finance;

/// <summary>Deals over credits that a scheme took in: national ones, forest sinks and units still to come, between the smelter and the trader, with a database and a Book.</summary>
public sealed class CreditDealTests
{
    static DealTerms Terms(DealKind kind, long units) => A.Deal(kind) with { Start = Start, End = End, Units = units };

    /// <summary>Both trust each other, and the smelter owes for 100,000 t of 2024 and of 2025.</summary>
    static async Task<RegistryWorld> Opened(string scheme)
    {
        var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), scheme);
        foreach (var year in new[] { 2024, 2025 }) await Determined(w, year, 100_000);
        await w.Trust(SmelterFirst, w.SmelterAccount, w.TraderAccount);
        await w.Trust(TraderFirst, w.TraderAccount, w.SmelterAccount);
        w.Clock.Now = Start.AtMidnight().InUtc().ToInstant() + Duration.FromHours(3);
        return w;
    }

    static async Task<NewDeal> Sheet(RegistryWorld w, string unit, string vintage, DealTerms terms, bool giving = true) => new(w.SmelterAccount, giving, await w.FullId(w.TraderAccount), unit, vintage, terms);

    static async Task<DealState> Paid(RegistryWorld w, Guid id, CashWhen when) => (await w.Paid(id, when)).Deal.State;

    static async Task<DealState> Day(RegistryWorld w, Guid id, LocalDate day)
    {
        await w.Day(day);
        return await w.StateOf(id);
    }

    static async Task<string> Surrender(RegistryWorld w, string unit, string vintage, long units, int year)
    {
        var asked = await w.Try(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, unit, vintage, units, year), default));
        if (!asked.Ok) return asked.Refusals[0].Code;
        await w.DecideTask(SmelterSecond, asked.Value.TaskId!.Value);
        return "surrendered";
    }

    static (long Smelter, long Trader) Held(RegistryWorld w, string unit, string vintage) => (w.Held(w.SmelterAccount, unit, vintage), w.Held(w.TraderAccount, unit, vintage));

    [Fact]
    public async Task Pledged_credits_are_watched_by_the_price_of_their_own_year_not_surrendered_and_the_lenders_when_a_call_is_missed()
    {
        await using var w = await Opened("cn-ets");
        await w.Deposit(w.SmelterAccount, "CCER", "2024", 1000);
        await w.Deposit(w.SmelterAccount, "CCER", "2023", 10);
        var id = await w.Agreed(await Sheet(w, "CCER", "2024", Terms(DealKind.Pledge, 400) with { Principal = 20_000 }));
        Assert.Equal(DealState.Open, await Paid(w, id, CashWhen.Opening));
        Assert.Equal("transaction.over-held", await Surrender(w, "CCER", "2024", 601, 2024));
        Assert.Equal("surrendered", await Surrender(w, "CCER", "2024", 600, 2024));
        // To everybody's figures they are credits, not allowances.
        var ended = (await w.Get<Verdigris.Registry.Statistics.OwnStatistics>().All(default)).Find("own-ended")!.Figures;
        Assert.Equal([("surrender-credits", (decimal?)600)], ended.Select(f => (f.Series, f.Value)));
        // Another year's credits are worth something else, and say nothing of these.
        await w.Price("CCER", "2023", 10);
        Assert.Equal(DealState.Open, await Day(w, id, Start.PlusDays(1)));
        Assert.Null((await w.ReadDeal(id)).Standing);
        await w.Price("CCER", "2024", 60);
        Assert.Equal(DealState.Called, await Day(w, id, Start.PlusDays(1)));
        Assert.Equal(DealState.Defaulted, await Day(w, id, Start.PlusDays(4)));
        Assert.Equal("finance.too-early", await w.Refused(TraderFirst, s => w.Get<DealHandlers>().Act(s, id, new(DealAct.Enforce), default)));
        await Day(w, id, Start.PlusDays(12));
        await w.ActByTwo(TraderFirst, id, new(DealAct.Enforce));
        Assert.Equal((DealState.Enforced, (0L, 400L)), ((await w.ReadDeal(id)).Deal.State, Held(w, "CCER", "2024")));
    }

    [Fact]
    public async Task A_repo_of_forest_credits_goes_out_and_back_and_what_came_back_is_surrendered()
    {
        await using var w = await Opened("cn-beijing");
        await w.Deposit(w.SmelterAccount, "FCER", "2024", 500);
        var id = await w.Agreed(await Sheet(w, "FCER", "2024", Terms(DealKind.Repo, 500)));
        Assert.Equal(DealState.Open, await Paid(w, id, CashWhen.Opening));
        var back = await w.FullId(w.SmelterAccount);
        Assert.Equal((0, 0), Held(w, "FCER", "2024"));
        Assert.Equal("transaction.over-held", await w.Refused(TraderFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.TraderAccount, "transfer", back, "FCER", "2024", 1), default)));
        Assert.Equal("transaction.over-held", await Surrender(w, "FCER", "2024", 1, 2024));
        await Day(w, id, End);
        await w.ActByTwo(SmelterFirst, id, new(DealAct.Close));
        Assert.Equal(DealState.Settled, await Paid(w, id, CashWhen.Closing));
        Assert.Equal("surrendered", await Surrender(w, "FCER", "2024", 500, 2024));
        Assert.Equal((0, 0), Held(w, "FCER", "2024"));
    }

    [Fact]
    public async Task Credits_nobody_has_yet_are_sold_forward_delivered_when_they_came_and_offset_what_the_buyer_owes()
    {
        await using var w = await Opened("cn-ets");
        var forward = Terms(DealKind.Forward, 300) with { Covered = false };
        async Task<string> Refused(string vintage, DealTerms terms) { var sheet = await Sheet(w, "CCER", vintage, terms, giving: false); return await w.Refused(SmelterFirst, s => w.Get<DealHandlers>().Propose(s, sheet, default)); }
        // What must be held at once must be there; and nobody sells a year out of all reach, or no year.
        Assert.Equal("transaction.unit", await Refused("2025", forward with { Covered = true }));
        Assert.Equal("transaction.unit", await Refused("2025", Terms(DealKind.Repo, 300)));
        Assert.Equal("transaction.unit", await Refused("2037", forward));
        Assert.Equal("transaction.unit", await Refused("", forward));
        Assert.Equal("transaction.unit", await Refused("next", forward));
        var id = await w.Agreed(await Sheet(w, "CCER", "2025", forward, giving: false));
        Assert.Equal(DealState.Open, (await w.ReadDeal(id)).Deal.State);
        await w.ActByTwo(TraderFirst, id, new(DealAct.Cover));
        Assert.False((await w.ReadDeal(id)).Deal.Held);
        await w.Deposit(w.TraderAccount, "CCER", "2025", 300);
        await w.ActByTwo(TraderFirst, id, new(DealAct.Cover));
        Assert.True((await w.ReadDeal(id)).Deal.Held);
        await w.ActByTwo(SmelterFirst, id, new(DealAct.Close));
        Assert.Equal(DealState.Settled, await Paid(w, id, CashWhen.Closing));
        Assert.Equal((300, 0), Held(w, "CCER", "2025"));
        Assert.Equal("surrendered", await Surrender(w, "CCER", "2025", 300, 2025));
    }

    [Fact]
    public async Task A_sheet_of_a_schemes_account_over_credits_of_a_programme_says_where_they_must_be_taken_in_first()
    {
        await using var w = await Ready();
        async Task<Refusal> Refused(Func<NewDeal, NewDeal> but) { var sheet = but(await Sheet(w, "CCER", "2024", Terms(DealKind.Pledge, 1))); var answer = await w.Try(SmelterFirst, s => w.Get<DealHandlers>().Propose(s, sheet, default)); return Assert.Single(answer.Refusals); }
        var elsewhere = await Refused(d => d);
        Assert.Equal(("finance.credit-unit", "cn-beijing, cn-chongqing, cn-ets, cn-fujian, cn-guangdong, cn-hubei, cn-shanghai, cn-shenzhen, cn-tianjin"), (elsewhere.Code, elsewhere.Args!["schemes"]));
        Assert.Equal("finance.credit-nowhere", (await Refused(d => d with { Unit = "VCU" })).Code);
        Assert.Equal("transaction.unit", (await Refused(d => d with { Unit = "nothing" })).Code);
    }
}
