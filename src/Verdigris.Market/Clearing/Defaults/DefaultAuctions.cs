using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Defaults;

/// <summary>The auction of a defaulter's positions to the members: sealed prices, the best for the clearing house wins, of equal ones the earlier. What is awarded is a trade between the defaulter and the winner at that price, on the trading day at hand; the premium of an option is paid with that day's variation margin.</summary>
public sealed class DefaultAuctions(ContractSet contracts, SeriesRegister register, PositionBook positions, CollateralSales sales, BookCommands book)
{
    const string Columns = "id, case_id, series, lots, state, closes_at, winner, price, code, kind, what, currency", Positions = "positions";

    /// <summary>Opens an auction for each series the defaulter has open, and while it owes something for what else it has (<see cref="CollateralSales"/>). Refuses <c>default.state</c>, <c>default.closes</c> (not after now) and <c>default.nothing-open</c>.</summary>
    public async Task<Answer<IReadOnlyList<DefaultAuction>>> Open(DbSession s, Guid caseId, Instant closesAt, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        if (closesAt <= s.Now) return Refusal.Of("default.closes", "closesAt");
        if (await DefaultDesk.Find(s, caseId, ct) is not { State: CaseState.Declared } known) return Refusal.Conflict("default.state", "state");
        var numbers = await register.ByNumber(s, ct);
        var open = positions.Open([new(known.Account, known.OrganisationId)]).Where(o => o.Value.Net != 0 && numbers[o.Key.Series].EndedOn is null).OrderBy(o => o.Key.Series).ToList();
        var opened = await s.InTransaction<Done>(async t =>
        {
            var sold = await sales.Offer(s, known, [.. open.Select(o => numbers[o.Key.Series].Code)], closesAt, t);
            if (open.Count == 0 && sold == 0) return Refusal.Conflict("default.nothing-open", "id");
            foreach (var (key, lots) in open)
                await s.Run("insert into market.default_auction (id, case_id, series, lots, state, closes_at, opened_at) values ($1, $2, $3, $4, 0, $5, $6) on conflict do nothing", t, s.NewId(), caseId, numbers[key.Series].Code, lots.Net, closesAt, s.Now);
            await s.Audit(new AuditEntry("market-default.auction-opened", "market-default", caseId.ToString(), Details: new { series = open.Count, collateral = sold, closesAt }), t);
            return default(Done);
        }, ct);
        return !opened.Ok ? Answer<IReadOnlyList<DefaultAuction>>.From(opened.Refusals) : (await Of(s, caseId, ct)).ToList();
    }

    /// <summary>A member's price, entered or replaced while the auction is open. Refuses <c>default.own</c> (another account of the defaulter), <c>default.auction-closed</c>, <c>trading.not-found</c>, <c>contract.price-off-tick</c>, and for units and money <c>default.price</c> and <c>cash.over-available</c>.</summary>
    public async Task<Answer<DefaultBid>> Bid(DbSession s, Guid auction, string account, decimal price, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (TradingAccount.NumberOf(account) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open } own || own.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found", "account", ("given", account ?? ""));
        return await s.InTransaction<DefaultBid>(async t =>
        {
            if (await Find(s, auction, t) is not { State: "open" } known || known.ClosesAt <= s.Now) return Refusal.Conflict("default.auction-closed", "auction");
            // Nobody buys back what its own house could not keep.
            if ((await DefaultDesk.Find(s, known.CaseId, t))?.OrganisationId == own.OrganisationId) return Refusal.Forbidden("default.own");
            if (known.Kind == Positions)
            {
                if (contracts.Find(Series.Read(known.Series).Value.Contract)!.Ticks(price, s.Today()) is { Ok: false } off) return Answer<DefaultBid>.From(off.Refusals);
            }
            else if (price is <= 0 or > 1_000_000_000 || price.Scale > 6 || CollateralSales.Cost(known, price) < 1) return Refusal.Of("default.price", "price", ("given", DecimalText.Write(price)));
            else if (!sales.CanPay(known, number, price)) return Refusal.Conflict("cash.over-available", "price", ("available", DecimalText.Write(Cents.Of(positions.Money(new(number, own.OrganisationId), known.Currency!).Cash, known.Currency!))), ("currency", known.Currency!));
            await s.Run("""
                insert into market.default_bid (id, auction_id, account, organisation_id, price, entered_by, entered_at) values ($1, $2, $3, $4, $5, $6, $7)
                on conflict (auction_id, account) do update set price = $5, entered_by = $6, entered_at = $7
                """, t, s.NewId(), auction, number, own.OrganisationId, price, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-default.bid", "market-default", auction.ToString(), Details: new { own.Code }), t);
            return (await Bids(s, auction, t)).First(b => b.Account == own.Code);
        }, ct);
    }

    /// <summary>After its end: the best price takes the positions. What is not there any more as it was offered is not sold: where the series has ended, or the defaulter has other lots by now (an option was exercised), the auction ends unsold and says so in its code, and what is left may be offered again. Refuses <c>default.auction-open</c> and <c>default.auction-closed</c>.</summary>
    public async Task<Answer<DefaultAuction>> Award(DbSession s, Guid auction, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var series = (await register.ByNumber(s, ct)).Values.ToDictionary(x => x.Code);
        var awarded = await s.InTransaction<Done>(async t =>
        {
            if (await Find(s, auction, t) is not { State: "open" } known || known is { Winner: not null, Code: null }) return Refusal.Conflict("default.auction-closed", "auction");
            if (known.ClosesAt > s.Now) return Refusal.Conflict("default.auction-open", "auction", ("until", known.ClosesAt.ToString()));
            // Nobody who was declared in default after it bid takes over what another could not keep.
            var bids = await s.All("select account, price, entered_at from market.default_bid b where auction_id = $1 and not exists (select from market.default_case c where c.account = b.account and c.state = 1)", r => (Account: r.GetInt64(0), Price: r.GetDecimal(1), At: r.Time(2)), t, auction);
            var of = (await DefaultDesk.Find(s, known.CaseId, t))!;
            if (known.Kind != Positions)
            {
                await Sell(s, known, of, [.. bids.OrderByDescending(b => b.Price).ThenBy(b => b.At).ThenBy(b => b.Account).Select(b => (b.Account, b.Price))], t);
                return default(Done);
            }
            var (offered, day) = (series[known.Series], TradingDay(known.Series, s));
            var gone = offered.EndedOn is not null || SeriesDates.EndDay(contracts, contracts.Find(offered.Series.Contract)!, offered.Series) < day ? "series-ended"
                : positions.Open([new(of.Account, of.OrganisationId)]).GetValueOrDefault((of.Account, offered.Number)).Net != known.Lots ? "position-changed" : null;
            if (bids.Count == 0 || gone is not null)
            {
                await s.Run("update market.default_auction set state = 2, closed_at = $2, code = $3 where id = $1", t, auction, s.Now, gone);
                await s.Audit(new AuditEntry("market-default.unsold", "market-default", auction.ToString(), gone), t);
                return default(Done);
            }
            var best = (known.Lots > 0 ? bids.OrderByDescending(b => b.Price) : bids.OrderBy(b => b.Price)).ThenBy(b => b.At).ThenBy(b => b.Account).First();
            var (buyer, seller) = known.Lots > 0 ? (best.Account, of.Account) : (of.Account, best.Account);
            await s.Run("update market.default_auction set winner = $2, price = $3, code = null where id = $1", t, auction, best.Account, best.Price);
            await s.Audit(new AuditEntry("market-default.awarded", "market-default", auction.ToString(), Details: new { winner = TradingAccount.CodeOf(best.Account), best.Price }), t);
            await book.Send(s, DefaultPosted.Name, auction, new DefaultSubject("award", auction, Trade: new(BookId.ToGuid(BookId.Derive(auction, -1)), day, known.Series, buyer, seller, best.Price, Math.Abs(known.Lots), TradeKind.Default, s.Now)),
            [
                StepPostings.Open(series[known.Series].Long, buyer + 2, Math.Abs(known.Lots)) with { Flags = CommandFlags.Linked, Reference = BookId.From(auction) }, StepPostings.Open(series[known.Series].Short, seller + 2, Math.Abs(known.Lots)) with { Reference = BookId.From(auction) },
            ], t);
            return default(Done);
        }, ct);
        if (!awarded.Ok) return Answer<DefaultAuction>.From(awarded.Refusals);
        var shown = (await Shown(s, auction, ct))!;
        // What was sold is there for those who bore the loss.
        if (shown.State == "awarded" && shown.Kind != Positions) await sales.Recover(s, (await DefaultDesk.Find(s, shown.CaseId, ct))!, false, ct);
        return shown;
    }

    /// <summary>Units and money go to the best bidder who has the money now. Unsold where nobody has, where they are not there any more, or where nothing is owed by now.</summary>
    async Task Sell(DbSession s, DefaultAuction known, DefaultCase of, List<(long Account, decimal Price)> bids, CancellationToken ct)
    {
        var able = bids.Where(b => sales.CanPay(known, b.Account, b.Price)).ToList();
        // What was sold before may have been enough, and a case may be closed meanwhile: nothing is taken of who owes nothing.
        var gone = of.State != CaseState.Declared || !await sales.Needed(s, of, ct) ? "nothing-owed" : await sales.Changed(s, known, of, ct) ? "position-changed" : bids.Count > 0 && able.Count == 0 ? "no-money" : null;
        if (gone is not null || able.Count == 0)
        {
            await s.Run("update market.default_auction set state = 2, closed_at = $2, code = $3 where id = $1", ct, known.Id, s.Now, gone);
            await s.Audit(new AuditEntry("market-default.unsold", "market-default", known.Id.ToString(), gone), ct);
            return;
        }
        var (winner, price) = able[0];
        await s.Run("update market.default_auction set winner = $2, price = $3, code = null where id = $1", ct, known.Id, winner, price);
        await s.Audit(new AuditEntry("market-default.awarded", "market-default", known.Id.ToString(), Details: new { winner = TradingAccount.CodeOf(winner), price }), ct);
        await book.Send(s, DefaultPosted.Name, known.Id, new DefaultSubject("award", known.Id), await sales.Chain(s, known, of, winner, price, ct), ct);
    }

    /// <summary>The day the contract's sessions count a trade of now for; the day of the calendar where they are not known.</summary>
    LocalDate TradingDay(string series, DbSession s) => Sessions.At(contracts, contracts.Find(Series.Read(series).Value.Contract)!, s.Now) is { Ok: true, Value.TradingDay: { } day } ? day : s.Today();

    /// <summary>Auctions of a case.</summary>
    public async Task<IReadOnlyList<DefaultAuction>> Of(DbSession s, Guid caseId, CancellationToken ct)
    {
        var found = new List<DefaultAuction>();
        foreach (var auction in await s.All($"select {Columns} from market.default_auction where case_id = $1 order by kind, series, what, opened_at", Map, ct, caseId)) found.Add(auction with { Bids = await Bids(s, auction.Id, ct) });
        return found;
    }

    static async Task<DefaultAuction?> Shown(DbSession s, Guid id, CancellationToken ct) => await s.One($"select {Columns} from market.default_auction where id = $1", Map, ct, id) is { } found ? found with { Bids = await Bids(s, id, ct) } : null;

    static Task<DefaultAuction?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from market.default_auction where id = $1 for update", Map, ct, id);

    static Task<List<DefaultBid>> Bids(DbSession s, Guid auction, CancellationToken ct) =>
        s.All("select id, auction_id, account, price, entered_at from market.default_bid where auction_id = $1 order by entered_at", r => new DefaultBid(r.GetGuid(0), r.GetGuid(1), TradingAccount.CodeOf(r.GetInt64(2)), r.GetDecimal(3), r.Time(4)), ct, auction);

    static DefaultAuction Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetInt16(9) switch { 0 => Positions, 1 => "units", _ => "money" }, r.Text(2) ?? r.GetString(10), r.GetInt64(3), r.GetInt16(9) == 2 ? Cents.Of(r.GetInt64(3), r.GetString(10)) : r.GetInt64(3), r.Text(11), r.GetInt16(4) switch { 0 => "open", 1 => "awarded", _ => "unsold" }, r.Time(5), r.IsDBNull(6) ? null : TradingAccount.CodeOf(r.GetInt64(6)), r.MaybeDecimal(7), r.Text(8), []);
}

/// <param name="What">cover, recover, fund or award.</param>
/// <param name="Id">Flow, case, part of the fund, or auction.</param>
/// <param name="Parts">Of cover and recover, the parts of the fund that these commands move: others of the case may be on their way at the same time. Null of what was kept before parts were named.</param>
sealed record DefaultSubject(string What, Guid Id, Guid? CaseId = null, NovatedTrade? Trade = null, string? Currency = null, Guid[]? Parts = null);

/// <summary>What becomes of a default's rows once the Book answered.</summary>
sealed class DefaultPosted : IBookCommandKind
{
    public const string Name = "market.default";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var subject = row.Payload<DefaultSubject>();
        var done = outcomes.All(o => o.Accepted);
        var code = done ? null : outcomes.First(o => !o.Accepted && o.Code != Code.LinkedFailed).Code.ToString();
        var state = (short)(done ? 1 : 2);
        switch (subject.What)
        {
            case "cover":
                await session.Run("update market.clearing_flow set state = case when $2 then 2 else 3 end, code = coalesce($3, 'default') where id = $1 and state = 1", ct, subject.Id, done, code);
                await session.Run("update market.default_line set state = $2, code = $3 where flow_id = $1 and state = 0 and ($4::uuid is null or case_id = $4)", ct, subject.Id, state, code, subject.CaseId);
                await session.Run("update market.fund_part set state = $2, code = $3 where case_id = $1 and state = 0 and amount < 0 and ($4::uuid[] is null or id = any($4))", ct, subject.CaseId, state, code, subject.Parts);
                break;
            case "recover":
                await session.Run("update market.fund_part set state = $2, code = $3 where case_id = $1 and state = 0 and amount > 0 and currency = $4 and ($5::uuid[] is null or id = any($5))", ct, subject.CaseId, state, code, subject.Currency, subject.Parts);
                break;
            case "fund":
                await session.Run("update market.fund_part set state = $2, code = $3 where id = $1 and state = 0", ct, subject.Id, state, code);
                break;
            default:
                await session.Run("update market.default_auction set state = case when $2 then 1 else state end, code = $3, closed_at = case when $2 then $4 end where id = $1 and state = 0", ct, subject.Id, done, code, session.Now);
                if (done && subject.Trade is { } trade) await ClearingTrades.Take(session, [trade], ct);
                if (done) await session.Run("update market.collateral c set state = 5 from market.default_auction a where a.id = $1 and c.id = a.collateral_id and c.state = 1", ct, subject.Id);
                break;
        }
    }
}
