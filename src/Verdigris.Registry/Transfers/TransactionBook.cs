using NodaTime;
using Verdigris.Book;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <summary>How a transaction lies in the Book: one hold from the proposal on (one for each run of serials where it brings back what another moved), posted by another person, at once or at the time of the delay.</summary>
static class TransactionBook
{
    /// <summary>Id of the hold of a place; the same at every try.</summary>
    public static UInt128 HoldOf(Guid transaction, int place) => BookId.Derive(transaction, place);

    /// <param name="blocks">Exact runs, or none: the units held longest go first.</param>
    /// <param name="actingFor">The account that proposes: the holder's own, or the authority's; 0 for the registry itself.</param>
    public static IReadOnlyList<Command> Holds(Guid id, ushort type, int asset, long debit, long credit, long quantity, IReadOnlyList<TransactionBlock> blocks, Guid person, long actingFor)
    {
        IReadOnlyList<(long First, long Count)> runs = blocks.Count == 0 ? [(0L, quantity)] : [.. blocks.Select(b => (b.First, b.Last - b.First + 1))];
        return [.. runs.Select((run, i) => new Command
        {
            Id = HoldOf(id, i),
            Operation = Operation.Hold,
            Flags = i < runs.Count - 1 ? CommandFlags.Linked : CommandFlags.None,
            TransactionType = type,
            Asset = asset,
            Debit = debit,
            Credit = credit,
            Amount = run.Count,
            SerialFirst = run.First,
            Reference = BookId.From(id),
            Actor = BookId.From(person),
            ActingFor = actingFor,
        })];
    }

    /// <param name="executesAt">Null: now.</param>
    public static IReadOnlyList<Command> Posts(Guid id, int holds, Guid person, long actingFor, Instant? executesAt) => [.. Enumerable.Range(0, holds).Select(i => new Command
    {
        Operation = Operation.PostHold,
        Flags = (i < holds - 1 ? CommandFlags.Linked : CommandFlags.None) | (executesAt is null ? CommandFlags.None : CommandFlags.Releases),
        Target = HoldOf(id, i),
        Time = executesAt is { } at ? at.ToUnixTimeTicks() / 10 : 0,
        Actor = BookId.From(person),
        ActingFor = actingFor,
        Reference = BookId.From(id),
    })];

    public static IReadOnlyList<Command> Voids(Guid id, int holds, Guid person, long actingFor) => [.. Enumerable.Range(0, holds).Select(i => new Command
    {
        Operation = Operation.VoidHold,
        Flags = i < holds - 1 ? CommandFlags.Linked : CommandFlags.None,
        Target = HoldOf(id, i),
        Actor = BookId.From(person),
        ActingFor = actingFor,
        Reference = BookId.From(id),
    })];
}
