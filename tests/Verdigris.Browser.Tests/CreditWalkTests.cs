using Microsoft.Playwright;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>A credit project at a browser, from concept to a certificate of retirement: the developer, its second person and the programme's two; the body works at its own desk.</summary>
[Collection(nameof(Stage))]
public sealed class CreditWalkTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task A_credit_project_goes_from_concept_to_a_certificate_of_retirement(string language) => Stage.Alone(Instant.FromUtc(2026, 11, 20, 9, 0), stage => Walk(stage, language));

    static async Task Walk(Stage stage, string language)
    {
        var cast = CreditPages.Cast;
        var (lead, reviewer, body) = (cast.Lead, cast.Reviewer, cast.Lead.OrganisationId);
        await stage.Do(cast.Staff, s => stage.Get<ProgrammeAdministration>().Appoint(s, "acr", Stage.Authority, default));
        await stage.Do(cast.Officer, s => stage.Get<PeriodHandlers>().Accredit(s, new(body, "acr", 11, new(2024, 1, 1)), default));
        await using var developer = await Visitor.SignedIn(stage, language, "smelter@demo");
        await using var second = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "authority@demo");

        await developer.Open("/credits");
        await developer.Unfold("Name");
        await developer.Page.Locator("[name='NewProgramme']").SelectOptionAsync("acr");
        await developer.Fill(("Name", "Destruction of refrigerants in Ghana"), ("Country", "GH"));
        await developer.Press("credits.begin");
        var project = new Uri(developer.Page.Url).AbsolutePath;
        var id = Guid.Parse(project.Split('/')[^1]);

        await developer.Page.Locator("[name='Methodology']").SelectOptionAsync("ODS-INT");
        await developer.Fill(("StartOn", "2024-06-01"), ("CreditingFrom", "2025-01-01"), ("CreditingTo", "2034-12-31"), ("EstimateT", "1200"));
        await developer.Page.Locator("[name='ValidatorId']").SelectOptionAsync(body.ToString());
        await developer.Page.Locator("[name='NotListed']").CheckAsync();
        await developer.Press("credits.save");
        // Nothing is published without its design document: the page says what is missing.
        await developer.SeesWords("refusal.credits.guard.design-document");
        await File(developer, "design-document/");
        await Step(developer, "PublishDesign", second, project);
        await Step(developer, "BeginValidation", second, project, early: true);
        await stage.Do(lead, s => stage.Get<PeriodHandlers>().Declare(s, id, true, "No interest.", default));
        await Step(developer, "BeginValidation", second, project);

        await Paper(stage, lead, id, "validation-report", null);
        await stage.Do(lead, s => stage.Get<PeriodHandlers>().Validate(s, id, true, default));
        await Body(stage, lead, reviewer, id, "RequestRegistration", null);
        await Step(officer, "Register", approver, project);

        await developer.Open(project);
        await developer.Unfold("FirstDay");
        await developer.Fill(("FirstDay", "2025-01-01"), ("LastDay", "2025-12-31"), ("ReportedT", "1000.5"));
        await developer.Page.Locator("[name='VerifierId']").SelectOptionAsync(body.ToString());
        await developer.Page.Locator("[name='DataComplete']").CheckAsync();
        await developer.Press("credits.period.open");
        var period = (await stage.Do(cast.Developer, s => stage.Get<ProjectHandlers>().Read(s, id, default))).Periods[0].Id;
        await File(developer, $"monitoring-report/{period}");
        await Step(developer, "Report", second, project);
        await Step(developer, "BeginVerification", second, project);
        await Paper(stage, lead, id, "verification-report", period);
        await stage.Do(lead, s => stage.Get<PeriodHandlers>().Verify(s, id, period, new(true, 1000, [new(2025, 1000)]), default));
        await Body(stage, lead, reviewer, id, "Verify", period);
        await Step(developer, "RequestIssuance", second, project);
        await Step(officer, "Issue", approver, project);

        await developer.Open("/credits/holdings");
        await developer.Sees("1,000");
        await developer.Unfold("Serial");
        await developer.Page.Locator("[name='Serial']").SelectOptionAsync(new SelectOptionValue { Index = 0 });
        await developer.Page.Locator("[name='Reason']").SelectOptionAsync("retire/inventory");
        await developer.Fill(("Quantity", "250"), ("Beneficiary", "Fjordlys Aluminium Group"), ("Purpose", "Freight of 2025"));
        await developer.Press("credits.order.propose");
        var order = new Uri(developer.Page.Url).AbsolutePath;
        await second.Approve();
        await developer.Open(order);
        var certificate = await developer.Page.Locator("a[href^='/credits/retirements/']").First.GetAttributeAsync("href");

        // Everybody reads the certificate, and the life of any of its units.
        await using var anybody = await Visitor.Come(stage, language);
        await anybody.Open(certificate!);
        await anybody.SeesWords("credits.ending.title.Retired");
        await anybody.Sees("Fjordlys Aluminium Group");
        await anybody.SeesWords("credits.in-the-book");
        Assert.True(await anybody.Page.Locator("svg.qr").IsVisibleAsync());
        var serial = await anybody.Page.Locator("a[href^='/credits/serials']").First.GetAttributeAsync("href");
        await anybody.Open(serial!);
        await anybody.SeesWords("credits.life.issued");
        await anybody.SeesWords("credits.life.retired");
    }

    static async Task File(Visitor v, string kind)
    {
        await v.Unfold("DocumentKind");
        await v.Page.Locator("[name='DocumentKind']").SelectOptionAsync(kind);
        await v.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "report.pdf", MimeType = "application/pdf", Buffer = "%PDF-1.7 walk"u8.ToArray() });
        await v.Press("credits.document.add");
    }

    /// <summary>Asks for a step on the project's page and lets the second person agree; too early, the page says what is missing and nothing is asked for.</summary>
    static async Task Step(Visitor first, string step, Visitor second, string project, bool early = false)
    {
        await first.Open(project);
        var words = first.Text("credits.ask-step", ("step", first.Text("credits.step." + step)));
        await first.Page.Locator($"details.action:has(button:text-is('{words}')) > summary").First.ClickAsync();
        await first.Press("credits.ask-step", ("step", first.Text("credits.step." + step)));
        if (early)
        {
            await first.SeesWords("refusal.credits.guard.validator-independent");
            return;
        }
        await first.SeesWords("credits.done.asked");
        await second.Approve();
    }

    static async Task Body(Stage stage, Actor lead, Actor reviewer, Guid project, string step, Guid? period)
    {
        var asked = await stage.Do(lead, s => stage.Get<StepHandlers>().Ask(s, project, new(step, period), default));
        await stage.Do(reviewer, s => stage.Get<Approvals>().Decide(s, asked.TaskId!.Value, true, null, default));
    }

    static Task<ProjectDocument> Paper(Stage stage, Actor who, Guid project, string kind, Guid? period) =>
        stage.Do(who, s => stage.Get<ProjectHandlers>().AddDocument(s, project, period, kind, kind + ".pdf", new MemoryStream("%PDF-1.7 walk"u8.ToArray()), default));
}
