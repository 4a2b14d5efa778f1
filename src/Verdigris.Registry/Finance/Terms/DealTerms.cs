using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Registry.Finance.Terms;

/// <summary>What two holders can agree over units, as the Chinese pilots offer it.</summary>
public enum DealKind
{
    /// <summary>Sold, and bought back on a day at a price agreed now: both sides are bound. The units to come back are held from the first day on.</summary>
    Repo,
    /// <summary>Sold, with the right of the seller to buy back until a day. Nobody is bound; the right lapses.</summary>
    BuyBack,
    /// <summary>Money lent against units that stay with the borrower under a lien of the lender.</summary>
    Pledge,
    /// <summary>Units lent for a fee, to be given back; with money as security where agreed.</summary>
    Lending,
    /// <summary>Units in another's account for the owner, or for somebody the owner names (trust): the holder cannot move them.</summary>
    Custody,
    /// <summary>Units delivered on a day at a price agreed now.</summary>
    Forward,
}

/// <summary>Whose account. The giver's units it is about; the taker receives them or a right in them; the beneficiary of custody is the owner unless another is named.</summary>
public enum Side { Giver, Taker, Beneficiary }

/// <summary>A term sheet. Which fields a kind has, and which it must have, is in <see cref="TermRules"/>. Money is of one currency.</summary>
/// <param name="Units">Whole units, above zero.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Start">Day the units (and the first money) move.</param>
/// <param name="End">Last day: repurchase, repayment, return, delivery, end of the right. Custody may have none.</param>
/// <param name="FirstPrice">A unit: of the sale; of the delivery; the value a lending fee is reckoned on.</param>
/// <param name="SecondPrice">A unit, of the way back.</param>
/// <param name="Principal">Money lent.</param>
/// <param name="RatePercent">A year: interest of the money lent, or fee of the units lent or kept.</param>
/// <param name="InitialLtvPercent">Money over the value of the units at which a pledge begins and to which a call restores it.</param>
/// <param name="CallLtvPercent">Above it the lender calls.</param>
/// <param name="Collateral">Money the borrower of units leaves with the lender.</param>
/// <param name="Covered">Forward: whether the seller's units are held from the agreement on.</param>
/// <param name="GraceDays">After a day that was missed, before it counts as default.</param>
/// <param name="CallDays">To meet a margin call.</param>
/// <param name="CureDays">After a default, before the other side may enforce.</param>
public sealed record DealTerms(DealKind Kind, long Units, string Currency, LocalDate Start, LocalDate? End, decimal? FirstPrice = null, decimal? SecondPrice = null, decimal? Principal = null, decimal? RatePercent = null,
    DayBasis Basis = DayBasis.Act365, decimal? InitialLtvPercent = null, decimal? CallLtvPercent = null, decimal? Collateral = null, bool Covered = false, int GraceDays = 2, int CallDays = 2, int CureDays = 5)
{
    /// <summary>Who holds the security, and gets it where the other fails; null where there is none.</summary>
    public Side? Secured => Kind switch { DealKind.Repo or DealKind.Pledge => Side.Taker, DealKind.Lending or DealKind.Forward => Side.Giver, _ => null };

    /// <summary>Whether the worth of the units is watched.</summary>
    public bool Margined => CallLtvPercent is not null && Kind is DealKind.Repo or DealKind.Pledge;
}

/// <summary>Which term sheets make sense. Pure.</summary>
public static class TermRules
{
    public const long MostUnits = 1_000_000_000;
    public const int LongestYears = 30, MostDays = 60;
    /// <summary>Of a sum, and of units times a price. A price has six places at most.</summary>
    public const decimal MostMoney = 1_000_000_000_000m, LeastPrice = 0.000001m;
    /// <summary>A year, percent; of a ratio the least.</summary>
    public const decimal MostRatePercent = 1000, LeastRatioPercent = 1;

    /// <summary>Fields of money and rates each kind must have and may have.</summary>
    static readonly Dictionary<DealKind, (string[] Must, string[] May)> Fields = new()
    {
        [DealKind.Repo] = (["firstPrice", "secondPrice"], ["initialLtvPercent", "callLtvPercent"]),
        [DealKind.BuyBack] = (["firstPrice", "secondPrice"], []),
        [DealKind.Pledge] = (["principal", "ratePercent", "initialLtvPercent", "callLtvPercent"], []),
        [DealKind.Lending] = (["firstPrice", "ratePercent"], ["collateral"]),
        [DealKind.Custody] = ([], ["firstPrice", "ratePercent"]),
        [DealKind.Forward] = (["firstPrice"], []),
    };

    /// <summary>
    /// In this order: <c>finance.kind</c>, <c>finance.units</c>, <c>finance.currency</c>, <c>finance.dates</c>, for each field <c>input.required</c>, <c>finance.not-of-kind</c> and <c>finance.amount</c>, then <c>finance.rate</c>, <c>finance.ltv</c>, <c>finance.days</c>.
    /// </summary>
    public static IReadOnlyList<Refusal> Check(DealTerms t)
    {
        if (!Fields.TryGetValue(t.Kind, out var fields)) return [Refusal.Of("finance.kind", "kind", ("given", $"{t.Kind}"))];
        var wrong = new List<Refusal>();
        if (t.Units is < 1 or > MostUnits) wrong.Add(Refusal.Of("finance.units", "units", ("most", $"{MostUnits}")));
        if (t.Currency is not { Length: 3 } || t.Currency.Any(c => c is < 'A' or > 'Z')) wrong.Add(Refusal.Of("finance.currency", "currency", ("given", t.Currency ?? "")));
        if (t.End is null && t.Kind != DealKind.Custody) wrong.Add(Refusal.Of("input.required", "end"));
        if (t.End is { } end && (end <= t.Start || end > t.Start.PlusYears(LongestYears))) wrong.Add(Refusal.Of("finance.dates", "end", ("years", $"{LongestYears}")));
        foreach (var (name, value) in Given(t))
        {
            if (value is null) { if (fields.Must.Contains(name)) wrong.Add(Refusal.Of("input.required", name)); }
            else if (!fields.Must.Contains(name) && !fields.May.Contains(name)) wrong.Add(Refusal.Of("finance.not-of-kind", name, ("kind", $"{t.Kind}")));
            else if (!Sensible(t, name, value.Value)) wrong.Add(Refusal.Of("finance.amount", name, ("given", DecimalText.Write(value.Value))));
        }
        // A fee needs the value it is a part of, and the other way round.
        if (t.Kind == DealKind.Custody && t.FirstPrice is null != t.RatePercent is null) wrong.Add(Refusal.Of("input.required", t.FirstPrice is null ? "firstPrice" : "ratePercent"));
        if (wrong.Count == 0 && t.Kind == DealKind.Repo && CashLegs.ImpliedRatePercent(t) is < -100 or > MostRatePercent) wrong.Add(Refusal.Of("finance.rate", "secondPrice", ("most", $"{MostRatePercent}")));
        if (t.Covered && t.Kind != DealKind.Forward) wrong.Add(Refusal.Of("finance.not-of-kind", "covered", ("kind", $"{t.Kind}")));
        // Both or none, and a call stands between the beginning and the whole value.
        if (t.InitialLtvPercent is null != t.CallLtvPercent is null || t.InitialLtvPercent > t.CallLtvPercent || t.CallLtvPercent > 100 || t.InitialLtvPercent < LeastRatioPercent) wrong.Add(Refusal.Of("finance.ltv", "callLtvPercent"));
        foreach (var (name, days) in new[] { ("graceDays", t.GraceDays), ("callDays", t.CallDays), ("cureDays", t.CureDays) })
            if (days is < 0 or > MostDays) wrong.Add(Refusal.Of("finance.days", name, ("most", $"{MostDays}")));
        return wrong;
    }

    static bool Sensible(DealTerms t, string name, decimal value) => name switch
    {
        "ratePercent" => value is >= 0 and <= MostRatePercent,
        "firstPrice" or "secondPrice" => value is > 0 and <= MostMoney && decimal.Round(value, 6) == value && (t.Units is < 1 or > MostUnits || t.Units * value <= MostMoney),
        _ => value is > 0 and <= MostMoney,
    };

    static IEnumerable<(string Name, decimal? Value)> Given(DealTerms t) =>
        [("firstPrice", t.FirstPrice), ("secondPrice", t.SecondPrice), ("principal", t.Principal), ("ratePercent", t.RatePercent), ("initialLtvPercent", t.InitialLtvPercent), ("callLtvPercent", t.CallLtvPercent), ("collateral", t.Collateral)];
}
