using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Clearing.Methods;

/// <summary>Method <c>clearing.variation-margin</c>: what a position of a contract gains or loses between two prices.</summary>
sealed class VariationMarginMethod() : Calculator("clearing.variation-margin", "1.0", new("Variation margin", "变动保证金"),
    Text("contract", "Contract", "合约"), Number("lots", "Lots, below 0 for a short position", "手数（空头为负）", min: -1_000_000_000, max: 1_000_000_000), Number("entry", "Price of the trade, or the settlement price before", "成交价或上一结算价", min: -1_000_000_000), Number("settle", "Settlement price", "结算价", min: -1_000_000_000), Day("on", "Day whose terms of the contract hold", "适用合约条款的日期"))
{
    protected override void Work(Working w)
    {
        var contract = w.Value(ContractSet.Of(w.Rules).Get(w.Input.Text("contract")));
        var on = w.Input.DateOrNull("on") ?? Terms.Newest(contract);
        if (contract.Term("lot", on) is not { Value: { } size } lot) { w.Refuse(Refusal.Conflict("contract.lot-unknown", "contract", ("contract", contract.Code))); return; }
        if (w["lots"] != decimal.Truncate(w["lots"])) { w.Refuse(Refusal.Of("clearing.lots", "lots", ("given", DecimalText.Write(w["lots"])))); return; }
        w.Step("lot", "Size of a lot", "合约单位", "lot", contract.PriceUnit, size, lot.Rule);
        var (from, to) = (Worth("entry"), Worth("settle"));
        var amount = Cents.Of(LotValue.Variation(from, to, (long)w["lots"]), contract.CurrencyPlaces);
        w.Put("amount", w.Step("amount", "Received above 0, paid below", "收取为正，支付为负", "(valueSettle - valueEntry) * lots", contract.Currency, amount, ("valueSettle", Cents.Of(to, contract.CurrencyPlaces)), ("valueEntry", Cents.Of(from, contract.CurrencyPlaces)), ("lots", w["lots"])));
        w.Put("currency", contract.Currency);

        long Worth(string field)
        {
            var value = LotValue.Of(w[field], size, contract.CurrencyPlaces);
            w.Step("value-" + field, "Value of a lot, rounded once", "每手价值（只舍入一次）", "round(price * lot)", contract.Currency, Cents.Of(value, contract.CurrencyPlaces), ("price", w[field]), ("lot", size));
            return value;
        }
    }
}

/// <summary>Method <c>clearing.initial-margin</c>: the scan of sixteen scenarios over a portfolio of one kind of goods, part by part.</summary>
sealed class InitialMarginMethod() : Calculator("clearing.initial-margin", "1.0", new("Initial margin by scenarios", "情景法初始保证金"),
    Choice("currency", "Currency", "币种", [.. MarketBook.Currencies.Keys.Order(StringComparer.Ordinal)]), Number("lotSize", "Units a lot", "合约单位", above: true), Number("scanRange", "Price scan range", "价格扫描区间"), Number("volatilityRange", "Volatility range, 0.1 for ten points", "波动率扫描区间（10 个百分点写 0.1）", max: 10, optional: true),
    Number("spreadCharge", "Charge a spread between months", "跨月价差附加", optional: true), Number("deliveryCharge", "Charge a lot in the delivery month", "交割月附加", optional: true), Number("shortOptionMinimum", "Least margin of an option sold", "卖出期权最低保证金", optional: true),
    Items("positions", "Positions", "持仓", Whole("month", "Month, 1 the nearest", "月份序号（1 为最近）", 1, 240), Number("lots", "Lots, below 0 for a short position", "手数（空头为负）", min: -1_000_000_000, max: 1_000_000_000), new("inDelivery", InputKind.Flag, new("In delivery", "处于交割期"), false),
        Choice("right", "Right, of an option", "权利（期权）", ["Call", "Put"], optional: true), Choice("style", "Exercise, of an option", "行权方式（期权）", Enum.GetNames<ExerciseStyle>(), optional: true), Number("forward", "Price of the future, of an option", "期货价格（期权）", above: true, optional: true),
        Number("strike", "Exercise price, of an option", "行权价（期权）", above: true, optional: true), Number("years", "Time to expiry, of an option", "到期时间（期权）", "a", max: 100, optional: true), Number("rate", "Continuous rate a year, of an option", "连续复利年利率（期权）", min: -1, max: 1, optional: true), Number("volatility", "Volatility a year, of an option", "年波动率（期权）", max: 10, optional: true)))
{
    protected override void Work(Working w)
    {
        var (currency, size, range) = (w.Input.Text("currency"), w["lotSize"], w["scanRange"]);
        var places = MarketBook.Currencies[currency].Scale;
        var rules = MarginRules.Of(w.Rules);
        long Money(string field) => decimal.ToInt64(Math.Round((w.Input.DecimalOrNull(field) ?? 0) * LotValue.Unit(places), MidpointRounding.AwayFromZero));
        var positions = new List<MarginPosition>();
        foreach (var (at, p) in w.Input.List("positions").Index())
        {
            var lots = p.Decimal("lots");
            if (lots != decimal.Truncate(lots)) { w.Refuse(Refusal.Of("clearing.lots", $"positions[{at}].lots", ("given", DecimalText.Write(lots)))); continue; }
            SeriesRisk risk;
            if (p.TextOrNull("right") is { } right)
            {
                if (new[] { "forward", "strike", "years", "volatility" }.FirstOrDefault(f => !p.Has(f)) is { } missing) { w.Refuse(Refusal.Of("calc.missing-field", $"positions[{at}].{missing}", ("field", $"positions[{at}].{missing}"))); continue; }
                var terms = new OptionTerms(p.Decimal("forward"), p.Decimal("strike"), p.Decimal("years"), p.DecimalOrNull("rate") ?? rules.Rate(currency), p.Decimal("volatility"));
                var style = p.TextOrNull("style") is { } word ? Enum.Parse<ExerciseStyle>(word) : ExerciseStyle.European;
                risk = OptionRisk.Of([new(right == "Call", style, terms, range, w.Input.DecimalOrNull("volatilityRange") ?? 0, rules.LookAheadYears, size, places)], rules.Scenarios)[0];
            }
            else risk = SeriesRisk.Future(rules.Scenarios, range, size, places);
            positions.Add(new(risk, (long)lots, p.Integer("month"), 1, p.Flag("inDelivery"), p.Has("right")));
        }
        if (w.Refused) return;
        var goods = new CommodityParameters("goods", currency, rules.Scenarios, [new(1, 1, Money("spreadCharge"))], new(Money("deliveryCharge"), Money("deliveryCharge")), Money("shortOptionMinimum"));
        var margin = PortfolioMargin.Of([(goods, positions)], [])[0];
        decimal Whole(long money) => Cents.Of(money, places);
        w.Note(new("scenarios", new("Loss in each scenario", "各情景损失"), "sum of lots * loss of one lot", [], new JsonArray([.. margin.Losses.Select(l => (JsonNode)Whole(l))]), currency, rules.ScenarioRule));
        w.Put("scan", w.Step("scan", "Largest loss", "最大损失", "max(losses, 0)", currency, Whole(margin.Scan), ("scenario", margin.Worst + 1)));
        w.Put("monthSpreads", w.Step("spreads", "Charge for spreads between months", "跨月价差附加", "spreads * charge", currency, Whole(margin.MonthSpreads)));
        w.Put("delivery", w.Step("delivery", "Charge for months in delivery", "交割月附加", "lots * charge", currency, Whole(margin.Delivery)));
        w.Put("shortOptionMinimum", w.Step("floor", "Floor of options sold", "卖出期权下限", "options sold * minimum", currency, Whole(margin.ShortOptionMinimum)));
        w.Put("optionValue", w.Step("option-value", "Value of the options", "期权价值", "sum of lots * value", currency, Whole(margin.OptionValue)));
        w.Put("requirement", w.Step("requirement", "Initial margin", "初始保证金", "max(0, max(scan + spreads + delivery, floor) - optionValue)", currency, Whole(margin.Requirement)));
        w.Put("worstScenario", margin.Worst + 1);
        w.Put("currency", currency);
    }
}

/// <summary>Method <c>clearing.expected-shortfall</c>: the mean of the worst days of a history, and how the measure would have done.</summary>
sealed class ExpectedShortfallMethod() : Calculator("clearing.expected-shortfall", "1.0", new("Expected shortfall with back-test", "预期损失与回测"),
    new InputField("gains", InputKind.Numbers, new("Gain of each day, losses below 0, at most two decimals", "每日损益（亏损为负，最多两位小数）"), Minimum: -1_000_000_000_000m, Maximum: 1_000_000_000_000m, AtLeast: 2), Number("confidence", "Confidence, 0.975 for 97.5 %", "置信度（97.5 % 写 0.975）", min: 0.5m, max: 0.9999m), Whole("window", "Days of the window of the back-test", "回测窗口天数", 1, InputField.MostItems, optional: true))
{
    protected override void Work(Working w)
    {
        var given = w.Input.Numbers("gains");
        if (given.Index().FirstOrDefault(g => g.Item != Math.Round(g.Item, 2)) is { Item: not 0 } fine) { w.Refuse(Refusal.Of("clearing.cents", $"gains[{fine.Index}]", ("given", DecimalText.Write(fine.Item)))); return; }
        var gains = given.Select(g => decimal.ToInt64(g * 100)).ToList();
        var figures = w.Value(ExpectedShortfall.Of(gains, w["confidence"]));
        w.Put("shortfall", w.Step("shortfall", "Mean of the worst days", "最差交易日的平均损失", "mean of the n * (1 - confidence) largest losses, the last one in part", null, figures.Shortfall / 100, ("n", gains.Count), ("confidence", w["confidence"])));
        w.Put("valueAtRisk", w.Step("value-at-risk", "Smallest loss among them", "其中最小的损失", "loss at the edge of the tail", null, Cents.Of(figures.ValueAtRisk, 2)));
        w.Put("worst", Cents.Of(figures.Worst, 2));
        w.Put("days", figures.Days);
        if (w.Input.IntegerOrNull("window") is not { } window) return;
        var walked = w.Value(ExpectedShortfall.Walk(gains, window, w["confidence"]));
        var exceptions = walked.Count(d => -d.Gain > d.Asked.ValueAtRisk);
        var judged = w.Value(BackTest.Judge(walked.Count, exceptions, w["confidence"]));
        w.Put("tested", judged.Days);
        w.Put("exceptions", w.Step("exceptions", "Days on which more was lost than the edge of the tail of the window before", "超出前一窗口分位损失的天数", "count(loss > valueAtRisk of the window)", null, exceptions, ("tested", judged.Days), ("expected", judged.Expected)));
        w.Put("kupiec", w.Step("kupiec", "Kupiec's likelihood ratio", "Kupiec 似然比", "-2 ln((1-p)^(n-x) p^x / ((1-x/n)^(n-x) (x/n)^x))", null, judged.Ratio));
        w.Put("probability", w.Step("probability", "Chance of such a ratio if the measure is right", "模型正确时出现该比值的概率", "2 N(-sqrt(kupiec))", null, judged.Probability));
        w.Put("light", judged.Light.ToString());
    }
}

/// <summary>Method <c>clearing.collateral</c>: what counts of what is deposited.</summary>
sealed class CollateralMethod() : Calculator("clearing.collateral", "1.0", new("Value of collateral", "担保品折算"),
    Number("requirement", "Margin asked for", "保证金要求"), Items("items", "Deposited", "担保品", Text("kind", "Kind", "种类"), Number("value", "Value at today's price", "按当日价格的价值"), Number("haircutPercent", "Part that does not count", "折扣率", "%", max: 100), Number("mostPercent", "Largest part of the requirement", "占要求的上限", "%", max: 100, optional: true)))
{
    protected override void Work(Working w)
    {
        static long Money(decimal value) => decimal.ToInt64(Math.Floor(value * 100));
        var items = w.Input.List("items").Select(i => new CollateralItem(i.Text("kind"), Money(i.Decimal("value")), i.Decimal("haircutPercent") / 100, i.DecimalOrNull("mostPercent") / 100)).ToList();
        var lines = CollateralValue.Of(items, Money(w["requirement"]));
        foreach (var line in lines) w.Step("kind-" + line.Kind, $"What counts of {line.Kind}", $"{line.Kind} 计入金额", "min(sum of value * (1 - haircut), requirement * most)", null, Cents.Of(line.Counted, 2), ("value", Cents.Of(line.Value, 2)), ("afterHaircut", Cents.Of(line.AfterHaircut, 2)));
        var counted = w.Put("counted", w.Step("counted", "What counts", "计入合计", "sum of the kinds", null, Cents.Of(lines.Sum(l => l.Counted), 2)));
        w.Put("missing", w.Step("missing", "Still to be deposited", "尚缺", "max(0, requirement - counted)", null, Math.Max(0, w["requirement"] - counted), ("requirement", w["requirement"]), ("counted", counted)));
    }
}
