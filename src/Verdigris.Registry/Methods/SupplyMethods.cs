using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Rules;

namespace Verdigris.Registry.Methods;

/// <summary>Method <c>ets.cap</c>: the cap of a year.</summary>
sealed class CapMethod() : SchemeMethod("ets.cap", new("Cap of a year", "年度总量上限"), SchemeCode(), Year())
{
    protected override void Work(Working w)
    {
        var (scheme, year) = (SchemeOf(w), w.Input.Integer("year"));
        var total = CapPath.Total(scheme, year);
        if (total is { } all) w.Put("periodTotal", w.Step("total", $"All years of {all.FirstYear} to {all.LastYear}", $"{all.FirstYear} 至 {all.LastYear} 年合计", "", "units", all.Units, all.Rule));
        // A scheme that prints what a period has in all may leave its years open.
        if (total is not null && CapPath.Of(scheme, year) is { Ok: false } open && open.Refusals[0].Code == "ets.no-rule") { w.Put("capKind", "absolute"); w.Put("cap", null); return; }
        var cap = w.Value(CapPath.Of(scheme, year));
        foreach (var step in cap.Steps)
            w.Step($"cap-{step.Year}", $"Cap of {step.Year}", $"{step.Year} 年上限", "before - less + added", "units", step.Units, step.Rule, ("less", step.Less), ("added", step.Added));
        w.Put("capKind", cap.Kind);
        w.Put("cap", cap.Units is { } units ? Working.Shown(units) : (JsonNode?)null);
    }
}

/// <summary>Method <c>ets.coverage</c>: whether an installation is in.</summary>
sealed class CoverageMethod() : SchemeMethod("ets.coverage", new("Coverage", "纳入范围"), SchemeCode(), Year(), Text("sector", "Sector of the scheme", "行业"),
    new InputField("measures", InputKind.List, new("What is known of the installation", "已知的装置数据"), AtLeast: 0, Items: [Choice("measure", "Measure", "指标", ["tco2e", "tce", "mw", "mwth", "m2", "kloe", "capacity"]), Number("value", "Value", "数值")]))
{
    protected override void Work(Working w)
    {
        var given = w.Input.List("measures");
        if (given.GroupBy(m => m.Text("measure")).FirstOrDefault(g => g.Count() > 1) is { } twice) w.Stop<Done>(Refusal.Of("calc.name-twice", "measures", ("field", "measures"), ("name", twice.Key)));
        var answer = w.Value(Coverage.Of(SchemeOf(w), w.Input.Integer("year"), w.Input.Text("sector"), given.ToDictionary(m => m.Text("measure"), m => m.Decimal("value"), StringComparer.Ordinal)));
        if (answer.Reached is { } reached) Say(w, "reached", "Reached", "达到门槛", reached.Article, reached);
        foreach (var missing in answer.Missing) w.Warn("ets.measure-missing", $"{missing} was not given: whether its threshold is reached is not known.", $"未给出 {missing}，无法判断是否达到门槛。", "measures");
        w.Put("covered", answer.Covered is { } known ? known : null);
        if (answer is { Gases: { } gases, Reached: { } rule })
        {
            Say(w, "gases", "Gases that count", "计入的气体", string.Join(", ", gases), rule);
            w.Put("gases", new JsonArray([.. gases.Select(g => (JsonNode)g)]));
        }
    }
}

/// <summary>Method <c>ets.msr</c>: what a stability reserve takes in or gives back.</summary>
sealed class ReserveMethod() : SchemeMethod("ets.msr", new("Market stability reserve", "市场稳定储备"), SchemeCode(), Year("Year of the surplus", "流通总量所属年度"),
    Number("tnac", "Allowances in circulation", "流通配额总量", "units"), Number("reserve", "Units in the reserve", "储备量", "units", optional: true))
{
    protected override void Work(Working w)
    {
        var move = w.Value(StabilityReserve.Of(SchemeOf(w), w.Input.Integer("year"), w["tnac"], w.Input.DecimalOrNull("reserve")));
        w.Put("intake", w.Step("intake", "Taken in", "纳入量", "round(tnac * share * months / 12) or round(tnac - bound)", "units", move.Intake, move.Rule, ("tnac", w["tnac"])));
        w.Put("release", w.Step("release", "Given back", "释放量", "min(reserve, units)", "units", move.Release, move.Rule, ("tnac", w["tnac"])));
    }
}

/// <summary>Method <c>ets.reserve-lapse</c>: what lapses in a reserve on 1 January.</summary>
sealed class ReserveLapseMethod() : SchemeMethod("ets.reserve-lapse", new("Lapse of reserved units", "储备配额失效"), SchemeCode(), Year("Year whose 1 January it is", "1 月 1 日所属年度"),
    Number("reserve", "Units in the reserve", "储备量", "units"), Number("auctionedBefore", "Auctioned in the year before", "上一年度拍卖量", "units", optional: true))
{
    protected override void Work(Working w)
    {
        var (lapses, left, rule) = w.Value(StabilityReserve.Lapse(SchemeOf(w), w.Input.Integer("year"), w["reserve"], w.Input.DecimalOrNull("auctionedBefore")));
        w.Put("lapses", w.Step("lapses", "Lapses", "失效量", "max(0, reserve - limit)", "units", lapses, rule, ("reserve", w["reserve"])));
        w.Put("left", w.Step("left", "Left", "剩余量", "reserve - lapses", "units", left));
    }
}

/// <summary>Method <c>ets.auction-volume</c>: what the auctions of a year offer after backloading and the reserve.</summary>
sealed class AuctionVolumeMethod() : SchemeMethod("ets.auction-volume", new("Volume of a year's auctions", "年度拍卖量"), SchemeCode(), Year(), Number("planned", "Planned", "计划量", "units"),
    Number("intake", "Withheld for the reserve", "因储备扣减", "units", optional: true), Number("release", "Given back by the reserve", "储备释放", "units", optional: true),
    Text("format", "Format whose auctions share it evenly, where the scheme says how many a year has", "平均分摊该数量的拍卖形式（如体系规定每年场次）", optional: true))
{
    protected override void Work(Working w)
    {
        var scheme = SchemeOf(w);
        var year = w.Input.Integer("year");
        var (units, moved) = CapPath.Auctioned(scheme, year, w["planned"], w.Or("intake", 0, "units"), w.Or("release", 0, "units"));
        var row = scheme.Rows("supply-changes").FirstOrDefault(c => c.Integer("year") == year && c.Text("of") == "auctions");
        w.Put("moved", w.Step("moved", "Moved between years", "跨年度调整", "sum(changes)", "units", moved, row is null ? null : scheme.Ref(row)));
        w.Put("offered", w.Step("offered", "Offered", "拍卖量", "planned + moved - intake + release", "units", units, ("planned", w["planned"]), ("moved", moved)));
        if (w.Input.TextOrNull("format") is not { } format) return;
        var (of, rule) = w.Value(scheme.Rule("auctions", year, format));
        if (of.IntegerOrNull("aYear") is not { } auctions) { w.Stop<Done>(scheme.NoRule("auctions", year, format, "aYear")); return; }
        w.Put("auctions", w.Step("auctions", "Auctions a year", "每年场次", "", null, auctions, rule));
        w.Put("each", w.Step("each", "Each, in whole lots", "每场（整手）", "round_down(offered / auctions / lot) * lot", "units", decimal.Floor(units / auctions / of.Decimal("lot")) * of.Decimal("lot"), rule, ("offered", units), ("lot", of.Decimal("lot"))));
    }
}

/// <summary>Method <c>ets.price-trigger</c>: whether a price stayed too high for too long.</summary>
sealed class PriceTriggerMethod() : SchemeMethod("ets.price-trigger", new("Price trigger", "价格触发"), SchemeCode(), Day("on", "Day of the test", "检验日期", optional: false), Text("trigger", "Trigger of the scheme", "触发机制"),
    Number("referenceMean", "Mean price of the reference window", "参考期均价", optional: true), Numbers("reference", "Or the mean price of each month of it", "或参考期各月均价", optional: true), Numbers("months", "Mean price of each month of the test window", "检验期各月均价", optional: true))
{
    protected override void Work(Working w)
    {
        var (scheme, on, trigger) = (SchemeOf(w), w.Input.DateOrNull("on")!.Value, w.Input.Text("trigger"));
        if (w.Input.Has("referenceMean") == w.Input.Has("reference")) w.Stop<Done>(Refusal.Of("calc.either", "referenceMean", ("choices", "referenceMean | reference")));
        var mean = w.Input.DecimalOrNull("referenceMean") ?? 0;
        if (w.Input.Has("reference"))
        {
            var (found, of) = w.Value(StabilityReserve.Reference(scheme, on, trigger, w.Input.Numbers("reference")));
            mean = w.Step("reference", "Mean price of the reference window", "参考期均价", "sum(reference) / count", null, found, of);
        }
        var (price, met, units, rule) = w.Value(StabilityReserve.Trigger(scheme, on, trigger, mean, w.Input.Numbers("months")));
        w.Put("triggerPrice", w.Step("trigger", "Trigger price", "触发价格", "multiple * referenceMean", null, price, rule, ("referenceMean", mean)));
        w.Put("triggered", met);
        w.Put("units", met == true && units is { } some ? Working.Shown(some) : (JsonNode?)null);
    }
}

/// <summary>Method <c>scheme.price-path</c>: a price that grows each year.</summary>
sealed class PricePathMethod() : SchemeMethod("scheme.price-path", new("Price path", "价格路径"), Number("start", "First price", "起始价格"), Whole("startYear", "Its year", "起始年份", FirstYear, LastYear), Number("growth", "Growth a year, as a fraction", "年增长率（小数）", min: -1, max: 10), Year(),
    Choice("rounding", "Rounding", "取整方式", ["cent-each-year", "cent-at-end", "none"]))
{
    protected override void Work(Working w)
    {
        var (first, year) = (w.Input.Integer("startYear"), w.Input.Integer("year"));
        if (year < first || year - first > PriceControls.MostYears) w.Stop<Done>(Refusal.Of("ets.year-outside", "year", ("given", $"{year}"), ("first", $"{first}"), ("last", $"{first + PriceControls.MostYears}")));
        w.Put("price", w.Step("price", "Price", "价格", "start * (1 + growth) each year, rounded as said", null, PriceControls.Grown(w["start"], first, w["growth"], year, w.Input.Text("rounding")), ("start", w["start"]), ("growth", w["growth"])));
    }
}

/// <summary>Method <c>ets.later-purchase</c>: what may still be bought at the fixed price of a year that is over.</summary>
sealed class LaterPurchaseMethod() : SchemeMethod("ets.later-purchase", new("Later purchase at the fixed price", "按原固定价格补购"), SchemeCode(), Year("Year of the fixed price, and of the emissions", "固定价格及排放所属年度"),
    Number("bought", "Bought in the year", "当年购买量", "units"), Number("boughtLater", "Bought at its price since", "其后已按该价补购量", "units"), Day("on", "Day of the purchase", "购买日期"),
    Text("control", "Fixed price of the scheme, where it has several", "固定价格类型（如有多种）", optional: true))
{
    protected override void Work(Working w)
    {
        var (scheme, year) = (SchemeOf(w), w.Input.Integer("year"));
        var sale = w.Value(LaterSale.Of(scheme, year, w.Input.TextOrNull("control"), w["bought"]));
        Say(w, "from", "First day", "起始日", Day(sale.From), sale.Rule);
        Say(w, "until", "Last day", "截止日", Day(sale.Until), sale.UntilRule);
        w.Put("from", Day(sale.From));
        w.Put("until", Day(sale.Until));
        w.Put("most", w.Step("most", "Most that may be bought", "最多可补购量", "round_down(bought * share)", "units", sale.Most, sale.Rule, ("bought", w["bought"])));
        var left = w.Step("left", "Left of it", "剩余可补购量", "max(0, most - bought later)", "units", Math.Max(0, sale.Most - w["boughtLater"]), ("most", sale.Most), ("boughtLater", w["boughtLater"]));
        w.Put("left", left);
        w.Put("price", w.Step("price", "Price of the year", "该年度价格", "", scheme.Currency, sale.Price, sale.PriceRule));
        w.Put("cost", w.Step("cost", "All that is left costs", "剩余量总价", "left * price", scheme.Currency, left * sale.Price, ("left", left), ("price", sale.Price)));
        w.Put("currency", scheme.Currency);
        if (w.Input.DateOrNull("on") is { } on) w.Put("open", on >= sale.From && on <= sale.Until);
    }
}

/// <summary>Method <c>scheme.price-control</c>: floor, ceiling, trigger or fixed price of a scheme in a year.</summary>
sealed class PriceControlMethod() : SchemeMethod("scheme.price-control", new("Price control", "价格调控"), SchemeCode(), Text("control", "Control of the scheme: reserve, ceiling", "调控类型：reserve、ceiling"), Year(), Numbers("inflation", "Inflation of each year since the last printed price, as a fraction", "自最近公布价格以来各年通胀率（小数）", optional: true, min: -1))
{
    protected override void Work(Working w)
    {
        var scheme = SchemeOf(w);
        var (price, units, rule) = w.Value(PriceControls.Of(scheme, w.Input.Text("control"), w.Input.Integer("year"), w.Input.Numbers("inflation")));
        w.Put("price", w.Step("price", "Price", "价格", "printed, or grown from the last printed", scheme.Currency, price, rule));
        w.Put("units", units is { } some ? Working.Shown(some) : (JsonNode?)null);
        w.Put("currency", scheme.Currency);
    }
}
