using NodaTime;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives.Rules;
using Verdigris.Testing;

namespace Verdigris.Cbam.Tests;

/// <summary>Prices from 2027, over auctions of a data folder of the tests' own: none of 2027 is held yet.</summary>
public sealed class WeeklyPriceTests
{
    [Fact]
    public void A_week_averages_its_auctions_by_volume_and_one_without_auctions_takes_the_last_that_had_some()
    {
        using var data = new Folder(
            "2027-03-15,EU,80,1000\n2027-03-18,DE,90,3000\n2027-04-05,EU,100,500\n",
            "{ year: 2027, week: 11, auctions: 2, published: 87.50 }", "{ year: 2027, week: 12, auctions: 0, published: 87.50 }", "{ year: 2027, week: 13, auctions: 0 }", "{ year: 2027, week: 14, auctions: 1 }");
        var prices = data.Rules.Prices;
        Assert.Equal((87.5m, 2, 4000m, true, null), prices.OfWeek(2027, 11).Value is { } own ? (own.PriceEur, own.Auctions, own.VolumeT, own.Published, own.TakenFrom) : default);
        Assert.Equal((87.5m, true, "2027-W11", RuleStatus.Secondary), prices.OfWeek(2027, 12).Value is { } carried ? (carried.PriceEur, carried.Published, carried.TakenFrom, carried.Rule.Status) : default);
        // Nobody published the second one.
        Assert.Equal((87.5m, false, "2027-W11"), prices.OfWeek(2027, 13).Value is { } again ? (again.PriceEur, again.Published, again.TakenFrom) : default);
        Assert.Equal(100m, prices.OfWeek(2027, 14).Value!.PriceEur);
        Assert.Equal((null, CertificatePrices.Open), (prices.OfWeek(2027, 15).Value, prices.OfWeek(2027, 15).Reason));

        var line = Obligations.Evaluate(data.Rules, new("76011010", "IN", 100, new(2027, 3, 24)));
        Assert.Equal((LineStatus.Computed, 87.5m), (line.Status, line.PriceEur));
        Assert.Contains(line.Reasons, r => r is { Code: "price-week-carried", Given: "2027-W11" });
        var later = Obligations.Evaluate(data.Rules, new("76011010", "IN", 100, new(2027, 4, 14)));
        Assert.Equal((LineStatus.PriceUnpublished, (decimal?)null, 89.215m), (later.Status, later.CostEur, later.Certificates!.Value));
        Assert.Equal(100m, prices.LatestUntil(new(2027, 6, 1))!.PriceEur);
        // Before the first week on record the last quarter known stands.
        Assert.Equal(82.32m, prices.LatestUntil(new(2027, 3, 1))!.PriceEur);
    }

    [Fact]
    public void A_week_whose_auctions_are_not_all_on_record_has_no_price_and_neither_has_one_that_would_take_it()
    {
        using var data = new Folder("2027-03-15,EU,80,1000\n", "{ year: 2027, week: 12, auctions: 0 }");
        // Auctions of week 11 are among the rows, and nothing says that they are all of them.
        Assert.Equal((null, CertificatePrices.Open), (data.Rules.Prices.OfWeek(2027, 11).Value, data.Rules.Prices.OfWeek(2027, 11).Reason));
        Assert.Equal((null, CertificatePrices.NoneBefore), (data.Rules.Prices.OfWeek(2027, 12).Value, data.Rules.Prices.OfWeek(2027, 12).Reason));
        Assert.Contains(Obligations.Evaluate(data.Rules, new("76011010", "IN", 1, new(2027, 3, 24))).Reasons, r => r.Code == "price-no-week-before");
        using var hole = new Folder("2027-03-08,EU,80,1000\n", "{ year: 2027, week: 10, auctions: 1 }", "{ year: 2027, week: 12, auctions: 0 }");
        Assert.Equal(CertificatePrices.Open, hole.Rules.Prices.OfWeek(2027, 12).Reason);
        using var short_ = new Folder("2027-03-15,EU,80,1000\n", "{ year: 2027, week: 11, auctions: 2 }");
        Assert.Contains("2027-W11", Assert.Throws<InvalidOperationException>(() => short_.Rules.Prices).Message, StringComparison.Ordinal);
        using var other = new Folder("2027-03-15,EU,80,1000\n", "{ year: 2027, week: 11, auctions: 1, published: 80.01 }");
        Assert.Throws<InvalidOperationException>(() => other.Rules.Prices);
    }

    [Fact]
    public void The_average_of_a_later_year_is_that_of_its_weeks_each_alike_and_unknown_while_one_is()
    {
        // One auction a week at 80, and 132 in the last: (51 x 80 + 132) / 52.
        var mondays = Enumerable.Range(0, 52).Select(w => new LocalDate(2027, 1, 4).PlusWeeks(w)).ToList();
        var auctions = string.Concat(mondays.Select((d, i) => $"{d:uuuu-MM-dd},EU,{(i == 51 ? 132 : 80)},1000\n"));
        string[] weeks = [.. mondays.Select((_, i) => $"{{ year: 2027, week: {i + 1}, auctions: 1 }}")];
        using var whole = new Folder(auctions, weeks);
        Assert.Equal(81m, whole.Rules.Prices.YearAverage(2027));
        using var open = new Folder(auctions, weeks[..51]);
        Assert.Null(open.Rules.Prices.YearAverage(2027));
        Assert.Null(open.Rules.Prices.YearAverage(2025));
    }

    [Fact]
    public void A_certificate_is_bought_at_the_published_price_of_the_week_before_and_a_refusal_says_what_is_missing()
    {
        using var data = new Folder("2027-03-15,EU,80,1000\n2027-03-29,EU,90,1000\n", "{ year: 2027, week: 11, auctions: 1, published: 80.00 }", "{ year: 2027, week: 12, auctions: 0, published: 80.00 }", "{ year: 2027, week: 13, auctions: 1 }");
        var desk = new DeskRules(data.Packs);
        Assert.Equal(("2027-W11", 80m), desk.PurchasePrice(2027, null, new(2027, 3, 24)).Value);
        Assert.Equal(("2027-W12", 80m), desk.PurchasePrice(2027, null, new(2027, 4, 1)).Value);
        Assert.Equal(("price.unpublished", "own-average"), Why(desk.PurchasePrice(2027, null, new(2027, 4, 7))));
        Assert.Equal(("price.unpublished", "period-open"), Why(desk.PurchasePrice(2027, null, new(2027, 5, 7))));
        Assert.Equal(("price.unpublished", "own-average"), Why(desk.PurchasePrice(2026, 3, new(2027, 5, 7))));
        Assert.Equal(("price.unpublished", "period-open"), Why(desk.PurchasePrice(2026, 4, new(2027, 5, 7))));

        static (string, string) Why<T>(Primitives.Answer<T> answer) => (answer.Refusals[0].Code, answer.Refusals[0].Args!["item"]);
    }

    /// <summary>The packs of the measure with auctions and weeks more.</summary>
    sealed class Folder : IDisposable
    {
        readonly DirectoryInfo at = Directory.CreateTempSubdirectory("verdigris-prices");

        public Folder(string auctions, params string[] weeks)
        {
            var to = at.CreateSubdirectory("rules/cbam").FullName;
            foreach (var file in Directory.EnumerateFiles(Checkout.Path("data/rules/cbam"))) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            var csv = Path.Combine(to, "auctions-2026.csv");
            var (header, first) = (File.ReadLines(csv).First(), File.ReadLines(csv).Skip(1).First());
            // What stands behind the four columns of an auction is taken from a row that is there.
            var rest = first.Split(',', 5)[4];
            Assert.StartsWith("auction,zone,priceEur,volumeT,", header, StringComparison.Ordinal);
            File.AppendAllText(csv, string.Concat(auctions.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(a => $"{a},{rest}\n")));
            var yaml = Path.Combine(to, "prices.yaml");
            var text = File.ReadAllText(yaml);
            Assert.Contains("    rows: []\n", text, StringComparison.Ordinal);
            File.WriteAllText(yaml, text.Replace("    rows: []\n", "    rows:\n" + string.Concat(weeks.Select(w => $"      - {w[..^2]}, status: secondary, source: PRICE, article: \"test\" }}\n")), StringComparison.Ordinal));
            Packs = RulePacks.Open(at.FullName);
        }

        public RulePacks Packs { get; }
        public CbamRules Rules => CbamRules.Of(Packs);

        public void Dispose() => at.Delete(recursive: true);
    }
}
