using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Warehousing;

/// <summary>Method <c>warehouse.rent</c>: rent for metal in a load-out queue under a schedule.</summary>
public sealed class WarehouseRentMethod : ICalculator
{
    public string Method => "warehouse.rent";
    public string Version => "1.0";
    public Bilingual Title => new("Rent in a load-out queue", "排队出库期间的仓租");

    public IReadOnlyList<InputField> Fields { get; } =
    [
        new("tonnes", InputKind.Decimal, new("Mass stored", "存放质量"), Unit: "t", Minimum: 0, AboveMinimum: true, Maximum: 1_000_000_000),
        new("ratePerTDay", InputKind.Decimal, new("Full rent for each tonne and day", "每吨每日全额仓租"), Minimum: 0, Maximum: 1_000_000),
        new("queueDays", InputKind.Integer, new("Calendar days in the queue", "排队日历天数"), Minimum: 0, Maximum: 100_000),
        new("schedule", InputKind.Text, new("Rent schedule", "仓租方案")),
        new("currency", InputKind.Choice, new("Currency of the rate", "费率币种"), Required: false, Choices: Currency.Known.ToList()),
    ];

    public Answer<CalcResult> Calculate(CalcInput input, RulePacks rules)
    {
        var found = WarehouseRent.Schedule(rules, input.Text("schedule"));
        if (!found.Ok) return found.Refusals.ToList();
        var schedule = found.Value;
        var warnings = new List<CalcWarning>();
        if (!input.Has("currency")) warnings.Add(new("calc.default", new("currency not given: USD.", "未给出 currency：按 USD。"), "currency"));
        if (schedule.Proposal) warnings.Add(new("rent.proposal", new($"{schedule.Name.En} was a proposal; check the policy in force.", $"{schedule.Name.Zh}仅为提案，请核对现行规定。"), "schedule"));
        var currency = input.TextOrNull("currency") ?? "USD";
        var (mass, days) = (Mass.FromTonnes(input.Decimal("tonnes")), input.Integer("queueDays"));
        var rate = new RentRate(new Money(input.Decimal("ratePerTDay"), currency));
        var lines = WarehouseRent.Rent(schedule, mass, rate, days);
        var amount = DecimalText.Trim(lines.Sum(l => l.Amount.Amount));
        var trace = lines.Select(l => new TraceStep($"days-{l.Step.FromDay}",
            new($"Days {l.Step.FromDay} to {l.Step.FromDay + l.Days - 1} at {Percent(l.Step.Share)} of the rent", $"第 {l.Step.FromDay} 至 {l.Step.FromDay + l.Days - 1} 天，按仓租的 {Percent(l.Step.Share)} 计"),
            "tonnes * ratePerTDay * days * share",
            new JsonObject { ["tonnes"] = mass.Tonnes, ["ratePerTDay"] = rate.PerTonneDay.Amount, ["days"] = l.Days, ["share"] = l.Step.Share },
            DecimalText.Trim(l.Amount.Amount), currency, l.Step.Rule)).ToList();
        trace.Add(new("amount", new("Rent for the whole time in the queue", "整个排队期间的仓租"), "sum of the parts", new JsonObject { ["queueDays"] = days }, amount, currency));
        return new CalcResult(new JsonObject
        {
            ["amount"] = amount,
            ["currency"] = currency,
            ["queueDays"] = days,
            ["parts"] = new JsonArray(lines.Select(l => (JsonNode)new JsonObject { ["fromDay"] = l.Step.FromDay, ["days"] = l.Days, ["share"] = l.Step.Share, ["amount"] = DecimalText.Trim(l.Amount.Amount) }).ToArray()),
        }, trace, warnings);
    }

    static string Percent(decimal share) => FormattableString.Invariant($"{DecimalText.Trim(share * 100)} %");
}
