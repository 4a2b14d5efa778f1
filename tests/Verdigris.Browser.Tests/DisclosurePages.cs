using System.Text;
using Verdigris.Passport.Disclosures;

namespace Verdigris.Browser.Tests;

/// <summary>What the pages of disclosure need to have something to show: a methodology in force and one applied for, a figure disclosed and a draft, a target with a year's progress. Made once for a stage.</summary>
static class DisclosurePages
{
    public sealed record Stock(Guid Methodology, Guid Applied, Guid Shown, Guid Draft, Guid Target);

    static readonly Once<Stock> Made = new(Make);

    public static Task<Stock> Stocked(Stage stage) => Made.Of(stage);

    static async Task<Stock> Make(Stage stage)
    {
        var (methodologies, disclosures, targets) = (stage.Get<MethodologyHandlers>(), stage.Get<DisclosureHandlers>(), stage.Get<TargetHandlers>());
        var method = await stage.Do(Stage.Editor, s => methodologies.Apply(s, Method("FOOT"), default));
        await stage.Do(Stage.Staff, s => methodologies.TakeUp(s, method.Id, default));
        await stage.Do(Stage.Staff, s => methodologies.Propose(s, method.Id, new(MethodologyEvent.Approve), default));
        await stage.Decide(Stage.OtherStaff, method.Id.ToString());
        var applied = await stage.Do(Stage.Editor, s => methodologies.Apply(s, Method("OTHER"), default));
        var shown = await stage.Do(Stage.Editor, s => disclosures.Create(s, Figure(2025, 3.4m), default));
        await using (var file = new MemoryStream(Encoding.UTF8.GetBytes("meter,kWh\nA,1\n"))) await stage.Do(Stage.Editor, s => stage.Get<DisclosureSharing>().Add(s, shown.Id, "statement of the assurer.csv", true, file, default));
        await stage.Do(Stage.Approver, s => disclosures.Submit(s, shown.Id, default));
        await stage.Decide(Stage.OtherStaff, shown.Id.ToString());
        await stage.Do(Stage.Approver, s => disclosures.Publish(s, shown.Id, default));
        var draft = await stage.Do(Stage.Editor, s => disclosures.Create(s, Figure(2024, 3.6m), default));
        var target = await stage.Do(Stage.Editor, s => targets.Create(s, new($"company:{Stage.Smelter}", "CLI", "Half of the footprint by 2035", "2035 年碳足迹减半", "tCO2e/t", 2020, 4.2m, 2035, 2.1m), default));
        await stage.Do(Stage.Editor, s => targets.Enter(s, target.Id, new(2025, 3.4m, "Two lines on hydro power"), default));
        return new(method.Id, applied.Id, shown.Id, draft.Id, target.Id);

        DisclosureContent Figure(int year, decimal value) =>
            new($"brand:{Stage.Brand}", method.Id, value, PeriodFrom: new(year, 1, 1), PeriodTo: new(year, 12, 31), Boundary: "cradle-to-gate", Assurance: Assurance.Limited, Assurer: "Assurance & Co", ValidFrom: new(2026, 1, 1), ValidTo: new(2027, 1, 1));
    }

    static MethodologyApplication Method(string code) => new(code, "1", code + " carbon footprint", null, "An institute", "CLI", ValueKind.Metric, "tCO2e/t", true, Better.Lower, ["cradle-to-gate", "gate-to-gate"], ["AL"], "Greenhouse gases of a tonne of metal.");
}
