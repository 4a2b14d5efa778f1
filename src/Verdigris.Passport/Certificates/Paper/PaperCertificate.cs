using NodaTime;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Paper;

/// <summary>Where a scan stands on its way to a certificate. Numbers are stored and never change.</summary>
public enum PaperState : short
{
    Uploaded = 0,
    /// <summary>One person typed all of it; a second one is to type weight and heats without seeing it.</summary>
    Typed = 1,
    /// <summary>The two do not agree.</summary>
    Differs = 2,
    Confirmed = 3, Published = 4, Discarded = 5,
}

public enum PaperEvent { Type, Agree, Differ, Publish, Discard }

/// <summary>The life of a scan as a table. What two people typed differently goes on only when both say the same.</summary>
public static class PaperStates
{
    public static StateTable<PaperState, PaperEvent> Table { get; } = new(Refusal.Conflict("paper.state-forbids", "state"),
    [
        (PaperState.Uploaded, PaperEvent.Type, PaperState.Typed),
        (PaperState.Typed, PaperEvent.Type, PaperState.Typed),
        (PaperState.Typed, PaperEvent.Agree, PaperState.Confirmed),
        (PaperState.Typed, PaperEvent.Differ, PaperState.Differs),
        (PaperState.Differs, PaperEvent.Differ, PaperState.Differs),
        (PaperState.Differs, PaperEvent.Agree, PaperState.Confirmed),
        (PaperState.Confirmed, PaperEvent.Publish, PaperState.Published),
        (PaperState.Uploaded, PaperEvent.Discard, PaperState.Discarded),
        (PaperState.Typed, PaperEvent.Discard, PaperState.Discarded),
        (PaperState.Differs, PaperEvent.Discard, PaperState.Discarded),
        (PaperState.Confirmed, PaperEvent.Discard, PaperState.Discarded),
    ]);
}

/// <summary>The file that is typed off, kept by its hash.</summary>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="Pages">As the person who uploaded it counted; 1 for an image.</param>
public sealed record PaperScan(string FileName, string MediaType, long SizeBytes, string Sha256, int Pages) : IKeptFile;

/// <summary>Who did a step, and when.</summary>
public sealed record PaperStep(Guid PersonId, string Name, Instant At);

/// <summary>What the second person types: heats in any order, kilograms with at most three decimals.</summary>
public sealed record PaperReading(IReadOnlyList<string> HeatNumbers, decimal GrossKg, decimal NetKg);

/// <summary>A field the two read differently, as each of them typed it.</summary>
public sealed record PaperDifference(string Field, string First, string Second);

/// <summary>A certificate on paper.</summary>
/// <param name="IssuerKind">Follows from the organisation: its own paper for a producer, a sampler's and assayer's, a warehouse's scan.</param>
/// <param name="Content">What the first person typed; null until then, and for everybody else until the second person has typed.</param>
/// <param name="Second">What the second person typed.</param>
/// <param name="Doubtful">Fields (<see cref="PaperRules.Fields"/>) one of the two could not read with certainty; the others were read with certainty.</param>
/// <param name="Reason">Why it was discarded.</param>
public sealed record PaperCertificate(Guid Id, Guid OrganisationId, IssuerKind IssuerKind, PaperState State, PaperScan Scan, PaperStep Uploaded, CertificateContent? Content, PaperStep? Typed, IReadOnlyList<string> TypedDoubtful,
    PaperReading? Second, PaperStep? Checked, IReadOnlyList<string> CheckedDoubtful, Guid? CertificateId, string? CertificateNumber, PaperStep? Published, string? Reason)
{
    public IReadOnlyList<string> Doubtful => [.. TypedDoubtful.Union(CheckedDoubtful)];

    public IReadOnlyList<PaperDifference> Differences => Content is { } first && Second is { } second ? PaperRules.Differences(first, second) : [];

    /// <summary>
    /// The paper as this person may see it: while the second reading is awaited, only the first typist sees what was typed. Whoever could look would type what he saw, not what the paper says;
    /// so the exchange does not see it either.
    /// </summary>
    public PaperCertificate SeenBy(Actor actor) => State == PaperState.Typed && actor.PersonId != Typed!.PersonId ? this with { Content = null, TypedDoubtful = [] } : this;
}
