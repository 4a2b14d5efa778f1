using Verdigris.Primitives;

namespace Verdigris.Footprint;

/// <summary>Texts people write.</summary>
static class Texts
{
    /// <summary>A reason, an answer, a statement.</summary>
    public const int Longest = 2000;

    /// <summary>Refuses a text that is missing, blank or longer than allowed.</summary>
    public static void Check(string? text, string field, int most, List<Refusal> wrong)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > most) wrong.Add(Refusal.Of("plan.text", field, ("most", $"{most}")));
    }
}
