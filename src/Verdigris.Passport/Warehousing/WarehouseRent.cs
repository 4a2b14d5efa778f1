using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Warehousing;

/// <summary>Days of a queue that share one part of the full rent. Day 1 is the first day in the queue.</summary>
/// <param name="ToDay">Last day, included; null for all that follow.</param>
/// <param name="Share">Part of the full rent: 1 full, 0.5 half, 0 none.</param>
public sealed record RentStep(int FromDay, int? ToDay, decimal Share, RuleRef Rule);

/// <summary>A dated schedule; its steps follow each other from day 1 without gap or overlap.</summary>
/// <param name="Proposal">A text that was proposed, not a policy in force.</param>
public sealed record RentSchedule(string Id, Bilingual Name, bool Proposal, IReadOnlyList<RentStep> Steps);

/// <summary>Rent of some days at one share.</summary>
public sealed record RentLine(RentStep Step, int Days, Money Amount);

/// <summary>Rent for metal that waits in a load-out queue. Exact: nothing is rounded, because no rule read says how. Pure.</summary>
public static class WarehouseRent
{
    const string Pack = "metals/rent-schedules";

    public static Answer<RentSchedule> Schedule(RulePacks rules, string id, LocalDate? on = null)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var pack = rules.Pack(Pack);
        if (pack.Table("schedules").Find(on, id) is not { } row)
            return Refusal.NotFound("rent.unknown-schedule", "schedule", ("given", id), ("known", string.Join(", ", pack.Table("schedules").Rows.Select(r => r.Text("schedule")).Distinct())));
        var steps = pack.Table("steps").Rows.Where(r => r.Text("schedule") == id && r.InForce(on)).OrderBy(r => r.Integer("from_day")).ToList();
        var next = (int?)1;
        foreach (var step in steps)
        {
            if (step.Integer("from_day") != next || step.IntegerOrNull("to_day") < next)
                throw new RulePackException([new(step.File, step.Line, "from_day", "rule-pack.steps", new($"schedule '{id}' must go on at day {next}", $"方案“{id}”应从第 {next} 天继续"))]);
            next = step.IntegerOrNull("to_day") + 1;
        }
        if (next is not null) throw new RulePackException([new(row.File, row.Line, "schedule", "rule-pack.steps", new($"schedule '{id}' says nothing from day {next} on; leave the last step's to_day empty", $"方案“{id}”自第 {next} 天起没有规定；请将最后一步的 to_day 留空"))]);
        return new RentSchedule(id, new(row.Text("name_en"), row.Text("name_zh")), row.Text("standing") == "proposal",
            steps.Select(s => new RentStep(s.Integer("from_day"), s.IntegerOrNull("to_day"), s.Decimal("share"), s.Ref(pack))).ToList());
    }

    /// <summary>One line a step that the queue reaches; their amounts add up to the rent.</summary>
    /// <param name="queueDays">Calendar days in the queue, 0 or more.</param>
    public static IReadOnlyList<RentLine> Rent(RentSchedule schedule, Mass mass, RentRate rate, int queueDays)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        ArgumentOutOfRangeException.ThrowIfNegative(queueDays);
        var lines = new List<RentLine>();
        foreach (var step in schedule.Steps)
        {
            var days = Math.Min(queueDays, step.ToDay ?? queueDays) - step.FromDay + 1;
            if (days > 0) lines.Add(new(step, days, rate.For(mass, days) * step.Share));
        }
        return lines;
    }
}
