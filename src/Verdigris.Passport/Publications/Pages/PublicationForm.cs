using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Publications.Pages;

/// <summary>A paper as the editor holds it: what was typed, as it was typed.</summary>
public sealed class PublicationForm
{
    public string? Kind { get; set; }
    public BothForm? Title { get; set; }
    public BothForm? Text { get; set; }
    public List<QuestionForm>? Questions { get; set; }
    public string? OpensOn { get; set; }
    public string? ClosesOn { get; set; }
    public string? EffectiveOn { get; set; }
    public string? Rule { get; set; }

    /// <summary>Options are typed one a line.</summary>
    public sealed class QuestionForm
    {
        public string? Kind { get; set; }
        public BothForm? Text { get; set; }
        public BothForm? Options { get; set; }

        internal bool Blank => string.IsNullOrWhiteSpace(Text?.En) && string.IsNullOrWhiteSpace(Text?.Zh);
    }

    internal static PublicationForm Of(PublicationContent c) => new()
    {
        Kind = c.Kind.ToString(),
        Title = BothForm.Of(c.Title),
        Text = BothForm.Of(c.Text),
        Questions = [.. (c.Questions ?? []).Select(q => new QuestionForm
        {
            Kind = q.Kind.ToString(),
            Text = BothForm.Of(q.Text),
            Options = new() { En = string.Join('\n', (q.Options ?? []).Select(o => o.En)), Zh = string.Join('\n', (q.Options ?? []).Select(o => o.Zh)) },
        })],
        OpensOn = c.OpensOn is { } opens ? Show.Iso(opens) : null,
        ClosesOn = c.ClosesOn is { } closes ? Show.Iso(closes) : null,
        EffectiveOn = c.EffectiveOn is { } effective ? Show.Iso(effective) : null,
        Rule = c.Rule is { } rule ? PublicationWords.Of(rule) : null,
    };

    /// <summary>The paper, or what cannot be read of it. Questions without words are passed over, so that lines may be left free.</summary>
    internal Answer<PublicationContent> Read(RuleChanges rules)
    {
        var read = new FormText();
        var kind = read.Choice(Kind, "kind", Enum.GetNames<PublicationKind>());
        Questions = [.. (Questions ?? []).Where(q => !q.Blank)];
        var questions = new List<Question>();
        for (var i = 0; i < Questions.Count; i++)
        {
            var q = Questions[i];
            var ofKind = read.Choice(q.Kind, $"questions[{i}].kind", Enum.GetNames<QuestionKind>());
            var (en, zh) = (Lines(q.Options?.En), Lines(q.Options?.Zh));
            if (en.Count != zh.Count) read.Refusals.Add(Refusal.Of("publication.options-uneven", $"questions[{i}].options", ("en", PublicationRules.Text(en.Count)), ("zh", PublicationRules.Text(zh.Count))));
            else if (ofKind is not null) questions.Add(new(Enum.Parse<QuestionKind>(ofKind), (q.Text ?? new()).Value, en.Count == 0 ? null : [.. en.Zip(zh, (a, b) => new Bilingual(a, b))]));
        }
        var opens = read.Date(OpensOn, "opensOn", required: false);
        var closes = read.Date(ClosesOn, "closesOn", required: false);
        var effective = read.Date(EffectiveOn, "effectiveOn", required: false);
        var rule = PublicationWords.Read(Rule, rules);
        if (!string.IsNullOrEmpty(Rule) && rule is null) read.Refusals.Add(Refusal.Of("input.not-a-choice", "rule", ("given", Rule)));
        return read.Ok ? new PublicationContent(Enum.Parse<PublicationKind>(kind!), (Title ?? new()).Value, (Text ?? new()).Value, questions.Count == 0 ? null : questions, opens, closes, effective, rule) : read.Refusals;
    }

    static List<string> Lines(string? text) => [.. (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
