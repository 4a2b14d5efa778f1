using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Passport.Specifications;

/// <summary>Indeterminate: neither shown to be met nor shown to be broken; never to be read as a pass.</summary>
public enum SpecOutcome { Pass, Fail, Indeterminate }

/// <summary>How one limit came out.</summary>
/// <param name="Least">Smallest the true content may be, rounded at the limit's decimals; null where a member is missing and nothing can be said.</param>
/// <param name="Most">Largest it may be, rounded; null where a member was not measured.</param>
/// <param name="Missing">Elements the limit needs that were not measured.</param>
/// <param name="Offenders">OthersEach: the elements over the limit.</param>
/// <param name="NothingReported">OthersEach, OthersTotal: no other element was analysed, so the limit says nothing.</param>
public sealed record LimitOutcome(SpecLimit Limit, SpecOutcome Outcome, decimal? Least, decimal? Most, IReadOnlyList<string> Missing, IReadOnlyList<string> Offenders, bool NothingReported = false);

/// <summary>How an analysis stands against one edition.</summary>
/// <param name="Failed">Elements over or under a limit of their own.</param>
/// <param name="FailedGroups">Sums over their limit, by label.</param>
/// <param name="Missing">Elements a deciding limit needs that were not measured.</param>
/// <param name="Open">Labels of deciding limits that are neither met nor broken.</param>
/// <param name="Unconfirmed">Labels of limits that do not decide because they were not read in their source, whatever they came out as.</param>
public sealed record SpecVerdict(
    SpecEdition Edition, SpecOutcome Outcome, IReadOnlyList<string> Failed, IReadOnlyList<string> FailedGroups, IReadOnlyList<string> Missing,
    IReadOnlyList<string> Open, IReadOnlyList<string> Unconfirmed, IReadOnlyList<LimitOutcome> Limits, IReadOnlyList<CalcWarning> Warnings);

/// <summary>How an analysis stands against what a contract accepts.</summary>
/// <param name="Outcome">Pass as soon as one edition is met; fail only if every edition the contract names is held here and broken.</param>
/// <param name="Decisive">The edition met; else the one named first.</param>
public sealed record SpecDecision(SpecChoice Choice, SpecOutcome Outcome, SpecVerdict Decisive, IReadOnlyList<SpecVerdict> All);

/// <summary>
/// Compares an analysis with a specification. Results are rounded half to even to the limit's printed places before they are compared; the raw value is kept.
/// <c>&lt;x</c> is x at worst and 0 at best; an element not measured is unknown, not zero. A limit is met when the worst case meets it, broken when
/// the best case breaks it, open in between. Only limits whose source was read decide. Pure.
/// </summary>
public static class SpecCheck
{
    /// <param name="guardBandFactor">k of a guard band k u around each measured value; 0 for none. For a sum, u is the root of the sum of squares (JCGM 100:2008, 5.1.2, uncorrelated).</param>
    /// <exception cref="ArgumentException">An element reported twice, a balance other than the base metal, or a guard band without uncertainty: <see cref="Validate"/> says so as refusals.</exception>
    public static SpecVerdict Check(SpecEdition edition, IReadOnlyList<ElementResult> results, decimal guardBandFactor = 0)
    {
        ArgumentNullException.ThrowIfNull(edition);
        if (Validate(edition, results, guardBandFactor) is { Count: > 0 } refusals) throw new ArgumentException(refusals[0].Code, nameof(results));
        var analysis = new Analysis(edition, results, guardBandFactor);
        var outcomes = edition.Limits.Where(l => l.Kind != LimitKind.Listed).Select(analysis.Compare).ToList();
        return Verdict(edition, outcomes);
    }

    /// <summary>Checks against every edition of the choice and combines.</summary>
    public static SpecDecision Check(SpecChoice choice, IReadOnlyList<ElementResult> results, decimal guardBandFactor = 0)
    {
        ArgumentNullException.ThrowIfNull(choice);
        if (choice.Editions.Count == 0) throw new ArgumentException("No edition is held for this choice.", nameof(choice));
        var all = choice.Editions.Select(e => Check(e, results, guardBandFactor)).ToList();
        var met = all.FirstOrDefault(v => v.Outcome == SpecOutcome.Pass);
        var outcome = met is not null ? SpecOutcome.Pass
            : choice.NotHeld.Count == 0 && all.All(v => v.Outcome == SpecOutcome.Fail) ? SpecOutcome.Fail
            : SpecOutcome.Indeterminate;
        return new(choice, outcome, met ?? all[0], all);
    }

    /// <summary>What makes the results unfit to be compared with the edition, in the order checked; empty when nothing does.</summary>
    public static IReadOnlyList<Refusal> Validate(SpecEdition edition, IReadOnlyList<ElementResult> results, decimal guardBandFactor = 0)
    {
        ArgumentNullException.ThrowIfNull(edition);
        var refusals = new List<Refusal>();
        if (results.Count == 0) refusals.Add(Refusal.Of("spec.no-results", "results"));
        foreach (var twice in results.GroupBy(r => r.Element).Where(g => g.Count() > 1)) refusals.Add(Refusal.Of("calc.field-twice", "results." + twice.Key, ("field", twice.Key)));
        foreach (var result in results)
        {
            if (result.Balance && result.Element != edition.Base) refusals.Add(Refusal.Of("spec.balance-not-base", "results." + result.Element, ("base", edition.Base)));
            if (guardBandFactor > 0 && !result.Below && !result.Balance && result.ExpandedUncertaintyPercent is null && edition.Listed.Contains(result.Element))
                refusals.Add(Refusal.Of("spec.uncertainty-needed", "results." + result.Element, ("element", result.Element)));
        }
        return refusals;
    }

    static SpecVerdict Verdict(SpecEdition edition, List<LimitOutcome> outcomes)
    {
        var deciding = outcomes.Where(o => o.Limit.Decides && !o.NothingReported).ToList();
        var broken = deciding.Where(o => o.Outcome == SpecOutcome.Fail).ToList();
        var open = deciding.Where(o => o.Outcome == SpecOutcome.Indeterminate).ToList();
        var warnings = new List<CalcWarning>();
        foreach (var o in outcomes)
        {
            if (o.NothingReported)
                warnings.Add(new("spec.others-not-reported", new($"{o.Limit.Subject}: no element beyond those listed was reported, so this limit was not checked.", $"{o.Limit.Subject}：未报告所列元素以外的元素，此限值未检查。"), o.Limit.Label));
            else if (!o.Limit.Decides)
                warnings.Add(new("spec.limit-unconfirmed", new($"{o.Limit.Subject} {o.Limit.Shown}: limit from memory, it does not decide; against it the lot would {Word(o.Outcome)}.", $"{o.Limit.Subject} {o.Limit.Shown}：限值凭记忆录入，不作判定；按此限值该批将{WordZh(o.Outcome)}。"), o.Limit.Label));
        }
        if (deciding.Count == 0)
            warnings.Add(new("spec.no-confirmed-limit", new($"No limit of {edition.Name} was read in its source, so nothing decides.", $"{edition.Name} 没有经来源核实的限值，无法判定。")));
        var outcome = broken.Count > 0 ? SpecOutcome.Fail : open.Count > 0 || deciding.Count == 0 ? SpecOutcome.Indeterminate : SpecOutcome.Pass;
        return new(edition, outcome,
            broken.Where(o => !o.Limit.IsSum).SelectMany(o => o.Offenders.Count > 0 ? o.Offenders : [o.Limit.Subject]).Distinct().ToList(),
            broken.Where(o => o.Limit.IsSum).Select(o => o.Limit.Label).ToList(),
            deciding.SelectMany(o => o.Missing).Distinct().ToList(),
            open.Select(o => o.Limit.Label).ToList(),
            outcomes.Where(o => !o.Limit.Decides).Select(o => o.Limit.Label).ToList(),
            outcomes, warnings);
    }

    internal static string Word(SpecOutcome outcome) => outcome switch { SpecOutcome.Pass => "pass", SpecOutcome.Fail => "fail", _ => "be indeterminate" };
    internal static string WordZh(SpecOutcome outcome) => outcome switch { SpecOutcome.Pass => "合格", SpecOutcome.Fail => "不合格", _ => "无法判定" };

    /// <summary>Content somewhere between two values, with the variance that a guard band of a sum needs.</summary>
    readonly record struct Span(decimal Least, decimal Most, decimal Variance)
    {
        public static Span operator +(Span a, Span b) => new(a.Least + b.Least, a.Most + b.Most, a.Variance + b.Variance);

        /// <summary>Widened by k u, not below zero.</summary>
        public (decimal Least, decimal Most) Guarded(decimal factor)
        {
            var band = factor == 0 || Variance == 0 ? 0 : factor * DecimalText.Sqrt(Variance);
            return (Math.Max(0, Least - band), Most + band);
        }
    }

    sealed class Analysis(SpecEdition edition, IReadOnlyList<ElementResult> results, decimal factor)
    {
        readonly Dictionary<string, ElementResult> byElement = results.ToDictionary(r => r.Element, StringComparer.Ordinal);

        public LimitOutcome Compare(SpecLimit limit)
        {
            switch (limit.Kind)
            {
                case LimitKind.SumMax when limit.Members is { } members: return Sum(limit, members);
                case LimitKind.SumMax: return Sum(limit, edition.Listed.Concat(Reported).Where(e => e != edition.Base).Distinct().ToList());
                case LimitKind.OthersTotal: return Others.Count == 0 ? Nothing(limit) : Sum(limit, Others);
                case LimitKind.OthersEach: return Others.Count == 0 ? Nothing(limit) : Each(limit);
                case LimitKind.ByDifference: return Difference(limit, edition.Listed.Where(e => e != limit.Subject).ToList());
                default:
                    if (!byElement.TryGetValue(limit.Subject, out var result)) return new(limit, SpecOutcome.Indeterminate, null, null, [limit.Subject], []);
                    if (result.Balance) return Difference(limit, edition.Listed.Concat(Reported).Where(e => e != limit.Subject).Distinct().ToList());
                    var (least, most) = Of(result).Guarded(factor);
                    return Judge(limit, least, most);
            }
        }

        IEnumerable<string> Reported => byElement.Keys;
        List<string> Others => Reported.Where(e => e != edition.Base && !edition.Listed.Contains(e)).ToList();

        static Span Of(ElementResult result)
        {
            var u = (result.ExpandedUncertaintyPercent ?? 0) / result.CoverageFactor;
            return result.Below ? new(0, result.Percent, 0) : new(result.Percent, result.Percent, u * u);
        }

        static LimitOutcome Nothing(SpecLimit limit) => new(limit, SpecOutcome.Indeterminate, null, null, [], [], NothingReported: true);

        LimitOutcome Sum(SpecLimit limit, IReadOnlyList<string> members)
        {
            var (span, missing) = Add(members);
            var (least, most) = span.Guarded(factor);
            return missing.Count == 0 ? Judge(limit, least, most) : Judge(limit, least, null) with { Missing = missing };
        }

        LimitOutcome Difference(SpecLimit limit, IReadOnlyList<string> others)
        {
            var (span, missing) = Add(others);
            var (least, most) = span.Guarded(factor);
            return missing.Count == 0 ? Judge(limit, Math.Max(0, 100 - most), 100 - least) : Judge(limit, 0, 100 - least) with { Missing = missing };
        }

        (Span Span, List<string> Missing) Add(IReadOnlyList<string> members)
        {
            var span = default(Span);
            var missing = new List<string>();
            foreach (var element in members)
                if (byElement.TryGetValue(element, out var result) && !result.Balance) span += Of(result);
                else missing.Add(element);
            return (span, missing);
        }

        LimitOutcome Each(SpecLimit limit)
        {
            var each = Others.Select(e => (Element: e, Outcome: Judged(e))).ToList();
            var over = each.Where(e => e.Outcome.Outcome == SpecOutcome.Fail).Select(e => e.Element).ToList();
            var worst = over.Count > 0 ? SpecOutcome.Fail : each.Any(e => e.Outcome.Outcome == SpecOutcome.Indeterminate) ? SpecOutcome.Indeterminate : SpecOutcome.Pass;
            return new(limit, worst, each.Max(e => e.Outcome.Least), each.Max(e => e.Outcome.Most), [], over);

            LimitOutcome Judged(string element)
            {
                var (least, most) = Of(byElement[element]).Guarded(factor);
                return Judge(limit, least, most);
            }
        }

        /// <param name="most">Null: a member is unknown, so there is no upper bound.</param>
        static LimitOutcome Judge(SpecLimit limit, decimal least, decimal? most)
        {
            decimal Round(decimal value, decimal at) => RoundingRule.AtLimit(DecimalText.Places(at)).Apply(value);
            var shownAt = limit.High ?? limit.Low!.Value;
            bool met = true, broken = false;
            if (limit.High is { } high)
            {
                met &= most is { } top && Round(top, high) <= high;
                broken |= Round(least, high) > high;
            }
            if (limit.Low is { } low)
            {
                met &= Round(least, low) >= low;
                broken |= most is { } top && Round(top, low) < low;
            }
            var outcome = broken ? SpecOutcome.Fail : met ? SpecOutcome.Pass : SpecOutcome.Indeterminate;
            return new(limit, outcome, Round(least, shownAt), most is { } m ? Round(m, shownAt) : null, [], []);
        }
    }
}
