using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>Use cases of a disclosure's life: the editor writes, the approver hands in, the exchange accepts or returns, the producer publishes and withdraws.</summary>
public sealed class DisclosureHandlers(DisclosureReaders readers, Approvals approvals)
{
    public async Task<Answer<Disclosure>> Create(DbSession s, DisclosureContent content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var checkedContent = await Checked(s, content, s.Actor.OrganisationId, ct);
        if (!checkedContent.Ok) return Answer<Disclosure>.From(checkedContent.Refusals);
        var (subject, methodology) = checkedContent.Value;
        var id = s.NewId();
        return await s.InTransaction<Disclosure>(async t =>
        {
            await DisclosureStore.Insert(s, id, subject, content, methodology.Class, t);
            await s.Audit(new AuditEntry("disclosure.created", "disclosure", id.ToString(), Details: new { Subject = subject.Key, methodology.Code, methodology.Version }), t);
            return (await DisclosureStore.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Writes a draft or a returned disclosure anew. Who wrote it last may not hand it in.</summary>
    public Task<Answer<Disclosure>> Revise(DbSession s, Guid id, DisclosureContent content, CancellationToken ct) => Change(s, id, Role.ProducerEditor, async (known, t) =>
    {
        if (Closed(known) is { } closed) return [closed];
        var checkedContent = await Checked(s, content, known.Subject.ProducerId, t);
        if (!checkedContent.Ok) return checkedContent.Refusals;
        await DisclosureStore.Update(s, id, checkedContent.Value.Subject, content, checkedContent.Value.Methodology.Class, t);
        await s.Audit(new AuditEntry("disclosure.revised", "disclosure", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>Hands it in to the exchange: the producer's approver, another person than the one who wrote it.</summary>
    public Task<Answer<Disclosure>> Submit(DbSession s, Guid id, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        var next = DisclosureRules.Table.Next(known.State, DisclosureEvent.Submit);
        if (!next.Ok) return next.Refusals;
        if (known.WrittenBy == s.Actor.PersonId) return [Refusal.Forbidden("disclosure.submitter-wrote-it")];
        // What was right when it was written may have lapsed or lost its methodology meanwhile.
        var stillGood = await Checked(s, known.Content, known.Subject.ProducerId, t);
        if (!stillGood.Ok) return stillGood.Refusals;
        if (await EmissionsHandlers.Exchange(s, t) is not { } exchange) return [Refusal.Conflict("organisation.no-exchange")];
        await approvals.Propose(s, new ApprovalRequest(AcceptDisclosureKind.Name, id.ToString(), exchange, Role.ExchangeStaff, new DisclosureTask(id, known.RowVersion), "passport.task.disclosure",
            new Dictionary<string, string> { ["subject"] = known.Subject.Name, ["subjectZh"] = known.Subject.NameZh ?? "", ["methodology"] = known.Methodology.Name, ["methodologyZh"] = known.Methodology.NameZh ?? "" }, $"/disclosures/{id}"), t);
        await s.Run("update passport.disclosure set state = $2, submitted_by = $3, submitted_at = $4, reason = null, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("disclosure.submitted", "disclosure", id.ToString()), t);
        return [];
    }, ct);

    /// <summary>Shows an accepted disclosure to those its visibility names. The same thing is not said twice.</summary>
    public async Task<Answer<Disclosure>> Publish(DbSession s, Guid id, CancellationToken ct)
    {
        try
        {
            return await Change(s, id, Role.ProducerApprover, async (known, t) =>
            {
                var next = DisclosureRules.Table.Next(known.State, DisclosureEvent.Publish);
                if (!next.Ok) return next.Refusals;
                if (known.Content.ValidTo < s.Now.InUtc().Date) return [Refusal.Of("disclosure.validity-over", "validTo", ("today", DisclosureRules.Iso(s.Now.InUtc().Date)))];
                await s.Run("update passport.disclosure set state = $2, published_at = $3, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, s.Now);
                await s.Audit(new AuditEntry("disclosure.published", "disclosure", id.ToString()), t);
                await s.Publish("passport.disclosure.published", new { DisclosureId = id, Subject = known.Subject.Key, known.Methodology.Code }, t);
                return [];
            }, ct);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "disclosure_once" })
        {
            return Refusal.Conflict("disclosure.already-published", "state");
        }
    }

    /// <summary>Takes it back for good; what was published stays in the producer's own list with the reason.</summary>
    public Task<Answer<Disclosure>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        var wrong = new List<Refusal>();
        DisclosureText.Check(string.IsNullOrWhiteSpace(reason) ? null : reason, "reason", 2000, wrong);
        var next = DisclosureRules.Table.Next(known.State, DisclosureEvent.Withdraw);
        if (!next.Ok) wrong.AddRange(next.Refusals);
        if (wrong.Count > 0) return wrong;
        await s.Run("update passport.disclosure set state = $2, reason = $3, row_version = row_version + 1 where id = $1", t, id, (short)next.Value, reason!.Trim());
        await s.Audit(new AuditEntry("disclosure.withdrawn", "disclosure", id.ToString(), reason.Trim()), t);
        return [];
    }, ct);

    /// <summary>Changes who sees it. Content that was accepted stays as it is.</summary>
    public Task<Answer<Disclosure>> SetVisibility(DbSession s, Guid id, Visibility visibility, CancellationToken ct) => Change(s, id, Role.ProducerApprover, async (known, t) =>
    {
        if (!Enum.IsDefined(visibility)) return [Refusal.Of("request.word-unknown", "visibility", ("given", visibility.ToString()))];
        if (known.State is DisclosureState.Withdrawn or DisclosureState.Expired) return [Refusal.Conflict("disclosure.state-forbids", "state", ("state", known.State.ToString()), ("event", "SetVisibility"))];
        await s.Run("update passport.disclosure set visibility = $2, row_version = row_version + 1 where id = $1", t, id, DisclosureWords.Of(visibility));
        await s.Audit(new AuditEntry("disclosure.visibility", "disclosure", id.ToString(), Details: new { From = known.Content.Visibility, To = visibility }), t);
        return [];
    }, ct);

    /// <summary>A disclosure for whoever may see it. Not visible and not there are one answer.</summary>
    public async Task<Answer<Disclosure>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await DisclosureStore.Find(s, id, ct) is not { } known) return EmissionsAccess.NotVisible("disclosure");
        return DisclosureAccess.MaySee(s.Actor, known, await readers.Of(s, ct)) ? known : EmissionsAccess.NotVisible("disclosure");
    }

    /// <summary>Null where the producer may still write.</summary>
    internal static Refusal? Closed(Disclosure known) =>
        known.State is DisclosureState.Draft or DisclosureState.Returned ? null : Refusal.Conflict("disclosure.state-forbids", "state", ("state", known.State.ToString()), ("event", "Revise"));

    /// <summary>One change of an own disclosure, in a transaction that holds its row: role, then visibility, then the change.</summary>
    internal static async Task<Answer<Disclosure>> Change(DbSession s, Guid id, string role, Func<Disclosure, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, role) is { } no) return no;
        return await s.InTransaction<Disclosure>(async t =>
        {
            if (await DisclosureStore.Locked(s, id, t) is not { } known || (known.Subject.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return EmissionsAccess.NotVisible("disclosure");
            var wrong = await change(known, t);
            return wrong.Count > 0 ? Answer<Disclosure>.From(wrong) : (await DisclosureStore.Find(s, id, t))!;
        }, ct);
    }

    static async Task<Answer<(Subject Subject, Methodology Methodology)>> Checked(DbSession s, DisclosureContent content, Guid producer, CancellationToken ct)
    {
        var subject = await Subjects.Find(s, content.Subject, ct);
        var own = subject is not null && subject.ProducerId == producer;
        var methodology = await MethodologyHandlers.Find(s, content.MethodologyId, ct);
        var metals = !own ? [] : subject!.Metal is { } metal ? [metal]
            : await s.All("select distinct metal from passport.brand where producer_id = $1 and ($2::uuid is null or plant_id = $2)", r => r.GetString(0), ct, producer, subject.PlantId);
        var wrong = DisclosureRules.Check(content, methodology, metals, s.Now.InUtc().Date);
        if (!own)
        {
            // Another company's metals are not judged: only that the subject is not one's own.
            wrong.RemoveAll(r => r.Code == "disclosure.methodology-other-metal");
            wrong.Insert(0, Refusal.Of("disclosure.subject-not-own", "subject", ("given", content.Subject ?? "")));
        }
        return wrong.Count > 0 ? wrong : (subject!, methodology!);
    }
}

sealed record DisclosureTask(Guid DisclosureId, int RowVersion);

/// <summary>The exchange accepts a disclosure, or returns it with a reason.</summary>
sealed class AcceptDisclosureKind : IApprovalKind
{
    public const string Name = "passport.disclosure.accept";
    public string Kind => Name;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) => Decided(session, task, DisclosureEvent.Accept, null, ct);

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Decided(session, task, DisclosureEvent.Return, reason, ct);

    static async Task<Answer<Done>> Decided(DbSession session, ApprovalTask task, DisclosureEvent happened, string? reason, CancellationToken ct)
    {
        if (await DisclosureStore.Find(session, task.Payload<DisclosureTask>().DisclosureId, ct) is not { } known) return EmissionsAccess.NotVisible("disclosure");
        var next = DisclosureRules.Table.Next(known.State, happened);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        await session.Run("update passport.disclosure set state = $2, reason = $3, decided_by = $4, decided_at = $5, row_version = row_version + 1 where id = $1", ct,
            known.Id, (short)next.Value, reason, session.Actor.SignedIn ? session.Actor.PersonId : null, session.Now);
        await session.Audit(new AuditEntry(happened == DisclosureEvent.Accept ? "disclosure.accepted" : "disclosure.returned", "disclosure", known.Id.ToString(), reason), ct);
        return default(Done);
    }
}
