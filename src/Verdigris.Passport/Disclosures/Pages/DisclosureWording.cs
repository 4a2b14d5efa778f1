using Verdigris.Passport.Pages;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Disclosures.Pages;

/// <summary>Words and colours of methodologies, disclosures and targets, in one place for their pages.</summary>
static class DisclosureWording
{
    public static string Of(MethodologyState state, IStrings s) => s["passport.methodology.state." + state];
    public static string Of(ValueKind kind, IStrings s) => s["passport.disclosure.kind." + kind];
    public static string Of(Better better, IStrings s) => s["passport.methodology.better." + better];
    public static string Boundary(string boundary, IStrings s) => s["passport.disclosure.boundary." + boundary];
    public static string Pillar(string pillar, IStrings s) => s["passport.disclosure.pillar." + pillar];
    public static string Name(TaxonomyClass c, IStrings s) => Wording.Name(c.Name, c.NameZh, s);
    public static string Name(Methodology m, IStrings s) => Wording.Name(m.Name, m.NameZh, s);

    public static string Class(string code, Taxonomy taxonomy, IStrings s) => taxonomy.Find(code) is { } known ? Name(known, s) : code;

    public static string Metals(IReadOnlyList<string> metals, IStrings s) => metals.Count == 0 ? s["passport.methodology.any-metal"] : string.Join(", ", metals.Select(m => Wording.Metal(m, s)));

    public static Tone ToneOf(MethodologyState state) => state switch
    {
        MethodologyState.Approved => Tone.Good,
        MethodologyState.Review => Tone.Info,
        MethodologyState.Declined => Tone.Bad,
        _ => Tone.Neutral,
    };
}
