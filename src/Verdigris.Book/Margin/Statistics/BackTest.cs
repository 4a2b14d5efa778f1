using Verdigris.Primitives;
using Verdigris.Primitives.Statistics;

namespace Verdigris.Book;

/// <summary>What a number of exceptions says about a measure.</summary>
public enum TrafficLight { Green, Yellow, Red }

/// <param name="Days">Days tried.</param>
/// <param name="Exceptions">Days on which more was lost than asked for.</param>
/// <param name="Expected">Exceptions to be expected.</param>
/// <param name="Ratio">Kupiec's likelihood ratio: 0 where the share of exceptions is the expected one.</param>
/// <param name="Probability">Chance of a ratio at least so large if the measure is right.</param>
/// <param name="Cumulative">Chance of no more exceptions than these if the measure is right.</param>
public sealed record BackTestResult(int Days, int Exceptions, decimal Expected, decimal Ratio, decimal Probability, decimal Cumulative, TrafficLight Light);

/// <summary>
/// Judges a measure by its exceptions: the test of Kupiec (1995) on their share, and the Basel Committee's traffic light (1996): green while the chance of so few or fewer is below 95 %, red from 99.99 % on. Figures rounded to nine places.
/// </summary>
public static class BackTest
{
    /// <param name="confidence">Of the measure, 0.5 to below 1: 0.99 expects one exception in a hundred days.</param>
    /// <returns>Refuses <c>shortfall.confidence</c> and <c>shortfall.exceptions</c>.</returns>
    public static Answer<BackTestResult> Judge(int days, int exceptions, decimal confidence)
    {
        if (confidence is < 0.5m or >= 1) return Refusal.Of("shortfall.confidence", "confidence", ("given", DecimalText.Write(confidence)));
        if (days < 1 || exceptions < 0 || exceptions > days) return Refusal.Of("shortfall.exceptions", "exceptions", ("given", $"{exceptions}"), ("days", $"{days}"));
        var p = (double)(1 - confidence);
        double Likelihood(double share) => (exceptions == 0 ? 0 : exceptions * PortableMath.Log(share)) + (exceptions == days ? 0 : (days - exceptions) * PortableMath.Log(1 - share));
        var ratio = Math.Max(0, -2 * (Likelihood(p) - Likelihood((double)exceptions / days)));
        var chance = 2 * PortableMath.NormalShare(-Math.Sqrt(ratio));
        // Binomial terms by their logarithms, so that many days do not underflow.
        var (sum, term) = (0.0, days * PortableMath.Log(1 - p));
        for (var x = 0; x <= exceptions; x++)
        {
            sum += PortableMath.Exp(term);
            if (x < days) term += PortableMath.Log((double)(days - x) / (x + 1)) + PortableMath.Log(p / (1 - p));
        }
        sum = Math.Min(1, sum);
        var light = sum < 0.95 ? TrafficLight.Green : sum < 0.9999 ? TrafficLight.Yellow : TrafficLight.Red;
        return new BackTestResult(days, exceptions, days * (1 - confidence), Nine(ratio), Nine(chance), Nine(sum), light);
    }

    static decimal Nine(double value) => Math.Round((decimal)value, 9, MidpointRounding.ToEven);
}
