using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator;

/// <summary>Who sends commands to a simulated venue, and what must hold of the answers beyond what the reference ledger says.</summary>
public interface IWorkload
{
    /// <summary>The commands that set the world up; the first batch of a run.</summary>
    Command[] Beginning();

    /// <summary>A batch of commands for a state as it is before it, at least one.</summary>
    Command[] NextBatch(LedgerState before, int most);

    /// <summary>Microseconds that pass before the next batch, beside what the clock does by itself.</summary>
    long Waits() => 0;

    /// <summary>Told of every durable batch once, in order. Null, or what happened that must not.</summary>
    string? Happened(ReadOnlySpan<Command> commands, Decided decided) => null;

    /// <summary>Asked after every recovery and now and then. Null, or what stands in the Book that must not.</summary>
    string? Whole(IBookState book) => null;

    /// <summary>What was tried and seen, by name; part of the run's report.</summary>
    IReadOnlyDictionary<string, long> Counts => System.Collections.Immutable.ImmutableSortedDictionary<string, long>.Empty;
}
