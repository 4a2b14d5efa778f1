using NodaTime;
using Verdigris.Cbam.Obligation;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Methods;

/// <summary>Method <c>cbam.de-minimis</c>: one importer's mass of one calendar year against 50 t.</summary>
sealed class DeMinimisMethod() : LineMethod("cbam.de-minimis", new("Exempt mass of an importer and year", "进口商年度豁免量"), Whole("year", "Calendar year", "日历年", 2026, LastYear),
    Items("imports", "Imports of the year", "当年进口", Text("cn", "CN code, eight digits", "CN 编码（8 位）"), Origin, Mass, Day("importDate", "Day of importation", "进口日期")))
{
    protected override void Work(Working w)
    {
        var (year, imports) = (w.Input.Integer("year"), w.Input.List("imports"));
        for (var i = 0; i < imports.Count; i++)
        {
            if (Rules.Scope.Cn8(imports[i].Text("cn")) is null) w.Refuse(Refusal.Of("cbam.cn-malformed", $"imports[{i}].cn", ("given", imports[i].Text("cn"))));
            if (imports[i].TextOrNull("origin") is { } origin && !Rules.Scope.IsOrigin(origin)) w.Refuse(Refusal.Of("cbam.origin-malformed", $"imports[{i}].origin", ("given", origin)));
            if (imports[i].DateOrNull("importDate") is { } day && day.Year != year) w.Refuse(Refusal.Of("cbam.other-year", $"imports[{i}].importDate", ("given", $"{day.Year}"), ("year", $"{year}")));
        }
        if (w.Refused) return;
        var watch = ImporterYear.Watch(RulesOf(w), year, imports.Select(i => (i.Text("cn"), i.TextOrNull("origin"), i.Decimal("massT"))));
        if (imports.Any(i => !i.Has("origin"))) w.Warn("cbam.origin-open", "An import without an origin counts; of an exempt origin it would not.", "未填原产地的进口计入；若来自豁免原产地则不计。", "imports");
        var (limit, rule) = RulesOf(w).Due.Threshold("exempt-mass");
        w.Put("countedMassT", w.Step("counted", "Mass that counts", "计入净重", "sum(massT)", "t", watch.CountedMassT, rule, ("limit", limit)));
        w.Put("freeMassT", Number(watch.FreeMassT));
        w.Put("exempt", watch.Exempt);
        w.Put("alert", watch.Alert);
        w.Put("limitT", limit);
        w.Put("excessFraction", Number(watch.ExcessFraction));
    }
}

/// <summary>Method <c>cbam.penalty</c>: for certificates not surrendered, and for an importer without authorisation.</summary>
sealed class PenaltyMethod() : LineMethod("cbam.penalty", new("Penalty", "罚款"), Number("missingCertificates", "Certificates not surrendered", "未清缴证书", "t CO2e"), new InputField("authorised", InputKind.Flag, new("The importer is an authorised declarant", "进口商为授权申报人")),
    Number("excessFraction", "By how much 50 t were exceeded, as a fraction", "超出 50 吨的比例（小数）", optional: true))
{
    protected override void Work(Working w)
    {
        var due = RulesOf(w).Due;
        var (each, rule) = due.Penalty("per-certificate");
        var missing = w["missingCertificates"];
        var (least, most) = w.Input.Flag("authorised") ? (1m, 1m) : (due.Penalty("unauthorised-least").Value, due.Penalty("unauthorised-most").Value);
        w.Put("penaltyLeastEur", w.Step("least", "Least penalty", "最低罚款", "missing * each * multiple", "EUR", missing * each * least, rule, ("missing", missing), ("each", each), ("multiple", least)));
        w.Put("penaltyMostEur", w.Step("most", "Greatest penalty", "最高罚款", "missing * each * multiple", "EUR", missing * each * most, w.Input.Flag("authorised") ? rule : due.Penalty("unauthorised-most").Rule, ("missing", missing), ("each", each), ("multiple", most)));
        w.Put("reducible", w.Input.DecimalOrNull("excessFraction") is { } excess ? excess > 0 && excess <= due.Penalty("reducible-excess").Value : null);
    }
}

/// <summary>Method <c>cbam.price-paid</c>: carbon price paid abroad and the certificates it spares.</summary>
sealed class PricePaidMethod() : LineMethod("cbam.price-paid", new("Carbon price paid abroad", "境外已付碳价"),
    Number("emissionsPerT", "Emissions a t of good under the foreign scheme", "境外机制下每吨商品排放", "t CO2e/t"), Number("paidEurPerT", "Price a t CO2e", "每吨 CO2e 价格", "EUR"),
    new InputField("rebate", InputKind.Flag, new("Entitled to a rebate", "有权获得返还"), Required: false), Number("rebatedPerT", "Emissions a t of good free of charge", "每吨商品免费排放", "t CO2e/t", optional: true),
    Number("compensationEurPerT", "Given back, a t CO2e", "返还金额（每吨 CO2e）", "EUR", optional: true), Mass, Imported, Number("priceEur", "Average certificate price to assume", "假定的年均证书价格", "EUR", above: true, optional: true))
{
    protected override void Work(Working w)
    {
        var paid = new PaidAbroad(w["emissionsPerT"], w["paidEurPerT"], w.Input.Flag("rebate"), w.Input.DecimalOrNull("rebatedPerT"), w.Input.DecimalOrNull("compensationEurPerT"));
        w.Warn("cbam.draft", "The act on carbon prices paid abroad is a draft; nothing of it is in force.", "境外碳价实施法案尚为草案，未生效。");
        if (paid.Rebate && paid.RebatedTco2ePerT is null && paid.CompensationEurPerT is null) w.Warn("cbam.rebate-unproven", "A rebate without evidence of its amount leaves no deduction.", "返还金额无证据时不得抵减。", "rebate");
        var effective = PricePaid.EffectiveEurPerT(paid);
        w.Put("effectiveEurPerT", w.Step("effective", "Effective price a t of good", "每吨商品有效碳价", "(emissions - rebated) * (price - compensation)", "EUR/t", effective, ("emissions", paid.EmittedTco2ePerT), ("rebated", paid.RebatedTco2ePerT ?? 0), ("price", paid.PriceEurPerT), ("compensation", paid.CompensationEurPerT ?? 0)));
        var reference = w.Input.DecimalOrNull("priceEur") ?? RulesOf(w).Prices.YearAverage(Imports(w).Year);
        w.Put("status", reference is null ? "price-unpublished" : "computed");
        w.Put("priceReductionTco2e", reference is null ? null : w.Step("reduction", "Certificates spared", "抵减证书", "effective / reference * mass", "t CO2e", w.Value(PricePaid.Reduction(effective, w["massT"], reference)), ("effective", effective), ("reference", reference.Value), ("mass", w["massT"])));
    }
}
