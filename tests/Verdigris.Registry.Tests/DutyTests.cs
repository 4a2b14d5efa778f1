using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Transfers;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

public sealed class DutyTests
{
    [Fact]
    public async Task A_penalty_follows_from_the_units_missing_on_the_day_and_the_units_stay_owed()
    {
        await using var w = await Ready(Instant.FromUtc(2025, 9, 29, 10, 0));
        await w.Give(w.SmelterAccount, 120);
        await Determined(w, 2024, 160);
        await Surrendered(w, 100, "EUA", null, 2024);
        Assert.Equal("penalty.not-due", await w.Refused(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, 1.3m, null), default)));
        w.Clock.Now = Instant.FromUtc(2026, 3, 3, 10, 0);
        // What comes after the day is surrendered, and was missing on it all the same.
        await Surrendered(w, 20, "EUA", null, 2024);
        Assert.Equal("penalty.not-due", await w.Refused(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2025, null, null, 1.3m, null), default)));
        Assert.Equal("calc.missing-field", await w.Refused(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, null, null), default)));
        Assert.Equal("installation.not-found", await w.Refused(Foreign, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, 1.3m, null), default)));
        var penalty = await w.Do(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, 1.3m, null), default));
        Assert.Equal((60L, 7800m, "EUR"), (penalty.Shortfall, penalty.Amount!.Value, penalty.Currency));
        Assert.Equal("penalty.there", await w.Refused(SecondOfficer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, 1.3m, null), default)));
        Assert.Equal("penalty.state-forbids", await w.Refused(Officer, s => w.Get<PenaltyHandlers>().Settle(s, penalty.Id, true, null, default)));
        await w.DecideTask(Approver, penalty.TaskId!.Value);
        Assert.Equal(PenaltyState.Paid, (await w.Do(Officer, s => w.Get<PenaltyHandlers>().Settle(s, penalty.Id, true, null, default))).State);
        await w.Do(Officer, s => w.Get<ComplianceHandlers>().Exclude(s, w.Installation, 2025, true, "not operating", default));
        Assert.Equal(("B", 40L), (await w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, w.Installation, default))) is var c ? (c.Status, c.Missing!.Value) : default);
    }

    [Fact]
    public async Task Of_a_year_whose_emissions_are_unknown_nobody_can_say_what_was_missing()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 10, 0));
        Assert.Equal("penalty.unknown", await w.Refused(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, 1.3m, null), default)));
    }

    [Fact]
    public async Task What_a_rule_leaves_open_the_authority_sets_within_it()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "cn-ets");
        await Determined(w, 2024, 1000);
        Assert.Equal("penalty.amount", await w.Refused(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, 90m, null, null), default)));
        Assert.Equal("penalty.amount", await w.Refused(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, 449_999m, 90m, null, null), default)));
        var penalty = await w.Do(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, 600_000m, 90m, null, null), default));
        Assert.Equal((450_000m, 900_000m, 600_000m), (penalty.AmountFrom, penalty.AmountTo, penalty.Amount!.Value));
    }

    [Fact]
    public async Task Units_of_a_vintage_live_on_within_the_rule_and_old_and_new_are_never_both_there()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "cn-ets");
        await w.Give(w.SmelterAccount, 50_000, "CEA", "2024");
        var to = await w.FullId(w.TraderAccount);
        var sold = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "CEA", "2024", 4_000), default));
        await w.DecideTask(SmelterSecond, sold.TaskId!.Value);
        w.Clock.Now = Instant.FromUtc(2026, 3, 9, 4, 0);
        await w.Venue.Send(new Book.Command { Id = 77, Operation = Book.Operation.Pulse });
        await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, sold.Id, default));
        // 4,000 sold, times 1.5, and 10,000 beside.
        Assert.Equal("carry-over.over-limit", await w.Refused(SmelterFirst, s => w.Get<CarryOverHandlers>().Ask(s, new(w.SmelterAccount, "CEA", 2024, 2025, 16_001), default)));
        var asked = await w.Do(SmelterFirst, s => w.Get<CarryOverHandlers>().Ask(s, new(w.SmelterAccount, "CEA", 2024, 2025, 15_000), default));
        Assert.Equal(16_000, asked.Most);
        Assert.Equal("carry-over.over-limit", await w.Refused(SmelterSecond, s => w.Get<CarryOverHandlers>().Ask(s, new(w.SmelterAccount, "CEA", 2024, 2025, 1_001), default)));
        await w.DecideTask(Officer, asked.TaskId!.Value);
        Assert.Equal(CarryOverState.Done, (await w.All(SmelterFirst, s => w.Get<CarryOverHandlers>().List(s, w.SmelterAccount, default)))[0].State);
        Assert.Equal((31_000L, 15_000L), (w.Held(w.SmelterAccount, "CEA", "2024"), w.Held(w.SmelterAccount, "CEA", "2025")));
        Assert.Equal(15_000, w.Held(w.Numbers.Central("cn-ets", "deletion"), "CEA", "2024"));
    }

    [Fact]
    public async Task No_more_is_issued_in_a_year_than_its_cap()
    {
        await using var w = await Ready();
        var to = await w.FullId(w.Numbers.Central(Eu, "auction"));
        Assert.Equal("transaction.issue-limit", await w.Refused(Officer, s => w.Get<TransactionHandlers>().Propose(s, new(w.Numbers.Central(Eu, "total-quantity"), "issue", to, "EUA", null, 3_000_000_000), default)));
    }

    [Fact]
    public async Task No_more_is_issued_in_a_period_than_its_total_where_its_years_are_open()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "k-ets");
        var to = await w.FullId(w.Numbers.Central("k-ets", "allocation"));
        Task<Answer<RegistryTransaction>> Issue(string vintage, long units) => w.Try(Officer, s => w.Get<TransactionHandlers>().Propose(s, new(w.Numbers.Central("k-ets", "total-quantity"), "issue", to, "KAU", vintage, units), default));
        Assert.True((await Issue("2026", 2_000_000_000)).Ok);
        Assert.Equal("transaction.issue-limit", (await Issue("2027", 537_295_394)).Refusals[0].Code);
        Assert.True((await Issue("2030", 537_295_393)).Ok);
    }

    [Fact]
    public async Task Operators_are_told_before_the_day_of_surrender_once_a_stage()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 9, 10, 10, 0)); // twenty days before 30 September
        async Task<int> Day() { await using var s = w.Sessions.Open(Actor.System); return await w.Get<IEnumerable<Storage.IDailyWork>>().OfType<DueReminders>().Single().Run(s, default); }
        Assert.Equal(1, await Day());
        Assert.Equal(0, await Day());
        w.Clock.Now = Instant.FromUtc(2026, 9, 24, 10, 0);
        Assert.Equal(1, await Day());
        Assert.Equal(0, await Day());
    }

    static async Task Surrendered(RegistryWorld w, long units, string unit, string? vintage, int year)
    {
        var t = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, unit, vintage, units, year), default));
        await w.DecideTask(SmelterSecond, t.TaskId!.Value);
    }
}
