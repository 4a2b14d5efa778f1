using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Customs;

/// <summary>Single values of a customs line, out of the text of a file. Each answers the value or adds why not; nothing is guessed. Pure.</summary>
static partial class CustomsValues
{
    /// <summary>Of one item, kg: more than any ship carries is a slip of the unit.</summary>
    const decimal LargestKg = 1_000_000_000m;
    const int MostPlaces = 6;

    public static string? MrnOf(string text, Action<Refusal> wrong)
    {
        var mrn = Mrn.Plain(text);
        if (!Mrn.HasForm(mrn)) { wrong(Refusal.Of("customs.mrn-form", CustomsFields.Mrn, ("given", Short(text)))); return null; }
        if (Mrn.IsRight(mrn)) return mrn;
        wrong(Refusal.Of("customs.mrn-check", CustomsFields.Mrn, ("given", mrn), ("digit", $"{mrn[^1]}"), ("expected", $"{Mrn.CheckDigit(mrn)}")));
        return null;
    }

    public static int? ItemOf(string text, Action<Refusal> wrong)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var item) && item is >= 1 and <= 99_999) return item;
        wrong(Refusal.Of("customs.item", CustomsFields.Item, ("given", Short(text))));
        return null;
    }

    /// <summary>Eight digits, however they are set; of ten the last two (TARIC) are cut, with a note.</summary>
    public static string? CnOf(string text, Action<Refusal> wrong, Action<Refusal> note)
    {
        var digits = string.Concat(text.Where(c => !char.IsWhiteSpace(c) && c != '.'));
        if (!digits.All(char.IsAsciiDigit) || digits.Length is not (8 or 10)) { wrong(Refusal.Of("customs.cn-length", CustomsFields.Cn, ("given", Short(text)))); return null; }
        if (digits.Length == 10) note(Refusal.Of("customs.cn-cut", CustomsFields.Cn, ("given", digits), ("kept", digits[..8])));
        return digits[..8];
    }

    public static string? CountryOf(string text, string field, Action<Refusal> wrong)
    {
        var code = text.ToUpperInvariant();
        if (Rules.Scope.IsOrigin(code)) return code;
        wrong(Refusal.Of("customs.country", field, ("given", Short(text))));
        return null;
    }

    /// <summary>Country and up to fifteen letters or digits (Delegated Regulation (EU) 2015/2446, Annex 12-01); the digits of a country's own scheme are not judged.</summary>
    public static string? EoriOf(string text, string field, Action<Refusal> wrong)
    {
        var eori = string.Concat(text.Where(c => !char.IsWhiteSpace(c))).ToUpperInvariant();
        // XI: Northern Ireland, which is treated as a part of the Union for goods.
        if (Eori().IsMatch(eori) && (CountryCode.IsAssigned(eori[..2]) || eori.StartsWith("XI", StringComparison.Ordinal))) return eori;
        wrong(Refusal.Of("customs.eori", field, ("given", Short(text))));
        return null;
    }

    /// <summary>Kilograms out of either column; both must say the same where both are there.</summary>
    public static decimal? MassOf(string kg, string tonnes, bool decimalComma, Action<Refusal> wrong)
    {
        var field = kg.Length > 0 ? CustomsFields.NetMassKg : CustomsFields.NetMassT;
        var (fromKg, fromT) = (NumberOf(kg, CustomsFields.NetMassKg, decimalComma, wrong), NumberOf(tonnes, CustomsFields.NetMassT, decimalComma, wrong));
        if ((kg.Length > 0 && fromKg is null) || (tonnes.Length > 0 && fromT is null)) return null;
        if ((fromKg ?? fromT * 1000) is not { } mass) { wrong(Refusal.Of("customs.missing", CustomsFields.NetMassKg, ("field", CustomsFields.NetMassKg))); return null; }
        if (fromT is { } t && t * 1000 != mass) { wrong(Refusal.Of("customs.mass-differs", CustomsFields.NetMassT, ("kg", DecimalText.Write(mass)), ("t", DecimalText.Write(t)))); return null; }
        mass = DecimalText.Trim(mass);
        if (mass > 0 && mass <= LargestKg && mass.Scale <= MostPlaces) return mass;
        wrong(Refusal.Of("customs.mass", field, ("given", Short(kg.Length > 0 ? kg : tonnes)), ("most", DecimalText.Write(LargestKg)), ("places", $"{MostPlaces}")));
        return null;
    }

    /// <summary>Null for an empty text, and where it is refused.</summary>
    public static decimal? NumberOf(string text, string field, bool decimalComma, Action<Refusal> wrong)
    {
        if (text.Length == 0) return null;
        if (FileValues.Number(text, decimalComma, out var number) && Math.Abs(number) <= 1_000_000_000_000m) return number;
        wrong(Refusal.Of(decimalComma ? "customs.number-comma" : text.Contains(',', StringComparison.Ordinal) ? "customs.number-point" : "import.number-unreadable", field, ("given", Short(text))));
        return null;
    }

    /// <summary>2026-02-14, 20260214 or 14.02.2026, a time after it means nothing; days with slashes can be read two ways and are not read. Years 2023 (start of the measure) to 2099.</summary>
    public static LocalDate? DayOf(string text, Action<Refusal> wrong)
    {
        if (Day().Match(text) is { Success: true } m)
        {
            int Part(string name) => int.Parse(m.Groups[name].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
            var (year, month, day) = (Part("y"), Part("m"), Part("d"));
            if (year is >= 2023 and <= 2099 && month is >= 1 and <= 12 && day >= 1 && day <= CalendarSystem.Iso.GetDaysInMonth(year, month)) return new LocalDate(year, month, day);
        }
        wrong(Refusal.Of("customs.day", CustomsFields.ReleasedOn, ("given", Short(text))));
        return null;
    }

    /// <summary>Requested procedure with the previous one and three characters more, where they stand in columns of their own they are put together.</summary>
    public static string? ProcedureOf(string text, string previous, Action<Refusal> wrong)
    {
        if (text.Length == 0 && previous.Length == 0) return null;
        var whole = string.Concat((text + previous).Where(c => !char.IsWhiteSpace(c))).ToUpperInvariant();
        if (Procedure().IsMatch(whole)) return whole;
        wrong(Refusal.Of("customs.procedure", CustomsFields.Procedure, ("given", Short(text + previous))));
        return null;
    }

    public static string? CurrencyOf(string text, Action<Refusal> wrong)
    {
        if (text.Length == 0) return null;
        if (text.Length == 3 && text.All(char.IsAsciiLetter)) return text.ToUpperInvariant();
        wrong(Refusal.Of("customs.currency", CustomsFields.Currency, ("given", Short(text))));
        return null;
    }

    public static string Short(string text) => text.Length <= 60 ? text : text[..57] + "…";

    [GeneratedRegex("^[A-Z]{2}[A-Z0-9]{1,15}$")]
    private static partial Regex Eori();

    [GeneratedRegex("^[0-9]{4}[0-9A-Z]{0,3}$")]
    private static partial Regex Procedure();

    [GeneratedRegex(@"^(?:(?<y>[0-9]{4})-?(?<m>[0-9]{2})-?(?<d>[0-9]{2})|(?<d>[0-9]{1,2})\.(?<m>[0-9]{1,2})\.(?<y>[0-9]{4}))(?:[T ].*)?$")]
    private static partial Regex Day();
}
