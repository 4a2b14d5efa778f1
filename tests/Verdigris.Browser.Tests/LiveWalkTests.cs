using Microsoft.Playwright;
using NodaTime;
using Verdigris.Book.Auctions.Sealed;
using Verdigris.Market.Auctions;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Server;

namespace Verdigris.Browser.Tests;

/// <summary>Rooms that move by themselves while somebody works in them. The browser's clock is turned on, so that nothing waits for the page's own seconds.</summary>
[Collection(nameof(Stage))]
public sealed class LiveWalkTests(Stage stage)
{
    static readonly LocalDate Friday = new(2026, 11, 13);

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task An_auction_opens_takes_bids_and_ends_before_the_eyes_of_a_bidder_who_is_typing(string language)
    {
        await MarketPages.Seats(stage);
        var cast = MarketPages.Cast;
        var bidder = Stage.Person(70, Stage.Smelter, Role.MarketTrader, Role.MarketSupervisor);
        await DemoPeople.Ensure(stage.Services, [new(bidder.PersonId, "bidder@demo", "Kari Nilsen", Stage.Smelter, "", [.. bidder.Roles])], default);
        var seller = (await stage.Do(cast.Trader, s => stage.Get<TradingAccountHandlers>().List(s, null, null, null, 10, default))).Items[0];
        var own = (await stage.Do(bidder, s => stage.Get<TradingAccountHandlers>().List(s, null, null, null, 10, default))).Items[0];
        await using var visitor = await Visitor.SignedIn(stage, language, "bidder@demo");
        var page = visitor.Page;
        await page.Clock.InstallAsync();
        var opens = Now + Duration.FromSeconds(20);
        var id = (await stage.Do(cast.Exchange, s => stage.Get<AuctionPlanning>().Plan(s, new("eu-uniform", "EUA", null, seller.Code, 1_000, null, opens, opens + Duration.FromHours(2)), default))).Auction.Id;
        await stage.Do(cast.ExchangeSecond, s => stage.Get<AuctionPlanning>().Announce(s, id, null, default));
        var path = $"/market/auctions/{id}";
        var over = false;
        try
        {
            await visitor.Open(path);
            await page.EvaluateAsync("window.sameVisit = true");
            var (badge, until, aside, bids) = (page.Locator("[data-part='badge']"), page.Locator("[data-until]"), page.Locator("[name='GiveAmount']"), page.Locator("[name='Lines']"));
            await Assertions.Expect(badge).ToHaveTextAsync(visitor.Text("market.auction.state.Announced"));
            await Assertions.Expect(until).ToContainTextAsync(visitor.Text("market.auction.opens-in"));
            await Assertions.Expect(until).ToContainTextAsync("00:00:");
            await Assertions.Expect(bids).ToHaveCountAsync(0);
            await aside.FillAsync("40000");

            await ClearingWalkTests.Until(() => Now > opens);
            await page.Clock.RunForAsync(10_000);
            await Assertions.Expect(bids).ToBeVisibleAsync();
            await Assertions.Expect(badge).ToHaveTextAsync(visitor.Text("market.auction.standing.open"));
            // It is said to who does not see it, and what runs every second is not.
            await Assertions.Expect(page.Locator("[data-part='now'][role='status']")).ToContainTextAsync(visitor.Text("market.auction.open-now"));
            await Assertions.Expect(page.Locator("[role='status'] [data-left], [aria-live] [data-left]")).ToHaveCountAsync(0);
            await Assertions.Expect(until).ToContainTextAsync("01:59:");
            await Assertions.Expect(aside).ToHaveValueAsync("40000");
            await Assertions.Expect(aside).ToBeFocusedAsync();

            // What the account does elsewhere comes to both lists, beside what is typed into both forms and left.
            await bids.FillAsync("78.50 5");
            await bids.BlurAsync();
            await bids.EvaluateAsync("field => field.scrollIntoView({ block: 'start' })");
            var top = (await bids.BoundingBoxAsync())!.Y;
            await stage.Do(bidder, s => stage.Get<AuctionBidding>().Give(s, id, new(own.Code, 39_250m), default));
            await stage.Do(bidder, s => stage.Get<AuctionBidding>().Bid(s, id, new(own.Code, [new BidLine(78.50m, 500)]), default));
            await page.Clock.RunForAsync(10_000);
            await Assertions.Expect(page.GetByRole(AriaRole.Table, new() { Name = visitor.Text("market.auction.receipts") })).ToContainTextAsync(visitor.Text("market.auction.receipt.counts"));
            await Assertions.Expect(page.Locator("[data-part='guarantees']")).ToContainTextAsync("39,250");
            await Assertions.Expect(bids).ToHaveValueAsync("78.50 5");
            await Assertions.Expect(aside).ToHaveValueAsync("40000");
            // Rows came above it: what is looked at stays where it is.
            await Assertions.Expect(bids).ToBeInViewportAsync();
            Assert.Equal(top, (await bids.BoundingBoxAsync())!.Y, 2f);

            // A page nobody looks at rests.
            Assert.Equal(0, await Asked(page, path, hidden: true));
            Assert.NotEqual(0, await Asked(page, path, hidden: false));

            await stage.Do(cast.Exchange, s => stage.Get<AuctionPlanning>().Cancel(s, id, "Only a rehearsal", default));
            over = true;
            await page.Clock.RunForAsync(10_000);
            await Assertions.Expect(page.Locator("[data-part='now']")).ToContainTextAsync("Only a rehearsal");
            await Assertions.Expect(badge).ToHaveTextAsync(visitor.Text("market.auction.state.Cancelled"));
            await Assertions.Expect(until).ToHaveCountAsync(0);
            // It asks on until the money set aside is back, and then no more.
            await ClearingWalkTests.Until(() => stage.Do(bidder, s => stage.Get<AuctionQueries>().Read(s, id, default)).GetAwaiter().GetResult().State == AuctionState.Cancelled);
            await Assertions.Expect(page.Locator("[data-renews]")).ToHaveAttributeAsync("data-renews", "0", new() { Timeout = 30_000 });
            Assert.Equal(0, await Asked(page, path, hidden: false));
            Assert.True(await page.EvaluateAsync<bool>("window.sameVisit === true"));
        }
        finally { if (!over) await stage.Do(cast.Exchange, s => stage.Get<AuctionPlanning>().Cancel(s, id, "Only a rehearsal", default)); }
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task The_steps_of_a_clearing_day_come_to_an_open_page_which_keeps_what_an_officer_types(string language) => Stage.Alone(Friday.At(new LocalTime(18, 0)).InUtc().ToInstant(), async alone =>
    {
        var clerk = ClearingWalkTests.Clerk;
        await DemoPeople.Ensure(alone.Services, [new(clerk.PersonId, "clerk@demo", clerk.Name, clerk.OrganisationId, "", [.. clerk.Roles])], default);
        await using var officer = await Visitor.SignedIn(alone, language, "clerk@demo");
        var page = officer.Page;
        await page.Clock.InstallAsync();
        await officer.Open("/market/clearing");
        await page.EvaluateAsync("window.sameVisit = true");
        await officer.SeesWords("market.clearing.no-day-text");

        // The day stops before its eighth step, as one that has much to do.
        using var gate = new ManualResetEventSlim();
        var pipeline = alone.Get<ClearingPipeline>();
        pipeline.Passing = (_, step, taken) => { if (step == ClearingStep.InitialMargin && !taken) gate.Wait(); };
        var run = Task.Run(() => alone.Do(clerk, s => pipeline.Run(s, Friday, default)));
        try
        {
            var (badge, step, day) = (page.Locator("[data-part='badge']"), page.Locator("[aria-current='step']"), page.Locator("[name='Day']"));
            await ClearingWalkTests.Until(() => alone.Do(clerk, async s => (Answer<bool>)(await ClearingPipeline.Read(s, Friday, default) is { Steps.Count: 7 })).GetAwaiter().GetResult());
            await page.Clock.RunForAsync(20_000);
            await Assertions.Expect(badge).ToHaveTextAsync(officer.Text("market.clearing.under-way"));
            await Assertions.Expect(step).ToContainTextAsync("8. " + officer.Text("market.clearing.step.InitialMargin"));
            // One form lies in a part of the page, one beside it.
            await day.FillAsync("2026-11-12");
            await officer.Unfold("Series");
            await officer.Fill(("Series", "LME.AH:2026-1"));
            gate.Set();
            Assert.True((await run).Day.Done);
            await page.Clock.RunForAsync(3_000);
            await Assertions.Expect(badge).ToHaveTextAsync(officer.Text("market.clearing.done"));
            await Assertions.Expect(step).ToHaveCountAsync(0);
            await Assertions.Expect(page.Locator(".steps li.done")).ToHaveCountAsync(12);
            await officer.SeesWords("market.clearing.report-open");
            await Assertions.Expect(day).ToHaveValueAsync("2026-11-12");
            await Assertions.Expect(page.Locator("[name='Series']")).ToHaveValueAsync("LME.AH:2026-1");
            await Assertions.Expect(page.Locator("[name='Series']")).ToBeFocusedAsync();
            Assert.True(await page.EvaluateAsync<bool>("window.sameVisit === true"));
            // The newest page waits for the next day; that of a day which is over moves no more.
            Assert.NotEqual(0, await Asked(page, "/market/clearing", hidden: false));
            await officer.Open("/market/clearing/2026-11-13");
            Assert.Equal(0, await Asked(page, "/market/clearing/2026-11-13", hidden: false));
        }
        finally { gate.Set(); }
    });

    Instant Now => stage.Get<NodaTime.IClock>().GetCurrentInstant();

    /// <summary>How often a page asks for itself in a minute of its clock, looked at or not.</summary>
    static async Task<int> Asked(IPage page, string path, bool hidden)
    {
        var asked = 0;
        void Count(object? sender, IRequest request) { if (request.ResourceType == "fetch" && new Uri(request.Url) is { Query: "" } address && address.AbsolutePath == path) Interlocked.Increment(ref asked); }
        await page.EvaluateAsync("is => Object.defineProperty(document, 'hidden', { get: () => is, configurable: true })", hidden);
        page.Request += Count;
        // A question of the test's own at the end: what the page asked before it is counted by then.
        await page.RunAndWaitForRequestAsync(async () =>
        {
            await page.Clock.RunForAsync(60_000);
            await page.EvaluateAsync("fetch(location.pathname + '?counted')");
        }, request => request.Url.EndsWith("?counted", StringComparison.Ordinal));
        page.Request -= Count;
        return asked;
    }
}
