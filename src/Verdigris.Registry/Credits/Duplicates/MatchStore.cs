using NodaTime;
using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Duplicates;

/// <summary>Rows of matches and of the projects that files name.</summary>
static class MatchStore
{
    const string Columns = "m.id, m.one_programme, m.one_number, m.other_programme, m.other_number, m.rule, m.evidence::text, m.years_meet, m.found_in, m.found_at, m.decision, m.stands, m.moved_on, m.row_version";

    /// <summary>
    /// What the matches of a project say of it, with the system's rights: whoever holds its units may know that they wait. A concept, or what was withdrawn or rejected before it had units, holds nobody up: else anybody could stop a project by calling another the same.
    /// </summary>
    public static Task<List<MatchStanding>> Of(DbSession s, string programme, IReadOnlyCollection<string>? numbers, CancellationToken ct) => s.InTransaction(t => s.AsSystem(u => s.All("""
        select m.id, x.mine, x.other_programme, x.other_number, m.rule, m.years_meet, m.decision, m.stands, m.moved_on from registry.credit_match m
        cross join lateral (select m.one_number, m.other_programme, m.other_number where m.one_programme = $1 union all select m.other_number, m.one_programme, m.one_number where m.other_programme = $1) x(mine, other_programme, other_number)
        where ($2::text[] is null or x.mine = any ($2))
          and not exists (select from registry.credit_project p where p.programme = x.other_programme and p.number = x.other_number and p.state in (0, 8, 9) and not exists (select from registry.credit_block b where b.project_id = p.id))
        order by m.id
        """, r => new MatchStanding(r.GetGuid(0), programme, r.GetString(1), new(r.GetString(2), r.GetString(3), null, null), r.GetString(4), Flag(r, 5), (MatchDecision)r.GetInt16(6), r.Text(7), r.MaybeDay(8)), u, programme, numbers?.ToArray()), t), ct);

    /// <summary>Projects that keep this one from being made public: not decided, or decided against it.</summary>
    /// <returns>Programme and number of each, as <c>verra 1340</c>.</returns>
    public static async Task<IReadOnlyList<string>> Against(DbSession s, string programme, string number, LocalDate today, CancellationToken ct) =>
        [.. (await Of(s, programme, [number], ct)).Where(m => m.Decision == MatchDecision.Open || (m.Decision == MatchDecision.Duplicate && m.Stands != programme) || (m.Decision == MatchDecision.Moved && m.Stands != programme && m.MovedOn <= today))
            .Select(m => $"{m.Other.Programme} {m.Other.Number}").Order(StringComparer.Ordinal)];

    /// <summary>The matches the actor may read, newest first, at most 500.</summary>
    public static async Task<List<ProjectMatch>> List(DbSession s, string where, CancellationToken ct, params object?[] args)
    {
        var rows = await s.All($"select {Columns} from registry.credit_match m where {where} order by m.decision = 0 desc, m.id desc limit 500", Map, ct, args);
        if (rows.Count == 0) return [];
        // A name is the project's own, or the one the file has where the project has not come in.
        var keys = rows.SelectMany(m => new[] { (m.One.Programme, m.One.Number), (m.Other.Programme, m.Other.Number) }).Distinct().ToList();
        var known = (await s.InTransaction(t => s.AsSystem(u => s.All("""
            select w.programme, w.number, p.id, coalesce(p.name, (select n.name from registry.credit_import_project n join registry.credit_import i on i.id = n.import_id where i.programme = w.programme and n.number = w.number order by n.import_id desc limit 1))
            from unnest($1::text[], $2::text[]) w(programme, number) left join registry.credit_project p on p.programme = w.programme and p.number = w.number
            """, r => (Key: (r.GetString(0), r.GetString(1)), Id: r.MaybeGuid(2), Name: r.Text(3)), u, keys.Select(k => k.Programme).ToArray(), keys.Select(k => k.Number).ToArray()), t), ct)).ToDictionary(k => k.Key);
        var rulings = (await s.All("select match_id, decision, stands, moved_on, reason, organisation_id, decided_at from registry.credit_match_decision where match_id = any ($1) order by decided_at desc, id desc",
            r => (Of: r.GetGuid(0), Is: new MatchRuling((MatchDecision)r.GetInt16(1), r.Text(2), r.MaybeDay(3), r.GetString(4), r.GetGuid(5), r.Time(6))), ct, (object)rows.Select(m => m.Id).ToArray())).ToLookup(x => x.Of, x => x.Is);
        MatchSide Side(MatchSide side) => known.TryGetValue((side.Programme, side.Number), out var k) ? side with { Name = k.Name, ProjectId = k.Id } : side;
        return [.. rows.Select(m => m with { One = Side(m.One), Other = Side(m.Other), Rulings = [.. rulings[m.Id]] })];
    }

    static ProjectMatch Map(NpgsqlDataReader r) => new(r.GetGuid(0), new(r.GetString(1), r.GetString(2), null, null), new(r.GetString(3), r.GetString(4), null, null), r.GetString(5), StorageJson.Read<List<MatchEvidence>>(r.GetString(6)), Flag(r, 7), r.GetString(8), r.Time(9), (MatchDecision)r.GetInt16(10),
        r.Text(11), r.MaybeDay(12), r.GetInt32(13), []);

    internal static bool? Flag(NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetBoolean(i);
}
