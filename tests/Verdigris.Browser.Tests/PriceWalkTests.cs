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

    [Fact]
    public async Task The_keyboard_alone_enters_an_order_and_its_refusal_stands_at_the_field()
    {
        await MarketPages.Seats(stage);
        await using var trader = await Visitor.SignedIn(stage, "en", "owner@demo");
        await trader.Open("/market/trade/ICE.EUA:2026-12");
        await trader.Page.Keyboard.PressAsync("q");
        await trader.Page.Keyboard.TypeAsync("1000");
        // Half a tick, so that it is refused whether the market is open or not.
        await trader.Page.Locator("[name='Price']").FocusAsync();
        await trader.Page.Keyboard.TypeAsync("75.005");
        await trader.Page.Keyboard.PressAsync("Alt+s");
        await Assertions.Expect(trader.Page.Locator("[data-part='ticket']").Locator(".error, .form-errors").First).ToBeVisibleAsync();
        await Assertions.Expect(trader.Page.Locator("[name='Price']")).ToHaveValueAsync("75.005");
    }
}
