using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>The warehouse's second person issues a requested warrant, or turns it down.</summary>
sealed class IssueWarrantKind(IServiceProvider services) : IApprovalKind
{
    public const string Name = "passport.warrant.issue";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var id = task.Payload<WarrantSubject>().WarrantId;
        if (await WarrantStore.Lock(session, id, ct) is not { } warrant) return EmissionsAccess.NotVisible("warrant");
        var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.Issue);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        // The certificates may have been disputed since the request.
        var unmatched = await session.All("select c.number from passport.certificate c join passport.warrant_certificate w on w.certificate_id = c.id where w.warrant_id = $1 and c.state <> 3", r => r.GetString(0), ct, id);
        if (unmatched.Count > 0) return Refusal.Conflict("warrant.not-matched", "certificateIds", ("number", unmatched[0]), ("state", "-"));
        if (await WarrantHandlers.OpenAccount(session, warrant.FirstOwner, BookAccounts.Owner, ct) is not { } owner) return Refusal.Conflict("warrant.owner-without-account", "ownerOrganisationId");
        if (await WarrantHandlers.OpenAccount(session, warrant.WarehouseOrganisation, BookAccounts.Authority, ct) is not { } authority) return Refusal.Conflict("warrant.warehouse-without-account");
        await services.GetRequiredService<BookCommands>().Send(session, IssuedKind.Name, id, new WarrantSubject(id), [TitleCommands.Issue(warrant, owner, authority, session.Actor.PersonId)], ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        var id = task.Payload<WarrantSubject>().WarrantId;
        if (await WarrantStore.Lock(session, id, ct) is not { } warrant) return EmissionsAccess.NotVisible("warrant");
        var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.Reject);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        await WarrantStore.SetState(session, id, next.Value, ct);
        await session.Run("update passport.certificate set warrant_id = null where warrant_id = $1", ct, id);
        await session.Audit(new AuditEntry("warrant.rejected", "warrant", id.ToString(), reason, new { warrant.Number }), ct);
        return default(Done);
    }
}

/// <summary>The Book has issued: the warrant is live and its certificates are on warrant.</summary>
sealed class IssuedKind(TitleFence fence) : IBookCommandKind
{
    public const string Name = "passport.warrant.issued";
    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var id = row.Payload<WarrantSubject>().WarrantId;
        if (!outcomes[0].Accepted)
        {
            await session.Run("update passport.warrant set state = 8, refusal_code = $2, closed_at = $3, row_version = row_version + 1 where id = $1 and state = 1", ct, id, (int)outcomes[0].Code, session.Now);
            await session.Run("update passport.certificate set warrant_id = null where warrant_id = $1", ct, id);
            await session.Audit(new AuditEntry("warrant.refused-by-book", "warrant", id.ToString(), Details: new { Code = outcomes[0].Code.ToString() }), ct);
            return;
        }
        await session.Run("update passport.warrant set state = 2, issued_by = $2, issued_at = $3, row_version = row_version + 1 where id = $1 and state = 1", ct, id, session.Actor.PersonId, TitleCommands.Time(outcomes[0].TimeMicros));
        await WarrantStore.SetCertificates(session, id, CertificateState.MatchedAtWarehouse, CertificateState.Warranted, ct);
        await fence.Follow(session, id, ct);
        await session.Audit(new AuditEntry("warrant.issued", "warrant", id.ToString(), Details: new { Batch = outcomes[0].Batch }), ct);
        await session.Publish("passport.warrant.issued", new { WarrantId = id }, ct);
    }
}
