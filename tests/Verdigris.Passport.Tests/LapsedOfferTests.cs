using NodaTime;
using Verdigris.Passport.Register;
using Verdigris.Passport.Warrants;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

/// <summary>An offer whose time has run out counts as expired at the next read or command, whether or not the round that expires overdue tasks has come by.</summary>
public class LapsedOfferTests
{
    [Fact]
    public async Task Every_read_shows_a_lapsed_offer_as_expired_and_its_warrant_as_free()
    {
        await using var world = await World.Make();
        var (warrant, offer) = await Lapsed(world, "R");
        var transfers = world.Get<TransferHandlers>();
        Assert.Equal("expired", (await world.Do(world.Owner(0), s => transfers.Read(s, offer, default))).State);
        Assert.Equal("expired", (await world.Do(world.Owner(1), s => transfers.List(s, null, null, 10, default))).Items.Single().State);
        Assert.Single((await world.Do(world.Owner(1), s => transfers.List(s, "expired", null, 10, default))).Items);
        Assert.Empty((await world.Do(world.Owner(1), s => transfers.List(s, "proposed", null, 10, default))).Items);
        Assert.False((await world.Do(world.Owner(0), s => world.Get<RegisterHandlers>().Warrants(s, new WarrantFilter(), default))).Items.Single().OfferOpen);
        // The receiver saw the warrant because it was offered; no longer.
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(1), s => world.Get<WarrantHandlers>().Read(s, warrant.Id, default))).Refusals[0].Code);
        foreach (var accept in new[] { true, false })
        {
            var late = await world.Try(world.Owner(1), s => transfers.Decide(s, offer, accept, "too late", default));
            Assert.Equal(("transfer.not-open", "expired"), (late.Refusals[0].Code, late.Refusals[0].Args!["state"]));
        }
    }

    [Theory]
    [InlineData("propose")]
    [InlineData("pledge")]
    [InlineData("cancel")]
    [InlineData("invalidate")]
    public async Task The_next_command_finds_the_warrant_free(string command)
    {
        await using var world = await World.Make();
        var (warrant, offer) = await Lapsed(world, "C");
        var transfers = world.Get<TransferHandlers>();
        var loadOut = world.Get<LoadOutHandlers>();
        switch (command)
        {
            case "propose": await world.Do(world.Owner(0), s => transfers.Propose(s, new TransferProposal(warrant.Id, world.Owners[2], world.Clock.GetCurrentInstant() + Duration.FromDays(1)), default)); break;
            case "pledge": await world.Do(world.Owner(0), s => transfers.Pledge(s, warrant.Id, world.Owners[2], default)); break;
            case "cancel": await world.Do(world.Owner(0), s => loadOut.Cancel(s, warrant.Id, default)); break;
            case "invalidate": await world.Invalidated(warrant.Id); break;
        }
        await using var system = world.As(Verdigris.Primitives.Actor.System);
        Assert.Equal("expired", (await WarrantStore.FindTransfer(system, offer, default, locked: true))!.State);
        // The round that comes later finds nothing left to do.
        Assert.Equal(0, await world.Get<Approvals>().ExpireDue(world.Get<IDbSessions>(), default));
    }

    static async Task<(Warrant Warrant, Guid Offer)> Lapsed(World world, string mark)
    {
        var (warrant, _) = await world.Issued(mark, 0);
        var offer = await world.Do(world.Owner(0), s => world.Get<TransferHandlers>().Propose(s, new TransferProposal(warrant.Id, world.Owners[1], world.Clock.GetCurrentInstant() + Duration.FromHours(1)), default));
        Assert.Equal("transfer.already-open", (await world.Try(world.Owner(0), s => world.Get<LoadOutHandlers>().Cancel(s, warrant.Id, default))).Refusals[0].Code);
        world.Clock.Advance(Duration.FromHours(1));
        return (warrant, offer.Id);
    }
}
