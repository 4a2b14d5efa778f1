using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>
/// Words for a refusal: the text under <c>refusal.CODE</c>, with the refusal's own values filled in. A code without a text says its code.
/// </summary>
public static class RefusalText
{
    public static string Of(Refusal refusal, IStrings strings) => strings.Format("refusal." + refusal.Code, Worded(refusal, key => strings[key]));

    public static string Of(Refusal refusal, StringCatalogue catalogue, string language) =>
        Placeholders.Fill(catalogue.Get(language, "refusal." + refusal.Code), Worded(refusal, key => catalogue.Get(language, key)));

    /// <summary>A refusal names roles, states, items and the Book's answers by their codes; people read their names, where the room has them under <c>[passport.]AREA.state.CODE</c> or <c>AREA.code.CODE</c>, the area being the first part of the refusal's code.</summary>
    static IReadOnlyDictionary<string, string>? Worded(Refusal refusal, Func<string, string> text)
    {
        if (refusal.Args is not { Count: > 0 } args) return refusal.Args;
        var area = refusal.Code.Contains(".grievance-", StringComparison.Ordinal) ? "sourcing.grievance" : refusal.Code.Split('.')[0];
        return args.ToDictionary(a => a.Key, a => a.Key switch
        {
            "role" => string.Join(" / ", a.Value.Split(" | ").Select(r => Role.All.Contains(r) ? text("role." + r) : r)),
            "state" or "item" => Known($"{area}.{a.Key}.{a.Value}") ?? Known($"passport.{area}.{a.Key}.{a.Value}") ?? a.Value,
            "code" => Known($"{area}.code.{a.Value}") ?? Known($"book.code.{a.Value}") ?? a.Value,
            _ => a.Value,
        });

        string? Known(string key) => text(key) is { } found && !found.StartsWith('⟦') ? found : null;
    }
}
