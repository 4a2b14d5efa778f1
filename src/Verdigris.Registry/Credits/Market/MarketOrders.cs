using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Market;

/// <summary>
/// What orders of credits at the market are in the Book. Into a basket go the credits and out come receipts, out of it the receipts go and the same credits come, always in one chain. What leaves the market is held from the proposal on, so
/// that no trade takes it before the second person has agreed; a retirement leaves the market and ends in one chain.
/// </summary>
sealed class MarketOrders(CreditMarket market, IVenue venue)
{
    /// <summary>The place an order names; <c>credits.market-account</c> where it is not the own organisation's or the order is none of the market's.</summary>
    public async Task<Answer<MarketPlace>> Place(DbSession s, CreditOrderKind kind, long account, CancellationToken ct) =>
        kind is CreditOrderKind.Deposit or CreditOrderKind.Withdraw or CreditOrderKind.Retire && await market.Place(s, account, ct) is { } place && place.OrganisationId == s.Actor.OrganisationId ? place : Refusal.Of("credits.market-account", "marketAccount");

    /// <summary>Where the units of an order lie in an account at the market: their serials in the Book, or those of their receipts. <c>credits.not-held</c>, <c>credits.frozen</c>.</summary>
    public async Task<Answer<long>> Lying(DbSession s, MarketPlace place, string unit, SerialRange serials, CancellationToken ct)
    {
        // The Book is asked for these very serials: however many blocks the account has, what is there is found.
        long? from = null;
        if (!place.Pool.IsBasket) from = place.Pool.Unit == unit && market.Free(place.Account, place.Pool.Asset, serials) ? serials.First : null;
        else
            foreach (var first in await CreditMarket.ReceiptsOf(s, place.Pool.Use!, unit, serials, ct))
                if (market.Free(place.Account, place.Pool.Asset, new(first, first + serials.Count - 1))) from = first;
        if (from is not { } lies) return Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
        return CreditFreezes.Stops(venue, place.Account, place.Pool.Asset) is { } frozen ? frozen : lies;
    }

    /// <summary>The hold that a withdrawal or retirement opens when it is proposed.</summary>
    /// <param name="from">Of <see cref="Lying"/>.</param>
    public static Command Hold(MarketPlace place, Guid order, long from, long count, long holder, UInt128 actor)
    {
        var (type, credit) = place.Pool.IsBasket ? (CreditBook.ReturnReceipts, CreditBook.ReceiptEnd) : (CreditBook.FromMarket, holder);
        return CreditBook.Move(type, place.Pool.Asset, place.Account, credit, new(from, from + count - 1), BookId.From(order), actor, place.Account) with { Operation = Operation.Hold, Id = OrderHandlers.HoldOf(order) };
    }

    /// <summary>What the second person sets in motion.</summary>
    /// <param name="asset">Of the unit.</param>
    public async Task<List<Command>> Agreed(DbSession s, Guid order, CreditOrderKind kind, MarketPlace place, string unit, int asset, SerialRange serials, long holder, UInt128 actor, CancellationToken ct)
    {
        var reference = BookId.From(order);
        var custody = place.Pool.IsBasket ? BasketBook.Custody(BasketBook.NumberOf(place.Pool.Asset)!.Value) : 0;
        if (kind == CreditOrderKind.Deposit)
        {
            if (!place.Pool.IsBasket) return [CreditBook.Move(CreditBook.ToMarket, asset, holder, place.Account, serials, reference, actor, holder)];
            var first = await s.Value<long>("update registry.credit_basket set next_receipt = next_receipt + $2 where use = $1 returning next_receipt - $2", ct, place.Pool.Use, serials.Count);
            await s.Run("insert into registry.credit_receipt (use, first, last, unit, unit_first, unit_last, order_id, brought_on) values ($1, $2, $3, $4, $5, $6, $7, $8)", ct, place.Pool.Use, first, first + serials.Count - 1, unit, serials.First, serials.Last, order, s.Today());
            return Chain([CreditBook.Move(CreditBook.ToMarket, asset, holder, custody, serials, reference, actor, holder), CreditBook.Move(CreditBook.GiveReceipts, place.Pool.Asset, CreditBook.ReceiptSource, place.Account, new(first, first + serials.Count - 1), reference, actor)]);
        }
        List<Command> chain = [new Command { Operation = Operation.PostHold, Target = OrderHandlers.HoldOf(order), Actor = actor, ActingFor = place.Account, Reference = reference }];
        if (place.Pool.IsBasket) chain.Add(CreditBook.Move(CreditBook.FromMarket, asset, custody, holder, serials, reference, actor));
        if (kind == CreditOrderKind.Retire) chain.Add(CreditBook.Move(CreditBook.Retire, asset, holder, CreditBook.Retired, serials, reference, actor, holder));
        return Chain(chain);
    }

    /// <summary>All or none.</summary>
    internal static List<Command> Chain(List<Command> commands) => [.. commands.Select((c, i) => i == commands.Count - 1 ? c : c with { Flags = c.Flags | CommandFlags.Linked })];
}
