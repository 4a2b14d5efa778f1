using System.Text;
using Microsoft.Playwright;
using Verdigris.Cbam.Customs;
using Verdigris.Cbam.Demo;

namespace Verdigris.Browser.Tests;

/// <summary>An importer at work: a broker's file is mapped once, dry-run and taken in; a line is linked to a supplier's verified figures; a quarter of the transitional period leaves as a file.</summary>
[Collection(nameof(Stage))]
public sealed class CbamWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en", 1280)]
    [InlineData("zh", 390)]
    public async Task A_brokers_file_becomes_lines_a_line_rests_on_verified_figures_and_a_quarter_leaves_as_a_file(string language, int width)
    {
        await CbamPages.Seats(stage);
        var mark = $"B{language}{width}".ToUpperInvariant();
        string Mrn(int n) { var body = $"25DE{width:0000}{language.ToUpperInvariant()}{n:0000000}"; return body + Verdigris.Cbam.Customs.Mrn.CheckDigit(body); }
        string[] heads = ["Nr", "Pos", "Ware", "Masse", "Tag", "Verfahren", "Notiz"];
        var text = string.Join(';', heads.Select(h => $"{mark} {h}")) + "\n" + $"{Mrn(1)};1;76011010;5.000,5;14.05.2025;4000;x\n{Mrn(2)};1;76061191;1.250;15.05.2025;4000;x\n";
        await using var trader = await Visitor.SignedIn(stage, language, "owner@demo", width, 844);
        await trader.Open("/cbam/files");
        await trader.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = mark + ".csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(text) });
        await trader.Press("imports.check");
        await trader.SeesWords("cbam.files.unfit");
        await trader.Page.Locator("[name='Input.Name']").FillAsync(mark);
        string[] fields = [CustomsFields.Mrn, CustomsFields.Item, CustomsFields.Cn, CustomsFields.NetMassKg, CustomsFields.ReleasedOn, CustomsFields.Procedure, ""];
        for (var i = 0; i < fields.Length; i++) await trader.Page.Locator($"[name='Input.Columns[{i}].Field']").SelectOptionAsync(fields[i]);
        await trader.Page.Locator("[name='Input.DecimalComma']").CheckAsync();
        await trader.Page.Locator("[name='Input.Constants[importerEori]']").FillAsync(ImporterDemo.Importer);
        await trader.Press("imports.mapping.save");
        // The origin is neither a column nor a constant yet.
        await trader.SeesWords("refusal.import.column-missing", ("column", "origin"));
        await trader.Page.Locator("[name='Input.Constants[origin]']").FillAsync("IN");
        await trader.Press("imports.mapping.save");
        await trader.SeesWords("cbam.files.all-good");
        await trader.Press("imports.apply-all");
        await trader.SeesWords("cbam.done.applied");

        await trader.FollowText(Mrn(1));
        await trader.SeesWords("cbam.link.nothing");
        await trader.Page.EvaluateAsync("() => document.querySelectorAll('main details').forEach(d => { d.open = true; })");
        await trader.Page.Locator("[name='SupplierId']").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        foreach (var (name, value) in new[] { ("Direct", "1.71"), ("Indirect", "0.24"), ("Verifier", "Klarsyn Assurance"), ("PeriodFrom", "2024-01-01"), ("PeriodTo", "2024-12-31") }) await trader.Page.Locator($"[name='{name}']").FillAsync(value);
        var offered = await trader.Page.Locator("[name='SupplierId'] option").AllInnerTextsAsync();
        await trader.Page.Locator("[name='SupplierId']").SelectOptionAsync(new SelectOptionValue { Label = offered.First(o => o.StartsWith(ImporterDemo.Answered, StringComparison.Ordinal)) });
        await trader.Page.Locator("form", new() { Has = trader.Page.Locator("[name='SupplierId']") }).Locator("button[type=submit]").ClickAsync();
        await trader.SeesWords("cbam.done.linked");
        await trader.Press("cbam.compare.take-actual");
        await trader.SeesWords("cbam.done.basis");

        await trader.Open("/cbam/declarations");
        await trader.Page.EvaluateAsync("() => document.querySelectorAll('main details').forEach(d => { d.open = true; })");
        await trader.Page.Locator("[name='quarter']").SelectOptionAsync("2025-2");
        foreach (var name in new[] { "city", "place", "signature", "position" }) await trader.Page.Locator($"[name='{name}']").FillAsync("Hamburg");
        var download = await trader.Page.RunAndWaitForDownloadAsync(() => trader.Page.GetByRole(AriaRole.Button, new() { Name = trader.Text("cbam.quarter.make"), Exact = true }).ClickAsync());
        Assert.Equal("QReport-2025-Q2.xml", download.SuggestedFilename);
        var xml = await File.ReadAllTextAsync(await download.PathAsync(), TestContext.Current.CancellationToken);
        Assert.Contains("<SpecificEmbeddedEmissions>1.71</SpecificEmbeddedEmissions>", xml, StringComparison.Ordinal);
        Assert.Empty(trader.Errors);
    }
}
