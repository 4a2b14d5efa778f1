using System.Globalization;
using System.Text;
using NodaTime;
using Verdigris.Book.Auctions;
using Verdigris.Registry.Auctions;

namespace Verdigris.Registry.Tests;

public sealed class AuctionTests
{
    static readonly AuctionFormat Union = AuctionFormats.Find(Ask.Schemes, "eu-uniform")!.Value.Format;

    static Stream Sample(string name) => File.OpenRead(Checkout.Path("tests/Verdigris.Registry.Tests/Samples/" + name));

    static AuctionReading Read(Stream stream)
    {
        using (stream)
        {
            var read = AuctionFile.Read(stream);
            Assert.True(read.Ok, read.Ok ? "" : read.Refusals[0].Code);
            return read.Value;
        }
    }

    static AuctionReading Text(params string[] lines) => Read(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', ["Date,Auction Name,Contract,Status,Auction Price,Auction Volume,Total Amount of Bids,Cover Ratio,Total Revenue", .. lines]))));

    [Fact]
    public void The_header_of_a_workbook_is_found_below_its_title_and_every_figure_fits()
    {
        var read = Read(Sample("auctions.xlsx"));
        Assert.Empty(read.Findings);
        Assert.Equal([7, 8, 9, 10], read.Records.Select(r => r.Line));
        Assert.Equal(new LocalDate(2031, 1, 6), read.Records[0].Date);
        Assert.Equal((70.25m, 1_000_000m, 1_505_000m, 15m), (read.Records[0].Price, read.Records[0].VolumeT, read.Records[0].BidsT, read.Records[0].Winners));
        var (summary, findings) = AuctionChecks.Of(read.Records);
        Assert.Empty(findings);
        Assert.Equal((4, 3, 1, 1), (summary.Auctions, summary.Priced, summary.Cancelled, summary.DaysWithSeveral));
        Assert.Equal((new AuctionCount(3, 3), new AuctionCount(3, 3), new AuctionCount(3, 3), new AuctionCount(4, 4)), (summary.RevenueFits, summary.CoverFits, summary.MeanWonFits, summary.LotsFit));
    }

    [Fact]
    public void A_file_without_a_status_column_reads_alike_and_what_has_no_price_was_cancelled()
    {
        var (old, now) = (Read(Sample("auctions-before-2020.csv")), Read(Sample("auctions.xlsx")));
        Assert.Equal(now.Records.Select(r => r with { Line = 0 }), old.Records.Select(r => r with { Line = 0 }));
    }

    /// <summary>Trap: cancelled auctions keep volume and bids but have no price; trap: the mean price is weighted by volume.</summary>
    [Fact]
    public void A_cancelled_auction_counts_in_no_average_and_the_average_is_weighted_by_volume()
    {
        var records = Read(Sample("auctions.xlsx")).Records;
        Assert.Equal((900_000m, (decimal?)null), (records[2].BidsT, records[2].Price));
        Assert.Equal((70.25m * 1_000_000 + 70.3m * 500_000 + 71m * 1_333_500) / 2_833_500, AuctionChecks.WeightedPrice(records));
        Assert.NotEqual(records.Where(r => r.Price is not null).Average(r => r.Price!.Value), AuctionChecks.WeightedPrice(records));
        Assert.Null(AuctionChecks.WeightedPrice(records.Where(r => r.Cancelled)));
    }

    /// <summary>Trap: a certificate's price of a quarter is weighted by volume, 75.36 and not 75.47.</summary>
    [Fact]
    public void The_price_of_a_quarter_is_weighted_by_volume()
    {
        var rows = File.ReadLines(Checkout.Path("data/rules/cbam/auctions-2026.csv")).Select(l => l.Split(',')).ToList();
        var (day, price, volume) = (rows[0].IndexOf("auction"), rows[0].IndexOf("priceEur"), rows[0].IndexOf("volumeT"));
        var records = rows.Skip(1).Where(r => string.CompareOrdinal(r[day], "2026-04-01") < 0)
            .Select((r, i) => new AuctionRecord(i, new(2026, 1, 1), r[day] + i, "T3PA", false, decimal.Parse(r[price], CultureInfo.InvariantCulture), decimal.Parse(r[volume], CultureInfo.InvariantCulture), null, null, null, null, null, null, null)).ToList();
        Assert.Equal(54, records.Count);
        Assert.Equal(75.36m, Math.Round(AuctionChecks.WeightedPrice(records)!.Value, 2));
        Assert.Equal(75.47m, Math.Round(records.Average(r => r.Price!.Value), 2));
    }

    [Fact]
    public void Every_wrong_figure_is_found_with_its_line_and_the_right_one()
    {
        var read = Text("2031-01-06,EU,T9,successful,70,1000,1500,1.5,70000", "2031-01-07,EU,T9,successful,70,1000,1500,1.51,70001", "2031-01-08,EU,T9,successful,70,1250,2000,1.6,87500");
        var findings = AuctionChecks.Of(read.Records).Findings;
        Assert.Equal([(3, "auctions.revenue", "70000"), (3, "auctions.cover", "1.5"), (4, "auctions.lots", "1000")], findings.Select(f => (f.Line, f.Refusal.Code, f.Refusal.Args!["right"])));
    }

    [Theory]
    [InlineData("2031-01-06,EU,T9,successful,70,1000,,,", "auctions.twice")]
    [InlineData("06.01.2031,EU,T9,successful,70,1000,,,", "auctions.date")]
    [InlineData("2031-02-06,EU,T9,successful,seventy,1000,,,", "auctions.number")]
    [InlineData("2031-02-06,EU,T9,successful,-70,1000,,,", "auctions.number")]
    [InlineData("2031-02-06,EU,T9,postponed,70,1000,,,", "auctions.status")]
    [InlineData("2031-02-06,EU,T9,cancelled,70,1000,,,", "auctions.cancelled-price")]
    [InlineData("2031-02-06,EU,T9,successful,,1000,,,", "input.required")]
    [InlineData("2031-02-06,,T9,successful,70,1000,,,", "input.required")]
    [InlineData("2031-02-06,EU,T9,successful,70,,,,", "input.required")]
    public void A_line_that_cannot_be_read_is_found_and_left_out(string line, string code)
    {
        var read = Text("2031-01-06,EU,T9,successful,70,1000,1500,1.5,70000", line);
        var finding = Assert.Single(read.Findings);
        Assert.Equal((3, code), (finding.Line, finding.Refusal.Code));
        Assert.Single(read.Records);
    }

    [Theory]
    [InlineData("Date,Contract\n2031-01-06,T9", "auctions.no-header")]
    [InlineData("", "auctions.no-header")]
    [InlineData("\"Date", "import.quote-open")]
    public void A_file_that_is_none_of_results_is_refused(string text, string code)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Assert.Equal(code, AuctionFile.Read(stream).Refusals.Single().Code);
    }

    [Fact]
    public void Two_auctions_of_a_day_are_two_where_their_names_differ() =>
        Assert.Equal(2, Text("2031-01-06,EU,T9,successful,70,1000,,,", "2031-01-06,DE,T9,successful,70,1000,,,").Records.Count);

    /// <summary>Nothing more or less than what is offered is sold, nobody pays more than bid or gets more than asked, and a better bid is never left behind a worse one.</summary>
    [Fact]
    public void Every_clearing_sells_just_the_offer_to_the_best_bids()
    {
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : 500;
        var random = new Random(seed);
        var cancelled = 0;
        for (var round = 0; round < 2_000; round++)
        {
            var format = Union with { Ties = (TieRule)(round % 3), TooFew = (TooFewBids)(round % 2) };
            var bids = Enumerable.Range(0, random.Next(1, 30)).Select(i => new AuctionBid($"B{i}", 500 * random.Next(1, 20), 60 + random.Next(0, 12) / 4m)).ToList();
            var drawn = bids.Select(b => b.Id).OrderBy(_ => random.Next()).ToList();
            var volume = 500L * random.Next(1, 200);
            decimal? reserve = random.Next(3) == 0 ? 61 : null;
            var outcome = AuctionClearing.Clear(format, new(volume, reserve), bids, drawn).Value;
            var fills = outcome.Fills.ToDictionary(f => f.Id, f => f.Quantity);
            var counted = bids.Where(b => reserve is null || b.Price >= reserve).ToList();
            var said = $"seed {seed}, round {round}";
            Assert.True(bids.All(b => fills[b.Id] >= 0 && fills[b.Id] <= b.Quantity && fills[b.Id] % 500 == 0), said);
            Assert.Equal(fills.Values.Sum(), outcome.Sold);
            if (outcome.Status == AuctionStatus.Cancelled)
            {
                cancelled++;
                Assert.True(counted.Sum(b => b.Quantity) < volume && outcome is { Price: null, Sold: 0, Proceeds: 0 }, said);
                continue;
            }
            Assert.Equal(outcome.Status == AuctionStatus.Partial ? counted.Sum(b => b.Quantity) : volume, outcome.Sold);
            Assert.True(bids.All(b => fills[b.Id] == 0 || b.Price >= outcome.Price), said);
            Assert.True(counted.All(b => b.Price <= outcome.Price || fills[b.Id] == b.Quantity), said);
            Assert.Equal(outcome.Price * outcome.Sold, outcome.Proceeds);
        }
        Assert.True(cancelled > 50, $"seed {seed}: {cancelled}");
    }

    /// <summary>Units that come never lift the price, units that leave never lower it, and neither carries it past its trigger.</summary>
    [Fact]
    public void Steps_move_the_price_towards_their_trigger_and_never_past_it()
    {
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : 52;
        var random = new Random(seed);
        var format = Union with { Ties = TieRule.Time, TooFew = TooFewBids.Partial };
        var (added, withheld) = (0, 0);
        for (var round = 0; round < 2_000; round++)
        {
            var bids = Enumerable.Range(0, random.Next(1, 30)).Select(i => new AuctionBid($"B{i}", 500 * random.Next(1, 20), 5 + random.Next(0, 40) / 4m)).ToList();
            var volume = 500L * random.Next(1, 200);
            var steps = new[] { new SupplyStep(11, 500 * random.Next(1, 60), false), new SupplyStep(7, 500 * random.Next(1, 60), true) };
            var (plain, stepped) = (AuctionClearing.Clear(format, new(volume, 5), bids, []).Value, AuctionClearing.Clear(format, new(volume, 5, Steps: steps), bids, []).Value);
            var said = $"seed {seed}, round {round}: {plain.Price} and {stepped.Price}";
            if (plain.Price is >= 7 and <= 11) Assert.Equal((plain.Price, plain.Sold, volume), (stepped.Price, stepped.Sold, stepped.Offered));
            else if (plain.Price > 11)
            {
                added++;
                Assert.True(stepped.Price >= 11 && stepped.Price <= plain.Price && stepped.Offered >= volume && stepped.Offered <= volume + steps[0].Units && stepped.Sold == stepped.Offered, said);
            }
            else
            {
                withheld++;
                Assert.True((stepped.Price is null || stepped.Price <= 7 && stepped.Price >= plain.Price) && stepped.Offered <= volume && stepped.Offered >= volume - steps[1].Units, said);
            }
        }
        Assert.True(added > 100 && withheld > 100, $"seed {seed}: {added}, {withheld}");
    }

    [Fact]
    public void The_order_in_which_bids_are_listed_does_not_matter_where_ties_are_drawn()
    {
        var bids = new[] { new AuctionBid("A", 1000, 80), new("B", 1500, 78), new("C", 1500, 77), new("D", 1000, 77), new("E", 2000, 76) };
        foreach (var order in new[] { bids, [.. bids.Reverse()], [bids[3], bids[0], bids[4], bids[2], bids[1]] })
            Assert.Equal([("A", 1000L), ("B", 1500L), ("C", 500L), ("D", 1000L), ("E", 0L)], AuctionClearing.Clear(Union, new(4000), order, ["D", "C"]).Value.Fills.OrderBy(f => f.Id));
    }
}
