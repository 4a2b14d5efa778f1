using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Storage.Testing;

namespace Verdigris.Registry.Tests.Credits;

public sealed class CreditMethodTests
{
    [Fact]
    public void Every_golden_vector_of_credits_holds()
    {
        var outcomes = VectorFile.Run(Checkout.Path("tests/vectors/credits.jsonl"), new CalculatorSet(RulePacks.Locate(), [.. RegistryMethods.All]));
        Assert.True(outcomes.Count >= 14, $"only {outcomes.Count} vectors");
        Assert.Equal([], outcomes.Where(o => !o.Passed).Select(o => $"{o.Id}: {o.Problem}"));
    }
}
