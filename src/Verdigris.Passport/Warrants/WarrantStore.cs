using System.Globalization;
using NodaTime;
using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>Rows of warrants, matches and transfers.</summary>
static class WarrantStore
{
    public const string Columns = """
        id, number, asset, serial, contract_code, brand_code, shape, net_kg, gross_kg, pieces, bundles, lot_no, warehouse_id, warehouse_organisation, location_code, origin, duty_status,
        rent_usd_per_tonne_day, fot_usd_per_tonne, rent_paid_to, first_owner, state, refusal_code, hold_id, queue_no, requested_by, requested_at, issued_by, issued_at, row_version
        """;

    public static Task<Warrant?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.warrant where id = $1", Map, ct, id);
    public static Task<Warrant?> Lock(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.warrant where id = $1 for update", Map, ct, id);

    public static Warrant Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetInt32(2), r.GetInt64(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetDecimal(7), r.GetDecimal(8), r.GetInt32(9), r.GetInt32(10), r.GetString(11),
        r.GetGuid(12), r.GetGuid(13), r.GetString(14), r.GetString(15), r.GetString(16), r.MaybeDecimal(17), r.MaybeDecimal(18), r.MaybeDay(19), r.GetGuid(20), (WarrantState)r.GetInt16(21), r.MaybeInt(22), r.MaybeGuid(23),
        r.IsDBNull(24) ? null : r.GetInt64(24), r.GetGuid(25), r.Time(26), r.MaybeGuid(27), r.MaybeTime(28), r.GetInt32(29));

    public static Task Insert(DbSession s, Warrant w, CancellationToken ct) => s.Run("""
        insert into passport.warrant (id, number, asset, serial, contract_code, brand_code, shape, net_kg, gross_kg, pieces, bundles, lot_no, warehouse_id, warehouse_organisation, location_code, origin,
          duty_status, rent_usd_per_tonne_day, fot_usd_per_tonne, rent_paid_to, first_owner, state, requested_by, requested_at, row_version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 1)
        """, ct, w.Id, w.Number, w.Asset, w.Serial, w.ContractCode, w.BrandCode, w.Shape, w.NetKg, w.GrossKg, w.Pieces, w.Bundles, w.LotNo, w.WarehouseId, w.WarehouseOrganisation, w.LocationCode, w.Origin,
        w.DutyStatus, w.RentUsdPerTonneDay, w.FotUsdPerTonne, w.RentPaidTo, w.FirstOwner, (short)w.State, w.RequestedBy, w.RequestedAt);

    /// <summary>Takes a run of serials of a contract and returns the first; a warrant's number is its contract and serial.</summary>
    public static async Task<long> TakeSerials(DbSession s, string contract, int count, CancellationToken ct) => await s.Value<long>("""
        insert into passport.warrant_counter (contract_code, last) values ($1, $2) on conflict (contract_code) do update set last = passport.warrant_counter.last + $2 returning last
        """, ct, contract, (long)count) - count + 1;

    public static string NumberOf(string contract, long serial) => string.Create(CultureInfo.InvariantCulture, $"{contract}-{serial:0000000}");

    public static Task SetState(DbSession s, Guid id, WarrantState state, CancellationToken ct) =>
        s.Run("update passport.warrant set state = $2, row_version = row_version + 1, closed_at = case when $2 in (6, 7, 8) then $3 else closed_at end where id = $1", ct, id, (short)state, s.Now);

    public static Task<List<Guid>> Certificates(DbSession s, Guid warrant, CancellationToken ct) =>
        s.All("select certificate_id from passport.warrant_certificate where warrant_id = $1 order by certificate_id", r => r.GetGuid(0), ct, warrant);

    /// <summary>Moves every certificate of a warrant from one state to the next; a disputed one stays so, and is resolved to where its warrant has got meanwhile.</summary>
    public static Task SetCertificates(DbSession s, Guid warrant, Certificates.CertificateState from, Certificates.CertificateState to, CancellationToken ct) => s.Run("""
        update passport.certificate c set state = case when c.state = 11 then c.state else $3 end, disputed_from = case when c.state = 11 then $3 end, changed_at = $4, row_version = row_version + 1
        from passport.warrant_certificate w where w.warrant_id = $1 and w.certificate_id = c.id and (c.state = $2 or (c.state = 11 and c.disputed_from = $2))
        """, ct, warrant, (short)from, (short)to, s.Now);

    const string TransferColumns = """
        t.id, t.kind, t.warrant_id, w.number, t.from_organisation, t.to_organisation, t.state, t.refusal_code, t.message, t.reason, t.expires_at, t.task_id, t.proposed_by, t.proposed_at, t.decided_by, t.decided_at
        from passport.title_transfer t join passport.warrant w on w.id = t.warrant_id
        """;

    /// <summary>As it counts now; locked as its row has it, for whoever is about to write it.</summary>
    public static async Task<TitleTransfer?> FindTransfer(DbSession s, Guid id, CancellationToken ct, bool locked = false)
    {
        var row = await s.One($"select {TransferColumns} where t.id = $1{(locked ? " for update of t" : "")}", MapTransfer, ct, id);
        return locked ? row : row?.At(s.Now);
    }

    /// <param name="organisation">On either side; null for all.</param>
    /// <param name="state">As it counts now.</param>
    public static async Task<List<TitleTransfer>> Transfers(DbSession s, Guid? organisation, string? state, ListOrder<TitleTransfer> order, int limit, CancellationToken ct)
    {
        var now = s.Now;
        var query = new Where();
        if (organisation is { } own)
        {
            var side = query.Next(own);
            query.And($"(t.from_organisation = {side} or t.to_organisation = {side})");
        }
        if (state is not null) query.And($"case when t.state = 'proposed' and t.expires_at <= {query.Next(now)} then 'expired' else t.state end = {query.Next(state)}");
        query.And(order.Condition(query.Next));
        var rows = await s.All($"select {TransferColumns} {query} order by {order.By} limit {limit}", MapTransfer, ct, query.Args);
        return [.. rows.Select(r => r.At(now))];
    }

    /// <summary>The pledge or proposal that holds the warrant now.</summary>
    public static Task<List<TitleTransfer>> Open(DbSession s, Guid warrant, CancellationToken ct) => s.All($"""
        select {TransferColumns} where t.warrant_id = $1 and (t.state = 'pending' or (t.state = 'proposed' and (t.expires_at is null or t.expires_at > $2)) or (t.kind = 'pledge' and t.state = 'accepted'))
        """, MapTransfer, ct, warrant, s.Now);

    /// <summary>Offers of a warrant whose time has run out and whose rows do not say so yet.</summary>
    public static Task<List<Guid>> Lapsed(DbSession s, Guid warrant, CancellationToken ct) =>
        s.All("select id from passport.title_transfer where warrant_id = $1 and state = 'proposed' and expires_at <= $2", r => r.GetGuid(0), ct, warrant, s.Now);

    public static Task InsertTransfer(DbSession s, TitleTransfer t, CancellationToken ct) => s.Run("""
        insert into passport.title_transfer (id, kind, warrant_id, from_organisation, to_organisation, state, message, expires_at, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """, ct, t.Id, t.Kind, t.WarrantId, t.FromOrganisation, t.ToOrganisation, t.State, t.Message, t.ExpiresAt, t.ProposedBy, t.ProposedAt);

    public static Task SetTransfer(DbSession s, Guid id, string state, int? code, string? reason, Guid? decidedBy, Guid? task, CancellationToken ct) => s.Run("""
        update passport.title_transfer set state = $2, refusal_code = coalesce($3, refusal_code), reason = coalesce($4, reason), decided_by = coalesce($5, decided_by), task_id = coalesce($6, task_id),
          decided_at = case when $2 in ('pending', 'proposed') then decided_at else $7 end
        where id = $1
        """, ct, id, state, code, reason, decidedBy, task, s.Now);

    static TitleTransfer MapTransfer(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetString(3), r.GetGuid(4), r.GetGuid(5), r.GetString(6), r.MaybeInt(7), r.Text(8), r.Text(9), r.MaybeTime(10), r.MaybeGuid(11),
        r.GetGuid(12), r.Time(13), r.MaybeGuid(14), r.MaybeTime(15));
}
