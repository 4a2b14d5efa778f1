using Verdigris.Primitives;

namespace Verdigris.Market;

/// <summary>Money between whole units of a currency, as people write it, and its smallest unit, as the Book keeps it.</summary>
static class Cents
{
    static readonly decimal[] Powers = [1m, 10m, 100m, 1_000m, 10_000m, 100_000m, 1_000_000m, 10_000_000m, 100_000_000m, 1_000_000_000m];

    public static decimal Of(long smallest, int scale) => smallest / Powers[scale];

    public static decimal Of(long smallest, string currency) => Of(smallest, MarketBook.Currencies[currency].Scale);

    /// <summary><c>cash.currency</c>; <c>cash.amount</c> where it is not positive, has more decimal places than the currency or is beyond a hundred million million.</summary>
    public static Answer<long> To(decimal amount, string? currency)
    {
        if (currency is null || !MarketBook.Currencies.TryGetValue(currency, out var known)) return Refusal.Of("cash.currency", "currency", ("given", currency ?? ""), ("known", string.Join(", ", MarketBook.Currencies.Keys.Order(StringComparer.Ordinal))));
        if (amount <= 0 || amount > 100_000_000_000_000m || amount * Powers[known.Scale] is var smallest && smallest != decimal.Truncate(smallest)) return Refusal.Of("cash.amount", "amount", ("given", DecimalText.Write(amount)), ("digits", $"{known.Scale}"));
        return (long)(amount * Powers[known.Scale]);
    }
}
