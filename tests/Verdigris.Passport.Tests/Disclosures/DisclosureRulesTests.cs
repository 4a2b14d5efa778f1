using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Reading;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

public class DisclosureRulesTests
{
    static readonly LocalDate Today = new(2026, 11, 20);

    static Methodology Method(string version = "1", bool comparable = true, ValueKind kind = ValueKind.Metric, string code = "IAI", Better better = Better.Lower) => new(DemoId(code + version), code, version, code, null, "Owner", "CLI", kind,
        kind == ValueKind.Metric ? "tCO2e/t" : null, comparable, better, ["cradle-to-gate", "gate-to-gate"], [], "d", null, MethodologyState.Approved, null, Guid.Empty, default, null, 1);

    static Guid DemoId(string name) => Demo.DemoPlan.Id(name);

    static Disclosure Said(int subject, decimal value, Methodology? method = null, string boundary = "cradle-to-gate", LocalDate? validTo = null, DisclosureState state = DisclosureState.Published, int year = 2025)
    {
        var producer = DemoId("producer " + subject);
        var m = method ?? Method();
        return new(DemoId($"{subject} {value} {m.Id} {boundary} {validTo} {year}"), new($"company:{producer}", SubjectType.Company, producer, null, null, null, "NO", "P" + subject, null), "P" + subject, null, m,
            new($"company:{producer}", m.Id, m.ValueKind == ValueKind.Metric ? value : null, Boundary: boundary, PeriodFrom: new(year, 1, 1), PeriodTo: new(year, 12, 31), ValidFrom: new(2026, 1, 1), ValidTo: validTo),
            state, null, Guid.Empty, default, null, null, null, 1);
    }

    [Fact]
    public void Every_state_is_reached_and_expired_and_withdrawn_are_final()
    {
        var reached = new HashSet<DisclosureState> { DisclosureState.Draft };
        for (var grew = true; grew;) grew = DisclosureRules.Table.Where(m => reached.Contains(m.From)).ToList().Any(m => reached.Add(m.To));
        Assert.Equal(Enum.GetValues<DisclosureState>().ToHashSet(), reached);
        Assert.Equal([DisclosureState.Withdrawn, DisclosureState.Expired], DisclosureRules.Table.Final.Order());
        Assert.Equal([MethodologyState.Declined, MethodologyState.Retired], MethodologyRules.Table.Final.Order());
        Assert.Equal([TargetState.Withdrawn], TargetRules.Table.Final);
    }

    [Fact]
    public void Only_what_is_published_expires_and_only_by_its_last_day()
    {
        var cases = from state in Gen.Elements(Enum.GetValues<DisclosureState>().Where(s => s <= DisclosureState.Withdrawn)) from left in Gen.Choose(-400, 400) from open in Gen.Elements(true, false, false, false) select (state, left, open);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var on = DisclosureRules.On(Today, c.state, c.open ? null : Today.PlusDays(c.left));
            if (c.state != DisclosureState.Published || c.open) return on == c.state;
            return on == (c.left < 0 ? DisclosureState.Expired : c.left <= 90 ? DisclosureState.Expiring : DisclosureState.Published);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(91, null, 0)]
    [InlineData(90, 90, 0)]
    [InlineData(31, 90, 59)]
    [InlineData(30, 30, 0)]
    [InlineData(8, 30, 22)]
    [InlineData(7, 7, 0)]
    [InlineData(0, 7, 7)]
    [InlineData(-1, 0, 0)]
    [InlineData(-20, 0, 19)]
    public void A_reminder_falls_due_90_30_and_7_days_before_the_last_day_and_the_day_after_it(int left, int? stage, int dueDaysAgo)
    {
        var due = ExpiryReminders.On(Today, Today.PlusDays(left));
        Assert.Equal(stage, due?.Stage);
        if (due is { } d) Assert.Equal(Today.PlusDays(-dueDaysAgo), d.Due);
    }

    [Fact]
    public void A_reminder_stands_from_its_day_on_and_never_before()
    {
        Prop.ForAll(Gen.Choose(-500, 500).ToArbitrary(), left =>
            ExpiryReminders.On(Today, Today.PlusDays(left)) is not { } due || (due.Due <= Today && ExpiryReminders.On(due.Due, Today.PlusDays(left)) == due && ExpiryReminders.On(due.Due.PlusDays(-1), Today.PlusDays(left)) != due)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Reminders_come_nearest_end_first_and_only_for_what_is_published()
    {
        var found = ExpiryReminders.Of([Said(1, 1, validTo: Today.PlusDays(40)), Said(2, 1, validTo: Today.PlusDays(-3), state: DisclosureState.Expired), Said(3, 1, validTo: Today.PlusDays(5)), Said(4, 1, validTo: Today.PlusDays(200)), Said(5, 1),
            Said(6, 1, validTo: Today.PlusDays(5), state: DisclosureState.Withdrawn), Said(7, 1, validTo: Today.PlusDays(5), state: DisclosureState.Draft)], Today);
        Assert.Equal([(-3, 0), (5, 7), (40, 90)], found.Select(f => (f.DaysLeft, f.Stage)));
    }

    [Fact]
    public void A_line_runs_from_baseline_to_target_and_a_figure_on_it_is_on_its_path()
    {
        var cases = from years in Gen.Choose(1, 60) from gone in Gen.Choose(0, 60) from a in Gen.Choose(-1_000_000, 1_000_000) from b in Gen.Choose(-1_000_000, 1_000_000) from v in Gen.Choose(-1_000_000, 1_000_000) where gone <= years && a != b select (years, gone, a, b, v);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var target = new TargetContent("", "CLI", "n", null, "t", 2000, c.a / 1000m, 2000 + c.years, c.b / 1000m);
            var at = TargetPath.At(target, 2000 + c.gone, c.v / 1000m);
            var onLine = TargetPath.At(target, 2000 + c.gone, at.LineValue);
            // An independent reading in whole thousandths: the line is a·(years − gone) + b·gone over years.
            var difference = (decimal)c.v - ((((decimal)c.a * (c.years - c.gone)) + ((decimal)c.b * c.gone)) / c.years);
            var sure = decimal.Abs(difference) > 0.001m;
            return onLine is { OnPath: true, GapValue: 0 } && (c.gone != 0 || at.LineValue == target.BaselineValue) && (c.gone != c.years || at.LineValue == target.TargetValue)
                && at.GapValue == at.Value - at.LineValue && (!sure || at.OnPath == (c.b < c.a ? difference < 0 : difference > 0)) && at.Steps.Single(s => s.Name == "line").Value == at.LineValue;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_target_to_be_lowered_is_on_its_path_below_the_line_and_its_trace_says_how()
    {
        var point = TargetPath.At(new("", "CLI", "n", null, "tCO2e/t", 2020, 4.0m, 2030, 2.0m), 2025, 3.1m);
        Assert.Equal((3.0m, 0.1m, false, 45.0m), (point.LineValue, point.GapValue, point.OnPath, point.WayPct));
        Assert.Equal([("yearly-change", "(2 − 4) ÷ 10", -0.2m), ("line", "4 + (2 − 4) × 5 ÷ 10", 3.0m), ("gap", "3.1 − 3", 0.1m), ("way", "(3.1 − 4) ÷ (2 − 4) × 100", 45.0m)], point.Steps.Select(s => (s.Name, s.Terms, s.Value)));
        Assert.True(TargetPath.At(new("", "CIR", "n", null, "%", 2020, 10, 2030, 50), 2025, 30).OnPath);
        Assert.False(TargetPath.At(new("", "CIR", "n", null, "%", 2020, 10, 2030, 50), 2025, 29.999999m).OnPath);
    }

    [Fact]
    public void Figures_are_ranked_only_within_one_version_and_boundary()
    {
        var figures = from subject in Gen.Choose(1, 8)
                      from value in Gen.Choose(1, 6)
                      from version in Gen.Elements("1", "2")
                      from boundary in Gen.Elements("cradle-to-gate", "gate-to-gate")
                      from comparable in Gen.Elements(true, true, true, false)
                      from better in Gen.Elements(Better.Lower, Better.Higher)
                      select Said(subject, value, Method(version + (comparable ? "" : "x"), comparable), boundary);
        Prop.ForAll(figures.ListOf().ToArbitrary(), all =>
        {
            foreach (var row in Comparison.Of(all))
            {
                var cells = row.Cells.Values.ToList();
                foreach (var cell in cells)
                {
                    var peers = cells.Where(c => c != cell && c.Disclosure.Methodology.Id == cell.Disclosure.Methodology.Id && c.Disclosure.Content.Boundary == cell.Disclosure.Content.Boundary && cell.Disclosure.Methodology.Comparable).ToList();
                    if ((cell.Rank is not null) != peers.Count > 0 || cell.Rank is null == cell.Why is null) return false;
                    if (cell.Rank is { } rank && rank != 1 + peers.Count(p => p.Disclosure.Content.Value < cell.Disclosure.Content.Value)) return false;
                }
            }
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_not_ranked_says_why()
    {
        Assert.Equal([NotComparable.OtherVersion, NotComparable.OtherVersion], Why(Said(1, 3), Said(2, 4, Method("2"))));
        Assert.Equal([NotComparable.OtherBoundary, NotComparable.OtherBoundary], Why(Said(1, 3), Said(2, 4, boundary: "gate-to-gate")));
        Assert.Equal([NotComparable.Methodology, NotComparable.Methodology], Why(Said(1, 3, Method(comparable: false)), Said(2, 4, Method(comparable: false))));
        Assert.Equal([NotComparable.NotAFigure], Why(Said(1, 0, Method(comparable: false, kind: ValueKind.Certificate))));
        Assert.Equal([NotComparable.Alone], Why(Said(1, 3)));
        Assert.Equal([null, null, NotComparable.OtherVersion], Why(Said(1, 3), Said(2, 4), Said(3, 1, Method("2"))));

        static IEnumerable<NotComparable?> Why(params Disclosure[] all) => Comparison.Of(all).Single().Cells.Values.OrderBy(c => c.Disclosure.ProducerName, StringComparer.Ordinal).Select(c => c.Why);
    }

    [Fact]
    public void Of_a_subjects_figures_the_latest_period_counts_and_what_has_expired_does_not()
    {
        var row = Comparison.Of([Said(1, 9, year: 2024), Said(1, 8, year: 2025), Said(2, 7), Said(3, 1, state: DisclosureState.Expired), Said(4, 5, Method(better: Better.Higher))]).Single();
        Assert.Equal([8m, 7m, 5m], row.Cells.Values.OrderBy(c => c.Disclosure.ProducerName, StringComparer.Ordinal).Select(c => c.Disclosure.Content.Value!.Value));
    }

    [Fact]
    public void Nothing_is_said_of_a_group_of_fewer_than_five_producers()
    {
        var figures = from n in Gen.Choose(0, 12) from list in (from p in Gen.Choose(1, 7) from v in Gen.Choose(0, 50) select (DemoId("p" + p), (decimal)v)).ListOf(n) select list.ToList();
        Prop.ForAll(figures.ToArbitrary(), list =>
        {
            var known = GroupStatistics.Of(list);
            if (list.Select(f => f.Item1).Distinct().Count() < 5) return known is null;
            var below = list.Count(f => f.Item2 < known!.Median);
            var above = list.Count(f => f.Item2 > known!.Median);
            return known!.Least == list.Min(f => f.Item2) && known.Greatest == list.Max(f => f.Item2) && below <= list.Count / 2 && above <= list.Count / 2 && known.Figures == list.Count;
        }).QuickCheckThrowOnFailure();
    }

    public static TheoryData<string, string, Func<DisclosureContent, DisclosureContent>> Faults => new()
    {
        { "disclosure.value-missing", "value", c => c with { Value = null } },
        { "input.too-many-decimals", "value", c => c with { Value = 1.0000001m } },
        { "input.out-of-range", "value", c => c with { Value = -1_000_000_000_000m } },
        { "disclosure.not-of-kind", "certificateNo", c => c with { CertificateNo = "C-1" } },
        { "disclosure.not-of-kind", "statement", c => c with { Statement = "text" } },
        { "disclosure.not-of-kind", "statementZh", c => c with { StatementZh = "文" } },
        { "disclosure.boundary-not-of-methodology", "boundary", c => c with { Boundary = "site" } },
        { "disclosure.boundary-not-of-methodology", "boundary", c => c with { Boundary = null } },
        { "disclosure.period-half", "periodTo", c => c with { PeriodTo = null } },
        { "disclosure.period-missing", "periodFrom", c => c with { PeriodFrom = null, PeriodTo = null } },
        { "disclosure.period-backwards", "periodTo", c => c with { PeriodTo = new(2024, 12, 31) } },
        { "disclosure.period-not-over", "periodTo", c => c with { PeriodTo = Today.PlusDays(1) } },
        { "disclosure.assurer-without-assurance", "assurer", c => c with { Assurer = "Somebody" } },
        { "input.required", "assurer", c => c with { Assurance = Assurance.Limited } },
        { "disclosure.valid-from-missing", "validFrom", c => c with { ValidFrom = default } },
        { "disclosure.validity-backwards", "validTo", c => c with { ValidFrom = Today.PlusDays(9), ValidTo = Today.PlusDays(8) } },
        { "disclosure.validity-over", "validTo", c => c with { ValidTo = Today.PlusDays(-1) } },
        { "request.word-unknown", "visibility", c => c with { Visibility = (Visibility)9 } },
        { "request.word-unknown", "assurance", c => c with { Assurance = (Assurance)9, Assurer = "Somebody" } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_of_a_disclosure_names_its_field(string code, string field, Func<DisclosureContent, DisclosureContent> fault)
    {
        var good = new DisclosureContent("company:x", Guid.Empty, 3.4m, PeriodFrom: new(2025, 1, 1), PeriodTo: new(2025, 12, 31), Boundary: "cradle-to-gate", ValidFrom: new(2026, 1, 1), ValidTo: new(2027, 1, 1));
        Assert.Empty(DisclosureRules.Check(good, Method(), [], Today));
        Assert.Equal([(code, field)], DisclosureRules.Check(fault(good), Method(), [], Today).Select(r => (r.Code, r.Field)));
    }

    [Fact]
    public void A_certificate_has_a_number_an_end_and_an_independent_issuer_and_is_of_an_approved_methodology_of_its_metal()
    {
        var method = Method(comparable: false, kind: ValueKind.Certificate) with { Boundaries = [], Metals = ["CU"] };
        var good = new DisclosureContent("company:x", method.Id, CertificateNo: "C-1", Assurance: Assurance.Certified, Assurer: "Body", ValidFrom: new(2026, 1, 1), ValidTo: new(2027, 1, 1));
        Assert.Empty(DisclosureRules.Check(good, method, ["CU"], Today));
        Assert.Equal([("disclosure.methodology-other-metal", "methodologyId")], DisclosureRules.Check(good, method, ["AL"], Today).Select(r => (r.Code, r.Field)));
        Assert.Equal(["disclosure.certificate-without-end", "disclosure.certificate-not-certified"], DisclosureRules.Check(good with { ValidTo = null, Assurance = Assurance.Limited }, method, ["CU"], Today).Select(r => r.Code));
        Assert.Equal(["input.required"], DisclosureRules.Check(good with { CertificateNo = " " }, method, ["CU"], Today).Select(r => r.Code));
        Assert.Equal(["disclosure.methodology-not-approved"], DisclosureRules.Check(good, method with { State = MethodologyState.Retired }, ["CU"], Today).Select(r => r.Code));
        Assert.Equal(["disclosure.methodology-unknown"], DisclosureRules.Check(good, null, ["CU"], Today).Select(r => r.Code));
    }

    [Fact]
    public void A_line_of_a_csv_file_is_never_a_formula_and_what_is_not_stated_is_empty()
    {
        Assert.Equal(["", "\"'=1+1\"", "\"a\"\"b, c\"", "2025-01-31", "3.40", "Certified"], new object?[] { null, "=1+1", "a\"b, c", new LocalDate(2025, 1, 31), 3.40m, Assurance.Certified }.Select(CsvLineWriter.Cell));
    }
}
