using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace Verdigris.Book;

/// <summary>Commands of one caller that stay together, and the way back to the caller.</summary>
abstract class Submission
{
    public abstract int Count { get; }
    public abstract bool EndsLinked { get; }
    public abstract void CopyTo(Span<Command> into);
    public abstract void Complete(ReadOnlySpan<Outcome> outcomes);
    public abstract void Fail(Exception reason);
}

/// <summary>One command. Reused: a steady stream of single commands allocates nothing. Continuations never run on the writer's thread.</summary>
sealed class SingleSubmission : Submission, IValueTaskSource<Outcome>
{
    static readonly ConcurrentQueue<SingleSubmission> Pool = new();

    ManualResetValueTaskSourceCore<Outcome> source;
    Command command;

    SingleSubmission() => source.RunContinuationsAsynchronously = true;

    public static SingleSubmission Rent(in Command command)
    {
        if (!Pool.TryDequeue(out var submission)) submission = new();
        submission.command = command;
        return submission;
    }

    public ValueTask<Outcome> Task => new(this, source.Version);

    public override int Count => 1;
    public override bool EndsLinked => (command.Flags & CommandFlags.Linked) != 0;
    public override void CopyTo(Span<Command> into) => into[0] = command;
    public override void Complete(ReadOnlySpan<Outcome> outcomes) => source.SetResult(outcomes[0]);
    public override void Fail(Exception reason) => source.SetException(reason);

    public Outcome GetResult(short token)
    {
        try
        {
            return source.GetResult(token);
        }
        finally
        {
            source.Reset();
            if (Pool.Count < 1024) Pool.Enqueue(this);
        }
    }

    public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);
}

/// <summary>Several commands, answered together.</summary>
sealed class GroupSubmission(ReadOnlyMemory<Command> commands) : Submission
{
    readonly TaskCompletionSource<Outcome[]> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Outcome[]> Task => source.Task;

    public override int Count => commands.Length;
    public override bool EndsLinked => (commands.Span[^1].Flags & CommandFlags.Linked) != 0;
    public override void CopyTo(Span<Command> into) => commands.Span.CopyTo(into);
    public override void Complete(ReadOnlySpan<Outcome> outcomes) => source.SetResult(outcomes.ToArray());
    public override void Fail(Exception reason) => source.SetException(reason);
}

/// <summary>Where the answers to Notes go, one by one. In two parts, which are read field by field: to put a whole answer together and copy it, the writer would wait until what it wrote just before has reached its cache.</summary>
interface INoteAnswers
{
    void Answer(int note, in Outcome outcome, in ProgramAnswer answer);
}

sealed class NoteAnswers(int count) : INoteAnswers
{
    public NoteAnswer[] All { get; } = new NoteAnswer[count];

    public void Answer(int note, in Outcome outcome, in ProgramAnswer answer) => All[note] = new(outcome, answer);
}

/// <summary>Notes for the program, answered together.</summary>
abstract class NoteSubmission : Submission, INoteAnswers
{
    public abstract ReadOnlySpan<Command> Notes { get; }

    /// <summary>Keeps the answer to one Note; the sender has it when all are answered.</summary>
    public abstract void Answer(int note, in Outcome outcome, in ProgramAnswer answer);

    public abstract void Complete();

    public override int Count => Notes.Length;
    public override bool EndsLinked => false;
    public override void CopyTo(Span<Command> into) => throw new InvalidOperationException("Notes are given to the program one by one.");
    public override void Complete(ReadOnlySpan<Outcome> outcomes) => Complete();
}

sealed class NoteGroup(ReadOnlyMemory<Command> notes) : NoteSubmission
{
    readonly TaskCompletionSource<NoteAnswer[]> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly NoteAnswers answers = new(notes.Length);

    public Task<NoteAnswer[]> Task => source.Task;

    public override ReadOnlySpan<Command> Notes => notes.Span;
    public override void Answer(int note, in Outcome outcome, in ProgramAnswer answer) => answers.Answer(note, outcome, answer);
    public override void Complete() => source.SetResult(answers.All);
    public override void Fail(Exception reason) => source.SetException(reason);
}
