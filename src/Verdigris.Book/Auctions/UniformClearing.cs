namespace Verdigris.Book.Auctions;

/// <summary>
/// Bids in columns, as a host with a million of them holds them: prices in ticks, quantities in units, and the place of each bid in the drawn order (or in time). All three of one length; quantities above 0 (0: takes no part), at most
/// <see cref="long.MaxValue"/> together; places unique, <see cref="Unplaced"/> where a bid was not drawn. Not copied: do not change them meanwhile.
/// </summary>
public sealed record BidColumns(long[] Ticks, long[] Quantities, int[] Places)
{
    public const int Unplaced = int.MaxValue;
}

/// <summary>An <see cref="AuctionOffer"/> in ticks. <paramref name="Confidential"/>: the least (of a buyer: the greatest) tick that reaches it.</summary>
public sealed record ColumnOffer(long Volume, long? Reserve, long? Confidential, IReadOnlyList<ColumnStep> Steps);

/// <summary>A <see cref="SupplyStep"/> in ticks.</summary>
public sealed record ColumnStep(long Tick, long Units, bool Withholds);

/// <summary>An <see cref="AuctionOutcome"/> in ticks.</summary>
/// <param name="UnplacedAt">A bid that competes at the price and stands in no drawn order: then the rest says nothing; -1 where there is none.</param>
public sealed record ColumnOutcome(AuctionStatus Status, NothingSold Why, long? Tick, long[] Fills, long Sold, long Offered, long Asked, long? InterimTick, IReadOnlyList<ColumnStep> Steps, long AtPrice, long LeftAtPrice, int UnplacedAt = -1);

/// <summary>
/// Clears a sealed auction of one round over columns: the best bids first, and the price is that of the bid at which the sum first reaches what is offered. Pure and in time proportional to the bids: no sort. Checks nothing; <see cref="AuctionClearing"/> does.
/// </summary>
public static class UniformClearing
{
    public static ColumnOutcome Clear(AuctionFormat format, ColumnOffer offer, BidColumns bids)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(bids);
        var sign = format.Side == AuctionSide.Sell ? -1 : 1;
        var ranked = new ByPrice(bids, sign, offer.Reserve is { } reserve ? sign * reserve : long.MaxValue);
        var asked = WeightedSelect.UpTo(ranked, long.MaxValue);
        if (asked == 0) return Nothing(AuctionStatus.Cancelled, NothingSold.NoBids, offer.Volume);
        var interim = WeightedSelect.Reach(ranked, offer.Volume);
        var last = WeightedSelect.Last(ranked)!.Value;
        var supply = new Supply(ranked, sign, asked, interim?.Rank ?? (offer.Reserve is { } floor ? sign * floor : last));
        var (offered, held) = supply.After(offer);
        if (offered == 0) return Nothing(AuctionStatus.Cancelled, NothingSold.AllWithheld, 0) with { Steps = supply.Taken };
        if (asked < offered)
        {
            if (format.TooFew == TooFewBids.Cancel) return Nothing(AuctionStatus.Cancelled, NothingSold.TooFewBids, offer.Volume);
            if (offer.Confidential is { } secret && last > sign * secret) return Declined();
            var all = new long[bids.Ticks.Length];
            for (var i = 0; i < all.Length; i++) all[i] = ranked.Weight(i);
            return Sold(AuctionStatus.Partial, format.PartialAt == PartialPrice.Reserve && offer.Reserve is { } least ? least : sign * last, all, asked, 0, 0);
        }
        var (price, before) = offered == offer.Volume && interim is { } same ? same : WeightedSelect.Reach(ranked, offered)!.Value;
        if (offer.Confidential is { } hidden && price > sign * hidden) return Declined();
        var fills = new long[bids.Ticks.Length];
        var tied = new List<int>();
        for (var i = 0; i < fills.Length; i++)
        {
            var weight = ranked.Weight(i);
            if (weight == 0 || ranked.Rank(i) is var rank && rank > price) continue;
            fills[i] = weight;
            if (rank == price) tied.Add(i);
        }
        var atPrice = 0L;
        foreach (var i in tied) atPrice += fills[i];
        var left = offered - before;
        if (atPrice > left && Apportion(format, left, atPrice, tied, fills, bids.Places) is >= 0 and var unplaced)
            return Nothing(AuctionStatus.Cancelled, NothingSold.No, offered) with { UnplacedAt = unplaced };
        return Sold(AuctionStatus.Cleared, held ?? sign * price, fills, offered, atPrice, Math.Min(atPrice, left));

        ColumnOutcome Sold(AuctionStatus status, long tick, long[] given, long units, long at, long leftAt) => new(status, NothingSold.No, tick, given, units, offered, asked, sign * interim?.Rank, supply.Taken, at, leftAt);

        // Steps do not take place where nothing is sold, and the whole volume is unsold; but where they are why nothing is.
        ColumnOutcome Nothing(AuctionStatus status, NothingSold why, long inTheEnd) => new(status, why, null, new long[bids.Ticks.Length], 0, inTheEnd, asked, null, [], 0, 0);

        ColumnOutcome Declined() => Nothing(format.Confidential == ConfidentialRule.Decline ? AuctionStatus.Declined : AuctionStatus.Cancelled, NothingSold.BelowConfidential, offer.Volume) with { InterimTick = sign * interim?.Rank };
    }

    /// <summary>Gives bids at one price what is left for them, by the rule of the format; answers the first bid that would need a place and has none, else -1.</summary>
    /// <param name="fills">In: what each asks for. Out: what it gets.</param>
    static int Apportion(AuctionFormat format, long left, long all, List<int> tied, long[] fills, int[] places)
    {
        if (tied.Count > 1)
            foreach (var i in tied)
                if (places[i] == BidColumns.Unplaced) return i;
        var wanted = new long[tied.Count];
        for (var t = 0; t < wanted.Length; t++)
        {
            var asks = fills[tied[t]];
            fills[tied[t]] = 0;
            if (format.Ties == TieRule.ProRata)
            {
                var share = (long)((Int128)left * asks / all / format.Lot) * format.Lot;
                fills[tied[t]] = share;
                // Lots that a share in whole lots leaves over go one by one.
                asks = Math.Min(asks - share, format.Lot);
            }
            wanted[t] = asks;
        }
        foreach (var i in tied) left -= fills[i];
        if (left == 0) return -1;
        var (cut, before) = WeightedSelect.Reach(new ByPlace(tied, wanted, places), left)!.Value;
        for (var t = 0; t < wanted.Length; t++)
            if (places[tied[t]] < cut) fills[tied[t]] += wanted[t];
            else if (places[tied[t]] == cut) fills[tied[t]] += left - before;
        return -1;
    }

    /// <summary>Bids by price, the best first; what does not reach the reserve price weighs nothing.</summary>
    readonly struct ByPrice(BidColumns bids, long sign, long worst) : IRanked
    {
        readonly long[] ticks = bids.Ticks, quantities = bids.Quantities;
        public int Count => ticks.Length;
        public long Rank(int i) => sign * ticks[i];
        public long Weight(int i) => sign * ticks[i] <= worst ? quantities[i] : 0;
    }

    readonly struct ByPlace(List<int> tied, long[] wanted, int[] places) : IRanked
    {
        public int Count => wanted.Length;
        public long Rank(int i) => places[tied[i]];
        public long Weight(int i) => wanted[i];
    }

    /// <summary>What is offered after the steps, and the price they hold it at. Units come, the lowest trigger first, until the price is down to it or they are used up; they leave, the highest trigger first, until it is up to it.</summary>
    /// <param name="start">Rank of the price the volume alone would have.</param>
    sealed class Supply(ByPrice ranked, long sign, long asked, long start)
    {
        readonly List<ColumnStep> taken = [];

        public IReadOnlyList<ColumnStep> Taken => taken;

        public (long Offered, long? HeldAt) After(ColumnOffer offer)
        {
            var (offered, now) = (offer.Volume, start);
            foreach (var step in offer.Steps.Where(s => !s.Withholds).OrderBy(s => s.Tick))
            {
                if (now >= sign * step.Tick) break;
                var wanted = WeightedSelect.UpTo(ranked, sign * step.Tick);
                // Nobody else bids as much: nothing comes, and the price stays.
                if (wanted <= offered) break;
                if (offered + step.Units >= wanted) return Held(wanted, wanted - offered, step);
                (offered, now) = Moved(offered + step.Units, step);
            }
            foreach (var step in offer.Steps.Where(s => s.Withholds).OrderByDescending(s => s.Tick))
            {
                if (now <= sign * step.Tick) break;
                var wanted = WeightedSelect.UpTo(ranked, sign * step.Tick);
                if (offered - step.Units <= wanted) return Held(wanted, offered - wanted, step);
                (offered, now) = Moved(offered - step.Units, step);
            }
            return (offered, null);
        }

        (long, long?) Held(long wanted, long units, ColumnStep step)
        {
            taken.Add(step with { Units = units });
            return (wanted, step.Tick);
        }

        /// <summary>All of a step has moved and the price is not yet at its trigger.</summary>
        (long, long) Moved(long offered, ColumnStep step)
        {
            taken.Add(step);
            return (offered, offered <= asked ? WeightedSelect.Reach(ranked, offered)!.Value.Rank : start);
        }
    }
}
