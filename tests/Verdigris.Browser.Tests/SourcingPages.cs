using System.Text;
using NodaTime;
using Verdigris.Passport.Sourcing;

namespace Verdigris.Browser.Tests;

/// <summary>What the pages of responsible sourcing need to have something to show: a year under way with a plan, one published, a grievance. Made once for a stage.</summary>
static class SourcingPages
{
    static readonly Once<(Guid Open, Guid Published, Guid Flag, Guid Grievance)> Made = new(Make);

    public static Task<(Guid Open, Guid Published, Guid Flag, Guid Grievance)> Stocked(Stage stage) => Made.Of(stage);

    static async Task<(Guid, Guid, Guid, Guid)> Make(Stage stage)
    {
        var lists = stage.Get<CahraHandlers>();
        await stage.Do(Stage.Staff, s => lists.Import(s, new("Synthetic list", "made for tests", new(2025, 1, 1)), new MemoryStream(Encoding.UTF8.GetBytes("country or area,from,to,source\nXA,2020-01-01,,made for tests\n")), default));
        var (published, _) = await Mitigating(stage, 2025, new(2025, 6, 1));
        await stage.Do(Stage.Approver, s => stage.Get<FilingHandlers>().File(s, published, new(Track.C), default));
        await stage.Do(Stage.Staff, s => stage.Get<FilingHandlers>().Ask(s, published, "Which port was it?", default));
        var (open, flag) = await Mitigating(stage, 2026, new(2026, 6, 1));
        await stage.Do(Stage.Editor, s => stage.Get<PlantCertificateHandlers>().Add(s, new(Stage.Plant, ManagementStandard.Iso14001, "N-1", "Certifier", "Smelting", new(2025, 1, 1), new(2026, 12, 1)), default));
        var grievance = await stage.Do(Stage.Staff, s => stage.Get<GrievanceHandlers>().File(s, new("Noise at night", Stage.Brand), default));
        return (open, published, flag, grievance.Id);
    }

    static async Task<(Guid Assessment, Guid Flag)> Mitigating(Stage stage, int year, LocalDate day)
    {
        var handlers = stage.Get<AssessmentHandlers>();
        var opened = await stage.Do(Stage.Editor, s => handlers.Open(s, Stage.Brand, year, default));
        await stage.Do(Stage.Editor, s => handlers.Begin(s, opened.Id, day, default));
        await stage.Do(Stage.Editor, s => handlers.WriteChain(s, opened.Id, new([new("S1", "Trader of a rather long name for a narrow screen", null, "CH", 1, "concentrate", 900m, 60m, ["Mine one"], ["XA"], ["NO"], "by sea", [TransportMode.Sea])], []), default));
        await stage.Do(Stage.Editor, s => handlers.Screen(s, opened.Id, default));
        var flag = (await stage.Do(Stage.Editor, s => handlers.Read(s, opened.Id, default))).Flags.Single().Id;
        await stage.Do(Stage.Approver, s => handlers.Decide(s, flag, FlagDecision.Confirmed, ["armed-groups"], "Seen", default));
        await stage.Do(Stage.Approver, s => handlers.Conclude(s, opened.Id, default));
        await stage.Do(Stage.Editor, s => stage.Get<MitigationHandlers>().Plan(s, flag, new(MitigationResponse.SuspendWhileMitigating, "All heard", [new("Audit", "Buyer", "findings closed", new(2027, 1, 1))]), default));
        await stage.Do(Stage.Approver, s => stage.Get<MitigationHandlers>().Begin(s, opened.Id, default));
        return (opened.Id, flag);
    }
}
