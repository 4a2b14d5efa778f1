using Verdigris.Book.Auctions.Sealed;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Supervision;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>
/// Bids of who may not bid any more. An auction is for who is admitted to bid while its window is open: the sealed bids of a member that is suspended or leaves, of an account that is stopped and of whoever has its kill switch pulled are withdrawn in the chain, so that everybody can see that
/// they were there and when they went. From the close on a bid binds: what is paid for it was set aside before. Who is let back in bids anew.
/// </summary>
static class BidsOfOutsiders
{
    /// <summary>Withdraws the bids of an organisation, or of one of its accounts, in every auction whose window is open; within the transaction that takes the right to bid away. Answers how many.</summary>
    public static Task<int> Withdraw(DbSession s, Guid organisation, long? account, CancellationToken ct) => s.AsSystem(async t =>
    {
        var withdrawn = 0;
        foreach (var id in await s.All("select distinct auction_id from market.auction_guarantee where organisation_id = $1 and ($2::bigint is null or account = $2) order by auction_id", r => r.GetGuid(0), t, organisation, account))
        {
            // One writer a chain: whoever is about to add a bid finds out after this that he may not.
            if (await AuctionStore.Find(s, id, t, locked: true) is not { State: AuctionState.Announced } auction) continue;
            var at = s.Clock.GetCurrentInstant();
            if (at < auction.OpensAt || at >= auction.ClosesAt) continue;
            var links = await s.All("select submission, bidder from market.auction_link l where auction_id = $1 and kind = 1 and organisation_id = $2 and ($3::text is null or bidder = $3) and not exists (select from market.auction_link w where w.auction_id = l.auction_id and w.kind = 2 and w.submission = l.submission) order by number",
                r => (Submission: r.GetGuid(0), Bidder: r.GetString(1)), t, id, organisation, account is { } one ? TradingAccount.CodeOf(one) : null);
            if (links.Count == 0) continue;
            var chain = await AuctionStore.Chain(s, auction, t);
            // The chain's time does not go back, whatever the clock did.
            var micros = Math.Max(AuctionTimes.Micros(at), await s.Value<long>("select max(at_micros) from market.auction_link where auction_id = $1", t, id));
            foreach (var (submission, bidder) in links)
            {
                var link = chain.Withdraw(submission, bidder, micros);
                if (!link.Ok) throw new InvalidOperationException($"A bid of auction {auction.Number} cannot be withdrawn: {link.Refusals[0].Code}.");
                await AuctionStore.Append(s, auction, link.Value, organisation, t);
                withdrawn++;
            }
            await s.Audit(new AuditEntry("market-auction.bids-withdrawn", "market-auction", id.ToString(), Details: new { organisation, bids = links.Count, head = Convert.ToHexStringLower(chain.Head) }), t);
            await s.Notify(new Notice(MarketNotices.Auction, new NoticeTo(Organisation: organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), "market.notice.auction.bids-withdrawn",
                new Dictionary<string, string> { ["number"] = $"{auction.Number}", ["bids"] = $"{links.Count}" }, $"/market/auctions/{id}", "market-auction", id.ToString()), t);
        }
        return withdrawn;
    }, ct);

    /// <summary>Whether an account may bid now, looked at under the lock of the auction: its right may have ended since it was first asked.</summary>
    public static async Task<bool> Admitted(DbSession s, TradingAccount account, CancellationToken ct) =>
        await MemberHandlers.OfOrganisation(s, account.OrganisationId, ct) is { State: MemberState.Active } && await TradingAccountHandlers.Find(s, account.Number, ct) is { State: TradingState.Open } && await Kills.Of(s, account.OrganisationId, account.Number, ct) is null;
}
