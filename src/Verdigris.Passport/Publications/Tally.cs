using Verdigris.Primitives;

namespace Verdigris.Passport.Publications;

/// <summary>How many organisations answered.</summary>
/// <param name="Named">Null: fewer than five while answering goes on. Once it has ended everybody can count them.</param>
/// <param name="Confidential">Null: fewer than five.</param>
public sealed record ResponseCounts(int? Named, int? Confidential);

/// <summary>How many gave one answer.</summary>
/// <param name="Choice">As responses write it; null: those that left the question out.</param>
/// <param name="Label">The option's words; null for yes, no and left out.</param>
/// <param name="Named">Organisations that answered under their name.</param>
/// <param name="Confidential">Null: not shown, because fewer than five did, or because another count that is not shown could be worked out from it.</param>
public sealed record TallyCell(string? Choice, Bilingual? Label, int Named, int? Confidential);

/// <summary>Answers to one question that has choices.</summary>
/// <param name="Question">Its number, from 1.</param>
public sealed record QuestionTally(int Question, IReadOnlyList<TallyCell> Cells);

/// <summary>
/// Counts of answers that give no confidential answer away. Named answers are public, so what must be protected are the confidential counts alone: with the named ones everybody could
/// take them off a sum. Pure.
/// </summary>
public static class Tally
{
    /// <summary>Groups of fewer than this many are not shown.</summary>
    public const int Least = 5;

    public static int? Shown(int count) => count < Least ? null : count;

    public static ResponseCounts Counts(IReadOnlyList<ResponseContent> responses, bool ended)
    {
        var named = responses.Count(r => r.Named);
        return new(ended ? named : Shown(named), Shown(responses.Count - named));
    }

    /// <summary>A tally of every question that has choices.</summary>
    public static IReadOnlyList<QuestionTally> Of(IReadOnlyList<Question> questions, IReadOnlyList<ResponseContent> responses)
    {
        var tallies = new List<QuestionTally>();
        for (var number = 1; number <= questions.Count; number++)
        {
            var question = questions[number - 1];
            var choices = ResponseRules.Choices(question);
            if (choices.Count == 0) continue;
            string?[] keys = [.. choices, null];
            int Count(bool named, string? key) => responses.Count(r => r.Named == named && r.Answers.FirstOrDefault(a => a.Question == number)?.Choice == key);
            var confidential = Protect([.. keys.Select(k => Count(false, k))]);
            tallies.Add(new(number, [.. keys.Select((k, i) => new TallyCell(k, k is not null && question.Kind == QuestionKind.Choice ? question.Options![i] : null, Count(true, k), confidential[i]))]));
        }
        return tallies;
    }

    /// <summary>
    /// The counts that may be shown beside their sum. A group under <see cref="Least"/> is hidden, and since its complement would give it away, the smallest of the others with it, and every
    /// group as large as that one: which of two equal groups was hidden would tell as much.
    /// </summary>
    /// <param name="counts">Groups that part everybody who answered, each in one.</param>
    public static int?[] Protect(IReadOnlyList<int> counts)
    {
        var shown = counts.Select(Shown).ToArray();
        if (shown.Any(c => c is null) && shown.Min() is { } smallest)
            for (var i = 0; i < shown.Length; i++)
                if (shown[i] == smallest) shown[i] = null;
        return shown;
    }
}
