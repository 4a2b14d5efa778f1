using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>A project from concept to issuance, and everything that keeps it from a step.</summary>
public sealed class ProjectTests
{
    [Fact]
    public async Task A_project_goes_from_concept_to_units_that_are_split_between_the_developer_adaptation_and_mitigation()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Project();
        Assert.Equal(ProjectState.Registered, project.State);
        var period = await desk.Issue(project, new(2025, 1, 1), new(2026, 6, 30), new(2025, 60_000), new(2026, 30_001));
        Assert.Equal(PeriodState.Issued, period.State);
        var view = await desk.Do(CreditDesk.Editor, s => desk.Projects.Read(s, project.Id, default));
        var issuance = Assert.Single(view.Issuances);
        // 5 % and 2 % of each year, rounded up: 3,000 + 1,501 and 1,200 + 601.
        Assert.Equal((83_699, 0, 4_501, 1_801, "done"), (issuance.ToProject, issuance.ToBuffer, issuance.ToAdaptation, issuance.ToMitigation, issuance.State));
        Assert.Equal(90_001, view.Issued);
        Assert.Equal($"A64-KE-{project.Number}-2025-1-1-55800", view.Blocks[0].Serial);
        Assert.Equal(6, view.Blocks.Count);
        var held = await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default));
        Assert.Equal(83_699, held.Sum(h => h.Units));
        Assert.Empty(await desk.Do(CreditDesk.Trader, s => desk.Units.Holdings(s, default)));
        var (issued, owed) = desk.Venue.Read(b => b.Total(50010));
        Assert.Equal((90_001, -90_001), (issued, owed));
        Assert.Equal(1_801, desk.Venue.Read(b => b.Balance(CreditBook.Cancelled, 50010).Total));
        Assert.Equal(["Issue", "RequestIssuance", "Verify", "BeginVerification", "Report", "Register", "RequestRegistration", "BeginValidation", "PublishDesign"], view.Steps.Select(x => x.Step));
    }

    [Fact]
    public async Task A_hundred_million_units_are_one_block()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Project(content: CreditDesk.Content with { Methodology = "CCER-01-002", Country = "CN", CreditingTo = new(2034, 12, 31), EstimateT = 100_000_000 }, programme: "ccer", upTo: ProjectState.DesignDocument);
        Assert.Equal(ProjectState.DesignDocument, project.State);
        desk.Clock.Now += Duration.FromDays(28);
        foreach (var body in new[] { CreditDesk.Body, CreditDesk.OtherBody }) await desk.Do(CreditDesk.Officer, s => desk.Periods.Accredit(s, new(body, "ccer", 1, new(2024, 1, 1)), default));
        await desk.Do(CreditDesk.Lead, s => desk.Periods.Declare(s, project.Id, true, "None.", default));
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, "BeginValidation");
        await desk.File(CreditDesk.Lead, project.Id, "validation-report");
        await desk.Do(CreditDesk.Lead, s => desk.Periods.Validate(s, project.Id, true, default));
        await desk.Step(CreditDesk.Lead, CreditDesk.Reviewer, project.Id, "RequestRegistration");
        await desk.Step(CreditDesk.Officer, CreditDesk.AuthorityApprover, project.Id, "Register");
        await desk.Issue(project, new(2025, 1, 1), new(2025, 12, 31), new Vintage(2025, 100_000_000));
        var block = Assert.Single(await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default)));
        Assert.Equal(100_000_000, block.Units);
        Assert.Equal($"CCER-CN-{project.Number}-2025-1-1-100000000", block.Serial);
    }

    [Fact]
    public async Task A_step_needs_everything_the_programme_asks_for_and_says_each_thing_that_is_missing()
    {
        await using var desk = await CreditDesk.Open();
        var bare = await desk.Do(CreditDesk.Editor, s => desk.Projects.Create(s, new("paris", new("A bare idea", "KE", null)), default));
        Assert.Equal(["credits.guard.design-document", "credits.guard.methodology-valid", "credits.guard.crediting-within-limit", "credits.guard.start-not-too-early", "credits.guard.estimate-given", "credits.guard.not-listed-elsewhere"],
            await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, bare.Id, new("PublishDesign"), default)));
        Assert.Equal(["credits.project-step"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, bare.Id, new("Register"), default)));
        Assert.Equal(["credits.step-unknown"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, bare.Id, new("Fly"), default)));
        var shown = await desk.Project(ProjectState.DesignDocument, CreditDesk.Content with { ValidatorId = null });
        Assert.Equal(["credits.guard.comments-over", "credits.guard.validator-accredited", "credits.guard.validator-independent"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, shown.Id, new("BeginValidation"), default)));
    }

    [Fact]
    public async Task The_same_person_never_takes_a_step_alone_and_nobody_takes_another_sides_step()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Project(ProjectState.RegistrationRequested);
        await desk.File(CreditDesk.Officer, project.Id, "host-approval");
        Assert.Equal(["credits.step-not-yours"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("Register"), default)));
        Assert.Equal(["credits.step-not-yours"], await desk.Refused(CreditDesk.Lead, s => desk.Steps.Ask(s, project.Id, new("Register"), default)));
        var both = CreditDesk.Officer with { Roles = new HashSet<string> { Role.AuthorityOfficer, Role.AuthorityApprover } };
        var step = await desk.Do(both, s => desk.Steps.Ask(s, project.Id, new("Register"), default));
        Assert.Equal(["approval.same-person"], await desk.Refused(both, s => desk.Approvals.Decide(s, step.TaskId!.Value, true, null, default)));
        Assert.Equal(["credits.step-waiting"], await desk.Refused(CreditDesk.Officer, s => desk.Steps.Ask(s, project.Id, new("Reject", Reason: "Because."), default)));
        await desk.Decide(CreditDesk.AuthorityApprover, approve: false);
        Assert.Equal(ProjectState.RegistrationRequested, (await desk.Do(CreditDesk.Editor, s => desk.Projects.Read(s, project.Id, default))).Project.State);
    }

    [Fact]
    public async Task A_body_whose_accreditation_ended_between_asking_and_deciding_stops_the_step()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Project(ProjectState.RegistrationRequested);
        await desk.File(CreditDesk.Officer, project.Id, "host-approval");
        var step = await desk.Do(CreditDesk.Officer, s => desk.Steps.Ask(s, project.Id, new("Register"), default));
        await desk.Do(CreditDesk.Officer, s => desk.Periods.Accredit(s, new(CreditDesk.Body, "paris", 9, new(2020, 1, 1), new(2026, 1, 1)), default));
        Assert.Equal(["credits.guard.validator-accredited"], await desk.Refused(CreditDesk.AuthorityApprover, s => desk.Approvals.Decide(s, step.TaskId!.Value, true, null, default)));
    }

    [Fact]
    public async Task A_body_with_an_interest_or_that_validated_does_not_verify_the_first_period()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Project();
        var period = await desk.Do(CreditDesk.Editor, s => desk.Periods.Open(s, project.Id, new(new(2025, 1, 1), new(2025, 12, 31), 1000, true, CreditDesk.Body), default));
        await desk.File(CreditDesk.Editor, project.Id, "monitoring-report", period.Id);
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, "Report", period.Id);
        Assert.Equal(["credits.guard.verifier-not-validator"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("BeginVerification", period.Id), default)));
        await desk.Do(CreditDesk.Editor, s => desk.Periods.Change(s, project.Id, period.Id, new(new(2025, 1, 1), new(2025, 12, 31), 1000, true, CreditDesk.OtherBody), default));
        Assert.Equal(["credits.guard.verifier-independent"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("BeginVerification", period.Id), default)));
        await desk.Do(CreditDesk.OtherLead, s => desk.Periods.Declare(s, project.Id, false, "Our parent owns the smelter.", default));
        Assert.Equal(["credits.guard.verifier-independent"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("BeginVerification", period.Id), default)));
        // What was reported is not changed any more.
        Assert.Equal(["credits.period-fixed"], await desk.Refused(CreditDesk.Editor, s => desk.Periods.Change(s, project.Id, period.Id, new(new(2025, 1, 1), new(2025, 12, 31), 9000, true, CreditDesk.OtherBody), default)));
    }

    [Fact]
    public async Task Periods_with_a_gap_are_not_reported_and_overlapping_ones_not_opened()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Project();
        Task<CreditPeriod> Open(LocalDate first, LocalDate last) => desk.Do(CreditDesk.Editor, s => desk.Periods.Open(s, project.Id, new(first, last, 1000, true, CreditDesk.OtherBody), default));
        await Open(new(2025, 1, 1), new(2025, 6, 30));
        Assert.Equal(["credits.period-overlaps"], await desk.Refused(CreditDesk.Editor, s => desk.Periods.Open(s, project.Id, new(new(2025, 6, 30), new(2025, 12, 31), 1000, true), default)));
        var later = await Open(new(2025, 7, 2), new(2025, 12, 31));
        await desk.File(CreditDesk.Editor, project.Id, "monitoring-report", later.Id);
        Assert.Equal(["credits.guard.period-follows"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("Report", later.Id), default)));
        var outside = await Open(new(2030, 1, 1), new(2030, 12, 31));
        Assert.Equal(["credits.guard.monitoring-report", "credits.guard.period-follows", "credits.guard.period-within-crediting"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("Report", outside.Id), default)));
    }

    [Fact]
    public async Task More_than_was_reported_is_not_verified_and_years_that_do_not_add_up_are_not_issued()
    {
        await using var desk = await CreditDesk.Open();
        var project = await desk.Project();
        var period = await desk.Do(CreditDesk.Editor, s => desk.Periods.Open(s, project.Id, new(new(2025, 1, 1), new(2025, 12, 31), 1000.9m, true, CreditDesk.OtherBody), default));
        await desk.File(CreditDesk.Editor, project.Id, "monitoring-report", period.Id);
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, "Report", period.Id);
        await desk.Do(CreditDesk.OtherLead, s => desk.Periods.Declare(s, project.Id, true, "None.", default));
        await desk.Step(CreditDesk.Editor, CreditDesk.DeveloperApprover, project.Id, "BeginVerification", period.Id);
        Assert.Equal(["credits.over-reported"], await desk.Refused(CreditDesk.OtherLead, s => desk.Periods.Verify(s, project.Id, period.Id, new(true, 1001, [new(2025, 1001)]), default)));
        Assert.Equal(["credits.not-the-body"], await desk.Refused(CreditDesk.Lead, s => desk.Periods.Verify(s, project.Id, period.Id, new(true, 1000, [new(2025, 1000)]), default)));
        await desk.Do(CreditDesk.OtherLead, s => desk.Periods.Verify(s, project.Id, period.Id, new(true, 1000, [new(2025, 999)]), default));
        await desk.File(CreditDesk.OtherLead, project.Id, "verification-report", period.Id);
        await desk.Step(CreditDesk.OtherLead, CreditDesk.OtherReviewer, project.Id, "Verify", period.Id);
        Assert.Equal(["credits.guard.vintages-sum"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("RequestIssuance", period.Id), default)));
    }

    [Fact]
    public async Task A_project_that_another_registry_lists_by_the_same_name_is_not_published()
    {
        await using var desk = await CreditDesk.Open();
        await desk.Import("verra_transactions.csv");
        var name = (await desk.Query("select name from registry.credit_project where programme = 'verra' and number = '1340'", r => r.GetString(0)))[0];
        var project = await desk.Do(CreditDesk.Editor, s => desk.Projects.Create(s, new("paris", CreditDesk.Content with { Name = name.ToUpperInvariant() }), default));
        await desk.File(CreditDesk.Editor, project.Id, "design-document");
        Assert.Equal(["credits.guard.not-listed-elsewhere"], await desk.Refused(CreditDesk.Editor, s => desk.Steps.Ask(s, project.Id, new("PublishDesign"), default)));
        Assert.Equal(["verra 1340"], (await desk.Do(CreditDesk.Editor, s => desk.Projects.Read(s, project.Id, default))).Doubles);
    }

    [Fact]
    public async Task A_concept_is_seen_by_its_developer_and_its_programme_alone_and_files_by_those_who_take_part()
    {
        await using var desk = await CreditDesk.Open();
        var concept = await desk.Project(ProjectState.Concept);
        foreach (var stranger in new[] { CreditDesk.Trader, Actor.Public }) Assert.Equal(["credits.project-not-found"], await desk.Refused(stranger, s => desk.Projects.Read(s, concept.Id, default)));
        Assert.Equal(concept.Id, (await desk.Do(CreditDesk.Officer, s => desk.Projects.Read(s, concept.Id, default))).Project.Id);
        var shown = await desk.Project(ProjectState.Validation);
        var seen = await desk.Do(Actor.Public, s => desk.Projects.Read(s, shown.Id, default));
        Assert.Empty(seen.Documents);
        Assert.Single((await desk.Do(CreditDesk.Lead, s => desk.Projects.Read(s, shown.Id, default))).Documents);
        Assert.Empty((await desk.Do(CreditDesk.OtherLead, s => desk.Projects.Read(s, shown.Id, default))).Documents);
        Assert.All(seen.Next, n => Assert.False(n.Mine));
    }
}
