using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Transfers;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>Closing accounts, empty and with units that go to another.</summary>
public sealed class ClosingTests
{
    static Task<RegistryAccount> Ask(RegistryWorld w, Actor who, long account, string? to = null) => w.Do(who, s => w.Get<ClosingHandlers>().Ask(s, account, to, default));

    static Task<string> Refused(RegistryWorld w, Actor who, long account, string? to = null) => w.Refused(who, s => w.Get<ClosingHandlers>().Ask(s, account, to, default));

    static Task<ClosingView> Read(RegistryWorld w, long account) => w.Do(SmelterFirst, s => w.Get<ClosingHandlers>().Read(s, account, default));

    /// <summary>The smelter's operator account with units, and a trading account of its own.</summary>
    static async Task<(RegistryWorld World, long Other)> Two(long quantity = 100)
    {
        var w = await Ready();
        await w.Give(w.SmelterAccount, quantity);
        return (w, await w.Account(SmelterFirst, "trading", null));
    }

    [Fact]
    public async Task An_empty_account_is_closed_by_an_officer_and_reaches_nothing_afterwards()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 10);
        Assert.Equal("account.not-empty", await Refused(w, SmelterFirst, w.SmelterAccount));
        var asked = await Ask(w, TraderFirst, w.TraderAccount);
        await w.DecideTask(Officer, asked.TaskId!.Value);
        Assert.Equal(AccountState.Closed, (await w.AccountRow(w.TraderAccount)).State);
        var to = asked.FullId;
        Assert.Equal("account.state-forbids", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", to, "EUA", null, 1), default)));
    }

    [Fact]
    public async Task What_is_left_goes_to_the_named_account_by_two_people_of_the_authority_and_then_the_account_closes()
    {
        var (w, other) = await Two();
        await using var _ = w;
        var to = await w.FullId(other);
        Assert.Equal([to], (await Read(w, w.SmelterAccount)).Reachable.Select(a => a.FullId));
        var asked = await Ask(w, SmelterFirst, w.SmelterAccount, to);
        Assert.Equal(AccountState.Closing, asked.State);
        // Nothing has moved before the authority agrees, and nothing new comes in.
        Assert.Equal(100, w.Held(w.SmelterAccount));
        Assert.Equal("account.closing-undecided", await w.Refused(Officer, s => w.Get<ClosingHandlers>().MoveRest(s, w.SmelterAccount, default)));
        await w.DecideTask(Officer, asked.TaskId!.Value);
        var view = await Read(w, w.SmelterAccount);
        var move = Assert.Single(view.Moves);
        Assert.Equal((TransactionState.Proposed, 100L, to, AccountState.Closing), (move.State, move.Quantity, view.ToId, view.Account.State));
        // Who agreed is not the second person.
        Assert.Equal("approval.same-person", await w.Refused(Officer, async s => await w.Get<Verdigris.Storage.Approvals>().Decide(s, await w.TaskOf(move.Id), true, null, default)));
        await w.DecideTask(Approver, await w.TaskOf(move.Id));
        view = await Read(w, w.SmelterAccount);
        Assert.Equal((AccountState.Closed, TransactionState.Completed, 0), (view.Account.State, view.Moves[0].State, view.Left.Count));
        Assert.Equal(100, w.Held(other));
        Assert.True(w.Venue.Read(b => b.Account(w.SmelterAccount))!.Closed);
    }

    [Fact]
    public async Task Units_go_to_a_trusted_open_account_of_the_scheme_only_and_none_that_something_holds()
    {
        var (w, other) = await Two();
        await using var _ = w;
        Assert.Equal("account.closing-to", await Refused(w, SmelterFirst, w.SmelterAccount, await w.FullId(w.TraderAccount)));
        Assert.Equal("account.closing-to", await Refused(w, SmelterFirst, w.SmelterAccount, "EU-100-1-0-11"));
        Assert.Equal("account.closing-to", await Refused(w, SmelterFirst, w.SmelterAccount, await w.FullId(w.SmelterAccount)));
        Assert.Equal("account.not-found", await Refused(w, TraderFirst, w.SmelterAccount, await w.FullId(other)));
        var held = await w.Do(SmelterFirst, async s => await w.Get<TransactionHandlers>().Propose(s, new(w.SmelterAccount, "transfer", await w.FullId(other), "EUA", null, 1), default));
        Assert.Equal("account.closing-held", await Refused(w, SmelterFirst, w.SmelterAccount, await w.FullId(other)));
        await w.DecideTask(SmelterSecond, await w.TaskOf(held.Id), approve: false);
        await Ask(w, SmelterFirst, w.SmelterAccount, await w.FullId(other));
        Assert.Equal("account.state-forbids", await Refused(w, SmelterFirst, w.SmelterAccount, await w.FullId(other)));
    }

    [Fact]
    public async Task What_nobody_claims_goes_to_the_national_holding_account()
    {
        var (w, _) = await Two();
        await using var __ = w;
        var national = w.Numbers.Central(Eu, "national-holding");
        await w.DecideTask(Officer, (await Ask(w, SmelterFirst, w.SmelterAccount, (await w.AccountRow(national)).FullId)).TaskId!.Value);
        await w.DecideTask(Approver, await w.TaskOf((await Read(w, w.SmelterAccount)).Moves[0].Id));
        Assert.Equal((AccountState.Closed, 100L), ((await w.AccountRow(w.SmelterAccount)).State, w.Held(national)));
    }

    [Fact]
    public async Task A_closing_the_authority_does_not_want_or_whose_transfer_is_turned_down_leaves_the_account_open()
    {
        var (w, other) = await Two();
        await using var _ = w;
        var to = await w.FullId(other);
        await w.DecideTask(Officer, (await Ask(w, SmelterFirst, w.SmelterAccount, to)).TaskId!.Value, approve: false);
        Assert.Equal((AccountState.Open, (string?)"not so"), ((await w.AccountRow(w.SmelterAccount)).State, (await w.AccountRow(w.SmelterAccount)).Reason));
        await w.DecideTask(Officer, (await Ask(w, SmelterFirst, w.SmelterAccount, to)).TaskId!.Value);
        var move = (await Read(w, w.SmelterAccount)).Moves[0];
        await w.DecideTask(Approver, await w.TaskOf(move.Id), approve: false);
        var view = await Read(w, w.SmelterAccount);
        Assert.Equal((AccountState.Open, (string?)null, 100L), (view.Account.State, view.ToId, w.Held(w.SmelterAccount)));
    }

    [Fact]
    public async Task What_the_Book_refused_or_came_meanwhile_is_moved_by_the_officer_again_until_nothing_is_left()
    {
        var (w, other) = await Two();
        await using var _ = w;
        var to = await w.FullId(other);
        await w.DecideTask(Officer, (await Ask(w, SmelterFirst, w.SmelterAccount, to)).TaskId!.Value);
        var first = (await Read(w, w.SmelterAccount)).Moves[0];
        Assert.Equal("account.closing-moving", await w.Refused(Officer, s => w.Get<ClosingHandlers>().MoveRest(s, w.SmelterAccount, default)));
        // Units that were on their way before reach the account in the Book, whatever its papers say.
        await w.Venue.Send(new Command { Id = 77, Operation = Operation.Transfer, TransactionType = w.Numbers.TransactionType(Eu, "inbound-transfer"), Asset = w.Numbers.Asset(Eu, "EUA", "")!.Value, Debit = w.Numbers.Central(Eu, "link-ch"), Credit = w.SmelterAccount, Amount = 7 });
        await w.DecideTask(Approver, await w.TaskOf(first.Id));
        var view = await Read(w, w.SmelterAccount);
        Assert.Equal((AccountState.Closing, 7L), (view.Account.State, view.Left.Single().Available));
        Assert.Equal("access.role-needed", await w.Refused(SmelterFirst, s => w.Get<ClosingHandlers>().MoveRest(s, w.SmelterAccount, default)));
        await w.Do(Officer, s => w.Get<ClosingHandlers>().MoveRest(s, w.SmelterAccount, default));
        await w.DecideTask(Approver, await w.TaskOf((await Read(w, w.SmelterAccount)).Moves[0].Id));
        Assert.Equal((AccountState.Closed, 107L), ((await w.AccountRow(w.SmelterAccount)).State, w.Held(other)));
    }
}
