using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Units;

/// <summary>A label that units issued here have, or had.</summary>
/// <param name="Year">Of the reductions.</param>
/// <param name="TakenAt">Null: they have it.</param>
public sealed record UnitLabel(Guid Id, Guid ProjectId, int Year, string Label, string Reason, Instant GivenAt, string? TakenReason, Instant? TakenAt);

/// <param name="Label">A word of the vocabulary; what a host country authorised is told by its letter, not by a label.</param>
/// <param name="Reason">1 to 2,000 characters: the decision it rests on.</param>
public sealed record NewUnitLabel(int Year, string? Label, string? Reason);

/// <summary>
/// Labels of units issued here, given and taken by an officer of their programme for a year of a project. What units may be used for is asked of them at once; a label that was taken stays written down with its reason.
/// Units known from another registry's export keep the labels that registry printed.
/// </summary>
public sealed class LabelHandlers(RulePacks packs)
{
    /// <summary>Labels that say what a letter says.</summary>
    const string ByLetter = "authorised-";

    const string Columns = "id, project_id, year, label, reason, given_at, taken_reason, taken_at";

    readonly CreditRules rules = CreditRules.Of(packs);

    /// <summary>Labels an officer can give.</summary>
    public IReadOnlyList<CreditWord> Vocabulary => [.. rules.Labels.Where(l => !l.Code.StartsWith(ByLetter, StringComparison.Ordinal))];

    /// <summary>Labels of a project's units, by year; those taken last. Public where the project is.</summary>
    public async Task<IReadOnlyList<UnitLabel>> Of(DbSession s, Guid project, CancellationToken ct) =>
        await s.All($"select {Columns} from registry.credit_label where project_id = $1 and exists (select from registry.credit_project p where p.id = $1) order by taken_at is not null, year, label, given_at", Map, ct, project);

    /// <summary>Years of which units of a project were issued here.</summary>
    public static Task<List<int>> Years(DbSession s, Guid project, CancellationToken ct) =>
        s.All("select distinct extract(year from vintage_from)::int from registry.credit_block where project_id = $1 and import_id is null and vintage_from is not null order by 1", r => r.GetInt32(0), ct, project);

    /// <summary>Gives a label. <c>credits.project-not-found</c>, <c>credits.not-administered</c>, <c>credits.label</c>, <c>credits.label-year</c> where no units of the year were issued here, <c>credits.labelled-already</c>.</summary>
    public async Task<Answer<UnitLabel>> Give(DbSession s, Guid project, NewUnitLabel wanted, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, project, ct) is not { } known) return Refusal.NotFound("credits.project-not-found");
        if (await ProgrammeAdministration.Acts(s, known.Programme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var reason = Given.Text(wanted.Reason, "reason", Given.Longest, wrong);
        if (Vocabulary.All(l => l.Code != wanted.Label)) wrong.Add(Refusal.Of("credits.label", "label", ("given", wanted.Label ?? ""), ("known", string.Join(", ", Vocabulary.Select(l => l.Code)))));
        if (!(await Years(s, project, ct)).Contains(wanted.Year)) wrong.Add(Refusal.Of("credits.label-year", "year", ("year", $"{wanted.Year}")));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<UnitLabel>(async t =>
            {
                await s.Run("insert into registry.credit_label (id, project_id, year, label, reason, given_by, given_at) values ($1, $2, $3, $4, $5, $6, $7)", t, id, project, wanted.Year, wanted.Label, reason, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("credit-project.labelled", "credit-project", project.ToString(), reason, Details: new { wanted.Year, wanted.Label }), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "credit_label_once") { return Refusal.Conflict("credits.labelled-already", "label", ("year", $"{wanted.Year}"), ("label", wanted.Label ?? "")); }
    }

    /// <summary>Takes a label that was given. <c>credits.label-not-found</c>, <c>credits.not-administered</c>.</summary>
    public async Task<Answer<UnitLabel>> Take(DbSession s, Guid project, Guid label, string? reason, CancellationToken ct)
    {
        if (await Find(s, label, ct) is not { TakenAt: null } given || given.ProjectId != project || await ProjectStore.Find(s, project, ct) is not { } known) return Refusal.NotFound("credits.label-not-found");
        if (await ProgrammeAdministration.Acts(s, known.Programme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<UnitLabel>(async t =>
        {
            // Of two who take it at once the second finds it taken.
            if (await s.Run("update registry.credit_label set taken_reason = $2, taken_by = $3, taken_at = $4 where id = $1 and taken_at is null", t, label, words, s.Actor.PersonId, s.Now) == 0) return Refusal.NotFound("credits.label-not-found");
            await s.Audit(new AuditEntry("credit-project.label-taken", "credit-project", project.ToString(), words, Details: new { given.Year, given.Label }), t);
            return (await Find(s, label, t))!;
        }, ct);
    }

    static Task<UnitLabel?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.credit_label where id = $1", Map, ct, id);

    static UnitLabel Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.GetString(3), r.GetString(4), r.Time(5), r.Text(6), r.MaybeTime(7));
}
