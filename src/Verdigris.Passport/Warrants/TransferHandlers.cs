using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Finance.Pledges;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>Moving title from one owner to another, and pledging it. The hold in the Book carries the id of the proposal.</summary>
public sealed class TransferHandlers(BookCommands book, Approvals approvals, TitleReader titles, LapsedOffers lapsed)
{
    public static readonly Duration LongestOffer = Duration.FromDays(90);

    /// <summary>The owner proposes: the warrant is held in the Book until the receiver decides or time runs out. Lands in the receiver's inbox.</summary>
    public async Task<Answer<TitleTransfer>> Propose(DbSession s, TransferProposal p, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        var now = s.Now;
        if (p.ExpiresAt <= now || p.ExpiresAt > now + LongestOffer) return Refusal.Of("transfer.expiry-out-of-range", "expiresAt", ("latest", (now + LongestOffer).ToString()));
        if (p.Message is not null && !CertificateRules.IsText(p.Message)) return Refusal.Of("transfer.message-invalid", "message");
        return await Open(s, p.WarrantId, "transfer", WarrantEvent.Transfer, p.ToOrganisationId, p.ExpiresAt, p.Message, ct);
    }

    /// <summary>The owner pledges: a lien in the Book that only the lender releases.</summary>
    public async Task<Answer<TitleTransfer>> Pledge(DbSession s, Guid warrant, Guid lender, CancellationToken ct) =>
        Allow.Role(s.Actor, Role.OwnerTrader) is { } no ? no : await Open(s, warrant, "pledge", WarrantEvent.Pledge, lender, null, null, ct);

    /// <summary>The lender lets the warrant go.</summary>
    public async Task<Answer<TitleTransfer>> ReleasePledge(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        var released = await s.InTransaction<Done>(async t =>
        {
            if (await WarrantStore.FindTransfer(s, id, t, locked: true) is not { Kind: "pledge" } pledge || pledge.ToOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("transfer");
            if (pledge.State != "accepted") return Refusal.Conflict("transfer.not-open", "id", ("state", pledge.State));
            var lender = (await WarrantHandlers.OpenAccount(s, pledge.ToOrganisation, BookAccounts.Owner, t))!.Value;
            await book.Send(s, TransferEndedKind.Name, id, new TransferEnd(id, "released", s.Actor.PersonId, null), [TitleCommands.Void(id, lender, s.Actor.PersonId)], t);
            return default(Done);
        }, ct);
        return await Reply(s, released, id, ct);
    }

    /// <summary>The proposer takes an open proposal back.</summary>
    public async Task<Answer<TitleTransfer>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.OwnerTrader, Role.OwnerApprover) is { } no) return no;
        if (await WarrantStore.FindTransfer(s, id, ct) is not { Kind: "transfer" } transfer || transfer.FromOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("transfer");
        if (transfer is not { State: "proposed", TaskId: { } task }) return Refusal.Conflict("transfer.not-open", "id", ("state", transfer.State));
        return await Reply(s, await approvals.Withdraw(s, task, reason, ct), id, ct);
    }

    /// <summary>The receiver accepts or rejects; the same as deciding the task in the inbox.</summary>
    public async Task<Answer<TitleTransfer>> Decide(DbSession s, Guid id, bool accept, string? reason, CancellationToken ct)
    {
        if (await WarrantStore.FindTransfer(s, id, ct) is not { Kind: "transfer" } transfer || transfer.ToOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("transfer");
        if (transfer is not { State: "proposed", TaskId: { } task }) return Refusal.Conflict("transfer.not-open", "id", ("state", transfer.State));
        return await Reply(s, await approvals.Decide(s, task, accept, reason, ct), id, ct);
    }

    /// <summary>A proposal for either side and the exchange.</summary>
    public async Task<Answer<TitleTransfer>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        var transfer = await WarrantStore.FindTransfer(s, id, ct);
        return transfer is not null && MaySee(s.Actor, transfer) ? transfer : EmissionsAccess.NotVisible("transfer");
    }

    /// <summary>The proposal or pledge that is open on a warrant, for either side and the exchange; null for everybody else and where there is none.</summary>
    public async Task<TitleTransfer?> OpenOn(DbSession s, Guid warrant, CancellationToken ct) => (await WarrantStore.Open(s, warrant, ct)).FirstOrDefault(t => MaySee(s.Actor, t));

    static bool MaySee(Actor actor, TitleTransfer t) =>
        actor.SignedIn && (actor.Is(Role.ExchangeStaff) || actor.Is(Role.System) || t.FromOrganisation == actor.OrganisationId || t.ToOrganisation == actor.OrganisationId);

    static readonly ListOrders<TitleTransfer> Orders = new("transfers", "-proposed", ListKey<TitleTransfer>.Id("proposed", "t.id", t => t.Id),
        ListKey<TitleTransfer>.Text("number", "w.number", t => t.WarrantNumber), ListKey<TitleTransfer>.Text("kind", "t.kind", t => t.Kind));

    /// <summary>Proposals and pledges of the own organisation; the exchange sees all.</summary>
    /// <param name="sort">proposed, number or kind, with a leading minus for descending; null is -proposed.</param>
    public async Task<Answer<Page<TitleTransfer>>> List(DbSession s, string? state, string? cursor, int limit, CancellationToken ct, string? sort = null)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (PageSize.Wrong(limit) is { } tooMany) return tooMany;
        var order = Orders.Read(sort, cursor);
        if (!order.Ok) return Answer<Page<TitleTransfer>>.From(order.Refusals);
        var all = s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System);
        var rows = await WarrantStore.Transfers(s, all ? null : s.Actor.OrganisationId, state, order.Value, limit + 1, ct);
        var next = order.Value.Cut(rows, limit);
        return new Page<TitleTransfer>(rows, next);
    }

    async Task<Answer<TitleTransfer>> Open(DbSession s, Guid warrantId, string kind, WarrantEvent happened, Guid to, Instant? expires, string? message, CancellationToken ct)
    {
        var id = s.NewId();
        await lapsed.Settle(s, warrantId, ct);
        try
        {
            var opened = await s.InTransaction<Done>(async t =>
            {
                if (await WarrantStore.Lock(s, warrantId, t) is not { } warrant || titles.Owner(warrant.Asset, warrant.Serial) != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("warrant");
                var next = WarrantStates.Table.Next(warrant.State, happened);
                if (!next.Ok) return Answer<Done>.From(next.Refusals);
                if (to == s.Actor.OrganisationId) return Refusal.Of("transfer.to-oneself", "toOrganisationId");
                if (await WarrantHandlers.OpenAccount(s, to, BookAccounts.Owner, t) is not { } receiver) return Refusal.NotFound("transfer.receiver-without-account", "toOrganisationId");
                if ((await WarrantStore.Open(s, warrantId, t)).Count > 0) return Refusal.Conflict("transfer.already-open", "warrantId", ("number", warrant.Number));
                var own = (await WarrantHandlers.OpenAccount(s, s.Actor.OrganisationId, BookAccounts.Owner, t))!.Value;
                await WarrantStore.InsertTransfer(s, new TitleTransfer(id, kind, warrantId, warrant.Number, s.Actor.OrganisationId, to, "pending", null, message, null, expires, null, s.Actor.PersonId, s.Now, null, null), t);
                var type = kind == "pledge" ? BookAccounts.Pledge : BookAccounts.Transfer;
                await book.Send(s, TransferOpenedKind.Name, id, new TransferSubject(id), [TitleCommands.Hold(warrant, id, type, own, receiver, s.Actor.PersonId, expires, lien: kind == "pledge")], t);
                await s.Audit(new AuditEntry(kind == "pledge" ? "warrant.pledged" : "transfer.proposed", "warrant", warrantId.ToString(), message, new { Transfer = id, To = to, ExpiresAt = expires }), t);
                return default(Done);
            }, ct);
            return await Reply(s, opened, id, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Refusal.Conflict("transfer.already-open", "warrantId"); }
    }

    /// <summary>The proposal as it stands after the Book answered; a refusal of the Book is a refusal of the request.</summary>
    static async Task<Answer<TitleTransfer>> Reply(DbSession s, Answer<Done> done, Guid id, CancellationToken ct)
    {
        if (!done.Ok) return Answer<TitleTransfer>.From(done.Refusals);
        var transfer = (await WarrantStore.FindTransfer(s, id, ct))!;
        return transfer is { State: "refused", RefusalCode: { } code } ? Refusal.Conflict("book.refused", null, ("code", ((Code)code).ToString())) : transfer;
    }
}

sealed record TransferSubject(Guid TransferId);
sealed record TransferEnd(Guid TransferId, string State, Guid? DecidedBy, string? Reason);

/// <summary>The Book has opened the hold: the proposal is in the receiver's inbox; a pledge stands.</summary>
sealed class TransferOpenedKind(IServiceProvider services) : IBookCommandKind
{
    public const string Name = "passport.transfer.opened";
    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var id = row.Payload<TransferSubject>().TransferId;
        if (await WarrantStore.FindTransfer(session, id, ct, locked: true) is not { State: "pending" } transfer) return;
        if (!outcomes[0].Accepted) { await WarrantStore.SetTransfer(session, id, "refused", (int)outcomes[0].Code, null, null, null, ct); return; }
        await session.Run("update passport.warrant set hold_id = $2 where id = $1", ct, transfer.WarrantId, id);
        if (transfer.Kind == "pledge")
        {
            await WarrantStore.SetTransfer(session, id, "accepted", null, null, null, null, ct);
            await WarrantStore.SetState(session, transfer.WarrantId, WarrantState.Pledged, ct);
            await services.GetRequiredService<PledgeRegister>().Lien(session, transfer, ct);
            return;
        }
        var task = await services.GetRequiredService<Approvals>().Propose(session, new ApprovalRequest(AcceptTransferKind.Name, id.ToString(), transfer.ToOrganisation, Role.OwnerTrader, new TransferSubject(id), "passport.task.transfer",
            new Dictionary<string, string> { ["number"] = transfer.WarrantNumber }, $"/transfers/{id}", transfer.ExpiresAt), ct);
        await WarrantStore.SetTransfer(session, id, "proposed", null, null, null, task.Id, ct);
        await session.Publish("passport.transfer.proposed", new { TransferId = id, transfer.WarrantId, transfer.ToOrganisation }, ct);
    }
}

/// <summary>The receiver's decision: accepting posts the hold, everything else voids it.</summary>
sealed class AcceptTransferKind(IServiceProvider services) : IApprovalKind
{
    public const string Name = "passport.transfer.accept";
    public string Kind => Name;
    public string WaitingNotice => PassportNotices.TransferOffered;
    public bool TellsProposer => false; // told when the Book has moved title, or kept it

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var id = task.Payload<TransferSubject>().TransferId;
        if (await WarrantStore.FindTransfer(session, id, ct, locked: true) is not { State: "proposed" } transfer) return Refusal.Conflict("transfer.not-open", "id", ("state", "-"));
        if (await WarrantHandlers.OpenAccount(session, transfer.ToOrganisation, BookAccounts.Owner, ct) is not { } receiver) return Refusal.Conflict("transfer.receiver-without-account");
        await services.GetRequiredService<BookCommands>().Send(session, TransferEndedKind.Name, id, new TransferEnd(id, "accepted", session.Actor.PersonId, null), [TitleCommands.Post(id, receiver, session.Actor.PersonId)], ct);
        return default(Done);
    }

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => End(session, task, "rejected", reason, false, ct);
    public Task<Answer<Done>> Withdrawn(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => End(session, task, "withdrawn", reason, true, ct);

    public async Task<Answer<Done>> Expired(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var id = task.Payload<TransferSubject>().TransferId;
        // The Book voids an expired hold by itself; sending the void again is harmless and answers HoldExpired.
        if (await WarrantStore.FindTransfer(session, id, ct, locked: true) is not { State: "proposed" } transfer) return default(Done);
        var own = await WarrantHandlers.OpenAccount(session, transfer.FromOrganisation, BookAccounts.Owner, ct);
        await services.GetRequiredService<BookCommands>().Send(session, TransferEndedKind.Name, id, new TransferEnd(id, "expired", null, null), [TitleCommands.Void(id, own ?? 0, session.Actor.PersonId)], ct);
        return default(Done);
    }

    async Task<Answer<Done>> End(DbSession session, ApprovalTask task, string state, string reason, bool bySender, CancellationToken ct)
    {
        var id = task.Payload<TransferSubject>().TransferId;
        if (await WarrantStore.FindTransfer(session, id, ct, locked: true) is not { State: "proposed" } transfer) return Refusal.Conflict("transfer.not-open", "id", ("state", "-"));
        var acting = await WarrantHandlers.OpenAccount(session, bySender ? transfer.FromOrganisation : transfer.ToOrganisation, BookAccounts.Owner, ct);
        if (acting is not { } account) return Refusal.Conflict("transfer.receiver-without-account");
        await services.GetRequiredService<BookCommands>().Send(session, TransferEndedKind.Name, id, new TransferEnd(id, state, session.Actor.PersonId, reason), [TitleCommands.Void(id, account, session.Actor.PersonId)], ct);
        return default(Done);
    }
}

/// <summary>The Book has posted or voided: title has moved, or stays where it was.</summary>
sealed class TransferEndedKind(TitleFence fence) : IBookCommandKind
{
    public const string Name = "passport.transfer.ended";
    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var end = row.Payload<TransferEnd>();
        if (await WarrantStore.FindTransfer(session, end.TransferId, ct, locked: true) is not { } transfer || transfer.State is not ("proposed" or "accepted")) return;
        var outcome = outcomes[0];
        var state = outcome.Code switch
        {
            Code.Accepted => end.State,
            Code.HoldExpired => "expired",
            Code.HoldVoided => end.State == "accepted" ? "withdrawn" : end.State,
            _ => "refused",
        };
        await WarrantStore.SetTransfer(session, transfer.Id, state, outcome.Accepted ? null : (int)outcome.Code, end.Reason, end.DecidedBy, null, ct);
        await session.Run("update passport.warrant set hold_id = null where id = $1 and hold_id = $2", ct, transfer.WarrantId, transfer.Id);
        if (state == "released")
        {
            await WarrantStore.SetState(session, transfer.WarrantId, WarrantState.Live, ct);
            await PledgeRegister.LienEnded(session, transfer.Id, ct);
        }
        if (state == "accepted" && outcome.Accepted) await TitleDelivery.Moved(session, fence, transfer, outcome.Batch, ct);
        if (state is "accepted" or "rejected" or "expired" && outcome.Accepted)
            await session.Notify(new Notice(state == "accepted" ? PassportNotices.TransferAccepted : PassportNotices.TransferEnded, new NoticeTo(Organisation: transfer.FromOrganisation, Roles: [Role.OwnerTrader]),
                state == "accepted" ? "passport.notice.transfer-accepted" : "passport.notice.transfer-ended." + state, new Dictionary<string, string> { ["number"] = transfer.WarrantNumber }, $"/transfers/{transfer.Id}", "transfer", transfer.Id.ToString()), ct);
        await session.Audit(new AuditEntry("transfer." + state, "warrant", transfer.WarrantId.ToString(), end.Reason, new { Transfer = transfer.Id, Code = outcome.Code.ToString(), outcome.Batch }), ct);
    }
}
