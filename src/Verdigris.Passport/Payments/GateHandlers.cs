using System.Globalization;
using NodaTime;
using Verdigris.Passport.Access;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <param name="Kind">bill-of-lading, origin-certificate, insurance-policy or other.</param>
public sealed record GateFile(string Kind, AttachedFile File);

/// <param name="Waivers">All there ever were, oldest first.</param>
/// <param name="Checks">What the checks found each time it changed, oldest first.</param>
/// <param name="Alarms">Likenesses with lists imported after the payment passed, oldest first.</param>
public sealed record GateView(PaymentGate Gate, IReadOnlyList<GateWaiver> Waivers, IReadOnlyList<GateHit> Hits, IReadOnlyList<GateFile> Files, IReadOnlyList<GateCheck> Checks, IReadOnlyList<GateHit> Alarms);

/// <param name="Party">As the trade names it.</param>
/// <param name="Name">The listed name.</param>
/// <param name="SameParty">They are one and the same: the payment cannot pass.</param>
public sealed record HitReview(string Party, string Publisher, string Entry, string Name, bool SameParty, string Reason);

/// <summary>
/// Use cases of the payment gate. The payer (buyer or lender) opens it for a trade; the checks run at every change; another person of the payer looks at likenesses with listed names, and lets the payment pass. It
/// passes only when every item is met or waived by two people.
/// </summary>
public sealed class GateHandlers(GateReading reading, GateSettling settling, PaymentRules rules, Approvals approvals, AttachedFiles files, OrganisationHandlers organisations)
{
    public async Task<Answer<GateView>> Open(DbSession s, GateContent content, CancellationToken ct)
    {
        if (Opens(s.Actor) is { } no) return no;
        if (await Check(s, content, ct) is [_, ..] wrong) return wrong;
        return await s.InTransaction<GateView>(async t =>
        {
            var id = s.NewId();
            var running = await s.Value<long>("select nextval('passport.payment_gate_number')", t);
            var number = string.Create(CultureInfo.InvariantCulture, $"PG-{running:0000000}");
            await GateStore.Insert(s, id, number, content, t);
            await s.Audit(new AuditEntry("payment-gate.opened", "payment-gate", id.ToString(), Details: new { number, content.Reference }), t);
            await settling.Settle(s, id, t);
            return await View(s, id, t);
        }, ct);
    }

    /// <summary>Writes the trade anew: documents that have come, or a correction. What stood before stays as a version.</summary>
    public async Task<Answer<GateView>> Revise(DbSession s, Guid id, GateContent content, CancellationToken ct)
    {
        if (Opens(s.Actor) is { } no) return no;
        if (await Check(s, content, ct) is [_, ..] wrong) return wrong;
        return await Change(s, id, async (known, t) =>
        {
            await GateStore.Rewrite(s, known, content, t);
            await s.Audit(new AuditEntry("payment-gate.rewritten", "payment-gate", id.ToString(), Details: new { Version = known.Version + 1 }), t);
            return [];
        }, ct);
    }

    /// <summary>Runs the checks again: lists, certificates and days move on.</summary>
    public async Task<Answer<GateView>> Recheck(DbSession s, Guid id, CancellationToken ct) => OpensOrDecides(s.Actor) is { } no ? no : await Settle(s, id, ct);

    public async Task<Answer<GateView>> Read(DbSession s, Guid id, CancellationToken ct) => await GateStore.Find(s, id, ct) is null ? EmissionsAccess.NotVisible("payment-gate") : await View(s, id, ct);

    public async Task<Answer<AttachedFile>> AddFile(DbSession s, Guid id, string? kind, string? fileName, Stream content, CancellationToken ct)
    {
        if (Opens(s.Actor) is { } no) return no;
        if (await GateStore.Find(s, id, ct) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("payment-gate");
        if (known.State is not (GateState.Blocked or GateState.Ready)) return Refusal.Conflict("payment.state-forbids", "state", ("state", known.State.ToString()), ("event", "Attach"));
        IReadOnlyList<string> kinds = [.. rules.Documents(known.OpenedAt.InUtc().Date), GateSettling.OtherDocument];
        if (kind is null || !kinds.Contains(kind)) return Refusal.Of("payment.document-unknown", "kind", ("given", kind ?? ""), ("allowed", string.Join(", ", kinds)));
        var added = await files.Add(s, GateSettling.Subject(kind), id, fileName, content, ct);
        if (!added.Ok) return added;
        var settled = await Settle(s, id, ct);
        return settled.Ok ? added : Answer<AttachedFile>.From(settled.Refusals);
    }

    /// <summary>A file with its content; the caller disposes the stream.</summary>
    public async Task<Answer<(AttachedFile File, Stream Content)>> OpenFile(DbSession s, Guid id, string kind, Guid file, CancellationToken ct) =>
        await GateStore.Find(s, id, ct) is null ? EmissionsAccess.NotVisible("payment-gate") : await files.Open(s, GateSettling.Subject(kind), id, file, ct);

    /// <summary>A person other than the one who opened the gate says whether a likeness is the party, also one that came up after the payment passed. A later word counts.</summary>
    public async Task<Answer<GateView>> Review(DbSession s, Guid id, HitReview review, CancellationToken ct)
    {
        if (Decides(s.Actor) is { } no) return no;
        if (Reason(review.Reason) is { } wrong) return wrong;
        if ((await GateStore.Find(s, id, ct))?.State == GateState.Passed)
            return await s.InTransaction<GateView>(async t =>
            {
                if (await GateStore.Locked(s, id, t) is not { } passed) return EmissionsAccess.NotVisible("payment-gate");
                return await KeepReview(passed, await GateAlarms.Of(s, id, t), t) is [_, ..] refused ? Answer<GateView>.From(refused) : await View(s, id, t);
            }, ct);
        return await Change(s, id, async (known, t) => await KeepReview(known, (await reading.Screened(s, id, known.Content, t)).Hits, t), ct);

        async Task<IReadOnlyList<Refusal>> KeepReview(PaymentGate known, IReadOnlyList<GateHit> hits, CancellationToken t)
        {
            if (known.OpenedBy == s.Actor.PersonId) return [Refusal.Forbidden("payment.same-person")];
            if (!hits.Any(h => h.Party == review.Party && h.Publisher == review.Publisher && h.Entry == review.Entry && h.Name == review.Name)) return [Refusal.NotFound("payment.hit-unknown", "entry")];
            await s.Run("insert into passport.payment_gate_hit (id, gate_id, party, publisher, entry, name, same_party, reason, decided_by, decided_by_name, decided_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", t,
                s.NewId(), id, review.Party, review.Publisher, review.Entry, review.Name, review.SameParty, review.Reason.Trim(), s.Actor.PersonId, s.Actor.Name, s.Now);
            await s.Audit(new AuditEntry("payment-gate.hit-reviewed", "payment-gate", id.ToString(), review.Reason, new { review.Party, review.Publisher, review.Entry, review.SameParty }), t);
            return [];
        }
    }

    /// <summary>Proposes to waive an item as it stands; a second person of the payer decides in the inbox.</summary>
    public async Task<Answer<ApprovalTask>> ProposeWaiver(DbSession s, Guid id, string? item, string? reason, CancellationToken ct)
    {
        if (OpensOrDecides(s.Actor) is { } no) return no;
        if (Reason(reason) is { } wrong) return wrong;
        // What is waived is what stands there today.
        var fresh = await Settle(s, id, ct);
        if (!fresh.Ok) return Answer<ApprovalTask>.From(fresh.Refusals);
        return await s.InTransaction<ApprovalTask>(async t =>
        {
            if (await GateStore.Locked(s, id, t) is not { } known) return EmissionsAccess.NotVisible("payment-gate");
            if (GateWaivers.Refused(known, item) is { } refused) return refused;
            var stands = known.Items.Single(i => i.Item == item);
            var subject = $"{id}/{item}";
            if ((await approvals.Inbox(s, new TaskFilter(TaskView.All, ApprovalState.Open, WaiveItemKind.Name, subject, Limit: 1), t)).Items.Count > 0) return Refusal.Conflict("payment.proposal-open", "item");
            var role = (await organisations.Find(s, known.OrganisationId, t))?.Kind == OrganisationKind.Lender ? Role.LenderOfficer : Role.OwnerApprover;
            return await approvals.Propose(s, new ApprovalRequest(WaiveItemKind.Name, subject, known.OrganisationId, role, new WaiveSubject(id, stands.Item, stands.Found, reason!.Trim(), s.Actor.PersonId, s.Actor.Name),
                "payment.task.waive", new Dictionary<string, string> { ["number"] = known.Number, ["reason"] = reason.Trim() }, $"/payments/{id}"), t);
        }, ct);
    }

    /// <summary>Lets the payment pass: the checks run once more, and only where nothing is open. Where warnings stand, says why in spite of them. Not the person who opened it.</summary>
    public async Task<Answer<GateView>> Pass(DbSession s, Guid id, string? remark, CancellationToken ct)
    {
        if (Decides(s.Actor) is { } no) return no;
        if (!string.IsNullOrWhiteSpace(remark) && Reason(remark) is { } wrong) return wrong;
        return await s.InTransaction<GateView>(async t =>
        {
            await s.Run("select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", t, SanctionsLists.OneAtATime);
            if (await GateStore.Locked(s, id, t) is not { } before) return EmissionsAccess.NotVisible("payment-gate");
            if (before.State is GateState.Blocked or GateState.Ready) await settling.Settle(s, id, t);
            var known = (await GateStore.Find(s, id, t))!;
            if (known.OpenedBy == s.Actor.PersonId) return Refusal.Forbidden("payment.same-person");
            var open = await GateWaivers.Open(s, known, t);
            if (known.State is GateState.Blocked or GateState.Ready && open.Count > 0) return open.Select(i => Refusal.Conflict("payment.item-open", i.Item, ("item", i.Item))).ToList();
            var next = GateStates.Table.Next(known.State, GateEvent.Pass);
            if (!next.Ok) return Answer<GateView>.From(next.Refusals);
            if (known.Warnings.Count > 0 && string.IsNullOrWhiteSpace(remark)) return Refusal.Of("payment.warnings-unanswered", "remark", ("count", GateRules.Text(known.Warnings.Count)));
            await GateStore.Close(s, id, next.Value, string.IsNullOrWhiteSpace(remark) ? null : remark.Trim(), t);
            await s.Audit(new AuditEntry("payment-gate.passed", "payment-gate", id.ToString(), remark, new { known.Number, Rules = rules.Version, Warnings = known.Warnings.Select(w => w.Code) }), t);
            await s.Publish(PassportEvents.PaymentPassed, new { GateId = id, known.Number, known.OrganisationId, known.Content.Amount, known.Content.Currency }, t);
            await GateNotices.Tell(s, PassportNotices.PaymentPassed, known, "payment.notice.passed", new() { ["number"] = known.Number, ["reference"] = known.Content.Reference }, t);
            return await View(s, id, t);
        }, ct);
    }

    /// <summary>The payer does not pay.</summary>
    public Task<Answer<GateView>> Refuse(DbSession s, Guid id, string? reason, CancellationToken ct) => End(s, id, GateEvent.Refuse, reason, "payment-gate.refused", ct);

    /// <summary>The trade does not come about.</summary>
    public Task<Answer<GateView>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct) => End(s, id, GateEvent.Withdraw, reason, "payment-gate.withdrawn", ct);

    /// <summary>Checks an open gate again with what the lists, the certificates and the day say now.</summary>
    Task<Answer<GateView>> Settle(DbSession s, Guid id, CancellationToken ct) => Change(s, id, (_, _) => Task.FromResult<IReadOnlyList<Refusal>>([]), ct);

    /// <summary>Changes an open gate of the actor's own organisation, and settles it.</summary>
    async Task<Answer<GateView>> Change(DbSession s, Guid id, Func<PaymentGate, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct) => await s.InTransaction<GateView>(async t =>
    {
        if (await GateStore.Locked(s, id, t) is not { } known) return EmissionsAccess.NotVisible("payment-gate");
        var next = GateStates.Table.Next(known.State, GateEvent.Block);
        if (!next.Ok) return Answer<GateView>.From(next.Refusals);
        var wrong = await change(known, t);
        if (wrong.Count > 0) return Answer<GateView>.From(wrong);
        await settling.Settle(s, id, t);
        return await View(s, id, t);
    }, ct);

    async Task<Answer<GateView>> End(DbSession s, Guid id, GateEvent happened, string? reason, string action, CancellationToken ct)
    {
        if (OpensOrDecides(s.Actor) is { } no) return no;
        if (Reason(reason) is { } wrong) return wrong;
        return await s.InTransaction<GateView>(async t =>
        {
            if (await GateStore.Locked(s, id, t) is not { } known) return EmissionsAccess.NotVisible("payment-gate");
            var next = GateStates.Table.Next(known.State, happened);
            if (!next.Ok) return Answer<GateView>.From(next.Refusals);
            await GateStore.Close(s, id, next.Value, reason!.Trim(), t);
            await s.Audit(new AuditEntry(action, "payment-gate", id.ToString(), reason, new { known.Number }), t);
            return await View(s, id, t);
        }, ct);
    }

    async Task<List<Refusal>> Check(DbSession s, GateContent content, CancellationToken ct)
    {
        var wrong = GateRules.Check(content, s.Actor.OrganisationId);
        var named = (content.Parties ?? []).Select(p => p?.OrganisationId).OfType<Guid>().Distinct().ToArray();
        var known = (await s.All("select id from passport.organisation where id = any($1)", r => r.GetGuid(0), ct, named)).ToHashSet();
        for (var i = 0; i < (content.Parties?.Count ?? 0); i++)
            if (content.Parties![i]?.OrganisationId is { } id && !known.Contains(id)) wrong.Add(Refusal.Of("payment.organisation-unknown", $"parties[{i}].organisationId"));
        return wrong;
    }

    async Task<GateView> View(DbSession s, Guid id, CancellationToken ct)
    {
        var gate = (await GateStore.Find(s, id, ct))!;
        // What was decided on is shown as it was decided; an open gate as the lists stand now.
        var (_, hits) = gate.State is GateState.Blocked or GateState.Ready ? await reading.Screened(s, id, gate.Content, ct) : ([], (await GateStore.HitDecisions(s, id, ct)).Where(h => h.DecidedAt <= gate.ClosedAt).ToList());
        return new(gate, await GateStore.Waivers(s, id, gate.Items, ct), hits, await settling.Files(s, gate, ct), await GateStore.Checks(s, id, ct), await GateAlarms.Of(s, id, ct));
    }

    static Refusal? Reason(string? reason) => string.IsNullOrWhiteSpace(reason) || reason.Trim().Length > GateRules.LongestReason || reason.Any(c => char.IsControl(c) && c is not ('\n' or '\r')) ? Refusal.Of("payment.reason-missing", "reason", ("limit", GateRules.Text(GateRules.LongestReason))) : null;

    internal static Refusal? Opens(Actor actor) => Allow.AnyRole(actor, Role.OwnerTrader, Role.LenderOfficer);
    internal static Refusal? Decides(Actor actor) => Allow.AnyRole(actor, Role.OwnerApprover, Role.LenderOfficer);
    static Refusal? OpensOrDecides(Actor actor) => Allow.AnyRole(actor, Role.OwnerTrader, Role.OwnerApprover, Role.LenderOfficer);
}
