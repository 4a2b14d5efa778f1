using System.Globalization;

namespace Verdigris.Web;

/// <summary>
/// Numbers as text, the same in both languages: a point before the decimals, commas between thousands when shown. Input may carry
/// spaces and comma groups (<c>1,234.5</c>); a comma as decimal sign is refused rather than guessed.
/// </summary>
public static class Numbers
{
    /// <summary>Invariant text without grouping, as stored and exported.</summary>
    public static string Plain(decimal value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Grouped text; <paramref name="digits"/> decimals (half away from zero, display only), or as many as the value carries.</summary>
    public static string Grouped(decimal value, int? digits = null)
    {
        var decimals = digits ?? value.Scale;
        var rounded = digits is { } d ? Math.Round(value, d, MidpointRounding.AwayFromZero) : value;
        var text = rounded.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return text.Replace("-", "−", StringComparison.Ordinal);
    }

    /// <summary>Reads a decimal number; groups of thousands must be whole groups.</summary>
    public static bool TryParse(string? text, out decimal value)
    {
        value = 0;
        if (string.IsNullOrWhiteSpace(text)) return false;
        var compact = text.Trim().Replace(" ", "", StringComparison.Ordinal).Replace("\u00a0", "", StringComparison.Ordinal).Replace("\u202f", "", StringComparison.Ordinal).Replace("−", "-", StringComparison.Ordinal);
        if (compact.Contains(',') && !GroupsAreWhole(compact)) return false;
        return decimal.TryParse(compact, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out value);
    }

    static bool GroupsAreWhole(string text)
    {
        var whole = text.Split('.')[0].TrimStart('-', '+').Split(',');
        return text.Split('.').Skip(1).All(p => !p.Contains(',')) && whole[0].Length is >= 1 and <= 3 && whole.Skip(1).All(g => g.Length == 3);
    }
}
