using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Warehousing;

public class LoadOutTests
{
    static readonly LoadOutBundle[] Sealed = [new("VALU-2026-000001/B1", "B1", "S1"), new("VALU-2026-000001/B2", "B2", "S2"), new("VALU-2026-000002/B1", "B1", null)];

    [Theory]
    [InlineData("VALU-2026-000001/B1", "VALU-2026-000001/B1")]
    [InlineData("valu-2026-000001/b1", "VALU-2026-000001/B1")]
    [InlineData("https://passport.example/b/VALU-2026-000001/B2?seal=x", "VALU-2026-000001/B2")]
    [InlineData(" B2 ", "VALU-2026-000001/B2")]
    [InlineData("B1", null)]
    [InlineData("B9", null)]
    [InlineData("", null)]
    public void A_scan_means_the_bundle_its_label_says_and_a_bare_number_only_where_it_is_the_only_one(string given, string? code) => Assert.Equal(code, LoadOutRules.Find(Sealed, given)?.Code);

    [Fact]
    public void A_bundle_is_complete_only_when_two_people_read_the_same_and_no_sequence_of_scans_gets_round_it()
    {
        var bundles = Enumerable.Range(1, 4).Select(i => new LoadOutBundle("L/B" + i, "B" + i, i % 2 == 0 ? "S" + i : null)).ToArray();
        Guid[] people = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];
        var scan = from bundle in Gen.Choose(1, 5) from seal in Gen.Choose(0, 5) from place in Gen.Elements(ScanPlace.Floor, ScanPlace.Gate) from who in Gen.Choose(0, 2) select (bundle, seal, place, who);
        Prop.ForAll(scan.ListOf(40).ToArbitrary(), scans =>
        {
            var passed = new List<BundleScan>();
            foreach (var (bundle, seal, place, who) in scans)
            {
                var given = new NewScan("B" + bundle, seal == 0 ? null : "S" + seal);
                if (LoadOutRules.Judge(bundles, passed, place, given, people[who]) is null) passed.Add(new(Guid.NewGuid(), place, LoadOutRules.Find(bundles, given.Code)!.Code, given.Seal, null, people[who], "", World.Start));
            }
            return passed.All(s => bundles.Any(b => b.Code == s.Code && (b.Seal is null || b.Seal == s.Seal)))
                && passed.GroupBy(s => (s.Code, s.Place)).All(g => g.Count() == 1)
                && passed.GroupBy(s => s.Code).All(g => g.Select(s => s.Seal ?? "").Distinct().Count() == 1)
                && !passed.Where(s => s.Place == ScanPlace.Floor).Select(s => s.By).Intersect(passed.Where(s => s.Place == ScanPlace.Gate).Select(s => s.By)).Any();
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("25060", true)]
    [InlineData("25060.021", false)]
    [InlineData("24959.980", true)]
    [InlineData("24959.979", false)]
    public void The_weight_out_may_differ_from_the_weight_in_by_the_tolerance_and_not_a_gram_more(string outKg, bool passes)
    {
        var net = decimal.Parse(outKg, System.Globalization.CultureInfo.InvariantCulture);
        var ticket = new WeighTicket(Guid.NewGuid(), WeighDirection.Out, Guid.Empty, null, Guid.Empty, null, "T", "S", net, 0, net, World.Start, Guid.Empty, "");
        var bundle = new LoadOutBundle("L/B1", "B1", null);
        BundleScan At(ScanPlace place) => new(Guid.NewGuid(), place, "L/B1", null, null, Guid.NewGuid(), "", World.Start);
        var order = new LoadOutOrder(Guid.Empty, "AH-1", Guid.Empty, [bundle], [At(ScanPlace.Floor), At(ScanPlace.Gate)], [ticket], 25_010m);
        Assert.Equal(passes ? [] : ["loadout.weight-differs"], LoadOutRules.Lacking(order, 0.2m, "rule").Select(r => r.Code));
        Assert.Equal(["loadout.weigh-in-unknown"], LoadOutRules.Lacking(order with { WeighedInKg = null }, 0.2m, "rule").Select(r => r.Code));
    }

    [Fact]
    public async Task A_warrant_leaves_only_after_two_scans_of_each_bundle_by_two_people_and_a_weight_that_agrees()
    {
        await using var world = await World.Make();
        var (orders, loadOut) = (world.Get<LoadOutOrders>(), world.Get<LoadOutHandlers>());
        var (warrant, _) = await Queued(world, "A");
        Assert.Equal(["loadout.order-missing"], await Asked());
        var marks = Enumerable.Range(1, 25).Select(i => new NewScan("M" + i, i == 1 ? "SEAL" : null)).ToList();
        Assert.Equal("loadout.marks-count", (await world.Try(world.Operator, s => orders.Make(s, warrant.Id, new([.. marks.Skip(1)]), default))).Refusals.Single().Code);
        await world.Do(world.Operator, s => orders.Make(s, warrant.Id, new(marks), default));
        Assert.Equal("loadout.order-there", (await world.Try(world.Operator, s => orders.Make(s, warrant.Id, new(marks), default))).Refusals.Single().Code);

        var floor = await Scan(world.Operator, ScanPlace.Floor, [new("M1", "OTHER"), new("STRANGE"), .. marks]);
        Assert.Equal(["loadout.seal-differs", "loadout.not-on-order"], floor.Take(2).Select(r => r.Refusal!.Code));
        Assert.All(floor.Skip(2), r => Assert.Null(r.Refusal));
        Assert.All(await Scan(world.Operator, ScanPlace.Gate, marks), r => Assert.Equal("loadout.same-person", r.Refusal!.Code));
        Assert.Equal(["loadout.gate-open", "weigh.ticket-missing"], await Asked());
        var gate = await Scan(world.Issuer, ScanPlace.Gate, [.. marks.Skip(1), new("M1", "SEAL"), new("M2", "ANOTHER")]);
        Assert.Equal([null, "loadout.scanned-already"], gate.TakeLast(2).Select(r => r.Refusal?.Code));
        Assert.Equal(3 + 25, (await world.Do(world.Staff, s => orders.Read(s, warrant.Id, default))).Scans.Count(s => s.Refusal is not null));

        var light = await world.Weighed(world.Operator, WeighDirection.Out, world.Unit, warrant.Id, 24_000m);
        Assert.Equal(["loadout.weight-differs"], await Asked());
        await world.Do(world.Operator, s => world.Get<WeighHandlers>().Void(s, light.Id, "wrong tare", default));
        await world.Weighed(world.Operator, WeighDirection.Out, world.Unit, warrant.Id, 25_009m);
        Assert.Empty(await Asked());
        await world.Decide(world.Issuer, LoadOutKind.Name, warrant.Id, true);
        Assert.Equal(WarrantState.LoadedOut, (await world.Do(world.Staff, s => world.Get<WarrantHandlers>().Read(s, warrant.Id, default))).Warrant.State);
        Assert.Equal("loadout.not-queued", (await world.Try(world.Issuer, s => orders.Scan(s, warrant.Id, ScanPlace.Gate, marks, default))).Refusals.Single().Code);

        async Task<IEnumerable<string>> Asked() => (await world.Try(world.Operator, s => loadOut.RequestLoadOut(s, warrant.Id, default))).Refusals.Select(r => r.Code);
        Task<IReadOnlyList<ScanResult>> Scan(Actor who, ScanPlace place, IReadOnlyList<NewScan> scans) => world.Do(who, s => orders.Scan(s, warrant.Id, place, scans, default));
    }

    [Fact]
    public async Task The_second_person_cannot_let_go_what_has_become_incomplete_since_the_request()
    {
        await using var world = await World.Make();
        var (warrant, _) = await Queued(world, "A");
        await world.Scanned(warrant.Id, world.Operator, world.Issuer);
        var task = await world.Do(world.Operator, s => world.Get<LoadOutHandlers>().RequestLoadOut(s, warrant.Id, default));
        var ticket = (await world.Do(world.Operator, s => world.Get<WeighHandlers>().List(s, null, warrant.Id, false, default))).Single();
        await world.Do(world.Operator, s => world.Get<WeighHandlers>().Void(s, ticket.Id, "wrong lorry", default));
        Assert.Equal("weigh.ticket-missing", (await world.Try(world.Issuer, s => world.Get<Approvals>().Decide(s, task.Id, true, null, default))).Refusals.Single().Code);
    }

    [Fact]
    public async Task An_owner_sees_his_place_in_the_queue_and_a_stranger_sees_nothing()
    {
        await using var world = await World.Make();
        var (first, _) = await Queued(world, "A");
        var (second, _) = await Queued(world, "B");
        Assert.Equal("""{"position":2,"waiting":2,"aheadKg":25000.000}""", await world.Client(world.Owner(0)).GetStringAsync($"/api/v1/warrants/{second.Id}/queue-place"));
        Assert.Equal("""{"position":1,"waiting":2,"aheadKg":0}""", await world.Client(world.Owner(0)).GetStringAsync($"/api/v1/warrants/{first.Id}/queue-place"));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await world.Client(world.Owner(1)).GetAsync($"/api/v1/warrants/{second.Id}/queue-place")).StatusCode);
    }

    static async Task<(Warrant, Certificates.CertificateRow)> Queued(World world, string mark)
    {
        var made = await world.Issued(mark, 0);
        await world.Do(world.Owner(0), s => world.Get<LoadOutHandlers>().Cancel(s, made.Warrant.Id, default));
        await world.Do(world.Operator, s => world.Get<LoadOutHandlers>().Queue(s, made.Warrant.Id, default));
        return made;
    }
}
