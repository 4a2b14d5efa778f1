using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;

namespace Verdigris.Market.Modes;

/// <summary>Most lots net long or short that a contract lets one holder have, by its <c>position-limits</c> table. Pure.</summary>
public static class PositionLimits
{
    /// <summary>Lots; null without a limit. Of several that hold the narrowest. A share of the open interest is rounded down.</summary>
    /// <param name="lastDay">Of the series: in its month the limit of the delivery month holds too. Null: it has none.</param>
    /// <param name="openInterest">Lots open on one side; asked only where a limit is a share of them.</param>
    public static long? Most(Contract contract, AccountKind holder, LocalDate day, LocalDate? lastDay, Func<long> openInterest)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentNullException.ThrowIfNull(openInterest);
        var delivering = lastDay is { } last && (last.Year, last.Month) == (day.Year, day.Month);
        long? most = null;
        foreach (var row in contract.Rows("position-limits", day))
        {
            if (row.Text("holder") != (holder == AccountKind.House ? "member" : "client") || (row.Text("period") == "delivery-month" && !delivering) || row.DecimalOrNull("most") is not { } value) continue;
            var lots = (long)decimal.Floor(row.Text("unit") == "lots" ? value : openInterest() * value / 100);
            most = most is { } before ? Math.Min(before, lots) : lots;
        }
        return most;
    }
}
