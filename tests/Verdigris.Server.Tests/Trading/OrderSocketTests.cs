using System.Net.WebSockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodaTime;

namespace Verdigris.Server.Tests.Trading;

/// <summary>Orders over a WebSocket on the whole server: lines and answers, reports, and who may open it and for how long.</summary>
public sealed partial class OrderSocketTests
{
    const string Series = "ICE.EUA:2026-12";

    [Fact]
    public async Task A_member_enters_changes_and_cancels_over_the_socket_and_hears_what_becomes_of_it()
    {
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        await market.Opened(Series, 75m);
        using var buyer = await market.SignedIn("buyer@demo");
        using var seller = await market.SignedIn("seller@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);

        var standing = await line.Ask(new { op = "new", @ref = "a", @new = new { series = Series, side = "Sell", quantity = 5_000, price = 75.10m } });
        var order = standing.GetProperty("result").GetProperty("order").GetInt64();
        Assert.Equal("OrderAccepted", (await line.Report()).GetProperty("kind").GetString());
        // Its book is there for everybody before anything was traded.
        var board = await buyer.Get($"/api/v1/market/prices/{Series}");
        for (var i = 0; i < 1_200 && board.GetProperty("asks").GetArrayLength() == 0; i++)
        {
            await Task.Delay(50);
            board = await buyer.Get($"/api/v1/market/prices/{Series}");
        }
        Assert.Equal((75.10m, 5L, "continuous"), (board.GetProperty("asks")[0].GetProperty("price").GetDecimal(), board.GetProperty("asks")[0].GetProperty("lots").GetInt64(), board.GetProperty("phase").GetString()));
        var stop = (await line.Ask(new { op = "new", @ref = "b", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 70m, type = "StopLimit", stopPrice = 71m } })).GetProperty("result").GetProperty("order").GetInt64();
        await line.Report();
        Assert.True((await line.Ask(new { op = "change", @ref = "c", order = stop, change = new { quantity = 1_000, stopPrice = 70.50m } })).TryGetProperty("result", out _));
        Assert.Equal(70.50m, (await line.Report()).GetProperty("stopPrice").GetDecimal());
        Assert.Equal(2, await buyer.Order(Series, "Buy", 2_000, 75.10m));
        var fill = await line.Report();
        Assert.Equal(("Fill", 2_000m, 3_000m), (fill.GetProperty("kind").GetString(), fill.GetProperty("lastQuantity").GetDecimal(), fill.GetProperty("remaining").GetDecimal()));

        // What cannot be read is said by field and with the line's own word; the socket goes on.
        foreach (var (text, reference, code, field) in new[]
        {
            ("""{"op":"new","ref":"x","new":{"series":"ICE.EUA:2026-12","side":"Sideways","quantity":1000}}""", "x", "request.unreadable", "new.side"),
            ("""{"op":"new","ref":"y","new":{"series":"NO.SUCH","side":"Buy","quantity":1000,"price":75}}""", "y", "trading.not-listed", "series"),
            ("""{"op":"new","ref":"z","new":{"series":"ICE.EUA:2026-12","side":"Buy","quantity":1500,"price":75.005}}""", "z", "trading.off-lot", "quantity"),
            ("""{"op":"sell","ref":"v"}""", "v", "trading.line-unknown", "op"),
            ("""{"op":""", null, "request.unreadable", "op"),
            ("nothing", null, "request.unreadable", null),
        })
        {
            var answer = await line.Ask(text);
            var refusal = answer.GetProperty("refusals")[0];
            Assert.Equal((reference, code, field), (answer.TryGetProperty("ref", out var said) ? said.GetString() : null, refusal.GetProperty("code").GetString(), refusal.TryGetProperty("field", out var at) ? at.GetString() : null));
        }
        Assert.True((await line.Ask(new { op = "cancel", @ref = "d", order })).TryGetProperty("result", out _));
        Assert.Equal("OrderEnded", (await line.Report()).GetProperty("kind").GetString());
        // The line breaks: what came by it ends, what the same member entered another way stays.
        await seller.Order(Series, "Sell", 1_000, 76m);
        line.Cut();
        await MarketServer.Until(() => market.Floor.Read(f => f.Order(stop)) is null, "the orders of the socket end");
        Assert.Single(market.Floor.Read(f => f.OrdersOf(market.SellerAccount.Number)));
    }

    [Fact]
    public async Task A_token_that_only_reads_and_a_page_of_another_origin_do_not_open_it()
    {
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        using var seller = await market.SignedIn("seller@demo");
        var (id, secret) = await Client(seller.Browser);
        using var machine = new Browser(market.Address);
        Assert.Equal(403, await OrderLine.Refused(market.Address, null, ("Authorization", "Bearer " + await Token(machine, id, secret, "read"))));
        await using (await OrderLine.Open(market.Address, null, ("Authorization", "Bearer " + await Token(machine, id, secret, "write")))) { }
        Assert.Equal(403, await OrderLine.Refused(market.Address, seller.Browser, ("Origin", "https://elsewhere.example")));
        await using (await OrderLine.Open(market.Address, seller.Browser, ("Origin", market.Address.GetLeftPart(UriPartial.Authority)))) { }
    }

    [Fact]
    public async Task Who_signs_out_or_is_revoked_trades_no_more_over_a_socket_that_is_open_and_its_orders_end()
    {
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);
        var order = (await line.Ask(new { op = "new", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 75m } })).GetProperty("result").GetProperty("order").GetInt64();
        using var again = await market.SignedIn("seller@demo");
        var (id, secret) = await Client(again.Browser);
        using var machine = new Browser(market.Address);
        await using var program = await OrderLine.Open(market.Address, null, ("Authorization", "Bearer " + await Token(machine, id, secret, "write")));
        using (var form = new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", Browser.TokenOf(await seller.Browser.Text("/account")))])) (await seller.Browser.Http.PostAsync("/sign-out", form)).Dispose();
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await line.Closed());
        await MarketServer.Until(() => market.Floor.Read(f => f.Order(order)) is null, "the orders of the socket end");
        // A token that has run out is no reason: a socket brings no newer one. That its client is revoked is.
        market.Clock.Turn(Duration.FromMinutes(61));
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.True((await program.Ask(new { op = "cancel-all", all = new { series = Series, side = "Buy" } })).TryGetProperty("result", out _));
        await market.Revoke(id);
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await program.Closed());
    }

    [Fact]
    public async Task Where_it_cannot_be_asked_for_a_while_who_still_trades_the_socket_goes_on_and_its_orders_end_with_it()
    {
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);
        var order = (await line.Ask(new { op = "new", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 75m } })).GetProperty("result").GetProperty("order").GetInt64();
        await market.Sql("alter table server.person rename to person_away");
        market.Clock.Turn(Duration.FromSeconds(10));
        await Task.Delay(TimeSpan.FromSeconds(5));
        await market.Sql("alter table server.person_away rename to person");
        Assert.True((await line.Ask(new { op = "cancel-all", all = new { series = Series, side = "Buy" } })).TryGetProperty("result", out _));
        Assert.NotNull(market.Floor.Read(f => f.Order(order)));
        line.Cut();
        await MarketServer.Until(() => market.Floor.Read(f => f.Order(order)) is null, "the orders of the socket end");
    }

    static async Task<(string Id, string Secret)> Client(Browser administrator)
    {
        using var answer = await administrator.Post("/clients/new", "client", ("Input.Name", "A program"), ("Input.Roles", "market.trader"), ("Input.Access", "read write"), ("Input.Days", "30"));
        var page = await answer.Content.ReadAsStringAsync();
        Assert.True(Id().IsMatch(page) && Secret().IsMatch(page), page);
        return (Id().Match(page).Value, Secret().Match(page).Value);
    }

    static async Task<string> Token(Browser browser, string id, string secret, string scope)
    {
        using var answer = await browser.Http.PostAsync("/api/v1/token", new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = id, ["client_secret"] = secret, ["scope"] = scope }));
        var text = await answer.Content.ReadAsStringAsync();
        return JsonDocument.Parse(text).RootElement.TryGetProperty("access_token", out var token) ? token.GetString()! : throw new InvalidOperationException(text);
    }

    [GeneratedRegex("vd_[a-z0-9]{16}")]
    private static partial Regex Id();

    [GeneratedRegex("vds_[A-Za-z0-9_-]{43}")]
    private static partial Regex Secret();
}
