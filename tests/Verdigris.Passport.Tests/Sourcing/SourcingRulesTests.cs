using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Verdigris.Passport.Sourcing;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests.Sourcing;

public class SourcingRulesTests
{
    static readonly SourcingRules Rules = new(RulePacks.Locate());
    static readonly LocalDate Day = new(2026, 6, 30);

    static Supplier A(string key, int tier, decimal? share = null, string material = "concentrate", string[]? origins = null, string[]? transits = null, string? lei = null) =>
        new(key, "Supplier " + key, lei, "PE", tier, material, 1000m, share, null, origins ?? ["PE"], transits);

    static CahraList ListOf(LocalDate day, params CahraArea[] areas) => new(Guid.Empty, "Synthetic list", "test", day, new string('0', 64), areas);

    [Fact]
    public void The_pack_holds_every_track_and_cites_a_source_for_each_row()
    {
        Assert.Equal(["A", "B", "C", "D"], Rules.Tracks.Select(t => t.Text("track")));
        Assert.Equal([3, 2, 1], new[] { "location", "supplier", "circumstance" }.Select(k => Rules.Flags.Count(f => f.Text("kind") == k)));
        Assert.Equal(6, Rules.Risks.Count);
        Assert.Equal(new LocalDate(2022, 6, 30), SourcingRules.Find(Rules.Deadlines, "event", "first-reports")!.Date("day"));
        Assert.Equal((12, 6, 5, 100), (Rules.Terms.RecheckMonths, Rules.Terms.ProgressMonths, Rules.Terms.SmallestGroup, Rules.Terms.RecyclablePercent));
        Assert.All(Rules.Tracks.Concat(Rules.Standards).Concat(Rules.Risks).Concat(Rules.Flags).Concat(Rules.Deadlines).Concat(Rules.Reasons), r => Assert.NotEmpty(r.Source.Citation));
        Assert.Equal(RuleStatus.Recalled, SourcingRules.Find(Rules.Standards, "standard", "rmap")!.Status);
        Assert.Equal(RuleStatus.Verified, SourcingRules.Find(Rules.Standards, "standard", "jdds")!.Status);
    }

    [Fact]
    public void A_chain_that_passes_has_no_circle_and_no_tier_over_a_hundred_percent()
    {
        var suppliers = Gen.Choose(1, 4).SelectMany(t => Gen.Choose(5, 60).Select(share => (Tier: t, Share: (decimal)share))).ListOf(5);
        var edges = Gen.Choose(0, 4).SelectMany(n => Gen.Choose(0, 4).SelectMany(f => Gen.Choose(0, 4).Select(t => (f, t))).ListOf(n));
        var refusedShares = 0;
        var refusedEdges = 0;
        var passed = 0;
        Prop.ForAll((from s in suppliers from e in edges select (s, e)).ToArbitrary(), c =>
        {
            var chain = new SupplyChain([.. c.s.Select((x, i) => A("S" + i, x.Tier, x.Share))], [.. c.e.Distinct().Where(e => e.f < c.s.Count && e.t < c.s.Count).Select(e => new SupplyEdge("S" + e.f, "S" + e.t))]);
            var wrong = SupplyRules.Check(chain, Rules.Primary);
            var over = c.s.GroupBy(x => x.Tier).Any(g => g.Sum(x => x.Share) > 100);
            if (over) refusedShares++;
            if (Circle(chain)) refusedEdges++;
            if (wrong.Count == 0) passed++;
            return wrong.Any(w => w.Code == "sourcing.shares-over-100") == over && (wrong.Count > 0 || (!over && !Circle(chain)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
        Assert.True(refusedShares > 50 && refusedEdges > 50 && passed > 20, $"{refusedShares} {refusedEdges} {passed}");

        // Independent of tiers: takes away what supplies nobody until nothing is left or nothing can go.
        static bool Circle(SupplyChain chain)
        {
            var left = chain.Edges.ToList();
            for (var before = -1; before != left.Count;) { before = left.Count; var now = left; left = [.. now.Where(e => now.Any(o => o.From == e.To))]; }
            return left.Count > 0;
        }
    }

    [Theory]
    [InlineData("5493001KJTIIGC8Y1R12", null)]
    [InlineData("5493001KJTIIGC8Y1R13", "sourcing.lei-invalid")]
    [InlineData("5493001kjtiigc8y1r12", "sourcing.lei-invalid")]
    [InlineData("", "sourcing.lei-invalid")]
    public void A_lei_is_taken_only_with_its_check_digits(string lei, string? code) =>
        Assert.Equal(code, SupplyRules.Check(new([A("S1", 1, lei: lei)], []), Rules.Primary).Select(w => w.Code).FirstOrDefault());

    [Fact]
    public void What_is_wrong_with_a_chain_is_said_with_its_field()
    {
        var chain = new SupplyChain([A("S1", 1), A("S1", 0, share: 101m, material: "gold") with { Country = "Peru", TonnesPerYear = 0, Origins = ["Cuzco"] }, A("S2", 2)], [new("S2", "S9"), new("S1", "S2"), new("S2", "S1"), new("S2", "S1")]);
        Assert.Equal([("sourcing.key-repeated", "suppliers[1].key"), ("sourcing.country-invalid", "suppliers[1].country"), ("sourcing.tier-out-of-range", "suppliers[1].tier"), ("sourcing.material-unknown", "suppliers[1].material"),
            ("sourcing.tonnes-out-of-range", "suppliers[1].tonnesPerYear"), ("sourcing.share-out-of-range", "suppliers[1].sharePercent"), ("sourcing.place-invalid", "suppliers[1].origins[0]"), ("sourcing.shares-over-100", "suppliers"),
            ("sourcing.supplier-unknown", "edges[0].to"), ("sourcing.edge-not-to-lower-tier", "edges[1].to"), ("sourcing.edge-repeated", "edges[3]")], SupplyRules.Check(chain, Rules.Primary).Select(w => (w.Code, w.Field!)));
        Assert.Equal("sourcing.supplier-not-connected", Assert.Single(SupplyRules.CheckComplete(new([A("S1", 1), A("S2", 2)], []))).Code);
        Assert.Equal("sourcing.no-supplier", Assert.Single(SupplyRules.CheckComplete(SupplyChain.Empty)).Code);
        Assert.Empty(SupplyRules.CheckComplete(new([A("S1", 1), A("S2", 2)], [new("S2", "S1")])));
    }

    [Theory]
    [InlineData("XA", "XA", "listed")]
    [InlineData("XA-01", "XA", "part-of-listed")]
    [InlineData("XA", "XA-01", "may-be-listed")]
    [InlineData("XA-02", "XA-01", null)]
    [InlineData("XB", "XA", null)]
    public void A_place_is_matched_with_a_list_by_country_and_area(string place, string listed, string? finding)
    {
        var list = ListOf(new(2026, 1, 1), new CahraArea(listed, new(2020, 1, 1), null, "test"));
        foreach (var transit in new[] { false, true })
        {
            var chain = new SupplyChain([A("S1", 1, origins: transit ? ["PE"] : [place], transits: transit ? [place] : null)], []);
            Assert.Equal(finding is null ? [] : [new FoundFlag(FlagRules.Cahra, "S1", place, finding, list.Id)], FlagRules.Screen(chain, [list], Day, Rules.Primary));
        }
    }

    [Fact]
    public void A_place_is_flagged_exactly_on_the_days_it_is_listed()
    {
        var days = Gen.Choose(-400, 400).Select(d => Day.PlusDays(d));
        Prop.ForAll((from f in days from length in Gen.Choose(1, 300) from open in Gen.Elements(true, false) from asked in days select (f, open ? (LocalDate?)null : f.PlusDays(length), asked)).ToArbitrary(), c =>
        {
            var (from, to, on) = c;
            var found = FlagRules.Screen(new([A("S1", 1, origins: ["XA"])], []), [ListOf(new(2020, 1, 1), new CahraArea("XA", from, to, "test"))], on, Rules.Primary);
            return found.Count == 1 == (on >= from && (to is null || on < to));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_list_that_holds_is_the_latest_of_its_name_not_after_the_day()
    {
        var dates = Gen.Choose(0, 60).Select(d => Day.PlusDays(d - 30)).NonEmptyListOf();
        Prop.ForAll(dates.ToArbitrary(), issued =>
        {
            var holding = FlagRules.Holding(issued.Distinct().Select(d => ListOf(d)), Day);
            var expected = issued.Where(d => d <= Day).ToList();
            return expected.Count == 0 ? holding.Count == 0 : holding.Single().ListDate == expected.Max();
        }).QuickCheckThrowOnFailure();
        Assert.Equal(2, FlagRules.Holding([ListOf(Day), ListOf(Day) with { Name = "another" }], Day).Count);
    }

    [Fact]
    public void Primary_material_of_unknown_origin_is_flagged_and_scrap_is_not()
    {
        var chain = new SupplyChain([A("S1", 1, origins: []), A("S2", 1, origins: [], material: "scrap-old"), A("S3", 1) with { Origins = null }], []);
        Assert.Equal([("S1", "origin-unknown"), ("S3", "origin-unknown")], FlagRules.Screen(chain, [], Day, Rules.Primary).Select(f => (f.SupplierKey, f.Finding)));
    }

    [Theory]
    [InlineData("2025-06-30", "sourcing.evidence-too-old")]
    [InlineData("2025-07-01", null)]
    [InlineData("2026-06-30", null)]
    [InlineData("2026-07-01", "sourcing.evidence-after-assessment")]
    public void Sourcing_counts_when_it_lies_in_the_twelve_months_up_to_the_assessment(string day, string? code)
    {
        var flag = new NewFlag("sourced-within-12-months", "S1", "Invoices of a trader", NodaTime.Text.LocalDatePattern.Iso.Parse(day).Value);
        Assert.Equal(code, FlagRules.Check(flag, new([A("S1", 1)], []), Day, Rules.Flags).Select(w => w.Code).FirstOrDefault());
        if (code == "sourcing.evidence-too-old") Assert.Empty(FlagRules.Check(flag with { Flag = "supplier-interest" }, new([A("S1", 1)], []), Day, Rules.Flags));
    }

    [Fact]
    public void A_list_is_read_from_csv_and_every_fault_names_its_line()
    {
        var good = CahraHandlers.Read("Country or area, from ,to,source\r\nXA-01,2024-01-01,,Synthetic\r\nXB,2024-01-01,2025-01-01,\"Synthetic, second\"\r\n"u8).Value;
        Assert.Equal([new CahraArea("XA-01", new(2024, 1, 1), null, "Synthetic"), new CahraArea("XB", new(2024, 1, 1), new(2025, 1, 1), "Synthetic, second")], good);
        var bad = CahraHandlers.Read("country or area,from,to,source\nNowhere,2024-01-01,,x\nXA,2024-13-01,,x\nXA,2024-01-01,2024-01-01,x\nXA,2024-01-01,,\nXA,2024-01-01\n"u8);
        Assert.Equal([("sourcing.list-place", "2"), ("sourcing.list-days", "3"), ("sourcing.list-days", "4"), ("sourcing.list-source", "5"), ("sourcing.list-row-length", "6")], bad.Refusals.Select(r => (r.Code, r.Args!["line"])));
        Assert.Equal("sourcing.list-header", CahraHandlers.Read("place,from,to,source\n"u8).Refusals[0].Code);
        Assert.Equal("sourcing.list-empty", CahraHandlers.Read("country or area,from,to,source\n"u8).Refusals[0].Code);
        Assert.Equal("sourcing.list-unreadable", CahraHandlers.Read([0xff, 0xfe]).Refusals[0].Code);
        Assert.Equal("sourcing.list-unreadable", CahraHandlers.Read("country or area,from,to,source\nXA,2024-01-01,,\"open"u8).Refusals[0].Code);
    }

    [Fact]
    public void Every_state_is_reached_and_what_the_table_does_not_name_is_refused()
    {
        var reached = new HashSet<AssessmentState> { AssessmentState.NotStarted };
        for (var grew = true; grew;) { grew = false; foreach (var (from, _, to) in AssessmentRules.Table) if (reached.Contains(from) && reached.Add(to)) grew = true; }
        Assert.Equal(Enum.GetValues<AssessmentState>().ToHashSet(), reached);
        Assert.Equal([AssessmentState.Delisted], AssessmentRules.Table.Final);
        foreach (var state in Enum.GetValues<AssessmentState>())
            foreach (var happened in Enum.GetValues<AssessmentEvent>())
                foreach (var end in Enum.GetValues<AssessmentState>())
                {
                    var ends = AssessmentRules.Table.Where(m => m.From == state && m.Event == happened).Select(m => m.To).ToList();
                    var next = AssessmentRules.Table.Next(state, happened, end);
                    Assert.Equal(ends.Count == 1 || ends.Contains(end), next.Ok);
                }
    }

    [Fact]
    public void Compliance_falls_due_on_its_day_and_the_day_is_a_year_on_or_the_end_of_the_certificate()
    {
        var found = new LocalDate(2026, 2, 28);
        Assert.Equal(new LocalDate(2027, 2, 28), AssessmentRules.NextCheck(found, new(Track.C), 12));
        Assert.Equal(new LocalDate(2026, 9, 1), AssessmentRules.NextCheck(found, new(Track.A, ValidTo: new LocalDate(2026, 9, 1)), 12));
        Assert.Equal(new LocalDate(2027, 2, 28), AssessmentRules.NextCheck(found, new(Track.A, ValidTo: new LocalDate(2029, 9, 1)), 12));
        Assert.Equal(AssessmentState.Compliant, AssessmentRules.StateOn(AssessmentState.Compliant, new(2027, 2, 28), new(2027, 2, 27)));
        Assert.Equal(AssessmentState.DueAgain, AssessmentRules.StateOn(AssessmentState.Compliant, new(2027, 2, 28), new(2027, 2, 28)));
        Assert.Equal(AssessmentState.Filed, AssessmentRules.StateOn(AssessmentState.Filed, null, Day));
    }

    [Theory]
    [InlineData(Track.A, "jdds", "CU", null)]
    [InlineData(Track.A, "jdds", "AL", "sourcing.standard-not-for-metal")]
    [InlineData(Track.A, "own-label", "CU", "sourcing.standard-not-recognised")]
    [InlineData(Track.B, null, "CU", "sourcing.auditor-not-approved")]
    [InlineData(Track.C, null, "CU", null)]
    [InlineData(Track.D, null, "CU", "sourcing.input-not-all-recyclable")]
    [InlineData((Track)9, null, "CU", "sourcing.track-unknown")]
    public void A_filing_is_checked_by_its_track(Track track, string? standard, string metal, string? code)
    {
        var filing = new Filing(track, standard, "C-1", "Certifier", new(2026, 1, 1), new(2028, 1, 1), null, Day, 99.9m, "A. Name, director");
        Assert.Equal(code, AssessmentRules.Check(filing, metal, Day, Rules.Standards, 100).Select(w => w.Code).FirstOrDefault());
        if (track == Track.D) Assert.Empty(AssessmentRules.Check(filing with { RecyclableInputPercent = 100m }, metal, Day, Rules.Standards, 100));
        if (code is null && track == Track.A)
        {
            Assert.Equal("sourcing.no-longer-valid", AssessmentRules.Check(filing, metal, new(2028, 1, 2), Rules.Standards, 100).Single().Code);
            Assert.Equal("sourcing.not-yet-valid", AssessmentRules.Check(filing, metal, new(2025, 12, 31), Rules.Standards, 100).Single().Code);
        }
    }

    [Fact]
    public void Progress_is_due_six_months_after_the_last_check_and_late_from_the_next_day()
    {
        Prop.ForAll(Gen.Choose(0, 700).ListOf(4).ToArbitrary(), offsets =>
        {
            var opened = new LocalDate(2024, 8, 31);
            var checks = offsets.Order().Select(o => new ProgressCheck(opened.PlusDays(o), "x")).ToList();
            var plan = new MitigationPlan(Guid.Empty, Guid.Empty, MitigationResponse.ContinueWhileMitigating, "x", opened, null, [], checks);
            var due = MitigationRules.NextCheckDue(plan, 6)!.Value;
            return due == (checks.Count == 0 ? opened : checks[^1].Day).PlusMonths(6) && !MitigationRules.CheckOverdue(plan, 6, due) && MitigationRules.CheckOverdue(plan, 6, due.PlusDays(1))
                && MitigationRules.NextCheckDue(plan with { ClosedOn = due }, 6) is null && !MitigationRules.CheckOverdue(plan with { ClosedOn = due }, 6, due.PlusYears(9));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_plan_closes_only_when_every_action_is_settled()
    {
        Prop.ForAll(Gen.Choose(0, 2).ListOf(5).ToArbitrary(), states =>
        {
            var plan = new MitigationPlan(Guid.Empty, Guid.Empty, MitigationResponse.Disengage, "x", Day, null, [.. states.Select(s => new PlanAction(Guid.Empty, "a", "b", "c", Day, (ActionState)s, null, null))], []);
            return MitigationRules.Close(plan) is null == states.All(s => s != 0) && MitigationRules.Close(plan with { ClosedOn = Day })!.Code == "sourcing.plan-closed";
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(91, null)]
    [InlineData(90, 90)]
    [InlineData(31, 90)]
    [InlineData(30, 30)]
    [InlineData(8, 30)]
    [InlineData(7, 7)]
    [InlineData(0, 7)]
    [InlineData(-1, -1)]
    public void A_certificate_is_called_to_mind_ninety_thirty_and_seven_days_before_it_ends(int left, int? reminder) =>
        Assert.Equal(reminder, PlantCertificateRules.Reminder(Day.PlusDays(left), Day, Rules.Terms.ReminderDays));

    [Fact]
    public void No_hidden_group_can_be_told_from_what_is_shown()
    {
        var brands = Gen.Elements("AL", "CU").SelectMany(m => Gen.Elements(Track.A, Track.C).SelectMany(t => Gen.Elements(AssessmentState.Filed, AssessmentState.Compliant).Select(s => (Metal: m, Track: (Track?)t, State: s)))).ListOf();
        Prop.ForAll(brands.ToArbitrary(), all =>
        {
            var round = SourcingFigures.Hide(2026, all, 5);
            var hidden = all.GroupBy(b => b).Where(g => g.Count() < 5).ToList();
            return round.Counts.All(c => c.Count is null or >= 5)
                && round.Counts.Count(c => c.Count is null) == hidden.Count
                && round.Counts.Sum(c => c.Count ?? 0) + hidden.Sum(g => g.Count()) == all.Count
                && (round.Hidden is null || round.Hidden == hidden.Sum(g => g.Count())) && (hidden.Count != 1 || round.Hidden is null) && round.Hidden is null or 0 or >= 5;
        }).QuickCheckThrowOnFailure();
        Assert.Equal(6, SourcingFigures.Hide(2026, Enumerable.Repeat(("AL", (Track?)Track.A, AssessmentState.Filed), 3).Concat(Enumerable.Repeat(("CU", (Track?)Track.A, AssessmentState.Filed), 3)), 5).Hidden);
    }

    [Fact]
    public void A_reference_is_found_again_however_it_is_typed_and_no_two_are_alike()
    {
        Prop.ForAll(Gen.Choose(0, 255).ArrayOf(20).ToArbitrary(), bytes =>
        {
            var reference = GrievanceRules.Reference([.. bytes.Select(b => (byte)b)]);
            var other = bytes.Select(b => (byte)b).ToArray();
            other[7] ^= 1;
            return reference.Length == 23 && GrievanceRules.HashOf(reference) == GrievanceRules.HashOf(" " + reference.ToLowerInvariant().Replace("-", " ", StringComparison.Ordinal).Replace('0', 'o').Replace('1', 'l'))
                && GrievanceRules.HashOf(reference) != GrievanceRules.HashOf(GrievanceRules.Reference(other));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_grievance_ends_resolved_or_dismissed_and_is_resolved_only_by_way_of_the_producer()
    {
        Assert.Equal([GrievanceState.Resolved, GrievanceState.Dismissed], GrievanceRules.Table.Final.Order());
        Assert.All(GrievanceRules.Table.Where(m => m.To == GrievanceState.Resolved), m => Assert.Equal(GrievanceState.WithProducer, m.From));
        Assert.Equal(["sourcing.text-invalid", "sourcing.grievance-against-nobody", "sourcing.line-invalid"], GrievanceRules.Check(new(" ", Name: "a\u0007")).Select(w => w.Code));
        Assert.Equal("sourcing.text-invalid", GrievanceRules.Check(new(new string('x', 2001), "VALU")).Single().Code);
    }
}
