using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Disclosures;

/// <summary>A class of sustainability disclosure.</summary>
/// <param name="Pillar">multi, environment, social or governance.</param>
public sealed record TaxonomyClass(string Code, string Pillar, string Name, string NameZh, string Scope, string ScopeZh);

/// <summary>The fifteen classes, from the pack <c>metals/taxonomy</c>, in its order. Immutable, thread-safe.</summary>
public sealed class Taxonomy
{
    public const string ClimateChange = "CLI";

    public Taxonomy(RulePacks rules) =>
        Classes = [.. rules.Pack("metals/taxonomy").Table("classes").Rows.Select(r => new TaxonomyClass(r.Text("class"), r.Text("pillar"), r.Text("name_en"), r.Text("name_zh"), r.Text("scope_en"), r.Text("scope_zh")))];

    public IReadOnlyList<TaxonomyClass> Classes { get; }

    /// <summary>Pillars in the order of their first class.</summary>
    public IReadOnlyList<string> Pillars => [.. Classes.Select(c => c.Pillar).Distinct()];

    public TaxonomyClass? Find(string? code) => Classes.FirstOrDefault(c => c.Code == code);

    /// <summary>The codes of a pillar's classes; empty for a pillar there is not.</summary>
    public string[] Of(string pillar) => [.. Classes.Where(c => c.Pillar == pillar).Select(c => c.Code)];
}
