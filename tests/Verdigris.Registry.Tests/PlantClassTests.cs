using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>The kind of plant of an installation that has its permit already: two people, year by year, and never against who was in order.</summary>
public sealed class PlantClassTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_people_give_an_installation_its_kind_and_what_is_owed_follows(bool byOperator)
    {
        await using var w = await Opened();
        var plant = await Plant(w, null);
        Assert.Equal(2_000L, await Owed(w, plant));
        var proposed = await w.Do(byOperator ? SmelterFirst : Officer, s => w.Get<PlantClasses>().Propose(s, plant, new("gas", 2021, "it burns gas"), default));
        Assert.Equal((EntryState.Proposed, byOperator), (proposed.State, proposed.ByOperator));
        Assert.Equal(2_000L, await Owed(w, plant)); // proposed is not decided
        Assert.Equal("plant-class.waits", await w.Refused(Officer, s => w.Get<PlantClasses>().Propose(s, plant, new("coal", 2021, "it burns coal"), default)));
        // The operator's is decided by the officer, the officer's by an approver; neither by who proposed it.
        Assert.NotNull(await Undecided(w, byOperator ? SmelterFirst : Officer, proposed.TaskId!.Value));
        await w.DecideTask(byOperator ? Officer : Approver, proposed.TaskId!.Value);
        Assert.Equal(700L + 700L, await Owed(w, plant)); // 2021 and 2022, each 1,000 emitted and 700 allocated
        Assert.Equal(1_400L, (await w.Do(Officer, s => w.Get<ComplianceHandlers>().Run(s, "cn-ets", default))).Single(l => l.InstallationId == plant).Owed);
        Assert.Equal("gas", (await w.Do(SmelterFirst, s => w.Get<InstallationHandlers>().Read(s, plant, default))).Relief);
        Assert.Equal("gas", (await w.Do(Officer, s => w.Get<InstallationHandlers>().List(s, "cn-ets", null, "A plant", null, null, 10, default))).Items.Single().Relief);
        Assert.Equal([(EntryState.InForce, 2021, "gas")], (await w.Do(SmelterFirst, s => w.Get<PlantClasses>().List(s, plant, default))).Select(c => (c.State, c.FromYear, c.Relief!)));
        Assert.Equal("plant-class.same", await w.Refused(SmelterFirst, s => w.Get<PlantClasses>().Propose(s, plant, new("gas", 2022, "again"), default)));
        // Both acts stand in the trail, with what was before.
        Assert.Equal(2L, await w.All(Actor.System, s => s.Value<long>("select count(*) from storage.audit_event where action in ('registry-plant-class.proposed', 'registry-plant-class.decided') and subject_id = $1", default, plant.ToString())));
    }

    [Fact]
    public async Task A_later_kind_leaves_the_years_before_as_they_were()
    {
        await using var w = await Opened();
        var plant = await Plant(w, "coal");
        Assert.Equal(900L + 900L, await Owed(w, plant));
        await Given(w, SmelterFirst, Officer, plant, new("gas", 2022, "turned to gas at the start of 2022"));
        Assert.Equal(900L + 700L, await Owed(w, plant));
        var years = (await w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, plant, default))).Years;
        Assert.Equal([900L, 700L], new[] { 2021, 2022 }.Select(y => years.Single(x => x.Year == y).Owed!.Value));
        // A decision on the years before leaves what another says of the years after.
        await Given(w, SmelterFirst, Officer, plant, new(null, 2021, "it was of neither kind before"));
        Assert.Equal(1_000L + 700L, await Owed(w, plant));
        Assert.Equal("gas", (await w.Do(SmelterFirst, s => w.Get<InstallationHandlers>().Read(s, plant, default))).Relief);
        // Of one first year the last decision counts.
        await Given(w, Officer, Approver, plant, new("gas", 2021, "it was gas all the time"));
        Assert.Equal(1_400L, await Owed(w, plant));
    }

    [Fact]
    public async Task The_authority_makes_nobody_late_afterwards_and_the_operator_may_ask_for_more_itself()
    {
        await using var w = await Opened();
        var plant = await Plant(w, "gas");
        Assert.Equal("plant-class.retroactive", await w.Refused(Officer, s => w.Get<PlantClasses>().Propose(s, plant, new("coal", 2021, "coal after all"), default)));
        Assert.Equal("plant-class.retroactive", await w.Refused(Officer, s => w.Get<PlantClasses>().Propose(s, plant, new(null, 2022, "no plant of either kind"), default)));
        await Given(w, SmelterFirst, Officer, plant, new("coal", 2021, "we named it wrongly"));
        Assert.Equal(1_800L, await Owed(w, plant));
        // Less than before is no burden, and the authority may give it.
        await Given(w, Officer, Approver, plant, new("gas", 2021, "the inspection found gas"));
        Assert.Equal(1_400L, await Owed(w, plant));
    }

    [Fact]
    public async Task A_year_a_penalty_was_set_for_keeps_its_kind_until_the_penalty_is_lifted()
    {
        await using var w = await Opened();
        var plant = await Plant(w, null);
        var early = await w.Do(SmelterFirst, s => w.Get<PlantClasses>().Propose(s, plant, new("gas", 2021, "it burns gas"), default));
        var penalty = await w.Do(Officer, s => w.Get<PenaltyHandlers>().Propose(s, plant, new(2022, 20_000m, null, null, null), default));
        await w.DecideTask(Approver, penalty.TaskId!.Value);
        // Asked before it was set, decided after: what holds on the day of the decision counts.
        Assert.Equal("plant-class.settled", (await Undecided(w, Officer, early.TaskId!.Value))?.Code);
        Assert.Equal(2_000L, await Owed(w, plant));
        await w.Do(Officer, s => w.Get<PenaltyHandlers>().Settle(s, penalty.Id, false, "the plant is of another kind", default));
        await w.DecideTask(Officer, early.TaskId!.Value);
        Assert.Equal(1_400L, await Owed(w, plant));
    }

    [Fact]
    public async Task What_is_not_decided_yet_is_not_taken_for_what_does_not_change()
    {
        await using var w = await Opened();
        var plant = await Plant(w, "coal", allotted: false);
        Task<string> No(Actor who, string? relief, int year) => w.Refused(who, s => w.Get<PlantClasses>().Propose(s, plant, new(relief, year, "of another kind"), default));
        // Without its allocation everything is owed either way; with it, a plant of no kind would owe more than one that burns coal.
        Assert.Equal("plant-class.retroactive-open", await No(Officer, null, 2022));
        await Given(w, Officer, Approver, plant, new("gas", 2022, "less can come of it"));
        Assert.Equal("plant-class.retroactive-open", await No(Officer, "coal", 2022));
        await Given(w, SmelterFirst, Officer, plant, new("coal", 2022, "we named it wrongly"));
        var penalty = await w.Do(Officer, s => w.Get<PenaltyHandlers>().Propose(s, plant, new(2021, 20_000m, null, null, null), default));
        await w.DecideTask(Approver, penalty.TaskId!.Value);
        Assert.Equal("plant-class.settled", await No(SmelterFirst, "gas", 2021));
        await Given(w, SmelterFirst, Officer, plant, new("gas", 2022, "the penalty is of the year before"));
    }

    [Fact]
    public async Task A_proposal_asked_of_an_authority_that_administers_no_more_can_still_be_turned_down()
    {
        await using var w = await Opened();
        var plant = await Plant(w, null);
        var proposed = await w.Do(SmelterFirst, s => w.Get<PlantClasses>().Propose(s, plant, new("gas", 2021, "it burns gas"), default));
        await w.Do(Staff, s => w.Get<Administration>().Appoint(s, "cn-ets", OtherAuthority, default));
        await w.DecideTask(Officer, proposed.TaskId!.Value, approve: false);
        Assert.Equal(EntryState.TurnedDown, (await w.Do(SmelterFirst, s => w.Get<PlantClasses>().List(s, plant, default))).Single().State);
        Assert.Equal(EntryState.Proposed, (await w.Do(SmelterFirst, s => w.Get<PlantClasses>().Propose(s, plant, new("gas", 2021, "it burns gas"), default))).State);
    }

    [Fact]
    public async Task What_was_surrendered_stays_and_no_credit_beyond_the_new_limit_follows()
    {
        await using var w = await Opened();
        var plant = await Plant(w, null);
        var account = await w.OperatorAccount(plant);
        await w.Deposit(account, "CCER", "2020", 100);
        Task<Answer<RegistryTransaction>> Surrender(long units) => w.Try(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(account, "surrender", null, "CCER", "2020", units, 2021), default));
        var done = await Surrender(40);
        await w.DecideTask(SmelterSecond, done.Value.TaskId!.Value);
        await Given(w, SmelterFirst, Officer, plant, new("gas", 2021, "it burns gas"));
        // 5 % of 700 are 35: the forty stay, and not one more.
        Assert.Equal("transaction.offset-limit", (await Surrender(1)).Refusals[0].Code);
        var stands = await w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, plant, default));
        Assert.Equal((1_400L, 40L, 1_360L), (stands.Owed!.Value, stands.Surrendered, stands.Missing!.Value));
    }

    [Fact]
    public async Task What_is_no_kind_of_the_scheme_or_no_year_of_the_installation_is_refused_and_a_refusal_says_why()
    {
        await using var w = await Opened();
        var plant = await Plant(w, null);
        Task<string> No(Actor who, string? relief, int year, string? reason) => w.Refused(who, s => w.Get<PlantClasses>().Propose(s, plant, new(relief, year, reason), default));
        Assert.Equal("installation.relief", await No(SmelterFirst, "oil", 2021, "oil"));
        Assert.Equal("emissions.year", await No(SmelterFirst, "gas", 2020, "before its first year"));
        Assert.Equal("emissions.year", await No(SmelterFirst, "gas", 2027, "next year"));
        Assert.Equal("input.required", await No(SmelterFirst, "gas", 2021, " "));
        Assert.Equal("plant-class.same", await No(SmelterFirst, null, 2021, "none, as it is"));
        Assert.Equal("installation.not-found", await w.Refused(Officer, s => w.Get<PlantClasses>().Propose(s, Guid.NewGuid(), new("gas", 2021, "it"), default)));
        var proposed = await w.Do(SmelterFirst, s => w.Get<PlantClasses>().Propose(s, plant, new("gas", 2021, "it burns gas"), default));
        await w.DecideTask(Officer, proposed.TaskId!.Value, approve: false);
        var kept = (await w.Do(SmelterFirst, s => w.Get<PlantClasses>().List(s, plant, default))).Single();
        Assert.Equal((EntryState.TurnedDown, "not so", 2_000L), (kept.State, kept.Answer, await Owed(w, plant)));
    }

    /// <summary>In the hours of the scheme that limits what kinds of plant owe.</summary>
    static Task<RegistryWorld> Opened() => Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "cn-ets");

    /// <summary>A plant of 2021 and 2022, in each 1,000 t emitted and 700 allocated.</summary>
    static async Task<Guid> Plant(RegistryWorld w, string? relief, bool allotted = true)
    {
        var plant = await w.Permitted(SmelterFirst, "A plant", 2021, relief: relief);
        foreach (var year in new[] { 2021, 2022 })
        {
            await Determined(w, year, 1_000, plant.Id);
            if (!allotted) continue;
            var decided = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, plant.Id, new(year, 700, Reason: "as the plan says"), default));
            await w.DecideTask(Approver, decided.TaskId!.Value);
        }
        foreach (var year in new[] { 2023, 2024, 2025 }) await w.Do(Officer, s => w.Get<ComplianceHandlers>().Exclude(s, plant.Id, year, true, "not operating", default));
        return plant.Id;
    }

    static async Task Given(RegistryWorld w, Actor proposes, Actor decides, Guid plant, NewPlantClass wanted)
    {
        var proposed = await w.Do(proposes, s => w.Get<PlantClasses>().Propose(s, plant, wanted, default));
        await w.DecideTask(decides, proposed.TaskId!.Value);
    }

    static async Task<long?> Owed(RegistryWorld w, Guid plant) => (await w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, plant, default))).Owed;

    /// <summary>Why this person does not decide the task.</summary>
    static async Task<Refusal?> Undecided(RegistryWorld w, Actor who, Guid task) => (await w.Try(who, s => w.Get<Approvals>().Decide(s, task, true, null, default))) is { Ok: false } no ? no.Refusals[0] : null;
}
