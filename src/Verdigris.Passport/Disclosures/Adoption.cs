using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Disclosures;

/// <summary>A published count of how far disclosure has spread.</summary>
/// <param name="Measure">producers, brands, brands-listed, disclosures or methodologies.</param>
public sealed record AdoptionFigure(LocalDate Day, string Measure, int Value, string Source, RuleStatus Status, string? Note);

/// <summary>What an exchange published of the adoption of its register, from the pack <c>metals/adoption</c>, by day. A measure that was not published on a day is not there. Immutable.</summary>
public sealed class Adoption
{
    public Adoption(RulePacks rules) =>
        Figures = [.. rules.Pack("metals/adoption").Table("figures").Rows.Select(r => new AdoptionFigure(r.Date("day"), r.Text("measure"), r.Integer("value"), r.Source.Citation, r.Status, r.Note)).OrderBy(f => f.Day)];

    public static IReadOnlyList<string> Measures { get; } = ["disclosures", "brands-listed", "brands", "methodologies", "producers"];

    public IReadOnlyList<AdoptionFigure> Figures { get; }
}
