using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Plans;

public enum PlanState { Draft, InForce, Superseded }

public enum PlanEvent { Approve, Supersede }

public enum StreamScope { Direct, Indirect, Upstream }

/// <summary>What is done where a month of a stream is missing.</summary>
public enum GapRule
{
    /// <summary>The stream, and with it the report, is incomplete.</summary>
    None,
    /// <summary>The month counts as much as the highest month known: never less than was measured.</summary>
    HighestMonth,
}

/// <summary>One stream of a plan: by which method it is calculated, what of the method's input never changes, and what is measured every month.</summary>
/// <param name="Id">Short and unique in the plan: <c>anodes</c>.</param>
/// <param name="Process">Process of the facility it belongs to.</param>
/// <param name="Fixed">Input of the method that the plan itself lays down: factors, technology.</param>
/// <param name="Measured">Fields of the method's input that come as activity data.</param>
/// <param name="Meter">Meter, weighbridge or laboratory the data come from.</param>
/// <param name="TierKind">combustion, process, mass-balance or continuous, where a tier is required.</param>
/// <param name="UncertaintyPercent">Expanded uncertainty over the year; null where it is not known.</param>
/// <param name="Responsible">Who answers for the data.</param>
/// <param name="MeasuredData">Data of the site; false for defaults.</param>
public sealed record PlanStream(string Id, string Process, StreamScope Scope, string Method, JsonObject Fixed, IReadOnlyList<string> Measured, string Meter, string? TierKind, string? RequiredTier, decimal? UncertaintyPercent,
    string Responsible, bool MeasuredData, GapRule Gaps = GapRule.None);

/// <param name="Product">What the emissions are spread over, tonne by tonne.</param>
/// <param name="Gwp">Set of global warming potentials: SAR, TAR, AR4, AR5, AR5-feedback, AR6.</param>
public sealed record PlanContent(string Product, string Gwp, IReadOnlyList<PlanStream> Streams);

/// <summary>A version of a facility's monitoring plan. What was approved stays as it is; a change is a new version.</summary>
/// <param name="ValidFrom">First day of the periods it holds for.</param>
/// <param name="Sha256">Of the content, from the approval on.</param>
public sealed record MonitoringPlan(Guid Id, Guid FacilityId, Guid OperatorId, int Version, PlanState State, LocalDate ValidFrom, PlanContent Content, string? Sha256, Guid WrittenBy, Instant WrittenAt, Guid? ApprovedBy, Instant? ApprovedAt);

public static class PlanStates
{
    public static StateTable<PlanState, PlanEvent> Table { get; } = new(Refusal.Conflict("plan.state-forbids", "state"),
    [
        (PlanState.Draft, PlanEvent.Approve, PlanState.InForce),
        (PlanState.InForce, PlanEvent.Supersede, PlanState.Superseded),
    ]);
}
