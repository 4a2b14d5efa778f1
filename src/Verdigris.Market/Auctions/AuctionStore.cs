using Npgsql;
using Verdigris.Book.Auctions.Sealed;
using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>Rows of auctions, of their chains of submissions and of what was set aside for them.</summary>
static class AuctionStore
{
    const string Columns = "id, number, scheme, format, unit, vintage, asset, seller, seller_units, organisation_id, volume, added, reserve, currency, steps::text, opens_at, closes_at, state, first_key, first_lot, second_key, second_lot, confidential is not null, head, outcome::text, unsold_spread, reason, side, least, most, qualified_only, coalesce((outcome->>'returned')::bigint, 0)";

    static readonly ListOrders<Auction> Orders = new("market-auctions", "-number", ListKey<Auction>.Number("number", "number", a => a.Number), ListKey<Auction>.Number("state", "state", a => (int)a.State));

    public static Task<Auction?> Find(DbSession s, Guid id, CancellationToken ct, bool locked = false) => s.One($"select {Columns} from market.auction where id = $1{(locked ? " for update" : "")}", Map, ct, id);

    public static Task<Answer<Page<Auction>>> List(DbSession s, string? scheme, AuctionState? state, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        var query = new Where();
        if (scheme is { Length: > 0 }) query.And("scheme = ", scheme);
        if (state is { } one) query.And("state = ", (short)one);
        return Orders.Page(s, $"select {Columns} from market.auction", query, sort, cursor, limit, Map, ct);
    }

    /// <summary>Auctions of the same seller and format that are planned and that nobody has begun to announce, the next first; locked, so that none is announced meanwhile.</summary>
    public static Task<List<Auction>> Next(DbSession s, Auction of, CancellationToken ct) =>
        s.All($"select {Columns} from market.auction where scheme = $1 and format = $2 and seller = $3 and unit = $4 and vintage = $5 and state = 0 and second_key is null and opens_at > $6 order by closes_at, id limit 100 for update", Map, ct, of.Scheme, of.Format, of.Seller, of.Unit, of.Vintage, s.Now);

    /// <summary>The chain as it stands, under the lock of its auction. Links of other bidders are read for the chain alone.</summary>
    public static async Task<SealedBids> Chain(DbSession s, Auction auction, CancellationToken ct)
    {
        var links = await s.Lent(t => s.All("select number, kind, submission, bidder, at_micros, envelope, previous, hash from market.auction_link where auction_id = $1 order by number",
            r => new SealedSubmission(r.GetInt64(0), (SubmissionKind)r.GetInt16(1), r.GetGuid(2), r.GetString(3), r.GetInt64(4), r.GetFieldValue<byte[]>(5), r.GetFieldValue<byte[]>(6), r.GetFieldValue<byte[]>(7)), t, auction.Id), ct);
        var chain = SealedBids.Load(auction.ToSealed(), links);
        return chain.Ok ? chain.Value : throw new InvalidOperationException($"The chain of auction {auction.Number} does not hold: {chain.Refusals[0].Code} {string.Join(" ", chain.Refusals[0].Args?.Values ?? [])}.");
    }

    public static Task Append(DbSession s, Auction auction, SealedSubmission link, Guid organisation, CancellationToken ct) =>
        s.Run("insert into market.auction_link (auction_id, number, kind, submission, bidder, at_micros, envelope, previous, hash, organisation_id, submitted_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", ct,
            auction.Id, link.Number, (short)link.Kind, link.Id, link.Bidder, link.At, link.Envelope, link.Previous, link.Hash, organisation, s.Actor.PersonId);

    /// <summary>Own bids; what stands in them nobody can say.</summary>
    public static Task<List<BidReceipt>> Receipts(DbSession s, Guid auction, CancellationToken ct) => s.All("""
        select l.submission, l.number, l.bidder, l.at_micros, exists (select from market.auction_link w where w.auction_id = l.auction_id and w.kind = 2 and w.submission = l.submission), encode(l.hash, 'hex')
        from market.auction_link l where l.auction_id = $1 and l.kind = 1 order by l.number
        """, r => new BidReceipt(r.GetGuid(0), r.GetInt64(1), r.GetString(2), NodaTime.NodaConstants.UnixEpoch + NodaTime.Duration.FromNanoseconds(r.GetInt64(3) * 1000L), r.GetBoolean(4), r.GetString(5)), ct, auction);

    public static Task<List<(Guarantee Guarantee, long Units, Guid Organisation, long Cents)>> Guarantees(DbSession s, Auction auction, CancellationToken ct, long? account = null) =>
        s.All("select id, auction_id, account, amount, state, book_code, given_at, units_account, organisation_id from market.auction_guarantee where auction_id = $1 and ($2::bigint is null or account = $2) order by id",
            r => (new Guarantee(r.GetGuid(0), r.GetGuid(1), r.GetInt64(2), auction.Side == AuctionSide.Buy ? r.GetInt64(3) : Cents.Of(r.GetInt64(3), auction.Currency), (GuaranteeState)r.GetInt16(4), r.Text(5), r.Time(6)), r.GetInt64(7), r.GetGuid(8), r.GetInt64(3)), ct, auction.Id, account);

    /// <summary>Whether something is on its way to the Book to be set aside for the auction: what is given back before it arrives there would stay set aside for good.</summary>
    public static Task<bool> BookWaits(DbSession s, Auction auction, CancellationToken ct) => auction is { State: AuctionState.Planned, SecondKey: not null } ? Task.FromResult(true)
        : s.Lent(t => s.Value<bool>("select exists (select from market.auction_guarantee where auction_id = $1 and state = 0)", t, auction.Id), ct);

    public static Task<List<AuctionFill>> Fills(DbSession s, Auction auction, CancellationToken ct) =>
        s.All("select account, asked, units, price, paid, cut_units, cut_by, book_code from market.auction_fill where auction_id = $1 order by units desc, account", r => new AuctionFill(r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.MaybeDecimal(3), Cents.Of(r.GetInt64(4), auction.Currency), r.GetInt64(5), r.IsDBNull(6) ? null : (LimitKind)r.GetInt16(6), r.Text(7)), ct, auction.Id);

    /// <summary>Whether an account takes part in an auction that is not for everybody.</summary>
    public static Task<bool> Qualified(DbSession s, Guid auction, long account, CancellationToken ct) => s.Value<bool>("select exists (select from market.auction_qualified where auction_id = $1 and account = $2)", ct, auction, account);

    /// <summary>Accounts that are qualified, own ones or for the exchange all.</summary>
    public static Task<List<long>> Qualified(DbSession s, Guid auction, CancellationToken ct) => s.All("select account from market.auction_qualified where auction_id = $1 order by account", r => r.GetInt64(0), ct, auction);

    static Auction Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetInt64(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt32(6), r.GetInt64(7), r.GetInt64(8), r.GetGuid(9), r.GetInt64(10), r.GetInt64(11), r.MaybeDecimal(12), r.GetString(13),
        StorageJson.Read<SupplyStep[]>(r.GetString(14)), r.Time(15), r.Time(16), (AuctionState)r.GetInt16(17), r.GetFieldValue<byte[]>(18), r.GetFieldValue<byte[]>(19), r.IsDBNull(20) ? null : r.GetFieldValue<byte[]>(20), r.IsDBNull(21) ? null : r.GetFieldValue<byte[]>(21),
        r.GetBoolean(22), r.IsDBNull(23) ? null : r.GetFieldValue<byte[]>(23), r.IsDBNull(24) || r.GetInt16(17) == (short)AuctionState.Cancelled ? null : StorageJson.Read<AuctionResult>(r.GetString(24)), r.GetBoolean(25), r.Text(26), (AuctionSide)r.GetInt16(27), r.IsDBNull(28) ? null : r.GetInt64(28), r.IsDBNull(29) ? null : r.GetInt64(29), r.GetBoolean(30), r.GetInt64(31));
}
