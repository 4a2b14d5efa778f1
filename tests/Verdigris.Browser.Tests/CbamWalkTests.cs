using System.IO.Compression;
using System.Text;
using Microsoft.Playwright;
using NodaTime;
using Verdigris.Cbam.Customs;
using Verdigris.Cbam.Dossier;

namespace Verdigris.Browser.Tests;

/// <summary>An importer's year at a browser: customs file in, a line on a supplier's figures, declaration out, certificates bought and surrendered, dossier taken home. In June 2027, when all of it falls due.</summary>
[Collection(nameof(Stage))]
public sealed class CbamWalkTests
{
    const string Importer = "DE5550001234567";

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_customs_file_becomes_a_declaration_surrendered_certificates_and_a_sealed_dossier(string language)
    {
        var stage = new Stage(Instant.FromUtc(2027, 6, 7, 8, 0));
        await stage.InitializeAsync();
        try { await Walk(stage, language); }
        finally { await stage.DisposeAsync(); }
    }

    static async Task Walk(Stage stage, string language)
    {
        await using var trader = await Visitor.SignedIn(stage, language, "owner@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "owner.approver@demo");

        await trader.Open("/cbam/declarant");
        foreach (var (name, text) in new[] { ("Eori", Importer), ("AppliedOn", "2025-11-03"), ("AuthorisedSince", "2026-01-12"), ("AccountNumber", "DE-CBAM-000417") }) await trader.Page.Locator($"[name='{name}']").FillAsync(text);
        await trader.Page.Locator("[name='MemberState']").SelectOptionAsync("DE");
        await trader.Press("cbam.save");

        // Two lines of India above the threshold, one of Norway that goes free.
        var csv = "mrn,item,cn,origin,netMassKg,releasedOn,importerEori,supplier\n" + Line(1, "76011010", "IN", 100_000, "2026-02-15") + Line(2, "76011010", "IN", 20_000, "2026-03-02") + Line(3, "76011010", "NO", 25_000, "2026-03-09");
        await trader.Open("/cbam/files");
        await trader.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "customs.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(csv) });
        await trader.Press("imports.check");
        await trader.Press("imports.apply-all");

        await trader.Open("/cbam/suppliers");
        await trader.Page.Locator("details.action summary").First.ClickAsync();
        foreach (var (name, text) in new[] { ("Name", "Konkan Aluminium"), ("Installation", "Ratnagiri smelter"), ("Country", "IN") }) await trader.Page.Locator($"[name='{name}']").FillAsync(text);
        await trader.Press("cbam.supplier.new");

        await trader.Open("/cbam/lines?text=" + Mrn(1));
        await trader.FollowText(Mrn(1));
        var line = new Uri(trader.Page.Url).AbsolutePath;
        await trader.Page.Locator("details.action:has([name='SupplierId']) summary").ClickAsync();
        await trader.Page.Locator("[name='SupplierId']").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        foreach (var (name, text) in new[] { ("Direct", "1.6"), ("Indirect", "0.3"), ("SupplierRoute", "K"), ("Verifier", "Klarsyn Assurance"), ("PeriodFrom", "2026-01-01"), ("PeriodTo", "2026-12-31") }) await trader.Page.Locator($"[name='{name}']").FillAsync(text);
        await trader.Press("cbam.link.make");
        await trader.Open(line);
        await trader.Press("cbam.compare.take-actual");
        // 100 t x (1.6 - 1.387425) by its own figures; by default it would have been 66.9575.
        await trader.Sees("21.2575");
        await trader.Sees("66.9575");

        await trader.Open("/cbam/declarations");
        await trader.Page.Locator("[name='Year']").SelectOptionAsync("2026");
        await trader.Press("cbam.declaration.open");
        var declaration = new Uri(trader.Page.Url).AbsolutePath;
        await trader.Press("cbam.declaration.propose");
        await Decide(approver);
        await trader.Open(declaration);
        await trader.SeesWords("cbam.declaration.state.Submitted");

        // 21.2575 and 13.3915 are 34.649: thirty-five whole ones.
        await Order(trader, "Purchase", 40, quarter: "1");
        await Decide(approver);
        await Order(trader, "Surrender", 35, declared: true);
        await Decide(approver);
        await trader.Open("/cbam/certificates");
        await Assertions.Expect(trader.Page.Locator("#holdings-table, main table").First.Locator("tbody tr").First).ToContainTextAsync("35");
        // Surrendered once: what is left does not pay for it a second time.
        await Order(trader, "Surrender", 35, declared: true, refused: true);

        // A correction opened by mistake goes, and stays to be seen.
        await trader.Open(declaration);
        await trader.Page.Locator("details.action:has([name='Reason']) summary").ClickAsync();
        await trader.Page.Locator("[name='Reason']").FillAsync("A line came late.");
        await trader.Press("cbam.declaration.correct");
        await trader.Page.Locator("details.action:has([name='DiscardReason']) summary").ClickAsync();
        await trader.Page.Locator("[name='DiscardReason']").FillAsync("It was there all the time.");
        await trader.Press("cbam.declaration.discard");
        await trader.SeesWords("cbam.declaration.state.Discarded");
        await trader.Sees("It was there all the time.");

        await trader.Open(declaration);
        var download = await trader.Page.RunAndWaitForDownloadAsync(() => trader.Page.Locator("a[download='dossier.zip']").ClickAsync());
        await using var content = File.OpenRead((await download.PathAsync())!);
        using var archive = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
        Assert.Superset(new HashSet<string> { "report.html", "data.json", "data.csv", "manifest.json", "manifest.jws" }, archive.Entries.Select(e => e.FullName).ToHashSet());
        Assert.Contains(Mrn(1), new StreamReader(archive.GetEntry("report.html")!.Open()).ReadToEnd(), StringComparison.Ordinal);
    }

    static string Mrn(int n)
    {
        var body = $"26DE{n:0000000000000}";
        return body + Verdigris.Cbam.Customs.Mrn.CheckDigit(body);
    }

    static string Line(int n, string cn, string origin, int kg, string day) => FormattableString.Invariant($"{Mrn(n)},1,{cn},{origin},{kg},{day},{Importer},Konkan Aluminium\n");

    /// <summary>The approver approves what is open.</summary>
    static async Task Decide(Visitor approver)
    {
        await approver.Open("/tasks");
        await approver.Page.Locator("main table tbody th a").First.ClickAsync();
        await approver.Press("server.task.approve");
        await approver.SeesWords("server.task.done.approved");
    }

    static async Task Order(Visitor trader, string kind, int count, string? quarter = null, bool declared = false, bool refused = false)
    {
        await trader.Open("/cbam/certificates");
        await trader.Page.Locator("details.action:has([name='Kind']) summary").ClickAsync();
        await trader.Page.Locator("[name='Kind']").SelectOptionAsync(kind);
        await trader.Page.Locator("[name='Count']").FillAsync(count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (quarter is not null) await trader.Page.Locator("[name='Quarter']").SelectOptionAsync(quarter);
        if (declared) await trader.Page.Locator("[name='DeclarationId']").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await trader.Press("cbam.order.new");
        await Assertions.Expect(trader.Page.Locator("main .has-error, main .form-errors, main .notice.bad").First).ToBeVisibleAsync(new() { Visible = refused });
    }
}
