using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Finance.Terms;

namespace Verdigris.Registry.Tests.Finance;

/// <summary>Term sheets as the tests need them, one of each kind.</summary>
static class A
{
    public static readonly LocalDate Start = new(2026, 3, 2), End = new(2026, 6, 10);

    public static DealTerms Deal(DealKind kind) => kind switch
    {
        DealKind.Repo => new(kind, 1000, "EUR", Start, End, FirstPrice: 75.36m, SecondPrice: 76.1136m, InitialLtvPercent: 80, CallLtvPercent: 95),
        DealKind.BuyBack => new(kind, 1000, "EUR", Start, End, FirstPrice: 75, SecondPrice: 77),
        DealKind.Pledge => new(kind, 1000, "CNY", Start, End, Principal: 50_000, RatePercent: 3.65m, InitialLtvPercent: 60, CallLtvPercent: 75),
        DealKind.Lending => new(kind, 1000, "CNY", Start, End, FirstPrice: 80, RatePercent: 3.65m, Collateral: 90_000),
        DealKind.Custody => new(kind, 1000, "CNY", Start, null, FirstPrice: 80, RatePercent: 0.365m),
        _ => new(kind, 1000, "EUR", Start, End, FirstPrice: 78, Covered: true),
    };

    public static IEnumerable<DealTerms> EachKind => Enum.GetValues<DealKind>().Select(Deal);
}

public sealed class TermTests
{
    static string[] Codes(DealTerms t) => [.. TermRules.Check(t).Select(r => r.Code)];

    [Fact]
    public void Every_golden_vector_of_finance_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/finance.jsonl"), new CalculatorSet(RulePacks.Locate(), [.. RegistryMethods.All]));
        Assert.Equal(13, outcomes.Count);
        Assert.Equal([], outcomes.Where(o => !o.Passed).Select(o => $"{o.Id}: {o.Problem}"));
    }

    [Fact]
    public void The_sheet_of_every_kind_is_right_and_one_field_less_is_not()
    {
        Assert.All(A.EachKind, t => Assert.Empty(Codes(t)));
        Assert.Equal(["input.required"], Codes(A.Deal(DealKind.Repo) with { SecondPrice = null }));
        Assert.Equal(["input.required"], Codes(A.Deal(DealKind.Pledge) with { Principal = null }));
        Assert.Equal(["input.required"], Codes(A.Deal(DealKind.Custody) with { RatePercent = null }));
        Assert.Equal(["input.required"], Codes(A.Deal(DealKind.Forward) with { End = null }));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_with_the_field()
    {
        var repo = A.Deal(DealKind.Repo);
        Assert.Equal(["finance.units"], Codes(repo with { Units = 0 }));
        Assert.Equal(["finance.currency"], Codes(repo with { Currency = "eur" }));
        Assert.Equal(["finance.dates"], Codes(repo with { End = A.Start }));
        Assert.Equal(["finance.dates"], Codes(repo with { End = A.Start.PlusYears(31) }));
        Assert.Equal(["finance.not-of-kind"], Codes(repo with { Principal = 5 }));
        Assert.Equal(["finance.amount"], Codes(repo with { FirstPrice = 0 }));
        Assert.Equal(["finance.amount"], Codes(repo with { SecondPrice = -1 }));
        Assert.Equal(["finance.ltv"], Codes(repo with { CallLtvPercent = null }));
        Assert.Equal(["finance.ltv"], Codes(repo with { InitialLtvPercent = 96 }));
        Assert.Equal(["finance.ltv"], Codes(repo with { CallLtvPercent = 101 }));
        Assert.Equal(["finance.days"], Codes(repo with { GraceDays = 61 }));
        Assert.Equal(["finance.not-of-kind"], Codes(repo with { Covered = true }));
        Assert.Equal(["finance.kind"], Codes(repo with { Kind = (DealKind)99 }));
        Assert.Equal(["finance.amount"], Codes(repo with { FirstPrice = 0.0000001m }));
        Assert.Equal(["finance.amount"], Codes(A.Deal(DealKind.Forward) with { Units = TermRules.MostUnits, FirstPrice = 1001 }));
        Assert.Equal(["finance.rate"], Codes(repo with { FirstPrice = 0.000001m, SecondPrice = 100_000_000 }));
        Assert.Equal(["finance.ltv"], Codes(repo with { InitialLtvPercent = 0.5m }));
        Assert.Equal(["finance.amount"], Codes(A.Deal(DealKind.Pledge) with { RatePercent = 1001 }));
        Assert.Equal("secondPrice", TermRules.Check(repo with { SecondPrice = -1 })[0].Field);
    }

    [Fact]
    public void Money_is_owed_both_ways_and_always_to_the_other_side()
    {
        Assert.Equal([("purchase", Side.Taker, 75_360m)], CashLegs.Opening(A.Deal(DealKind.Repo)).Select(l => (l.What, l.Payer, l.Amount)));
        Assert.Equal([("repurchase", Side.Giver, 76_113.6m)], CashLegs.Closing(A.Deal(DealKind.Repo), A.End).Select(l => (l.What, l.Payer, l.Amount)));
        Assert.Equal([("loan", Side.Taker, 50_000m)], CashLegs.Opening(A.Deal(DealKind.Pledge)).Select(l => (l.What, l.Payer, l.Amount)));
        Assert.Equal([("repayment", Side.Giver, 50_500m)], CashLegs.Closing(A.Deal(DealKind.Pledge), A.End).Select(l => (l.What, l.Payer, l.Amount)));
        Assert.Equal([("fee", Side.Taker, 800m), ("collateral", Side.Giver, 90_000m)], CashLegs.Closing(A.Deal(DealKind.Lending), A.End).Select(l => (l.What, l.Payer, l.Amount)));
        Assert.Equal([("fee", Side.Giver, 80m)], CashLegs.Closing(A.Deal(DealKind.Custody), A.End).Select(l => (l.What, l.Payer, l.Amount)));
        Assert.Equal([("delivery", Side.Taker, 78_000m)], CashLegs.Closing(A.Deal(DealKind.Forward), A.End).Select(l => (l.What, l.Payer, l.Amount)));
        Assert.Empty(CashLegs.Opening(A.Deal(DealKind.Forward)));
        Assert.All(A.EachKind.SelectMany(t => CashLegs.Opening(t).Concat(CashLegs.Closing(t, A.End))), l => Assert.NotEqual(l.Payer, l.Receiver));
    }

    [Fact]
    public void A_late_day_costs_at_the_same_rate_an_early_one_saves_nothing_and_what_was_paid_on_a_call_is_owed_no_more()
    {
        var pledge = A.Deal(DealKind.Pledge);
        Assert.Equal(50_550m, CashLegs.Closing(pledge, A.End.PlusDays(10))[0].Amount);
        Assert.Equal(50_500m, CashLegs.Closing(pledge, A.Start.PlusDays(1))[0].Amount);
        Assert.Equal(20_500m, CashLegs.Closing(pledge, A.End, paidDown: 30_000)[0].Amount);
        Assert.Empty(CashLegs.Closing(pledge, A.End, paidDown: 50_500));
        Assert.Equal(50_000m, CashLegs.Outstanding(pledge, A.Start));
        var repo = A.Deal(DealKind.Repo);
        Assert.Equal(75_360m, CashLegs.Outstanding(repo, A.Start));
        Assert.Equal(75_736.8m, Math.Round(CashLegs.Outstanding(repo, A.Start.PlusDays(50)), 6));
        Assert.Equal(76_867.2m, CashLegs.Closing(repo, A.End.PlusDays(100))[0].Amount);
    }

    [Fact]
    public void Custody_is_paid_for_the_days_it_lasted()
    {
        var custody = A.Deal(DealKind.Custody);
        Assert.Empty(CashLegs.Closing(custody, A.Start));
        Assert.Equal(292m, CashLegs.Closing(custody, A.Start.PlusDays(365))[0].Amount);
        Assert.Empty(CashLegs.Closing(custody with { FirstPrice = null, RatePercent = null }, A.End));
    }

    [Theory]
    [InlineData("2026-01-31", "2026-03-31", 59, 60)]
    [InlineData("2026-02-28", "2026-03-01", 1, 3)]
    [InlineData("2024-02-01", "2025-02-01", 366, 360)]
    [InlineData("2026-05-05", "2026-05-05", 0, 0)]
    public void Days_are_counted_as_they_passed_or_in_months_of_thirty(string start, string end, int passed, int thirty)
    {
        LocalDate Day(string text) => NodaTime.Text.LocalDatePattern.Iso.Parse(text).Value;
        Assert.Equal(passed, DayCount.Days(Day(start), Day(end), DayBasis.Act365));
        Assert.Equal(thirty, DayCount.Days(Day(start), Day(end), DayBasis.Thirty360));
        Assert.Equal(DayCount.Days(Day(start), Day(end), DayBasis.Act360) / 360m, DayCount.Fraction(Day(start), Day(end), DayBasis.Act360));
    }

    [Fact]
    public void A_term_that_ends_before_it_begins_is_the_callers_fault() => Assert.Throws<ArgumentOutOfRangeException>(() => DayCount.Days(A.End, A.Start, DayBasis.Act365));

    [Fact]
    public void A_met_call_is_no_call_any_more_whatever_the_numbers()
    {
        var random = new Random(20260610);
        for (var i = 0; i < 2000; i++)
        {
            decimal initial = random.Next(10, 90), call = initial + random.Next(1, 10), price = random.Next(1, 20_000) / 100m, owed = random.Next(1, 5_000_000) / 7m;
            long units = random.Next(1, 100_000);
            var standing = Margin.Of(units, price, owed, initial, call);
            if (!standing.Called) { Assert.True(units * price * call / 100 >= owed); continue; }
            Assert.False(Margin.Of(units + standing.UnitsToMeet!.Value, price, owed, initial, call).Called);
            Assert.False(Margin.Of(units, price, owed - standing.CashToMeet, initial, call).Called);
            Assert.True(Margin.Of(units + standing.UnitsToMeet.Value, price, owed, initial, call).LtvPercent <= initial);
        }
    }

    [Fact]
    public void The_largest_sheets_that_are_right_can_be_reckoned()
    {
        var last = A.Start.PlusYears(TermRules.LongestYears);
        DealTerms[] largest =
        [
            new(DealKind.Repo, 1, "EUR", A.Start, last, FirstPrice: TermRules.LeastPrice, SecondPrice: 0.0003m), new(DealKind.Pledge, TermRules.MostUnits, "EUR", A.Start, last, Principal: TermRules.MostMoney, RatePercent: TermRules.MostRatePercent, InitialLtvPercent: 1, CallLtvPercent: 1),
            new(DealKind.Lending, TermRules.MostUnits, "EUR", A.Start, last, FirstPrice: 1000, RatePercent: TermRules.MostRatePercent, Collateral: TermRules.MostMoney), new(DealKind.Forward, TermRules.MostUnits, "EUR", A.Start, last, FirstPrice: 1000),
        ];
        // A numeric(20, 2) of the database takes eighteen digits before the point.
        Assert.All(largest, t => { Assert.Empty(Codes(t)); Assert.All(CashLegs.Opening(t).Concat(CashLegs.Closing(t, last)), l => Assert.True(l.Amount < 1_000_000_000_000_000_000m)); });
        Assert.Null(Margin.Of(1, TermRules.LeastPrice, 1_000_000_000_000_000m, 1, 1).UnitsToMeet);
    }

    [Theory]
    [InlineData("""{"units":1000000000,"firstPrice":0.000001,"secondPrice":1000000000000,"start":"2026-01-01","end":"2026-01-02"}""", "finance.repo")]
    [InlineData("""{"units":1000000000,"firstPrice":1000000000000,"ratePercent":1000,"start":"2026-01-01","end":"2056-01-01"}""", "finance.repo")]
    [InlineData("""{"units":1,"price":0.000001,"outstanding":1000000000000,"initialLtvPercent":1,"callLtvPercent":1}""", "finance.margin")]
    [InlineData("""{"units":1000000000,"price":1000000000000,"initialLtvPercent":100,"callLtvPercent":100,"ratePercent":1000,"start":"2026-01-01","end":"2056-01-01"}""", "finance.pledge")]
    [InlineData("""{"units":1000000000,"spot":0.000001,"ratePercent":1000,"forwardPrice":1000000000000,"start":"2026-01-01","end":"2026-01-02"}""", "finance.forward")]
    public void The_edges_of_what_a_method_takes_are_reckoned_too(string input, string method) => Assert.NotEmpty(Ask.For(method, input).Result);

    [Fact]
    public void A_method_refuses_what_makes_no_term_and_no_price()
    {
        Assert.Equal("finance.dates", Ask.Refusal("finance.fee", """{"units":1,"price":1,"ratePercent":1,"start":"2026-01-02","end":"2026-01-02"}""").Code);
        Assert.Equal("finance.dates", Ask.Refusal("finance.fee", """{"units":1,"price":1,"ratePercent":1,"start":"2026-01-30","end":"2026-01-31","basis":"Thirty360"}""").Code);
        Assert.Equal("finance.ltv", Ask.Refusal("finance.margin", """{"units":1,"price":1,"outstanding":1,"initialLtvPercent":80,"callLtvPercent":70}""").Code);
        Assert.Equal("finance.amount", Ask.Refusal("finance.margin", """{"units":1,"price":0.0000000001,"outstanding":1,"initialLtvPercent":60,"callLtvPercent":70}""").Code);
        Assert.Equal("finance.step", Ask.Refusal("finance.linked-loan", """{"principal":1,"ratePercent":0.05,"stepBasisPoints":10,"years":[{"year":2026}]}""").Code);
        Assert.Equal("calc.either", Ask.Refusal("finance.repo", """{"units":1,"firstPrice":1,"secondPrice":1,"ratePercent":1,"start":"2026-01-01","end":"2026-02-01"}""").Code);
    }

    [Fact]
    public void A_call_begins_below_the_price_that_was_named_for_it()
    {
        var at = Margin.CallPrice(1000, 50_000, 75);
        Assert.True(Margin.Of(1000, Math.Round(at, 4, MidpointRounding.ToNegativeInfinity), 50_000, 60, 75).Called);
        Assert.False(Margin.Of(1000, Math.Round(at, 4, MidpointRounding.ToPositiveInfinity), 50_000, 60, 75).Called);
    }
}
