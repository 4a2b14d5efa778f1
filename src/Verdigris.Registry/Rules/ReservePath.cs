using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>What is known of one year.</summary>
/// <param name="Circulating">Units in circulation at its end, as published; null: worked out of supply and demand.</param>
/// <param name="Supply">Units issued to the market in the year before the reserve takes or gives.</param>
/// <param name="Demand">Units used up in the year: verified emissions and voluntary cancellations.</param>
/// <param name="Added">Units put straight into the reserve in the year, such as those once withheld from auctions.</param>
/// <param name="AuctionedBefore">Auctioned in the year before, where the limit on 1 January refers to it.</param>
public sealed record ReserveYearInput(int Year, decimal? Circulating, decimal? Supply, decimal? Demand, decimal Added, decimal? AuctionedBefore);

/// <param name="Lapsed">On 1 January.</param>
/// <param name="TakenEarly">Into the reserve from January to August, by the surplus of two years before; below 0 where it gives back.</param>
/// <param name="TakenLate">From September to December, by the surplus of the year before.</param>
/// <param name="Reserve">At the end of the year.</param>
/// <param name="Circulating">At the end of the year.</param>
/// <param name="Decided">What the surplus of this year moves in the twelve months from September of the next.</param>
public sealed record ReserveYear(int Year, decimal Lapsed, RuleRef? LapseRule, decimal TakenEarly, decimal TakenLate, decimal Added, decimal Reserve, decimal Circulating, ReserveMove Decided);

/// <summary>
/// A stability reserve year by year: the surplus at the end of a year decides what auctions lose or gain from September of the next year to the August after, and on 1 January what lies above the limit lapses.
/// </summary>
public static class ReservePath
{
    /// <summary>Months of a year before September: what a decision of twelve months leaves for the second calendar year.</summary>
    const int EarlyMonths = 8;

    /// <summary>
    /// Refuses <c>ets.years-order</c> (not one after the other), <c>calc.missing-field</c> (a first year without circulating units, or a later one with neither these nor supply and demand), and what <see cref="StabilityReserve"/> refuses.
    /// </summary>
    /// <param name="reserve">At the start of the first year, before anything lapses.</param>
    /// <param name="before">Of the two years before the first: what their surplus decided in all, oldest first; empty where there was no reserve.</param>
    public static Answer<IReadOnlyList<ReserveYear>> Of(Scheme scheme, decimal reserve, IReadOnlyList<ReserveMove> before, IReadOnlyList<ReserveYearInput> years)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(years);
        // What the surplus of a year decided, and over how many months.
        var decided = new Dictionary<int, (ReserveMove Move, int Months)>();
        foreach (var (i, move) in before.Index()) decided[years[0].Year - before.Count + i] = (move, 12);
        var path = new List<ReserveYear>();
        decimal? circulating = null;
        foreach (var (i, year) in years.Index())
        {
            if (i > 0 && year.Year != years[i - 1].Year + 1) return Refusal.Of("ets.years-order", $"years[{i}].year", ("given", $"{year.Year}"), ("right", $"{years[i - 1].Year + 1}"));
            var lapse = scheme.Rows("reserve-limit").Count == 0 ? (0m, reserve, null) : StabilityReserve.Lapse(scheme, year.Year, reserve, year.AuctionedBefore) is { Ok: true } found ? found.Value : ((decimal, decimal, RuleRef?)?)null;
            if (lapse is not var (lapsed, left, rule)) return Refusal.Of("calc.missing-field", $"years[{i}].auctionedBefore", ("field", "auctionedBefore"));
            var early = Part(scheme, decided, year.Year - 2, late: false);
            var late = Part(scheme, decided, year.Year - 1, late: true);
            reserve = left + early + late + year.Added;
            circulating = year.Circulating ?? (circulating is { } last && year is { Supply: { } supply, Demand: { } demand } ? last + supply - early - late - demand : null);
            if (circulating is not { } now) return Refusal.Of("calc.missing-field", $"years[{i}].tnac", ("field", "tnac"));
            var move = StabilityReserve.Of(scheme, year.Year, now, reserve);
            // Before the first year the rules speak of, nothing is decided.
            if (!move.Ok && move.Refusals[0].Code != "ets.no-rule") return move.Refusals.ToList();
            var decision = move.Ok ? move.Value : new ReserveMove(0, 0, null);
            decided[year.Year] = (decision, Months(scheme, year.Year, now));
            path.Add(new(year.Year, lapsed, rule, early, late, year.Added, reserve, now, decision));
        }
        return path;
    }

    static int Months(Scheme scheme, int year, decimal circulating) => scheme.Rows("reserve-intake", year).Where(r => circulating > r.Decimal("above")).MaxBy(r => r.Decimal("above"))?.Integer("months") ?? 12;

    /// <summary>The part of a decision that falls into the last four months of the next year, or into the first eight of the one after.</summary>
    static decimal Part(Scheme scheme, Dictionary<int, (ReserveMove Move, int Months)> decided, int of, bool late)
    {
        if (!decided.TryGetValue(of, out var found)) return 0;
        var all = found.Move.Intake - found.Move.Release;
        var lateMonths = Math.Max(0, found.Months - EarlyMonths);
        var first = scheme.Rounding("reserve").Apply(all * lateMonths / found.Months);
        return late ? first : all - first;
    }
}
