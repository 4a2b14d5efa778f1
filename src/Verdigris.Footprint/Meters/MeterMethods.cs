using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Meters;

static class MeterMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [new MeterRollup()];
}

/// <summary>Method <c>meter.rollup</c>: one hour out of the readings of a meter, and what it counts as where readings are missing.</summary>
sealed class MeterRollup() : Calculator("meter.rollup", "1.0", new("Hour of a meter with gaps", "计量表小时汇总与缺口处理"),
    Choice("kind", "Kind of meter", "计量类型", Kinds),
    Whole("holdSeconds", "Seconds a reading stands where no other follows", "无后续读数时该读数有效的秒数", 1, 86_400),
    Whole("perSeconds", "Seconds in the time unit of a rate; 3600 where left out", "速率的时间单位（秒）；未给出时为 3600", 1, 86_400, optional: true),
    Number("rollOver", "First value a counter cannot show", "计数器无法显示的首个值", above: true, optional: true),
    Items("readings", "Readings", "读数",
        Number("second", "Second from the beginning of the hour", "距小时起点的秒数", "s", min: -2_678_400, max: 2_678_400),
        Number("value", "Value", "值", min: -1_000_000_000_000m),
        Choice("quality", "Quality; good where left out", "质量；未给出时为 good", Qualities, optional: true)),
    new InputField("referenceHours", InputKind.Numbers, new("Amounts of the valid hours in the days before", "此前若干天内有效小时的用量"), Required: false, Minimum: -1_000_000_000_000m, Maximum: 1_000_000_000_000m))
{
    const long Hour = 3_600_000;
    static readonly string[] Kinds = ["counter", "rate", "gauge", "event"], Qualities = ["bad", "uncertain", "good"];

    protected override void Work(Working w)
    {
        var (share, shareRule) = Limit(w, "valid-share");
        var (deviations, deviationsRule) = Limit(w, "deviations");
        var (least, leastRule) = Limit(w, "least-hours");
        var (around, aroundRule) = Limit(w, "roll-over-share");
        var meter = new MeterTraits((MeterKind)Array.IndexOf(Kinds, w.Input.Text("kind")), w.Input.Integer("holdSeconds"), w.Input.DecimalOrNull("rollOver"), around, w.Input.IntegerOrNull("perSeconds") ?? 3600);
        var readings = w.Input.List("readings").Select((r, i) => Read(w, r, i)).ToList();
        if (w.Refused) return;
        var ordered = Reading.InOrder(readings);
        var hour = Rollup.Of(meter, ordered, 0, Hour, 1)[0];
        if (meter.RollOver is { } range) w.Note(new("roll-over", new("A counter that falls begins again where little of its range is passed; else it was set back", "计数器读数下降时，若越过的量程很小则视为翻转，否则视为复位"), null, new JsonObject { ["rollOver"] = range }, around, "%", aroundRule));
        var known = w.Step("known", "Part of the hour that is known", "该小时已知部分", "knownSeconds / 3600 * 100", "%", hour.KnownMs / 36_000m, ("knownSeconds", hour.KnownMs / 1000m));
        if (hour.Amount(meter) is { } measured) w.Step("measured", "Amount over what is known", "已知部分的用量", Formula(meter), null, measured, ("sum", hour.Sum));
        w.Put("measured", hour.Amount(meter) is { } amount ? Working.Shown(amount) : null);
        w.Put("mean", hour.Mean(meter) is { } mean ? Working.Shown(mean) : null);
        w.Put("low", hour.Low);
        w.Put("high", hour.High);
        w.Put("readings", hour.Count);
        w.Put("uncertain", hour.Uncertain);
        w.Put("disputed", hour.Disputed);
        w.Put("resets", hour.Resets);
        w.Put("knownPercent", known);
        w.Put("spreadSeconds", hour.SpreadMs / 1000m);
        Fill(w, meter, hour, new(share, deviations, 0, (int)least), known, shareRule, deviationsRule, leastRule);
    }

    static void Fill(Working w, MeterTraits meter, PeriodFigures hour, GapLimits limits, decimal known, RuleRef shareRule, RuleRef deviationsRule, RuleRef leastRule)
    {
        var reference = w.Input.Numbers("referenceHours");
        var filled = GapFilling.Fill(meter, hour, Hour, reference, limits);
        if (filled.State != FillState.Measured) w.Note(new("valid-share", new("Least part that makes an hour valid", "构成有效小时的最小比例"), null, new JsonObject { ["knownPercent"] = Working.Shown(known) }, limits.ValidSharePercent, "%", shareRule));
        switch (filled.State)
        {
            case FillState.Scaled when filled.Amount is { } amount:
                w.Step("scaled", "The rest counts as much, moment for moment", "其余部分按同等强度计", "measured * 100 / knownPercent", null, amount, shareRule, ("measured", hour.Amount(meter)!.Value), ("knownPercent", known));
                break;
            case FillState.Substituted:
                w.Step("substitute", "Mean and twice the standard deviation of the valid hours before, and never less than was measured", "此前有效小时的均值加两倍标准差，且不低于实测值", "max(mean + deviations * deviation, measured)", null, filled.Amount!.Value, deviationsRule,
                    ("mean", filled.Mean!.Value), ("deviation", filled.Deviation!.Value), ("deviations", limits.Deviations), ("measured", hour.Amount(meter) ?? 0), ("hours", reference.Count));
                break;
            case FillState.Unknown:
                w.Note(new("least-hours", new("Fewest valid hours a substitute rests on", "替代值所依据的最少有效小时数"), null, new JsonObject { ["hours"] = reference.Count }, limits.LeastHours, null, leastRule));
                w.Warn("meter.unknown", "Too little of the hour is known and nothing stands in for it: it is unknown, not zero.", "该小时已知数据过少且无可替代：为未知，而非零。", "readings");
                break;
        }
        if (hour.Resets > 0) w.Warn("meter.reset", "The counter was set back: what it counted between the two readings is not known.", "计数器曾复位：两次读数之间的计量未知。", "readings");
        if (hour.SpreadMs > 0) w.Warn("meter.spread", "Two readings lie farther apart than readings hold: the rise is spread evenly between them.", "两次读数间隔超过有效期：增量在其间均匀分摊。", "readings");
        if (hour.Disputed > 0) w.Warn("meter.disputed", "The source said different things of one time: the better quality stands, then the higher value.", "同一时刻存在不同读数：取质量较好者，再取较大值。", "readings");
        w.Put("state", filled.State.ToString());
        w.Put("amount", filled.Amount is { } counted ? Working.Shown(counted) : null);
    }

    static string Formula(MeterTraits meter) => meter.Kind switch { MeterKind.Counter => "sum(rise)", MeterKind.Event => "sum(duration)", _ => "sum(value * ms) / 1000 / perSeconds" };

    static Reading Read(Working w, CalcInput input, int index)
    {
        var value = input.Decimal("value");
        if (!Reading.Fits(value)) w.Refuse(Refusal.Of("meter.value", $"readings[{index}].value", ("given", DecimalText.Write(value)), ("places", $"{Reading.MostPlaces}")));
        return new((long)(input.Decimal("second") * 1000), value, input.TextOrNull("quality") is { } quality ? (ReadingQuality)Array.IndexOf(Qualities, quality) : ReadingQuality.Good);
    }

    static (decimal Value, RuleRef Rule) Limit(Working w, string limit)
    {
        var (row, rule) = w.Rule(GapLimits.Pack, "limits", "kind", null, limit);
        return (row.Decimal("value"), rule);
    }
}
