using System.Text;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Article6;
using Verdigris.Registry.Credits.Demo;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>The demo's credits, seen by nobody in particular, a developer and its second person, a buyer, the programme's staff and the market's; with an export full of faults. Made once for a stage.</summary>
static class CreditPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    internal static CreditsCast Cast => new(Stage.Staff, Stage.Person(20, Stage.Authority, Role.AuthorityOfficer), Stage.Person(21, Stage.Authority, Role.AuthorityApprover), Stage.Person(1, Stage.Smelter, Role.ProducerEditor), Stage.Person(2, Stage.Smelter, Role.ProducerApprover),
        Stage.Person(220, ReportPages.Verifier, Role.VerifierLead), Stage.Person(221, ReportPages.Verifier, Role.VerifierReviewer), Stage.Person(7, Stage.Albion, Role.OwnerTrader), Stage.Person(10, Stage.Albion, Role.OwnerApprover));

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        // The body is of the reports' cast.
        await ReportPages.Seats(stage);
        var cast = Cast;
        await CreditsDemo.Seed(stage.Get<IServiceProvider>(), cast, default);
        var (projects, units, orders, imports) = (stage.Get<ProjectHandlers>(), stage.Get<UnitQueries>(), stage.Get<OrderHandlers>(), stage.Get<CreditImports>());
        var all = (await stage.Do(cast.Developer, s => projects.List(s, new(Limit: 200), default))).Items;
        var (walked, concept, known) = (all.First(p => p.Name == CreditsDemo.Project), all.First(p => p.Name == CreditsDemo.Concept), all.First(p => p.Programme == "verra"));
        var order = (await stage.Do(cast.Buyer, s => orders.List(s, default)))[0];
        var held = (await stage.Do(cast.Developer, s => units.Holdings(s, default)))[0];
        var offered = await stage.Do(cast.Developer, s => orders.Propose(s, new(CreditOrderKind.Immobilise, held.Serial, 10, Instrument: "Tokens of series A"), default));
        var held2 = (await stage.Do(cast.Developer, s => units.Holdings(s, default)))[^1];
        var kept = await stage.Do(cast.Developer, s => orders.Propose(s, new(CreditOrderKind.Immobilise, held2.Serial, 25, Instrument: "Tokens of series B"), default));
        await stage.Do(cast.DeveloperApprover, s => stage.Get<Approvals>().Decide(s, kept.TaskId!.Value, true, null, default));
        // The buyer lends on credits of the developer, and has not seen enough of them yet.
        var deals = stage.Get<DealHandlers>();
        var pledge = (await stage.Do(cast.Buyer, s => deals.List(s, new(CreditsDemo.Programme), default))).Items[0].Id;
        async Task Acted(Actor first, Actor second, NewStep step)
        {
            var view = await stage.Do(first, s => deals.Act(s, pledge, step, default));
            if (view.Steps.LastOrDefault(x => x.State == DealStepState.Waiting) is { TaskId: { } task }) await stage.Do(second, s => stage.Get<Approvals>().Decide(s, task, true, null, default));
        }
        await Acted(cast.Buyer, cast.BuyerApprover, new(DealAct.Accept));
        var loan = (await stage.Do(cast.Buyer, s => deals.Read(s, pledge, default))).Cash[0].Id;
        await Acted(cast.Buyer, cast.BuyerApprover, new(DealAct.Claim, loan, Note: "SWIFT 12"));
        await Acted(cast.Developer, cast.DeveloperApprover, new(DealAct.Confirm, loan));
        var match = (await stage.Do(cast.Approver, s => stage.Get<MatchHandlers>().List(s, default)))[0];
        const string header = "project_name,project_id,serial,vintage,certificate_destination,end_user,date,quantity,from,to\n";
        var faults = await stage.Do(cast.Officer, s => imports.Bring(s, "faults.csv", new MemoryStream(Encoding.UTF8.GetBytes(header + "Ours,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,1,10\nOurs,1,CDC_1_1_9,2019,Other,Somebody,2024-01-05,11,5,14\nOurs,1,CDC-1,2019,Other,Somebody,2024-02-30,ten,5,14\n")), default));
        await stage.Do(cast.Officer, s => stage.Get<CreditFreezes>().Freeze(s, new("verra", Stage.Smelter, FreezeScope.Both, "Two owners claim the same units; the programme looks into it."), default));
        // A letter with an adjustment, a label in force and one that was taken.
        var (papers, labels) = (stage.Get<AuthorisationHandlers>(), stage.Get<LabelHandlers>());
        Task<ProjectDocument> Paper(string kind) => stage.Do(cast.Officer, s => projects.AddDocument(s, walked.Id, null, kind, kind + ".pdf", new MemoryStream("%PDF-1.7 paper"u8.ToArray()), default));
        var letter = (await Paper("authorisation")).Id;
        var authorised = await stage.Do(cast.Officer, s => papers.Authorise(s, walked.Id, new(["international", "other"], 2024, 2025, "issuance", "US-CH 2025", letter, new NodaTime.LocalDate(2026, 2, 3)), default));
        var report = (await Paper("adjustment")).Id;
        await stage.Do(cast.Officer, s => papers.Adjust(s, walked.Id, authorised.Id, new(2024, "Biennial transparency report 2026", report), default));
        await stage.Do(cast.Officer, s => labels.Give(s, walked.Id, new(2024, "ccp", "Assessment of the methodology, category approved."), default));
        var mistaken = await stage.Do(cast.Officer, s => labels.Give(s, walked.Id, new(2025, "removal", "Methodology with removals."), default));
        await stage.Do(cast.Officer, s => labels.Take(s, walked.Id, mistaken.Id, "The reductions of 2025 are avoided harvests.", default));
        var done = (await stage.Do(cast.Officer, s => imports.List(s, default))).First(i => i.State == CreditImportState.Applied);
        string Serial(string text) => "/credits/serials?q=" + Uri.EscapeDataString(text);
        return
        [
            (null, ["/credits/bodies", $"/credits/projects/{walked.Id}/claims", "/credits", "/credits?programme=verra&sort=name", "/credits?text=nothing-has-this", $"/credits/projects/{walked.Id}", $"/credits/projects/{known.Id}", $"/credits/retirements/{order.Ending}", "/credits/serials", Serial(held.Serial), Serial("GS1-1-KE-GS11603-16-2025-30256-200-200"), Serial("ACR-US-1-2020-1-1 to 9"), Serial("no serial"), Serial($"ACR-US-{walked.Number}-2024-1-1 to 40000")]),
            ("smelter@demo", ["/credits", $"/credits/projects/{concept.Id}", $"/credits/projects/{walked.Id}", "/credits/holdings", "/credits/orders", $"/credits/orders/{offered.Id}", "/credits/duplicates", $"/finance/{pledge}"]),
            ("smelter.approver@demo", ["/credits/holdings", $"/credits/projects/{walked.Id}"]),
            ("owner@demo", ["/credits/holdings", $"/credits/orders/{order.Id}", $"/finance/{pledge}"]),
            ("officer@demo", ["/credits", $"/credits/projects/{walked.Id}", $"/credits/projects/{walked.Id}/claims", "/credits/bodies", "/credits/import", $"/credits/import/{faults.File.Id}", $"/credits/import/{done.Id}", "/credits/safety"]),
            ("officer@demo", ["/credits", $"/credits/projects/{walked.Id}", "/credits/orders", "/credits/duplicates", $"/credits/duplicates/{match.Id}", "/credits/import", $"/credits/import/{faults.File.Id}", $"/credits/import/{done.Id}"]),
            ("authority@demo", ["/credits/orders", $"/credits/duplicates/{match.Id}"]),
            ("exchange@demo", ["/credits", "/credits/import"]),
        ];
    }
}
