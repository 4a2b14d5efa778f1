using NodaTime;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Publications;

/// <param name="RowVersion">Of the draft that was proposed: what was written since is not published by it.</param>
sealed record PublishSubject(Guid Id, int RowVersion);

sealed record DecideSubject(Guid Id, DecisionContent Decision);

/// <summary>The second person publishes: the paper gets its number, and from now on everybody reads it.</summary>
sealed class PublishPaperKind : IApprovalKind
{
    public const string Name = "passport.publication.publish";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var subject = task.Payload<PublishSubject>();
        if (await PublicationStore.Locked(session, subject.Id, ct) is not { } known) return EmissionsAccess.NotVisible("publication");
        var next = PublicationStates.Table.Next(known.State, PublicationEvent.Publish, PublicationStates.Shown(known.Content.Kind));
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        if (known.RowVersion != subject.RowVersion) return Refusal.Conflict("publication.changed-since");
        if (PublicationRules.CheckPublishing(known.Content, session.Today()) is [_, ..] wrong) return wrong;
        var (year, place) = await PublicationStore.NextPlace(session, session.Today().Year, ct);
        var number = PublicationRules.Number(year, place);
        await session.Run("update passport.publication set state = $2, year = $3, place = $4, number = $5, published_on = $6, row_version = row_version + 1 where id = $1", ct, known.Id, (short)next.Value, year, place, number, session.Today());
        await session.Audit(new AuditEntry("publication.published", "publication", known.Id.ToString(), Details: new { number }), ct);
        return default(Done);
    }

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Task.FromResult<Answer<Done>>(default(Done));
}

/// <summary>The second person decides: the decision gets a number of the same series, and the rule it names must still be there.</summary>
sealed class DecidePaperKind(RuleChanges rules) : IApprovalKind
{
    public const string Name = "passport.publication.decide";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var subject = task.Payload<DecideSubject>();
        if (await PublicationStore.Locked(session, subject.Id, ct) is not { } known) return EmissionsAccess.NotVisible("publication");
        var next = PublicationStates.Table.Next(known.State, PublicationEvent.Decide);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        if (rules.Check(subject.Decision.Rule) is [_, ..] wrong) return wrong;
        LocalDate today = session.Today();
        var (year, place) = await PublicationStore.NextPlace(session, today.Year, ct);
        var decision = new PublicationDecision(PublicationRules.Number(year, place), subject.Decision, today);
        await session.Run("update passport.publication set state = $2, decision = $3, row_version = row_version + 1 where id = $1", ct, known.Id, (short)next.Value, PublicationStore.Written(decision));
        await session.Audit(new AuditEntry("publication.decided", "publication", known.Id.ToString(), Details: new { decision.Number, subject.Decision.Rule }), ct);
        return default(Done);
    }

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Task.FromResult<Answer<Done>>(default(Done));
}
