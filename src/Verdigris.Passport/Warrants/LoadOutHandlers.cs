using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Finance.Pledges;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>The end of a warrant: cancelled by its owner, queued and loaded out by the warehouse; or declared invalid by the exchange.</summary>
public sealed class LoadOutHandlers(BookCommands book, Approvals approvals, TitleReader titles, LapsedOffers lapsed, LoadOutOrders orders)
{
    /// <summary>The owner takes the warrant off the market; it is held in the Book for load-out. He stays the legal owner.</summary>
    public async Task<Answer<Warrant>> Cancel(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        var hold = s.NewId();
        await lapsed.Settle(s, id, ct);
        var done = await s.InTransaction<Done>(async t =>
        {
            if (await Owned(s, id, t) is not { } warrant) return EmissionsAccess.NotVisible("warrant");
            var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.Cancel);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            if ((await WarrantStore.Open(s, id, t)).Count > 0) return Refusal.Conflict("transfer.already-open", "warrantId", ("number", warrant.Number));
            var owner = (await WarrantHandlers.OpenAccount(s, s.Actor.OrganisationId, BookAccounts.Owner, t))!.Value;
            if (await WarrantHandlers.OpenAccount(s, s.Actor.OrganisationId, BookAccounts.OffWarrant, t) is not { } off) return Refusal.Conflict("warrant.owner-without-account");
            await book.Send(s, WarrantMovedKind.Name, id, new WarrantMove(id, WarrantState.Cancelled, hold, null), [TitleCommands.Hold(warrant, hold, BookAccounts.LoadOut, owner, off, s.Actor.PersonId, null)], t);
            await s.Audit(new AuditEntry("warrant.cancelled", "warrant", id.ToString(), Details: new { warrant.Number }), t);
            return default(Done);
        }, ct);
        return await Reply(s, done, id, ct);
    }

    /// <summary>The owner puts a cancelled warrant back, as long as it is not queued.</summary>
    public async Task<Answer<Warrant>> Restore(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        var done = await s.InTransaction<Done>(async t =>
        {
            if (await Owned(s, id, t) is not { } warrant) return EmissionsAccess.NotVisible("warrant");
            var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.Restore);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            var owner = (await WarrantHandlers.OpenAccount(s, s.Actor.OrganisationId, BookAccounts.Owner, t))!.Value;
            await book.Send(s, WarrantMovedKind.Name, id, new WarrantMove(id, WarrantState.Live, null, null), [TitleCommands.Void(warrant.HoldId!.Value, owner, s.Actor.PersonId)], t);
            await s.Audit(new AuditEntry("warrant.restored", "warrant", id.ToString(), Details: new { warrant.Number }), t);
            return default(Done);
        }, ct);
        return await Reply(s, done, id, ct);
    }

    /// <summary>The warehouse gives a cancelled warrant its place in the queue.</summary>
    public Task<Answer<Warrant>> Queue(DbSession s, Guid id, CancellationToken ct) => s.InTransaction<Warrant>(async t =>
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        if (await WarrantStore.Lock(s, id, t) is not { } warrant || warrant.WarehouseOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("warrant");
        var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.Queue);
        if (!next.Ok) return Answer<Warrant>.From(next.Refusals);
        await WarrantStore.SetState(s, id, next.Value, t);
        await s.Run("update passport.warrant set queue_no = nextval('passport.queue_number') where id = $1", t, id);
        await s.Audit(new AuditEntry("warrant.queued", "warrant", id.ToString(), Details: new { warrant.Number }), t);
        return (await WarrantStore.Find(s, id, t))!;
    }, ct);

    /// <summary>The operator asks to load out once every bundle was scanned twice and the weight agrees; a second person of the warehouse lets the metal go.</summary>
    public Task<Answer<ApprovalTask>> RequestLoadOut(DbSession s, Guid id, CancellationToken ct) => s.InTransaction<ApprovalTask>(async t =>
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        if (await WarrantStore.Lock(s, id, t) is not { } warrant || warrant.WarehouseOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("warrant");
        var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.LoadOut);
        if (!next.Ok) return Answer<ApprovalTask>.From(next.Refusals);
        if (await orders.Lacking(s, warrant, t) is [_, ..] lacking) return lacking;
        return await approvals.Propose(s, new ApprovalRequest(LoadOutKind.Name, id.ToString(), s.Actor.OrganisationId, Role.WarehouseApprover, new WarrantSubject(id), "passport.task.load-out",
            new Dictionary<string, string> { ["number"] = warrant.Number, ["brand"] = warrant.BrandCode }, $"/warrants/{id}"), t);
    }, ct);

    /// <summary>A member of the exchange's staff asks to declare a warrant invalid; another decides. Whatever holds it is voided with it, and nobody is its owner then.</summary>
    public async Task<Answer<ApprovalTask>> ProposeInvalidation(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        await lapsed.Settle(s, id, ct);
        return await s.InTransaction<ApprovalTask>(async t =>
        {
            if (await WarrantStore.Lock(s, id, t) is not { } warrant) return EmissionsAccess.NotVisible("warrant");
            var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.Invalidate);
            if (!next.Ok) return Answer<ApprovalTask>.From(next.Refusals);
            return await approvals.Propose(s, new ApprovalRequest(InvalidateKind.Name, id.ToString(), s.Actor.OrganisationId, Role.ExchangeStaff, new InvalidationRequest(id, reason!.Trim()), "passport.task.invalidate",
                new Dictionary<string, string> { ["number"] = warrant.Number, ["reason"] = reason.Trim() }, $"/warrants/{id}"), t);
        }, ct);
    }

    async Task<Warrant?> Owned(DbSession s, Guid id, CancellationToken ct) =>
        await WarrantStore.Lock(s, id, ct) is { IssuedAt: not null } warrant && titles.Owner(warrant.Asset, warrant.Serial) == s.Actor.OrganisationId ? warrant : null;

    static async Task<Answer<Warrant>> Reply(DbSession s, Answer<Done> done, Guid id, CancellationToken ct)
    {
        if (!done.Ok) return Answer<Warrant>.From(done.Refusals);
        var warrant = (await WarrantStore.Find(s, id, ct))!;
        return warrant.RefusalCode is { } code ? Refusal.Conflict("book.refused", null, ("code", ((Code)code).ToString())) : warrant;
    }
}

sealed record WarrantMove(Guid WarrantId, WarrantState To, Guid? Hold, Guid? FormerOwner);

/// <summary>The second person lets queued metal leave.</summary>
sealed class LoadOutKind(IServiceProvider services) : IApprovalKind
{
    public const string Name = "passport.warrant.load-out";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var id = task.Payload<WarrantSubject>().WarrantId;
        if (await WarrantStore.Lock(session, id, ct) is not { HoldId: { } hold } warrant) return EmissionsAccess.NotVisible("warrant");
        var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.LoadOut);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        // A weighing may have been voided since the request.
        if (await services.GetRequiredService<LoadOutOrders>().Lacking(session, warrant, ct) is [_, ..] lacking) return lacking;
        if (await WarrantHandlers.OpenAccount(session, warrant.WarehouseOrganisation, BookAccounts.Authority, ct) is not { } authority) return Refusal.Conflict("warrant.warehouse-without-account");
        await services.GetRequiredService<BookCommands>().Send(session, WarrantMovedKind.Name, id, new WarrantMove(id, WarrantState.LoadedOut, null, null), [TitleCommands.Post(hold, authority, session.Actor.PersonId)], ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await session.Audit(new AuditEntry("warrant.load-out-rejected", "warrant", task.SubjectId, reason), ct);
        return default(Done);
    }
}

/// <summary>The Book has cancelled, restored, loaded out or invalidated.</summary>
sealed class WarrantMovedKind(TitleFence fence) : IBookCommandKind
{
    public const string Name = "passport.warrant.moved";
    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var move = row.Payload<WarrantMove>();
        var id = move.WarrantId;
        var last = outcomes[^1];
        if (!last.Accepted)
        {
            var code = outcomes.First(o => !o.Accepted && o.Code != Code.LinkedFailed).Code;
            await session.Run("update passport.warrant set refusal_code = $2 where id = $1", ct, id, (int)code);
            await session.Audit(new AuditEntry("warrant.refused-by-book", "warrant", id.ToString(), Details: new { Code = code.ToString(), To = move.To.ToString() }), ct);
            return;
        }
        await session.Run("update passport.warrant set hold_id = $2, refusal_code = null where id = $1", ct, id, move.Hold);
        await WarrantStore.SetState(session, id, move.To, ct);
        switch (move.To)
        {
            case WarrantState.Cancelled: await WarrantStore.SetCertificates(session, id, CertificateState.Warranted, CertificateState.OffWarrant, ct); break;
            case WarrantState.Live: await WarrantStore.SetCertificates(session, id, CertificateState.OffWarrant, CertificateState.Warranted, ct); break;
            case WarrantState.LoadedOut:
                await session.Run("update passport.certificate set warehouse_id = null where warrant_id = $1", ct, id);
                await WarrantStore.SetCertificates(session, id, CertificateState.OffWarrant, CertificateState.LoadedOut, ct);
                break;
            case WarrantState.Invalidated:
                await WarrantStore.SetCertificates(session, id, CertificateState.Warranted, CertificateState.Quarantined, ct);
                await WarrantStore.SetCertificates(session, id, CertificateState.OffWarrant, CertificateState.Quarantined, ct);
                foreach (var open in await WarrantStore.Open(session, id, ct)) await EndOpen(session, open, ct);
                await TitleFence.Receipts(session, id, move.FormerOwner!.Value, last.Batch, ct);
                break;
        }
        await fence.Follow(session, id, ct);
        await session.Publish("passport.warrant." + move.To.ToString().ToLowerInvariant(), new { WarrantId = id, last.Batch }, ct);
    }

    static async Task EndOpen(DbSession session, TitleTransfer open, CancellationToken ct)
    {
        await WarrantStore.SetTransfer(session, open.Id, open.Kind == "pledge" ? "released" : "withdrawn", null, "warrant invalidated", null, null, ct);
        if (open.Kind == "pledge") await PledgeRegister.LienEnded(session, open.Id, ct);
    }
}

sealed record InvalidationRequest(Guid WarrantId, string Reason);

/// <summary>The second member of staff declares a warrant invalid, in the Book first.</summary>
sealed class InvalidateKind(IServiceProvider services) : IApprovalKind
{
    public const string Name = "passport.warrant.invalidate";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var (id, reason) = task.Payload<InvalidationRequest>();
        // Before the warrant is locked: an offer whose time has run out ends by itself.
        await services.GetRequiredService<LapsedOffers>().Settle(session, id, ct);
        if (await WarrantStore.Lock(session, id, ct) is not { } warrant) return EmissionsAccess.NotVisible("warrant");
        var next = WarrantStates.Table.Next(warrant.State, WarrantEvent.Invalidate);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        if (services.GetRequiredService<TitleReader>().Owner(warrant.Asset, warrant.Serial) is not { } owner || await WarrantHandlers.OpenAccount(session, owner, BookAccounts.Owner, ct) is not { } account) return Refusal.Conflict("warrant.owner-without-account");
        if (await WarrantHandlers.OpenAccount(session, session.Actor.OrganisationId, BookAccounts.Authority, ct) is not { } exchange) return Refusal.Conflict("warrant.warehouse-without-account");
        var commands = new List<Command>();
        if (warrant.HoldId is { } hold) commands.Add(TitleCommands.Void(hold, exchange, session.Actor.PersonId, linked: true));
        commands.Add(TitleCommands.Invalidate(warrant, account, exchange, session.Actor.PersonId));
        await services.GetRequiredService<BookCommands>().Send(session, WarrantMovedKind.Name, id, new WarrantMove(id, WarrantState.Invalidated, null, owner), commands, ct);
        await session.Audit(new AuditEntry("warrant.invalidated", "warrant", id.ToString(), reason, new { warrant.Number }), ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await session.Audit(new AuditEntry("warrant.invalidation-rejected", "warrant", task.SubjectId, reason), ct);
        return default(Done);
    }
}
