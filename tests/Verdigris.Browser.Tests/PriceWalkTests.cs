using Microsoft.Playwright;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Market.Trading;
using Verdigris.Storage;

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
        // A unit stands apart from the name of its column; and the room's other views are here too.
        await Assertions.Expect(visitor.Page.Locator("th", new() { HasText = visitor.Text("prices.volume") })).ToHaveTextAsync(visitor.Text("prices.volume") + " t");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = visitor.Text("market.view.auctions"), Exact = true })).ToHaveAttributeAsync("href", "/market/auctions");
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
    public async Task An_order_put_right_after_a_refusal_is_entered_where_it_is_typed_and_its_level_is_marked_until_it_is_cancelled()
    {
        await MarketPages.Seats(stage);
        await using var trader = await Visitor.SignedIn(stage, "en", "owner@demo");
        var (page, said) = (trader.Page, trader.Page.Locator("[data-part='said']"));
        await trader.Open("/market/trade/EEX.EUA.SPOT");
        await trader.Fill(("Quantity", "1000"), ("Price", "74.505"));
        await page.Keyboard.PressAsync("Alt+b");
        await Assertions.Expect(page.Locator("[name='Price']")).ToHaveAttributeAsync("aria-invalid", "true");
        await trader.Fill(("Price", "74.50"));
        var top = (await page.Locator(".desk").BoundingBoxAsync())!.Y;
        await page.Keyboard.PressAsync("Alt+b");
        await Assertions.Expect(said).ToContainTextAsync(trader.Text("market.trade.rests"));
        await Assertions.Expect(page.Locator(".field.has-error, [aria-invalid]")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator("[name='Quantity']")).ToBeFocusedAsync();
        Assert.Equal(top, (await page.Locator(".desk").BoundingBoxAsync())!.Y);
        var level = page.Locator("td.own[data-cell='bid']");
        await Assertions.Expect(level).ToHaveTextAsync("74.50");
        // What finds nobody and may not wait is not said to stand.
        await trader.Fill(("Quantity", "1000"));
        await page.Locator("[name='Lasts']").SelectOptionAsync("ImmediateOrCancel");
        await page.Keyboard.PressAsync("Alt+b");
        await Assertions.Expect(said).ToContainTextAsync(trader.Text("market.trade.rest-ended", ("why", trader.Text("market.ended.NotFilledAtOnce"))));
        await page.Locator("[data-part='mine'] tr:has-text('74.50') button").ClickAsync();
        await Assertions.Expect(said).ToContainTextAsync(trader.Text("market.done.order-cancelled"));
        await Assertions.Expect(level).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_halt_and_a_new_order_come_to_open_pages_which_keep_what_is_typed_in_them()
    {
        const string series = "EEX.EUA.SPOT";
        await MarketPages.Seats(stage);
        var cast = MarketPages.Cast;
        await using var trader = await Visitor.SignedIn(stage, "en", "owner@demo");
        await using var visitor = await Visitor.Come(stage, "en");
        await trader.Open("/market/trade/" + series);
        await visitor.Open("/market/prices/" + series);
        await trader.Fill(("Quantity", "3000"));
        // From the contract's page a series leads a trader to its screen.
        await using var second = await Visitor.SignedIn(stage, "en", "owner@demo");
        await second.Open("/market/contracts/ICE.EUA");
        await second.FollowText("ICE.EUA:2026-12");
        Assert.Equal("/market/trade/ICE.EUA:2026-12", new Uri(second.Page.Url).AbsolutePath);
        var id = BookDefinitions.IdOf("stage/price-walk");
        var account = (await stage.Do(cast.Smelter, s => stage.Get<TradingAccountHandlers>().List(s, null, null, null, 10, default))).Items[0];
        var order = await stage.Do(cast.Smelter, s => stage.Get<OrderDesk>().Enter(s, new() { Id = id, ClientId = id, Session = 0, Account = account.Code, Symbol = series, Side = Side.Buy, Quantity = 7_000, Price = 74.31m, Type = OrderType.Limit, TimeInForce = TimeInForce.Day }, default));
        await Assertions.Expect(visitor.Page.Locator("[data-part='book']")).ToContainTextAsync("74.31");
        await Assertions.Expect(trader.Page.Locator("[data-cell='bid']:text-is('74.31')")).ToHaveCountAsync(1);
        await stage.Do(cast.Exchange, s => stage.Get<SupervisionDesk>().Halt(s, series, true, "Inquiry", default));
        try
        {
            await Assertions.Expect(trader.Page.Locator("[data-part='head']")).ToContainTextAsync("Inquiry");
            await Assertions.Expect(trader.Page.Locator("[name='Quantity']")).ToHaveValueAsync("3000");
        }
        finally
        {
            await stage.Do(cast.Exchange, s => stage.Get<SupervisionDesk>().Halt(s, series, false, "Answered", default));
            await stage.Do(cast.Smelter, s => stage.Get<OrderDesk>().Cancel(s, BookId.From(s.NewId()), order.Order, default));
        }
        await Assertions.Expect(trader.Page.Locator("[data-part='head']")).Not.ToContainTextAsync("Inquiry");
    }

    [Theory]
    [InlineData("en", "London banking calendar")]
    [InlineData("zh", "伦敦银行工作日历")]
    public async Task A_calendar_is_called_by_its_name_with_its_code_beside(string language, string name)
    {
        await using var visitor = await Visitor.Come(stage, language);
        await visitor.Open("/market/contracts/ICE.EUA");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Table, new() { Name = visitor.Text("contracts.table.calendars") }).Locator("tbody tr")).ToContainTextAsync($"{name} london");
        await visitor.Open("/market/calendar?from=2026-12-01&to=2026-12-31");
        await Assertions.Expect(visitor.Page.Locator("tbody tr", new() { HasText = visitor.Text("market.calendar.what.closed") }).Filter(new() { HasText = "london" }).First).ToContainTextAsync($"{name} london");
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
