using System.Collections.Immutable;
using System.Globalization;
using Verdigris.Book;
using Verdigris.Simulator.Disk;
using Verdigris.Simulator.Registry;

namespace Verdigris.Simulator;

/// <summary>What a run is to contain. All of it follows from the seed; the options are part of what replays it.</summary>
/// <param name="Operations">Commands to send, repeats included; the run ends with the batch that reaches it.</param>
/// <param name="Crashes">Crashes and power cuts to spread over the run, those during a recovery not counted.</param>
/// <param name="DiskFaults">Failed writes and flushes and full disks between them.</param>
/// <param name="Takeovers">A second writer takes the journal from the first, which goes on unaware.</param>
/// <param name="CompareEvery">Batches between two comparisons of the whole state; every batch's answers, effects and touched balances are compared anyway.</param>
/// <param name="LyingDisk">The disk reports flushes it has not done, one in a hundred. The run must fail: this option shows that it does.</param>
/// <param name="LargestBatch">Commands a batch has at most.</param>
public sealed record SimulationOptions(
    long Operations, int Crashes, bool DiskFaults = true, bool Takeovers = true, int CompareEvery = 400, int LargestBatch = 300, bool LyingDisk = false)
{
    /// <summary>The people of a registry, honest and not, in place of the small market.</summary>
    public RegistryOptions? Registry { get; init; }

    /// <summary>A trading floor in place of the small market.</summary>
    public bool Trading { get; init; }

    /// <summary>The setting of <c>verdigris simulate --seed S --ops N</c>: a crash for every thousand commands.</summary>
    public static SimulationOptions For(long operations, int? crashes = null) => new(operations, crashes ?? (int)Math.Min(int.MaxValue, 1 + operations / 1000));
}

/// <summary>What happened, and what went wrong if anything did.</summary>
public sealed class SimulationResult(ulong seed, SimulationOptions options)
{
    public ulong Seed { get; } = seed;
    public SimulationOptions Options { get; } = options;

    /// <summary>Null when the Book agreed with the reference all along; else what differs, and at which command.</summary>
    public string? Failure { get; internal set; }

    public long Operations { get; internal set; }
    public long Batches { get; internal set; }
    public int Crashes { get; internal set; }
    public int PowerCuts { get; internal set; }
    public int CrashesInRecovery { get; internal set; }
    public int BatchesLost { get; internal set; }
    public int BatchesKept { get; internal set; }
    public int Takeovers { get; internal set; }
    public int Snapshots { get; internal set; }
    public int SnapshotsDamaged { get; internal set; }
    public int Comparisons { get; internal set; }
    public SortedDictionary<Code, long> Codes { get; } = [];
    public SortedDictionary<EffectKind, long> Effects { get; } = [];
    public SortedDictionary<string, long> DiskFaults { get; internal set; } = [];

    /// <summary>What the workload tried and saw, by name.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; internal set; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>SHA-256 over every answer, effect and recovery: equal for equal seeds and options, whatever the machine.</summary>
    public string Digest { get; internal set; } = "";

    public bool Passed => Failure is null;

    /// <summary>The command that does the same run again.</summary>
    public string Replay => string.Create(CultureInfo.InvariantCulture, $"verdigris simulate --seed {Seed} --ops {Options.Operations} --crashes {Options.Crashes}{(Options.Registry is null ? "" : " --workload registry")}{(Options.Trading ? " --workload floor" : "")}");

    public IEnumerable<Code> CodesNeverSeen => Enum.GetValues<Code>().Where(c => !Codes.ContainsKey(c));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"seed {Seed}: {Operations} commands in {Batches} batches, {Crashes} crashes ({PowerCuts} power cuts; {BatchesLost} batches in flight lost, {BatchesKept} kept), " +
        $"{CrashesInRecovery} more during recovery, {Takeovers} takeovers, {Snapshots} snapshots ({SnapshotsDamaged} damaged), " +
        $"disk faults: {string.Join(", ", DiskFaults.Select(f => $"{f.Value} {f.Key}"))}; {Comparisons} whole comparisons; {Codes.Count} of {Enum.GetValues<Code>().Length} codes; digest {Digest[..Math.Min(16, Digest.Length)]}");
}

/// <summary>The Book did what the reference says it must not.</summary>
public sealed class SimulationFailure(string message) : Exception(message);
