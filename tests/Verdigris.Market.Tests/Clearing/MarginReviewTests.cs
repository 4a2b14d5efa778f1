using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>The margin of accounts tried on the days that came.</summary>
public sealed class MarginReviewTests
{
    static readonly LocalDate Monday = new(2026, 3, 9);
    const string Eua = "ICE.EUA:2026-12";

    static Task<IReadOnlyList<AccountReview>> Review(ClearingWorld w, Actor actor) => w.Do(actor, async s => (Answer<IReadOnlyList<AccountReview>>)(await MarginReview.Of(s, ContractSet.Of(w.Get<RulePacks>()), default)).ToList());

    [Fact]
    public async Task Each_evenings_margin_is_held_against_the_loss_of_the_next_day_and_beside_it_stands_the_shortfall_of_the_history()
    {
        await using var w = await ClearingWorld.Open(4, Monday);
        for (var i = 0; i < 4; i++) await w.Pay(i, 900_000_00);
        Assert.Empty(await Review(w, ClearingWorld.Clerk));
        await w.Trade(Eua, 0, 1, 70m, 4);
        await w.Clear();
        // Ten per cent of 70 is asked for a tonne: a fall of 8 is more, and so is a rise of 9 for the seller; the others are less.
        decimal[] course = [62m, 71m, 70m, 69m];
        var days = 0;
        async Task Next(decimal price)
        {
            do days++; while (Monday.PlusDays(days).DayOfWeek is IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday);
            w.Evening(Monday.PlusDays(days));
            await w.Trade(Eua, 2, 3, price, 1);
            await w.Clear();
        }
        foreach (var price in course) await Next(price);
        var all = await Review(w, ClearingWorld.Clerk);
        var buyer = all.Single(r => r.Account == w.Accounts[0].Code);
        Assert.Equal([(Monday, 28_000m, -32_000m, true), (Monday.PlusDays(1), 24_800m, 36_000m, false), (Monday.PlusDays(2), 28_400m, -4_000m, false), (Monday.PlusDays(3), 28_000m, -4_000m, false)], buyer.Days.Select(d => (d.Day, d.Asked, d.Gain, d.Exceeded)));
        Assert.Equal((4, 1, 27_600m), (buyer.Judged!.Days, buyer.Judged.Exceptions, buyer.Asked));
        Assert.Equal(Monday.PlusDays(1), all.Single(r => r.Account == w.Accounts[1].Code).Days.Single(d => d.Exceeded).Day);
        // Four steps are no history of the worst two and a half in a hundred.
        Assert.Equal((null, 4, 40), (buyer.Shortfall, buyer.History, buyer.Needed));
        for (var i = 0; i < 36; i++) await Next(69m);
        // Of forty steps the worst counts: 62 over 70 of 4 x 1,000 t at 69, 31,542.86 to the tick of the lot's cents.
        buyer = (await Review(w, ClearingWorld.Clerk)).Single(r => r.Account == w.Accounts[0].Code);
        Assert.Equal((40, 40, 1), (buyer.History, buyer.Judged!.Days, buyer.Judged.Exceptions));
        Assert.Equal(31_542.84m, buyer.Shortfall);
        // A member sees its own.
        Assert.Equal([w.Accounts[0].Code], (await Review(w, ClearingWorld.Trader(0))).Select(r => r.Account).Distinct());
    }
}
