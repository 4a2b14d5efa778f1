using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Warehousing;

/// <summary>The weights a lot, or several lots together, may have under a contract. Both ends belong to the window; nothing is rounded.</summary>
public sealed record LotWindow(string Contract, Mass Lot, decimal TolerancePercent, int Lots, Mass Lowest, Mass Highest, RuleRef LotRule, RuleRef ToleranceRule)
{
    public bool Holds(Mass net) => Lowest <= net && net <= Highest;
}

/// <summary>Contract lot and its tolerance, from the rule pack <c>metals/contracts</c>. Pure.</summary>
public static class LotTolerance
{
    /// <param name="on">Day that chooses the contract's terms; null takes those without an end.</param>
    public static Answer<LotWindow> Window(RulePacks rules, string contract, int lots = 1, LocalDate? on = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentOutOfRangeException.ThrowIfLessThan(lots, 1);
        var pack = rules.Pack("metals/contracts");
        if (pack.Table("contracts").Find(on, contract) is not { } row)
            return Refusal.NotFound("lot.unknown-contract", "contract", ("given", contract), ("known", string.Join(", ", pack.Table("contracts").Rows.Where(r => r.Has("tolerance_percent")).Select(r => r.Text("contract")).Distinct())));
        if (row.DecimalOrNull("tolerance_percent") is not { } percent) return Refusal.Of("lot.no-tolerance", "contract", ("given", contract));
        var lot = Mass.FromTonnes(row.Decimal("lot_t"));
        return new LotWindow(contract, lot, percent, lots, lot * (lots * (1 - (percent / 100))), lot * (lots * (1 + (percent / 100))), row.Ref(pack, Status(row, "lot_status")), row.Ref(pack, Status(row, "tolerance_status")));
    }

    static RuleStatus Status(RuleRow row, string column) => row.TextOrNull(column) switch
    {
        "verified" => RuleStatus.Verified,
        "secondary" => RuleStatus.Secondary,
        "recalled" => RuleStatus.Recalled,
        _ => row.Status,
    };
}

/// <summary>Method <c>lot.tolerance</c>: is the net weight within the contract's tolerance?</summary>
public sealed class LotToleranceMethod : ICalculator
{
    public string Method => "lot.tolerance";
    public string Version => "1.0";
    public Bilingual Title => new("Weight of a lot against the contract", "批重与合约容差");

    public IReadOnlyList<InputField> Fields { get; } =
    [
        new("contract", InputKind.Text, new("Contract code", "合约代码")),
        new("netKg", InputKind.Decimal, new("Net weight", "净重"), Unit: "kg", Minimum: 0, AboveMinimum: true, Maximum: 1_000_000_000_000),
        new("lots", InputKind.Integer, new("Number of lots weighed together", "合并称重的批数"), Required: false, Minimum: 1, Maximum: 1_000_000),
        new("date", InputKind.Date, new("Day that chooses the contract's terms", "用于确定合约条款的日期"), Required: false),
    ];

    public Answer<CalcResult> Calculate(CalcInput input, RulePacks rules)
    {
        var found = LotTolerance.Window(rules, input.Text("contract"), input.IntegerOrNull("lots") ?? 1, input.DateOrNull("date"));
        if (!found.Ok) return found.Refusals.ToList();
        var window = found.Value;
        var net = Mass.FromKg(input.Decimal("netKg"));
        var warnings = new List<CalcWarning>();
        if (!input.Has("lots")) warnings.Add(new("calc.default", new("lots not given: 1.", "未给出 lots：按 1。"), "lots"));
        if (!input.Has("date")) warnings.Add(new("calc.default", new("date not given: the terms without an end date were used.", "未给出 date：采用没有终止日期的条款。"), "date"));
        foreach (var (rule, en, zh) in new[] { (window.LotRule, "lot", "批量"), (window.ToleranceRule, "tolerance", "容差") })
            if (rule.Status != RuleStatus.Verified)
                warnings.Add(new("lot.unconfirmed", new($"The {en} of contract {window.Contract} is from memory; confirm it against the contract.", $"合约 {window.Contract} 的{zh}凭记忆录入，请按合约核实。"), "contract"));
        var (low, high) = (DecimalText.Trim(window.Lowest.Kg), DecimalText.Trim(window.Highest.Kg));
        var within = window.Holds(net);
        var nominal = window.Lot * window.Lots;
        var result = new JsonObject
        {
            ["withinTolerance"] = within,
            ["contract"] = window.Contract,
            ["lots"] = window.Lots,
            ["lotT"] = window.Lot.Tonnes,
            ["tolerancePercent"] = window.TolerancePercent,
            ["lowestKg"] = low,
            ["highestKg"] = high,
            ["differenceKg"] = net.Kg - nominal.Kg,
        };
        return new CalcResult(result,
        [
            new("lowest", new("Lightest allowed", "允许的最小重量"), "lots * lotT * 1000 * (1 - tolerancePercent / 100)", Given(), low, "kg", window.ToleranceRule),
            new("highest", new("Heaviest allowed", "允许的最大重量"), "lots * lotT * 1000 * (1 + tolerancePercent / 100)", Given(), high, "kg", window.ToleranceRule),
            new("withinTolerance", new("Net weight between the two, both included", "净重在两者之间（含两端）"), "lowest <= netKg <= highest", new JsonObject { ["netKg"] = net.Kg }, within, null, window.LotRule),
        ], warnings);

        JsonObject Given() => new() { ["lots"] = window.Lots, ["lotT"] = window.Lot.Tonnes, ["tolerancePercent"] = window.TolerancePercent };
    }
}
