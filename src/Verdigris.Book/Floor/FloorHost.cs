using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>A floor in the venue it belongs to: lines go in as Notes, answers and events come out when they are durable. Thread-safe.</summary>
public sealed class FloorHost : IFloor
{
    readonly Venue venue;
    readonly Floor floor;

    /// <param name="venue">Opened with this floor as its program.</param>
    public FloorHost(Venue venue, Floor floor)
    {
        this.venue = venue;
        this.floor = floor;
        venue.Stopped.Register(floor.Tape.End);
    }

    /// <summary>Opens a venue with a floor beside its Book.</summary>
    public static (Venue Venue, FloorHost Floor) Open(VenueOptions options, FloorOptions? floorOptions = null)
    {
        var floor = new Floor(floorOptions);
        var venue = Venue.Open(options with { Program = floor });
        return (venue, new(venue, floor));
    }

    public ValueTask<FloorAnswer> Send(in FloorCommand command) => First(Send(new[] { command }));

    static async ValueTask<FloorAnswer> First(ValueTask<FloorAnswer[]> answers) => (await answers.ConfigureAwait(false))[0];

    public async ValueTask<FloorAnswer[]> Send(ReadOnlyMemory<FloorCommand> commands)
    {
        if (commands.IsEmpty) return [];
        var submission = new FloorLines(commands);
        await venue.Offer(submission).ConfigureAwait(false);
        await submission.Task.ConfigureAwait(false);
        return submission.Answers();
    }

    /// <summary>Lines as they came from the caller, who leaves them as they are until they are answered: read as Notes without a copy.</summary>
    sealed class FloorLines(ReadOnlyMemory<FloorCommand> lines) : NoteSubmission
    {
        /// <summary>What is known of a line's answer, written field by field (<see cref="INoteAnswers"/>).</summary>
        struct Kept
        {
            public long Order, Traded, Batch, TimeMicros;
            public FloorCode Code;
            public Code Outcome;
            public bool Repeated;
        }

        readonly TaskCompletionSource source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly Kept[] kept = new Kept[lines.Length];

        public Task Task => source.Task;

        public override ReadOnlySpan<Command> Notes => MemoryMarshal.Cast<FloorCommand, Command>(lines.Span);

        public override void Answer(int note, in Outcome outcome, in ProgramAnswer answer)
        {
            ref var k = ref kept[note];
            k.Order = answer.First;
            k.Traded = answer.Second;
            k.Batch = outcome.Batch;
            k.TimeMicros = outcome.TimeMicros;
            k.Code = (FloorCode)answer.Code;
            k.Outcome = outcome.Code;
            k.Repeated = outcome.Repeated;
        }

        /// <summary>All answers, once they are there: made by who waited for them, not by the writer.</summary>
        public FloorAnswer[] Answers() => Array.ConvertAll(kept, k => new FloorAnswer(k.Code, k.Order, k.Traded, new(k.Outcome, k.Batch, k.TimeMicros, k.Repeated)));

        public override void Complete() => source.SetResult();
        public override void Fail(Exception reason) => source.SetException(reason);
    }

    internal Floor Floor => floor;

    public T Read<T>(Func<IFloorState, T> query) => venue.Read(_ => query(floor));

    public FloorSubscription Subscribe(long from = 0, int capacity = 65_536) => floor.Subscribe(from, capacity);
}
