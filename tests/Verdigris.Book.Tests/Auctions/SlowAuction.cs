using Verdigris.Book.Auctions;

namespace Verdigris.Book.Tests.Auctions;

/// <summary>The same rules in the plainest way: bids sorted, units handed out one lot or one bid at a time, supply moved one unit of the step at a time. Shares no code with the clearing.</summary>
static class SlowAuction
{
    public static (AuctionStatus Status, decimal? Price, Dictionary<string, long> Fills) Clear(AuctionFormat format, AuctionOffer offer, IReadOnlyList<AuctionBid> bids, IReadOnlyList<string> drawn, int unit)
    {
        var sell = format.Side == AuctionSide.Sell;
        var counted = bids.Where(b => offer.Reserve is not { } r || (sell ? b.Price >= r : b.Price <= r)).ToList();
        counted = [.. sell ? counted.OrderByDescending(b => b.Price) : counted.OrderBy(b => b.Price)];
        var fills = bids.ToDictionary(b => b.Id, _ => 0L);
        if (counted.Count == 0) return (AuctionStatus.Cancelled, null, fills);
        var (volume, held) = Supply(offer, counted, unit);
        if (volume == 0) return (AuctionStatus.Cancelled, null, fills);
        bool Hidden(decimal price) => offer.Confidential is { } c && (sell ? price < c : price > c);
        var declined = format.Confidential == ConfidentialRule.Decline ? AuctionStatus.Declined : AuctionStatus.Cancelled;
        if (counted.Sum(b => b.Quantity) < volume)
        {
            if (format.TooFew == TooFewBids.Cancel) return (AuctionStatus.Cancelled, null, fills);
            if (Hidden(counted[^1].Price)) return (declined, null, fills);
            foreach (var bid in counted) fills[bid.Id] = bid.Quantity;
            return (AuctionStatus.Partial, format.PartialAt == PartialPrice.Reserve && offer.Reserve is { } reserve ? reserve : counted[^1].Price, fills);
        }
        var price = Price(counted, volume, offer.Reserve);
        if (Hidden(price)) return (declined, null, fills);
        var left = volume;
        foreach (var bid in counted.Where(b => b.Price != price).TakeWhile(b => sell ? b.Price > price : b.Price < price)) left -= fills[bid.Id] = bid.Quantity;
        var tied = counted.Where(b => b.Price == price).ToList();
        var order = format.Ties == TieRule.Time ? tied : [.. tied.OrderBy(b => drawn.ToList().IndexOf(b.Id))];
        if (format.Ties == TieRule.ProRata && tied.Sum(b => b.Quantity) > left)
        {
            var (share, all) = (left, tied.Sum(b => b.Quantity));
            foreach (var bid in tied) left -= fills[bid.Id] = (long)decimal.Floor((decimal)share * bid.Quantity / all / format.Lot) * format.Lot;
            foreach (var bid in order)
            {
                var lot = Math.Min(left, format.Lot);
                fills[bid.Id] += lot;
                left -= lot;
            }
            return (AuctionStatus.Cleared, held ?? price, fills);
        }
        foreach (var bid in order) left -= fills[bid.Id] = Math.Min(left, bid.Quantity);
        return (AuctionStatus.Cleared, held ?? price, fills);
    }

    static decimal Price(List<AuctionBid> counted, long volume, decimal? reserve)
    {
        var sum = 0L;
        foreach (var bid in counted)
            if ((sum += bid.Quantity) >= volume) return bid.Price;
        return reserve ?? counted[^1].Price;
    }

    /// <summary>Moves each step in small parts, and stops where the price of what is then offered says so.</summary>
    static (long, decimal?) Supply(AuctionOffer offer, List<AuctionBid> counted, int unit)
    {
        var volume = offer.Volume;
        foreach (var step in offer.Steps.Where(s => !s.Withholds).OrderBy(s => s.Price))
        {
            if (Price(counted, volume, offer.Reserve) <= step.Price) break;
            var above = counted.Where(b => b.Price >= step.Price).Sum(b => b.Quantity);
            var used = 0L;
            while (used < step.Units && volume < above) { volume += unit; used += unit; }
            if (used > 0 && volume >= above) return (volume, step.Price);
            if (used == 0) break;
        }
        foreach (var step in offer.Steps.Where(s => s.Withholds).OrderByDescending(s => s.Price))
        {
            if (Price(counted, volume, offer.Reserve) >= step.Price) break;
            var above = counted.Where(b => b.Price >= step.Price).Sum(b => b.Quantity);
            var used = 0L;
            while (used < step.Units && volume > above) { volume -= unit; used += unit; }
            if (volume <= above) return (volume, step.Price);
        }
        return (volume, null);
    }
}
