using Verdigris.Book.Auctions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>What bidders that belong together may buy of an auction and come to hold.</summary>
/// <param name="Organisations">One where the bidder belongs to no association.</param>
/// <param name="Share">Purchase limit, of what is offered; null without one.</param>
/// <param name="HoldingRoom">Holding limit less what they hold; null where the scheme has none.</param>
public sealed record BidderRoom(string Group, IReadOnlyList<Guid> Organisations, decimal? Share, long? HoldingRoom);

/// <summary>
/// Purchase and holding limits of auctions, from the scheme's file: all trading accounts of an organisation, and all organisations of an association, count as one. The share is the greatest that one of them has by its kind, else the format's. The holding limit follows from the year's
/// cap (<see cref="Limits.Holding"/>): what they hold is every account of theirs in the scheme, of units of this and earlier years together, of each later year by itself.
/// </summary>
public sealed class AuctionLimits(SchemeSet schemes, AccountHandlers accounts)
{
    const string Holding = "holding";

    /// <summary>Of one bidder; refuses <c>ets.no-rule</c> where the scheme limits what one may hold and the year's cap is not known.</summary>
    /// <param name="share">Of the bidder's own kind; null: the format's.</param>
    public async Task<Answer<BidderRoom>> Of(DbSession s, Auction auction, AuctionFormat format, Guid organisation, decimal? share, CancellationToken ct)
    {
        var (name, organisations) = await Associations.Of(s, organisation, ct);
        var room = await Room(s, auction, organisations, ct);
        return room.Ok ? new BidderRoom(name, organisations, share ?? format.BidderShare, room.Value) : Answer<BidderRoom>.From(room.Refusals);
    }

    /// <summary>Of all bidders of an auction, as the clearing takes them; in a buyer's only the most of the notice. What the notice lets a bidder bid for in all holds for those who belong together, and for all their bids: what is sealed can be added up only now.</summary>
    /// <param name="bidders">Code of the account, its organisation, the share of its kind.</param>
    internal async Task<Answer<IReadOnlyList<BidderGroup>>> Groups(DbSession s, Auction auction, AuctionFormat format, IReadOnlyList<(string Account, Guid Organisation, decimal? Share)> bidders, CancellationToken ct)
    {
        if (auction.Side == AuctionSide.Buy)
        {
            if (auction.Most is not { } inAll) return Array.Empty<BidderGroup>();
            var together = new Dictionary<string, List<string>>(StringComparer.Ordinal);
            foreach (var (account, organisation, _) in bidders.OrderBy(b => b.Account, StringComparer.Ordinal))
            {
                var (name, _) = await Associations.Of(s, organisation, ct);
                if (together.TryGetValue(name, out var known)) known.Add(account);
                else together[name] = [account];
            }
            return together.Select(g => new BidderGroup(g.Key, g.Value, HoldingRoom: inAll)).ToList();
        }
        var rooms = new Dictionary<string, (BidderRoom Room, List<string> Accounts)>(StringComparer.Ordinal);
        foreach (var (account, organisation, share) in bidders.OrderBy(b => b.Account, StringComparer.Ordinal))
        {
            var room = await Of(s, auction, format, organisation, share, ct);
            if (!room.Ok) return Answer<IReadOnlyList<BidderGroup>>.From(room.Refusals);
            if (rooms.TryGetValue(room.Value.Group, out var known)) { known.Accounts.Add(account); rooms[room.Value.Group] = (known.Room with { Share = Greater(known.Room.Share, room.Value.Share) }, known.Accounts); }
            else rooms[room.Value.Group] = (room.Value, [account]);
        }
        return rooms.Select(r => new BidderGroup(r.Key, r.Value.Accounts, r.Value.Room.Share, auction.Most is { } most ? Math.Min(most, r.Value.Room.HoldingRoom ?? most) : r.Value.Room.HoldingRoom)).ToList();
    }

    static decimal? Greater(decimal? one, decimal? other) => one is { } a && other is { } b ? Math.Max(a, b) : null;

    async Task<Answer<long?>> Room(DbSession s, Auction auction, IReadOnlyList<Guid> organisations, CancellationToken ct)
    {
        var (scheme, year) = (schemes.Find(auction.Scheme)!, auction.Year);
        if (scheme.Rows("holding-limits", year).All(r => r.Text("limit") != Holding)) return (long?)null;
        // A limit on later units is that of their own year.
        var of = int.TryParse(auction.Vintage, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var vintage) && vintage > year ? vintage : year;
        var cap = CapPath.Of(scheme, of);
        if (!cap.Ok) return Answer<long?>.From(cap.Refusals);
        if (cap.Value.Units is not { } budget) return (long?)null;
        var limit = Limits.Holding(scheme, of, Holding, budget);
        if (!limit.Ok) return Answer<long?>.From(limit.Refusals);
        decimal held = 0;
        foreach (var organisation in organisations)
            foreach (var holding in await s.Lent(t => Held(s, auction.Scheme, organisation, t), ct))
                if (scheme.Unit(holding.Unit)?.Kind == scheme.Unit(auction.Unit)?.Kind && (of > year ? holding.Vintage == auction.Vintage : !(int.TryParse(holding.Vintage, out var its) && its > year))) held += holding.Available + holding.Held;
        return (long)Math.Max(0, decimal.Floor(limit.Value.Most - held));
    }

    async Task<List<AccountHolding>> Held(DbSession s, string scheme, Guid organisation, CancellationToken ct)
    {
        var held = new List<AccountHolding>();
        string? cursor = null;
        do
        {
            var page = await accounts.List(s, new(scheme, Organisation: organisation, Cursor: cursor, Limit: 200), ct);
            foreach (var account in page.Value.Items.Where(a => a.State is AccountState.Open or AccountState.Closing))
                if (await accounts.Holdings(s, account.Account, ct) is { Ok: true, Value: var holdings }) held.AddRange(holdings);
            cursor = page.Value.NextCursor;
        }
        while (cursor is not null);
        return held;
    }
}
