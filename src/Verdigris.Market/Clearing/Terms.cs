using NodaTime;
using Verdigris.Market.Contracts;

namespace Verdigris.Market.Clearing;

/// <summary>Terms of a contract as clearing needs them.</summary>
static class Terms
{
    /// <summary>The last day on which the lot of a contract is written down; today's terms where the rows have no end.</summary>
    public static LocalDate Newest(Contract contract) => contract.AllRows("terms").Where(r => r.Text("term") == "lot").Select(r => r.To is { } to ? to.PlusDays(-1) : r.From ?? LocalDate.MinIsoValue).DefaultIfEmpty(LocalDate.MinIsoValue).Max();

    /// <summary>A lot's value at a price, smallest unit of the currency; null where the lot is unknown.</summary>
    public static long? LotValue(Contract contract, decimal price, LocalDate on) => contract.Lot(on) is { } lot ? Book.LotValue.Of(price, lot, contract.CurrencyPlaces) : null;
}
