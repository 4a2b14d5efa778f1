using Verdigris.Book;

namespace Verdigris.Market.Trading;

/// <summary>Writes down what the floor tells. The floor's day is not opened, and no checkpoint asked of it, before every follower has read what was told until then: after a restart earlier events are gone.</summary>
public interface IFloorFollower
{
    /// <summary>Sequence number of the last event that is written down; 0 before the first; null where it was not started.</summary>
    long? Reached { get; }

    /// <summary>Reads up to where the floor stands now, and writes down that it did, also where nothing of it concerned this follower. Events that are gone are its own to report.</summary>
    Task CatchUp(IFloor floor, CancellationToken ct);
}
