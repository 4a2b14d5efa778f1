using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Meters;

/// <param name="Name">Unique in the facility; letters, digits, points, dashes, underscores; at most 80.</param>
/// <param name="Stream">Stream of the monitoring plan in force it belongs to, or <c>production</c>.</param>
/// <param name="Field">Measured field of the stream it gives; null where it is watched and not reported.</param>
/// <param name="Unit">Of its amount, or of its value where it is a gauge: kWh, t, °C.</param>
/// <param name="PerSeconds">Seconds in the time unit of a rate; 3600 where null.</param>
/// <param name="RollOver">First value a counter cannot show.</param>
/// <param name="Factor">What one of its unit is in the unit of the field: 0.001 for kWh reported as MWh. 1 where null.</param>
/// <param name="DayOffsetHours">Hours its day begins before midnight UTC, 8 in China; whole hours, the same all year. 0 where null.</param>
public sealed record NewMeterTag(string Name, string Stream, string? Field, string Unit, MeterKind Kind, int HoldSeconds, int? PerSeconds = null, decimal? RollOver = null, decimal? Factor = null, int? DayOffsetHours = null);

/// <summary>A meter of a facility, or a value a program reckons, that sends readings.</summary>
/// <param name="LastAt">Source time of its newest reading; null before the first.</param>
/// <param name="ClosedTo">Hours before it are closed.</param>
public sealed record MeterTag(Guid FacilityId, string Name, string Stream, string? Field, string Unit, MeterKind Kind, int HoldSeconds, int PerSeconds, decimal? RollOver, decimal Factor, int DayOffsetHours, Instant CreatedAt, Instant? RetiredAt,
    Instant? LastAt, decimal? LastValue, ReadingQuality? LastQuality, Instant? ClosedTo)
{
    internal int Id { get; init; }

    internal MeterTraits Traits(decimal rollOverSharePercent) => new(Kind, HoldSeconds, RollOver, rollOverSharePercent, PerSeconds);

    /// <summary>When a day of its begins.</summary>
    internal Instant Begin(LocalDate day) => day.AtMidnight().InUtc().ToInstant() - Duration.FromHours(DayOffsetHours);
}

/// <summary>How long readings may take and are kept, and what stands in for them, from <c>footprint/meters</c>.</summary>
public sealed record MeterLimits(GapLimits Gaps, decimal RollOverSharePercent, Duration Grace, Duration Ahead, Duration Kept)
{
    public static MeterLimits Of(RulePacks rules) => new(GapLimits.Of(rules), GapLimits.Limit(rules, "roll-over-share"), Duration.FromMinutes((long)GapLimits.Limit(rules, "grace")), Duration.FromMinutes((long)GapLimits.Limit(rules, "ahead")),
        Duration.FromDays((int)GapLimits.Limit(rules, "kept-days")));
}

/// <summary>Whether a tag can be worked with, against the plan in force. Pure.</summary>
static partial class TagRules
{
    public const int MostTags = 20_000;

    public static IReadOnlyList<Refusal> Check(NewMeterTag tag, PlanContent plan)
    {
        var wrong = new List<Refusal>();
        if (tag.Name is null || !TagName().IsMatch(tag.Name)) wrong.Add(Refusal.Of("meter.tag-name", "name", ("given", tag.Name ?? "")));
        Texts.Check(tag.Unit, "unit", 20, wrong);
        if (!Enum.IsDefined(tag.Kind)) wrong.Add(Refusal.Of("request.word-unknown", "kind", ("given", $"{tag.Kind}")));
        Within(tag.HoldSeconds, 1, 86_400, "holdSeconds", wrong);
        if (tag.PerSeconds is { } per) Within(per, 1, 86_400, "perSeconds", wrong);
        if (tag.PerSeconds is not null && tag.Kind != MeterKind.Rate) wrong.Add(Refusal.Of("meter.not-of-kind", "perSeconds", ("kind", $"{tag.Kind}")));
        if (tag.DayOffsetHours is { } offset) Within(offset, -12, 14, "dayOffsetHours", wrong);
        if (tag.RollOver is { } range && (range <= 0 || !Reading.Fits(range))) wrong.Add(Refusal.Of("calc.not-above", "rollOver", ("field", "rollOver"), ("given", DecimalText.Write(range)), ("limit", "0")));
        if (tag.RollOver is not null && tag.Kind != MeterKind.Counter) wrong.Add(Refusal.Of("meter.not-of-kind", "rollOver", ("kind", $"{tag.Kind}")));
        if (tag.Factor is { } factor && (factor <= 0 || !Reading.Fits(factor))) wrong.Add(Refusal.Of("calc.not-above", "factor", ("field", "factor"), ("given", DecimalText.Write(factor)), ("limit", "0")));
        if (tag.Field is not null && tag.Kind == MeterKind.Gauge) wrong.Add(Refusal.Of("meter.not-of-kind", "field", ("kind", $"{tag.Kind}")));
        IReadOnlyList<string>? measured = tag.Stream == PlanRules.Production ? ["massT"] : plan.Streams.FirstOrDefault(s => s.Id == tag.Stream)?.Measured;
        if (measured is null) wrong.Add(Refusal.Of("meter.stream-unknown", "stream", ("given", tag.Stream ?? ""), ("known", string.Join(", ", plan.Streams.Select(s => s.Id).Append(PlanRules.Production)))));
        else if (tag.Field is { } field && !measured.Contains(field)) wrong.Add(Refusal.Of("meter.field-unknown", "field", ("given", field), ("known", string.Join(", ", measured))));
        return wrong;
    }

    static void Within(int value, int least, int most, string field, List<Refusal> wrong)
    {
        if (value < least) wrong.Add(Refusal.Of("calc.below-minimum", field, ("field", field), ("given", $"{value}"), ("limit", $"{least}")));
        else if (value > most) wrong.Add(Refusal.Of("calc.above-maximum", field, ("field", field), ("given", $"{value}"), ("limit", $"{most}")));
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
    private static partial Regex TagName();
}
