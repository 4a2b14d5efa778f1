namespace Verdigris.Simulator.Disk;

public enum CrashPhase { Before, Within, After }

/// <summary>
/// Kills the process at its <paramref name="operation"/>-th disk operation (from 1): before anything of it happened, when part of it had, or
/// when all of it had but the caller never learnt. Operations that only read are not counted: dying there is dying after the last change.
/// </summary>
public readonly record struct CrashPlan(long Operation, CrashPhase Phase)
{
    public static CrashPlan Never { get; } = new(long.MaxValue, CrashPhase.Before);
}

/// <summary>
/// The process is gone. Not an <see cref="IOException"/>: no handler of disk errors may catch it and go on, and every later call
/// through the dead process throws it again.
/// </summary>
public sealed class SimulatedCrash(string where) : Exception("Simulated crash " + where);

/// <summary>The operation failed and the process lives: an I/O error, a failed flush, a full disk.</summary>
public sealed class SimulatedDiskFault(string message) : IOException(message);

/// <summary>How often the disk misbehaves, each "one in so many" operations; 0 is never.</summary>
/// <param name="WriteFails">A write leaves part of its bytes and throws.</param>
/// <param name="FlushFails">A flush leaves part of the sectors durable, forgets the others and throws.</param>
/// <param name="SlowFlush">A flush takes up to <paramref name="SlowFlushMicros"/> of virtual time.</param>
/// <param name="FlushLies">A flush reports success and has done nothing, as drives with a volatile cache do. No journal survives it: it shows that a simulation notices.</param>
/// <param name="CapacityBytes">Sum of all file lengths; what would go beyond is refused as "disk full".</param>
public sealed record DiskFaults(int WriteFails = 0, int FlushFails = 0, int SlowFlush = 0, long SlowFlushMicros = 0, int FlushLies = 0, long CapacityBytes = long.MaxValue)
{
    public static DiskFaults None { get; } = new();
}
