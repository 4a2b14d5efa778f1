using NodaTime;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Reports;

public enum ReportState
{
    Draft,
    /// <summary>Handed to a verifier who has not begun.</summary>
    Submitted,
    InVerification,
    /// <summary>Back with the operator for amendment.</summary>
    Returned,
    /// <summary>The lead has given an opinion; another person of the verifier reviews it.</summary>
    OpinionGiven,
    /// <summary>Frozen: content and figures never change again.</summary>
    Accepted,
    /// <summary>The opinion is that the report cannot be relied on.</summary>
    Failed,
    /// <summary>A later version was accepted in its place.</summary>
    Superseded,
}

public enum ReportEvent { Submit, TakeUp, Return, GiveOpinion, Accept, Fail, Supersede }

/// <summary>A facility's emissions over a period, calculated by the monitoring plan in force and verified by somebody else.</summary>
/// <param name="Version">1, and one more for each correction.</param>
/// <param name="Corrects">The version this one corrects.</param>
/// <param name="Reason">Why it was returned, or what it corrects.</param>
/// <param name="FiguresSha256">Of figures, data and plan as handed in; frozen with the acceptance.</param>
public sealed record Report(Guid Id, Guid FacilityId, Guid OperatorId, Guid PlanId, int Version, Guid? Corrects, LocalDate PeriodFrom, LocalDate PeriodTo, ReportState State, Guid? VerifierId, string? Reason, string? FiguresSha256,
    Opinion? Opinion, Guid WrittenBy, Instant WrittenAt, Guid? SubmittedBy, Instant? SubmittedAt, Guid? LeadBy, Guid? ReviewedBy, Instant? DecidedAt);

public static class ReportStates
{
    public static StateTable<ReportState, ReportEvent> Table { get; } = new(Refusal.Conflict("report.state-forbids", "state"),
    [
        (ReportState.Draft, ReportEvent.Submit, ReportState.Submitted),
        (ReportState.Returned, ReportEvent.Submit, ReportState.Submitted),
        (ReportState.Submitted, ReportEvent.TakeUp, ReportState.InVerification),
        (ReportState.Submitted, ReportEvent.Return, ReportState.Returned),
        (ReportState.InVerification, ReportEvent.Return, ReportState.Returned),
        (ReportState.InVerification, ReportEvent.GiveOpinion, ReportState.OpinionGiven),
        (ReportState.OpinionGiven, ReportEvent.Return, ReportState.Returned),
        (ReportState.OpinionGiven, ReportEvent.Accept, ReportState.Accepted),
        (ReportState.OpinionGiven, ReportEvent.Fail, ReportState.Failed),
        (ReportState.Accepted, ReportEvent.Supersede, ReportState.Superseded),
    ]);

    /// <summary>Whether nothing of it changes any more.</summary>
    public static bool Decided(ReportState state) => state is ReportState.Accepted or ReportState.Failed or ReportState.Superseded;

    /// <summary>Whether the operator may change data.</summary>
    public static bool Open(ReportState state) => state is ReportState.Draft or ReportState.Returned;
}
