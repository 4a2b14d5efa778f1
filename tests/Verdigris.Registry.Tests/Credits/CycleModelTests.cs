using System.Reflection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Programmes;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>The life of a project and of its periods, walked as a model: every state is reached, every exit is guarded, and what is not known never passes.</summary>
public sealed class CycleModelTests
{
    static readonly CreditRules Rules = CreditRules.Of(RulePacks.Locate());

    static readonly PropertyInfo[] Facts = typeof(CycleFacts).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.PropertyType == typeof(bool?)).ToArray();

    /// <summary>Everything holds; late or not late is asked of both sides, so it is chosen.</summary>
    static CycleFacts Everything(bool late)
    {
        var facts = new CycleFacts();
        foreach (var fact in Facts) fact.SetValue(facts, true);
        return facts with { VerificationOverdue = late };
    }

    static CycleFacts Without(CycleFacts facts, string name, bool? value)
    {
        var copy = facts with { };
        Facts.Single(f => f.Name == name).SetValue(copy, value);
        return copy;
    }

    public static TheoryData<string> Programmes => [.. Rules.Programmes.Select(p => p.Code)];

    [Theory, MemberData(nameof(Programmes))]
    public void Every_state_is_reached_by_steps_whose_guards_can_hold(string programme)
    {
        var projects = Walk(ProjectCycle.Projects, ProjectState.Concept, (step, facts) => CycleGuards.Of(Rules, programme, step, facts));
        Assert.Equal(Enum.GetValues<ProjectState>().ToHashSet(), projects);
        var periods = Walk(ProjectCycle.Periods, PeriodState.Open, (step, facts) => CycleGuards.Of(Rules, programme, step, facts));
        Assert.Equal(Enum.GetValues<PeriodState>().ToHashSet(), periods);
    }

    static HashSet<TState> Walk<TState, TEvent>(StateTable<TState, TEvent> table, TState start, Func<TEvent, CycleFacts, IReadOnlyList<GuardStanding>> guards) where TState : struct, Enum where TEvent : struct, Enum
    {
        var reached = new HashSet<TState> { start };
        var waiting = new Queue<TState>([start]);
        while (waiting.TryDequeue(out var state))
            foreach (var (from, step, to) in table.Where(m => m.From.Equals(state)))
                if (new[] { true, false }.Any(late => CycleGuards.Refusals(guards(step, Everything(late))).Count == 0) && reached.Add(to)) waiting.Enqueue(to);
        return reached;
    }

    [Theory, MemberData(nameof(Programmes))]
    public void Every_exit_is_guarded_and_nothing_passes_of_which_nothing_is_known(string programme)
    {
        foreach (var step in ProjectCycle.Projects.Select(m => m.Event).Distinct())
            Assert.True(CycleGuards.Refusals(CycleGuards.Of(Rules, programme, step, new CycleFacts())).Count > 0, $"{programme} {step}");
        foreach (var step in ProjectCycle.Periods.Select(m => m.Event).Distinct())
            Assert.True(CycleGuards.Refusals(CycleGuards.Of(Rules, programme, step, new CycleFacts())).Count > 0, $"{programme} {step}");
    }

    [Theory, MemberData(nameof(Programmes))]
    public void Taking_any_one_fact_away_or_turning_it_stops_exactly_the_steps_that_ask_for_it(string programme)
    {
        var asked = new HashSet<string>();
        foreach (var late in new[] { true, false })
            foreach (var fact in Facts)
                foreach (var value in new bool?[] { null, !(bool?)fact.GetValue(Everything(late)) })
                {
                    var facts = Without(Everything(late), fact.Name, value);
                    foreach (var step in Enum.GetValues<ProjectEvent>())
                        if (Stopped(CycleGuards.Of(Rules, programme, step, Everything(late)), CycleGuards.Of(Rules, programme, step, facts), value)) asked.Add(fact.Name);
                    foreach (var step in Enum.GetValues<PeriodEvent>())
                        if (Stopped(CycleGuards.Of(Rules, programme, step, Everything(late)), CycleGuards.Of(Rules, programme, step, facts), value)) asked.Add(fact.Name);
                }
        // Host approval is asked for by some programmes only.
        Assert.Equal(Facts.Select(f => f.Name).Where(n => n != nameof(CycleFacts.HostApproval)).ToHashSet(), asked.Where(n => n != nameof(CycleFacts.HostApproval)).ToHashSet());
    }

    static bool Stopped(IReadOnlyList<GuardStanding> before, IReadOnlyList<GuardStanding> after, bool? value)
    {
        var changed = before.Zip(after).Where(p => p.First.Holds != p.Second.Holds).ToList();
        if (changed.Count == 0) return false;
        // What became unknown never holds.
        if (value is null) Assert.All(changed, c => Assert.Null(c.Second.Holds));
        return value is null ? CycleGuards.Refusals(after).Count > 0 : true;
    }

    [Fact]
    public void Every_guard_of_the_pack_is_known_to_the_program_and_every_one_it_knows_is_asked_for()
    {
        var rows = Rules.Rules.Table("guards").Rows;
        Assert.Equal(CycleGuards.Words.Order(), rows.Select(r => r.Text("guard")).Distinct().Order());
        Assert.All(rows, r => Assert.True(r.Text("programme") == CreditRules.All || Rules.Programme(r.Text("programme")) is not null, r.Text("programme")));
        Assert.All(rows.Where(r => r.Text("cycle") == "project"), r => Assert.True(Enum.TryParse<ProjectEvent>(r.Text("event"), out _), r.Text("event")));
        Assert.All(rows.Where(r => r.Text("cycle") == "period"), r => Assert.True(Enum.TryParse<PeriodEvent>(r.Text("event"), out _), r.Text("event")));
    }

    [Fact]
    public void A_step_that_the_table_does_not_have_is_refused_with_the_state_and_the_step()
    {
        var refused = ProjectCycle.Projects.Next(ProjectState.Rejected, ProjectEvent.Register).Refusals[0];
        Assert.Equal("credits.project-step", refused.Code);
        Assert.Equal("Rejected", refused.Args!["state"]);
        Assert.Contains(ProjectState.Terminated, ProjectCycle.Projects.Final);
        Assert.Contains(PeriodState.Issued, ProjectCycle.Periods.Final);
    }

    static readonly CreditProgramme Cdm = Rules.Programme("cdm")!, Acr = Rules.Programme("acr")!, Ccer = Rules.Programme("ccer")!;

    static LocalDate Day(int year, int month = 1, int day = 1) => new(year, month, day);

    [Fact]
    public void A_crediting_period_is_no_longer_than_the_programme_allows_and_not_renewed_too_often()
    {
        Assert.True(CycleRules.CreditingWithinLimit(Ccer, false, new(Day(2025), Day(2034, 12, 31)), 0));
        Assert.False(CycleRules.CreditingWithinLimit(Ccer, false, new(Day(2025), Day(2035)), 0));
        Assert.True(CycleRules.CreditingWithinLimit(Ccer, true, new(Day(2025), Day(2064, 12, 31)), 0));
        Assert.False(CycleRules.CreditingWithinLimit(Ccer, false, new(Day(2025), Day(2026)), 1));
        Assert.Null(CycleRules.CreditingWithinLimit(Ccer, null, new(Day(2025), Day(2026)), 0));
        Assert.Null(CycleRules.CreditingWithinLimit(Ccer, false, null, 0));
    }

    [Fact]
    public void Monitoring_periods_follow_each_other_without_gap_and_without_overlap()
    {
        var crediting = new Days(Day(2025), Day(2034, 12, 31));
        Days first = new(Day(2025), Day(2025, 12, 31));
        Assert.True(CycleRules.Follows(first, crediting, []));
        Assert.False(CycleRules.Follows(new(Day(2025, 1, 2), Day(2025, 12, 31)), crediting, []));
        Assert.Null(CycleRules.Follows(first, null, []));
        Assert.True(CycleRules.Follows(new(Day(2026), Day(2026, 6, 30)), crediting, [first]));
        Assert.False(CycleRules.Follows(new(Day(2026, 1, 2), Day(2026, 6, 30)), crediting, [first]));
        Assert.False(CycleRules.Follows(new(Day(2025, 12, 31), Day(2026, 6, 30)), crediting, [first]));
        Assert.False(CycleRules.Follows(new(Day(2027), Day(2026)), crediting, [first]));
    }

    [Fact]
    public void The_body_that_validated_does_not_verify_the_first_period_where_the_programme_forbids_it()
    {
        Guid body = new("11111111-1111-1111-1111-111111111111"), other = new("22222222-2222-2222-2222-222222222222");
        Assert.False(CycleRules.NotValidator(Cdm, body, body, true));
        Assert.True(CycleRules.NotValidator(Cdm, other, body, true));
        Assert.True(CycleRules.NotValidator(Cdm, body, body, false));
        Assert.Null(CycleRules.NotValidator(Cdm, body, null, true));
        Assert.True(CycleRules.NotValidator(Acr, body, body, true));
    }

    [Fact]
    public void One_body_verifies_so_many_periods_in_a_row_and_no_more()
    {
        Guid body = new("11111111-1111-1111-1111-111111111111"), other = new("22222222-2222-2222-2222-222222222222");
        Assert.True(CycleRules.WithinRotation(Acr, body, [body, body, body, body]));
        Assert.False(CycleRules.WithinRotation(Acr, body, [body, body, body, body, body]));
        Assert.True(CycleRules.WithinRotation(Acr, body, [body, other, body, body, body, body]));
        Assert.Null(CycleRules.WithinRotation(Acr, body, [body, null]));
        Assert.Null(CycleRules.WithinRotation(Acr, null, []));
        Assert.True(CycleRules.WithinRotation(Cdm, null, []));
    }

    [Fact]
    public void An_accreditation_counts_for_its_programme_and_scope_and_not_on_the_day_it_ends()
    {
        Accreditation[] all = [new("cdm", 9, Day(2020), Day(2025))];
        Assert.True(CycleRules.Accredited(all, "cdm", 9, Day(2024, 12, 31)));
        Assert.False(CycleRules.Accredited(all, "cdm", 9, Day(2025)));
        Assert.False(CycleRules.Accredited(all, "cdm", 1, Day(2024)));
        Assert.False(CycleRules.Accredited(all, "verra", 9, Day(2024)));
        Assert.False(CycleRules.Accredited([], "cdm", 9, Day(2024)));
        Assert.Null(CycleRules.Accredited(null, "cdm", 9, Day(2024)));
        Assert.Null(CycleRules.Accredited(all, "cdm", null, Day(2024)));
    }

    [Fact]
    public void A_project_is_late_from_the_day_after_the_time_the_programme_gives()
    {
        Assert.False(CycleRules.Overdue(Acr, null, Day(2020, 6, 30), Day(2025, 6, 30)));
        Assert.True(CycleRules.Overdue(Acr, null, Day(2020, 6, 30), Day(2025, 7, 1)));
        Assert.Null(CycleRules.Overdue(Acr, null, null, Day(2025)));
        Assert.False(CycleRules.Overdue(Cdm, null, null, Day(2025)));
    }
}
