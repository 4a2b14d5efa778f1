using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>Mappings of the own organisation: kept under a name, chosen by themselves when a file's headers fit, edited and taken away.</summary>
public sealed class ImportMappings
{
    public async Task<Answer<IReadOnlyList<ImportMapping>>> List(DbSession s, CancellationToken ct) =>
        Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no ? no : await Own(s, ct);

    public async Task<Answer<ImportMapping>> Read(DbSession s, Guid id, CancellationToken ct) =>
        Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no ? no : await Find(s, id, ct) is { } found ? found : EmissionsAccess.NotVisible("mapping");

    /// <summary>Keeps a new mapping, or another wording of one.</summary>
    /// <param name="id">Null for a new one.</param>
    public async Task<Answer<ImportMapping>> Save(DbSession s, Guid? id, MappingContent content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (ImportMappingRules.Check(content) is { Count: > 0 } wrong) return Answer<ImportMapping>.From(wrong);
        try
        {
            return await s.InTransaction<ImportMapping>(async t =>
            {
                var mapping = ImportMappingRules.Of(id ?? s.NewId(), content, s.Now);
                var (columns, constants) = (new Json(StorageJson.Write(mapping.Columns)), new Json(StorageJson.Write(mapping.Constants)));
                var written = id is null
                    ? await s.Run("insert into passport.import_mapping (id, organisation_id, name, columns, constants, changed_by, changed_at, row_version) values ($1, $2, $3, $4, $5, $6, $7, 1)", t, mapping.Id, s.Actor.OrganisationId, mapping.Name, columns, constants, s.Actor.PersonId, mapping.ChangedAt)
                    : await s.Run("update passport.import_mapping set name = $3, columns = $4, constants = $5, changed_by = $6, changed_at = $7, row_version = row_version + 1 where id = $1 and organisation_id = $2", t, mapping.Id, s.Actor.OrganisationId, mapping.Name, columns, constants, s.Actor.PersonId, mapping.ChangedAt);
                if (written == 0) return EmissionsAccess.NotVisible("mapping");
                await s.Audit(new AuditEntry(id is null ? "import-mapping.made" : "import-mapping.changed", "import-mapping", mapping.Id.ToString(), Details: new { mapping.Name, Columns = mapping.Columns.Count }), t);
                return mapping;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Refusal.Conflict("mapping.name-taken", "name", ("given", content.Name)); }
    }

    /// <summary>Takes a mapping away. Files already taken in keep theirs.</summary>
    public async Task<Answer<Done>> Remove(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        return await s.InTransaction<Done>(async t =>
        {
            if (await Find(s, id, t) is not { } known) return EmissionsAccess.NotVisible("mapping");
            await s.Run("delete from passport.import_mapping where id = $1", t, id);
            await s.Audit(new AuditEntry("import-mapping.removed", "import-mapping", id.ToString(), Details: new { known.Name }), t);
            return default(Done);
        }, ct);
    }

    /// <summary>The mapping a header is read with; null where it needs none, or none fits.</summary>
    internal static async Task<ImportMapping?> For(DbSession s, IReadOnlyList<string> header, CancellationToken ct) =>
        ImportColumns.Read(header).Ok ? null : HeaderMappings.Choose(header, await Own(s, ct));

    static Task<List<ImportMapping>> Own(DbSession s, CancellationToken ct) => s.All($"select {Columns} from passport.import_mapping where organisation_id = $1 order by name", Map, ct, s.Actor.OrganisationId);

    static Task<ImportMapping?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.import_mapping where id = $1 and organisation_id = $2", Map, ct, id, s.Actor.OrganisationId);

    const string Columns = "id, name, columns, constants, changed_at";

    static ImportMapping Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), StorageJson.Read<List<MappedColumn>>(r.GetString(2)), StorageJson.Read<Dictionary<string, string>>(r.GetString(3)), r.Time(4));
}
