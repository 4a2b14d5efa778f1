using Verdigris.Footprint.Meters;

namespace Verdigris.Footprint.Charts;

/// <param name="Height">Of the bar from the base line up; null where nothing is known.</param>
public sealed record DayBar(int Hour, int X, int Width, int? Y, int? Height, MeterPeriod? Period);

/// <summary>Where the bars of a day's hours stand: one for each of 24 hours, whole pixels, the highest value near the top. Pure.</summary>
public sealed record DayBars(int Width, IReadOnlyList<DayBar> Bars, decimal Most)
{
    public const int Top = 18, Base = 150, Height = 172;

    /// <param name="periods">Hours of the day, those that are closed.</param>
    /// <param name="value">What is drawn of an hour; below zero is drawn as zero.</param>
    public static DayBars Of(IReadOnlyList<MeterPeriod> periods, NodaTime.Instant begin, Func<MeterPeriod, decimal?> value, int width)
    {
        var most = periods.Max(p => value(p)) is { } highest and > 0 ? highest : 0;
        var bars = new List<DayBar>();
        for (var hour = 0; hour < 24; hour++)
        {
            var period = periods.FirstOrDefault(p => p.From == begin + NodaTime.Duration.FromHours(hour));
            int left = width * hour / 24, right = width * (hour + 1) / 24;
            int? height = period is not null && value(period) is { } shown ? most > 0 ? (int)Math.Round(Math.Max(0, shown) / most * (Base - Top)) : 0 : null;
            bars.Add(new(hour, left + 1, right - left - 2, Base - height, height, period));
        }
        return new(width, bars, most);
    }
}
