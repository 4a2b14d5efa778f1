using System.Globalization;

namespace Verdigris.Bench;

/// <summary>One line of the table: what was measured, what it should reach, and what bounds it.</summary>
/// <param name="Id">Row of the published targets, for example B1.</param>
/// <param name="Met">Null where the target needs a peer that cannot be run here.</param>
/// <param name="Baseline">What ran beside it in the same minutes.</param>
/// <param name="BoundBy">The resource that limits the figure.</param>
sealed record BenchLine(string Id, string What, string Figure, string Target, bool? Met, string Baseline, string BoundBy);

static class BenchTable
{
    public static void Print(IReadOnlyList<BenchLine> lines, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("| row | what | measured | target | met | beside it in this run | bounded by |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var l in lines)
            output.WriteLine($"| {l.Id} | {l.What} | {l.Figure} | {l.Target} | {(l.Met is null ? "-" : l.Met.Value ? "yes" : "NO")} | {l.Baseline} | {l.BoundBy} |");
        output.WriteLine();
    }

    /// <summary>1234567 -> 1.23 M; three figures, so that nobody reads noise as precision.</summary>
    public static string Rate(double perSecond) => perSecond switch
    {
        >= 1e6 => (perSecond / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + " M/s",
        >= 1e4 => (perSecond / 1e3).ToString("0", CultureInfo.InvariantCulture) + " k/s",
        >= 1e3 => (perSecond / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + " k/s",
        _ => perSecond.ToString("0", CultureInfo.InvariantCulture) + " /s",
    };

    public static string Ms(double ms) => ms.ToString(ms < 1 ? "0.000" : ms < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " ms";
    public static string X(double ratio) => ratio.ToString(ratio < 10 ? "0.00" : "0", CultureInfo.InvariantCulture) + "x";
    public static string Num(double n, string format = "0.#") => n.ToString(format, CultureInfo.InvariantCulture);
}
