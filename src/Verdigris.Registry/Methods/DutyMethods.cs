using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Rules;

namespace Verdigris.Registry.Methods;

/// <summary>Method <c>ets.offset-limit</c>: most credits that count.</summary>
sealed class OffsetLimitMethod() : SchemeMethod("ets.offset-limit", new("Limit of offsets", "抵销上限"), SchemeCode(), Year(optional: true), Number("obligation", "Obligation, or whatever the basis is", "履约量（或所依据的量）", "units"),
    Choice("basis", "What the share refers to", "比例依据", ["obligation", "allocation-before", "emissions"], optional: true),
    Text("relief", "Kind of plant whose obligation is limited, where the share is of what is due: coal, gas", "适用履约上限的机组类型（如比例依据为应清缴量）：coal、gas", optional: true),
    Number("allocation", "Free allocation of the year, which such a limit refers to", "该年度免费配额（履约上限所依据）", "units", optional: true))
{
    protected override void Work(Working w)
    {
        var (scheme, basis, of) = (SchemeOf(w), w.Input.TextOrNull("basis") ?? "obligation", w["obligation"]);
        if (w.Input.TextOrNull("relief") is { } relief)
        {
            foreach (var field in new[] { "year", "allocation" })
                if (!w.Input.Has(field)) { w.Stop<Done>(Refusal.Of("calc.missing-field", field, ("field", field))); return; }
            var year = w.Input.Integer("year");
            if (basis != "obligation" || !Limits.OfDue(w.Value(scheme.Rule("offsets", year, basis)).Row)) { w.Stop<Done>(scheme.NoRule("offsets", year, basis, "due")); return; }
            var (due, limit) = w.Value(Obligations.Limited(scheme, year, relief, of, w["allocation"]));
            of = w.Step("due", "Due for surrender", "应清缴量", "min(obligation, allocation + share * obligation)", "units", due, limit, ("obligation", of), ("allocation", w["allocation"]));
        }
        var (most, local, rule) = w.Value(Limits.Offsets(scheme, w.Input.IntegerOrNull("year"), basis, of));
        w.Put("maxOffsets", w.Step("most", "Most credits", "最多可用抵销量", "round_down(obligation * share)", "units", most, rule, ("obligation", of)));
        w.Put("ofThemLocal", local is { } known ? w.Step("local", "Of these at least from here", "其中本地至少", "most * local", "units", known, rule) : (JsonNode?)null);
    }
}

/// <summary>Method <c>ets.penalty</c>: what a shortfall costs.</summary>
sealed class PenaltyMethod() : SchemeMethod("ets.penalty", new("Penalty of a shortfall", "未履约处罚"), SchemeCode(), Year("Year of the deadline missed", "逾期截止日所属年度"), Number("shortfall", "Units missing", "欠缴量", "units"),
    Number("referencePrice", "Market price the scheme refers to", "体系所参照的市场价格", optional: true), Number("indexFactor", "Rise of consumer prices since the amount was set; 1 before any", "自金额确定以来的物价涨幅系数；未上涨为 1", optional: true))
{
    protected override void Work(Working w)
    {
        var scheme = SchemeOf(w);
        var amounts = w.Value(Penalties.Of(scheme, w.Input.Integer("year"), w["shortfall"], w.Input.DecimalOrNull("referencePrice"), w.Input.DecimalOrNull("indexFactor")));
        foreach (var amount in amounts)
            w.Step("penalty-" + amount.Penalty, $"Penalty: {amount.Penalty}", $"处罚：{amount.Penalty}", "shortfall * amount", scheme.Currency, amount.Most, amount.Rule, ("shortfall", w["shortfall"]), ("least", amount.Least));
        var (least, most) = (amounts.Sum(a => a.Least), amounts.Sum(a => a.Most));
        w.Put("min", least);
        w.Put("max", most);
        if (least == most) w.Put("amount", most);
        w.Put("owedUnits", amounts.Max(a => a.OwedUnits));
        w.Put("currency", scheme.Currency);
    }
}

/// <summary>Method <c>ets.carry-over</c>: units of a vintage that live on.</summary>
sealed class CarryOverMethod() : SchemeMethod("ets.carry-over", new("Carry-over", "配额结转"), SchemeCode(), Whole("vintage", "Year of the units", "配额年度", FirstYear, LastYear), Number("held", "Units held", "持有量", "units"),
    Number("sold", "Sold over the whole span", "期间累计卖出", "units", optional: true), Number("bought", "Bought over the whole span", "期间累计买入", "units", optional: true))
{
    protected override void Work(Working w)
    {
        var scheme = SchemeOf(w);
        var vintage = w.Input.Integer("vintage");
        if (scheme.Rows("banking", vintage).Any(r => r.Text("rule") == "net-sold") && !(w.Input.Has("sold") && w.Input.Has("bought"))) w.Stop<Done>(Refusal.Of("calc.missing-field", w.Input.Has("sold") ? "bought" : "sold", ("field", w.Input.Has("sold") ? "bought" : "sold")));
        var (most, rule) = w.Value(Limits.CarryOver(scheme, vintage, w["held"], w.Input.DecimalOrNull("sold") ?? 0, w.Input.DecimalOrNull("bought") ?? 0));
        w.Put("maxCarried", w.Step("most", "Most that lives on", "最多可结转", "min(held, max(0, sold - bought) * factor + basic)", "units", most, rule, ("held", w["held"])));
    }
}

/// <summary>Method <c>ets.borrowing</c>: units of a later year used for this one.</summary>
sealed class BorrowingMethod() : SchemeMethod("ets.borrowing", new("Borrowing", "配额预支"), SchemeCode(), Year(), Number("obligation", "Obligation", "履约量", "units"), Number("shortfall", "Units missing", "欠缴量", "units"))
{
    protected override void Work(Working w)
    {
        var (most, rule) = w.Value(Limits.Borrowing(SchemeOf(w), w.Input.Integer("year"), w["obligation"], w["shortfall"]));
        w.Put("maxBorrowed", w.Step("most", "Most that may be borrowed", "最多可预支", "shortfall * factor, from the least share of the obligation on", "units", most, rule, ("shortfall", w["shortfall"]), ("obligation", w["obligation"])));
    }
}

/// <summary>Method <c>ets.holding-limit</c>: most units one may hold.</summary>
sealed class HoldingLimitMethod() : SchemeMethod("ets.holding-limit", new("Holding limit", "持有上限"), SchemeCode(), Year(), Text("limit", "Limit of the scheme", "上限类型", optional: true), Number("annualBudget", "Budget of the year", "年度配额总量", "units"))
{
    protected override void Work(Working w)
    {
        var (most, rule) = w.Value(Limits.Holding(SchemeOf(w), w.Input.Integer("year"), w.Input.TextOrNull("limit") ?? "holding", w["annualBudget"]));
        w.Put("maxHolding", w.Step("most", "Most one may hold", "最多可持有", "firstShare * first + restShare * (budget - first)", "units", most, rule, ("budget", w["annualBudget"])));
    }
}

/// <summary>Method <c>ets.compliance-dates</c>: the days that follow from the emissions of a year.</summary>
sealed class ComplianceDatesMethod() : SchemeMethod("ets.compliance-dates", new("Compliance calendar", "履约日历"), SchemeCode(), Year("Year of the emissions", "排放年度"))
{
    protected override void Work(Working w)
    {
        var (scheme, year) = (SchemeOf(w), w.Input.Integer("year"));
        var days = ComplianceCalendar.Of(scheme, year);
        if (days.Count == 0) w.Stop<Done>(scheme.NoRule("deadlines", year));
        var list = new JsonObject();
        foreach (var day in days)
        {
            Say(w, day.What, $"Day: {day.What}", $"日期：{day.What}", Day(day.On), day.Rule);
            list[day.What] = Day(day.On);
        }
        w.Put("dates", list);
    }
}

/// <summary>Method <c>ets.obligation</c>: units owed for the verified emissions of a year, once all of it is due.</summary>
sealed class ObligationMethod() : SchemeMethod("ets.obligation", new("Obligation of a year", "年度履约量"), SchemeCode(), Year("Year of the emissions", "排放年度"), Number("verifiedTco2e", "Verified emissions", "经核查排放量", "t CO2e"),
    Text("relief", "Kind of plant a limit of the obligation is for, where the scheme has one: coal, gas", "适用履约上限的机组类型（如体系有规定）：coal、gas", optional: true), Number("allocation", "Free allocation of the year, which a limit refers to", "该年度免费配额（履约上限所依据）", "units", optional: true))
{
    protected override void Work(Working w)
    {
        var (scheme, year) = (SchemeOf(w), w.Input.Integer("year"));
        var units = w.Step("units", "Emissions in units of the scheme", "以体系单位计的排放量", "round(verified / unit)", "units", Obligations.Units(scheme, w["verifiedTco2e"]), ("verified", w["verifiedTco2e"]), ("unit", scheme.UnitMassT));
        w.Put("units", units);
        if (w.Input.TextOrNull("relief") is { } relief)
        {
            if (w.Input.DecimalOrNull("allocation") is not { } allocation) { w.Stop<Done>(Refusal.Of("calc.missing-field", "allocation", ("field", "allocation"))); return; }
            var (most, rule) = w.Value(Obligations.Limited(scheme, year, relief, units, allocation));
            units = w.Step("limited", "Owed at most", "履约上限", "min(units, allocation + share * units)", "units", most, rule, ("units", units), ("allocation", allocation));
        }
        w.Put("obligation", units);
    }
}

/// <summary>Method <c>ets.duties</c>: what is owed year by year over a control period.</summary>
sealed class DutiesMethod() : SchemeMethod("ets.duties", new("Interim and full obligations", "期中与期末履约义务"), SchemeCode(),
    Items("emissions", "Years of the period so far, in order", "控制期内各年（按顺序）", Year(), Number("tco2e", "Verified emissions in units of the scheme", "经核查排放量（体系单位）", "units"), Number("surrendered", "Surrendered by the year's deadline", "截止日前已清缴", "units")))
{
    protected override void Work(Working w)
    {
        var scheme = SchemeOf(w);
        var years = w.Input.List("emissions").Select(e => (e.Integer("year"), e.Decimal("tco2e"), e.Decimal("surrendered"))).ToList();
        var due = new JsonArray();
        foreach (var duty in w.Value(ComplianceCalendar.Duties(scheme, years)))
            due.Add(Working.Shown(w.Step($"due-{duty.Year}", $"Due for {duty.Year}", $"{duty.Year} 年度应缴", "owed - surrendered before", "units", duty.Due, duty.Rule, ("owed", duty.Owed))));
        w.Put("due", due);
    }
}
