using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>
/// Words for a refusal: the text under <c>refusal.CODE</c>, with the refusal's own values filled in. A code without a text says its code.
/// </summary>
public static class RefusalText
{
    public static string Of(Refusal refusal, IStrings strings) => strings.Format("refusal." + refusal.Code, Worded(refusal.Args, key => strings[key]));

    public static string Of(Refusal refusal, StringCatalogue catalogue, string language) =>
        Placeholders.Fill(catalogue.Get(language, "refusal." + refusal.Code), Worded(refusal.Args, key => catalogue.Get(language, key)));

    /// <summary>A refusal names roles by their codes; people read their names.</summary>
    static IReadOnlyDictionary<string, string>? Worded(IReadOnlyDictionary<string, string>? args, Func<string, string> text) =>
        args is not null && args.TryGetValue("role", out var role) && Role.All.Contains(role) ? new Dictionary<string, string>(args) { ["role"] = text("role." + role) } : args;
}
