using Verdigris.Primitives;

namespace Verdigris.Cbam;

/// <summary>What a second person decides on must still be what he was asked about.</summary>
static class SecondPerson
{
    /// <summary>Writes a decision where the document's state allows it and its content is the one that was proposed.</summary>
    /// <param name="known">The document, locked; null where there is none.</param>
    /// <param name="of">Its state and the hash of its content.</param>
    /// <param name="asked">The hash the task names.</param>
    public static async Task<Answer<Done>> Decided<T, TState, TEvent>(T? known, Func<T, (TState State, string? Sha256)> of, string asked, StateTable<TState, TEvent> table, TEvent happened, Refusal notFound, Refusal changed, Func<T, TState, Task> write)
        where T : class where TState : struct, Enum where TEvent : struct, Enum
    {
        if (known is null) return notFound;
        var (state, sha256) = of(known);
        var next = table.Next(state, happened);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        if (sha256 != asked) return changed;
        await write(known, next.Value);
        return default(Done);
    }
}
