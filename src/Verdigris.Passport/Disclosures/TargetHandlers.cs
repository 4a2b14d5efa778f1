using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>A figure of a year.</summary>
public sealed record NewProgress(int Year, decimal Value, string? Note = null);

/// <summary>Use cases of targets: the editor writes one and each year's figure, the approver shows it to everybody. Once shown it is not rewritten, only withdrawn with a reason.</summary>
public sealed class TargetHandlers(Taxonomy taxonomy)
{
    public async Task<Answer<Target>> Create(DbSession s, TargetContent content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var wrong = TargetRules.Check(content, [.. taxonomy.Classes.Select(c => c.Code)], s.Now.InUtc().Year);
        var subject = await Subjects.Find(s, content.Subject, ct);
        if (subject is null || subject.ProducerId != s.Actor.OrganisationId) wrong.Insert(0, Refusal.Of("disclosure.subject-not-own", "subject", ("given", content.Subject ?? "")));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<Target>(async t =>
        {
            await s.Run("""
                insert into passport.sustainability_target (id, producer_id, subject_key, class, name, name_zh, unit, baseline_year, baseline_value, target_year, target_value, scope_note, state, written_by, created_at, row_version)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, 1)
                """, t, id, subject!.ProducerId, subject.Key, content.Class, content.Name, content.NameZh, content.Unit, (short)content.BaselineYear, content.BaselineValue, (short)content.TargetYear, content.TargetValue, content.ScopeNote,
                s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("target.created", "target", id.ToString(), Details: new { Subject = subject.Key, content.Name }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Shows it to everybody: the approver, another person than the one who wrote it.</summary>
    public Task<Answer<Target>> Publish(DbSession s, Guid id, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        var next = TargetRules.Table.Next(known.State, TargetEvent.Publish);
        if (!next.Ok) return next.Refusals;
        if (known.WrittenBy == s.Actor.PersonId) return [Refusal.Forbidden("disclosure.submitter-wrote-it")];
        await s.Run("update passport.sustainability_target set state = $2, published_by = $3, published_at = $4, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("target.published", "target", id.ToString()), t);
        return [];
    }, ct);

    public Task<Answer<Target>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        var wrong = new List<Refusal>();
        DisclosureText.Check(string.IsNullOrWhiteSpace(reason) ? null : reason, "reason", 2000, wrong);
        var next = TargetRules.Table.Next(known.State, TargetEvent.Withdraw);
        if (!next.Ok) wrong.AddRange(next.Refusals);
        if (wrong.Count > 0) return wrong;
        await s.Run("update passport.sustainability_target set state = $2, reason = $3, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, reason!.Trim());
        await s.Audit(new AuditEntry("target.withdrawn", "target", id.ToString(), reason.Trim()), t);
        return [];
    }, ct);

    /// <summary>Enters a year's figure, or corrects it: the earlier entry stays on record.</summary>
    public Task<Answer<Target>> Enter(DbSession s, Guid id, NewProgress progress, CancellationToken ct) => Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        var wrong = TargetRules.Check(known.Content, progress.Year, progress.Value, progress.Note, s.Now.InUtc().Year);
        if (known.State == TargetState.Withdrawn) wrong.Add(Refusal.Conflict("target.state-forbids", "state", ("state", known.State.ToString()), ("event", "Enter")));
        if (wrong.Count > 0) return wrong;
        await s.Run("""
            insert into passport.target_progress (target_id, year, seq, producer_id, value, note, entered_by, entered_at)
            select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7 from passport.target_progress where target_id = $1 and year = $2
            """, t, id, (short)progress.Year, known.Subject.ProducerId, progress.Value, progress.Note, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("target.progress", "target", id.ToString(), Details: new { progress.Year, progress.Value }), t);
        return [];
    }, ct);

    public async Task<Answer<Target>> Read(DbSession s, Guid id, CancellationToken ct) =>
        await Find(s, id, ct) is { } known && MaySee(s.Actor, known) ? known : EmissionsAccess.NotVisible("target");

    /// <summary>A producer's targets: the published ones for everybody, all for its own people.</summary>
    public async Task<IReadOnlyList<Target>> Of(DbSession s, Guid producer, CancellationToken ct) => [.. (await Select(s, "t.producer_id = $1", ct, producer)).Where(t => MaySee(s.Actor, t))];

    static bool MaySee(Actor actor, Target t) => t.State == TargetState.Published || actor.Is(Role.System) || (actor.SignedIn && actor.OrganisationId == t.Subject.ProducerId);

    static async Task<Answer<Target>> Change(DbSession s, Guid id, string role, Func<Target, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, role) is { } no) return no;
        return await s.InTransaction<Target>(async t =>
        {
            await s.Run("select 1 from passport.sustainability_target where id = $1 for update", t, id);
            if (await Find(s, id, t) is not { } known || known.Subject.ProducerId != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("target");
            var wrong = await change(known, t);
            return wrong.Count > 0 ? Answer<Target>.From(wrong) : (await Find(s, id, t))!;
        }, ct);
    }

    static async Task<Target?> Find(DbSession s, Guid id, CancellationToken ct) => (await Select(s, "t.id = $1", ct, id)).SingleOrDefault();

    static async Task<List<Target>> Select(DbSession s, string condition, CancellationToken ct, params object?[] args)
    {
        var rows = await s.All($"""
            select t.id, t.class, t.name, t.name_zh, t.unit, t.baseline_year, t.baseline_value, t.target_year, t.target_value, t.scope_note, t.state, t.reason, t.written_by, t.created_at, t.published_at, t.subject_key
            from passport.sustainability_target t where {condition} order by t.class, t.target_year, t.id
            """, r => (Id: r.GetGuid(0), Content: new TargetContent(r.GetString(15), r.GetString(1), r.GetString(2), r.Text(3), r.GetString(4), r.GetInt16(5), DecimalText.Trim(r.GetDecimal(6)), r.GetInt16(7), DecimalText.Trim(r.GetDecimal(8)), r.Text(9)),
                State: (TargetState)r.GetInt16(10), Reason: r.Text(11), By: r.GetGuid(12), Created: r.Time(13), Published: r.MaybeTime(14)), ct, args);
        var ids = rows.Select(r => r.Id).ToArray();
        var progress = (await s.All("select distinct on (target_id, year) target_id, year, value, note, entered_at from passport.target_progress where target_id = any($1) order by target_id, year, seq desc",
            r => (Target: r.GetGuid(0), Entry: new ProgressEntry(r.GetInt16(1), DecimalText.Trim(r.GetDecimal(2)), r.Text(3), r.Time(4))), ct, ids)).ToLookup(p => p.Target, p => p.Entry);
        var targets = new List<Target>();
        foreach (var r in rows)
            targets.Add(new(r.Id, (await Subjects.Find(s, r.Content.Subject, ct))!, r.Content, r.State, r.Reason, r.By, r.Created, r.Published, [.. progress[r.Id]]));
        return targets;
    }
}
