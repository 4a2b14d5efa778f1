using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Warehousing.Queues;

/// <summary>The rate from a stock on; tonnes.</summary>
public sealed record LoadOutStep(decimal FromStockT, decimal TPerDay, RuleRef Rule);

/// <summary>When a long queue makes a warehouse owe extra load-out.</summary>
/// <param name="ShareOfLoadIn">Part of what came in during a window that is owed in the next.</param>
public sealed record LiloTerms(int WindowMonths, decimal ThresholdDays, decimal ShareOfLoadIn, RuleRef WindowRule, RuleRef ThresholdRule, RuleRef ShareRule);

/// <summary>A dated policy: the minimum load-out by stock, its rent schedule, and the terms of load-in load-out.</summary>
/// <param name="Linear">Between two steps the rate lies on the straight line; otherwise it stays until the next.</param>
/// <param name="Rent">Null where the policy caps no rent.</param>
/// <param name="InForce">False for a proposal and for a policy of the past.</param>
public sealed record QueuePolicy(string Id, Bilingual Name, bool InForce, bool Linear, IReadOnlyList<LoadOutStep> Steps, RentSchedule? Rent, LiloTerms Lilo)
{
    /// <summary>Tonnes are kept to the kilogram.</summary>
    public static RoundingRule ToKilogram { get; } = new("to the kilogram", MidpointRounding.ToEven, 3);

    const string PackId = "metals/queue-policies";

    /// <param name="on">Day that chooses the rows; null takes those without an end.</param>
    public static Answer<QueuePolicy> Find(RulePacks rules, string id, LocalDate? on = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var pack = rules.Pack(PackId);
        if (pack.Table("policies").Find(on, id) is not { } row)
            return Refusal.NotFound("queue.unknown-policy", "policy", ("given", id), ("known", string.Join(", ", pack.Table("policies").Rows.Select(r => r.Text("policy")).Distinct())));
        RentSchedule? rent = null;
        if (row.TextOrNull("rent_schedule") is { } schedule)
        {
            var found = WarehouseRent.Schedule(rules, schedule, on);
            if (!found.Ok) return Answer<QueuePolicy>.From(found.Refusals);
            rent = found.Value;
        }
        var steps = pack.Table("load-out").Rows.Where(r => r.Text("policy") == id && r.InForce(on)).OrderBy(r => r.Decimal("from_stock_t")).Select(r => new LoadOutStep(r.Decimal("from_stock_t"), r.Decimal("t_per_day"), r.Ref(pack))).ToList();
        if (steps is not [{ FromStockT: 0 }, ..] || steps.Any(s => s.TPerDay <= 0))
            throw new RulePackException([new(row.File, row.Line, "policy", "rule-pack.steps", new($"policy '{id}' must give a rate above zero from a stock of 0 on", $"规定“{id}”须自存量 0 起给出大于零的出库率"))]);
        return new QueuePolicy(id, new(row.Text("name_en"), row.Text("name_zh")), row.Text("standing") == "in-force", row.Text("between") == "linear", steps, rent,
            new((int)Term("window-months").Decimal("number"), Term("threshold-days").Decimal("number"), Term("share-of-load-in").Decimal("number"), Term("window-months").Ref(pack), Term("threshold-days").Ref(pack), Term("share-of-load-in").Ref(pack)));

        RuleRow Term(string term) => pack.Table("lilo").Find(on, term) ?? throw new RulePackException([new(row.File, row.Line, "term", "rule-pack.steps", new($"the term '{term}' is missing", $"缺少条款“{term}”"))]);
    }

    /// <summary>The minimum load-out of a day, tonnes to the kilogram (half to even), and the step it comes from.</summary>
    /// <param name="stockT">Metal stored when the day begins, 0 or more.</param>
    public (decimal TPerDay, LoadOutStep Step) Rate(decimal stockT)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stockT);
        var at = 0;
        while (at + 1 < Steps.Count && Steps[at + 1].FromStockT <= stockT) at++;
        var step = Steps[at];
        if (!Linear || at + 1 == Steps.Count) return (step.TPerDay, step);
        var next = Steps[at + 1];
        return (ToKilogram.Apply(step.TPerDay + ((stockT - step.FromStockT) * (next.TPerDay - step.TPerDay) / (next.FromStockT - step.FromStockT))), step);
    }
}
