using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Market.Members;

/// <summary>The account of a scheme's registry that a trading account sells from and receives in.</summary>
/// <param name="FullId">As the registry prints it.</param>
public sealed record UnitsLink(long Account, string Scheme, long UnitsAccount, string FullId, Instant LinkedAt);

/// <summary>
/// Links between trading accounts and accounts of registries. The registry opens the account and guards the way into it and out of it; the market only moves what lies in it, and only towards the clearing house.
/// </summary>
public sealed class UnitsLinks(AccountHandlers accounts, TransactionHandlers transactions, SchemeSet schemes, SchemeNumbers numbers, IVenue venue)
{
    const string Columns = "account, scheme, units_account, full_id, linked_at";

    /// <summary><c>units.account</c> where the registry's account is not the organisation's own, open and of the kind for the market; <c>units.linked</c>.</summary>
    public async Task<Answer<UnitsLink>> Link(DbSession s, long number, string? fullId, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        if (await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open } trading || trading.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found");
        if ((await Open(s, ct)).FirstOrDefault(a => a.FullId == fullId?.Trim().ToUpperInvariant()) is not { } units) return Refusal.Of("units.account", "fullId", ("given", fullId ?? ""));
        try
        {
            return await s.InTransaction<UnitsLink>(async t =>
            {
                await s.Run("insert into market.units_link (account, scheme, units_account, full_id, organisation_id, linked_by, linked_at) values ($1, $2, $3, $4, $5, $6, $7)", t, number, units.Scheme, units.Account, units.FullId, trading.OrganisationId, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("market-account.units-linked", "market-account", trading.Code, Details: new { units.Scheme, units.FullId }), t);
                return new UnitsLink(number, units.Scheme, units.Account, units.FullId, s.Now);
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Refusal.Conflict("units.linked", "fullId", ("scheme", units.Scheme)); }
    }

    public Task<List<UnitsLink>> Of(DbSession s, long number, CancellationToken ct) => s.All($"select {Columns} from market.units_link where account = $1 order by scheme", r => new UnitsLink(r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.Time(4)), ct, number);

    internal static Task<List<UnitsLink>> OfOrganisation(DbSession s, Guid organisation, CancellationToken ct) => s.All($"select {Columns} from market.units_link where organisation_id = $1", r => new UnitsLink(r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.Time(4)), ct, organisation);

    internal static Task<UnitsLink?> Find(DbSession s, long number, string scheme, CancellationToken ct) => s.One($"select {Columns} from market.units_link where account = $1 and scheme = $2", r => new UnitsLink(r.GetInt64(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.Time(4)), ct, number, scheme);

    /// <summary>Accounts for the market that the actor's organisation has in registries here; of an authority, the accounts its schemes auction from.</summary>
    public async Task<IReadOnlyList<RegistryAccount>> Open(DbSession s, CancellationToken ct)
    {
        var own = await accounts.List(s, new(Kind: MarketDoor.Kind, State: AccountState.Open, Organisation: s.Actor.OrganisationId, Limit: 200), ct) is { Ok: true, Value: var page } ? page.Items : [];
        var auctioned = await accounts.List(s, new(Kind: Auctioned, State: AccountState.Open, Limit: 200), ct) is { Ok: true, Value: var all } ? all.Items : [];
        var administered = new List<RegistryAccount>();
        foreach (var account in auctioned.Where(a => a.OrganisationId is null))
            if (await Administration.AdministratorOf(s, account.Scheme, ct) == s.Actor.OrganisationId) administered.Add(account);
        return [.. own, .. administered];
    }

    /// <summary>The organisation's own accounts of the scheme that units may go to from the market.</summary>
    public async Task<IReadOnlyList<RegistryAccount>> Destinations(DbSession s, UnitsLink link, CancellationToken ct)
    {
        var kinds = schemes.Find(link.Scheme)!.Transactions.Where(t => t.Transaction == MarketDoor.Withdrawal).Select(t => t.To).ToHashSet(StringComparer.Ordinal);
        return await accounts.List(s, new(link.Scheme, State: AccountState.Open, Organisation: s.Actor.OrganisationId, Limit: 200), ct) is { Ok: true, Value: var page } ? [.. page.Items.Where(a => kinds.Contains(a.Kind))] : [];
    }

    /// <summary>Units from the market back to an own account of the registry, by the registry's own rules: held now, and a second representative decides. <c>units.not-linked</c> and what <see cref="TransactionHandlers.Propose"/> refuses.</summary>
    public async Task<Answer<RegistryTransaction>> Withdraw(DbSession s, long number, string scheme, string? to, string unit, string? vintage, long quantity, CancellationToken ct) =>
        await Find(s, number, scheme, ct) is { } link ? await transactions.Propose(s, new(link.UnitsAccount, MarketDoor.Withdrawal, to, unit, string.IsNullOrEmpty(vintage) ? null : vintage, quantity), ct) : Refusal.NotFound("units.not-linked", "account");

    /// <summary>What lies in a linked account, by unit and vintage.</summary>
    public IReadOnlyList<AccountHolding> Holdings(UnitsLink link) =>
        [.. from h in venue.Read(b => b.Holdings(link.UnitsAccount)) let unit = numbers.UnitOf(h.Asset) where unit is not null orderby unit.Value.Unit, unit.Value.Vintage select new AccountHolding(unit.Value.Unit, unit.Value.Vintage, h.Balance.Available, h.Balance.Held)];

    /// <summary>Central account of a scheme from which its authority sells.</summary>
    const string Auctioned = "auction";

    /// <summary>Lets the units of every scheme pass the clearing house, from and to accounts for the market, out of the account the scheme auctions from and back into it, and nowhere else. At every start.</summary>
    public IReadOnlyList<Command> Rules() =>
        [.. from x in schemes.All from kind in new[] { MarketDoor.Kind, Auctioned } where x.Account(kind) is not null from rule in MarketBook.UnitRules(numbers.AssetClass(x.Code), numbers.AccountType(x.Code, kind)) select rule];
}
