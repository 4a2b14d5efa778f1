using Verdigris.Passport.Publications;
using Verdigris.Primitives;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Publications.Pages;

/// <summary>Words and colours of papers.</summary>
static class PublicationWords
{
    public static string Of(PublicationKind kind, IStrings s) => s["publication.kind." + kind];
    public static string Of(PublicationState state, IStrings s) => s["publication.state." + state];
    public static string Of(QuestionKind kind, IStrings s) => s["publication.question-kind." + kind];

    public static Tone ToneOf(PublicationState state) => state switch
    {
        PublicationState.Open => Tone.Good,
        PublicationState.Closed or PublicationState.Summarised => Tone.Warn,
        PublicationState.Published or PublicationState.Decided => Tone.Info,
        PublicationState.Withdrawn => Tone.Bad,
        _ => Tone.Neutral,
    };

    /// <summary>A choice as responses write it, in words.</summary>
    public static string Choice(Question q, string choice, IStrings s) => q.Kind == QuestionKind.YesNo ? s["publication.choice." + choice] : q.Options![int.Parse(choice, System.Globalization.CultureInfo.InvariantCulture) - 1].In(s.Language);

    /// <summary>A rule's entry on one line, the same in forms and pages.</summary>
    public static string Of(RuleLink link) => $"{link.Pack}, {link.Table}: {string.Join(", ", link.Key)} · {Show.Iso(link.From)}";

    public static IReadOnlyList<Option> Options(RuleChanges rules) => [.. rules.All.Select(Of).Select(r => new Option(r, r))];

    public static RuleLink? Read(string? chosen, RuleChanges rules) => rules.All.FirstOrDefault(l => Of(l) == chosen);
}

/// <summary>A text in both languages, as a form holds it.</summary>
public sealed class BothForm
{
    public string? En { get; set; }
    public string? Zh { get; set; }

    internal Bilingual Value => new(En?.Trim() ?? "", Zh?.Trim() ?? "");
    internal static BothForm Of(Bilingual? text) => new() { En = text?.En, Zh = text?.Zh };
}
