using Microsoft.Playwright;
using NodaTime;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Demo;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
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

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task Units_are_released_and_reversed_a_match_is_decided_and_a_conversion_is_made_and_undone(string language)
    {
        var stage = new Stage(Instant.FromUtc(2026, 11, 20, 9, 0));
        await stage.InitializeAsync();
        try { await Later(stage, language); }
        finally { await stage.DisposeAsync(); }
    }

    static async Task Later(Stage stage, string language)
    {
        var cast = CreditPages.Cast;
        await CreditsDemo.Seed(stage.Get<IServiceProvider>(), cast, default);
        var last = (await stage.Do(cast.Developer, s => stage.Get<UnitQueries>().Holdings(s, default)))[^1];
        var kept = await stage.Do(cast.Developer, s => stage.Get<OrderHandlers>().Propose(s, new(CreditOrderKind.Immobilise, last.Serial, 25, Instrument: "Tokens of series A"), default));
        await stage.Do(cast.DeveloperApprover, s => stage.Get<Approvals>().Decide(s, kept.TaskId!.Value, true, null, default));
        await using var developer = await Visitor.SignedIn(stage, language, "smelter@demo");
        await using var second = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "authority@demo");

        // What was immobilised comes back when its instrument has ended.
        await developer.Open("/credits/orders");
        await (await Form(developer, "credits.release-ask")).Locator("[name='Quantity']").FillAsync("5");
        await developer.Press("credits.release-ask");
        var release = new Uri(developer.Page.Url).AbsolutePath;
        // Who decides reads what is asked.
        await approver.Open(release);
        await approver.SeesWords("credits.order.state.Proposed");
        await Agree(approver, "5 ACR-ERT");
        await developer.Open(release);
        await developer.SeesWords("credits.order.state.Done");

        // A loss is paid out of the buffer pool, and the developer hears of it.
        await officer.Open("/credits/orders");
        var reverse = await Form(officer, "credits.reverse-ask");
        await reverse.Locator("[name='Quantity']").FillAsync("100");
        await reverse.Locator("[name='Reason']").SelectOptionAsync("fire");
        await reverse.Locator("[name='Purpose']").FillAsync("Fire of 14 August");
        await officer.Press("credits.reverse-ask");
        var reversal = new Uri(officer.Page.Url).AbsolutePath;
        await Agree(approver, "100 ACR-ERT");
        await officer.Open(reversal);
        await officer.SeesWords("credits.order.state.Done");
        await using var anybody = await Visitor.Come(stage, language);
        await anybody.Open((await officer.Page.Locator("a[href^='/credits/retirements/']").First.GetAttributeAsync("href"))!);
        await anybody.SeesWords("credits.ending.title.Reversed");
        await anybody.SeesWords("credits.in-the-book");

        // A match that waits is decided with a reason, and not without.
        await approver.Open("/credits/duplicates");
        await approver.Page.Locator("main table tbody th a").First.ClickAsync();
        await approver.Page.Locator("[name='Decision']").SelectOptionAsync("Duplicate");
        await approver.Page.Locator("[name='Reason']").FillAsync("Letters of both registries.");
        await approver.Press("credits.match.decide");
        await approver.SeesWords("refusal.credits.match-stands", ("known", "acr, car"));
        await approver.Page.Locator("[name='Decision']").SelectOptionAsync("Moved");
        await approver.Page.Locator("[name='Stands']").SelectOptionAsync("car");
        await approver.Page.Locator("[name='MovedOn']").FillAsync("2024-01-01");
        await approver.Press("credits.match.decide");
        await approver.SeesWords("credits.done.decided");
        await approver.Sees("Letters of both registries.");

        // A conversion into California's units, both ends public; then it is taken back.
        var (project, _) = await California(stage);
        await developer.Open("/credits/holdings");
        var convert = await Form(developer, "credits.convert-ask");
        await convert.Locator("[name='From']").SelectOptionAsync(new SelectOptionValue { Index = 0 });
        await convert.Locator("[name='Part']").FillAsync("40");
        await developer.Press("credits.convert-ask");
        await developer.SeesWords("credits.done.proposed");
        var conversion = new Uri(developer.Page.Url).AbsolutePath;
        await Agree(second, "40 ACR-ERT");
        await developer.Open(conversion);
        await developer.SeesWords("credits.order.state.Offered");
        await Agree(approver, "40 ACR-ERT");
        await developer.Open(conversion);
        await developer.SeesWords("credits.conversion.state.Done");
        await developer.Sees("CAMM1009-C 1-40");
        await anybody.Open("/credits/serials?q=" + Uri.EscapeDataString("CAMM1009-C 1-40"));
        await anybody.SeesWords("credits.conversion.state.Done");
        Assert.True(await anybody.Page.Locator("svg.qr").First.IsVisibleAsync());
        await anybody.Page.Locator("section[aria-labelledby='card-conversions'] a").First.ClickAsync();
        await anybody.SeesWords("credits.life.converted");
        await officer.Open("/credits/orders");
        var undo = await Form(officer, "credits.undo-ask");
        await undo.Locator("[name='Reason']").SelectOptionAsync("by-mistake");
        await officer.Press("credits.undo-ask");
        await officer.SeesWords("credits.done.proposed");
        await Agree(approver, "40 ACR-ERT");
        await anybody.Open("/credits/serials?q=" + Uri.EscapeDataString("CAMM1009-C 1-40"));
        await anybody.SeesWords("credits.conversion.state.Undone");
        await anybody.Open($"/credits/projects/{project}");
        await anybody.SeesWords("credits.ending.Converted");

        // What people were told.
        await Told(developer, "registry.notice.credits.reversed", "100");
        await Told(developer, "registry.notice.credits.conversion-undone", "40");
        foreach (var visitor in new[] { developer, second, officer, approver, anybody }) Assert.Empty(visitor.Errors);
    }

    /// <summary>Word travels by the outbox: it stands on the page a moment later.</summary>
    static async Task Told(Visitor who, string text, string units)
    {
        var words = who.Text(text, ("units", units), ("unit", "ACR-ERT"));
        for (var tries = 0; tries < 30; tries++)
        {
            await who.Open("/notifications");
            if ((await who.Page.Locator("main").InnerTextAsync()).Contains(words, StringComparison.Ordinal)) return;
            await Task.Delay(500);
        }
        Assert.Fail($"Nobody was told: {words}");
    }

    /// <summary>California's table comes in, and its project is decided to be the developer's.</summary>
    static async Task<(Guid Project, Guid Match)> California(Stage stage)
    {
        var cast = CreditPages.Cast;
        await using var table = System.IO.File.OpenRead(Path.Combine(stage.Get<Primitives.Rules.RulePacks>().DataFolder, "registry", "samples", "arb_nc_arboc_issuance_sheet3.csv"));
        var brought = await stage.Do(cast.Officer, s => stage.Get<CreditImports>().Bring(s, "arb.csv", table, default));
        await stage.Do(cast.Officer, s => stage.Get<CreditImports>().Apply(s, brought.File.Id, default));
        var project = (await stage.Do(cast.Developer, s => stage.Get<ProjectHandlers>().List(s, new(Text: CreditsDemo.Project), default))).Items[0];
        var id = Guid.NewGuid();
        await stage.Do(Actor.System, async s => (Answer<int>)await s.Run("insert into registry.credit_match (id, one_programme, one_number, other_programme, other_number, rule, evidence, years_meet, found_at, found_in, found_by) values ($1, 'acr', $2, 'arb', 'CAMM1009', 'name', '[]', true, $3, 'step|Register', $4)", default,
            id, project.Number, s.Now, cast.Officer.PersonId));
        var match = await stage.Do(cast.Approver, s => stage.Get<MatchHandlers>().Read(s, id, default));
        await stage.Do(cast.Approver, s => stage.Get<MatchHandlers>().Decide(s, id, new(MatchDecision.Linked, "Registered in both on purpose.", match.RowVersion), default));
        return (project.Id, id);
    }

    /// <summary>Opens the details whose form has a button, and answers them.</summary>
    static async Task<ILocator> Form(Visitor v, string button)
    {
        var details = v.Page.Locator($"details.action:has(button:text-is('{v.Text(button)}'))").First;
        await details.Locator("> summary").ClickAsync();
        return details;
    }

    /// <summary>Agrees to the task whose text holds these words.</summary>
    static async Task Agree(Visitor who, string words)
    {
        await who.Open("/tasks");
        await who.Page.Locator("main table tbody tr", new() { HasTextString = words }).First.Locator("th a").ClickAsync();
        await who.Press("server.task.approve");
        await who.SeesWords("server.task.done.approved");
    }

    static async Task Walk(Stage stage, string language)
    {
        var cast = CreditPages.Cast;
        var (lead, reviewer, body) = (cast.Lead, cast.Reviewer, cast.Lead.OrganisationId);
        await stage.Do(cast.Staff, s => stage.Get<ProgrammeAdministration>().Appoint(s, "acr", Stage.Authority, default));
        await stage.Do(Actor.System, s => stage.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Verifier, "Klarsyn Assurance", "明鉴核查", null, "SE", body), default));
        await using var developer = await Visitor.SignedIn(stage, language, "smelter@demo");
        await using var second = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "authority@demo");

        await officer.Open("/credits/bodies");
        await officer.Unfold("ValidFrom");
        await officer.Page.Locator("[name='Body']").SelectOptionAsync(body.ToString());
        await officer.Page.Locator("[name='Programme']").SelectOptionAsync("acr");
        await officer.Page.Locator("[name='Scope']").SelectOptionAsync("11");
        await officer.Fill(("ValidFrom", "2024-01-01"));
        await officer.Press("credits.body.enter");
        await officer.SeesWords("credits.done.accredited");

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
        // How long the public may comment is not known: the programme says when it is over.
        await Step(developer, "BeginValidation", second, project, early: true, guard: "comments-over");
        await officer.Open(project);
        await officer.Unfold("CommentsOn");
        await officer.Fill(("CommentsOn", "2026-11-20"), ("CommentsReason", "No comment came."));
        await officer.Press("credits.comments.close");
        await officer.SeesWords("credits.done.comments");
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

        // What the units may be used for beyond their programme: the host country's letter, its adjustment, and a label.
        await officer.Open(project);
        await File(officer, "authorisation/");
        await File(officer, "adjustment/");
        await officer.Open(project + "/claims");
        await officer.Unfold("AuthorisedOn");
        await officer.Fill(("AuthorisedOn", "2026-10-01"), ("YearFrom", "2025"), ("YearTo", "2026"), ("Approach", "GH-CH 2026"));
        await officer.Page.Locator("[name='FirstTransfer']").SelectOptionAsync("issuance");
        await officer.Press("credits.letter.enter");
        // A letter authorises for something.
        await officer.SeesWords("refusal.credits.authorisation");
        await officer.Page.Locator("[name='International']").CheckAsync();
        await officer.Press("credits.letter.enter");
        await officer.SeesWords("credits.done.letter");
        await officer.Unfold("ReportedIn");
        await officer.Fill(("Year", "2025"), ("ReportedIn", "Biennial transparency report 2026"));
        await officer.Press("credits.adjustment.enter");
        await officer.SeesWords("credits.done.adjustment");
        await officer.Unfold("LabelReason");
        await officer.Page.Locator("[name='Label']").SelectOptionAsync("corsia-first");
        await officer.Fill(("LabelReason", "Scope of eligibility of the programme."));
        await officer.Press("credits.label.give");
        await officer.SeesWords("credits.done.labelled");

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
        // Letter, adjustment and label open the uses that ask for them: the airlines' scheme, and the contract.
        await Assertions.Expect(anybody.Page.Locator("section[aria-labelledby='card-eligibility'] .badge.good")).ToHaveCountAsync(2);
        await anybody.Open(project);
        await anybody.Sees("GH-CH 2026");
    }

    static async Task File(Visitor v, string kind)
    {
        await v.Unfold("DocumentKind");
        await v.Page.Locator("[name='DocumentKind']").SelectOptionAsync(kind);
        await v.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = "report.pdf", MimeType = "application/pdf", Buffer = "%PDF-1.7 walk"u8.ToArray() });
        await v.Press("credits.document.add");
    }

    /// <summary>Asks for a step on the project's page and lets the second person agree; too early, the page says what is missing and nothing is asked for.</summary>
    static async Task Step(Visitor first, string step, Visitor second, string project, bool early = false, string guard = "validator-independent")
    {
        await first.Open(project);
        var words = first.Text("credits.ask-step", ("step", first.Text("credits.step." + step)));
        await first.Page.Locator($"details.action:has(button:text-is('{words}')) > summary").First.ClickAsync();
        await first.Press("credits.ask-step", ("step", first.Text("credits.step." + step)));
        if (early)
        {
            await first.SeesWords("refusal.credits.guard." + guard);
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
