using NodaTime;
using Verdigris.Book;
using Verdigris.Registry.Accounts;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <summary>Finishes a proposal once the Book answered: the units are held and their serials known, or the Book said no.</summary>
sealed class TransactionHeld(IVenue venue, Lazy<Approvals> approvals, Lazy<BookCommands> book) : IBookCommandKind
{
    public const string Name = "registry.transaction-held";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var id = row.Payload<Subject>().Id;
        if (outcomes.FirstOrDefault(o => !o.Accepted) is { Code: not Code.Accepted } refused)
        {
            var code = outcomes.FirstOrDefault(o => !o.Accepted && o.Code != Code.LinkedFailed) is { Code: not Code.Accepted } cause ? cause.Code : refused.Code;
            await session.Run("update registry.transaction set state = 6, book_code = $2, finished_at = $3, row_version = row_version + 1 where id = $1 and state in (0, 1)", ct, id, code.ToString(), session.Now);
            if ((await TransactionStore.Find(session, id, ct))?.TaskId is { } task) await approvals.Value.End(session, task, code.ToString(), ct);
            return;
        }
        var asset = row.Commands[0].Asset;
        var from = row.Commands[0].Debit;
        var holds = row.Commands.Select(c => c.Id).ToHashSet();
        var blocks = venue.Read(b => b.Blocks(from, asset, int.MaxValue).Where(x => holds.Contains(x.Hold)).Select(x => (x.First, x.Last)).ToList());
        // The finish may run again after a crash, when the units may have gone on already: what was written stays.
        for (var i = 0; i < blocks.Count; i++) await session.Run("insert into registry.transaction_block (transaction_id, place, first, last) values ($1, $2, $3, $4) on conflict do nothing", ct, id, i, blocks[i].First, blocks[i].Last);
        // After a stop of the server the hold may come after the decision: where the transaction is over, what was held is free again.
        if (await session.Value<bool>("select exists (select from registry.transaction where id = $1 and state in (4, 5, 6))", ct, id) && venue.Read(b => holds.Any(h => b.Hold(h)?.State == HoldState.Pending)))
            await book.Value.Send(session, PlainCommand.Name, id, new Subject(id), TransactionBook.Voids(id, holds.Count, session.Actor.PersonId, 0), ct);
    }
}

/// <summary>Finishes an approval once the Book answered.</summary>
sealed class TransactionPosted(TransactionDesk desk) : IBookCommandKind
{
    public const string Name = "registry.transaction-posted";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        if (await TransactionStore.Locked(session, row.Payload<Subject>().Id, ct) is not { State: TransactionState.Pending } known) return;
        if (outcomes.All(o => o.Accepted))
        {
            if (known.ExecutesAt is null) await desk.Complete(session, known, ct);
            else await desk.Delay(session, known, ct);
            return;
        }
        var code = outcomes.First(o => !o.Accepted).Code;
        await desk.Void(session, known, TransactionState.Terminated, code.ToString(), ct);
        await session.Run("update registry.transaction set book_code = $2 where id = $1", ct, known.Id, code.ToString());
    }
}

/// <summary>Delayed transactions whose time has come: the Book has carried them out by itself; the documents follow.</summary>
sealed class DelaysOver(TransactionDesk desk) : IDailyWork
{
    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var due = await TransactionStore.Due(session, null, ct);
        foreach (var transaction in due) await desk.Settle(session, transaction, ct);
        return due.Count;
    }
}
