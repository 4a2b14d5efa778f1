using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Warehousing;

/// <summary>What has to be done with metal of a kind before it matches, and where that is written.</summary>
public sealed record WarehouseDuty(string Duty, string RuleId);

/// <summary>Dated rules of the warehouse floor, from the pack <c>metals/warehousing</c>. Immutable.</summary>
public sealed class WarehousingRules
{
    public const string WeighIn = "weigh-in";

    readonly RulePack pack;

    public WarehousingRules(RulePacks rules) => pack = rules.Pack("metals/warehousing");

    /// <summary>How far two weights may lie apart, in percent of the one compared with, either way; and the rule's id for the record.</summary>
    /// <param name="rule"><c>weigh-out</c> or <c>floor-count</c>.</param>
    public (decimal Percent, string RuleId) Tolerance(string rule, LocalDate on)
    {
        var row = pack.Table("tolerances").Find(on, rule) ?? throw new InvalidOperationException($"metals/warehousing holds no tolerance '{rule}'.");
        return (row.Decimal("percent"), IdOf(rule));
    }

    /// <summary>Duties of a metal on a day, in the order of the pack.</summary>
    public IReadOnlyList<WarehouseDuty> Duties(string metal, LocalDate on) =>
        [.. pack.Table("duties").Rows.Where(r => (r.Text("metal") == "ALL" || r.Text("metal") == metal) && r.InForce(on)).Select(r => new WarehouseDuty(r.Text("duty"), IdOf($"{r.Text("metal")}/{r.Text("duty")}")))];

    string IdOf(string row) => $"{pack.Id}@{pack.Version}#{row}";
}
