using Verdigris.Storage;

namespace Verdigris.Cbam.Privacy;

/// <summary>
/// Who brought, linked, asked, filled in, verified, declared and ordered. The room keeps ids of those who act and no names, so nothing of it goes with an erasure: what is handed in, hashed or meant to prove effort would no longer prove anything. Contacts of suppliers are
/// what an importer wrote of people who hold no account here; the importer changes them.
/// </summary>
sealed class CbamPersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("customs-files", "select id, file_name, added_by = $1 as added, applied_by = $1 as applied, added_at, applied_at from cbam.customs_import where $1 in (added_by, applied_by) order by id"),
        ("supplier-requests", "select id, year, asked, asked_at from cbam.supplier_request where asked_by = $1 order by id"),
        ("supplier-request-entries", "select id, request_id, kind, text, made_at from cbam.request_event where made_by = $1 order by id"),
        ("customs-lines", "select id, mrn, item, taken_by = $1 as taken, linked_by = $1 as linked, withdrawn_by = $1 as withdrawn, case when withdrawn_by = $1 then withdrawn_reason end as reason from cbam.customs_line where $1 in (taken_by, linked_by, withdrawn_by) order by id"),
        ("importer-forms", """
            select id, title, written_by = $1 as written, handed_by = $1 as handed, opinion_by = $1 as gave_opinion, decided_by = $1 as decided, case when opinion_by = $1 then opinion end as opinion, written_at, handed_at, decided_at
            from cbam.communication where $1 in (written_by, handed_by, opinion_by, decided_by) order by id
            """),
        ("importer-form-files", "select id, communication_id, file_name, added_at from cbam.communication_file where added_by = $1 order by id"),
        ("importer-form-brands", "select communication_id, product, brand_code, report_year, published_at from cbam.communication_brand where published_by = $1 order by communication_id, product"),
        ("importer-records", "select organisation_id, eori, written_at from cbam.declarant where written_by = $1 order by organisation_id"),
        ("declaration-files", "select id, declaration_id, file_name, added_at from cbam.declaration_file where added_by = $1 order by id"),
        ("cbam-declarations", "select id, year, version, case when written_by = $1 then reason end as reason, written_by = $1 as written, approved_by = $1 as approved, written_at, submitted_at from cbam.declaration where $1 in (written_by, approved_by) order by id"),
        ("certificate-orders", "select id, kind, year, count, ordered_by = $1 as ordered, decided_by = $1 as decided, ordered_at, decided_at from cbam.certificate_order where $1 in (ordered_by, decided_by) order by id"),
    ];

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, CbamRoom.Name, Tables, subject.Id, ct);

    public Task Erase(DbSession s, DataSubject subject, CancellationToken ct) => Task.CompletedTask;
}
