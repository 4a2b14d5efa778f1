using NodaTime;
using Verdigris.Passport.Disclosures;
using Verdigris.Primitives;

namespace Verdigris.Passport.Publications;

/// <summary>An answer to one question.</summary>
/// <param name="Question">Its number, from 1.</param>
/// <param name="Choice"><c>yes</c> or <c>no</c>, or the number of an option from 1; null where the question is answered in words alone.</param>
public sealed record QuestionAnswer(int Question, string? Choice = null, string? Text = null);

/// <summary>What an organisation answers. A question may be left out, not all of them.</summary>
/// <param name="Named">Shown to everybody under the organisation's name once answering has ended; otherwise the exchange alone reads it.</param>
public sealed record ResponseContent(bool Named, IReadOnlyList<QuestionAnswer> Answers);

public sealed record Response(Guid OrganisationId, string OrganisationName, string? OrganisationNameZh, ResponseContent Content, Instant ChangedAt, int RowVersion);

/// <summary>Input rules of responses. Pure.</summary>
public static class ResponseRules
{
    public const int LongestAnswer = 8_000;

    /// <summary>The choices of a question as responses write them; none where it is answered in words alone.</summary>
    public static IReadOnlyList<string> Choices(Question q) => q.Kind switch
    {
        QuestionKind.YesNo => ["yes", "no"],
        QuestionKind.Choice => [.. Enumerable.Range(1, q.Options?.Count ?? 0).Select(PublicationRules.Text)],
        _ => [],
    };

    /// <summary>When a response may be given or revised: from the opening day to the closing day, both included; else the refusal that names the day.</summary>
    public static Refusal? Late(PublicationState stored, PublicationContent paper, LocalDate today)
    {
        if (stored == PublicationState.Open && paper.OpensOn is { } opens && today < opens) return Refusal.Conflict("publication.not-yet-open", "opensOn", ("opens", PublicationRules.Iso(opens)));
        if (stored is PublicationState.Open or PublicationState.Summarised or PublicationState.Decided && paper.ClosesOn is { } closes && today > closes) return Refusal.Conflict("publication.answering-ended", "closesOn", ("closed", PublicationRules.Iso(closes)));
        return stored == PublicationState.Open ? null : Refusal.Conflict("publication.takes-no-answers", "state");
    }

    public static List<Refusal> Check(ResponseContent response, IReadOnlyList<Question> questions)
    {
        var wrong = new List<Refusal>();
        var answers = response.Answers ?? [];
        if (answers.Count == 0) wrong.Add(Refusal.Of("publication.nothing-answered", "answers"));
        for (var i = 0; i < Math.Min(answers.Count, PublicationRules.MostQuestions + 1); i++)
        {
            var (answer, field) = (answers[i], $"answers[{i}]");
            if (answer is null) { wrong.Add(Refusal.Of("input.required", field)); return wrong; }
            if (answer.Question < 1 || answer.Question > questions.Count) { wrong.Add(Refusal.Of("publication.question-unknown", field + ".question", ("given", PublicationRules.Text(answer.Question)), ("last", PublicationRules.Text(questions.Count)))); continue; }
            if (answers.Take(i).Any(a => a.Question == answer.Question)) wrong.Add(Refusal.Of("publication.question-twice", field + ".question", ("given", PublicationRules.Text(answer.Question))));
            var choices = Choices(questions[answer.Question - 1]);
            if (choices.Count > 0 && (answer.Choice is null || !choices.Contains(answer.Choice)))
                wrong.Add(Refusal.Of("publication.choice-unknown", field + ".choice", ("given", answer.Choice ?? "–"), ("allowed", string.Join(", ", choices))));
            if (choices.Count == 0 && answer.Choice is not null) wrong.Add(Refusal.Of("publication.choice-of-a-text", field + ".choice"));
            DisclosureText.Check(answer.Text, field + ".text", LongestAnswer, wrong, required: choices.Count == 0);
        }
        return wrong;
    }
}
