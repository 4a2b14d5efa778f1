namespace Verdigris.Primitives;

/// <summary>Legal entity identifier: 18 letters or digits and two check digits, ISO 17442 with the check of ISO/IEC 7064 mod 97-10.</summary>
public static class Lei
{
    /// <summary>Twenty upper-case characters whose number, letters read as 10-35, leaves 1 when divided by 97.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: 20 } && text[..18].All(IsLeiCharacter) && char.IsAsciiDigit(text[18]) && char.IsAsciiDigit(text[19]) && Mod97.Remainder(text) == 1;

    /// <summary>The two check digits that complete 18 characters.</summary>
    /// <exception cref="ArgumentException">Not 18 upper-case letters or digits.</exception>
    public static string CheckDigits(string first18)
    {
        ArgumentNullException.ThrowIfNull(first18);
        if (first18.Length != 18 || !first18.All(IsLeiCharacter)) throw new ArgumentException("Eighteen upper-case letters or digits are needed.", nameof(first18));
        return (98 - Mod97.Remainder(first18 + "00")).ToString("00", System.Globalization.CultureInfo.InvariantCulture);
    }

    static bool IsLeiCharacter(char c) => char.IsAsciiDigit(c) || char.IsAsciiLetterUpper(c);
}
