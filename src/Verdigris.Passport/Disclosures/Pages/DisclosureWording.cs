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

    public static string Of(DisclosureState state, IStrings s) => s["passport.disclosure.state." + state];
    public static string Of(Assurance assurance, IStrings s) => s["passport.disclosure.assurance." + assurance];
    public static string Of(Visibility visibility, IStrings s) => s["passport.disclosure.visibility." + visibility];
    public static string Of(SubjectType type, IStrings s) => s["passport.disclosure.subject." + type];
    public static string Of(TargetState state, IStrings s) => s["passport.target.state." + state];

    /// <summary>What a subject is called; a company's metal says which.</summary>
    public static string Name(Subject subject, IStrings s) => subject.Type == SubjectType.Product ? $"{Wording.Name(subject.Name, subject.NameZh, s)}: {Wording.Metal(subject.Metal!, s)}" : Wording.Name(subject.Name, subject.NameZh, s);

    /// <summary>What was disclosed, short enough for a cell of a table.</summary>
    public static string Said(Disclosure d, IStrings s, Show show) => d.Methodology.ValueKind switch
    {
        ValueKind.Metric => show.Quantity(d.Content.Value, d.Methodology.Unit!),
        ValueKind.Certificate => d.Content.CertificateNo!,
        _ => Short(Statement(d.Content, s)),
    };

    public static string Statement(DisclosureContent content, IStrings s) => Wording.Name(content.Statement ?? "", content.StatementZh, s);

    public static string Period(DisclosureContent content, Show show) => content is { PeriodFrom: { } from, PeriodTo: { } to } ? $"{show.Date(from)} – {show.Date(to)}" : show.Unknown;

    static string Short(string text) => text.Length <= 80 ? text : text[..79] + "…";

    public static Tone ToneOf(DisclosureState state) => state switch
    {
        DisclosureState.Published => Tone.Good,
        DisclosureState.Accepted or DisclosureState.Submitted => Tone.Info,
        DisclosureState.Returned or DisclosureState.Expiring => Tone.Warn,
        DisclosureState.Expired => Tone.Bad,
        _ => Tone.Neutral,
    };

    public static Tone ToneOf(MethodologyState state) => state switch
    {
        MethodologyState.Approved => Tone.Good,
        MethodologyState.Review => Tone.Info,
        MethodologyState.Declined => Tone.Bad,
        _ => Tone.Neutral,
    };
}
