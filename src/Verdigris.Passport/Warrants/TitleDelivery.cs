using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>A warrant whose title a market may move against payment.</summary>
/// <param name="NetKg">What the lot weighs.</param>
public sealed record DeliverableWarrant(Guid Id, string Number, string BrandCode, string LocationCode, decimal NetKg);

/// <summary>A move of title kept and not sent yet: its commands belong into the chain of the payment, in this order.</summary>
public sealed record PreparedTitle(Guid TransferId, DeliverableWarrant Warrant, IReadOnlyList<Command> Commands);

/// <summary>
/// The market's door to title: an owner who is bound to deliver gives warrants he chooses, and title moves in the same chain of the Book as the money. The chain is the market's; the warrant, its receipts and who may read its papers are this room's.
/// Within a transaction of the system's rights; the use case that calls has decided who delivers to whom.
/// </summary>
public sealed class TitleDelivery(TitleReader titles, TitleFence fence)
{
    /// <summary>Live warrants of a contract (AH) whose title an organisation has and nobody else is promised, by number.</summary>
    public async Task<IReadOnlyList<DeliverableWarrant>> Held(DbSession s, string contract, Guid organisation, CancellationToken ct)
    {
        var live = await s.All($"select {WarrantStore.Columns} from passport.warrant w where contract_code = $1 and state = $2 and not exists (select from passport.title_transfer t where t.warrant_id = w.id and t.state in ('pending', 'proposed')) order by number", WarrantStore.Map, ct, contract, (short)WarrantState.Live);
        return [.. live.Where(w => titles.Owner(w.Asset, w.Serial) == organisation).Select(Shown)];
    }

    /// <summary>Keeps the move. Refuses <c>warrant.not-deliverable</c> (not live, not the seller's, of another contract), <c>transfer.receiver-without-account</c> and <c>transfer.already-open</c>.</summary>
    public async Task<Answer<PreparedTitle>> Prepare(DbSession s, Guid warrantId, string contract, Guid from, Guid to, CancellationToken ct)
    {
        if (await WarrantStore.Lock(s, warrantId, ct) is not { } warrant || warrant.ContractCode != contract || !WarrantStates.Table.Next(warrant.State, WarrantEvent.Transfer).Ok || titles.Owner(warrant.Asset, warrant.Serial) != from)
            return Refusal.Conflict("warrant.not-deliverable", "warrants");
        if (await WarrantHandlers.OpenAccount(s, from, BookAccounts.Owner, ct) is not { } own || await WarrantHandlers.OpenAccount(s, to, BookAccounts.Owner, ct) is not { } receiver) return Refusal.NotFound("transfer.receiver-without-account", "warrants");
        if ((await WarrantStore.Open(s, warrantId, ct)).Count > 0) return Refusal.Conflict("transfer.already-open", "warrants", ("number", warrant.Number));
        var id = s.NewId();
        await WarrantStore.InsertTransfer(s, new TitleTransfer(id, "transfer", warrantId, warrant.Number, from, to, "pending", null, null, null, null, null, s.Actor.PersonId, s.Now, null, null), ct);
        // Held and posted in one chain; nobody else can stand between.
        return new PreparedTitle(id, Shown(warrant), [TitleCommands.Hold(warrant, id, BookAccounts.Transfer, own, receiver, s.Actor.PersonId, null), TitleCommands.Post(id, 0, s.Actor.PersonId)]);
    }

    /// <summary>What becomes of a kept move once the Book answered to the chain.</summary>
    /// <param name="batch">Of the Book, where title moved; null where it did not.</param>
    public async Task Finish(DbSession s, Guid transfer, long? batch, CancellationToken ct)
    {
        if (await WarrantStore.FindTransfer(s, transfer, ct, locked: true) is not { State: "pending" } known) return;
        await WarrantStore.SetTransfer(s, transfer, batch is null ? "refused" : "accepted", null, null, null, null, ct);
        if (batch is { } moved) await Moved(s, fence, known, moved, ct);
        await s.Audit(new AuditEntry(batch is null ? "transfer.refused" : "transfer.accepted", "warrant", known.WarrantId.ToString(), null, new { Transfer = transfer, batch }), ct);
    }

    /// <summary>Title has moved: the former owner keeps a receipt, the new one may read. The receipt first: it reads what the former owner could see until now.</summary>
    internal static async Task Moved(DbSession s, TitleFence fence, TitleTransfer transfer, long batch, CancellationToken ct)
    {
        await TitleFence.Receipts(s, transfer.WarrantId, transfer.FromOrganisation, batch, ct);
        await fence.Follow(s, transfer.WarrantId, ct);
        await s.Publish(PassportEvents.TitleMoved, new { transfer.WarrantId, transfer.FromOrganisation, transfer.ToOrganisation, Batch = batch }, ct);
    }

    static DeliverableWarrant Shown(Warrant w) => new(w.Id, w.Number, w.BrandCode, w.LocationCode, w.NetKg);
}
