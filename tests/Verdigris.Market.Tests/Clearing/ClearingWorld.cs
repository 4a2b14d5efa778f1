using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Tests;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>A clearing house with trading accounts of as many members, and a Book that stops answering when it is told to. Trades are made as the trading floor makes them: positions in the Book, and a line for clearing.</summary>
sealed class ClearingWorld : IAsyncDisposable
{
    public static readonly Actor Clerk = MarketWorld.Clerk, Clerk2 = MarketWorld.Clerk2;

    readonly RegistryWorld registry;
    readonly List<ClearingAccount> accounts = [];
    int count;

    ClearingWorld(RegistryWorld registry, StoppingVenue venue) => (this.registry, Venue) = (registry, venue);

    public StoppingVenue Venue { get; }
    public RegistryWorld Registry => registry;
    public IReadOnlyList<ClearingAccount> Accounts => accounts;
    public LocalDate Today => registry.Clock.Now.InUtc().Date;

    public T Get<T>() where T : notnull => registry.Get<T>();

    public static async Task<ClearingWorld> Open(int members, LocalDate day)
    {
        StoppingVenue? venue = null;
        var above = (MarketRoom.Name, typeof(MarketRoom).Assembly, (Action<IServiceCollection>)(s =>
        {
            venue = new((IVenue)s.Last(d => d.ServiceType == typeof(IVenue)).ImplementationInstance!);
            s.AddSingleton<IVenue>(venue);
            s.AddLogging();
            s.AddMarket();
        }), (Func<IServiceProvider, Task>)(p => MarketRoom.Start(p, default)));
        var world = new ClearingWorld(await RegistryWorld.Open(At(day), above: above), venue!);
        for (var i = 0; i < members; i++) await world.Member(i);
        return world;
    }

    /// <summary>Evening of a day, after every session that counts for it.</summary>
    public static Instant At(LocalDate day) => day.At(new(21, 0)).InUtc().ToInstant();

    public void Evening(LocalDate day) => registry.Clock.Now = At(day);

    public static Guid OrganisationOf(int member) => new($"0190e000-0000-7000-8000-{member:000000000000}");

    public static Actor Trader(int member, int person = 0) => new(new($"0190e100-0000-7000-8000-{(member * 10) + person:000000000000}"), $"trader {member}", OrganisationOf(member), new HashSet<string> { Role.MarketTrader, Role.MarketSupervisor });

    async Task Member(int i)
    {
        await using var s = registry.Sessions.Open(Actor.System);
        var member = s.NewId();
        await s.Run("insert into market.member (id, organisation_id, state, clearing, applied_by, applied_at, decided_at) values ($1, $2, 1, true, $3, $4, $4)", default, member, OrganisationOf(i), Trader(i).PersonId, s.Now);
        var number = await s.Value<long>("insert into market.trading_account (member_id, organisation_id, name, kind, state, self_trade, opened_by, opened_at) values ($1, $2, $3, 0, 1, 0, $4, $5) returning number", default, member, OrganisationOf(i), $"account {i}", Trader(i).PersonId, s.Now);
        var holder = BookId.From(OrganisationOf(i));
        await Send(MarketBook.Definer.Account(number, MarketBook.MemberCashType, holder), MarketBook.Definer.Account(number + 1, MarketBook.MemberUnitsType, holder), MarketBook.Definer.Account(number + 2, MarketBook.MemberPositionsType, holder), MarketBook.Definer.Account(number + 3, MarketBook.MemberMarginType, holder));
        accounts.Add(new(number, OrganisationOf(i)));
    }

    /// <summary>Money from the bank, as two people would let it in.</summary>
    public async Task Pay(int account, long cents, string currency = "EUR")
    {
        var hold = NextId();
        await Send(Commands.Hold(hold, MarketBook.CashIn, MarketBook.Currencies[currency].Asset, MarketBook.Bank, accounts[account].Cash, cents, 1), Commands.PostHold(NextId(), hold, actor: 2));
    }

    /// <summary>The index of a contract's month, published on every day it is expected on up to a day; two people see to each.</summary>
    public async Task Publish(string contract, string index, LocalDate upTo, Func<LocalDate, decimal> price)
    {
        var contracts = ContractSet.Of(Get<Primitives.Rules.RulePacks>());
        var there = (await registry.All(Clerk, s => s.All("select day from market.index_price where index = $1", r => r.Day(0), default, index))).ToHashSet();
        foreach (var day in FinalSettlement.Days(contracts, contracts.Find(contract)!, upTo.ToYearMonth(), upTo).Value.Where(d => !there.Contains(d)))
            await Decide((await Do(Clerk, s => Get<PriceHandlers>().ProposeIndex(s, index, day, price(day), default))).Id);
    }

    /// <summary>What a trade on the floor leaves behind.</summary>
    /// <param name="day">The trading day it counts for; today where none is given.</param>
    /// <param name="trade">The floor's number of it; given again with the two sides changed, as <see cref="TradeKind.TakenBack"/>, it is taken back.</param>
    public async Task<Guid> Trade(string series, int buyer, int seller, decimal price, long lots, LocalTime? at = null, LocalDate? day = null, TradeKind kind = TradeKind.Book, long? trade = null)
    {
        var known = await Series(series);
        await Send(Commands.Transfer(NextId(), MarketBook.PositionOpen, known.Long, MarketBook.PositionIssuer, accounts[buyer].Positions, lots) with { Flags = CommandFlags.Linked }, Commands.Transfer(NextId(), MarketBook.PositionOpen, known.Short, MarketBook.PositionIssuer, accounts[seller].Positions, lots));
        var id = BookId.ToGuid(NextId());
        await using var s = registry.Sessions.Open(Actor.System);
        await ClearingTrades.Take(s, [new(id, day ?? Today, series, accounts[buyer].Number, accounts[seller].Number, price, lots, kind, Today.At(at ?? new(16, 55)).InUtc().ToInstant(), trade)], default);
        return id;
    }

    public async Task<ClearedSeries> Series(string code)
    {
        await using var s = registry.Sessions.Open(Actor.System);
        var added = await Get<SeriesRegister>().Add(s, code, Today, default);
        Assert.True(added.Ok, string.Join(", ", added.Refusals.Select(r => r.Code)));
        return added.Value;
    }

    /// <summary>Units of a scheme into a member's account of units at the market.</summary>
    public async Task Give(int account, string scheme, string unit, long units)
    {
        var numbers = Get<SchemeNumbers>();
        var issuer = numbers.Central(scheme, "total-quantity");
        var asset = numbers.Asset(scheme, unit, "")!.Value;
        var type = Venue.Read(b => b.Account(issuer)!.Type);
        await Send([.. MarketBook.UnitRules(numbers.AssetClass(scheme)), MarketBook.Definer.Rule("test", 9_999, numbers.AssetClass(scheme), type, MarketBook.MemberUnitsType, RuleFlags.Allowed | RuleFlags.Issues | RuleFlags.ProposeByAuthority, 0), Commands.Transfer(NextId(), 9_999, asset, issuer, accounts[account].Number + 1, units)]);
    }

    public Task<Answer<ClearingDayView>> Try(LocalDate? day = null) => registry.Try(Clerk, s => Get<ClearingPipeline>().Run(s, day ?? Today, default));

    /// <summary>Runs today's clearing to its end.</summary>
    public async Task<ClearingDayView> Clear()
    {
        var view = await Do(Clerk, s => Get<ClearingPipeline>().Run(s, Today, default));
        Assert.True(view.Day.Done, $"{view.Day.Step}: " + string.Join("; ", view.Day.Waiting.Select(r => $"{r.Code} {string.Join(",", r.Args?.Values ?? [])}")));
        return view;
    }

    public long Cash(int account, string currency = "EUR") => Balance(accounts[account].Cash, currency);
    public long Margin(int account, string currency = "EUR") => Balance(accounts[account].Margin, currency);
    public long Balance(long account, string currency = "EUR") => Venue.Read(b => b.Balance(account, MarketBook.Currencies[currency].Asset)).Total;

    public async Task<T> Sql<T>(string sql, params object?[] args)
    {
        await using var s = registry.Sessions.Open(Actor.System);
        return await s.Value<T>(sql, default, args);
    }

    public Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work) => registry.Do(actor, work);
    public Task<string> Refused<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work) => registry.Refused(actor, work);
    public async Task Decide(Guid subject, bool approve = true) => await registry.DecideTask(Clerk2, await registry.TaskOf(subject), approve);

    /// <summary>Everybody who was asked agrees to a buy-in, or the first does not; answers how many were asked.</summary>
    public async Task<int> Agree(Guid buyIn, bool agrees = true)
    {
        var asked = await registry.All(Actor.System, s => s.All("select task_id, organisation_id from market.buy_in_consent where buy_in_id = $1 and state = 0 order by party", r => (r.GetGuid(0), r.GetGuid(1)), default, buyIn));
        foreach (var (task, organisation) in agrees ? asked : asked.Take(1)) await registry.DecideTask(Trader(accounts.FindIndex(a => a.OrganisationId == organisation)), task, agrees);
        return asked.Count;
    }

    /// <summary>A decision that is not taken, and why.</summary>
    public async Task<string> NotDecided(Actor who, Guid subject)
    {
        var task = await registry.TaskOf(subject);
        return await registry.Refused(who, s => Get<Approvals>().Decide(s, task, true, null, default));
    }

    /// <summary>Every balance of the Book that clearing can have moved, as text: two worlds are alike where their texts are.</summary>
    public string Holdings() => Venue.Read(b => string.Join("\n", new[] { MarketBook.Bank, MarketBook.ClearingCash, MarketBook.ClearingUnits, MarketBook.PositionIssuer, MarketBook.Fees, MarketBook.DefaultFund }.Concat(accounts.SelectMany(a => Enumerable.Range(0, 4).Select(i => a.Number + i)))
        .SelectMany(a => b.Holdings(a).OrderBy(h => h.Asset).Select(h => $"{a}/{h.Asset}: {h.Balance.Available} + {h.Balance.Held}"))));

    public async Task Send(params Command[] commands) => Assert.All(await Venue.Send(commands), o => Assert.Equal(Code.Accepted, o.Code));

    UInt128 NextId() => BookDefinitions.IdOf($"test/{++count}");

    public ValueTask DisposeAsync() => registry.DisposeAsync();
}

/// <summary>A Book that takes a number of sends and then stops answering, before or after it has done what it was asked.</summary>
sealed class StoppingVenue(IVenue inner) : IVenue
{
    int left = int.MaxValue;
    bool afterwards;

    /// <param name="sends">Sends still answered.</param>
    /// <param name="done">The one that is not answered is done all the same.</param>
    public void StopAfter(int sends, bool done) => (left, afterwards) = (sends, done);

    public void GoOn() => left = int.MaxValue;

    public bool Stopped => left <= 0;

    public UInt128 VenueId => inner.VenueId;
    public int MaxBatch => inner.MaxBatch;
    public event Action<CommittedBatch>? Committed { add => inner.Committed += value; remove => inner.Committed -= value; }
    public T Read<T>(Func<IBookState, T> query) => inner.Read(query);

    public ValueTask<Outcome> Send(in Command command)
    {
        var copy = command;
        return One(copy);
    }

    async ValueTask<Outcome> One(Command command) => (await Send(new[] { command }))[0];

    public async ValueTask<Outcome[]> Send(ReadOnlyMemory<Command> commands)
    {
        if (left == int.MaxValue) return await inner.Send(commands);
        if (left-- > 0) return await inner.Send(commands);
        left = 0;
        if (afterwards) await inner.Send(commands);
        afterwards = false;
        throw new VenueStoppedException("stopped by the test");
    }
}
