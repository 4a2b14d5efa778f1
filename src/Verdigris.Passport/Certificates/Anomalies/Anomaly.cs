using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Certificates.Anomalies;

/// <summary>Numbers are stored and never change.</summary>
public enum AnomalyState : short { Open = 0, Answered = 1, Dismissed = 2, Confirmed = 3 }

public enum AnomalyEvent { Answer, Dismiss, Confirm }

/// <param name="Rule">One of <see cref="AnomalyRules.All"/>.</param>
/// <param name="RuleId">Pack, version and row of the threshold.</param>
/// <param name="Args">What was found: the other certificate's number, the seal, days, year, tonnes.</param>
/// <param name="Answer">What the producer says to it.</param>
public sealed record Anomaly(Guid Id, Guid CertificateId, string Number, Guid ProducerId, Guid PlantId, string Rule, string RuleId, IReadOnlyDictionary<string, string> Args, AnomalyState State,
    string? Answer, Instant? AnsweredAt, string? Reason, Instant? DecidedAt, Instant FoundAt);

/// <summary>A finding is open until the exchange has decided it; the producer's answer does not close it.</summary>
public static class AnomalyStates
{
    public static StateTable<AnomalyState, AnomalyEvent> Table { get; } = new(Refusal.Conflict("anomaly.state-forbids", "state"),
    [
        (AnomalyState.Open, AnomalyEvent.Answer, AnomalyState.Answered),
        (AnomalyState.Answered, AnomalyEvent.Answer, AnomalyState.Answered),
        (AnomalyState.Open, AnomalyEvent.Dismiss, AnomalyState.Dismissed),
        (AnomalyState.Answered, AnomalyEvent.Dismiss, AnomalyState.Dismissed),
        (AnomalyState.Open, AnomalyEvent.Confirm, AnomalyState.Confirmed),
        (AnomalyState.Answered, AnomalyEvent.Confirm, AnomalyState.Confirmed),
    ]);
}
