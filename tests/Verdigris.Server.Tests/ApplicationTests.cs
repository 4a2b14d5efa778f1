using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>Organisations that ask to take part: told in full, judged by two, and nobody until then.</summary>
public sealed partial class ApplicationTests
{
    static readonly Guid Exchange = new("0190a000-0000-7000-8000-000000000005");

    static Actor Staff() => new(Guid.NewGuid(), "Staff", Exchange, new HashSet<string> { Role.ExchangeStaff });

    static Applications Of(ServerUnderTest own) => own.Server.Services.GetRequiredService<Applications>();

    static NewApplication Good(string name = "Sierra Copper", string? lei = null) => new(OrganisationKind.Producer, name, "塞拉铜业", "CL", lei, "96.563.820-2", "Marta Rojas", "marta@sierra.example", "en");

    static string SomeLei(string first18 = "5493001KJTIIGC8Y1R") => first18 + Lei.CheckDigits(first18);

    static async Task<string> Decide(ServerUnderTest own, Actor by, Guid id, bool approve)
    {
        var approvals = own.Server.Services.GetRequiredService<Approvals>();
        await using var s = own.Server.Services.GetRequiredService<IDbSessions>().Open(by);
        var task = Assert.Single((await approvals.Inbox(s, new TaskFilter(TaskView.All, ApprovalState.Open, SubjectId: id.ToString()), default)).Items);
        var answer = await approvals.Decide(s, task.Id, approve, approve ? null : "Not yet", default);
        return answer.Ok ? "" : answer.Refusals[0].Code;
    }

    [Fact]
    public async Task Two_of_the_exchange_approve_and_the_contact_comes_in_as_administrator()
    {
        await using var own = await ServerUnderTest.Start();
        var applied = (await Of(own).Apply(Good(lei: SomeLei()), default)).Value;
        Assert.Equal(0L, await own.Value<long>("select count(*) from server.person where sign_in_name = 'marta@sierra.example'"));
        Assert.Equal(0L, await own.Value<long>("select count(*) from passport.organisation where name = 'Sierra Copper'"));
        Actor first = Staff(), second = Staff();
        Assert.True((await Of(own).Propose(first, applied.Id, true, null, default)).Ok);
        Assert.Equal("approval.same-person", await Decide(own, first, applied.Id, true));
        Assert.Equal("", await Decide(own, second, applied.Id, true));
        Assert.Equal(ApplicationState.Approved, (await Of(own).Read(first, applied.Id, default)).Value.Application.State);

        await NoticeTests.Delivered(own);
        var letter = Letters.Text(await NoticeTests.MailOf(own, "where address = 'marta@sierra.example' and subject like '%approved%'"));
        using var marta = own.NewBrowser();
        (await marta.Post(Invitation().Match(letter).Value, "invitation", ("Input.Password", "red metal, green skin"), ("Input.Repeat", "red metal, green skin"))).Dispose();
        using var signedIn = await own.SignedIn("marta@sierra.example", "red metal, green skin");
        Assert.Contains("Marta Rojas", await signedIn.Text("/people"));
        Assert.Equal("administrator", await own.Value<string>("select array_to_string(m.roles, ' ') from server.membership m join server.person p on p.id = m.person_id where p.sign_in_name = 'marta@sierra.example'"));
    }

    [Fact]
    public async Task The_applicant_sees_by_the_link_what_is_asked_answers_and_adds_documents_and_nobody_else_does()
    {
        await using var own = await ServerUnderTest.Start();
        using var browser = own.NewBrowser();
        using var answer = await browser.Post("/apply?lang=en", "apply", ("Input.Kind", "Producer"), ("Input.Name", "Sierra Copper"), ("Input.Country", "cl"), ("Input.RegistrationNo", "96.563.820-2"), ("Input.ContactName", "Marta Rojas"), ("Input.ContactAddress", "marta@sierra.example"));
        var link = Link().Match(await answer.Content.ReadAsStringAsync()).Value;
        Assert.NotEmpty(link);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.Get(link[..^2] + "00")).StatusCode);
        var id = await own.Value<Guid>("select id from server.application");
        var staff = Staff();
        Assert.True((await Of(own).RequestInformation(staff, id, "Who owns more than a quarter?", default)).Ok);
        Assert.Contains("Who owns more than a quarter?", await browser.Text(link + "?lang=en"));
        (await browser.Post(link, "answer", ("Input.Text", "The Rojas family."))).Dispose();
        using var pdf = new MemoryStream("%PDF-1.7 register"u8.ToArray());
        Assert.True((await Of(own).AddFile(link["/apply/".Length..], "register.pdf", pdf, default)).Ok);
        using var program = new MemoryStream("MZ"u8.ToArray());
        Assert.False((await Of(own).AddFile(link["/apply/".Length..], "tool.exe", program, default)).Ok);
        var view = (await Of(own).Read(staff, id, default)).Value;
        Assert.Equal(["Apply", "RequestInformation", "Answer"], view.Steps.Select(x => x.Event));
        var file = (await Of(own).File(staff, id, Assert.Single(view.Files).Id, default)).Value;
        await using (file.Content) Assert.Equal("%PDF-1.7 register", await new StreamReader(file.Content).ReadToEndAsync());
        using var stranger = await own.SignedIn("owner@demo");
        Assert.Equal(HttpStatusCode.Forbidden, (await stranger.Get($"/applications/{id}")).StatusCode);
        Assert.Equal("application.not-staff", (await Of(own).Read(staff with { Roles = new HashSet<string> { Role.Administrator } }, id, default)).Refusals[0].Code);
        await using var s = own.Server.Services.GetRequiredService<IDbSessions>().Open(staff with { Roles = new HashSet<string> { Role.OwnerTrader } });
        Assert.Null(await ApplicationStore.Find(s, id, default)); // the database hides it too
    }

    [Fact]
    public async Task A_refusal_tells_why_and_leaves_no_organisation()
    {
        await using var own = await ServerUnderTest.Start();
        var applied = (await Of(own).Apply(Good(), default)).Value;
        Actor first = Staff(), second = Staff();
        Assert.Equal("input.required", (await Of(own).Propose(first, applied.Id, false, " ", default)).Refusals[0].Code);
        Assert.True((await Of(own).Propose(first, applied.Id, false, "Not in the register.", default)).Ok);
        Assert.Equal("application.decision-open", (await Of(own).Propose(second, applied.Id, true, null, default)).Refusals[0].Code);
        Assert.Equal("", await Decide(own, second, applied.Id, true));
        using var browser = own.NewBrowser();
        Assert.Contains("Not in the register.", await browser.Text(applied.Link + "?lang=en"));
        Assert.Equal(0L, await own.Value<long>("select count(*) from passport.organisation where name = 'Sierra Copper'"));
        Assert.Equal("application.not-now", (await Of(own).Propose(first, applied.Id, true, null, default)).Refusals[0].Code);
    }

    [Fact]
    public async Task What_is_asked_and_not_answered_lapses_after_sixty_days()
    {
        await using var own = await ServerUnderTest.Start();
        var applied = (await Of(own).Apply(Good(), default)).Value;
        var untouched = (await Of(own).Apply(Good("Other Copper"), default)).Value;
        await Of(own).RequestInformation(Staff(), applied.Id, "More, please.", default);
        var states = new List<ApplicationState>();
        foreach (var days in new[] { 59, 2 })
        {
            own.Clock.Turn(Duration.FromDays(days));
            await using var s = own.Server.Services.GetRequiredService<IDbSessions>().Open(Actor.System);
            await new ApplicationLapse().Run(s, default);
            states.Add((await Of(own).Read(Staff(), applied.Id, default)).Value.Application.State);
        }
        Assert.Equal([ApplicationState.InformationRequested, ApplicationState.Lapsed], states);
        Assert.Equal(ApplicationState.Applied, (await Of(own).Read(Staff(), untouched.Id, default)).Value.Application.State);
    }

    [Fact]
    public async Task The_same_organisation_does_not_apply_twice_and_one_in_the_register_is_not_taken_in_again()
    {
        await using var own = await ServerUnderTest.Start();
        var applied = (await Of(own).Apply(Good(lei: SomeLei()), default)).Value;
        Assert.Equal("application.under-way", (await Of(own).Apply(Good("Sierra Again", SomeLei()), default)).Refusals[0].Code);
        await own.Sql($"insert into passport.organisation (id, kind, name, lei, country, state, created_at) values (gen_random_uuid(), 'owner', 'Known', '{SomeLei()}', 'CL', 'active', now())");
        await Of(own).Propose(Staff(), applied.Id, true, null, default);
        Assert.Equal("organisation.lei-taken", await Decide(own, Staff(), applied.Id, true));
        Assert.Equal(ApplicationState.Applied, (await Of(own).Read(Staff(), applied.Id, default)).Value.Application.State);
    }

    [Fact]
    public void Everything_wrong_is_named_at_once_in_the_order_of_the_form()
    {
        var wrong = ApplicationRules.Check(new NewApplication(OrganisationKind.Exchange, "", null, "XX", "5493001KJTIIGC8Y1R13", "", "", "no address", "fr"));
        Assert.Equal(["kind", "name", "lei", "country", "registrationNo", "contactName", "contactAddress", "language"], wrong.Select(r => r.Field));
        Assert.Empty(ApplicationRules.Check(Good(lei: SomeLei())));
    }

    [Fact]
    public void Every_end_is_an_end_and_every_state_can_be_reached()
    {
        Assert.Equal(new HashSet<ApplicationState> { ApplicationState.Approved, ApplicationState.Refused, ApplicationState.Lapsed }, ApplicationRules.Table.Final);
        var reached = new HashSet<ApplicationState> { ApplicationState.Applied };
        while (ApplicationRules.Table.Where(m => reached.Contains(m.From)).Any(m => reached.Add(m.To))) { }
        Assert.Equal(Enum.GetValues<ApplicationState>().ToHashSet(), reached);
    }

    [GeneratedRegex("/invitation/[0-9a-f]{64}")]
    private static partial Regex Invitation();

    [GeneratedRegex("/apply/[0-9a-f]{64}")]
    private static partial Regex Link();
}
