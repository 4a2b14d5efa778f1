using Verdigris.Primitives;

namespace Verdigris.Book.Auctions;

/// <summary>Where units go that an auction did not sell, as a market says it.</summary>
/// <param name="Auctions">Over how many of the next auctions they are spread; above 0.</param>
/// <param name="MostOfPlanned">Most an auction may grow to, as a multiple (1 or more) of what was planned for it; null where nothing limits it.</param>
/// <param name="WithinYear">Only auctions of the same calendar year take them.</param>
/// <param name="SettledAbove">How many auctions in a row must have settled above the reserve price before any unit comes back; 0: none.</param>
public sealed record UnsoldRule(int Auctions, decimal? MostOfPlanned = null, bool WithinYear = false, int SettledAbove = 0);

/// <param name="Planned">Units planned, before anything was added; above 0.</param>
/// <param name="Added">Units of earlier unsold volumes that are already in it; 0 or more.</param>
public sealed record PlannedAuction(string Id, int Year, long Planned, long Added = 0);

/// <param name="Shares">Of each auction that takes some, in order.</param>
/// <param name="Left">Units no auction takes by the rule.</param>
/// <param name="Waits">Nothing comes back yet: too few auctions settled above the reserve price.</param>
public sealed record UnsoldSpread(IReadOnlyList<(string Id, long Units)> Shares, long Left, bool Waits);

/// <summary>
/// Spreads what an auction did not sell over the auctions that follow: equal shares in whole lots, the last takes what remains. Platforms publish shares that no rule of rounding gives (679,000 three times and 680,500; 613,000 three times and 610,000):
/// an announced calendar is therefore taken as it stands, and only checked.
/// </summary>
public static class UnsoldVolume
{
    /// <summary>
    /// Refuses <c>auction.unsold</c> (units not above zero), <c>auction.calendar</c> (an auction twice, or none planned for it), and of announced shares <c>auction.announced</c>: more of them than auctions, not in lots but for the last,
    /// beyond what an auction may grow to, or in sum not what is unsold.
    /// </summary>
    /// <param name="year">Of the auction that did not sell.</param>
    /// <param name="next">Auctions of the same seller that follow, in order.</param>
    /// <param name="settledAbove">Auctions in a row up to now that settled above the reserve price.</param>
    /// <param name="announced">Shares as published, in the order of <paramref name="next"/>; null: worked out.</param>
    public static Answer<UnsoldSpread> Spread(UnsoldRule rule, long lot, long unsold, int year, IReadOnlyList<PlannedAuction> next, int settledAbove = 0, IReadOnlyList<long>? announced = null)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(next);
        if (unsold <= 0) return Refusal.Of("auction.unsold", "unsold", ("given", $"{unsold}"));
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, auction) in next.Index())
            if (!ids.Add(auction.Id) || auction.Planned <= 0 || auction.Added < 0) return Refusal.Of("auction.calendar", $"next[{i}]", ("given", auction.Id));
        if (settledAbove < rule.SettledAbove) return new UnsoldSpread([], unsold, true);
        var takers = next.Where(a => !rule.WithinYear || a.Year == year).Take(rule.Auctions).ToList();
        return announced is { } published ? Announced(rule, lot, unsold, takers, published) : Equal(rule, lot, unsold, takers);
    }

    static Answer<UnsoldSpread> Announced(UnsoldRule rule, long lot, long unsold, List<PlannedAuction> takers, IReadOnlyList<long> shares)
    {
        if (shares.Count > takers.Count) return Refusal.Of("auction.announced", "announced", ("given", $"{shares.Count}"), ("right", $"{takers.Count}"));
        for (var i = 0; i < shares.Count; i++)
            if (shares[i] <= 0 || i < shares.Count - 1 && shares[i] % lot != 0 || shares[i] > Room(rule, takers[i])) return Refusal.Of("auction.announced", $"announced[{i}]", ("given", $"{shares[i]}"), ("right", $"{Room(rule, takers[i])}"));
        if (shares.Sum() != unsold) return Refusal.Of("auction.announced", "announced", ("given", $"{shares.Sum()}"), ("right", $"{unsold}"));
        return new UnsoldSpread([.. takers.Zip(shares, (a, s) => (a.Id, s))], 0, false);
    }

    static UnsoldSpread Equal(UnsoldRule rule, long lot, long unsold, List<PlannedAuction> takers)
    {
        var shares = new List<(string, long)>();
        var equal = takers.Count == 0 ? 0 : unsold / takers.Count / lot * lot;
        // What an auction has no room for goes on to those after it.
        var (left, passedOn) = (unsold, 0L);
        for (var i = 0; i < takers.Count; i++)
        {
            var wanted = i == takers.Count - 1 ? left : equal + passedOn;
            var room = Room(rule, takers[i]);
            var share = wanted <= room ? wanted : room / lot * lot;
            passedOn = wanted - share;
            left -= share;
            if (share > 0) shares.Add((takers[i].Id, share));
        }
        return new(shares, left, false);
    }

    /// <summary>Units an auction may still grow by.</summary>
    static long Room(UnsoldRule rule, PlannedAuction auction) => rule.MostOfPlanned is { } most ? Math.Max(0, (long)decimal.Floor(auction.Planned * most) - auction.Planned - auction.Added) : long.MaxValue;
}
