using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Finance.Pledges;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests;

public class PledgeTests
{
    static readonly LotIdentity Lot = new("VALU", "P1", ["H1", "H2"], ["S1", "S2", "S3"]);

    [Fact]
    public void A_fingerprint_forgets_how_a_lot_was_typed_and_nothing_else()
    {
        var word = Gen.Elements("ABC123".ToCharArray()).NonEmptyListOf().Select(c => string.Concat(c));
        var cases = from brand in word from plant in word from heats in word.NonEmptyListOf() from seals in word.NonEmptyListOf() from other in word select (lot: new LotIdentity(brand, plant, [.. heats], [.. seals]), other);
        var secret = new byte[32];
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var print = LotFingerprints.Of(c.lot, secret);
            var again = LotFingerprints.Of(new(" " + c.lot.Brand.ToLowerInvariant(), c.lot.Plant + "-", [.. c.lot.Heats.Reverse(), c.lot.Heats[0]], [.. c.lot.Seals.Select(s => $"{s[..1]} {s[1..]}.").Reverse()]), secret);
            var more = c.lot with { Seals = [.. c.lot.Seals, c.other] };
            return print.Lot.SequenceEqual(again.Lot) && print.Parts.Count == c.lot.Seals.Distinct().Count()
                && print.Parts.Zip(again.Parts).All(p => p.First.SequenceEqual(p.Second))
                && LotFingerprints.Of(more, secret).Lot.SequenceEqual(print.Lot) == c.lot.Seals.Contains(c.other)
                && LotFingerprints.Of(c.lot with { Heats = c.lot.Seals, Seals = c.lot.Heats }, secret).Lot.SequenceEqual(print.Lot) == c.lot.Heats.ToHashSet().SetEquals(c.lot.Seals);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Without_the_secret_a_fingerprint_cannot_be_made()
    {
        var (one, other) = (LotFingerprints.Of(Lot, new byte[32]), LotFingerprints.Of(Lot, [1, .. new byte[31]]));
        Assert.NotEqual(one.Lot, other.Lot);
        Assert.Empty(one.Parts.Select(Convert.ToHexString).Intersect(other.Parts.Select(Convert.ToHexString)));
    }

    [Theory]
    [InlineData("", "P", "H", "S", "pledge.brand-missing")]
    [InlineData("B", " -", "H", "S", "pledge.plant-missing")]
    [InlineData("B", "P", null, "S", "pledge.marks-missing")]
    [InlineData("B", "P", "H", null, "pledge.marks-missing")]
    [InlineData("B", "P", "H", "?", "pledge.mark-invalid")]
    public void Only_a_whole_lot_can_be_asked_for(string brand, string plant, string? heat, string? seal, string code) =>
        Assert.Equal(code, LotFingerprints.Check(new(brand, plant, heat is null ? [] : [heat], seal is null ? [] : [seal])).Single().Code);

    [Fact]
    public async Task A_second_pledge_warns_both_lenders_and_names_neither()
    {
        await using var world = await World.Make();
        var (first, second) = (await world.Lender("First"), await world.Lender("Second"));
        var register = world.Get<PledgeRegister>();
        Assert.Equal(new PledgeAnswer(false, null), await world.Do(second, s => register.Ask(s, Lot, default)));
        var made = await world.Do(first, s => register.Register(s, new(Lot, "LOAN-1", new(2026, 10, 1)), default));
        Assert.False(made.Answer.AlreadyPledged);
        Assert.Equal("pledge.registered-already", (await world.Try(first, s => register.Register(s, new(Lot, "LOAN-1b", new(2026, 10, 1)), default))).Refusals.Single().Code);
        Assert.Equal(new PledgeAnswer(false, null), await world.Do(first, s => register.Ask(s, Lot, default)));
        // The brand is listed: its plant is known, whatever is typed.
        Assert.Equal(new PledgeAnswer(true, new(2026, 10, 1)), await world.Do(second, s => register.Ask(s, Lot with { Brand = "valu", Plant = "elsewhere", Seals = ["s3", "S-2", "S1"] }, default)));
        // A question tells of the whole lot only, so that seals cannot be tried out; a registration looks at every bundle.
        Assert.False((await world.Do(second, s => register.Ask(s, Lot with { Seals = ["S1"] }, default))).AlreadyPledged);
        var again = await world.Do(second, s => register.Register(s, new(Lot with { Heats = ["H9"], Seals = ["S3", "S4"] }, "SECRET-2", new(2026, 11, 1)), default));
        Assert.Equal(new PledgeAnswer(true, new(2026, 10, 1)), again.Answer);
        var (told, teller) = (Assert.Single((await world.Do(first, s => register.Alerts(s, null, 50, default))).Items), Assert.Single((await world.Do(second, s => register.Alerts(s, null, 50, default))).Items));
        Assert.Equal(("LOAN-1", new LocalDate(2026, 11, 1), false), (told.Reference, told.OtherSince, told.WholeLot));
        Assert.Equal(("SECRET-2", new LocalDate(2026, 10, 1), false), (teller.Reference, teller.OtherSince, teller.WholeLot));
        var page = await world.Client(first).GetStringAsync("/pledges");
        Assert.Contains("Some of its bundles", page);
        Assert.DoesNotContain("SECRET-2", page);
        Assert.DoesNotContain(second.OrganisationId.ToString(), await world.Client(first).GetStringAsync("/api/v1/pledge-register/alerts"));
        Assert.Equal("access.not-visible", (await world.Try(first, s => register.Release(s, again.Pledge.Id, default))).Refusals.Single().Code);
        Assert.Equal("access.role-needed", (await world.Try(world.Owner(0), s => register.Ask(s, Lot, default))).Refusals.Single().Code);
        Assert.NotNull((await world.Do(first, s => register.Release(s, made.Pledge.Id, default))).ReleasedAt);
        Assert.False((await world.Do(second, s => register.Ask(s, Lot, default))).AlreadyPledged);
        Assert.Empty((await world.Do(first, s => register.Alerts(s, null, 50, default))).Items);
    }

    [Fact]
    public async Task A_lien_in_the_Book_is_in_the_register_until_the_Book_lets_it_go()
    {
        await using var world = await World.Make();
        var (first, second) = (await world.Lender("First"), await world.Lender("Second"));
        var (register, transfers) = (world.Get<PledgeRegister>(), world.Get<TransferHandlers>());
        var content = World.Good("A") with { BundleList = [.. Enumerable.Range(1, 25).Select(i => new Bundle("B" + i, 44, 1000m, i % 2 == 0 ? null : "SEAL" + i))] };
        var row = await world.Do(world.Editor, s => world.Get<CertificateHandlers>().Create(s, content, default));
        await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Sign(s, row.Certificate.Id, default));
        await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Publish(s, row.Certificate.Id, default));
        await world.Matched(world.Operator, new(row.Certificate.Id, world.Unit, "VALU", "ingot", 25, 25_000m, [.. content.BundleList.Select(b => b.SealNo).OfType<string>()], content.HeatNumbers, "SCALE-1", world.Clock.GetCurrentInstant()));
        var warrant = await world.Do(world.Operator, s => world.Get<WarrantHandlers>().Request(s, new WarrantRequest([row.Certificate.Id], world.Owners[0], "L1", "unpaid"), default));
        await world.Decide(world.Issuer, IssueWarrantKind.Name, warrant.Id, true);
        var lot = new LotIdentity("VALU", "VALU", content.HeatNumbers, [.. content.BundleList.Select(b => b.SealNo ?? b.BundleNo)]);
        Assert.False((await world.Do(second, s => register.Ask(s, lot, default))).AlreadyPledged);
        var pledge = await world.Do(world.Owner(0), s => transfers.Pledge(s, warrant.Id, first.OrganisationId, default));
        Assert.Equal(new PledgeAnswer(true, new(2026, 11, 20)), await world.Do(second, s => register.Ask(s, lot, default)));
        Assert.Equal((pledge.Id, warrant.Number), (await world.Do(first, s => register.List(s, null, 50, default))).Items.Select(p => (p.Id, p.Reference)).Single());
        Assert.Equal("pledge.in-the-book", (await world.Try(first, s => register.Release(s, pledge.Id, default))).Refusals.Single().Code);
        await world.Do(first, s => transfers.ReleasePledge(s, pledge.Id, default));
        Assert.False((await world.Do(second, s => register.Ask(s, lot, default))).AlreadyPledged);
    }

    [Fact]
    public async Task Questions_are_counted_by_the_hour_for_a_lender_and_refused_beyond()
    {
        await using var world = await World.Make();
        var (first, second) = (await world.Lender("First"), await world.Lender("Second"));
        var register = world.Get<PledgeRegister>();
        for (var i = 0; i < register.Limits.PerHour; i++) await world.Do(first, s => register.Ask(s, Lot, default));
        Assert.Equal("pledge.too-many-questions", (await world.Try(first, s => register.Ask(s, Lot, default))).Refusals.Single().Code);
        Assert.Equal("pledge.too-many-questions", (await world.Try(first, s => register.Register(s, new(Lot, "L", new(2026, 1, 1)), default))).Refusals.Single().Code);
        await world.Do(second, s => register.Ask(s, Lot, default));
        world.Clock.Advance(Duration.FromMinutes(61));
        await world.Do(first, s => register.Ask(s, Lot, default));
    }
}
