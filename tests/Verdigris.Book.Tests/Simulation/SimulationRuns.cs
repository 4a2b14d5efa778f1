using System.Collections.Concurrent;
using Verdigris.Simulator;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>The runs that the tests of this folder look at from several sides: fixed seeds, so that they are the same everywhere.</summary>
public sealed class SimulationRuns
{
    public const long CommandsEach = 35_000;
    public const int CrashesEach = 25;
    static readonly ulong[] Seeds = [11, 12, 13, 14, 15, 16];

    public SimulationRuns()
    {
        ConcurrentBag<SimulationResult> results = [];
        // A run is one thread and shares nothing: as many at a time as there are processors.
        Parallel.ForEach(Partitioner.Create(Seeds, EnumerablePartitionerOptions.NoBuffering), new() { MaxDegreeOfParallelism = Environment.ProcessorCount },
            seed => results.Add(Verdigris.Simulator.Simulation.Run(seed, new(CommandsEach, CrashesEach))));
        Results = [.. results.OrderBy(r => r.Seed)];
    }

    public IReadOnlyList<SimulationResult> Results { get; }
}
