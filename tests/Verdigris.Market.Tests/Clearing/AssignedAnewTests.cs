using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>An exercise that was planned when the day was cut off, and whose lots were closed in the night before it went on.</summary>
public sealed class AssignedAnewTests
{
    static readonly LocalDate Tuesday = new(2026, 3, 10);
    const string Future = "SHFE.AD:2026-05", Call = "SHFE.AD.OPTION:2026-05:C18400";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_left_is_assigned_anew_and_the_day_goes_on_by_itself(bool reached)
    {
        await using var w = await ClearingWorld.Open(5, Tuesday);
        for (var i = 0; i < 5; i++) await w.Pay(i, 1_000_000_00, "CNY");
        await w.Trade(Future, 3, 4, 18_500, 1);
        await w.Trade(Call, 0, 1, 120, 6);
        await w.Do(ClearingWorld.Trader(0), s => w.Get<ExerciseDesk>().Enter(s, w.Accounts[0].Code, Call, 6, false, Tuesday, default));
        w.Venue.StopAfter(0, done: reached);
        await Assert.ThrowsAsync<VenueStoppedException>(() => w.Try());
        w.Venue.GoOn();
        Assert.True(await w.Sql<long>("select count(*) from market.clearing_flow where kind = 'assign' and state = 1") > 0);
        // What the Book does not have yet counts for nothing.
        Assert.Equal(0L, await w.Sql<long>("select count(*) from market.clearing_trade where kind = 2"));
        if (!reached)
        {
            // In the night, which counts for the day after, the holder sells two of six back to the seller: the one flow of six finds no six any more.
            var call = await w.Series(Call);
            await w.Send(Commands.Transfer(BookDefinitions.IdOf("night/long"), MarketBook.PositionClose, call.Long, w.Accounts[0].Positions, MarketBook.PositionIssuer, 2), Commands.Transfer(BookDefinitions.IdOf("night/short"), MarketBook.PositionClose, call.Short, w.Accounts[1].Positions, MarketBook.PositionIssuer, 2));
            await using var s = w.Registry.Sessions.Open(Actor.System);
            await ClearingTrades.Take(s, [new(BookId.ToGuid(BookDefinitions.IdOf("night")), Tuesday.PlusDays(1), Call, w.Accounts[1].Number, w.Accounts[0].Number, 110, 2, TradeKind.Book, w.Registry.Clock.Now)], default);
        }
        await w.Clear();
        var (option, future) = (await w.Series(Call), await w.Series(Future));
        long Lots(int account, int asset) => w.Venue.Read(b => b.Balance(w.Accounts[account].Positions, asset).Total);
        var exercised = reached ? 6 : 4;
        Assert.Equal((0L, 0L), (Lots(0, option.Long), Lots(1, option.Short)));
        Assert.Equal((exercised, exercised), (Lots(0, future.Long), Lots(1, future.Short)));
        Assert.Equal((long)exercised, await w.Sql<long>("select sum(amount)::bigint from market.clearing_flow where kind = 'assign' and state = 2"));
        Assert.Equal((long)exercised, await w.Sql<long>("select sum(lots)::bigint from market.clearing_trade where kind = 2 and series = $1", Call));
        Assert.Equal(0L, await w.Sql<long>("select count(*) from market.clearing_flow where kind = 'assign' and state not in (2, 4)"));
        Assert.Equal(reached ? 1L : 2L, await w.Sql<long>("select count(*) from market.draw where series = $1", Call));
        // The next day begins from what there is.
        w.Evening(Tuesday.PlusDays(1));
        await w.Clear();
    }
}
