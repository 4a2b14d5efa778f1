using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Storage;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>The same project in two registries: found when units come in, and nothing comes in before a person has decided. The projects are those of the real exports.</summary>
public sealed class DuplicateTests
{
    static readonly MatchRules Rules = MatchRules.Of(RulePacks.Locate());

    static MatchFacts Facts(string programme, string number, string? name = null, string? country = null, string? methodology = null, string? stated = null, decimal? latitude = null, decimal? longitude = null) =>
        Rules.Facts(programme, number, name, country, methodology, Rules.Stated(stated) is { } s ? [s] : [], latitude, longitude);

    [Fact]
    public void A_number_that_a_registry_states_is_taken_apart_by_its_letters_and_letters_of_nobody_are_no_number()
    {
        Assert.Equal(("acr", "1007"), Rules.Stated("ACR1007"));
        Assert.Equal(("car", "1011"), Rules.Stated("CAR1011"));
        Assert.Equal(("arb", "CAOD5018"), Rules.Stated(" CAOD5018 "));
        Assert.Equal(("arb", "CAFR6957"), Rules.Stated("CAFR6957"));
        foreach (var none in new[] { null, "", "ECYOD6001", "CAR", "CAR12x", "1007", "CARR1" }) Assert.Null(Rules.Stated(none));
    }

    [Theory]
    // The project that California's table names by its number at the other registry.
    [InlineData("stated-number", "A-Gas 3-2023B", "Something else", null, null, "ACR1007")]
    [InlineData("name-country-methodology", "Bale Mountains Eco-region REDD+ project", "BALE MOUNTAINS ECO-REGION REDD+ PROJECT", "VM0015", "VM0015 Avoided Unplanned Deforestation, v1.1", null)]
    [InlineData("name-country", "American Eagle Mine Methane Incineration Project", "American Eagle Mine Methane Incineration Project", "Mine Methane Capture - ARB Compliance", "ARB Compliance Offset Protocol: Mine Methane Capture Projects", null)]
    // Four words of five.
    [InlineData("like-name", "Tongxu Biogas Recovery Utilization and the Methane Project", "Tongxu Biogas Recovery Utilization Programme of Methane", "ACM0010", "ACM0010", null)]
    [InlineData(null, "Tongxu Biogas Recovery Utilization", "Tongxu Biogas Recovery", "ACM0010", "ACM0010", null)]
    [InlineData(null, "Cookstoves in Kenya", "Cookstoves in Rwanda", "TPDDTEC", "TPDDTEC", null)]
    public void Two_projects_meet_the_first_rule_whose_features_all_agree(string? rule, string name, string other, string? methodology, string? otherMethodology, string? stated) =>
        Assert.Equal(rule, Rules.Compare(Facts("arb", "CAOD1007", name, "US", methodology, stated), Facts("acr", "1007", other, "United States", otherMethodology))?.Rule);

    [Fact]
    public void What_is_not_known_agrees_with_nothing_and_a_number_in_the_place_of_a_name_is_no_name()
    {
        var found = Rules.Compare(Facts("verra", "1", "Bale Mountains", null, null), Facts("gold-standard", "2", "Bale mountains", "Ethiopia", "VM0015"))!;
        Assert.Equal("name", found.Rule);
        Assert.Equal([("stated-number", null), ("name", true), ("like-name", true), ("country", null), ("methodology", null), ("place", null)], found.Evidence.Select(e => (e.Feature, e.Agrees)));
        Assert.Null(Rules.Compare(Facts("cercarbono", "12", "12", "Colombia"), Facts("acr", "12", "12", "CO")));
        Assert.Null(Rules.Compare(Facts("verra", "1", "", "KE"), Facts("acr", "2", null, "KE")));
        Assert.Null(Rules.Compare(Facts("acr", "1", "One and the same", "US"), Facts("acr", "2", "One and the same", "US")));
        Assert.Equal("CI", Facts("art", "130", "x", "COTE D'IVOIRE").Country);
        Assert.Null(Facts("verra", "1", "x", "International").Country);
    }

    [Fact]
    public void Two_projects_of_one_methodology_at_one_place_match_whatever_they_are_called_also_across_the_date_line()
    {
        Assert.Equal("same-place", Rules.Compare(Facts("verra", "1", "Alpha", "FJ", "VM0042", null, -17.5m, 179.997m), Facts("acr", "2", "Omega", null, "VM0042", null, -17.505m, -179.996m))?.Rule);
        Assert.Null(Rules.Compare(Facts("verra", "1", "Alpha", "FJ", "VM0042", null, -17.5m, 179.9m), Facts("acr", "2", "Omega", "FJ", "VM0042", null, -17.5m, 179.95m)));
    }

    [Fact]
    public void Years_meet_where_they_share_a_day_and_are_not_known_to_be_apart_where_one_of_them_is_not_known()
    {
        Span Of(int from, int to) => new(new(from, 1, 1), new(to, 12, 31));
        Assert.True(Span.Meet([Of(2019, 2020), Of(2024, 2024)], [Of(2020, 2021)]));
        Assert.False(Span.Meet([Of(2019, 2019)], [Of(2020, 2021)]));
        Assert.True(Span.Meet([Of(2019, 2019), new(null, null)], [Of(2019, 2021)]));
        Assert.Null(Span.Meet([Of(2018, 2018), new(null, null)], [Of(2019, 2021)]));
        Assert.Null(Span.Meet([], [Of(2019, 2021)]));
    }

    [Fact]
    public async Task The_real_exports_have_these_projects_in_two_registries_and_no_others()
    {
        await using var desk = await CreditDesk.Open();
        foreach (var name in new[] { "american_carbon_registry_projects.csv", "american_carbon_registry_issuances.csv", "american_carbon_registry_cancellations.csv", "american_carbon_registry_retirements.csv", "climate_action_reserve_projects.csv", "climate_action_reserve_issuances.csv",
            "climate_action_reserve_cancellations.csv", "climate_action_reserve_retirements.csv", "arb_nc_arboc_issuance_sheet3.csv", "verra_projects.csv", "verra_transactions.csv", "gold_standard_projects.csv", "gold_standard_issuances.csv" }) await desk.Import(name);
        var found = await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.List(s, default));
        // Counted in the files themselves: the same name in two of them, or the number that California's table states.
        Assert.Equal(
        [
            "acr 1007 = arb CAOD1007 stated-number", "acr 1042 = arb CAOD1042 stated-number", "acr 1051 = arb CAMM1051 stated-number", "acr 1094 = arb CAMM1094 stated-number", "acr 1100 = arb CAMM1100 stated-number", "acr 1118 = arb CAMM1118 stated-number",
            "acr 1123 = arb CAMM1123 stated-number", "acr 1138 = arb CAMM1138 stated-number", "acr 1163 = arb CAOD1163 stated-number", "acr 444 = car 1323 name-country", "acr 674 = car 2135 name-country", "acr 746 = car 2057 name-country", "acr 806 = car 2167 name-country",
            "acr 841 = car 2056 name-country", "arb CAMM1009 = car 2111 stated-number", "arb CAOD5018 = car 1011 stated-number",
        ], found.Select(m => $"{m.One.Programme} {m.One.Number} = {m.Other.Programme} {m.Other.Number} {m.Rule}").Order(StringComparer.Ordinal));
        var eagle = found.Single(m => m.One.Number == "841");
        Assert.Equal(("American Eagle Mine Methane Incineration Project", "american eagle mine methane incineration project"), (eagle.One.Name, eagle.Evidence.Single(e => e.Feature == "name").Other));
        Assert.NotNull(eagle.Other.ProjectId);
    }

    const string Header = "Vintage,Offset Credit Serial Numbers,Quantity of Offset Credits,Status Effective,Project ID,Project Name,Project Type,Reduction/Removal,Reversible/Non-Reversible,Protocol and Version,Project Site Location,Project Site State,Project Site Country,Activity Area Type,Additional Certification(s),Eligible for CORSIA 2021-2023 Compliance Period,Eligible for CORSIA 2024-2026 Compliance Period,Corresponding Adjustment,CCP Approved,Account Holder,Retirement Reason";

    /// <summary>Retirements of the Reserve, of a project that is in the other registry too, and of one that is not.</summary>
    static string Eagle(params int[] years) => Header + "\n" + string.Join('\n', years.Select((y, i) => $"{y},CAR-1-US-2056-12-2283-WV-{y}-{8000 + i}-1 to 100,100,08/20/2025,CAR2056,American Eagle Mine Methane Incineration Project,Mine Methane Capture,Reduction,,Mine Methane Capture,Cabin Creek,WEST VIRGINIA,US,,,,,No,,Somebody,Environmental Benefit"))
        + "\n2025,CAR-1-US-1335-31-983-KS-2025-9205-1 to 5000,5000,10/27/2025,CAR1335,Coffeyville NAP2,Nitric Acid,Reduction,,Nitric Acid,Coffeyville,KANSAS,US,,,,,No,,Somebody,Environmental Benefit\n";

    static async Task<(CreditDesk Desk, CreditImportView File, ProjectMatch Match)> Held(params int[] years)
    {
        var desk = await CreditDesk.Open();
        await desk.Import("american_carbon_registry_projects.csv");
        await desk.Import("american_carbon_registry_issuances.csv");
        await desk.Import("american_carbon_registry_cancellations.csv");
        var file = await desk.Bring("eagle.csv", Eagle(years));
        return (desk, file, Assert.Single(await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.OfImport(s, file.File.Id, default))));
    }

    static Task<List<string>> Units(CreditDesk desk) => desk.Query("select distinct p.programme || ' ' || p.number from registry.credit_block b join registry.credit_project p on p.id = b.project_id where p.programme = 'car' order by 1", r => r.GetString(0));

    [Fact]
    public async Task A_deposit_of_a_project_that_another_registry_has_waits_whole_until_an_approver_has_decided_with_a_reason()
    {
        var (desk, file, match) = await Held(2024);
        await using var _ = desk;
        Assert.Equal(("acr", "841", "car", "2056", "name-country", MatchDecision.Open), (match.One.Programme, match.One.Number, match.Other.Programme, match.Other.Number, match.Rule, match.Decision));
        Assert.True(match.Holds);
        Assert.Equal(["credits.duplicates-wait"], await desk.Refused(CreditDesk.Officer, s => desk.Imports.Apply(s, file.File.Id, default)));
        Assert.Empty(await Units(desk));
        // Both programmes heard of it; who brought the file does not decide, nor anybody without the right, nor without a reason.
        Assert.Contains("registry.notice.credits.duplicate", await desk.Query("select payload->>'textKey' from storage.outbox_event where topic = 'storage.notice'", r => r.Text(0)));
        var ruling = new NewRuling(MatchDecision.Distinct, "Two shafts, 40 km apart.", match.RowVersion);
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Officer, s => desk.Matches.Decide(s, match.Id, ruling, default)));
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => desk.Matches.Decide(s, match.Id, ruling, default)));
        Assert.Equal(["input.required"], await desk.Refused(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, ruling with { Reason = " " }, default)));
        Assert.Equal(["credits.match-decision"], await desk.Refused(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, ruling with { Decision = MatchDecision.Open }, default)));
        Assert.Equal(["credits.match-stands"], await desk.Refused(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, ruling with { Decision = MatchDecision.Duplicate, Stands = "verra" }, default)));
        Assert.Equal(["input.required"], await desk.Refused(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, ruling with { Decision = MatchDecision.Moved, Stands = "car" }, default)));
        var decided = await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, ruling, default));
        Assert.Equal((MatchDecision.Distinct, "Two shafts, 40 km apart.", CreditDesk.Authority), (decided.Rulings[0].Decision, decided.Rulings[0].Reason, decided.Rulings[0].OrganisationId));
        Assert.Equal(["credits.match-changed"], await desk.Refused(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, ruling, default)));
        await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, file.File.Id, default));
        Assert.Equal(["car 1335", "car 2056"], await Units(desk));
        // What was decided and why stays, also when it is decided anew.
        await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, new(MatchDecision.Linked, "One mine after all.", decided.RowVersion), default));
        Assert.Empty(await desk.Query("delete from registry.credit_match_decision returning 1", r => 1));
        Assert.Equal(["One mine after all.", "Two shafts, 40 km apart."], (await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.Read(s, match.Id, default))).Rulings.Select(r => r.Reason));
    }

    [Fact]
    public async Task Who_brought_a_file_does_not_decide_on_it_even_with_the_right_to()
    {
        await using var desk = await CreditDesk.Open();
        var both = CreditDesk.Officer with { Roles = new HashSet<string> { Role.AuthorityOfficer, Role.AuthorityApprover } };
        await desk.Import("american_carbon_registry_projects.csv");
        await desk.Import("american_carbon_registry_cancellations.csv");
        await using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Eagle(2024)));
        await desk.Do(both, s => desk.Imports.Bring(s, "eagle.csv", content, default));
        var match = (await desk.Do(both, s => desk.Matches.List(s, default))).Single(m => m.Other.Number == "2056");
        Assert.Equal(["credits.match-own"], await desk.Refused(both, s => desk.Matches.Decide(s, match.Id, new(MatchDecision.Distinct, "Mine.", match.RowVersion), default)));
    }

    [Fact]
    public async Task Of_a_project_that_moved_the_years_before_count_in_the_old_programme_and_those_after_in_the_new_one()
    {
        var (desk, file, match) = await Held(2023, 2024, 2025);
        await using var _ = desk;
        await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, new(MatchDecision.Moved, "Transferred to the Reserve; letters of both registries.", match.RowVersion, "car", new(2024, 1, 1)), default));
        var applied = await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, file.File.Id, default));
        Assert.Equal((3, 1), (applied.File.Posted, applied.File.Refused));
        Assert.Equal(["credits.moved-vintage"], applied.Reading.Findings.Where(f => f.Refuses).Select(f => f.Code));
        Assert.Equal(2, applied.Reading.Findings.Single(f => f.Refuses).Line);
    }

    [Fact]
    public async Task Of_a_project_counted_twice_nothing_comes_in_where_it_does_not_count()
    {
        var (desk, file, match) = await Held(2024);
        await using var _ = desk;
        await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.Decide(s, match.Id, new(MatchDecision.Duplicate, "The units are those of ACR841.", match.RowVersion, "acr"), default));
        var applied = await desk.Do(CreditDesk.Officer, s => desk.Imports.Apply(s, file.File.Id, default));
        Assert.Equal(["credits.duplicate-decided"], applied.Reading.Findings.Where(f => f.Refuses).Select(f => f.Code));
        Assert.Equal(["car 1335"], await Units(desk));
    }

    [Fact]
    public async Task A_match_that_another_file_brings_between_looking_and_taking_in_holds_the_first_one_too()
    {
        await using var desk = await CreditDesk.Open();
        var file = await desk.Bring("eagle.csv", Eagle(2024));
        Assert.Empty(await desk.Do(CreditDesk.AuthorityApprover, s => desk.Matches.OfImport(s, file.File.Id, default)));
        await desk.Import("american_carbon_registry_projects.csv");
        await desk.Import("american_carbon_registry_cancellations.csv");
        Assert.Equal(["credits.duplicates-wait"], await desk.Refused(CreditDesk.Officer, s => desk.Imports.Apply(s, file.File.Id, default)));
    }

    [Fact]
    public async Task Units_of_a_project_that_waits_are_not_put_behind_an_instrument_and_it_is_not_issued()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Refrigerants("Affinity Mine Methane Incineration Project", MatchDecision.Distinct);
        await desk.Issue(project, new(2025, 1, 1), new(2025, 12, 31), new Vintage(2025, 100));
        var serial = Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Serial;
        await desk.Import("climate_action_reserve_projects.csv");
        await desk.Import("climate_action_reserve_cancellations.csv");
        Assert.Equal(["credits.duplicate-open"], await desk.Refused(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Immobilise, serial, 10, Instrument: "Tokens"), default)));
        var period = await desk.Do(CreditDesk.Editor, s => desk.Periods.Open(s, project.Id, new(new(2026, 1, 1), new(2026, 6, 30), 100, true, CreditDesk.OtherBody), default));
        await desk.File(CreditDesk.Editor, project.Id, "monitoring-report", period.Id);
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, nameof(PeriodEvent.Report), period.Id);
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, nameof(PeriodEvent.BeginVerification), period.Id);
        await desk.File(CreditDesk.OtherLead, project.Id, "verification-report", period.Id);
        await desk.Do(CreditDesk.OtherLead, s => desk.Periods.Verify(s, project.Id, period.Id, new(true, 100, [new(2026, 100)]), default));
        await desk.Step(CreditDesk.OtherLead, CreditDesk.OtherReviewer, project.Id, nameof(PeriodEvent.Verify), period.Id);
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, nameof(PeriodEvent.RequestIssuance), period.Id);
        Assert.Equal(["credits.guard.not-listed-elsewhere"], await desk.Refused(CreditDesk.Officer, s => desk.Steps.Ask(s, project.Id, new(nameof(PeriodEvent.Issue), period.Id), default)));
        await desk.Rule(MatchDecision.Distinct);
        await desk.Do(CreditDesk.Officer, s => desk.Steps.Ask(s, project.Id, new(nameof(PeriodEvent.Issue), period.Id), default));
        await desk.Do(CreditDesk.Editor, s => desk.Orders.Propose(s, new(CreditOrderKind.Immobilise, serial, 10, Instrument: "Tokens"), default));
    }

    [Fact]
    public async Task A_match_is_seen_by_the_two_programmes_alone()
    {
        var (desk, _, match) = await Held(2024);
        await using var __ = desk;
        var stranger = new Actor(Guid.NewGuid(), "stranger", Guid.NewGuid(), new HashSet<string> { Role.AuthorityApprover });
        Assert.Empty(await desk.Do(stranger, s => desk.Matches.List(s, default)));
        Assert.Equal(["credits.match-not-found"], await desk.Refused(stranger, s => desk.Matches.Read(s, match.Id, default)));
        Assert.Equal(["credits.match-not-found"], await desk.Refused(stranger, s => desk.Matches.Decide(s, match.Id, new(MatchDecision.Distinct, "Mine.", match.RowVersion), default)));
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => desk.Matches.List(s, default)));
    }
}
