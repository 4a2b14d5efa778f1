namespace Verdigris.Cbam.Customs;

/// <summary>
/// The reference number of a customs declaration (MRN): 18 characters, two digits of the year, two letters of the country, thirteen letters or digits the country chooses, and a check digit.
/// The digit is that of ISO 6346 over the first seventeen characters, with ten written as zero (Commission working document DGXXI/0879/99; checked against two numbers printed on web pages).
/// </summary>
public static class Mrn
{
    public const int Length = 18;

    /// <summary>Upper case, without the blanks and hyphens people set for reading.</summary>
    public static string Plain(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c != '-')).ToUpperInvariant();

    /// <summary>True for the form; says nothing of the check digit. Wants the text as <see cref="Plain"/> gives it.</summary>
    public static bool HasForm(string mrn) => mrn.Length == Length && char.IsAsciiDigit(mrn[0]) && char.IsAsciiDigit(mrn[1]) && char.IsAsciiLetterUpper(mrn[2]) && char.IsAsciiLetterUpper(mrn[3])
        && mrn.All(c => char.IsAsciiDigit(c) || char.IsAsciiLetterUpper(c)) && char.IsAsciiDigit(mrn[^1]);

    /// <summary>The digit that belongs behind the first seventeen characters.</summary>
    /// <exception cref="ArgumentException">Fewer than seventeen characters, or one that is no digit and no capital letter.</exception>
    public static int CheckDigit(string mrn)
    {
        ArgumentNullException.ThrowIfNull(mrn);
        if (mrn.Length < Length - 1) throw new ArgumentException("A reference number has seventeen characters before its check digit.", nameof(mrn));
        var sum = 0;
        for (var i = 0; i < Length - 1; i++) sum += Value(mrn[i]) << i;
        return sum % 11 % 10;
    }

    public static bool IsRight(string mrn) => HasForm(mrn) && CheckDigit(mrn) == mrn[^1] - '0';

    /// <summary>Letters count from 10 and leave out 11, 22 and 33, which the division by 11 could not tell from zero.</summary>
    static int Value(char c)
    {
        if (char.IsAsciiDigit(c)) return c - '0';
        if (!char.IsAsciiLetterUpper(c)) throw new ArgumentException("A reference number holds digits and capital letters.", nameof(c));
        var value = 10 + (c - 'A');
        if (value >= 11) value++;
        if (value >= 22) value++;
        if (value >= 33) value++;
        return value;
    }
}
