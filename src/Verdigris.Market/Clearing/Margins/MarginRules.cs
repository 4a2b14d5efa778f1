using System.Runtime.CompilerServices;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Clearing.Margins;

/// <summary>What may be deposited as margin.</summary>
/// <param name="Kind">cash or units.</param>
/// <param name="What">Currency, or unit of a scheme.</param>
/// <param name="Haircut">Share that does not count.</param>
/// <param name="Most">Largest share of a requirement; null without a limit.</param>
/// <param name="PriceOf">Contract whose settlement price values it; null where none does, and then it counts nothing.</param>
public sealed record CollateralRule(string Kind, string What, decimal Haircut, decimal? Most, string? PriceOf, RuleRef Rule);

/// <summary>A layer that bears the loss of a default.</summary>
public sealed record WaterfallLayer(int Order, string Layer, decimal Share, RuleRef Rule);

/// <summary>The clearing house's own rules: pack <c>market/clearing</c>. Read once, thread-safe.</summary>
public sealed class MarginRules
{
    const string Name = "market/clearing";

    static readonly ConditionalWeakTable<RulePacks, MarginRules> Read = [];

    readonly RulePack pack;

    MarginRules(RulePacks packs)
    {
        pack = packs.Pack(Name);
        var rows = pack.Table("scenarios").Rows;
        Scenarios = [.. rows.OrderBy(r => int.Parse(r.Text("scenario"), System.Globalization.CultureInfo.InvariantCulture)).Select(r => new RiskScenario(r.Integer("move"), r.Integer("of"), r.Integer("volatility"), r.Decimal("cover")))];
        ScenarioRule = rows[0].Ref(pack);
        Collateral = [.. pack.Table("collateral").Rows.Select(r => new CollateralRule(r.Text("kind"), r.Text("what"), r.Decimal("haircut"), r.DecimalOrNull("most"), r.TextOrNull("priceOf"), r.Ref(pack)))];
        Waterfall = [.. pack.Table("waterfall").Rows.Select(r => new WaterfallLayer(int.Parse(r.Text("order"), System.Globalization.CultureInfo.InvariantCulture), r.Text("layer"), r.Decimal("share"), r.Ref(pack))).OrderBy(l => l.Order)];
    }

    /// <exception cref="RulePackException">The pack is not right.</exception>
    public static MarginRules Of(RulePacks packs) => Read.GetValue(packs, p => new(p));

    public IReadOnlyList<RiskScenario> Scenarios { get; }

    /// <summary>Where the scenarios are from.</summary>
    public RuleRef ScenarioRule { get; }
    public IReadOnlyList<CollateralRule> Collateral { get; }
    public IReadOnlyList<WaterfallLayer> Waterfall { get; }

    public decimal LookAheadYears => Parameter("look-ahead-days") / 365m;
    public decimal StartVolatility => Parameter("start-volatility");
    public int TreeSteps => (int)Parameter("tree-steps");
    public decimal Parameter(string name) => pack.Table("parameters").Find(null, name)!.Decimal("value");

    /// <summary>Calendar whose days a parameter is counted in; null where the row names none.</summary>
    public string? CalendarOf(string parameter) => pack.Table("parameters").Find(null, parameter)!.TextOrNull("calendar");

    /// <summary>A figure of the table of times.</summary>
    public decimal Time(string name) => pack.Table("times").Find(null, name)!.Decimal("value");

    public NodaTime.Duration Hours(string name) => NodaTime.Duration.FromMinutes((long)(Time(name) * 60));

    /// <summary>Continuous rate a year for the theory of options in a currency.</summary>
    public decimal Rate(string currency) => pack.Table("rates").Find(null, currency)!.Decimal("rate");
}
