using NodaTime;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Obligation;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>Rules plain enough to reckon by hand: primary metal only, default 2.057 (India) or 3.3 (China) tCO2e/t, free allocation 1.387425, prices of the first two quarters of 2026.</summary>
sealed class TestRules : IDeskRules
{
    public const decimal Free = 1.387425m;

    public LineScope ScopeOf(string cn, string origin, LocalDate on) =>
        cn.StartsWith("2804", StringComparison.Ordinal) ? new(GoodScope.InScope, "hydrogen", false)
        : !cn.StartsWith("76", StringComparison.Ordinal) || cn.StartsWith("7602", StringComparison.Ordinal) || cn.StartsWith("7615", StringComparison.Ordinal) ? new(GoodScope.OutOfScope, null, false)
        : origin is "NO" or "IS" or "LI" or "CH" ? new(GoodScope.ExemptOrigin, "aluminium", true) : new(GoodScope.InScope, "aluminium", true);

    public bool NeedsIndirect(string cn) => cn.StartsWith("2601", StringComparison.Ordinal);

    public LineOutcome Outcome(ImportLine line, LineBasis basis)
    {
        if (line.Scope != GoodScope.InScope) return new(line.Scope == GoodScope.ExemptOrigin ? "exempt" : "out-of-scope", null, null, null, null, null, null, null, []);
        var see = basis == LineBasis.Actual ? line.Figures!.DirectTco2ePerT : line.Origin switch { "IN" => 2.057m, "CN" => 3.3m, _ => null };
        if (see is not { } specific) return new("not-determinable", null, Free, null, null, null, null, null, [new("default-none", true, line.Origin)]);
        var t = line.NetMassKg / 1000;
        var certificates = Math.Max(0, (specific - Free) * t);
        var price = PriceOf(line.ReleasedOn);
        return new(price is null ? "price-unpublished" : "computed", specific, Free, specific * t, Free * t, certificates, price, price * certificates, []);
    }

    public (LineOutcome Outcome, IReadOnlyList<TraceStep> Trace) Traced(ImportLine line, LineBasis basis) => (Outcome(line, basis), []);

    public (decimal LimitT, decimal AlertPercent, string Rule) MassLimit(int year) => (50, 90, "Article 2a");

    public QuarterForecast Holding(int year, int quarter, LocalDate end, IReadOnlyList<MassToDate> goods, decimal? lastYear) =>
        new(quarter, end, goods.Sum(g => g.MassT) * 1000, year < 2027 ? null : 50, year < 2027 ? null : goods.Sum(g => ((g.Origin == "IN" ? 2.057m : 3.3m) - Free) * g.MassT) / 2, lastYear / 2, "Article 22");

    public Answer<(string Period, decimal Eur)> PurchasePrice(int year, int? quarter, LocalDate today) =>
        year == 2026 && quarter is { } q && PriceOf(new(2026, q * 3, 1)) is { } price ? ($"2026-Q{q}", price) : Refusal.Conflict("price.unpublished", "quarter", ("period", $"{year}-Q{quarter}"), ("item", "period-open"));

    public (decimal? Direct, decimal? Indirect)? Transitional(string cn) => cn.StartsWith("7601", StringComparison.Ordinal) ? (2.36m, 8.14m) : null;

    static decimal? PriceOf(LocalDate day) => day.Year != 2026 ? null : day.Month switch { <= 3 => 75.36m, <= 6 => 75.28m, _ => null };
}
