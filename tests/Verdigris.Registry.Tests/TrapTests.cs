using NodaTime;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Rules;

namespace Verdigris.Registry.Tests;

/// <summary>Mistakes that are easy to make with these rules, each as a test; the hours of the registry stand with <see cref="SafetyRuleTests"/>.</summary>
public sealed class TrapTests
{
    [Fact]
    public void A_trigger_price_is_rounded_to_the_cent_each_year_and_not_once_at_the_end()
    {
        Assert.Equal(57.53m, PriceControls.Grown(29.25m, 2027, 0.07m, 2037, "cent-each-year"));
        Assert.Equal(57.54m, PriceControls.Grown(29.25m, 2027, 0.07m, 2037, "cent-at-end"));
        Assert.Equal(57.53m, PriceControls.Of(Ask.Schemes.Find("rggi")!, "ccr-2", 2037, []).Value.Price);
    }

    [Fact]
    public void Compliance_is_counted_over_all_years_and_not_year_by_year()
    {
        var operatorYears = new OperatorYears(2021, 2023);
        operatorYears.Emit(2021, 100);
        operatorYears.Emit(2022, 100);
        Assert.Equal(ComplianceStatus.B, operatorYears.Surrender(199).Value);
        Assert.Equal(ComplianceStatus.A, operatorYears.Surrender(1).Value);
    }

    [Fact]
    public void Carry_over_is_net_so_that_buying_back_takes_it_away()
    {
        var china = Ask.Schemes.Find("cn-ets")!;
        Assert.Equal(15_000, Limits.CarryOver(china, 2023, 1_000_000, 10_000, 0).Value.Most);
        Assert.Equal(0, Limits.CarryOver(china, 2023, 1_000_000, 10_000, 10_000).Value.Most);
        Assert.Equal(7_000, Limits.CarryOver(Ask.Schemes.Find("k-ets")!, 2024, 1_000_000, 10_000, 3_000).Value.Most);
    }

    [Fact]
    public void The_intake_of_the_reserve_has_pieces_and_the_surplus_of_2025_takes_the_middle_one()
    {
        var union = Ask.Schemes.Find("eu-ets")!;
        Assert.Equal(190_494_202, StabilityReserve.Of(union, 2025, 1_023_494_202, null).Value.Intake);
        // Where the pieces meet, a unit more or less makes almost no difference.
        Assert.Equal(263_000_000, StabilityReserve.Of(union, 2025, 1_096_000_000, null).Value.Intake);
        Assert.Equal(263_040_000, StabilityReserve.Of(union, 2025, 1_096_000_001, null).Value.Intake);
        // Under the rule before, all of the surplus would have counted.
        Assert.Equal(245_638_608, StabilityReserve.Of(union, 2022, 1_023_494_202, null).Value.Intake);
    }

    [Fact]
    public void An_allowance_is_not_everywhere_a_tonne()
    {
        Assert.Equal(0.90718474m, Ask.Schemes.Find("rggi")!.UnitMassT);
        Assert.Equal(100m, Ask.Schemes.Find("ccx")!.UnitMassT);
        Assert.All(Ask.Schemes.All.Where(s => s.Code is not ("rggi" or "ccx")), s => Assert.Equal(1m, s.UnitMassT));
    }

    [Fact]
    public void The_hours_of_the_united_kingdom_are_london_time_on_each_date()
    {
        var rule = Ask.Schemes.Hours("uk-24h")!;
        Instant Starts(Instant at) => TransferDelay.Of(rule, Ask.Schemes.Calendar("london"), at).Value.Starts;
        Assert.Equal(Instant.FromUtc(2025, 1, 15, 9, 0), Starts(Instant.FromUtc(2025, 1, 15, 5, 0)));
        Assert.Equal(Instant.FromUtc(2025, 7, 15, 8, 0), Starts(Instant.FromUtc(2025, 7, 15, 5, 0)));
    }

    [Fact]
    public void The_reserve_takes_more_in_when_more_circulates_within_each_rule()
    {
        var union = Ask.Schemes.Find("eu-ets")!;
        foreach (var year in new[] { 2018, 2025 })
        {
            decimal before = 0;
            for (var tnac = 400_000_000m; tnac < 2_000_000_000m; tnac += 7_919_113m)
            {
                var now = StabilityReserve.Of(union, year, tnac, 400_000_000).Value.Intake;
                Assert.True(now >= before && now <= tnac, $"{year} {tnac}");
                before = now;
            }
        }
    }

    [Fact]
    public void Lower_intensity_never_lowers_the_rate_and_the_rate_stays_narrow()
    {
        var china = Ask.Schemes.Find("cn-ets")!;
        decimal before = 1;
        for (var x = -0.5m; x <= 0.5m; x += 0.005m)
        {
            var rate = OutputAllocation.Rate(china, 2025, "surplus", x).Value.Value;
            Assert.True(rate <= before && Math.Abs(rate) <= 0.03m, $"{x}");
            before = rate;
        }
    }

    [Fact]
    public void The_constants_of_2025_are_those_the_method_of_the_footprint_room_works_by()
    {
        var own = Ask.Packs.Pack("footprint/china-aluminium").Table("allocation").Rows.Single(r => r.Integer("year") == 2025);
        foreach (var point in Ask.Schemes.Find("cn-ets")!.Rows("rate-points"))
        {
            Assert.Equal(own.Decimal("clip"), Math.Abs(point.Decimal("deviation")));
            Assert.Equal(-own.Decimal("slope") * point.Decimal("deviation"), point.Decimal("value"));
        }
    }

    [Fact]
    public void The_load_correction_meets_itself_where_its_pieces_meet()
    {
        OutputUnits At(decimal load) => OutputAllocation.Of(Ask.Schemes.Find("cn-ets")!, 2021, new("I", 1_000_000_000, 0, false, 0, load)).Value;
        foreach (var load in new[] { 0.75m, 0.8m, 0.85m })
            Assert.True(Math.Abs(At(load).Units - At(load + 0.0000001m).Units) < 120_000, $"{load}");
        Assert.Equal(821_800_000, At(0.9m).Units);
    }

    [Fact]
    public void A_power_that_is_not_whole_is_worked_out_to_many_places()
    {
        Assert.Equal(1.030225m, Math.Round(OutputAllocation.Power(1.015m, 2), 18));
        var half = OutputAllocation.Power(1.015m, 0.5m);
        Assert.Equal(1.015m, Math.Round(half * half, 18));
        Assert.Equal(1m, OutputAllocation.Power(1.015m, 0));
    }

    [Fact]
    public void A_file_s_recalled_value_warns_whoever_uses_it()
    {
        var result = Ask.For("ets.penalty", """{"scheme":"ch-ets","year":2025,"shortfall":10}""");
        Assert.Contains(result.Warnings, w => w.Code == "rule.recalled");
        Assert.DoesNotContain(Ask.For("ets.penalty", """{"scheme":"cn-shenzhen","year":2025,"shortfall":10,"referencePrice":50}""").Warnings, w => w.Code == "rule.recalled");
    }

    [Fact]
    public void The_days_of_a_year_come_in_order_each_once()
    {
        foreach (var scheme in Ask.Schemes.All)
            for (var year = 2010; year <= 2027; year++)
            {
                var days = ComplianceCalendar.Of(scheme, year);
                Assert.Equal(days.OrderBy(d => d.On), days);
                Assert.Equal(days.Count, days.Select(d => d.What).Distinct().Count());
            }
    }

    [Fact]
    public void Nothing_is_owed_in_between_for_the_last_year_of_a_period()
    {
        foreach (var code in new[] { "rggi", "wci" })
            Assert.Equal(["interim-surrender", "interim-surrender", "surrender"], Enumerable.Range(2024, 3).SelectMany(y => ComplianceCalendar.Of(Ask.Schemes.Find(code)!, y)).Select(d => d.What));
    }

    [Fact]
    public void The_national_plans_of_phase_one_and_two_add_up_to_the_caps()
    {
        var union = Ask.Schemes.Find("eu-ets")!;
        foreach (var (period, year) in new[] { ("1", 2006), ("2", 2011) })
            Assert.Equal(union.Rows("plans").Where(p => p.Text("period") == period).Sum(p => p.Decimal("unitsAYear")), CapPath.Of(union, year).Value.Units);
        Assert.Equal((25, 27), (union.Rows("plans").Count(p => p.Text("period") == "1"), union.Rows("plans").Count(p => p.Text("period") == "2")));
    }
}
