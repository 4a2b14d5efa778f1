using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Demo;

/// <summary>Makes the demo: one aluminium group's year, four warehouses, six owners. Once for a database; through the same use cases people use, and their bulk paths.</summary>
public sealed class DemoSeeder
{
    public const int Seed = 20_261;
    const int Warrants = 1_500, Transfers = 90;

    readonly IServiceProvider services;
    readonly IDbSessions sessions;
    readonly IProgress<(string Step, int Done, int Total)>? progress;
    readonly DemoPlan plan;

    DemoSeeder(IServiceProvider services, IProgress<(string Step, int Done, int Total)>? progress)
    {
        this.services = services;
        this.progress = progress;
        sessions = services.GetRequiredService<IDbSessions>();
        plan = new(Seed, services.GetRequiredService<IClock>().GetCurrentInstant().InUtc().Date.PlusDays(-4));
    }

    /// <summary>Seeds, or answers what was seeded before. Needs <see cref="PassportRoom.Start"/> first.</summary>
    /// <exception cref="InvalidOperationException">A seeding was broken off earlier: the data folder holds half a demo and must be made anew.</exception>
    public static async Task<DemoResult> Run(IServiceProvider services, IProgress<(string Step, int Done, int Total)>? progress, CancellationToken ct)
    {
        var seeder = new DemoSeeder(services, progress);
        await using var s = seeder.sessions.Open(Actor.System);
        if (await s.Run("insert into passport.demo_run (id, seed, people, started_at) values (1, $1, $2, $3) on conflict do nothing", ct, Seed, new Json(StorageJson.Write(DemoPlan.People)), s.Now) == 0)
        {
            if (!await s.Value<bool>("select finished_at is not null from passport.demo_run where id = 1", ct))
                throw new InvalidOperationException("An earlier seeding of the demo was broken off. Remove the data folder and start again, or start with --no-demo.");
            var counts = (await s.All("select (select count(*) from passport.certificate), (select count(*) from passport.warrant), (select count(*) from passport.emissions_submission)", r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), ct))[0];
            return new(DemoPlan.People, (int)counts.Item1, (int)counts.Item2, (int)counts.Item3, Duration.Zero, true);
        }
        var watch = Stopwatch.StartNew();
        var result = await seeder.Make(s, ct);
        await s.Run("update passport.demo_run set finished_at = $1 where id = 1", ct, s.Now);
        return result with { Took = Duration.FromTimeSpan(watch.Elapsed) };
    }

    async Task<DemoResult> Make(DbSession system, CancellationToken ct)
    {
        Report("organisations", 0, 7);
        var organisations = services.GetRequiredService<OrganisationHandlers>();
        foreach (var organisation in DemoPlan.Organisations) Take(await organisations.Create(system, organisation, ct));
        await using (var staff = sessions.Open(DemoPlan.Actor("exchange")))
            foreach (var warehouse in DemoPlan.Warehouses) Take(await organisations.AddWarehouse(staff, warehouse, ct));
        Report("plants and brands", 1, 7);
        var keys = services.GetRequiredService<PlantKeys>();
        await using (var editor = sessions.Open(DemoPlan.Actor("smelter-editor")))
            foreach (var plant in DemoPlan.Plants) Take(await organisations.AddPlant(editor, plant, ct));
        await using (var approver = sessions.Open(DemoPlan.Actor("smelter-approver")))
            foreach (var plant in DemoPlan.Plants) Take(await keys.Rotate(approver, plant.Id!.Value, null, ct));
        await system.InTransaction(async t =>
        {
            foreach (var b in DemoPlan.Brands)
                await BrandHandlers.TakeOver(system, new BrandApplication(b.Code, b.Code, b.Name, DemoPlan.Plants[b.Plant].Id!.Value, "AL", "AH", [b.Shape], b.Capacity, b.PieceKg, b.BundleKg, null, b.NameZh), DemoPlan.Producer,
                    [new(new(2012, 3, 1), ListingState.Applied), new(new(2012, 6, 1), ListingState.Testing), new(new(2012, 9, 1), ListingState.Committee), new(new(2012, 11, 19), ListingState.Listed, "12/301")], t);
        }, ct);
        Report("emissions", 2, 7);
        var submissions = await Emissions(ct);
        Report("certificates", 3, 7);
        var import = services.GetRequiredService<CertificateImport>();
        ImportReport imported;
        await using (var editor = sessions.Open(DemoPlan.Actor("smelter-editor")))
            imported = Take(await import.Apply(editor, new MemoryStream(plan.CertificateFile()), "fjordlys-year.csv", CertificateImport.AcceptedLines, ct));
        Report("signatures", 4, 7);
        await using (var approver = sessions.Open(DemoPlan.Actor("smelter-approver")))
            Take(await services.GetRequiredService<ImportSigning>().Sign(approver, imported.Id!.Value, publish: true, ct));
        Report("warrants", 5, 7);
        var warrants = await Stock(system, ct);
        Report("transfers and tasks", 6, 7);
        await Trade(warrants, ct);
        await AtTheScale(system, ct);
        Report("done", 7, 7);
        return new(DemoPlan.People, imported.Applied, warrants.Count + 12, submissions, Duration.Zero, false);
    }

    async Task<int> Emissions(CancellationToken ct)
    {
        var handlers = services.GetRequiredService<EmissionsHandlers>();
        var approvals = services.GetRequiredService<Approvals>();
        await using var editor = sessions.Open(DemoPlan.Actor("smelter-editor"));
        await using var approver = sessions.Open(DemoPlan.Actor("smelter-approver"));
        await using var exchange = sessions.Open(DemoPlan.Actor("exchange"));
        var thisYear = editor.Now.InUtc().Year;
        var random = new Random(Seed + 1);
        var count = 0;
        for (var b = 0; b < DemoPlan.Brands.Count; b++)
        {
            var code = DemoPlan.Brands[b].Code;
            foreach (var (year, method) in new[] { (thisYear - 2, EmissionsMethod.Cbam), (thisYear - 1, EmissionsMethod.Cbam), (thisYear - 1, EmissionsMethod.Iai) })
            {
                // The last brand has handed nothing in: its metal shows the default, or that nothing is known.
                if (b == 4) continue;
                var direct = 1.52m + (random.Next(40) * 0.01m);
                var indirect = method == EmissionsMethod.Iai ? 0.31m + (random.Next(30) * 0.01m) : 0.22m + (random.Next(30) * 0.01m);
                var values = new EmissionsValues(direct, indirect, method == EmissionsMethod.Iai ? 1.94m + (random.Next(50) * 0.01m) : null, 0.0162m, "Contracted hydropower, residual mix for the rest", random.Next(60) * 0.1m,
                    [new Precursor("Alumina", 1.9250m, 0.4120m, 0.0840m), new Precursor("Carbon anodes", 0.5210m, 0.3150m, 0.0110m)],
                    method == EmissionsMethod.Cbam ? "Border-measure boundary: direct and purchased electricity of smelting and casting" : "Cradle to gate, IAI carbon footprint method");
                var verified = year == thisYear - 1;
                var submission = Take(await handlers.Create(editor, new NewSubmission(code, year, method, values, verified ? VerificationStatus.Limited : VerificationStatus.None, verified ? DemoPlan.Verifier : null, b == 3 && method == EmissionsMethod.Cbam), ct));
                count++;
                // One form still waits at the exchange, and one at the smelter.
                if (b == 2 && method == EmissionsMethod.Iai) continue;
                submission = Take(await handlers.Submit(approver, submission.Id, ct));
                if (b == 1 && method == EmissionsMethod.Iai) continue;
                var task = (await approvals.Inbox(exchange, new TaskFilter(Kind: AcceptSubmissionKind.Name, SubjectId: submission.Id.ToString()), ct)).Items[0];
                Take(await approvals.Decide(exchange, task.Id, true, null, ct));
            }
        }
        return count;
    }

    /// <summary>A stock of warrants over the year's older lots, spread over warehouses and owners.</summary>
    async Task<IReadOnlyList<Guid>> Stock(DbSession system, CancellationToken ct)
    {
        var random = new Random(Seed + 2);
        var lots = await system.All("select id, net_kg from passport.certificate where state = 2 and verdict = 0 and lot_within_tolerance order by production_date, number limit $1", r => (Id: r.GetGuid(0), Net: r.GetDecimal(1)), ct, Warrants * 4);
        var chosen = lots.Where((_, i) => i % 4 == 0).Select(l => new StockLot(l.Id, DemoPlan.Warehouses[random.Next(4)].Id!.Value, DemoPlan.Owners[random.Next(6)], l.Net + (random.Next(-20, 21) * 0.5m))).ToList();
        var person = DemoPlan.Actor("warehouse-operator");
        return await services.GetRequiredService<StockTakeover>().Take(system, chosen, person.PersonId, person.Name, ct);
    }

    /// <summary>Title moves among the owners; some offers stay open, some warrants are pledged, cancelled, queued, one is loaded out.</summary>
    async Task Trade(IReadOnlyList<Guid> warrants, CancellationToken ct)
    {
        var transfers = services.GetRequiredService<TransferHandlers>();
        var loadOut = services.GetRequiredService<LoadOutHandlers>();
        var titles = services.GetRequiredService<TitleReader>();
        var random = new Random(Seed + 3);
        var owners = new Dictionary<Guid, DbSession>();
        try
        {
            for (var i = 0; i < 6; i++) owners[DemoPlan.Owners[i]] = sessions.Open(DemoPlan.Actor("owner-" + (char)('a' + i)));
            for (var i = 0; i < Transfers + 30; i++)
            {
                if (i % 20 == 0) Report("transfers and tasks", 6, 7);
                var (asset, serial) = (await owners[DemoPlan.Owners[0]].All("select asset, serial from passport.warrant where id = $1", r => (r.GetInt32(0), r.GetInt64(1)), ct, warrants[i * 7]))[0];
                var from = titles.Owner(asset, serial)!.Value;
                var session = owners[from];
                var to = DemoPlan.Owners.Where(o => o != from).ElementAt(random.Next(5));
                if (i < Transfers)
                {
                    var offer = Take(await transfers.Propose(session, new TransferProposal(warrants[i * 7], to, session.Now + Duration.FromDays(3 + random.Next(20)), "Spot sale"), ct));
                    // Every sixth offer still waits in the receiver's inbox; every ninth was rejected.
                    if (i % 6 == 5) continue;
                    Take(await transfers.Decide(owners[to], offer.Id, i % 9 != 8, i % 9 == 8 ? "Weight not as agreed" : null, ct));
                }
                else if (i < Transfers + 12) Take(await transfers.Pledge(session, warrants[i * 7], from == DemoPlan.Owners[5] ? to : DemoPlan.Owners[5], ct));
                else
                {
                    var warrant = Take(await loadOut.Cancel(session, warrants[i * 7], ct));
                    if (i % 2 == 0) continue;
                    await using var warehouse = sessions.Open(DemoPlan.Actor(warrant.WarehouseOrganisation == DemoPlan.Harbour ? "warehouse-operator" : "east-operator"));
                    Take(await loadOut.Queue(warehouse, warrant.Id, ct));
                    if (i % 4 == 1) Take(await loadOut.RequestLoadOut(warehouse, warrant.Id, ct));
                }
            }
        }
        finally
        {
            foreach (var session in owners.Values) await session.DisposeAsync();
        }
    }

    /// <summary>Fresh arrivals: some wait for the second person of the warehouse, some did not agree with their certificate.</summary>
    async Task AtTheScale(DbSession system, CancellationToken ct)
    {
        var handlers = services.GetRequiredService<WarrantHandlers>();
        await using var harbour = sessions.Open(DemoPlan.Actor("warehouse-operator"));
        await using var eastgate = sessions.Open(DemoPlan.Actor("east-operator"));
        var fresh = await system.All("select id from passport.certificate where state = 2 and verdict = 0 and lot_within_tolerance order by production_date desc, number limit 18", r => r.GetGuid(0), ct);
        for (var i = 0; i < fresh.Count; i++)
        {
            var session = i % 2 == 0 ? harbour : eastgate;
            var content = (await CertificateStore.Find(system, fresh[i], ct))!.Certificate.Content;
            var fails = i >= 12;
            var match = Take(await handlers.RecordMatch(session, new InboundObservation(fresh[i], DemoPlan.Warehouses[i % 2 * 2].Id!.Value, content.ExchangeBrandCode, content.Shape, content.Bundles, fails ? content.NetKg - 180 : content.NetKg + 4.5m,
                [], content.HeatNumbers, "SCALE-" + (i % 3 + 1), session.Now - Duration.FromMinutes(20)), ct));
            if (match.Passed) Take(await handlers.Request(session, new WarrantRequest([fresh[i]], DemoPlan.Owners[i % 6], $"IN-{i:0000}", "unpaid", 0.52m, 41.5m), ct));
        }
        var approvals = services.GetRequiredService<BrandHandlers>();
        await using var exchange = sessions.Open(DemoPlan.Actor("exchange"));
        Take(await approvals.ProposeListing(exchange, new ListingChange("FJGS", exchange.Now.InUtc().Date.PlusDays(14), ListingState.Suspended, "26/118", "Annual emissions form not handed in"), ct));
    }

    void Report(string step, int done, int total) => progress?.Report((step, done, total));

    static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value
        : throw new InvalidOperationException("The demo was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
}
