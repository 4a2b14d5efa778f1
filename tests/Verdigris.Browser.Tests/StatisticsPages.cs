using Verdigris.Primitives.Rules;
using Verdigris.Registry.Statistics;

namespace Verdigris.Browser.Tests;

/// <summary>The public figures of carbon markets: every chart, and some of them narrowed.</summary>
static class StatisticsPages
{
    public static (string? Seat, string[] Paths)[] Seats(Stage stage) =>
    [
        (null, ["/statistics", "/statistics?market=california&from=2017", "/statistics?from=2100", .. MarketStatistics.Of(stage.Get<RulePacks>()).With([]).Charts.Select(c => $"/statistics/{c.Chart}"), "/statistics/eu-sectors?sort=-value&after=60", "/statistics/auction-revenue?market=korea", "/statistics/us-value?from=2100"]),
    ];
}
