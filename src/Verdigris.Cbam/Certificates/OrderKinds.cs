using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Certificates;

sealed record OrderSubject(Guid OrderId);

/// <summary>The second person decides on an order.</summary>
sealed class OrderApproval(OrderDesk desk) : IApprovalKind
{
    public const string Name = "cbam.order";

    public string Kind => Name;

    public Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct) => desk.Carry(session, task.Payload<OrderSubject>().OrderId, ct);

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await OrderDesk.TurnDown(session, task.Payload<OrderSubject>().OrderId, reason, ct);
        return default(Done);
    }
}

/// <summary>Finishes an order once the Book answered.</summary>
sealed class OrderKindOfBook : IBookCommandKind
{
    public const string Name = "cbam.certificate-order";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var id = row.Payload<OrderSubject>().OrderId;
        if (outcomes[0].Accepted || outcomes[0].Code == Code.AccountExists)
            await session.Run("update cbam.certificate_account a set state = 'open' from cbam.certificate_order o where o.id = $1 and a.organisation_id = o.organisation_id and a.state = 'pending'", ct, id);
        var moved = outcomes[^1];
        await session.Run("update cbam.certificate_order set state = $2, book_code = $3 where id = $1 and state = 1", ct, id, (short)(moved.Accepted ? OrderState.Done : OrderState.Refused), moved.Accepted ? null : moved.Code.ToString());
    }
}
