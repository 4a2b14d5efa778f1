using Verdigris.Primitives;
using Verdigris.Registry.Credits.Programmes;

namespace Verdigris.Registry.Credits.Cycle;

/// <summary>What is known of a project, or of a period of it, when a step is asked for. Null: not known, and then nothing that asks for it passes.</summary>
public sealed record CycleFacts
{
    public bool? DesignDocument { get; init; }
    public bool? MethodologyValid { get; init; }
    public bool? CreditingWithinLimit { get; init; }
    public bool? StartNotTooEarly { get; init; }
    public bool? EstimateGiven { get; init; }
    public bool? NotListedElsewhere { get; init; }
    public bool? CommentsOver { get; init; }
    public bool? ValidatorAccredited { get; init; }
    public bool? ValidatorIndependent { get; init; }
    public bool? ValidationReport { get; init; }
    public bool? ValidationPositive { get; init; }
    public bool? HostApproval { get; init; }
    public bool? ReasonGiven { get; init; }
    public bool? NoOpenPeriod { get; init; }
    public bool? VerificationOverdue { get; init; }
    public bool? CreditingOver { get; init; }
    public bool? ProjectRegistered { get; init; }
    public bool? MonitoringReport { get; init; }
    public bool? PeriodFollows { get; init; }
    public bool? PeriodWithinCrediting { get; init; }
    public bool? DataComplete { get; init; }
    public bool? VerifierAccredited { get; init; }
    public bool? VerifierIndependent { get; init; }
    public bool? VerifierNotValidator { get; init; }
    public bool? VerifierRotation { get; init; }
    public bool? VerificationReport { get; init; }
    public bool? VerificationPositive { get; init; }
    public bool? QuantityVerified { get; init; }
    public bool? VintagesSum { get; init; }
    public bool? RiskRated { get; init; }
    public bool? IssuingRuleKnown { get; init; }
}

/// <summary>What must hold before a step, and whether it does.</summary>
/// <param name="Guard">Word of the pack.</param>
/// <param name="Holds">Null: not known.</param>
public sealed record GuardStanding(string Guard, bool? Holds);

/// <summary>The guards of the pack, each read from the facts. A guard that the program does not know, or a fact that is missing, never passes.</summary>
public static class CycleGuards
{
    const string ProjectWord = "project", PeriodWord = "period";

    static readonly Dictionary<string, Func<CycleFacts, bool?>> Known = new(StringComparer.Ordinal)
    {
        ["design-document"] = f => f.DesignDocument,
        ["methodology-valid"] = f => f.MethodologyValid,
        ["crediting-within-limit"] = f => f.CreditingWithinLimit,
        ["start-not-too-early"] = f => f.StartNotTooEarly,
        ["estimate-given"] = f => f.EstimateGiven,
        ["not-listed-elsewhere"] = f => f.NotListedElsewhere,
        ["comments-over"] = f => f.CommentsOver,
        ["validator-accredited"] = f => f.ValidatorAccredited,
        ["validator-independent"] = f => f.ValidatorIndependent,
        ["validation-report"] = f => f.ValidationReport,
        ["validation-positive"] = f => f.ValidationPositive,
        ["host-approval"] = f => f.HostApproval,
        ["reason-given"] = f => f.ReasonGiven,
        ["no-open-period"] = f => f.NoOpenPeriod,
        ["verification-overdue"] = f => f.VerificationOverdue,
        ["verification-current"] = f => !f.VerificationOverdue,
        ["crediting-over"] = f => f.CreditingOver,
        ["project-registered"] = f => f.ProjectRegistered,
        ["monitoring-report"] = f => f.MonitoringReport,
        ["period-follows"] = f => f.PeriodFollows,
        ["period-within-crediting"] = f => f.PeriodWithinCrediting,
        ["data-complete"] = f => f.DataComplete,
        ["verifier-accredited"] = f => f.VerifierAccredited,
        ["verifier-independent"] = f => f.VerifierIndependent,
        ["verifier-not-validator"] = f => f.VerifierNotValidator,
        ["verifier-rotation"] = f => f.VerifierRotation,
        ["verification-report"] = f => f.VerificationReport,
        ["verification-positive"] = f => f.VerificationPositive,
        ["quantity-verified"] = f => f.QuantityVerified,
        ["vintages-sum"] = f => f.VintagesSum,
        ["risk-rated"] = f => f.RiskRated,
        ["issuing-rule-known"] = f => f.IssuingRuleKnown,
    };

    /// <summary>Words the program can read.</summary>
    public static IReadOnlyCollection<string> Words => Known.Keys;

    /// <summary>The guards of a step of a project in a programme, in the order of the pack.</summary>
    public static IReadOnlyList<GuardStanding> Of(CreditRules rules, string programme, ProjectEvent step, CycleFacts facts) => Of(rules, ProjectWord, programme, step.ToString(), facts);

    /// <inheritdoc cref="Of(CreditRules, string, ProjectEvent, CycleFacts)"/>
    public static IReadOnlyList<GuardStanding> Of(CreditRules rules, string programme, PeriodEvent step, CycleFacts facts) => Of(rules, PeriodWord, programme, step.ToString(), facts);

    /// <summary>The refusal of a guard: its word behind the room's.</summary>
    static string CodeOf(string guard) => $"credits.guard.{guard}";

    /// <summary>Why a step cannot be taken: one refusal <c>credits.guard.WORD</c> a guard that does not hold; empty where all hold. A step without guards is refused too.</summary>
    public static IReadOnlyList<Refusal> Refusals(IReadOnlyList<GuardStanding> guards) => guards.Count == 0 ? [Refusal.Conflict("credits.step-unguarded", "event")]
        : [.. guards.Where(g => g.Holds is not true).Select(g => new Refusal(CodeOf(g.Guard), g.Guard, Kind: RefusalKind.Conflict))];

    static IReadOnlyList<GuardStanding> Of(CreditRules rules, string cycle, string programme, string step, CycleFacts facts) =>
        [.. rules.Guards[(cycle, step)].Where(g => g.Programme == CreditRules.All || g.Programme == programme).Select(g => new GuardStanding(g.Guard, Known.GetValueOrDefault(g.Guard)?.Invoke(facts)))];
}
