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
