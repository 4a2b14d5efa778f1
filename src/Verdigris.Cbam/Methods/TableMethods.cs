using NodaTime;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Methods;

/// <summary>Method <c>cbam.scope</c>: whether a good is covered on a day, and whether its origin goes free.</summary>
sealed class ScopeMethod() : LineMethod("cbam.scope", new("Goods covered", "CBAM 覆盖范围"), Cn, Origin, Imported, Choice("scopePath", "Goods covered", "覆盖商品", [Scope.Law, Scope.Proposal989], optional: true))
{
    protected override void Work(Working w)
    {
        if (Scope.Cn8(w.Input.Text("cn")) is not { } cn)
        {
            w.Stop<Done>(Refusal.Of("cbam.cn-malformed", "cn", ("given", w.Input.Text("cn"))));
            return;
        }
        var good = RulesOf(w).Scope.Good(cn, Imports(w), w.Input.TextOrNull("scopePath") ?? Scope.Law);
        w.Put("covered", good.Covered);
        w.Put("sector", good.Sector);
        w.Put("directOnly", good.Covered ? good.DirectOnly : null);
        w.Put("complex", good.Complex);
        w.Put("category", good.Category);
        w.Put("originKind", w.Input.TextOrNull("origin") is { } origin ? RulesOf(w).Scope.Origin(origin) switch { OriginKind.EuropeanUnion => "union", OriginKind.AnnexIii => "annex-iii", _ => "third-country" } : null);
        w.Note(new("scope", new("Longest prefix of Annex I and II that fits", "附件一、二中最长匹配前缀"), null, [], good.Covered ? "covered" : "not covered", null, good.Rule));
    }
}

/// <summary>Method <c>cbam.default-value</c>: the default value of a good and origin, of the period the day lies in.</summary>
sealed class DefaultValueMethod() : LineMethod("cbam.default-value", new("Default value", "默认值"), Cn, Origin, Imported, Text("route", "Route letter, where goods share a code", "工艺路线代码（同码商品）", optional: true))
{
    protected override void Work(Working w)
    {
        var day = Imports(w);
        if (Scope.Cn8(w.Input.Text("cn")) is not { } cn)
        {
            w.Stop<Done>(Refusal.Of("cbam.cn-malformed", "cn", ("given", w.Input.Text("cn"))));
            return;
        }
        if (day < TransitionalValues.Ends) Transitional(w, cn, day);
        else Definitive(w, cn, day);
    }

    static void Transitional(Working w, string cn, LocalDate day)
    {
        var found = day < TransitionalValues.Begins ? null : RulesOf(w).Transitional.Find(cn);
        if (found is null)
        {
            w.Stop<Done>(Refusal.NotFound("cbam.no-transitional-default", "cn", ("given", cn)));
            return;
        }
        w.Put("directTco2ePerT", found.DirectTco2ePerT);
        w.Put("indirectTco2ePerT", found.IndirectTco2ePerT);
        w.Put("printedTotalTco2ePerT", w.Step("total", "Total as printed", "印刷合计值", "table", "t CO2e/t", found.PrintedTotalTco2ePerT, found.Rule));
        w.Put("table", "world");
        w.Put("status", "computed");
    }

    /// <summary>No table is for an origin that goes free, and none for what is no country.</summary>
    internal static bool Stopped(Working w, CbamRules rules)
    {
        if (w.Input.TextOrNull("origin") is not { } origin) return false;
        var kind = rules.Scope.Origin(origin);
        if (kind == OriginKind.ThirdCountry && Scope.IsOrigin(origin)) return false;
        w.Put("status", LineStatusWords.Of(kind == OriginKind.ThirdCountry ? LineStatus.NotDeterminable : LineStatus.Exempt));
        w.Put("reasons", ReasonList([new(kind switch { OriginKind.EuropeanUnion => "origin-union", OriginKind.AnnexIii => "origin-annex-iii", _ => "origin-malformed" }, kind == OriginKind.ThirdCountry, origin)]));
        return true;
    }

    static void Definitive(Working w, string cn, LocalDate day)
    {
        var rules = RulesOf(w);
        var good = rules.Scope.Good(cn, day);
        if (good.Covered && Stopped(w, rules)) return;
        var found = rules.Defaults.Find(cn, w.Input.TextOrNull("origin"), w.Input.TextOrNull("route"));
        var reason = good.Covered ? found.Reason : "not-in-annex-i";
        w.Put("status", !good.Covered ? "out-of-scope" : reason is null ? "computed" : "not-determinable");
        w.Put("reasons", reason is null ? [] : ReasonList([new(reason, true, cn)]));
        if (!good.Covered || found.Value is not { } value) return;
        w.Put("directTco2ePerT", value.DirectTco2ePerT);
        w.Put("indirectTco2ePerT", Number(value.IndirectTco2ePerT));
        w.Put("totalTco2ePerT", w.Step("total", "Default value, without mark-up", "默认值（不含加成）", "table", "t CO2e/t", value.TotalTco2ePerT, value.Rule));
        w.Put("table", value.Table == DefaultTable.Other ? "other" : "country");
        w.Put("heading", value.Cn);
        w.Put("route", value.Routes.Count > 0 ? string.Join("/", value.Routes) : null);
        if (rules.Defaults.MarkUp(good.Sector, day.Year) is not { } markUp) return;
        w.Put("markUp", markUp.Fraction);
        w.Put("withMarkUp", w.Step("with-mark-up", "With the mark-up of the year", "含当年加成", "total * (1 + markUp)", "t CO2e/t", value.TotalTco2ePerT * (1 + markUp.Fraction), markUp.Rule, ("total", value.TotalTco2ePerT), ("markUp", markUp.Fraction)));
    }
}

/// <summary>Method <c>cbam.benchmark</c>: columns A and B of a good for a route and year of production, or for the route printed for an origin.</summary>
sealed class BenchmarkMethod() : LineMethod("cbam.benchmark", new("Benchmark", "CBAM 基准值"), Cn, Origin, Text("route", "Route letter, for example K", "工艺路线代码，例如 K", optional: true), Whole("productionYear", "Year of production", "生产年份", 2000, LastYear))
{
    protected override void Work(Working w)
    {
        if (Scope.Cn8(w.Input.Text("cn")) is not { } cn)
        {
            w.Stop<Done>(Refusal.Of("cbam.cn-malformed", "cn", ("given", w.Input.Text("cn"))));
            return;
        }
        var (rules, year) = (RulesOf(w), w.Input.Integer("productionYear"));
        if (DefaultValueMethod.Stopped(w, rules)) return;
        var printed = w.Input.TextOrNull("route") is null && w.Input.TextOrNull("origin") is { } origin ? rules.Defaults.Find(cn, origin).Value?.Routes : null;
        var found = printed is not null ? rules.Benchmarks.ForDefault(cn, printed, year) : rules.Benchmarks.ForRoute(cn, w.Input.TextOrNull("route"), year);
        w.Put("status", found.Value is null ? "not-determinable" : "computed");
        w.Put("reasons", found.Reason is null ? [] : ReasonList([new(found.Reason, true, cn)]));
        w.Put("routes", string.Join(", ", rules.Benchmarks.Routes(cn)));
        if (found.Value is not { } row) return;
        w.Put("route", row.Route);
        w.Put("columnA", Number(row.ColumnA));
        w.Put("columnB", w.Step("column-b", "Benchmark of all steps", "累积基准（B 栏）", "table", "t CO2e/t", row.ColumnB, row.Rule));
    }
}

/// <summary>Method <c>cbam.certificate-price</c>: average of the auctions of a quarter of 2026 or a week from 2027; a week without auctions takes the last one with some.</summary>
sealed class CertificatePriceMethod() : LineMethod("cbam.certificate-price", new("Certificate price", "证书价格"), Whole("year", "Year", "年份", 2026, LastYear), Whole("quarter", "Quarter, in 2026", "季度（2026 年）", 1, 4, optional: true), Whole("week", "Calendar week, from 2027", "日历周（2027 年起）", 1, 53, optional: true),
    Choice("auctions", "Auctions to average", "拍卖数据", [CertificatePrices.AuctionFile], optional: true))
{
    protected override void Work(Working w)
    {
        var quarter = w.Either("quarter", "week") == 0;
        var year = w.Input.Integer("year");
        if (quarter != (year == 2026)) w.Stop<Done>(Refusal.Of("cbam.price-period", quarter ? "quarter" : "week", ("given", $"{year}")));
        var prices = RulesOf(w).Prices;
        var (found, why) = quarter ? new(prices.OfQuarter(year, w.Input.Integer("quarter")), CertificatePrices.Open) : prices.OfWeek(year, w.Input.Integer("week"));
        w.Put("status", found is null ? "price-unpublished" : "computed");
        w.Put("priceEur", found is null ? null : w.Step("price", "Average of the auctions, weighted by volume", "拍卖成交量加权均价", "sum(price * volume) / sum(volume)", "EUR", found.PriceEur, found.Rule, ("auctions", found.Auctions), ("volumeT", found.VolumeT)));
        w.Put("reasons", found is null ? ReasonList([new(why == CertificatePrices.NoneBefore ? "price-no-week-before" : "price-period-open", true)]) : found.TakenFrom is { } week ? ReasonList([new("price-week-carried", false, week)]) : []);
        if (found is null) return;
        w.Put("averageEur", found.AverageEur);
        w.Put("auctionCount", found.Auctions);
        w.Put("volumeT", found.VolumeT);
        w.Put("confirmed", found.Published);
        if (!found.Published) w.Warn("cbam.price-not-confirmed", "Computed from all auctions of the period; the Commission's own figure was not seen.", "按该期全部拍卖计算；未见委员会公布值。");
    }
}
