using Verdigris.Primitives;

namespace Verdigris.Registry.Credits.Cycle;

/// <summary>Where a project stands. Programmes have names of their own for some of these.</summary>
public enum ProjectState
{
    Concept,
    /// <summary>The design document is shown to the public.</summary>
    DesignDocument,
    Validation,
    RegistrationRequested,
    Registered,
    /// <summary>The programme has stopped it for a time: nothing is issued.</summary>
    OnHold,
    /// <summary>No verification within the time the programme gives.</summary>
    LateToVerify,
    Completed,
    Withdrawn,
    Rejected,
    Terminated,
}

public enum ProjectEvent
{
    PublishDesign, BeginValidation, RequestRegistration, Register,
    /// <summary>Back to the step before, with the reason.</summary>
    Return,
    Reject, Withdraw, Hold, Resume, FallLate, CatchUp, Complete, Terminate,
}

/// <summary>Where one monitoring period of a project stands.</summary>
public enum PeriodState { Open, Reported, Verification, Verified, IssuanceRequested, Issued, Withdrawn }

public enum PeriodEvent { Report, BeginVerification, Return, Verify, RequestIssuance, Refuse, Issue, Withdraw }

/// <summary>The two lives of a project: its own, and that of each monitoring period. What must hold before a step stands in the pack (<see cref="CycleGuards"/>).</summary>
public static class ProjectCycle
{
    public static StateTable<ProjectState, ProjectEvent> Projects { get; } = new(Refusal.Conflict("credits.project-step", "event"),
    [
        (ProjectState.Concept, ProjectEvent.PublishDesign, ProjectState.DesignDocument),
        (ProjectState.Concept, ProjectEvent.Withdraw, ProjectState.Withdrawn),
        (ProjectState.DesignDocument, ProjectEvent.BeginValidation, ProjectState.Validation),
        (ProjectState.DesignDocument, ProjectEvent.Return, ProjectState.Concept),
        (ProjectState.DesignDocument, ProjectEvent.Withdraw, ProjectState.Withdrawn),
        (ProjectState.Validation, ProjectEvent.RequestRegistration, ProjectState.RegistrationRequested),
        (ProjectState.Validation, ProjectEvent.Return, ProjectState.DesignDocument),
        (ProjectState.Validation, ProjectEvent.Withdraw, ProjectState.Withdrawn),
        (ProjectState.RegistrationRequested, ProjectEvent.Register, ProjectState.Registered),
        (ProjectState.RegistrationRequested, ProjectEvent.Return, ProjectState.Validation),
        (ProjectState.RegistrationRequested, ProjectEvent.Reject, ProjectState.Rejected),
        (ProjectState.RegistrationRequested, ProjectEvent.Withdraw, ProjectState.Withdrawn),
        (ProjectState.Registered, ProjectEvent.Hold, ProjectState.OnHold),
        (ProjectState.Registered, ProjectEvent.FallLate, ProjectState.LateToVerify),
        (ProjectState.Registered, ProjectEvent.Complete, ProjectState.Completed),
        (ProjectState.Registered, ProjectEvent.Withdraw, ProjectState.Withdrawn),
        (ProjectState.Registered, ProjectEvent.Terminate, ProjectState.Terminated),
        (ProjectState.LateToVerify, ProjectEvent.CatchUp, ProjectState.Registered),
        (ProjectState.LateToVerify, ProjectEvent.Hold, ProjectState.OnHold),
        (ProjectState.LateToVerify, ProjectEvent.Complete, ProjectState.Completed),
        (ProjectState.LateToVerify, ProjectEvent.Terminate, ProjectState.Terminated),
        (ProjectState.OnHold, ProjectEvent.Resume, ProjectState.Registered),
        (ProjectState.OnHold, ProjectEvent.Terminate, ProjectState.Terminated),
    ]);

    public static StateTable<PeriodState, PeriodEvent> Periods { get; } = new(Refusal.Conflict("credits.period-step", "event"),
    [
        (PeriodState.Open, PeriodEvent.Report, PeriodState.Reported),
        (PeriodState.Open, PeriodEvent.Withdraw, PeriodState.Withdrawn),
        (PeriodState.Reported, PeriodEvent.BeginVerification, PeriodState.Verification),
        (PeriodState.Reported, PeriodEvent.Return, PeriodState.Open),
        (PeriodState.Reported, PeriodEvent.Withdraw, PeriodState.Withdrawn),
        (PeriodState.Verification, PeriodEvent.Verify, PeriodState.Verified),
        (PeriodState.Verification, PeriodEvent.Return, PeriodState.Reported),
        (PeriodState.Verified, PeriodEvent.RequestIssuance, PeriodState.IssuanceRequested),
        (PeriodState.Verified, PeriodEvent.Withdraw, PeriodState.Withdrawn),
        (PeriodState.IssuanceRequested, PeriodEvent.Issue, PeriodState.Issued),
        (PeriodState.IssuanceRequested, PeriodEvent.Refuse, PeriodState.Verified),
    ]);

    /// <summary>Whose step it is: the developer's, the body's or the programme's.</summary>
    public static CycleSide SideOf(ProjectEvent step) => step switch
    {
        ProjectEvent.PublishDesign or ProjectEvent.BeginValidation or ProjectEvent.Withdraw => CycleSide.Developer,
        ProjectEvent.RequestRegistration => CycleSide.Body,
        _ => CycleSide.Programme,
    };

    public static CycleSide SideOf(PeriodEvent step) => step switch
    {
        PeriodEvent.Report or PeriodEvent.BeginVerification or PeriodEvent.RequestIssuance or PeriodEvent.Withdraw => CycleSide.Developer,
        PeriodEvent.Verify or PeriodEvent.Return => CycleSide.Body,
        _ => CycleSide.Programme,
    };
}

/// <summary>Who takes a step.</summary>
public enum CycleSide { Developer, Body, Programme }
