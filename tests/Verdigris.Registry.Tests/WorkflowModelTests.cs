using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>
/// The lives of admissions, representatives and transactions as models: every state is reached, and in each state everything anybody could ask for is tried on the running registry; what happens is what the table says, and what it does not say is refused and
/// changes nothing.
/// </summary>
public sealed class WorkflowModelTests
{
    static readonly Instant Morning = Instant.FromUtc(2026, 3, 3, 10, 0);

    [Fact]
    public void Every_state_of_an_admission_a_representative_and_a_transaction_is_reached_and_every_event_happens_somewhere()
    {
        Assert.Equal(Enum.GetValues<HolderState>().ToHashSet(), Reached(HolderRules.Table, HolderState.Applied));
        Assert.Equal(Enum.GetValues<RepresentativeState>().ToHashSet(), Reached(RepresentativeRules.Table, RepresentativeState.Proposed));
        Assert.Equal(Enum.GetValues<TransactionState>().ToHashSet(), Reached(TransactionRules.Table, TransactionState.Proposed));
        Assert.Equal(Enum.GetValues<HolderEvent>().Order(), HolderRules.Table.Select(m => m.Event).Distinct().Order());
        Assert.Equal(Enum.GetValues<RepresentativeEvent>().Order(), RepresentativeRules.Table.Select(m => m.Event).Distinct().Order());
        Assert.Equal([RepresentativeState.Removed], RepresentativeRules.Table.Final);
        Assert.Empty(HolderRules.Table.Final);
    }

    /// <summary>Ways from an application to each state.</summary>
    static readonly Dictionary<HolderState, HolderEvent[]> HolderWays = new()
    {
        [HolderState.Applied] = [],
        [HolderState.Admitted] = [HolderEvent.Admit],
        [HolderState.Refused] = [HolderEvent.Refuse],
        [HolderState.Suspended] = [HolderEvent.Admit, HolderEvent.Suspend],
        [HolderState.Ended] = [HolderEvent.Admit, HolderEvent.End],
    };

    [Fact]
    public async Task In_each_state_of_an_admission_only_what_the_table_says_happens()
    {
        foreach (var (state, way) in HolderWays)
            foreach (var happened in Enum.GetValues<HolderEvent>())
            {
                await using var w = await Opened();
                var holder = (await w.Apply(TraderFirst)).Holder.Id;
                foreach (var step in way) Assert.Null(await Holder(w, holder, step));
                Assert.Equal(state, await StateOf(w, holder));
                var next = HolderRules.Table.Next(state, happened);
                Assert.True(next.Ok == await Holder(w, holder, happened) is null, $"{state} {happened}");
                Assert.Equal(next.Ok ? next.Value : state, await StateOf(w, holder));
            }
    }

    [Fact]
    public async Task What_was_proposed_before_a_suspension_or_a_refusal_admits_nobody_afterwards()
    {
        await using var w = await Opened();
        foreach (var (first, end) in new[] { (false, HolderState.Refused), (true, HolderState.Suspended) })
        {
            var who = first ? SmelterFirst : TraderFirst;
            var holder = (await w.Apply(who)).Holder.Id;
            if (first) Assert.Null(await Holder(w, holder, HolderEvent.Admit));
            var proposed = await w.Do(Officer, s => w.Get<HolderHandlers>().Propose(s, holder, w.Today.PlusYears(1), default));
            await w.Do(SecondOfficer, s => w.Get<HolderHandlers>().Set(s, holder, end, "something came up", default));
            Assert.NotNull(await w.Refused(Approver, s => w.Get<Approvals>().Decide(s, proposed.Holder.TaskId!.Value, true, null, default)));
            Assert.Equal(end, await StateOf(w, holder));
        }
    }

    [Fact]
    public async Task In_each_state_of_a_representative_only_what_the_table_says_happens_and_only_the_authority_takes_up_again()
    {
        await using var w = await Ready(Morning);
        foreach (var way in new[] { Array.Empty<RepresentativeState>(), [RepresentativeState.Suspended], [RepresentativeState.Removed], [RepresentativeState.Suspended, RepresentativeState.Removed] })
            foreach (var wanted in Enum.GetValues<RepresentativeState>())
                foreach (var who in new[] { SmelterFirst, Officer })
                {
                    var id = await Named(w, confirmed: true);
                    foreach (var step in way) await w.Do(Officer, s => w.Get<AccessHandlers>().Set(s, id, step, "so", default));
                    var before = way.Length == 0 ? RepresentativeState.Active : way[^1];
                    var allowed = RepresentativeRules.Towards(wanted) is { } happens && RepresentativeRules.Table.Next(before, happens).Ok && (who == Officer || happens != RepresentativeEvent.Resume);
                    var answer = await w.Try(who, s => w.Get<AccessHandlers>().Set(s, id, wanted, "so", default));
                    Assert.True(allowed == answer.Ok, $"{before} to {wanted} by {who.Name}");
                    if (!answer.Ok) Assert.Equal("representative.state-forbids", answer.Refusals[0].Code);
                    await w.Try(Officer, s => w.Get<AccessHandlers>().Set(s, id, RepresentativeState.Removed, "the next one", default));
                }
        // Named and not agreed to, nobody can make use of it.
        var proposed = await Named(w, confirmed: false);
        foreach (var wanted in Enum.GetValues<RepresentativeState>())
            Assert.Equal("representative.state-forbids", await w.Refused(Officer, s => w.Get<AccessHandlers>().Set(s, proposed, wanted, "so", default)));
    }

    /// <summary>What somebody can do to a transaction that was proposed.</summary>
    enum Deed { Approve, Reject, Cancel, Reverse }

    [Theory]
    [InlineData(TransactionState.Proposed)]
    [InlineData(TransactionState.Delayed)]
    [InlineData(TransactionState.Completed)]
    [InlineData(TransactionState.Rejected)]
    [InlineData(TransactionState.Cancelled)]
    [InlineData(TransactionState.Reversed)]
    public async Task In_each_state_of_a_transaction_only_what_the_table_says_happens(TransactionState state)
    {
        foreach (var deed in Enum.GetValues<Deed>())
        {
            await using var w = await Ready(Morning);
            await w.Give(w.SmelterAccount, 100);
            var t = await Brought(w, state);
            var allowed = (state, deed) is (TransactionState.Proposed, Deed.Approve or Deed.Reject) or (TransactionState.Delayed, Deed.Cancel) or (TransactionState.Completed, Deed.Reverse);
            var done = await Done(w, t, deed);
            Assert.True(allowed == (done is null), $"{state} {deed}: {done}");
            var after = (await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, t.Id, default))).State;
            if (!allowed) Assert.Equal(state, after);
            else Assert.Contains(TransactionRules.Table, m => m.To == after);
            // Whatever happened: no unit more, no unit less.
            Assert.Equal(100, w.Held(w.SmelterAccount) + w.Held(w.TraderAccount) + w.Held(w.Numbers.Central(Eu, "surrender")) + (after is TransactionState.Proposed or TransactionState.Delayed ? t.Quantity : 0));
        }
    }

    [Fact]
    public async Task An_installation_ends_once_its_last_year_is_over_and_settled_and_not_before()
    {
        await using var w = await Ready(Morning);
        async Task<InstallationState> Day()
        {
            await using (var s = w.Sessions.Open(Actor.System)) await w.Get<IEnumerable<IDailyWork>>().OfType<DueReminders>().Single().Run(s, default);
            return (await w.Do(SmelterFirst, s => w.Get<InstallationHandlers>().Read(s, w.Installation, default))).State;
        }
        await w.Do(Officer, s => w.Get<InstallationHandlers>().SetLastYear(s, w.Installation, 2024, default));
        Assert.Equal(InstallationState.Permitted, await Day()); // its emissions are unknown
        await Determined(w, 2024, 10);
        Assert.Equal(InstallationState.Permitted, await Day()); // ten units are missing
        await w.Give(w.SmelterAccount, 10);
        var t = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, 10, 2024), default));
        await w.DecideTask(SmelterSecond, t.TaskId!.Value);
        Assert.Equal(InstallationState.Ended, await Day());
    }

    static async Task<RegistryWorld> Opened()
    {
        var w = await Open(Morning);
        await w.Do(Staff, s => w.Get<Administration>().Appoint(s, Eu, Authority, default));
        return w;
    }

    static async Task<HolderState> StateOf(RegistryWorld w, Guid holder) => (await w.Do(Officer, s => w.Get<HolderHandlers>().Read(s, holder, default))).Holder.State;

    /// <summary>Null where it was done.</summary>
    static async Task<string?> Holder(RegistryWorld w, Guid holder, HolderEvent happened)
    {
        switch (happened)
        {
            case HolderEvent.Apply: return Code(await w.Try(TraderFirst, s => w.Get<HolderHandlers>().Apply(s, Eu, default)));
            case HolderEvent.Admit:
                if (Code(await w.Try(Officer, s => w.Get<HolderHandlers>().Propose(s, holder, w.Today.PlusYears(1), default))) is { } no) return no;
                await w.DecideTask(Approver, await w.TaskOf(holder));
                return null;
            default:
                var state = happened switch { HolderEvent.Refuse => HolderState.Refused, HolderEvent.Suspend => HolderState.Suspended, _ => HolderState.Ended };
                return Code(await w.Try(Officer, s => w.Get<HolderHandlers>().Set(s, holder, state, "so", default)));
        }
    }

    static string? Code<T>(Answer<T> answer) => answer.Ok ? null : answer.Refusals[0].Code;

    static async Task<Guid> Named(RegistryWorld w, bool confirmed)
    {
        var holder = (await w.All(SmelterFirst, s => w.Get<HolderHandlers>().List(s, null, default)))[0];
        foreach (var d in w.Scheme.Documents.Where(d => d.AppliesTo == "representative")) await w.Paper(SmelterFirst, holder.Id, d.Document, SmelterReader.PersonId);
        var named = await w.Do(SmelterFirst, s => w.Get<AccessHandlers>().Name(s, w.SmelterAccount, SmelterReader.PersonId, Right.Read, default));
        if (confirmed) await w.DecideTask(Officer, named.TaskId!.Value);
        return named.Id;
    }

    static async Task<RegistryTransaction> Brought(RegistryWorld w, TransactionState state)
    {
        var surrenders = state is TransactionState.Completed or TransactionState.Reversed;
        var to = surrenders ? null : await w.FullId(w.TraderAccount);
        var t = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, surrenders ? "surrender" : "transfer", to, "EUA", null, 10), default));
        Deed[] deeds = state switch
        {
            TransactionState.Proposed => [],
            TransactionState.Rejected => [Deed.Reject],
            TransactionState.Cancelled => [Deed.Approve, Deed.Cancel],
            TransactionState.Reversed => [Deed.Approve, Deed.Reverse],
            _ => [Deed.Approve],
        };
        foreach (var deed in deeds) Assert.Null(await Done(w, t, deed));
        var now = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, t.Id, default));
        Assert.Equal(state, now.State);
        return now;
    }

    static async Task<string?> Done(RegistryWorld w, RegistryTransaction t, Deed deed)
    {
        switch (deed)
        {
            case Deed.Cancel: return Code(await w.Try(SmelterSecond, s => w.Get<TransactionHandlers>().Cancel(s, t.Id, "so", default)));
            case Deed.Reverse:
                var back = await w.Try(Officer, s => w.Get<TransactionHandlers>().Reverse(s, t.Id, "so", default));
                if (back.Ok) await w.DecideTask(Approver, back.Value.TaskId!.Value);
                return Code(back);
            default: return Code(await w.Try(SmelterSecond, s => w.Get<Approvals>().Decide(s, t.TaskId!.Value, deed == Deed.Approve, deed == Deed.Approve ? null : "so", default)));
        }
    }
}
