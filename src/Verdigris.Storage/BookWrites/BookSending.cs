using Verdigris.Book;

namespace Verdigris.Storage;

/// <summary>Sends what a transaction enqueued, after its commit. Where the Book does not answer now, the rows stay pending and the reconciler sends them.</summary>
public static class BookSending
{
    /// <summary>Inside the caller's transaction.</summary>
    /// <param name="kind">A registered <see cref="IBookCommandKind"/>.</param>
    public static async Task Send(this BookCommands book, DbSession s, string kind, Guid subject, object payload, IReadOnlyList<Command> commands, CancellationToken ct)
    {
        var row = await book.Enqueue(s, kind, subject.ToString(), payload, commands, ct);
        await s.AfterCommit(async token =>
        {
            try { await book.Run(s, row, token); }
            catch (VenueStoppedException) { /* logged and scheduled by the queue */ }
        }, ct);
    }
}
