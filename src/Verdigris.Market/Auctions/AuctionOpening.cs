using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Book;
using Verdigris.Book.Auctions;
using Verdigris.Book.Auctions.Sealed;
using Verdigris.Primitives;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>Keys two officers have brought for an auction, in memory and for a quarter of an hour at most. Thread-safe.</summary>
public sealed class KeyTable
{
    static readonly Duration Lasts = Duration.FromMinutes(15);

    readonly Lock gate = new();
    readonly Dictionary<Guid, Dictionary<int, (byte[] Private, byte[] Seed, Guid Person, Instant At)>> brought = [];

    /// <summary>Puts a key into its place; answers both once they are there and by two people, and forgets them.</summary>
    internal ((byte[] Private, byte[] Seed) First, (byte[] Private, byte[] Seed) Second)? Put(Guid auction, int place, (byte[] Private, byte[] Seed) key, Guid person, Instant now)
    {
        lock (gate)
        {
            foreach (var (id, keys) in brought.ToList())
            {
                foreach (var old in keys.Where(k => k.Value.At + Lasts <= now).ToList()) { CryptographicOperations.ZeroMemory(old.Value.Private); keys.Remove(old.Key); }
                if (keys.Count == 0) brought.Remove(id);
            }
            if (!brought.TryGetValue(auction, out var there)) brought[auction] = there = [];
            there[place] = (key.Private, key.Seed, person, now);
            if (!there.TryGetValue(1, out var first) || !there.TryGetValue(2, out var second) || first.Person == second.Person) return null;
            brought.Remove(auction);
            return ((first.Private, first.Seed), (second.Private, second.Seed));
        }
    }

    /// <summary>Places whose keys are there, with who brought them.</summary>
    internal IReadOnlyList<(int Place, Guid Person)> Of(Guid auction, Instant now)
    {
        lock (gate) return brought.TryGetValue(auction, out var there) ? [.. there.Where(k => k.Value.At + Lasts > now).Select(k => (k.Key, k.Value.Person))] : [];
    }
}

/// <summary>The end of an auction: its chain is closed and published, two officers bring their keys, the envelopes are opened, the lot is drawn from both seeds, and money and units change hands in the Book in one chain a winner.</summary>
public sealed class AuctionOpening(SchemeSet schemes, AuctionLimits bidderLimits, KeyTable keys, BookCommands book, IDbSessions sessions) : IDailyWork
{
    /// <summary>Closes what is over: its last hash is public before anybody can bring a key.</summary>
    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var due = await session.All("select id from market.auction where state = 1 and closes_at <= $1 order by closes_at", r => r.GetGuid(0), ct, session.Now);
        foreach (var id in due) await Close(id, ct);
        return due.Count;
    }

    /// <summary>Closes the auction where its time has come and nobody has yet.</summary>
    public async Task Close(Guid id, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        await s.InTransaction(async t =>
        {
            if (await AuctionStore.Find(s, id, t, locked: true) is not { State: AuctionState.Announced } auction || auction.ClosesAt > s.Clock.GetCurrentInstant()) return;
            var chain = await AuctionStore.Chain(s, auction, t);
            var end = chain.Close(AuctionTimes.Micros(s.Clock.GetCurrentInstant()));
            if (!end.Ok) throw new InvalidOperationException($"Auction {auction.Number} cannot be closed: {end.Refusals[0].Code}.");
            await AuctionStore.Append(s, auction, end.Value, auction.OrganisationId, t);
            await s.Run("update market.auction set state = 2, head = $2, row_version = row_version + 1 where id = $1", t, id, end.Value.Hash);
            await s.Audit(new AuditEntry("market-auction.closed", "market-auction", id.ToString(), Details: new { links = end.Value.Number, head = Convert.ToHexStringLower(end.Value.Hash) }), t);
        }, ct);
    }

    /// <summary>Which keys are there, for the page.</summary>
    public IReadOnlyList<(int Place, Guid Person)> Brought(Guid id, Instant now) => keys.Of(id, now);

    /// <summary>
    /// One officer brings his key; with the second, of another person, the auction is opened and cleared. <c>auction.state-forbids</c>, <c>auction.key-malformed</c>, <c>auction.key-wrong</c>, <c>auction.book-waits</c>. The answer is the auction as it then stands: closed while a key is missing.
    /// </summary>
    public async Task<Answer<Auction>> BringKey(DbSession s, Guid id, string? key, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        if (OfficerKey.Read(key) is not { } read) return Refusal.Of("auction.key-malformed", "key");
        await Close(id, ct);
        if (await AuctionStore.Find(s, id, ct) is not { } auction) return Refusal.NotFound("auction.not-found");
        if (auction.State != AuctionState.Closed) return AuctionPlanning.StateForbids(auction);
        var place = Fits(read, auction.FirstKey, auction.FirstLot, id, 1) ? 1 : Fits(read, auction.SecondKey!, auction.SecondLot!, id, 2) ? 2 : 0;
        if (place == 0) return Refusal.Forbidden("auction.key-wrong", "key");
        if (await AuctionStore.BookWaits(s, auction, ct)) return Refusal.Conflict("auction.book-waits", "state");
        await s.InTransaction(t => s.Audit(new AuditEntry("market-auction.key", "market-auction", id.ToString(), Details: new { place }), t), ct);
        if (keys.Put(id, place, read, s.Actor.PersonId, s.Clock.GetCurrentInstant()) is not { } both) return auction;
        try { return await Open(s, id, both.First, both.Second, ct); }
        finally
        {
            CryptographicOperations.ZeroMemory(both.First.Private);
            CryptographicOperations.ZeroMemory(both.Second.Private);
        }
    }

    async Task<Answer<Auction>> Open(DbSession s, Guid id, (byte[] Private, byte[] Seed) first, (byte[] Private, byte[] Seed) second, CancellationToken ct)
    {
        var opened = await s.InTransaction<Done>(async t =>
        {
            if (await AuctionStore.Find(s, id, t, locked: true) is not { State: AuctionState.Closed } auction) return Refusal.Conflict("auction.state-forbids", "state", ("state", ""));
            var chain = await AuctionStore.Chain(s, auction, t);
            var bids = chain.Open([first.Private, second.Private]);
            if (!bids.Ok) return Answer<Done>.From(bids.Refusals);
            var (format, scheme, _) = AuctionFormats.Find(schemes, auction.Format)!.Value;
            var guarantees = (await AuctionStore.Guarantees(s, auction, t)).Where(g => g.Guarantee.State == GuaranteeState.Held).GroupBy(g => g.Guarantee.AccountCode, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
            // Whose guarantee has gone since takes no part; every other limit is that of the offer.
            var counting = bids.Value.Bids.Where(b => guarantees.ContainsKey(b.Bidder!)).ToList();
            var limits = new List<BidderLimit>();
            foreach (var (account, given) in guarantees) limits.Add(AuctionBidding.Limit(auction, account, given, await AuctionBidding.ShareOf(s, id, given[0].Guarantee.Account, t))!);
            var groups = await bidderLimits.Groups(s, auction, format, [.. guarantees.Select(g => (g.Key, g.Value[0].Organisation, limits.Single(l => l.Bidder == g.Key).Share))], t);
            if (!groups.Ok) return Answer<Done>.From(groups.Refusals);
            var confidential = await Confidential(s, auction, [first.Private, second.Private], t);
            var seed = SHA256.HashData([.. first.Seed, .. second.Seed]);
            var drawn = TieDraw.Order(auction.Id.ToString("N"), seed, [.. counting.Select(b => b.Id)]);
            var steps = await AuctionControls.Left(s, scheme, auction, t);
            // Several bids of one bidder may together be beyond his limits though each was within: then the worst are cut, as the format's rule or, where it refuses single bids, as the only way that does not punish the others.
            var cleared = AuctionClearing.Clear(format with { OverLimit = OverLimit.Cut }, new(auction.Volume, auction.Reserve, confidential, steps), counting, drawn, limits, groups.Value);
            if (!cleared.Ok) return Answer<Done>.From(cleared.Refusals);
            var outcome = cleared.Value;
            var won = counting.Zip(outcome.Fills, (b, f) => (b.Bidder, b.Quantity, f.Quantity)).GroupBy(x => x.Bidder!, StringComparer.Ordinal).Select(g => (Account: g.Key, Asked: g.Sum(x => x.Item2), Units: g.Sum(x => x.Item3))).ToList();
            var result = Result(outcome, bids.Value, counting, won, first.Seed, second.Seed, drawn);
            var sold = outcome.Sold > 0;
            await s.Run("update market.auction set state = $2, outcome = $3::jsonb, opened_at = $4, row_version = row_version + 1 where id = $1", t, id, (short)(sold ? AuctionState.Pending : AuctionState.NothingSold), StorageJson.Write(result), s.Now);
            await s.Audit(new AuditEntry("market-auction.opened", "market-auction", id.ToString(), Details: new { result.Status, result.Price, result.Sold, result.Bidders, steps }), t);
            var commands = AuctionSettlement.Commands(auction, outcome.Price, [.. won.Where(w => w.Units > 0).Select(w => new Winner(w.Account, w.Units, guarantees[w.Account][0].Units, [.. guarantees[w.Account].Select(g => (g.Guarantee.Id, g.Cents))]))],
                [.. guarantees.Values.SelectMany(g => g).Select(g => g.Guarantee.Id)], s.Actor.PersonId);
            await book.Send(s, AuctionSettled.Name, id, new AuctionDelivery(id, [.. won.Select(w => new DeliveryLine(w.Account, guarantees[w.Account][0].Organisation, w.Asked, w.Units, outcome.Cuts.Where(c => c.Bidder == w.Account).Sum(c => c.Units), outcome.Cuts.Where(c => c.Bidder == w.Account).MaxBy(c => c.Units)?.Limit))]), commands, t);
            return default(Done);
        }, ct);
        return opened.Ok ? (await AuctionStore.Find(s, id, ct))! : Answer<Auction>.From(opened.Refusals);
    }

    static AuctionResult Result(AuctionOutcome outcome, OpenedBids bids, List<AuctionBid> counting, List<(string Account, long Asked, long Units)> won, byte[] firstSeed, byte[] secondSeed, IReadOnlyList<string> drawn)
    {
        var units = counting.Sum(b => (decimal)b.Quantity);
        // The price at which half of the units bid for are reached, from the best on: weighted as the mean is.
        decimal? median = null;
        var reached = 0m;
        foreach (var bid in counting.OrderByDescending(b => b.Price))
            if ((reached += bid.Quantity) * 2 >= units) { median = bid.Price; break; }
        return new(outcome.Status, outcome.Why, outcome.Price, outcome.Offered, outcome.Sold, outcome.Asked, outcome.Cover, outcome.Proceeds, won.Count, won.Count(w => w.Units > 0), counting.Count,
            counting.Count == 0 ? null : counting.Min(b => b.Price), counting.Count == 0 ? null : counting.Max(b => b.Price), units == 0 ? null : Math.Round(counting.Sum(b => b.Price * b.Quantity) / units, 2, MidpointRounding.AwayFromZero),
            bids.Unreadable.Count, bids.Withdrawn.Count, outcome.Steps, firstSeed, secondSeed, drawn, median, (long)units);
    }

    static async Task<decimal?> Confidential(DbSession s, Auction auction, byte[][] privateKeys, CancellationToken ct)
    {
        if (!auction.HasConfidential) return null;
        var envelope = await s.Value<byte[]>("select confidential from market.auction where id = $1", ct, auction.Id);
        var plain = SealedEnvelope.Open(privateKeys, envelope, AuctionPlanning.ConfidentialPlace(auction.Id)) ?? throw new InvalidOperationException($"The confidential reserve price of auction {auction.Number} was changed.");
        return DecimalText.TryRead(Encoding.UTF8.GetString(plain).Trim(), out var price) ? price : throw new InvalidOperationException($"The confidential reserve price of auction {auction.Number} is none.");
    }

    static bool Fits((byte[] Private, byte[] Seed) key, byte[] publicKey, byte[] lot, Guid auction, int place) => SealingKey.Fits(key.Private, publicKey) && TieDraw.Opens(lot, AuctionPlanning.LotOf(auction, place), key.Seed);
}
