using Verdigris.Storage;

namespace Verdigris.Passport.Privacy;

/// <summary>Whose hand was on metal, scales, papers and certificates. Names go, ids and records stay: they are what title and weights are proved by.</summary>
sealed class PassportPersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("certificates", "select id, number, version, state, created_at, created_by = $1 as written, signed_by = $1 as signed, signed_at from passport.certificate where created_by = $1 or signed_by = $1 order by id"),
        ("papers", "select id, state, uploaded_name, typed_name, checked_name, published_name, uploaded_by = $1 as uploaded, typed_by = $1 as typed, checked_by = $1 as checked, published_by = $1 as published from passport.paper_certificate where $1 in (uploaded_by, typed_by, checked_by, published_by) order by id"),
        ("weighings", "select id, operator_name, weighed_at from passport.weigh_ticket where operator_id = $1 order by id"),
        ("matches", "select id, certificate_id, operator_name, created_at from passport.inbound_match where operator_id = $1 order by id"),
        ("load-out-orders", "select warrant_id, made_by_name, made_at from passport.load_out_order where made_by = $1 order by warrant_id"),
        ("load-out-scans", "select id, warrant_id, scanned_by_name, scanned_at from passport.load_out_scan where scanned_by = $1 order by id"),
        ("floor-counts", "select id, counted_on, counted_by_name from passport.floor_count where counted_by = $1 order by id"),
        ("inspections", "select campaign_id, warrant_id, inspected_by_name, inspected_at from passport.campaign_item where inspected_by = $1 order by inspected_at"),
        ("reviews", "select id, flag, decision, reason, reviewer_name, reviewed_at from passport.sourcing_flag where reviewer = $1 order by id"),
        ("payment-waivers", "select id, gate_id, item, reason, proposed_by_name, decided_by_name, proposed_by = $1 as proposed, decided_by = $1 as decided, decided_at from passport.payment_gate_waiver where $1 in (proposed_by, decided_by) order by id"),
        ("payment-hits", "select id, gate_id, party, entry, same_party, reason, decided_by_name, decided_at from passport.payment_gate_hit where decided_by = $1 order by id"),
    ];

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, PassportRoom.Name, Tables, subject.Id, ct);

    public Task Erase(DbSession s, DataSubject subject, CancellationToken ct) => s.Run("select passport.erase_names($1, $2)", ct, subject.Id, subject.Names.ToArray());
}
