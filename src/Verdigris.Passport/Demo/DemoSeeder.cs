using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warehousing;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Demo;

/// <summary>
/// Makes the demo: one aluminium group's year, four warehouses, six owners, two lenders. Once for a database; through the same use cases people use, and their bulk paths. A seeding
/// that was broken off goes on where it stopped: every step first looks for what it would make, and draws the same numbers whether or not it finds it.
/// </summary>
public sealed class DemoSeeder
{
    public const int Seed = 20_261;
    const int Warrants = 1_500, Transfers = 90;

    readonly IServiceProvider services;
    readonly IDbSessions sessions;
    readonly IProgress<(string Step, int Done, int Total)>? progress;
    readonly LocalDate today;
    readonly DemoPlan plan;

    /// <param name="started">When the seeding began: its dates hang on that day, also where it goes on on a later one.</param>
    DemoSeeder(IServiceProvider services, IProgress<(string Step, int Done, int Total)>? progress, Instant started)
    {
        this.services = services;
        this.progress = progress;
        sessions = services.GetRequiredService<IDbSessions>();
        today = started.InUtc().Date;
        plan = new(Seed, today.PlusDays(-4));
    }

    /// <summary>Seeds, goes on with a seeding that was broken off, or answers what was seeded before. Needs <see cref="PassportRoom.Start"/> first.</summary>
    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants: the database holds something else already.</exception>
    public static async Task<DemoResult> Run(IServiceProvider services, IProgress<(string Step, int Done, int Total)>? progress, CancellationToken ct)
    {
        await using var s = services.GetRequiredService<IDbSessions>().Open(Actor.System);
        var watch = Stopwatch.StartNew();
        await s.Run("insert into passport.demo_run (id, seed, people, started_at) values (1, $1, $2, $3) on conflict do nothing", ct, Seed, new Json(StorageJson.Write(DemoPlan.People)), s.Now);
        var (started, finished) = (await s.All("select started_at, finished_at from passport.demo_run where id = 1", r => (r.Time(0), r.MaybeTime(1)), ct))[0];
        if (finished is null)
        {
            // What the Book has of an earlier attempt, and the documents do not yet.
            await services.GetRequiredService<BookCommands>().Reconcile(ct);
            await new DemoSeeder(services, progress, started).Make(s, ct);
            await s.Run("update passport.demo_run set finished_at = $1 where id = 1", ct, s.Now);
        }
        var (certificates, warrants, submissions) = (await s.All("select (select count(*) from passport.certificate), (select count(*) from passport.warrant), (select count(*) from passport.emissions_submission)",
            r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2)), ct))[0];
        return new(DemoPlan.People, (int)certificates, (int)warrants, (int)submissions, finished is null ? Duration.FromTimeSpan(watch.Elapsed) : Duration.Zero, finished is not null);
    }

    async Task Make(DbSession system, CancellationToken ct)
    {
        Report("organisations", 0, 7);
        var organisations = services.GetRequiredService<OrganisationHandlers>();
        foreach (var organisation in DemoPlan.Organisations)
            if (await organisations.Find(system, organisation.Id!.Value, ct) is null) Take(await organisations.Create(system, organisation, ct));
        await using (var staff = sessions.Open(DemoPlan.Actor("exchange")))
            foreach (var warehouse in DemoPlan.Warehouses)
                if (await organisations.FindWarehouse(staff, warehouse.Id!.Value, ct) is null) Take(await organisations.AddWarehouse(staff, warehouse, ct));
        Report("plants and brands", 1, 7);
        await Plants(system, organisations, ct);
        Report("emissions", 2, 7);
        await Emissions(ct);
        await DemoDisclosures.Seed(services, today, ct);
        await DemoPublications.Seed(system, ct);
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
        await Trade(system, warrants, ct);
        await AtTheScale(system, ct);
        await DemoPayments.Seed(services, today, ct);
        await DemoSourcing.Seed(services, today, ct);
        await DemoGroups.Seed(services, ct);
        await DemoLots.Seed(services, today, ct);
        await DemoCampaigns.Seed(services, today, ct);
        await DemoOverseas.Seed(services, system, ct);
        Report("done", 7, 7);
    }

    async Task Plants(DbSession system, OrganisationHandlers organisations, CancellationToken ct)
    {
        var keys = services.GetRequiredService<PlantKeys>();
        await using (var editor = sessions.Open(DemoPlan.Actor("smelter-editor")))
            foreach (var plant in DemoPlan.Plants)
                if (await organisations.FindPlant(editor, plant.Id!.Value, ct) is null) Take(await organisations.AddPlant(editor, plant, ct));
        await using (var approver = sessions.Open(DemoPlan.Actor("smelter-approver")))
            foreach (var plant in DemoPlan.Plants)
                if ((await keys.OfPlant(approver, plant.Id!.Value, ct)).Count == 0) Take(await keys.Rotate(approver, plant.Id!.Value, null, ct));
        await system.InTransaction(async t =>
        {
            foreach (var b in DemoPlan.Brands)
            {
                if (await CertificateStore.Brand(system, b.Code, t) is not null) continue;
                await BrandHandlers.TakeOver(system, new BrandApplication(b.Code, b.Code, b.Name, DemoPlan.Plants[b.Plant].Id!.Value, "AL", "AH", [b.Shape], b.Capacity, b.PieceKg, b.BundleKg, null, b.NameZh), DemoPlan.Producer,
                    [new(new(2012, 3, 1), ListingState.Applied), new(new(2012, 6, 1), ListingState.Testing), new(new(2012, 9, 1), ListingState.Committee), new(new(2012, 11, 19), ListingState.Listed, "12/301")], t);
            }
        }, ct);
    }

    async Task Emissions(CancellationToken ct)
    {
        var handlers = services.GetRequiredService<EmissionsHandlers>();
        var approvals = services.GetRequiredService<Approvals>();
        await using var editor = sessions.Open(DemoPlan.Actor("smelter-editor"));
        await using var approver = sessions.Open(DemoPlan.Actor("smelter-approver"));
        await using var exchange = sessions.Open(DemoPlan.Actor("exchange"));
        var known = (await handlers.List(editor, null, null, null, 200, ct)).Value.Items.ToDictionary(e => (e.BrandCode, e.ReportYear, e.Method));
        var thisYear = today.Year;
        var random = new Random(Seed + 1);
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
                if (!known.TryGetValue((code, year, method), out var submission))
                    submission = Take(await handlers.Create(editor, new NewSubmission(code, year, method, values, verified ? VerificationStatus.Limited : VerificationStatus.None, verified ? DemoPlan.Verifier : null, b == 3 && method == EmissionsMethod.Cbam), ct));
                // One form still waits at the exchange, and one at the smelter.
                if (b == 2 && method == EmissionsMethod.Iai) continue;
                if (submission.State == SubmissionState.Draft) submission = Take(await handlers.Submit(approver, submission.Id, ct));
                if ((b == 1 && method == EmissionsMethod.Iai) || submission.State != SubmissionState.Submitted) continue;
                var task = (await approvals.Inbox(exchange, new TaskFilter(Kind: AcceptSubmissionKind.Name, SubjectId: submission.Id.ToString()), ct)).Items[0];
                Take(await approvals.Decide(exchange, task.Id, true, null, ct));
            }
        }
    }

    /// <summary>A stock of warrants over the year's older lots, spread over warehouses and owners.</summary>
    async Task<IReadOnlyList<Guid>> Stock(DbSession system, CancellationToken ct)
    {
        // One transaction took them all, in the order of their serials, before any other warrant.
        var there = await system.All("select id from passport.warrant order by serial limit $1", r => r.GetGuid(0), ct, Warrants);
        if (there.Count > 0) return there;
        var random = new Random(Seed + 2);
        var lots = await system.All("select id, net_kg from passport.certificate where state = 2 and verdict = 0 and lot_within_tolerance order by production_date, number limit $1", r => (Id: r.GetGuid(0), Net: r.GetDecimal(1)), ct, Warrants * 4);
        var chosen = lots.Where((_, i) => i % 4 == 0).Select(l => new StockLot(l.Id, DemoPlan.Warehouses[random.Next(4)].Id!.Value, DemoPlan.Owners[random.Next(6)], l.Net + (random.Next(-20, 21) * 0.5m))).ToList();
        var person = DemoPlan.Actor("warehouse-operator");
        return await services.GetRequiredService<StockTakeover>().Take(system, chosen, person.PersonId, person.Name, ct);
    }

    /// <summary>Title moves among the owners; some offers stay open, some warrants are pledged, cancelled, queued, one is loaded out.</summary>
    async Task Trade(DbSession system, IReadOnlyList<Guid> warrants, CancellationToken ct)
    {
        var transfers = services.GetRequiredService<TransferHandlers>();
        var loadOut = services.GetRequiredService<LoadOutHandlers>();
        var random = new Random(Seed + 3);
        var owners = new Dictionary<Guid, DbSession>();
        try
        {
            for (var i = 0; i < 6; i++) owners[DemoPlan.Owners[i]] = sessions.Open(DemoPlan.Actor("owner-" + (char)('a' + i)));
            for (var i = 0; i < Transfers + 30; i++)
            {
                if (i % 20 == 0) Report("transfers and tasks", 6, 7);
                // Each of these warrants is traded once: who first held it is who offers, pledges or cancels it.
                var warrant = (await WarrantStore.Find(system, warrants[i * 7], ct))!;
                var from = warrant.FirstOwner;
                var session = owners[from];
                var to = DemoPlan.Owners.Where(o => o != from).ElementAt(random.Next(5));
                var made = (await system.All("select id from passport.title_transfer where warrant_id = $1", r => r.GetGuid(0), ct, warrant.Id)).FirstOrDefault();
                if (i < Transfers)
                {
                    var days = 3 + random.Next(20);
                    var offer = made == default ? Take(await transfers.Propose(session, new TransferProposal(warrant.Id, to, session.Now + Duration.FromDays(days), "Spot sale"), ct)) : (await WarrantStore.FindTransfer(system, made, ct))!;
                    // Every sixth offer still waits in the receiver's inbox; every ninth was rejected.
                    if (i % 6 == 5 || offer.State != "proposed") continue;
                    Take(await transfers.Decide(owners[to], offer.Id, i % 9 != 8, i % 9 == 8 ? "Weight not as agreed" : null, ct));
                }
                else if (i < Transfers + 12)
                {
                    if (made == default) Take(await transfers.Pledge(session, warrant.Id, from == DemoPlan.Owners[5] ? to : DemoPlan.Owners[5], ct));
                }
                else
                {
                    if (warrant.State == WarrantState.Live) warrant = Take(await loadOut.Cancel(session, warrant.Id, ct));
                    if (i % 2 == 0) continue;
                    await using var warehouse = sessions.Open(DemoPlan.Actor(warrant.WarehouseOrganisation == DemoPlan.Harbour ? "warehouse-operator" : "east-operator"));
                    if (warrant.State == WarrantState.Cancelled) Take(await loadOut.Queue(warehouse, warrant.Id, ct));
                    if (i % 4 == 1) await OnTheWayOut(warehouse, warrant, ct);
                }
            }
        }
        finally
        {
            foreach (var session in owners.Values) await session.DisposeAsync();
        }
    }

    /// <summary>Scanned on the floor and at the gate by two people, weighed, and waiting for the second person's word.</summary>
    async Task OnTheWayOut(DbSession floor, Warrant warrant, CancellationToken ct)
    {
        var (orders, weighing) = (services.GetRequiredService<LoadOutOrders>(), services.GetRequiredService<WeighHandlers>());
        var order = await orders.Read(floor, warrant.Id, ct) is { Ok: true } there ? there.Value
            : Take(await orders.Make(floor, warrant.Id, new(await orders.ListsBundles(floor, warrant, ct) ? null : [.. Enumerable.Range(1, warrant.Bundles).Select(n => new NewScan($"{warrant.LotNo}-{n:00}"))]), ct));
        await using var gate = sessions.Open(DemoPlan.Actor(warrant.WarehouseOrganisation == DemoPlan.Harbour ? "warehouse-approver" : "east-approver"));
        foreach (var (session, place) in new[] { (floor, ScanPlace.Floor), (gate, ScanPlace.Gate) })
            if (order.Bundles.Where(b => order.Passed(b.Code, place) is null).ToList() is [_, ..] open) Take(await orders.Scan(session, warrant.Id, place, [.. open.Select(b => new NewScan(b.Code, b.Seal))], ct));
        if (order.Tickets.Count == 0) Take(await weighing.Record(floor, new NewWeighTicket(WeighDirection.Out, warrant.WarehouseId, null, warrant.Id, null, $"OUT-{warrant.Number}", "SCALE-1", order.WeighedInKg!.Value + 380, 380), ct));
        Take(await services.GetRequiredService<LoadOutHandlers>().RequestLoadOut(floor, warrant.Id, ct));
    }

    /// <summary>Fresh arrivals: some wait for the second person of the warehouse, some did not agree with their certificate.</summary>
    async Task AtTheScale(DbSession system, CancellationToken ct)
    {
        var (handlers, weighing, floor) = (services.GetRequiredService<WarrantHandlers>(), services.GetRequiredService<WeighHandlers>(), services.GetRequiredService<WarehousingRules>());
        await using var harbour = sessions.Open(DemoPlan.Actor("warehouse-operator"));
        await using var eastgate = sessions.Open(DemoPlan.Actor("east-operator"));
        // The newest lots, published or already at the scale; the stock has none of them.
        var fresh = await system.All("select id from passport.certificate where state in (2, 3, 13) and verdict = 0 and lot_within_tolerance order by production_date desc, number limit 18", r => r.GetGuid(0), ct);
        for (var i = 0; i < fresh.Count; i++)
        {
            var session = i % 2 == 0 ? harbour : eastgate;
            var row = (await CertificateStore.Find(system, fresh[i], ct))!;
            var content = row.Certificate.Content;
            var fails = i >= 12;
            if (row.State == CertificateState.Published)
            {
                var net = fails ? content.NetKg - 180 : content.NetKg + 4.5m;
                if ((await WeighHandlers.Open(session, fresh[i], DemoPlan.Warehouses[i % 2 * 2].Id!.Value, ct)).Count == 0)
                    Take(await weighing.Record(session, new NewWeighTicket(WeighDirection.In, DemoPlan.Warehouses[i % 2 * 2].Id!.Value, fresh[i], null, null, $"W-{i:0000}", "SCALE-" + (i % 3 + 1), net + 380, 380, session.Now - Duration.FromMinutes(20)), ct));
                Take(await handlers.RecordMatch(session, new InboundObservation(fresh[i], DemoPlan.Warehouses[i % 2 * 2].Id!.Value, content.ExchangeBrandCode, content.Shape, content.Bundles, net,
                    [], content.HeatNumbers, "SCALE-" + (i % 3 + 1), session.Now - Duration.FromMinutes(20), Checks: Checks(row.Certificate.Metal)), ct));
            }
            if (!fails && row.WarrantId is null) Take(await handlers.Request(session, new WarrantRequest([fresh[i]], DemoPlan.Owners[i % 6], $"IN-{i:0000}", "unpaid", 0.52m, 41.5m), ct));
        }
        var brands = services.GetRequiredService<BrandHandlers>();
        await using var exchange = sessions.Open(DemoPlan.Actor("exchange"));
        Take(await brands.ProposeListing(exchange, new ListingChange("FJGS", today.PlusDays(14), ListingState.Suspended, "26/118", "Annual emissions form not handed in"), ct));

        IReadOnlyList<MetalCheck> Checks(string metal) => [.. floor.Duties(metal, today).Where(d => MetalChecks.Kinds.Contains(d.Duty)).Select(d => new MetalCheck(d.Duty, true, d.Duty == MetalChecks.Density ? 5_200 : null))];
    }

    void Report(string step, int done, int total) => progress?.Report((step, done, total));

    internal static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value
        : throw new InvalidOperationException("The demo was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
}
