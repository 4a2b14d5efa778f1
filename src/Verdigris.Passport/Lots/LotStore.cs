using System.Globalization;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Storage;

namespace Verdigris.Passport.Lots;

/// <summary>Rows of lots. Written once in an operation, which the database compares bundle by bundle when it is sealed.</summary>
static class LotStore
{
    public const string Columns = """
        l.id, l.number, l.holder_organisation, l.brand_code, l.shape, l.spec_ref, l.net_kg, l.pieces, l.bundles, l.made_by, m.kind, m.done_at, l.ended_by, e.kind, e.done_at, e.reason
        """;
    public const string Tables = "passport.lot l join passport.lot_operation m on m.id = l.made_by left join passport.lot_operation e on e.id = l.ended_by";

    public static Lot Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetDecimal(6), r.GetInt32(7), r.GetInt32(8), r.GetGuid(9), r.GetString(10), r.Time(11),
        r.MaybeGuid(12), r.Text(13), r.MaybeTime(14), r.Text(15));

    public static Task<Lot?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from {Tables} where l.id = $1", Map, ct, id);

    /// <summary>Locked until the transaction ends; always in the order of ids, so that two who merge do not wait for each other.</summary>
    public static Task<List<Lot>> Lock(DbSession s, IReadOnlyList<Guid> ids, CancellationToken ct) => s.All($"select {Columns} from {Tables} where l.id = any($1) order by l.id for update of l", Map, ct, ids.ToArray());

    public static Task<List<(Guid Lot, LotBundle Bundle)>> Bundles(DbSession s, IReadOnlyList<Guid> lots, CancellationToken ct) => s.All("""
        select b.lot_id, b.certificate_id, c.number, b.bundle_no, b.pieces, b.net_kg from passport.lot_bundle b join passport.certificate c on c.id = b.certificate_id where b.lot_id = any($1)
        order by c.number, length(b.bundle_no), b.bundle_no
        """, r => (r.GetGuid(0), new LotBundle(r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.GetDecimal(5))), ct, lots.ToArray());

    public static Task<List<LotShare>> Shares(DbSession s, Guid lot, CancellationToken ct) => s.All("""
        select b.certificate_id, c.number, c.state, sum(b.net_kg), sum(b.pieces)::int, count(*)::int from passport.lot_bundle b join passport.certificate c on c.id = b.certificate_id where b.lot_id = $1
        group by b.certificate_id, c.number, c.state order by c.number
        """, r => new LotShare(r.GetGuid(0), r.GetString(1), (CertificateState)r.GetInt16(2), r.GetDecimal(3), r.GetInt32(4), r.GetInt32(5)), ct, lot);

    /// <summary>All that is connected to a lot upwards, and downwards.</summary>
    public static Task<List<Lot>> Family(DbSession s, Guid id, CancellationToken ct) => s.All($"""
        with recursive up as (
          select id, made_by from passport.lot where id = $1
          union select p.id, p.made_by from up join passport.lot p on p.ended_by = up.made_by),
        down as (
          select id, ended_by from passport.lot where id = $1
          union select c.id, c.ended_by from down join passport.lot c on c.made_by = down.ended_by)
        select {Columns} from {Tables} where l.id in (select id from up union select id from down) order by m.done_at, l.id
        """, Map, ct, id);

    /// <summary>One operation: ends some lots and makes others, and is sealed at the end.</summary>
    public static async Task<List<Guid>> Operate(DbSession s, string kind, Guid holder, string? reason, IReadOnlyList<Lot> ended, IReadOnlyList<IReadOnlyList<LotBundle>> made, (string Brand, string Shape, string Spec) what, CancellationToken ct)
    {
        var operation = s.NewId();
        await s.Run("insert into passport.lot_operation (id, kind, holder_organisation, reason, done_by, done_at) values ($1, $2, $3, $4, $5, $6)", ct, operation, kind, holder, reason, s.Actor.PersonId, s.Now);
        var endedIds = ended.Select(l => l.Id).ToArray();
        await s.Run("update passport.lot set ended_by = $2 where id = any($1)", ct, endedIds, operation);
        await s.Run("update passport.lot_bundle set open = false where lot_id = any($1)", ct, endedIds);
        var ids = new List<Guid>();
        foreach (var bundles in made)
        {
            var id = s.NewId();
            ids.Add(id);
            var running = await s.Value<long>("select nextval('passport.lot_number')", ct);
            await s.Run("insert into passport.lot (id, number, holder_organisation, brand_code, shape, spec_ref, net_kg, pieces, bundles, made_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", ct,
                id, string.Create(CultureInfo.InvariantCulture, $"LOT-{running:0000000}"), holder, what.Brand, what.Shape, what.Spec, bundles.Sum(b => b.NetKg), bundles.Sum(b => b.Pieces), bundles.Count, operation);
            await s.Run("""
                insert into passport.lot_bundle (lot_id, certificate_id, bundle_no, pieces, net_kg, open) select $1, c, n, p, k, true from unnest($2::uuid[], $3::text[], $4::int[], $5::numeric[]) as x (c, n, p, k)
                """, ct, id, bundles.Select(b => b.CertificateId).ToArray(), bundles.Select(b => b.BundleNo).ToArray(), bundles.Select(b => b.Pieces).ToArray(), bundles.Select(b => b.NetKg).ToArray());
        }
        await s.Run("update passport.lot_operation set sealed = true where id = $1", ct, operation);
        return ids;
    }
}
