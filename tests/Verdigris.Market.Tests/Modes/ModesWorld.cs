using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Data;
using Verdigris.Market.Fix;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Statements;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Tests;
using Verdigris.Storage;
using Verdigris.Web;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests.Modes;

/// <summary>What the tests of the trading modes share: a market with one series open, units straight into accounts, and the floor's events written down.</summary>
static class ModesWorld
{
    public const string Future = "ICE.EUA:2026-12", Spot = "EEX.EUA.SPOT";

    public static readonly Instant Morning = Instant.FromUtc(2026, 3, 3, 10, 0);

    /// <summary>Both members have money; a series is open and in the phase its hours say.</summary>
    public static async Task<MarketWorld> Ready(string series = Future, decimal reference = 75m, string code = RegistryWorld.Eu, Instant? at = null, string currency = "EUR", decimal money = 1_000_000m)
    {
        var w = await Open(code: code);
        if (at is { } now) w.Registry.Clock.Now = now;
        await w.PayIn(w.BuyerAccount, money, currency);
        await w.PayIn(w.SellerAccount, money, currency);
        await w.Do(Operator, s => w.Get<Listing>().Open(s, new(series, reference), default));
        await Tick(w);
        return w;
    }

    public static Task Tick(MarketWorld w) => w.Get<SessionClock>().Tick(w.Get<IFloor>(), default);

    public static Task Later(MarketWorld w, Duration by)
    {
        w.Registry.Clock.Now += by;
        return Tick(w);
    }

    public static DeskOrder Order(string series, Side side, decimal quantity, decimal? price, TimeInForce lasts = TimeInForce.Day, PositionEffect effect = PositionEffect.Open, string? account = null)
    {
        var id = BookId.From(Guid.NewGuid());
        return new() { Id = id, ClientId = id, Session = 0, Symbol = series, Side = side, Quantity = quantity, Price = price, Type = OrderType.Limit, TimeInForce = lasts, Effect = effect, Account = account };
    }

    public static Task<AgreedTrade> Report(MarketWorld w, Actor who, NewAgreedTrade trade) => w.Do(who, s => w.Get<AgreedDesk>().Report(s, trade, default));

    public static PositionView Position(MarketWorld w, TradingAccount account, string series)
    {
        var number = w.Get<InstrumentList>().Find(series, default).AsTask().GetAwaiter().GetResult()!.Number;
        return w.Get<IFloor>().Read(f => f.Trader(account.Number) is null ? default : f.Position(account.Number, number));
    }

    /// <summary>Writes down what the floor has told so far, as the keepers of orders and of market data do.</summary>
    public static async Task Keep(MarketWorld w)
    {
        await using var s = w.Registry.Sessions.Open(Actor.System);
        await Follow(w, await s.Value<long>("select sequence from market.order_position", default), batch => w.Get<OrderKeeper>().Take(s, batch, default));
        await Follow(w, await MarketDataKeeper.Position(s, default), batch => w.Get<MarketDataKeeper>().Take(s, batch, null, default));
    }

    static async Task Follow(MarketWorld w, long position, Func<ReadOnlyMemory<FloorEvent>, Task> take)
    {
        var next = w.Get<IFloor>().Read(f => f.NextEvent);
        if (next - 1 <= position) return;
        using var subscription = w.Get<IFloor>().Subscribe(position + 1);
        await foreach (var batch in subscription.Batches())
        {
            await take(batch);
            if (batch[^1].Sequence >= next - 1) return;
        }
    }

    static readonly IStrings English = new StringCatalogue([new(typeof(MarketRoom).Assembly)]).For("en");

    /// <summary>Of March 2026.</summary>
    public static Task<Statement> Statement(MarketWorld w, Actor who, TradingAccount account) => w.Do(who, s => w.Get<StatementDesk>().Of(s, account.Number, new(2026, 3, 1), new(2026, 3, 31), English, default));

    public static async Task<IReadOnlyList<Print>> Tape(MarketWorld w, string series)
    {
        await using var s = w.Registry.Sessions.Open(Actor.System);
        return await PriceStore.Trades(s, series, null, 100, default);
    }

    /// <summary>Units of a scheme straight into an account for the market, without the way through the registry.</summary>
    public static async Task Give(MarketWorld w, long unitsAccount, string unit, string vintage, long units)
    {
        var (numbers, code) = (w.Registry.Numbers, w.Registry.Code);
        var issuer = numbers.Central(code, "total-quantity");
        var asset = await numbers.Make(code, unit, vintage, default);
        var type = w.Registry.Venue.Read(b => b.Account(issuer)!.Type);
        Command[] commands =
        [
            MarketBook.Definer.Rule("test", 9_999, numbers.AssetClass(code), type, numbers.AccountType(code, MarketDoor.Kind), RuleFlags.Allowed | RuleFlags.Issues | RuleFlags.ProposeByAuthority, 0),
            Commands.Transfer(BookId.From(Guid.NewGuid()), 9_999, asset, issuer, unitsAccount, units),
        ];
        Assert.All(await w.Registry.Venue.Send(commands), o => Assert.Equal(Code.Accepted, o.Code));
    }

    public static async Task Approve(MarketWorld w, Actor who, Guid subject, bool approve = true) => await w.Registry.DecideTask(who, await w.Registry.TaskOf(subject), approve);
}
