using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Footprint.Transport;

/// <summary>Freight by ISO 14083: tonne-kilometres times an intensity, tank to wheel and well to tank apart where both are known.</summary>
static class TransportMethods
{
    public const string Pack = "footprint/transport";

    public static IReadOnlyList<ICalculator> All { get; } = [new TransportLeg(), new TransportShift(), new TransportChain()];

    public static (decimal Ttw, decimal Wtt, RuleRef Rule) Factor(Working w, string field, string vehicle)
    {
        var (row, rule) = w.Rule(Pack, "factors", field, null, vehicle);
        return (row.Decimal("ttwKgPerTkm"), row.Decimal("wttKgPerTkm"), rule);
    }
}

/// <summary>Method <c>transport.leg</c>: one leg, by an own intensity or that of a vehicle of the table.</summary>
sealed class TransportLeg() : Calculator("transport.leg", "1.0", new("Transport, one leg", "单程运输"),
    Number("massT", "Mass carried", "运量", "t"),
    Number("distanceKm", "Distance", "运距", "km", max: 100_000),
    Number("gPerTonneKm", "Intensity, well to wheel", "全生命周期强度", "g CO2e/tkm", max: 100_000, optional: true),
    Text("vehicle", "Vehicle, where its intensity comes from the table", "车辆（强度查表时）", optional: true))
{
    protected override void Work(Working w)
    {
        var work = w.Step("tkm", "Tonne-kilometres", "吨公里", "massT * distanceKm", "tkm", w["massT"] * w["distanceKm"], ("massT", w["massT"]), ("distanceKm", w["distanceKm"]));
        if (w.Either("gPerTonneKm", "vehicle") == 0)
        {
            w.Put("kgCo2e", w.Step("kg", "CO2e of the leg", "该程 CO2e", "tkm * gPerTonneKm / 1000", "kg CO2e", work * w["gPerTonneKm"] / 1000, ("tkm", work), ("gPerTonneKm", w["gPerTonneKm"])));
            return;
        }
        var (ttw, wtt, rule) = TransportMethods.Factor(w, "vehicle", w.Input.Text("vehicle"));
        w.Put("ttwKgCo2e", w.Step("ttw", "Tank to wheel", "油箱到车轮", "tkm * ttwKgPerTkm", "kg CO2e", work * ttw, rule, ("tkm", work), ("ttwKgPerTkm", ttw)));
        w.Put("wttKgCo2e", w.Step("wtt", "Well to tank", "油井到油箱", "tkm * wttKgPerTkm", "kg CO2e", work * wtt, rule, ("tkm", work), ("wttKgPerTkm", wtt)));
        w.Put("kgCo2e", w.Step("kg", "CO2e of the leg", "该程 CO2e", "ttw + wtt", "kg CO2e", work * (ttw + wtt), ("ttw", work * ttw), ("wtt", work * wtt)));
    }
}

/// <summary>Method <c>transport.shift</c>: what is saved by carrying the same work another way.</summary>
sealed class TransportShift() : Calculator("transport.shift", "1.0", new("Shift from one mode to another", "运输方式转换"),
    Number("tonneKm", "Work moved", "转移运量", "tkm"),
    Number("fromFactor", "Intensity before", "转换前强度", "kg CO2e/tkm", max: 100, optional: true),
    Number("toFactor", "Intensity after", "转换后强度", "kg CO2e/tkm", max: 100, optional: true),
    Text("fromVehicle", "Vehicle before", "转换前车辆", optional: true),
    Text("toVehicle", "Vehicle after", "转换后车辆", optional: true))
{
    protected override void Work(Working w)
    {
        decimal from, to;
        RuleRef? rule = null;
        if (w.Either("fromFactor+toFactor", "fromVehicle+toVehicle") == 0) (from, to) = (w["fromFactor"], w["toFactor"]);
        else
        {
            (var ttw, var wtt, rule) = TransportMethods.Factor(w, "fromVehicle", w.Input.Text("fromVehicle"));
            from = ttw + wtt;
            (ttw, wtt, _) = TransportMethods.Factor(w, "toVehicle", w.Input.Text("toVehicle"));
            to = ttw + wtt;
        }
        w.Put("savedTco2e", w.Step("saved", "Saved", "减排量", "tonneKm * (fromFactor - toFactor) / 1000", "t CO2e", w["tonneKm"] * (from - to) / 1000, rule, ("tonneKm", w["tonneKm"]), ("fromFactor", from), ("toFactor", to)));
    }
}

/// <summary>Method <c>transport.chain</c>: the legs of a delivery, each with its own share of the mass by each way (road to rail), so that a share that changes changes the sum.</summary>
sealed class TransportChain() : Calculator("transport.chain", "1.0", new("Transport chain", "运输链"),
    Number("massT", "Mass delivered", "交付质量", "t"),
    Items("legs", "Legs", "运程",
        Text("name", "Name of the leg", "运程名称"),
        Number("distanceKm", "Distance", "运距", "km", max: 100_000),
        Text("vehicle", "Vehicle", "车辆"),
        Number("share", "Share of the mass carried so", "承运质量份额", max: 1)))
{
    protected override void Work(Working w)
    {
        var legs = w.Input.List("legs");
        foreach (var leg in legs.GroupBy(l => l.Text("name")))
            if (leg.Sum(l => l.Decimal("share")) != 1) w.Refuse(Refusal.Of("transport.shares", "legs", ("leg", leg.Key), ("given", DecimalText.Write(leg.Sum(l => l.Decimal("share"))))));
        var parts = new JsonArray();
        decimal total = 0;
        for (var i = 0; i < legs.Count; i++)
        {
            var (ttw, wtt, rule) = TransportMethods.Factor(w, $"legs[{i}].vehicle", legs[i].Text("vehicle"));
            var kg = w.Step($"leg-{i + 1}", $"{legs[i].Text("name")}, {legs[i].Text("vehicle")}", $"{legs[i].Text("name")}，{legs[i].Text("vehicle")}", "massT * share * distanceKm * (ttw + wtt)", "kg CO2e", w["massT"] * legs[i].Decimal("share") * legs[i].Decimal("distanceKm") * (ttw + wtt), rule,
                ("massT", w["massT"]), ("share", legs[i].Decimal("share")), ("distanceKm", legs[i].Decimal("distanceKm")), ("ttw", ttw), ("wtt", wtt));
            parts.Add(new JsonObject { ["name"] = legs[i].Text("name"), ["vehicle"] = legs[i].Text("vehicle"), ["kgCo2e"] = Working.Shown(kg) });
            total += kg;
        }
        w.Put("legs", parts);
        w.Put("kgCo2e", w.Step("total", "All legs", "全部运程", "sum of the legs", "kg CO2e", total));
        if (w["massT"] > 0) w.Put("kgCo2ePerT", w.Step("per-t", "A tonne delivered", "每吨交付", "kgCo2e / massT", "kg CO2e/t", total / w["massT"], ("kgCo2e", total), ("massT", w["massT"])));
    }
}
