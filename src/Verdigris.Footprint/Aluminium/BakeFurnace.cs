using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Aluminium;

/// <summary>Method <c>aluminium.bake-pitch-volatiles</c>: volatiles of pitch burnt in the bake furnace, 40 CFR 98.63 (equation F-7).</summary>
sealed class BakePitchVolatiles() : Calculator("aluminium.bake-pitch-volatiles", "1.0", new("CO2 of pitch volatiles in the bake furnace", "焙烧炉沥青挥发分 CO2"),
    Number("bakedAnodeT", "Baked anodes", "焙烧阳极产量", "t"),
    Number("greenAnodeT", "Green anodes loaded", "装入生阳极", "t", optional: true),
    Number("hydrogenT", "Hydrogen in the pitch", "沥青中的氢", "t", optional: true),
    Number("wasteTarT", "Tar collected", "收集的焦油", "t", optional: true),
    Choice("furnace", "Kind of furnace, where the tar is not given", "炉型（未给出焦油量时）", ["riedhammer", "other"], optional: true))
{
    protected override void Work(Working w)
    {
        var baked = w["bakedAnodeT"];
        var green = w.Input.Has("greenAnodeT") ? w["greenAnodeT"] : Estimate(w, "greenAnodeT", "bake.greenPerBaked", baked);
        var hydrogen = w.Input.Has("hydrogenT") ? w["hydrogenT"] : Estimate(w, "hydrogenT", "bake.hydrogenShare", green);
        decimal tar;
        if (w.Either("wasteTarT", "furnace") == 0) tar = w["wasteTarT"];
        else
        {
            var (row, rule) = w.Rule(Anodes.Pack, "furnaces", "furnace", null, w.Input.Text("furnace"));
            tar = w.Step("tar", "Tar collected by this kind of furnace", "该炉型收集的焦油", "wasteTarShare * greenAnodeT", "t", row.Decimal("wasteTarShare") * green, rule, ("wasteTarShare", row.Decimal("wasteTarShare")), ("greenAnodeT", green));
        }
        Percents.NotBelowZero(w, "greenAnodeT", green - hydrogen - baked - tar);
        w.Put("tco2", w.Step("tco2", "CO2 of what is burnt", "燃烧部分的 CO2", "(greenAnodeT - hydrogenT - bakedAnodeT - wasteTarT) * 44 / 12", "t CO2", Carbon.Co2(green - hydrogen - baked - tar), w.Cite(Anodes.Pack, "40 CFR 98.63, equation F-7"),
            ("greenAnodeT", green), ("hydrogenT", hydrogen), ("bakedAnodeT", baked), ("wasteTarT", tar)));
    }

    static decimal Estimate(Working w, string field, string name, decimal of)
    {
        var (row, rule) = w.Rule(Anodes.Pack, "defaults", field, null, name);
        return w.Or(field, row.Decimal("value") * of, "t", rule);
    }
}

/// <summary>Method <c>aluminium.bake-packing-coke</c>: packing coke burnt off in the bake furnace, 40 CFR 98.63 (equation F-8).</summary>
sealed class BakePackingCoke() : Calculator("aluminium.bake-packing-coke", "1.0", new("CO2 of packing coke in the bake furnace", "焙烧炉填充焦 CO2"),
    Number("bakedAnodeT", "Baked anodes", "焙烧阳极产量", "t"),
    Number("packingCokeTPerT", "Packing coke used", "填充焦消耗", "t/t", max: 1, optional: true),
    Number("sulphurPercent", "Sulphur in packing coke", "填充焦含硫量", "%", max: 100, optional: true),
    Number("ashPercent", "Ash in packing coke", "填充焦灰分", "%", max: 100, optional: true))
{
    protected override void Work(Working w)
    {
        decimal used = Anodes.Or(w, "packingCokeTPerT", "packing.packingCokeTPerT", "t/t"), sulphur = Anodes.Or(w, "sulphurPercent", "packing.sulphurPercent", "%"), ash = Anodes.Or(w, "ashPercent", "packing.ashPercent", "%");
        Percents.Within(w, "ashPercent", sulphur + ash);
        w.Put("tco2", w.Step("tco2", "CO2 of the coke burnt off", "烧损焦的 CO2", "packingCokeTPerT * bakedAnodeT * (100 - sulphurPercent - ashPercent) / 100 * 44 / 12", "t CO2", Carbon.Co2(used * w["bakedAnodeT"] * (100 - sulphur - ash) / 100),
            w.Cite(Anodes.Pack, "40 CFR 98.63, equation F-8"), ("packingCokeTPerT", used), ("bakedAnodeT", w["bakedAnodeT"]), ("sulphurPercent", sulphur), ("ashPercent", ash)));
    }
}

/// <summary>Method <c>aluminium.coke-calcination</c>: green coke calcined, with the methane burnt in the kiln gas.</summary>
sealed class CokeCalcination() : Calculator("aluminium.coke-calcination", "1.0", new("CO2 of coke calcination", "石油焦煅烧 CO2"),
    Number("greenCokeT", "Green coke fed", "生焦投料", "t"),
    Number("calcinedCokeT", "Calcined coke made", "煅后焦产量", "t"),
    Number("underCalcinedCokeT", "Coke calcined too little", "欠煅焦", "t"),
    Number("dustT", "Coke dust collected", "收集的焦粉", "t"),
    Number("waterPercent", "Water in green coke", "生焦水分", "%", max: 100),
    Number("volatilesPercent", "Volatile matter in green coke", "生焦挥发分", "%", max: 100),
    Number("greenSulphurPercent", "Sulphur in green coke", "生焦含硫量", "%", max: 100),
    Number("calcinedSulphurPercent", "Sulphur in calcined coke", "煅后焦含硫量", "%", max: 100))
{
    protected override void Work(Working w)
    {
        var rule = w.Cite(Anodes.Pack, "Coke calcination, carbon balance with a methane term", RuleStatus.Secondary);
        Percents.Within(w, "volatilesPercent", w["waterPercent"] + w["volatilesPercent"] + w["greenSulphurPercent"]);
        var fed = w.Step("fed", "Carbon fed", "投入碳", "greenCokeT * (100 - waterPercent - volatilesPercent - greenSulphurPercent) / 100", "t C", w["greenCokeT"] * (100 - w["waterPercent"] - w["volatilesPercent"] - w["greenSulphurPercent"]) / 100, rule,
            ("greenCokeT", w["greenCokeT"]), ("waterPercent", w["waterPercent"]), ("volatilesPercent", w["volatilesPercent"]), ("greenSulphurPercent", w["greenSulphurPercent"]));
        var kept = w.Step("kept", "Carbon that leaves as coke and dust", "以焦和焦粉离开的碳", "(calcinedCokeT + underCalcinedCokeT + dustT) * (100 - calcinedSulphurPercent) / 100", "t C", (w["calcinedCokeT"] + w["underCalcinedCokeT"] + w["dustT"]) * (100 - w["calcinedSulphurPercent"]) / 100, rule,
            ("calcinedCokeT", w["calcinedCokeT"]), ("underCalcinedCokeT", w["underCalcinedCokeT"]), ("dustT", w["dustT"]), ("calcinedSulphurPercent", w["calcinedSulphurPercent"]));
        Percents.NotBelowZero(w, "calcinedCokeT", fed - kept);
        var (row, share) = w.Rule(Anodes.Pack, "defaults", "greenCokeT", null, "calcination.dustFactor");
        var methane = w.Step("volatiles", "CO2 of the methane in the kiln gas", "窑气中甲烷的 CO2", "greenCokeT * methaneShare * 44 / 16", "t CO2", w["greenCokeT"] * row.Decimal("value") * 44 / 16, share, ("greenCokeT", w["greenCokeT"]), ("methaneShare", row.Decimal("value")));
        w.Put("tco2", w.Step("tco2", "CO2 of the kiln", "煅烧窑 CO2", "(fed - kept) * 44 / 12 + volatiles", "t CO2", Carbon.Co2(fed - kept) + methane, rule, ("fed", fed), ("kept", kept), ("volatiles", methane)));
    }
}

/// <summary>Method <c>aluminium.anode-plant-balance</c>: mass balance over a paste plant and bake furnace with default carbon fractions.</summary>
sealed class AnodePlantBalance() : Calculator("aluminium.anode-plant-balance", "1.0", new("CO2 of anodes by mass balance", "阳极生产与消耗的碳平衡 CO2"),
    Number("pitchT", "Pitch used", "沥青用量", "t"),
    Number("cokeT", "Coke used", "焦用量", "t"),
    Number("packingCokeT", "Packing coke used", "填充焦用量", "t"),
    Number("boughtAnodesT", "Anodes bought", "外购阳极", "t"),
    Number("soldAnodesT", "Anodes sold", "外售阳极", "t"),
    Number("byProductCarbonT", "Carbon in by-products that leave", "离开的副产物含碳量", "t C"))
{
    protected override void Work(Working w)
    {
        decimal In(string field, string material)
        {
            var (row, rule) = w.Rule(Anodes.Pack, "carbon", field, null, material);
            var fraction = row.Decimal("carbonFraction");
            return w.Step(material, $"Carbon in {material.Replace('-', ' ')}", $"{field} 的含碳量", $"{field} * carbonFraction", "t C", w[field] * fraction, rule, (field, w[field]), ("carbonFraction", fraction));
        }
        decimal pitch = In("pitchT", "pitch"), coke = In("cokeT", "coke"), packing = In("packingCokeT", "packing-coke"), bought = In("boughtAnodesT", "bought-anodes"), sold = In("soldAnodesT", "sold-anodes"), byProducts = w["byProductCarbonT"];
        var left = pitch + coke + packing + bought - sold - byProducts;
        Percents.NotBelowZero(w, "soldAnodesT", left);
        w.Put("tco2", w.Step("tco2", "CO2 of the carbon that stays", "留存碳的 CO2", "(pitch + coke + packingCoke + boughtAnodes - soldAnodes - byProducts) * 44 / 12", "t CO2", Carbon.Co2(left),
            w.Cite(Anodes.Pack, "Mass balance over anodes", RuleStatus.Secondary), ("pitch", pitch), ("coke", coke), ("packingCoke", packing), ("boughtAnodes", bought), ("soldAnodes", sold), ("byProducts", byProducts)));
    }
}
