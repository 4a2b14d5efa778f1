using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Market.Clearing.Days;

/// <summary>The steps of a clearing day, in their order (docs/clearing.md). Numbers stand in rows and never change.</summary>
public enum ClearingStep
{
    CloseSessions = 1, SettlementPrices, Exercise, Variation, Netting, Expiry, DeliveryNotices, InitialMargin, Calls, Fees, Carry, Report,
}

/// <param name="Step">The step to be taken next; null when the day is done.</param>
/// <param name="Waiting">Why it cannot be taken yet.</param>
/// <param name="Report">What the day's report says; null before it is done.</param>
public sealed record ClearingDay(LocalDate Day, ClearingStep? Step, IReadOnlyList<Refusal> Waiting, Instant StartedAt, Instant? FinishedAt, JsonObject? Report, string? ReportSha256)
{
    public bool Done => Step is null;
}

/// <summary>A step that was taken.</summary>
/// <param name="Summary">Figures by name.</param>
public sealed record TakenStep(ClearingStep Step, Instant FinishedAt, JsonObject Summary);

public sealed record ClearingDayView(ClearingDay Day, IReadOnlyList<TakenStep> Steps);

/// <summary>One step of the pipeline. It may be begun again at any point: what it has planned and posted it finds by the day and the step, and goes on from there.</summary>
interface IClearingStep
{
    ClearingStep Step { get; }

    /// <summary>Does what is left of the step. Answers its figures when all of it is done, or refusals that say what it waits for.</summary>
    Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct);
}

/// <summary>A day's work under way.</summary>
/// <param name="Session">Of the system's rights, with the name of whoever started it.</param>
/// <param name="Before">The clearing day before; null for the first.</param>
sealed record DayWork(Storage.DbSession Session, LocalDate Day, LocalDate? Before);
