using System.Text.Json.Serialization;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Disclosures;

/// <summary>Numbers are stored and never change.</summary>
public enum TargetState : short { Draft = 0, Published = 1, Withdrawn = 2 }

public enum TargetEvent { Publish, Withdraw }

/// <summary>What a producer means to reach.</summary>
/// <param name="Subject">Key of a <see cref="Disclosures.Subject"/>.</param>
/// <param name="Unit">Of both values and of every year's progress.</param>
/// <param name="ScopeNote">What is counted; null: not stated.</param>
public sealed record TargetContent(string Subject, string Class, string Name, string? NameZh, string Unit, int BaselineYear, decimal BaselineValue, int TargetYear, decimal TargetValue, string? ScopeNote = null);

/// <summary>A year's figure, in the target's unit. An entry that was corrected is followed by another of the same year.</summary>
public sealed record ProgressEntry(int Year, decimal Value, string? Note, Instant EnteredAt);

/// <param name="Progress">The entry in force of each year, by year.</param>
public sealed record Target(Guid Id, Subject Subject, TargetContent Content, TargetState State, string? Reason, [property: JsonIgnore] Guid WrittenBy, Instant CreatedAt, Instant? PublishedAt, IReadOnlyList<ProgressEntry> Progress);

/// <summary>Where a year's figure stands against the straight line from baseline to target.</summary>
/// <param name="LineValue">The line's value of the year, rounded half to even at the sixth decimal.</param>
/// <param name="GapValue">Figure less line; a target to be lowered is on its path at zero or below, one to be raised at zero or above.</param>
/// <param name="WayPct">How much of the way from baseline to target is done, in percent, rounded half to even at the first decimal; below 0 the figure is worse than the baseline.</param>
/// <param name="Steps">How it came about: name of the step, its terms with their figures, and the value.</param>
public sealed record PathPoint(int Year, decimal Value, decimal LineValue, decimal GapValue, bool OnPath, decimal WayPct, IReadOnlyList<PathStep> Steps);

/// <param name="Name">yearly-change, line, gap or way.</param>
public sealed record PathStep(string Name, string Terms, decimal Value);

/// <summary>Pure decisions about targets.</summary>
public static class TargetRules
{
    public static StateTable<TargetState, TargetEvent> Table { get; } = new(Refusal.Conflict("target.state-forbids", "state"),
    [
        (TargetState.Draft, TargetEvent.Publish, TargetState.Published),
        (TargetState.Draft, TargetEvent.Withdraw, TargetState.Withdrawn),
        (TargetState.Published, TargetEvent.Withdraw, TargetState.Withdrawn),
    ]);

    public static List<Refusal> Check(TargetContent t, IReadOnlyCollection<string> classes, int thisYear)
    {
        var wrong = new List<Refusal>();
        if (!classes.Contains(t.Class)) wrong.Add(Refusal.Of("methodology.class-unknown", "class", ("given", t.Class ?? "")));
        DisclosureText.Check(t.Name, "name", 200, wrong);
        DisclosureText.Check(t.NameZh, "nameZh", 200, wrong, required: false);
        DisclosureText.Check(t.Unit, "unit", 40, wrong);
        if (t.BaselineYear < 1990 || t.BaselineYear > thisYear) wrong.Add(Refusal.Of("target.baseline-year-out-of-range", "baselineYear", ("given", Text(t.BaselineYear)), ("latest", Text(thisYear))));
        DisclosureRules.CheckNumber(t.BaselineValue, "baselineValue", wrong);
        if (t.TargetYear <= t.BaselineYear || t.TargetYear > 2100) wrong.Add(Refusal.Of("target.year-out-of-range", "targetYear", ("given", Text(t.TargetYear)), ("after", Text(t.BaselineYear))));
        DisclosureRules.CheckNumber(t.TargetValue, "targetValue", wrong);
        if (t.TargetValue == t.BaselineValue) wrong.Add(Refusal.Of("target.nothing-changes", "targetValue"));
        DisclosureText.Check(t.ScopeNote, "scopeNote", 2000, wrong, required: false);
        return wrong;
    }

    /// <summary>A figure is of a year after the baseline, not after the target, and begun.</summary>
    public static List<Refusal> Check(TargetContent t, int year, decimal value, string? note, int thisYear)
    {
        var wrong = new List<Refusal>();
        var latest = Math.Min(thisYear, t.TargetYear);
        if (year <= t.BaselineYear || year > latest) wrong.Add(Refusal.Of("target.progress-year-out-of-range", "year", ("given", Text(year)), ("earliest", Text(t.BaselineYear + 1)), ("latest", Text(latest))));
        DisclosureRules.CheckNumber(value, "value", wrong);
        DisclosureText.Check(note, "note", 1000, wrong, required: false);
        return wrong;
    }

    static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The straight line of a target. Pure; all in decimal.</summary>
public static class TargetPath
{
    /// <param name="year">Baseline year to target year.</param>
    /// <exception cref="ArgumentOutOfRangeException">The year is outside the target's span.</exception>
    public static PathPoint At(TargetContent t, int year, decimal value)
    {
        if (year < t.BaselineYear || year > t.TargetYear) throw new ArgumentOutOfRangeException(nameof(year), year, "The line runs from baseline to target.");
        var (years, gone, way) = (t.TargetYear - t.BaselineYear, year - t.BaselineYear, t.TargetValue - t.BaselineValue);
        // Multiplied before it is divided, so that the ends of the line are the two values exactly.
        var line = decimal.Round(t.BaselineValue + (way * gone / years), 6, MidpointRounding.ToEven);
        var gap = value - line;
        var done = decimal.Round((value - t.BaselineValue) / way * 100m, 1, MidpointRounding.ToEven);
        return new(year, value, line, gap, way < 0 ? gap <= 0 : gap >= 0, done,
        [
            new("yearly-change", $"({Text(t.TargetValue)} − {Text(t.BaselineValue)}) ÷ {years}", decimal.Round(way / years, 6, MidpointRounding.ToEven)),
            new("line", $"{Text(t.BaselineValue)} + ({Text(t.TargetValue)} − {Text(t.BaselineValue)}) × {gone} ÷ {years}", line),
            new("gap", $"{Text(value)} − {Text(line)}", gap),
            new("way", $"({Text(value)} − {Text(t.BaselineValue)}) ÷ ({Text(t.TargetValue)} − {Text(t.BaselineValue)}) × 100", done),
        ]);
    }

    /// <summary>Every year with a figure, by year.</summary>
    public static IReadOnlyList<PathPoint> Of(Target t) => [.. t.Progress.Select(p => At(t.Content, p.Year, p.Value))];

    static string Text(decimal value) => DecimalText.Trim(value).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
