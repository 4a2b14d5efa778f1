using System.Diagnostics;
using Verdigris.Book.Auctions;

namespace Verdigris.Bench.Rows;

/// <summary>Row M4: one sealed auction of a million bids at one price.</summary>
sealed class AuctionRows(BenchOptions options)
{
    /// <summary>numpy on a machine of this kind (2026-11-20): lexical sort of price and drawn order, then running sums.</summary>
    const double NumpyMs = 229;

    const int Bids = 1_000_000;

    /// <summary>From bids in columns to the fill of every bid, ties by an order drawn beforehand; few prices (a range of 100.00 in cents), many (no two alike, nearly), and all at one price. Then the same from records with ids, every check made.</summary>
    public IEnumerable<BenchLine> Clearing()
    {
        var format = new AuctionFormat("bench", 500, true, 0.01m, TieRule.DrawnOrder, TooFewBids.Cancel);
        var random = new Random(4);
        var quantities = Enumerable.Range(0, Bids).Select(_ => 500L * random.Next(1, 100)).ToArray();
        var places = Enumerable.Range(0, Bids).ToArray();
        random.Shuffle(places);
        var offer = new ColumnOffer(quantities.Sum() / 2 / 500 * 500, null, null, []);
        long[] Prices(long range) => Enumerable.Range(0, Bids).Select(_ => 5_000 + random.NextInt64(range)).ToArray();
        var few = new BidColumns(Prices(10_000), quantities, places);
        var (fewMs, manyMs, oneMs) = (OfColumns(few), OfColumns(new(Prices(1L << 40), quantities, places)), OfColumns(new(Prices(1), quantities, places)));
        var records = Enumerable.Range(0, Bids).Select(i => new AuctionBid($"B{i:D7}", quantities[i], few.Ticks[i] * 0.01m)).ToList();
        var drawn = new string[Bids];
        for (var i = 0; i < Bids; i++) drawn[places[i]] = records[i].Id;
        var full = Median(() => AuctionClearing.Clear(format, new(offer.Volume), records, drawn).Value.Sold);
        var worst = Math.Max(fewMs, Math.Max(manyMs, oneMs));
        return [new("M4", "uniform-price auction of 1 M bids, median: 10,000 prices; 10^12 prices; one price", $"{BenchTable.Ms(fewMs)}; {BenchTable.Ms(manyMs)}; {BenchTable.Ms(oneMs)}", "< 100 ms, >= 2x numpy's recorded 229 ms",
            worst < 100 && NumpyMs / worst >= 2, $"{BenchTable.X(NumpyMs / worst)} of the recorded numpy at the slowest; from records with ids and every check {BenchTable.Ms(full)}", "memory: some passes over the columns")];

        double Median(Func<long> run)
        {
            var rounds = new double[options.Quick ? 5 : 15];
            for (var round = -2; round < rounds.Length; round++) // the first two compile
            {
                var begin = Stopwatch.GetTimestamp();
                if (run() != offer.Volume) throw new InvalidOperationException("The auction did not sell what it offered.");
                if (round >= 0) rounds[round] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            }
            Array.Sort(rounds);
            return rounds[rounds.Length / 2];
        }

        double OfColumns(BidColumns bids) => Median(() => UniformClearing.Clear(format, offer, bids).Sold);
    }
}
