using System.Globalization;

namespace Verdigris.Primitives;

/// <summary>Checks of what people write, in the words every form has for them.</summary>
public static class Given
{
    /// <summary>Most characters of a reason, a question, an answer, a note of why.</summary>
    public const int Longest = 2000;

    /// <summary><c>input.required</c>, <c>input.too-long</c>.</summary>
    /// <returns>The text without surrounding space; null where it is refused or, not being required, missing.</returns>
    public static string? Text(string? text, string field, int most, List<Refusal> wrong, bool required = true)
    {
        var plain = text?.Trim() ?? "";
        if (plain.Length == 0)
        {
            if (required) wrong.Add(Refusal.Of("input.required", field));
            return null;
        }
        if (plain.Length <= most) return plain;
        wrong.Add(Refusal.Of("input.too-long", field, ("limit", most.ToString(CultureInfo.InvariantCulture)), ("given", plain.Length.ToString(CultureInfo.InvariantCulture))));
        return null;
    }
}
