using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <param name="UnitsAccount">Account of the registry that receives.</param>
/// <param name="Guarantees">Holds of money with their amounts, the oldest first.</param>
sealed record Winner(string Account, long Units, long UnitsAccount, IReadOnlyList<(Guid Hold, long Cents)> Guarantees);

/// <param name="Account">Code of the bidder's account.</param>
/// <param name="CutBy">The limit that took most of what was cut.</param>
sealed record DeliveryLine(string Account, Guid Organisation, long Asked, long Units, long CutUnits = 0, Verdigris.Book.Auctions.LimitKind? CutBy = null);

/// <summary>What the finish of a settlement needs: who got what, in the order of the chains.</summary>
sealed record AuctionDelivery(Guid Id, IReadOnlyList<DeliveryLine> Lines)
{
    public IReadOnlyList<DeliveryLine> Lines { get; init; } = Lines ?? [];
}

/// <summary>How an auction settles in the Book: one chain a winner, in which his money reaches the seller and the units reach him or nothing moves; then whatever is still set aside goes back.</summary>
static class AuctionSettlement
{
    /// <param name="price">Null: nothing was sold.</param>
    /// <param name="guarantees">Every hold of money of the auction.</param>
    public static IReadOnlyList<Command> Commands(Auction auction, decimal? price, IReadOnlyList<Winner> winners, IReadOnlyList<Guid> guarantees, Guid person)
    {
        var actor = BookId.From(person);
        var (reference, cash) = (BookId.From(auction.Id), MarketBook.Currencies[auction.Currency]);
        var commands = new List<Command>();
        foreach (var winner in winners)
        {
            var chain = new List<Command>();
            var cost = Cost(price!.Value, winner.Units, auction.Currency);
            var buys = auction.Side == Verdigris.Book.Auctions.AuctionSide.Buy;
            var left = buys ? winner.Units : cost;
            foreach (var (hold, cents) in winner.Guarantees)
            {
                if (left == 0) break;
                var part = Math.Min(left, cents);
                chain.Add(Book.Commands.PostHold(0, BookId.From(hold), part, keepRest: true, actor: actor, reference: reference));
                left -= part;
            }
            // The side that is alone gives from its one hold: units where it sells, money where it buys.
            chain.Add(Book.Commands.PostHold(0, AuctionPlanning.SellerHold(auction.Id), buys ? cost : winner.Units, keepRest: true, actor: actor, reference: reference));
            chain.Add(Book.Commands.Transfer(0, MarketBook.PayOut, cash.Asset, MarketBook.ClearingCash, buys ? TradingAccount.NumberOf(winner.Account)!.Value : auction.Seller, cost, actor, reference: reference));
            chain.Add(Book.Commands.Transfer(0, MarketBook.DeliverOut, auction.Asset, MarketBook.ClearingUnits, buys ? auction.SellerUnits : winner.UnitsAccount, winner.Units, actor, reference: reference));
            commands.AddRange(chain.Select((c, i) => i < chain.Count - 1 ? c.Linked() : c));
        }
        // What was posted whole answers that it was: nothing is left to give back.
        commands.AddRange(guarantees.Select(g => Book.Commands.VoidHold(0, BookId.From(g), actor, reference: reference)));
        commands.Add(Book.Commands.VoidHold(0, AuctionPlanning.SellerHold(auction.Id), actor, reference: reference));
        return commands;
    }

    /// <summary>What a winner pays, in the smallest unit: price times units, what is less than one unit of money let go, since the guarantee covers the exact product and no more.</summary>
    public static long Cost(decimal price, long units, string currency)
    {
        var cost = price * units;
        for (var i = 0; i < MarketBook.Currencies[currency].Scale; i++) cost *= 10;
        return (long)decimal.Floor(cost);
    }
}

/// <summary>The seller's units are held: the auction is announced. Where the Book refuses, it is off.</summary>
sealed class AuctionUnitsHeld : IBookCommandKind
{
    public const string Name = "market.auction-units";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) => outcomes[0].Accepted
        ? session.Run("update market.auction set state = 1, row_version = row_version + 1 where id = $1 and state = 0", ct, row.Payload<Subject>().Id)
        : session.Run("update market.auction set state = 6, reason = $2, row_version = row_version + 1 where id = $1 and state = 0", ct, row.Payload<Subject>().Id, outcomes[0].Code.ToString());
}

/// <summary>Money is set aside, or the Book said no.</summary>
sealed class GuaranteeHeld : IBookCommandKind
{
    public const string Name = "market.auction-guarantee";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) =>
        session.Run("update market.auction_guarantee set state = $2, book_code = $3, row_version = row_version + 1 where id = $1 and state = 0", ct, row.Payload<Subject>().Id, (short)(outcomes[0].Accepted ? GuaranteeState.Held : GuaranteeState.RefusedByBook), outcomes[0].Accepted ? null : outcomes[0].Code.ToString());
}

/// <summary>What was set aside for a cancelled auction has gone back.</summary>
sealed class AuctionGivenBack : IBookCommandKind
{
    public const string Name = "market.auction-back";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) => Task.CompletedTask;
}

/// <summary>Money and units have changed hands: what each got, and word to everybody who bid.</summary>
sealed class AuctionSettled : IBookCommandKind
{
    public const string Name = "market.auction-settled";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var delivery = row.Payload<AuctionDelivery>();
        var auction = (await AuctionStore.Find(session, delivery.Id, ct))!;
        var price = auction.Result!.Price;
        var codes = Chains(row.Commands, outcomes).GetEnumerator();
        var undelivered = 0L;
        foreach (var line in delivery.Lines)
        {
            var code = line.Units > 0 && codes.MoveNext() ? codes.Current : Code.Accepted;
            var units = code == Code.Accepted ? line.Units : 0;
            await session.Run("insert into market.auction_fill (auction_id, account, organisation_id, asked, units, price, paid, book_code, cut_units, cut_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing", ct,
                auction.Id, TradingAccount.NumberOf(line.Account), line.Organisation, line.Asked, units, price, units == 0 ? 0 : AuctionSettlement.Cost(price!.Value, units, auction.Currency), code == Code.Accepted ? null : code.ToString(), line.CutUnits, (short?)line.CutBy);
            var failed = line.Units - units;
            undelivered += failed;
            // What was won and not delivered is not lost by the price: the exchange has to look at it as well.
            foreach (var to in new[] { new NoticeTo(Organisation: line.Organisation, Roles: [Role.MarketTrader, Role.MarketSupervisor]), new NoticeTo(Roles: [Role.MarketOperator]) }.Take(failed > 0 ? 2 : 1))
                await session.Notify(new Notice(MarketNotices.Auction, to, failed > 0 ? "market.notice.auction.undelivered" : units > 0 ? "market.notice.auction.won" : "market.notice.auction.lost",
                new Dictionary<string, string> { ["number"] = $"{auction.Number}", ["account"] = line.Account, ["units"] = $"{(failed > 0 ? failed : units)}", ["unit"] = auction.Unit, ["price"] = price is { } p ? DecimalText.Write(p) : "–", ["currency"] = auction.Currency }, $"/market/auctions/{auction.Id}", "market-auction", auction.Id.ToString()), ct);
        }
        await session.Run("update market.auction_guarantee g set state = case when exists (select from market.auction_fill f where f.auction_id = g.auction_id and f.account = g.account and f.units > 0) then 3 else 4 end, row_version = row_version + 1 where g.auction_id = $1 and g.state = 1", ct, auction.Id);
        if (undelivered > 0) await session.Run("update market.auction set outcome = outcome || jsonb_build_object('undelivered', $2::bigint) where id = $1", ct, auction.Id, undelivered);
        await session.Run("update market.auction set state = 4, row_version = row_version + 1 where id = $1 and state = 3", ct, auction.Id);
    }

    /// <summary>What became of each chain: the code of the command at fault, or accepted.</summary>
    static IEnumerable<Code> Chains(IReadOnlyList<Command> commands, IReadOnlyList<Outcome> outcomes)
    {
        for (var i = 0; i < commands.Count; i++)
        {
            if ((commands[i].Flags & CommandFlags.Linked) == 0) continue;
            var fault = Code.Accepted;
            var more = true;
            for (; more; i++)
            {
                more = (commands[i].Flags & CommandFlags.Linked) != 0;
                if (outcomes[i].Code is not (Code.Accepted or Code.LinkedFailed)) fault = outcomes[i].Code;
            }
            i--;
            yield return fault;
        }
    }
}
