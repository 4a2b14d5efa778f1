using NodaTime;
using Verdigris.Book;
using Verdigris.Book.Auctions;
using Verdigris.Book.Auctions.Sealed;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>
/// Bids: money is set aside first, then prices and quantities are sealed the moment they arrive. What the server keeps is the envelope; the bidder keeps a receipt that proves place and time.
/// </summary>
public sealed class AuctionBidding(SchemeSet schemes, InstallationHandlers installations, AuctionLimits limits, BookCommands book, SecretBytes secrets, IVenue venue)
{
    /// <summary><c>auction.not-announced</c>, <c>auction.late</c>, <c>auction.account</c>, <c>auction.own</c> (the seller's own), <c>auction.not-qualified</c>, <c>trading.killed</c>, <c>member.not-active</c>, <c>cash.amount</c>, <c>cash.over-available</c>; of a buyer's auction <c>auction.units-amount</c>, <c>auction.units-available</c>.</summary>
    public async Task<Answer<Guarantee>> Give(DbSession s, Guid id, NewGuarantee wanted, CancellationToken ct)
    {
        var bidder = await Bidder(s, id, wanted.Account, ct);
        if (!bidder.Ok) return Answer<Guarantee>.From(bidder.Refusals);
        var (auction, account, units) = bidder.Value;
        if (auction.Side == AuctionSide.Buy) return await GiveUnits(s, auction, account, units, wanted.Amount, ct);
        var amount = Cents.To(wanted.Amount, auction.Currency);
        if (!amount.Ok) return Answer<Guarantee>.From(amount.Refusals);
        var available = venue.Read(b => b.Balance(account.Cash, MarketBook.Currencies[auction.Currency].Asset)).Available;
        if (available < amount.Value) return Refusal.Conflict("cash.over-available", "amount", ("available", DecimalText.Write(Cents.Of(available, auction.Currency))), ("currency", auction.Currency));
        return await Held(s, auction, account, units, amount.Value, await Share(s, auction, ct), (hold, actor) => Commands.Hold(hold, MarketBook.PayIn, MarketBook.Currencies[auction.Currency].Asset, account.Cash, MarketBook.ClearingCash, amount.Value, actor, reference: BookId.From(id)), ct);
    }

    /// <summary>Who sells to a buyer sets his units aside: <c>auction.units-amount</c>, <c>auction.units-available</c>.</summary>
    async Task<Answer<Guarantee>> GiveUnits(DbSession s, Auction auction, TradingAccount account, UnitsLink link, decimal wanted, CancellationToken ct)
    {
        if (wanted != decimal.Truncate(wanted) || wanted is < 1 or > 1_000_000_000_000m) return Refusal.Of("auction.units-amount", "amount", ("given", DecimalText.Write(wanted)));
        var amount = (long)wanted;
        if (venue.Read(b => b.Balance(link.UnitsAccount, auction.Asset)).Available is var available && available < amount) return Refusal.Conflict("auction.units-available", "amount", ("available", $"{available}"), ("unit", auction.Unit));
        return await Held(s, auction, account, link, amount, null, (hold, actor) => Commands.Hold(hold, MarketBook.DeliverIn, auction.Asset, link.UnitsAccount, MarketBook.ClearingUnits, amount, actor, reference: BookId.From(auction.Id)), ct);
    }

    async Task<Answer<Guarantee>> Held(DbSession s, Auction auction, TradingAccount account, UnitsLink link, long amount, decimal? share, Func<UInt128, UInt128, Command> hold, CancellationToken ct)
    {
        var guarantee = s.NewId();
        var given = await s.InTransaction<Done>(async t =>
        {
            // One after the other with the close and a cancellation: what is set aside after either nobody would give back.
            if (await s.Lent(u => AuctionStore.Find(s, auction.Id, u, locked: true), t) is not { State: AuctionState.Announced } || auction.ClosesAt <= s.Clock.GetCurrentInstant()) return Refusal.Conflict("auction.late", "at");
            await s.Run("insert into market.auction_guarantee (id, auction_id, account, units_account, organisation_id, amount, share, state, given_by, given_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)", t,
                guarantee, auction.Id, account.Number, link.UnitsAccount, account.OrganisationId, amount, share, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("market-auction.guarantee", "market-auction", auction.Id.ToString(), Details: new { account.Code, amount, auction.Side }), t);
            await book.Send(s, GuaranteeHeld.Name, guarantee, new Subject(guarantee), [hold(BookId.From(guarantee), BookId.From(s.Actor.PersonId))], t);
            return default(Done);
        }, ct);
        if (!given.Ok) return Answer<Guarantee>.From(given.Refusals);
        return (await AuctionStore.Guarantees(s, auction, ct, account.Number)).Single(g => g.Guarantee.Id == guarantee).Guarantee;
    }

    /// <summary>
    /// Seals and keeps a bid: what <see cref="Give"/> refuses of auction and account, <c>auction.lines</c>, <c>input.required</c>, <c>auction.bid-size</c>, <c>auction.no-guarantee</c>, <c>auction.units-offered</c>, <c>auction.bidder-share</c>, <c>auction.holding-room</c>, <c>auction.quantity</c>, <c>auction.tick</c>, <c>auction.guarantee</c> and the other limits of a bidder, and what the chain refuses by the clock.
    /// </summary>
    public async Task<Answer<BidReceipt>> Bid(DbSession s, Guid id, NewBid wanted, CancellationToken ct)
    {
        var bidder = await Bidder(s, id, wanted.Account, ct);
        if (!bidder.Ok) return Answer<BidReceipt>.From(bidder.Refusals);
        var (auction, account, _) = bidder.Value;
        if (wanted.Lines.Count is 0 or > BidPaper.MostLines) return Refusal.Of("auction.lines", "lines", ("given", $"{wanted.Lines.Count}"), ("most", $"{BidPaper.MostLines}"));
        if (wanted.Lines.Index().Where(l => l.Item is null).Select(l => Refusal.Of("input.required", $"lines[{l.Index}]")).ToList() is { Count: > 0 } missing) return missing;
        var (format, _, _) = AuctionFormats.Find(schemes, auction.Format)!.Value;
        var all = wanted.Lines.Sum(l => (decimal)l.Quantity);
        if (all < auction.Least || all > auction.Most) return Refusal.Of("auction.bid-size", "lines", ("least", auction.Least is { } least ? $"{least}" : "1"), ("most", auction.Most is { } most ? $"{most}" : $"{auction.Volume}"));
        var limit = Limit(auction, account.Code, await AuctionStore.Guarantees(s, auction, ct, account.Number), await ShareOf(s, id, account.Number, ct));
        if (limit is null) return Refusal.Conflict("auction.no-guarantee", "account", ("account", account.Code));
        if (auction.Side == AuctionSide.Buy)
        {
            if (all > limit.HoldingRoom) return Refusal.Conflict("auction.units-offered", "lines", ("held", $"{limit.HoldingRoom}"), ("unit", auction.Unit));
        }
        else
        {
            // Of what those who belong together may still buy and come to hold: other bids of theirs are sealed, and count at the clearing.
            var group = await limits.Of(s, auction, format, account.OrganisationId, limit.Share, ct);
            if (!group.Ok) return Answer<BidReceipt>.From(group.Refusals);
            limit = limit with { Share = group.Value.Share, HoldingRoom = group.Value.HoldingRoom };
        }
        // Looked at alone, as if it were the only bid: what would be refused or cut at the opening is said now, while it can be mended.
        var alone = AuctionClearing.Clear(format with { OverLimit = OverLimit.Refuse }, new(auction.Volume, auction.Reserve, null, auction.Steps), [.. wanted.Lines.Select((l, i) => new AuctionBid($"{i + 1}", l.Quantity, l.Price, account.Code))], [.. wanted.Lines.Select((_, i) => $"{i + 1}")], [limit]);
        if (!alone.Ok) return Answer<BidReceipt>.From([.. alone.Refusals.Select(r => r with { Field = r.Field?.Replace("bids", "lines", StringComparison.Ordinal) })]);
        var submission = s.NewId();
        var envelope = auction.ToSealed().Seal(account.Code, submission, wanted.Lines, secrets.Take(SealingKey.PrivateBytes));
        return await Append(s, auction, account, (chain, now) => chain.Bid(submission, account.Code, now, envelope), "market-auction.bid", ct, bids: true);
    }

    /// <summary>Takes an own bid back before the close; to change one is to withdraw it and bid again.</summary>
    public async Task<Answer<BidReceipt>> Withdraw(DbSession s, Guid id, Guid submission, CancellationToken ct)
    {
        if ((await AuctionStore.Receipts(s, id, ct)).FirstOrDefault(r => r.Submission == submission) is not { } known) return Refusal.NotFound("auction.bid-unknown", "id", ("given", submission.ToString()));
        var bidder = await Bidder(s, id, known.Account, ct);
        if (!bidder.Ok) return Answer<BidReceipt>.From(bidder.Refusals);
        return await Append(s, bidder.Value.Auction, bidder.Value.Account, (chain, now) => chain.Withdraw(submission, known.Account, now), "market-auction.bid-withdrawn", ct);
    }

    public Task<List<BidReceipt>> Receipts(DbSession s, Guid id, CancellationToken ct) => AuctionStore.Receipts(s, id, ct);

    /// <summary>Money set aside for an auction, own or, for the exchange, all.</summary>
    public async Task<IReadOnlyList<Guarantee>> Guarantees(DbSession s, Auction auction, CancellationToken ct) => [.. (await AuctionStore.Guarantees(s, auction, ct)).Select(g => g.Guarantee)];

    static async Task<Answer<BidReceipt>> Append(DbSession s, Auction auction, TradingAccount account, Func<SealedBids, long, Answer<SealedSubmission>> add, string action, CancellationToken ct, bool bids = false)
    {
        var added = await s.InTransaction<SealedSubmission>(async t =>
        {
            // One writer a chain: the auction's row is its lock.
            if (await s.Lent(u => AuctionStore.Find(s, auction.Id, u, locked: true), t) is not { State: AuctionState.Announced } locked) return Refusal.Conflict("auction.late", "at");
            if (bids && !await BidsOfOutsiders.Admitted(s, account, t)) return Refusal.Conflict("member.not-active", "account");
            var chain = await AuctionStore.Chain(s, locked, t);
            var link = add(chain, AuctionTimes.Micros(s.Clock.GetCurrentInstant()));
            if (!link.Ok) return link;
            await AuctionStore.Append(s, locked, link.Value, account.OrganisationId, t);
            await s.Audit(new AuditEntry(action, "market-auction", auction.Id.ToString(), Details: new { account.Code, link.Value.Number, hash = Convert.ToHexStringLower(link.Value.Hash) }), t);
            return link;
        }, ct);
        return added.Ok ? (await AuctionStore.Receipts(s, auction.Id, ct)).Single(r => r.Submission == added.Value.Id) : Answer<BidReceipt>.From(added.Refusals);
    }

    async Task<Answer<(Auction Auction, TradingAccount Account, UnitsLink Units)>> Bidder(DbSession s, Guid id, string? code, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (await AuctionStore.Find(s, id, ct) is not { } auction) return Refusal.NotFound("auction.not-found");
        if (auction.State == AuctionState.Planned) return Refusal.Conflict("auction.not-announced", "state");
        if (auction.State != AuctionState.Announced || auction.ClosesAt <= s.Clock.GetCurrentInstant()) return Refusal.Conflict("auction.late", "at");
        if (TradingAccount.NumberOf(code) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { State: TradingState.Open } account || account.OrganisationId != s.Actor.OrganisationId || await UnitsLinks.Find(s, number, auction.Scheme, ct) is not { } units)
            return Refusal.Of("auction.account", "account", ("given", code ?? ""), ("scheme", auction.Scheme));
        if (account.OrganisationId == auction.OrganisationId) return Refusal.Conflict("auction.own", "account");
        if (auction.QualifiedOnly && !await AuctionStore.Qualified(s, id, number, ct)) return Refusal.Forbidden("auction.not-qualified", "account", ("account", account.Code));
        if (await Kills.Of(s, account.OrganisationId, account.Number, ct) is { } kill) return Refusal.Conflict("trading.killed", "account", ("account", account.Code), ("reason", kill.Reason));
        if (await MemberHandlers.OfOrganisation(s, account.OrganisationId, ct) is not { State: MemberState.Active }) return Refusal.Conflict("member.not-active", "account");
        return (auction, account, units);
    }

    /// <summary>Where the scheme lets those who owe units buy more than those who only trade: which of the two the organisation is. Null where it makes no difference.</summary>
    async Task<decimal?> Share(DbSession s, Auction auction, CancellationToken ct)
    {
        var covered = await installations.List(s, auction.Scheme, InstallationState.Permitted, null, null, null, 1, ct) is { Ok: true, Value.Items.Count: > 0 };
        return AuctionTerms.Share(schemes.Find(auction.Scheme)!, auction.Format, auction.Year, covered ? "covered" : "other") is { Ok: true, Value: var share } ? share.Share : null;
    }

    internal static async Task<decimal?> ShareOf(DbSession s, Guid auction, long account, CancellationToken ct) =>
        (await s.All("select min(share) from market.auction_guarantee where auction_id = $1 and account = $2", r => r.MaybeDecimal(0), ct, auction, account)).Single();

    /// <summary>Null where nothing is set aside.</summary>
    internal static BidderLimit? Limit(Auction auction, string account, IEnumerable<(Guarantee Guarantee, long Units, Guid Organisation, long Cents)> guarantees, decimal? share) =>
        guarantees.Where(g => g.Guarantee.State == GuaranteeState.Held).Sum(g => g.Guarantee.Amount) is > 0 and var given ? auction.Side == AuctionSide.Buy ? new(account, HoldingRoom: (long)given) : new(account, share, Guarantee: given) : null;
}
