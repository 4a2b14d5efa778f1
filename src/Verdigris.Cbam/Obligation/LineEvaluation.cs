using System.Globalization;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Obligation;

/// <summary>One line on its way from what was declared to what is owed. Used once.</summary>
sealed class LineEvaluation(CbamRules rules, LineCase line, CbamScenario scenario, ILineTrace? trace)
{
    /// <summary>Emissions and free allocation of one line are worked out by the same walk over its precursors.</summary>
    readonly Figures figures = new(rules, scenario, line.ImportedOn.Year, trace);
    readonly int productionYear = line.ProductionYear ?? line.ImportedOn.Year;
    DefaultValue? taken;
    decimal? markUp;

    public LineResult Result()
    {
        var cn = Scope.Cn8(line.Cn);
        if (cn is null) return Ended(LineStatus.NotDeterminable, line.Cn, "cn-malformed", line.Cn);
        if (line.MassT < 0) return Ended(LineStatus.NotDeterminable, cn, "mass-negative");
        if (line.ImportedOn < TransitionalValues.Ends) return Ended(LineStatus.OutOfScope, cn, "before-definitive-period");
        var good = rules.Scope.Good(cn, line.ImportedOn, scenario.ScopePath);
        if (!good.Covered) return Ended(LineStatus.OutOfScope, cn, "not-in-annex-i", cn);
        if (line.Territory is { } territory)
        {
            if (rules.Scope.Origin(territory) == OriginKind.AnnexIii) return Ended(LineStatus.Exempt, cn, "origin-annex-iii", territory);
            return Ended(LineStatus.NotDeterminable, cn, "territory-unknown", territory);
        }
        if (line.Origin is not { Length: > 0 }) return Ended(LineStatus.NotDeterminable, cn, "origin-unknown");
        switch (rules.Scope.Origin(line.Origin))
        {
            case OriginKind.EuropeanUnion: return Ended(LineStatus.Exempt, cn, "origin-union", line.Origin);
            case OriginKind.AnnexIii: return Ended(LineStatus.Exempt, cn, "origin-annex-iii", line.Origin);
            default: if (!Scope.IsOrigin(line.Origin)) return Ended(LineStatus.NotDeterminable, cn, "origin-malformed", line.Origin); break;
        }
        return line.Actual is { } actual ? Owed(good, figures.Embedded(good, actual, productionYear), figures.FreeAllocation(good, actual, scenario.Route, productionYear)) : Defaulted(good);
    }

    LineResult Defaulted(CoveredGood good)
    {
        if (figures.DefaultOf(good, line.Origin, scenario.Route ?? line.Route, line.ImportedOn.Year, precursor: false) is not { } found) return Owed(good, null, null);
        (taken, markUp) = (found.Value, found.MarkUp);
        figures.Say(taken.Table == DefaultTable.Other ? "default-other-table" : "default-country-table", false, taken.Cn);
        return Owed(good, found.WithMarkUp, figures.DefaultFreeAllocation(good.Cn, taken, scenario.Route ?? line.Route, productionYear));
    }

    /// <summary>From the two figures a t of good to certificates and money.</summary>
    LineResult Owed(CoveredGood good, decimal? embedded, decimal? free)
    {
        var mass = line.MassT;
        decimal? emissions = embedded * mass, allocation = free * mass;
        var price = Price();
        var owed = emissions - allocation;
        var reduction = Reduction(mass, owed);
        // Where free allocation leaves nothing owed, what a price paid spares changes nothing.
        decimal? certificates = owed <= 0 ? 0 : owed - reduction is { } rest ? Math.Max(0, rest) : null;
        if (certificates is { } due && reduction is not null) figures.Step("certificates", "Certificates due", "应缴证书", "max(0, emissions - freeAllocation - priceReduction)", "t CO2e", due, null, ("emissions", emissions!.Value), ("freeAllocation", allocation!.Value), ("priceReduction", reduction!.Value));
        var status = figures.Blocked ? LineStatus.NotDeterminable
            : figures.CscfMissing ? LineStatus.PendingCscf
            : certificates is null || (price is null && certificates != 0) ? LineStatus.PriceUnpublished
            : LineStatus.Computed;
        decimal? cost = status != LineStatus.Computed || certificates is null ? null : certificates == 0 ? 0 : rules.Prices.Cost.Apply(certificates.Value * price!.Value);
        if (cost is { } money && price is { } each) figures.Step("cost", "Cost", "成本", "certificates * price", "EUR", money, null, ("certificates", certificates!.Value), ("price", each));
        return new(status, good.Cn, embedded, emissions, free, allocation, reduction, certificates, price, cost, taken, markUp, figures.OwnBenchmark, scenario.Assumes, figures.Reasons);
    }

    decimal? Price()
    {
        if (scenario.PriceEur is { } assumed) return assumed;
        var (price, why) = rules.Prices.On(line.ImportedOn);
        if (price is not { } found)
        {
            figures.Say("price-unpublished", false, Shown(line.ImportedOn));
            if (why == CertificatePrices.NoneBefore) figures.Say("price-no-week-before", false);
            return null;
        }
        if (found.TakenFrom is { } week) figures.Say("price-week-carried", false, week);
        if (!found.Published) figures.Say("price-not-confirmed", false);
        figures.Step("price", "Average of the auctions, weighted by volume", "拍卖成交量加权均价", "sum(price * volume) / sum(volume)", "EUR", found.PriceEur, found.Rule, ("auctions", found.Auctions), ("volumeT", found.VolumeT));
        return found.PriceEur;
    }

    /// <summary>Certificates a carbon price paid abroad spares: with actual data alone, at the average price of the year (draft act under Article 9(5)).</summary>
    /// <param name="owed">Emissions less free allocation, t CO2e; null where not known. What is owed cannot be told without the average.</param>
    decimal? Reduction(decimal mass, decimal? owed)
    {
        if (line.PricePaidEurPerT is not { } paid || paid == 0) return 0;
        if (line.Actual is null)
        {
            figures.Say("price-paid-needs-actual", false);
            return 0;
        }
        figures.Say("price-paid-draft", false);
        var reference = scenario.PriceEur ?? rules.Prices.YearAverage(line.ImportedOn.Year);
        if (reference is not > 0)
        {
            figures.Say("price-paid-no-reference", owed > 0, line.ImportedOn.Year.ToString(CultureInfo.InvariantCulture));
            return null;
        }
        return figures.Step("price-paid", "Certificates spared by the carbon price paid", "境外碳价抵减", "paid / reference * mass", "t CO2e", paid / reference.Value * mass, null, ("paid", paid), ("reference", reference.Value), ("mass", mass));
    }

    LineResult Ended(LineStatus status, string cn, string code, string? given = null)
    {
        var reason = figures.Reason(code, status == LineStatus.NotDeterminable, given);
        // Nothing is owed for what is outside or free; for what is not known nothing is said.
        decimal? nothing = status is LineStatus.OutOfScope or LineStatus.Exempt ? 0 : null;
        return new(status, cn, null, null, null, null, null, nothing, null, nothing, null, null, null, scenario.Assumes, [reason]);
    }

    static string Shown(NodaTime.LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);
}
