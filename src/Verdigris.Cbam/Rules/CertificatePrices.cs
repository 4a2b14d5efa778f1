using System.Collections.Frozen;
using System.Globalization;
using NodaTime;
using NodaTime.Calendars;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>A price of one certificate (1 t CO2e), EUR.</summary>
/// <param name="Auctions">How many auctions it averages.</param>
/// <param name="Published">The Commission's own figure was seen and is the same.</param>
/// <param name="TakenFrom">The week whose average it is (2027-W13), where the week itself had no auctions; null otherwise.</param>
public sealed record CertificatePrice(decimal PriceEur, decimal AverageEur, int Auctions, decimal VolumeT, bool Published, RuleRef Rule, string? TakenFrom = null);

/// <summary>A price, or why there is none: <see cref="CertificatePrices.Open"/> or <see cref="CertificatePrices.NoneBefore"/>.</summary>
public readonly record struct PriceFound(CertificatePrice? Value, string? Reason);

/// <summary>
/// Certificate price, Article 21 of Regulation (EU) 2023/956 and Implementing Regulation (EU) 2025/2548: clearing prices weighted by volume, over the quarter of importation in 2026 and over the calendar week (ISO 8601) from 2027. A week
/// without auctions has the price of the last week that had some. A period whose auctions are not all there has no price.
/// </summary>
public sealed class CertificatePrices
{
    /// <summary>Not all auctions of the period, or of a week between it and the last one with auctions, are held; and no week with auctions comes before.</summary>
    public const string Open = "period-open", NoneBefore = "no-week-before";

    /// <summary>As far back as a week with auctions is looked for.</summary>
    const int MostWeeksBack = 53;

    readonly RulePack pack;
    readonly RoundingRule rounding, cost;
    readonly FrozenDictionary<(int, int), CertificatePrice> quarters;
    readonly FrozenDictionary<(int, int), (CertificatePrice? Own, decimal? Published)> weeks;

    internal CertificatePrices(RulePack pack)
    {
        this.pack = pack;
        rounding = Rounding("price");
        cost = Rounding("cost");
        var auctions = pack.Table("auctions").Rows;
        quarters = pack.Table("quarters").Rows.Where(r => r.Flag("complete")).ToFrozenDictionary(r => (r.Integer("year"), r.Integer("quarter")),
            q => Average([.. auctions.Where(a => a.Date("auction").Year == q.Integer("year") && Quarter(a.Date("auction")) == q.Integer("quarter"))], q.DecimalOrNull("published"), q.Ref(pack)));
        var byWeek = auctions.ToLookup(a => Week(a.Date("auction")));
        weeks = pack.Table("weeks").Rows.ToFrozenDictionary(w => (w.Integer("year"), w.Integer("week")), w =>
        {
            List<RuleRow> held = [.. byWeek[(w.Integer("year"), w.Integer("week"))]];
            if (held.Count != w.Integer("auctions")) throw new InvalidOperationException($"Week {Name(w.Integer("year"), w.Integer("week"))} had {w.Integer("auctions")} auctions; {held.Count} are held.");
            return (held.Count == 0 ? null : Average(held, w.DecimalOrNull("published"), w.Ref(pack)), w.DecimalOrNull("published"));
        });
    }

    /// <summary>Money shown: to the cent. Certificates themselves are not rounded.</summary>
    public RoundingRule Cost => cost;

    /// <summary>Id of the pack and table the auctions stand in, as a caller may name it.</summary>
    public const string AuctionFile = "eua_auctions_2026_q1_q3.csv";

    public int Auctions => pack.Table("auctions").Rows.Count;

    /// <summary>Price of a quarter; null where not all of its auctions are known.</summary>
    public CertificatePrice? OfQuarter(int year, int quarter) => quarters.GetValueOrDefault((year, quarter));

    /// <summary>Price of a calendar week of an ISO week year; of a week without auctions that of the last week with some.</summary>
    public PriceFound OfWeek(int weekYear, int week)
    {
        if (!weeks.TryGetValue((weekYear, week), out var asked)) return new(null, Open);
        if (asked.Own is { } own) return new(own, null);
        var carried = pack.Table("week-without-auctions").Rows.Single().Ref(pack);
        var monday = WeekYearRules.Iso.GetLocalDate(weekYear, week, IsoDayOfWeek.Monday);
        for (var back = 1; back <= MostWeeksBack; back++)
        {
            var at = Week(monday.PlusWeeks(-back));
            if (!weeks.TryGetValue(at, out var before)) return new(null, back == 1 && !weeks.Keys.Any(k => k.CompareTo((weekYear, week)) < 0) ? NoneBefore : Open);
            if (before.Own is not { } price) continue;
            if (asked.Published is { } official && official != price.PriceEur) throw new InvalidOperationException($"Week {Name(weekYear, week)} takes {price.PriceEur} of {Name(at.Item1, at.Item2)}; {official} is published.");
            return new(price with { Published = asked.Published is not null, Rule = carried, TakenFrom = Name(at.Item1, at.Item2) }, null);
        }
        return new(null, NoneBefore);
    }

    /// <summary>Price for goods imported on a day, or why there is none.</summary>
    public PriceFound On(LocalDate imported)
    {
        if (Length("average", imported) is not { } length) return new(null, Open);
        if (length == "week") return OfWeek(Week(imported).Year, Week(imported).Number);
        return OfQuarter(imported.Year, Quarter(imported)) is { } price ? new(price, null) : new(null, Open);
    }

    /// <summary>The price of a day, or else the last one before it that is known; null where none is.</summary>
    public CertificatePrice? LatestUntil(LocalDate day)
    {
        for (var at = day; Length("average", at) is { } length; at = length == "week" ? at.PlusWeeks(-1) : at.PlusMonths(-3))
            if (On(at).Value is { } found) return found;
        return null;
    }

    /// <summary>Average over the quarters of 2026, or over the weeks of a later year, each alike, for the carbon price paid abroad (draft act under Article 9(5)); null until all of them are known.</summary>
    public decimal? YearAverage(int year)
    {
        var all = Length("year-average", new(year, 12, 31)) switch
        {
            "quarter" => Enumerable.Range(1, 4).Select(q => OfQuarter(year, q)?.PriceEur).ToList(),
            "week" => Enumerable.Range(1, WeekYearRules.Iso.GetWeeksInWeekYear(year)).Select(w => OfWeek(year, w).Value?.PriceEur).ToList(),
            _ => [null],
        };
        return all.TrueForAll(p => p is not null) ? all.Sum() / all.Count : null;
    }

    public static int Quarter(LocalDate day) => (day.Month + 2) / 3;

    /// <summary>Calendar week of a day by ISO 8601, with the week year it belongs to.</summary>
    public static (int Year, int Number) Week(LocalDate day) => (WeekYearRules.Iso.GetWeekYear(day), WeekYearRules.Iso.GetWeekOfWeekYear(day));

    /// <summary>2027-W06.</summary>
    public static string Name(int weekYear, int week) => string.Create(CultureInfo.InvariantCulture, $"{weekYear}-W{week:00}");

    string? Length(string what, LocalDate day) => pack.Table("period").Find(day, what)?.Text("length");

    CertificatePrice Average(List<RuleRow> auctions, decimal? published, RuleRef rule)
    {
        decimal volume = 0, money = 0;
        foreach (var auction in auctions)
        {
            volume += auction.Decimal("volumeT");
            money += auction.Decimal("volumeT") * auction.Decimal("priceEur");
        }
        var average = money / volume;
        var price = rounding.Apply(average);
        if (published is { } official && official != price)
            throw new InvalidOperationException($"The auctions of {rule.Article} average {price}; {official} is published.");
        return new(price, average, auctions.Count, volume, published is not null, rule);
    }

    RoundingRule Rounding(string what) => pack.Table("rounding").Find(null, what) is { } row ? new(what, MidpointRounding.AwayFromZero, row.Integer("places"), row.Article) : throw new KeyNotFoundException($"{pack.Id} has no rounding '{what}'.");
}
