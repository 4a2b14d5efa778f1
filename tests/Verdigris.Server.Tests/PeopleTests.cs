using System.Net;
using System.Text.RegularExpressions;

namespace Verdigris.Server.Tests;

public sealed partial class PeopleTests
{
    static Task<Guid> IdOf(ServerUnderTest own, string name) => own.Value<Guid>($"select id from server.person where sign_in_name = '{name}'");

    static Task<string> RolesOf(ServerUnderTest own, string name) =>
        own.Value<string>($"select array_to_string(m.roles, ' ') from server.membership m join server.person p on p.id = m.person_id where p.sign_in_name = '{name}'");

    [Fact]
    public async Task An_invited_person_chooses_a_password_once_and_signs_in()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        using var answer = await administrator.Post("/people/invite", "invite", ("Input.DisplayName", "Noor Haddad"), ("Input.Name", "noor@auriga.example"), ("Input.Roles", "owner.trader"));
        var link = Link().Match(await answer.Content.ReadAsStringAsync()).Value;
        Assert.NotEmpty(link);

        using var noor = own.NewBrowser();
        using var weak = await noor.Post(link + "?lang=en", "invitation", ("Input.Password", "short"), ("Input.Repeat", "short"));
        Assert.Contains("at least 12 characters", await weak.Content.ReadAsStringAsync());
        using var accepted = await noor.Post(link, "invitation", ("Input.Password", "red metal, green skin"), ("Input.Repeat", "red metal, green skin"));
        Assert.Equal(HttpStatusCode.Found, accepted.StatusCode);
        Assert.DoesNotContain("Input.Password", await noor.Text(link)); // closed
        using var signedIn = await own.SignedIn("noor@auriga.example", "red metal, green skin");
        Assert.Equal("owner.trader", await RolesOf(own, "noor@auriga.example"));
        Assert.Equal(1L, await own.Value<long>("select count(*) from storage.audit_event where action = 'person.invited'"));
    }

    [Fact]
    public async Task Nobody_changes_their_own_rights()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var self = await IdOf(own, "owner.approver@demo");
        var other = await IdOf(own, "owner@demo");
        Assert.DoesNotContain("value=\"roles\"", await administrator.Text($"/people/{self}"));
        // A form taken from a colleague's page and sent to one's own.
        var token = Browser.TokenOf(await administrator.Text($"/people/{other}"));
        using var answer = await administrator.Http.PostAsync($"/people/{self}", new FormUrlEncodedContent([new("_handler", "roles"), new("Input.Roles", "owner.trader"), new("Input.Reason", "because"), new("__RequestVerificationToken", token)]));
        Assert.NotEqual(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("administrator owner.approver", await RolesOf(own, "owner.approver@demo"));
    }

    [Fact]
    public async Task Administrator_rights_need_a_second_person()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var person = await IdOf(own, "owner@demo");
        using var proposed = await administrator.Post($"/people/{person}", "roles", ("Input.Roles", "owner.trader"), ("Input.Roles", "administrator"), ("Input.Reason", "Holiday cover"));
        Assert.Equal($"/people/{person}?done=waits", new Uri(own.Address, proposed.Headers.Location!).PathAndQuery);
        Assert.Equal("owner.trader", await RolesOf(own, "owner@demo"));

        // Auriga has no second administrator: the exchange's decides.
        var task = await own.Value<Guid>("select id from storage.approval_task where kind = 'server.grant-administrator'");
        using var own1 = await administrator.Get($"/tasks/{task}");
        Assert.DoesNotContain("value=\"approve\"", await own1.Content.ReadAsStringAsync());
        using var exchange = await own.SignedIn("exchange@demo");
        Assert.Contains("陈思远", WebUtility.HtmlDecode(await exchange.Text("/tasks")));
        using var approved = await exchange.Post($"/tasks/{task}", "decide", ("Input.Decision", "approve"));
        Assert.Equal(HttpStatusCode.Found, approved.StatusCode);
        Assert.Equal("administrator owner.trader", await RolesOf(own, "owner@demo"));
    }

    [Fact]
    public async Task A_rejection_without_a_reason_is_refused_and_keeps_the_task_open()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var person = await IdOf(own, "owner@demo");
        (await administrator.Post($"/people/{person}", "roles", ("Input.Roles", "administrator"), ("Input.Reason", "Cover"))).Dispose();
        var task = await own.Value<Guid>("select id from storage.approval_task");
        using var exchange = await own.SignedIn("exchange@demo");
        using var refused = await exchange.Post($"/tasks/{task}?lang=en", "decide", ("Input.Decision", "reject"), ("Input.Reason", ""));
        Assert.Contains("Say why.", await refused.Content.ReadAsStringAsync());
        Assert.Equal("Open", await own.Value<string>("select state from storage.approval_task"));
    }

    [Fact]
    public async Task A_role_of_another_kind_of_organisation_cannot_be_given()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var person = await IdOf(own, "owner@demo");
        using var answer = await administrator.Post($"/people/{person}?lang=en", "roles", ("Input.Roles", "exchange.staff"), ("Input.Reason", "Greed"));
        Assert.Contains("cannot give the role “Exchange staff”", WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
        Assert.Equal("owner.trader", await RolesOf(own, "owner@demo"));
    }

    [Fact]
    public async Task A_person_of_another_organisation_is_not_there()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        Assert.Equal(HttpStatusCode.NotFound, (await administrator.Get($"/people/{await IdOf(own, "buyer@demo")}")).StatusCode);
    }

    [Fact]
    public async Task A_person_removed_loses_the_session_at_once()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        using var reader = await own.SignedIn("reader@demo");
        using var removed = await administrator.Post($"/people/{await IdOf(own, "reader@demo")}", "remove", ("Removal.Reason", "Left the company"));
        Assert.Equal(HttpStatusCode.Found, removed.StatusCode);
        Assert.Equal(HttpStatusCode.Found, (await reader.Get("/account")).StatusCode);
    }

    [Fact]
    public async Task The_exchange_lets_the_first_administrator_of_an_organisation_in_and_no_second()
    {
        await using var own = await ServerUnderTest.Start();
        const string borealis = "0190a000-0000-7000-8000-000000000004"; // has a trader, and nobody who administers
        var page = $"/organisations/{borealis}/administrator";
        using var exchange = await own.SignedIn("exchange@demo");
        using var elsewhere = await own.SignedIn("owner.approver@demo");
        using var hidden = await elsewhere.Get(page);
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
        using var answer = await exchange.Post(page, "first", ("Input.DisplayName", "Eva Brandt"), ("Input.Name", "eva@borealis.example"));
        var link = Link().Match(await answer.Content.ReadAsStringAsync()).Value;
        Assert.NotEmpty(link);
        Assert.Equal("", await RolesOf(own, "eva@borealis.example"));

        // The exchange has one administrator in this cast: nobody else could decide, so the task shows that one person did both.
        var task = await own.Value<Guid>("select id from storage.approval_task where kind = 'server.grant-administrator'");
        Assert.True(await own.Value<bool>($"select allow_same_person from storage.approval_task where id = '{task}'"));
        using var approved = await exchange.Post($"/tasks/{task}", "decide", ("Input.Decision", "approve"));
        Assert.Equal(HttpStatusCode.Found, approved.StatusCode);
        Assert.Equal("administrator", await RolesOf(own, "eva@borealis.example"));

        using var eva = own.NewBrowser();
        (await eva.Post(link, "invitation", ("Input.Password", "red metal, green skin"), ("Input.Repeat", "red metal, green skin"))).Dispose();
        using var signedIn = await own.SignedIn("eva@borealis.example", "red metal, green skin");
        Assert.Contains("Lucas Weber", await signedIn.Text("/people"));
        Assert.DoesNotContain("value=\"first\"", await exchange.Text(page));
    }

    [Fact]
    public async Task With_a_second_administrator_at_the_exchange_the_proposer_cannot_decide_alone()
    {
        await using var own = await ServerUnderTest.Start();
        var second = await IdOf(own, "reader@demo");
        await own.Sql($"insert into server.membership (person_id, organisation_id, roles, changed_at, changed_by) values ('{second}', '0190a000-0000-7000-8000-000000000005', array['administrator'], now(), '{second}')");
        using var exchange = await own.SignedIn("exchange@demo");
        (await exchange.Post("/organisations/0190a000-0000-7000-8000-000000000004/administrator", "first", ("Input.DisplayName", "Eva Brandt"), ("Input.Name", "eva@borealis.example"))).Dispose();
        var task = await own.Value<Guid>("select id from storage.approval_task where kind = 'server.grant-administrator'");
        Assert.False(await own.Value<bool>($"select allow_same_person from storage.approval_task where id = '{task}'"));
        Assert.DoesNotContain("value=\"approve\"", await exchange.Text($"/tasks/{task}"));
    }

    [GeneratedRegex("/invitation/[0-9a-f]{64}")]
    private static partial Regex Link();
}
