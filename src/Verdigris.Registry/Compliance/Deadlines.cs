using NodaTime;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Compliance;

/// <summary>Days of a scheme's compliance calendar.</summary>
public sealed class Deadlines
{
    /// <summary>Last day to surrender for the emissions of a year; null where the scheme's file has none.</summary>
    public LocalDate? Surrender(Scheme scheme, int year) => Day(scheme, "surrender", year);

    public LocalDate? Day(Scheme scheme, string what, int year)
    {
        if (!scheme.Pack.Tables.TryGetValue("calendar", out var table)) return null;
        // A row is in force for the emissions of the years it covers.
        var row = table.Rows.FirstOrDefault(r => r.Text("event") == what && r.InForce(new LocalDate(year, 12, 31)));
        return row is null ? null : new LocalDate(year + row.Integer("yearsAfter"), row.Integer("month"), row.Integer("day"));
    }
}
