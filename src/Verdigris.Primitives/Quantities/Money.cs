using System.Collections.Frozen;

namespace Verdigris.Primitives;

/// <summary>An exact amount of one currency, in its whole unit (dollars, not cents). Amounts of different currencies never mix.</summary>
public readonly record struct Money
{
    /// <exception cref="ArgumentException">The currency is not one this product handles.</exception>
    public Money(decimal amount, string currency)
    {
        if (!Currency.IsKnown(currency)) throw new ArgumentException($"'{currency}' is not a known currency.", nameof(currency));
        Amount = amount;
        CurrencyCode = currency;
    }

    public decimal Amount { get; }

    /// <summary>ISO 4217 code; null only in the default value, which is no money at all and refuses every operation.</summary>
    public string CurrencyCode { get; }

    public static Money operator +(Money a, Money b) => new(a.Amount + b.Amount, Same(a, b));
    public static Money operator -(Money a, Money b) => new(a.Amount - b.Amount, Same(a, b));
    public static Money operator -(Money a) => new(-a.Amount, a.CurrencyCode);
    public static Money operator *(Money a, decimal factor) => new(a.Amount * factor, a.CurrencyCode);

    /// <summary>Rounded to the currency's minor unit, half to even unless a rule says otherwise.</summary>
    public Money RoundToMinorUnit(MidpointRounding mode = MidpointRounding.ToEven) => new(Math.Round(Amount, Currency.MinorDigits(CurrencyCode), mode), CurrencyCode);

    public override string ToString() => FormattableString.Invariant($"{Amount} {CurrencyCode}");

    static string Same(Money a, Money b) => a.CurrencyCode == b.CurrencyCode ? a.CurrencyCode
        : throw new InvalidOperationException($"{a.CurrencyCode} and {b.CurrencyCode} do not add.");
}

/// <summary>Currencies of ISO 4217 the product's markets use, with their minor digits.</summary>
public static class Currency
{
    static readonly FrozenDictionary<string, int> Digits = new Dictionary<string, int>
    {
        ["AUD"] = 2,
        ["CAD"] = 2,
        ["CHF"] = 2,
        ["CNY"] = 2,
        ["EUR"] = 2,
        ["GBP"] = 2,
        ["HKD"] = 2,
        ["INR"] = 2,
        ["JPY"] = 0,
        ["KRW"] = 0,
        ["MYR"] = 2,
        ["NOK"] = 2,
        ["NZD"] = 2,
        ["SEK"] = 2,
        ["SGD"] = 2,
        ["TWD"] = 2,
        ["USD"] = 2,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Known => Digits.Keys.Order(StringComparer.Ordinal);

    public static bool IsKnown(string? code) => code is not null && Digits.ContainsKey(code);

    /// <exception cref="ArgumentException">Not a known currency.</exception>
    public static int MinorDigits(string? code) => code is not null && Digits.TryGetValue(code, out var digits) ? digits
        : throw new ArgumentException($"'{code}' is not a known currency.", nameof(code));
}

/// <summary>Warehouse rent: money for each tonne and day; not negative.</summary>
public readonly record struct RentRate
{
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public RentRate(Money perTonneDay)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(perTonneDay.Amount);
        PerTonneDay = perTonneDay;
    }

    public Money PerTonneDay { get; }

    /// <summary>Rent of a mass over whole days at full rate; exact, not rounded.</summary>
    public Money For(Mass mass, int days)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(days);
        return PerTonneDay * mass.Tonnes * days;
    }

    public override string ToString() => FormattableString.Invariant($"{PerTonneDay.Amount} {PerTonneDay.CurrencyCode}/t/day");
}
