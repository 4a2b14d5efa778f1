namespace Verdigris.Primitives;

/// <summary>Check of letters and digits by the remainder of 97, letters read as 10-35: ISO/IEC 7064 mod 97-10.</summary>
static class Mod97
{
    public static int Remainder(ReadOnlySpan<char> text)
    {
        var rest = 0;
        foreach (var c in text) rest = char.IsAsciiDigit(c) ? ((rest * 10) + (c - '0')) % 97 : ((rest * 100) + (c - 'A' + 10)) % 97;
        return rest;
    }
}

/// <summary>International bank account number: country, two check digits, up to 30 letters or digits (ISO 13616). The length a country uses is not checked.</summary>
public static class Iban
{
    /// <summary>Upper case without spaces; null where it is none.</summary>
    public static string? Parse(string? text)
    {
        var plain = text?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        if (plain is not { Length: >= 15 and <= 34 } || !plain.All(c => char.IsAsciiDigit(c) || char.IsAsciiLetterUpper(c))) return null;
        if (!char.IsAsciiLetter(plain[0]) || !char.IsAsciiLetter(plain[1]) || !char.IsAsciiDigit(plain[2]) || !char.IsAsciiDigit(plain[3])) return null;
        return Mod97.Remainder(plain[4..] + plain[..4]) == 1 ? plain : null;
    }
}
