using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Accounts;

public enum HolderState
{
    /// <summary>Asked to be admitted; papers are brought and looked at.</summary>
    Applied,
    Admitted,
    Refused,
    /// <summary>May hold and surrender, and begin nothing else.</summary>
    Suspended,
    Ended,
}

/// <summary>An organisation's admission to a scheme, and the papers it rests on.</summary>
/// <param name="ReviewOn">Day by which the papers are looked at again.</param>
public sealed record Holder(Guid Id, string Scheme, Guid OrganisationId, HolderState State, LocalDate? ReviewOn, string? Reason, Guid? TaskId, Instant AppliedAt, Instant? DecidedAt);

/// <param name="PersonId">Of a representative; null for the organisation.</param>
/// <param name="ValidUntil">Last day; null where it does not run out.</param>
public sealed record HolderDocument(Guid Id, string Document, Guid? PersonId, string FileName, string MediaType, string Sha256, long SizeBytes, LocalDate? ValidUntil, Instant AddedAt) : Storage.IKeptFile;

/// <param name="Missing">Papers the scheme asks for and that are not there, or run out before today.</param>
public sealed record HolderView(Holder Holder, IReadOnlyList<HolderDocument> Documents, IReadOnlyList<string> Missing);

public enum HolderEvent { Apply, Admit, Refuse, Suspend, End }

/// <summary>What an admission rests on, and its life. Pure.</summary>
static class HolderRules
{
    /// <summary>An admission can be renewed, and with that a suspension ends; who was refused or has ended may ask again.</summary>
    public static StateTable<HolderState, HolderEvent> Table { get; } = new(Refusal.Conflict("holder.state-forbids", "state"),
    [
        (HolderState.Applied, HolderEvent.Admit, HolderState.Admitted),
        (HolderState.Applied, HolderEvent.Refuse, HolderState.Refused),
        (HolderState.Admitted, HolderEvent.Admit, HolderState.Admitted),
        (HolderState.Admitted, HolderEvent.Suspend, HolderState.Suspended),
        (HolderState.Admitted, HolderEvent.End, HolderState.Ended),
        (HolderState.Suspended, HolderEvent.Admit, HolderState.Admitted),
        (HolderState.Suspended, HolderEvent.End, HolderState.Ended),
        (HolderState.Refused, HolderEvent.Apply, HolderState.Applied),
        (HolderState.Ended, HolderEvent.Apply, HolderState.Applied),
    ]);

    /// <summary>What an officer does to bring an admission into a state; null where no officer does.</summary>
    public static HolderEvent? Towards(HolderState state) => state switch { HolderState.Refused => HolderEvent.Refuse, HolderState.Suspended => HolderEvent.Suspend, HolderState.Ended => HolderEvent.End, _ => null };

    /// <summary>Papers the scheme asks of an organisation that are not there today.</summary>
    public static IReadOnlyList<string> Missing(Scheme scheme, IReadOnlyList<HolderDocument> documents, LocalDate today) => Missing(scheme, "holder", [.. documents.Where(d => d.PersonId is null)], today);

    /// <summary>Papers the scheme asks of a representative that are not there today.</summary>
    public static IReadOnlyList<string> MissingOf(Scheme scheme, IReadOnlyList<HolderDocument> documents, Guid person, LocalDate today) => Missing(scheme, "representative", [.. documents.Where(d => d.PersonId == person)], today);

    static IReadOnlyList<string> Missing(Scheme scheme, string of, IReadOnlyList<HolderDocument> documents, LocalDate today) => [.. scheme.Documents.Where(d => d.AppliesTo == of && !documents.Any(x => x.Document == d.Document && !(x.ValidUntil < today))).Select(d => d.Document)];

    /// <summary>Who may ask for and write an admission: the organisation's administrator, or somebody who acts on its accounts.</summary>
    public static Refusal? Writes(Actor actor) => Allow.AnyRole(actor, Role.Administrator, Role.AccountRepresentative);
}
