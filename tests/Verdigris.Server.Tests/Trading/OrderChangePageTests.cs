using System.Net;
using NodaTime;

namespace Verdigris.Server.Tests.Trading;

/// <summary>An order is changed on the trading screen, without a script.</summary>
public sealed class OrderChangePageTests
{
    const string Series = "ICE.EUA:2026-12";

    [Fact]
    public async Task A_live_order_is_changed_on_the_trading_screen_and_what_is_wrong_stands_at_its_field()
    {
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        await market.Opened(Series, 75m);
        using var buyer = await market.SignedIn("buyer@demo");
        var order = (await buyer.Send(HttpMethod.Post, "/api/v1/market/orders", new { series = Series, side = "Buy", quantity = 3_000, price = 80m, type = "StopLimit", stopPrice = 78m })).GetProperty("order").GetInt64();
        var screen = $"/market/trade/{Series}?change={order}";
        Assert.Contains($"change={order}#change", await buyer.Browser.Text($"/market/trade/{Series}"), StringComparison.Ordinal);
        using (var wrong = await buyer.Browser.Post(screen, "change", ("NewQuantity", "3000"), ("NewPrice", "80.005"), ("NewStop", "78")))
        {
            var page = await wrong.Content.ReadAsStringAsync();
            Assert.Contains("name=\"NewPrice\" value=\"80.005\"", page, StringComparison.Ordinal);
            Assert.Contains("80.005 is not a multiple of the tick 0.01.", page, StringComparison.Ordinal);
        }
        using (var done = await buyer.Browser.Post(screen, "change", ("NewQuantity", "2000"), ("NewPrice", "79.50"), ("NewStop", "77.50")))
        {
            Assert.Equal(HttpStatusCode.Found, done.StatusCode);
            Assert.Contains("done=order-changed", done.Headers.Location!.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal((2L, 7_950, 7_750, true), market.Floor.Read(f => f.Order(order)) is { } now ? (now.Quantity, now.Price, now.StopPrice, now.Waiting) : default);
        // One that is gone meanwhile is said to be gone.
        await buyer.Send(HttpMethod.Post, "/api/v1/market/orders/cancel", new { series = Series });
        Assert.Contains("no longer stands", await buyer.Browser.Text(screen), StringComparison.Ordinal);
    }
}
