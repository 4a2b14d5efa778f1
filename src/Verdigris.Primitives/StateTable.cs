using System.Collections;

namespace Verdigris.Primitives;

/// <summary>
/// The life of a document as a table of moves (from, event, to); nothing moves outside it. Where an event has several ends from one state, the caller names the end.
/// Immutable, thread-safe.
/// </summary>
/// <param name="forbidden">The refusal of a move that is not in the table; the arguments <c>state</c> and <c>event</c> are added.</param>
public sealed class StateTable<TState, TEvent>(Refusal forbidden, IReadOnlyList<(TState From, TEvent Event, TState To)> moves) : IReadOnlyList<(TState From, TEvent Event, TState To)>
    where TState : struct, Enum where TEvent : struct, Enum
{
    /// <summary>States no event leaves.</summary>
    public IReadOnlySet<TState> Final { get; } = Enum.GetValues<TState>().Where(s => moves.All(m => !m.From.Equals(s))).ToHashSet();

    public int Count => moves.Count;

    public (TState From, TEvent Event, TState To) this[int index] => moves[index];

    /// <param name="end">Which of several ends is meant; where there is one, it is taken whatever this says.</param>
    public Answer<TState> Next(TState from, TEvent happened, TState? end = null)
    {
        TState? only = null;
        var ends = 0;
        foreach (var (state, @event, to) in moves)
        {
            if (!state.Equals(from) || !@event.Equals(happened)) continue;
            ends++;
            if (only is null || to.Equals(end)) only = to;
        }
        if (only is { } found && (ends == 1 || found.Equals(end))) return found;
        return forbidden with { Args = new Dictionary<string, string> { ["state"] = from.ToString(), ["event"] = happened.ToString() } };
    }

    public IEnumerator<(TState From, TEvent Event, TState To)> GetEnumerator() => moves.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
