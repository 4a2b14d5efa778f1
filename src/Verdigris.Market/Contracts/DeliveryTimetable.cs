using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <summary>A day of a series after its last trading day.</summary>
/// <param name="Step">final-price, notice, delivery-opens, seller-delivers, delivery-ends, buyer-receives or payment.</param>
/// <param name="At">Time of that day in <paramref name="Zone"/>; null where the contract names the day alone.</param>
public sealed record DeliveryDay(string Step, LocalDate Day, LocalTime? At, string? Zone, RuleRef Rule);

/// <summary>Days that follow a last trading day, by the contract's <c>timetable</c>. Pure.</summary>
public static class DeliveryTimetable
{
    static readonly LocalTimePattern Times = LocalTimePattern.CreateWithInvariantCulture("HH:mm");

    /// <summary>In order. Refuses <c>contract.calendar-none</c> and <c>contract.calendar-short</c>.</summary>
    public static Answer<IReadOnlyList<DeliveryDay>> Of(ContractSet contracts, Contract contract, LocalDate lastDay)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(contract);
        var rows = contract.Rows("timetable", lastDay).ToList();
        if (rows.Count == 0) return new List<DeliveryDay>();
        var found = contracts.Calendar(contract, lastDay, delivery: true);
        if (!found.Ok) return found.Refusals[0];
        var days = new List<DeliveryDay>();
        foreach (var row in rows)
        {
            var day = lastDay;
            for (var left = row.Integer("businessDays"); left != 0;)
            {
                day = day.PlusDays(Math.Sign(left));
                if (!found.Value.Covered.Contains(day)) return Refusal.Conflict("contract.calendar-short", "month", ("calendar", found.Value.Id), ("day", LocalDatePattern.Iso.Format(day)));
                if (found.Value.IsWorkingDay(day)) left -= Math.Sign(left);
            }
            days.Add(new(row.Text("step"), day, row.TextOrNull("time") is { } time ? Times.Parse(time).Value : null, row.TextOrNull("zone"), contract.Ref(row)));
        }
        return days.OrderBy(d => d.Day).ThenBy(d => d.At ?? LocalTime.MaxValue).ToList();
    }
}
