namespace Verdigris.Primitives;

/// <summary>One text in the product's two languages, side by side so that neither is forgotten.</summary>
public readonly record struct Bilingual(string En, string Zh)
{
    /// <param name="language"><c>zh</c> for Chinese; anything else reads English.</param>
    public string In(string language) => language == "zh" ? Zh : En;

    public override string ToString() => En;
}
