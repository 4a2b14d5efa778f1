using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>
/// Words for a refusal: the text under <c>refusal.CODE</c>, with the refusal's own values filled in. A code without a text says its code.
/// </summary>
public static class RefusalText
{
    public static string Of(Refusal refusal, IStrings strings) => strings.Format("refusal." + refusal.Code, refusal.Args);

    public static string Of(Refusal refusal, StringCatalogue catalogue, string language) =>
        Placeholders.Fill(catalogue.Get(language, "refusal." + refusal.Code), refusal.Args);
}
