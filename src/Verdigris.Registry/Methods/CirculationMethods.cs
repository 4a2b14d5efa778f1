using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Rules;

namespace Verdigris.Registry.Methods;

/// <summary>Method <c>ets.tnac</c>: units in circulation out of their components, and what a stability reserve does about them.</summary>
sealed class CirculationMethod() : SchemeMethod("ets.tnac", new("Allowances in circulation", "流通配额总量"), SchemeCode(), Year("Year at whose end they circulate", "年末所属年度"),
    Items("components", "Components, by year or added up", "组成项（按年或累计）", Text("component", "Component of the scheme: auctioned, free, emissions", "组成项：auctioned、free、emissions"), Whole("year", "Year", "年份", FirstYear, LastYear, optional: true), Number("units", "Units", "数量", "units")))
{
    protected override void Work(Working w)
    {
        var (scheme, year) = (SchemeOf(w), w.Input.Integer("year"));
        var total = w.Value(Circulation.Of(scheme, year, [.. w.Input.List("components").Select(c => new CirculationEntry(c.Text("component"), c.IntegerOrNull("year"), c.Decimal("units")))]));
        foreach (var part in total.Parts) w.Step("part-" + part.Component, $"{part.Side}: {part.Component}", $"{part.Side}：{part.Component}", "sum over the years", "units", part.Units, part.Rule);
        w.Put("totalSupply", w.Step("supply", "Supply", "供给", "sum(supply)", "units", total.Supply));
        w.Put("totalDemand", w.Step("demand", "Demand", "需求", "sum(demand)", "units", total.Demand));
        w.Put("tnac", w.Step("tnac", "In circulation", "流通量", "supply - (demand + reserve)", "units", total.Units, ("supply", total.Supply), ("demand", total.Demand), ("reserve", total.Reserve)));
        var move = w.Value(StabilityReserve.Of(scheme, year, total.Units, total.Reserve));
        w.Put("intake", w.Step("intake", "Taken in", "纳入量", "round(tnac * share * months / 12) or round(tnac - bound)", "units", move.Intake, move.Rule, ("tnac", total.Units)));
        w.Put("release", w.Step("release", "Given back", "释放量", "min(reserve, units)", "units", move.Release, move.Rule, ("tnac", total.Units)));
    }
}

/// <summary>Method <c>ets.reserve-years</c>: a stability reserve over several years.</summary>
sealed class ReserveYearsMethod() : SchemeMethod("ets.reserve-years", new("Stability reserve year by year", "稳定储备逐年推演"), SchemeCode(), Number("reserve", "In the reserve at the start of the first year", "首年年初储备量", "units"),
    new InputField("before", InputKind.Numbers, new("Decided by the surplus of the two years before, oldest first; below zero where it gives back", "此前两年流通总量所决定的数量（由远及近；释放为负）"), Required: false, Unit: "units", AtLeast: 0),
    Items("years", "Years, one after the other", "各年（连续）", Year(), Number("tnac", "In circulation at its end, as published", "年末流通量（已公布）", "units", optional: true), Number("supply", "Issued to the market before the reserve", "储备调整前的市场供给", "units", optional: true),
        Number("demand", "Used up", "使用量", "units", optional: true), Number("added", "Put straight into the reserve", "直接转入储备", "units", optional: true), Number("auctionedBefore", "Auctioned in the year before", "上一年度拍卖量", "units", optional: true)))
{
    protected override void Work(Working w)
    {
        var scheme = SchemeOf(w);
        if (w.Input.Numbers("before").Count > 2) w.Stop<Done>(Refusal.Of("ets.years-order", "before", ("given", $"{w.Input.Numbers("before").Count}"), ("right", "2")));
        var years = w.Input.List("years").Select(y => new ReserveYearInput(y.Integer("year"), y.DecimalOrNull("tnac"), y.DecimalOrNull("supply"), y.DecimalOrNull("demand"), y.DecimalOrNull("added") ?? 0, y.DecimalOrNull("auctionedBefore"))).ToList();
        var path = w.Value(ReservePath.Of(scheme, w["reserve"], [.. w.Input.Numbers("before").Select(b => new ReserveMove(Math.Max(0, b), Math.Max(0, -b), null))], years));
        var result = new JsonObject();
        foreach (var year in path)
        {
            if (year.Lapsed > 0) w.Step($"lapse-{year.Year}", $"Lapses on 1 January {year.Year}", $"{year.Year} 年 1 月 1 日失效", "max(0, reserve - limit)", "units", year.Lapsed, year.LapseRule);
            w.Step($"taken-{year.Year}", $"Into the reserve in {year.Year}", $"{year.Year} 年转入储备", "January to August + September to December", "units", year.TakenEarly + year.TakenLate, ("early", year.TakenEarly), ("late", year.TakenLate));
            w.Step($"reserve-{year.Year}", $"Reserve at the end of {year.Year}", $"{year.Year} 年末储备", "before - lapsed + taken + added", "units", year.Reserve, ("added", year.Added));
            w.Step($"tnac-{year.Year}", $"In circulation at the end of {year.Year}", $"{year.Year} 年末流通量", "published, or before + supply - taken - demand", "units", year.Circulating);
            w.Step($"decided-{year.Year}", $"Decided by the surplus of {year.Year}", $"{year.Year} 年流通量所决定", "intake - release", "units", year.Decided.Intake - year.Decided.Release, year.Decided.Rule, ("tnac", year.Circulating));
            result[$"{year.Year}"] = new JsonObject
            {
                ["lapsed"] = Working.Shown(year.Lapsed),
                ["takenEarly"] = Working.Shown(year.TakenEarly),
                ["takenLate"] = Working.Shown(year.TakenLate),
                ["reserve"] = Working.Shown(year.Reserve),
                ["tnac"] = Working.Shown(year.Circulating),
                ["decided"] = Working.Shown(year.Decided.Intake - year.Decided.Release),
            };
        }
        w.Put("years", result);
    }
}
