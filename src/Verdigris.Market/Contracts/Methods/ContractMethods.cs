using System.Text.Json.Nodes;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts.Methods;

/// <summary>A method that works by a contract's file. Where no day is given, the rows without an end hold.</summary>
abstract class ContractMethod(string method, Bilingual title, params IReadOnlyList<InputField> fields) : Calculator(method, "1.0", title, [new InputField("contract", InputKind.Text, new("Contract, for example ICE.EUA", "合约，例如 ICE.EUA")), .. fields])
{
    /// <summary>Prices and amounts of contracts lie far below this.</summary>
    protected const decimal MostPrice = 1_000_000_000m;

    protected static InputField OnDay() => Day("on", "Day that chooses the terms", "用于确定条款的日期");

    protected static InputField Flag(string name, string en, string zh) => new(name, InputKind.Flag, new(en, zh), Required: false);

    protected static InputField Price(string name, string en, string zh, bool optional = false) => Number(name, en, zh, above: true, max: MostPrice, optional: optional);

    protected static (ContractSet Contracts, Contract Contract) Named(Working w)
    {
        var contracts = ContractSet.Of(w.Rules);
        return (contracts, w.Value(contracts.Get(w.Input.Text("contract"))));
    }

    protected static LocalDate On(Working w) => w.Input.DateOrNull("on") ?? LocalDate.MaxIsoValue;

    protected static string Iso(LocalDate day) => LocalDatePattern.Iso.Format(day);

    /// <summary>A step that says a word or a day rather than a number.</summary>
    protected static void Say(Working w, string id, string en, string zh, string value, RuleRef? rule) => w.Note(new(id, new(en, zh), null, [], value, null, rule));
}

/// <summary>Method <c>contract.last-trading-day</c>: the last day a month is traded on.</summary>
sealed class LastTradingDayMethod() : ContractMethod("contract.last-trading-day", new("Last trading day of a contract month", "合约月份的最后交易日"), Text("month", "Month, 2026-12", "月份，如 2026-12"))
{
    protected override void Work(Working w)
    {
        var (contracts, contract) = Named(w);
        var month = YearMonthPattern.Iso.Parse(w.Input.Text("month")) is { Success: true, Value: var read } ? read : w.Stop<YearMonth>(Refusal.Of("contract.month-malformed", "month", ("given", w.Input.Text("month"))));
        var last = w.Value(LastTradingDay.Of(contracts, contract, month));
        foreach (var (i, day) in last.Looked.Index()) Say(w, $"looked-{i + 1}", "Day looked at", "考察的日期", Iso(day), last.Rule);
        Say(w, "date", "Last trading day", "最后交易日", Iso(last.Day), last.Rule);
        w.Put("date", Iso(last.Day));
    }
}

/// <summary>Method <c>contract.months</c>: the series listed on a day, with their last trading days.</summary>
sealed class ListedMonthsMethod() : ContractMethod("contract.months", new("Series of a contract listed on a day", "某日挂牌的合约系列"), Day("on", "Day", "日期", optional: false))
{
    protected override void Work(Working w)
    {
        var (contracts, contract) = Named(w);
        var on = w.Input.DateOrNull("on")!.Value;
        var list = new JsonArray();
        foreach (var row in contract.Rows("series", on)) Say(w, "cycle-" + row.Text("cycle"), "Cycle listed", "挂牌周期", $"{row.Text("cycle")}: {row.IntegerOrNull("count")} {string.Join(", ", row.List("months"))}", contract.Ref(row));
        foreach (var listed in SeriesListing.Of(contracts, contract, on))
        {
            if (listed.Open is { } open) w.Warn(open.Code, $"{listed.Series.Code}: the last trading day is not known yet.", $"{listed.Series.Code}：最后交易日尚未确定。");
            list.Add(new JsonObject { ["series"] = listed.Series.Code, ["lastDay"] = listed.LastDay is { } day ? Iso(day) : null });
        }
        w.Put("count", list.Count);
        w.Put("series", list);
    }
}

/// <summary>Method <c>contract.sessions</c>: the phase a contract is in at an instant.</summary>
sealed class SessionsMethod() : ContractMethod("contract.sessions", new("Trading phase of a contract", "合约的交易阶段"), Text("at", "Moment, with the offset: 2026-11-23T10:00:00+08:00", "时刻（含时差）：2026-11-23T10:00:00+08:00"))
{
    protected override void Work(Working w)
    {
        var (contracts, contract) = Named(w);
        var at = OffsetDateTimePattern.Rfc3339.Parse(w.Input.Text("at")) is { Success: true } read ? read.Value.ToInstant() : w.Stop<Instant>(Refusal.Of("contract.time-malformed", "at", ("given", w.Input.Text("at"))));
        var standing = w.Value(Sessions.At(contracts, contract, at));
        foreach (var phase in standing.Phases) Say(w, "now-" + phase.Phase, "Phase now", "当前阶段", $"{phase.Phase} {phase.Opens}/{phase.Closes}", phase.Rule);
        w.Put("phase", standing.Phase);
        w.Put("phases", new JsonArray([.. standing.Phases.Select(p => (JsonNode)p.Phase)]));
        w.Put("tradingDay", standing.TradingDay is { } day ? Iso(day) : null);
        if (standing.Next is not { } next) return;
        Say(w, "next", "Opens next", "下一阶段", $"{next.Phase} {next.Opens}", next.Rule);
        w.Put("nextPhase", next.Phase);
        w.Put("opensAt", InstantPattern.ExtendedIso.Format(next.Opens));
    }
}

/// <summary>Method <c>contract.price-limits</c>: lowest and highest price of a day.</summary>
sealed class PriceLimitsMethod() : ContractMethod("contract.price-limits", new("Price limits of a day", "当日涨跌停价格"), Price("previousSettle", "Settlement or closing price before", "前结算价或收盘价"),
    Number("limitPercent", "Limit in place of the contract's", "代替合约规定的幅度", "%", above: true, max: 100, optional: true), Flag("listingDay", "First day of the series", "系列挂牌首日"), OnDay())
{
    protected override void Work(Working w)
    {
        var (_, contract) = Named(w);
        var before = w["previousSettle"];
        var limits = w.Value(PriceLimits.Of(contract, before, On(w), w.Input.Flag("listingDay"), w.Input.DecimalOrNull("limitPercent")));
        var tick = contract.Tick(On(w))!.Value;
        w.Step("rawLow", "Low before rounding", "取整前下限", "previousSettle * (1 - limitPercent / 100)", contract.Currency, limits.RawLow, limits.Rule, ("previousSettle", before), ("limitPercent", limits.Percent));
        w.Step("rawHigh", "High before rounding", "取整前上限", "previousSettle * (1 + limitPercent / 100)", contract.Currency, limits.RawHigh, limits.Rule, ("previousSettle", before), ("limitPercent", limits.Percent));
        w.Step("low", $"Lowest price, rounded to the tick {limits.Rounding}", "最低价（按最小变动价位取整）", "rawLow / tick", contract.Currency, limits.Low, contract.Term("tick", On(w))!.Rule, ("rawLow", limits.RawLow), ("tick", tick));
        w.Step("high", $"Highest price, rounded to the tick {limits.Rounding}", "最高价（按最小变动价位取整）", "rawHigh / tick", contract.Currency, limits.High, contract.Term("tick", On(w))!.Rule, ("rawHigh", limits.RawHigh), ("tick", tick));
        w.Put("low", limits.Low);
        w.Put("high", limits.High);
    }
}

/// <summary>Method <c>contract.final-settlement</c>: final price of a cash-settled month, and what a position gains.</summary>
sealed class FinalSettlementMethod() : ContractMethod("contract.final-settlement", new("Final settlement in cash", "现金最终结算"),
    new InputField("daily", InputKind.Numbers, new("Prices published in the month, in the contract's unit", "当月公布价格（合约单位）"), false, Minimum: 0, AboveMinimum: true, Maximum: MostPrice),
    new InputField("indexDaily", InputKind.Numbers, new("Prices published in the month, in the unit of the index", "当月公布价格（指数单位）"), false, Minimum: 0, AboveMinimum: true, Maximum: MostPrice),
    Number("lots", "Lots, negative for short", "手数（空头为负）", min: -10_000_000, max: 10_000_000, optional: true), Price("entry", "Price of entry, or the settlement price before", "开仓价或前结算价", optional: true), OnDay())
{
    protected override void Work(Working w)
    {
        var (_, contract) = Named(w);
        var asIndex = w.Either("daily", "indexDaily") == 1;
        var daily = w.Input.Numbers(asIndex ? "indexDaily" : "daily");
        if (daily.Count == 0) w.Stop<Done>(Refusal.Of("contract.no-prices", asIndex ? "indexDaily" : "daily"));
        var final = w.Value(FinalSettlement.Of(contract, daily, On(w), asIndex));
        w.Step("mean", "Mean of the published prices", "公布价格的算术平均", "sum / count", null, final.Mean, final.Rule, ("sum", daily.Sum()), ("count", daily.Count));
        w.Step("price", "Final price in the contract's unit, rounded", "按合约单位取整的最终结算价", "mean * factor", contract.Currency, final.Price, final.Rule, ("mean", final.Mean), ("factor", final.Factor), ("places", final.Places));
        w.Put("price", final.Price);
        if (!w.Input.Has("lots") && !w.Input.Has("entry")) return;
        w.Either("lots+entry");
        if (contract.Amount(final.Price - w["entry"], w["lots"], On(w)) is not { } amount) { w.Stop<Done>(Refusal.Conflict("contract.lot-unknown", "contract", ("contract", contract.Code))); return; }
        w.Step("amount", "Gain of the position", "持仓盈亏", "(price - entry) * lot * lots", contract.Currency, amount, contract.Term("lot", On(w))!.Rule, ("price", final.Price), ("entry", w["entry"]), ("lot", contract.Lot(On(w))!.Value), ("lots", w["lots"]));
        w.Put("amount", amount);
    }
}
