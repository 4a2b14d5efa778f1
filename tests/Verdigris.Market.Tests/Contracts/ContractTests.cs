using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Registry.Credits.Eligibility;

namespace Verdigris.Market.Tests.Contracts;

/// <summary>Days, series, phases, prices and baskets of the contracts, against days worked out by hand.</summary>
public sealed class ContractTests
{
    static readonly LocalDate Today = new(2026, 11, 23);

    static ContractSet Contracts => Ask.Contracts;

    static Contract Of(string code) => Contracts.Find(code)!;

    static Instant At(int year, int month, int day, int hour, int minute, string zone) => new LocalDateTime(year, month, day, hour, minute).InZoneStrictly(DateTimeZoneProviders.Tzdb[zone]).ToInstant();

    [Fact]
    public void Listed_months_are_the_union_of_the_cycles_each_once_and_none_after_the_last_year()
    {
        string[] expected = ["2026-11", "2026-12", "2027-03", "2027-06", "2027-08", "2027-09", "2027-12", "2028-03", "2028-06", "2028-08", "2028-09", "2028-12", "2029-08", "2029-12", "2030-12"];
        Assert.Equal(expected.Select(m => "ICE.EUA:" + m), SeriesListing.Of(Contracts, Of("ICE.EUA"), Today).Select(l => l.Series.Code));
    }

    [Fact]
    public void A_month_leaves_the_list_on_the_day_after_its_last_and_the_next_comes()
    {
        Assert.Contains("ICE.EUA:2026-11", SeriesListing.Of(Contracts, Of("ICE.EUA"), new(2026, 11, 30)).Select(l => l.Series.Code));
        var after = SeriesListing.Of(Contracts, Of("ICE.EUA"), new(2026, 12, 1)).Select(l => l.Series.Code).ToList();
        Assert.DoesNotContain("ICE.EUA:2026-11", after);
        Assert.Contains("ICE.EUA:2027-01", after);
    }

    [Fact]
    public void A_month_whose_holidays_are_not_announced_is_listed_without_its_last_day()
    {
        var listed = SeriesListing.Of(Contracts, Of("SHFE.AD"), Today);
        Assert.Equal(12, listed.Count);
        Assert.Equal(new LocalDate(2026, 12, 15), listed[0].LastDay);
        Assert.Equal("SHFE.AD:2026-12", listed[0].Series.Code);
        Assert.All(listed.Skip(1), l => Assert.Equal((null, "contract.calendar-short"), (l.LastDay, l.Open?.Code)));
    }

    [Fact]
    public void A_daily_future_is_the_next_trading_day_and_a_spot_has_no_end()
    {
        var daily = Assert.Single(SeriesListing.Of(Contracts, Of("ICE.EUA.DAILY"), new(2026, 11, 21)));
        Assert.Equal(("ICE.EUA.DAILY:2026-11-23", new LocalDate(2026, 11, 23)), (daily.Series.Code, daily.LastDay));
        Assert.Equal("EEX.EUA.SPOT", Assert.Single(SeriesListing.Of(Contracts, Of("EEX.EUA.SPOT"), Today)).Series.Code);
    }

    [Fact]
    public void Vintages_and_projects_are_listed_when_they_were_admitted()
    {
        AdmittedSeries[] admitted = [new(null, 2021), new("1340", 2020)];
        Assert.Equal(["CN.SZA:v2021"], SeriesListing.Of(Contracts, Of("CN.SZA"), Today, admitted).Select(l => l.Series.Code));
        Assert.Equal(["SPOT.VCU:p1340:v2020"], SeriesListing.Of(Contracts, Of("SPOT.VCU"), Today, admitted).Select(l => l.Series.Code));
        Assert.Empty(SeriesListing.Of(Contracts, Of("SPOT.VCU"), Today));
    }

    [Theory]
    [InlineData("ICE.EUA:2026-12")]
    [InlineData("ICE.EUA.DAILY:2026-11-23")]
    [InlineData("EEX.EUA.SPOT")]
    [InlineData("CN.SZA:v2021")]
    [InlineData("SPOT.VCU:p1340:v2020")]
    [InlineData("SHFE.AD.OPTION:2027-01:P18400")]
    [InlineData("ICE.EUA.OPTION:2026-12:C80.5")]
    public void The_code_of_a_series_says_all_of_it(string code) => Assert.Equal(code, Series.Read(code).Value.Code);

    [Theory]
    [InlineData("")]
    [InlineData(":2026-12")]
    [InlineData("ICE.EUA:2026-13")]
    [InlineData("ICE.EUA:v20")]
    [InlineData("ICE.EUA.OPTION:C80.50:2026-12")]
    [InlineData("ICE.EUA.OPTION:2026-12:C80.50")]
    public void What_is_no_code_of_a_series_is_refused(string code) => Assert.Equal("contract.series-malformed", Series.Read(code).Refusals.Single().Code);

    [Fact]
    public void An_option_has_prices_around_the_money_and_is_exercised_into_the_december()
    {
        Assert.Equal(Enumerable.Range(65, 21).Select(i => (decimal)i), OptionStrikes.Around(Of("ICE.EUA.OPTION"), 75.36m, Today).Value);
        Assert.Equal(1, OptionStrikes.Around(Of("ICE.EUA.OPTION"), 0.8m, Today).Value.Min());
        Assert.Equal("ICE.EUA:2026-12", OptionStrikes.Underlying(Of("ICE.EUA.OPTION"), new("ICE.EUA.OPTION", new YearMonth(2026, 3), Strike: 80, Right: OptionRight.Call), Today)!.Code);
        Assert.Equal("SHFE.AD:2027-01", OptionStrikes.Underlying(Of("SHFE.AD.OPTION"), new("SHFE.AD.OPTION", new YearMonth(2027, 1)), Today)!.Code);
        Assert.Equal("contract.no-option", OptionStrikes.Around(Of("ICE.EUA"), 80, Today).Refusals[0].Code);
        Assert.Equal((70m, 90m, true), OptionStrikes.Around(Of("EEX.EUA.OPTION"), 80, Today).Value is var eex ? (eex[0], eex[^1], Of("EEX.EUA.OPTION").CanOpen(Today)) : default);
    }

    [Fact]
    public void Delivery_days_are_business_days_after_the_last_trading_day()
    {
        var days = DeliveryTimetable.Of(Contracts, Of("ICE.EUA"), new(2026, 12, 14)).Value;
        Assert.Equal([("delivery-opens", new LocalDate(2026, 12, 15), (LocalTime?)new LocalTime(9, 0)), ("delivery-ends", new(2026, 12, 17), new(15, 0))], days.Select(d => (d.Step, d.Day, d.At)));
        Assert.Equal(new LocalDate(2026, 12, 29), DeliveryTimetable.Of(Contracts, Of("LME.UBC"), new(2026, 12, 24)).Value.Single().Day);
        Assert.Equal("contract.calendar-short", DeliveryTimetable.Of(Contracts, Of("SHFE.AL"), new(2026, 12, 31)).Refusals.Single().Code);
    }

    [Theory]
    [InlineData(2026, 11, 20, 21, 30, "continuous", "2026-11-23")]
    [InlineData(2026, 11, 21, 0, 59, "continuous", "2026-11-23")]
    [InlineData(2026, 11, 21, 1, 0, "closed", "2026-11-23")]
    [InlineData(2026, 11, 23, 20, 57, "opening-auction", "2026-11-24")]
    [InlineData(2026, 11, 23, 10, 20, "closed", "2026-11-23")]
    [InlineData(2026, 9, 30, 21, 30, "closed", "2026-10-08")]
    public void A_night_session_counts_for_the_next_trading_day_and_the_eve_of_a_holiday_has_none(int year, int month, int day, int hour, int minute, string phase, string counts)
    {
        var standing = Sessions.At(Contracts, Of("SHFE.AD"), At(year, month, day, hour, minute, "Asia/Shanghai")).Value;
        Assert.Equal((phase, counts), (standing.Phase, $"{standing.TradingDay:uuuu-MM-dd}"));
    }

    [Fact]
    public void A_session_that_opens_the_evening_before_is_open_on_a_sunday_for_the_monday()
    {
        var standing = Sessions.At(Contracts, Of("ICE.CCA"), At(2026, 11, 22, 20, 0, "America/New_York")).Value;
        Assert.Equal(("continuous", new LocalDate(2026, 11, 23)), (standing.Phase, standing.TradingDay));
        Assert.Equal("closed", Sessions.At(Contracts, Of("ICE.CCA"), At(2026, 11, 21, 12, 0, "America/New_York")).Value.Phase);
    }

    [Fact]
    public void Block_trades_run_beside_the_listed_ones()
    {
        var standing = Sessions.At(Contracts, Of("SEEE.CEA"), At(2026, 11, 23, 13, 0, "Asia/Shanghai")).Value;
        Assert.Equal(["block", "continuous"], standing.Phases.Select(p => p.Phase).Order());
        Assert.Equal("continuous", standing.Phase);
        var morning = Sessions.At(Contracts, Of("SEEE.CEA"), At(2026, 11, 23, 10, 0, "Asia/Shanghai")).Value;
        Assert.Equal(["continuous"], morning.Phases.Select(p => p.Phase));
    }

    [Fact]
    public void Hours_and_calendars_that_are_unknown_are_refused_not_guessed()
    {
        Assert.Equal("contract.calendar-none", Sessions.At(Contracts, Of("NCDEX.CER"), At(2008, 6, 2, 12, 0, "Asia/Kolkata")).Refusals.Single().Code);
        Assert.Equal("contract.sessions-unknown", Sessions.At(Contracts, Of("CN.BEA.SWAP"), At(2026, 11, 23, 12, 0, "Asia/Shanghai")).Refusals.Single().Code);
        Assert.Equal("contract.calendar-short", Sessions.At(Contracts, Of("SHFE.AD"), At(2027, 3, 1, 10, 0, "Asia/Shanghai")).Refusals.Single().Code);
        Assert.Equal("contract.calendar-none", LastTradingDay.Of(Contracts, Of("NCDEX.CER"), new YearMonth(2008, 12)).Refusals.Single().Code);
        Assert.Equal("contract.last-day-none", LastTradingDay.Of(Contracts, Of("EEX.EUA.SPOT"), new YearMonth(2026, 12)).Refusals.Single().Code);
    }

    [Fact]
    public void Prices_are_multiples_of_the_tick_and_money_is_whole_cents()
    {
        var eua = Of("ICE.EUA");
        Assert.Equal(1_000, eua.TickMoney(Today));
        Assert.Equal(7_536, eua.Ticks(75.36m, Today).Value);
        Assert.Equal(75.36m, eua.Price(7_536, Today));
        Assert.Equal("contract.price-off-tick", eua.Ticks(75.365m, Today).Refusals.Single().Code);
        Assert.Equal("contract.tick-unknown", Of("LME.LITHIUM").Ticks(9_100, Today).Refusals.Single().Code);
        Assert.Equal(-6_800.00m, eua.Amount(75.36m - 74.00m, -5, Today));
        Assert.Null(Of("CN.BEA.SWAP").Amount(1, 1, Today));
    }

    [Fact]
    public void Limits_never_pass_their_percent_by_rounding_and_terms_change_with_the_day()
    {
        var limits = PriceLimits.Of(Of("SHFE.AD"), 18_365, Today).Value;
        Assert.Equal((17_080m, 19_650m), (limits.Low, limits.High));
        Assert.Equal((18_365m - 17_079.45m, 1m), (18_365m - limits.RawLow, limits.Low >= limits.RawLow && limits.High <= limits.RawHigh ? 1m : 0m));
        Assert.Equal(6, PriceLimits.Of(Of("NCDEX.CER"), 1_000, new(2008, 6, 2)).Value.Percent);
        Assert.Equal(4, PriceLimits.Of(Of("NCDEX.CER"), 1_000, new(2009, 6, 2)).Value.Percent);
        Assert.Equal("contract.limit-unknown", PriceLimits.Of(Of("ICE.EUA"), 75, Today).Refusals.Single().Code);
        // Even a wide limit leaves a price of one tick.
        Assert.Equal(0.01m, PriceLimits.Of(Of("ICE.EUA"), 0.05m, Today, percent: 100).Value.Low);
    }

    [Fact]
    public void A_basket_takes_what_is_eligible_and_says_which_condition_is_not_met()
    {
        static UnitFacts Units(string programme, int year, params string[] labels) => new(programme, programme == "verra" ? "VCU" : "CRT", new LocalDate(year, 1, 1), new LocalDate(year, 12, 31), labels.ToHashSet(StringComparer.Ordinal), true, null, null);
        var ngeo = Of("CBL.NGEO");
        Assert.Equal(EligibilityVerdict.Eligible, Basket.Check(Ask.Packs, ngeo, Units("verra", 2018, "ccb"), new(2022, 6, 30)).Verdict);
        var late = Basket.Check(Ask.Packs, ngeo, Units("verra", 2021, "ccb"), new(2022, 6, 30));
        Assert.Equal(EligibilityVerdict.NotEligible, late.Verdict);
        Assert.Equal("vintage", late.Conditions.Single(c => c.Met == false).Condition);
        // The window moved on 1 July 2022, and the one after June 2023 was not found: unknown, not open.
        Assert.Equal(EligibilityVerdict.Eligible, Basket.Check(Ask.Packs, ngeo, Units("verra", 2021, "ccb"), new(2022, 7, 1)).Verdict);
        Assert.Equal(EligibilityVerdict.NotDeterminable, Basket.Check(Ask.Packs, ngeo, Units("verra", 2021, "ccb"), new(2026, 11, 23)).Verdict);
        Assert.Equal(EligibilityVerdict.NotEligible, Basket.Check(Ask.Packs, Of("SPOT.VCU"), Units("car", 2021), Today).Verdict);
    }

    [Fact]
    public void A_seller_gives_the_cheapest_that_is_good_and_too_little_is_refused()
    {
        static UnitFacts Facts(string programme) => new(programme, "X", new LocalDate(2019, 1, 1), new LocalDate(2019, 12, 31), new HashSet<string> { "corsia-pilot" }, null, null, null);
        UnitsOnHand[] onHand = [new("dear", Facts("verra"), 3, 100), new("none", Facts("acr"), 1, 0), new("cheap", Facts("acr"), 2, 60), new("no-good", Facts("gold-standard"), 0.5m, 1000)];
        Assert.Equal([("cheap", 60L), ("dear", 40L)], Basket.Cheapest(Ask.Packs, Of("CME.GEO"), onHand, 100, Today).Value.Select(c => (c.Id, c.Units)));
        var refused = Basket.Cheapest(Ask.Packs, Of("CME.GEO"), onHand, 161, Today).Refusals.Single();
        Assert.Equal(("contract.too-few-deliverable", "160"), (refused.Code, refused.Args!["eligible"]));
    }
}
