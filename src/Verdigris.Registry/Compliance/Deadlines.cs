using NodaTime;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Compliance;

/// <summary>Days of a scheme's compliance calendar.</summary>
public sealed class Deadlines
{
    /// <summary>Last day to surrender for the emissions of a year; null where the scheme's file has none for it, as in a year before the end of a control period.</summary>
    public LocalDate? Surrender(Scheme scheme, int year) => Day(scheme, "surrender", year);

    public LocalDate? Day(Scheme scheme, string what, int year) => ComplianceCalendar.Of(scheme, year).FirstOrDefault(d => d.What == what)?.On;
}
