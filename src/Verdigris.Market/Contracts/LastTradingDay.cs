using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <summary>A last trading day and the days that were looked at on the way to it, the last one being it.</summary>
public sealed record LastDay(LocalDate Day, IReadOnlyList<LocalDate> Looked, RuleRef Rule);

/// <summary>The last trading day of a month, by the contract's <c>last-day</c> row in force on the first day of that month. Pure.</summary>
public static class LastTradingDay
{
    /// <summary>Refuses <c>contract.last-day-none</c> (the file has no rule for months), <c>contract.calendar-none</c> and <c>contract.calendar-short</c> (holidays of those days are not known yet).</summary>
    public static Answer<LastDay> Of(ContractSet contracts, Contract contract, YearMonth month)
    {
        ArgumentNullException.ThrowIfNull(contracts);
        ArgumentNullException.ThrowIfNull(contract);
        var first = month.OnDayOfMonth(1);
        if (contract.Row("last-day", first) is not { } row || row.Text("rule") is "none" or "same-day") return Refusal.Conflict("contract.last-day-none", "contract", ("contract", contract.Code));
        var found = contracts.Calendar(contract, first);
        if (!found.Ok) return found.Refusals[0];
        if (row.Text("rule") == "underlying-last-day") return OfUnderlying(contracts, contract, month, row, found.Value);
        var of = first.PlusMonths(-(row.IntegerOrNull("monthsBefore") ?? 0)).ToYearMonth();
        var walk = new Walk(found.Value);
        var day = row.Text("rule") switch
        {
            "last-weekday" when row.Has("roll") => walk.Roll(Weekday(of, row, last: true), row.Text("roll")),
            "last-weekday" => walk.Clear(Weekday(of, row, last: true), row.IntegerOrNull("clearDays")),
            "nth-weekday" => walk.Roll(Weekday(of, row, last: false), row.TextOrNull("roll")),
            "day-of-month" => walk.Roll(of.OnDayOfMonth(Math.Min(row.Integer("day"), of.Calendar.GetDaysInMonth(of.Year, of.Month))), row.TextOrNull("roll")),
            _ => walk.Roll(of.ToDateInterval().End, "previous"),
        };
        if (day is { } from && row.IntegerOrNull("businessDays") is { } shift) day = walk.Move(from, shift);
        return day is { } last ? new LastDay(last, walk.Looked, contract.Ref(row)) : Short(found.Value, walk);
    }

    static Answer<LastDay> OfUnderlying(ContractSet contracts, Contract contract, YearMonth month, RuleRow row, WorkingCalendar calendar)
    {
        var underlying = contracts.Get(contract.Underlying);
        if (!underlying.Ok) return underlying.Refusals[0];
        // An option on an option would go on for ever.
        if (underlying.Value.Kind == ContractKind.Option) return Refusal.Conflict("contract.last-day-none", "contract", ("contract", contract.Code));
        var from = Of(contracts, underlying.Value, month);
        if (!from.Ok) return from;
        var walk = new Walk(calendar);
        walk.Looked.AddRange(from.Value.Looked);
        return walk.Move(from.Value.Day, row.IntegerOrNull("businessDays") ?? 0) is { } last ? new LastDay(last, walk.Looked, contract.Ref(row)) : Short(calendar, walk);
    }

    static Refusal Short(WorkingCalendar calendar, Walk walk) => Refusal.Conflict("contract.calendar-short", "month", ("calendar", calendar.Id), ("day", NodaTime.Text.LocalDatePattern.Iso.Format(walk.Looked[^1])));

    static LocalDate Weekday(YearMonth month, RuleRow row, bool last)
    {
        var weekday = Enum.Parse<IsoDayOfWeek>(row.Text("weekday"));
        return last ? month.ToDateInterval().End.PlusDays(1).Previous(weekday) : month.OnDayOfMonth(1).PlusDays(-1).Next(weekday).PlusWeeks((row.IntegerOrNull("nth") ?? 1) - 1);
    }

    /// <summary>Steps from day to day of a calendar; null as soon as one is needed that it does not know.</summary>
    sealed class Walk(WorkingCalendar calendar)
    {
        public List<LocalDate> Looked { get; } = [];

        bool? Working(LocalDate day) => calendar.Covered.Contains(day) ? calendar.IsWorkingDay(day) : null;

        /// <summary>A week earlier, again and again, until the day and so many days after it are working days. Days of the weekend after it do not count.</summary>
        public LocalDate? Clear(LocalDate day, int? after)
        {
            for (; ; day = day.PlusWeeks(-1))
            {
                Looked.Add(day);
                var closed = false;
                for (var d = day; d <= day.PlusDays(after ?? 0); d = d.PlusDays(1))
                {
                    if (Working(d) is not { } working)
                    {
                        Looked.Add(d);
                        return null;
                    }
                    closed |= !working && d.DayOfWeek is not (IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday);
                }
                if (!closed) return day;
            }
        }

        public LocalDate? Roll(LocalDate day, string? way)
        {
            for (; ; day = day.PlusDays(way == "next" ? 1 : -1))
            {
                Looked.Add(day);
                if (Working(day) is not { } working) return null;
                if (working || way is null) return day;
            }
        }

        public LocalDate? Move(LocalDate day, int count)
        {
            for (var left = Math.Abs(count); left > 0;)
            {
                day = day.PlusDays(Math.Sign(count));
                Looked.Add(day);
                if (Working(day) is not { } working) return null;
                if (working) left--;
            }
            return day;
        }
    }
}
