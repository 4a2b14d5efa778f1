using System.Globalization;

namespace Verdigris.Primitives.Tests;

/// <summary>Seeded randomness for tests: the seed is always printed, and <c>VERDIGRIS_SEED</c> replays one.</summary>
static class Seeded
{
    public static Random Next()
    {
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Environment.TickCount & int.MaxValue;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} (replay with VERDIGRIS_SEED={seed})");
        return new Random(seed);
    }
}
