using Verdigris.Book;

namespace Verdigris.Market.Trading;

/// <summary>Reads the floor's events up to where they stand now. What was not read before a checkpoint is gone after a restart: so everybody who keeps them reads on before one is written.</summary>
static class FloorReading
{
    const int Waiting = 1_048_576;

    /// <param name="from">The first event wanted.</param>
    /// <param name="take">Keeps a batch; given the same events again it changes nothing.</param>
    /// <returns>The last event read; one less than <paramref name="from"/> where there was none.</returns>
    /// <exception cref="FloorEventsGoneException">The floor no longer keeps the first of them.</exception>
    public static async Task<long> UpToNow(IFloor floor, long from, Func<ReadOnlyMemory<FloorEvent>, Task> take, CancellationToken ct)
    {
        var (last, reached) = (floor.Read(f => f.NextEvent) - 1, from - 1);
        if (reached >= last) return reached;
        using var subscription = floor.Subscribe(from, Waiting);
        await foreach (var batch in subscription.Batches(ct))
        {
            await take(batch);
            reached = batch[^1].Sequence;
            if (reached >= last) break;
        }
        return reached;
    }
}
