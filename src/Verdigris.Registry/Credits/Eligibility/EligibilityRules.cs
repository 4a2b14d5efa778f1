using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Credits.Eligibility;

/// <summary>What is known of units when somebody asks what they may be used for. Null: not known.</summary>
/// <param name="Labels">Null where the registry does not say; empty where it says there are none.</param>
/// <param name="Sink">Whether the reductions can be reversed.</param>
/// <param name="AuthorisedFor">Uses the host country authorised: ndc, international, other; empty where it authorised none.</param>
/// <param name="Adjusted">Whether the host country made the corresponding adjustment.</param>
public sealed record UnitFacts(string Programme, string Unit, LocalDate? VintageFrom, LocalDate? VintageTo, IReadOnlySet<string>? Labels, bool? Sink, IReadOnlySet<string>? AuthorisedFor, bool? Adjusted);

public enum EligibilityVerdict { Eligible, NotEligible, NotDeterminable }

/// <summary>One condition of a use.</summary>
/// <param name="Needs">What it asks for, as the pack writes it.</param>
/// <param name="Met">Null: not known.</param>
public sealed record ConditionStanding(string Condition, string Needs, bool? Met, RuleRef Rule);

public sealed record EligibilityAnswer(string Use, Bilingual Name, EligibilityVerdict Verdict, IReadOnlyList<ConditionStanding> Conditions);

/// <summary>What units may be used for (pack <c>registry/eligibility</c>). One condition not met: not eligible. None of these, but one not known: not determinable. A use without a condition on the day is not determinable either.</summary>
public sealed class EligibilityRules
{
    public const string Pack = "registry/eligibility";

    static readonly ConditionalWeakTable<RulePacks, EligibilityRules> Known = [];

    readonly RulePack pack;

    EligibilityRules(RulePacks packs)
    {
        pack = packs.Pack(Pack);
        Uses = [.. pack.Table("uses").Rows.Select(r => (r.Text("use"), new Bilingual(r.Text("nameEn"), r.Text("nameZh"))))];
    }

    public IReadOnlyList<(string Use, Bilingual Name)> Uses { get; }

    /// <exception cref="RulePackException">The pack is not right.</exception>
    public static EligibilityRules Of(RulePacks packs) => Known.GetValue(packs, p => new(p));

    /// <summary>One answer a use, as the rules stand on a day.</summary>
    public IReadOnlyList<EligibilityAnswer> All(UnitFacts unit, LocalDate on) => [.. Uses.Select(u => Of(u.Use, u.Name, unit, on))];

    EligibilityAnswer Of(string use, Bilingual name, UnitFacts unit, LocalDate on)
    {
        var all = pack.Table("conditions").Rows.Where(r => r.Text("use") == use).ToList();
        var conditions = all.Where(r => r.InForce(on)).Select(r => new ConditionStanding(r.Text("condition"), Needs(r), Met(r, unit), r.Ref(pack))).ToList();
        // A window that has closed is not a condition that fell away: what the rule is today is not known.
        var lapsed = all.Where(r => !r.InForce(on) && conditions.All(c => c.Condition != r.Text("condition"))).GroupBy(r => r.Text("condition")).Select(g => new ConditionStanding(g.Key, Needs(g.Last()), null, g.Last().Ref(pack)));
        conditions.AddRange(lapsed);
        var verdict = conditions.Any(c => c.Met == false) ? EligibilityVerdict.NotEligible : conditions.Count == 0 || conditions.Any(c => c.Met is null) ? EligibilityVerdict.NotDeterminable : EligibilityVerdict.Eligible;
        return new(use, name, verdict, conditions);
    }

    static bool? Met(RuleRow r, UnitFacts u) => r.Text("condition") switch
    {
        "programme" => r.List("of").Contains(u.Programme),
        "unit" => r.List("of").Contains(u.Unit),
        "vintage" => u.VintageFrom is { } from && u.VintageTo is { } to ? from.Year >= r.Integer("from") && to.Year <= r.Integer("to") : null,
        "label" => u.Labels is null ? null : u.Labels.Overlaps(r.List("of")),
        "no-label" => u.Labels is null ? null : !u.Labels.Overlaps(r.List("of")),
        "nature" => u.Sink is { } sink ? r.List("of").Contains(sink ? "sink" : "reduction") : null,
        "authorised" => u.AuthorisedFor is null ? null : u.AuthorisedFor.Overlaps(r.List("of")),
        "adjusted" => u.Adjusted,
        _ => u.VintageFrom is { } first ? first > r.Date("after") : null,
    };

    static string Needs(RuleRow r) => r.Text("condition") switch
    {
        "vintage" => $"{r.Integer("from")}-{r.Integer("to")}",
        "reduced-after" => r.Written("after")!,
        _ => string.Join(", ", r.List("of")),
    };
}
