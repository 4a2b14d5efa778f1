using System.Runtime.InteropServices;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>What finishes a document change once the Book has answered.</summary>
public interface IBookCommandKind
{
    /// <summary>Dotted lower-case name, the same in every version of the program: <c>passport.warrant.issue</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Brings the documents into their final state for these outcomes, accepted or refused. Runs in a transaction together with the mark that the command is finished, as the
    /// person who gave it with the system's rights. It is not repeated after it committed, but it may run again after a failure: it must find the same rows each time.
    /// </summary>
    Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct);
}

public enum BookCommandState { Pending, Finished }

/// <summary>Commands for the Book that belong to one change of documents.</summary>
/// <param name="Commands">As they are sent, with their ids: the same bytes at every try.</param>
/// <param name="Actor">Who gave them.</param>
/// <param name="Outcomes">One a command, once finished.</param>
/// <param name="Attempts">Failed tries so far; <paramref name="LastError"/> is the last one's.</param>
public sealed record BookCommandRow(
    Guid Id, string Kind, string SubjectId, string PayloadJson, IReadOnlyList<Command> Commands, Actor Actor, Instant CreatedAt,
    BookCommandState State, IReadOnlyList<Outcome>? Outcomes, int Attempts, string? LastError)
{
    /// <exception cref="System.Text.Json.JsonException">The payload is not a <typeparamref name="T"/>.</exception>
    public T Payload<T>() => StorageJson.Read<T>(PayloadJson);

    internal static byte[] Bytes(ReadOnlySpan<Command> commands) => MemoryMarshal.AsBytes(commands).ToArray();

    internal static Command[] FromBytes(byte[] bytes) => MemoryMarshal.Cast<byte, Command>(bytes).ToArray();
}

/// <summary>An actor as a row keeps him.</summary>
sealed record StoredActor(Guid PersonId, string Name, Guid OrganisationId, string[] Roles, bool IsMachine)
{
    public static StoredActor Of(Actor actor) => new(actor.PersonId, actor.Name, actor.OrganisationId, [.. actor.Roles], actor.IsMachine);

    public Actor ToActor() => new(PersonId, Name, OrganisationId, new HashSet<string>(Roles), IsMachine);
}

/// <summary>Outcomes as a row keeps them: those of a batch are mostly alike, so equal neighbours are one with their count.</summary>
static class OutcomeRuns
{
    /// <param name="Count">Neighbours that are alike; 1 where the text does not say.</param>
    internal sealed record Run(Code Code, long Batch, long TimeMicros, int Count = 1);

    public static List<Run> Of(IReadOnlyList<Outcome> outcomes)
    {
        var runs = new List<Run>();
        foreach (var o in outcomes)
        {
            if (runs.Count > 0 && runs[^1] is var last && (last.Code, last.Batch, last.TimeMicros) == (o.Code, o.Batch, o.TimeMicros)) runs[^1] = last with { Count = last.Count + 1 };
            else runs.Add(new(o.Code, o.Batch, o.TimeMicros));
        }
        return runs;
    }

    public static IReadOnlyList<Outcome> Read(string json) => [.. StorageJson.Read<Run[]>(json).SelectMany(r => Enumerable.Repeat(new Outcome(r.Code, r.Batch, r.TimeMicros, Repeated: true), r.Count))];
}
