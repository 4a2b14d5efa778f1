using NodaTime;
using Verdigris.Market.Auctions;
using Verdigris.Market.Contracts;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Contracts;

public sealed class CalendarTests
{
    [Fact]
    public async Task What_is_ahead_is_told_day_by_day_with_what_follows_a_last_trading_day()
    {
        await using var w = await Open();
        Task<IReadOnlyList<CalendarEvent>> Of(LocalDate? from, LocalDate? to, string? family = null) => w.Do(Buyer, s => MarketCalendar.Of(s, Ask.Contracts, from, to, family, default));
        var december = await Of(new(2026, 12, 1), new(2026, 12, 31), "allowance");
        IEnumerable<(string, int, string?)> About(IReadOnlyList<CalendarEvent> events, string subject) => events.Where(e => e.Subject == subject).Select(e => (e.What, e.Day.Day, e.Time));
        // The last Monday whose week has no holiday; delivery opens the next morning and ends on the third day.
        Assert.Equal([("last-day", 14, null), ("delivery-opens", 15, "09:00"), ("delivery-ends", 17, "15:00")], About(december, "ICE.EUA:2026-12"));
        Assert.Equal([("closed", 25, null), ("closed", 28, null)], About(december, "london"));
        Assert.DoesNotContain(december, e => e.Subject.StartsWith("LME.", StringComparison.Ordinal));
        Assert.Equal(december.OrderBy(e => e.Day).Select(e => e.Day), december.Select(e => e.Day));
        // What ended before the period and is delivered in it stands there, without its last day.
        Assert.Equal([("delivery-ends", 17, "15:00")], About(await Of(new(2026, 12, 16), new(2026, 12, 20)), "ICE.EUA:2026-12"));
        Assert.Contains(await Of(new(2026, 12, 1), new(2026, 12, 31), "metal"), e => e is { What: "last-day", Subject: "LME.AH:2026-12" });
        Assert.Equal("calendar.period", await w.Refused(Buyer, s => MarketCalendar.Of(s, Ask.Contracts, new(2026, 12, 2), new(2026, 12, 1), null, default)));
        Assert.Equal("calendar.period", await w.Refused(Buyer, s => MarketCalendar.Of(s, Ask.Contracts, new(2026, 1, 1), new(2027, 1, 3), null, default)));
        // Without days named: a month from today.
        Assert.All(await Of(null, null), e => Assert.InRange(e.Day, w.Registry.Today, w.Registry.Today.PlusDays(MarketCalendar.Usual)));
    }

    [Fact]
    public async Task An_auction_stands_in_the_calendar_once_it_is_announced()
    {
        await using var w = await Open();
        await w.Stocked(1_000);
        var opens = w.Registry.Clock.Now + Duration.FromHours(1);
        var planned = await w.Do(Operator, s => w.Get<AuctionPlanning>().Plan(s, new("eu-uniform", "EUA", null, w.SellerAccount.Code, 500, null, opens, opens + Duration.FromHours(2)), default));
        async Task<IEnumerable<(string, string?, string)>> Told() => (await w.Do(Buyer, s => MarketCalendar.Of(s, Ask.Contracts, null, null, null, default))).Where(e => e.Link == $"/market/auctions/{planned.Auction.Id}").Select(e => (e.What, e.Time, e.Subject));
        Assert.Empty(await Told());
        await w.Do(Operator2, s => w.Get<AuctionPlanning>().Announce(s, planned.Auction.Id, null, default));
        var name = $"{planned.Auction.Number} {planned.Auction.Unit}";
        Assert.Equal([("auction-opens", "11:00", name), ("auction-closes", "13:00", name)], await Told());
    }
}
