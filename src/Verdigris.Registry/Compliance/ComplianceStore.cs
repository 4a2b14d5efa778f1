using System.Text.Json.Nodes;
using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Registry.Compliance;

/// <summary>Rows of obligations.</summary>
static class ComplianceStore
{
    const string EmissionsColumns = "id, installation_id, year, tco2e, report_id, report_sha256, state, reason, task_id, written_at";
    const string AllocationColumns = "id, installation_id, year, quantity, basis::text, state, reason, transaction_id, task_id";
    const string ClassColumns = "id, installation_id, relief, from_year, state, reason, answer, by_operator, task_id, written_at, decided_at";
    const string PenaltyColumns = "id, installation_id, year, shortfall, amount_from, amount_to, currency, basis::text, amount, state, reason, task_id";

    /// <summary>Every entry, by year and of a year the newest last; also those that wait or were turned down.</summary>
    public static Task<List<YearEmissions>> Emissions(DbSession s, Guid installation, CancellationToken ct) =>
        s.All($"select {EmissionsColumns} from registry.emissions where installation_id = $1 order by year, id", MapEmissions, ct, installation);

    public static Task<YearEmissions?> FindEmissions(DbSession s, Guid id, CancellationToken ct) => s.One($"select {EmissionsColumns} from registry.emissions where id = $1", MapEmissions, ct, id);

    public static Task<List<int>> Exclusions(DbSession s, Guid installation, CancellationToken ct) => s.All("select year from registry.exclusion where installation_id = $1 and lifted_at is null", r => r.GetInt32(0), ct, installation);

    public static Task<List<Allocation>> Allocations(DbSession s, Guid installation, CancellationToken ct) => s.All($"select {AllocationColumns} from registry.allocation where installation_id = $1 and state <> 3 order by year, id", MapAllocation, ct, installation);

    /// <summary>What was decided as the allocation of each year, the newest decision; of an installation, or of all of a scheme.</summary>
    public static Task<List<(Guid Installation, int Year, long Units)>> Allotted(DbSession s, Guid? installation, string scheme, CancellationToken ct) => s.All("""
        select distinct on (a.installation_id, a.year) a.installation_id, a.year, a.quantity from registry.allocation a join registry.installation i on i.id = a.installation_id
        where i.scheme = $1 and ($2::uuid is null or i.id = $2) and a.state in (1, 2) order by a.installation_id, a.year, a.id desc
        """, r => (r.GetGuid(0), r.GetInt32(1), r.GetInt64(2)), ct, scheme, installation);

    /// <summary>What was decided as the allocation of a year, and the kind of plant an installation is in it.</summary>
    public static async Task<(long? Allotted, string? Relief)> Limits(DbSession s, Guid installation, string scheme, int year, CancellationToken ct)
    {
        var allotted = (await Allotted(s, installation, scheme, ct)).Where(a => a.Year == year).Select(a => (long?)a.Units).FirstOrDefault();
        return (allotted, PlantClasses.ByYear(await Classes(s, installation, scheme, ct))(year));
    }

    /// <summary>Kinds of plant in force and the year each counts from, in the order they were decided: what the permit gave comes first. Of an installation, or of all of a scheme.</summary>
    public static Task<List<(Guid Installation, int FromYear, string? Relief)>> Classes(DbSession s, Guid? installation, string scheme, CancellationToken ct) => s.All("""
        select id, 0, relief, null::uuid as place from registry.installation where scheme = $1 and ($2::uuid is null or id = $2) and relief is not null
        union all select c.installation_id, c.from_year, c.relief, c.id from registry.plant_class c join registry.installation i on i.id = c.installation_id where i.scheme = $1 and ($2::uuid is null or i.id = $2) and c.state = 1
        order by place nulls first
        """, r => (r.GetGuid(0), r.GetInt32(1), r.Text(2)), ct, scheme, installation);

    public static Task<List<PlantClass>> PlantClassesOf(DbSession s, Guid installation, CancellationToken ct) => s.All($"select {ClassColumns} from registry.plant_class where installation_id = $1 order by id desc", MapClass, ct, installation);

    public static Task<PlantClass?> FindPlantClass(DbSession s, Guid id, CancellationToken ct) => s.One($"select {ClassColumns} from registry.plant_class where id = $1", MapClass, ct, id);

    /// <summary>Units allocated for a year that were delivered or are on their way, less those that came back.</summary>
    public static Task<long> Allocated(DbSession s, Guid installation, int year, CancellationToken ct) =>
        s.Value<long>("select coalesce(sum(case kind when 'allocate' then quantity else -quantity end), 0)::bigint from registry.transaction where installation_id = $1 and year = $2 and ((kind = 'allocate' and state in (0, 1, 2, 3)) or (kind = 'return-allocation' and state = 3))", ct, installation, year);

    public static Task<Allocation?> FindAllocation(DbSession s, Guid id, CancellationToken ct) => s.One($"select {AllocationColumns} from registry.allocation where id = $1", MapAllocation, ct, id);

    public static Task<List<Penalty>> Penalties(DbSession s, Guid installation, CancellationToken ct) => s.All($"select {PenaltyColumns} from registry.penalty where installation_id = $1 and state <> 3 order by year", MapPenalty, ct, installation);

    public static Task<Penalty?> FindPenalty(DbSession s, Guid id, CancellationToken ct) => s.One($"select {PenaltyColumns} from registry.penalty where id = $1", MapPenalty, ct, id);

    /// <summary>Units surrendered, by the year they were meant for; what was taken back is not among them.</summary>
    public static Task<List<(int? Year, long Units)>> Surrendered(DbSession s, Guid installation, CancellationToken ct) =>
        s.All("select year, sum(quantity)::bigint from registry.transaction where installation_id = $1 and kind = 'surrender' and state = 3 group by year", r => (r.MaybeInt(0), r.GetInt64(1)), ct, installation);

    /// <summary>Units surrendered until a moment. What came later does not undo that it was missing then.</summary>
    public static Task<long> SurrenderedBy(DbSession s, Guid installation, NodaTime.Instant end, CancellationToken ct) =>
        s.Value<long>("select coalesce(sum(quantity), 0)::bigint from registry.transaction where installation_id = $1 and kind = 'surrender' and state = 3 and finished_at < $2", ct, installation, end);

    /// <summary>Penalties that were set, with the most units a rule of theirs still asks for: of an installation, or of all of a scheme.</summary>
    public static Task<List<(Guid Installation, int Year, decimal Units)>> Charges(DbSession s, Guid? installation, string scheme, CancellationToken ct) => s.All("""
        select p.installation_id, p.year, coalesce((select max((x ->> 'owedUnits')::numeric) from jsonb_array_elements(p.basis::jsonb -> 'penalties') x), p.shortfall) - p.shortfall
        from registry.penalty p join registry.installation i on i.id = p.installation_id where i.scheme = $1 and ($2::uuid is null or i.id = $2) and p.state in (1, 2)
        """, r => (r.GetGuid(0), r.GetInt32(1), r.GetDecimal(2)), ct, scheme, installation);

    static YearEmissions MapEmissions(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.GetInt64(3), r.MaybeGuid(4), r.Text(5), (EntryState)r.GetInt16(6), r.Text(7), r.MaybeGuid(8), r.Time(9));

    static PlantClass MapClass(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.Text(2), r.GetInt32(3), (EntryState)r.GetInt16(4), r.GetString(5), r.Text(6), r.GetBoolean(7), r.MaybeGuid(8), r.Time(9), r.MaybeTime(10));

    static Allocation MapAllocation(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.GetInt64(3), r.Text(4) is { } basis ? JsonNode.Parse(basis) : null, (AllocationState)r.GetInt16(5), r.Text(6), r.MaybeGuid(7), r.MaybeGuid(8));

    static Penalty MapPenalty(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.GetInt64(3), r.GetDecimal(4), r.GetDecimal(5), r.GetString(6), JsonNode.Parse(r.GetString(7)), r.MaybeDecimal(8), (PenaltyState)r.GetInt16(9), r.Text(10), r.MaybeGuid(11));
}
