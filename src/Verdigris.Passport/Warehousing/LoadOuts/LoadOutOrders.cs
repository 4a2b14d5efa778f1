using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warehousing.LoadOuts;

/// <summary>Where a queued warrant stands: 1 leaves next. Of the same warehouse unit.</summary>
/// <param name="AheadKg">Net of everything before it.</param>
public sealed record QueuePlace(int Position, int Waiting, decimal AheadKg);

/// <summary>How one scan came out.</summary>
/// <param name="Code">Of the bundle where it was found, else what was given.</param>
public sealed record ScanResult(string Code, Refusal? Refusal);

/// <param name="Bundles">Marks with seals, only of a lot whose certificates list no bundles.</param>
public sealed record NewLoadOutOrder(IReadOnlyList<NewScan>? Bundles = null);

/// <summary>Orders of load-out: which bundles leave, who saw them on the floor and who at the gate, and what they weighed. The warehouse's own people write; they, and the exchange, read.</summary>
public sealed class LoadOutOrders(WarehousingRules rules)
{
    const int MostAtOnce = 1000;

    /// <summary>Makes the order of a queued warrant. There is one for a warrant.</summary>
    public Task<Answer<LoadOutOrder>> Make(DbSession s, Guid warrantId, NewLoadOutOrder request, CancellationToken ct) => s.InTransaction<LoadOutOrder>(async t =>
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        if (await WarrantStore.Lock(s, warrantId, t) is not { } warrant || warrant.WarehouseOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("warrant");
        if (warrant.State != WarrantState.Queued) return Refusal.Conflict("loadout.not-queued", "warrantId", ("state", warrant.State.ToString()));
        if (await s.Value<bool>("select exists (select from passport.load_out_order where warrant_id = $1)", t, warrantId)) return Refusal.Conflict("loadout.order-there", "warrantId", ("number", warrant.Number));
        var bundles = await Listed(s, warrantId, t);
        if (bundles.Count != warrant.Bundles)
        {
            var wrong = LoadOutRules.CheckMarks(request.Bundles ?? [], warrant.Bundles);
            if (wrong.Count > 0) return wrong;
            bundles = [.. request.Bundles!.Select(m => new LoadOutBundle(m.Code, m.Code, m.Seal))];
        }
        await s.Run("insert into passport.load_out_order (warrant_id, warehouse_id, warehouse_organisation, made_by, made_by_name, made_at) values ($1, $2, $3, $4, $5, $6)", t, warrantId, warrant.WarehouseId, warrant.WarehouseOrganisation, s.Actor.PersonId, s.Actor.Name, s.Now);
        await s.Run("insert into passport.load_out_bundle (warrant_id, seq, code, bundle_no, seal) select $1, seq, code, bundle_no, seal from unnest($2::int[], $3::text[], $4::text[], $5::text[]) as b (seq, code, bundle_no, seal)", t,
            warrantId, Enumerable.Range(1, bundles.Count).ToArray(), bundles.Select(b => b.Code).ToArray(), bundles.Select(b => b.BundleNo).ToArray(), bundles.Select(b => b.Seal).ToArray());
        await s.Audit(new AuditEntry("loadout.ordered", "warrant", warrantId.ToString(), Details: new { warrant.Number, Bundles = bundles.Count }), t);
        return (await Find(s, warrant, t))!;
    }, ct);

    public async Task<Answer<LoadOutOrder>> Read(DbSession s, Guid warrantId, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.WarehouseOperator, Role.WarehouseApprover, Role.ExchangeStaff) is { } no) return no;
        if (await WarrantStore.Find(s, warrantId, ct) is not { } warrant || (warrant.WarehouseOrganisation != s.Actor.OrganisationId && !s.Actor.Is(Role.ExchangeStaff))) return EmissionsAccess.NotVisible("warrant");
        return await Find(s, warrant, ct) is { } order ? order : Refusal.NotFound("loadout.order-missing", "warrantId", ("number", warrant.Number));
    }

    /// <summary>
    /// Keeps scans of one place, each with its outcome: a refused one is kept as well, and stops nothing but its bundle. The order of the results is that of the scans.
    /// </summary>
    public Task<Answer<IReadOnlyList<ScanResult>>> Scan(DbSession s, Guid warrantId, ScanPlace place, IReadOnlyList<NewScan> scans, CancellationToken ct) => s.InTransaction<IReadOnlyList<ScanResult>>(async t =>
    {
        if (Allow.AnyRole(s.Actor, Role.WarehouseOperator, Role.WarehouseApprover) is { } no) return no;
        if (!Enum.IsDefined(place)) return Refusal.Of("loadout.place-unknown", "place");
        if (scans is not { Count: > 0 and <= MostAtOnce } || scans.Contains(null!)) return Refusal.Of("loadout.scans-count", "scans", ("most", "1000"));
        if (await WarrantStore.Lock(s, warrantId, t) is not { } warrant || warrant.WarehouseOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("warrant");
        if (warrant.State != WarrantState.Queued) return Refusal.Conflict("loadout.not-queued", "warrantId", ("state", warrant.State.ToString()));
        if (await Find(s, warrant, t) is not { } order) return Refusal.NotFound("loadout.order-missing", "warrantId", ("number", warrant.Number));
        var passed = order.Scans.Where(x => x.Refusal is null).ToList();
        var kept = new List<BundleScan>();
        foreach (var scan in scans)
        {
            var refusal = LoadOutRules.Judge(order.Bundles, passed, place, scan, s.Actor.PersonId);
            var given = scan.Code ?? "";
            var made = new BundleScan(s.NewId(), place, LoadOutRules.Find(order.Bundles, given)?.Code ?? given[..Math.Min(given.Length, 200)], scan.Seal?[..Math.Min(scan.Seal.Length, 40)], refusal, s.Actor.PersonId, s.Actor.Name, s.Now);
            kept.Add(made);
            if (refusal is null) passed.Add(made);
        }
        await s.Run("""
            insert into passport.load_out_scan (id, warrant_id, place, code, seal, refusal, scanned_by, scanned_by_name, scanned_at)
            select x.id, $2, $3, x.code, x.seal, x.refusal::jsonb, $7, $8, $9 from unnest($1::uuid[], $4::text[], $5::text[], $6::text[]) as x (id, code, seal, refusal)
            """, t, kept.Select(k => k.Id).ToArray(), warrantId, (short)place, kept.Select(k => k.Code).ToArray(), kept.Select(k => k.Seal).ToArray(), kept.Select(k => k.Refusal is null ? null : StorageJson.Write(k.Refusal)).ToArray(),
            s.Actor.PersonId, s.Actor.Name, s.Now);
        await s.Audit(new AuditEntry("loadout.scanned", "warrant", warrantId.ToString(), Details: new { Place = place.ToString(), Passed = kept.Count(k => k.Refusal is null), Refused = kept.Where(k => k.Refusal is not null).Select(k => new { k.Code, Why = k.Refusal!.Code }) }), t);
        return kept.Select(k => new ScanResult(k.Code, k.Refusal)).ToList();
    }, ct);

    /// <summary>What is lacking before the metal of a warrant may leave; empty: nothing.</summary>
    internal async Task<List<Refusal>> Lacking(DbSession s, Warrant warrant, CancellationToken ct)
    {
        if (await Find(s, warrant, ct) is not { } order) return [Refusal.Conflict("loadout.order-missing", "warrantId", ("number", warrant.Number))];
        var (percent, ruleId) = rules.Tolerance("weigh-out", s.Now.InUtc().Date);
        return LoadOutRules.Lacking(order, percent, ruleId);
    }

    static readonly ListOrders<Warrant> QueueOrders = new("load-out-queue", "place", ListKey<Warrant>.Id("added", "id", w => w.Id), ListKey<Warrant>.Number("place", "queue_no", w => w.QueueNo!.Value));

    /// <summary>Warrants that wait to leave a unit, in the order they leave. For the warehouse's own people and the exchange.</summary>
    public async Task<Answer<Page<Warrant>>> Queue(DbSession s, Guid warehouseId, string? cursor, int limit, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.WarehouseOperator, Role.WarehouseApprover, Role.ExchangeStaff) is { } no) return no;
        var query = new Where();
        query.And("state = 5 and warehouse_id = ", warehouseId);
        if (!s.Actor.Is(Role.ExchangeStaff) && !s.Actor.Is(Role.System)) query.And("warehouse_organisation = ", s.Actor.OrganisationId);
        return await QueueOrders.Page(s, $"select {WarrantStore.Columns} from passport.warrant", query, null, cursor, limit, WarrantStore.Map, ct);
    }

    /// <summary>The place in the queue, for whoever may see the warrant; null where it is not queued.</summary>
    public static async Task<QueuePlace?> Place(DbSession s, Warrant warrant, CancellationToken ct) => warrant is not { State: WarrantState.Queued, QueueNo: { } number } ? null : await s.One("""
        select count(*) filter (where queue_no <= $2), count(*), coalesce(sum(net_kg) filter (where queue_no < $2), 0) from passport.warrant where warehouse_id = $1 and state = 5
        """, r => new QueuePlace((int)r.GetInt64(0), (int)r.GetInt64(1), r.GetDecimal(2)), ct, warrant.WarehouseId, number);

    /// <summary>Whether the certificates of a warrant list all its bundles, so that nobody need type them.</summary>
    internal async Task<bool> ListsBundles(DbSession s, Warrant warrant, CancellationToken ct) => (await Listed(s, warrant.Id, ct)).Count == warrant.Bundles;

    static async Task<List<LoadOutBundle>> Listed(DbSession s, Guid warrantId, CancellationToken ct)
    {
        var bundles = new List<LoadOutBundle>();
        foreach (var id in await WarrantStore.Certificates(s, warrantId, ct))
            if (await CertificateStore.Find(s, id, ct) is { } row) bundles.AddRange(row.Certificate.Content.BundleList.Select(b => new LoadOutBundle($"{row.Certificate.Number}/{b.BundleNo}", b.BundleNo, b.SealNo)));
        return bundles;
    }

    static async Task<LoadOutOrder?> Find(DbSession s, Warrant warrant, CancellationToken ct)
    {
        var bundles = await s.All("select code, bundle_no, seal from passport.load_out_bundle where warrant_id = $1 order by seq", r => new LoadOutBundle(r.GetString(0), r.GetString(1), r.Text(2)), ct, warrant.Id);
        if (bundles.Count == 0) return null;
        var scans = await s.All("select id, place, code, seal, refusal, scanned_by, scanned_by_name, scanned_at from passport.load_out_scan where warrant_id = $1 order by id", MapScan, ct, warrant.Id);
        // The last passed match of each certificate; one without leaves the whole unknown.
        var weighed = await s.All("""
            select (select m.net_kg from passport.inbound_match m where m.certificate_id = w.certificate_id and m.warehouse_id = $2 and m.passed order by m.created_at desc, m.id desc limit 1) from passport.warrant_certificate w where w.warrant_id = $1
            """, r => r.MaybeDecimal(0), ct, warrant.Id, warrant.WarehouseId);
        return new LoadOutOrder(warrant.Id, warrant.Number, warrant.WarehouseId, bundles, scans, await WeighHandlers.Out(s, warrant.Id, ct), weighed.Contains(null) ? null : weighed.Sum());
    }

    static BundleScan MapScan(NpgsqlDataReader r) => new(r.GetGuid(0), (ScanPlace)r.GetInt16(1), r.GetString(2), r.Text(3), r.IsDBNull(4) ? null : StorageJson.Read<Refusal>(r.GetString(4)), r.GetGuid(5), r.GetString(6), r.Time(7));
}
