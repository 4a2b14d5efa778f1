using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Alarms;

/// <summary>Methods that find the value in a series at which somebody should look: beyond a limit, drifting, or off on average.</summary>
static class AlarmMethods
{
    public const string Pack = "footprint/alarms";

    public static IReadOnlyList<ICalculator> All { get; } = [new LimitMethod(), new CusumMethod(), new EwmaMethod()];
}

/// <summary>What the three have in common: the series in, the first signal and the chart out.</summary>
abstract class ChartMethod(string method, Bilingual title, params IReadOnlyList<InputField> own) : Calculator(method, "1.0", title,
    [.. own, new InputField("data", InputKind.Numbers, new("Values in the order of their times", "按时间顺序的数值"), Minimum: -1_000_000_000_000m, Maximum: 1_000_000_000_000m)])
{
    protected static InputField Target => Number("target", "Target: mean while all is well", "目标值（正常时的均值）", min: -1_000_000_000_000m);
    protected static InputField Sigma => Number("sigma", "Standard deviation while all is well", "正常时的标准差", above: true);

    protected abstract IControlChart Chart(Working w);

    /// <summary>The formula as the first signal's step shows it.</summary>
    protected abstract (string Formula, Bilingual Text) Drawing { get; }

    protected override void Work(Working w)
    {
        var chart = Chart(w);
        var (above, below) = (new JsonArray(), new JsonArray());
        var (number, signals) = (0, 0);
        foreach (var value in w.Input.Numbers("data"))
        {
            number++;
            var signal = chart.Next(value);
            var drawn = chart.Drawn;
            above.Add(Working.Shown(drawn.Above ?? 0));
            below.Add(Working.Shown(drawn.Below ?? 0));
            if (signal is not { } found) continue;
            if (++signals > 1) continue;
            w.Note(new("signal", Drawing.Text, Drawing.Formula, new JsonObject { ["value"] = Working.Shown(value), ["number"] = number, ["limit"] = Working.Shown(found.Limit) }, Working.Shown(found.Value), null, w.Cite(AlarmMethods.Pack, Article, RuleStatus.Recalled)));
            w.Put("firstSignal", number);
            w.Put("signalValue", found.Value);
            w.Put("signalLimit", found.Limit);
            w.Put("side", found.Side.ToString());
        }
        if (signals == 0)
        {
            w.Note(new("signal", Drawing.Text, Drawing.Formula, new JsonObject { ["values"] = number }, null, null, w.Cite(AlarmMethods.Pack, Article, RuleStatus.Recalled)));
            foreach (var field in new[] { "firstSignal", "signalValue", "signalLimit", "side" }) w.Put(field, null);
        }
        w.Put("signals", signals);
        w.Put("above", above);
        w.Put("below", below);
    }

    protected abstract string Article { get; }
}

/// <summary>Method <c>alarm.limit</c>.</summary>
sealed class LimitMethod() : ChartMethod("alarm.limit", new("Values beyond a limit", "越限检查"),
    Number("low", "Lowest value allowed", "允许的最低值", min: -1_000_000_000_000m, optional: true),
    Number("high", "Highest value allowed", "允许的最高值", min: -1_000_000_000_000m, optional: true))
{
    protected override string Article => "Limits of the operator";
    protected override (string, Bilingual) Drawing => ("value > high or value < low", new("First value beyond a limit", "首个越限值"));

    protected override IControlChart Chart(Working w)
    {
        decimal? low = w.Input.DecimalOrNull("low"), high = w.Input.DecimalOrNull("high");
        if (low is null && high is null) w.Stop<Done>(Refusal.Of("alarm.no-limit", "high"));
        if (low > high) w.Stop<Done>(Refusal.Of("alarm.limits-crossed", "high", ("low", DecimalText.Write(low.Value)), ("high", DecimalText.Write(high!.Value))));
        return new LimitChart(low, high);
    }
}

/// <summary>Method <c>alarm.cusum</c>.</summary>
sealed class CusumMethod() : ChartMethod("alarm.cusum", new("Cumulative sum chart", "累积和控制图 (CUSUM)"), Target, Sigma,
    Number("k", "Slack, in standard deviations", "参考值（标准差倍数）", max: 100),
    Number("h", "Decision interval, in standard deviations", "判定区间（标准差倍数）", above: true, max: 1000))
{
    protected override string Article => "Tabular cumulative sum";
    protected override (string, Bilingual) Drawing => ("C+ = max(0, x - (target + k sigma) + C+), C- = max(0, (target - k sigma) - x + C-), signal above h sigma", new("First sum above the decision interval", "首个超过判定区间的累积和"));
    protected override IControlChart Chart(Working w) => new CusumChart(w["target"], w["sigma"], w["k"], w["h"]);
}

/// <summary>Method <c>alarm.ewma</c>.</summary>
sealed class EwmaMethod() : ChartMethod("alarm.ewma", new("Moving average with falling weights", "指数加权移动平均控制图 (EWMA)"), Target, Sigma,
    Number("lam", "Weight of the newest value", "最新值的权重", above: true, max: 1),
    Number("L", "Width of the limits, in standard deviations", "控制限宽度（标准差倍数）", above: true, max: 100))
{
    protected override string Article => "Exponentially weighted moving average";
    protected override (string, Bilingual) Drawing => ("z = lam x + (1 - lam) z, signal beyond target +- L sigma sqrt(lam / (2 - lam) (1 - (1 - lam)^2i))", new("First mean beyond its limits", "首个超出控制限的均值"));
    protected override IControlChart Chart(Working w) => new EwmaChart(w["target"], w["sigma"], w["lam"], w["L"]);
}
