using System.Globalization;
using NodaTime;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Imports;

/// <summary>The law and the values published, asked for the documents of the desk. Singleton, thread-safe.</summary>
sealed class DeskRules(RulePacks packs) : IDeskRules
{
    CbamRules Rules => CbamRules.Of(packs);

    public LineScope ScopeOf(string cn, string origin, LocalDate on)
    {
        var good = Rules.Scope.Good(cn, on);
        if (!good.Covered) return new(GoodScope.OutOfScope, null, false);
        return new(Rules.Scope.Origin(origin) == OriginKind.ThirdCountry ? GoodScope.InScope : GoodScope.ExemptOrigin, good.Sector, Rules.Due.Counted(good.Sector));
    }

    public bool NeedsIndirect(string cn) => !Rules.Scope.Good(cn, TransitionalValues.Ends).DirectOnly;

    public LineOutcome Outcome(ImportLine line, LineBasis basis) => Shown(Obligations.Evaluate(Rules, Case(line, basis)));

    public (LineOutcome Outcome, IReadOnlyList<TraceStep> Trace) Traced(ImportLine line, LineBasis basis)
    {
        var steps = new LineSteps();
        return (Shown(Obligations.Evaluate(Rules, Case(line, basis), null, steps)), steps.Taken);
    }

    public (decimal LimitT, decimal AlertPercent, string Rule) MassLimit(int year)
    {
        var (limit, rule) = Rules.Due.Threshold("exempt-mass");
        return (limit, Rules.Due.Threshold("alert-fraction").Value * 100, rule.Article);
    }

    public QuarterForecast Holding(int year, int quarter, LocalDate end, IReadOnlyList<MassToDate> goods, decimal? lastYear)
    {
        var massKg = DecimalText.Trim(goods.Sum(g => g.MassT) * 1000);
        if (Rules.Due.HoldingShare(year) is not { } duty) return new(quarter, end, massKg, null, null, null, "");
        var held = ImporterYear.Holding(Rules, year, goods, lastYear)!;
        return new(quarter, end, massKg, duty.Share * 100, held.RequiredByDefault, held.RequiredByLastYear, duty.Rule.Article);
    }

    public Answer<(string Period, decimal Eur)> PurchasePrice(int year, int? quarter, LocalDate today)
    {
        var (weekYear, week) = CertificatePrices.Week(today.PlusDays(-7));
        var (period, found) = quarter is { } q
            ? (string.Create(CultureInfo.InvariantCulture, $"{year}-Q{q}"), Rules.Prices.OfQuarter(year, q) is { } price ? new PriceFound(price, null) : new(null, CertificatePrices.Open))
            : (CertificatePrices.Name(weekYear, week), Rules.Prices.OfWeek(weekYear, week));
        if (found.Value is { Published: true } sold) return (period, sold.PriceEur);
        // An average of our own is no price somebody sells at.
        return Refusal.Conflict("price.unpublished", quarter is null ? "year" : "quarter", ("period", period), ("item", found.Reason ?? "own-average"));
    }

    public (decimal? Direct, decimal? Indirect)? Transitional(string cn) => Rules.Transitional.Find(cn) is { } found ? (found.DirectTco2ePerT, found.IndirectTco2ePerT) : null;

    LineCase Case(ImportLine line, LineBasis basis)
    {
        var f = basis == LineBasis.Actual ? line.Figures : null;
        return new(line.Cn, line.Origin, line.NetMassKg / 1000, line.ReleasedOn, f?.PeriodFrom?.Year, Route: line.Figures?.Route,
            Actual: f?.Taken(NeedsIndirect(line.Cn)), PricePaidEurPerT: f?.CarbonPriceEurPerT);
    }

    static LineOutcome Shown(LineResult r) => new(LineStatusWords.Of(r.Status), r.SpecificEmbeddedTco2ePerT, r.SpecificFreeAllocationTco2ePerT, r.EmbeddedTco2e, r.FreeAllocationTco2e, r.Certificates, r.PriceEur, r.CostEur, r.Reasons);
}
