using Verdigris.Book;
using Verdigris.Simulator.Disk;

namespace Verdigris.Simulator;

/// <summary>A process that runs the venue: its view of the disk, the journal it holds and the Book it recovered.</summary>
sealed class SimulatedNode : IDisposable
{
    public const string JournalFolder = "journal", SnapshotFolder = "snapshots";

    Effect[] effects = [];
    long batch, timeMicros;

    SimulatedNode(MountedDisk mount, SegmentJournal journal, VenueCore core)
    {
        Mount = mount;
        Journal = journal;
        Core = core;
        core.Committed += told =>
        {
            effects = told.Effects.ToArray();
            batch = told.Batch;
            timeMicros = told.TimeMicros;
        };
    }

    public MountedDisk Mount { get; }
    public SegmentJournal Journal { get; }
    public VenueCore Core { get; }

    /// <summary>Starts a process, which recovers what the disk holds.</summary>
    /// <exception cref="SimulatedCrash">The plan killed it meanwhile.</exception>
    public static SimulatedNode Start(FaultyDisk disk, CrashPlan plan, UInt128 venue, SegmentOptions segments, Action<string> warn)
    {
        MountedDisk mount = disk.Mount(plan);
        try
        {
            SegmentJournal journal = SegmentJournal.Open(mount, JournalFolder, venue, segments);
            SnapshotStore snapshots = new(mount, SnapshotFolder, venue);
            return new(mount, journal, VenueCore.Open(venue, journal, snapshots, warn));
        }
        catch
        {
            mount.Kill();
            throw;
        }
    }

    /// <exception cref="VenueStoppedException">Nothing was acknowledged.</exception>
    public (Outcome[] Outcomes, Effect[] Effects, long Batch, long TimeMicros) Execute(ReadOnlySpan<Command> commands, long clockMicros)
    {
        Outcome[] outcomes = Core.Execute(commands, clockMicros);
        return (outcomes, effects, batch, timeMicros);
    }

    /// <summary>The process ends without a word.</summary>
    public void Kill() => Mount.Kill();

    public void Dispose()
    {
        Mount.Kill();
        Core.Dispose();
    }
}
