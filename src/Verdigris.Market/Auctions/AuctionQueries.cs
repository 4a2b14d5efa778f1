using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>What is to be read of auctions: announced ones by everybody, fills by who has them.</summary>
public sealed class AuctionQueries(AuctionOpening opening)
{
    public async Task<Answer<Auction>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AuctionStore.Find(s, id, ct) is not { } known) return Refusal.NotFound("auction.not-found");
        if (known.State != AuctionState.Announced || known.ClosesAt > s.Now) return known;
        await opening.Close(id, ct);
        return (await AuctionStore.Find(s, id, ct))!;
    }

    public Task<Answer<Page<Auction>>> List(DbSession s, string? scheme, AuctionState? state, string? sort, string? cursor, int limit, CancellationToken ct) => AuctionStore.List(s, scheme, state, sort, cursor, limit, ct);

    /// <summary>Accounts that take part in an auction that is not for everybody, own ones or for the exchange all.</summary>
    public Task<List<long>> Qualified(DbSession s, Guid id, CancellationToken ct) => AuctionStore.Qualified(s, id, ct);

    /// <summary>The own fill, or all of them for the exchange.</summary>
    public Task<List<AuctionFill>> Fills(DbSession s, Auction auction, CancellationToken ct) => AuctionStore.Fills(s, auction, ct);
}
