using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>A project of a crediting programme: led here from concept on, or known from another registry's export.</summary>
/// <param name="Number">In the programme, without its letters.</param>
/// <param name="DeveloperId">Null for a project known from an export.</param>
/// <param name="Country">ISO 3166 of a project led here; as printed otherwise.</param>
/// <param name="Scope">Sectoral scope of the methodology.</param>
/// <param name="Sink">Reductions can be reversed; null where not known.</param>
/// <param name="PrintedState">The registry's own word, of a project known from an export.</param>
/// <param name="State">Null where the project's life is not led here.</param>
/// <param name="EstimateT">Reductions a year as estimated, t CO2e.</param>
/// <param name="NotListed">Declared by the developer: in no other programme.</param>
/// <param name="PublishedOn">Since when the design document is shown.</param>
/// <param name="RiskPercent">Part of an issuance that goes to the buffer pool.</param>
/// <param name="CommentsOverOn">From this day the programme holds the public comments to be over; it decides so only where the length of the period is not known.</param>
/// <param name="Latitude">Degrees north, with <paramref name="Longitude"/> degrees east, of the place; null where it is not stated.</param>
public sealed record CreditProject(Guid Id, string Programme, string Number, string Name, Guid? DeveloperId, string? Proponent, string? Country, string? Methodology, int? Scope, bool? Sink, string? PrintedState, ProjectState? State, LocalDate? StartOn, LocalDate? CreditingFrom, LocalDate? CreditingTo,
    int Renewal, decimal? EstimateT, string? Description, Guid? ValidatorId, bool? NotListed, LocalDate? PublishedOn, bool? ValidationPositive, decimal? RiskPercent, Instant WrittenAt, int RowVersion, LocalDate? CommentsOverOn = null, string? CommentsReason = null, decimal? Latitude = null, decimal? Longitude = null)
{
    public Days? Crediting => CreditingFrom is { } from && CreditingTo is { } to ? new(from, to) : null;
}

/// <summary>What a developer writes of a project.</summary>
/// <param name="Country">ISO 3166, two letters.</param>
/// <param name="Methodology">Code of one of the programme's.</param>
/// <param name="Renewal">0 for the first crediting period.</param>
/// <param name="Latitude">-90 to 90 degrees, with <paramref name="Longitude"/>, -180 to 180.</param>
public sealed record ProjectContent(string? Name, string? Country, string? Methodology, LocalDate? StartOn = null, LocalDate? CreditingFrom = null, LocalDate? CreditingTo = null, int Renewal = 0, decimal? EstimateT = null, string? Description = null, Guid? ValidatorId = null, bool? NotListed = null, decimal? RiskPercent = null, decimal? Latitude = null, decimal? Longitude = null);

public sealed record NewProject(string? Programme, ProjectContent? Content);

/// <summary>One monitoring period.</summary>
/// <param name="ReportedT">As the developer reports, t CO2e.</param>
/// <param name="VerifiedUnits">As the body verified, whole tonnes.</param>
/// <param name="Vintages">The verified units by year.</param>
public sealed record CreditPeriod(Guid Id, Guid ProjectId, LocalDate FirstDay, LocalDate LastDay, PeriodState State, decimal? ReportedT, bool? DataComplete, Guid? VerifierId, bool? VerificationPositive, long? VerifiedUnits, Guid? IssuanceId, IReadOnlyList<Vintage> Vintages)
{
    public Days Days => new(FirstDay, LastDay);
}

public sealed record Vintage(int Year, long Units);

/// <param name="Verifier">The body that is to verify; null where it is not chosen yet.</param>
public sealed record PeriodContent(LocalDate? FirstDay, LocalDate? LastDay, decimal? ReportedT = null, bool? DataComplete = null, Guid? VerifierId = null);

/// <summary>What a body found.</summary>
/// <param name="Units">Whole tonnes verified; <paramref name="Vintages"/> are those by year.</param>
public sealed record Verification(bool? Positive, long? Units, IReadOnlyList<Vintage>? Vintages)
{
    public IReadOnlyList<Vintage>? Vintages { get; set => field = value ?? []; } = Vintages ?? [];
}

/// <param name="Kind">design-document, validation-report, host-approval, monitoring-report, verification-report, authorisation, adjustment, other.</param>
public sealed record ProjectDocument(Guid Id, Guid ProjectId, Guid? PeriodId, string Kind, string FileName, string MediaType, string Sha256, long SizeBytes, Guid OrganisationId, Instant AddedAt) : IKeptFile;

public enum CreditStepState { Asked, Taken, TurnedDown }

/// <summary>A step of a project or a period that was asked for, and what became of it.</summary>
public sealed record CreditStep(Guid Id, Guid? PeriodId, string Step, string FromState, string? ToState, string? Reason, CreditStepState State, string? Answer, Guid? TaskId, Instant AskedAt, Instant? DecidedAt);

/// <summary>A step that can follow: whose it is, and what it needs.</summary>
/// <param name="Open">Everything it needs holds.</param>
/// <param name="Mine">The actor is of the side whose step it is.</param>
public sealed record NextStep(Guid? PeriodId, string Step, CycleSide Side, bool Mine, bool Open, IReadOnlyList<GuardStanding> Guards);

/// <param name="First">First and last units, as printed.</param>
public sealed record IssuanceView(Guid Id, int Number, string Unit, long ToProject, long ToBuffer, long ToAdaptation, long ToMitigation, LocalDate IssuedOn, string State, IReadOnlyList<string> Serials);

/// <summary>A project as somebody may see it.</summary>
/// <param name="Buffer">Units of the project in the buffer pool now.</param>
/// <param name="Issued">Units of it in the Book, wherever they stand.</param>
/// <param name="Stated">Units its registry's exports state as issued; null where none does.</param>
public sealed record ProjectView(CreditProject Project, IReadOnlyList<CreditPeriod> Periods, IReadOnlyList<ProjectDocument> Documents, IReadOnlyList<CreditStep> Steps, IReadOnlyList<NextStep> Next, IReadOnlyList<IssuanceView> Issuances, long Issued, long Buffer, long? Stated,
    IReadOnlyList<Units.BlockView> Blocks, IReadOnlyList<string> Doubles);

public sealed record CreditStepBody(string? Step, Guid? PeriodId = null, string? Reason = null);

public sealed record ProjectFilter(string? Programme = null, ProjectState? State = null, string? Country = null, string? Text = null, bool? Mine = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <param name="ValidTo">First day without it.</param>
public sealed record AccreditationEntry(Guid Id, Guid OrganisationId, string Programme, int Scope, LocalDate ValidFrom, LocalDate? ValidTo);

public sealed record NewAccreditation(Guid OrganisationId, string? Programme, int Scope, LocalDate? ValidFrom, LocalDate? ValidTo = null);
