using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warrants;

/// <summary>Where a warrant stands. Numbers are stored and never change.</summary>
public enum WarrantState : short
{
    Requested = 0, WeighedAndMatched = 1, Live = 2,
    /// <summary>A lien lies on it: it cannot be transferred or cancelled until the lender releases it.</summary>
    Pledged = 3,
    Cancelled = 4, Queued = 5, LoadedOut = 6, Invalidated = 7,
    /// <summary>The request was turned down; no document of title came to be.</summary>
    Rejected = 8,
}

public enum WarrantEvent { Match, Issue, Reject, Pledge, Release, Transfer, Cancel, Restore, Queue, LoadOut, Invalidate }

/// <summary>The life of a warrant as a table.</summary>
public static class WarrantStates
{
    public static StateTable<WarrantState, WarrantEvent> Table { get; } = new(Refusal.Conflict("warrant.state-forbids", "state"),
    [
        (WarrantState.Requested, WarrantEvent.Match, WarrantState.WeighedAndMatched),
        (WarrantState.Requested, WarrantEvent.Reject, WarrantState.Rejected),
        (WarrantState.WeighedAndMatched, WarrantEvent.Issue, WarrantState.Live),
        (WarrantState.WeighedAndMatched, WarrantEvent.Reject, WarrantState.Rejected),
        (WarrantState.Live, WarrantEvent.Transfer, WarrantState.Live),
        (WarrantState.Live, WarrantEvent.Pledge, WarrantState.Pledged),
        (WarrantState.Live, WarrantEvent.Cancel, WarrantState.Cancelled),
        (WarrantState.Live, WarrantEvent.Invalidate, WarrantState.Invalidated),
        (WarrantState.Pledged, WarrantEvent.Release, WarrantState.Live),
        (WarrantState.Pledged, WarrantEvent.Invalidate, WarrantState.Invalidated),
        (WarrantState.Cancelled, WarrantEvent.Restore, WarrantState.Live),
        (WarrantState.Cancelled, WarrantEvent.Queue, WarrantState.Queued),
        (WarrantState.Cancelled, WarrantEvent.Invalidate, WarrantState.Invalidated),
        (WarrantState.Queued, WarrantEvent.LoadOut, WarrantState.LoadedOut),
        (WarrantState.Queued, WarrantEvent.Invalidate, WarrantState.Invalidated),
    ]);
}

/// <summary>
/// A document of title to one lot. Who holds it is not here: the Book has it under <see cref="Asset"/> and <see cref="Serial"/>. Masses in kilograms, rent in US
/// dollars a tonne and day, free-on-truck charge in US dollars a tonne; null is not stated.
/// </summary>
public sealed record Warrant(
    Guid Id, string Number, int Asset, long Serial, string ContractCode, string BrandCode, string Shape, decimal NetKg, decimal GrossKg, int Pieces, int Bundles, string LotNo,
    Guid WarehouseId, Guid WarehouseOrganisation, string LocationCode, string Origin, string DutyStatus, decimal? RentUsdPerTonneDay, decimal? FotUsdPerTonne, LocalDate? RentPaidTo,
    Guid FirstOwner, WarrantState State, int? RefusalCode, Guid? HoldId, long? QueueNo, Guid RequestedBy, Instant RequestedAt, Guid? IssuedBy, Instant? IssuedAt, int RowVersion);

/// <param name="CertificateIds">Each matched at a warehouse of the asking operator.</param>
/// <param name="DutyStatus">paid, unpaid or bonded.</param>
public sealed record WarrantRequest(IReadOnlyList<Guid> CertificateIds, Guid OwnerOrganisationId, string LotNo, string DutyStatus, decimal? RentUsdPerTonneDay = null, decimal? FotUsdPerTonne = null, LocalDate? RentPaidTo = null);

/// <summary>A proposal to move title, or a pledge; its id is the hold's in the Book.</summary>
/// <param name="State">pending, proposed, accepted, rejected, withdrawn, expired, refused; a pledge: pending, accepted, released, refused.</param>
/// <param name="RefusalCode">The Book's code where it refused.</param>
public sealed record TitleTransfer(Guid Id, string Kind, Guid WarrantId, string WarrantNumber, Guid FromOrganisation, Guid ToOrganisation, string State, int? RefusalCode, string? Message, string? Reason,
    Instant? ExpiresAt, Guid? TaskId, Guid ProposedBy, Instant ProposedAt, Guid? DecidedBy, Instant? DecidedAt)
{
    /// <summary>As it counts at a moment: an offer whose time has run out is expired from that moment on, also before its row says so.</summary>
    public TitleTransfer At(Instant now) => this is { State: "proposed", ExpiresAt: { } until } && until <= now ? this with { State = "expired" } : this;
}

public sealed record TransferProposal(Guid WarrantId, Guid ToOrganisationId, Instant ExpiresAt, string? Message = null);

/// <summary>One change of title, as the reader may see it.</summary>
/// <param name="From">Null for the issue, and where the reader was no party and may not know.</param>
public sealed record TitleMove(Instant At, long Batch, Guid? From, Guid? To, string What);
