using NodaTime;
using Verdigris.Cbam.Obligation;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Imports;

/// <summary>Where a code and origin stand.</summary>
/// <param name="Sector">Sector of Annex I; null out of scope.</param>
/// <param name="CountsMass">Whether its mass counts towards the yearly threshold.</param>
public sealed record LineScope(GoodScope Scope, string? Sector, bool CountsMass);

/// <summary>What is due for a line. A null is not known, never zero; the reasons (texts under <c>cbam.reason.CODE</c>) say why.</summary>
/// <param name="Status">computed, pending-cscf, price-unpublished, not-determinable, out-of-scope or exempt.</param>
/// <param name="Certificates">Exact, not rounded.</param>
/// <param name="PriceEur">Of the period of import; null where it is not published.</param>
public sealed record LineOutcome(string Status, decimal? EmbeddedTco2ePerT, decimal? FreeAllocationTco2ePerT, decimal? EmbeddedTco2e, decimal? FreeAllocationTco2e, decimal? Certificates, decimal? PriceEur, decimal? CostEur, IReadOnlyList<LineReason> Reasons);

/// <summary>The rules of the measure as the importer's documents ask them: one place, so that a document never reckons by itself. Tests of documents put rules of their own behind it.</summary>
public interface IDeskRules
{
    LineScope ScopeOf(string cn, string origin, LocalDate on);

    /// <summary>Whether indirect emissions of a good count: it is not in Annex II.</summary>
    bool NeedsIndirect(string cn);

    LineOutcome Outcome(ImportLine line, LineBasis basis);

    (LineOutcome Outcome, IReadOnlyList<TraceStep> Trace) Traced(ImportLine line, LineBasis basis);

    /// <summary>Mass above which a year's goods are under the measure, t, and the share of it at which the importer is told, %.</summary>
    (decimal LimitT, decimal AlertPercent, string Rule) MassLimit(int year);

    /// <summary>What must be held at the end of a quarter for what came in since the start of the year.</summary>
    /// <param name="goods">Each good and origin once.</param>
    /// <param name="lastYear">Certificates of last year's declaration for the same codes and origins; null where none was handed in.</param>
    QuarterForecast Holding(int year, int quarter, LocalDate end, IReadOnlyList<MassToDate> goods, decimal? lastYear);

    /// <summary>Price of a certificate bought on a day, with the period whose average it is (2026-Q1, 2027-W06); <c>price.unpublished</c>.</summary>
    Answer<(string Period, decimal Eur)> PurchasePrice(int year, int? quarter, LocalDate today);

    /// <summary>World default values of the transitional period, tCO2e/t; null where none fits the code.</summary>
    (decimal? Direct, decimal? Indirect)? Transitional(string cn);
}
