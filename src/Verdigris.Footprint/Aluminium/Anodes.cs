using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Aluminium;

/// <summary>Carbon of anodes and paste. All carbon that leaves is counted as CO2; 44/12 tonnes of CO2 a tonne of carbon, as 40 CFR 98.63 has it.</summary>
static class Anodes
{
    public const string Pack = "footprint/anodes";

    /// <summary>A field, or its default of 40 CFR 98 Table F-2.</summary>
    public static decimal Or(Working w, string field, string name, string? unit)
    {
        var (row, rule) = w.Rule(Pack, "defaults", field, null, name);
        return w.Or(field, row.Decimal("value"), unit, rule);
    }
}

/// <summary>Method <c>aluminium.anode-prebake</c>: CO2 of prebaked anodes, 40 CFR 98.63 (equation F-5), IPCC 2006 vol. 3 ch. 4.</summary>
sealed class AnodePrebake() : Calculator("aluminium.anode-prebake", "1.0", new("CO2 of prebaked anodes", "预焙阳极 CO2"),
    Number("productionT", "Liquid aluminium", "原铝液产量", "t"),
    Number("netAnodeTPerT", "Anodes used, net of butts", "净阳极消耗", "t/t", max: 5),
    Number("sulphurPercent", "Sulphur in the anodes", "阳极含硫量", "%", max: 100, optional: true),
    Number("ashPercent", "Ash in the anodes", "阳极灰分", "%", max: 100, optional: true))
{
    protected override void Work(Working w)
    {
        decimal sulphur = Anodes.Or(w, "sulphurPercent", "prebake.sulphurPercent", "%"), ash = Anodes.Or(w, "ashPercent", "prebake.ashPercent", "%");
        Percents.Within(w, "ashPercent", sulphur + ash);
        w.Put("tco2", w.Step("tco2", "CO2 of the carbon used", "消耗碳的 CO2", "productionT * netAnodeTPerT * (100 - sulphurPercent - ashPercent) / 100 * 44 / 12", "t CO2",
            Carbon.Co2(w["productionT"] * w["netAnodeTPerT"] * (100 - sulphur - ash) / 100), w.Cite(Anodes.Pack, "40 CFR 98.63, equation F-5"), ("productionT", w["productionT"]), ("netAnodeTPerT", w["netAnodeTPerT"]), ("sulphurPercent", sulphur), ("ashPercent", ash)));
    }
}

/// <summary>Method <c>aluminium.anode-soderberg</c>: CO2 of Soderberg paste, 40 CFR 98.63 (equation F-6).</summary>
sealed class AnodeSoderberg() : Calculator("aluminium.anode-soderberg", "1.0", new("CO2 of Soderberg paste", "自焙阳极糊 CO2"),
    Number("productionT", "Liquid aluminium", "原铝液产量", "t"),
    Number("pasteTPerT", "Paste used", "阳极糊消耗", "t/t", max: 5),
    Choice("technology", "Technology of the cells, where binder and solubles are not given", "电解槽类型（未给出粘结剂与可溶物时）", ["VSS", "HSS"], optional: true),
    Choice("paste", "Dry or wet paste, where binder and solubles are not given", "干糊或湿糊（未给出粘结剂与可溶物时）", ["dry", "wet"], optional: true),
    Number("binderPercent", "Binder in the paste", "糊中粘结剂", "%", max: 100, optional: true),
    Number("cyclohexaneSolubleKgPerT", "Cyclohexane-soluble matter emitted", "环己烷可溶物排放", "kg/t", max: 1000, optional: true),
    Number("pitchSulphurPercent", "Sulphur in pitch", "沥青含硫量", "%", max: 100, optional: true),
    Number("pitchAshPercent", "Ash in pitch", "沥青灰分", "%", max: 100, optional: true),
    Number("pitchHydrogenPercent", "Hydrogen in pitch", "沥青含氢量", "%", max: 100, optional: true),
    Number("cokeSulphurPercent", "Sulphur in calcined coke", "煅后焦含硫量", "%", max: 100, optional: true),
    Number("cokeAshPercent", "Ash in calcined coke", "煅后焦灰分", "%", max: 100, optional: true),
    Number("dustTPerT", "Carbon dust skimmed", "捞出的碳渣", "t/t", max: 1, optional: true))
{
    protected override void Work(Working w)
    {
        decimal binder, solubles;
        if (w.Either("binderPercent+cyclohexaneSolubleKgPerT", "technology+paste") == 0) (binder, solubles) = (w["binderPercent"], w["cyclohexaneSolubleKgPerT"]);
        else
        {
            var (row, rule) = w.Rule(Anodes.Pack, "soderberg", "technology", null, w.Input.Text("technology"), w.Input.Text("paste"));
            binder = w.Or("binderPercent", row.Decimal("binderPercent"), "%", rule);
            solubles = w.Or("cyclohexaneSolubleKgPerT", row.Decimal("cyclohexaneSolubleKgPerT"), "kg/t", rule);
        }
        decimal Default(string field, string unit = "%") => Anodes.Or(w, field, "soderberg." + field, unit);
        decimal pitch = Default("pitchSulphurPercent") + Default("pitchAshPercent") + Default("pitchHydrogenPercent"), coke = Default("cokeSulphurPercent") + Default("cokeAshPercent"), dust = Default("dustTPerT", "t/t");
        Percents.Within(w, "pitchHydrogenPercent", pitch);
        Percents.Within(w, "cokeAshPercent", coke);
        decimal production = w["productionT"], paste = w["pasteTPerT"] * production;
        var used = w.Step("paste", "Paste used", "阳极糊用量", "pasteTPerT * productionT", "t", paste, ("pasteTPerT", w["pasteTPerT"]), ("productionT", production));
        var soluble = w.Step("solubles", "Leaves as cyclohexane-soluble matter", "以环己烷可溶物离开", "cyclohexaneSolubleKgPerT * productionT / 1000", "t", solubles * production / 1000, ("cyclohexaneSolubleKgPerT", solubles), ("productionT", production));
        var inPitch = w.Step("pitch", "Sulphur, ash and hydrogen of the pitch", "沥青中的硫、灰分与氢", "binderPercent / 100 * paste * pitchOtherPercent / 100", "t", binder / 100 * used * pitch / 100, ("binderPercent", binder), ("paste", used), ("pitchOtherPercent", pitch));
        var inCoke = w.Step("coke", "Sulphur and ash of the coke", "焦中的硫与灰分", "(100 - binderPercent) / 100 * paste * cokeOtherPercent / 100", "t", (100 - binder) / 100 * used * coke / 100, ("binderPercent", binder), ("paste", used), ("cokeOtherPercent", coke));
        var skimmed = w.Step("dust", "Carbon dust skimmed", "捞出的碳渣", "dustTPerT * productionT", "t", dust * production, ("dustTPerT", dust), ("productionT", production));
        var carbon = used - soluble - inPitch - inCoke - skimmed;
        Percents.NotBelowZero(w, "pasteTPerT", carbon);
        w.Put("tco2", w.Step("tco2", "CO2 of the carbon left", "剩余碳的 CO2", "(paste - solubles - pitch - coke - dust) * 44 / 12", "t CO2", Carbon.Co2(carbon), w.Cite(Anodes.Pack, "40 CFR 98.63, equation F-6"), ("paste", used), ("solubles", soluble), ("pitch", inPitch), ("coke", inCoke), ("dust", skimmed)));
    }
}
