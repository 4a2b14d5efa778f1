using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Cash;

/// <summary>Finishes a proposal once the Book answered: the money is held, or it said no and the task is over.</summary>
sealed class CashHeld(Lazy<Approvals> approvals) : IBookCommandKind
{
    public const string Name = "market.cash-held";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        if (outcomes[0].Accepted) return;
        var id = row.Payload<Subject>().Id;
        await session.Run("update market.cash_move set state = 4, book_code = $2, row_version = row_version + 1 where id = $1 and state in (0, 1)", ct, id, outcomes[0].Code.ToString());
        if ((await CashHandlers.Find(session, id, ct))?.TaskId is { } task) await approvals.Value.End(session, task, outcomes[0].Code.ToString(), ct);
    }
}

/// <summary>Finishes a decision once the Book answered.</summary>
sealed class CashPosted(Lazy<BookCommands> book) : IBookCommandKind
{
    public const string Name = "market.cash-posted";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var id = row.Payload<Subject>().Id;
        var done = outcomes[0].Accepted;
        await session.Run("update market.cash_move set state = $2, book_code = $3, row_version = row_version + 1 where id = $1 and state = 1", ct, id, (short)(done ? CashState.Done : CashState.RefusedByBook), done ? null : outcomes[0].Code.ToString());
        // What stays held of a move that cannot be done would be held for ever.
        if (!done) await book.Value.Send(session, CashVoided.Name, id, new Subject(id), [Commands.VoidHold(0, BookId.Derive(id, 0), BookId.From(session.Actor.PersonId), reference: BookId.From(id))], ct);
        if (await CashHandlers.Find(session, id, ct) is not { } known) return;
        var text = done ? known.Direction == CashDirection.In ? "market.notice.cash.in" : "market.notice.cash.out" : "market.notice.cash.refused";
        await session.Notify(new Notice(MarketNotices.Cash, new NoticeTo(Organisation: known.OrganisationId, Roles: [Role.MarketTrader, Role.MarketSupervisor]), text,
            new Dictionary<string, string> { ["account"] = known.AccountCode, ["currency"] = known.Currency, ["amount"] = DecimalText.Write(known.Amount) }, $"/market/cash/{id}", "market-cash", id.ToString()), ct);
    }
}

/// <summary>What was held goes back: nothing of the document changes any more.</summary>
sealed class CashVoided : IBookCommandKind
{
    public const string Name = "market.cash-voided";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) => Task.CompletedTask;
}
