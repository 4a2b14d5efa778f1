using Verdigris.Passport.Publications;
using Verdigris.Primitives;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Publications.Pages;

/// <summary>Words and colours of papers.</summary>
static class PaperWords
{
    public static string Of(PaperKind kind, IStrings s) => s["publication.kind." + kind];
    public static string Of(PaperState state, IStrings s) => s["publication.state." + state];
    public static string Of(QuestionKind kind, IStrings s) => s["publication.question-kind." + kind];

    public static Tone ToneOf(PaperState state) => state switch
    {
        PaperState.Open => Tone.Good,
        PaperState.Closed or PaperState.Summarised => Tone.Warn,
        PaperState.Published or PaperState.Decided => Tone.Info,
        PaperState.Withdrawn => Tone.Bad,
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
