using Verdigris.Auditor;
using Verdigris.Simulator;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>Three readings of docs/book.md meet: the Book's, the reference's and the auditor's.</summary>
public sealed class SimulationExportTests
{
    /// <remarks>The run itself also holds the Book's own export against the one made from the reference, byte for byte.</remarks>
    [Fact]
    public void The_auditor_finds_nothing_wrong_with_what_a_run_leaves()
    {
        using MemoryStream file = new();
        SimulationResult result = Verdigris.Simulator.Simulation.Run(21, SimulationOptions.For(15_000, crashes: 15), exported: file);
        Assert.True(result.Passed, result.Failure + "\n" + result.Replay);
        file.Position = 0;
        AuditReport report = ExportAuditor.Audit(file);
        Assert.True(report.Findings.Count == 0, string.Join("\n", report.Findings.Take(10)));
        Assert.Equal(result.Batches, report.Batches);
    }
}
