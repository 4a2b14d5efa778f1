using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Links;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>Two registries, each with a Book and a database of its own, and somebody who carries messages between them.</summary>
public sealed class LinkTests
{
    internal static readonly Instant Tuesday = Instant.FromUtc(2026, 3, 3, 10, 0);

    [Fact]
    public async Task Units_leave_one_registry_and_arrive_in_the_other_once_however_often_the_messages_come()
    {
        await using var pair = await LinkedPair.Open();
        var sent = await pair.Send(400, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        Assert.Equal(600, pair.Union.Held(pair.Union.SmelterAccount));
        Assert.Equal(LinkTransferState.Sent, (await pair.Out(sent.Id)).State);
        for (var i = 0; i < 3; i++) { await pair.Carry(pair.Union, pair.UnionLink, pair.Swiss, pair.SwissLink); await pair.Carry(pair.Swiss, pair.SwissLink, pair.Union, pair.UnionLink); }
        Assert.Equal(400, pair.Swiss.Held(pair.Swiss.TraderAccount, "EUA"));
        Assert.Equal(LinkTransferState.Accepted, (await pair.Out(sent.Id)).State);
        Assert.Equal((400L, -400L), (pair.Union.Held(pair.Union.Numbers.Central("eu-ets", "link-ch")), pair.Swiss.Held(pair.Swiss.Numbers.Central("ch-ets", "link-eu"), "EUA")));
    }

    /// <summary>Units with a year, between two registries that have one auction together.</summary>
    [Fact]
    public async Task Allowances_of_California_are_held_and_surrendered_in_Quebec_and_go_home_again()
    {
        var schemes = LinkedSchemes.CaliforniaAndQuebec;
        await using var pair = await LinkedPair.Open(schemes);
        var (california, quebec) = (pair.Union, pair.Swiss);
        async Task Carried() { await pair.Carry(california, pair.UnionLink, quebec, pair.SwissLink); await pair.Carry(quebec, pair.SwissLink, california, pair.UnionLink); }
        await pair.Send(400, await quebec.FullId(quebec.SmelterAccount));
        await Carried();
        Assert.Equal((600L, 400L), (california.Held(california.SmelterAccount, "CCA", "2025"), quebec.Held(quebec.SmelterAccount, "CCA", "2025")));
        var reserve = await quebec.FullId(quebec.Numbers.Central("qc-ets", "allocation"));
        Assert.Equal("transaction.foreign-unit", await quebec.Refused(Officer, s => quebec.Get<TransactionHandlers>().Propose(s, new(quebec.Numbers.Central("qc-ets", "total-quantity"), "issue", reserve, "CCA", "2025", 1), default)));
        var surrender = await quebec.Do(SmelterFirst, s => quebec.Get<TransactionHandlers>().Propose(s, new(quebec.SmelterAccount, "surrender", null, "CCA", "2025", 100, 2025), default));
        Assert.Equal(TransactionState.Completed, (await quebec.Decide(SmelterSecond, surrender.Id, s => quebec.Get<TransactionHandlers>().Read(s, surrender.Id, default))).State);
        await pair.Through(quebec, quebec.SmelterAccount, SmelterFirst, SmelterSecond, "link-ca", 250, await california.FullId(california.SmelterAccount));
        await Carried();
        Assert.Equal((850L, 50L), (california.Held(california.SmelterAccount, "CCA", "2025"), quebec.Held(quebec.SmelterAccount, "CCA", "2025")));
        await pair.Night();
        await Carried();
        Assert.True((await california.Do(Officer, s => california.Get<LinkHandlers>().Reconciliations(s, pair.UnionLink, default)))[0].Agrees);
        Assert.True((await quebec.Do(Officer, s => quebec.Get<LinkHandlers>().Reconciliations(s, pair.SwissLink, default)))[0].Agrees);
    }

    [Fact]
    public async Task A_link_is_opened_only_where_the_file_of_the_scheme_names_it()
    {
        await using var w = await Ready(Tuesday, "uk-ets");
        Assert.Equal("link.kind", await w.Refused(Officer, s => w.Get<LinkHandlers>().Propose(s, "uk-ets", "link-ch", "the other registry", default)));
        Assert.Equal("link.kind", await w.Refused(Officer, s => w.Get<LinkHandlers>().Propose(s, "uk-ets", "trading", "the other registry", default)));
    }

    [Fact]
    public async Task What_the_other_registry_refuses_comes_back()
    {
        await using var pair = await LinkedPair.Open();
        var sent = await pair.Send(400, "CH-100-1-0-11");
        await pair.Carry(pair.Union, pair.UnionLink, pair.Swiss, pair.SwissLink);
        await pair.Carry(pair.Swiss, pair.SwissLink, pair.Union, pair.UnionLink);
        Assert.Equal((LinkTransferState.Refused, "account"), ((await pair.Out(sent.Id)).State, (await pair.Out(sent.Id)).Reason));
        Assert.Equal((1000L, 0L), (pair.Union.Held(pair.Union.SmelterAccount), pair.Union.Held(pair.Union.Numbers.Central("eu-ets", "link-ch"))));
    }

    [Fact]
    public async Task A_log_with_a_gap_a_changed_message_or_a_wrong_hash_is_refused()
    {
        await using var pair = await LinkedPair.Open();
        await pair.Send(100, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        await pair.Send(50, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        var messages = await pair.Union.Do(Officer, s => pair.Union.Get<LinkHandlers>().Messages(s, pair.UnionLink, 0, default));
        Task<string> Refused(params LinkMessage[] given) => pair.Swiss.Refused(Officer, s => pair.Swiss.Get<LinkHandlers>().Receive(s, pair.SwissLink, new(given), default));
        Assert.Equal("link.gap", await Refused(messages[1]));
        Assert.Equal("link.hash", await Refused(messages[0] with { Body = messages[0].Body.Replace("100", "1000", StringComparison.Ordinal) }));
        await pair.Carry(pair.Union, pair.UnionLink, pair.Swiss, pair.SwissLink);
        Assert.Equal("link.changed", await Refused(messages[0] with { Sha256 = new string('0', 64) }));
        Assert.Equal("link.not-found", await pair.Swiss.Refused(Foreign, s => pair.Swiss.Get<LinkHandlers>().Receive(s, pair.SwissLink, new([.. messages]), default)));
        Assert.Equal(150, pair.Swiss.Held(pair.Swiss.TraderAccount, "EUA"));
    }

    [Fact]
    public async Task Each_night_both_logs_are_compared_with_messages_under_way_and_a_difference_suspends_the_link()
    {
        await using var pair = await LinkedPair.Open();
        var to = await pair.Swiss.FullId(pair.Swiss.TraderAccount);
        await pair.Send(100, to);
        await pair.Carry(pair.Union, pair.UnionLink, pair.Swiss, pair.SwissLink);
        await pair.Night();
        await pair.Send(70, to); // said after the other's totals, not carried yet
        await pair.Carry(pair.Swiss, pair.SwissLink, pair.Union, pair.UnionLink);
        await pair.Carry(pair.Union, pair.UnionLink, pair.Swiss, pair.SwissLink);
        Assert.True((await pair.Union.Do(Officer, s => pair.Union.Get<LinkHandlers>().Reconciliations(s, pair.UnionLink, default)))[0].Agrees);
        Assert.True((await pair.Swiss.Do(Officer, s => pair.Swiss.Get<LinkHandlers>().Reconciliations(s, pair.SwissLink, default)))[0].Agrees);

        // Somebody changes a row of one registry by hand.
        await using (var s = pair.Swiss.Sessions.Open(Actor.System)) await s.Run("update registry.link_transfer set quantity = quantity + 1 where not outward and state = 2", default);
        pair.Union.Clock.Now = pair.Swiss.Clock.Now = Tuesday + Duration.FromDays(1);
        await pair.Night();
        await pair.Carry(pair.Swiss, pair.SwissLink, pair.Union, pair.UnionLink);
        var union = (await pair.Union.All(Officer, s => pair.Union.Get<LinkHandlers>().List(s, default))).Single();
        Assert.Equal(LinkState.Suspended, union.State);
        var from = pair.Union.SmelterAccount;
        var link = await pair.Union.FullId(pair.Union.Numbers.Central("eu-ets", "link-ch"));
        Assert.Equal("link.closed", await pair.Union.Refused(SmelterFirst, s => pair.Union.Get<TransactionHandlers>().Propose(s, new(from, "external-transfer", link, "EUA", null, 1, PartnerAccount: to), default)));
    }

    [Fact]
    public async Task Units_of_another_registry_are_held_and_sent_home_but_never_issued_here()
    {
        await using var pair = await LinkedPair.Open();
        var reserve = await pair.Swiss.FullId(pair.Swiss.Numbers.Central("ch-ets", "allocation"));
        Assert.Equal("transaction.foreign-unit", await pair.Swiss.Refused(Officer, s => pair.Swiss.Get<TransactionHandlers>().Propose(s, new(pair.Swiss.Numbers.Central("ch-ets", "total-quantity"), "issue", reserve, "EUA", null, 1), default)));
        await pair.Send(400, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        await pair.Carry(pair.Union, pair.UnionLink, pair.Swiss, pair.SwissLink);
        await pair.Carry(pair.Swiss, pair.SwissLink, pair.Union, pair.UnionLink);
        var home = await pair.Through(pair.Swiss, pair.Swiss.TraderAccount, TraderFirst, TraderSecond, "link-eu", 150, await pair.Union.FullId(pair.Union.SmelterAccount));
        Assert.Equal(TransactionState.Completed, home.State);
        await pair.Carry(pair.Swiss, pair.SwissLink, pair.Union, pair.UnionLink);
        Assert.Equal((750L, 250L), (pair.Union.Held(pair.Union.SmelterAccount), pair.Union.Held(pair.Union.Numbers.Central("eu-ets", "link-ch"))));
        Assert.Equal(250, pair.Swiss.Held(pair.Swiss.TraderAccount, "EUA"));
    }

    static async Task<RegistryTransaction> Proposed(LinkedPair pair, long quantity)
    {
        var w = pair.Union;
        var (link, to) = (await w.FullId(w.Numbers.Central("eu-ets", "link-ch")), await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        return await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "external-transfer", link, "EUA", null, quantity, PartnerAccount: to), default));
    }

    static Task<RegistryTransaction> Read(RegistryWorld w, Guid id) => w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, id, default));

    static async Task State(RegistryWorld w, Guid link, LinkState state)
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
            await State(w, pair.UnionLink, state);
            Assert.Equal("link.closed", await Refused());
        }
        await State(w, pair.UnionLink, LinkState.Open);
        var delayed = await w.Decide(SmelterSecond, proposed.Id, s => w.Get<TransactionHandlers>().Read(s, proposed.Id, default));
        Assert.Equal((TransactionState.Delayed, 900L), (delayed.State, w.Held(w.SmelterAccount)));
        // As if the Book answered the approval only after the link was suspended.
        await State(w, pair.UnionLink, LinkState.Suspended);
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
        await using (var s = swiss.Sessions.Open(Actor.System)) await s.Run("update registry.link_transfer set quantity = quantity + 1 where not outward and state = 2", default);
        await pair.Night();
        var home = await pair.Through(swiss, swiss.TraderAccount, TraderFirst, TraderSecond, "link-eu", 150, await union.FullId(union.SmelterAccount));
        await pair.Carry(swiss, pair.SwissLink, union, pair.UnionLink);
        Assert.Equal(LinkState.Suspended, (await union.All(Officer, s => union.Get<LinkHandlers>().List(s, default))).Single().State);
        var came = (await union.Do(Officer, s => union.Get<LinkHandlers>().Transfers(s, pair.UnionLink, default))).Single(t => t.Id == home.Id);
        Assert.Equal((LinkTransferState.Refused, "link-suspended"), (came.State, came.Reason));
        // What was to leave stays, whoever suspended it.
        Assert.Equal((TransactionState.Cancelled, 600L), ((await Read(union, waiting.Id)).State, union.Held(union.SmelterAccount)));
    }
}
