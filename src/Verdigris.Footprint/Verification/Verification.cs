using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Verification;

public enum FindingKind
{
    /// <summary>A figure is wrong; how many tonnes is estimated where it can be.</summary>
    Misstatement,
    /// <summary>Something was not done as the plan says.</summary>
    NonConformity,
    /// <summary>Could be done better.</summary>
    Recommendation,
    /// <summary>A question, or a document asked for, by a day.</summary>
    Request,
}

public enum FindingState { Open, Answered, Closed }

public enum OpinionKind { ReasonableAssurance, LimitedAssurance, Adverse }

/// <param name="Tco2e">Estimated effect of a misstatement, positive where the report says too little; null where it is not known.</param>
/// <param name="DueOn">Last day for the answer.</param>
public sealed record Finding(Guid Id, Guid ReportId, FindingKind Kind, string? Stream, string Text, decimal? Tco2e, LocalDate DueOn, FindingState State, Guid RaisedBy, Instant RaisedAt, string? Answer, Guid? AnsweredBy, Instant? AnsweredAt, string? Conclusion, Instant? ClosedAt);

/// <param name="Stream">Stream meant; null for the whole report.</param>
public sealed record NewFinding(FindingKind Kind, string? Stream, string Text, decimal? Tco2e = null, LocalDate? DueOn = null);

/// <param name="SiteVisitOn">Day of the visit; null where there was none.</param>
/// <param name="SiteVisitWaived">Why there was none.</param>
/// <param name="Accreditation">Number of the verifier's accreditation.</param>
public sealed record Opinion(OpinionKind Kind, string Statement, string Accreditation, LocalDate? SiteVisitOn, string? SiteVisitWaived);

/// <summary>What a verifier may and may not do. Pure.</summary>
static class VerificationRules
{
    public const string Pack = "footprint/verification";

    public static (decimal Value, RuleRef Rule) Limit(RulePacks rules, string limit)
    {
        var pack = rules.Pack(Pack);
        var row = pack.Table("limits").Find(null, limit) ?? throw new KeyNotFoundException($"{Pack} has no limit '{limit}'.");
        return (row.Decimal("value"), row.Ref(pack));
    }

    /// <summary>Whether one verifier may take up another year. Verified years in a row, with the year asked about, may not pass the limit.</summary>
    public static Refusal? Rotation(IReadOnlySet<int> verifiedYears, int year, RulePacks rules)
    {
        var (limit, rule) = Limit(rules, "consecutive-years");
        var row = 1;
        for (var before = year - 1; verifiedYears.Contains(before); before--) row++;
        return row <= limit ? null : Refusal.Conflict("verification.rotation", "verifierId", ("years", $"{row - 1}"), ("limit", DecimalText.Write(limit))) with { Rule = rule.Article };
    }

    public static IReadOnlyList<Refusal> Check(NewFinding finding, IReadOnlySet<string> streams, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(finding.Kind)) wrong.Add(Refusal.Of("request.word-unknown", "kind", ("given", $"{finding.Kind}")));
        Texts.Check(finding.Text, "text", Texts.Longest, wrong);
        if (finding.Stream is { } stream && !streams.Contains(stream)) wrong.Add(Refusal.Of("verification.stream-unknown", "stream", ("given", stream), ("known", string.Join(", ", streams))));
        if (finding.Tco2e is not null && finding.Kind != FindingKind.Misstatement) wrong.Add(Refusal.Of("verification.tonnes-of-misstatement", "tco2e"));
        if (finding.DueOn is { } due && due < today) wrong.Add(Refusal.Of("verification.due-past", "dueOn", ("today", today.ToString("uuuu-MM-dd", null))));
        return wrong;
    }

    /// <summary>Misstatements not corrected, in percent of the report, against the limit. A misstatement of unknown size is material until its size is known.</summary>
    public static (decimal? Percent, bool Material) Materiality(IEnumerable<Finding> findings, decimal totalTco2e, RulePacks rules)
    {
        var open = findings.Where(f => f.Kind == FindingKind.Misstatement && f.State != FindingState.Closed).ToList();
        if (open.Count == 0) return (0, false);
        if (totalTco2e == 0 || open.Any(f => f.Tco2e is null)) return (null, true);
        var percent = Math.Abs(open.Sum(f => f.Tco2e!.Value)) / Math.Abs(totalTco2e) * 100;
        return (percent, percent > Limit(rules, "materiality").Value);
    }

    /// <summary>An opinion that gives assurance needs every request answered and closed, nothing material open, and a visit or a reason why not.</summary>
    public static IReadOnlyList<Refusal> Check(Opinion opinion, IReadOnlyList<Finding> findings, decimal totalTco2e, LocalDate today, RulePacks rules)
    {
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(opinion.Kind)) wrong.Add(Refusal.Of("request.word-unknown", "kind", ("given", $"{opinion.Kind}")));
        Texts.Check(opinion.Statement, "statement", Texts.Longest, wrong);
        Texts.Check(opinion.Accreditation, "accreditation", 60, wrong);
        if (opinion.SiteVisitOn is null == string.IsNullOrWhiteSpace(opinion.SiteVisitWaived)) wrong.Add(Refusal.Of("verification.visit-or-reason", "siteVisitOn"));
        else if (opinion.SiteVisitWaived is { Length: > Texts.Longest } waived) Texts.Check(waived, "siteVisitWaived", Texts.Longest, wrong);
        if (opinion.SiteVisitOn > today) wrong.Add(Refusal.Of("verification.visit-later", "siteVisitOn", ("today", today.ToString("uuuu-MM-dd", null))));
        if (opinion.Kind == OpinionKind.Adverse || wrong.Count > 0) return wrong;
        if (findings.Count(f => f.Kind == FindingKind.Request && f.State != FindingState.Closed) is > 0 and var requests) wrong.Add(Refusal.Conflict("verification.requests-open", "kind", ("count", $"{requests}")));
        var (percent, material) = Materiality(findings, totalTco2e, rules);
        if (material)
        {
            var (limit, rule) = Limit(rules, "materiality");
            wrong.Add(Refusal.Conflict("verification.material", "kind", ("percent", percent is { } known ? DecimalText.Write(Math.Round(known, 2)) : "?"), ("limit", DecimalText.Write(limit))) with { Rule = rule.Article });
        }
        return wrong;
    }
}
