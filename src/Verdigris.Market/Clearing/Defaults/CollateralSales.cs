using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Defaults;

/// <summary>
/// What a defaulter has beside money of the currency it owes: units it pledged, and money of other currencies. While it owes something they are sold to the members with its positions; what they bring is the defaulter's own money, the first layer of what is still to be borne.
/// What others have borne already is paid back to them out of it, those who bore last first.
/// </summary>
public sealed class CollateralSales(ContractSet contracts, PositionBook positions, BookCommands book, DeliveryUnits units)
{
    /// <summary>Offers what is there, in the currency in which most is owed; nothing where nothing is. In the caller's transaction. Answers how many auctions it opened.</summary>
    internal async Task<int> Offer(DbSession s, DefaultCase known, IReadOnlyCollection<string> series, Instant closesAt, CancellationToken ct)
    {
        var owed = await Owed(s, known, ct);
        if (owed.Count == 0) return 0;
        var (pays, offered) = (owed[0].Currency, 0);
        async Task Insert(int kind, Guid? collateral, string what, long amount) => offered += await s.Run(
            "insert into market.default_auction (id, case_id, kind, collateral_id, what, currency, lots, state, closes_at, opened_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9) on conflict do nothing", ct, s.NewId(), known.Id, (short)kind, collateral, what, pays, amount, closesAt, s.Now);
        foreach (var (id, what, held) in await s.All("select id, what, units from market.collateral where account = $1 and state = 1 order by pledged_at, id", r => (r.GetGuid(0), r.GetString(1), r.GetInt64(2)), ct, known.Account)) await Insert(1, id, what, held);
        // Money its positions and deliveries may still need in its own currency stays.
        var needed = owed.Select(o => o.Currency).Concat(series.Select(c => contracts.Find(Series.Read(c).Value.Contract)!.Currency))
            .Concat(await s.All("select distinct currency from market.delivery where state in (0, 1, 2, 4) and $1 in (seller, buyer)", r => r.GetString(0), ct, known.Account)).ToHashSet(StringComparer.Ordinal);
        foreach (var currency in MarketBook.Currencies.Keys.Where(c => !needed.Contains(c)).Order(StringComparer.Ordinal))
            if (positions.Money(Of(known), currency) is var (cash, margin) && cash + margin > 0) await Insert(2, null, currency, cash + margin);
        return offered;
    }

    /// <summary>What a bid comes to, smallest unit of the currency it is paid in: the price is of one unit, or of one whole unit of the currency offered.</summary>
    internal static long Cost(DefaultAuction offered, decimal price) => LotValue.Of(price, offered.Quantity, MarketBook.Currencies[offered.Currency!].Scale);

    /// <summary>Whether a bidder has the money now.</summary>
    internal bool CanPay(DefaultAuction offered, long account, decimal price) => positions.Money(new(account, default), offered.Currency!).Cash >= Cost(offered, price);

    /// <summary>Whether more is owed than the defaulter's cash comes to by now.</summary>
    internal async Task<bool> Needed(DbSession s, DefaultCase known, CancellationToken ct) => (await Owed(s, known, ct)).Any(o => positions.Money(Of(known), o.Currency).Cash < o.Amount);

    /// <summary>Whether what is offered is there as it was offered.</summary>
    internal async Task<bool> Changed(DbSession s, DefaultAuction offered, DefaultCase known, CancellationToken ct) =>
        offered.Kind == "units" ? !await s.Value<bool>("select exists (select from market.default_auction a join market.collateral c on c.id = a.collateral_id where a.id = $1 and c.state = 1)", ct, offered.Id)
            : positions.Money(Of(known), offered.Series) is var (cash, margin) && cash + margin < offered.Lots;

    /// <summary>Money of the winner to the defaulter, and what he bought to him, as one chain.</summary>
    internal async Task<IReadOnlyList<Command>> Chain(DbSession s, DefaultAuction offered, DefaultCase known, long winner, decimal price, CancellationToken ct)
    {
        var (account, cost) = (Of(known), Cost(offered, price));
        List<Command> chain = [StepPostings.Cash(MarketBook.PayIn, offered.Currency!, winner, MarketBook.ClearingCash, cost), StepPostings.Cash(MarketBook.PayOut, offered.Currency!, MarketBook.ClearingCash, account.Cash, cost)];
        if (offered.Kind == "units")
        {
            var (pledge, asset) = (await s.All("select c.id, c.asset from market.default_auction a join market.collateral c on c.id = a.collateral_id where a.id = $1", r => (r.GetGuid(0), r.GetInt32(1)), ct, offered.Id))[0];
            var to = await s.AsSystem(t => units.Receives(s, winner, asset, t), ct);
            chain.Add(Commands.PostHold(0, BookId.From(pledge)));
            chain.Add(Commands.Transfer(0, MarketBook.DeliverOut, asset, MarketBook.ClearingUnits, to, offered.Lots));
        }
        else
        {
            var cash = Math.Min(offered.Lots, positions.Money(account, offered.Series).Cash);
            if (cash > 0) chain.Add(StepPostings.Cash(MarketBook.PayIn, offered.Series, account.Cash, MarketBook.ClearingCash, cash));
            if (offered.Lots > cash) chain.Add(StepPostings.Cash(MarketBook.MarginUsed, offered.Series, account.Margin, MarketBook.ClearingCash, offered.Lots - cash));
            chain.Add(StepPostings.Cash(MarketBook.PayOut, offered.Series, MarketBook.ClearingCash, winner, offered.Lots));
        }
        return [.. chain.Select((c, i) => c with { Reference = BookId.From(offered.Id), Flags = c.Flags | (i < chain.Count - 1 ? CommandFlags.Linked : CommandFlags.None) })];
    }

    /// <summary>Pays back out of the defaulter's cash what others bore for it: the waterfall upwards, the parts of a layer in proportion. Once more pays nothing twice.</summary>
    /// <param name="margin">Its margin too, which nothing needs any more.</param>
    internal async Task Recover(DbSession s, DefaultCase known, bool margin, CancellationToken ct) => await s.InTransaction(async t =>
    {
        await FundMoves.Lock(s, t);
        var account = Of(known);
        var borne = await Borne(s, known, t);
        foreach (var currency in borne.GroupBy(b => b.Currency).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var money = positions.Money(account, currency.Key);
            var taken = Math.Min(currency.Sum(b => b.Amount), money.Cash + (margin ? money.Margin : 0));
            if (taken <= 0) continue;
            var layers = MarginRules.Of(contracts.Packs).Waterfall.Reverse().Where(w => w.Layer is "house" or "members-fund").SelectMany(w => currency.Where(b => b.Organisation is null == (w.Layer == "house")).Select(b => new LayerMoney(w.Layer, b.Organisation, b.Amount))).ToList();
            var parts = new List<Guid>();
            foreach (var part in Waterfall.Share(taken, layers)!)
            {
                parts.Add(s.NewId());
                await s.Run("insert into market.fund_part (id, organisation_id, currency, amount, case_id, state, moved_at) values ($1, $2, $3, $4, $5, 0, $6)", t, parts[^1], part.Organisation, currency.Key, part.Amount, known.Id, s.Now);
            }
            await s.Audit(new AuditEntry("market-default.recovered", "market-default", known.Id.ToString(), Details: new { currency = currency.Key, amount = Cents.Of(taken, currency.Key) }), t);
            var missing = Math.Max(0, taken - money.Cash);
            var paid = StepPostings.Cash(MarketBook.FundIn, currency.Key, account.Cash, MarketBook.DefaultFund, taken) with { Reference = BookId.From(known.Id) };
            await book.Send(s, DefaultPosted.Name, known.Id, new DefaultSubject("recover", known.Id, known.Id, Currency: currency.Key, Parts: [.. parts]),
                missing == 0 ? [paid] : [StepPostings.Cash(MarketBook.MarginOut, currency.Key, account.Margin, account.Cash, missing) with { Reference = BookId.From(known.Id), Flags = CommandFlags.Linked }, paid], t);
        }
    }, ct);

    /// <summary>What others than the defaulter have borne for it and not got back, smallest unit; what is on its way back counts as there.</summary>
    static Task<List<(Guid? Organisation, string Currency, long Amount)>> Borne(DbSession s, DefaultCase known, CancellationToken ct) => s.All("""
        select organisation_id, currency, -sum(amount)::bigint from market.fund_part where case_id = $1 and organisation_id is distinct from $2 and (state = 1 or (state = 0 and amount > 0)) group by 1, 2 having sum(amount) < 0 order by 2, 1 nulls first
        """, r => (r.MaybeGuid(0), r.GetString(1), r.GetInt64(2)), ct, known.Id, known.OrganisationId);

    /// <summary>What is owed by currency, the most first: what others bore and what a clearing day waits for.</summary>
    internal static async Task<IReadOnlyList<(string Currency, long Amount)>> Owed(DbSession s, DefaultCase known, CancellationToken ct)
    {
        var waiting = await s.All("select currency, sum(amount)::bigint from market.clearing_flow where account = $1 and kind = 'collect' and currency is not null and state not in (2, 4) group by currency", r => (Currency: r.GetString(0), Amount: r.GetInt64(1)), ct, known.Account);
        return [.. (await Borne(s, known, ct)).Select(b => (b.Currency, b.Amount)).Concat(waiting).GroupBy(o => o.Currency).Select(g => (Currency: g.Key, Amount: g.Sum(o => o.Amount))).OrderByDescending(o => Cents.Of(o.Amount, o.Currency)).ThenBy(o => o.Currency, StringComparer.Ordinal)];
    }

    static ClearingAccount Of(DefaultCase known) => new(known.Account, known.OrganisationId);
}
