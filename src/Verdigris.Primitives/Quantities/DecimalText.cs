using System.Globalization;

namespace Verdigris.Primitives;

/// <summary>Reads and measures decimals without passing through binary floating point.</summary>
public static class DecimalText
{
    /// <summary>
    /// Reads <c>12</c>, <c>-0.50</c>, <c>5e-05</c> with the printed places kept. No thousands separator, no blank, no leading plus.
    /// A number that a decimal cannot hold exactly (over 28 significant digits, or too small) is not read: false, never a rounded value.
    /// </summary>
    public static bool TryRead(string? text, out decimal value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text) || text.Length > 64) return false;
        var i = text[0] == '-' ? 1 : 0;
        int digits = 0, significant = 0, places = 0;
        var point = false;
        for (; i < text.Length && text[i] is not ('e' or 'E'); i++)
        {
            if (text[i] == '.' && !point && digits > 0) { point = true; continue; }
            if (!char.IsAsciiDigit(text[i])) return false;
            digits++;
            if (point) places++;
            if (significant > 0 || text[i] != '0') significant++;
        }
        if (digits == 0 || (point && places == 0) || significant > 28) return false;
        if (i < text.Length)
        {
            if (!int.TryParse(text.AsSpan(i + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) || exponent is < -28 or > 28) return false;
            places -= exponent;
        }
        return places <= 28 && decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Printed decimal places: 2 for <c>0.10</c>.</summary>
    public static int Places(decimal value) => value.Scale;

    public static string Write(decimal value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Without trailing zeros after the point: 500.0 as <c>500</c>.</summary>
    public static decimal Trim(decimal value)
    {
        while (value.Scale > 0 && value == Math.Round(value, value.Scale - 1)) value = Math.Round(value, value.Scale - 1);
        return value;
    }

    /// <summary>Square root by Newton's method to the last place a decimal has.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static decimal Sqrt(decimal value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        if (value == 0) return 0;
        // Starting above the root, the sequence falls until it stands still at the last place.
        var root = value > 1 ? value : 1m;
        while (true)
        {
            var next = (root + (value / root)) / 2;
            if (next >= root) return root;
            root = next;
        }
    }
}
