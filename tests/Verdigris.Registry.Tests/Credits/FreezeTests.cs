using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>Credits that are stopped in an account, by one officer, until two people let them go.</summary>
public sealed class FreezeTests
{
    static async Task<(CreditDesk Desk, string Serial)> Issued()
    {
        var desk = await CreditDesk.Open();
        await desk.Issue(await desk.Project(), new(2025, 1, 1), new(2025, 12, 31), new Vintage(2025, 1000));
        return (desk, Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Serial);
    }

    static NewCreditOrder Retirement(string serial, long units) => new(CreditOrderKind.Retire, serial, units, Beneficiary: "Somebody", Reason: "voluntary");

    static Task<CreditFreeze> Frozen(CreditDesk desk, Guid organisation, FreezeScope scope) => desk.Do(CreditDesk.Officer, s => desk.Freezes.Freeze(s, new("paris", organisation, scope, "the units may be stolen"), default));

    static async Task<CreditOrder> Proposed(CreditDesk desk, NewCreditOrder wanted) => await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, wanted, default));

    [Fact]
    public async Task Frozen_units_do_not_leave_not_even_by_an_order_proposed_before_and_two_others_lift()
    {
        var (desk, serial) = await Issued();
        await using var _ = desk;
        var before = await Proposed(desk, Retirement(serial, 10));
        var freeze = await Frozen(desk, CreditDesk.Developer, FreezeScope.Out);
        Assert.Equal(["freeze.already"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.Freeze(s, new("paris", CreditDesk.Developer, FreezeScope.Out, "again"), default)));
        await desk.Decide(CreditDesk.DeveloperApprover);
        var refused = await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, before.Id, default));
        Assert.Equal((CreditOrderState.Refused, nameof(Code.DebitFrozen)), (refused.State, refused.BookCode));
        var rest = (await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default)))[0].Serial;
        Assert.Equal(["credits.frozen"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, Retirement(rest, 10), default)));
        // The holder sees why, a stranger nothing; who has accounts is told to those alone who administer a programme.
        Assert.Equal([CreditDesk.Developer], await desk.Do(CreditDesk.Officer, async s => (Answer<List<Guid>>)(await desk.Freezes.Holders(s, default)).ToList()));
        var foreign = new Actor(Guid.NewGuid(), "officer of a scheme", Guid.NewGuid(), new HashSet<string> { Role.AuthorityOfficer });
        foreach (var other in new[] { foreign, CreditDesk.Trader }) Assert.Empty(await desk.Do(other, async s => (Answer<List<Guid>>)(await desk.Freezes.Holders(s, default)).ToList()));
        Assert.Equal("the units may be stolen", Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Freezes.List(s, default))).Reason);
        Assert.Empty(await desk.Do(CreditDesk.Trader, s => desk.Freezes.List(s, default)));
        await desk.Do(CreditDesk.Officer, s => desk.Freezes.ProposeLift(s, freeze.Id, default));
        Assert.Equal(["freeze.asked"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.ProposeLift(s, freeze.Id, default)));
        await desk.Decide(CreditDesk.AuthorityApprover);
        Assert.Empty(await desk.Do(CreditDesk.Officer, s => desk.Freezes.List(s, default)));
        var after = await Proposed(desk, Retirement(rest, 10));
        await desk.Decide(CreditDesk.DeveloperApprover);
        Assert.Equal(CreditOrderState.Done, (await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, after.Id, default))).State);
    }

    [Fact]
    public async Task Who_froze_does_not_lift_and_a_second_freeze_keeps_what_it_covers()
    {
        var (desk, serial) = await Issued();
        await using var _ = desk;
        var both = new Actor(CreditDesk.Officer.PersonId, "officer and approver", CreditDesk.Authority, new HashSet<string> { Role.AuthorityOfficer, Role.AuthorityApprover });
        var all = await Frozen(desk, CreditDesk.Developer, FreezeScope.Both);
        await Frozen(desk, CreditDesk.Developer, FreezeScope.Out);
        var asked = await desk.Do(new Actor(Guid.NewGuid(), "another officer", CreditDesk.Authority, new HashSet<string> { Role.AuthorityOfficer }), s => desk.Freezes.ProposeLift(s, all.Id, default));
        Assert.Equal(["approval.same-person"], await desk.Refused(both, s => desk.Approvals.Decide(s, asked.TaskId!.Value, true, null, default)));
        await desk.Decide(CreditDesk.AuthorityApprover);
        Assert.Equal(["credits.frozen"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, Retirement(serial, 10), default)));
        var account = (await desk.Query($"select account from registry.credit_account where organisation_id = '{CreditDesk.Developer}'", r => r.GetInt64(0)))[0];
        Assert.Equal(FreezeScope.Out, desk.Venue.Read(b => b.Frozen(account, desk.Rules.Unit("A6.4ER")!.Asset)));
        // Of other programmes nothing was ever frozen.
        Assert.Equal(FreezeScope.None, desk.Venue.Read(b => b.Frozen(account, desk.Rules.Unit("VCU")!.Asset)));
    }

    [Fact]
    public async Task A_frozen_account_that_never_had_units_gets_none()
    {
        var (desk, serial) = await Issued();
        await using var _ = desk;
        Assert.Equal(["credits.account-none"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.Freeze(s, new("paris", CreditDesk.Buyer, FreezeScope.In, "not admitted"), default)));
        await desk.Do(CreditDesk.Trader, s => desk.Orders.OpenAccount(s, default));
        await Frozen(desk, CreditDesk.Buyer, FreezeScope.In);
        var order = await Proposed(desk, new(CreditOrderKind.Transfer, serial, 10, CreditDesk.Buyer));
        await desk.Decide(CreditDesk.DeveloperApprover);
        var refused = await desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, order.Id, default));
        Assert.Equal((CreditOrderState.Refused, nameof(Code.CreditFrozen)), (refused.State, refused.BookCode));
    }

    [Fact]
    public async Task Only_the_programmes_officer_freezes_and_only_where_its_rules_are_known_to_say_so()
    {
        var (desk, _) = await Issued();
        await using var __ = desk;
        NewCreditFreeze Of(string? programme, string? reason = "why", FreezeScope scope = FreezeScope.Both) => new(programme, CreditDesk.Developer, scope, reason);
        Assert.Equal(["credits.freeze-rule"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.Freeze(s, Of("cercarbono"), default)));
        Assert.Equal(["credits.programme-unknown"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.Freeze(s, Of("none"), default)));
        Assert.Equal(["input.required", "freeze.scope"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.Freeze(s, Of("paris", " ", FreezeScope.None), default)));
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => desk.Freezes.Freeze(s, Of("paris"), default)));
        Assert.Equal(["access.sign-in-needed"], await desk.Refused(Actor.Public, s => desk.Freezes.List(s, default)));
        await using var system = desk.Sessions.Open(Actor.System);
        await system.Run("update registry.credit_programme set administrator_id = $1 where code = 'verra'", default, Guid.NewGuid());
        Assert.Equal(["credits.not-administered"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.Freeze(s, Of("verra"), default)));
        Assert.Equal(["freeze.not-found"], await desk.Refused(CreditDesk.Officer, s => desk.Freezes.ProposeLift(s, Guid.NewGuid(), default)));
    }
}
