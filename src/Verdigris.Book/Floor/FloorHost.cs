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

    public ValueTask<FloorAnswer> Send(in FloorCommand command) => First(venue.SendNotes(new[] { command.ToNote() }));

    static async ValueTask<FloorAnswer> First(ValueTask<NoteAnswer[]> answers) => Of((await answers.ConfigureAwait(false))[0]);

    public async ValueTask<FloorAnswer[]> Send(ReadOnlyMemory<FloorCommand> commands)
    {
        var notes = new Command[commands.Length];
        for (int i = 0; i < notes.Length; i++) notes[i] = commands.Span[i].ToNote();
        return Array.ConvertAll(await venue.SendNotes(notes).ConfigureAwait(false), Of);
    }

    static FloorAnswer Of(NoteAnswer answer) => new((FloorCode)answer.Answer.Code, answer.Answer.First, answer.Answer.Second, answer.Outcome);

    public T Read<T>(Func<IFloorState, T> query) => venue.Read(_ => query(floor));

    public FloorSubscription Subscribe(long from = 0, int capacity = 65_536) => floor.Tape.Subscribe(from, capacity);
}
