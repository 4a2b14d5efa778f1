using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests.Modes;

/// <summary>What is done to series after series is done to each by itself: the first one that fails does not hold up the rest, and the exchange is told once.</summary>
public class SeriesAloneTests
{
    const string Second = "ICE.EUA:2027-12";

    [Fact]
    public async Task A_series_that_cannot_be_moved_does_not_keep_those_behind_it_from_their_hours_and_the_officers_hear_of_it_once()
    {
        await using var w = await Two();
        var broken = new Broken(w.Get<IFloor>(), await Number(w, Future)) { On = true };
        w.Registry.Clock.Now = Instant.FromUtc(2026, 3, 3, 22, 0);
        for (var i = 0; i < 3; i++) await w.Get<SessionClock>().Tick(broken, default);
        Assert.Equal((BookPhase.Continuous, BookPhase.Closed), await Phases(w));
        Assert.Equal(1, await Told(w, "series-phase"));
        broken.On = false;
        await w.Get<SessionClock>().Tick(broken, default);
        Assert.Equal((BookPhase.Closed, BookPhase.Closed), await Phases(w));
        // Where it fails again after it had worked they are told again.
        broken.On = true;
        w.Registry.Clock.Now = Instant.FromUtc(2026, 3, 4, 10, 0);
        for (var i = 0; i < 2; i++) await w.Get<SessionClock>().Tick(broken, default);
        Assert.Equal((BookPhase.Closed, BookPhase.Continuous), await Phases(w));
        Assert.Equal(2, await Told(w, "series-phase"));
    }

    [Fact]
    public async Task A_follower_that_cannot_read_keeps_the_floors_day_shut_and_no_series_from_its_hours()
    {
        await using var w = await Two();
        var broken = new Broken(w.Get<IFloor>(), 0) { NoDay = true };
        w.Registry.Clock.Now = Instant.FromUtc(2026, 3, 4, 22, 0);
        await w.Get<SessionClock>().Tick(broken, default);
        Assert.Equal((BookPhase.Closed, BookPhase.Closed), await Phases(w));
    }

    [Fact]
    public async Task After_a_clearing_day_a_series_that_gets_no_new_terms_keeps_its_own_and_the_next_one_gets_them()
    {
        await using var w = await Two();
        var day = new LocalDate(2026, 3, 3);
        await using (var s = w.Registry.Sessions.Open(Actor.System))
            foreach (var (series, price) in new[] { (Future, 77m), (Second, 79m) })
                await s.Run("insert into market.settlement_price (day, series, price, rule, final, trace, fixed_at) values ($1, $2, $3, 'last-trade', false, '{}', $4)", default, day, series, price, s.Now);
        var broken = new Broken(w.Get<IFloor>(), await Number(w, Future)) { On = true };
        var listing = ActivatorOf(w, broken);
        for (var i = 0; i < 2; i++)
        {
            await using var s = w.Registry.Sessions.Open(Actor.System);
            Assert.Equal(1, await listing.Settled(s, day, null, default));
        }
        Assert.Equal((75m, 79m), ((await w.Get<InstrumentList>().Find(Future, default))!.Reference!.Value, (await w.Get<InstrumentList>().Find(Second, default))!.Reference!.Value));
        Assert.Equal(1, await Told(w, "series-terms"));
    }

    static Listing ActivatorOf(MarketWorld w, Broken floor) => (Listing)Activator.CreateInstance(typeof(Listing), [.. typeof(Listing).GetConstructors().Single().GetParameters().Select(p => p.ParameterType == typeof(IServiceProvider) ? floor : w.Get<IServiceProvider>().GetService(p.ParameterType))])!;

    static async Task<MarketWorld> Two()
    {
        var w = await Ready(at: Morning);
        await w.Do(Operator, s => w.Get<Listing>().Open(s, new(Second, 76m), default));
        await Tick(w);
        Assert.Equal((BookPhase.Continuous, BookPhase.Continuous), await Phases(w));
        return w;
    }

    static async Task<int> Number(MarketWorld w, string series) => (await w.Get<InstrumentList>().Find(series, default))!.Number;

    static async Task<(BookPhase, BookPhase)> Phases(MarketWorld w)
    {
        var (first, second) = (await Number(w, Future), await Number(w, Second));
        return w.Get<IFloor>().Read(f => (f.Instrument(first)!.Phase, f.Instrument(second)!.Phase));
    }

    static async Task<long> Told(MarketWorld w, string what)
    {
        await using var s = w.Registry.Sessions.Open(Actor.System);
        return await s.Value<long>("select count(*) from storage.outbox_event where topic = 'storage.notice' and payload->>'textKey' = $1 and payload->'textArgs'->>'series' = $2", default, "market.notice.supervision." + what, Future);
    }

    /// <summary>A floor that throws at every line of one instrument, or at the opening of its day.</summary>
    sealed class Broken(IFloor floor, int number) : IFloor, IServiceProvider
    {
        public bool On { get; set; }

        public bool NoDay { get; init; }

        public object? GetService(Type serviceType) => serviceType == typeof(IFloor) ? this : null;

        public ValueTask<FloorAnswer> Send(in FloorCommand command) => (On && command.Instrument == number) || (NoDay && command.Kind == FloorKind.OpenDay) ? throw new InvalidOperationException("out of order") : floor.Send(command);

        public ValueTask<FloorAnswer[]> Send(ReadOnlyMemory<FloorCommand> commands) => floor.Send(commands);

        public T Read<T>(Func<IFloorState, T> query) => floor.Read(query);

        public FloorSubscription Subscribe(long from = 0, int capacity = 65_536) => floor.Subscribe(from, capacity);
    }
}
