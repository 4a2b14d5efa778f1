using NodaTime;
using Verdigris.Book;
using Verdigris.Book.Auctions;
using Verdigris.Book.Auctions.Sealed;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>
/// Auctions before their bids: one person of the exchange plans and is given the first key, another announces and is given the second. From then on the seller's units are held in the Book, and neither key alone opens a bid.
/// </summary>
public sealed class AuctionPlanning(SchemeSet schemes, SchemeNumbers numbers, BookCommands book, SecretBytes secrets, IVenue venue)
{
    /// <summary>Place the confidential reserve price is sealed for.</summary>
    internal static byte[] ConfidentialPlace(Guid auction) => SealedEnvelope.Place("confidential", auction.ToString("N"));

    internal static UInt128 SellerHold(Guid auction) => BookId.Derive(auction, 0);

    /// <summary>
    /// <c>auction.format-unknown</c>, <c>transaction.unit</c>, <c>auction.seller</c>, <c>cash.currency</c>, <c>auction.times</c>, <c>auction.most-price</c> (a buyer names the most he pays), <c>auction.least-most</c>, <c>auction.volume</c>, <c>auction.reserve</c>, <c>auction.step</c>, <c>input.required</c>.
    /// The reserve price of the scheme's file stands where none is given: <c>auction.reserve-unknown</c> where the file has one and it is not known for the year, <c>auction.exchange-rate-needed</c> where schemes sell together and no rate (<c>auction.exchange-rate</c>) says which of their prices is the
    /// highest, <c>auction.reserve-joint</c> where both are given and do not agree, <c>auction.reserve-file</c> where it is known and another is given. Not run here: <c>auction.format-tiers</c>. Containment reserves: <c>auction.control-split</c>, <c>auction.control-total</c>.
    /// </summary>
    public async Task<Answer<KeyedAuction>> Plan(DbSession s, NewAuction wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        if (AuctionFormats.Find(schemes, wanted.Format ?? "") is not { } found) return Refusal.Of("auction.format-unknown", "format", ("given", wanted.Format ?? ""), ("known", string.Join(", ", AuctionFormats.Names(schemes))));
        var (format, scheme, _) = found;
        // Tiers at fixed prices are no auction at one price: the room does not run them, and clears nothing by another rule than the scheme's.
        if (AuctionTerms.Tiers(scheme, format.Name, wanted.Year).Count > 0) return Refusal.Of("auction.format-tiers", "format", ("given", format.Name));
        var wrong = new List<Refusal>();
        var vintage = wanted.Vintage?.Trim() ?? "";
        if (scheme.Unit(wanted.Unit ?? "") is not { } unit || (unit.Vintage == "none") != (vintage.Length == 0) || numbers.Asset(scheme.Code, unit.Unit, vintage) is not { } asset)
        {
            wrong.Add(Refusal.Of("transaction.unit", "unit", ("given", $"{wanted.Unit} {vintage}".Trim()), ("known", string.Join(", ", scheme.Units.Select(u => u.Unit)))));
            asset = 0;
        }
        if (!MarketBook.Currencies.ContainsKey(scheme.Currency)) wrong.Add(Refusal.Of("cash.currency", "format", ("given", scheme.Currency), ("known", string.Join(", ", MarketBook.Currencies.Keys.Order(StringComparer.Ordinal)))));
        var (seller, units) = await Seller(s, wanted.Seller, scheme.Code, ct);
        if (seller is null || units is null) wrong.Add(Refusal.Of("auction.seller", "seller", ("given", wanted.Seller ?? ""), ("scheme", scheme.Code)));
        if (wanted.OpensAt < s.Now || wanted.ClosesAt <= wanted.OpensAt) wrong.Add(Refusal.Of("auction.times", "closesAt", ("now", NodaTime.Text.InstantPattern.General.Format(s.Now))));
        var reserve = Reserve(scheme, format.Name, wanted, wrong);
        var steps = await AuctionControls.Steps(s, scheme, format.Name, wanted, wrong, ct);
        if (format.Side == AuctionSide.Buy && reserve is null) wrong.Add(Refusal.Of("auction.most-price", "reserve"));
        if (wanted.Least < 1 || wanted.Most < 1 || wanted.Least > wanted.Most || wanted.Least > wanted.Volume) wrong.Add(Refusal.Of("auction.least-most", "least"));
        // What is wrong with the offer the clearing itself says: no bids are needed for it.
        if (AuctionClearing.Clear(format, new(wanted.Volume, reserve, null, steps), [], []) is { Ok: false } offer) wrong.AddRange(offer.Refusals);
        if (wrong.Count > 0) return wrong;
        var (id, secret, seed) = (s.NewId(), SealingKey.Private(secrets.Take(SealingKey.PrivateBytes)), secrets.Take(TieDraw.SeedBytes));
        await s.InTransaction(async t =>
        {
            await s.Run("""
                insert into market.auction (id, scheme, format, unit, vintage, asset, seller, seller_units, organisation_id, volume, reserve, currency, steps, opens_at, closes_at, state, first_key, first_lot, planned_by, planned_at, side, least, most, qualified_only)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14, $15, 0, $16, $17, $18, $19, $20, $21, $22, $23)
                """, t, id, scheme.Code, format.Name, wanted.Unit, vintage, asset, seller!.Number, units!.UnitsAccount, seller.OrganisationId, wanted.Volume, reserve, scheme.Currency, StorageJson.Write(steps), wanted.OpensAt, wanted.ClosesAt,
                SealingKey.Public(secret), TieDraw.Commitment(LotOf(id, 1), seed), s.Actor.PersonId, s.Now, (short)format.Side, wanted.Least, wanted.Most, wanted.QualifiedOnly);
            await s.Audit(new AuditEntry("market-auction.planned", "market-auction", id.ToString(), Details: new { format.Name, wanted.Unit, vintage, wanted.Volume, reserve, wanted.ExchangeRate, steps, wanted.OpensAt, wanted.ClosesAt, seller.Code }), t);
        }, ct);
        return new KeyedAuction((await AuctionStore.Find(s, id, ct))!, OfficerKey.Write(secret, seed));
    }

    /// <summary>The price given, or that of the file for the year; of schemes that sell together the highest. Null where the format has none.</summary>
    decimal? Reserve(Scheme scheme, string format, NewAuction wanted, List<Refusal> wrong)
    {
        var year = wanted.Year;
        if (JointReserve.Is(scheme, format, year))
        {
            if (wanted.ExchangeRate is not { } rate)
            {
                if (wanted.Reserve is null) wrong.Add(Refusal.Of("auction.exchange-rate-needed", "exchangeRate", ("scheme", scheme.Code), ("year", $"{year}")));
                return wanted.Reserve;
            }
            var joint = JointReserve.Of(schemes, scheme, format, year, rate, []);
            if (!joint.Ok)
            {
                if (joint.Refusals[0].Code == "auction.exchange-rate") wrong.AddRange(joint.Refusals);
                else if (wanted.Reserve is null) wrong.Add(Refusal.Of("auction.reserve-unknown", "reserve", ("format", format), ("year", $"{year}")));
                return wanted.Reserve;
            }
            if (wanted.Reserve is { } given && given != joint.Value.Price) wrong.Add(Refusal.Of("auction.reserve-joint", "reserve", ("given", DecimalText.Write(given)), ("right", DecimalText.Write(joint.Value.Price)), ("currency", joint.Value.Currency), ("scheme", joint.Value.Decides)));
            return joint.Value.Price;
        }
        var printed = AuctionTerms.Reserve(scheme, format, year);
        if (wanted.Reserve is { } price)
        {
            if (printed is { Ok: true, Value: { } file } && file.Price != price) wrong.Add(Refusal.Of("auction.reserve-file", "reserve", ("given", DecimalText.Write(price)), ("right", DecimalText.Write(file.Price)), ("currency", scheme.Currency), ("year", $"{year}")));
            return price;
        }
        // A floor out of market prices is worked out for each auction (auction.floor).
        if (!printed.Ok || printed.Value is null && AuctionTerms.HasFloor(scheme, format, year)) wrong.Add(Refusal.Of("auction.reserve-unknown", "reserve", ("format", format), ("year", $"{year}")));
        return printed.Ok ? printed.Value?.Price : null;
    }

    /// <summary>Another person of the exchange announces: <c>auction.state-forbids</c>, <c>auction.same-person</c>, <c>auction.times</c> (it would have begun), <c>auction.over-held</c>, <c>auction.reserve</c> (a confidential price where the format has none), <c>auction.control-total</c> (an auction since took of the reserve).</summary>
    /// <param name="confidential">Below this price nothing is sold; sealed at once, so that nobody can read it before the opening. Null without one.</param>
    public async Task<Answer<KeyedAuction>> Announce(DbSession s, Guid id, decimal? confidential, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var (secret, seed) = (SealingKey.Private(secrets.Take(SealingKey.PrivateBytes)), secrets.Take(TieDraw.SeedBytes));
        var announced = await s.InTransaction<Done>(async t =>
        {
            if (await AuctionStore.Find(s, id, t, locked: true) is not { } auction) return Refusal.NotFound("auction.not-found");
            if (auction.State != AuctionState.Planned || auction.SecondKey is not null) return StateForbids(auction);
            if (await s.Value<Guid>("select planned_by from market.auction where id = $1", t, id) == s.Actor.PersonId) return Refusal.Forbidden("auction.same-person");
            if (auction.OpensAt <= s.Now) return Refusal.Conflict("auction.times", "opensAt", ("now", NodaTime.Text.InstantPattern.General.Format(s.Now)));
            var (format, scheme, _) = AuctionFormats.Find(schemes, auction.Format)!.Value;
            if (AuctionTerms.OverPools(scheme, format.Name, auction.Year, auction.Steps, await AuctionControls.Taken(s, scheme.Code, format.Name, auction.Year, t), "steps") is { } over) return over;
            if (confidential is { } price && AuctionClearing.Clear(format, new(auction.Volume, auction.Reserve, price, auction.Steps), [], []) is { Ok: false } offer) return offer.Refusals.ToList();
            var cash = MarketBook.Currencies[auction.Currency].Asset;
            var most = auction.Side == AuctionSide.Buy ? AuctionSettlement.Cost(auction.Reserve!.Value, auction.Volume, auction.Currency) : 0;
            if (auction.Side == AuctionSide.Buy)
            {
                if (venue.Read(b => b.Balance(auction.Seller, cash)).Available is var money && money < most) return Refusal.Conflict("cash.over-available", "volume", ("available", DecimalText.Write(Cents.Of(money, auction.Currency))), ("currency", auction.Currency));
            }
            else if (venue.Read(b => b.Balance(auction.SellerUnits, auction.Asset)).Available is var available && available < AuctionControls.Held(auction)) return Refusal.Conflict("auction.over-held", "volume", ("available", $"{available}"), ("needed", $"{AuctionControls.Held(auction)}"));
            var keys = new[] { auction.FirstKey, SealingKey.Public(secret) };
            var envelope = confidential is { } hidden ? SealedEnvelope.Seal(keys, System.Text.Encoding.UTF8.GetBytes(DecimalText.Write(hidden).PadRight(32)), ConfidentialPlace(id), secrets.Take(SealingKey.PrivateBytes)) : null;
            await s.Run("update market.auction set second_key = $2, second_lot = $3, confidential = $4, announced_by = $5, announced_at = $6, row_version = row_version + 1 where id = $1", t,
                id, keys[1], TieDraw.Commitment(LotOf(id, 2), seed), envelope, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-auction.announced", "market-auction", id.ToString(), Details: new { confidential = confidential is not null }), t);
            await book.Send(s, AuctionUnitsHeld.Name, id, new Subject(id), [auction.Side == AuctionSide.Buy
                ? Commands.Hold(SellerHold(id), MarketBook.PayIn, cash, auction.Seller, MarketBook.ClearingCash, most, BookId.From(s.Actor.PersonId), reference: BookId.From(id))
                : Commands.Hold(SellerHold(id), MarketBook.DeliverIn, auction.Asset, auction.SellerUnits, MarketBook.ClearingUnits, AuctionControls.Held(auction), BookId.From(s.Actor.PersonId), reference: BookId.From(id))], t);
            return default(Done);
        }, ct);
        return announced.Ok ? new KeyedAuction((await AuctionStore.Find(s, id, ct))!, OfficerKey.Write(secret, seed)) : Answer<KeyedAuction>.From(announced.Refusals);
    }

    /// <summary>Lets an account take part in an auction that is not for everybody, before its end: <c>auction.not-found</c>, <c>auction.state-forbids</c>, <c>trading.not-found</c>.</summary>
    public async Task<Answer<Auction>> Qualify(DbSession s, Guid id, string? code, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        return await s.InTransaction<Auction>(async t =>
        {
            if (await AuctionStore.Find(s, id, t) is not { } auction) return Refusal.NotFound("auction.not-found");
            if (!auction.QualifiedOnly || auction.State > AuctionState.Announced) return StateForbids(auction);
            if (TradingAccount.NumberOf(code) is not { } number || await TradingAccountHandlers.Find(s, number, t) is not { State: TradingState.Open } account) return Refusal.NotFound("trading.not-found", "account", ("given", code ?? ""));
            await s.Run("insert into market.auction_qualified (auction_id, account, organisation_id, qualified_by, qualified_at) values ($1, $2, $3, $4, $5) on conflict do nothing", t, id, number, account.OrganisationId, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-auction.qualified", "market-auction", id.ToString(), Details: new { account.Code }), t);
            return auction;
        }, ct);
    }

    /// <summary>Cancels what is not cleared yet, saying why: everything set aside goes back, once the Book has said that it is (<c>auction.book-waits</c>). An auction whose keys are lost ends here; what it was to offer <see cref="SpreadUnsold"/> spreads.</summary>
    public async Task<Answer<Auction>> Cancel(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        var cancelled = await s.InTransaction<Done>(async t =>
        {
            if (await AuctionStore.Find(s, id, t, locked: true) is not { } auction) return Refusal.NotFound("auction.not-found");
            if (auction.State > AuctionState.Closed) return StateForbids(auction);
            if (await AuctionStore.BookWaits(s, auction, t)) return Refusal.Conflict("auction.book-waits", "state");
            await s.Run("update market.auction set state = 6, reason = $2, row_version = row_version + 1 where id = $1", t, id, words);
            await s.Audit(new AuditEntry("market-auction.cancelled", "market-auction", id.ToString(), words), t);
            var guarantees = await AuctionStore.Guarantees(s, auction, t);
            await s.Run("update market.auction_guarantee set state = 4, row_version = row_version + 1 where auction_id = $1 and state = 1", t, id);
            List<Command> back = [.. guarantees.Where(g => g.Guarantee.State == GuaranteeState.Held).Select(g => Commands.VoidHold(0, BookId.From(g.Guarantee.Id), BookId.From(s.Actor.PersonId)))];
            if (auction.SecondKey is not null) back.Add(Commands.VoidHold(0, SellerHold(id), BookId.From(s.Actor.PersonId)));
            if (back.Count > 0) await book.Send(s, AuctionGivenBack.Name, id, new Subject(id), back, t);
            return default(Done);
        }, ct);
        return cancelled.Ok ? (await AuctionStore.Find(s, id, ct))! : Answer<Auction>.From(cancelled.Refusals);
    }

    /// <summary>
    /// Spreads what an auction did not sell over those planned after it, by the scheme's rule or as announced: <c>auction.state-forbids</c>, <c>auction.spread-done</c>, <c>auction.spread-waits</c>, <c>ets.no-rule</c>, <c>auction.announced</c>. The shares are added to auctions that are planned and
    /// not announced yet; what none of them has room for stays with the auction until others are planned.
    /// </summary>
    public async Task<Answer<IReadOnlyList<UnsoldShare>>> SpreadUnsold(DbSession s, Guid id, IReadOnlyList<long>? announced, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        return await s.InTransaction<IReadOnlyList<UnsoldShare>>(async t =>
        {
            if (await AuctionStore.Find(s, id, t, locked: true) is not { } auction || schemes.Find(auction.Scheme) is not { } scheme) return Refusal.NotFound("auction.not-found");
            if (auction.UnsoldSpread) return Refusal.Conflict("auction.spread-done", "state");
            if (auction.Unsold is not (> 0 and var unsold)) return StateForbids(auction);
            var rule = AuctionTerms.Unsold(scheme, auction.Format, auction.Year);
            if (!rule.Ok) return Answer<IReadOnlyList<UnsoldShare>>.From(rule.Refusals);
            var (format, _, _) = AuctionFormats.Find(schemes, auction.Format)!.Value;
            // Once somebody announces an auction its volume is fixed, and so many units are being held: the shares go to those after it.
            var next = await AuctionStore.Next(s, auction, t);
            var above = await s.Value<long>("""
                select count(*) from market.auction a where a.scheme = $1 and a.format = $2 and a.state = 4 and (a.outcome->>'price')::numeric > a.reserve
                and a.closes_at > coalesce((select max(b.closes_at) from market.auction b where b.scheme = $1 and b.format = $2 and b.state in (4, 5) and not coalesce((b.outcome->>'price')::numeric > b.reserve, false)), '-infinity')
                """, t, auction.Scheme, auction.Format);
            var spread = UnsoldVolume.Spread(rule.Value.Spread, format.Lot, unsold, auction.Year, [.. next.Select(a => new PlannedAuction(a.Id.ToString(), a.Year, a.Volume - a.Added, a.Added))], (int)above, announced);
            if (!spread.Ok) return Answer<IReadOnlyList<UnsoldShare>>.From(spread.Refusals);
            if (spread.Value.Waits || spread.Value.Left == unsold) return Refusal.Conflict("auction.spread-waits", "state");
            var shares = new List<UnsoldShare>();
            foreach (var (to, share) in spread.Value.Shares)
            {
                var taker = next.Single(a => a.Id.ToString() == to);
                await s.Run("update market.auction set volume = volume + $2, added = added + $2, row_version = row_version + 1 where id = $1", t, taker.Id, share);
                shares.Add(new(taker.Id, taker.Number, share));
            }
            await s.Run("update market.auction set unsold_spread = $2, outcome = coalesce(outcome, '{}') || jsonb_build_object('returned', $3::bigint), row_version = row_version + 1 where id = $1", t, id, spread.Value.Left == 0, auction.Returned + unsold - spread.Value.Left);
            await s.Audit(new AuditEntry("market-auction.unsold-spread", "market-auction", id.ToString(), Details: new { shares, spread.Value.Left }), t);
            return shares;
        }, ct);
    }

    /// <summary>What the lot of an officer is bound to: auction and place, so that neither can choose his seed by the other's.</summary>
    internal static string LotOf(Guid auction, int place) => $"{auction:N}/{place}";

    internal static Refusal StateForbids(Auction auction) => Refusal.Conflict("auction.state-forbids", "state", ("state", auction.State.ToString()));

    static async Task<(TradingAccount? Account, UnitsLink? Units)> Seller(DbSession s, string? code, string scheme, CancellationToken ct)
    {
        if (TradingAccount.NumberOf(code) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open } account) return (null, null);
        return (account, await UnitsLinks.Find(s, number, scheme, ct));
    }
}
