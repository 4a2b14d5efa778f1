using Microsoft.Playwright;
using NodaTime;
using Verdigris.Market.Auctions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Server;

namespace Verdigris.Browser.Tests;

/// <summary>The auction room as a bidder finds it.</summary>
[Collection(nameof(Stage))]
public sealed class AuctionWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task An_auction_that_takes_bids_says_so_and_a_line_that_cannot_be_read_is_named_and_kept(string language)
    {
        await MarketPages.Seats(stage);
        var cast = MarketPages.Cast;
        var bidder = Stage.Person(70, Stage.Smelter, Role.MarketTrader, Role.MarketSupervisor);
        await DemoPeople.Ensure(stage.Services, [new(bidder.PersonId, "bidder@demo", "Kari Nilsen", Stage.Smelter, "", [.. bidder.Roles])], default);
        var seller = (await stage.Do(cast.Trader, s => stage.Get<TradingAccountHandlers>().List(s, null, null, null, 10, default))).Items[0];
        var opens = stage.Get<NodaTime.IClock>().GetCurrentInstant() + Duration.FromSeconds(2);
        var id = (await stage.Do(cast.Exchange, s => stage.Get<AuctionPlanning>().Plan(s, new("eu-uniform", "EUA", null, seller.Code, 1_000, null, opens, opens + Duration.FromHours(2)), default))).Auction.Id;
        await stage.Do(cast.ExchangeSecond, s => stage.Get<AuctionPlanning>().Announce(s, id, null, default));
        await ClearingWalkTests.Until(() => stage.Get<NodaTime.IClock>().GetCurrentInstant() > opens);
        try
        {
            await using var visitor = await Visitor.SignedIn(stage, language, "bidder@demo");
            await visitor.Open("/market/auctions");
            await Assertions.Expect(visitor.Page.Locator($"tr[data-href='/market/auctions/{id}']")).ToContainTextAsync(visitor.Text("market.auction.standing.open"));
            await visitor.Open($"/market/auctions/{id}");
            await visitor.SeesWords("market.auction.standing.open");
            await visitor.Sees("1,000 EUA");
            var lines = visitor.Page.Locator("[name='Lines']");
            await Assertions.Expect(lines).ToHaveAttributeAsync("placeholder", "78.50 1000");
            // A line that is none, and one of nothing: each is named by its number, and nothing typed is lost.
            await lines.FillAsync("78.50 500\n77 many\n76 -5");
            await visitor.Press("market.auction.bid-submit");
            await Assertions.Expect(lines).ToHaveAttributeAsync("aria-invalid", "true");
            await visitor.Sees(visitor.Text("refusal.auction.line", ("line", "2"), ("given", "77 many")));
            await visitor.Sees(visitor.Text("refusal.auction.line", ("line", "3"), ("given", "76 -5")));
            await Assertions.Expect(lines).ToHaveValueAsync("78.50 500\n77 many\n76 -5");
            await visitor.Fill(("GiveAmount", "40000"));
            await visitor.Press("market.auction.guarantee-give");
            await visitor.SeesWords("market.done.guarantee");
            await lines.FillAsync("78.50 500");
            await visitor.Press("market.auction.bid-submit");
            await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Table, new() { Name = visitor.Text("market.auction.receipts") })).ToContainTextAsync(visitor.Text("market.auction.receipt.counts"));
        }
        finally { await stage.Do(cast.Exchange, s => stage.Get<AuctionPlanning>().Cancel(s, id, "Only a rehearsal", default)); }
    }
}
