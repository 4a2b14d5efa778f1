using Verdigris.Primitives;

namespace Verdigris.Market.Modes;

/// <summary>Values of enumerations as they arrive: a number that is none of them is read as one all the same, so whoever takes one asks.</summary>
static class Choices
{
    /// <summary><c>trading.choice-unknown</c>, with the words that are known.</summary>
    public static Refusal Unknown<T>(T given, string field) where T : struct, Enum => Refusal.Of("trading.choice-unknown", field, ("given", given.ToString()), ("known", string.Join(", ", Enum.GetNames<T>())));
}
