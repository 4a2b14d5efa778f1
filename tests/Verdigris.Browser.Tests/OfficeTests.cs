using System.Security.Cryptography;
using System.Text;
using Microsoft.Playwright;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Evidence;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>What staff do in the browser beside the walk of the metal: taking organisations in, listing a warehouse, the yearly form with its evidence, sorting lists by keyboard.</summary>
[Collection(nameof(Stage))]
public sealed class OfficeTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task The_exchange_takes_a_warehouse_in_with_its_unit_and_its_first_administrator(string language)
    {
        await using var staff = await Visitor.SignedIn(stage, language, "exchange@demo");
        await staff.Open("/organisations");
        await staff.Follow("passport.organisation.new");
        await staff.Press("passport.organisation.create");
        await staff.SeesWords("refusal.input.required");
        await staff.Page.GetByLabel(staff.Text("passport.kind.Warehouse"), new() { Exact = true }).CheckAsync();
        await staff.Field("passport.name").FillAsync("Northern Quay Storage " + language);
        await staff.Field("passport.country").FillAsync("se");
        await staff.Press("passport.organisation.create");
        await staff.SeesWords("passport.done.organisation-created");

        await staff.Page.GetByText(staff.Text("passport.warehouse.add")).First.ClickAsync();
        await staff.Field("passport.warehouse.unit").FillAsync("NQS-" + language);
        await staff.Field("passport.name").Last.FillAsync("Quay 4");
        await staff.Field("passport.location").FillAsync("SE GOT");
        await staff.Press("passport.warehouse.add");
        await staff.SeesWords("refusal.warehouse.metal-missing");
        await Assertions.Expect(staff.Field("passport.location")).ToHaveValueAsync("SE GOT");
        await staff.Page.GetByLabel(staff.Text("passport.metal.AL"), new() { Exact = true }).CheckAsync();
        await staff.Press("passport.warehouse.add");
        await staff.SeesWords("passport.done.warehouse-added");
        await staff.Sees("SEGOT");

        await staff.Follow("passport.organisation.first-administrator");
        await staff.Field("server.people.name").FillAsync("Karin Holm");
        await staff.Field("server.account.sign-in-name").FillAsync($"karin.{language}@quay.example");
        await staff.Press("server.people.invite-do");
        await staff.SeesWords("server.people.invited");
        await staff.Sees("/invitation/");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task An_approver_hands_in_the_plants_own_key_revokes_it_and_makes_a_new_one(string language)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using var approver = await Visitor.SignedIn(stage, language, "smelter.approver@demo", 390, 844);
        await approver.Open($"/organisations/{Stage.Smelter}");
        await approver.Page.Locator($"a[href='/plants/{Stage.Plant}']").First.ClickAsync();
        try
        {
            await approver.Page.Locator("summary", new() { HasText = approver.Text("passport.plants.own") }).ClickAsync();
            await approver.Field("passport.plants.own-key").FillAsync(own.ExportPkcs8PrivateKeyPem());
            await approver.Press("passport.plants.own");
            await approver.SeesWords("refusal.key.private");
            await Assertions.Expect(approver.Field("passport.plants.own-key")).ToHaveValueAsync("");
            await approver.Field("passport.plants.own-key").FillAsync(own.ExportSubjectPublicKeyInfoPem());
            await approver.Press("passport.plants.own");
            await approver.SeesWords("passport.done.key-handed-in");
            await approver.SeesWords("passport.plants.held.producer");

            await approver.Page.Locator("summary", new() { HasText = approver.Text("passport.plants.revoke") }).ClickAsync();
            await approver.Field("passport.plants.key-id").SelectOptionAsync(PublicJwk.Of(own).Thumbprint());
            await approver.Press("passport.plants.revoke");
            await approver.SeesWords("refusal.input.required");
            await approver.Field("passport.reason").FillAsync("Laptop lost");
            await approver.Press("passport.plants.revoke");
            await approver.SeesWords("passport.done.key-revoked");
            await approver.Sees("Laptop lost");
        }
        finally
        {
            // The other tests sign with the key of the register.
            await approver.Open($"/plants/{Stage.Plant}");
            await approver.Page.Locator("summary", new() { HasText = approver.Text("passport.plants.make") }).ClickAsync();
            await approver.Press("passport.plants.make");
            await approver.SeesWords("passport.done.key-made");
        }
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task The_yearly_form_takes_precursors_and_evidence_and_the_exchange_can_fetch_it(string language)
    {
        string path;
        await using (var smelter = await Visitor.SignedIn(stage, language, "smelter@demo", 390, 844))
        {
            await smelter.Open($"/emissions/new?brand={Stage.Brand}&year=2025");
            await smelter.Field("passport.emissions.method").SelectOptionAsync(language == "en" ? "Iai" : "Epd");
            await smelter.Page.Locator("[name='Input.Values.DirectTco2ePerT']").FillAsync("1.61");
            await smelter.Page.Locator("[name='Input.Values.IndirectTco2ePerT']").FillAsync("0.3");
            await smelter.Press("passport.emissions.more-precursors");
            // The third row is filled and the first two are left empty: what is wrong is said at the row that was typed.
            await Row(2, "Name").FillAsync("Prebaked anodes");
            await Row(2, "TonnesPerTonne").FillAsync("much");
            await Row(2, "DirectTco2ePerT").FillAsync("0.3");
            await Row(2, "IndirectTco2ePerT").FillAsync("0.05");
            await smelter.Press("passport.emissions.save");
            await Assertions.Expect(Row(2, "TonnesPerTonne")).ToHaveAttributeAsync("aria-invalid", "true");
            await Row(2, "TonnesPerTonne").FillAsync("0.42");
            await smelter.Press("passport.emissions.save");
            await smelter.SeesWords("passport.done.emissions-saved");
            await smelter.Sees("Prebaked anodes");
            path = new Uri(smelter.Page.Url).AbsolutePath;

            await smelter.Follow("passport.evidence.change");
            await smelter.Page.Locator("input[type=file]").SetInputFilesAsync([File("meters.csv", "meter,kWh\nA,1\n"), File("virus.exe", "MZ")]);
            await smelter.Press("passport.evidence.add");
            // The good one is kept, the other is named.
            await smelter.SeesWords("refusal.emissions.evidence-kind-not-allowed", ("name", "virus.exe"), ("allowed", EvidenceRules.Allowed));
            await Assertions.Expect(smelter.Page.GetByRole(AriaRole.Link, new() { Name = "meters.csv" })).ToHaveCountAsync(1);
            await smelter.Sees(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("meter,kWh\nA,1\n"u8)));
            await smelter.Page.Locator("input[type=file]").SetInputFilesAsync(File("plan.pdf", "%PDF-1.7 plan"));
            await smelter.Press("passport.evidence.add");
            await smelter.SeesWords("passport.done.evidence-added");
            await smelter.Page.GetByRole(AriaRole.Button, new() { Name = smelter.Text("passport.evidence.remove") + " plan.pdf" }).ClickAsync();
            await smelter.SeesWords("passport.done.evidence-removed");
            await Assertions.Expect(smelter.Page.GetByRole(AriaRole.Link, new() { Name = "plan.pdf" })).ToHaveCountAsync(0);

            ILocator Row(int i, string field) => smelter.Page.Locator($"[name='Input.Values.Precursors[{i}].{field}']");
        }
        await using var exchange = await Visitor.SignedIn(stage, language, "exchange@demo");
        Assert.Equal(404, (await exchange.Open(path))!.Status); // a draft is the producer's own
        await using (var approver = await Visitor.SignedIn(stage, language, "smelter.approver@demo"))
        {
            await approver.Open(path);
            await approver.Press("passport.emissions.submit");
            await approver.SeesWords("passport.done.emissions-submitted");
        }
        await exchange.Open(path);
        await exchange.Sees("Prebaked anodes");
        var download = await exchange.Page.RunAndWaitForDownloadAsync(() => exchange.Page.GetByRole(AriaRole.Link, new() { Name = "meters.csv" }).ClickAsync());
        Assert.Equal("meters.csv", download.SuggestedFilename);
        Assert.Equal("meter,kWh\nA,1\n", await System.IO.File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken));

        static FilePayload File(string name, string text) => new() { Name = name, MimeType = "application/octet-stream", Buffer = Encoding.UTF8.GetBytes(text) };
    }

    [Fact]
    public async Task A_list_is_sorted_with_the_keyboard_and_says_how()
    {
        foreach (var mark in new[] { "SORTA", "SORTB", "SORTC" }) await stage.Published(mark);
        await using var smelter = await Visitor.SignedIn(stage, "en", "smelter@demo");
        await smelter.Open("/certificates");
        var head = smelter.Page.GetByRole(AriaRole.Columnheader, new() { Name = "Number" });
        await Assertions.Expect(head).ToHaveAttributeAsync("aria-sort", "none");
        await Press();
        await Assertions.Expect(head).ToHaveAttributeAsync("aria-sort", "ascending");
        var up = await Numbers();
        Assert.Equal(up.Order(StringComparer.Ordinal), up);
        await Press();
        await Assertions.Expect(head).ToHaveAttributeAsync("aria-sort", "descending");
        var down = await Numbers();
        Assert.Equal(down.OrderDescending(StringComparer.Ordinal), down);
        // On a phone the heads give way to links above the cards.
        await smelter.Page.SetViewportSizeAsync(390, 844);
        await smelter.Page.GetByRole(AriaRole.Navigation, new() { Name = smelter.Text("web.table.sort") }).GetByRole(AriaRole.Link, new() { Name = smelter.Text("passport.production-date") }).ClickAsync();
        await Assertions.Expect(smelter.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/certificates\\?sort=produced$"));

        async Task Press()
        {
            var before = smelter.Page.Url;
            await head.GetByRole(AriaRole.Link).PressAsync("Enter");
            // What stands there is waited for, not the browser's word that it has loaded: the shell without windows now and then keeps that to itself.
            await Assertions.Expect(smelter.Page).Not.ToHaveURLAsync(before, new() { Timeout = 30_000 });
            await Assertions.Expect(smelter.Page.GetByRole(AriaRole.Contentinfo)).ToBeVisibleAsync();
        }

        async Task<List<string>> Numbers() => [.. (await smelter.Page.GetByRole(AriaRole.Rowheader).AllInnerTextsAsync()).Select(n => n.Trim())];
    }

    [Theory]
    [InlineData("en", 2021)]
    [InlineData("zh", 2020)]
    public async Task The_slower_of_two_deciders_is_told_so_where_he_decided_and_sees_who_was_first(string language, int year)
    {
        var form = await stage.Do(Stage.Editor, s => stage.Get<EmissionsHandlers>().Create(s, new NewSubmission(Stage.Brand, year, EmissionsMethod.Cbam, new EmissionsValues(1.7m, 0.3m)), default));
        await stage.Do(Stage.Approver, s => stage.Get<EmissionsHandlers>().Submit(s, form.Id, default));
        await using var reader = stage.Get<IDbSessions>().Open(Stage.Staff);
        var task = Assert.Single((await stage.Get<Approvals>().Inbox(reader, new TaskFilter(TaskView.ForMe, SubjectId: form.Id.ToString()), default)).Items);
        await using var first = await Visitor.SignedIn(stage, language, "exchange@demo");
        await using var slower = await Visitor.SignedIn(stage, language, "exchange.second@demo", 390, 844);
        await first.Open($"/tasks/{task.Id}");
        await slower.Open($"/tasks/{task.Id}");
        await first.Press("server.task.approve");
        await first.SeesWords("server.task.done.approved");
        await slower.Press("server.task.approve");
        await slower.SeesWords("refusal.approval.decided");
        await slower.Sees("Priya Raman");
        await Assertions.Expect(slower.Page.GetByRole(AriaRole.Button, new() { Name = slower.Text("server.task.approve"), Exact = true })).ToHaveCountAsync(0);
    }
}
