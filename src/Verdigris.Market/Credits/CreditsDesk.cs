using NodaTime;
using Verdigris.Market.Members;
using Verdigris.Market.Trading;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Storage;

namespace Verdigris.Market.Credits;

/// <param name="Serial">Credits of the own account, as their registry prints them: a block or a part of it.</param>
/// <param name="Units">The first so many; null for all.</param>
/// <param name="Basket">Use of the eligibility rules; null: to trade them as what they are, by project and year.</param>
public sealed record NewCreditsDeposit(string Serial, long? Units = null, string? Basket = null);

/// <param name="Basket">Out of which basket; null: what lies there by project and year.</param>
public sealed record NewCreditsWithdrawal(string Serial, long? Units = null, string? Basket = null);

/// <param name="Beneficiary">Printed on the public certificate.</param>
/// <param name="Reason">A word of the registry's vocabulary of retirements.</param>
/// <param name="Basket">Out of which basket; null: what lies there by project and year.</param>
public sealed record NewCreditsRetirement(string Serial, string Beneficiary, string Reason, long? Units = null, string? Purpose = null, string? Basket = null);

/// <param name="Linked">When credits were linked to the account; null where they were not.</param>
public sealed record CreditsAtMarket(string Account, Instant? Linked, IReadOnlyList<MarketBlock> Blocks);

/// <summary>
/// Credits of a trading account: the link, and deposits, withdrawals and retirements, each an order of the registry's that a second person agrees to. The market adds which account it is, and that the account may still act.
/// </summary>
public sealed class CreditsDesk(OrderHandlers orders, CreditMarket credits, BasketKeeper baskets)
{
    /// <summary>Lets a trading account deal in credits of its organisation's credit account. A repeat changes nothing. <c>trading.not-found</c>, <c>credits.account-none</c>.</summary>
    public async Task<Answer<CreditsAtMarket>> Link(DbSession s, long number, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        if (await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open } account || account.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found");
        if (!await orders.HasAccount(s, ct)) return Refusal.Conflict("credits.account-none", "account");
        await s.InTransaction(async t =>
        {
            if (await s.Run("insert into market.credits_link (account, organisation_id, linked_by, linked_at) values ($1, $2, $3, $4) on conflict do nothing", t, number, account.OrganisationId, s.Actor.PersonId, s.Now) > 0)
                await s.Audit(new AuditEntry("market-account.credits-linked", "market-account", account.Code), t);
        }, ct);
        return await Read(s, number, ct);
    }

    /// <summary>What the account has at the market. Own accounts; all of them for the exchange, without their blocks.</summary>
    public async Task<Answer<CreditsAtMarket>> Read(DbSession s, long number, CancellationToken ct)
    {
        if (await TradingAccountHandlers.Find(s, number, ct) is not { } account) return Refusal.NotFound("trading.not-found");
        return new CreditsAtMarket(account.Code, await LinkedAt(s, number, ct), await credits.Holdings(s, account.Code, ct));
    }

    /// <summary>Credits of the own account to the market. <c>access.role-needed</c>, <c>trading.not-found</c>, <c>trading.state-forbids</c>, <c>credits.not-linked</c>, <c>member.not-active</c>, <c>credits.not-held</c>, and what <see cref="OrderHandlers.Propose"/> refuses.</summary>
    public async Task<Answer<CreditOrder>> Deposit(DbSession s, long number, NewCreditsDeposit wanted, CancellationToken ct)
    {
        // Nothing is opened at the market for who may not ask, or for credits that are not his.
        if (CreditMarket.Writes(s.Actor) is { } no) return no;
        var account = await Own(s, number, ct);
        if (!account.Ok) return Answer<CreditOrder>.From(account.Refusals);
        if (account.Value.State != TradingState.Open) return Refusal.Conflict("trading.state-forbids", "account", ("state", account.Value.State.ToString()));
        if (await MemberHandlers.OfOrganisation(s, s.Actor.OrganisationId, ct) is not { State: MemberState.Active }) return Refusal.Conflict("member.not-active", "account");
        if (await credits.Has(s, wanted.Serial, wanted.Units, ct) is { Ok: false } not) return Answer<CreditOrder>.From(not.Refusals);
        var pool = wanted.Basket is { Length: > 0 } use ? await credits.Basket(s, use, ct) : await credits.PoolOf(s, wanted.Serial, ct);
        if (!pool.Ok) return Answer<CreditOrder>.From(pool.Refusals);
        var place = await credits.Ensure(s, account.Value.OrganisationId, account.Value.Code, pool.Value, ct);
        return await orders.Propose(s, new(CreditOrderKind.Deposit, wanted.Serial, wanted.Units, MarketAccount: place), ct);
    }

    /// <summary>Credits back to the own account; held for it from now on. <c>credits.not-held</c> where orders hold them or they are not there.</summary>
    public async Task<Answer<CreditOrder>> Withdraw(DbSession s, long number, NewCreditsWithdrawal wanted, CancellationToken ct)
    {
        var place = await PlaceOf(s, number, wanted.Serial, wanted.Basket, ct);
        return place.Ok ? await orders.Propose(s, new(CreditOrderKind.Withdraw, wanted.Serial, wanted.Units, MarketAccount: place.Value), ct) : Answer<CreditOrder>.From(place.Refusals);
    }

    /// <summary>Credits from the market to their end, with a public certificate; held for it from now on.</summary>
    public async Task<Answer<CreditOrder>> Retire(DbSession s, long number, NewCreditsRetirement wanted, CancellationToken ct)
    {
        var place = await PlaceOf(s, number, wanted.Serial, wanted.Basket, ct);
        return place.Ok ? await orders.Propose(s, new(CreditOrderKind.Retire, wanted.Serial, wanted.Units, Beneficiary: wanted.Beneficiary, Reason: wanted.Reason, Purpose: wanted.Purpose, MarketAccount: place.Value), ct) : Answer<CreditOrder>.From(place.Refusals);
    }

    /// <summary>What of a traded series an account has; null where credits are not linked. What is no longer good delivery of a basket is called in first.</summary>
    public async Task<(long Available, long Held)?> Of(DbSession s, TradingAccount account, Instrument instrument, CancellationToken ct)
    {
        if (await LinkedAt(s, account.Number, ct) is null) return null;
        var pool = await baskets.PoolOf(s, instrument, ct);
        return (await credits.Places(s, account.Code, ct)).FirstOrDefault(p => p.Pool == pool) is { } place ? credits.Balance(place.Account, pool) : (0, 0);
    }

    /// <summary>The first of some accounts that deals in credits; null where none does.</summary>
    internal static async Task<TradingAccount?> FirstLinked(DbSession s, IReadOnlyList<TradingAccount> accounts, CancellationToken ct)
    {
        var linked = (await s.All("select account from market.credits_link where account = any($1)", r => r.GetInt64(0), ct, (object)accounts.Select(a => a.Number).ToArray())).ToHashSet();
        return accounts.FirstOrDefault(a => linked.Contains(a.Number));
    }

    internal static async Task<Instant?> LinkedAt(DbSession s, long number, CancellationToken ct) => (await s.All("select linked_at from market.credits_link where account = $1", r => r.Time(0), ct, number)) is [var at] ? at : null;

    /// <summary>An account of the own organisation with credits linked. What lies there may leave whatever became of the account; nothing new comes to one that is not open.</summary>
    static async Task<Answer<TradingAccount>> Own(DbSession s, long number, CancellationToken ct)
    {
        if (await TradingAccountHandlers.Find(s, number, ct) is not { } account || account.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found");
        return await LinkedAt(s, number, ct) is null ? Refusal.Conflict("credits.not-linked", "account", ("account", account.Code)) : account;
    }

    async Task<Answer<long>> PlaceOf(DbSession s, long number, string? serial, string? basket, CancellationToken ct)
    {
        var account = await Own(s, number, ct);
        if (!account.Ok) return Answer<long>.From(account.Refusals);
        var places = await credits.Places(s, account.Value.Code, ct);
        if (basket is { Length: > 0 }) return places.FirstOrDefault(p => p.Pool.Use == basket) is { } there ? there.Account : Refusal.Conflict("credits.not-held", "serial", ("units", serial ?? ""));
        var pool = await credits.PoolOf(s, serial, ct);
        if (!pool.Ok) return Answer<long>.From(pool.Refusals);
        return places.FirstOrDefault(p => p.Pool == pool.Value) is { } place ? place.Account : Refusal.Conflict("credits.not-held", "serial", ("units", serial ?? ""));
    }
}
