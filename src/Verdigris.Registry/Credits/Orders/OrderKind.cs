using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Orders;

enum OrderPhase { Move, Hold, Post, Void, Convert, Free, Reserve }

/// <param name="Issued">What a conversion issues.</param>
sealed record OrderSubject(Guid OrderId, OrderPhase Phase, ConvertedBlock? Issued = null);

/// <summary>Finishes an order once the Book answered: the end is written down with its certificate, a transfer is offered to its receiver, a conversion to the programme it goes to. Those whose units they are, hear of it.</summary>
sealed class OrderKind(Lazy<Approvals> approvals, Lazy<BookCommands> book) : IBookCommandKind
{
    public const string Name = "registry.credit-order";

    sealed record Row(Guid Organisation, Guid? To, CreditOrderKind Kind, string Unit, long First, long Last, string? Beneficiary, string Reason, string? Purpose, string? Instrument, string? Decider, Guid? Conversion)
    {
        public long Units => Last - First + 1;
    }

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var (id, phase, issued) = row.Payload<OrderSubject>();
        if (phase == OrderPhase.Free) return;
        foreach (var (i, command) in row.Commands.ToArray().Index())
            if (command.Operation == Operation.OpenAccount) await CreditAccounts.Opened(session, outcomes[i], command.Debit, ct);
        var refused = outcomes.FirstOrDefault(o => !o.Accepted && o.Code is not (Code.LinkedFailed or Code.AccountExists));
        if (phase == OrderPhase.Reserve)
        {
            // After a stop of the server the hold may come after the decision: where the order is over, what was held is free again.
            if (refused.Code == Code.Accepted)
            {
                if (await session.Value<bool>("select exists (select from registry.credit_order where id = $1 and state in (4, 5))", ct, id)) await Freed(session, id, ct);
            }
            // A trade was quicker: nobody has to decide any more.
            else if (await session.Run("update registry.credit_order set state = 4, book_code = $2 where id = $1 and state = 0", ct, id, refused.Code.ToString()) > 0)
                foreach (var task in await session.All("select task_id from registry.credit_order where id = $1 and task_id is not null", r => r.GetGuid(0), ct, id)) await approvals.Value.End(session, task, refused.Code.ToString(), ct);
            return;
        }
        if (refused.Code != Code.Accepted)
        {
            await session.Run("update registry.credit_order set state = 4, book_code = $2 where id = $1 and state = 2", ct, id, refused.Code.ToString());
            var atMarket = await session.Value<bool>("select exists (select from registry.credit_order where id = $1 and market_account is not null and kind <> 12)", ct, id);
            if (phase != OrderPhase.Convert && !atMarket) return;
            if (phase == OrderPhase.Convert) await Conversions.Refused(session, id, ct);
            // What waited for the conversion, or to leave the market, is the holder's again.
            await Freed(session, id, ct);
            return;
        }
        var o = (await session.All("select organisation_id, to_organisation, kind, unit, first, last, beneficiary, coalesce(reason, ''), purpose, instrument, decider, conversion_id from registry.credit_order where id = $1", r =>
            new Row(r.GetGuid(0), r.MaybeGuid(1), (CreditOrderKind)r.GetInt16(2), r.GetString(3), r.GetInt64(4), r.GetInt64(5), r.Text(6), r.GetString(7), r.Text(8), r.Text(9), r.Text(10), r.MaybeGuid(11)), ct, id))[0];
        if (phase == OrderPhase.Hold)
        {
            var link = $"/credits/orders/{id}";
            var task = o.Kind == CreditOrderKind.Transfer ? await approvals.Value.Ask(session, OrderHandlers.AcceptTask, id, o.To!.Value, Role.OwnerTrader, link, ct, ("units", o.Units), ("unit", o.Unit))
                : await approvals.Value.Ask(session, OrderHandlers.ProgrammeTask, o.Kind.ToString(), id, (await ProgrammeAdministration.Needed(session, o.Decider!, ct)).Value, Role.AuthorityApprover, link, ct, ("units", o.Units), ("unit", o.Unit));
            await session.Run("update registry.credit_order set state = 1, task_id = $2 where id = $1 and state = 2", ct, id, task);
            return;
        }
        if (phase == OrderPhase.Void)
        {
            await session.Run("update registry.credit_order set state = 5 where id = $1 and state = 2", ct, id);
            return;
        }
        if (await session.Run("update registry.credit_order set state = 3 where id = $1 and state = 2", ct, id) == 0) return;
        if (issued is not null) await Conversions.Done(session, id, issued, ct);
        if (o.Conversion is { } conversion) await Conversions.Undone(session, id, conversion, ct);
        await End(session, id, o, ct);
        // Reductions of the project were lost: until the exchange has looked at it, no basket takes or gives its credits.
        if (o.Kind == CreditOrderKind.Reverse)
            await session.Run("insert into registry.credit_market_exclusion (id, project_id, reason, excluded_by, excluded_at) select gen_random_uuid(), p.project_id, 'reversal', o.ordered_by, $2 from registry.credit_order o cross join lateral (select distinct e.project_id from registry.credit_ending e where e.order_id = o.id) p where o.id = $1 on conflict do nothing", ct, id, session.Now);
        await Tell(session, id, o, ct);
    }

    /// <summary>Ends the hold of an order.</summary>
    Task Freed(DbSession s, Guid id, CancellationToken ct) => book.Value.Send(s, Name, id, new OrderSubject(id, OrderPhase.Free), [new Command { Operation = Operation.VoidHold, Target = OrderHandlers.HoldOf(id), Reference = BookId.From(id) }], ct);

    /// <summary>The certificate of what ended; of units of several blocks one a block.</summary>
    static async Task End(DbSession s, Guid id, Row o, CancellationToken ct)
    {
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
        await s.Run("""
            insert into registry.credit_ending (number, kind, unit, first, last, project_id, ended_on, beneficiary, reason, printed, purpose, order_id)
            select nextval('registry.credit_ending_number'), $2, $3, greatest(b.first, $4), least(b.last, $5), b.project_id, $6, $7, $8, $9, $10, $1 from registry.credit_block b where b.unit = $3 and b.first <= $5 and b.last >= $4
              and b.first >= coalesce((select max(x.first) from registry.credit_block x where x.unit = $3 and x.first <= $4), $4)
              and not exists (select from registry.credit_ending e where e.order_id = $1) order by b.first
            """, ct, id, (short)kind, o.Unit, o.First, o.Last, s.Today(), o.Beneficiary, o.Reason.Length == 0 ? "other" : o.Reason, o.Instrument, o.Purpose);
    }

    static async Task Tell(DbSession s, Guid id, Row o, CancellationToken ct)
    {
        Task Word(Guid organisation, string text) => CreditNotices.Tell(s, organisation, "registry.notice.credits." + text, $"/credits/orders/{id}", "credit-order", id, ct, ("units", $"{o.Units}"), ("unit", o.Unit));
        switch (o.Kind)
        {
            case CreditOrderKind.Transfer:
                await Word(o.To!.Value, "received");
                await Word(o.Organisation, "sent");
                break;
            case CreditOrderKind.Retire: await Word(o.Organisation, "retired"); break;
            case CreditOrderKind.Convert: await Word(o.Organisation, "converted"); break;
            case CreditOrderKind.Release: await Word(o.Organisation, "released"); break;
            case CreditOrderKind.TakeIn: await Word(o.Organisation, "taken-in"); break;
            case CreditOrderKind.GiveBack: await Word(o.Organisation, "given-back"); break;
            case CreditOrderKind.Deposit: await Word(o.Organisation, "to-market"); break;
            case CreditOrderKind.Withdraw: await Word(o.Organisation, "from-market"); break;
            case CreditOrderKind.Reverse or CreditOrderKind.ReleaseBuffer:
                // Of the buffer pool: the project's developer, who answers for what was lost.
                foreach (var (developer, project) in await s.All("select distinct p.developer_id, p.id from registry.credit_block b join registry.credit_project p on p.id = b.project_id where b.unit = $1 and b.first <= $3 and b.last >= $2 and p.developer_id is not null", r => (r.GetGuid(0), r.GetGuid(1)), ct, o.Unit, o.First, o.Last))
                    await CreditNotices.Tell(s, developer, o.Kind == CreditOrderKind.Reverse ? "registry.notice.credits.reversed" : "registry.notice.credits.buffer-released", $"/credits/projects/{project}", "credit-project", project, ct, ("units", $"{o.Units}"), ("unit", o.Unit));
                break;
            case CreditOrderKind.Undo:
                var holder = (await s.All("select organisation_id from registry.credit_order where id = $1", r => r.GetGuid(0), ct, o.Conversion))[0];
                await CreditNotices.Tell(s, holder, "registry.notice.credits.conversion-undone", $"/credits/orders/{o.Conversion}", "credit-order", o.Conversion!.Value, ct, ("units", $"{o.Units}"), ("unit", o.Unit));
                break;
        }
    }
}
