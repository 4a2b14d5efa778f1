using System.Text.Json.Nodes;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Methods;

/// <summary>Method <c>cbam.certificates</c>: what one import line owes.</summary>
sealed class CertificatesMethod() : LineMethod("cbam.certificates", new("Certificates due for an import", "进口应缴 CBAM 证书"), [.. Line, Mass])
{
    protected override void Work(Working w)
    {
        var (line, scenario) = Read(w, w["massT"]);
        var result = Obligations.Evaluate(RulesOf(w), line, scenario, new Steps(w));
        PutAll(w, Shown(result));
    }
}

/// <summary>Method <c>cbam.specific-free-allocation</c>: Eq 2 to 6 of 2025/2620 for a t of good.</summary>
sealed class FreeAllocationMethod() : LineMethod("cbam.specific-free-allocation", new("Free allocation adjustment a tonne", "单位免费配额调整量"), Line)
{
    protected override void Work(Working w)
    {
        var (line, scenario) = Read(w, 1);
        // The embedded emissions do not matter here; that they are not given must not hide the free allocation.
        var result = Obligations.Evaluate(RulesOf(w), line, scenario, new Steps(w));
        w.Put("specificFreeAllocation", Number(result.SpecificFreeAllocationTco2ePerT));
        w.Put("benchmark", result.Benchmark is { } row ? new JsonObject { ["cn"] = row.Cn, ["route"] = row.Route, ["columnA"] = Number(row.ColumnA), ["columnB"] = row.ColumnB } : null);
        w.Put("status", result.SpecificFreeAllocationTco2ePerT is null ? LineStatusWords.Of(result.Status) : "computed");
        w.Put("reasons", ReasonList(result.Reasons));
    }
}

/// <summary>Method <c>cbam.compare</c>: actual data beside the default value, with the money.</summary>
sealed class CompareMethod() : LineMethod("cbam.compare", new("Actual data or default value", "实际数据与默认值比较"), [.. Line.Where(f => f.Name != "basis"), Mass])
{
    protected override void Work(Working w)
    {
        var (line, scenario) = Read(w, w["massT"], "actual");
        var compared = Comparison.Of(RulesOf(w), line, scenario);
        w.Put("actual", Shown(compared.Actual));
        w.Put("default", Shown(compared.Default));
        w.Put("certificatesSaved", Number(compared.CertificatesSaved));
        w.Put("savedEur", Number(compared.SavedEur));
        w.Put("cheaper", compared.CertificatesSaved switch { null => null, > 0 => "actual", 0 => "same", _ => "default" });
    }
}

/// <summary>Method <c>cbam.scenario</c>: the same line by law and with what is assumed.</summary>
sealed class ScenarioMethod() : LineMethod("cbam.scenario", new("What changes if", "情景比较"), [.. Line, Mass, Text("routeInstead", "Route letter to assume", "假定的工艺路线代码", optional: true)])
{
    protected override void Work(Working w)
    {
        var (line, scenario) = Read(w, w["massT"]);
        scenario = scenario with { Route = w.Input.TextOrNull("routeInstead") };
        if (!scenario.Assumes) w.Stop<Done>(Refusal.Of("cbam.nothing-assumed", "cscf"));
        var law = Obligations.Evaluate(RulesOf(w), line);
        var assumed = Obligations.Evaluate(RulesOf(w), line, scenario, new Steps(w));
        w.Put("law", Shown(law));
        w.Put("assumed", Shown(assumed));
        w.Put("certificatesChange", Number(assumed.Certificates - law.Certificates));
        w.Put("costChangeEur", Number(assumed.CostEur - law.CostEur));
    }
}

/// <summary>Method <c>cbam.quarter-holding</c>: certificates to hold at a quarter end, by both bases.</summary>
sealed class HoldingMethod() : LineMethod("cbam.quarter-holding", new("Certificates to hold at quarter end", "季末证书持有量"),
    Whole("year", "Year", "年份", 2026, LastYear), Cn, Text("origin", "Country of origin, ISO code", "原产国 ISO 代码"), Number("massToDateT", "Net mass since 1 January", "自 1 月 1 日起的净重", "t"),
    Text("route", "Route letter", "工艺路线代码", optional: true), Cscf, Number("lastYearSurrendered", "Surrendered last year for the same codes and origins", "上年相同编码与原产地的清缴量", "t CO2e", optional: true))
{
    protected override void Work(Working w)
    {
        var year = w.Input.Integer("year");
        var held = ImporterYear.Holding(RulesOf(w), year, [new(w.Input.Text("cn"), w.Input.Text("origin"), w["massToDateT"], w.Input.TextOrNull("route"))], w.Input.DecimalOrNull("lastYearSurrendered"), new(w.Input.DecimalOrNull("cscf")));
        if (held is null)
        {
            w.Stop<Done>(Refusal.Of("cbam.no-holding-duty", "year", ("given", $"{year}")));
            return;
        }
        var rule = RulesOf(w).Due.HoldingShare(year)!.Value.Rule;
        w.Put("basisEmissions", Number(held.BasisDefault));
        w.Put("requiredCertificates", held.RequiredByDefault is { } required ? w.Step("required", "Certificates to hold", "应持有证书", "basis * share", "t CO2e", required, rule, ("basis", held.BasisDefault!.Value), ("share", held.Share)) : (JsonNode?)null);
        w.Put("requiredByLastYear", Number(held.RequiredByLastYear));
        w.Put("reasons", ReasonList(held.Reasons));
    }
}
