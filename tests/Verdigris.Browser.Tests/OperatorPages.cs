using Verdigris.Cbam.Demo;
using Verdigris.Cbam.Operators;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>The demo's operator with a third form before its verifier, seen by editor, approver and verifier; and the landed cost. Made once for a stage.</summary>
static class OperatorPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        // The verifier is of the reports' cast.
        await ReportPages.Seats(stage);
        var (lead, reviewer) = (Stage.Person(210, ReportPages.Verifier, Role.VerifierLead), Stage.Person(211, ReportPages.Verifier, Role.VerifierReviewer));
        await OperatorDemo.Seed(stage.Get<IServiceProvider>(), Stage.Editor, Stage.Approver, lead, reviewer, default);
        var forms = stage.Get<CommunicationHandlers>();
        async Task<Guid> Of(string title) => (await stage.Do(Stage.Editor, s => forms.List(s, title, null, null, 50, default))).Items.First(c => c.Title == title).Id;
        var (verified, draft) = (await Of(OperatorDemo.Verified), await Of(OperatorDemo.Draft));
        await using (var meter = new MemoryStream("meter,MWh\nA,2760000\n"u8.ToArray())) await stage.Do(Stage.Editor, s => forms.AddFile(s, draft, "processes[P1].electricityMwh", "grid meter.csv", meter, default));
        var (name, book) = await stage.Do(Stage.Editor, s => forms.Export(s, verified, default));
        Guid handed;
        await using (var content = new MemoryStream(book)) handed = (await stage.Do(Stage.Editor, s => forms.Bring(s, new("Brought as a workbook"), name, content, default))).Communication.Id;
        await stage.Do(Stage.Approver, s => forms.Hand(s, handed, ReportPages.Verifier, default));
        await stage.Do(Stage.Editor, s => stage.Get<VerifierHandlers>().Publish(s, verified, 1, Stage.Brand, "Figures of the verified form", default));
        // One begun from the report that the smelter published.
        var report = (await stage.Do(Stage.Editor, s => forms.Published(s, default)))[0].Id;
        var begun = (await stage.Do(Stage.Editor, s => forms.BeginFrom(s, new(null), report, default))).Communication.Id;
        string Form(Guid id) => $"/cbam/communications/{id}";
        return
        [
            ("smelter@demo", ["/cbam/communications", "/cbam/communications?text=nothing-has-this", Form(verified), Form(draft), Form(handed), $"{Form(draft)}/form", $"{Form(draft)}/form?part=processes[P1]", $"{Form(draft)}/form?part=precursors[PP1]", $"{Form(draft)}/form?part=installation", $"{Form(draft)}/form?part=products[1]", Form(begun), $"{Form(begun)}/form?part=processes[P1]"]),
            ("smelter.approver@demo", ["/cbam/communications", Form(draft), Form(handed)]),
            ("verifier@demo", ["/cbam/communications", Form(handed), Form(verified)]),
            ("owner@demo", ["/cbam/landed", $"/cbam/landed?brand={Stage.Brand}&massT=25", "/cbam/landed?cn=76011010&origin=IN&massT=100&on=2026-02-15&route=K&embeddedTco2ePerT=1.6&priceEur=80&factorPath=com-2026-616", "/cbam/landed?cn=76011010&massT=-1"]),
        ];
    }
}
