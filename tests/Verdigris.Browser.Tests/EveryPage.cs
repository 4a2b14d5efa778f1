using Verdigris.Passport.Demo;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Warrants;

namespace Verdigris.Browser.Tests;

/// <summary>Every page of the product with something to show on it, under the seat of each kind of reader who sees another page there. A new page is listed here. VERDIGRIS_PAGES, the beginning of a path, narrows it for whoever works on some of them.</summary>
static class EveryPage
{
    const string Missing = "/no-such-page";

    public static int StatusOf(string path) => path == Missing ? 404 : 200;

    static readonly Once<IReadOnlyList<(string? Seat, IReadOnlyList<string> Paths)>> Made = new(Make);

    /// <summary>Who opens which pages; each seat once, nobody first.</summary>
    public static Task<IReadOnlyList<(string? Seat, IReadOnlyList<string> Paths)>> Of(Stage stage) => Made.Of(stage);

    static async Task<IReadOnlyList<(string? Seat, IReadOnlyList<string> Paths)>> Make(Stage stage)
    {
        IEnumerable<(string? Seat, string[] Paths)> all =
        [
            .. await Certificates(stage), .. await Disclosures(stage), .. await Sourcing(stage), .. await Publications(stage), .. await Papers(stage), .. FootprintPages.Seats, .. SchemePages.Seats, .. await PricePages.Seats(stage), .. await ReportPages.Seats(stage), .. await MeterPages.Seats(stage), .. await CbamPages.Seats(stage), .. await OperatorPages.Seats(stage), .. StatisticsPages.Seats(stage), .. await RegistryPages.Seats(stage), .. await FinancePages.Seats(stage), .. Offices(), .. await CreditPages.Seats(stage),
            .. await IdentityPages.Seats(stage), .. WarehousePages.Seats(await WarehousePages.Stocked(stage)), .. PaymentPages.Seats(await PaymentPages.Stocked(stage)),
            .. await FixPages.Seats(stage), .. await MarketPages.Seats(stage),
        ];
        var only = Environment.GetEnvironmentVariable("VERDIGRIS_PAGES") ?? "";
        return [.. all.GroupBy(s => s.Seat, s => s.Paths.Where(p => p.StartsWith(only, StringComparison.Ordinal))).Select(g => (g.Key, (IReadOnlyList<string>)[.. g.SelectMany(p => p).Distinct()])).Where(s => s.Item2.Count > 0)];
    }

    static async Task<(string? Seat, string[] Paths)[]> Certificates(Stage stage)
    {
        var warrant = await stage.Issued("PAGES");
        var waiting = await stage.Published("WAITING");
        var certificate = (await stage.Do(Stage.Staff, s => stage.Get<WarrantHandlers>().Read(s, warrant.Id, default))).Certificates[0];
        var draft = await stage.Do(Stage.Editor, s => stage.Get<EmissionsHandlers>().Create(s, new NewSubmission(Stage.Brand, 2024, EmissionsMethod.Cbam, new EmissionsValues(1.7m, 0.3m, Precursors: [new("Prebaked anodes", 0.42m, 0.3m, 0.05m)])), default));
        await using (var file = new MemoryStream("meter,kWh\nA,1\n"u8.ToArray())) await stage.Do(Stage.Editor, s => stage.Get<EvidenceHandlers>().Add(s, draft.Id, new string('w', 150) + ".csv", file, default));
        var (lot, mapping, finding) = (await LotPages.Stocked(stage), await MappingPages.Stocked(stage), await stage.Anomaly("LATE"));
        var (number, id) = (waiting.Certificate.Number, waiting.Certificate.Id);
        return
        [
            (null, [$"/b/{number}/none", "/check", $"/check?number={number}", "/check?number=NONE-2026-000001", $"/plants/{Stage.Plant}", "/brands", $"/brands/{Stage.Brand}", "/organisations", $"/organisations/{Stage.Smelter}", $"/organisations/{Stage.Warehouse}"]),
            ("smelter@demo",
            [
                "/certificates", "/certificates?sort=-number", "/certificates/new", $"/certificates/new?brand={Stage.Brand}", $"/certificates/{certificate}", $"/certificates/{id}/correct", $"/certificates/{certificate}/labels",
                "/certificates/import", "/certificates/import/mappings", $"/certificates/import/mappings/{mapping}", "/lots?ended=true", $"/lots/{lot.Split}", $"/lots/{lot.Child}", $"/lots/{lot.Child}/genealogy",
                "/emissions", "/emissions/new", $"/emissions/{draft.Id}", $"/emissions/{draft.Id}/evidence", "/brands/new", "/brands/new?contract=AH", $"/organisations/{Stage.Smelter}",
            ]),
            ("smelter.approver@demo", [$"/plants/{Stage.Plant}", $"/certificates/{id}", $"/organisations/{Stage.Smelter}", "/certificates?state=Voided"]),
            ("warehouse@demo", ["/inbound", $"/inbound/{number}", "/warrants", "/warrants/new", $"/warrants/{warrant.Id}", "/certificates"]),
            ("warehouse.approver@demo", [$"/organisations/{Stage.Warehouse}"]),
            ("owner@demo", ["/warrants?sort=brand", $"/warrants/{warrant.Id}", "/transfers", "/warrants/rent", "/warrants/rent?tonnes=25&rate=0.5&days=60&schedule=2015-proposal", "/certificates", $"/certificates/{certificate}", "/emissions"]),
            ("exchange@demo", ["/anomalies", $"/anomalies/{finding.Id}", "/organisations/new", $"/organisations/{Stage.Smelter}", $"/organisations/{Stage.Warehouse}", $"/organisations/{Stage.Albion}/administrator", $"/brands/{Stage.Brand}", "/warrants", $"/warrants/{warrant.Id}", "/certificates", "/emissions"]),
        ];
    }

    static async Task<(string? Seat, string[] Paths)[]> Disclosures(Stage stage)
    {
        var (made, group) = (await DisclosurePages.Stocked(stage), await GroupPages.Stocked(stage));
        return
        [
            (null, ["/disclosures", "/disclosures?pillar=environment&sort=-until", $"/disclosures/{made.Shown}", "/methodologies", $"/methodologies/{made.Methodology}", "/disclosures/adoption", $"/producers/{Stage.Smelter}", $"/compare?ids=company:{Stage.Smelter},brand:{Stage.Brand}", "/groups", $"/groups/{group}?asOf=2021-01-01"]),
            ("smelter@demo", ["/disclosures/own", "/disclosures/new", $"/disclosures/new?methodology={made.Methodology}", $"/disclosures/{made.Draft}", $"/disclosures/{made.Draft}/edit", "/methodologies/new", "/targets/new", $"/targets/{made.Target}"]),
            ("smelter.approver@demo", [$"/disclosures/{made.Draft}", $"/disclosures/{made.Shown}", $"/targets/{made.Target}", "/groups", $"/groups/{group}"]),
            ("exchange@demo", [$"/methodologies/{made.Applied}", $"/disclosures/{made.Shown}"]),
        ];
    }

    static async Task<(string? Seat, string[] Paths)[]> Sourcing(Stage stage)
    {
        var made = await SourcingPages.Stocked(stage);
        return
        [
            (null, ["/sourcing", "/sourcing/lists", "/sourcing/grievances", "/sourcing/grievances/new", $"/sourcing/published/{made.Published}"]),
            ("smelter@demo", [$"/sourcing/brands/{Stage.Brand}", $"/sourcing/assessments/{made.Open}", $"/sourcing/assessments/{made.Published}", $"/sourcing/flags/{made.Flag}", "/sourcing/grievances/inbox"]),
            ("smelter.approver@demo", [$"/sourcing/assessments/{made.Open}", $"/sourcing/flags/{made.Flag}"]),
            ("exchange@demo", ["/sourcing/work", "/sourcing/lists", $"/sourcing/assessments/{made.Published}", "/sourcing/grievances/inbox", $"/sourcing/grievances/{made.Grievance}"]),
        ];
    }

    static async Task<(string? Seat, string[] Paths)[]> Publications(Stage stage)
    {
        var made = await PublicationPages.Stocked(stage);
        return
        [
            (null, ["/publications", $"/publications/{DemoPublications.Consultation}", $"/publications/{made.Open}", "/plants/map"]),
            ("smelter@demo", [$"/publications/{made.Open}/respond"]),
            ("exchange@demo", [$"/publications/{made.Draft}", $"/publications/{made.Draft}/edit", $"/publications/{made.Open}"]),
        ];
    }

    static async Task<(string? Seat, string[] Paths)[]> Papers(Stage stage)
    {
        var made = await PaperPages.Stocked(stage);
        return
        [
            (null, [$"/check?number={made.Number}"]),
            ("warehouse@demo", ["/paper/new", $"/paper/{made.Open}/type?brand={Stage.Brand}", $"/paper/{made.Differs}"]),
            ("warehouse.approver@demo", ["/paper", $"/paper/{made.Differs}", $"/paper/{made.Published}"]),
        ];
    }

    static (string? Seat, string[] Paths)[] Offices() =>
    [
        (null, ["/", "/sign-in", "/about", "/developers", Missing]),
        ("smelter@demo", ["/", "/account"]),
        ("warehouse@demo", ["/", "/audit"]),
        ("owner@demo", ["/account/second-step", "/tasks"]),
        ("exchange@demo", ["/", "/tasks?view=all", "/people", "/people?sort=last", "/people/invite", "/clients", "/clients/new", "/audit"]),
    ];
}
