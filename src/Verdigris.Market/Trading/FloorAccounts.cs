using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Market.Credits;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>
/// Trading accounts as the floor knows them. The floor settles with one account of units a trader, so a trading account is several traders there: itself, with its positions, and one for every account of a registry its units lie in. They have one owner: their orders do not
/// trade with each other.
/// </summary>
public sealed class FloorAccounts(SchemeSet schemes, SchemeNumbers numbers, DeskAccess access, CreditMarket credits, BasketKeeper baskets, IServiceProvider services)
{
    readonly ConcurrentDictionary<long, (long Account, Guid Organisation)> known = new();

    /// <summary>By instrument: whether what is bought today waits for tomorrow.</summary>
    readonly ConcurrentDictionary<int, bool> nextDays = new();

    /// <summary>Where credits of an instrument lie for an account: links of credits stay, and so do these.</summary>
    readonly ConcurrentDictionary<(long Account, int Instrument), long> places = new();

    /// <summary>The floor's trader for orders of an instrument by an account, defined there where it is not yet. Refuses <c>trading.units-missing</c> where a spot instrument's units have no account, <c>credits.not-linked</c> where it is of credits and the account does not deal in them.</summary>
    public async Task<Answer<long>> For(DbSession s, IFloor floor, TradingAccount account, Instrument instrument, CancellationToken ct)
    {
        var units = account.Positions;
        if (instrument.IsCredits)
        {
            if (!places.TryGetValue((account.Number, instrument.Number), out units))
            {
                if (await CreditsDesk.LinkedAt(s, account.Number, ct) is null) return Refusal.Conflict("credits.not-linked", "account", ("account", account.Code));
                units = await credits.Ensure(s, account.OrganisationId, account.Code, await baskets.PoolOf(s, instrument, ct), ct);
                places[(account.Number, instrument.Number)] = units;
            }
        }
        else if (instrument.IsSpot)
        {
            if (await access.Link(account, instrument.Scheme!, ct) is not { } link) return Refusal.Conflict("trading.units-missing", "account", ("account", account.Code), ("scheme", instrument.Scheme!));
            units = link.UnitsAccount;
        }
        // What is bought today waits in an account of its own, and its trader is another: of a trader all accounts are fixed.
        var nextDay = instrument.IsSpot && IsNextDay(floor, instrument.Number);
        var trader = nextDay ? MarketBook.LockedOf(units) : instrument.IsSpot ? units : account.Number;
        if (known.ContainsKey(trader)) return trader;
        if (floor.Read(f => f.Trader(trader)) is null)
        {
            if (nextDay) await MarketBook.Definer.ApplyAll(services.GetRequiredService<IVenue>(), [MarketBook.Definer.Account(MarketBook.LockedOf(units), MarketBook.MemberLockedType, BookId.From(account.OrganisationId))], ct);
            var defined = await floor.Send(FloorCommands.DefineTrader(BookDefinitions.IdOf($"market/trader/{trader}"), new TraderDefinition
            {
                Id = trader,
                CashAccount = account.Cash,
                UnitAccount = units,
                MarginAccount = account.Margin,
                LockedAccount = nextDay ? MarketBook.LockedOf(units) : 0,
                Owner = account.Number,
                SelfTrade = Of(account.SelfTrade),
            }));
            if (!defined.Accepted && defined.Code != FloorCode.TraderExists) return Refusal.Conflict("trading.floor-refused", "account", ("code", defined.Code.ToString()));
            await floor.Send(FloorCommands.UpdateTrader(BookId.From(s.NewId()), trader, LimitsOf(account)));
        }
        await s.Lent(t => s.Run("insert into market.floor_trader (trader, account, organisation_id, units_account) values ($1, $2, $3, $4) on conflict do nothing", t, trader, account.Number, account.OrganisationId, units), ct);
        known[trader] = (account.Number, account.OrganisationId);
        return trader;
    }

    /// <summary>An instrument is defined once, so what its definition says is asked of the floor once: every question to it waits for its writer.</summary>
    bool IsNextDay(IFloor floor, int instrument)
    {
        if (nextDays.TryGetValue(instrument, out var there)) return there;
        if (floor.Read(f => f.Instrument(instrument)?.Definition) is not { } definition) return false;
        return nextDays[instrument] = definition.NextDayResale;
    }

    /// <summary>Whose a trader is; null where the room knows of none.</summary>
    internal async ValueTask<(long Account, Guid Organisation)?> Of(DbSession s, long trader, CancellationToken ct)
    {
        if (known.TryGetValue(trader, out var there)) return there;
        var found = await s.All("select account, organisation_id from market.floor_trader where trader = $1", r => (r.GetInt64(0), r.GetGuid(1)), ct, trader);
        if (found.Count == 0) return null;
        known[trader] = found[0];
        return found[0];
    }

    /// <summary>Tells the floor of an account's limits, and whether it may trade at all: stopped, its orders are cancelled and nothing new is taken.</summary>
    public async Task Changed(DbSession s, TradingAccount account, CancellationToken ct)
    {
        access.Forget(account.OrganisationId);
        if (services.GetService(typeof(IFloor)) is not IFloor floor) return;
        foreach (var trader in await s.Lent(t => s.All("select trader from market.floor_trader where account = $1 order by trader", r => r.GetInt64(0), t, account.Number), ct))
        {
            await floor.Send(FloorCommands.UpdateTrader(BookId.From(s.NewId()), trader, LimitsOf(account)));
            await floor.Send(account.State == TradingState.Open && await Kills.Of(s, account.OrganisationId, account.Number, ct) is null ? FloorCommands.Unkill(BookId.From(s.NewId()), trader, BookId.From(s.Actor.PersonId)) : FloorCommands.Kill(BookId.From(s.NewId()), trader, BookId.From(s.Actor.PersonId)));
        }
    }

    /// <summary>The rules of the floor's own transfers, between the types of accounts this room and the registries have. At every start.</summary>
    internal IReadOnlyList<Command> Rules()
    {
        var units = schemes.All.Where(x => x.Account(MarketDoor.Kind) is not null).Select(x => numbers.AccountType(x.Code, MarketDoor.Kind)).Append(CreditMarket.AccountType).Append(MarketBook.MemberUnitsType).Append(MarketBook.MemberPositionsType).Distinct();
        return [.. units.SelectMany(type =>
        {
            var place = 0;
            return FloorRules.For(new FloorAccountTypes(MarketBook.MemberCashType, type, MarketBook.ClearingCashType, MarketBook.MemberMarginType, 0, MarketBook.PositionIssuerType, MarketBook.FeesType), () => BookDefinitions.IdOf($"market/floor-rule/1/{type}/{++place}"));
        })];
    }

    /// <summary>What waits for the next day goes from the clearing house into its account, out of it to the account of the registry, and back where a trade is taken back.</summary>
    internal IReadOnlyList<Command> LockedRules() =>
    [
        Locked(FloorTypes.TradeUnits, MarketBook.ClearingCashType, MarketBook.MemberLockedType), Locked(FloorTypes.Bust, MarketBook.MemberLockedType, MarketBook.ClearingCashType),
        .. schemes.All.Where(x => x.Account(MarketDoor.Kind) is not null).Select(x => numbers.AccountType(x.Code, MarketDoor.Kind)).Distinct().Select(type => Locked(FloorTypes.Unlock, MarketBook.MemberLockedType, type)),
    ];

    static Command Locked(ushort type, ushort from, ushort to) => MarketBook.Definer.Rule("1", type, 0, from, to, RuleFlags.Allowed | RuleFlags.ProposeByAuthority, 0);

    static TraderLimits LimitsOf(TradingAccount a) => new() { Active = a.State == TradingState.Open, MaxOrderQuantity = a.LargestOrderLots ?? 0, OrdersPerSecond = a.OrdersASecond ?? 0 };

    static Book.SelfTrade Of(Members.SelfTrade rule) => rule switch { Members.SelfTrade.CancelOldest => Book.SelfTrade.CancelOldest, Members.SelfTrade.CancelBoth => Book.SelfTrade.CancelBoth, Members.SelfTrade.Decrement => Book.SelfTrade.Decrement, _ => Book.SelfTrade.CancelNewest };
}
