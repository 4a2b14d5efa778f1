using NodaTime;
using NodaTime.Text;
using Verdigris.Market.Contracts;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Schemes;

namespace Verdigris.Market.Tests.Contracts;

/// <summary>What the files of the contracts must hold so that the room can work by them.</summary>
public sealed class ContractFileTests
{
    static readonly IReadOnlyList<Contract> All = Ask.Contracts.All;

    [Fact]
    public void Every_pack_of_the_data_folder_is_right() => Assert.Equal([], Ask.Packs.Check().Select(f => $"{f.File}:{f.Line} {f.Field} {f.Message.En}"));

    [Fact]
    public void The_contracts_of_the_markets_worked_for_are_all_here()
    {
        string[] known = ["ICE.EUA", "ICE.EUA.DAILY", "ICE.EUA.OPTION", "ICE.EUAA", "ICE.UKA", "ICE.RGGI", "ICE.CCA", "EEX.EUA.SPOT", "EEX.EUA", "EEX.EUA.OPTION", "CME.EUA", "CME.EUA.OPTION", "SEEE.CEA", "BGE.CCER", "CN.BEA", "CN.SHEA", "CN.TJEA", "CN.SZA", "CN.GDEA", "CN.CQEA", "CN.HBEA", "CN.FJEA",
            "SHCH.SHEAF", "CN.BEA.SWAP", "NCDEX.CER", "MCX.CER", "CCX.CFI", "CORE.VCU", "SPOT.VCU", "SPOT.GS", "CBL.GEO", "CBL.NGEO", "CBL.CGEO", "CME.GEO", "CME.NGEO", "CME.CGEO", "LME.AH", "LME.AN", "LME.AW", "LME.AE", "LME.AS", "LME.UBC", "LME.LITHIUM", "LME.COBALT", "LME.SCRAP.TAIWAN",
            "LME.SCRAP.INDIA", "LME.SCRAP.TURKEY", "CME.LITHIUM", "SHFE.AD", "SHFE.AD.OPTION", "SHFE.AL", "SHFE.AO"];
        Assert.Equal([], known.Except(All.Select(c => c.Code)));
        Assert.Equal(Enum.GetValues<ContractKind>().Order(), All.Select(c => c.Kind).Distinct().Order());
    }

    [Fact]
    public void What_a_file_names_is_there()
    {
        var schemes = SchemeSet.Of(Ask.Packs);
        var uses = EligibilityRules.Of(Ask.Packs).Uses.Select(u => u.Use).ToHashSet(StringComparer.Ordinal);
        var credits = CreditRules.Of(Ask.Packs).Units.Select(u => u.Code).ToHashSet(StringComparer.Ordinal);
        var metals = Ask.Packs.Pack("metals/contracts").Table("contracts").Rows.Select(r => r.Text("contract")).ToHashSet(StringComparer.Ordinal);
        foreach (var c in All)
        {
            Assert.True(c.Underlying is null || Ask.Contracts.Find(c.Underlying) is not null, $"{c.Code} is on {c.Underlying}");
            foreach (var id in c.AllRows("calendars").Select(r => r.TextOrNull("calendar")).OfType<string>()) WorkingCalendars.Read(Ask.Packs, id);
            Assert.All(c.AllRows("margin-credits"), r => Assert.NotNull(Ask.Contracts.Find(r.Text("against"))));
            foreach (var d in c.AllRows("deliverable"))
            {
                var named = d.Text("kind") switch
                {
                    "basket" => uses.Contains(d.Text("use")),
                    "warrants" => metals.Contains(d.Text("metal")),
                    _ when d.TextOrNull("scheme") is { } scheme => schemes.Find(scheme)?.Unit(d.Text("unit")) is not null,
                    _ => credits.Contains(d.Text("unit")),
                };
                Assert.True(named, $"{c.Code} delivers {d.Text("deliverable")}");
            }
        }
    }

    [Fact]
    public void Times_zones_and_months_of_a_file_can_be_read()
    {
        var times = LocalTimePattern.CreateWithInvariantCulture("HH:mm");
        foreach (var c in All)
        {
            foreach (var r in c.AllRows("sessions"))
            {
                Assert.True(times.Parse(r.Text("opens")).Success && times.Parse(r.Text("closes")).Success, $"{c.Code} {r.Line}");
                Assert.NotNull(DateTimeZoneProviders.Tzdb.GetZoneOrNull(r.Text("zone")));
            }
            Assert.All(c.AllRows("timetable").Concat(c.AllRows("settlement-price")), r => Assert.Equal(r.Has("time") || r.Has("ends"), r.Has("zone")));
            Assert.All(c.AllRows("series").SelectMany(r => r.List("months")), m => Assert.InRange(int.Parse(m), 1, 12));
            Assert.All(c.AllRows("series").Where(r => r.Has("until")), r => Assert.True(YearMonthPattern.Iso.Parse(r.Text("until")).Success));
            foreach (var r in c.AllRows("last-day"))
                Assert.True(r.Text("rule") switch { "last-weekday" or "nth-weekday" => r.Has("weekday"), "day-of-month" => r.Has("day"), "underlying-last-day" => c.Underlying is not null, _ => true }, $"{c.Code}: {r.Text("rule")}");
        }
    }

    [Fact]
    public void An_index_published_on_weekdays_is_expected_on_them_and_what_falls_on_a_holiday_counts_for_the_month_it_is_moved_into()
    {
        var (premium, month) = (Ask.Contracts.Find("LME.PREMIUM.EUROPE")!, new YearMonth(2026, 12));
        IEnumerable<int> Days(string contract, YearMonth of, LocalDate? upTo = null) => FinalSettlement.Days(Ask.Contracts, Ask.Contracts.Find(contract)!, of, upTo ?? of.ToDateInterval().End).Value.Select(d => d.Day);
        // Tuesdays and Fridays; that of Christmas Day on the day before, that of New Year's Day on the last of December.
        Assert.Equal([1, 4, 8, 11, 15, 18, 22, 24, 29, 31], Days(premium.Code, month));
        Assert.Equal([1, 4, 8], Days(premium.Code, month, new(2026, 12, 10)));
        Assert.Equal(5, Days(premium.Code, new(2027, 1)).First());
        // Good Friday is the third of April: its publication is on the Thursday.
        Assert.Equal([2, 7, 10, 14, 17, 21, 24, 28], Days("PREMIUM.EUROPE.OPTION", new(2026, 4)));
        // An index of working days follows its own calendar: on Independence Day, kept on Friday 3 July, London prints.
        Assert.Contains(3, Days("CME.LITHIUM", new(2026, 7)));
        Assert.Equal(Days("LME.LITHIUM", new(2026, 7)), Days("CME.LITHIUM", new(2026, 7)));
        // A contract that does not say how often waits for every day of trading.
        Assert.Empty(Ask.Contracts.Find("LME.SCRAP.INDIA")!.AllRows("publication"));
        Assert.Equal(21, Days("LME.SCRAP.INDIA", month).Count());
        Assert.Null(FinalSettlement.Expects(Ask.Contracts, Ask.Contracts.Find("LME.SCRAP.INDIA")!, new(2026, 12, 1)));
        Assert.Equal((true, false), (FinalSettlement.Expects(Ask.Contracts, premium, new(2026, 12, 1)), FinalSettlement.Expects(Ask.Contracts, premium, new(2026, 12, 2))));
    }

    [Fact]
    public void Contracts_of_one_index_say_the_same_of_its_publication()
    {
        foreach (var same in All.Where(c => c.AllRows("settlement").Any(r => r.Has("index"))).GroupBy(c => c.AllRows("settlement").First(r => r.Has("index")).Text("index")))
            Assert.Single(same.Select(c => string.Join("; ", c.AllRows("publication").Select(r => $"{r.Text("published")} {r.TextOrNull("roll")} {r.TextOrNull("calendar")}").Order(StringComparer.Ordinal))).Distinct());
        Assert.All(All.SelectMany(c => c.AllRows("publication")).Where(r => r.Has("calendar")), r => Assert.True(Ask.Contracts.Calendar(r.Text("calendar")).Ok));
    }

    [Fact]
    public void A_value_from_memory_or_of_this_house_is_never_called_verified() =>
        Assert.Equal([], All.SelectMany(c => c.Pack.Tables.Values.SelectMany(t => t.Rows)).Where(r => r.Status == RuleStatus.Verified && (r.Source.Citation.Contains("memory", StringComparison.Ordinal) || r.Source.Id is "HOUSE" or "GAP")).Select(r => $"{r.File}:{r.Line}"));

    [Fact]
    public void What_was_not_found_is_unknown_and_the_contract_says_why_it_cannot_be_opened()
    {
        var on = new LocalDate(2026, 11, 23);
        var problems = All.ToDictionary(c => c.Code, c => c.OpenProblems(on).Select(p => p.Code).ToArray());
        Assert.Equal(["contract.tick-unknown"], problems["LME.LITHIUM"]);
        Assert.Equal(["contract.lot-unknown", "contract.tick-unknown"], problems["CN.BEA.SWAP"]);
        Assert.Equal(["contract.historic", "contract.calendar-none"], problems["NCDEX.CER"]);
        Assert.Equal([], problems["ICE.EUA"]);
        // An unknown is a row without its value and with the reason, never a number.
        Assert.All(All.SelectMany(c => c.AllRows("terms")).Where(r => r.Source.Id == "GAP"), r => Assert.True(!r.Has("value") && r.Note is not null));
    }

    [Fact]
    public void Every_contract_that_can_be_opened_and_settles_in_cash_knows_how_its_last_price_is_found()
    {
        var on = new LocalDate(2026, 11, 23);
        foreach (var c in All.Where(c => c.CanOpen(on) && c.Settlement(on) == SettlementMethod.Cash))
        {
            var row = c.Row("settlement", on)!;
            Assert.True(row.Has("index") && row.Has("factor") && row.Has("places"), c.Code);
        }
        Assert.All(All.Where(c => c.CanOpen(on)), c => Assert.NotNull(c.Settlement(on)));
    }

    [Fact]
    public void A_new_contract_is_a_new_file_and_no_code()
    {
        var folder = Directory.CreateTempSubdirectory("contracts").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "rules", "calendars"));
            Directory.CreateDirectory(Path.Combine(folder, "contracts"));
            foreach (var file in new[] { "rules/calendars/london.yaml", "rules/calendars/london-holidays.csv", "contracts/shape.yml" }) File.Copy(Checkout.Path("data/" + file), Path.Combine(folder, file));
            Assert.Empty(ContractSet.Of(RulePacks.Open(folder)).All);
            File.WriteAllText(Path.Combine(folder, "contracts", "moon.yaml"), """
                pack: contracts/moon
                version: "1"
                title: { en: Moonlight, zh: 月光 }
                shape: shape.yml
                sources: { US: { citation: Our own invention, retrieved: 2026-11-22 } }
                tables:
                  contract: { rows: [{ contract: MOON, nameEn: Moonlight future, nameZh: 月光期货, kind: future, family: credit, venue: The Moon, currency: EUR, priceUnit: beam, standing: house, status: recalled, source: US }] }
                  calendars: { rows: [{ use: trading, calendar: london, status: recalled, source: US }] }
                  terms: { rows: [{ term: lot, value: 7, unit: beam, status: recalled, source: US }, { term: tick, value: 0.25, unit: EUR, status: recalled, source: US }] }
                  series: { rows: [{ cycle: odd, kind: months, months: 1|3|5|7|9|11, count: 2, status: recalled, source: US }] }
                  last-day: { rows: [{ rule: nth-weekday, weekday: Friday, nth: 2, roll: previous, status: recalled, source: US }] }
                  sessions: { rows: [{ phase: continuous, opens: "22:00", closes: "02:00", zone: Europe/London, status: recalled, source: US }] }
                  price-limits: { rows: [{ limit: day, percent: 10, reference: close, rounding: outward, status: recalled, source: US }] }
                  settlement: { rows: [{ method: cash, index: Albedo, indexUnit: EUR/flash, factor: 2, mean: month, places: 1, status: recalled, source: US }] }
                  publication: { rows: [{ published: Friday, status: recalled, source: US }] }
                """);
            var contracts = ContractSet.Of(RulePacks.Open(folder));
            var (moon, on) = (contracts.Find("moon")!, new LocalDate(2026, 11, 23));
            Assert.True(moon.CanOpen(on));
            Assert.Equal(175, moon.TickMoney(on));
            Assert.Equal(["MOON:2027-01", "MOON:2027-03"], SeriesListing.Of(contracts, moon, on).Select(l => l.Series.Code));
            Assert.Equal(new LocalDate(2027, 1, 8), LastTradingDay.Of(contracts, moon, new YearMonth(2027, 1)).Value.Day);
            Assert.Equal(new LocalDate(2026, 11, 23), Sessions.At(contracts, moon, Instant.FromUtc(2026, 11, 24, 1, 30)).Value.Phases.Single().TradingDay);
            var limits = PriceLimits.Of(moon, 10.1m, on, percent: 12).Value;
            Assert.Equal((8.75m, 11.50m), (limits.Low, limits.High));
            Assert.Equal(8.3m, FinalSettlement.Of(moon, [4.1m, 4.2m], on, asIndex: true).Value.Price);
            // Without a roll the publication of a holiday falls out: 1 January.
            Assert.Equal([8, 15, 22, 29], FinalSettlement.Days(contracts, moon, new(2027, 1), new(2027, 1, 31)).Value.Select(d => d.Day));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
