using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warehousing.Weighing;

/// <summary>Weigh tickets of a warehouse. Its own people write and read them; the exchange reads.</summary>
public sealed class WeighHandlers
{
    /// <summary>Keeps a weighing. In: of a certificate that may be matched here. Out: of a warrant in this warehouse's load-out queue.</summary>
    public async Task<Answer<WeighTicket>> Record(DbSession s, NewWeighTicket ticket, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        var wrong = WeighRules.Check(ticket, s.Now);
        if (wrong.Count > 0) return wrong;
        var made = new WeighTicket(s.NewId(), ticket.Direction, ticket.WarehouseId, ticket.CertificateId, ticket.WarrantId, ticket.BundleNo, ticket.Number, ticket.ScaleId, ticket.GrossKg, ticket.TareKg, ticket.GrossKg - ticket.TareKg,
            ticket.WeighedAt ?? s.Now, s.Actor.PersonId, s.Actor.Name);
        try
        {
            return await s.InTransaction<WeighTicket>(async t =>
            {
                var warehouse = await s.All("select organisation_id from passport.warehouse where id = $1 and state = 'active'", r => r.GetGuid(0), t, ticket.WarehouseId);
                if (warehouse.Count == 0 || (warehouse[0] != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return Refusal.NotFound("match.warehouse-unknown", "warehouseId");
                if (ticket.CertificateId is { } certificate)
                {
                    if (await CertificateStore.Find(s, certificate, t) is not { State: CertificateState.Published or CertificateState.MatchedAtWarehouse } row || (row.WarehouseId is { } place && place != ticket.WarehouseId)) return EmissionsAccess.NotVisible("certificate");
                }
                else if (await WarrantStore.Find(s, ticket.WarrantId!.Value, t) is not { } warrant || warrant.WarehouseId != ticket.WarehouseId) return EmissionsAccess.NotVisible("warrant");
                else if (warrant.State != WarrantState.Queued) return Refusal.Conflict("weigh.warrant-not-queued", "warrantId", ("state", warrant.State.ToString()));
                await s.Run("""
                    insert into passport.weigh_ticket (id, direction, warehouse_id, warehouse_organisation, certificate_id, warrant_id, bundle_no, number, scale_id, gross_kg, tare_kg, net_kg, weighed_at, operator_id, operator_name, created_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                    """, t, made.Id, (short)made.Direction, made.WarehouseId, warehouse[0], made.CertificateId, made.WarrantId, made.BundleNo, made.Number, made.ScaleId, made.GrossKg, made.TareKg, made.NetKg, made.WeighedAt, made.OperatorId, made.OperatorName, s.Now);
                await s.Audit(new AuditEntry("weigh.recorded", made.CertificateId is null ? "warrant" : "certificate", (made.CertificateId ?? made.WarrantId)!.Value.ToString(), Details: new { made.Number, made.ScaleId, made.BundleNo, made.NetKg, Direction = made.Direction.ToString() }), t);
                return made;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("weigh.number-taken", "number", ("given", ticket.Number), ("scale", ticket.ScaleId));
        }
    }

    /// <summary>A weighing was a mistake: it counts no more. Not once a match stands on it or the metal has left.</summary>
    public Task<Answer<Done>> Void(DbSession s, Guid id, string? reason, CancellationToken ct) => s.InTransaction<Done>(async t =>
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        if (await s.One($"select {Columns} from passport.weigh_ticket w where id = $1 and warehouse_organisation = $2", Map, t, id, s.Actor.OrganisationId) is not { } ticket) return EmissionsAccess.NotVisible("ticket");
        if (await s.Value<bool>("select exists (select from passport.match_ticket where ticket_id = $1)", t, id)) return Refusal.Conflict("weigh.ticket-used", "id", ("number", ticket.Number));
        if (ticket.WarrantId is { } warrant && await WarrantStore.Lock(s, warrant, t) is not { State: WarrantState.Queued }) return Refusal.Conflict("weigh.ticket-used", "id", ("number", ticket.Number));
        if (await s.Run("insert into passport.weigh_ticket_void (ticket_id, reason, voided_by, voided_at) values ($1, $2, $3, $4) on conflict do nothing", t, id, reason, s.Actor.PersonId, s.Now) == 0) return Refusal.Conflict("weigh.ticket-void", "id", ("number", ticket.Number));
        await s.Audit(new AuditEntry("weigh.voided", ticket.CertificateId is null ? "warrant" : "certificate", (ticket.CertificateId ?? ticket.WarrantId)!.Value.ToString(), reason, new { ticket.Number, ticket.ScaleId, ticket.NetKg }), t);
        return default(Done);
    }, ct);

    /// <summary>Tickets that count of a certificate or a warrant in the order of weighing, for the warehouse's own people and the exchange.</summary>
    /// <param name="open">Only those no match has used yet.</param>
    public async Task<Answer<IReadOnlyList<WeighTicket>>> List(DbSession s, Guid? certificate, Guid? warrant, bool open, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.WarehouseOperator, Role.WarehouseApprover, Role.ExchangeStaff) is { } no) return no;
        if (certificate is null == warrant is null) return Refusal.Of("weigh.subject-wrong", "certificateId");
        Guid? own = s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System) ? null : s.Actor.OrganisationId;
        return await s.All($"""
            select {Columns} from passport.weigh_ticket w where (certificate_id = $1 or warrant_id = $2) and ($3::uuid is null or warehouse_organisation = $3)
              and (not $4 or not exists (select from passport.match_ticket m where m.ticket_id = w.id)) and {Counts} order by id
            """, Map, ct, certificate, warrant, own, open);
    }

    /// <summary>Tickets of a delivery that no match has used: what the next match stands on.</summary>
    internal static Task<List<WeighTicket>> Open(DbSession s, Guid certificate, Guid warehouse, CancellationToken ct) =>
        s.All($"select {Columns} from passport.weigh_ticket w where certificate_id = $1 and warehouse_id = $2 and not exists (select from passport.match_ticket m where m.ticket_id = w.id) and {Counts} order by id", Map, ct, certificate, warehouse);

    /// <summary>Tickets a match stood on.</summary>
    internal static Task<List<WeighTicket>> OfMatch(DbSession s, Guid match, CancellationToken ct) =>
        s.All($"select {Columns} from passport.weigh_ticket w join passport.match_ticket m on m.ticket_id = w.id where m.match_id = $1 order by w.id", Map, ct, match);

    /// <summary>What left by the scale under a warrant.</summary>
    internal static Task<List<WeighTicket>> Out(DbSession s, Guid warrant, CancellationToken ct) => s.All($"select {Columns} from passport.weigh_ticket w where warrant_id = $1 and {Counts} order by id", Map, ct, warrant);

    const string Counts = "not exists (select from passport.weigh_ticket_void v where v.ticket_id = w.id)";
    const string Columns = "w.id, w.direction, w.warehouse_id, w.certificate_id, w.warrant_id, w.bundle_no, w.number, w.scale_id, w.gross_kg, w.tare_kg, w.net_kg, w.weighed_at, w.operator_id, w.operator_name";

    static WeighTicket Map(NpgsqlDataReader r) => new(r.GetGuid(0), (WeighDirection)r.GetInt16(1), r.GetGuid(2), r.MaybeGuid(3), r.MaybeGuid(4), r.Text(5), r.GetString(6), r.GetString(7), r.GetDecimal(8), r.GetDecimal(9), r.GetDecimal(10), r.Time(11), r.GetGuid(12), r.GetString(13));
}
