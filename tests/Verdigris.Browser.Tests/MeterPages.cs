using Verdigris.Footprint.Alarms;
using Verdigris.Footprint.Meters;
using Verdigris.Footprint.Plans;

namespace Verdigris.Browser.Tests;

/// <summary>The demo's meters, seen by the editor and the approver of their smelter. Made once for a stage.</summary>
static class MeterPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        await MeterDemo.Seed(stage.Get<IServiceProvider>(), Stage.Editor, Stage.Approver, default);
        var facility = (await stage.Do(Stage.Editor, s => stage.Get<FacilityHandlers>().List(s, new(MeterDemo.Facility), default))).Items[0].Id;
        var alarms = (await stage.Do(Stage.Editor, s => stage.Get<AlarmHandlers>().List(s, facility, new(), default))).Items;
        await stage.Do(Stage.Editor, s => stage.Get<AlarmHandlers>().Acknowledge(s, alarms[^1].Id, default));
        await stage.Do(Stage.Editor, s => stage.Get<AlarmHandlers>().Comment(s, alarms[^1].Id, "Two pots of the line were restarted that night.", default));
        string meters = $"/footprint/facilities/{facility}/meters", watched = $"/footprint/facilities/{facility}/alarms";
        return
        [
            ("smelter@demo", [meters, $"{meters}?tag=casthouse.gas", $"{meters}?tag=cell101.bath", $"{meters}?q=nothing-has-this", watched, $"/footprint/alarms/{alarms[0].Id}", $"/footprint/alarms/{alarms[^1].Id}"]),
            ("smelter.approver@demo", [meters, watched, $"/footprint/alarms/{alarms[0].Id}"]),
        ];
    }
}
