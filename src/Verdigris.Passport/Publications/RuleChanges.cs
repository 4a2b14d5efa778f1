using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Publications;

/// <summary>One value of an entry, before and after it changed. Null: the entry had none, or there was no entry.</summary>
public sealed record RuleValue(string Column, string? Before, string? After);

/// <summary>What a decision made of a rule.</summary>
/// <param name="Table">With its pack: <c>metals/passport, deadlines</c>.</param>
/// <param name="Status">How far the entry now in the pack can be trusted: verified, secondary or recalled.</param>
/// <param name="Source">Citation of the entry.</param>
public sealed record RuleChange(RuleLink Link, string PackVersion, IReadOnlyList<RuleValue> Values, string Status, string Source, string? Article);

/// <summary>Finds the entries of the loaded rule packs that decisions name. A link is good where the entry is there, has a first day, and that day is the one named.</summary>
public sealed class RuleChanges(RulePacks packs)
{
    /// <summary>Every entry a decision can name, in the order of packs, tables and rows.</summary>
    public IReadOnlyList<RuleLink> All =>
        [.. packs.Ids.SelectMany(id => packs.Pack(id).Tables.Values.SelectMany(t => t.Rows.Where(r => r.From is not null).Select(r => new RuleLink(id, t.Name, [.. t.Key.Select(k => r.Written(k) ?? "")], r.From!.Value))))];

    /// <param name="field">Where the link stands in the request.</param>
    public List<Refusal> Check(RuleLink? link, string field = "rule")
    {
        if (link is null) return [];
        if (link.Pack is null || !packs.Ids.Contains(link.Pack)) return [Refusal.Of("publication.rule-pack-unknown", field + ".pack", ("given", link.Pack ?? ""))];
        if (link.Table is null || !packs.Pack(link.Pack).Tables.TryGetValue(link.Table, out var table)) return [Refusal.Of("publication.rule-table-unknown", field + ".table", ("given", link.Table ?? ""), ("allowed", string.Join(", ", packs.Pack(link.Pack).Tables.Keys)))];
        var ofKey = table.Rows.Where(r => Same(table, r, link.Key)).ToList();
        if (ofKey.Count == 0) return [Refusal.Of("publication.rule-key-unknown", field + ".key", ("given", string.Join(", ", link.Key ?? [])), ("columns", string.Join(", ", table.Key)))];
        var days = ofKey.Select(r => r.From).OfType<NodaTime.LocalDate>().ToList();
        return days.Contains(link.From) ? [] : [Refusal.Of("publication.rule-day-unknown", field + ".from", ("given", PublicationRules.Iso(link.From)), ("allowed", days.Count == 0 ? "–" : string.Join(", ", days.Order().Select(PublicationRules.Iso))))];
    }

    /// <summary>The values before and after, or null where the packs loaded now no longer hold the entry.</summary>
    public RuleChange? Read(RuleLink? link)
    {
        if (link is null || Check(link).Count > 0) return null;
        var pack = packs.Pack(link.Pack);
        var table = pack.Table(link.Table);
        var rows = table.Rows.Where(r => Same(table, r, link.Key)).ToList();
        var after = rows.Single(r => r.From == link.From);
        var before = rows.SingleOrDefault(r => r != after && r.InForce(link.From.PlusDays(-1)));
        var columns = after.Columns.Union(before?.Columns ?? []).Except(table.Key);
        return new(link, pack.Version, [.. columns.Select(c => new RuleValue(c, before?.Written(c), after.Written(c)))], after.Status.ToString().ToLowerInvariant(), after.Source.Citation, after.Article);
    }

    static bool Same(RuleTable table, RuleRow row, IReadOnlyList<string>? key) => key is not null && key.SequenceEqual(table.Key.Select(k => row.Written(k) ?? ""));
}
