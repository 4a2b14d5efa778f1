using NodaTime;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Tests;

/// <summary>All that was loaded, checked against itself and against what is published.</summary>
public sealed class RuleDataTests
{
    static readonly LocalDate Spring2026 = new(2026, 2, 15);
    static IEnumerable<string> Metals => Ask.Rules.Benchmarks.Codes.Where(cn => Ask.Rules.Scope.Good(cn, Spring2026).Sector is "aluminium" or "iron-steel");

    [Fact]
    public void All_values_and_benchmarks_are_there()
    {
        Assert.Equal(10_931, Ask.Rules.Defaults.Count);
        Assert.Equal(570, Ask.Rules.Benchmarks.Codes.Count);
        Assert.Equal(119, Ask.Rules.Defaults.ListedCountries.Count());
        Assert.All(Ask.Rules.Defaults.ListedCountries, code => Assert.True(CountryCode.IsAssigned(code), code));
        Assert.Equal(166, Ask.Rules.Prices.Auctions);
        Assert.Equal(58, Metals.Count(cn => cn.StartsWith("76", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_aluminium_and_steel_code_resolves_for_every_country_or_says_why_not()
    {
        int lines = 0, open = 0;
        foreach (var origin in Ask.Rules.Defaults.ListedCountries.Append("FJ"))
            foreach (var cn in Metals)
            {
                lines++;
                var line = Obligations.Evaluate(Ask.Rules, new(cn, origin, 1, Spring2026));
                Assert.True(line.SpecificEmbeddedTco2ePerT > 0, $"{origin} {cn}");
                if (line.Status == LineStatus.Computed)
                {
                    Assert.NotNull(line.CostEur);
                    continue;
                }
                open++;
                Assert.Equal(LineStatus.NotDeterminable, line.Status);
                Assert.Null(line.Certificates);
                Assert.Contains(line.Reasons.Single(r => r.Blocks).Code, new[] { "route-not-printed", "route-without-benchmark" });
            }
        Assert.Equal((64_320, 916), (lines, open));
    }

    [Fact]
    public void The_auctions_of_2026_give_the_published_prices()
    {
        Assert.Equal((75.36m, 54, true), Ask.Rules.Prices.OfQuarter(2026, 1) is { } q1 ? (q1.PriceEur, q1.Auctions, q1.Published) : default);
        Assert.Equal((75.28m, 53, true), Ask.Rules.Prices.OfQuarter(2026, 2) is { } q2 ? (q2.PriceEur, q2.Auctions, q2.Published) : default);
        Assert.Equal((82.32m, 59, false), Ask.Rules.Prices.OfQuarter(2026, 3) is { } q3 ? (q3.PriceEur, q3.Auctions, q3.Published) : default);
        Assert.Null(Ask.Rules.Prices.OfQuarter(2026, 4));
        Assert.Null(Ask.Rules.Prices.YearAverage(2026));
    }

    [Fact]
    public void Default_routes_and_totals_of_unwrought_aluminium_are_those_of_the_table()
    {
        void Is(string origin, decimal total, string route) => Assert.Equal((total, route), Ask.Rules.Defaults.Find("76011010", origin).Value is { } v ? (v.TotalTco2ePerT, string.Join('/', v.Routes)) : default);
        Is("JP", 0.36m, "L"); Is("TR", 1.70m, "K"); Is("IN", 1.87m, "K"); Is("CA", 1.96m, "K"); Is("RU", 2.16m, "K"); Is("ZA", 2.358m, "K"); Is("CN", 3.0m, "K"); Is("MZ", 3.198m, "K"); Is("KW", 0.36m, ""); Is("FJ", 2.203m, "K");
        Assert.Equal(37, Ask.Rules.Defaults.ListedCountries.Count(c => Ask.Rules.Defaults.Find("76011010", c).Value is { TotalTco2ePerT: 0.36m, Table: DefaultTable.Country }));
    }

    [Theory]
    [InlineData("72011011", null, 1.089, 1.210)]
    [InlineData("26011200", null, 0.086, 0.086)]
    [InlineData("76011010", "K", 1.423, 1.423)]
    [InlineData("76011010", "L", 0.091, 0.091)]
    [InlineData("76161000", "L", 0.056, 0.148)]
    [InlineData("76071111", "K", 0.166, 1.599)]
    public void Benchmarks_are_those_of_the_table(string cn, string? route, double columnA, double columnB) =>
        Assert.Equal(((decimal)columnA, (decimal)columnB), Ask.Rules.Benchmarks.ForRoute(cn, route, 2026).Value is { } row ? (row.ColumnA!.Value, row.ColumnB) : default);

    [Fact]
    public void Benchmarks_of_ferromanganese_change_with_the_year_of_production_and_end_with_the_period()
    {
        decimal? At(int year) => Ask.Rules.Benchmarks.ForRoute("72021120", null, year).Value?.ColumnB;
        Assert.Equal((1.361m, 1.361m, 1.277m, 1.277m, null), (At(2026), At(2027), At(2028), At(2030), At(2031)));
        Assert.Equal("benchmark-year", Ask.Rules.Benchmarks.ForRoute("72021120", null, 2031).Reason);
        // Metal made before the first year is measured by the first.
        Assert.Equal(1.361m, At(2025));
    }

    [Fact]
    public void Mark_ups_follow_sector_and_year()
    {
        decimal? Of(string sector, int year) => Ask.Rules.Defaults.MarkUp(sector, year)?.Fraction;
        Assert.All(["aluminium", "iron-steel", "cement", "hydrogen"], s => Assert.Equal((0.1m, 0.2m, 0.3m, 0.3m), (Of(s, 2026), Of(s, 2027), Of(s, 2028), Of(s, 2034))));
        Assert.Equal((0.01m, 0.01m), (Of("fertilisers", 2026), Of("fertilisers", 2030)));
    }

    [Fact]
    public void The_longest_prefix_decides_what_is_covered()
    {
        bool Covered(string cn, string path = Scope.Law) => Ask.Rules.Scope.Good(cn, new(2028, 6, 1), path).Covered;
        Assert.All(["76011010", "72011011", "72021120", "72024110", "72026000", "26011200", "73181500"], cn => Assert.True(Covered(cn), cn));
        Assert.All(["72022100", "72023000", "72029300", "72029980", "72044910", "76020019", "76152000", "31056000", "85444999"], cn => Assert.False(Covered(cn), cn));
        Assert.False(Covered("73121020"));
        Assert.True(Covered("73121020", Scope.Proposal989));
        Assert.False(Ask.Rules.Scope.Good("73121020", new(2027, 12, 31), Scope.Proposal989).Covered);
        // Every code of the map but electricity is of a sector with a mark-up, and none of them fell out of Annex I.
        Assert.All(Ask.Rules.Scope.Codes, cn => Assert.True(Covered(cn), cn));
    }

    [Fact]
    public void The_path_of_free_allocation_falls_to_nothing_and_the_proposal_gives_some_back()
    {
        decimal? At(int year, string path = DueRules.Law) => Ask.Rules.Due.Factor(year, path)?.Kept;
        Assert.Equal([0.975m, 0.95m, 0.90m, 0.775m, 0.515m, 0.39m, 0.265m, 0.14m, 0m], Enumerable.Range(2026, 9).Select(y => At(y)!.Value));
        Assert.Equal((0.975m, 0.915m, 0.58775m, null, 0m), (At(2026, DueRules.Proposal616), At(2028, DueRules.Proposal616), At(2030, DueRules.Proposal616), At(2035, DueRules.Proposal616), At(2038, DueRules.Proposal616)));
        Assert.Equal(new LocalDate(2027, 9, 30), Ask.Rules.Due.Day(2026, "declaration-and-surrender")!.Value.Date);
        Assert.Equal(new LocalDate(2027, 11, 1), Ask.Rules.Due.Day(2026, "cancellation")!.Value.Date);
    }
}
