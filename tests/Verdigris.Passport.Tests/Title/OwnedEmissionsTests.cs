using NodaTime;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests.Title;

/// <summary>Figures for whoever owns the metal, or owned it on a day: what other rooms may ask.</summary>
public sealed class OwnedEmissionsTests
{
    [Fact]
    public async Task An_owner_of_the_day_gets_the_figures_he_could_see_and_none_that_came_after_his_title_left()
    {
        await using var world = await World.Make();
        await world.Emitted(2025, 1.6m);
        var (warrant, certificate) = await world.Issued("A", 0);
        var number = certificate.Certificate.Number;
        var (asked, first) = (world.Get<IOwnedEmissions>(), World.Start.InUtc().Date);
        Task<Answer<OwnedEmissions>> Ask(Actor actor, LocalDate day, OwnedDocument document = OwnedDocument.Certificate) => world.Try(actor, s => asked.Find(s, document, document == OwnedDocument.Warrant ? warrant.Number : number, day, default));
        async Task Hidden(Actor actor, LocalDate day) => Assert.Equal("access.not-visible", Assert.Single((await Ask(actor, day)).Refusals).Code);

        var seen = (await Ask(world.Owner(0), first)).Value;
        Assert.Equal((number, "AL", "NO", 25_000m, 2025, 1.6m, 0.25m, "none", (string?)null), (seen.Number, seen.Metal, seen.Country, seen.NetKg, seen.ReportYear, seen.DirectTco2ePerT, seen.IndirectTco2ePerT, seen.Verification, seen.Verifier));
        Assert.Equal((warrant.Number, 1.6m), ((await Ask(world.Owner(0), first, OwnedDocument.Warrant)).Value is var w ? (w.Number, w.DirectTco2ePerT) : default));
        // Whoever holds no title: another owner, the warehouse, a stranger, the producer once it is sold, nobody. All get the answer of what is not there.
        foreach (var nobody in new[] { world.Owner(1), world.Operator, World.Person("stranger", world.Stranger, Role.OwnerTrader), world.Editor, Actor.Public }) await Hidden(nobody, first);
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(0), s => asked.Find(s, OwnedDocument.Certificate, "NONE-2026-000001", first, default))).Refusals[0].Code);
        // The day before it was issued he owned nothing, and yet he is the owner now.
        Assert.True((await Ask(world.Owner(0), first.PlusDays(-1))).Ok);

        world.Clock.Advance(Duration.FromDays(2));
        var offer = await world.Do(world.Owner(0), s => world.Get<TransferHandlers>().Propose(s, new(warrant.Id, world.Owners[1], world.Clock.GetCurrentInstant() + Duration.FromDays(1)), default));
        await world.Do(world.Owner(1), s => world.Get<TransferHandlers>().Decide(s, offer.Id, true, null, default));
        world.Clock.Advance(Duration.FromDays(1));
        await world.Emitted(2025, 1.9m);
        Assert.Equal(1.6m, (await Ask(world.Owner(0), first)).Value.DirectTco2ePerT);
        Assert.Equal(1.6m, (await Ask(world.Owner(0), first.PlusDays(1))).Value.DirectTco2ePerT);
        await Hidden(world.Owner(0), first.PlusDays(2));
        await Hidden(world.Owner(0), first.PlusDays(-1));
        Assert.Equal(1.9m, (await Ask(world.Owner(1), first.PlusDays(3))).Value.DirectTco2ePerT);

        // Metal of another year without figures says so to its owner, and nothing to others.
        var (bare, without) = await world.Issued("B", 0, new LocalDate(2024, 3, 2));
        Assert.Equal("owned.none", (await world.Try(world.Owner(0), s => asked.Find(s, OwnedDocument.Warrant, bare.Number, first, default))).Refusals[0].Code);
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(1), s => asked.Find(s, OwnedDocument.Certificate, without.Certificate.Number, first, default))).Refusals[0].Code);
    }
}
