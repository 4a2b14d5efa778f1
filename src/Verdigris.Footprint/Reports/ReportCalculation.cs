using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Facilities;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Reports;

/// <summary>A report out of a plan and its activity data: every stream and month by the plan's method, every line held against the plan. Pure: the same plan, data and packs give the same figures.</summary>
static class ReportCalculation
{
    /// <summary>Field of the production of a month, t.</summary>
    public const string ProductionField = "massT";

    /// <summary>How many times the median of a stream's months a month may be, either way, before it is pointed out.</summary>
    const decimal Unusual = 3;

    public static ReportFigures Calculate(PlanContent plan, LocalDate from, LocalDate to, IReadOnlyList<ActivityValue> activity, IReadOnlyList<ManualFigure> manual, CalculatorSet methods, IReadOnlyList<EnergyUse>? certificates = null)
    {
        var months = Months(from, to);
        var lines = new List<ReportLine>();
        var packs = new Dictionary<string, UsedPack>(StringComparer.Ordinal);
        NotInPlan(plan, months, activity, lines);
        // Each figure stands once: activity data are checked when they come in.
        var data = activity.ToDictionary(v => (v.Stream, v.Month, v.Field), v => v.Value);
        var production = Production(months, data, lines);
        var streams = plan.Streams.Select(s => Stream(s, plan.Gwp, months, data, manual.FirstOrDefault(m => m.Stream == s.Id), methods, lines, packs)).ToList();

        decimal? Sum(IEnumerable<decimal?> parts) => parts.Aggregate((decimal?)0m, (sum, part) => sum + part);
        decimal? Scope(StreamScope scope) => Sum(streams.Where(s => s.Scope == scope).Select(s => s.Tco2e));
        decimal? direct = Scope(StreamScope.Direct), indirect = Scope(StreamScope.Indirect), upstream = Scope(StreamScope.Upstream), total = direct + indirect + upstream;
        var pfc = Sum(streams.Where(s => s.Method.Contains(".pfc-", StringComparison.Ordinal)).Select(s => s.Tco2e));
        var range = ReportUncertainty.Of(plan, streams, total, methods);
        var perT = production is > 0 ? total / production : null;
        return new(production, direct, pfc, indirect, upstream, total, Sum(streams.Select(s => s.BiogenicTco2)), perT is { } known ? Working.Shown(known) : null,
            range?.Percent, Share(plan, streams), total is not null && production is not null, streams, [.. lines.OrderBy(l => l.Kind).ThenBy(l => l.Stream, StringComparer.Ordinal).ThenBy(l => l.Month)],
            [.. packs.Values.OrderBy(p => p.Pack, StringComparer.Ordinal)], range, ReportMarket.Of(plan, from, to, data, streams, certificates ?? [], methods));
    }

    /// <summary>First days of the months of a period.</summary>
    public static IReadOnlyList<LocalDate> Months(LocalDate from, LocalDate to)
    {
        var months = new List<LocalDate>();
        for (var month = new LocalDate(from.Year, from.Month, 1); month <= to; month = month.PlusMonths(1)) months.Add(month);
        return months;
    }

    static void NotInPlan(PlanContent plan, IReadOnlyList<LocalDate> months, IReadOnlyList<ActivityValue> activity, List<ReportLine> lines)
    {
        foreach (var value in activity)
        {
            var stream = plan.Streams.FirstOrDefault(s => s.Id == value.Stream);
            if (stream is null && value.Stream != PlanRules.Production) lines.Add(new(LineKind.NotInPlan, value.Stream, value.Month, value.Field, "report.stream-not-in-plan", new("The plan has no such stream: the figure is left out.", "监测计划中没有该源流：该数据未计入。")));
            else if (stream is not null && !stream.Measured.Contains(value.Field) || stream is null && value.Field != ProductionField)
                lines.Add(new(LineKind.NotInPlan, value.Stream, value.Month, value.Field, "report.field-not-in-plan", new("The plan does not measure this: the figure is left out.", "监测计划未规定监测该项：该数据未计入。")));
            else if (!months.Contains(value.Month)) lines.Add(new(LineKind.NotInPlan, value.Stream, value.Month, value.Field, "report.month-outside", new("The month lies outside the period: the figure is left out.", "该月不在报告期内：该数据未计入。")));
        }
    }

    static decimal? Production(IReadOnlyList<LocalDate> months, IReadOnlyDictionary<(string, LocalDate, string), decimal> data, List<ReportLine> lines)
    {
        decimal? sum = 0;
        foreach (var month in months)
        {
            decimal? found = data.TryGetValue((PlanRules.Production, month, ProductionField), out var massT) ? massT : null;
            if (found is null) lines.Add(new(LineKind.Gap, PlanRules.Production, month, ProductionField, "report.gap", new("The production of this month is missing.", "缺少该月产量。")));
            sum += found;
        }
        return sum;
    }

    static StreamFigures Stream(PlanStream stream, string gwp, IReadOnlyList<LocalDate> months, IReadOnlyDictionary<(string, LocalDate, string), decimal> data, ManualFigure? manual, CalculatorSet methods, List<ReportLine> lines, Dictionary<string, UsedPack> packs)
    {
        var known = new Dictionary<LocalDate, StreamEmission>();
        var told = new HashSet<string>(StringComparer.Ordinal);
        foreach (var month in months)
        {
            var (input, missing) = Input(stream, month, data);
            if (missing.Count > 0)
            {
                if (stream.Gaps == GapRule.None) lines.Add(new(LineKind.Gap, stream.Id, month, string.Join(", ", missing), "report.gap", new($"No figure for {string.Join(", ", missing)}.", $"缺少 {string.Join("、", missing)} 的数据。")));
                continue;
            }
            var answer = StreamRun.Calculate(methods, stream.Method, input, gwp);
            if (!answer.Ok)
            {
                lines.AddRange(answer.Refusals.Select(r => new ReportLine(LineKind.Refused, stream.Id, month, r.Field, r.Code, Words(r))));
                continue;
            }
            foreach (var rule in answer.Value.Trace.Select(t => t.Rule).OfType<Primitives.Rules.RuleRef>()) packs[rule.Pack] = new(rule.Pack, rule.Version, rule.Sha256);
            foreach (var warning in answer.Value.Warnings.Where(w => told.Add(w.Code + w.Text.En))) lines.Add(new(LineKind.Warning, stream.Id, null, warning.Field, warning.Code, warning.Text));
            if (StreamRun.Emission(stream.Method, answer.Value.Result) is { } emission) known[month] = emission;
            else lines.Add(new(LineKind.Refused, stream.Id, month, "method", "facility.no-emission", Words(Refusal.Of("facility.no-emission", "method", ("given", stream.Method)))));
        }
        PointOut(stream, known, lines);
        return Figures(stream, months, known, manual, lines);
    }

    /// <summary>What the method is given for a month, and which measured fields have no figure.</summary>
    public static (JsonObject Input, IReadOnlyList<string> Missing) Input(PlanStream stream, LocalDate month, IReadOnlyDictionary<(string, LocalDate, string), decimal> data)
    {
        var input = stream.Fixed.DeepClone().AsObject();
        var missing = new List<string>();
        foreach (var field in stream.Measured)
        {
            if (data.TryGetValue((stream.Id, month, field), out var value)) input[field] = value;
            else missing.Add(field);
        }
        return (input, missing);
    }

    static StreamFigures Figures(PlanStream stream, IReadOnlyList<LocalDate> months, Dictionary<LocalDate, StreamEmission> known, ManualFigure? manual, List<ReportLine> lines)
    {
        var figures = new List<MonthFigure>();
        var complete = true;
        // Conservative: what is missing counts as the month that emitted most; a stream of which nothing is known has no such month.
        StreamEmission? highest = known.Count > 0 ? known.Values.MaxBy(e => e.Tco2e) : null;
        foreach (var month in months)
        {
            if (known.TryGetValue(month, out var emission)) figures.Add(new(month, emission.Tco2e, emission.BiogenicTco2, false));
            else if (stream.Gaps == GapRule.HighestMonth && highest is { } most && lines.All(l => l.Kind != LineKind.Refused || l.Stream != stream.Id || l.Month != month))
            {
                figures.Add(new(month, most.Tco2e, most.BiogenicTco2, true));
                lines.Add(new(LineKind.Filled, stream.Id, month, null, "report.filled", new("Missing; counts as the highest month known.", "数据缺失；按已知最高月份计。")));
            }
            else complete = false;
        }
        if (!complete && stream.Gaps == GapRule.HighestMonth && highest is null) lines.Add(new(LineKind.Gap, stream.Id, null, null, "report.gap", new("No month of this stream is known, so no gap can be filled.", "该源流没有任何已知月份，无法补缺。")));
        return new(stream.Id, stream.Process, stream.Scope, stream.Method, complete ? figures.Sum(f => f.Tco2e) : null, complete ? figures.Sum(f => f.BiogenicTco2) : null, figures, manual);
    }

    static void PointOut(PlanStream stream, Dictionary<LocalDate, StreamEmission> known, List<ReportLine> lines)
    {
        if (known.Count < 4) return;
        var sorted = known.Values.Select(e => e.Tco2e).Order().ToList();
        var median = (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
        if (median <= 0) return;
        foreach (var (month, emission) in known)
            if (emission.Tco2e > median * Unusual || emission.Tco2e * Unusual < median)
                lines.Add(new(LineKind.Unusual, stream.Id, month, null, "report.unusual", new($"{DecimalText.Write(Working.Shown(emission.Tco2e))} t, beside a median month of {DecimalText.Write(Working.Shown(median))} t.", $"{DecimalText.Write(Working.Shown(emission.Tco2e))} t，而各月中位数为 {DecimalText.Write(Working.Shown(median))} t。")));
    }

    static decimal? Share(PlanContent plan, IReadOnlyList<StreamFigures> streams)
    {
        if (streams.Any(s => s.Tco2e is null) || streams.Sum(s => Math.Abs(s.Tco2e!.Value)) is var all && all == 0) return null;
        return Working.Shown(plan.Streams.Zip(streams).Where(x => x.First.MeasuredData).Sum(x => Math.Abs(x.Second.Tco2e!.Value)) / all * 100);
    }

    static Bilingual Words(Refusal refusal) => new(Messages.Of(refusal, "en", typeof(ReportCalculation).Assembly), Messages.Of(refusal, "zh", typeof(ReportCalculation).Assembly));
}
