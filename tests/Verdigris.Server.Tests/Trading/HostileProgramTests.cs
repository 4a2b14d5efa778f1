using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using NodaTime;
using Verdigris.Market.Data;

namespace Verdigris.Server.Tests.Trading;

/// <summary>Programs that mean harm, or are only badly made, at the orders and the prices of the whole server: what they send is refused and named, and what they hold is given back.</summary>
public sealed class HostileProgramTests
{
    const string Series = "ICE.EUA:2026-12", Orders = "/api/v1/market/orders";

    static readonly Instant Began = Instant.FromUtc(2026, 11, 23, 10, 0);

    /// <summary>Bodies of an order, with the code and the field that are told of each.</summary>
    static readonly (string Body, string Code, string? Field)[] Wrong =
    [
        (Body("1000", "1e28"), "contract.price-off-tick", "price"),
        (Body("1000", "-79228162514264337593543950335"), "contract.price-off-tick", "price"),
        (Body("1000", "0.0000000000000000000000000001"), "contract.price-off-tick", "price"),
        (Body("1000", "-75"), "trading.refused", "price"),
        (Body("1000", "1e400"), "request.unreadable", "price"),
        (Body("1000", "NaN"), "request.unreadable", "price"),
        (Body("79228162514264337593543950335", "75"), "trading.off-lot", "quantity"),
        (Body("-1000", "75"), "trading.off-lot", "quantity"),
        (Body("\"NaN\"", "75"), "request.unreadable", "quantity"),
        (Body("\"1000\"", "75"), "request.unreadable", "quantity"),
        (Body("1000", "75", ",\"quantity\":2000"), "request.unreadable", "quantity"),
        (Body("1000", "75", ",\"Price\":76"), "request.unreadable", "Price"),
        (Body("1000", "75", ",\"type\":null"), "request.unreadable", "type"),
        (Body("1000", "75", ",\"type\":250"), "trading.choice-unknown", "type"),
        (Body("1000", "75", ",\"type\":\"StopLimit\",\"stopPrice\":1e28"), "contract.price-off-tick", "stopPrice"),
        (Body("1000", "75", ",\"display\":1e27"), "trading.off-lot", "display"),
        (Body("1000", "75", ",\"account\":\"\\u0000\""), "trading.not-found", "account"),
        ("""{"series":"\ud800","side":"Buy","quantity":1000,"price":75}""", "request.unreadable", "series"),
        ("""{"series":"\u0000","side":"Buy","quantity":1000,"price":75}""", "trading.not-listed", "series"),
        ("{}", "trading.not-listed", "series"),
        ("[]", "request.unreadable", null),
    ];

    static string Body(string quantity, string price, string more = "") => $$"""{"series":"{{Series}}","side":"Buy","quantity":{{quantity}},"price":{{price}}{{more}}}""";

    [Fact]
    public async Task Whatever_an_order_holds_it_is_refused_by_its_field_and_the_socket_it_came_by_goes_on()
    {
        await using var market = await MarketServer.Open(Began);
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);
        var standing = (await line.Ask(new { op = "new", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 80m } })).GetProperty("result").GetProperty("order").GetInt64();
        foreach (var (body, code, field) in Wrong)
        {
            var (status, said) = await seller.Raw(HttpMethod.Post, Orders, body);
            var problem = JsonDocument.Parse(said).RootElement;
            Assert.True(status is 409 or 422, $"{status} to {body}");
            Assert.Equal((body, code, field), (body, problem.GetProperty("code").GetString(), Field(problem.GetProperty("errors")[0])));
            var answer = await line.Ask($$$"""{"op":"new","ref":"r","new":{{{body}}}}""");
            var refusal = answer.GetProperty("refusals")[0];
            Assert.Equal((body, code, code == "request.unreadable" ? field is null ? "new" : "new." + field : field), (body, refusal.GetProperty("code").GetString(), Field(refusal)));
        }
        foreach (var (text, code, field) in new[]
        {
            ("""{"op":5,"ref":"\ud800"}""", "request.unreadable", "op"), ("""{"op":"cancel","ref":"\ud800","order":1}""", "request.unreadable", "ref"), ("""{"op":"cancel","op":"cancel-all","order":1,"all":{}}""", "request.unreadable", "op"),
            ("""{"op":"cancel","order":9223372036854775808}""", "request.unreadable", "order"), ("""{"op":"cancel","order":-1}""", "trading.order-unknown", "order"), ("", "request.unreadable", null), (new string('[', 4_000), "request.unreadable", null),
        })
            Assert.Equal((text, code, field), (text, (await line.Ask(text)).GetProperty("refusals")[0] is var refusal ? refusal.GetProperty("code").GetString() : "", Field(refusal)));
        Assert.Equal("contract.price-off-tick", (await line.Ask($$$"""{"op":"change","order":{{{standing}}},"change":{"quantity":1000,"price":1e28}}""")).GetProperty("refusals")[0].GetProperty("code").GetString());
        Assert.Single(market.Floor.Read(f => f.OrdersOf(market.SellerAccount.Number)));

        static string? Field(JsonElement refusal) => refusal.TryGetProperty("field", out var field) ? field.GetString() : null;
    }

    [Fact]
    public async Task Two_thousand_lines_at_once_are_answered_one_by_one_in_their_order()
    {
        await using var market = await MarketServer.Open(Began);
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);
        var sent = Task.Run(async () =>
        {
            for (var i = 0; i < 2_000; i++) await line.Say(i % 100 == 0 ? $$$"""{"op":"new","ref":"{{{i}}}","new":{"series":"{{{Series}}}","side":"Sell","quantity":1000,"price":80}}""" : i % 2 == 0 ? $$"""{"op":"cancel","ref":"{{i}}","order":{{i}}}""" : $$"""{"op":"sell","ref":"{{i}}"}""");
        });
        for (var i = 0; i < 2_000; i++)
        {
            var answer = await line.Answer();
            Assert.Equal($"{i}", answer.GetProperty("ref").GetString());
            Assert.Equal(i % 100 == 0, answer.TryGetProperty("result", out _));
        }
        await sent;
        Assert.Equal(20, market.Floor.Read(f => f.OrdersOf(market.SellerAccount.Number)).Count);
    }

    [Fact]
    public async Task Who_reads_no_answers_and_signs_out_or_goes_without_a_word_leaves_no_order_behind()
    {
        await using var market = await MarketServer.Open(Began);
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        using var other = await market.SignedIn("buyer@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);
        await using var still = await OrderLine.Open(market.Address, other.Browser);
        var order = (await line.Ask(new { op = "new", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 80m } })).GetProperty("result").GetProperty("order").GetInt64();
        // From now on nobody reads what comes to it, nor answers whether he is still there.
        var silent = (await still.Ask(new { op = "new", @new = new { series = Series, side = "Buy", quantity = 1_000, price = 70m } })).GetProperty("result").GetProperty("order").GetInt64();
        // The answers fill the line until the server can send no more, and reads no more.
        var text = $$"""{"op":"sell","ref":"{{new string('x', 8_000)}}"}""";
        using var over = new CancellationTokenSource();
        var sent = 0;
        var flood = Task.Run(async () =>
        {
            try { for (; ; sent++) await line.Say(text, over.Token); }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException) { }
        });
        for (var before = -1; before != Volatile.Read(ref sent);)
        {
            before = Volatile.Read(ref sent);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
        using (var form = new FormUrlEncodedContent([KeyValuePair.Create("__RequestVerificationToken", Browser.TokenOf(await seller.Browser.Text("/account")))])) (await seller.Browser.Http.PostAsync("/sign-out", form)).Dispose();
        await MarketServer.Until(() => market.Floor.Read(f => f.Order(order)) is null, "the orders of who reads nothing end");
        await MarketServer.Until(() => market.Floor.Read(f => f.Order(silent)) is null, "the orders of who is not there any more end");
        await over.CancelAsync();
        await flood;
    }

    [Fact]
    public async Task A_line_that_is_too_long_from_who_does_not_take_the_goodbye_ends_his_orders_too()
    {
        await using var market = await MarketServer.Open(Began);
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);
        var order = (await line.Ask(new { op = "new", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 80m } })).GetProperty("result").GetProperty("order").GetInt64();
        await line.Say(new string('x', 9_000));
        await MarketServer.Until(() => market.Floor.Read(f => f.Order(order)) is null, "the orders end");
    }

    [Fact]
    public async Task While_it_cannot_be_read_what_to_tell_and_to_end_nothing_of_it_is_lost()
    {
        await using var market = await MarketServer.Open(Began);
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        await using var line = await OrderLine.Open(market.Address, seller.Browser);
        var order = (await line.Ask(new { op = "new", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 80m } })).GetProperty("result").GetProperty("order").GetInt64();
        Assert.Equal("OrderAccepted", (await line.Report()).GetProperty("kind").GetString());
        var other = (await line.Ask(new { op = "new", @new = new { series = Series, side = "Sell", quantity = 1_000, price = 81m } })).GetProperty("result").GetProperty("order").GetInt64();
        Assert.Equal("OrderAccepted", (await line.Report()).GetProperty("kind").GetString());
        await market.Sql("alter table market.instrument rename to instrument_away");
        Assert.True((await line.Ask(new { op = "cancel", order })).TryGetProperty("result", out _));
        await Task.Delay(TimeSpan.FromSeconds(3));
        await market.Sql("alter table market.instrument_away rename to instrument");
        var told = await line.Report();
        Assert.Equal(("OrderEnded", order), (told.GetProperty("kind").GetString(), told.GetProperty("order").GetInt64()));
        // And when the line breaks while it cannot be asked whose orders they are.
        await market.Sql("alter table market.floor_trader rename to floor_trader_away");
        line.Cut();
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.NotNull(market.Floor.Read(f => f.Order(other)));
        await market.Sql("alter table market.floor_trader_away rename to floor_trader");
        await MarketServer.Until(() => market.Floor.Read(f => f.Order(other)) is null, "the orders of the socket end");
    }

    [Fact]
    public async Task A_follower_of_prices_who_reads_nothing_gives_his_place_back()
    {
        await using var market = await MarketServer.Open(Began);
        var feed = market.Get<PriceFeed>();
        using var leaves = await Following(market.Address);
        using var stays = await Following(market.Address);
        await MarketServer.Until(() => feed.Followers == 2, "both follow");
        // More than the lines hold, until nothing more goes out.
        var side = Enumerable.Range(1, 20_000).Select(i => new BoardLevel(i, 1, 1)).ToList();
        for (var i = 0; i < 100; i++)
        {
            feed.Publish(new(Series, Bids: side));
            feed.Pulse();
            await Task.Delay(20);
        }
        // One says goodbye and waits for nothing, the other never says anything again.
        await leaves.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await MarketServer.Until(() => feed.Followers == 0, "their places are free");
    }

    static async Task<ClientWebSocket> Following(Uri address)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(address) { Scheme = "ws", Path = "/api/v1/market/feed/socket", Query = "series=" + Series }.Uri, default);
        return socket;
    }

    [Fact]
    public async Task Candles_of_days_at_the_ends_of_the_calendar_are_none_or_too_many()
    {
        await using var market = await MarketServer.Open(Began);
        await market.Opened(Series, 75m);
        using var seller = await market.SignedIn("seller@demo");
        using var buyer = await market.SignedIn("buyer@demo");
        await seller.Order(Series, "Sell", 1_000, 75m);
        Assert.Equal(1, await buyer.Order(Series, "Buy", 1_000, 75m));
        using var http = new HttpClient { BaseAddress = market.Address };
        async Task<int> Asked(string query)
        {
            using var answer = await http.GetAsync($"/api/v1/market/prices/{Series}/candles{query}");
            return (int)answer.StatusCode;
        }
        for (var i = 0; i < 1_200 && await Asked("") == 404; i++) await Task.Delay(50);
        foreach (var (query, status) in new[] { ("", 200), ("?to=9999-12-31", 200), ("?to=-9998-01-01", 200), ("?to=0001-01-01&minutes=1440", 200), ("?from=9999-12-31", 422), ("?from=-9998-01-01&to=9999-12-31", 422) })
            Assert.Equal((query, status), (query, await Asked(query)));
    }
}
