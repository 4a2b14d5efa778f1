using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Publications;

/// <summary>A paper with what its reader may see of the answers.</summary>
/// <param name="Counts">Null where the paper is not answered, or was taken over and the answers are not known.</param>
/// <param name="Tally">Of questions with choices, once answering has ended.</param>
/// <param name="Named">Responses under a name, once answering has ended.</param>
/// <param name="Change">What the decision made of a rule; null where it named none, or the packs loaded now no longer hold the entry.</param>
public sealed record PublicationView(Paper Paper, ResponseCounts? Counts, IReadOnlyList<QuestionTally> Tally, IReadOnlyList<Response> Named, RuleChange? Change);

/// <summary>Use cases of answering: organisations write, the exchange reads all of it, everybody the counts and, once answering has ended, what was said under a name.</summary>
public sealed class ResponseHandlers(IDbSessions sessions, RuleChanges rules)
{
    /// <summary>A published paper for everybody; a draft for the exchange.</summary>
    public async Task<Answer<PublicationView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await PublicationStore.Find(s, id, ct) is not { } known) return EmissionsAccess.NotVisible("publication");
        var change = rules.Read(known.Decision?.Content.Rule ?? known.Content.Rule);
        if (!PublicationStates.Answered(known.Content.Kind) || known.TakenOver || known.PublishedOn is null) return new PublicationView(known, null, [], [], change);
        // Counts are of responses the reader may not see one by one: they are read as the system, and protected before anything of them leaves here.
        await using var system = sessions.Open(Actor.System);
        var all = await PublicationStore.Responses(system, id, ct);
        var ended = known.Content.ClosesOn < s.Today();
        var contents = all.ConvertAll(r => r.Content);
        return new PublicationView(known, Tally.Counts(contents, ended), ended ? Tally.Of(known.Content.Questions ?? [], contents) : [], ended ? all.FindAll(r => r.Content.Named) : [], change);
    }

    /// <summary>Every response, for the exchange.</summary>
    public async Task<Answer<IReadOnlyList<Response>>> List(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await PublicationStore.Find(s, id, ct) is null ? EmissionsAccess.NotVisible("publication") : await PublicationStore.Responses(s, id, ct);
    }

    /// <summary>The response of the actor's own organisation.</summary>
    public async Task<Answer<Response>> Own(DbSession s, Guid id, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (await PublicationStore.Find(s, id, ct) is null) return EmissionsAccess.NotVisible("publication");
        return (await PublicationStore.Responses(s, id, ct)).Find(r => r.OrganisationId == s.Actor.OrganisationId) is { } own ? own : Refusal.NotFound("publication.no-response");
    }

    /// <summary>Answers for the actor's organisation, or answers anew, until the closing day. The exchange does not answer itself.</summary>
    public async Task<Answer<Response>> Respond(DbSession s, Guid id, ResponseContent content, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (s.Actor.Is(Role.ExchangeStaff)) return Refusal.Forbidden("publication.own-paper");
        if (!MayAnswer(s.Actor)) return Refusal.Forbidden("access.role-needed", null, ("role", string.Join(" | ", Answering)));
        if (await PublicationStore.Find(s, id, ct) is not { } known) return EmissionsAccess.NotVisible("publication");
        var stored = known.State == PublicationState.Closed ? PublicationState.Open : known.State;
        if (ResponseRules.Late(stored, known.Content, s.Today()) is { } late) return late;
        if (ResponseRules.Check(content, known.Content.Questions ?? []) is [_, ..] wrong) return wrong;
        return await s.InTransaction<Response>(async t =>
        {
            await s.Run("""
                insert into passport.publication_response (publication_id, organisation_id, named, answers, changed_by, changed_at, row_version) values ($1, $2, $3, $4, $5, $6, 1)
                on conflict (publication_id, organisation_id) do update set named = excluded.named, answers = excluded.answers, changed_by = excluded.changed_by, changed_at = excluded.changed_at, row_version = publication_response.row_version + 1
                """, t, id, s.Actor.OrganisationId, content.Named, PublicationStore.Written(content.Answers), s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("publication.answered", "publication", id.ToString()), t);
            return (await PublicationStore.Responses(s, id, t)).Single(r => r.OrganisationId == s.Actor.OrganisationId);
        }, ct);
    }

    /// <summary>Who may speak for an organisation: anybody in it who does more than read.</summary>
    public static bool MayAnswer(Actor actor) => actor.SignedIn && !actor.Is(Role.ExchangeStaff) && Answering.Any(actor.Is);

    static readonly string[] Answering = [Role.Administrator, Role.ProducerEditor, Role.ProducerApprover, Role.OwnerTrader, Role.OwnerApprover, Role.WarehouseOperator, Role.WarehouseApprover];
}
