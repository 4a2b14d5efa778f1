using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint;

/// <summary>Global warming potentials over 100 years by set. Which set applies is the scheme's choice, so it is an input and has no default.</summary>
static class Gwp
{
    public static IReadOnlyList<string> Sets { get; } = ["SAR", "TAR", "AR4", "AR5", "AR5-feedback", "AR6"];

    public static IReadOnlyList<string> Gases { get; } = ["CO2", "CH4", "N2O", "CF4", "C2F6", "SF6", "NF3"];

    /// <summary>Potential of a gas in the set the input names as <c>gwp</c>.</summary>
    public static (decimal Potential, RuleRef Rule) Of(Working w, string gas)
    {
        var (row, rule) = w.Rule("footprint/gwp", "potentials", "gwp", null, w.Input.Text("gwp"), gas);
        return (row.Decimal("gwp100"), rule);
    }
}
