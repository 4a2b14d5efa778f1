using NodaTime;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Transfers;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

public sealed class ComplianceTests
{
    static readonly Guid Facility = new("0190d100-0000-7000-8000-0000000000f1");

    [Fact]
    public async Task An_operators_year_goes_from_a_verified_report_over_allocation_and_surrender_to_status_A()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 10, 0));
        var installation = await w.Permitted(SmelterFirst, "Sundal smelter", 2025, Facility);
        var account = await w.Account(SmelterFirst, "operator-holding", installation.Id);
        await w.Represent(account, SmelterFirst, (SmelterFirst, Right.Both), (SmelterSecond, Right.SurrenderOnly));
        Assert.Equal("C", (await Read(w, installation.Id)).Status);

        w.Reports.Published.Add(Report(2025, 1200.5m));
        var handed = await w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().HandIn(s, installation.Id, w.Reports.Published[0].Id, default));
        Assert.Equal("emissions.waits", await w.Refused(SmelterFirst, s => w.Get<ComplianceHandlers>().HandIn(s, installation.Id, w.Reports.Published[0].Id, default)));
        Assert.Equal("C", (await Read(w, installation.Id)).Status); // handed in is not accepted
        await w.DecideTask(Officer, handed.TaskId!.Value);
        var short1 = await Read(w, installation.Id);
        Assert.Equal(("B", 1201L, 1201L), (short1.Status, short1.Emitted!.Value, short1.Missing!.Value));

        var allocation = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, installation.Id, new(2025, 1000, Reason: "decision 17/2025"), default));
        Assert.Equal("approval.same-person", await w.Refused(Officer, s => w.Get<Storage.Approvals>().Decide(s, allocation.TaskId!.Value, true, null, default)));
        await w.DecideTask(Approver, allocation.TaskId!.Value);
        await w.Central("issue", w.Numbers.Central(Eu, "total-quantity"), w.Numbers.Central(Eu, "allocation"), 5000);
        var delivery = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Deliver(s, allocation.Id, default));
        Assert.Equal("allocation.state-forbids", await w.Refused(SecondOfficer, s => w.Get<ComplianceHandlers>().Deliver(s, allocation.Id, default)));
        await w.DecideTask(Approver, delivery.TaskId!.Value);
        Assert.Equal(1000, w.Held(account));
        Assert.Equal(AllocationState.Delivered, (await Read(w, installation.Id)).Years.Single(y => y.Year == 2025).AllocationState);

        // What is missing is bought.
        await w.Give(w.SmelterAccount, 500);
        var to = await w.FullId(account);
        var own = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, 300), default));
        await w.DecideTask(SmelterSecond, own.TaskId!.Value);
        Assert.Equal(TransactionState.Completed, (await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, own.Id, default))).State); // own accounts trust one another
        var surrender = await w.Do(SmelterSecond, s => w.Get<TransactionHandlers>().Propose(s, new(account, "surrender", null, "EUA", null, 1201, 2025), default));
        await w.DecideTask(SmelterFirst, surrender.TaskId!.Value);
        var done = await Read(w, installation.Id);
        Assert.Equal(("A", 0L), (done.Status, done.Missing!.Value));
        Assert.Equal("A", (await w.Do(Officer, s => w.Get<ComplianceHandlers>().Run(s, Eu, default))).Single(l => l.InstallationId == installation.Id).Status);
    }

    [Fact]
    public async Task A_year_is_allocated_beforehand_made_up_afterwards_and_what_was_too_much_comes_back()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 4, 0), "cn-ets");
        await w.Central("issue", w.Numbers.Central("cn-ets", "total-quantity"), w.Numbers.Central("cn-ets", "allocation"), 5_000_000, "CEA", "2025");
        // Seventy of a hundred of what was verified for the year before, by the method.
        var input = System.Text.Json.Nodes.JsonNode.Parse("""{"scheme":"cn-ets","year":2025,"sector":"aluminium","verifiedBeforeTco2e":1500000}""");
        var before = await Allocated(w, new(2025, null, "ets.pre-allocation", input));
        Assert.Equal(1_050_000, before.Quantity);
        Assert.Equal("allocation.there", await w.Refused(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, w.Installation, new(2025, 1, Reason: "again"), default)));
        await Delivered(w, before.Id);
        var final = System.Text.Json.Nodes.JsonNode.Parse("""{"scheme":"cn-ets","year":2025,"sector":"aluminium","verifiedTco2e":1600000,"intensity":1.2,"balanceIntensity":1.6}""");
        var after = await Allocated(w, new(2025, null, "ets.free-allocation", final));
        await Delivered(w, after.Id);
        Assert.Equal((1_648_000L, 1_648_000L), (after.Quantity, w.Held(w.SmelterAccount, "CEA", "2025")));
        Assert.Equal("allocation.state-forbids", await w.Refused(Officer, s => w.Get<ComplianceHandlers>().Deliver(s, after.Id, default)));

        // It was too much after all.
        var less = await Allocated(w, new(2025, 1_600_000, Reason: "the intensity was corrected"));
        Assert.Equal("allocation.too-much", await w.Refused(Officer, s => w.Get<ComplianceHandlers>().Deliver(s, less.Id, default)));
        var back = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "return-allocation", null, "CEA", "2025", 48_000, 2025), default));
        await w.DecideTask(SmelterSecond, back.TaskId!.Value);
        var year = (await Read(w, w.Installation)).Years.Single(y => y.Year == 2025);
        Assert.Equal((1_600_000L, AllocationState.Delivered), (year.Allocated!.Value, year.AllocationState!.Value));
        Assert.Equal(1_600_000, w.Held(w.SmelterAccount, "CEA", "2025"));
        Assert.Equal([1_600_000L, 1_648_000L, 1_050_000L], (await w.All(SmelterFirst, s => w.Get<ComplianceHandlers>().Allocations(s, w.Installation, default))).Select(a => a.Quantity));
    }

    static async Task<Allocation> Allocated(RegistryWorld w, NewAllocation wanted)
    {
        var allocation = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, w.Installation, wanted, default));
        await w.DecideTask(Approver, allocation.TaskId!.Value);
        return allocation;
    }

    static async Task Delivered(RegistryWorld w, Guid allocation)
    {
        var delivery = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Deliver(s, allocation, default));
        await w.DecideTask(Approver, delivery.TaskId!.Value);
    }

    [Fact]
    public async Task Emissions_are_corrected_by_the_authority_and_the_measure_is_cumulative()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 1000);
        await Determined(w, 2024, 100);
        await Surrender(w, 100);
        Assert.Equal("C", (await Read(w, w.Installation)).Status); // 2025 is over and unknown
        await Determined(w, 2025, 150);
        Assert.Equal(("B", 150L), ((await Read(w, w.Installation)).Status, (await Read(w, w.Installation)).Missing!.Value));
        await Surrender(w, 150);
        Assert.Equal("A", (await Read(w, w.Installation)).Status);
        await Determined(w, 2024, 101);
        Assert.Equal(("B", 1L), ((await Read(w, w.Installation)).Status, (await Read(w, w.Installation)).Missing!.Value));
        await w.Do(Officer, s => w.Get<ComplianceHandlers>().Exclude(s, w.Installation, 2025, true, "outside the scheme that year", default));
        Assert.Equal("A", (await Read(w, w.Installation)).Status);
        await w.Do(Officer, s => w.Get<ComplianceHandlers>().Exclude(s, w.Installation, 2025, false, "it was not", default));
        Assert.Equal("B", (await Read(w, w.Installation)).Status);
    }

    [Fact]
    public async Task Nobody_but_the_authority_determines_excludes_or_allocates()
    {
        await using var w = await Ready();
        foreach (var who in new[] { SmelterFirst, Foreign })
        {
            Assert.NotNull(await w.Refused(who, s => w.Get<ComplianceHandlers>().Determine(s, w.Installation, new(2025, 1, "so"), default)));
            Assert.NotNull(await w.Refused(who, s => w.Get<ComplianceHandlers>().Exclude(s, w.Installation, 2025, true, "so", default)));
            Assert.NotNull(await w.Refused(who, s => w.Get<ComplianceHandlers>().Allocate(s, w.Installation, new(2025, 1, Reason: "so"), default)));
            Assert.NotNull(await w.Refused(who, s => w.Get<ComplianceHandlers>().Run(s, Eu, default)));
        }
        Assert.Equal("installation.not-found", await w.Refused(TraderFirst, s => w.Get<ComplianceHandlers>().Read(s, w.Installation, default)));
    }

    [Fact]
    public async Task A_report_that_is_no_calendar_year_or_not_the_facilitys_is_refused()
    {
        await using var w = await Ready();
        var installation = await w.Permitted(SmelterFirst, "Sundal smelter", 2025, Facility);
        var half = Report(2025, 10m) with { Id = Guid.CreateVersion7() };
        w.Reports.Published.Add(half with { Content = half.Content with { PeriodTo = new(2025, 6, 30) } });
        Assert.Equal("emissions.not-a-year", await w.Refused(SmelterFirst, s => w.Get<ComplianceHandlers>().HandIn(s, installation.Id, half.Id, default)));
        Assert.Equal("emissions.report", await w.Refused(SmelterFirst, s => w.Get<ComplianceHandlers>().HandIn(s, w.Installation, half.Id, default)));
    }

    [Fact]
    public async Task No_account_before_admission_no_admission_before_the_papers_and_no_one_persons_admission()
    {
        await using var w = await Open();
        Assert.Equal("scheme.authority", await w.Refused(Staff, s => w.Get<Administration>().Appoint(s, Eu, Smelter, default)));
        Assert.Equal("access.role-needed", await w.Refused(Officer, s => w.Get<Administration>().Appoint(s, Eu, Authority, default)));
        await w.Do(Staff, s => w.Get<Administration>().Appoint(s, Eu, Authority, default));
        Assert.Equal("holder.not-admitted", await w.Refused(TraderFirst, s => w.Get<AccountHandlers>().Ask(s, new(Eu, "trading", "ours"), default)));
        var holder = await w.Do(TraderFirst, s => w.Get<HolderHandlers>().Apply(s, Eu, default));
        Assert.Equal("holder.already", await w.Refused(TraderFirst, s => w.Get<HolderHandlers>().Apply(s, Eu, default)));
        Assert.Equal("holder.papers-missing", await w.Refused(Officer, s => w.Get<HolderHandlers>().Propose(s, holder.Holder.Id, w.Today.PlusYears(1), default)));
        foreach (var d in w.Scheme.Documents.Where(d => d.AppliesTo == "holder")) await w.Paper(TraderFirst, holder.Holder.Id, d.Document, null);
        Assert.Equal("holder.review", await w.Refused(Officer, s => w.Get<HolderHandlers>().Propose(s, holder.Holder.Id, w.Today, default)));
        await w.Do(Officer, s => w.Get<HolderHandlers>().Propose(s, holder.Holder.Id, w.Today.PlusYears(1), default));
        Assert.Equal("approval.same-person", await w.Refused(Officer, s => w.Get<Storage.Approvals>().Decide(s, w.TaskOf(holder.Holder.Id).Result, true, null, default)));
        Assert.Equal(HolderState.Applied, (await w.Do(TraderFirst, s => w.Get<HolderHandlers>().Read(s, holder.Holder.Id, default))).Holder.State);
        Assert.Equal(HolderState.Admitted, (await w.Decide(Approver, holder.Holder.Id, s => w.Get<HolderHandlers>().Read(s, holder.Holder.Id, default))).Holder.State);
        Assert.Equal("account.kind", await w.Refused(TraderFirst, s => w.Get<AccountHandlers>().Ask(s, new(Eu, "surrender", "ours"), default)));
        Assert.Equal("account.installation", await w.Refused(TraderFirst, s => w.Get<AccountHandlers>().Ask(s, new(Eu, "operator-holding", "ours"), default)));
    }

    [Fact]
    public async Task Accounts_nobody_looks_after_and_units_that_only_pass_are_reported()
    {
        await using var w = await Ready();
        var lonely = await w.Account(TraderFirst, "trading", null);
        var orphans = await w.Do(Officer, s => w.Get<SafetyReports>().Orphans(s, Eu, default));
        Assert.Equal([(lonely, "no-representative")], orphans.Select(o => (o.Account, o.Why)));
        Assert.Equal("scheme.not-administered", await w.Refused(Foreign, s => w.Get<SafetyReports>().Orphans(s, Eu, default)));
        var lines = VelocityRules.Lines([(1, 2, 100), (2, 3, 95), (3, 1, 10), (2, 1, 5)]).ToDictionary(l => l.Account);
        Assert.Equal((100L, 100L, 100m, 5L), (lines[2].In, lines[2].Out, lines[2].TurnoverPercent, lines[2].RoundTrips));
        Assert.Equal(10.5m, lines[3].TurnoverPercent);
    }

    static PublishedReport Report(int year, decimal tonnes) => new(new Guid("0190d100-0000-7000-8000-0000000000a1"), Audience.Scheme, "EU ETS",
        new(Guid.CreateVersion7(), 1, Facility, "Sundal", "NO", Smelter, new(year, 1, 1), new(year, 12, 31), "aluminium", "AR5", 100m, tonnes, 0m, 0m, null, null, 1m, 0m, null, null, Id(9), "reasonable", "X", new string('a', 64)),
        new string('b', 64), null, Id(9), Instant.FromUtc(2026, 2, 1, 0, 0), null, null);

    static Guid Id(int n) => new($"0190d100-0000-7000-8000-{n:000000000000}");

    static Task<InstallationCompliance> Read(RegistryWorld w, Guid installation) => w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, installation, default));

    static async Task Surrender(RegistryWorld w, long units)
    {
        var t = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, units), default));
        await w.DecideTask(SmelterSecond, t.TaskId!.Value);
    }
}
