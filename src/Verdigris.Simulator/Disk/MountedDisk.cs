using Verdigris.Book;

namespace Verdigris.Simulator.Disk;

/// <summary>
/// The disk as one process has it: counts that process's operations, kills it where the plan says, and gives it the disk's faults. After the
/// process died every call throws <see cref="SimulatedCrash"/>, so that no clean-up code can touch what the crash left.
/// </summary>
public sealed class MountedDisk : IDisk
{
    readonly FaultyDisk disk;
    CrashPlan plan;

    internal MountedDisk(FaultyDisk disk, CrashPlan plan) { this.disk = disk; this.plan = plan; }

    public bool Alive { get; private set; } = true;

    /// <summary>Changing operations so far.</summary>
    public long Operations { get; private set; }

    /// <summary>Replaces the plan; the count is from now on.</summary>
    public void CrashAfter(CrashPlan next) => plan = next with { Operation = next.Operation == long.MaxValue ? long.MaxValue : Operations + next.Operation };

    /// <summary>kill -9: the process is gone, what it wrote stays in the page cache.</summary>
    public void Kill() => Alive = false;

    public IReadOnlyList<string> List(string folder) { MustLive(); return disk.List(folder); }

    public bool Exists(string path) { MustLive(); return disk.Has(path); }

    public IDiskFile Open(string path, bool create)
    {
        MustLive();
        if (disk.Has(path)) return new MountedFile(this, disk.Find(path));
        if (!create) throw new FileNotFoundException("No such file.", path);
        SimulatedInode? inode = null;
        Step("open " + path, _ => inode = disk.Create(path));
        return new MountedFile(this, inode!);
    }

    // A rename, a creation, a deletion is atomic to those who look: "within" is one side or the other.
    public void Rename(string from, string to) => Step("rename " + from, _ => disk.Rename(from, to));

    public void Delete(string path) => Step("delete " + path, _ => disk.Delete(path));

    public void FlushFolder(string folder) => Step("flush folder " + folder, whole => { if (whole || disk.Random.Chance(50)) disk.FlushFolder(folder); });

    public IDisposable Lock(string path)
    {
        MustLive();
        disk.TakeLock(path, this);
        return new HeldLock(this, path);
    }

    void MustLive()
    {
        if (!Alive) throw new SimulatedCrash("(the process is dead)");
    }

    /// <param name="act">Does the operation: wholly, or (false) as much of it as chance has it.</param>
    void Step(string what, Action<bool> act)
    {
        MustLive();
        Operations++;
        bool crash = Operations == plan.Operation;
        if (crash && plan.Phase == CrashPhase.Before) Die(what);
        act(!(crash && plan.Phase == CrashPhase.Within));
        if (crash) Die(what);
    }

    void Die(string what)
    {
        Alive = false;
        throw new SimulatedCrash($"{plan.Phase.ToString().ToLowerInvariant()} operation {Operations} ({what})");
    }

    bool Hits(int oneIn) => oneIn > 0 && disk.Random.Below(oneIn) == 0;

    SimulatedDiskFault Fault(string message)
    {
        disk.Count(message);
        return new(message);
    }

    sealed class HeldLock(MountedDisk owner, string path) : IDisposable
    {
        public void Dispose() => owner.disk.GiveLock(path, owner);
    }

    sealed class MountedFile(MountedDisk owner, SimulatedInode inode) : IDiskFile
    {
        public long Length { get { owner.MustLive(); return inode.Length; } }

        public int Read(long offset, Span<byte> into)
        {
            owner.MustLive();
            return inode.Read(offset, into);
        }

        public void SetLength(long length) => owner.Step("set length", whole =>
        {
            if (!whole && owner.disk.Random.Chance(50)) return;
            if (length > inode.Length && owner.disk.UsedBytes - inode.Length > owner.disk.Faults.CapacityBytes - length)
                throw owner.Fault("disk full");
            inode.SetLength(length);
        });

        public void Write(long offset, ReadOnlySpan<byte> data)
        {
            // A lambda cannot carry the span, and the copy is also what a kernel makes.
            byte[] bytes = data.ToArray();
            owner.Step("write", whole =>
            {
                if (!whole)
                {
                    inode.Write(offset, bytes.AsSpan(0, owner.disk.Random.Below(bytes.Length + 1)));
                    return;
                }
                long room = owner.disk.Faults.CapacityBytes - (owner.disk.UsedBytes - inode.Length);
                if (offset + bytes.Length > inode.Length && offset + bytes.Length > room)
                {
                    inode.Write(offset, bytes.AsSpan(0, (int)Math.Clamp(room - offset, 0, bytes.Length)));
                    throw owner.Fault("disk full");
                }
                if (owner.Hits(owner.disk.Faults.WriteFails))
                {
                    inode.Write(offset, bytes.AsSpan(0, owner.disk.Random.Below(bytes.Length + 1)));
                    throw owner.Fault("write failed");
                }
                inode.Write(offset, bytes);
            });
        }

        public void Flush() => owner.Step("flush", whole =>
        {
            if (owner.Hits(owner.disk.Faults.SlowFlush))
            {
                owner.disk.Count("slow flush");
                owner.disk.ElapsedMicros += owner.disk.Random.Below(owner.disk.Faults.SlowFlushMicros + 1);
            }
            // A flush cut short by a crash has made nothing certain: what reached the platter is decided when the power goes.
            if (!whole) return;
            if (owner.Hits(owner.disk.Faults.FlushLies))
            {
                owner.disk.Count("flush lied");
                return;
            }
            if (owner.Hits(owner.disk.Faults.FlushFails))
            {
                // The kernel has dropped the pages it could not write; a second flush would report success for nothing.
                inode.LoseUnflushed(owner.disk.Random, garble: false);
                throw owner.Fault("flush failed");
            }
            inode.Flush();
        });

        public void Dispose() { }
    }
}
