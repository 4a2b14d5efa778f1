using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Warehousing.Queues;

/// <summary>Method <c>warehouse.queue</c>: the course of a load-out queue day by day, extra load-out owed, and the rent of a lot that waits in it.</summary>
public sealed class WarehouseQueueMethod : ICalculator
{
    const decimal MostT = 100_000_000;

    public string Method => "warehouse.queue";
    public string Version => "1.0";
    public Bilingual Title => new("Course of a load-out queue", "出库排队推演");

    public IReadOnlyList<InputField> Fields { get; } =
    [
        new("policy", InputKind.Text, new("Policy", "规定")),
        new("from", InputKind.Date, new("First day", "首日")),
        new("days", InputKind.Integer, new("Days", "天数"), Minimum: 1, Maximum: 1_100),
        new("stockT", InputKind.Decimal, new("Metal stored before the first day", "首日前存量"), Unit: "t", Minimum: 0, Maximum: MostT),
        new("queuedT", InputKind.Decimal, new("Of it, already waiting to leave", "其中已排队待出"), Required: false, Unit: "t", Minimum: 0, Maximum: MostT),
        new("inboundTPerDay", InputKind.Decimal, new("Comes in each day", "每日入库"), Required: false, Unit: "t", Minimum: 0, Maximum: MostT),
        new("ordersTPerDay", InputKind.Decimal, new("Ordered out each day", "每日出库订单"), Required: false, Unit: "t", Minimum: 0, Maximum: MostT),
        new("inbound", InputKind.Object, new("Other inbound on single days: day number to tonnes", "个别日的入库：日序号对应吨数"), Required: false, Members: DayMembers()),
        new("orders", InputKind.Object, new("Other orders on single days: day number to tonnes", "个别日的订单：日序号对应吨数"), Required: false, Members: DayMembers()),
        new("lotT", InputKind.Decimal, new("A lot ordered out at a day's end", "当日末下单的一批"), Required: false, Unit: "t", Minimum: 0, AboveMinimum: true, Maximum: 1_000_000),
        new("ratePerTDay", InputKind.Decimal, new("Full rent for each tonne and day", "每吨每日全额仓租"), Required: false, Minimum: 0, Maximum: 1_000_000),
        new("currency", InputKind.Choice, new("Currency of the rate", "费率币种"), Required: false, Choices: Currency.Known.ToList()),
    ];

    static JsonObject DayMembers() => new() { ["type"] = new JsonArray("number", "string"), ["minimum"] = 0 };

    public Answer<CalcResult> Calculate(CalcInput input, RulePacks rules)
    {
        var from = input.DateOrNull("from")!.Value;
        var found = QueuePolicy.Find(rules, input.Text("policy"), from);
        if (!found.Ok) return found.Refusals.ToList();
        var policy = found.Value;
        var (warnings, refusals, days) = (new List<CalcWarning>(), new List<Refusal>(), input.Integer("days"));
        foreach (var (name, unit) in new[] { ("queuedT", "t"), ("inboundTPerDay", "t"), ("ordersTPerDay", "t") })
            if (!input.Has(name)) warnings.Add(new("calc.default", new($"{name} not given: 0 {unit}.", $"未给出 {name}：按 0 {unit}。"), name));
        var inbound = Days(input, "inbound", input.DecimalOrNull("inboundTPerDay") ?? 0, days, refusals);
        var orders = Days(input, "orders", input.DecimalOrNull("ordersTPerDay") ?? 0, days, refusals);
        if (input.Has("lotT") != input.Has("ratePerTDay")) refusals.Add(Refusal.Of("queue.lot-half", input.Has("lotT") ? "ratePerTDay" : "lotT"));
        else if (input.Has("lotT") && policy.Rent is null) refusals.Add(Refusal.Of("queue.no-rent-schedule", "policy", ("given", policy.Id)));
        if (refusals.Count > 0) return refusals;
        var run = QueueSimulation.Run(policy, new QueueCase(from, input.Decimal("stockT"), input.DecimalOrNull("queuedT") ?? 0, inbound, orders));
        if (!run.Ok) return run.Refusals.ToList();
        var course = run.Value;
        Warn(policy, course, warnings);
        return Answer(input, policy, course, warnings);
    }

    static CalcResult Answer(CalcInput input, QueuePolicy policy, QueueCourse course, List<CalcWarning> warnings)
    {
        var (last, longest) = (course.Days[^1], course.Days.MaxBy(d => d.QueueDays)!);
        var currency = input.TextOrNull("currency") ?? "USD";
        if (input.Has("lotT") && !input.Has("currency")) warnings.Add(new("calc.default", new("currency not given: USD.", "未给出 currency：按 USD。"), "currency"));
        decimal? Rent(QueueDay day) => input.DecimalOrNull("lotT") is { } lot
            ? DecimalText.Trim(WarehouseRent.Rent(policy.Rent!, Mass.FromTonnes(lot), new RentRate(new Money(input.Decimal("ratePerTDay"), currency)), day.QueueDays).Sum(l => l.Amount.Amount)) : null;
        var result = new JsonObject
        {
            ["queueDays"] = last.QueueDays,
            ["longestQueueDays"] = longest.QueueDays,
            ["longestOn"] = Iso(longest.Day),
            ["stockT"] = DecimalText.Trim(last.StockT),
            ["queuedT"] = DecimalText.Trim(last.QueuedT),
            ["owedExtraT"] = DecimalText.Trim(course.Windows.Sum(w => w.OwedT)),
        };
        if (Rent(last) is { } rent) (result["rent"], result["longestRent"], result["currency"]) = (rent, Rent(longest)!.Value, currency);
        result["windows"] = new JsonArray(course.Windows.Select(w => (JsonNode)new JsonObject { ["from"] = Iso(w.From), ["to"] = Iso(w.To), ["queueDays"] = w.QueueDays, ["inboundT"] = DecimalText.Trim(w.InboundT), ["owedT"] = DecimalText.Trim(w.OwedT) }).ToArray());
        result["days"] = new JsonArray(course.Days.Select(d =>
        {
            var row = new JsonObject
            {
                ["day"] = d.Number,
                ["date"] = Iso(d.Day),
                ["inboundT"] = DecimalText.Trim(d.InboundT),
                ["ordersT"] = DecimalText.Trim(d.OrdersT),
                ["rateT"] = DecimalText.Trim(d.RateT),
                ["extraT"] = DecimalText.Trim(d.ExtraT),
                ["outT"] = DecimalText.Trim(d.OutT),
                ["stockT"] = DecimalText.Trim(d.StockT),
                ["queuedT"] = DecimalText.Trim(d.QueuedT),
                ["queueDays"] = d.QueueDays,
            };
            if (Rent(d) is { } r) row["rent"] = r;
            return (JsonNode)row;
        }).ToArray());
        var trace = new List<TraceStep>
        {
            new("rate", new("Minimum load-out of the last day, by the stock at its beginning", "末日最低出库率（按当日初存量）"), policy.Linear ? "straight line between the rates of two stocks" : "rate of the stock's step", new JsonObject { ["fromStockT"] = last.Step.FromStockT }, DecimalText.Trim(last.RateT), "t", last.Step.Rule),
            new("queueDays", new("Days a lot ordered out at the last day's end waits", "末日末下单须等待的天数"), "ceiling(queuedT / rateT)", new JsonObject { ["queuedT"] = DecimalText.Trim(last.QueuedT), ["rateT"] = DecimalText.Trim(last.RateT) }, last.QueueDays, "d"),
        };
        foreach (var (window, i) in course.Windows.Select((w, i) => (w, i)))
            trace.Add(new($"window-{i + 1}", new($"Window {Iso(window.From)} to {Iso(window.To)}: queue {window.QueueDays} days", $"{Iso(window.From)} 至 {Iso(window.To)} 测算期：排队 {window.QueueDays} 天"), "queueDays > thresholdDays ? inboundT * share : 0",
                new JsonObject { ["inboundT"] = DecimalText.Trim(window.InboundT), ["thresholdDays"] = policy.Lilo.ThresholdDays, ["share"] = policy.Lilo.ShareOfLoadIn }, DecimalText.Trim(window.OwedT), "t", policy.Lilo.ThresholdRule));
        if (Rent(last) is { } amount) trace.Add(new("rent", new("Rent of the lot over its time in the queue", "该批排队期间仓租"), "as warehouse.rent", new JsonObject { ["tonnes"] = input.Decimal("lotT"), ["queueDays"] = last.QueueDays }, amount, currency, policy.Rent!.Steps[0].Rule));
        return new CalcResult(result, trace, warnings);
    }

    static void Warn(QueuePolicy policy, QueueCourse course, List<CalcWarning> warnings)
    {
        if (!policy.InForce) warnings.Add(new("queue.not-in-force", new($"{policy.Name.En} is not shown to be in force; check the policy that holds.", $"{policy.Name.Zh}未证实现行有效，请核对现行规定。"), "policy"));
        if (policy.Linear) warnings.Add(new("queue.linear", new("Between two stocks the rate is taken on a straight line; the source says only that it is scaled.", "两档存量之间按直线取值；来源仅称按比例。"), "policy"));
        foreach (var step in course.Days.Select(d => d.Step).Distinct().Where(s => s.Rule.Status != RuleStatus.Verified))
            warnings.Add(new("queue.unconfirmed", new($"The rate from {step.FromStockT} t on is not confirmed; check it against the policy.", $"存量 {step.FromStockT} 吨起的出库率未经证实，请核对规定。"), "policy"));
        if (course.Windows.Any(w => w.OwedT > 0))
            warnings.Add(new("queue.lilo-share", new("How much extra load-out a long queue forces was not found; all metal that came in during the window is taken, spread over the next one.", "超长排队须额外出库的数量未查得；按测算期全部入库量于下一期均摊。"), null));
    }

    /// <summary>Tonnes of each day: the daily figure, and other figures on single days.</summary>
    static List<decimal> Days(CalcInput input, string name, decimal daily, int days, List<Refusal> refusals)
    {
        var all = Enumerable.Repeat(daily, days).ToList();
        Check(daily, name + "TPerDay");
        if (!input.Has(name)) return all;
        foreach (var member in input.Object(name).EnumerateObject())
        {
            var field = $"{name}.{member.Name}";
            if (!int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var day) || day < 1 || day > days) refusals.Add(Refusal.Of("queue.day-unknown", field, ("given", member.Name), ("days", days.ToString(CultureInfo.InvariantCulture))));
            else if (!CalcInput.TryDecimal(member.Value, out var tonnes)) refusals.Add(Refusal.Of("queue.tonnes-wrong", field, ("given", member.Value.GetRawText())));
            else if (Check(tonnes, field)) all[day - 1] = tonnes;
        }
        return all;

        bool Check(decimal tonnes, string field)
        {
            if (tonnes is >= 0 and <= MostT && DecimalText.Trim(tonnes).Scale <= 3) return true;
            refusals.Add(Refusal.Of("queue.tonnes-wrong", field, ("given", tonnes.ToString(CultureInfo.InvariantCulture))));
            return false;
        }
    }

    static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
