using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

public sealed class TransferTests
{
    [Fact]
    public async Task A_transfer_to_an_account_that_is_not_trusted_is_carried_out_after_26_hours_of_the_working_calendar_and_not_before()
    {
        await using var w = await Ready(Instant.FromUtc(2026, 3, 3, 10, 0)); // Tuesday, 11:00 in Brussels
        await w.Give(w.SmelterAccount, 1000);
        var t = await Proposed(w, 400);
        Assert.Equal(TransactionState.Proposed, t.State);
        Assert.Equal(600, w.Held(w.SmelterAccount));
        var delayed = await w.Decide(SmelterSecond, t.Id, s => w.Get<TransactionHandlers>().Read(s, t.Id, default));
        Assert.Equal((TransactionState.Delayed, Instant.FromUtc(2026, 3, 4, 12, 0)), (delayed.State, delayed.ExecutesAt!.Value));
        w.Clock.Now = Instant.FromUtc(2026, 3, 4, 11, 59);
        await w.Get<FreezeHandlers>().List(w.Sessions.Open(Officer), Eu, null, default);
        Assert.Equal(0, w.Held(w.TraderAccount));
        w.Clock.Now = Instant.FromUtc(2026, 3, 4, 12, 1);
        await Pulse(w);
        Assert.Equal(400, w.Held(w.TraderAccount));
        Assert.Equal(TransactionState.Completed, (await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, t.Id, default))).State);
    }

    [Fact]
    public async Task A_transfer_to_a_trusted_account_is_carried_out_at_once_and_trust_itself_takes_four_working_days()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 1000);
        var trader = await w.FullId(w.TraderAccount);
        var trust = await w.Do(SmelterFirst, s => w.Get<AccessHandlers>().Trust(s, w.SmelterAccount, trader, "our trader", default));
        Assert.Equal("approval.same-person", await w.Refused(SmelterFirst, s => w.Get<Storage.Approvals>().Decide(s, trust.TaskId!.Value, true, null, default)));
        await w.DecideTask(SmelterSecond, trust.TaskId!.Value);
        var listed = (await w.All(SmelterFirst, s => AccountStore.Trusted(s, w.SmelterAccount, default)))[0];
        Assert.Equal(Instant.FromUtc(2026, 3, 9, 10, 0), listed.EffectiveAt); // Tuesday to Monday, four working days
        Assert.False(listed.InForceAt(w.Clock.Now));
        var early = await Approved(w, await Proposed(w, 100));
        Assert.Equal(TransactionState.Delayed, early.State);
        w.Clock.Now = Instant.FromUtc(2026, 3, 9, 10, 1);
        await Pulse(w);
        var late = await Approved(w, await Proposed(w, 100));
        Assert.Equal((TransactionState.Completed, true), (late.State, late.Trusted));
    }

    [Fact]
    public async Task One_person_cannot_both_propose_and_approve_and_a_stranger_can_do_neither()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 1000);
        var t = await Proposed(w, 10);
        foreach (var (who, code) in new[] { (SmelterFirst, "approval.same-person"), (SmelterReader, "representative.none"), (TraderFirst, "approval.not-found") })
            Assert.Equal(code, await w.Refused(who, s => w.Get<Storage.Approvals>().Decide(s, t.TaskId!.Value, true, null, default)));
        var to = await w.FullId(w.TraderAccount);
        Assert.Equal("representative.none", await w.Refused(SmelterReader, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, 1), default)));
        Assert.Equal("account.not-found", await w.Refused(TraderFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", "x", "EUA", null, 1), default)));
        Assert.Equal(990, w.Held(w.SmelterAccount));
    }

    [Fact]
    public async Task A_representative_who_may_only_approve_cannot_initiate()
    {
        await using var w = await Ready();
        var to = await w.FullId(w.SmelterAccount);
        Assert.Equal("representative.right", await w.Refused(TraderSecond, s => w.Get<TransactionHandlers>().Propose(s, new(w.TraderAccount, "transfer", to, "EUA", null, 1), default)));
    }

    [Fact]
    public async Task More_than_is_held_is_refused_and_what_is_proposed_is_held()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 100);
        await Proposed(w, 60);
        var to = await w.FullId(w.TraderAccount);
        Assert.Equal("transaction.over-held", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, 41), default)));
        Assert.Equal("transaction.quantity", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, 0), default)));
        Assert.Equal("transaction.unit", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "CEA", null, 1), default)));
    }

    [Fact]
    public async Task A_delayed_transfer_can_be_taken_back_until_two_hours_before_its_end()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 100);
        var t = await Approved(w, await Proposed(w, 60));
        w.Clock.Now = Instant.FromUtc(2026, 3, 4, 9, 59);
        await w.Do(SmelterSecond, s => w.Get<TransactionHandlers>().Cancel(s, t.Id, "I did not mean it", default));
        Assert.Equal(100, w.Held(w.SmelterAccount));
        var again = await Approved(w, await Proposed(w, 60));
        w.Clock.Now = again.CancelUntil!.Value;
        Assert.Equal("transaction.too-late", await w.Refused(Officer, s => w.Get<TransactionHandlers>().Cancel(s, again.Id, "suspicious", default)));
    }

    [Fact]
    public async Task A_rejected_proposal_gives_the_units_back()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 100);
        var t = await Proposed(w, 60);
        var rejected = await w.Decide(SmelterSecond, t.Id, s => w.Get<TransactionHandlers>().Read(s, t.Id, default), approve: false);
        Assert.Equal(TransactionState.Rejected, rejected.State);
        Assert.Equal(100, w.Held(w.SmelterAccount));
    }

    [Fact]
    public async Task A_surrender_is_reversed_with_the_very_units_it_moved_and_only_once()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 100);
        await w.Give(w.SmelterAccount, 50);
        var first = await Approved(w, await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, 30, 2025), default)));
        var second = await Approved(w, await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, 20, 2025), default)));
        var moved = await w.Do(Officer, s => w.Get<TransactionHandlers>().Serials(s, second.Id, default));
        Assert.Equal("transaction.serials-hidden", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Serials(s, second.Id, default)));
        var back = await w.Do(Officer, s => w.Get<TransactionHandlers>().Reverse(s, second.Id, "for the wrong year", default));
        Assert.Equal("transaction.not-reversible", await w.Refused(SecondOfficer, s => w.Get<TransactionHandlers>().Reverse(s, second.Id, "again", default)));
        await w.DecideTask(Approver, back.TaskId!.Value);
        Assert.Equal(moved, await w.Do(Officer, s => w.Get<TransactionHandlers>().Serials(s, back.Id, default)));
        Assert.Equal(TransactionState.Reversed, (await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, second.Id, default))).State);
        Assert.Equal(120, w.Held(w.SmelterAccount));
        Assert.Equal(30, w.Held(w.Numbers.Central(Eu, "surrender")));
        Assert.Equal(TransactionState.Completed, first.State);
    }

    /// <summary>Surrendered units were sold again once, because nobody could ask.</summary>
    [Fact]
    public async Task Everybody_can_ask_whether_a_unit_still_counts_and_nobody_learns_who_has_it()
    {
        await using var w = await Ready();
        var standings = w.Get<SerialStandings>();
        (string, string?) Asked(long serial) => standings.Of(Eu, "EUA", null, serial) is { Ok: true, Value: var s } ? (s.Status, s.End) : default;
        Assert.Equal(("not-issued", null), Asked(1));
        await w.Central("issue", w.Numbers.Central(Eu, "total-quantity"), w.Numbers.Central(Eu, "allocation"), 100);
        Assert.Equal(("with-the-scheme", null), Asked(1));
        await w.Central("allocate", w.Numbers.Central(Eu, "allocation"), w.SmelterAccount, 60);
        Assert.Equal(("in-circulation", null), Asked(60));
        Assert.Equal(("with-the-scheme", null), Asked(61));
        var surrendered = await Approved(w, await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, 30, 2025), default)));
        var deleted = await Approved(w, await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "delete", null, "EUA", null, 5), default)));
        async Task<long> FirstOf(RegistryTransaction t) => (await w.Do(Officer, s => w.Get<TransactionHandlers>().Serials(s, t.Id, default)))[0].First;
        Assert.Equal((("ended", "surrender"), ("ended", "deletion")), (Asked(await FirstOf(surrendered)), Asked(await FirstOf(deleted))));
        Assert.Equal(w.Clock.Now, standings.Of(Eu, "EUA", null, await FirstOf(surrendered)).Value.Since);
        Assert.DoesNotContain(await w.FullId(w.SmelterAccount), System.Text.Json.JsonSerializer.Serialize(standings.Of(Eu, "EUA", null, 60).Value), StringComparison.Ordinal);

        // What is taken back counts again.
        var back = await w.Do(Officer, s => w.Get<TransactionHandlers>().Reverse(s, surrendered.Id, "for the wrong year", default));
        await w.DecideTask(Approver, back.TaskId!.Value);
        Assert.Equal(("in-circulation", null), Asked(await FirstOf(surrendered)));
        Assert.Equal(["ets.scheme-unknown", "transaction.unit", "transaction.unit", "transaction.unit", "transaction.serial"], new[] { standings.Of("x", "EUA", null, 1), standings.Of(Eu, "CEA", null, 1), standings.Of(Eu, "EUA", "2024", 1), standings.Of("cn-ets", "CEA", null, 1), standings.Of(Eu, "EUA", null, 0) }.Select(a => a.Refusals[0].Code));
    }

    [Fact]
    public async Task A_frozen_account_gives_nothing_out_one_officer_freezes_and_two_others_lift()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 100);
        var freeze = await w.Do(Officer, s => w.Get<FreezeHandlers>().Account(s, w.SmelterAccount, FreezeScope.Out, "a call at night", default));
        var to = await w.FullId(w.TraderAccount);
        Assert.Equal("account.frozen", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, 1), default)));
        var asked = await w.Do(SecondOfficer, s => w.Get<FreezeHandlers>().ProposeLift(s, freeze.Id, default));
        Assert.Equal("approval.same-person", await w.Refused(Officer, s => w.Get<Storage.Approvals>().Decide(s, asked.TaskId!.Value, true, null, default)));
        await w.DecideTask(Approver, asked.TaskId!.Value);
        Assert.Equal(TransactionState.Proposed, (await Proposed(w, 1)).State);
    }

    [Fact]
    public async Task Stopping_a_kind_ends_what_waits_and_lifting_lets_it_run_again_while_surrender_goes_on()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 100);
        var delayed = await Approved(w, await Proposed(w, 10));
        var proposed = await Proposed(w, 5);
        var stop = await w.Do(Officer, s => w.Get<FreezeHandlers>().Stop(s, Eu, "transfer", "units were stolen elsewhere", default));
        Assert.Equal(100, w.Held(w.SmelterAccount));
        Assert.Equal((TransactionState.Cancelled, TransactionState.Cancelled), ((await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, delayed.Id, default))).State, (await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Read(s, proposed.Id, default))).State));
        var to = await w.FullId(w.TraderAccount);
        Assert.Equal("transaction.stopped", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, 1), default)));
        Assert.Equal(TransactionState.Completed, (await Approved(w, await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "surrender", null, "EUA", null, 1), default)))).State);
        var asked = await w.Do(SecondOfficer, s => w.Get<FreezeHandlers>().ProposeLift(s, stop.Id, default));
        await w.DecideTask(Approver, asked.TaskId!.Value);
        Assert.Equal(TransactionState.Delayed, (await Approved(w, await Proposed(w, 1))).State);
    }

    /// <summary>As if every form had a fault: the account acted for is whatever a request says.</summary>
    [Fact]
    public async Task The_Book_keeps_the_authority_of_one_scheme_off_the_own_accounts_of_another_and_off_those_of_its_holders()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 100);
        var (asset, own, other) = (w.Numbers.Asset(Eu, "EUA", "")!.Value, w.Numbers.Central(Eu, SchemeNumbers.Authority), w.Numbers.Central("uk-ets", SchemeNumbers.Authority));
        async Task<Code> Forged(TransactionKind t, long debit, long credit, long actingFor) => (await w.Venue.Send(new Command
        {
            Id = BookId.From(Guid.NewGuid()),
            Operation = t.Second ? Operation.Hold : Operation.Transfer,
            TransactionType = w.Numbers.TransactionType(Eu, t.Transaction),
            Asset = asset,
            Debit = debit,
            Credit = credit,
            Amount = 1,
            Actor = 1,
            ActingFor = actingFor,
        })).Code;
        long Place(string kind) => kind switch { "operator-holding" => w.SmelterAccount, "trading" => w.TraderAccount, _ => w.Numbers.Central(Eu, kind) };
        bool Known(string kind) => kind is "operator-holding" or "trading" || w.Scheme.Account(kind)!.Role != AccountRole.Holder;
        var kinds = w.Scheme.Transactions.Where(t => t.Proposer != "holder" && Known(t.From) && Known(t.To) && Place(t.From) != Place(t.To)).ToList();
        var ours = kinds.Where(t => w.Scheme.Account(t.From)!.Role != AccountRole.Holder).ToList();
        Assert.True(ours.Count >= 10);
        foreach (var t in ours)
        {
            Assert.Equal(Code.ProposerNotAllowed, await Forged(t, Place(t.From), Place(t.To), other));
            Assert.Contains(await Forged(t, Place(t.From), Place(t.To), Place(t.From)), new[] { Code.Accepted, Code.InsufficientBalance });
        }
        // Out of a holder's account too: this scheme's authority has the mandate, and neither the holder nor another scheme's authority.
        foreach (var taken in kinds.Except(ours).Where(t => t.Proposer != "system"))
            Assert.Equal((Code.ProposerNotAllowed, Code.ProposerNotAllowed, true), (await Forged(taken, Place(taken.From), Place(taken.To), Place(taken.From)), await Forged(taken, Place(taken.From), Place(taken.To), other), await Forged(taken, Place(taken.From), Place(taken.To), own) is Code.Accepted or Code.InsufficientBalance));
    }

    [Fact]
    public void Every_state_of_a_transaction_can_be_reached_and_no_final_one_left()
    {
        var reached = new HashSet<TransactionState> { TransactionState.Proposed };
        for (var grew = true; grew;) grew = TransactionRules.Table.Where(m => reached.Contains(m.From)).ToList().FindAll(m => reached.Add(m.To)).Count > 0;
        Assert.Equal(Enum.GetValues<TransactionState>().ToHashSet(), reached);
        Assert.Equal([TransactionState.Rejected, TransactionState.Cancelled, TransactionState.Terminated, TransactionState.Reversed], TransactionRules.Table.Final.Order());
    }

    static async Task<RegistryTransaction> Proposed(RegistryWorld w, long quantity)
    {
        var to = await w.FullId(w.TraderAccount);
        return await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, quantity), default));
    }

    static Task<RegistryTransaction> Approved(RegistryWorld w, RegistryTransaction t) => w.Decide(SmelterSecond, t.Id, s => w.Get<TransactionHandlers>().Read(s, t.Id, default));

    /// <summary>The Book's time passes with its commands; the server's venue does this by itself when something is due.</summary>
    static async Task Pulse(RegistryWorld w) => await w.Venue.Send(new Command { Id = (UInt128)w.Clock.Now.ToUnixTimeTicks(), Operation = Operation.Pulse });
}
