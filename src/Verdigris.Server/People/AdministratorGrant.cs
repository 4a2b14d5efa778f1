using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Giving administrator rights is proposed by one administrator and approved by another (never by the one who gets them).</summary>
sealed class AdministratorGrant(AccessCache cache) : IApprovalKind
{
    public const string KindName = "server.grant-administrator";

    public sealed record Grant(Guid PersonId, Guid OrganisationId);

    public string Kind => KindName;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var grant = task.Payload<Grant>();
        if (session.Actor.PersonId == grant.PersonId) return Refusal.Forbidden("people.own-rights");
        // The decider may be of the exchange and not see the membership; the function checks the decider and writes in this transaction.
        var given = await session.One("select server.give_administrator($1, $2, $3)", r => r.GetBoolean(0), ct, grant.PersonId, grant.OrganisationId, session.Now.ToDateTimeUtc());
        if (!given) return Refusal.Conflict("people.not-a-colleague");
        await session.Audit(new AuditEntry("person.administrator-given", "person", grant.PersonId.ToString(), Details: grant), ct);
        await session.AfterCommit(_ => { cache.Forget(grant.PersonId); return Task.CompletedTask; }, ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await session.Audit(new AuditEntry("person.administrator-refused", "person", task.Payload<Grant>().PersonId.ToString(), reason), ct);
        return default(Done);
    }
}
