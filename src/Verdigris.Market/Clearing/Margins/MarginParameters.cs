using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;

namespace Verdigris.Market.Clearing.Margins;

/// <summary>Margin parameters of a contract on a day, from its file. What the file gives in percent is of the settlement price. Pure.</summary>
public static class MarginParameters
{
    /// <summary>How far the scan moves the price, money a unit. Refuses <c>clearing.scan-unknown</c>: a contract without one is not cleared.</summary>
    public static Answer<decimal> ScanRange(Contract contract, decimal price, LocalDate day) =>
        contract.Row("margin", day, "scan-range") is { } row && row.DecimalOrNull("value") is { } value ? row.Text("unit") == "percent" ? Math.Abs(price) * value / 100 : value : Refusal.Conflict("clearing.scan-unknown", "contract", ("contract", contract.Code));

    /// <summary>How far the scan moves volatility: 0.04 for four points; 0 where the file says nothing.</summary>
    public static decimal VolatilityRange(Contract contract, LocalDate day) => (contract.Row("margin", day, "volatility-range")?.DecimalOrNull("value") ?? 0) / 100;

    /// <summary>A charge a lot, smallest unit of the currency, rounded half away from zero; 0 where the file says nothing.</summary>
    public static long Charge(Contract contract, string parameter, decimal price, LocalDate day)
    {
        if (contract.Row("margin", day, parameter) is not { } row || row.DecimalOrNull("value") is not { } value) return 0;
        var lot = contract.Lot(day) ?? 0;
        var money = row.Text("unit") switch { "percent" => Math.Abs(price) * lot * value / 100, "price" => value * lot, _ => value };
        return decimal.ToInt64(Math.Round(money * LotValue.Unit(contract.CurrencyPlaces), MidpointRounding.AwayFromZero));
    }

    /// <summary>The parameters of the goods of a contract: its months and the options on it together. A delta of one month against another costs the spread charge.</summary>
    public static CommodityParameters Of(MarginRules rules, Contract contract, decimal price, LocalDate day, long shortOptionMinimum)
    {
        var delivery = Charge(contract, "delivery-charge", price, day);
        return new(contract.Code, contract.Currency, rules.Scenarios, [new(1, 1, Charge(contract, "spread-charge", price, day))], new(delivery, delivery), shortOptionMinimum);
    }

    /// <summary>Credits between contracts, each pair once, in the order of the contracts given. Ratio 2 against another: two lots of the other a lot of this.</summary>
    public static IReadOnlyList<CommodityCredit> Credits(IReadOnlyList<Contract> contracts, LocalDate day)
    {
        var (credits, seen) = (new List<CommodityCredit>(), new HashSet<(string, string)>());
        foreach (var contract in contracts)
            foreach (var row in contract.Rows("margin-credits", day))
            {
                var against = row.Text("against");
                if (!contracts.Any(c => c.Code == against) || !seen.Add((contract.Code, against)) || seen.Contains((against, contract.Code))) continue;
                var ratio = row.Decimal("ratio");
                // Whole deltas on both sides: 0.5 against is two of this for one of the other.
                var (own, other) = ratio >= 1 ? (1, (int)Math.Round(ratio)) : ((int)Math.Round(1 / ratio), 1);
                credits.Add(new([(contract.Code, 1, own), (against, -1, other)], row.Decimal("percent") / 100));
            }
        return credits;
    }
}
