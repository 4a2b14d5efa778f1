using System.Globalization;
using Verdigris.Primitives;

namespace Verdigris.Passport.Sourcing;

/// <summary>Texts people write: a line of 1-200 characters, a note of 1-2,000 that may run over lines. Nothing unprintable, not only blanks.</summary>
static class SourcingText
{
    public const int LongestLine = 200, LongestNote = 2000;

    public static void Line(string? text, string field, List<Refusal> wrong)
    {
        if (text is not { Length: <= LongestLine } || string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl)) wrong.Add(Refusal.Of("sourcing.line-invalid", field, ("limit", LongestLine.ToString(CultureInfo.InvariantCulture))));
    }

    public static void Note(string? text, string field, List<Refusal> wrong)
    {
        if (text is not { Length: <= LongestNote } || string.IsNullOrWhiteSpace(text) || text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')))
            wrong.Add(Refusal.Of("sourcing.text-invalid", field, ("limit", LongestNote.ToString(CultureInfo.InvariantCulture))));
    }

    /// <summary>The same for one text alone.</summary>
    public static IReadOnlyList<Refusal> Note(string? text, string field)
    {
        var wrong = new List<Refusal>();
        Note(text, field, wrong);
        return wrong;
    }
}
