using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Publications;

/// <summary>Use cases of the exchange's papers. One of its people writes and proposes; publishing and deciding take another.</summary>
public sealed class PublicationHandlers(RuleChanges rules, Approvals approvals)
{
    public async Task<Answer<Paper>> Create(DbSession s, PublicationContent content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (Check(content) is [_, ..] wrong) return wrong;
        return await s.InTransaction<Paper>(async t =>
        {
            var id = s.NewId();
            await PublicationStore.Insert(s, id, content, t);
            await s.Audit(new AuditEntry("publication.written", "publication", id.ToString(), Details: new { Kind = content.Kind.ToString(), content.Title.En }), t);
            return (await PublicationStore.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Writes a draft anew. A proposal to publish what stood before is then refused to the one who decides it.</summary>
    public Task<Answer<Paper>> Revise(DbSession s, Guid id, PublicationContent content, CancellationToken ct) => Change(s, id, async (known, t) =>
    {
        if (known.State != PublicationState.Draft) return [Refusal.Conflict("publication.no-longer-a-draft", "state", ("state", known.State.ToString()))];
        if (Check(content) is [_, ..] wrong) return wrong;
        await PublicationStore.Rewrite(s, id, content, t);
        await s.Audit(new AuditEntry("publication.rewritten", "publication", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>Proposes to publish a draft; a second person decides in the inbox, and the number is given out then.</summary>
    public Task<Answer<ApprovalTask>> ProposePublishing(DbSession s, Guid id, CancellationToken ct) => Propose(s, id, PublishPaperKind.Name, known =>
    {
        var next = PublicationStates.Table.Next(known.State, PublicationEvent.Publish, PublicationStates.Shown(known.Content.Kind));
        if (!next.Ok) return ([.. next.Refusals], null, "");
        return ([.. Check(known.Content), .. PublicationRules.CheckPublishing(known.Content, s.Today())], new PublishSubject(id, known.RowVersion), "passport.task.publication.publish");
    }, ct);

    /// <summary>Proposes what is decided on a summarised paper; a second person decides in the inbox.</summary>
    public Task<Answer<ApprovalTask>> ProposeDecision(DbSession s, Guid id, DecisionContent decision, CancellationToken ct) => Propose(s, id, DecidePaperKind.Name, known =>
    {
        var next = PublicationStates.Table.Next(known.State, PublicationEvent.Decide);
        if (!next.Ok) return ([.. next.Refusals], null, "");
        return ([.. PublicationRules.Check(decision), .. rules.Check(decision.Rule)], new DecideSubject(id, decision), "passport.task.publication.decide");
    }, ct);

    /// <summary>The exchange says what was answered, once answering has ended. It can be written anew until the decision.</summary>
    public Task<Answer<Paper>> Summarise(DbSession s, Guid id, Bilingual summary, CancellationToken ct) => Change(s, id, async (known, t) =>
    {
        if (known.State != PublicationState.Summarised && PublicationStates.Table.Next(known.State, PublicationEvent.Summarise) is { Ok: false } not) return not.Refusals;
        var wrong = new List<Refusal>();
        PublicationRules.Both(summary, "summary", PublicationRules.LongestText, wrong);
        if (wrong.Count > 0) return wrong;
        await s.Run("update passport.publication set state = $2, summary = $3, summarised_on = $4, row_version = row_version + 1 where id = $1", t, id, (short)PublicationState.Summarised, PublicationStore.Written(summary), s.Today());
        await s.Audit(new AuditEntry("publication.summarised", "publication", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>Takes a paper back; its number stays its own and is not given out again.</summary>
    public Task<Answer<Paper>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct) => Change(s, id, async (known, t) =>
    {
        var next = PublicationStates.Table.Next(known.State, PublicationEvent.Withdraw);
        if (!next.Ok) return next.Refusals;
        var wrong = new List<Refusal>();
        Disclosures.DisclosureText.Check(reason, "reason", 2000, wrong);
        if (wrong.Count > 0) return wrong;
        await s.Run("update passport.publication set state = $2, withdrawn_reason = $3, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, reason!.Trim());
        await s.Audit(new AuditEntry("publication.withdrawn", "publication", id.ToString(), reason), t);
        return [];
    }, ct);

    /// <summary>Takes a decided paper over from a public record, with its own number. The system's own: no request reaches it. The year's numbering goes on after it.</summary>
    internal static async Task TakeOver(DbSession s, Paper p, CancellationToken ct)
    {
        if (!s.Actor.Is(Role.System)) throw new InvalidOperationException("Only the system takes papers over.");
        var place = int.Parse(p.Number!.AsSpan(3), System.Globalization.CultureInfo.InvariantCulture);
        await PublicationStore.Insert(s, p.Id, p.Content, ct);
        await s.Run("""
            update passport.publication set state = $2, year = $3, place = $4, number = $5, published_on = $6, summary = $7, summarised_on = $8, decision = $9, taken_over = true, note = $10 where id = $1
            """, ct, p.Id, (short)p.State, (short)p.PublishedOn!.Value.Year, place, p.Number, p.PublishedOn, Maybe(p.Summary), p.SummarisedOn, Maybe(p.Decision), Maybe(p.Note));
        await s.Run("insert into passport.publication_counter (year, last) values ($1, $2) on conflict (year) do update set last = greatest(publication_counter.last, $2)", ct, (short)p.PublishedOn.Value.Year, place);
        await s.Audit(new AuditEntry("publication.taken-over", "publication", p.Id.ToString(), Details: new { p.Number }), ct);

        static object? Maybe<T>(T? value) => value is null ? null : PublicationStore.Written(value);
    }

    List<Refusal> Check(PublicationContent content) => [.. PublicationRules.Check(content), .. rules.Check(content.Rule)];

    async Task<Answer<ApprovalTask>> Propose(DbSession s, Guid id, string kind, Func<Paper, (List<Refusal> Wrong, object? Subject, string TextKey)> check, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await s.InTransaction<ApprovalTask>(async t =>
        {
            if (await PublicationStore.Locked(s, id, t) is not { } known) return EmissionsAccess.NotVisible("publication");
            var (wrong, subject, text) = check(known);
            if (wrong.Count > 0) return wrong;
            if ((await approvals.Inbox(s, new TaskFilter(TaskView.All, ApprovalState.Open, kind, id.ToString(), Limit: 1), t)).Items.Count > 0) return Refusal.Conflict("publication.proposal-open");
            return await approvals.Propose(s, new ApprovalRequest(kind, id.ToString(), s.Actor.OrganisationId, Role.ExchangeStaff, subject!, text, new Dictionary<string, string> { ["title"] = known.Content.Title.En }, $"/publications/{id}"), t);
        }, ct);
    }

    static async Task<Answer<Paper>> Change(DbSession s, Guid id, Func<Paper, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await s.InTransaction<Paper>(async t =>
        {
            if (await PublicationStore.Locked(s, id, t) is not { } known) return EmissionsAccess.NotVisible("publication");
            var wrong = await change(known, t);
            return wrong.Count > 0 ? Answer<Paper>.From(wrong) : (await PublicationStore.Find(s, id, t))!;
        }, ct);
    }
}
