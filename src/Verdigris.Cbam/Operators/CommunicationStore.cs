using Npgsql;
using Verdigris.Cbam.Template;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Operators;

/// <summary>Rows of forms.</summary>
static class CommunicationStore
{
    public const string Columns = """
        c.id, c.operator_id, c.title, c.plant_id, c.period_from, c.period_to, c.state, c.report_sha256, c.form_sha256, c.form_name, c.errors, c.verifier_id, c.opinion::text, c.returned_because, c.written_by, c.written_at, c.handed_at,
        c.opinion_by, c.decided_by, c.decided_at, c.row_version
        """;

    public static Task<Communication?> Find(DbSession s, Guid id, CancellationToken ct, string locking = "") => s.One($"select {Columns} from cbam.communication c where c.id = $1{locking}", Map, ct, id);

    public static async Task<(CommunicationReport Report, IReadOnlyList<TemplateFinding> Findings)> Content(DbSession s, Guid id, CancellationToken ct)
    {
        var kept = (await s.All("select report::text, findings::text from cbam.communication where id = $1", r => (Report: r.GetString(0), Findings: r.GetString(1)), ct, id))[0];
        return (StorageJson.Read<CommunicationReport>(kept.Report), StorageJson.Read<List<TemplateFinding>>(kept.Findings));
    }

    public static Task<FormSource?> Source(DbSession s, Guid id, CancellationToken ct) => s.One("select source::text from cbam.communication where id = $1 and source is not null", r => StorageJson.Read<FormSource>(r.GetString(0)), ct, id);

    public static Task<List<CommunicationFile>> Files(DbSession s, Guid id, CancellationToken ct) => s.All("select id, communication_id, field, file_name, media_type, size_bytes, sha256, added_by, added_at from cbam.communication_file where communication_id = $1 order by id", MapFile, ct, id);

    public static Task<List<CommunicationBrand>> Brands(DbSession s, Guid id, CancellationToken ct) =>
        s.All("select product, brand_code, report_year, submission_id, published_at from cbam.communication_brand where communication_id = $1 order by published_at, product", r => new CommunicationBrand(r.GetInt32(0), r.GetString(1), r.GetInt32(2), r.GetGuid(3), r.Time(4)), ct, id);

    /// <summary>Whether a form of the same plant for a period that ended in the year before was verified with a physical visit.</summary>
    public static Task<bool> VisitedBefore(DbSession s, Communication c, CancellationToken ct) => c is { PlantId: { } plant, To: { } to }
        // Another verifier may have been there: its form is not this one's to see, that it was there is.
        ? s.AsSystem(u => s.Value<bool>("select exists (select from cbam.communication where plant_id = $1 and operator_id = $4 and id <> $2 and state = 3 and opinion ->> 'visit' = 'Physical' and extract(year from period_to) = $3)", u, plant, c.Id, to.Year - 1, c.OperatorId), ct)
        : Task.FromResult(false);

    public static Communication Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.MaybeGuid(3), r.MaybeDay(4), r.MaybeDay(5), (CommunicationState)r.GetInt16(6), r.GetString(7), r.Text(8), r.Text(9), r.GetInt32(10), r.MaybeGuid(11),
        r.Text(12) is { } opinion ? StorageJson.Read<VerifierOpinion>(opinion) : null, r.Text(13), r.GetGuid(14), r.Time(15), r.MaybeTime(16), r.MaybeGuid(17), r.MaybeGuid(18), r.MaybeTime(19), r.GetInt32(20));

    public static CommunicationFile MapFile(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.Text(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.GetString(6), r.GetGuid(7), r.Time(8));
}
