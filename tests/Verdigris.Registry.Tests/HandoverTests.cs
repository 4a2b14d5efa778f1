using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Links;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>A scheme goes to another authority while people of the former one still have tasks about it.</summary>
public sealed class HandoverTests
{
    [Fact]
    public async Task What_was_asked_of_an_authority_that_administers_no_more_ends_when_it_turns_it_down()
    {
        await using var w = await Ready();
        var allocation = w.Numbers.Central(Eu, "allocation");
        await w.Central("issue", w.Numbers.Central(Eu, "total-quantity"), allocation, 50);
        await Determined(w, 2024, 60);
        var to = await w.FullId(w.SmelterAccount);
        var transaction = await w.Do(Officer, s => w.Get<TransactionHandlers>().Propose(s, new(allocation, "allocate", to, "EUA", null, 50), default));
        Assert.Equal(0, w.Held(allocation));
        var emissions = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Determine(s, w.Installation, new(2025, 10, "no report came"), default));
        var free = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, w.Installation, new(2024, 10, Reason: "as the plan says"), default));
        var penalty = await w.Do(Officer, s => w.Get<PenaltyHandlers>().Propose(s, w.Installation, new(2024, null, null, 1.3m, null), default));
        var asked = await w.Do(SmelterFirst, s => w.Get<InstallationHandlers>().Apply(s, new(Eu, "Sundal smelter", "NO", "Production of primary aluminium", 2025), default));
        var permit = await w.Do(Officer, s => w.Get<InstallationHandlers>().Permit(s, asked.Id, "NO-7", default));
        var link = await w.Do(Officer, s => w.Get<LinkHandlers>().Propose(s, Eu, "link-ch", "the other registry", default));
        await w.Do(Staff, s => w.Get<Administration>().Appoint(s, Eu, OtherAuthority, default));
        // The units go back, and nothing stays behind that nobody can decide any more.
        foreach (var task in new[] { transaction.TaskId, emissions.TaskId, free.TaskId, penalty.TaskId, permit.TaskId, link.TaskId }) await w.DecideTask(Approver, task!.Value, approve: false);
        Assert.Equal(50, w.Held(allocation));
        Task<short> State(string table, Guid id) => w.All(Actor.System, s => s.Value<short>($"select state from registry.{table} where id = $1", default, id));
        Assert.Equal((short)TransactionState.Rejected, await State("transaction", transaction.Id));
        Assert.Equal((short)EntryState.TurnedDown, await State("emissions", emissions.Id));
        Assert.Equal((short)AllocationState.Withdrawn, await State("allocation", free.Id));
        Assert.Equal((short)PenaltyState.Lifted, await State("penalty", penalty.Id));
        Assert.Equal((short)InstallationState.Refused, await State("installation", permit.Id));
        Assert.Equal((short)LinkState.TurnedDown, await State("link", link.Id));
    }

    [Fact]
    public async Task What_the_new_authority_asks_anew_or_ends_the_former_one_decides_no_more()
    {
        await using var w = await Open();
        await w.Do(Staff, s => w.Get<Administration>().Appoint(s, Eu, Authority, default));
        var holder = await w.Apply(TraderFirst);
        var review = w.Today.PlusYears(2);
        var asked = await w.Do(Officer, s => w.Get<HolderHandlers>().Propose(s, holder.Holder.Id, review, default));
        var link = await w.Do(Officer, s => w.Get<LinkHandlers>().Propose(s, Eu, "link-ch", "the other registry", default));
        await w.DecideTask(Approver, link.TaskId!.Value);
        await w.Do(Officer, s => w.Get<LinkHandlers>().Set(s, link.Id, false, "so", default));
        var resume = await w.Do(SecondOfficer, s => w.Get<LinkHandlers>().Set(s, link.Id, true, "cleared up", default));
        await w.Do(Staff, s => w.Get<Administration>().Appoint(s, Eu, OtherAuthority, default));
        var again = await w.Do(Foreign, s => w.Get<HolderHandlers>().Propose(s, holder.Holder.Id, review, default));
        await w.Do(Foreign, s => w.Get<LinkHandlers>().Set(s, link.Id, false, "not yet", default));
        foreach (var task in new[] { asked.Holder.TaskId, resume.TaskId })
            Assert.Equal("approval.decided", await w.Refused(Approver, s => w.Get<Approvals>().Decide(s, task!.Value, false, "not so", default)));
        Assert.Equal(again.Holder.TaskId, (await w.Do(Foreign, s => w.Get<HolderHandlers>().Read(s, holder.Holder.Id, default))).Holder.TaskId);
    }
}
