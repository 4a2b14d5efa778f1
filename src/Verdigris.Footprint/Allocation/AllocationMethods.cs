using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Allocation;

/// <summary>One burden over several products. The order of ISO 14067: avoid by subdivision, then a physical relation, then prices; substitution stands beside them.</summary>
static class AllocationMethods
{
    public static IReadOnlyList<ICalculator> All { get; } = [new MassAllocation(), new EconomicAllocation(), new SubstitutionAllocation(), new AllocationSpread()];

    public static IReadOnlyList<InputField> Products(bool prices) =>
    [
        new("name", InputKind.Text, new("Product", "产品")),
        new("massT", InputKind.Decimal, new("Mass, or contained metal", "质量或含金属量"), Unit: "t", Minimum: 0, Maximum: 1_000_000_000_000m),
        .. prices ? new[] { new InputField("pricePerT", InputKind.Decimal, new("Price, a mean over years", "价格（多年平均）"), Minimum: 0, Maximum: 1_000_000_000_000m) } : [],
    ];

    /// <summary>Shares of the products by a weight. They sum to one: the largest takes what rounding to 28 digits leaves.</summary>
    public static IReadOnlyDictionary<string, decimal> Shares(Working w, Func<CalcInput, decimal> weight, string field)
    {
        var products = w.Input.List("products");
        if (products.GroupBy(p => p.Text("name")).FirstOrDefault(g => g.Count() > 1) is { } twice) return w.Stop<IReadOnlyDictionary<string, decimal>>(Refusal.Of("allocation.product-twice", "products", ("given", twice.Key)));
        var total = products.Sum(weight);
        if (total == 0) return w.Stop<IReadOnlyDictionary<string, decimal>>(Refusal.Of("calc.division-by-zero", "products", ("field", field)));
        var shares = products.ToDictionary(p => p.Text("name"), p => weight(p) / total, StringComparer.Ordinal);
        var largest = shares.MaxBy(s => s.Value).Key;
        shares[largest] += 1 - shares.Values.Sum();
        return shares;
    }

    /// <summary>Puts shares, burdens and burdens a tonne; a product without mass has no figure a tonne.</summary>
    public static void Put(Working w, IReadOnlyDictionary<string, decimal> shares, string formula)
    {
        JsonObject share = [], burden = [], perTonne = [];
        foreach (var product in w.Input.List("products"))
        {
            var name = product.Text("name");
            var tco2e = w.Step($"share-{name}", $"Share of {name}", $"{name} 的份额", formula, "t CO2e", w["totalTco2e"] * shares[name], ("totalTco2e", w["totalTco2e"]), ("share", shares[name]));
            share[name] = Working.Shown(shares[name]);
            burden[name] = Working.Shown(tco2e);
            perTonne[name] = product.Decimal("massT") > 0 ? Working.Shown(tco2e / product.Decimal("massT")) : null;
        }
        w.Put("shares", share);
        w.Put("tco2e", burden);
        w.Put("perTonne", perTonne);
    }
}

/// <summary>Method <c>allocation.mass</c>: by mass (of contained metal).</summary>
sealed class MassAllocation() : Calculator("allocation.mass", "1.0", new("Allocation by mass", "按质量分配"),
    Number("totalTco2e", "Burden", "总排放", "t CO2e"), Items("products", "Products", "产品", AllocationMethods.Products(prices: false)))
{
    protected override void Work(Working w) => AllocationMethods.Put(w, AllocationMethods.Shares(w, p => p.Decimal("massT"), "massT"), "totalTco2e * massT / sum(massT)");
}

/// <summary>Method <c>allocation.economic</c>: by value.</summary>
sealed class EconomicAllocation() : Calculator("allocation.economic", "1.0", new("Allocation by value", "按经济价值分配"),
    Number("totalTco2e", "Burden", "总排放", "t CO2e"), Items("products", "Products", "产品", AllocationMethods.Products(prices: true)))
{
    protected override void Work(Working w) => AllocationMethods.Put(w, AllocationMethods.Shares(w, p => p.Decimal("massT") * p.Decimal("pricePerT"), "massT * pricePerT"), "totalTco2e * massT * pricePerT / sum(massT * pricePerT)");
}

/// <summary>Method <c>allocation.substitution</c>: the main product carries everything less what its by-products save elsewhere.</summary>
sealed class SubstitutionAllocation() : Calculator("allocation.substitution", "1.0", new("Substitution", "替代法（系统扩展）"),
    Number("totalTco2e", "Burden", "总排放", "t CO2e"),
    Number("mainMassT", "Main product", "主产品质量", "t", above: true),
    Items("byProducts", "By-products", "副产品",
        Text("name", "By-product", "副产品"), Number("massT", "Mass", "质量", "t"), Number("avoidedTco2ePerT", "Footprint of what it replaces", "所替代产品的碳足迹", "t CO2e/t", max: 1_000_000)))
{
    protected override void Work(Working w)
    {
        decimal credit = 0;
        foreach (var product in w.Input.List("byProducts"))
            credit += w.Step($"credit-{product.Text("name")}", $"Saved by {product.Text("name")}", $"{product.Text("name")} 的替代减排", "massT * avoidedTco2ePerT", "t CO2e", product.Decimal("massT") * product.Decimal("avoidedTco2ePerT"), ("massT", product.Decimal("massT")), ("avoidedTco2ePerT", product.Decimal("avoidedTco2ePerT")));
        w.Put("creditTco2e", credit);
        w.Put("mainTco2ePerT", w.Step("main", "Main product a tonne", "主产品每吨", "(totalTco2e - credit) / mainMassT", "t CO2e/t", (w["totalTco2e"] - credit) / w["mainMassT"], ("totalTco2e", w["totalTco2e"]), ("credit", credit), ("mainMassT", w["mainMassT"])));
    }
}

/// <summary>Method <c>allocation.spread</c>: the same case by mass and by value (and after subdivision, where the direct part of each product is known), with the spread between them.</summary>
sealed class AllocationSpread() : Calculator("allocation.spread", "1.0", new("Allocation by mass and by value side by side", "质量法与经济法并列"),
    Number("totalTco2e", "Burden", "总排放", "t CO2e"),
    Items("products", "Products", "产品", [.. AllocationMethods.Products(prices: true), Number("directTco2e", "Burden of its own, measured apart", "可单独计量的自身排放", "t CO2e", optional: true)]),
    Text("product", "Product looked at", "考察产品"))
{
    protected override void Work(Working w)
    {
        var products = w.Input.List("products");
        var looked = products.FirstOrDefault(p => p.Text("name") == w.Input.Text("product"));
        if (looked is null) { w.Stop<Done>(Refusal.Of("allocation.product-unknown", "product", ("given", w.Input.Text("product")), ("known", string.Join(", ", products.Select(p => p.Text("name")))))); return; }
        if (looked.Decimal("massT") == 0) { w.Stop<Done>(Refusal.Of("calc.division-by-zero", "products", ("field", "massT"))); return; }
        var direct = products.Sum(p => p.DecimalOrNull("directTco2e") ?? 0);
        if (direct > w["totalTco2e"]) { w.Stop<Done>(Refusal.Of("footprint.parts-over-whole", "products", ("given", DecimalText.Write(direct)))); return; }
        var joint = w.Step("joint", "Joint part after subdivision", "拆分后的共同部分", "totalTco2e - sum(directTco2e)", "t CO2e", w["totalTco2e"] - direct, ("totalTco2e", w["totalTco2e"]), ("directTco2e", direct));
        var name = looked.Text("name");
        decimal Figure(string by, string en, string zh, IReadOnlyDictionary<string, decimal> shares) => w.Put(by + "Tco2ePerT", w.Step(by, en, zh, "(joint * share + directTco2e) / massT", "t CO2e/t",
            (joint * shares[name] + (looked.DecimalOrNull("directTco2e") ?? 0)) / looked.Decimal("massT"), ("joint", joint), ("share", shares[name]), ("directTco2e", looked.DecimalOrNull("directTco2e") ?? 0), ("massT", looked.Decimal("massT"))));
        var mass = Figure("mass", "By mass", "按质量", AllocationMethods.Shares(w, p => p.Decimal("massT"), "massT"));
        var value = Figure("economic", "By value", "按价值", AllocationMethods.Shares(w, p => p.Decimal("massT") * p.Decimal("pricePerT"), "massT * pricePerT"));
        w.Put("spreadTco2ePerT", w.Step("spread", "Between the two", "两者之差", "abs(mass - economic)", "t CO2e/t", Math.Abs(mass - value), ("mass", mass), ("economic", value)));
    }
}
