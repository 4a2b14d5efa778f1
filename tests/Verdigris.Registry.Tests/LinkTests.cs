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
}
