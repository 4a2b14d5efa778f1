using System.Globalization;
using System.Text;
using Microsoft.Playwright;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Sourcing;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warrants;

namespace Verdigris.Browser.Tests;

/// <summary>The passport's other walks: a brand is listed, an assessment finds a red flag, a warehouse's day on a phone, a code on a bundle is read.</summary>
[Collection(nameof(Stage))]
public sealed class PassportWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_brand_is_applied_for_and_listed_step_by_step_each_by_two_people(string language)
    {
        var code = "LW" + language.ToUpperInvariant();
        var plant = await stage.Do(Stage.Editor, s => stage.Get<OrganisationHandlers>().AddPlant(s, new NewPlant(Stage.Smelter, code, "Smelter of " + code, null, "NO", null, null, 90_000m, ["casting"]), default));
        await using var producer = await Visitor.SignedIn(stage, language, "smelter@demo");
        await producer.Open("/brands");
        await producer.Follow("passport.brand.apply");
        await producer.Field("passport.contract").SelectOptionAsync("AH");
        await producer.Press("passport.go-on");
        await producer.Field("passport.brand.name").FillAsync("Listing walk " + language);
        await producer.Field("passport.brand.code").FillAsync(code.ToLowerInvariant());
        await producer.Field("passport.brand.exchange-code").FillAsync(code);
        await producer.Field("passport.plant").SelectOptionAsync(plant.Id.ToString());
        await producer.Field("passport.capacity").FillAsync("eighty thousand");
        await producer.Page.Locator("#shape-ingot").CheckAsync();
        await producer.Press("passport.brand.apply-send");
        // A capacity in words is refused, and nothing typed is lost.
        await Assertions.Expect(producer.Field("passport.brand.name")).ToHaveValueAsync("Listing walk " + language);
        await producer.Field("passport.capacity").FillAsync("80000");
        await producer.Press("passport.brand.apply-send");
        await producer.SeesWords("passport.done.brand-applied");

        await using var staff = await Visitor.SignedIn(stage, language, "exchange@demo");
        await using var second = await Visitor.SignedIn(stage, language, "exchange.second@demo");
        foreach (var (state, notice) in new[] { ("Testing", "26/301"), ("Committee", "26/302"), ("Listed", "26/303") })
        {
            await staff.Open("/brands/" + code);
            await staff.Field("passport.brand.new-state").SelectOptionAsync(state);
            await staff.Field("passport.brand.notice").FillAsync(notice);
            await staff.Press("passport.brand.propose");
            await staff.SeesWords("passport.done.listing-proposed");
            await second.Open("/tasks");
            await second.FollowText(code);
            await second.Press("server.task.approve");
            await second.SeesWords("server.task.done.approved");
        }

        await using var anybody = await Visitor.Come(stage, language);
        await anybody.Open("/brands/" + code);
        await anybody.SeesWords("passport.brand.state.Listed");
        foreach (var notice in new[] { "26/301", "26/302", "26/303" }) await anybody.Sees(notice);
    }

    [Theory]
    [InlineData("en", 2023)]
    [InlineData("zh", 2022)]
    public async Task A_red_flag_assessment_goes_from_suppliers_to_a_flag_that_a_second_person_decides(string language, int year)
    {
        // Suppliers are screened against a list that held on the day.
        await stage.Do(Stage.Staff, s => stage.Get<CahraHandlers>().Import(s, new("List of the walk", "made for tests", new(2020, 1, 1)), new MemoryStream(Encoding.UTF8.GetBytes("country or area,from,to,source\nXB,2019-01-01,,made for tests\n")), default));
        await using var editor = await Visitor.SignedIn(stage, language, "smelter@demo");
        await editor.Open("/sourcing/brands/" + Stage.Brand);
        await editor.Field("sourcing.year").FillAsync(year.ToString(CultureInfo.InvariantCulture));
        await editor.Press("sourcing.open");
        var path = new Uri(editor.Page.Url).AbsolutePath;
        await editor.Field("sourcing.day").FillAsync($"{year}-06-01");
        await editor.Press("sourcing.begin");
        await editor.Field("sourcing.legal-name").FillAsync("Harbour Ores");
        await editor.Field("sourcing.seat").FillAsync("ch");
        await editor.Field("sourcing.material").SelectOptionAsync("concentrate");
        foreach (var field in new[] { "Origins", "Transits" }) await editor.Page.Locator($"[name='Input.{field}']").FillAsync("CL");
        foreach (var (field, text) in new[] { ("Route", "by sea"), ("TonnesPerYear", "900"), ("Mines", "Mine one") }) await editor.Page.Locator($"[name='Input.{field}']").FillAsync(text);
        await editor.Page.Locator("[name='Input.SharePercent']").FillAsync("140");
        await editor.Press("sourcing.add-supplier");
        // More than all of it: said at its field, the rest kept.
        await Assertions.Expect(editor.Field("sourcing.legal-name")).ToHaveValueAsync("Harbour Ores");
        await editor.Page.Locator("[name='Input.SharePercent']").FillAsync("40");
        await editor.Press("sourcing.add-supplier");
        await editor.Sees("Harbour Ores");
        await editor.Press("sourcing.act.screen");
        await editor.Field("sourcing.flag").SelectOptionAsync("circumstance");
        await editor.Page.Locator("[name='Input.SupplierKey']").SelectOptionAsync("S1");
        await editor.Field("sourcing.evidence-day").FillAsync($"{year}-05-30");
        await editor.Field("sourcing.evidence").FillAsync("More tonnes than the mine has ever made");
        await editor.Press("sourcing.raise-flag");
        await editor.SeesWords("sourcing.decision.Open");

        await using var approver = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await approver.Open(path);
        await approver.Press("sourcing.act.conclude");
        await approver.SeesWords("refusal.sourcing.flags-open", ("count", "1"));
        await approver.Page.Locator("a[href^='/sourcing/flags/']").First.ClickAsync();
        await approver.Sees("More tonnes than the mine has ever made");
        await approver.Page.Locator("[name='Decision']").SelectOptionAsync("Confirmed");
        await approver.Page.Locator("[name='Risks']").First.CheckAsync();
        await approver.Field("sourcing.decide-reason").FillAsync("The mine's own report says a tenth of it");
        await approver.Press("sourcing.decide");
        await approver.Open(path);
        await approver.Press("sourcing.act.conclude");
        await approver.SeesWords("sourcing.state.FlagsFound");
    }

    /// <summary>In the morning metal comes in (the walk of the metal shows that); then some leaves past two people, and in the evening the floor is counted.</summary>
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_warehouse_day_on_a_phone_ends_with_the_metal_gone_and_the_floor_counted(string language)
    {
        var mark = "DAY" + language.ToUpperInvariant();
        var warrant = await stage.Issued(mark);
        await stage.Do(Stage.Owner, s => stage.Get<LoadOutHandlers>().Cancel(s, warrant.Id, default));
        await stage.Do(Stage.Operator, s => stage.Get<LoadOutHandlers>().Queue(s, warrant.Id, default));
        await using var floor = await Visitor.SignedIn(stage, language, "warehouse@demo", 390, 844);
        await floor.Open($"/warrants/{warrant.Id}/load-out");
        await floor.Press("passport.loadout.make");
        var order = await stage.Do(Stage.Operator, s => stage.Get<LoadOutOrders>().Read(s, warrant.Id, default));
        await using var gate = await Visitor.SignedIn(stage, language, "warehouse.approver@demo", 390, 844);
        await gate.Open($"/warrants/{warrant.Id}/load-out");
        // By hand two bundles and one that is not theirs; the rest with the scanner's own calls.
        await Scan(floor, "Floor", "STRANGE/B1", null);
        await floor.SeesWords("refusal.loadout.not-on-order", ("given", "STRANGE/B1"));
        foreach (var bundle in order.Bundles.Take(2))
        {
            await Scan(floor, "Floor", bundle.Code, bundle.Seal);
            await floor.SeesWords("passport.loadout.passed", ("code", bundle.Code));
            await Scan(gate, "Gate", bundle.Code, bundle.Seal);
            await gate.SeesWords("passport.loadout.passed", ("code", bundle.Code));
        }
        foreach (var (actor, place) in new[] { (Stage.Operator, ScanPlace.Floor), (Stage.Issuer, ScanPlace.Gate) })
            await stage.Do(actor, s => stage.Get<LoadOutOrders>().Scan(s, warrant.Id, place, [.. order.Bundles.Skip(2).Select(b => new NewScan(b.Code, b.Seal))], default));
        await floor.Open($"/warrants/{warrant.Id}/load-out");
        await floor.Field("passport.weigh.number").FillAsync("OUT-" + mark);
        await floor.Field("passport.match.scale").FillAsync("SCALE-7");
        await floor.Field("passport.gross").FillAsync((order.WeighedInKg!.Value + 380).ToString(CultureInfo.InvariantCulture));
        await floor.Field("passport.weigh.tare").FillAsync("380");
        await floor.Press("passport.weigh.keep");
        await floor.SeesWords("passport.loadout.complete");
        await floor.Press("passport.warrant.action.load-out");
        await gate.Open("/tasks");
        await gate.FollowText(warrant.Number);
        await gate.Press("server.task.approve");
        await gate.SeesWords("server.task.done.approved");

        await floor.Open($"/warehouses/{Stage.Unit}/floor-counts/new");
        await floor.Field("passport.floor.lines").FillAsync("L-NOBODY 25000");
        await floor.Press("passport.floor.compare");
        await floor.SeesWords("passport.floor.kind.WithoutWarrant");
        // What left is not missed.
        await floor.SeesNot("L-" + mark + " ");

        async Task Scan(Visitor who, string place, string code, string? seal)
        {
            await who.Page.GetByLabel(who.Text("passport.loadout.place." + place), new() { Exact = true }).CheckAsync();
            await who.Field("passport.loadout.code").FillAsync(code);
            await who.Field("passport.loadout.seal").FillAsync(seal ?? "");
            await who.Press("passport.loadout.keep");
        }
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task Whoever_reads_the_code_of_a_bundle_learns_whether_certificate_and_seal_are_good(string language)
    {
        var row = await stage.Published("QR" + language.ToUpperInvariant());
        var bundle = row.Certificate.Content.BundleList[0];
        await using var smelter = await Visitor.SignedIn(stage, language, "smelter@demo");
        await smelter.Open($"/certificates/{row.Certificate.Id}/labels");
        // The code on the label leads where the phone goes.
        Assert.True(await smelter.Page.Locator("svg, img").CountAsync() > 0);
        await using var phone = await Visitor.Come(stage, language, 390, 844);
        await phone.Open($"/b/{row.Certificate.Number}/{bundle.BundleNo}");
        await phone.SeesWords("passport.bundle.title", ("bundle", bundle.BundleNo));
        await phone.SeesNot(bundle.SealNo!);
        await phone.Field("passport.bundle.seal-read").FillAsync("ANOTHER");
        await phone.Press("passport.bundle.seal-check");
        await phone.SeesWords("passport.bundle.seal-differs");
        await phone.Field("passport.bundle.seal-read").FillAsync(bundle.SealNo!.ToLowerInvariant());
        await phone.Press("passport.bundle.seal-check");
        await phone.SeesWords("passport.bundle.seal-agrees");
        await phone.Open($"/b/{row.Certificate.Number}/NOSUCH");
        await phone.SeesWords("passport.bundle.none");
    }
}
