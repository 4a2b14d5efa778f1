using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Duplicates;

/// <summary>A project that a file names, as it was read.</summary>
/// <param name="Deposits">The file brings units of it that count; units converted into another programme's do not.</param>
/// <param name="Stated">Numbers the file states of it in other programmes.</param>
sealed record NamedProject(string Number, string? Name, string? Country, string? Methodology, bool Deposits, IReadOnlyList<Span> Vintages, IReadOnlyList<(string Programme, string Number)> Stated);

/// <summary>
/// Looks at the projects of other registries whenever units come in or a project becomes public: what meets a rule is written down with what was compared, the programmes hear of it, and units wait until a person has decided. Found once, a match stays found.
/// </summary>
sealed class MatchWatch(RulePacks packs)
{
    readonly MatchRules rules = MatchRules.Of(packs);

    public MatchRules Rules => rules;

    /// <summary>Compares one project with those of other programmes. In a transaction of its own, so that what is found stays found whatever becomes of what was asked for.</summary>
    /// <param name="foundIn">What is under way.</param>
    public Task Look(DbSession s, CreditProject project, string foundIn, CancellationToken ct) => s.InTransaction(t => s.AsSystem(async u =>
    {
        var stated = (await s.All("select other_programme, other_number from registry.credit_alias where programme = $1 and number = $2", r => (r.GetString(0), r.GetString(1)), u, project.Programme, project.Number));
        var facts = rules.Facts(project.Programme, project.Number, project.Name, project.Country, project.Methodology, stated, project.Latitude, project.Longitude);
        await Write(s, [(facts, null)], foundIn, u);
        return true;
    }, t), ct);

    /// <summary>Keeps what a file says of its projects, and compares them.</summary>
    public Task Keep(DbSession s, CreditImport file, IReadOnlyList<NamedProject> projects, CancellationToken ct) => s.InTransaction(t => s.AsSystem(async u =>
    {
        await s.Run("""
            insert into registry.credit_import_project (import_id, number, name, country, methodology, deposits, vintages, aliases)
            select $1, x.number, x.name, x.country, x.methodology, x.deposits, x.vintages, case when x.aliases = '' then '{}' else string_to_array(x.aliases, '|') end
            from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::jsonb[], $8::text[]) x(number, name, country, methodology, deposits, vintages, aliases) on conflict do nothing
            """, u, file.Id, projects.Select(p => p.Number).ToArray(), projects.Select(p => p.Name).ToArray(), projects.Select(p => p.Country).ToArray(), projects.Select(p => p.Methodology).ToArray(), projects.Select(p => p.Deposits).ToArray(),
            projects.Select(p => StorageJson.Write(p.Vintages)).ToArray(), projects.Select(p => string.Join('|', p.Stated.Select(x => $"{x.Programme} {x.Number}"))).ToArray());
        var stated = projects.SelectMany(p => p.Stated.Select(x => (p.Number, Other: x))).Where(x => x.Other.Programme != file.Programme).ToList();
        if (stated.Count > 0)
            await s.Run("insert into registry.credit_alias (programme, number, other_programme, other_number, import_id) select $1, x.number, x.other_programme, x.other_number, $2 from unnest($3::text[], $4::text[], $5::text[]) x(number, other_programme, other_number) on conflict do nothing", u,
                file.Programme, file.Id, stated.Select(x => x.Number).ToArray(), stated.Select(x => x.Other.Programme).ToArray(), stated.Select(x => x.Other.Number).ToArray());
        await Compare(s, file, projects, u);
        return true;
    }, t), ct);

    /// <summary>What keeps a file from coming in: matches of projects whose units it brings that nobody has decided. Compared anew, since other files may have come since it was read.</summary>
    /// <param name="read">Reads the file's projects where they were never kept.</param>
    public async Task<IReadOnlyList<MatchStanding>> Holding(DbSession s, CreditImport file, Func<Task<IReadOnlyList<NamedProject>>> read, CancellationToken ct)
    {
        var projects = await Kept(s, file, ct);
        if (projects.Count == 0) await Keep(s, file, projects = await read(), ct);
        else await s.InTransaction(t => s.AsSystem(async u => { await Compare(s, file, projects, u); return true; }, t), ct);
        var brings = projects.Where(p => p.Deposits).Select(p => p.Number).ToList();
        return brings.Count == 0 ? [] : [.. (await MatchStore.Of(s, file.Programme, brings, ct)).Where(m => m.Decision == MatchDecision.Open && m.Overlaps is not false)];
    }

    /// <summary>What was decided about projects of a programme, by their number: records of units it speaks against are refused.</summary>
    public static async Task<ILookup<string, MatchStanding>> Decided(DbSession s, string programme, CancellationToken ct) => (await MatchStore.Of(s, programme, null, ct)).Where(m => m.Decision is MatchDecision.Moved or MatchDecision.Duplicate).ToLookup(m => m.Number);

    /// <summary>Why units of a project and of these years wait or do not count; null where nothing speaks against them. Looks first.</summary>
    public async Task<Refusal?> Stops(DbSession s, Guid project, LocalDate? vintageFrom, LocalDate? vintageTo, string foundIn, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, project, ct) is not { } known) return Refusal.NotFound("credits.project-not-found");
        await Look(s, known, foundIn, ct);
        return await Stopped(s, known, vintageFrom, vintageTo, ct);
    }

    /// <summary>As <see cref="Stops"/>, of what was found before.</summary>
    public static async Task<Refusal?> Stopped(DbSession s, CreditProject project, LocalDate? vintageFrom, LocalDate? vintageTo, CancellationToken ct) =>
        (await MatchStore.Of(s, project.Programme, [project.Number], ct)).Select(m => m.Stops(vintageFrom, vintageTo)).FirstOrDefault(r => r is not null);

    async Task<IReadOnlyList<NamedProject>> Kept(DbSession s, CreditImport file, CancellationToken ct) =>
        await s.All("select number, name, country, methodology, deposits, vintages::text, aliases from registry.credit_import_project where import_id = $1 order by number", r => new NamedProject(r.GetString(0), r.Text(1), r.Text(2), r.Text(3), r.GetBoolean(4), StorageJson.Read<List<Span>>(r.GetString(5)),
            [.. r.Texts(6).Select(x => x.Split(' ')).Select(x => (x[0], x[1]))]), ct, file.Id);

    Task Compare(DbSession s, CreditImport file, IReadOnlyList<NamedProject> projects, CancellationToken ct) =>
        Write(s, [.. projects.Select(p => (rules.Facts(file.Programme, p.Number, p.Name, p.Country, p.Methodology, p.Stated), (IReadOnlyList<Span>?)p.Vintages))], $"import|{file.FileName}", ct);

    /// <summary>With the system's rights.</summary>
    /// <param name="subjects">Projects of one programme, with the years of their units; null: as they are known here.</param>
    async Task Write(DbSession s, IReadOnlyList<(MatchFacts Facts, IReadOnlyList<Span>? Vintages)> subjects, string foundIn, CancellationToken ct)
    {
        if (subjects.Count == 0) return;
        var finder = new MatchFinder(rules, await Others(s, subjects[0].Facts.Programme, ct));
        var found = subjects.SelectMany(x => finder.Of(x.Facts).Select(f => (Subject: x, f.Other, f.Found))).ToList();
        if (found.Count == 0) return;
        var spans = await Spans(s, [.. found.Select(f => f.Other.Key).Concat(found.Select(f => f.Subject.Facts.Key)).Distinct()], ct);
        foreach (var (subject, other, match) in found)
        {
            // What the file says of the years goes with what came in before it.
            var own = spans[subject.Facts.Key].Concat(subject.Vintages ?? []).ToList();
            var overlaps = Span.Meet(own, [.. spans[other.Key]]);
            var turned = string.CompareOrdinal(subject.Facts.Programme, other.Programme) > 0;
            var (one, two) = turned ? (other, subject.Facts) : (subject.Facts, other);
            var evidence = turned ? [.. match.Evidence.Select(e => e with { One = e.Other, Other = e.One })] : match.Evidence;
            var id = s.NewId();
            var fresh = await s.All("""
                insert into registry.credit_match (id, one_programme, one_number, other_programme, other_number, rule, evidence, years_meet, found_at, found_in, found_by) values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11)
                on conflict (one_programme, one_number, other_programme, other_number) do update set rule = excluded.rule, evidence = excluded.evidence, years_meet = excluded.years_meet where registry.credit_match.decision = 0
                returning id
                """, r => r.GetGuid(0), ct, id, one.Programme, one.Number, two.Programme, two.Number, match.Rule, StorageJson.Write(evidence), overlaps, s.Now, foundIn, s.Actor.PersonId);
            if (fresh.Count == 0 || fresh[0] != id) continue;
            await s.Audit(new AuditEntry("credit-match.found", "credit-match", id.ToString(), Details: new { match.Rule, One = $"{one.Programme} {one.Number}", Other = $"{two.Programme} {two.Number}", overlaps }), ct);
            foreach (var administrator in new[] { await ProgrammeAdministration.AdministratorOf(s, one.Programme, ct), await ProgrammeAdministration.AdministratorOf(s, two.Programme, ct) }.OfType<Guid>().Distinct())
                await CreditNotices.Tell(s, administrator, "registry.notice.credits.duplicate", $"/credits/duplicates/{id}", "credit-match", id, ct, ("one", $"{one.Programme} {one.Number}"), ("other", $"{two.Programme} {two.Number}"));
        }
    }

    /// <summary>Projects of the other programmes: all that are public, and those that are not any more but have units.</summary>
    async Task<List<MatchFacts>> Others(DbSession s, string programme, CancellationToken ct)
    {
        var stated = (await s.All("select programme, number, other_programme, other_number from registry.credit_alias where programme <> $1", r => (Of: (r.GetString(0), r.GetString(1)), Is: (r.GetString(2), r.GetString(3))), ct, programme)).ToLookup(x => x.Of, x => x.Is);
        return await s.All("""
            select p.programme, p.number, p.name, p.country, p.methodology, p.latitude, p.longitude from registry.credit_project p
            where p.programme <> $1 and (p.state is null or p.state between 1 and 7 or exists (select from registry.credit_block b where b.project_id = p.id)) order by p.programme, p.number
            """, r => rules.Facts(r.GetString(0), r.GetString(1), r.GetString(2), r.Text(3), r.Text(4), stated[(r.GetString(0), r.GetString(1))], r.MaybeDecimal(5), r.MaybeDecimal(6)), ct, programme);
    }

    /// <summary>Years of the units of projects: those in the Book that were not converted into another programme's, those their registry states, and where there are none the crediting period.</summary>
    static async Task<ILookup<(string, string), Span>> Spans(DbSession s, IReadOnlyList<(string Programme, string Number)> projects, CancellationToken ct) => (await s.All("""
        select p.programme, p.number, v.first_day, v.last_day from registry.credit_project p join unnest($1::text[], $2::text[]) w(programme, number) on p.programme = w.programme and p.number = w.number
        cross join lateral (
          select b.vintage_from, b.vintage_to from registry.credit_block b where b.project_id = p.id and not exists (select from registry.credit_ending e where e.unit = b.unit and e.kind = 2 and e.first <= b.first and e.last >= b.last)
          union select t.vintage_from, t.vintage_to from registry.credit_statement t where t.project_id = p.id
          union select p.crediting_from, p.crediting_to where p.crediting_from is not null and not exists (select from registry.credit_block b where b.project_id = p.id)
        ) v(first_day, last_day)
        """, r => (Key: (r.GetString(0), r.GetString(1)), Span: new Span(r.MaybeDay(2), r.MaybeDay(3))), ct, projects.Select(p => p.Programme).ToArray(), projects.Select(p => p.Number).ToArray())).ToLookup(x => x.Key, x => x.Span);
}
