using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Registry.Compliance;

public enum EntryState
{
    /// <summary>Waits for the second person.</summary>
    Proposed,
    InForce,
    TurnedDown,
}

/// <summary>Verified (or determined) emissions of a year.</summary>
/// <param name="Tco2e">Whole tonnes; a scheme's report rounds them.</param>
/// <param name="ReportId">Of the published report; null where the authority determined them.</param>
public sealed record YearEmissions(Guid Id, Guid InstallationId, int Year, long Tco2e, Guid? ReportId, string? ReportSha256, EntryState State, string? Reason, Guid? TaskId, Instant WrittenAt);

public enum AllocationState { Proposed, Approved, Delivered, Withdrawn }

/// <param name="Basis">Method, input, result and trace it was calculated by; null where the authority decided without one.</param>
/// <param name="TransactionId">By which it is delivered.</param>
public sealed record Allocation(Guid Id, Guid InstallationId, int Year, long Quantity, JsonNode? Basis, AllocationState State, string? Reason, Guid? TransactionId, Guid? TaskId);

public enum PenaltyState { Open, Set, Paid, Lifted }

/// <summary>What is owed for a shortfall, beside the units themselves.</summary>
/// <param name="AmountFrom">Least and most the rule allows; alike where it leaves no choice.</param>
/// <param name="Amount">What the authority set.</param>
public sealed record Penalty(Guid Id, Guid InstallationId, int Year, long Shortfall, decimal AmountFrom, decimal AmountTo, string Currency, JsonNode? Basis, decimal? Amount, PenaltyState State, string? Reason, Guid? TaskId);

/// <summary>One year of an installation.</summary>
/// <param name="Emissions">Null: not known yet.</param>
/// <param name="Surrendered">Units surrendered for it, as the transactions say; the status counts over all years.</param>
/// <param name="Due">Day on which units are due for it, in full or as the part of a control period that runs; null where the scheme's calendar has none.</param>
/// <param name="Owed">Units owed for it by now; null where its emissions are unknown, 0 where nothing is owed yet.</param>
public sealed record ComplianceYear(int Year, long? Emissions, EntryState? EmissionsState, bool Excluded, long? Allocated, AllocationState? AllocationState, long Surrendered, LocalDate? Due, Penalty? Penalty, long? Owed);

/// <param name="Status">NOT_APPLICABLE, EXCLUDED, A, B or C.</param>
/// <param name="Emitted">Tonnes of all years owed for; null where one is unknown.</param>
/// <param name="Surrendered">All units surrendered, less those given back.</param>
/// <param name="Owed">Units owed by now: tonnes in units of the scheme, of a control period that runs the part its duties name, and what penalties in units add; null where emissions of a year are unknown.</param>
public sealed record InstallationCompliance(Installation Installation, string Status, long? Emitted, long Surrendered, IReadOnlyList<ComplianceYear> Years, long? Owed)
{
    /// <summary>Units still to be surrendered; null where emissions of a year are unknown.</summary>
    public long? Missing => Owed is { } owed ? Math.Max(0, owed - Surrendered) : null;
}

/// <summary>One line of the authority's run over all installations.</summary>
/// <param name="Emitted">Tonnes. <paramref name="Owed"/>: units owed by now; both null where emissions of a year are unknown.</param>
public sealed record ComplianceLine(Guid InstallationId, string Name, string? Permit, string Status, long? Emitted, long Surrendered, long? Owed);

/// <param name="Tco2e">Whole tonnes of CO2e.</param>
public sealed record DeterminedEmissions(int Year, long Tco2e, string? Reason);

/// <param name="Method">A method of this program whose result is the quantity, with its <paramref name="Input"/>; or null and a <paramref name="Quantity"/>.</param>
public sealed record NewAllocation(int Year, long? Quantity, string? Method = null, JsonNode? Input = null, string? Reason = null);
