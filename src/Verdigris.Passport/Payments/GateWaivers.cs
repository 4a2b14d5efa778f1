using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <param name="Found">What the checks had found when it was proposed: nothing else is waived by it.</param>
sealed record WaiveSubject(Guid GateId, string Item, string Found, string Reason, Guid ProposedBy, string ProposedByName);

/// <summary>Which items are open, and which may be waived.</summary>
static class GateWaivers
{
    /// <summary>Items that are neither met nor waived as they stand.</summary>
    public static async Task<List<GateItem>> Open(DbSession s, PaymentGate gate, CancellationToken ct)
    {
        var waived = await GateStore.Waivers(s, gate.Id, gate.Items, ct);
        return [.. gate.Items.Where(i => i.Outcome != ItemOutcome.Met && !waived.Any(w => w.InForce && w.Item == i.Item))];
    }

    /// <summary>Why an item cannot be waived; null where it can.</summary>
    public static Refusal? Refused(PaymentGate gate, string? item) => gate.State is not (GateState.Blocked or GateState.Ready)
        ? Refusal.Conflict("payment.state-forbids", "state", ("state", gate.State.ToString()), ("event", "Waive"))
        : gate.Items.FirstOrDefault(i => i.Item == item) is not { } known ? Refusal.Of("payment.item-unknown", "item", ("given", item ?? ""), ("allowed", string.Join(", ", gate.Items.Select(i => i.Item))))
        : known.Outcome == ItemOutcome.Met ? Refusal.Conflict("payment.item-met", "item", ("item", known.Item))
        : known.Waivable ? null : Refusal.Conflict("payment.never-waived", "item", ("item", known.Item));
}

/// <summary>The second person waives an item, for what had been found and nothing else.</summary>
sealed class WaiveItemKind(GateSettling settling) : IApprovalKind
{
    public const string Name = "passport.payment.waive";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var subject = task.Payload<WaiveSubject>();
        if (await GateStore.Locked(session, subject.GateId, ct) is not { } before) return EmissionsAccess.NotVisible("payment-gate");
        if (before.State is GateState.Blocked or GateState.Ready) await settling.Settle(session, subject.GateId, ct);
        var known = (await GateStore.Find(session, subject.GateId, ct))!;
        if (GateWaivers.Refused(known, subject.Item) is { } refused) return refused;
        if (known.Items.Single(i => i.Item == subject.Item).Found != subject.Found) return Refusal.Conflict("payment.found-otherwise", "item", ("item", subject.Item));
        await session.Run("insert into passport.payment_gate_waiver (id, gate_id, item, found, reason, proposed_by, proposed_by_name, decided_by, decided_by_name, decided_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", ct,
            session.NewId(), known.Id, subject.Item, subject.Found, subject.Reason, subject.ProposedBy, subject.ProposedByName, session.Actor.PersonId, session.Actor.Name, session.Now);
        await session.Audit(new AuditEntry("payment-gate.item-waived", "payment-gate", known.Id.ToString(), subject.Reason, new { known.Number, subject.Item }), ct);
        await GateNotices.Tell(session, PassportNotices.PaymentWaived, known, "payment.notice.waived", new() { ["number"] = known.Number, ["reference"] = known.Content.Reference }, ct);
        await settling.Settle(session, known.Id, ct);
        return default(Done);
    }

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Task.FromResult<Answer<Done>>(default(Done));
}

static class GateNotices
{
    /// <summary>Tells the payer's people, and every lender and buyer the trade names.</summary>
    public static async Task Tell(DbSession s, string kind, PaymentGate gate, string text, Dictionary<string, string> args, CancellationToken ct)
    {
        foreach (var organisation in gate.Readers.Prepend(gate.OrganisationId))
            await s.Notify(new Notice(kind, new NoticeTo(Organisation: organisation, Roles: [Role.OwnerTrader, Role.OwnerApprover, Role.LenderOfficer], Without: s.Actor.PersonId), text, args, $"/payments/{gate.Id}", "payment-gate", gate.Id.ToString()), ct);
    }
}
