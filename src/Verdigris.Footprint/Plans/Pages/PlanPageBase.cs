using Microsoft.AspNetCore.Components;
using Verdigris.Footprint.Reports.Pages;
using Verdigris.Primitives;

namespace Verdigris.Footprint.Plans.Pages;

/// <summary>What the pages that write a plan stand on: the draft, or what a new one would begin with. Every save is a whole plan by the same handlers as the API's.</summary>
public abstract class PlanPageBase : ReportingPage
{
    [Inject] protected FacilityHandlers Facilities { get; set; } = null!;
    [Inject] protected PlanHandlers Plans { get; set; } = null!;

    [Parameter] public Guid Id { get; set; }

    protected Facility? Facility { get; private set; }
    protected MonitoringPlan? Draft { get; private set; }

    /// <summary>The draft's, or that of the version in force; null where there is no plan yet.</summary>
    protected PlanDraft? Written { get; private set; }

    protected override async Task Load()
    {
        var read = await Facilities.Read(Session, Id, Ct);
        if (!read.Ok || !IsOf(read.Value.OperatorId) || !Is(Role.ProducerEditor)) { Missing(); return; }
        Facility = read.Value;
        var versions = (await Plans.Versions(Session, Id, Ct)).Value;
        Draft = versions.FirstOrDefault(v => v.State == PlanState.Draft);
        Written = (Draft ?? versions.FirstOrDefault(v => v.State == PlanState.InForce)) is { } known ? new(known.ValidFrom, known.Content) : null;
    }

    /// <summary>Writes the draft anew, or a first one.</summary>
    protected Task<Answer<MonitoringPlan>> Save(PlanDraft plan) => Draft is { } known ? Plans.Revise(Session, known.Id, plan, Ct) : Plans.Draft(Session, Id, plan, Ct);

    protected string Here => $"/footprint/facilities/{Id}/plan";
}
