using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Aluminium;

/// <summary>What the PFC methods share: coefficients, duct and fugitive share, low-voltage term, and the way to CO2 equivalent.</summary>
static class Pfc
{
    public const string Pack = "footprint/pfc";

    /// <summary>Fields of coefficients: own ones, or those of a technology in a named set.</summary>
    public static IReadOnlyList<InputField> CoefficientFields(string coefficient, InputField own, IReadOnlyList<string> sets, IReadOnlyList<string> technologies) =>
    [
        own,
        new("c2f6Fraction", InputKind.Decimal, new("C2F6 as a share of CF4, by mass", "C2F6 与 CF4 的质量比"), false, Minimum: 0, Maximum: 100),
        new("factors", InputKind.Choice, new($"Set of coefficients ({coefficient})", $"系数来源（{coefficient}）"), false, Choices: sets),
        new("technology", InputKind.Choice, new("Technology of the cells", "电解槽类型"), false, Choices: technologies),
        new("ownUncertaintyPercent", InputKind.Decimal, new("Uncertainty of own measured coefficients", "自测系数的不确定度"), false, "%", 0, false, 1000),
        new("ownMeasuredOn", InputKind.Date, new("Day own coefficients were measured", "自测系数的测量日期"), false),
        new("on", InputKind.Date, new("Last day of the period reported", "报告期末日"), false),
    ];

    /// <summary>Fields behind the coefficient.</summary>
    public static IReadOnlyList<InputField> CommonFields { get; } =
    [
        new("collectionEfficiencyPercent", InputKind.Decimal, new("Share of the cell gas that reaches the duct", "进入烟道的气体比例"), false, "%", 0, true, 100),
        new("lowVoltageKgPerT", InputKind.Decimal, new("CF4 outside anode effects", "非阳极效应 CF4"), false, "kg/t", 0, false, 100),
        new("gwp", InputKind.Choice, new("Set of global warming potentials", "全球变暖潜势来源"), Choices: Gwp.Sets),
    ];

    /// <summary>Own or tabled coefficients. Own ones are held to the limits of 2025/2547 Annex II B.7 where their uncertainty and age are known.</summary>
    public static (decimal Coefficient, decimal C2f6Fraction, RuleRef? Rule) Coefficients(Working w, string field, string table)
    {
        if (w.Either($"{field}+c2f6Fraction", "technology+factors") == 0)
        {
            CheckOwn(w);
            return (w[field], w["c2f6Fraction"], null);
        }
        var (row, rule) = w.Rule(Pack, table, "technology", null, w.Input.Text("factors"), w.Input.Text("technology"));
        if (row.DecimalOrNull("c2f6Fraction") is { } fraction) return (row.Decimal(field), fraction, rule);
        return w.Stop<(decimal, decimal, RuleRef?)>(Refusal.Of("pfc.no-fraction", "factors", ("given", w.Input.Text("factors"))));
    }

    static void CheckOwn(Working w)
    {
        if (w.Input.DecimalOrNull("ownUncertaintyPercent") is not { } uncertainty)
            w.Warn("pfc.own-unproven", "Own coefficients: their uncertainty is not given; they need a measurement within 15 %.", "自测系数未给出不确定度；需有不超过 15% 的测量依据。", "ownUncertaintyPercent");
        else if (w.Rule(Pack, "limits", "ownUncertaintyPercent", null, "own-factor-uncertainty") is var limit && uncertainty > limit.Row.Decimal("high"))
            w.Refuse(Refusal.Of("pfc.own-too-uncertain", "ownUncertaintyPercent", ("given", DecimalText.Write(uncertainty)), ("limit", DecimalText.Write(limit.Row.Decimal("high")))) with { Rule = limit.Rule.Article });
        if (w.Input.DateOrNull("ownMeasuredOn") is not { } measured || w.Input.DateOrNull("on") is not { } end) return;
        var age = w.Rule(Pack, "limits", "ownMeasuredOn", null, "own-factor-age");
        if (measured.PlusYears((int)age.Row.Decimal("high")) < end)
            w.Refuse(Refusal.Of("pfc.own-too-old", "ownMeasuredOn", ("given", measured.ToString("uuuu-MM-dd", null)), ("years", DecimalText.Write(age.Row.Decimal("high")))) with { Rule = age.Rule.Article });
        if (measured > end) w.Refuse(Refusal.Of("pfc.own-after-period", "ownMeasuredOn", ("given", measured.ToString("uuuu-MM-dd", null))));
    }

    /// <summary>
    /// From CF4 in the duct to both gases and CO2 equivalent. <c>cf4Kg</c> and <c>c2f6Kg</c> are what the method finds in the duct; <c>totalCf4Kg</c>, <c>totalC2f6Kg</c> and <c>tco2e</c> count
    /// what does not reach it (2025/2547 Annex II B.7, equation 20) and the part outside anode effects.
    /// </summary>
    public static void Finish(Working w, decimal ductCf4Kg, decimal c2f6Fraction, RuleRef? rule)
    {
        var ductC2f6 = w.Step("c2f6-duct", "C2F6 in the duct", "烟道中的 C2F6", "cf4Kg * c2f6Fraction", "kg", ductCf4Kg * c2f6Fraction, rule, ("cf4Kg", ductCf4Kg), ("c2f6Fraction", c2f6Fraction));
        w.Put("cf4Kg", ductCf4Kg);
        w.Put("c2f6Kg", ductC2f6);
        var share = w.Or("collectionEfficiencyPercent", 100, "%");
        var cf4 = w.Step("cf4", "CF4 with what does not reach the duct", "计入逸散的 CF4", "cf4Kg / (collectionEfficiencyPercent / 100)", "kg", ductCf4Kg / (share / 100), ("cf4Kg", ductCf4Kg), ("collectionEfficiencyPercent", share));
        var c2f6 = w.Step("c2f6", "C2F6 with what does not reach the duct", "计入逸散的 C2F6", "c2f6Kg / (collectionEfficiencyPercent / 100)", "kg", ductC2f6 / (share / 100), ("c2f6Kg", ductC2f6), ("collectionEfficiencyPercent", share));
        if (w.Input.DecimalOrNull("lowVoltageKgPerT") is { } low)
            cf4 = w.Step("cf4-low-voltage", "CF4 with the part outside anode effects", "计入非阳极效应的 CF4", "cf4Kg + lowVoltageKgPerT * productionT", "kg", cf4 + low * w["productionT"], ("cf4Kg", cf4), ("lowVoltageKgPerT", low), ("productionT", w["productionT"]));
        else
            w.Warn("pfc.low-voltage-unknown", "CF4 outside anode effects is not given and is not in this figure.", "未给出非阳极效应 CF4，本结果未包含该部分。", "lowVoltageKgPerT");
        w.Put("totalCf4Kg", cf4);
        w.Put("totalC2f6Kg", c2f6);
        Equivalent(w, cf4, c2f6);
    }

    public static void Equivalent(Working w, decimal cf4Kg, decimal c2f6Kg)
    {
        var (cf4, rule) = Gwp.Of(w, "CF4");
        var (c2f6, second) = Gwp.Of(w, "C2F6");
        w.Note(new("gwp-c2f6", new("Warming potential of C2F6", "C2F6 的变暖潜势"), null, [], c2f6, null, second));
        w.Put("tco2e", w.Step("tco2e", "Both gases as CO2", "两种气体折合 CO2", "(cf4Kg * gwpCf4 + c2f6Kg * gwpC2f6) / 1000", "t CO2e", (cf4Kg * cf4 + c2f6Kg * c2f6) / 1000, rule, ("cf4Kg", cf4Kg), ("gwpCf4", cf4), ("c2f6Kg", c2f6Kg), ("gwpC2f6", c2f6)));
    }
}

/// <summary>Method <c>aluminium.pfc-slope</c>: CF4 from the minutes of anode effect, 2025/2547 Annex II B.7 (equations 21-23) and 40 CFR 98.63.</summary>
sealed class PfcSlope() : Calculator("aluminium.pfc-slope", "1.0", new("PFC from anode-effect minutes (slope)", "按阳极效应分钟数计算 PFC（斜率法）"),
[
    Number("productionT", "Liquid aluminium", "原铝液产量", "t"),
    Number("aeMinutesPerCellDay", "Anode-effect minutes a cell and day", "阳极效应分钟数（每槽日）", "min", max: 1440, optional: true),
    Number("aePerCellDay", "Anode effects a cell and day", "阳极效应次数（每槽日）", max: 1440, optional: true),
    Number("aeDurationMin", "Mean duration of an anode effect", "阳极效应平均持续时间", "min", max: 1440, optional: true),
    .. Pfc.CoefficientFields("slope", Number("slope", "Slope, kg CF4 per t and anode-effect minute", "斜率，kg CF4/(t·AE-min/槽日)", max: 100, optional: true), ["CBAM-2025", "IPCC-2006", "IPCC-2000"], ["PFPB_L", "PFPB_M", "CWPB", "SWPB", "VSS", "HSS"]),
    .. Pfc.CommonFields,
])
{
    protected override void Work(Working w)
    {
        // Minutes a cell-day are frequency times duration; a published data set divides them by the frequency, which is right only at one effect a day.
        var minutes = w.Either("aeMinutesPerCellDay", "aePerCellDay+aeDurationMin") == 0 ? w["aeMinutesPerCellDay"]
            : w.Step("aem", "Anode-effect minutes a cell and day", "阳极效应分钟数（每槽日）", "aePerCellDay * aeDurationMin", "min", w["aePerCellDay"] * w["aeDurationMin"], ("aePerCellDay", w["aePerCellDay"]), ("aeDurationMin", w["aeDurationMin"]));
        var (slope, fraction, rule) = Pfc.Coefficients(w, "slope", "slope");
        var duct = w.Step("cf4-duct", "CF4 in the duct", "烟道中的 CF4", "slope * aeMinutesPerCellDay * productionT", "kg", slope * minutes * w["productionT"], rule, ("slope", slope), ("aeMinutesPerCellDay", minutes), ("productionT", w["productionT"]));
        Pfc.Finish(w, duct, fraction, rule);
    }
}

/// <summary>Method <c>aluminium.pfc-overvoltage</c>: CF4 from the anode-effect overvoltage, 2025/2547 Annex II B.7 (equation 24). The current efficiency is a number of percent: 95, not 0.95.</summary>
sealed class PfcOvervoltage() : Calculator("aluminium.pfc-overvoltage", "1.0", new("PFC from anode-effect overvoltage", "按阳极效应过电压计算 PFC"),
[
    Number("productionT", "Liquid aluminium", "原铝液产量", "t"),
    Number("aeoMv", "Anode-effect overvoltage", "阳极效应过电压", "mV", max: 10_000),
    new("currentEfficiencyPercent", InputKind.Decimal, new("Current efficiency in percent", "电流效率（百分数）"), Unit: "%"),
    .. Pfc.CoefficientFields("overvoltage", Number("overvoltageCoefficient", "kg CF4 per t and mV", "系数，kg CF4/(t·mV)", max: 100, optional: true), ["CBAM-2025", "IPCC-2006"], ["CWPB", "SWPB"]),
    .. Pfc.CommonFields,
])
{
    protected override void Work(Working w)
    {
        var efficiency = w["currentEfficiencyPercent"];
        var (band, efficiencyRule) = w.Rule(Pfc.Pack, "limits", "currentEfficiencyPercent", null, "current-efficiency-percent");
        if (efficiency < band.Decimal("low") || efficiency > band.Decimal("high"))
            w.Stop<Done>(Refusal.Of("pfc.efficiency-not-percent", "currentEfficiencyPercent", ("given", DecimalText.Write(efficiency)), ("low", DecimalText.Write(band.Decimal("low"))), ("high", DecimalText.Write(band.Decimal("high")))) with { Rule = efficiencyRule.Article });
        var (coefficient, fraction, rule) = Pfc.Coefficients(w, "overvoltageCoefficient", "overvoltage");
        var duct = w.Step("cf4-duct", "CF4 in the duct", "烟道中的 CF4", "overvoltageCoefficient * aeoMv / currentEfficiencyPercent * productionT", "kg", coefficient * w["aeoMv"] / efficiency * w["productionT"], rule,
            ("overvoltageCoefficient", coefficient), ("aeoMv", w["aeoMv"]), ("currentEfficiencyPercent", efficiency), ("productionT", w["productionT"]));
        if (w["productionT"] > 0 && w["aeoMv"] > 0)
        {
            var perT = duct / w["productionT"];
            var (plausible, _) = w.Rule(Pfc.Pack, "limits", "aeoMv", null, "overvoltage-cf4");
            if (perT < plausible.Decimal("low") || perT > plausible.Decimal("high"))
                w.Stop<Done>(Refusal.Of("pfc.implausible", "aeoMv", ("given", DecimalText.Write(Math.Round(perT, 6))), ("low", DecimalText.Write(plausible.Decimal("low"))), ("high", DecimalText.Write(plausible.Decimal("high")))));
        }
        Pfc.Finish(w, duct, fraction, rule);
    }
}

/// <summary>Method <c>aluminium.pfc-tier1</c>: technology averages a tonne (IPCC 2006 tier 1). They may be wrong by several hundred percent, so no other method falls back on them.</summary>
sealed class PfcTier1() : Calculator("aluminium.pfc-tier1", "1.0", new("PFC from technology averages (tier 1)", "按技术平均值计算 PFC（层级 1）"),
    Number("productionT", "Liquid aluminium", "原铝液产量", "t"),
    Choice("technology", "Technology of the cells", "电解槽类型", ["CWPB", "SWPB", "VSS", "HSS"]),
    Choice("gwp", "Set of global warming potentials", "全球变暖潜势来源", Gwp.Sets))
{
    protected override void Work(Working w)
    {
        var (row, rule) = w.Rule(Pfc.Pack, "tier1", "technology", null, w.Input.Text("technology"));
        w.Warn("pfc.tier1", "A technology average: the true figure may be a small part of it or several times as much.", "此为技术平均值：实际值可能远低于或数倍于此。", "technology");
        decimal cf4PerT = row.Decimal("cf4KgPerT"), c2f6PerT = row.Decimal("c2f6KgPerT");
        var cf4 = w.Put("cf4Kg", w.Step("cf4", "CF4", "CF4", "cf4KgPerT * productionT", "kg", cf4PerT * w["productionT"], rule, ("cf4KgPerT", cf4PerT), ("productionT", w["productionT"])));
        var c2f6 = w.Put("c2f6Kg", w.Step("c2f6", "C2F6", "C2F6", "c2f6KgPerT * productionT", "kg", c2f6PerT * w["productionT"], rule, ("c2f6KgPerT", c2f6PerT), ("productionT", w["productionT"])));
        Pfc.Equivalent(w, cf4, c2f6);
    }
}
