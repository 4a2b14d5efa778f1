using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Verdigris.Cbam.Operators;
using Verdigris.Cbam.Template;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Privacy;

/// <summary>
/// Who brought, linked, asked, filled in, verified, declared and ordered: ids, which stay. A name somebody wrote into a form as the installation's representative or the verifier's person becomes the pseudonym while the form is a draft, and its hash with
/// it; so does the contact of a supplier. A form that was handed over keeps what it says: the verifier signed its hash, and importers must keep it as evidence for years (Article 17(3)(b) and (e) of Regulation (EU) 2016/679). The export names every one.
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
        ("cbam-declarations", """
            select id, year, version, case when written_by = $1 then reason end as reason, written_by = $1 as written, approved_by = $1 as approved, discarded_by = $1 as discarded, case when discarded_by = $1 then discarded_reason end as discarded_reason, written_at, submitted_at, discarded_at
            from cbam.declaration where $1 in (written_by, approved_by, discarded_by) order by id
            """),
        ("certificate-orders", "select id, kind, year, count, ordered_by = $1 as ordered, decided_by = $1 as decided, ordered_at, decided_at from cbam.certificate_order where $1 in (ordered_by, decided_by) order by id"),
    ];

    /// <summary>Entries of a form that may name somebody, or say how he is reached.</summary>
    static readonly HashSet<string> Entries = new(StringComparer.Ordinal) { "installation.representative", "installation.email", "installation.telephone", "verifier.name", "verifier.email", "verifier.telephone", "verifier.fax" };

    public async Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct)
    {
        var forms = await Naming(s, subject, ct);
        var contacts = await s.All("select name, installation, contact_name, contact_email from cbam.supplier where lower(contact_name) = any($1) or lower(contact_email) = any($1) order by id",
            r => new JsonObject { ["supplier"] = r.GetString(0), ["installation"] = r.GetString(1), ["contactName"] = r.Text(2), ["contactEmail"] = r.Text(3) }, ct, [Lower(subject)]);
        return
        [
            .. await PersonalTables.OfRoom(s, CbamRoom.Name, Tables, subject.Id, ct),
            new("importer-forms-naming-you", [.. forms.SelectMany(f => f.Named.Select(e => new JsonObject { ["id"] = f.Id.ToString(), ["title"] = f.Title, ["state"] = f.State.ToString(), ["field"] = e.Field, ["text"] = e.Typed }))]),
            new("supplier-contacts-naming-you", contacts),
        ];
    }

    public async Task Erase(DbSession s, DataSubject subject, CancellationToken ct)
    {
        await s.Run("select cbam.erase_names($1, $2)", ct, subject.Id, subject.Names.ToArray());
        var instead = await s.Value<string>("select storage.pseudonym($1)", ct, subject.Id);
        foreach (var form in (await Naming(s, subject, ct)).Where(f => f.State == CommunicationState.Draft))
        {
            // The name gives way to the pseudonym; how the person is reached goes with it.
            var written = FormEditing.Write(form.Report, form.Named.ToDictionary(e => e.Field, e => e.Field.EndsWith("email", StringComparison.Ordinal) ? "" : instead, StringComparer.Ordinal), null);
            if (!written.Ok) throw new InvalidOperationException($"The names in form {form.Id} could not be replaced.");
            var json = StorageJson.Write(written.Value);
            await s.Run("update cbam.communication set report = $2, report_sha256 = $3, row_version = row_version + 1 where id = $1 and state = 0", ct, form.Id, new Json(json), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))));
        }
    }

    /// <summary>Forms in which an entry of <see cref="Entries"/> is one of the person's names; names alone are compared, whole and without regard to case.</summary>
    static async Task<List<NamingForm>> Naming(DbSession s, DataSubject subject, CancellationToken ct)
    {
        var names = Lower(subject);
        var found = await s.All("""
            select id, title, state, report::text from cbam.communication c
            where exists (select from jsonb_each_text(c.report -> 'installation') e where lower(trim(e.value)) = any($1)) or exists (select from jsonb_each_text(c.report -> 'verifier') e where lower(trim(e.value)) = any($1)) order by id
            """, r => (Id: r.GetGuid(0), Title: r.GetString(1), State: (CommunicationState)r.GetInt16(2), Report: StorageJson.Read<CommunicationReport>(r.GetString(3))), ct, [names]);
        return [.. found.Select(f => new NamingForm(f.Id, f.Title, f.State, f.Report, [.. FormEditing.Entries(f.Report).Where(e => Entries.Contains(e.Field) && names.Contains(e.Typed.Trim().ToLowerInvariant()))])).Where(f => f.Named.Count > 0)];
    }

    static string[] Lower(DataSubject subject) => [.. subject.Names.Select(n => n.Trim().ToLowerInvariant())];

    sealed record NamingForm(Guid Id, string Title, CommunicationState State, CommunicationReport Report, IReadOnlyList<FormEntry> Named);
}
