using Verdigris.Passport.Certificates;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests.Title;

/// <summary>A corrected certificate is the same metal: it is on one warrant at most, and its old version tells nobody where the metal went under the new one.</summary>
public class CorrectionTests
{
    [Fact]
    public async Task A_certificate_on_a_warrant_cannot_be_corrected_until_the_warrant_is_invalid()
    {
        await using var world = await World.Make();
        var handlers = world.Get<CertificateHandlers>();
        var (warrant, row) = await world.Issued("A", 0);
        var id = row.Certificate.Id;
        await world.Do(world.Owner(0), s => handlers.Dispute(s, id, "doubtful", default));
        Task<Answer<CertificateRow>> Correct() => world.Try(world.Editor, s => handlers.Correct(s, id, World.Good("A") with { SourceRef = null }, "typing error", default));
        Assert.Equal("certificate.under-warrant", (await Correct()).Refusals.Single().Code);
        await world.Do(world.Owner(0), s => world.Get<LoadOutHandlers>().Cancel(s, warrant.Id, default));
        Assert.Equal("certificate.under-warrant", (await Correct()).Refusals.Single().Code);
        Assert.Equal(CertificateState.Disputed, (await world.Do(world.Editor, s => handlers.Read(s, id, default))).Row.State);

        await world.Invalidated(warrant.Id);
        Assert.Equal(CertificateState.Quarantined, (await world.Do(world.Staff, s => handlers.Resolve(s, id, "settled", default))).State);
        Assert.Equal(2, (await Correct()).Value.Certificate.Version);
    }

    [Theory]
    [InlineData(false, CertificateState.OffWarrant)]
    [InlineData(true, CertificateState.LoadedOut)]
    public async Task A_dispute_is_resolved_to_where_the_warrant_has_got_meanwhile(bool loadedOut, CertificateState expected)
    {
        await using var world = await World.Make();
        var (handlers, loadOut) = (world.Get<CertificateHandlers>(), world.Get<LoadOutHandlers>());
        var (warrant, row) = await world.Issued("A", 0);
        await world.Do(world.Staff, s => handlers.Dispute(s, row.Certificate.Id, "doubtful", default));
        await world.Do(world.Owner(0), s => loadOut.Cancel(s, warrant.Id, default));
        if (loadedOut)
        {
            await world.Do(world.Operator, s => loadOut.Queue(s, warrant.Id, default));
            await world.Scanned(warrant.Id, world.Operator, world.Issuer);
            await world.Do(world.Operator, s => loadOut.RequestLoadOut(s, warrant.Id, default));
            await world.Decide(world.Issuer, LoadOutKind.Name, warrant.Id, true);
        }
        Assert.Equal(expected, (await world.Do(world.Staff, s => handlers.Resolve(s, row.Certificate.Id, "settled", default))).State);
    }

    [Fact]
    public async Task The_warehouse_of_an_old_version_learns_nothing_of_the_new_one()
    {
        await using var world = await World.Make();
        var handlers = world.Get<CertificateHandlers>();
        var (other, unit) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await world.Do(Actor.System, s => world.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Warehouse, "Other", null, null, "NL", other), default));
        await world.Do(world.Staff, s => world.Get<OrganisationHandlers>().AddWarehouse(s, new NewWarehouse(other, "W2", "Other", null, "NLRTM", "NL", ["AL"], null, unit), default));
        var row = await world.Published("A");
        await world.Matched(world.Operator, new InboundObservation(row.Certificate.Id, world.Unit, "VALU", "ingot", 25, 24_000m, [], row.Certificate.Content.HeatNumbers, "SCALE-1", world.Clock.GetCurrentInstant()));
        Assert.True((await world.Try(world.Operator, s => handlers.History(s, row.Certificate.Id, default))).Ok);

        var next = await world.Do(world.Editor, s => handlers.Correct(s, row.Certificate.Id, World.Good("A") with { SourceRef = null }, "weight", default));
        Assert.Equal("access.not-visible", (await world.Try(world.Operator, s => handlers.Read(s, row.Certificate.Id, default))).Refusals.Single().Code);
        await world.Do(world.Approver, s => handlers.Sign(s, next.Certificate.Id, default));
        await world.Do(world.Approver, s => handlers.Publish(s, next.Certificate.Id, default));
        var elsewhere = World.Person("other operator", other, Role.WarehouseOperator);
        await world.Matched(elsewhere, new InboundObservation(next.Certificate.Id, unit, "VALU", "ingot", 25, 25_010m, [], next.Certificate.Content.HeatNumbers, "SCALE-1", world.Clock.GetCurrentInstant()));
        foreach (var id in new[] { row.Certificate.Id, next.Certificate.Id })
            Assert.Equal("access.not-visible", (await world.Try(world.Operator, s => handlers.History(s, id, default))).Refusals.Single().Code);
        Assert.Equal([2], (await world.Do(elsewhere, s => handlers.History(s, next.Certificate.Id, default))).Select(v => v.Certificate.Version));
        Assert.Equal([1, 2], (await world.Do(world.Editor, s => handlers.History(s, next.Certificate.Id, default))).Select(v => v.Certificate.Version));
    }
}
