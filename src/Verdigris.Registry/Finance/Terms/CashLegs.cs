using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Registry.Finance.Terms;

/// <summary>Which end of a deal money belongs to.</summary>
public enum CashWhen { Opening, Closing, Call }

/// <summary>Money one side owes the other. It moves outside the registry: only the receiver's word that it came counts.</summary>
/// <param name="What">purchase, loan, collateral, repurchase, repayment, fee, delivery, call.</param>
/// <param name="Amount">Above zero, to the cent.</param>
/// <param name="Due">Last day.</param>
public sealed record CashLeg(CashWhen When, string What, Side Payer, Side Receiver, decimal Amount, LocalDate Due);

/// <summary>The money of a term sheet. Amounts are rounded to the cent once, half away from zero. Pure; the terms are right by <see cref="TermRules"/>.</summary>
public static class CashLegs
{
    /// <summary>House rule: the cent, half away from zero.</summary>
    public static RoundingRule Cent { get; } = new("money of finance deals", MidpointRounding.AwayFromZero, 2);

    /// <summary>What is paid before the units move.</summary>
    public static IReadOnlyList<CashLeg> Opening(DealTerms t) => t.Kind switch
    {
        DealKind.Repo or DealKind.BuyBack => [Leg(CashWhen.Opening, "purchase", Side.Taker, t.Units * t.FirstPrice!.Value, t.Start)],
        DealKind.Pledge => [Leg(CashWhen.Opening, "loan", Side.Taker, t.Principal!.Value, t.Start)],
        DealKind.Lending when t.Collateral is { } collateral => [Leg(CashWhen.Opening, "collateral", Side.Taker, collateral, t.Start)],
        _ => [],
    };

    /// <summary>
    /// What is paid before the deal ends, were it ended on a day. Ended early it costs what it costs at its end; late, the same rate goes on. Custody is paid for the days it lasted.
    /// </summary>
    /// <param name="paidDown">What was paid on calls and is owed no more; interest goes on by the sum agreed.</param>
    public static IReadOnlyList<CashLeg> Closing(DealTerms t, LocalDate on, decimal paidDown = 0)
    {
        var until = t.Kind == DealKind.Custody ? LocalDate.Max(on, t.Start) : LocalDate.Max(on, t.End!.Value);
        var due = t.End ?? on;
        return t.Kind switch
        {
            DealKind.Repo => Owed("repurchase", Side.Giver, Outstanding(t, until) - paidDown, due),
            DealKind.BuyBack => Owed("repurchase", Side.Giver, t.Units * t.SecondPrice!.Value, due),
            DealKind.Pledge => Owed("repayment", Side.Giver, Outstanding(t, until) - paidDown, due),
            DealKind.Lending => [.. Fee(t, Side.Taker, until, due), .. Owed("collateral", Side.Giver, t.Collateral ?? 0, due)],
            // Who keeps units is paid by their owner; who borrows them pays their owner.
            DealKind.Custody => Fee(t, Side.Giver, until, due),
            _ => Owed("delivery", Side.Taker, t.Units * t.FirstPrice!.Value, due),
        };
    }

    /// <summary>Money that would end a repo or a loan on a day, not rounded: what was paid and what has accrued since.</summary>
    public static decimal Outstanding(DealTerms t, LocalDate on)
    {
        var fraction = DayCount.Fraction(t.Start, LocalDate.Max(on, t.Start), t.Basis);
        return t.Kind switch
        {
            // At the end the agreed price, not the rate's way to it: the two differ by what a division leaves.
            DealKind.Repo when on == t.End => t.Units * t.SecondPrice!.Value,
            DealKind.Repo => t.Units * t.FirstPrice!.Value * (1 + ImpliedRatePercent(t) / 100 * fraction),
            DealKind.Pledge => t.Principal!.Value * (1 + t.RatePercent!.Value / 100 * fraction),
            _ => throw new ArgumentException("No money is lent.", nameof(t)),
        };
    }

    /// <summary>The yearly rate two prices of a repo amount to, percent: (P1 / P0 - 1) x year / days. Below zero where it is bought back for less.</summary>
    public static decimal ImpliedRatePercent(DealTerms t) => ImpliedRatePercent(t.FirstPrice!.Value, t.SecondPrice!.Value, DayCount.Fraction(t.Start, t.End!.Value, t.Basis));

    /// <param name="fraction">Part of a year, above zero.</param>
    public static decimal ImpliedRatePercent(decimal first, decimal second, decimal fraction) => (second / first - 1) / fraction * 100;

    static IReadOnlyList<CashLeg> Fee(DealTerms t, Side payer, LocalDate until, LocalDate due) =>
        t is { RatePercent: { } rate, FirstPrice: { } price } ? Owed("fee", payer, t.Units * price * rate / 100 * DayCount.Fraction(t.Start, until, t.Basis), due) : [];

    /// <summary>Nothing where it comes to less than half a cent.</summary>
    static IReadOnlyList<CashLeg> Owed(string what, Side payer, decimal amount, LocalDate due) => Cent.Apply(amount) > 0 ? [Leg(CashWhen.Closing, what, payer, amount, due)] : [];

    static CashLeg Leg(CashWhen when, string what, Side payer, decimal amount, LocalDate due) => new(when, what, payer, payer == Side.Giver ? Side.Taker : Side.Giver, Cent.Apply(amount), due);
}
