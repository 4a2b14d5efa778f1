using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Uncertainty;

/// <summary>
/// Method <c>uncertainty.propagate</c>: the uncertainty of a product or a sum from those of its parts (IPCC approach 1). An uncertainty is half of the 95 % range, in percent of the value; the parts are taken
/// as independent. Product: sqrt(sum U²). Sum: sqrt(sum (U x)²) / |sum x|.
/// </summary>
sealed class Propagate() : Calculator("uncertainty.propagate", "1.0", new("Propagation of uncertainties", "不确定度传递"),
    Choice("op", "What the parts make together", "组合方式", ["product", "sum"]),
    new InputField("uncertaintiesPercent", InputKind.Numbers, new("Uncertainty of each part: half of the 95 % range", "各部分不确定度（95% 区间半宽）"), Unit: "%", Minimum: 0, Maximum: 100_000),
    new InputField("values", InputKind.Numbers, new("Value of each part; needed for a sum", "各部分的值（求和时必填）"), Required: false, Minimum: -1_000_000_000_000m, Maximum: 1_000_000_000_000m))
{
    protected override void Work(Working w)
    {
        var (percents, values) = (w.Input.Numbers("uncertaintiesPercent"), w.Input.Numbers("values"));
        var sum = w.Input.Text("op") == "sum";
        if (sum && !w.Input.Has("values")) w.Stop<Done>(Refusal.Of("calc.missing-field", "values", ("field", "values")));
        if (w.Input.Has("values") && values.Count != percents.Count) w.Stop<Done>(Refusal.Of("uncertainty.lengths-differ", "values", ("values", $"{values.Count}"), ("uncertainties", $"{percents.Count}")));
        var rule = w.Cite(UncertaintyMethods.Pack, "Combining uncertainties of independent parts");
        if (sum)
        {
            var total = w.Put("value", w.Step("value", "Sum of the parts", "各部分之和", "sum(values)", null, values.Sum()));
            if (total == 0) w.Stop<Done>(Refusal.Of("calc.division-by-zero", "values", ("field", "sum(values)")));
            decimal squares = 0;
            for (var i = 0; i < values.Count; i++)
            {
                var part = w.Step($"part-{i + 1}", $"Half range of part {i + 1}", $"第 {i + 1} 部分的半宽", "uncertaintyPercent / 100 * value", null, percents[i] / 100 * values[i], ("uncertaintyPercent", percents[i]), ("value", values[i]));
                squares += part * part;
            }
            w.Put("uncertaintyPercent", w.Step("sum", "Uncertainty of the sum", "和的不确定度", "sqrt(sumOfSquares) / |value| * 100", "%", DecimalText.Sqrt(squares) / Math.Abs(total) * 100, rule, ("sumOfSquares", squares), ("value", total)));
        }
        else
        {
            if (values.Count > 0) w.Put("value", w.Step("value", "Product of the parts", "各部分之积", "product(values)", null, values.Aggregate(1m, (product, x) => product * x)));
            var squares = percents.Sum(u => u * u);
            w.Put("uncertaintyPercent", w.Step("product", "Uncertainty of the product", "积的不确定度", "sqrt(sumOfSquares)", "%", DecimalText.Sqrt(squares), rule, ("sumOfSquares", squares)));
        }
        CheckLargest(w, percents);
    }

    static void CheckLargest(Working w, IReadOnlyList<decimal> percents)
    {
        var (row, rule) = w.Rule(UncertaintyMethods.Pack, "propagation", "uncertaintiesPercent", null, "largest");
        if (percents.Max() <= row.Decimal("percent")) return;
        w.Note(new("largest", new("Largest uncertainty that propagation holds for", "误差传递适用的最大不确定度"), null, [], row.Decimal("percent"), "%", rule));
        var limit = DecimalText.Write(row.Decimal("percent"));
        w.Warn("uncertainty.use-monte-carlo", $"An uncertainty is above {limit} %: propagation is a rough figure here; use uncertainty.monte-carlo.", $"存在超过 {limit}% 的不确定度：误差传递仅为粗略值，请使用 uncertainty.monte-carlo。", "uncertaintiesPercent");
    }
}
