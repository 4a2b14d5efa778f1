using System.Collections.Frozen;
using NodaTime;
using NodaTime.Calendars;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>A price of one certificate (1 t CO2e), EUR.</summary>
/// <param name="Auctions">How many auctions it averages.</param>
/// <param name="Published">The Commission's own figure was seen and is the same.</param>
public sealed record CertificatePrice(decimal PriceEur, decimal AverageEur, int Auctions, decimal VolumeT, bool Published, RuleRef Rule);

/// <summary>
/// Certificate price, Article 21 of Regulation (EU) 2023/956 and Implementing Regulation (EU) 2025/2548: clearing prices weighted by volume, over the quarter of importation in 2026 and over the week from 2027. A period whose
/// auctions are not all there has no price.
/// </summary>
public sealed class CertificatePrices
{
    readonly RulePack pack;
    readonly RoundingRule rounding, cost;
    readonly FrozenDictionary<(int, int), CertificatePrice> quarters;
    readonly FrozenDictionary<(int, int), CertificatePrice> weeks;

    internal CertificatePrices(RulePack pack)
    {
        this.pack = pack;
        rounding = Rounding("price");
        cost = Rounding("cost");
        var auctions = pack.Table("auctions").Rows;
        quarters = pack.Table("quarters").Rows.Where(r => r.Flag("complete")).ToFrozenDictionary(r => (r.Integer("year"), r.Integer("quarter")),
            q => Average(auctions.Where(a => a.Date("auction").Year == q.Integer("year") && Quarter(a.Date("auction")) == q.Integer("quarter")), q.DecimalOrNull("published"), q.Ref(pack)));
        var weekly = pack.Table("period").Rows.Single(r => r.Text("length") == "week");
        weeks = auctions.Where(a => a.Date("auction") >= weekly.From).GroupBy(a => Week(a.Date("auction"))).ToFrozenDictionary(g => g.Key, g => Average(g, null, weekly.Ref(pack)));
    }

    /// <summary>Money shown: to the cent. Certificates themselves are not rounded.</summary>
    public RoundingRule Cost => cost;

    /// <summary>Id of the pack and table the auctions stand in, as a caller may name it.</summary>
    public const string AuctionFile = "eua_auctions_2026_q1_q3.csv";

    public int Auctions => pack.Table("auctions").Rows.Count;

    /// <summary>Price of a quarter; null where not all of its auctions are known.</summary>
    public CertificatePrice? OfQuarter(int year, int quarter) => quarters.GetValueOrDefault((year, quarter));

    /// <summary>Price of a calendar week (ISO 8601), from 2027; null where no auction of it is known.</summary>
    public CertificatePrice? OfWeek(int weekYear, int week) => weeks.GetValueOrDefault((weekYear, week));

    /// <summary>Price for goods imported on a day; null where not published.</summary>
    public CertificatePrice? On(LocalDate imported) => pack.Table("period").Find(imported, "average") is not { } period ? null
        : period.Text("length") == "quarter" ? OfQuarter(imported.Year, Quarter(imported)) : weeks.GetValueOrDefault(Week(imported));

    /// <summary>Average over the quarters of a year, each alike, for the carbon price paid abroad (draft act under Article 9(5)); null until all four are known.</summary>
    public decimal? YearAverage(int year)
    {
        var four = Enumerable.Range(1, 4).Select(q => OfQuarter(year, q)?.PriceEur).ToList();
        return four.All(p => p is not null) ? four.Sum() / 4 : null;
    }

    public static int Quarter(LocalDate day) => (day.Month + 2) / 3;

    CertificatePrice Average(IEnumerable<RuleRow> auctions, decimal? published, RuleRef rule)
    {
        decimal volume = 0, money = 0;
        var count = 0;
        foreach (var auction in auctions)
        {
            volume += auction.Decimal("volumeT");
            money += auction.Decimal("volumeT") * auction.Decimal("priceEur");
            count++;
        }
        var average = money / volume;
        var price = rounding.Apply(average);
        if (published is { } official && official != price)
            throw new InvalidOperationException($"The auctions of {rule.Article} average {price}; {official} is published.");
        return new(price, average, count, volume, published is not null, rule);
    }

    static (int, int) Week(LocalDate day) => (WeekYearRules.Iso.GetWeekYear(day), WeekYearRules.Iso.GetWeekOfWeekYear(day));

    RoundingRule Rounding(string what) => pack.Table("rounding").Find(null, what) is { } row ? new(what, MidpointRounding.AwayFromZero, row.Integer("places"), row.Article) : throw new KeyNotFoundException($"{pack.Id} has no rounding '{what}'.");
}
