using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint;

/// <summary>Checks on parts of a whole that single fields cannot make.</summary>
static class Percents
{
    /// <summary>Stops where parts of one thing come to more than all of it.</summary>
    public static void Within(Working w, string field, decimal percent)
    {
        if (percent > 100) w.Stop<Done>(Refusal.Of("footprint.parts-over-whole", field, ("given", DecimalText.Write(percent))));
    }

    /// <summary>Stops where more leaves than went in.</summary>
    public static void NotBelowZero(Working w, string field, decimal left)
    {
        if (left < 0) w.Stop<Done>(Refusal.Of("footprint.more-out-than-in", field, ("given", DecimalText.Write(DecimalText.Trim(left)))));
    }
}
