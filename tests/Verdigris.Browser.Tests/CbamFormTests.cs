using System.Text;
using Microsoft.Playwright;
using Verdigris.Cbam.Demo;
using Verdigris.Cbam.Imports;

namespace Verdigris.Browser.Tests;

/// <summary>Forms of the importer's desk whose refusals stand beside what was typed.</summary>
[Collection(nameof(Stage))]
public sealed class CbamFormTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_quarterly_report_that_cannot_be_made_says_why_on_its_page_and_one_that_can_is_a_file(string language)
    {
        await CbamPages.Seats(stage);
        await Quarter(language == "en" ? 1 : 2);
        await using var trader = await Visitor.SignedIn(stage, language, "owner@demo");
        await trader.Open("/cbam/declarations");
        await trader.Page.Locator("details:has([name='Quarter']) summary").ClickAsync();
        await trader.Page.Locator("[name='Quarter']").SelectOptionAsync("2024-1");
        foreach (var (name, text) in new[] { ("City", "Hamburg"), ("Place", "Hamburg"), ("Signature", "Clara Vogt"), ("Position", "Head of customs") }) await trader.Page.Locator($"[name='{name}']").FillAsync(text);
        await trader.Press("cbam.quarter.make");
        // Still the page, with what was typed and the reason in the reader's words.
        Assert.Equal("/cbam/declarations", new Uri(trader.Page.Url).AbsolutePath);
        await trader.Sees(trader.Text("refusal.quarter.nothing", ("quarter", "Q1 2024")));
        await Assertions.Expect(trader.Page.Locator("[name='Signature']")).ToHaveValueAsync("Clara Vogt");
        await trader.Page.Locator("[name='Quarter']").SelectOptionAsync("2025-3");
        var download = await trader.Page.RunAndWaitForDownloadAsync(() => trader.Page.GetByRole(AriaRole.Button, new() { Name = trader.Text("cbam.quarter.make"), Exact = true }).ClickAsync());
        Assert.Equal("QReport-2025-Q3.xml", download.SuggestedFilename);
        Assert.Contains("Clara Vogt", await File.ReadAllTextAsync((await download.PathAsync())!, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    /// <summary>A line of the third quarter of 2025.</summary>
    async Task Quarter(int n)
    {
        var files = stage.Get<CustomsImports>();
        var body = $"25DE77{n:00000000000}";
        var text = $"mrn,item,cn,origin,netMassKg,releasedOn,importerEori,procedure\n{body}{Verdigris.Cbam.Customs.Mrn.CheckDigit(body)},1,76011010,IN,1000,2025-08-0{n},{ImporterDemo.Importer},4000\n";
        var brought = await stage.Do(Stage.Owner, s => files.Bring(s, $"quarter-{n}.csv", new MemoryStream(Encoding.UTF8.GetBytes(text)), default));
        await stage.Do(Stage.Owner, s => files.Apply(s, brought.File.Id, CustomsImports.WholeFile, default));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task Precursors_are_typed_at_a_line_with_what_is_wrong_at_its_input_and_come_out_of_a_file_too(string language)
    {
        var path = (await CbamPages.Seats(stage)).SelectMany(s => s.Paths).First(p => p.EndsWith("/precursors", StringComparison.Ordinal));
        await using var trader = await Visitor.SignedIn(stage, language, "owner@demo");
        await trader.Open(path);
        // The third row of those there stays empty, the second is wrong.
        await trader.Page.Locator("[name='Input.Rows[1].TPerT']").FillAsync("lots");
        await trader.Press("cbam.precursors.save");
        await trader.Sees(trader.Text("refusal.input.not-a-number", ("given", "lots")));
        await Assertions.Expect(trader.Page.Locator("[name='Input.Rows[1].TPerT']")).ToHaveAttributeAsync("aria-invalid", "true");
        await Assertions.Expect(trader.Page.Locator("[name='Input.Rows[0].TPerT']")).ToHaveValueAsync("1.08");
        await trader.Page.Locator("[name='Input.Rows[1].TPerT']").FillAsync("0.02");
        await trader.Page.Locator("[name='Input.Rows[4].Cn']").FillAsync("7601");
        await trader.Page.Locator("[name='Input.Rows[4].TPerT']").FillAsync("0.1");
        await trader.Press("cbam.precursors.save");
        await Assertions.Expect(trader.Page.Locator("[name='Input.Rows[4].Cn']")).ToHaveAttributeAsync("aria-invalid", "true");
        await trader.Page.Locator("[name='Input.Rows[4].Cn']").FillAsync("76011090");
        await trader.Press("cbam.precursors.save");
        await trader.SeesWords("cbam.done.precursors");
        await trader.Sees("76011090");

        await trader.Open(path);
        await trader.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "precursors.csv", MimeType = "text/csv", Buffer = "cn,tPerT,origin,route,directTco2ePerT,verifier\n76012030,1.08,IN,K,1.6,Klarsyn Assurance\n76011010,0.02,DE,,,\n76061191,0.01,,,,\n"u8.ToArray() });
        await trader.Press("cbam.precursors.bring");
        await trader.SeesWords("cbam.done.precursors");
        // A page that is no line's of a supplier is no page.
        var other = (await CbamPages.Seats(stage)).SelectMany(s => s.Paths).Last(p => p.StartsWith("/cbam/lines/", StringComparison.Ordinal));
        Assert.Equal(404, (await trader.Open(other + "/precursors"))!.Status);
    }
}
