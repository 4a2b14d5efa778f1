using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Eligibility;

namespace Verdigris.Market.Contracts;

/// <summary>Something a contract takes in delivery.</summary>
/// <param name="Kind">units (of one scheme or programme), basket (by a use of registry/eligibility) or warrants (of a contract of metals/contracts).</param>
/// <param name="Region">Part of the world warrants must lie in; null for any.</param>
/// <param name="BySeller">The seller says which of several he gives.</param>
public sealed record Deliverable(string Name, string Kind, string? Scheme, string? Unit, string? Use, string? Metal, string? Region, bool BySeller, RuleRef Rule);

/// <summary>Units somebody could deliver.</summary>
/// <param name="Id">The caller's own: a batch, a block of serials.</param>
/// <param name="Price">What a unit is worth to the seller elsewhere.</param>
public sealed record UnitsOnHand(string Id, UnitFacts Facts, decimal Price, long Units);

/// <param name="Units">Taken of what is on hand.</param>
public sealed record UnitsChosen(string Id, long Units, decimal Price);

/// <summary>What a contract with several deliverable kinds of unit takes on a delivery day, and what a seller who may choose gives: the cheapest. Pure.</summary>
public static class Basket
{
    public static IReadOnlyList<Deliverable> Of(Contract contract, LocalDate on)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return [.. contract.Rows("deliverable", on).Select(r => new Deliverable(r.Text("deliverable"), r.Text("kind"), r.TextOrNull("scheme"), r.TextOrNull("unit"), r.TextOrNull("use"), r.TextOrNull("metal"), r.TextOrNull("region"), r.TextOrNull("chosenBy") == "seller", contract.Ref(r)))];
    }

    /// <summary>Whether units are good delivery on a day: eligible by one of the contract's deliverables; not determinable where none says yes and one cannot say no. The conditions are those of the answer that decided.</summary>
    public static (EligibilityVerdict Verdict, IReadOnlyList<ConditionStanding> Conditions) Check(RulePacks packs, Contract contract, UnitFacts units, LocalDate on)
    {
        ArgumentNullException.ThrowIfNull(units);
        (EligibilityVerdict Verdict, IReadOnlyList<ConditionStanding> Conditions) best = (EligibilityVerdict.NotEligible, []);
        foreach (var deliverable in Of(contract, on))
        {
            var one = deliverable.Kind switch
            {
                "units" => (deliverable.Unit == units.Unit ? EligibilityVerdict.Eligible : EligibilityVerdict.NotEligible, [new("unit", deliverable.Unit ?? "", deliverable.Unit == units.Unit, deliverable.Rule)]),
                "basket" => EligibilityRules.Of(packs).All(units, on).First(a => a.Use == deliverable.Use) is var answer ? (answer.Verdict, answer.Conditions) : default,
                _ => best,
            };
            if (one.Item1 == EligibilityVerdict.Eligible) return one;
            if (one.Item1 == EligibilityVerdict.NotDeterminable || best.Conditions.Count == 0) best = one;
        }
        return best;
    }

    /// <summary>The cheapest good delivery of so many units, cheapest first; of equal prices the one named first. Refuses <c>contract.too-few-deliverable</c> with what there is.</summary>
    public static Answer<IReadOnlyList<UnitsChosen>> Cheapest(RulePacks packs, Contract contract, IReadOnlyList<UnitsOnHand> onHand, long units, LocalDate on)
    {
        ArgumentNullException.ThrowIfNull(onHand);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(units);
        var chosen = new List<UnitsChosen>();
        var left = units;
        foreach (var lot in onHand.Where(h => Check(packs, contract, h.Facts, on).Verdict == EligibilityVerdict.Eligible).OrderBy(h => h.Price))
        {
            if (left == 0) break;
            var taken = Math.Min(left, lot.Units);
            if (taken > 0) chosen.Add(new(lot.Id, taken, lot.Price));
            left -= taken;
        }
        return left == 0 ? chosen : Refusal.Conflict("contract.too-few-deliverable", "units", ("needed", DecimalText.Write(units)), ("eligible", DecimalText.Write(units - left)));
    }
}
