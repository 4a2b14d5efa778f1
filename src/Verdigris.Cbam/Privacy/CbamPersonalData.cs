using Verdigris.Storage;

namespace Verdigris.Cbam.Privacy;

/// <summary>
/// Who brought, linked, asked, declared and ordered. The room keeps ids of those who act and no names, so nothing of it goes with an erasure: what is handed in, hashed or meant to prove effort would no longer prove anything. Contacts of suppliers are
/// what an importer wrote of people who hold no account here; the importer changes them.
/// </summary>
sealed class CbamPersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("customs-files", "select id, file_name, added_by = $1 as added, applied_by = $1 as applied, added_at, applied_at from cbam.customs_import where $1 in (added_by, applied_by) order by id"),
        ("supplier-requests", "select id, year, asked, asked_at from cbam.supplier_request where asked_by = $1 order by id"),
        ("supplier-request-entries", "select id, request_id, kind, text, made_at from cbam.request_event where made_by = $1 order by id"),
        ("cbam-declarations", "select id, year, version, written_by = $1 as written, approved_by = $1 as approved, written_at, submitted_at from cbam.declaration where $1 in (written_by, approved_by) order by id"),
        ("certificate-orders", "select id, kind, year, count, ordered_by = $1 as ordered, decided_by = $1 as decided, ordered_at, decided_at from cbam.certificate_order where $1 in (ordered_by, decided_by) order by id"),
    ];

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, CbamRoom.Name, Tables, subject.Id, ct);

    public Task Erase(DbSession s, DataSubject subject, CancellationToken ct) => Task.CompletedTask;
}
