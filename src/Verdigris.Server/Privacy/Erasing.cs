using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>
/// Erasing somebody: every room removes what only the person needs and puts a pseudonym where a record that must stay named them. Ids stay, so that the trail, signatures, tasks and the Book say as before who did what,
/// without saying who that was.
/// </summary>
sealed class Erasing(IEnumerable<IPersonalData> rooms, AccessCache cache)
{
    /// <summary>What an erasure leaves, each with its reason under <c>server.privacy.kept.NAME</c>.</summary>
    public static IReadOnlyList<string> Kept { get; } = ["trail", "signatures", "book", "free-text", "files", "clients", "backups"];

    /// <summary>Erases, in the transaction of the decision.</summary>
    public async Task<Answer<Done>> Erase(DbSession s, Guid person, CancellationToken ct)
    {
        if (PrivacyDesk.MayServe(s.Actor) is { } no) return no;
        if (person == s.Actor.PersonId) return Refusal.Forbidden("privacy.own-erasure");
        var answer = await s.AsSystem<Answer<Done>>(async t =>
        {
            if (await Hindered(s, person, t) is { } hindered) return hindered;
            var subject = (await AccountPersonalData.Find(s, person, t))!;
            foreach (var room in rooms) await room.Erase(s, subject, t);
            return default(Done);
        }, ct);
        if (!answer.Ok) return answer;
        await s.Audit(new AuditEntry("person.erased", "person", person.ToString(), Details: new { Kept }), ct);
        await s.AfterCommit(_ => { cache.Forget(person); return Task.CompletedTask; }, ct);
        return default(Done);
    }

    /// <summary>Unknown, erased already, or the only administrator somewhere.</summary>
    internal static async Task<Refusal?> Hindered(DbSession s, Guid person, CancellationToken ct)
    {
        var state = await s.Many("select erased_at is not null from server.person where id = $1 for update", r => r.GetBoolean(0), ct, person);
        if (state is not [var erased]) return Refusal.NotFound("privacy.person-unknown", "person", ("given", person.ToString()));
        if (erased) return Refusal.Conflict("privacy.already-erased", "person");
        var only = await OnlyAdministratorOf(s, person, ct);
        return only.Count == 0 ? null : Refusal.Conflict("privacy.only-administrator", "person", ("organisations", string.Join(", ", only)));
    }

    /// <summary>An organisation without an administrator could let nobody in or out any more.</summary>
    internal static Task<List<string>> OnlyAdministratorOf(DbSession s, Guid person, CancellationToken ct) => s.Many("""
        select coalesce((select o.name from passport.organisation o where o.id = m.organisation_id), m.organisation_id::text) from server.membership m
        where m.person_id = $1 and 'administrator' = any(m.roles) and not exists (
          select from server.membership other join server.person p on p.id = other.person_id
          where other.organisation_id = m.organisation_id and other.person_id <> $1 and 'administrator' = any(other.roles) and p.state = 'active')
        order by 1
        """, r => r.GetString(0), ct, person);
}

/// <summary>The second pair of eyes on an erasure. Rejected, nothing happens to the person.</summary>
sealed class ErasureKind(Erasing erasing) : IApprovalKind
{
    public const string Name = "server.erase-person";

    public sealed record Asked(Guid PersonId);

    public string Kind => Name;

    // Whoever is erased has no inbox any more; who asked hears of a rejection below.
    public bool TellsProposer => false;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) =>
        erasing.Erase(session, task.Payload<Asked>().PersonId, ct);

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await session.Audit(new AuditEntry("person.erasure-refused", "person", task.SubjectId, reason), ct);
        if (NoticeTo.Doer(task.ProposedBy, task.ProposedByOrganisation) is { } asker)
            await session.Notify(new Notice("task.rejected", asker, task.TitleKey, task.TitleArgs, $"/tasks/{task.Id}", task.Kind, task.SubjectId), ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Withdrawn(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await session.Audit(new AuditEntry("person.erasure-withdrawn", "person", task.SubjectId, reason), ct);
        return default(Done);
    }
}
