using NodaTime;
using Verdigris.Cbam.Customs;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Imports;

/// <summary>Where a good stands under the measure by its code and origin, before any figure.</summary>
public enum GoodScope
{
    InScope,
    /// <summary>A good of Annex I out of a country or territory of Annex III: nothing is due.</summary>
    ExemptOrigin,
    /// <summary>No good of Annex I.</summary>
    OutOfScope,
}

/// <summary>What the embedded emissions of a line rest on.</summary>
public enum LineBasis { Default, Actual }

public enum LinkKind { None, Certificate, Warrant, Supplier }

/// <summary>Emissions a producer stated and somebody verified. A null is not stated, and never taken for zero.</summary>
/// <param name="DirectTco2ePerT">Specific embedded direct emissions, with those of precursors.</param>
/// <param name="IndirectTco2ePerT">Specific embedded indirect emissions; asked of goods that are not in Annex II.</param>
/// <param name="FreeAllocationTco2ePerT">Specific free allocation of the good as the producer's verified report states it; null for a simple good, whose process benchmark says it.</param>
/// <param name="Route">Production route, letter of the benchmark table.</param>
/// <param name="Verifier">Name of the accredited verifier.</param>
/// <param name="PeriodFrom">First day of the reporting period, with <paramref name="PeriodTo"/>.</param>
/// <param name="Installation">Where it was made.</param>
/// <param name="CarbonPriceEurPerT">Effectively paid abroad, EUR a tonne of good.</param>
/// <param name="SourceSha256">Hash of the document or of the values they were taken from.</param>
public sealed record ActualFigures(decimal? DirectTco2ePerT, decimal? IndirectTco2ePerT, decimal? FreeAllocationTco2ePerT, string? Route, string? Verifier, LocalDate? PeriodFrom, LocalDate? PeriodTo, string? Installation,
    decimal? CarbonPriceEurPerT = null, string? SourceSha256 = null);

/// <summary>A customs line as the desk keeps it.</summary>
/// <param name="Sector">Sector of Annex I; null out of scope.</param>
/// <param name="CountsMass">Whether its mass counts towards the yearly threshold.</param>
/// <param name="FileLine">Line of the file it came in.</param>
/// <param name="LinkName">Number of the certificate or warrant, name of the supplier.</param>
/// <param name="WithdrawnReason">Why it counts no more; null where it counts.</param>
public sealed record ImportLine(Guid Id, string Mrn, int Item, string Cn, string Origin, decimal NetMassKg, decimal? SupplementaryQuantity, string? SupplementaryUnit, LocalDate ReleasedOn, string? Procedure, string ImporterEori,
    string? RepresentativeEori, string? Supplier, decimal? Value, string? Currency, GoodScope Scope, string? Sector, bool CountsMass, Guid ImportId, int FileLine, LineBasis Basis, LinkKind LinkKind, Guid? LinkId, string? LinkName,
    ActualFigures? Figures, Instant TakenAt, Instant? WithdrawnAt, string? WithdrawnReason)
{
    /// <summary>Whether customs say the same of it: an item that comes again in another file is the same item.</summary>
    public bool SaysTheSame(CustomsLine other) => (Cn, Origin, NetMassKg, ReleasedOn, ImporterEori) == (other.Cn, other.Origin, other.NetMassKg, other.ReleasedOn, other.ImporterEori);
}

/// <summary>Which lines to show; null does not narrow.</summary>
/// <param name="Quarter">1 to 4, of <paramref name="Year"/>.</param>
/// <param name="Cn">Beginning of the code.</param>
/// <param name="Text">A part of reference number, supplier or linked document.</param>
/// <param name="Withdrawn">True shows withdrawn ones only, else those that count.</param>
/// <param name="Sort">released, taken, mrn, cn, origin or mass, with a leading minus for descending; null is -released.</param>
public sealed record LineFilter(int? Year = null, int? Quarter = null, GoodScope? Scope = null, LineBasis? Basis = null, LinkKind? Link = null, string? Origin = null, string? Cn = null, string? Text = null, Guid? Import = null, bool Withdrawn = false,
    string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>What actual figures must be. Pure.</summary>
static class ActualRules
{
    public const decimal Largest = 1000;

    /// <summary>Every thing that is wrong with what is there: <c>line.figure-range</c>, <c>line.period</c>, texts.</summary>
    public static IReadOnlyList<Refusal> Check(ActualFigures f)
    {
        var wrong = new List<Refusal>();
        foreach (var (field, value) in new[] { ("directTco2ePerT", f.DirectTco2ePerT), ("indirectTco2ePerT", f.IndirectTco2ePerT), ("freeAllocationTco2ePerT", f.FreeAllocationTco2ePerT), ("carbonPriceEurPerT", f.CarbonPriceEurPerT) })
            if (value is < 0 or > Largest || (value is { } given && DecimalText.Trim(given).Scale > 9)) wrong.Add(Refusal.Of("line.figure-range", field, ("given", DecimalText.Write(value.Value)), ("limit", DecimalText.Write(Largest))));
        if (f.PeriodTo < f.PeriodFrom) wrong.Add(Refusal.Of("line.period", "periodTo"));
        Given.Text(f.Verifier, "verifier", 200, wrong, required: false);
        Given.Text(f.Installation, "installation", 200, wrong, required: false);
        Given.Text(f.Route, "route", 10, wrong, required: false);
        return wrong;
    }

    /// <summary>What actual data need and these do not have (Regulation (EU) 2023/956, Articles 7 and 8; Implementing Regulation (EU) 2025/2547): a figure, its verifier, its period. One refusal for each.</summary>
    /// <param name="needsIndirect">The good is not in Annex II.</param>
    public static IReadOnlyList<Refusal> Missing(ActualFigures? f, bool needsIndirect)
    {
        var missing = new List<Refusal>();
        void Need(bool there, string field) { if (!there) missing.Add(Refusal.Conflict("line.actual-missing", field, ("item", field)) with { Rule = "Regulation (EU) 2023/956, Articles 7 and 8" }); }
        Need(f?.DirectTco2ePerT is not null, "directTco2ePerT");
        if (needsIndirect) Need(f?.IndirectTco2ePerT is not null, "indirectTco2ePerT");
        Need(f?.Verifier is not null, "verifier");
        Need(f is { PeriodFrom: not null, PeriodTo: not null }, "periodFrom");
        return missing;
    }
}
