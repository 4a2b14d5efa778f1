using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>One organisation acting for another: in the capacities and until the time named, by the people the agent names, and seen on both sides.</summary>
public sealed class DelegationTests
{
    static readonly Guid Smelter = new("0190a000-0000-7000-8000-000000000001"), Auriga = new("0190a000-0000-7000-8000-000000000003"), Borealis = new("0190a000-0000-7000-8000-000000000004");
    static readonly Guid Trader = new("0190b000-0000-7000-8000-000000000003"), AurigasAdministrator = new("0190b000-0000-7000-8000-000000000004"), Buyer = new("0190b000-0000-7000-8000-000000000006");

    static Actor Administrator(Guid organisation, Guid? person = null) => new(person ?? Guid.NewGuid(), "Admin", organisation, new HashSet<string> { Role.Administrator });

    static Delegations Of(ServerUnderTest own) => own.Server.Services.GetRequiredService<Delegations>();

    static async Task<Delegation> Granted(ServerUnderTest own, params string[] roles) => (await Of(own).Grant(Administrator(Smelter), Auriga, roles.Length > 0 ? roles : [Role.ProducerEditor], 30, "Lodges our certificates", default)).Value;

    static async Task<JsonElement> Me(Browser browser) => JsonDocument.Parse(await browser.Text("/api/v1/me")).RootElement;

    [Fact]
    public async Task A_person_the_agent_names_acts_for_the_principal_in_its_capacities_and_both_are_in_the_trail()
    {
        await using var own = await ServerUnderTest.Start();
        var d = await Granted(own);
        using var trader = await own.SignedIn("owner@demo");
        Assert.True((await Of(own).Assign(Administrator(Auriga), d.Id, [Trader], default)).Ok);
        using var switched = await trader.Post("/account", "organisation", ("Choice.Organisation", Smelter.ToString()));
        Assert.Equal(HttpStatusCode.Found, switched.StatusCode);
        var me = await Me(trader);
        Assert.Equal((Smelter, Auriga), (me.GetProperty("organisationId").GetGuid(), me.GetProperty("agentOrganisationId").GetGuid()));
        Assert.Equal([Role.ProducerEditor], me.GetProperty("roles").EnumerateArray().Select(r => r.GetString()));
        Assert.Contains("(on behalf)", await trader.Text("/account?lang=en"));
        (await trader.Post("/notifications/settings", "settings", ("Input.Language", "en"))).Dispose();
        Assert.Equal("陈思远 Chen Siyuan (Auriga Trading)", await own.Value<string>($"select storage.name_of(person_name) from storage.audit_event where action = 'account.notices-chosen' and organisation = '{Smelter}' and person = '{Trader}'"));
        Assert.Equal(HttpStatusCode.Forbidden, (await trader.Get("/people")).StatusCode);
    }

    [Fact]
    public async Task What_either_side_ends_opens_nothing_any_more()
    {
        foreach (var side in new[] { Smelter, Auriga })
        {
            await using var own = await ServerUnderTest.Start();
            var d = await Granted(own);
            await Of(own).Assign(Administrator(Auriga), d.Id, [Trader], default);
            using var trader = await own.SignedIn("owner@demo");
            (await trader.Post("/account", "organisation", ("Choice.Organisation", Smelter.ToString()))).Dispose();
            Assert.Equal(HttpStatusCode.OK, (await trader.Get("/account")).StatusCode);
            Assert.True((await Of(own).End(Administrator(side), d.Id, "No longer needed", default)).Ok);
            Assert.Equal(HttpStatusCode.Found, (await trader.Get("/account")).StatusCode);
            Assert.Equal("delegation.over", (await Of(own).End(Administrator(side), d.Id, "Twice", default)).Refusals[0].Code);
        }
    }

    [Fact]
    public async Task It_ends_by_itself_at_its_time()
    {
        await using var own = await ServerUnderTest.Start();
        var d = (await Of(own).Grant(Administrator(Smelter), Auriga, [Role.ProducerEditor], 1, "For a day", default)).Value;
        await Of(own).Assign(Administrator(Auriga), d.Id, [Trader], default);
        own.Clock.Turn(Duration.FromHours(23));
        using var trader = await own.SignedIn("owner@demo");
        (await trader.Post("/account", "organisation", ("Choice.Organisation", Smelter.ToString()))).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await trader.Get("/account")).StatusCode);
        own.Clock.Turn(Duration.FromHours(1) + Duration.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Found, (await trader.Get("/account")).StatusCode);
    }

    [Fact]
    public async Task Nobody_gives_rights_to_themselves_through_another_organisation()
    {
        await using var own = await ServerUnderTest.Start();
        // The trader of Auriga is administrator of the smelter too, and lets Auriga act.
        var d = (await Of(own).Grant(Administrator(Smelter, Trader), Auriga, [Role.ProducerApprover], 30, "A way round", default)).Value;
        Assert.Equal("delegation.granter-acts", (await Of(own).Assign(Administrator(Auriga), d.Id, [Trader], default)).Refusals[0].Code);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => own.Sql($"insert into server.delegation_person (delegation_id, person_id, added_by, added_at) values ('{d.Id}', '{Trader}', '{Trader}', now())"));
        Assert.Equal("people.not-a-colleague", (await Of(own).Assign(Administrator(Auriga), d.Id, [Buyer], default)).Refusals[0].Code);
        Assert.Equal("delegation.agent-assigns", (await Of(own).Assign(Administrator(Smelter), d.Id, [AurigasAdministrator], default)).Refusals[0].Code);
    }

    [Fact]
    public async Task Only_capacities_of_the_principal_can_be_given_and_never_those_that_rule()
    {
        await using var own = await ServerUnderTest.Start();
        foreach (var role in Role.All)
        {
            var answer = await Of(own).Grant(Administrator(Smelter), Auriga, [role], 30, "Try", default);
            Assert.Equal(role is Role.ProducerEditor or Role.ProducerApprover or Role.OwnerTrader or Role.OwnerApprover or Role.Reader, answer.Ok);
        }
        Assert.Equal(["agent", "roles", "days", "reason"], (await Of(own).Grant(Administrator(Smelter), Smelter, [], 731, " ", default)).Refusals.Select(r => r.Field));
        var agent = Administrator(Smelter) with { AgentOrganisationId = Auriga };
        Assert.False((await Of(own).Grant(agent, Borealis, [Role.Reader], 30, "On and on", default)).Ok);
    }

    [Fact]
    public async Task Both_sides_see_it_and_a_third_does_not_and_the_pages_lead_through()
    {
        await using var own = await ServerUnderTest.Start();
        var d = await Granted(own);
        Assert.Single((await Of(own).List(Administrator(Auriga), default)).Value);
        Assert.Empty((await Of(own).List(Administrator(Borealis), default)).Value);
        Assert.Equal("delegation.unknown", (await Of(own).Find(Administrator(Borealis), d.Id, default)).Refusals[0].Code);
        await NoticeTests.Delivered(own);
        using var browser = await own.SignedIn("owner.approver@demo");
        Assert.Contains("You may act for another organisation", await browser.Text("/notifications?lang=en"));
        using var assigned = await browser.Post($"/delegations/{d.Id}", "assign", ("Input.People", Trader.ToString()));
        Assert.Equal(HttpStatusCode.Found, assigned.StatusCode);
        foreach (var page in new[] { "/delegations", $"/delegations/{d.Id}" })
            foreach (var language in new[] { "en", "zh" }) Assert.DoesNotContain("⟦", await browser.Text($"{page}?lang={language}"));
        using var granted = await browser.Post("/delegations", "grant", ("Input.Agent", Borealis.ToString()), ("Input.Roles", "owner.trader"), ("Input.Days", "10"), ("Input.Reason", "Holiday cover"));
        Assert.StartsWith("/delegations/", granted.Headers.Location!.ToString().Replace(own.Address.ToString().TrimEnd('/'), "", StringComparison.Ordinal));
        using var ended = await browser.Post($"/delegations/{d.Id}", "end", ("Ending.Reason", "Done"));
        Assert.Equal(HttpStatusCode.Found, ended.StatusCode);
    }

    [Fact]
    public async Task Both_sides_hear_of_the_end_once_at_each_stage_and_of_one_that_was_ended_no_more()
    {
        await using var own = await ServerUnderTest.Start();
        var (runs, stopped) = ((await Of(own).Grant(Administrator(Smelter), Auriga, [Role.ProducerEditor], 60, "Lodges our certificates", default)).Value, await Granted(own));
        var reminders = new DelegationReminders(own.Server.Services.GetRequiredService<OrganisationDirectory>());
        var told = new List<long>();
        for (var day = 0; day < 63; day++)
        {
            await using (var s = own.Server.Services.GetRequiredService<IDbSessions>().Open(Actor.System)) await reminders.Run(s, default);
            if (day == 25) Assert.True((await Of(own).End(Administrator(Smelter), stopped.Id, "the laboratory has moved", default)).Ok);
            told.Add(await own.Value<long>($"select count(*) from server.delegation_told where delegation = '{runs.Id}'"));
            own.Clock.Turn(Duration.FromDays(1));
        }
        Assert.Equal([30, 53, 59], new long[] { 1, 2, 3 }.Select(n => told.IndexOf(n)));
        Assert.Equal(3, told[^1]);
        // Given for thirty days, it is told of seven days before; it was ended before the last one.
        Assert.Equal("7", await own.Value<string>($"select string_agg(stage::text, ',') from server.delegation_told where delegation = '{stopped.Id}'"));
        Assert.Equal(8, await own.Value<long>("select count(*) from storage.outbox_event where payload::text like '%notice-ending%'"));
    }
}
