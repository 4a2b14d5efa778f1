using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Passport.Sourcing;

/// <summary>What is done about a confirmed flag. Numbers are stored and never change.</summary>
public enum MitigationResponse : short { ContinueWhileMitigating = 0, SuspendWhileMitigating = 1, Disengage = 2 }

public enum ActionState : short { Open = 0, Done = 1, Dropped = 2 }

/// <summary>One measurable step of a plan.</summary>
/// <param name="Indicator">What is measured to know that it worked.</param>
public sealed record NewAction(string What, string Owner, string Indicator, LocalDate Due);

/// <param name="Result">Why it is done or dropped; null while it is open.</param>
public sealed record PlanAction(Guid Id, string What, string Owner, string Indicator, LocalDate Due, ActionState State, string? Result, LocalDate? SettledOn);

/// <summary>A check of progress.</summary>
public sealed record ProgressCheck(LocalDate Day, string Finding);

/// <summary>The plan of one flag.</summary>
/// <param name="Consultation">With whom it was consulted and what came of it.</param>
public sealed record MitigationPlan(Guid FlagId, Guid AssessmentId, MitigationResponse Response, string Consultation, LocalDate OpenedOn, LocalDate? ClosedOn, IReadOnlyList<PlanAction> Actions, IReadOnlyList<ProgressCheck> Checks);

/// <summary>A plan as its maker enters it.</summary>
public sealed record NewPlan(MitigationResponse Response, string Consultation, IReadOnlyList<NewAction> Actions);

/// <summary>Pure decisions about mitigation plans.</summary>
public static class MitigationRules
{
    public const int MostActions = 50;

    public static List<Refusal> Check(NewPlan plan, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(plan.Response)) wrong.Add(Refusal.Of("sourcing.response-unknown", "response"));
        SourcingText.Note(plan.Consultation, "consultation", wrong);
        if (plan.Actions is null or { Count: 0 }) wrong.Add(Refusal.Of("sourcing.action-missing", "actions"));
        else if (plan.Actions.Count > MostActions) wrong.Add(Refusal.Of("sourcing.too-many", "actions", ("limit", MostActions.ToString(CultureInfo.InvariantCulture))));
        else for (var i = 0; i < plan.Actions.Count; i++) Check(plan.Actions[i], $"actions[{i}].", today, wrong);
        return wrong;
    }

    internal static void Check(NewAction? action, string at, LocalDate today, List<Refusal> wrong)
    {
        SourcingText.Line(action?.What, at + "what", wrong);
        SourcingText.Line(action?.Owner, at + "owner", wrong);
        SourcingText.Line(action?.Indicator, at + "indicator", wrong);
        if (action is not null && action.Due < today) wrong.Add(Refusal.Of("sourcing.due-in-past", at + "due", ("earliest", LocalDatePattern.Iso.Format(today))));
    }

    /// <summary>The day by which progress must next be checked: so many months after the last check, or after the opening; null once closed.</summary>
    public static LocalDate? NextCheckDue(MitigationPlan plan, int months) =>
        plan.ClosedOn is null ? plan.Checks.Select(c => c.Day).Append(plan.OpenedOn).Max().PlusMonths(months) : null;

    /// <summary>A plan is checked up to the day it is due; from the next day on it is late.</summary>
    public static bool CheckOverdue(MitigationPlan plan, int months, LocalDate today) => NextCheckDue(plan, months) < today;

    /// <summary>A progress check lies between the last one, or the opening, and today.</summary>
    public static List<Refusal> Check(MitigationPlan plan, ProgressCheck check, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (plan.ClosedOn is not null) return [Refusal.Conflict("sourcing.plan-closed")];
        var last = plan.Checks.Select(c => c.Day).Append(plan.OpenedOn).Max();
        if (check.Day < last) wrong.Add(Refusal.Of("sourcing.check-before-last", "day", ("earliest", LocalDatePattern.Iso.Format(last))));
        if (check.Day > today) wrong.Add(Refusal.Of("sourcing.day-in-future", "day", ("latest", LocalDatePattern.Iso.Format(today))));
        SourcingText.Note(check.Finding, "finding", wrong);
        return wrong;
    }

    /// <summary>A plan closes once, and only when no action is open.</summary>
    public static Refusal? Close(MitigationPlan plan) =>
        plan.ClosedOn is not null ? Refusal.Conflict("sourcing.plan-closed")
        : plan.Actions.Count(a => a.State == ActionState.Open) is > 0 and var open ? Refusal.Conflict("sourcing.actions-open", "actions", ("count", open.ToString(CultureInfo.InvariantCulture)))
        : null;
}
