using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Credits.Programmes;

namespace Verdigris.Registry.Credits.Units;

/// <summary>Method <c>credits.issuance-split</c>: how many units of an issuance go to the project, the buffer pool, adaptation and overall mitigation.</summary>
sealed class SplitMethod() : Calculator("credits.issuance-split", "1", new("Parts of an issuance", "签发量分配"), Text("programme", "Crediting programme", "减排机制"),
    Number("units", "Units issued", "签发单位数", "t CO2e", min: 1), Number("riskPercent", "Risk rating: part for the buffer pool", "风险评级（缓冲池比例）", "%", max: 100, optional: true))
{
    protected override void Work(Working w)
    {
        var rules = CreditRules.Of(w.Rules);
        if (rules.Programme(w.Input.Text("programme")) is not { } programme)
        {
            w.Stop<Done>(Refusal.NotFound("credits.programme-unknown", "programme", ("given", w.Input.Text("programme")), ("known", string.Join(", ", rules.Programmes.Select(p => p.Code)))));
            return;
        }
        var units = w["units"];
        if (units != decimal.Truncate(units)) w.Stop<Done>(Refusal.Of("calc.not-whole", "units", ("field", "units"), ("given", DecimalText.Write(units))));
        var risk = w.Or("riskPercent", 0, "%");
        var split = w.Value(IssuanceSplit.Of((long)units, risk, programme.AdaptationPercent, programme.MitigationPercent));
        var rule = programme.Row.Ref(rules.Rules);
        w.Put("buffer", w.Step("buffer", "Buffer pool, rounded up", "缓冲池（向上取整）", "ceil(units * risk / 100)", "t CO2e", split.Buffer, ("units", units), ("risk", risk)));
        w.Put("adaptation", w.Step("adaptation", "Share of proceeds for adaptation, rounded up", "适应收益分成（向上取整）", "ceil(units * share / 100)", "t CO2e", split.Adaptation, rule, ("units", units), ("share", programme.AdaptationPercent ?? 0)));
        w.Put("mitigation", w.Step("mitigation", "Overall mitigation, rounded up", "全球总体减缓（向上取整）", "ceil(units * share / 100)", "t CO2e", split.Mitigation, rule, ("units", units), ("share", programme.MitigationPercent ?? 0)));
        w.Put("project", w.Step("project", "The project's", "项目所得", "units - buffer - adaptation - mitigation", "t CO2e", split.Project, ("units", units), ("buffer", split.Buffer), ("adaptation", split.Adaptation), ("mitigation", split.Mitigation)));
    }
}
