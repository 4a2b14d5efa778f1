using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Storage;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>Orders between the own account and the market, where the server stops in between or two things cross.</summary>
public sealed class MarketOrderTests
{
    const string Line = "M00001";

    /// <summary>A desk whose developer has 930 units and an account at the market for their project and year.</summary>
    static async Task<(CreditDesk Desk, CreditMarket Market, string Serial, long Place)> Opened()
    {
        var desk = await CreditDesk.Open();
        var project = await desk.Project();
        await desk.Issue(project, new(2025, 1, 1), new(2025, 12, 31), new Registry.Credits.Projects.Vintage(2025, 1000));
        var serial = Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Serial;
        var market = new CreditMarket(desk.Venue, desk.Units, desk.Packs);
        var place = await desk.Do(CreditDesk.Editor, async s => (Primitives.Answer<long>)await market.Ensure(s, CreditDesk.Developer, Line, (await market.PoolOf(s, serial, default)).Value, default));
        return (desk, market, serial, place);
    }

    static Task<CreditOrder> Proposed(CreditDesk desk, CreditOrderKind kind, string serial, long place, long? units = null) =>
        desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(kind, serial, units, MarketAccount: place), default));

    static Task<CreditOrder> Read(CreditDesk desk, Guid order) => desk.Do(CreditDesk.Editor, s => desk.Orders.Read(s, order, default));

    static Task<bool> IsEmpty(CreditDesk desk, CreditMarket market) => desk.Do(CreditDesk.Editor, async s => (Primitives.Answer<bool>)await market.IsEmpty(s, Line, default));

    [Fact]
    public async Task An_account_at_the_market_is_not_empty_while_something_is_on_its_way_there()
    {
        var (desk, market, serial, place) = await Opened();
        await using var _ = desk;
        Assert.True(await IsEmpty(desk, market));
        await Proposed(desk, CreditOrderKind.Deposit, serial, place, 100);
        Assert.False(await IsEmpty(desk, market));
        await desk.Decide(CreditDesk.DeveloperApprover, approve: false);
        Assert.True(await IsEmpty(desk, market));
        await Proposed(desk, CreditOrderKind.Deposit, serial, place, 100);
        await desk.Decide(CreditDesk.DeveloperApprover);
        Assert.False(await IsEmpty(desk, market));
    }

    [Theory]
    [InlineData(true, CreditOrderState.Refused)]
    [InlineData(false, CreditOrderState.TurnedDown)]
    public async Task A_hold_that_the_Book_hears_of_after_the_decision_does_not_stay(bool agrees, CreditOrderState ended)
    {
        var (desk, market, serial, place) = await Opened();
        await using var _ = desk;
        await Proposed(desk, CreditOrderKind.Deposit, serial, place, 100);
        await desk.Decide(CreditDesk.DeveloperApprover);
        var there = Assert.Single(await Blocks());
        // The server stops between the proposal and its hold in the Book, and the second person decides before what was left is sent.
        var stopped = await desk.OtherVenue();
        await stopped.DisposeAsync();
        var cut = new OrderHandlers(desk.Approvals, new(() => desk.BookOn(stopped)), desk.Venue, desk.Units, desk.Packs);
        var order = await desk.Do(CreditDesk.Editor, s => cut.Propose(s, new(CreditOrderKind.Withdraw, there.Serial, 40, MarketAccount: place), default));
        Assert.DoesNotContain(await Blocks(), b => b.Held);
        await desk.Decide(CreditDesk.DeveloperApprover, agrees);
        Assert.Equal(ended, (await Read(desk, order.Id)).State);
        Assert.Equal(1, await desk.Book.Reconcile(default));
        // Held for a moment, and free again: it can be taken out by another order.
        Assert.Equal((100L, false), Assert.Single(await Blocks()) is var left ? (left.Units, left.Held) : default);
        var again = await Proposed(desk, CreditOrderKind.Withdraw, there.Serial, place);
        await desk.Decide(CreditDesk.DeveloperApprover);
        Assert.Equal(CreditOrderState.Done, (await Read(desk, again.Id)).State);
        Assert.True(await IsEmpty(desk, market));
        Assert.Equal(930, (await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Sum(b => b.Units));

        Task<List<MarketBlock>> Blocks() => desk.Do(CreditDesk.Editor, async s => (Primitives.Answer<List<MarketBlock>>)(await market.Holdings(s, Line, default)).ToList());
    }
}
