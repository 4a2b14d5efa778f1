using Npgsql;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>Rows of projects, periods, documents and steps.</summary>
static class ProjectStore
{
    public const string Columns = "id, programme, number, name, developer_id, proponent, country, methodology, scope, sink, printed_state, state, start_on, crediting_from, crediting_to, renewal, estimate_t, description, validator_id, not_listed, published_on, validation_positive, risk_percent, written_at, row_version, comments_over_on, comments_reason, latitude, longitude";

    static readonly ListOrders<CreditProject> Orders = new("credit-projects", "-written", ListKey<CreditProject>.Id("written", "id", p => p.Id), ListKey<CreditProject>.Text("name", "name", p => p.Name), ListKey<CreditProject>.Text("number", "number", p => p.Number),
        ListKey<CreditProject>.Text("programme", "programme", p => p.Programme), ListKey<CreditProject>.Text("country", "coalesce(country, '')", p => p.Country ?? ""));

    public static Task<CreditProject?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.credit_project where id = $1", Map, ct, id);

    /// <summary>The project, whose rows nobody else changes before the transaction ends.</summary>
    public static Task<CreditProject?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.credit_project where id = $1 for update", Map, ct, id);

    public static async Task<Answer<Page<CreditProject>>> List(DbSession s, ProjectFilter f, CancellationToken ct)
    {
        var where = new Where();
        if (f.Programme is { Length: > 0 } programme) where.And("programme = ", programme);
        if (f.State is { } state) where.And("state = ", (short)state);
        if (f.Country is { Length: > 0 } country) where.And("lower(country) = lower(", country, ")");
        if (f.Text is { Length: > 0 } text) where.And($"(strpos(lower(name), lower({where.Next(text)})) > 0 or number = {where.Next(text)} or strpos(lower(coalesce(proponent, '')), lower({where.Next(text)})) > 0)");
        if (f.Mine is true) where.And("registry.takes_part(id)");
        return await Orders.Page(s, $"select {Columns} from registry.credit_project", where, f.Sort, f.Cursor, f.Limit, Map, ct);
    }

    public static async Task<IReadOnlyList<CreditPeriod>> Periods(DbSession s, Guid project, CancellationToken ct)
    {
        var vintages = (await s.All("select v.period_id, v.year, v.units from registry.credit_vintage v join registry.credit_period p on p.id = v.period_id where p.project_id = $1 order by v.year", r => (Period: r.GetGuid(0), Vintage: new Vintage(r.GetInt32(1), r.GetInt64(2))), ct, project))
            .ToLookup(v => v.Period, v => v.Vintage);
        return await s.All("select id, project_id, first_day, last_day, state, reported_t, data_complete, verifier_id, verification_positive, verified_units, issuance_id from registry.credit_period where project_id = $1 order by first_day, id", r =>
            new CreditPeriod(r.GetGuid(0), r.GetGuid(1), r.Day(2), r.Day(3), (PeriodState)r.GetInt16(4), r.MaybeDecimal(5), Flag(r, 6), r.MaybeGuid(7), Flag(r, 8), r.IsDBNull(9) ? null : r.GetInt64(9), r.MaybeGuid(10), [.. vintages[r.GetGuid(0)]]), ct, project);
    }

    public static Task<List<ProjectDocument>> Documents(DbSession s, Guid project, CancellationToken ct) => s.All("select id, project_id, period_id, kind, file_name, media_type, sha256, size_bytes, organisation_id, added_at from registry.credit_document where project_id = $1 order by added_at, id",
        r => new ProjectDocument(r.GetGuid(0), r.GetGuid(1), r.MaybeGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), r.GetInt64(7), r.GetGuid(8), r.Time(9)), ct, project);

    public static Task<List<CreditStep>> Steps(DbSession s, Guid project, CancellationToken ct) => s.All("select id, period_id, step, from_state, to_state, reason, state, answer, task_id, asked_at, decided_at from registry.credit_step where project_id = $1 order by asked_at desc, id desc", MapStep, ct, project);

    internal static CreditStep MapStep(NpgsqlDataReader r) => new(r.GetGuid(0), r.MaybeGuid(1), r.GetString(2), r.GetString(3), r.Text(4), r.Text(5), (CreditStepState)r.GetInt16(6), r.Text(7), r.MaybeGuid(8), r.Time(9), r.MaybeTime(10));

    internal static CreditProject Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.MaybeGuid(4), r.Text(5), r.Text(6), r.Text(7), r.MaybeInt(8), Flag(r, 9), r.Text(10), r.IsDBNull(11) ? null : (ProjectState)r.GetInt16(11), r.MaybeDay(12), r.MaybeDay(13),
        r.MaybeDay(14), r.GetInt32(15), r.MaybeDecimal(16), r.Text(17), r.MaybeGuid(18), Flag(r, 19), r.MaybeDay(20), Flag(r, 21), r.MaybeDecimal(22), r.Time(23), r.GetInt32(24),
        r.MaybeDay(25), r.Text(26), r.MaybeDecimal(27), r.MaybeDecimal(28));

    internal static bool? Flag(NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetBoolean(i);
}
