using NodaTime;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Alarms;

public enum AlarmKind
{
    /// <summary>Above a high or below a low limit.</summary>
    Limit,
    /// <summary>A small shift that lasts, by a cumulative sum.</summary>
    Cusum,
    /// <summary>A slow drift, by a moving average.</summary>
    Ewma,
}

public enum AlarmState { Raised, Acknowledged, Closed }

public enum AlarmEvent { Acknowledge, Close }

/// <summary>A rule as it is written down.</summary>
/// <param name="Unit">Of what is watched: kWh/t, min, kg/t.</param>
/// <param name="Tag">Tag watched: its amount, or its mean where it is a gauge.</param>
/// <param name="OverTag">Tag it is divided by: an intensity, such as kWh over tonnes.</param>
/// <param name="Factor">Times the value or the quotient; 1 where null.</param>
/// <param name="Step">Hour or day.</param>
/// <param name="Target">Mean while all is well, with its standard deviation; for Cusum and Ewma.</param>
/// <param name="K">Slack of a cumulative sum in standard deviations; the usual one where null.</param>
/// <param name="H">Its decision interval.</param>
/// <param name="Lam">Weight of the newest value of a moving average.</param>
/// <param name="L">Width of its limits in standard deviations.</param>
/// <param name="From">First moment whose periods it looks at, at most forty days back; null: those that are closed from now on. What was before primes the chart and raises nothing.</param>
public sealed record NewAlarmRule(string Name, string Unit, string Tag, string? OverTag, RollupStep Step, AlarmKind Kind, decimal? Factor = null, decimal? Low = null, decimal? High = null, decimal? Target = null, decimal? Sigma = null, decimal? K = null, decimal? H = null, decimal? Lam = null, decimal? L = null, Instant? From = null);

/// <param name="MutedUntil">Nobody is told of alarms before it; they are raised all the same.</param>
/// <param name="SeenTo">Periods before it have been looked at.</param>
public sealed record AlarmRule(Guid Id, Guid FacilityId, string Name, string Unit, string Tag, string? OverTag, decimal Factor, RollupStep Step, AlarmKind Kind, decimal? Low, decimal? High, decimal? Target, decimal? Sigma, decimal? K, decimal? H, decimal? Lam, decimal? L,
    Instant CreatedAt, Instant? EndedAt, Instant? MutedUntil, Instant SeenTo)
{
    internal Guid OperatorId { get; init; }

    /// <summary>The chart at its beginning.</summary>
    internal IControlChart Chart() => Kind switch
    {
        AlarmKind.Limit => new LimitChart(Low, High),
        AlarmKind.Cusum => new CusumChart(Target!.Value, Sigma!.Value, K!.Value, H!.Value),
        _ => new EwmaChart(Target!.Value, Sigma!.Value, Lam!.Value, L!.Value),
    };
}

/// <param name="Value">Of the first period that signalled.</param>
/// <param name="Signal">What the chart drew for it: the value, the sum or the average.</param>
/// <param name="Limit">What that passed.</param>
/// <param name="Signals">Periods that have signalled since, with the first.</param>
public sealed record Alarm(Guid Id, Guid RuleId, string Rule, string Unit, Guid FacilityId, AlarmState State, AlarmSide Side, Instant PeriodFrom, decimal Value, decimal Signal, decimal Limit, Instant LastFrom, int Signals, Instant RaisedAt, Instant? AcknowledgedAt, Instant? ClosedAt, Instant? MutedUntil);

/// <summary>What somebody of the operator wrote to an alarm.</summary>
public sealed record AlarmComment(Guid Id, string Text, Guid WrittenBy, Instant WrittenAt);

public sealed record AlarmView(Alarm Alarm, IReadOnlyList<AlarmComment> Comments);

/// <summary>How an alarm goes, and which rules can be worked by.</summary>
static class AlarmRules
{
    public const int MostRules = 500;

    public static StateTable<AlarmState, AlarmEvent> Table { get; } = new(Refusal.Conflict("alarm.state-forbids", "state"),
    [
        (AlarmState.Raised, AlarmEvent.Acknowledge, AlarmState.Acknowledged),
        (AlarmState.Acknowledged, AlarmEvent.Close, AlarmState.Closed),
    ]);

    public static decimal Setting(RulePacks rules, string setting) => (rules.Pack(AlarmMethods.Pack).Table("settings").Find(null, setting) ?? throw new KeyNotFoundException($"{AlarmMethods.Pack} has no setting '{setting}'.")).Decimal("value");

    public static IReadOnlyList<Refusal> Check(NewAlarmRule rule)
    {
        var wrong = new List<Refusal>();
        Texts.Check(rule.Name, "name", 200, wrong);
        Texts.Check(rule.Unit, "unit", 40, wrong);
        if (rule.Step is not (RollupStep.Hour or RollupStep.Day)) wrong.Add(Refusal.Of("request.word-unknown", "step", ("given", $"{rule.Step}")));
        if (!Enum.IsDefined(rule.Kind)) wrong.Add(Refusal.Of("request.word-unknown", "kind", ("given", $"{rule.Kind}")));
        foreach (var (field, value) in new[] { ("factor", rule.Factor), ("sigma", rule.Sigma), ("h", rule.H), ("lam", rule.Lam), ("l", rule.L) })
            if (value <= 0) wrong.Add(Refusal.Of("calc.not-above", field, ("field", field), ("given", DecimalText.Write(value.Value)), ("limit", "0")));
        if (rule.K < 0) wrong.Add(Refusal.Of("calc.below-minimum", "k", ("field", "k"), ("given", DecimalText.Write(rule.K.Value)), ("limit", "0")));
        if (rule.Lam > 1) wrong.Add(Refusal.Of("calc.above-maximum", "lam", ("field", "lam"), ("given", DecimalText.Write(rule.Lam.Value)), ("limit", "1")));
        foreach (var (field, value) in new[] { ("low", rule.Low), ("high", rule.High), ("target", rule.Target), ("sigma", rule.Sigma), ("factor", rule.Factor), ("k", rule.K), ("h", rule.H), ("l", rule.L) })
            if (value is { } given && !Reading.Fits(given)) wrong.Add(Refusal.Of("meter.value", field, ("given", DecimalText.Write(given)), ("places", $"{Reading.MostPlaces}")));
        if (rule.Kind == AlarmKind.Limit)
        {
            if (rule.Low is null && rule.High is null) wrong.Add(Refusal.Of("alarm.no-limit", "high"));
            if (rule.Low > rule.High) wrong.Add(Refusal.Of("alarm.limits-crossed", "high", ("low", DecimalText.Write(rule.Low.Value)), ("high", DecimalText.Write(rule.High.Value))));
        }
        else
        {
            if (rule.Target is null) wrong.Add(Refusal.Of("calc.missing-field", "target", ("field", "target")));
            if (rule.Sigma is null) wrong.Add(Refusal.Of("calc.missing-field", "sigma", ("field", "sigma")));
        }
        return wrong;
    }
}
