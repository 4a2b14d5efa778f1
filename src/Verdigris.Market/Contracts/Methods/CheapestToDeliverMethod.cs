using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Credits.Programmes;

namespace Verdigris.Market.Contracts.Methods;

/// <summary>Method <c>contract.cheapest-to-deliver</c>: which of several holdings a seller gives into a basket, and why the others are no good delivery. What is not given of a holding is not known.</summary>
sealed class CheapestToDeliverMethod() : ContractMethod("contract.cheapest-to-deliver", new("Cheapest good delivery", "最便宜可交割标的"), Day("on", "Day of delivery", "交割日", optional: false), Whole("units", "Units to deliver", "须交割数量", 1, 1_000_000_000),
    Items("holdings", "Holdings", "持有单位", Text("id", "Name of the holding", "持有编号"), Text("programme", "Crediting programme", "减排机制"), Whole("vintage", "Year of the reductions", "减排年份", 1990, 2100), Price("price", "What a unit is worth elsewhere", "单位市价"), Whole("held", "Units held", "持有数量", 1, 1_000_000_000),
        Text("labels", "Labels, separated by |; - for none", "标签，以 | 分隔；无则填 -", optional: true), Flag("sink", "Reductions can be reversed", "减排可能逆转")))
{
    protected override void Work(Working w)
    {
        var (_, contract) = Named(w);
        var on = w.Input.DateOrNull("on")!.Value;
        var holdings = w.Input.List("holdings").Select((h, i) => Read(w, h, i)).ToList();
        if (w.Refused) return;
        foreach (var holding in holdings)
        {
            var (verdict, conditions) = Basket.Check(w.Rules, contract, holding.Facts, on);
            Say(w, "holding-" + holding.Id, $"{holding.Id}: good delivery?", $"{holding.Id}：可否交割", verdict.ToString(), conditions.FirstOrDefault(c => c.Met is not true)?.Rule ?? conditions.FirstOrDefault()?.Rule);
        }
        var chosen = w.Value(Basket.Cheapest(w.Rules, contract, holdings, w.Input.Integer("units"), on));
        var cost = chosen.Sum(c => c.Units * c.Price);
        w.Step("cost", "What the delivery is worth", "交割市值", "sum of units * price", contract.Currency, cost, ("units", chosen.Sum(c => c.Units)));
        w.Put("chosen", new JsonArray([.. chosen.Select(c => (JsonNode)new JsonObject { ["id"] = c.Id, ["units"] = c.Units })]));
        w.Put("cost", cost);
    }

    static UnitsOnHand Read(Working w, CalcInput h, int at)
    {
        var rules = CreditRules.Of(w.Rules);
        var programme = rules.Programme(h.Text("programme"));
        if (programme is null) w.Refuse(Refusal.NotFound("credits.programme-unknown", $"holdings[{at}].programme", ("programme", h.Text("programme")), ("known", string.Join(", ", rules.Programmes.Select(p => p.Code)))));
        var labels = h.TextOrNull("labels") is not { } text ? null : text.Trim() == "-" ? [] : text.Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        var year = h.Integer("vintage");
        return new(h.Text("id"), new(programme?.Code ?? "", programme?.Unit ?? "", new LocalDate(year, 1, 1), new LocalDate(year, 12, 31), labels, h.Has("sink") ? h.Flag("sink") : null, null, null), h.Decimal("price"), h.Integer("held"));
    }
}
