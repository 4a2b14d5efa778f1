using Verdigris.Primitives;

namespace Verdigris.Passport.Certificates;

/// <summary>Where a version of a certificate stands. Numbers are stored and never change.</summary>
public enum CertificateState : short
{
    Draft = 0, Signed = 1, Published = 2, MatchedAtWarehouse = 3, Warranted = 4, OffWarrant = 5, LoadedOut = 6,
    /// <summary>Replaced by a newer version.</summary>
    Corrected = 10,
    Disputed = 11, Voided = 12,
    /// <summary>Weight or analysis did not agree.</summary>
    Quarantined = 13,
}

public enum CertificateEvent { Sign, Publish, Match, FailMatch, Release, IssueWarrant, CancelWarrant, LoadOut, InvalidateWarrant, Correct, Dispute, Resolve, Void }

/// <summary>The life of a certificate as a table; nothing moves outside it.</summary>
public static class CertificateStates
{
    /// <summary>
    /// A dispute is resolved back to where it began, so <see cref="CertificateEvent.Resolve"/> has several ends and the caller names the one that was remembered.
    /// </summary>
    public static StateTable<CertificateState, CertificateEvent> Table { get; } = new(Refusal.Conflict("certificate.state-forbids", "state"),
    [
        (CertificateState.Draft, CertificateEvent.Sign, CertificateState.Signed),
        (CertificateState.Draft, CertificateEvent.Correct, CertificateState.Corrected),
        (CertificateState.Draft, CertificateEvent.Void, CertificateState.Voided),
        (CertificateState.Signed, CertificateEvent.Publish, CertificateState.Published),
        (CertificateState.Signed, CertificateEvent.Correct, CertificateState.Corrected),
        (CertificateState.Signed, CertificateEvent.Void, CertificateState.Voided),
        (CertificateState.Published, CertificateEvent.Match, CertificateState.MatchedAtWarehouse),
        (CertificateState.Published, CertificateEvent.FailMatch, CertificateState.Quarantined),
        (CertificateState.Published, CertificateEvent.Correct, CertificateState.Corrected),
        (CertificateState.Published, CertificateEvent.Dispute, CertificateState.Disputed),
        (CertificateState.Published, CertificateEvent.Void, CertificateState.Voided),
        (CertificateState.MatchedAtWarehouse, CertificateEvent.IssueWarrant, CertificateState.Warranted),
        (CertificateState.MatchedAtWarehouse, CertificateEvent.FailMatch, CertificateState.Quarantined),
        (CertificateState.MatchedAtWarehouse, CertificateEvent.Dispute, CertificateState.Disputed),
        (CertificateState.Warranted, CertificateEvent.CancelWarrant, CertificateState.OffWarrant),
        (CertificateState.Warranted, CertificateEvent.InvalidateWarrant, CertificateState.Quarantined),
        (CertificateState.Warranted, CertificateEvent.Dispute, CertificateState.Disputed),
        (CertificateState.OffWarrant, CertificateEvent.IssueWarrant, CertificateState.Warranted),
        (CertificateState.OffWarrant, CertificateEvent.InvalidateWarrant, CertificateState.Quarantined),
        (CertificateState.OffWarrant, CertificateEvent.LoadOut, CertificateState.LoadedOut),
        (CertificateState.OffWarrant, CertificateEvent.Dispute, CertificateState.Disputed),
        (CertificateState.Quarantined, CertificateEvent.Release, CertificateState.Published),
        (CertificateState.Quarantined, CertificateEvent.Correct, CertificateState.Corrected),
        (CertificateState.Quarantined, CertificateEvent.Void, CertificateState.Voided),
        (CertificateState.Disputed, CertificateEvent.Resolve, CertificateState.Published),
        (CertificateState.Disputed, CertificateEvent.Resolve, CertificateState.MatchedAtWarehouse),
        (CertificateState.Disputed, CertificateEvent.Resolve, CertificateState.Warranted),
        (CertificateState.Disputed, CertificateEvent.Resolve, CertificateState.OffWarrant),
        // While the dispute went on, the warrant was loaded out or declared invalid.
        (CertificateState.Disputed, CertificateEvent.Resolve, CertificateState.LoadedOut),
        (CertificateState.Disputed, CertificateEvent.Resolve, CertificateState.Quarantined),
        (CertificateState.Disputed, CertificateEvent.Correct, CertificateState.Corrected),
        (CertificateState.Disputed, CertificateEvent.Void, CertificateState.Voided),
    ]);
}
