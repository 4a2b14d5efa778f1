namespace Verdigris.Testing;

/// <summary>
/// How much a test that draws its own cases does: at every change as much as the time of a change allows, by night, with VERDIGRIS_NIGHT=1, all of it. The rules are the same, only the number of cases differs.
/// </summary>
static class Night
{
    public static bool IsNow { get; } = Environment.GetEnvironmentVariable("VERDIGRIS_NIGHT") == "1";

    public static int Cases(int atEveryChange, int byNight) => IsNow ? byNight : atEveryChange;
}
