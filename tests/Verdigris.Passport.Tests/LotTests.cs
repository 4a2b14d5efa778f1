using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Lots;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class LotTests
{
    [Fact]
    public void A_split_is_taken_just_when_every_bundle_goes_into_exactly_one_part()
    {
        var bundles = Enumerable.Range(1, 5).Select(i => new LotBundle(Guid.Empty, "C", $"B{i}", i, 100.125m * i)).ToList();
        // Each bundle is put into some of three parts, or into none; most draws are wrong, some are right.
        var cases = Gen.Elements(0, 1, 2, 3, 1, 2, 3, 4).ArrayOf(5);
        Prop.ForAll(cases.ToArbitrary(), where =>
        {
            var parts = Enumerable.Range(1, 3).Select(p => (IReadOnlyList<BundleName>)[.. bundles.Where((_, i) => where[i] == p || (where[i] == 4 && p < 3)).Select(b => new BundleName("C", b.BundleNo))]).ToList();
            var answer = LotRules.Split(bundles, parts);
            var right = where.All(w => w is >= 1 and <= 3) && parts.All(p => p.Count > 0);
            if (!answer.Ok) return !right;
            return right && answer.Value.SelectMany(p => p).OrderBy(b => b.BundleNo).SequenceEqual(bundles) && answer.Value.Sum(p => p.Sum(b => b.NetKg)) == bundles.Sum(b => b.NetKg);
        }).QuickCheckThrowOnFailure();
        Assert.Equal("lot.bundle-unknown", LotRules.Split(bundles, [[new("C", "B9")], [new("C", "B1")]]).Refusals[0].Code);
        Assert.Equal("lot.bundle-unknown", LotRules.Split(bundles, [[null!], [new("C", "B1")]]).Refusals[0].Code);
        Assert.Equal("lot.parts-missing", LotRules.Split(bundles, [[new("C", "B1")]]).Refusals[0].Code);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(20261121)]
    public async Task After_any_splits_and_merges_the_leaves_add_up_to_the_certificates_and_each_finds_its_own(int seed)
    {
        await using var world = await World.Make();
        var lots = world.Get<LotHandlers>();
        var random = new Random(seed);
        var roots = new Dictionary<Guid, CertificateContent>();
        foreach (var mark in new[] { "A", "B", "C" })
        {
            var row = await Published(world, mark);
            roots[row.Certificate.Id] = row.Certificate.Content;
            await world.Do(world.Editor, s => lots.Open(s, row.Certificate.Id, default));
        }
        for (var step = 0; step < 14; step++)
        {
            var open = (await world.Do(world.Editor, s => lots.List(s, new(Limit: 200), default))).Items;
            if (open.Count > 1 && random.Next(2) == 0)
            {
                await world.Do(world.Editor, s => lots.Merge(s, [.. open.OrderBy(_ => random.Next()).Take(random.Next(2, open.Count + 1)).Select(l => l.Id)], default));
                continue;
            }
            var lot = open.Where(l => l.Bundles > 1).OrderBy(_ => random.Next()).FirstOrDefault();
            if (lot is null) continue;
            var view = await world.Do(world.Editor, s => lots.Read(s, lot.Id, default));
            var shuffled = view.Bundles.OrderBy(_ => random.Next()).ToList();
            var at = random.Next(1, shuffled.Count);
            var children = (await world.Do(world.Editor, s => lots.Split(s, lot.Id, [Names(shuffled[..at]), Names(shuffled[at..])], default))).Children;
            Assert.Equal((lot.NetKg, lot.Pieces, lot.Bundles), (children.Sum(c => c.NetKg), children.Sum(c => c.Pieces), children.Sum(c => c.Bundles)));
        }
        var leaves = (await world.Do(world.Editor, s => lots.List(s, new(Limit: 200), default))).Items;
        Assert.Equal(roots.Values.Sum(c => c.NetKg), leaves.Sum(l => l.NetKg));
        Assert.Equal(roots.Values.Sum(c => c.Pieces), leaves.Sum(l => l.Pieces));
        var shares = new List<LotShare>();
        foreach (var leaf in leaves)
        {
            var view = await world.Do(world.Editor, s => lots.Read(s, leaf.Id, default));
            shares.AddRange(view.Certificates);
            var family = await world.Do(world.Editor, s => lots.Genealogy(s, leaf.Id, default));
            // Up to the certificates: all that the leaf stands on, and no lot without parents that is not a certificate's first.
            Assert.Subset(family.Certificates.Select(c => c.CertificateId).ToHashSet(), view.Certificates.Select(c => c.CertificateId).ToHashSet());
            Assert.All(family.Lots, l => Assert.Equal(l.MadeKind == "open", family.Edges.All(e => e.Child != l.Id)));
        }
        foreach (var (id, content) in roots)
        {
            var mine = shares.Where(x => x.CertificateId == id).ToList();
            Assert.Equal((content.NetKg, content.Pieces, content.Bundles), (mine.Sum(x => x.NetKg), mine.Sum(x => x.Pieces), mine.Sum(x => x.Bundles)));
        }
    }

    [Fact]
    public async Task Metal_on_warrant_lies_in_no_lot_and_metal_in_lots_comes_on_no_warrant()
    {
        await using var world = await World.Make();
        var lots = world.Get<LotHandlers>();
        var row = await Published(world, "A");
        await Matched(world, row);
        Assert.Equal("lot.not-off-warrant", Code(await world.Try(world.Editor, s => lots.Open(s, row.Certificate.Id, default))));
        var warrant = await world.Do(world.Operator, s => world.Get<WarrantHandlers>().Request(s, new WarrantRequest([row.Certificate.Id], world.Owners[0], "L-A", "unpaid"), default));
        await world.Decide(world.Issuer, IssueWarrantKind.Name, warrant.Id, true);
        Assert.Equal("lot.not-off-warrant", Code(await world.Try(world.Owner(0), s => lots.Open(s, row.Certificate.Id, default))));
        await using (var system = world.As(Actor.System))
        {
            // Neither does the database let it happen behind the handler's back.
            var other = await Published(world, "B");
            var lot = await world.Do(world.Editor, s => lots.Open(s, other.Certificate.Id, default));
            Assert.Equal("certificate.in-lots", Code(await world.Try(world.Operator, s => world.Get<WarrantHandlers>().RecordMatch(s, Observed(world, other), default))));
            Assert.Equal("certificate.in-lots", Code(await world.Try(world.Editor, s => world.Get<CertificateHandlers>().Correct(s, other.Certificate.Id, other.Certificate.Content, "typing error", default))));
            Assert.Equal("lot.already-open", Code(await world.Try(world.Editor, s => lots.Open(s, other.Certificate.Id, default))));
            Assert.Equal("warrant_or_lot", await Breaks(() => system.Run("insert into passport.warrant_certificate (warrant_id, certificate_id) values ($1, $2)", default, warrant.Id, other.Certificate.Id)));
            // Taken back, the certificate can go to the warehouse; the lot stays in the books, closed.
            Assert.Equal("certificate.reason-missing", Code(await world.Try(world.Editor, s => lots.Close(s, lot.Lot.Id, "", default))));
            Assert.Equal("close", (await world.Do(world.Editor, s => lots.Close(s, lot.Lot.Id, "sold whole", default))).Lot.EndedKind);
            await Matched(world, other);
        }
        // Loaded out, the last legal owner divides it; its emissions stay his to see, as title has it.
        await world.Emitted(2025, 1.5m);
        var load = world.Get<LoadOutHandlers>();
        await world.Do(world.Owner(0), s => load.Cancel(s, warrant.Id, default));
        Assert.Equal("lot.not-off-warrant", Code(await world.Try(world.Owner(0), s => lots.Open(s, row.Certificate.Id, default))));
        await world.Do(world.Operator, s => load.Queue(s, warrant.Id, default));
        await world.Scanned(warrant.Id, world.Operator, world.Issuer);
        await world.Do(world.Operator, s => load.RequestLoadOut(s, warrant.Id, default));
        await world.Decide(world.Issuer, LoadOutKind.Name, warrant.Id, true);
        Assert.Equal("lot.not-yours", Code(await world.Try(world.Editor, s => lots.Open(s, row.Certificate.Id, default))));
        Assert.Equal("access.not-visible", Code(await world.Try(world.Owner(1), s => lots.Open(s, row.Certificate.Id, default))));
        var mine = await world.Do(world.Owner(0), s => lots.Open(s, row.Certificate.Id, default));
        var split = await world.Do(world.Owner(0), s => lots.Split(s, mine.Lot.Id, [Names(mine.Bundles.Take(10)), Names(mine.Bundles.Skip(10))], default));
        foreach (var child in split.Children)
        {
            var leaf = await world.Do(world.Owner(0), s => lots.Read(s, child.Id, default));
            foreach (var share in leaf.Certificates) Assert.Equal(1.5m, Assert.Single((await world.Do(world.Owner(0), s => world.Get<EmissionsHandlers>().OfCertificate(s, share.CertificateId, default))).Items).Values.DirectTco2ePerT);
            Assert.Equal("access.not-visible", Code(await world.Try(world.Owner(1), s => lots.Read(s, child.Id, default))));
            Assert.Equal("access.not-visible", Code(await world.Try(world.Editor, s => lots.Genealogy(s, child.Id, default))));
            await world.Do(world.Staff, s => lots.Read(s, child.Id, default));
        }
        Assert.Empty((await world.Do(world.Owner(1), s => lots.List(s, new(), default))).Items);
    }

    [Fact]
    public async Task Only_equal_metal_is_merged_and_a_lot_that_is_no_more_does_nothing()
    {
        await using var world = await World.Make();
        var lots = world.Get<LotHandlers>();
        var a = await world.Do(world.Editor, async s => await lots.Open(s, (await Published(world, "A")).Certificate.Id, default));
        var b = await world.Do(world.Editor, async s => await lots.Open(s, (await Published(world, "B")).Certificate.Id, default));
        Assert.Equal("lot.merge-too-few", Code(await world.Try(world.Editor, s => lots.Merge(s, [a.Lot.Id], default))));
        foreach (var (other, what) in new[] { (b.Lot with { BrandCode = "X" }, "brand"), (b.Lot with { Shape = "sow" }, "shape"), (b.Lot with { SpecRef = "other" }, "specRef") })
            Assert.Equal(("lot.not-uniform", what), (LotRules.Merge([a.Lot, other])!.Code, LotRules.Merge([a.Lot, other])!.Args!["what"]));
        Assert.Equal("access.not-visible", Code(await world.Try(world.Owner(0), s => lots.Merge(s, [a.Lot.Id, b.Lot.Id], default))));
        var one = await world.Do(world.Editor, s => lots.Merge(s, [a.Lot.Id, b.Lot.Id], default));
        Assert.Equal((2, 50, 50_000m), (one.Certificates.Count, one.Lot.Bundles, one.Lot.NetKg));
        Assert.Equal(new[] { a.Lot.Number, b.Lot.Number }.Order(), one.Parents.Select(p => p.Number).Order());
        Assert.Equal("lot.not-open", Code(await world.Try(world.Editor, s => lots.Split(s, a.Lot.Id, [Names(a.Bundles.Take(1)), Names(a.Bundles.Skip(1))], default))));
        Assert.Equal("lot.not-first", Code(await world.Try(world.Editor, s => lots.Close(s, one.Lot.Id, "no", default))));
    }

    [Fact]
    public async Task The_database_itself_lets_no_gram_come_or_go()
    {
        await using var world = await World.Make();
        var lots = world.Get<LotHandlers>();
        var view = await world.Do(world.Editor, async s => await lots.Open(s, (await Published(world, "A")).Certificate.Id, default));
        var lot = view.Lot;
        await using var system = world.As(Actor.System);
        Assert.Equal("lot_ends_once", await Breaks(() => system.Run("update passport.lot set net_kg = net_kg + 1", default)));
        Assert.Equal("lot_bundle_closes_once", await Breaks(() => system.Run("update passport.lot_bundle set pieces = pieces + 1", default)));
        Assert.Equal("lot_operation_sealed", await Breaks(() => system.Run("insert into passport.lot_bundle (lot_id, certificate_id, bundle_no, pieces, net_kg, open) values ($1, $2, 'extra', 1, 1, true)", default, lot.Id, view.Bundles[0].CertificateId)));
        Assert.Equal(0, await system.Run("delete from passport.lot_bundle", default));
        await Assert.ThrowsAsync<PostgresException>(() => world.AsOwner("delete from passport.lot_bundle"));
        var half = view.Bundles.Take(12).ToList();
        var rest = view.Bundles.Skip(12).ToList();
        var what = (lot.BrandCode, lot.Shape, lot.SpecRef);
        Assert.Equal("lot_conservation", await Operates("split", [half, rest[1..]]));
        Assert.Equal("lot_conservation", await Operates("split", [half, [.. rest[..^1], rest[^1] with { NetKg = rest[^1].NetKg + 0.001m }]]));
        Assert.Equal("lot_bundle_in_one_lot", await Operates("split", [half, [.. rest, half[0]]]));
        Assert.Equal("lot_operation_shape", await Operates("split", [[.. half, .. rest]]));
        Assert.Equal("lot_uniform", await Operates("split", [half, rest], ("VALU", "sow", lot.SpecRef)));
        Assert.Equal("lot_operation_unsealed", await Breaks(() => system.InTransaction(t => system.Run("insert into passport.lot_operation (id, kind, holder_organisation, done_by, done_at) values ($1, 'close', $2, $1, now())", t, Guid.NewGuid(), world.Smelter))));
        // A first lot that is not its certificate.
        var other = await Published(world, "B");
        var bundle = other.Certificate.Content.BundleList[0];
        Assert.Equal("lot_of_certificate", await Breaks(() => system.InTransaction(t => LotStore.Operate(system, "open", world.Smelter, null, [], [[new LotBundle(other.Certificate.Id, "", bundle.BundleNo, bundle.Pieces, bundle.NetKg)]], what, t))));
        // All of it undone, the right split passes.
        Assert.Equal(2, (await world.Do(world.Editor, s => lots.Split(s, lot.Id, [Names(half), Names(rest)], default))).Children.Count);

        Task<string?> Operates(string kind, IReadOnlyList<IReadOnlyList<LotBundle>> made, (string, string, string)? other = null) =>
            Breaks(() => system.InTransaction(t => LotStore.Operate(system, kind, world.Smelter, null, [lot], made, other ?? what, t)));
    }

    [Fact]
    public async Task The_api_opens_splits_merges_and_tells_the_genealogy()
    {
        await using var world = await World.Make();
        var row = await Published(world, "A");
        using var client = world.Client(world.Editor);
        using var made = await client.PostAsJsonAsync("/api/v1/lots", new { certificateId = row.Certificate.Id });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var path = made.Headers.Location!.ToString();
        object[] Part(int from, int count) => [.. Enumerable.Range(from, count).Select(i => new { certificateNumber = row.Certificate.Number, bundleNo = $"B{i}" })];
        using var refused = await client.PostAsJsonAsync(path + "/split", new { parts = new[] { Part(1, 5), Part(5, 21) } });
        Assert.Contains("lot.bundle-twice", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var split = await client.PostAsJsonAsync(path + "/split", new { parts = new[] { Part(1, 5), Part(6, 20) } });
        using var view = JsonDocument.Parse(await split.Content.ReadAsStringAsync());
        var children = view.RootElement.GetProperty("children").EnumerateArray().Select(c => c.GetProperty("id").GetGuid()).ToList();
        using var merged = await client.PostAsJsonAsync("/api/v1/lots/merge", new { lotIds = children });
        Assert.Equal(HttpStatusCode.Created, merged.StatusCode);
        using var family = JsonDocument.Parse(await client.GetStringAsync(merged.Headers.Location + "/genealogy"));
        Assert.Equal((4, 4, 1), (family.RootElement.GetProperty("lots").GetArrayLength(), family.RootElement.GetProperty("edges").GetArrayLength(), family.RootElement.GetProperty("certificates").GetArrayLength()));
        Assert.Equal(HttpStatusCode.NotFound, (await world.Client(world.Owner(0)).GetAsync(path)).StatusCode);
    }

    static async Task<CertificateRow> Published(World world, string mark)
    {
        var certificates = world.Get<CertificateHandlers>();
        var content = World.Good(mark) with { BundleList = [.. Enumerable.Range(1, 25).Select(i => new Bundle($"B{i}", 44, i == 1 ? 999.125m : i == 2 ? 1000.875m : 1000m))] };
        var row = await world.Do(world.Editor, s => certificates.Create(s, content, default));
        await world.Do(world.Approver, s => certificates.Sign(s, row.Certificate.Id, default));
        return await world.Do(world.Approver, s => certificates.Publish(s, row.Certificate.Id, default));
    }

    static InboundObservation Observed(World world, CertificateRow row) => new(row.Certificate.Id, world.Unit, "VALU", "ingot", 25, 25_010m, [], row.Certificate.Content.HeatNumbers, "SCALE-1", world.Clock.GetCurrentInstant());

    static Task<InboundMatch> Matched(World world, CertificateRow row) => world.Matched(row);

    static IReadOnlyList<BundleName> Names(IEnumerable<LotBundle> bundles) => [.. bundles.Select(b => new BundleName(b.CertificateNumber, b.BundleNo))];

    static async Task<string?> Breaks(Func<Task> work) => (await Assert.ThrowsAsync<PostgresException>(work)).ConstraintName;

    static string Code<T>(Answer<T> answer) => answer.Ok ? "ok" : answer.Refusals[0].Code;
}
