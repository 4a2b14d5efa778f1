using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Passport.Disclosures;
using Verdigris.Primitives;

namespace Verdigris.Passport.Publications;

/// <summary>Input rules of papers and decisions. Pure.</summary>
public static class PublicationRules
{
    public const int MostQuestions = 30, MostOptions = 12, LongestText = 40_000, LongestQuestion = 2_000;

    /// <summary>What is wrong with a paper as written, in the order of its fields; rule links are checked by <see cref="RuleChanges"/>.</summary>
    public static List<Refusal> Check(PublicationContent c)
    {
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(c.Kind)) return [Refusal.Of("request.word-unknown", "kind", ("given", c.Kind.ToString()))];
        Both(c.Title, "title", 200, wrong);
        Both(c.Text, "text", LongestText, wrong);
        var answered = PublicationStates.Answered(c.Kind);
        var questions = c.Questions ?? [];
        if (!answered && questions.Count > 0) wrong.Add(Refusal.Of("publication.not-answered", "questions"));
        if (answered && questions.Count is 0 or > MostQuestions) wrong.Add(Refusal.Of("publication.questions-count", "questions", ("given", Text(questions.Count)), ("limit", Text(MostQuestions))));
        for (var i = 0; answered && i < Math.Min(questions.Count, MostQuestions); i++) Check(questions[i], $"questions[{i}]", wrong);
        Day(c.OpensOn, "opensOn", answered, wrong);
        Day(c.ClosesOn, "closesOn", answered, wrong);
        if (c is { OpensOn: { } opens, ClosesOn: { } closes } && closes < opens) wrong.Add(Refusal.Of("publication.closes-before-it-opens", "closesOn", ("given", Iso(closes)), ("opens", Iso(opens))));
        var decides = c.Kind == PublicationKind.DecisionNotice;
        if (decides && c.EffectiveOn is null) wrong.Add(Refusal.Of("input.required", "effectiveOn"));
        Near(c.EffectiveOn, "effectiveOn", wrong);
        if (!decides && c.EffectiveOn is not null) wrong.Add(Refusal.Of("publication.decides-nothing", "effectiveOn"));
        if (!decides && c.Rule is not null) wrong.Add(Refusal.Of("publication.decides-nothing", "rule"));
        return wrong;
    }

    /// <summary>What stands against publishing a paper on a day: answering must still be possible.</summary>
    public static List<Refusal> CheckPublishing(PublicationContent c, LocalDate today) =>
        c.ClosesOn < today ? [Refusal.Of("publication.closing-day-passed", "closesOn", ("given", Iso(c.ClosesOn.Value)), ("today", Iso(today)))] : [];

    public static List<Refusal> Check(DecisionContent d)
    {
        var wrong = new List<Refusal>();
        Both(d.Text, "text", LongestText, wrong);
        if (d.EffectiveOn == default) wrong.Add(Refusal.Of("input.required", "effectiveOn"));
        else Near(d.EffectiveOn, "effectiveOn", wrong);
        return wrong;
    }

    /// <summary>A text that is there in both languages.</summary>
    public static void Both(Bilingual text, string field, int most, List<Refusal> wrong)
    {
        DisclosureText.Check(text.En, field + ".en", most, wrong);
        DisclosureText.Check(text.Zh, field + ".zh", most, wrong);
    }

    /// <summary>The number of the paper that comes at a place of a year, from 1.</summary>
    public static string Number(int year, int place) => string.Create(CultureInfo.InvariantCulture, $"{year % 100:00}/{place:000}");

    /// <summary>Paragraphs of a plain text: a blank line parts them, a single line break does not.</summary>
    public static IReadOnlyList<string> Paragraphs(string text) =>
        [.. text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(p => p.Replace('\n', ' '))];

    static void Check(Question? q, string field, List<Refusal> wrong)
    {
        if (q is null) { wrong.Add(Refusal.Of("input.required", field)); return; }
        if (!Enum.IsDefined(q.Kind)) wrong.Add(Refusal.Of("request.word-unknown", field + ".kind", ("given", q.Kind.ToString())));
        Both(q.Text, field + ".text", LongestQuestion, wrong);
        var options = q.Options ?? [];
        if (q.Kind != QuestionKind.Choice && options.Count > 0) wrong.Add(Refusal.Of("publication.options-without-choice", field + ".options"));
        if (q.Kind != QuestionKind.Choice) return;
        if (options.Count is < 2 or > MostOptions) { wrong.Add(Refusal.Of("publication.options-count", field + ".options", ("given", Text(options.Count)), ("limit", Text(MostOptions)))); return; }
        for (var i = 0; i < options.Count; i++)
        {
            Both(options[i], $"{field}.options[{i}]", 200, wrong);
            if (options.Take(i).Any(o => o.En == options[i].En || o.Zh == options[i].Zh)) wrong.Add(Refusal.Of("publication.option-twice", $"{field}.options[{i}]", ("given", options[i].En ?? "")));
        }
    }

    static void Day(LocalDate? day, string field, bool answered, List<Refusal> wrong)
    {
        if (answered && day is null) wrong.Add(Refusal.Of("input.required", field));
        if (!answered && day is not null) wrong.Add(Refusal.Of("publication.not-answered", field));
        Near(day, field, wrong);
    }

    static void Near(LocalDate? day, string field, List<Refusal> wrong)
    {
        if (day is { Year: < 1990 or > 2200 } far) wrong.Add(Refusal.Of("publication.day-out-of-range", field, ("given", Iso(far)), ("first", "1990"), ("last", "2200")));
    }

    internal static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
    internal static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
