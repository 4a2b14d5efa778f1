using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Links;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>A link that is suspended: who takes it up again, and what becomes of what was to go over it.</summary>
public sealed class LinkSuspensionTests
{
    /// <summary>A link that two people opened.</summary>
    static async Task<Guid> Opened(RegistryWorld w)
    {
        var link = await w.Do(SecondOfficer, s => w.Get<LinkHandlers>().Propose(s, Eu, "link-ch", "the other registry", default));
        await w.DecideTask(Approver, link.TaskId!.Value);
        return link.Id;
    }

    static async Task<LinkState> State(RegistryWorld w) => (await w.All(Officer, s => w.Get<LinkHandlers>().List(s, default))).Single().State;

    /// <summary>Somebody changes a row of one registry by hand.</summary>
    static async Task Changed(RegistryWorld w)
    {
        await using var s = w.Sessions.Open(Actor.System);
        Assert.NotEqual(0, await s.Run("update registry.link_transfer set quantity = quantity + 1 where not outward and state = 2", default));
    }

    static async Task<RegistryTransaction> Proposed(LinkedPair pair, long quantity)
    {
        var w = pair.Union;
        var (link, to) = (await w.FullId(w.Numbers.Central("eu-ets", "link-ch")), await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        return await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "external-transfer", link, "EUA", null, quantity, PartnerAccount: to), default));
    }

    static Task<RegistryTransaction> Read(RegistryWorld w, Guid id) => w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, id, default));

    /// <summary>As if it had come about otherwise.</summary>
    static async Task Set(RegistryWorld w, Guid link, LinkState state)
    {
        await using var s = w.Sessions.Open(Actor.System);
        await s.Run("update registry.link set state = $2 where id = $1", default, link, (short)state);
    }

    static async Task Later(RegistryWorld w, Duration by)
    {
        w.Clock.Now += by;
        await w.Venue.Send(new Command { Id = BookId.From(Guid.NewGuid()), Operation = Operation.Pulse });
    }

    [Fact]
    public async Task A_suspended_link_is_taken_up_again_by_two_people_and_not_by_who_suspended_it()
    {
        await using var w = await Ready();
        var link = await Opened(w);
        Task<RegistryLink> Asked(Actor who) => w.Do(who, s => w.Get<LinkHandlers>().Set(s, link, true, "cleared up", default));
        Task<string> Decided(Actor who, Guid task) => w.Refused(who, s => w.Get<Approvals>().Decide(s, task, true, null, default));
        await w.Do(Officer, s => w.Get<LinkHandlers>().Set(s, link, false, "so", default));
        // The first who is asked is the one who stopped it, the second the one who asked: neither is the other person.
        var asked = await Asked(SecondOfficer);
        Assert.Equal((LinkState.ResumeAsked, "approval.same-person"), (asked.State, await Decided(Officer, asked.TaskId!.Value)));
        await w.DecideTask(Approver, asked.TaskId!.Value, approve: false);
        Assert.Equal(LinkState.Suspended, await State(w));
        asked = await Asked(Officer);
        Assert.Equal((LinkState.ResumeAsked, "approval.same-person"), (await State(w), await Decided(Officer, asked.TaskId!.Value)));
        // Stopped again meanwhile: what was asked for is over, and nobody decides it any more.
        await w.Do(SecondOfficer, s => w.Get<LinkHandlers>().Set(s, link, false, "found more", default));
        Assert.Equal((LinkState.Suspended, "approval.decided"), (await State(w), await Decided(Approver, asked.TaskId!.Value)));
        asked = await Asked(SecondOfficer);
        Assert.Equal("approval.wrong-role", await Decided(SecondOfficer, asked.TaskId!.Value));
        await w.DecideTask(Approver, asked.TaskId!.Value);
        Assert.Equal(LinkState.Open, await State(w));
    }

    [Fact]
    public async Task Everybody_who_suspended_a_link_since_it_was_open_is_bound_and_nobody_by_an_earlier_time()
    {
        await using var w = await Ready();
        var link = await Opened(w);
        Task<RegistryLink> Said(Actor who, bool open) => w.Do(who, s => w.Get<LinkHandlers>().Set(s, link, open, "so", default));
        async Task<string?> Decided(Actor who, Guid task) => await w.Try(who, s => w.Get<Approvals>().Decide(s, task, true, null, default)) is { Ok: false, Refusals: [var no, ..] } ? no.Code : null;
        await Said(Officer, false);
        await Said(SecondOfficer, true);
        // The second who stops it does not free the first.
        await Said(SecondOfficer, false);
        var asked = await Said(SecondOfficer, true);
        Assert.Equal("approval.same-person", await Decided(Officer, asked.TaskId!.Value));
        Assert.Null(await Decided(Approver, asked.TaskId!.Value));
        // Open again, and then suspended by the registry itself: who stopped it that time is as free as anybody.
        await Set(w, link, LinkState.Suspended);
        asked = await Said(SecondOfficer, true);
        Assert.Null(await Decided(Officer, asked.TaskId!.Value));
        Assert.Equal(LinkState.Open, await State(w));
    }

    [Fact]
    public async Task Logs_that_disagree_while_a_link_is_to_be_taken_up_again_end_what_was_asked_for()
    {
        await using var pair = await LinkedPair.Open();
        var (union, id) = (pair.Union, pair.UnionLink);
        await pair.Send(100, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        await pair.Carry(pair.Union, pair.UnionLink, pair.Swiss, pair.SwissLink);
        await Changed(pair.Swiss);
        await pair.Night();
        await union.Do(Officer, s => union.Get<LinkHandlers>().Set(s, id, false, "so", default));
        var asked = await union.Do(Officer, s => union.Get<LinkHandlers>().Set(s, id, true, "cleared up", default));
        await pair.Carry(pair.Swiss, pair.SwissLink, pair.Union, pair.UnionLink);
        Assert.Equal("approval.decided", await union.Refused(Approver, s => union.Get<Approvals>().Decide(s, asked.TaskId!.Value, true, null, default)));
        Assert.Equal(LinkState.Suspended, await State(union));
    }

    [Fact]
    public async Task What_has_not_left_yet_when_a_link_is_suspended_stays_and_its_units_come_back()
    {
        await using var pair = await LinkedPair.Open();
        var w = pair.Union;
        var (proposed, approved) = (await Proposed(pair, 100), await Proposed(pair, 200));
        var delayed = await w.Decide(SmelterSecond, approved.Id, s => w.Get<TransactionHandlers>().Read(s, approved.Id, default));
        Assert.Equal(TransactionState.Delayed, delayed.State);
        Assert.Equal(700, w.Held(w.SmelterAccount));
        await w.Do(Officer, s => w.Get<LinkHandlers>().Set(s, pair.UnionLink, false, "units were stolen there", default));
        Assert.Equal((TransactionState.Cancelled, TransactionState.Cancelled, 1000L), ((await Read(w, proposed.Id)).State, (await Read(w, delayed.Id)).State, w.Held(w.SmelterAccount)));
        Assert.Equal("approval.decided", await w.Refused(SmelterSecond, s => w.Get<Approvals>().Decide(s, proposed.TaskId!.Value, true, null, default)));
        await Later(w, Duration.FromDays(3));
        Assert.Equal((TransactionState.Cancelled, 0L), ((await Read(w, delayed.Id)).State, w.Held(w.Numbers.Central("eu-ets", "link-ch"))));
        Assert.Empty(await w.Do(Officer, s => w.Get<LinkHandlers>().Messages(s, pair.UnionLink, 0, default)));
    }

    [Fact]
    public async Task What_the_Book_has_carried_out_when_a_link_is_suspended_has_left_and_the_other_registry_hears_of_it()
    {
        await using var pair = await LinkedPair.Open();
        var w = pair.Union;
        var approved = await Proposed(pair, 200);
        await w.Decide(SmelterSecond, approved.Id, s => w.Get<TransactionHandlers>().Read(s, approved.Id, default));
        await Later(w, Duration.FromDays(3));
        await w.Do(Officer, s => w.Get<LinkHandlers>().Set(s, pair.UnionLink, false, "so", default));
        Assert.Equal((TransactionState.Completed, 200L), ((await Read(w, approved.Id)).State, w.Held(w.Numbers.Central("eu-ets", "link-ch"))));
        Assert.Equal(LinkTransferState.Sent, (await pair.Out(approved.Id)).State);
    }

    [Fact]
    public async Task Nobody_approves_a_transfer_over_a_suspended_link_and_one_sent_to_the_Book_meanwhile_ends()
    {
        await using var pair = await LinkedPair.Open();
        var w = pair.Union;
        var proposed = await Proposed(pair, 100);
        Task<string> Refused() => w.Refused(SmelterSecond, s => w.Get<Approvals>().Decide(s, proposed.TaskId!.Value, true, null, default));
        foreach (var state in new[] { LinkState.Suspended, LinkState.ResumeAsked })
        {
            await Set(w, pair.UnionLink, state);
            Assert.Equal("link.closed", await Refused());
        }
        await Set(w, pair.UnionLink, LinkState.Open);
        var delayed = await w.Decide(SmelterSecond, proposed.Id, s => w.Get<TransactionHandlers>().Read(s, proposed.Id, default));
        Assert.Equal((TransactionState.Delayed, 900L), (delayed.State, w.Held(w.SmelterAccount)));
        // As if the Book answered the approval only after the link was suspended.
        await Set(w, pair.UnionLink, LinkState.Suspended);
        await using (var s = w.Sessions.Open(Actor.System))
        {
            await s.Run("update registry.transaction set state = 1 where id = $1", default, proposed.Id);
            await s.InTransaction(t => w.Get<TransactionDesk>().Delay(s, delayed, t), default);
        }
        Assert.Equal((TransactionState.Cancelled, 1000L), ((await Read(w, proposed.Id)).State, w.Held(w.SmelterAccount)));
    }

    [Fact]
    public async Task What_comes_after_totals_that_disagree_in_one_delivery_finds_the_link_suspended()
    {
        await using var pair = await LinkedPair.Open();
        var (union, swiss) = (pair.Union, pair.Swiss);
        await pair.Send(400, await swiss.FullId(swiss.TraderAccount));
        await pair.Carry(union, pair.UnionLink, swiss, pair.SwissLink);
        await pair.Carry(swiss, pair.SwissLink, union, pair.UnionLink);
        var waiting = await Proposed(pair, 10);
        await Changed(swiss);
        await pair.Night();
        var home = await pair.Through(swiss, swiss.TraderAccount, TraderFirst, TraderSecond, "link-eu", 150, await union.FullId(union.SmelterAccount));
        await pair.Carry(swiss, pair.SwissLink, union, pair.UnionLink);
        Assert.Equal(LinkState.Suspended, await State(union));
        var came = (await union.Do(Officer, s => union.Get<LinkHandlers>().Transfers(s, pair.UnionLink, default))).Single(t => t.Id == home.Id);
        Assert.Equal((LinkTransferState.Refused, "link-suspended"), (came.State, came.Reason));
        // What was to leave stays, whoever suspended it.
        Assert.Equal((TransactionState.Cancelled, 600L), ((await Read(union, waiting.Id)).State, union.Held(union.SmelterAccount)));
    }
}
