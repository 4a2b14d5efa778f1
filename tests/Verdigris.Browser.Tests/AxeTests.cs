using Microsoft.Playwright;
using Verdigris.Passport.Demo;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Warrants;

namespace Verdigris.Browser.Tests;

/// <summary>axe-core, the judge of accessibility most tools use, over every main page: both languages, a desk and a phone, light and dark. Rules of WCAG 2.0, 2.1 and 2.2, level A and AA, all of them in English by day and in Chinese by night: every language and every scheme once.</summary>
[Collection(nameof(Stage))]
public sealed class AxeTests(Stage stage)
{
    const string Run = """
        async () => {
          const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] });
          return found.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ' | ' + (n.any[0] || n.all[0] || n.none[0] || {}).message));
        }
        """;

    static readonly Lazy<string> Axe = new(() =>
    {
        var file = Path.Combine(AppContext.BaseDirectory, "axe.min.js");
        Assert.True(File.Exists(file), "axe.min.js is missing: install Node.js with npm and build the tests again.");
        return File.ReadAllText(file) + "; 0";
    });

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("zh", ColorScheme.Dark)]
    public async Task No_page_breaks_a_rule_of_wcag_2_level_aa(string language, ColorScheme scheme)
    {
        var mark = $"AXE{language}{scheme}".ToUpperInvariant();
        var warrant = await stage.Issued(mark);
        var waiting = await stage.Published("W" + mark);
        var certificate = (await stage.Do(Stage.Staff, s => stage.Get<WarrantHandlers>().Read(s, warrant.Id, default))).Certificates[0];
        var draft = await stage.Do(Stage.Editor, s => stage.Get<EmissionsHandlers>().Create(s, new NewSubmission(Stage.Brand, 2024, EmissionsMethod.Cbam, new EmissionsValues(1.7m, 0.3m, Precursors: [new("Prebaked anodes", 0.42m, 0.3m, 0.05m)])), default));
        await using (var file = new MemoryStream("meter,kWh\nA,1\n"u8.ToArray())) await stage.Do(Stage.Editor, s => stage.Get<EvidenceHandlers>().Add(s, draft.Id, "meters.csv", file, default));
        var sourcing = await SourcingPages.Stocked(stage);
        var papers = await PaperPages.Stocked(stage);
        var lot = await LotPages.Stocked(stage);
        var mapping = await MappingPages.Stocked(stage);
        var publications = await PublicationPages.Stocked(stage);
        var finding = await stage.Anomaly("L" + mark);
        var seats = new (string? Seat, string[] Paths)[]
        {
            (null, [$"/check?number={papers.Number}", $"/b/{waiting.Certificate.Number}/none", $"/plants/{Stage.Plant}", "/", "/sign-in", "/about", "/developers", "/brands", $"/brands/{Stage.Brand}", "/organisations", $"/organisations/{Stage.Smelter}", $"/organisations/{Stage.Warehouse}", $"/check?number={waiting.Certificate.Number}", "/check?number=NONE-2026-000001", "/no-such-page", "/disclosures", "/disclosures?pillar=environment&sort=-until", "/methodologies", "/disclosures/adoption", $"/producers/{Stage.Smelter}", $"/compare?ids=company:{Stage.Smelter},brand:{Stage.Brand}", "/sourcing", "/sourcing/lists", "/sourcing/grievances", "/sourcing/grievances/new", $"/sourcing/published/{sourcing.Published}"]),
            ("smelter@demo", ["/certificates/import/mappings", $"/certificates/import/mappings/{mapping}", "/lots?ended=true", $"/lots/{lot.Split}", $"/lots/{lot.Child}", $"/lots/{lot.Child}/genealogy", $"/certificates/{certificate}/labels", "/", "/certificates", "/certificates?sort=-number", $"/certificates/new?brand={Stage.Brand}", "/certificates/import", $"/certificates/{certificate}", $"/certificates/{waiting.Certificate.Id}/correct", "/emissions", "/emissions/new", $"/emissions/{draft.Id}", $"/emissions/{draft.Id}/evidence", "/brands/new", "/brands/new?contract=AH", $"/organisations/{Stage.Smelter}", "/account", "/disclosures/own", "/disclosures/new", "/methodologies/new", "/targets/new", $"/sourcing/brands/{Stage.Brand}", $"/sourcing/assessments/{sourcing.Open}", $"/sourcing/assessments/{sourcing.Published}", $"/sourcing/flags/{sourcing.Flag}", "/sourcing/grievances/inbox"]),
            ("smelter.approver@demo", [$"/sourcing/assessments/{sourcing.Open}", $"/sourcing/flags/{sourcing.Flag}"]),
            (null, ["/publications", $"/publications/{DemoPublications.Consultation}", $"/publications/{publications.Open}", "/plants/map"]),
            ("smelter@demo", [$"/publications/{publications.Open}/respond"]),
            ("exchange@demo", [$"/publications/{publications.Draft}", $"/publications/{publications.Draft}/edit", $"/publications/{publications.Open}"]),
            ("exchange@demo", ["/sourcing/work", "/sourcing/lists", $"/sourcing/assessments/{sourcing.Published}", "/sourcing/grievances/inbox", $"/sourcing/grievances/{sourcing.Grievance}"]),
            ("smelter.approver@demo", [$"/plants/{Stage.Plant}"]),
            ("warehouse.approver@demo", ["/paper", $"/paper/{papers.Differs}", $"/paper/{papers.Published}", $"/organisations/{Stage.Warehouse}"]),
            ("warehouse@demo", ["/paper/new", $"/paper/{papers.Open}/type?brand={Stage.Brand}", $"/paper/{papers.Differs}", "/", "/inbound", $"/inbound/{waiting.Certificate.Number}", "/warrants", "/warrants/new", $"/warrants/{warrant.Id}", "/audit"]),
            ("owner@demo", ["/account/second-step", "/tasks", "/warrants?sort=brand", $"/warrants/{warrant.Id}", "/transfers", "/warrants/rent?tonnes=25&rate=0.5&days=60&schedule=2015-proposal", "/certificates"]),
            ("exchange@demo", ["/anomalies", $"/anomalies/{finding.Id}", "/", "/tasks?view=all", "/people", "/people/invite", "/clients", "/clients/new", "/organisations/new", $"/organisations/{Stage.Smelter}", $"/organisations/{Stage.Warehouse}", $"/organisations/{Stage.Albion}/administrator", $"/brands/{Stage.Brand}", "/audit"]),
        };
        await Visit(language, scheme, seats);
    }

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("zh", ColorScheme.Dark)]
    public async Task No_page_of_people_programs_and_applicants_breaks_one_either(string language, ColorScheme scheme) => await Visit(language, scheme, await IdentityPages.Seats(stage));

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("zh", ColorScheme.Dark)]
    public async Task No_page_of_the_warehouse_floor_and_of_lenders_breaks_one_either(string language, ColorScheme scheme) => await Visit(language, scheme, WarehousePages.Seats(await WarehousePages.Stocked(stage)));

    async Task Visit(string language, ColorScheme scheme, IEnumerable<(string? Seat, string[] Paths)> seats)
    {
        var faults = new List<string>();
        foreach (var (seat, paths) in seats)
        {
            await using var visitor = seat is null ? await Visitor.Come(stage, language, scheme: scheme) : await Visitor.SignedIn(stage, language, seat, scheme: scheme);
            foreach (var path in paths)
            {
                await visitor.Page.SetViewportSizeAsync(1280, 900);
                await visitor.Open(path);
                // What unfolds is part of the page.
                await visitor.Page.EvaluateAsync("() => document.querySelectorAll('main details').forEach(d => { d.open = true; })");
                await visitor.Page.EvaluateAsync(Axe.Value);
                foreach (var width in new[] { 1280, 390 })
                {
                    await visitor.Page.SetViewportSizeAsync(width, 844);
                    faults.AddRange((await visitor.Page.EvaluateAsync<string[]>(Run)).Select(f => $"{seat} {path} {width}: {f}"));
                }
            }
        }
        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    [Fact]
    public async Task The_judge_is_not_blind()
    {
        await using var visitor = await Visitor.Come(stage, "en");
        await visitor.Open("/about");
        await visitor.Page.EvaluateAsync("() => { const p = document.createElement('button'); document.querySelector('main').append(p); }");
        await visitor.Page.EvaluateAsync(Axe.Value);
        Assert.Contains(await visitor.Page.EvaluateAsync<string[]>(Run), f => f.StartsWith("button-name", StringComparison.Ordinal));
    }
}
