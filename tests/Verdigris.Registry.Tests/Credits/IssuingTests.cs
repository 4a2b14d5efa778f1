using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Storage.Testing;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>In whose numbers units are issued here, how long the public comments, and whether the tables are what the code writes.</summary>
public sealed class IssuingTests
{
    static readonly RulePacks Packs = RulePacks.Locate();
    static readonly CreditRules Rules = CreditRules.Of(Packs);
    static readonly SerialGrammars Grammars = SerialGrammars.Of(Packs);
    static readonly IssuingRules Issuing = IssuingRules.Of(Packs);

    [Fact]
    public void Every_grammar_says_whether_its_units_are_issued_here_and_where_they_are_not_why()
    {
        foreach (var grammar in Grammars.All)
        {
            Assert.NotNull(Issuing.Knows(grammar));
            Assert.Equal(Issuing.Knows(grammar) is false, Issuing.WhyNot(grammar) is { En.Length: > 20, Zh.Length: > 10 });
        }
        Assert.Equal(["gold-standard", "acr", "art", "arb", "ccer", "paris"], Grammars.All.Where(g => Issuing.Knows(g) is true).Select(g => g.Name));
        Assert.False(Issuing.Knows(null));
    }

    [Theory]
    [InlineData("gold-standard", "100001", "KE", "TPDDTEC", "GS1-1-KE-GS100001-16-2025-7-1-100")]
    [InlineData("acr", "100001", "US", "IFM-US", "ACR-US-100001-2025-7-1 to 100")]
    [InlineData("art", "100001", "GY", null, "ART-GY-100001-2025-7-1 to 100")]
    [InlineData("arb", "CAOD1007", "US", null, "CAOD1007-C")]
    [InlineData("ccer", "100001", "CN", "CCER-01-002", "CCER-CN-100001-2025-7-1-100")]
    [InlineData("paris", "100001", "KE", "AM0030", "A64-KE-100001-2025-7-1-100")]
    public void Units_of_these_are_numbered_from_what_is_known_of_their_project(string grammar, string number, string country, string? methodology, string serial)
    {
        var of = Grammars.Named(grammar);
        var made = of.Make(Issuing.Parts(of, new(number, country, methodology, 7, 2), 2025), new(1, 100));
        Assert.Equal(serial, made.Value.Text);
        // What is printed is read again as the same.
        Assert.Equal(made.Value.Parts, of.Read(serial, out _, out _)!.Parts);
    }

    [Theory]
    [InlineData("gold-standard", "100001", "KE", "A-METHODOLOGY-WITHOUT-A-TYPE", 0, "type")]
    [InlineData("acr", "100001", null, "IFM-US", 0, "country")]
    [InlineData("arb", "100001", "US", null, 0, "type")]
    [InlineData("arb", "CAOD1007", "US", null, 26, "batch")]
    public void A_part_that_cannot_be_said_is_refused_and_never_made_up(string grammar, string number, string? country, string? methodology, int earlier, string part)
    {
        var of = Grammars.Named(grammar);
        var refused = of.Make(Issuing.Parts(of, new(number, country, methodology, 1, earlier), 2025), new(1, 100));
        Assert.Equal(("credits.serial-part", part), (Assert.Single(refused.Refusals).Code, refused.Refusals[0].Field));
    }

    [Theory]
    [InlineData("verra", "AM0059", 9)]
    [InlineData("car", "NAP", 5)]
    [InlineData("cdm", "AM0030", 9)]
    public async Task A_programme_whose_numbers_only_its_own_registry_gives_issues_nothing_here_and_says_so_when_it_is_asked_for(string programme, string methodology, int scope)
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Refrigerants($"A project of {programme}", MatchDecision.Distinct, programme, methodology, scope);
        var period = await desk.Verified(project, new(2025, 1, 1), new(2025, 6, 30), new Vintage(2025, 500));
        Assert.Equal(["credits.guard.issuing-rule-known"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new(nameof(PeriodEvent.RequestIssuance), period.Id), default)));
        Assert.Equal("credits.no-issuing-rule", Issuing.Refusal(Grammars.OfUnit(Rules.Programme(programme)!.Unit), programme)!.Code);
        Assert.Empty(await desk.Query("select 1 from registry.credit_block", r => 1));
    }

    [Fact]
    public async Task The_developer_hears_that_an_issuance_was_made_or_that_it_was_refused_and_why()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Refrigerants("Refrigerants", MatchDecision.Distinct);
        await desk.Issue(project, new(2025, 1, 1), new(2025, 6, 30), new Vintage(2025, 500));
        var period = await desk.Verified(project, new(2025, 7, 1), new(2025, 12, 31), new Vintage(2025, 100));
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, nameof(PeriodEvent.RequestIssuance), period.Id);
        await desk.Step(CreditDesk.Officer, CreditDesk.AuthorityApprover, project.Id, nameof(PeriodEvent.Refuse), period.Id, "The meter was changed.");
        Assert.Equal(["registry.notice.credits.issuance-denied The meter was changed.", "registry.notice.credits.issued"],
            await desk.Query($"select concat_ws(' ', payload->>'textKey', payload->'textArgs'->>'reason') from storage.outbox_event where topic = 'storage.notice' and payload->>'kind' = 'registry.credits' and payload->'to'->>'organisation' = '{CreditDesk.Developer}' order by 1", r => r.GetString(0)));
    }

    [Fact]
    public async Task A_Gold_Standard_project_is_issued_units_of_its_own_type()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Refrigerants("Cookers of the smelter's village", MatchDecision.Distinct, "gold-standard", "TPDDTEC", 3);
        await desk.Issue(project, new(2025, 1, 1), new(2025, 6, 30), new Vintage(2025, 500));
        Assert.Equal($"GS1-1-US-GS{project.Number}-16-2025-1-1-500", Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Serial);
    }

    static LocalDate Day(int day) => new(2026, 3, day);

    [Fact]
    public void A_comment_period_that_is_not_known_is_over_only_by_a_dated_decision_and_one_that_is_known_never_by_one()
    {
        var (acr, verra) = (Rules.Programme("acr")!, Rules.Programme("verra")!);
        foreach (var code in new[] { "acr", "car", "arb" }) Assert.Null(Rules.Programme(code)!.CommentDays);
        Assert.Null(CycleRules.CommentsOver(acr, Day(1), null, Day(31)));
        Assert.Null(CycleRules.CommentsOver(acr, null, Day(2), Day(31)));
        Assert.True(CycleRules.CommentsOver(acr, Day(1), Day(20), Day(20)));
        Assert.False(CycleRules.CommentsOver(acr, Day(1), Day(20), Day(19)));
        // Decided on a document that was taken back since.
        Assert.False(CycleRules.CommentsOver(acr, Day(10), Day(9), Day(31)));
        Assert.False(CycleRules.CommentsOver(verra, Day(1), Day(2), Day(30)));
        Assert.True(CycleRules.CommentsOver(verra, Day(1), null, Day(31)));
        Assert.All(Rules.Programmes, p => Assert.NotEqual(0, p.CommentDays));
    }

    [Fact]
    public async Task The_programme_closes_comments_with_a_day_and_a_reason_and_only_where_their_length_is_not_known()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Do(CreditDesk.Editor, s => desk.Projects.Create(s, new("acr", new("Refrigerants", "US", "ODS-INT", new(2024, 6, 1), new(2025, 1, 1), new(2034, 12, 31), 0, 60_000, null, CreditDesk.Body, true)), default));
        Task<List<string>> Refused(LocalDate? on, string? reason) => desk.Refused(CreditDesk.Officer, s => desk.Projects.CloseComments(s, project.Id, on, reason, default));
        var today = desk.Clock.Now.InUtc().Date;
        Assert.Equal(["credits.project-fixed"], await Refused(today, "Nothing came."));
        await desk.File(CreditDesk.Editor, project.Id, "design-document");
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, nameof(ProjectEvent.PublishDesign));
        foreach (var body in new[] { CreditDesk.Body }) await desk.Do(CreditDesk.Officer, s => desk.Periods.Accredit(s, new(body, "acr", 11, new(2020, 1, 1)), default));
        await desk.Do(CreditDesk.Lead, s => desk.Periods.Declare(s, project.Id, true, "None.", default));
        // However long it was shown.
        desk.Clock.Now += Duration.FromDays(400);
        today = today.PlusDays(400);
        Assert.Equal(["credits.guard.comments-over"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new(nameof(ProjectEvent.BeginValidation)), default)));
        Assert.Equal(["input.required", "input.required"], await Refused(null, null));
        Assert.Equal(["credits.comments-day"], await Refused(today.PlusDays(1), "Nothing came."));
        Assert.Equal(["credits.comments-day"], await Refused(today.PlusDays(-401), "Nothing came."));
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => desk.Projects.CloseComments(s, project.Id, today, "Nothing came.", default)));
        Assert.Equal(today, (await desk.Do(CreditDesk.Officer, s => desk.Projects.CloseComments(s, project.Id, today, "Three comments came, all answered.", default))).CommentsOverOn);
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, nameof(ProjectEvent.BeginValidation));
        var known = await desk.Project(ProjectState.DesignDocument);
        Assert.Equal(["credits.comments-known"], await desk.Refused(CreditDesk.Officer, s => desk.Projects.CloseComments(s, known.Id, today, "Nothing came.", default)));
    }

    [Fact]
    public async Task Every_table_of_the_room_has_the_columns_its_code_writes_and_asks_for_no_other()
    {
        await using var desk = await CreditDesk.Open();
        var tables = await SqlDrift.Tables(desk.Owner, RegistryRoom.Name);
        Assert.True(tables.Count(t => t.Key.StartsWith("credit_", StringComparison.Ordinal)) >= 22, $"{tables.Count} tables");
        Assert.Equal([], SqlDrift.Compare(RegistryRoom.Name, tables, Testing.Checkout.Files("src/Verdigris.Registry", ".cs").Select(f => File.ReadAllText(Testing.Checkout.Path(f))),
            ("credit_block", Registry.Credits.Imports.ImportCopy.BlockColumns), ("credit_ending", Registry.Credits.Imports.ImportCopy.EndingColumns)));
    }
}
