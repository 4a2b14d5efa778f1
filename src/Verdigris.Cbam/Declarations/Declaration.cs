using NodaTime;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Declarations;

public enum DeclarationState
{
    /// <summary>Calculated anew from the lines each time it is looked at.</summary>
    Draft,
    /// <summary>Its content stands; a second person decides.</summary>
    Proposed,
    /// <summary>Handed in: nothing of it changes any more.</summary>
    Submitted,
    /// <summary>A correction was handed in in its place.</summary>
    Superseded,
    /// <summary>A correction that was opened by mistake: it says nothing any more, and stays to be seen.</summary>
    Discarded,
}

public enum DeclarationEvent { Propose, Approve, Reject, Supersede, Discard }

/// <summary>The yearly declaration of a declarant (Regulation (EU) 2023/956, Article 6).</summary>
/// <param name="Version">1, and one more for each correction.</param>
/// <param name="Reason">Why it corrects; null for the first version.</param>
/// <param name="Sha256">Of the content; from the proposal on.</param>
/// <param name="CertificatesDue">Whole certificates to surrender; from the proposal on.</param>
/// <param name="DiscardedReason">Why a correction was thrown away.</param>
public sealed record Declaration(Guid Id, int Year, int Version, Guid? Corrects, string? Reason, DeclarationState State, string? Sha256, long? CertificatesDue, Guid? TaskId, Guid WrittenBy, Instant WrittenAt, Guid? ApprovedBy, Instant? SubmittedAt,
    Instant? DiscardedAt = null, string? DiscardedReason = null);

/// <summary>A line as it is declared.</summary>
/// <param name="Status">As the obligation was determined: computed, exempt, out-of-scope, or why not.</param>
/// <param name="Precursors">What an actual figure was put together from; null on default values, and where nobody said.</param>
public sealed record DeclaredLine(Guid LineId, string Mrn, int Item, string Cn, string Origin, decimal NetMassKg, LocalDate ReleasedOn, LineBasis Basis, string? Document, string? Verifier, string Status, decimal? EmbeddedTco2ePerT, decimal? FreeAllocationTco2ePerT,
    decimal? EmbeddedTco2e, decimal? Certificates, IReadOnlyList<LinePrecursor>? Precursors = null);

/// <summary>Goods of one code and origin, as the declaration states them together.</summary>
/// <param name="EmbeddedTco2e">At least this much where lines of it are not determined.</param>
public sealed record DeclaredGood(string Cn, string Origin, decimal MassKg, int Lines, int Undetermined, decimal EmbeddedTco2e, decimal Certificates);

/// <summary>What a declaration says. Sums are exact; the certificates due are rounded up once, at the end.</summary>
/// <param name="LinesUnlisted">Lines beyond the number one declaration lists; they are in the sums, and it cannot be handed in.</param>
/// <param name="Undetermined">Lines in scope whose obligation is not known: the sums are then "at least".</param>
public sealed record DeclarationContent(int Year, string Eori, string MemberState, string? AccountNumber, decimal MassKg, bool AboveThreshold, IReadOnlyList<DeclaredGood> Goods, IReadOnlyList<DeclaredLine> Lines, decimal EmbeddedTco2e, decimal FreeAllocationTco2e, decimal Certificates,
    long CertificatesDue, int Undetermined, int Exempt, int OutOfScope, int LinesUnlisted = 0);

/// <summary>A file that stands behind a declaration.</summary>
public sealed record DeclarationFile(Guid Id, Guid DeclarationId, string FileName, string MediaType, long SizeBytes, string Sha256, Guid AddedBy, Instant AddedAt) : IKeptFile;

/// <param name="Surrendered">Certificates of the year surrendered so far.</param>
/// <param name="DeclareBy">Last day; null where it is not known.</param>
public sealed record DeclarationView(Declaration Declaration, DeclarationContent Content, IReadOnlyList<DeclarationFile> Files, long Surrendered, LocalDate? DeclareBy);

public sealed record NewDeclaration(int Year);

public static class DeclarationStates
{
    public static StateTable<DeclarationState, DeclarationEvent> Table { get; } = new(Refusal.Conflict("declaration.state-forbids", "state"),
    [
        (DeclarationState.Draft, DeclarationEvent.Propose, DeclarationState.Proposed),
        (DeclarationState.Proposed, DeclarationEvent.Approve, DeclarationState.Submitted),
        (DeclarationState.Proposed, DeclarationEvent.Reject, DeclarationState.Draft),
        (DeclarationState.Draft, DeclarationEvent.Discard, DeclarationState.Discarded),
        (DeclarationState.Submitted, DeclarationEvent.Supersede, DeclarationState.Superseded),
    ]);
}
