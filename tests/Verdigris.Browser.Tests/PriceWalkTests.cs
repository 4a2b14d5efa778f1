using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>Prices as a visitor finds and follows them.</summary>
[Collection(nameof(Stage))]
public sealed class PriceWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_visitor_finds_the_market_from_the_start_and_is_told_when_its_prices_stand_still(string language)
    {
        await PricePages.Seats(stage);
        await using var visitor = await Visitor.Come(stage, language);
        await visitor.Open("/");
        await visitor.Page.Locator("nav.site-nav").GetByRole(AriaRole.Link, new() { Name = visitor.Text("market.nav"), Exact = true }).ClickAsync();
        await visitor.SeesWords("prices.title");
        var away = visitor.Page.Locator("[data-away]");
        await visitor.Page.RouteAsync("**/api/v1/market/feed*", route => route.FulfillAsync(new() { Status = 404 }));
        await visitor.Open("/market/prices/ICE.EUA:2026-12");
        await Assertions.Expect(away).ToContainTextAsync(visitor.Text("prices.away"));
        await Assertions.Expect(away).ToBeVisibleAsync(new() { Timeout = 30_000 });
        // The line is back.
        await visitor.Page.UnrouteAsync("**/api/v1/market/feed*");
        await Assertions.Expect(away).ToBeHiddenAsync(new() { Timeout = 30_000 });
    }
}
