using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

public enum AccountState
{
    /// <summary>Asked for; the authority decides.</summary>
    Proposed,
    /// <summary>Sent to the Book and not answered yet.</summary>
    Pending,
    Open,
    /// <summary>Its closing was asked for.</summary>
    Closing,
    Closed,
    Refused,
}

/// <summary>An account of a scheme. What it holds stands in the Book.</summary>
/// <param name="Account">Number in the Book.</param>
/// <param name="FullId">As the scheme prints it, with check digits: EU-100-5000001-0-47.</param>
/// <param name="OrganisationId">The holder; null for the scheme's own accounts.</param>
/// <param name="TrustedOnly">Whether nothing may go to an account that is not trusted, not even after the delay.</param>
public sealed record RegistryAccount(long Account, string FullId, string Scheme, string Kind, Guid? OrganisationId, Guid? InstallationId, string Name, AccountState State, bool TrustedOnly, string? Reason, Guid? TaskId, Instant? OpenedAt, Instant? ClosedAt);

/// <param name="InstallationId">Where the kind belongs to an installation.</param>
public sealed record NewAccount(string Scheme, string Kind, string Name, Guid? InstallationId = null, bool TrustedOnly = true);

/// <param name="Find">Part of the name or of the id.</param>
public sealed record AccountFilter(string? Scheme = null, string? Kind = null, AccountState? State = null, Guid? Organisation = null, string? Find = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>Units of one kind in an account, whole units.</summary>
/// <param name="Vintage">Empty where units of different years are alike.</param>
/// <param name="Held">Set aside by a proposal, a delay or a lien.</param>
public sealed record AccountHolding(string Unit, string Vintage, long Available, long Held);

public enum Right
{
    Initiate,
    Approve,
    Both,
    /// <summary>Both, but for surrenders and returns to the authority only.</summary>
    SurrenderOnly,
    Read,
}

public enum RepresentativeState { Proposed, Active, Suspended, Removed }

public enum RepresentativeEvent { Confirm, Decline, Suspend, Resume, Remove }

static class RepresentativeRules
{
    /// <summary>Taking up again is the authority's alone, whoever suspended.</summary>
    public static StateTable<RepresentativeState, RepresentativeEvent> Table { get; } = new(Refusal.Conflict("representative.state-forbids", "state"),
    [
        (RepresentativeState.Proposed, RepresentativeEvent.Confirm, RepresentativeState.Active),
        (RepresentativeState.Proposed, RepresentativeEvent.Decline, RepresentativeState.Removed),
        (RepresentativeState.Active, RepresentativeEvent.Suspend, RepresentativeState.Suspended),
        (RepresentativeState.Active, RepresentativeEvent.Remove, RepresentativeState.Removed),
        (RepresentativeState.Suspended, RepresentativeEvent.Resume, RepresentativeState.Active),
        (RepresentativeState.Suspended, RepresentativeEvent.Remove, RepresentativeState.Removed),
    ]);

    /// <summary>What brings a representative into a state at somebody's word; null where nothing does.</summary>
    public static RepresentativeEvent? Towards(RepresentativeState state) => state switch { RepresentativeState.Suspended => RepresentativeEvent.Suspend, RepresentativeState.Active => RepresentativeEvent.Resume, RepresentativeState.Removed => RepresentativeEvent.Remove, _ => null };
}

public sealed record Representative(Guid Id, long Account, Guid PersonId, Right Rights, RepresentativeState State, string? Reason, Guid? TaskId, Instant WrittenAt, Instant? DecidedAt)
{
    /// <summary>Whether he may begin a transaction that does, or does not, lead out to another holder.</summary>
    public bool Initiates(bool surrender) => State == RepresentativeState.Active && (Rights is Right.Initiate or Right.Both || (Rights == Right.SurrenderOnly && surrender));

    public bool Approves(bool surrender) => State == RepresentativeState.Active && (Rights is Right.Approve or Right.Both || (Rights == Right.SurrenderOnly && surrender));
}

public enum TrustState
{
    Proposed,
    /// <summary>Approved: trusted from <see cref="TrustedAccount.EffectiveAt"/> on.</summary>
    Approved,
    Removed,
    Refused,
}

public sealed record TrustedAccount(Guid Id, long Account, long Trusted, string TrustedId, string? Note, TrustState State, Instant? EffectiveAt, string? Reason, Guid? TaskId, Instant WrittenAt)
{
    public bool InForceAt(Instant now) => State == TrustState.Approved && EffectiveAt <= now;
}

/// <summary>A person or an account that may not act, or a kind of transaction that is stopped in a whole scheme.</summary>
/// <param name="Scope">1 out, 2 in, 3 both; null where a kind is stopped.</param>
public sealed record Freeze(Guid Id, string Scheme, long? Account, string? FullId, int? Scope, string? Kind, string Reason, Guid? TaskId, Instant FrozenAt, Instant? LiftedAt)
{
    public FreezeState State => LiftedAt is not null ? FreezeState.Lifted : TaskId is not null ? FreezeState.LiftAsked : FreezeState.InForce;
}

public enum FreezeState
{
    InForce,
    /// <summary>In force; an approver has been asked to lift it.</summary>
    LiftAsked,
    Lifted,
}

/// <summary>Names of organisations and people, which another room keeps. The host brings it.</summary>
public interface IHolderDirectory
{
    /// <summary>Null where there is none of that id.</summary>
    Task<DirectoryName?> Organisation(DbSession session, Guid id, CancellationToken ct);

    /// <summary>Organisations that may administer a scheme.</summary>
    Task<IReadOnlyList<DirectoryName>> Authorities(DbSession session, CancellationToken ct);

    /// <summary>Bodies of validation and verification.</summary>
    Task<IReadOnlyList<DirectoryName>> Verifiers(DbSession session, CancellationToken ct);

    /// <summary>People of an organisation who may be named on an account.</summary>
    Task<IReadOnlyList<DirectoryPerson>> Representatives(DbSession session, Guid organisation, CancellationToken ct);

    /// <summary>The name of somebody who acted; null where he is not known any more.</summary>
    Task<string?> Person(DbSession session, Guid id, CancellationToken ct);
}

public sealed record DirectoryName(Guid Id, string Name, string? NameZh);

public sealed record DirectoryPerson(Guid Id, string Name);
