using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>Trap: a tonne is not everywhere a unit, and not everywhere owed at once.</summary>
public sealed class ObligationTests
{
    [Theory]
    [InlineData("eu-ets", 1000, 1000)]
    [InlineData("rggi", 90718.474, 100000)]
    [InlineData("rggi", 100000, 110231)]
    [InlineData("ccx", 1249, 12)]
    [InlineData("ccx", 1250, 13)]
    public void Tonnes_become_units_of_the_scheme(string scheme, double tonnes, long units) => Assert.Equal(units, Obligations.Units(Ask.Schemes.Find(scheme)!, (decimal)tonnes));

    [Fact]
    public void Of_a_period_that_runs_a_part_is_owed_and_with_its_last_year_all()
    {
        decimal Owed(string scheme, int year, int lastOwed, bool ended = false) => Obligations.Owed(Ask.Schemes.Find(scheme)!, year, 1000 * Ask.Schemes.Find(scheme)!.UnitMassT, lastOwed, ended);
        Assert.Equal([500, 500, 1000], new[] { 2024, 2025, 2026 }.Select(last => Owed("rggi", 2024, last)));
        Assert.Equal([300, 1000], new[] { 2024, 2026 }.Select(last => Owed("wci", 2024, last)));
        Assert.Equal([0, 0, 1000], new[] { 2025, 2028, 2029 }.Select(last => Owed("tokyo", 2025, last)));
        Assert.Equal(1000, Owed("eu-ets", 2024, 2024));
        // Who ends has no end of the period to wait for.
        Assert.Equal(1000, Owed("rggi", 2024, 2024, ended: true));
    }

    [Fact]
    public async Task A_power_plant_of_short_tons_is_in_order_with_half_of_each_year_until_its_control_period_ends()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 2, 10, 15, 0), "rggi");
        await w.Give(w.SmelterAccount, 400_000, "RGA", "2024");
        await Determined(w, 2024, 90_718);
        await Determined(w, 2025, 90_718);
        // 90,718 t are 99,999 short tons, of each of two years half: the halves of an odd number go up.
        var before = await Read(w);
        Assert.Equal(("B", 181_436L, 100_000L, 100_000L), (before.Status, before.Emitted!.Value, before.Owed!.Value, before.Missing!.Value));
        Assert.Equal([(2024, 50_000L, new LocalDate(2025, 3, 1)), (2025, 50_000L, new LocalDate(2026, 3, 1)), (2026, 0L, new LocalDate(2027, 3, 1))], before.Years.Select(y => (y.Year, y.Owed!.Value, y.Due!.Value)));
        await Surrendered(w, 100_000, 2025);
        Assert.Equal("A", (await Read(w)).Status);
        Assert.Equal("A", (await w.Do(Officer, s => w.Get<ComplianceHandlers>().Run(s, "rggi", default))).Single().Status);

        // A year later the period is over, and all of it is owed.
        w.Clock.Now = Instant.FromUtc(2027, 1, 12, 15, 0);
        await Determined(w, 2026, 0);
        var after = await Read(w);
        Assert.Equal(("B", 199_998L, 99_998L), (after.Status, after.Owed!.Value, after.Missing!.Value));
        await Surrendered(w, 99_998, 2026);
        Assert.Equal("A", (await Read(w)).Status);
    }

    [Fact]
    public async Task Who_is_late_owes_the_penalty_in_units_beside_what_is_missing()
    {
        await using var w = await Ready(Instant.FromUtc(2025, 11, 4, 18, 0), "wci");
        await w.Give(w.SmelterAccount, 5_000, "CCA", "2024");
        await Determined(w, 2024, 1_000);
        // 300 were due on 1 November; 200 come on the fourth.
        await Surrendered(w, 200, 2024);
        Assert.Equal(100L, (await Read(w)).Missing!.Value);
        var penalty = await w.Do(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, null, "late"), default));
        Assert.Equal((300L, 0m), (penalty.Shortfall, penalty.Amount!.Value));
        Assert.Equal(100L, (await Read(w)).Missing!.Value); // proposed is not set
        await w.DecideTask(Approver, penalty.TaskId!.Value);
        // Four for one: three more for each of the 300 that were late.
        Assert.Equal((1_200L, 1_000L), (await Read(w)) is var c ? (c.Owed!.Value, c.Missing!.Value) : default);
        await w.Do(Officer, s => w.Get<PenaltyHandlers>().Settle(s, penalty.Id, false, "it was our own fault", default));
        Assert.Equal(100L, (await Read(w)).Missing!.Value);
    }

    [Theory]
    [InlineData("cn-ets", 2024, 2024, null)]
    [InlineData("cn-ets", 2024, 2025, "transaction.vintage-later")] // nothing is borrowed since 2023
    [InlineData("cn-ets", 2022, 2023, null)] // half of a shortfall could be
    [InlineData("cn-ets", 2019, 2020, null)] // one cycle
    [InlineData("rggi", 2024, 2026, null)]
    [InlineData("rggi", 2024, 2027, "transaction.vintage-later")]
    [InlineData("rggi", 2024, 2021, null)]
    [InlineData("nehs", 2024, 2023, "transaction.vintage-earlier")] // a certificate is for the year it is marked with
    [InlineData("nehs", 2024, 2024, null)]
    [InlineData("k-ets", 2025, 2026, "transaction.vintage-later")]
    public void Units_of_a_later_period_or_of_a_year_that_does_not_live_on_are_not_taken(string scheme, int year, int vintage, string? code) => Assert.Equal(code, Limits.NoVintage(Ask.Schemes.Find(scheme)!, year, vintage)?.Code);

    [Fact]
    public async Task An_allowance_of_next_year_is_not_surrendered_for_this_one()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "cn-ets");
        await w.Give(w.SmelterAccount, 10, "CEA", "2026");
        await w.Give(w.SmelterAccount, 10, "CEA", "2025");
        foreach (int? year in new int?[] { 2025, null })
            Assert.Equal("transaction.vintage-later", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "CEA", "2026", 10, year), default)));
        Assert.Equal(TransactionState.Proposed, (await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "CEA", "2025", 10, 2025), default))).State);
    }

    [Theory]
    [InlineData("gas", 700, 700)]
    [InlineData("gas", 1200, 1000)]
    [InlineData("coal", 700, 900)]
    [InlineData("coal", 900, 1000)]
    [InlineData(null, 700, 1000)]
    public async Task What_a_plant_owes_of_2019_to_2022_is_limited_by_its_kind_once_its_allocation_is_decided(string? relief, long allocated, long owed)
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "cn-ets");
        Assert.Equal("installation.relief", await w.Refused(SmelterFirst, s => w.Get<InstallationHandlers>().Apply(s, new("cn-ets", "A plant", "CN", "Power", 2021, null, "oil"), default)));
        var plant = await w.Permitted(SmelterFirst, "A plant", 2021, relief: relief);
        Assert.Equal(relief, plant.Relief);
        foreach (var year in new[] { 2021, 2023 }) await Determined(w, year, 1000, plant.Id);
        foreach (var year in new[] { 2022, 2024, 2025 }) await w.Do(Officer, s => w.Get<ComplianceHandlers>().Exclude(s, plant.Id, year, true, "not operating", default));
        async Task<(long?, long?)> Owed() => ((await w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, plant.Id, default))).Owed, (await w.Do(Officer, s => w.Get<ComplianceHandlers>().Run(s, "cn-ets", default))).Single(l => l.InstallationId == plant.Id).Owed);
        Assert.Equal((2000L, 2000L), await Owed()); // no allocation, no limit
        foreach (var year in new[] { 2021, 2023 })
        {
            var decided = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, plant.Id, new(year, allocated, Reason: "as the plan says"), default));
            if (year == 2021) Assert.Equal((2000L, 2000L), await Owed()); // proposed is not decided
            await w.DecideTask(Approver, decided.TaskId!.Value);
        }
        // 2023 has no limit any more.
        Assert.Equal((owed + 1000, owed + 1000), await Owed());
        if (await w.Try(Officer, s => w.Get<PenaltyHandlers>().Propose(s, plant.Id, new(2021, 20_000m, 90m, null, null), default)) is { Ok: true } penalty) Assert.Equal(owed, penalty.Value.Shortfall);
        else Assert.Fail("a penalty was due");
    }

    [Fact]
    public async Task Of_a_later_year_half_of_a_shortfall_counts_where_so_much_may_be_borrowed_and_nothing_while_it_is_unknown()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "cn-ets");
        var plant = await w.Permitted(SmelterFirst, "A plant", 2022);
        var account = await w.OperatorAccount(plant.Id);
        await w.Give(account, 1000, "CEA", "2023");
        Task<Answer<RegistryTransaction>> Surrender(long units) => w.Try(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(account, "surrender", null, "CEA", "2023", units, 2022), default));
        Assert.Equal("transaction.borrowing-unknown", (await Surrender(1)).Refusals[0].Code);
        async Task Known(long tonnes, long allocated)
        {
            await Determined(w, 2022, tonnes, plant.Id);
            var decided = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, plant.Id, new(2022, allocated, Reason: "as the plan says"), default));
            Assert.Equal("transaction.borrowing-unknown", (await Surrender(1)).Refusals[0].Code); // proposed is not decided
            await w.DecideTask(Approver, decided.TaskId!.Value);
        }
        await Known(1000, 800);
        Assert.Equal("transaction.borrowing-limit", (await Surrender(101)).Refusals[0].Code);
        Assert.True((await Surrender(60)).Ok);
        Assert.Equal("transaction.borrowing-limit", (await Surrender(41)).Refusals[0].Code);
        Assert.True((await Surrender(40)).Ok);
    }

    [Fact]
    public async Task An_operator_hears_of_an_interim_day_as_of_the_last_one()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 2, 10, 15, 0), "rggi");
        await using var s = w.Sessions.Open(Actor.System);
        Assert.True(await w.Get<IEnumerable<IDailyWork>>().OfType<DueReminders>().Single().Run(s, default) > 0);
    }

    static Task<InstallationCompliance> Read(RegistryWorld w) => w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, w.Installation, default));

    static async Task Surrendered(RegistryWorld w, long units, int year)
    {
        var unit = w.Scheme.Units[0].Unit;
        var t = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, unit, "2024", units, year), default));
        await w.DecideTask(SmelterSecond, t.TaskId!.Value);
    }
}
