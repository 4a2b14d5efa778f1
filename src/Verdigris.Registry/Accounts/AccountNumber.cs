using System.Globalization;
using Verdigris.Primitives;

namespace Verdigris.Registry.Accounts;

/// <summary>
/// The full number of a registry account, <c>UK-100-10000047-2-14</c>: registry, type, id, period and two check digits by modulo 97. The digits catch every single wrong digit and
/// every exchange of two neighbours.
/// </summary>
/// <param name="Registry">Two letters A-Z.</param>
/// <param name="TypeCode">0 to 999.</param>
/// <param name="Id">1 to 999,999,999,999,999.</param>
/// <param name="Period">0 to 99.</param>
/// <param name="Check">2 to 98.</param>
public sealed record AccountNumber(string Registry, int TypeCode, long Id, int Period, int Check)
{
    const long LargestId = 999_999_999_999_999;

    /// <summary>Builds the number of an account with its check digits.</summary>
    /// <exception cref="ArgumentException">A part is outside its range.</exception>
    public static AccountNumber Of(string registry, int typeCode, long id, int period) =>
        InRange(registry, typeCode, id, period) ? new(registry, typeCode, id, period, CheckOf(registry, typeCode, id, period)) : throw new ArgumentException($"{registry}-{typeCode}-{id}-{period} is not the number of an account.");

    /// <summary>Reads a number as it is printed. Refuses <c>registry.account-malformed</c>, and <c>registry.account-check</c> where the check digits are others.</summary>
    public static Answer<AccountNumber> Read(string? text)
    {
        var parts = (text?.Trim() ?? "").Split('-');
        if (parts.Length != 5 || Digits(parts[1], 3) is not { } type || Digits(parts[2], 15) is not { } id || Digits(parts[3], 2) is not { } period || Digits(parts[4], 2) is not { } check || !InRange(parts[0], (int)type, id, (int)period))
            return Refusal.Of("registry.account-malformed", "accountId", ("given", text?.Trim() ?? ""));
        var right = CheckOf(parts[0], (int)type, id, (int)period);
        return check == right ? new AccountNumber(parts[0], (int)type, id, (int)period, right) : Refusal.Of("registry.account-check", "accountId", ("given", text!.Trim()));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Registry}-{TypeCode}-{Id}-{Period}-{Check}");

    static bool InRange(string registry, int type, long id, int period) => CheckDigits.Letters(registry) && type is >= 0 and <= 999 && id is >= 1 and <= LargestId && period is >= 0 and <= 99;

    static int CheckOf(string registry, int type, long id, int period) => CheckDigits.Of(string.Create(CultureInfo.InvariantCulture, $"{id}{CheckDigits.OfLetters(registry)}{type:000}{period:00}"));

    /// <summary>Digits without a leading zero; null where they are anything else or too many.</summary>
    static long? Digits(string text, int most) => text.Length >= 1 && text.Length <= most && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0') ? long.Parse(text, CultureInfo.InvariantCulture) : null;
}

/// <summary>The number of a registry's user, <c>UK1325844306-80</c>: registry, ten digits and two check digits.</summary>
/// <param name="Registry">Two letters A-Z.</param>
/// <param name="Id">Ten digits; 0 to 9,999,999,999.</param>
public sealed record UserNumber(string Registry, long Id, int Check)
{
    const long LargestId = 9_999_999_999;

    /// <exception cref="ArgumentException">A part is outside its range.</exception>
    public static UserNumber Of(string registry, long id) => CheckDigits.Letters(registry) && id is >= 0 and <= LargestId ? new(registry, id, CheckOf(registry, id)) : throw new ArgumentException($"{registry}{id} is not the number of a user.");

    /// <summary>Reads a number as it is printed. Refuses <c>registry.user-malformed</c>, and <c>registry.user-check</c> where the check digits are others.</summary>
    public static Answer<UserNumber> Read(string? text)
    {
        var plain = text?.Trim() ?? "";
        if (plain.Length != 15 || plain[12] != '-' || !CheckDigits.Letters(plain[..2]) || !plain[2..12].All(char.IsAsciiDigit) || !plain[13..].All(char.IsAsciiDigit)) return Refusal.Of("registry.user-malformed", "accountId", ("given", plain));
        var id = long.Parse(plain[2..12], CultureInfo.InvariantCulture);
        var right = CheckOf(plain[..2], id);
        return int.Parse(plain[13..], CultureInfo.InvariantCulture) == right ? new UserNumber(plain[..2], id, right) : Refusal.Of("registry.user-check", "accountId", ("given", plain));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Registry}{Id:0000000000}-{Check:00}");

    static int CheckOf(string registry, long id) => CheckDigits.Of(string.Create(CultureInfo.InvariantCulture, $"{id:0000000000}{CheckDigits.OfLetters(registry)}00000"));
}

/// <summary>Check digits of the UN registry standards: 98 less the remainder of the number, with two noughts behind it, by 97.</summary>
static class CheckDigits
{
    public static bool Letters(string? registry) => registry is { Length: 2 } && registry.All(char.IsAsciiLetterUpper);

    /// <summary>A is 10, Z is 35.</summary>
    public static string OfLetters(string registry) => string.Create(CultureInfo.InvariantCulture, $"{registry[0] - 55}{registry[1] - 55}");

    public static int Of(string digits)
    {
        var rest = 0;
        foreach (var digit in digits) rest = (rest * 10 + (digit - '0')) % 97;
        return 98 - rest * 100 % 97;
    }
}
