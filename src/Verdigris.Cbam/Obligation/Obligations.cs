using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Rules;

namespace Verdigris.Cbam.Obligation;

/// <summary>
/// What an import line owes: emissions, less the adjustment for free allocation, less a carbon price paid abroad, never below zero (Regulation (EU) 2023/956, Articles 6, 9 and 31). Pure; the same line under the same rules
/// always comes to the same.
/// </summary>
public static class Obligations
{
    /// <param name="scenario">Null for the law and the values published.</param>
    /// <param name="trace">Takes the steps; null where none are wanted.</param>
    public static LineResult Evaluate(CbamRules rules, LineCase line, CbamScenario? scenario = null, ILineTrace? trace = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(line);
        scenario ??= CbamScenario.InForce;
        return new LineEvaluation(rules, line, scenario, trace).Result();
    }
}
