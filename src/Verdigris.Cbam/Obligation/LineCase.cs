using NodaTime;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Obligation;

/// <summary>One import line: so much of a good, from an origin, on a day.</summary>
/// <param name="Cn">CN code, eight digits (ten are cut to eight).</param>
/// <param name="Origin">ISO 3166-1 alpha-2 of the country of origin; null where not known.</param>
/// <param name="MassT">Net mass, t; 0 or more.</param>
/// <param name="ImportedOn">Day of release for free circulation; its year decides factor, mark-up and price.</param>
/// <param name="ProductionYear">Calendar year of production; the year of importation where not given.</param>
/// <param name="Territory">A territory of Annex III the goods come from (buesingen, heligoland, livigno, ceuta, melilla); null for none.</param>
/// <param name="Route">Route letter, needed where the tables print none or tell goods under one code apart by it (grey and white clinker).</param>
/// <param name="Actual">Verified actual data; null means default values.</param>
/// <param name="PricePaidEurPerT">Effective carbon price paid abroad, EUR a t of good, net of rebates; counts with actual data alone.</param>
public sealed record LineCase(
    string Cn, string? Origin, decimal MassT, LocalDate ImportedOn, int? ProductionYear = null, string? Territory = null, string? Route = null, ActualData? Actual = null, decimal? PricePaidEurPerT = null);

/// <summary>Where a line stands. Only a computed line has a cost; a certificate number is there from price-unpublished on.</summary>
public enum LineStatus
{
    Computed,
    /// <summary>No cross-sectoral correction factor is published for the year.</summary>
    PendingCscf,
    /// <summary>Certificates are known, their price is not.</summary>
    PriceUnpublished,
    /// <summary>A value is missing; the reasons say which. It does not count as zero.</summary>
    NotDeterminable,
    /// <summary>The good is not in Annex I, or the day lies before certificates are due.</summary>
    OutOfScope,
    /// <summary>The origin goes free.</summary>
    Exempt,
}

/// <summary>Something the reader of a line must know: its text stands in the catalogues under <c>cbam.reason.CODE</c>.</summary>
/// <param name="Blocks">The line could not be determined because of it; otherwise it only informs.</param>
/// <param name="Given">What it is about (a CN code, a route, a year); null where the code says it all.</param>
public sealed record LineReason(string Code, bool Blocks, string? Given = null);

/// <summary>What an import line comes to. What is unknown is null, never zero. No figure but money is rounded.</summary>
/// <param name="SpecificEmbeddedTco2ePerT">Embedded emissions a t of good: actual, or the default with its mark-up.</param>
/// <param name="SpecificFreeAllocationTco2ePerT">Adjustment for free allocation a t of good (Eq 2 to 6 of 2025/2620).</param>
/// <param name="PriceReductionTco2e">Certificates spared by a carbon price paid abroad.</param>
/// <param name="Certificates">max(0, emissions - free allocation - price paid); one certificate is 1 t CO2e. Not rounded: no rounding is ordered in what is known.</param>
/// <param name="CostEur">Certificates times price, to the cent; null unless computed.</param>
/// <param name="Default">The default value taken, for default lines.</param>
/// <param name="MarkUp">The mark-up on it, as a fraction.</param>
/// <param name="Benchmark">The row the good itself was measured by.</param>
/// <param name="Assumed">A scenario, not the law in force: some of price, factors or route were set by the caller.</param>
public sealed record LineResult(
    LineStatus Status, string Cn, decimal? SpecificEmbeddedTco2ePerT, decimal? EmbeddedTco2e, decimal? SpecificFreeAllocationTco2ePerT, decimal? FreeAllocationTco2e, decimal? PriceReductionTco2e,
    decimal? Certificates, decimal? PriceEur, decimal? CostEur, DefaultValue? Default, decimal? MarkUp, Benchmark? Benchmark, bool Assumed, IReadOnlyList<LineReason> Reasons);

/// <summary>Answers "what changes if": whatever is set replaces the law or the published value, and the result says so.</summary>
/// <param name="Cscf">Cross-sectoral correction factor, 0 to 1.</param>
/// <param name="CscfUnpublished">As if none were published.</param>
/// <param name="FactorPath"><see cref="DueRules.Law"/> or <see cref="DueRules.Proposal616"/>.</param>
/// <param name="PriceEur">Price of a certificate, EUR.</param>
/// <param name="Route">Route letter of the good's own benchmark.</param>
/// <param name="ScopePath"><see cref="Rules.Scope.Law"/> or <see cref="Rules.Scope.Proposal989"/>; with the latter pre-consumer scrap counts as a precursor from 2028.</param>
public sealed record CbamScenario(decimal? Cscf = null, bool CscfUnpublished = false, string FactorPath = DueRules.Law, decimal? PriceEur = null, string? Route = null, string ScopePath = Rules.Scope.Law)
{
    /// <summary>The law and the values published.</summary>
    public static CbamScenario InForce { get; } = new();

    public bool Assumes => this != InForce;
}

/// <summary>Where a calculation leaves its steps; a caller that wants none passes none, and none are made.</summary>
public interface ILineTrace
{
    void Note(TraceStep step);
}
