using Microsoft.Playwright;
using Verdigris.Passport.Demo;
using Verdigris.Passport.Emissions;
using Verdigris.Server;

namespace Verdigris.Browser.Tests;

/// <summary>What every page must have, whoever looks: a language, one heading, named controls, ids used once, nothing wider than a phone, no missing text, no console error.</summary>
[Collection(nameof(Stage))]
public sealed class PageHealthTests(Stage stage)
{
    /// <summary>Basic faults of accessibility, found in the page itself. Answers a list of words; empty is healthy.</summary>
    const string Faults = """
        () => {
          const faults = [];
          const lang = document.documentElement.lang;
          if (lang !== 'en' && lang !== 'zh-Hans') faults.push('html lang is "' + lang + '"');
          if (!document.title.trim() || document.title.startsWith(' ·')) faults.push('no title');
          const h1 = document.querySelectorAll('h1');
          if (h1.length !== 1) faults.push(h1.length + ' h1');
          let last = 0;
          for (const h of document.querySelectorAll('h1, h2, h3, h4')) {
            if (h.closest('details:not([open])')) continue;
            const level = Number(h.tagName[1]);
            if (last && level > last + 1) faults.push('heading jumps to ' + h.tagName + ': ' + h.textContent.trim().slice(0, 40));
            last = level;
            if (!h.textContent.trim()) faults.push('empty ' + h.tagName);
          }
          const name = e => (e.getAttribute('aria-label') || e.textContent || e.title || '').trim();
          for (const e of document.querySelectorAll('a[href], button, summary')) if (!name(e)) faults.push('no name: ' + e.outerHTML.slice(0, 80));
          for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
            if (!(e.labels && e.labels.length && [...e.labels].some(l => l.textContent.trim())) && !e.getAttribute('aria-label')) faults.push('no label: ' + e.outerHTML.slice(0, 100));
          const ids = new Map();
          for (const e of document.querySelectorAll('[id]')) ids.set(e.id, (ids.get(e.id) || 0) + 1);
          for (const [id, n] of ids) if (n > 1) faults.push('id ' + id + ' ' + n + ' times');
          for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
            for (const id of ((e.getAttribute('aria-describedby') || '') + ' ' + (e.getAttribute('aria-labelledby') || '')).split(' ').filter(Boolean))
              if (!document.getElementById(id)) faults.push('points to missing id ' + id);
          for (const e of document.querySelectorAll('img')) if (!e.hasAttribute('alt')) faults.push('img without alt');
          for (const e of document.querySelectorAll('table')) if (!e.querySelector('th')) faults.push('table without th');
          if (document.querySelector('[style]')) faults.push('inline style: ' + document.querySelector('[style]').outerHTML.slice(0, 80));
          const missing = document.body.innerText.match(/⟦[^⟧]*⟧/g);
          if (missing) faults.push('texts missing: ' + [...new Set(missing)].join(' '));
          const hole = document.body.innerText.match(/\{[a-z]+[A-Za-z]*\}/g);
          if (hole) faults.push('placeholders left: ' + [...new Set(hole)].join(' '));
          return faults;
        }
        """;

    const string Overflow = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth";

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task Every_page_is_healthy_on_a_desk_and_on_a_phone(string language)
    {
        var warrant = await stage.Issued("HEALTH" + language);
        var waiting = await stage.Published("WAIT" + language);
        var certificate = (await stage.Do(Stage.Staff, s => stage.Get<Verdigris.Passport.Warrants.WarrantHandlers>().Read(s, warrant.Id, default))).Certificates[0];
        var draft = await stage.Do(Stage.Editor, s => stage.Get<EmissionsHandlers>().Create(s, new NewSubmission(Stage.Brand, 2023, EmissionsMethod.Cbam, new EmissionsValues(1.7m, 0.3m, Precursors: [new("Prebaked anodes", 0.42m, 0.3m, 0.05m)])), default));
        await using (var file = new MemoryStream("meter,kWh\nA,1\n"u8.ToArray())) await stage.Do(Stage.Editor, s => stage.Get<EvidenceHandlers>().Add(s, draft.Id, new string('w', 150) + ".csv", file, default));
        var sourcing = await SourcingPages.Stocked(stage);
        var papers = await PaperPages.Stocked(stage);
        var lot = await LotPages.Stocked(stage);
        var mapping = await MappingPages.Stocked(stage);
        var publications = await PublicationPages.Stocked(stage);
        var finding = await stage.Anomaly("LATE" + language);
        var seats = new (string? Seat, string[] Paths)[]
        {
            (null, [$"/check?number={papers.Number}", $"/b/{waiting.Certificate.Number}/none", $"/plants/{Stage.Plant}", "/", "/brands", $"/brands/{Stage.Brand}", "/organisations", $"/organisations/{Stage.Smelter}", $"/organisations/{Stage.Warehouse}", "/check", $"/check?number={waiting.Certificate.Number}", "/check?number=NONE-2026-000001", "/disclosures", "/disclosures?pillar=environment&sort=-until", "/methodologies", "/disclosures/adoption", $"/producers/{Stage.Smelter}", $"/compare?ids=company:{Stage.Smelter},brand:{Stage.Brand}", "/sourcing", "/sourcing/lists", "/sourcing/grievances", "/sourcing/grievances/new", $"/sourcing/published/{sourcing.Published}"]),
            ("smelter@demo", ["/certificates/import/mappings", $"/certificates/import/mappings/{mapping}", "/lots?ended=true", $"/lots/{lot.Split}", $"/lots/{lot.Child}", $"/lots/{lot.Child}/genealogy", $"/certificates/{certificate}/labels", "/certificates", "/certificates/new", "/certificates/import", $"/certificates/{certificate}", $"/certificates/{waiting.Certificate.Id}/correct", "/emissions", "/emissions/new", $"/emissions/{draft.Id}", $"/emissions/{draft.Id}/evidence", "/certificates?sort=-produced", "/brands/new", "/brands/new?contract=AH", $"/organisations/{Stage.Smelter}", "/disclosures/own", "/disclosures/new", "/methodologies/new", "/targets/new", $"/sourcing/brands/{Stage.Brand}", $"/sourcing/assessments/{sourcing.Open}", $"/sourcing/assessments/{sourcing.Published}", $"/sourcing/flags/{sourcing.Flag}", "/sourcing/grievances/inbox"]),
            ("smelter.approver@demo", [$"/sourcing/assessments/{sourcing.Open}", $"/sourcing/flags/{sourcing.Flag}"]),
            (null, ["/publications", $"/publications/{DemoPublications.Consultation}", $"/publications/{publications.Open}", "/plants/map"]),
            ("smelter@demo", [$"/publications/{publications.Open}/respond"]),
            ("exchange@demo", [$"/publications/{publications.Draft}", $"/publications/{publications.Draft}/edit", $"/publications/{publications.Open}"]),
            ("exchange@demo", ["/sourcing/work", "/sourcing/lists", $"/sourcing/assessments/{sourcing.Published}", "/sourcing/grievances/inbox", $"/sourcing/grievances/{sourcing.Grievance}"]),
            ("smelter.approver@demo", [$"/plants/{Stage.Plant}", $"/certificates/{waiting.Certificate.Id}", $"/organisations/{Stage.Smelter}", "/certificates?state=Voided"]),
            ("warehouse.approver@demo", ["/paper", $"/paper/{papers.Differs}", $"/paper/{papers.Published}", $"/organisations/{Stage.Warehouse}"]),
            ("warehouse@demo", ["/paper/new", $"/paper/{papers.Open}/type?brand={Stage.Brand}", $"/paper/{papers.Differs}", "/inbound", $"/inbound/{waiting.Certificate.Number}", "/warrants", "/warrants/new", $"/warrants/{warrant.Id}", "/certificates"]),
            ("owner@demo", ["/account/second-step", "/tasks", "/warrants", $"/warrants/{warrant.Id}", "/transfers", "/warrants/rent", "/warrants/rent?tonnes=25&rate=0.5&days=60&schedule=2015-proposal", "/certificates", $"/certificates/{certificate}", "/emissions"]),
            ("exchange@demo", ["/anomalies", $"/anomalies/{finding.Id}", "/organisations/new", $"/organisations/{Stage.Warehouse}", $"/organisations/{Stage.Albion}/administrator", "/people?sort=last", "/warrants", "/certificates", "/emissions", $"/brands/{Stage.Brand}", $"/warrants/{warrant.Id}"]),
        };
        await Visit(language, seats);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task Pages_of_people_programs_and_applicants_are_healthy_too(string language) => await Visit(language, await IdentityPages.Seats(stage));

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task Pages_of_the_warehouse_floor_and_of_lenders_are_healthy_too(string language) => await Visit(language, WarehousePages.Seats(await WarehousePages.Stocked(stage)));

    async Task Visit(string language, IEnumerable<(string? Seat, string[] Paths)> seats)
    {
        var faults = new List<string>();
        foreach (var (seat, paths) in seats)
        {
            await using var visitor = seat is null ? await Visitor.Come(stage, language) : await Visitor.SignedIn(stage, language, seat);
            foreach (var path in paths)
            {
                await visitor.Page.SetViewportSizeAsync(1280, 900);
                var answer = await visitor.Open(path);
                if (answer!.Status != 200) faults.Add($"{seat} {path}: {answer.Status}");
                foreach (var fault in await visitor.Page.EvaluateAsync<string[]>(Faults)) faults.Add($"{seat} {path}: {fault}");
                foreach (var width in new[] { 1280, 390 })
                {
                    await visitor.Page.SetViewportSizeAsync(width, 844);
                    var over = await visitor.Page.EvaluateAsync<int>(Overflow);
                    if (over > 0) faults.Add($"{seat} {path}: {over} px wider than {width}");
                }
            }
            faults.AddRange(visitor.Errors);
        }
        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    [Fact]
    public async Task A_form_keeps_what_was_typed_and_says_what_is_wrong_without_script()
    {
        await using var context = await stage.Chromium.NewContextAsync(new() { BaseURL = stage.Address.ToString(), JavaScriptEnabled = false, Locale = "en-GB" });
        var page = await context.NewPageAsync();
        await page.GotoAsync("/sign-in?return=/certificates/new?brand=" + Stage.Brand);
        await page.GetByLabel("Sign-in name").FillAsync("smelter@demo");
        await page.GetByLabel("Password").FillAsync(DemoPeople.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GotoAsync("/certificates/new?brand=" + Stage.Brand);
        await page.GetByLabel("Heats").FillAsync("H9, H9");
        await page.GetByLabel("Net weight", new() { Exact = true }).First.FillAsync("25,000");
        await page.GetByLabel("Gross weight").FillAsync("a lot");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check without saving" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("“a lot” is not a number");
        await Assertions.Expect(page.GetByLabel("Heats")).ToHaveValueAsync("H9, H9");
        await Assertions.Expect(page.GetByLabel("Gross weight")).ToHaveValueAsync("a lot");
    }
}
