using System.Text;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Demo;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Suppliers;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>The demo's importer with a file half read, one not understood and a supplier who answered, seen by its trader and its approver; and a trader without a record. Made once for a stage.</summary>
static class CbamPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        await ImporterDemo.Seed(stage.Get<IServiceProvider>(), Stage.Owner, default);
        var (files, lines, suppliers, requests) = (stage.Get<CustomsImports>(), stage.Get<LineHandlers>(), stage.Get<SupplierHandlers>(), stage.Get<RequestHandlers>());
        Task<CustomsImportView> Bring(string name, string text) => stage.Do(Stage.Owner, s => files.Bring(s, name, new MemoryStream(Encoding.UTF8.GetBytes(text)), default));
        var faults = await Bring("faults.csv", $"mrn,item,cn,origin,netMassKg,releasedOn,importerEori\n26DE55660000000357,1,76011010,IN,-4,2026-02-30,{ImporterDemo.Importer}\n26DE00000000000099,1,7601,XX,1,2026-02-14,FR1\n");
        var foreign = await Bring("broker.csv", "Nr;Pos;Ware;Land;Masse\n1;1;76011010;IN;25\n");
        var done = (await stage.Do(Stage.Owner, s => files.List(s, default))).First(f => f.State == CustomsImportState.Applied);
        var all = (await stage.Do(Stage.Owner, s => lines.List(s, new(Limit: 200), default))).Items;
        string Line(Func<LineView, bool> which) => $"/cbam/lines/{all.First(which).Line.Id}";
        var withdrawn = all.First(v => v.Line.Origin == "TW").Line.Id;
        await stage.Do(Stage.Owner, s => lines.Withdraw(s, withdrawn, "Customs annulled the item.", default));
        var answered = (await stage.Do(Stage.Owner, s => suppliers.List(s, new(ImporterDemo.Answered), default))).Items[0].Id;
        var asked = (await stage.Do(Stage.Owner, s => requests.Ask(s, answered, new(2025, "7601", "Please send your verified report of 2025.", s.Today().PlusDays(30)), default))).Request.Id;
        await using (var report = new MemoryStream("%PDF-1.7 report"u8.ToArray())) await stage.Do(Stage.Owner, s => requests.Enter(s, asked, RequestEvent.Answered, "The report of the verifier.", ("report.pdf", report), default));
        var open = (await stage.Do(Stage.Owner, s => requests.List(s, new(State: RequestState.Open), default))).Items[0];
        var declaration = (await stage.Do(Stage.Owner, s => stage.Get<DeclarationHandlers>().List(s, default)))[0].Id;
        await using (var opinion = new MemoryStream("%PDF-1.7 opinion"u8.ToArray())) await stage.Do(Stage.Owner, s => stage.Get<DeclarationHandlers>().AddFile(s, declaration, "opinion.pdf", opinion, default));
        // A line put together from its process and what it is made of.
        var profile = all.First(v => v.Line is { Origin: "TR", Scope: GoodScope.InScope }).Line.Id;
        var press = await stage.Do(Stage.Owner, s => suppliers.Create(s, new("Izmir Profil", "TR", "Press 2"), default));
        await stage.Do(Stage.Owner, s => lines.Link(s, profile, new(LinkKind.Supplier, null, press.Id, new(null, null, null, "K", "Klarsyn Assurance", new(2025, 1, 1), new(2025, 12, 31), null, ProcessDirectTco2ePerT: 0.12m,
            Precursors: [new("76012030", 1.08m, "IN", "K", 1.6m, Verifier: "Klarsyn Assurance"), new("76011010", 0.02m, "DE"), new("76061191", 0.01m)])), default));
        return
        [
            ("owner@demo",
            [
                $"/cbam/lines/{profile}", $"/cbam/lines/{profile}/precursors", "/cbam", "/cbam?year=2025", "/cbam/declarant", "/cbam/files", $"/cbam/files/{faults.File.Id}", $"/cbam/files/{foreign.File.Id}", $"/cbam/files/{done.Id}", "/cbam/lines", "/cbam/lines?scope=ExemptOrigin", "/cbam/lines?text=nothing-has-this",
                Line(v => v.Line.Basis == LineBasis.Actual), Line(v => v.Line is { Basis: LineBasis.Default, Origin: "CN", Scope: GoodScope.InScope }), Line(v => v.Line.Scope == GoodScope.ExemptOrigin), Line(v => v.Line.Scope == GoodScope.OutOfScope), $"/cbam/lines/{withdrawn}",
                "/cbam/suppliers", $"/cbam/suppliers/{answered}", "/cbam/requests", $"/cbam/requests/{asked}", $"/cbam/requests/{open.Id}", "/cbam/declarations", $"/cbam/declarations/{declaration}", "/cbam/certificates",
            ]),
            ("owner.approver@demo", ["/cbam", "/cbam/lines", "/cbam/files", Line(v => v.Line.Origin == "AE"), $"/cbam/requests/{open.Id}", "/cbam/declarations", $"/cbam/declarations/{declaration}", "/cbam/certificates"]),
            ("buyer@demo", ["/cbam", "/cbam/declarant", "/cbam/lines", "/cbam/certificates"]),
        ];
    }
}
