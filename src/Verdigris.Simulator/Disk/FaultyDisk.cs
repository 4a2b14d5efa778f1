using Verdigris.Book;

namespace Verdigris.Simulator.Disk;

/// <summary>
/// The machine's disk, in memory, as pessimistic as POSIX allows: what was written and not flushed may be lost, kept, torn or garbled,
/// sector by sector; a creation, rename or deletion may be undone unless its folder was flushed (in order: a file system's own journal keeps
/// that much). Processes reach it through <see cref="Mount"/>; they see each other's writes at once, as through one page cache.
/// Everything that happens by chance is drawn from one seed. Not thread-safe.
/// </summary>
public sealed class FaultyDisk(ulong seed)
{
    sealed record FolderChange(string Folder, string? Removed, string? Added, SimulatedInode? Inode);

    readonly SortedDictionary<string, SimulatedInode> durable = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, SimulatedInode> seen = new(StringComparer.Ordinal);
    readonly List<FolderChange> unflushed = [];
    readonly Dictionary<string, MountedDisk> locks = new(StringComparer.Ordinal);

    internal SeededRandom Random { get; } = new(seed);

    /// <summary>May be changed at any time: an operator makes room, a disk ages.</summary>
    public DiskFaults Faults { get; set; } = DiskFaults.None;

    /// <summary>Virtual time the disk has taken so far, microseconds.</summary>
    public long ElapsedMicros { get; internal set; }

    /// <summary>Disk faults given so far, by what the caller was told.</summary>
    public SortedDictionary<string, long> FaultsGiven { get; } = new(StringComparer.Ordinal);

    /// <summary>A process starts. Its locks are its own; it lives until it crashes or is killed.</summary>
    public MountedDisk Mount(CrashPlan plan = default) => new(this, plan == default ? CrashPlan.Never : plan);

    /// <summary>All processes die and what was not flushed is decided.</summary>
    public void PowerLoss(bool garble = true)
    {
        foreach (MountedDisk owner in locks.Values.Distinct().ToArray()) owner.Kill();
        locks.Clear();
        foreach (string folder in unflushed.Select(c => c.Folder).Distinct().Order(StringComparer.Ordinal).ToArray())
        {
            FolderChange[] changes = [.. unflushed.Where(c => c.Folder == folder)];
            foreach (FolderChange change in changes.Take(Random.Below(changes.Length + 1))) Apply(durable, change);
        }
        unflushed.Clear();
        seen.Clear();
        foreach ((string path, SimulatedInode inode) in durable) seen.Add(path, inode);
        foreach (SimulatedInode inode in durable.Values.Where(i => i.Dirty)) inode.LoseUnflushed(Random, garble);
    }

    /// <summary>Takes the locks from whoever holds them while that process lives on: its lease ran out, its node was given up for dead.</summary>
    public void BreakLocks() => locks.Clear();

    /// <summary>Damages a stored file behind everybody's back: one bit turned, or the end cut off.</summary>
    public void Corrupt(string path)
    {
        SimulatedInode inode = seen[path];
        if (inode.Length == 0) return;
        if (Random.Chance(70)) inode.FlipBit(Random.Below(inode.Length), Random.Below(8));
        else inode.Cut(Random.Below(inode.Length));
    }

    public IReadOnlyList<string> Paths => [.. seen.Keys];

    public long LengthOf(string path) => seen[path].Length;

    public byte[] Content(string path)
    {
        byte[] bytes = new byte[seen[path].Length];
        seen[path].Read(0, bytes);
        return bytes;
    }

    internal long UsedBytes => seen.Values.Sum(i => i.Length);

    internal bool Has(string path) => seen.ContainsKey(path);

    internal SimulatedInode Find(string path) => seen.TryGetValue(path, out SimulatedInode? inode) ? inode : throw new FileNotFoundException("No such file.", path);

    internal SimulatedInode Create(string path)
    {
        SimulatedInode inode = new();
        Change(new(FolderOf(path), null, path, inode));
        return inode;
    }

    internal void Rename(string from, string to) => Change(new(FolderOf(to), from, to, Find(from)));

    internal void Delete(string path)
    {
        if (seen.ContainsKey(path)) Change(new(FolderOf(path), path, null, null));
    }

    internal void FlushFolder(string folder)
    {
        string name = Normal(folder);
        foreach (FolderChange change in unflushed.Where(c => c.Folder == name)) Apply(durable, change);
        unflushed.RemoveAll(c => c.Folder == name);
    }

    /// <summary>File names (not paths), in order.</summary>
    internal IReadOnlyList<string> List(string folder)
    {
        string name = Normal(folder);
        return [.. seen.Keys.Where(p => FolderOf(p) == name).Select(p => Path.GetFileName(p)!)];
    }

    internal void TakeLock(string path, MountedDisk by)
    {
        if (locks.TryGetValue(path, out MountedDisk? owner) && owner.Alive) throw new JournalFencedException("Locked by another process: " + path);
        locks[path] = by;
    }

    internal void GiveLock(string path, MountedDisk by)
    {
        if (locks.TryGetValue(path, out MountedDisk? owner) && owner == by) locks.Remove(path);
    }

    internal void Count(string fault) => FaultsGiven[fault] = FaultsGiven.GetValueOrDefault(fault) + 1;

    void Change(FolderChange change)
    {
        Apply(seen, change);
        unflushed.Add(change);
    }

    static void Apply(SortedDictionary<string, SimulatedInode> files, FolderChange change)
    {
        if (change.Removed is not null) files.Remove(change.Removed);
        if (change.Added is not null) files[change.Added] = change.Inode!;
    }

    static string FolderOf(string path) => Normal(Path.GetDirectoryName(path) ?? "");

    static string Normal(string folder) => folder.TrimEnd('/');
}
