using Verdigris.Primitives;

namespace Verdigris.Registry.Finance.Terms;

/// <summary>How units stand against the money lent on them.</summary>
/// <param name="Value">Units times price.</param>
/// <param name="LtvPercent">Money over value; null where the units are worth nothing.</param>
/// <param name="Called">Value times the call ratio is below the money.</param>
/// <param name="CashToMeet">Money that brings the ratio back to the initial one; zero where nothing is called.</param>
/// <param name="UnitsToMeet">Units that do; null where no number does, at a price of zero.</param>
public sealed record MarginStanding(decimal Value, decimal? LtvPercent, bool Called, decimal CashToMeet, long? UnitsToMeet);

/// <summary>The watch over pledged units: a call when units x price x ratio falls below what is owed. Pure.</summary>
public static class Margin
{
    /// <param name="units">Units under the lien, those added since included.</param>
    /// <param name="price">Of a unit today, zero or above.</param>
    /// <param name="outstanding">Money owed today.</param>
    public static MarginStanding Of(long units, decimal price, decimal outstanding, decimal initialLtvPercent, decimal callLtvPercent)
    {
        var value = units * price;
        var called = value * callLtvPercent / 100 < outstanding;
        decimal? ltv = value == 0 ? null : outstanding / value * 100;
        if (!called) return new(value, ltv, false, 0, 0);
        var missing = outstanding - value * initialLtvPercent / 100;
        decimal? more = price == 0 ? null : Math.Ceiling(missing / (price * initialLtvPercent / 100));
        return new(value, ltv, true, CentUp(missing), more <= long.MaxValue ? (long)more : null);
    }

    /// <summary>The price below which a call is made.</summary>
    public static decimal CallPrice(long units, decimal outstanding, decimal callLtvPercent) => outstanding / (units * callLtvPercent / 100);

    // A call that falls short by part of a cent would be a call again.
    static decimal CentUp(decimal amount) => new RoundingRule("up to the cent", MidpointRounding.ToPositiveInfinity, 2).Apply(amount);
}
