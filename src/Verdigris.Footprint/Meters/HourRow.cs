using System.Globalization;
using System.Text;
using NodaTime;

namespace Verdigris.Footprint.Meters;

/// <summary>An hour as it is closed: what was measured, what it counts as, and the minutes it is made of.</summary>
sealed record HourRow(int Tag, Instant Hour, FillState State, decimal? Amount, decimal? Measured, decimal? Mean, PeriodFigures Figures, string MinutesJson)
{
    public const int LengthMs = 3_600_000;

    public static HourRow Of(MeterTag tag, MeterTraits meter, Instant hour, PeriodFigures[] minutes, FilledHour filled)
    {
        var whole = minutes.Aggregate((a, b) => a + b);
        // Thirty places after the point are for nobody; what is kept can be read back exactly.
        return new(tag.Id, hour, filled.State, Kept(filled.Amount), Kept(whole.Amount(meter)), Kept(whole.Mean(meter)), whole, Write(minutes));
    }

    static decimal? Kept(decimal? value) => value is { } known ? Primitives.Calculations.Working.Shown(known) : null;

    static string Write(PeriodFigures[] minutes)
    {
        var text = new StringBuilder(minutes.Length * 24).Append('[');
        foreach (var minute in minutes)
        {
            if (text.Length > 1) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"[{minute.Sum},{Number(minute.Low)},{Number(minute.High)},{minute.Count},{minute.CoveredMs},{minute.SpreadMs}]");
        }
        return text.Append(']').ToString();
    }

    static string Number(decimal? value) => value is { } known ? known.ToString(CultureInfo.InvariantCulture) : "null";
}
