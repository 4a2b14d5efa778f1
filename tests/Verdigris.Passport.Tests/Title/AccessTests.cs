using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Title;

public class AccessTests(ITestOutputHelper output)
{
    /// <summary>
    /// 10,000 warrants live random lives in one real Book; after every step the decision of every organisation equals what an independent model of the owner says.
    /// </summary>
    [Fact]
    public async Task Over_ten_thousand_ownership_histories_only_the_current_legal_owner_is_let_in()
    {
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { } given ? int.Parse(given) : 4711;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var now = World.Start.ToUnixTimeTicks() / 10;
        await using var venue = Venue.Open(new VenueOptions { VenueId = 9, DataFolder = Path.GetTempPath(), NowMicros = () => now, SnapshotEveryBytes = 0 }, new MemoryJournal());
        await BookSetup.Apply(venue, default);
        var organisations = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToArray();
        var (producer, warehouse, stranger, exchange) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        async Task<Code> Send(Command command) => (await venue.Send(command)).Code;
        for (var i = 0; i < organisations.Length; i++)
        {
            Assert.Equal(Code.Accepted, await Send(BookAccounts.Open(1000 + i, BookAccounts.OwnerType, BookId.From(organisations[i]), false)));
            Assert.Equal(Code.Accepted, await Send(BookAccounts.Open(2000 + i, BookAccounts.OffWarrantType, BookId.From(organisations[i]), false)));
        }
        Assert.Equal(Code.Accepted, await Send(BookAccounts.Open(3000, BookAccounts.AuthorityType, BookId.From(warehouse), true)));
        var titles = new TitleReader(venue);
        var actors = organisations.Select(o => World.Person("o", o, Role.OwnerTrader)).ToArray();
        const int asset = 2001;
        long checks = 0;
        for (var serial = 1L; serial <= 10_000; serial++)
        {
            int? owner = null;
            (Guid Id, char Kind, int From, int To, long Expires)? hold = null;
            var loadedOut = false;
            var invalid = false;
            var former = new HashSet<int>();
            var w = new Warrant(Guid.NewGuid(), "W", asset, serial, "AH", "V", "ingot", 1, 1, 1, 1, "L", default, default, "", "", "paid", null, null, null, default, WarrantState.Live, null, null, null, default, default, null, null, 1);
            for (var step = random.Next(2, 9); step >= 0; step--)
            {
                switch (owner is null && !invalid ? 0 : random.Next(1, 10))
                {
                    case 0:
                        var first = random.Next(5);
                        Assert.Equal(Code.Accepted, await Send(TitleCommands.Issue(w, 1000 + first, 3000, Guid.NewGuid()) with { Id = BookId.From(Guid.NewGuid()) }));
                        owner = first;
                        break;
                    case 1 or 2 or 3: // an offer, a pledge or a cancellation by the owner
                        if (hold is not null || owner is null || loadedOut || invalid) break;
                        var kind = "tpc"[random.Next(3)];
                        var to = (owner.Value + 1 + random.Next(4)) % 5;
                        var expires = kind == 't' && random.Next(2) == 0 ? now + 1_000_000 * random.Next(1, 100) : 0;
                        var id = Guid.NewGuid();
                        var type = kind switch { 't' => BookAccounts.Transfer, 'p' => BookAccounts.Pledge, _ => BookAccounts.LoadOut };
                        var opened = await Send(TitleCommands.Hold(w, id, type, 1000 + owner.Value, kind == 'c' ? 2000 + owner.Value : 1000 + to, Guid.NewGuid(), expires == 0 ? null : TitleCommands.Time(expires), lien: kind == 'p'));
                        Assert.Equal(Code.Accepted, opened);
                        hold = (id, kind, owner.Value, to, expires);
                        break;
                    case 4 or 5: // the receiver accepts, or the warehouse loads out
                        if (hold is not { } open) break;
                        if (open.Kind == 'p') { Assert.NotEqual(Code.Accepted, await Send(TitleCommands.Post(open.Id, 1000 + open.From, Guid.NewGuid()) with { Id = BookId.From(Guid.NewGuid()) })); break; }
                        var posted = await Send(TitleCommands.Post(open.Id, open.Kind == 'c' ? 3000 : 1000 + open.To, Guid.NewGuid()) with { Id = BookId.From(Guid.NewGuid()) });
                        var late = open.Expires != 0 && open.Expires <= now;
                        Assert.Equal(late ? Code.HoldExpired : Code.Accepted, posted);
                        if (!late && open.Kind == 't') { former.Add(owner!.Value); owner = open.To; }
                        if (open.Kind == 'c') loadedOut = true;
                        hold = null;
                        break;
                    case 6: // rejected, withdrawn or released
                        if (hold is not { } given2) break;
                        var by = given2.Kind == 'p' ? 1000 + given2.To : random.Next(2) == 0 || given2.Kind == 'c' ? 1000 + given2.From : 1000 + given2.To;
                        var gone = given2.Expires != 0 && given2.Expires <= now;
                        Assert.Equal(gone ? Code.HoldExpired : Code.Accepted, await Send(TitleCommands.Void(given2.Id, by, Guid.NewGuid()) with { Id = BookId.From(Guid.NewGuid()) }));
                        hold = null;
                        break;
                    case 7: // somebody else tries to accept, or to take what is not his
                        if (hold is { Kind: 't' } theft) Assert.NotEqual(Code.Accepted, await Send(TitleCommands.Post(theft.Id, 1000 + (theft.To + 1) % 5, Guid.NewGuid()) with { Id = BookId.From(Guid.NewGuid()) }));
                        else if (owner is { } victim) Assert.NotEqual(Code.Accepted, await Send(TitleCommands.Hold(w, Guid.NewGuid(), BookAccounts.Transfer, 1000 + (victim + 1) % 5, 1000 + victim, Guid.NewGuid(), null)));
                        break;
                    case 8: now += 1_000_000L * random.Next(60); break;
                    case 9:
                        if (hold is not null || owner is null || loadedOut || invalid || random.Next(4) != 0) break;
                        Assert.Equal(Code.Accepted, await Send(TitleCommands.Invalidate(w, 1000 + owner.Value, 3000, Guid.NewGuid()) with { Id = BookId.From(Guid.NewGuid()) }));
                        former.Add(owner.Value);
                        (owner, invalid) = (null, true);
                        break;
                }
                var facts = new TitleFacts(producer, loadedOut ? null : warehouse, titles.Owner(asset, serial));
                Assert.Equal(owner is { } o ? organisations[o] : null, facts.OwnerOrganisation);
                for (var i = 0; i < actors.Length; i++, checks++)
                {
                    Assert.Equal(i == owner ? Because.LegalOwner : Because.Nobody, EmissionsAccess.Decide(actors[i], facts).Because);
                    Assert.Equal(i == owner, EmissionsAccess.DecideCertificate(actors[i], facts).Allowed);
                    Assert.Equal(i == owner ? Because.LegalOwner : Because.Public, EmissionsAccess.Decide(actors[i], facts with { PublicOptIn = true }).Because);
                }
                Assert.Equal(Because.Nobody, EmissionsAccess.Decide(World.Person("s", stranger, Role.OwnerTrader), facts).Because);
                Assert.Equal(Because.Nobody, EmissionsAccess.Decide(Actor.Public, facts).Because);
                Assert.Equal(Because.Producer, EmissionsAccess.Decide(World.Person("p", producer, Role.Reader), facts).Because);
                Assert.Equal(Because.Exchange, EmissionsAccess.Decide(World.Person("e", exchange, Role.ExchangeStaff), facts).Because);
                Assert.Equal(loadedOut ? Because.Nobody : Because.Warehouse, EmissionsAccess.Decide(World.Person("w", warehouse, Role.WarehouseOperator), facts).Because);
            }
        }
        output.WriteLine($"{checks} decisions");
        Assert.True(checks > 200_000);
    }

    [Fact]
    public async Task Without_the_application_the_database_shows_a_former_owner_no_emissions_and_no_title()
    {
        await using var world = await World.Make();
        var submission = await world.Emitted(2025, 1.5m);
        var (warrant, _) = await world.Issued("A", 0);
        async Task<(long Values, long Titles, long Receipts)> Seen(Actor actor)
        {
            await using var s = world.As(actor);
            return (await s.Value<long>("select count(*) from passport.emissions_value where submission_id = $1", default, submission), await s.Value<long>("select count(*) from passport.title_fence", default), await s.Value<long>("select count(*) from passport.title_receipt", default));
        }
        Assert.Equal((1, 1, 0), await Seen(world.Owner(0)));
        Assert.Equal((0, 0, 0), await Seen(world.Owner(1)));
        Assert.Equal((1, 1, 0), await Seen(world.Operator));
        var offer = await world.Do(world.Owner(0), s => world.Get<TransferHandlers>().Propose(s, new TransferProposal(warrant.Id, world.Owners[1], world.Clock.GetCurrentInstant() + Duration.FromDays(1)), default));
        Assert.Equal((0, 0, 0), await Seen(world.Owner(1)));
        await world.Do(world.Owner(1), s => world.Get<TransferHandlers>().Decide(s, offer.Id, true, null, default));
        Assert.Equal((0, 0, 1), await Seen(world.Owner(0)));
        Assert.Equal((1, 1, 0), await Seen(world.Owner(1)));
        Assert.Equal((0, 0, 0), await Seen(World.Person("stranger", world.Stranger, Role.OwnerTrader)));
        Assert.Equal((0, 0, 0), await Seen(Actor.Public));
        Assert.Equal((1, 1, 1), await Seen(world.Staff));
        // A former owner cannot write himself back in.
        await using var former = world.As(world.Owner(0));
        Assert.Equal(0, await former.Run("update passport.title_fence set owner_organisation = $1", default, world.Owners[0]));
        await Assert.ThrowsAnyAsync<Npgsql.PostgresException>(() => former.Run("insert into passport.title_fence (certificate_id, brand_code, production_year, producer_id, owner_organisation, batch, changed_at) select id, brand_code, production_year, producer_id, $1, 99, now() from passport.certificate", default, world.Owners[0]));
    }

    [Fact]
    public async Task A_fence_that_is_behind_the_Book_shows_neither_the_old_nor_the_new_owner_anything()
    {
        await using var world = await World.Make();
        await world.Emitted(2025, 1.5m);
        var (warrant, certificate) = await world.Issued("A", 0);
        var offer = await world.Do(world.Owner(0), s => world.Get<TransferHandlers>().Propose(s, new TransferProposal(warrant.Id, world.Owners[1], world.Clock.GetCurrentInstant() + Duration.FromDays(1)), default));
        // The Book moves title; the server stops before the documents follow.
        long account;
        await using (var system = world.As(Actor.System)) account = await system.Value<long>("select account from passport.book_account where organisation_id = $1 and kind = 'owner'", default, world.Owners[1]);
        Assert.True((await world.Venue.Send(TitleCommands.Post(offer.Id, account, Guid.NewGuid()) with { Id = 77 })).Accepted);
        foreach (var i in new[] { 0, 1 })
        {
            var answer = await world.Try(world.Owner(i), s => world.Get<EmissionsHandlers>().OfCertificate(s, certificate.Certificate.Id, default));
            Assert.Equal("access.not-visible", answer.Refusals[0].Code);
        }
        await using (var system = world.As(Actor.System)) await world.Get<TitleFence>().Follow(system, warrant.Id, default);
        Assert.False((await world.Try(world.Owner(0), s => world.Get<EmissionsHandlers>().OfCertificate(s, certificate.Certificate.Id, default))).Ok);
        Assert.True((await world.Try(world.Owner(1), s => world.Get<EmissionsHandlers>().OfCertificate(s, certificate.Certificate.Id, default))).Ok);
    }
}
