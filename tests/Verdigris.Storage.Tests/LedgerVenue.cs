using System.Runtime.InteropServices;
using Verdigris.Book;

namespace Verdigris.Storage.Tests;

/// <summary>
/// A venue that remembers every command id and counts effects, with a switch that makes it fail before or after it has taken the commands: what a crash
/// between two steps looks like from the outside.
/// </summary>
sealed class LedgerVenue : IVenue
{
    readonly Dictionary<UInt128, (byte[] Bytes, Outcome Outcome)> seen = [];
    long batch;

    public UInt128 VenueId { get; } = BookId.From(Guid.NewGuid());
    public int MaxBatch => 8190;
    public bool FailBefore { get; set; }
    public bool FailAfter { get; set; }
    public Func<Command, Code> Decide { get; set; } = _ => Code.Accepted;

    /// <summary>How many commands took effect.</summary>
    public int Effects { get; private set; }

    public List<UInt128> Sent { get; } = [];

    public event Action<CommittedBatch>? Committed;

    public ValueTask<Outcome> Send(in Command command) => One(command);

    async ValueTask<Outcome> One(Command command) => (await Send(new[] { command }))[0];

    public ValueTask<Outcome[]> Send(ReadOnlyMemory<Command> commands)
    {
        lock (seen)
        {
            if (FailBefore) throw new VenueStoppedException("stopped before");
            batch++;
            var outcomes = new Outcome[commands.Length];
            for (var i = 0; i < commands.Length; i++)
            {
                var command = commands.Span[i];
                var bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<Command>(in command)).ToArray();
                Sent.Add(command.Id);
                if (command.Id == 0) outcomes[i] = new(Code.CommandIdMissing, 0, 0, false);
                else if (seen.TryGetValue(command.Id, out var first)) outcomes[i] = first.Bytes.AsSpan().SequenceEqual(bytes) ? first.Outcome with { Repeated = true } : new(Code.CommandIdReused, 0, 0, false);
                else
                {
                    outcomes[i] = new(Decide(command), batch, batch * 1000, false);
                    seen.Add(command.Id, (bytes, outcomes[i]));
                    if (outcomes[i].Accepted) Effects++;
                }
            }
            Committed?.Invoke(new(batch, batch * 1000, commands, outcomes.Select(o => o.Code).ToArray(), ReadOnlyMemory<Effect>.Empty));
            if (FailAfter) throw new VenueStoppedException("stopped after");
            return new(outcomes);
        }
    }

    public T Read<T>(Func<IBookState, T> query) => throw new NotSupportedException("This venue keeps no balances.");
}
