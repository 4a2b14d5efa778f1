using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>A paper certificate by two people in the browser: one types all of it, the other heats and weights without seeing the first.</summary>
[Collection(nameof(Stage))]
public sealed class PaperWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en", 1280)]
    [InlineData("zh", 390)]
    public async Task A_paper_certificate_is_typed_by_two_people_settled_and_published(string language, int width)
    {
        var mark = $"W{language}{width}".ToUpperInvariant();
        await using var first = await Visitor.SignedIn(stage, language, "warehouse@demo", width, 844);
        await first.Open("/paper");
        await first.Follow("paper.upload");
        await first.Field("paper.scan").SetInputFilesAsync(new FilePayload { Name = mark + ".pdf", MimeType = "application/pdf", Buffer = PaperPages.Scan(mark) });
        await first.Press("paper.upload");
        // The pages were not counted: the page says so; a file is never kept by a browser and is chosen again.
        await first.SeesWords("refusal.paper.pages-out-of-range", ("most", "500"), ("given", ""));
        await first.Field("paper.scan").SetInputFilesAsync(new FilePayload { Name = mark + ".pdf", MimeType = "application/pdf", Buffer = PaperPages.Scan(mark) });
        await first.Page.Locator("[name='Pages']").FillAsync("2");
        await first.Press("paper.upload");
        await first.SeesWords("passport.done.paper-uploaded");
        var path = new Uri(first.Page.Url).AbsolutePath;
        await first.Follow("paper.type");
        // With one brand on the exchange it is chosen already; what another walk lists is a choice more.
        if (await first.Page.Locator("select[name='brand']").CountAsync() > 0)
        {
            await first.Page.Locator("select[name='brand']").SelectOptionAsync(Stage.Brand);
            await first.Press("passport.go-on");
        }
        await first.Page.Locator("[name='Input.HeatNumbers']").FillAsync($"H{mark}1, H{mark}2");
        foreach (var (field, day) in new[] { ("ProductionDate", "2019-05-02"), ("AnalysisDate", "2019-05-03"), ("IssueDate", "2019-05-04") }) await first.Page.Locator($"[name='Input.{field}']").FillAsync(day);
        await first.Page.Locator("[name='Input.NetKg']").FillAsync("24,980.5");
        await first.Page.Locator("[name='Input.GrossKg']").FillAsync("25,040");
        await first.Page.Locator("[name='Input.Bundles']").FillAsync("25");
        await first.Page.Locator("[name='Input.Pieces']").FillAsync("1100");
        var values = new Dictionary<string, string> { ["Si"] = "0.04", ["Fe"] = "0.11", ["Zn"] = "0.01", ["Ga"] = "0.01", ["V"] = "0.01", ["Al"] = "99.82" };
        for (var i = 0; await first.Page.Locator($"[name='Input.Results[{i}].Element']").CountAsync() > 0; i++)
            if (values.TryGetValue(await first.Page.Locator($"[name='Input.Results[{i}].Element']").InputValueAsync(), out var value)) await first.Page.Locator($"[name='Input.Results[{i}].Value']").FillAsync(value);
        await first.Page.Locator("#doubtful-netKg").CheckAsync();
        await first.Press("paper.typed-save");
        await first.SeesWords("passport.done.paper-typed");
        await first.SeesWords("paper.next.second");
        await Assertions.Expect(first.Page.Locator("[name='NetKg']")).ToHaveCountAsync(0); // who typed it is not asked again

        await using var second = await Visitor.SignedIn(stage, language, "warehouse.approver@demo", width, 844);
        await second.Open(path);
        await second.SeesWords("paper.hidden");
        await second.SeesNot("980.5");
        await second.SeesNot($"H{mark}1");
        await second.Page.Locator("[name='Heats']").FillAsync($"H{mark}2 H{mark}1");
        await second.Page.Locator("[name='NetKg']").FillAsync("24908.5");
        await second.Page.Locator("[name='GrossKg']").FillAsync("25040");
        await second.Press("paper.check-save");
        await second.SeesWords("passport.done.paper-differs");
        await second.SeesWords("paper.differences");
        await second.SeesWords("paper.field.netKg");
        await Assertions.Expect(second.Page.GetByRole(AriaRole.Button, new() { Name = second.Text("paper.publish"), Exact = true })).ToHaveCountAsync(0);
        // The first sees the same, looks at the scan and was right; the second erred and corrects it.
        await first.Open(path);
        await first.SeesWords("paper.differences");
        await second.Page.Locator("[name='NetKg']").FillAsync("24980.5");
        await second.Press("paper.check-save");
        await second.SeesWords("passport.done.paper-agreed");
        await second.Press("paper.publish");
        await second.SeesWords("passport.done.paper-published");
        var number = (await second.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }).InnerTextAsync()).Split('\n', ' ')[0].Trim();

        await using var anybody = await Visitor.Come(stage, language, width, 844);
        await anybody.Open("/check?number=" + number);
        await anybody.SeesWords("paper.check.valid");
        await anybody.SeesWords("passport.signature.state.attested");
        Assert.Equal(0, await anybody.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }
}
