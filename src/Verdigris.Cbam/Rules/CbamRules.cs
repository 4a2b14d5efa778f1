using System.Runtime.CompilerServices;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Rules;

/// <summary>
/// The rules of the border measure, looked up in tables built once from the packs <c>cbam/*</c>. Each part is read when first asked for. Never changes; thread-safe.
/// </summary>
public sealed class CbamRules
{
    static readonly ConditionalWeakTable<RulePacks, CbamRules> Made = [];

    readonly Lazy<Scope> scope;
    readonly Lazy<DefaultValues> defaults;
    readonly Lazy<Benchmarks> benchmarks;
    readonly Lazy<DueRules> due;
    readonly Lazy<CertificatePrices> prices;
    readonly Lazy<TransitionalValues> transitional;

    CbamRules(RulePacks packs)
    {
        scope = new(() => new(packs.Pack("cbam/scope")));
        defaults = new(() => new(packs.Pack("cbam/default-values")));
        benchmarks = new(() => new(packs.Pack("cbam/benchmarks")));
        due = new(() => new(packs.Pack("cbam/obligation")));
        prices = new(() => new(packs.Pack("cbam/prices")));
        transitional = new(() => new(packs.Pack("cbam/transitional")));
    }

    /// <summary>The rules of these packs: one object a set of packs.</summary>
    public static CbamRules Of(RulePacks packs)
    {
        ArgumentNullException.ThrowIfNull(packs);
        return Made.GetValue(packs, p => new(p));
    }

    public Scope Scope => scope.Value;
    public DefaultValues Defaults => defaults.Value;
    public Benchmarks Benchmarks => benchmarks.Value;
    public DueRules Due => due.Value;
    public CertificatePrices Prices => prices.Value;
    public TransitionalValues Transitional => transitional.Value;
}
