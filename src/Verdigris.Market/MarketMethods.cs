using Verdigris.Market.Clearing.Methods;
using Verdigris.Market.Contracts.Methods;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Market;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class MarketMethods
{
    public static IReadOnlyList<ICalculator> All { get; } =
    [
        new LastTradingDayMethod(), new ListedMonthsMethod(), new SessionsMethod(), new PriceLimitsMethod(), new FinalSettlementMethod(), new CheapestToDeliverMethod(),
        new Black76Method(), new AmericanTreeMethod(), new ImpliedVolatilityMethod(), new VariationMarginMethod(), new InitialMarginMethod(), new ExpectedShortfallMethod(), new CollateralMethod(),
    ];
}
