using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Orders;

enum OrderPhase { Move, Hold, Post, Void }

sealed record OrderSubject(Guid OrderId, OrderPhase Phase);

/// <summary>Finishes an order once the Book answered: the end is written down with its certificate, or a transfer is offered to its receiver.</summary>
sealed class OrderKind(Lazy<Approvals> approvals) : IBookCommandKind
{
    public const string Name = "registry.credit-order";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var (id, phase) = row.Payload<OrderSubject>();
        if (phase == OrderPhase.Hold) await CreditAccounts.Opened(session, outcomes[0], row.Commands[0].Debit, ct);
        var moved = outcomes[^1];
        if (!moved.Accepted)
        {
            await session.Run("update registry.credit_order set state = 4, book_code = $2 where id = $1 and state = 2", ct, id, moved.Code.ToString());
            return;
        }
        if (phase == OrderPhase.Hold)
        {
            var (to, unit, first, last) = (await session.All("select to_organisation, unit, first, last from registry.credit_order where id = $1", r => (r.GetGuid(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3)), ct, id))[0];
            var task = await approvals.Value.Ask(session, OrderHandlers.AcceptTask, id, to, Role.OwnerTrader, $"/credits/orders/{id}", ct, ("units", last - first + 1), ("unit", unit));
            await session.Run("update registry.credit_order set state = 1, task_id = $2 where id = $1 and state = 2", ct, id, task);
            return;
        }
        if (phase == OrderPhase.Void)
        {
            await session.Run("update registry.credit_order set state = 5 where id = $1 and state = 2", ct, id);
            return;
        }
        await session.Run("update registry.credit_order set state = 3 where id = $1 and state = 2", ct, id);
        var o = (await session.All("select kind, unit, first, last, beneficiary, coalesce(reason, ''), purpose, instrument from registry.credit_order where id = $1", r =>
            (Kind: (CreditOrderKind)r.GetInt16(0), Unit: r.GetString(1), First: r.GetInt64(2), Last: r.GetInt64(3), Beneficiary: r.Text(4), Reason: r.GetString(5), Purpose: r.Text(6), Instrument: r.Text(7)), ct, id))[0];
        EndingKind? end = o.Kind switch
        {
            CreditOrderKind.Retire => EndingKind.Retired,
            CreditOrderKind.Cancel => EndingKind.Cancelled,
            CreditOrderKind.Convert => EndingKind.Converted,
            CreditOrderKind.Immobilise => EndingKind.Immobilised,
            CreditOrderKind.Reverse => EndingKind.Reversed,
            _ => null,
        };
        if (end is not { } kind) return;
        await session.Run("""
            insert into registry.credit_ending (number, kind, unit, first, last, project_id, ended_on, beneficiary, reason, printed, purpose, order_id)
            select nextval('registry.credit_ending_number'), $2, $3, $4, $5, b.project_id, $6, $7, $8, $9, $10, $1 from (select project_id, last from registry.credit_block where unit = $3 and first <= $4 order by first desc limit 1) b where b.last >= $4
              and not exists (select from registry.credit_ending e where e.order_id = $1)
            """, ct, id, (short)kind, o.Unit, o.First, o.Last, session.Today(), o.Beneficiary, o.Reason.Length == 0 ? "other" : o.Reason, o.Instrument, o.Purpose);
    }
}
