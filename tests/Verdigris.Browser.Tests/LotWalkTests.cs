using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>A certificate's metal opened as a lot, split and put together again, in the browser.</summary>
[Collection(nameof(Stage))]
public sealed class LotWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en", 390)]
    [InlineData("zh", 1280)]
    public async Task A_lot_is_opened_split_and_merged_and_its_genealogy_tells_so(string language, int width)
    {
        var number = (await stage.Published($"LOT{language}{width}".ToUpperInvariant())).Certificate.Number;
        await using var smelter = await Visitor.SignedIn(stage, language, "smelter@demo", width, 844);
        await smelter.Open("/lots");
        await smelter.Field("lot.certificate-number").FillAsync(number.ToLowerInvariant());
        await smelter.Press("lot.open");
        await smelter.SeesWords("passport.done.lot-opened");
        // All bundles in one part is no split.
        await smelter.Press("lot.split");
        await smelter.SeesWords("refusal.lot.parts-missing", ("given", "1"), ("most", "100"));
        var parts = smelter.Page.Locator("select[name='Part']");
        await Assertions.Expect(parts).ToHaveCountAsync(25);
        for (var i = 20; i < 25; i++) await parts.Nth(i).SelectOptionAsync("2");
        await smelter.Press("lot.split");
        await smelter.SeesWords("passport.done.lot-split");
        var children = smelter.Page.Locator("ul.lots").Last.GetByRole(AriaRole.Link);
        await Assertions.Expect(children).ToHaveCountAsync(2);
        var names = await children.AllInnerTextsAsync();
        await smelter.Open("/lots");
        foreach (var name in names) await smelter.Page.GetByLabel(smelter.Text("lot.choose-one", ("number", name)), new() { Exact = true }).CheckAsync();
        await smelter.Press("lot.merge");
        await smelter.SeesWords("passport.done.lot-merged");
        foreach (var name in names) await smelter.Sees(name);
        await smelter.Follow("lot.genealogy-all");
        await smelter.Sees(number);
        foreach (var name in names) await smelter.Sees(name);
        Assert.Equal(0, await smelter.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }
}
