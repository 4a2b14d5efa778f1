using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Finance.Terms;

namespace Verdigris.Registry.Finance.Methods;

/// <summary>What the methods of finance share: a term with its day count, money to the cent.</summary>
abstract class FinanceMethod(string method, Bilingual title, params IReadOnlyList<InputField> fields) : Calculator(method, "1.0", title, fields)
{
    internal const string Pack = "registry/finance";

    protected static InputField[] Term { get; } =
    [
        Day("start", "First day", "起始日", optional: false), Day("end", "Last day, not counted", "到期日（不计）", optional: false), Choice("basis", "Day count", "计息基准", Enum.GetNames<DayBasis>(), optional: true),
    ];

    protected static InputField UnitsField => Whole("units", "Units", "单位数", 1, (int)TermRules.MostUnits);

    /// <summary>Days of the term, above zero; <c>finance.dates</c>.</summary>
    protected static (decimal Fraction, int Days) TermOf(Working w)
    {
        var (start, end) = (w.Input.DateOrNull("start")!.Value, w.Input.DateOrNull("end")!.Value);
        if (end <= start || end > start.PlusYears(TermRules.LongestYears)) w.Stop<Done>(Refusal.Of("finance.dates", "end", ("years", $"{TermRules.LongestYears}")));
        var basis = w.Input.TextOrNull("basis") is { } word ? Enum.Parse<DayBasis>(word) : DayBasis.Act365;
        var days = DayCount.Days(start, end, basis);
        if (days == 0) w.Stop<Done>(Refusal.Of("finance.dates", "end", ("years", $"{TermRules.LongestYears}")));
        w.Put("days", w.Step("days", "Days of the term", "期限天数", "end - start", "d", days));
        return (w.Step("fraction", "Part of a year", "年化期限", "days / year", null, (decimal)days / DayCount.YearOf(basis), ("days", days), ("year", DayCount.YearOf(basis))), days);
    }

    protected static RuleRef Formula(Working w, string formula) => w.Rule(Pack, "formulas", "formula", null, formula).Rule;

    protected static decimal Cents(Working w, string field, decimal amount) => w.PutPlaces(field, CashLegs.Cent.Apply(amount), 2);
}

/// <summary>Method <c>finance.repo</c>: money of both ends and the rate they imply; or the second price a rate asks for.</summary>
sealed class RepoMethod() : FinanceMethod("finance.repo", new("Repurchase agreement", "回购"), [UnitsField, Number("firstPrice", "Price of the sale, a unit", "出售单价", min: TermRules.LeastPrice), Number("secondPrice", "Price of the repurchase, a unit", "回购单价", min: TermRules.LeastPrice, optional: true), Number("ratePercent", "Rate a year in place of the second price", "年利率（代替回购单价）", "%", min: -100, max: TermRules.MostRatePercent, optional: true), .. Term])
{
    protected override void Work(Working w)
    {
        var priced = w.Either("secondPrice", "ratePercent") == 0;
        var (units, first) = ((decimal)w.Input.Integer("units"), w["firstPrice"]);
        var (fraction, _) = TermOf(w);
        var second = priced ? w["secondPrice"] : w.Step("second", "Price of the repurchase", "回购单价", "first * (1 + rate / 100 * fraction)", null, first * (1 + w["ratePercent"] / 100 * fraction), Formula(w, "implied-rate"), ("first", first), ("rate", w["ratePercent"]), ("fraction", fraction));
        w.Put("secondPrice", second);
        Cents(w, "firstAmount", w.Step("first-amount", "Paid at the start", "期初付款", "units * first", null, units * first, ("units", units), ("first", first)));
        Cents(w, "secondAmount", w.Step("second-amount", "Paid at the end", "到期付款", "units * second", null, units * second, ("units", units), ("second", second)));
        w.Put("impliedRatePercent", w.Step("implied", "Implied rate a year", "隐含年利率", "(second / first - 1) / fraction * 100", "%", CashLegs.ImpliedRatePercent(first, second, fraction), Formula(w, "implied-rate"), ("first", first), ("second", second), ("fraction", fraction)));
    }
}

/// <summary>Method <c>finance.pledge</c>: how much is lent on units, what it costs, and at which price the lender calls.</summary>
sealed class PledgeMethod() : FinanceMethod("finance.pledge", new("Loan on pledged units", "碳资产质押贷款"), [UnitsField, Number("price", "Price of a unit", "单价", min: TermRules.LeastPrice), Number("initialLtvPercent", "Loan over value at the start", "初始质押率", "%", min: TermRules.LeastRatioPercent, max: 100), Number("callLtvPercent", "Ratio above which the lender calls", "追保质押率", "%", min: TermRules.LeastRatioPercent, max: 100), Number("ratePercent", "Interest a year", "年利率", "%", max: TermRules.MostRatePercent), .. Term])
{
    protected override void Work(Working w)
    {
        var (units, price, initial, call) = ((decimal)w.Input.Integer("units"), w["price"], w["initialLtvPercent"], w["callLtvPercent"]);
        if (initial > call) w.Stop<Done>(Refusal.Of("finance.ltv", "callLtvPercent"));
        var (fraction, _) = TermOf(w);
        var principal = Cents(w, "principal", w.Step("principal", "Most that is lent", "最高贷款额", "units * price * initial / 100", null, units * price * initial / 100, Formula(w, "margin"), ("units", units), ("price", price), ("initial", initial)));
        var interest = Cents(w, "interest", w.Step("interest", "Interest of the term", "期限利息", "principal * rate / 100 * fraction", null, principal * w["ratePercent"] / 100 * fraction, Formula(w, "interest"), ("principal", principal), ("rate", w["ratePercent"]), ("fraction", fraction)));
        Cents(w, "repayment", principal + interest);
        w.Put("callPrice", w.Step("call-price", "Price below which the lender calls, at the start", "期初追保触发价", "principal / (units * call / 100)", null, Margin.CallPrice((long)units, principal, call), Formula(w, "margin"), ("principal", principal), ("units", units), ("call", call)));
    }
}

/// <summary>Method <c>finance.margin</c>: whether pledged units still cover what is owed, and what a call asks for.</summary>
sealed class MarginMethod() : FinanceMethod("finance.margin", new("Margin call", "追加保证金"), UnitsField, Number("price", "Price of a unit today", "当日单价", max: 1_000_000_000m), Number("outstanding", "Owed today", "当日欠款"), Number("initialLtvPercent", "Ratio a call restores", "恢复至质押率", "%", min: TermRules.LeastRatioPercent, max: 100), Number("callLtvPercent", "Ratio above which the lender calls", "追保质押率", "%", min: TermRules.LeastRatioPercent, max: 100))
{
    protected override void Work(Working w)
    {
        var (units, price, owed, initial, call) = ((decimal)w.Input.Integer("units"), w["price"], w["outstanding"], w["initialLtvPercent"], w["callLtvPercent"]);
        if (initial > call) w.Stop<Done>(Refusal.Of("finance.ltv", "callLtvPercent"));
        // Worthless is a price, less than can be written is none.
        if (price is > 0 and < TermRules.LeastPrice) w.Stop<Done>(Refusal.Of("finance.amount", "price", ("given", DecimalText.Write(price))));
        var standing = Margin.Of((long)units, price, owed, initial, call);
        w.Put("value", w.Step("value", "Value of the units", "质押物价值", "units * price", null, standing.Value, ("units", units), ("price", price)));
        w.Put("ltvPercent", standing.LtvPercent is { } ltv ? w.Step("ltv", "Owed over value", "质押率", "outstanding / value * 100", "%", ltv, ("outstanding", owed), ("value", standing.Value)) : null);
        w.Note(new("called", new("A call is made where the value times the ratio is below what is owed", "价值乘以比率低于欠款时追保"), "value * call / 100 < outstanding", new() { ["value"] = standing.Value, ["call"] = call, ["outstanding"] = owed }, standing.Called, Rule: Formula(w, "margin")));
        w.Put("called", standing.Called);
        w.PutPlaces("cashToMeet", w.Step("cash", "Money that restores the ratio", "恢复所需现金", "outstanding - value * initial / 100", null, standing.CashToMeet, ("outstanding", owed), ("value", standing.Value), ("initial", initial)), 2);
        w.Put("unitsToMeet", standing.UnitsToMeet);
    }
}

/// <summary>Method <c>finance.fee</c>: what lending or keeping units costs.</summary>
sealed class FeeMethod() : FinanceMethod("finance.fee", new("Fee of lent or kept units", "借碳与托管费用"), [UnitsField, Number("price", "Value of a unit agreed", "约定单价", min: TermRules.LeastPrice), Number("ratePercent", "Fee a year", "年费率", "%", max: TermRules.MostRatePercent), .. Term])
{
    protected override void Work(Working w)
    {
        var (units, price, rate) = ((decimal)w.Input.Integer("units"), w["price"], w["ratePercent"]);
        var (fraction, _) = TermOf(w);
        Cents(w, "fee", w.Step("fee", "Fee of the term", "期限费用", "units * price * rate / 100 * fraction", null, units * price * rate / 100 * fraction, Formula(w, "interest"), ("units", units), ("price", price), ("rate", rate), ("fraction", fraction)));
    }
}

/// <summary>Method <c>finance.forward</c>: the forward price that neither side gains by, units costing nothing to keep; and the rate a given one implies.</summary>
sealed class ForwardMethod() : FinanceMethod("finance.forward", new("Forward price", "远期价格"), [UnitsField, Number("spot", "Price of a unit today", "现货单价", min: TermRules.LeastPrice), Number("ratePercent", "Rate a year", "年利率", "%", min: -100, max: TermRules.MostRatePercent), Number("forwardPrice", "Price agreed, a unit", "约定远期单价", min: TermRules.LeastPrice, optional: true), .. Term])
{
    protected override void Work(Working w)
    {
        var (units, spot, rate) = ((decimal)w.Input.Integer("units"), w["spot"], w["ratePercent"]);
        var (fraction, _) = TermOf(w);
        var fair = w.Put("fairPrice", w.Step("fair", "Forward price", "远期价格", "spot * (1 + rate / 100 * fraction)", null, spot * (1 + rate / 100 * fraction), Formula(w, "carry"), ("spot", spot), ("rate", rate), ("fraction", fraction)));
        var agreed = w.Input.DecimalOrNull("forwardPrice") ?? fair;
        Cents(w, "deliveryAmount", w.Step("delivery", "Paid at delivery", "交割付款", "units * agreed", null, units * agreed, ("units", units), ("agreed", agreed)));
        w.Put("impliedRatePercent", w.Step("implied", "Rate the agreed price implies", "约定价隐含年利率", "(agreed / spot - 1) / fraction * 100", "%", CashLegs.ImpliedRatePercent(spot, agreed, fraction), Formula(w, "implied-rate"), ("agreed", agreed), ("spot", spot), ("fraction", fraction)));
    }
}

/// <summary>Method <c>finance.linked-loan</c>: a loan whose rate falls in each year in which a reduction target was met.</summary>
sealed class LinkedLoanMethod() : FinanceMethod("finance.linked-loan", new("Sustainability-linked loan", "可持续发展挂钩贷款"), Number("principal", "Loan", "贷款额", above: true), Number("ratePercent", "Rate a year", "年利率", "%", max: TermRules.MostRatePercent), Number("stepBasisPoints", "Step for a target met", "达标下调", "bp"),
    Items("years", "Years of the loan", "贷款年份", Whole("year", "Year", "年份", 2000, 2100), new InputField("targetMet", InputKind.Flag, new("The target of the year was met", "当年达标"), Required: false)))
{
    const decimal BasisPointsOfAPercent = 100;

    protected override void Work(Working w)
    {
        var (principal, rate, step) = (w["principal"], w["ratePercent"], w["stepBasisPoints"] / BasisPointsOfAPercent);
        if (step > rate) w.Stop<Done>(Refusal.Of("finance.step", "stepBasisPoints"));
        decimal interest = 0, saved = 0;
        foreach (var (i, year) in w.Input.List("years").Index())
        {
            // A target nobody reported as met is not met.
            var less = year.Flag("targetMet") ? step : 0;
            interest += CashLegs.Cent.Apply(w.Step($"interest-{i}", $"Interest of {year.Integer("year")}", $"{year.Integer("year")} 年利息", "principal * (rate - step) / 100", null, principal * (rate - less) / 100, Formula(w, "linked-loan"), ("principal", principal), ("rate", rate), ("step", less)));
            saved += CashLegs.Cent.Apply(principal * less / 100);
        }
        w.PutPlaces("interest", interest, 2);
        w.PutPlaces("saved", saved, 2);
    }
}
