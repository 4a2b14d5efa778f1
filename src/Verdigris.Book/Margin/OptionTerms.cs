namespace Verdigris.Book;

/// <summary>When the holder of an option may exercise it.</summary>
public enum ExerciseStyle
{
    /// <summary>At expiry.</summary>
    European,
    /// <summary>On any day until expiry.</summary>
    American,
}

/// <summary>An option on a future, as a formula sees it. Prices in the money and quantity of the contract's price.</summary>
/// <param name="Forward">Price of the future.</param>
/// <param name="Strike">Above 0.</param>
/// <param name="Years">Time to expiry, 0 to 100.</param>
/// <param name="Rate">Continuous rate a year: 0.02 is two per cent; -1 to 1.</param>
/// <param name="Volatility">A year: 0.4 is forty per cent; 0 to 10.</param>
public readonly record struct OptionTerms(decimal Forward, decimal Strike, decimal Years, decimal Rate, decimal Volatility);

/// <summary>A European option's two prices and how they change. Fifteen significant digits at most.</summary>
/// <param name="Gamma">Change of delta by 1 of the forward.</param>
/// <param name="Vega">Change of price by 1.00 (a hundred percentage points) of volatility.</param>
/// <param name="ThetaCall">Change of the call's price by one year less to expiry.</param>
/// <param name="RhoCall">Change of the call's price by 1.00 of the rate.</param>
public sealed record OptionFigures(decimal Call, decimal Put, decimal DeltaCall, decimal DeltaPut, decimal Gamma, decimal Vega, decimal ThetaCall, decimal ThetaPut, decimal RhoCall, decimal RhoPut);

/// <summary>An American option's two prices and deltas by a tree.</summary>
public sealed record TreeFigures(decimal Call, decimal Put, decimal DeltaCall, decimal DeltaPut);
