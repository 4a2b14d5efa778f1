using Verdigris.Footprint.Plans;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Footprint.Reports.Pages;

/// <summary>What the pages of facilities and reports stand on.</summary>
public abstract class ReportingPage : RoomPage
{
    protected override string DonePrefix => "reporting.done.";

    /// <summary>A name in the page's language, where it has one.</summary>
    protected string NameOf(string name, string? nameZh) => S.Language == StringCatalogue.Chinese && nameZh is { Length: > 0 } ? nameZh : name;

    protected string NameOf(Facility facility) => NameOf(facility.Name, facility.NameZh);

    protected static Tone ToneOf(ReportState state) => state switch
    {
        ReportState.Accepted => Tone.Good,
        ReportState.Failed => Tone.Bad,
        ReportState.Returned => Tone.Warn,
        ReportState.Draft or ReportState.Superseded => Tone.Neutral,
        _ => Tone.Info,
    };

    protected static Tone ToneOf(PlanState state) => state switch { PlanState.InForce => Tone.Good, PlanState.Draft => Tone.Info, _ => Tone.Neutral };
}
