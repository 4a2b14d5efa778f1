using Verdigris.Primitives;
using Verdigris.Registry.Credits.Units;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>What becomes of a record.</summary>
public enum RowFate
{
    /// <summary>Units are posted in the Book.</summary>
    Posted,
    /// <summary>The Book has it already: the same file, or another that says the same.</summary>
    There,
    /// <summary>Kept as a document: a project, or an issuance without numbered units.</summary>
    Kept,
    Refused,
}

/// <summary>What one record does.</summary>
/// <param name="Issued">Serials that come into the Book.</param>
/// <param name="Ended">Serials whose life ends by it; null where it only says who holds.</param>
public sealed record PlannedRow(ExportRow Row, RowFate Fate, IReadOnlyList<SerialRange> Issued, SerialRange? Ended);

/// <summary>
/// Decides record by record, in the order of the file, against everything known before it: a serial comes into the Book once and ends once. Of two records that say different things of one serial the second is refused, and says why.
/// </summary>
public sealed class ImportPlan
{
    readonly Dictionary<(string Unit, long Series), SerialRuns> known = [];

    /// <summary>Whether the runs of a series were put in.</summary>
    public bool Knows(string unit, long series) => known.ContainsKey((unit, series));

    /// <summary>Runs of a series as they stand before the file: empty for a new one.</summary>
    public SerialRuns Series(string unit, long series)
    {
        if (!known.TryGetValue((unit, series), out var runs)) known.Add((unit, series), runs = new());
        return runs;
    }

    /// <param name="series">Number of the block's run of counting; anything where the record has no block.</param>
    public PlannedRow Decide(ExportRow row, ExportKind kind, long series)
    {
        if (row.Refused) return new(row, RowFate.Refused, [], null);
        if (kind is ExportKind.Projects or ExportKind.Statements || row.Block is null || row.Printed is null)
        {
            if (kind != ExportKind.Projects) row.Note("credits.no-serials");
            return new(row, RowFate.Kept, [], null);
        }
        var runs = Series(row.Block.Unit, series);
        var serials = CreditBook.Serials(series, row.Printed.Value);
        var within = runs.Within(serials);
        var target = StandingAfter(row.Ends);
        if (within.Count > 0 && Covers(within, serials) && within.All(r => r.Standing == target) && within.All(r => r.Line == 0)) return new(row, RowFate.There, [], null);
        foreach (var run in within)
        {
            // A list of what was issued says where units began; that they ended since is no contradiction.
            if (target == UnitStanding.Outside && kind == ExportKind.Issued && run.Line == 0) continue;
            if (run.Standing == UnitStanding.Outside && target != UnitStanding.Outside) continue;
            var (_, printed) = CreditBook.Printed(run.First, run.Last);
            row.Refuse(run.Standing is UnitStanding.Retired or UnitStanding.Cancelled or UnitStanding.Converted or UnitStanding.Deposited ? "credits.ended-already" : run.Standing == UnitStanding.Outside ? "credits.counted-twice" : "credits.held-here",
                ("range", printed.ToString()), ("line", run.Line == 0 ? "-" : $"{run.Line}"), ("standing", run.Standing.ToString()));
            return new(row, RowFate.Refused, [], null);
        }
        var issued = SerialRuns.Gaps(serials, within).ToList();
        if (target == UnitStanding.Outside && issued.Count == 0) return new(row, RowFate.There, [], null);
        if (target != UnitStanding.Outside) runs.Set(serials, target, row.Line);
        else foreach (var gap in issued) runs.Set(gap, target, row.Line);
        return new(row, RowFate.Posted, issued, target == UnitStanding.Outside ? null : serials);
    }

    /// <summary>Where units stand after a record: outside where nothing ended.</summary>
    internal static UnitStanding StandingAfter(EndingKind? ends) => ends switch { EndingKind.Retired => UnitStanding.Retired, EndingKind.Cancelled => UnitStanding.Cancelled, EndingKind.Converted => UnitStanding.Converted, _ => UnitStanding.Outside };

    static bool Covers(IReadOnlyList<SerialRuns.Run> within, SerialRange range) => !SerialRuns.Gaps(range, within).Any();
}
