using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using NodaTime;
using Verdigris.Passport.Disclosures;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class DisclosureTests
{
    static async Task<string?> Code<T>(World world, Actor actor, Func<DbSession, Task<Answer<T>>> work) => (await world.Try(actor, work)).Refusals.FirstOrDefault()?.Code;

    [Fact]
    public async Task A_disclosure_is_written_handed_in_by_another_returned_rewritten_accepted_and_published()
    {
        await using var world = await World.Make();
        var handlers = world.Get<DisclosureHandlers>();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        Assert.Equal("access.role-needed", await Code(world, world.Approver, s => handlers.Create(s, DisclosureWorld.Figure(method), default)));
        Assert.Equal("disclosure.subject-not-own", await Code(world, World.Person("rival", world.Stranger, Role.ProducerEditor), s => handlers.Create(s, DisclosureWorld.Figure(method), default)));
        var draft = await world.Draft(DisclosureWorld.Figure(method));
        var both = World.Person("editor", world.Smelter, Role.ProducerEditor, Role.ProducerApprover);
        Assert.Equal("disclosure.submitter-wrote-it", await Code(world, both, s => handlers.Submit(s, draft.Id, default)));
        Assert.Equal("disclosure.state-forbids", await Code(world, world.Approver, s => handlers.Publish(s, draft.Id, default)));
        await world.Do(world.Approver, s => handlers.Submit(s, draft.Id, default));
        Assert.Equal("disclosure.state-forbids", await Code(world, world.Editor, s => handlers.Revise(s, draft.Id, DisclosureWorld.Figure(method), default)));
        await world.Decide(world.Staff, AcceptDisclosureKind.Name, draft.Id, false);
        var returned = await world.Do(world.Editor, s => handlers.Read(s, draft.Id, default));
        Assert.Equal((DisclosureState.Returned, "no"), (returned.State, returned.Reason));
        var revised = await world.Do(world.Editor, s => handlers.Revise(s, draft.Id, DisclosureWorld.Figure(method, value: 3.1m), default));
        Assert.Equal(3.1m, revised.Content.Value);
        await world.Do(world.Approver, s => handlers.Submit(s, draft.Id, default));
        await world.Decide(world.OtherStaff, AcceptDisclosureKind.Name, draft.Id, true);
        Assert.False((await world.Try(Actor.Public, s => handlers.Read(s, draft.Id, default))).Ok);
        await world.Do(world.Approver, s => handlers.Publish(s, draft.Id, default));
        Assert.Equal(DisclosureState.Published, (await world.Do(Actor.Public, s => handlers.Read(s, draft.Id, default))).State);
        // The same is not said twice.
        var again = await world.Accepted(DisclosureWorld.Figure(method, value: 9m));
        Assert.Equal("disclosure.already-published", await Code(world, world.Approver, s => handlers.Publish(s, again.Id, default)));
        Assert.Equal("input.required", await Code(world, world.Approver, s => handlers.Withdraw(s, draft.Id, " ", default)));
        await world.Do(world.Approver, s => handlers.Withdraw(s, draft.Id, "a meter was wrong", default));
        Assert.False((await world.Try(Actor.Public, s => handlers.Read(s, draft.Id, default))).Ok);
        await world.Do(world.Approver, s => handlers.Publish(s, again.Id, default));
    }

    [Fact]
    public async Task Each_visibility_is_seen_by_whom_it_names_through_handler_list_export_interface_and_fence_alike()
    {
        await using var world = await World.Make();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var (warrant, _) = await world.Issued("SEEN", 0);
        Assert.NotNull(warrant);
        var ids = new Dictionary<Visibility, Guid>();
        foreach (var visibility in Enum.GetValues<Visibility>()) ids[visibility] = (await world.Disclosed(DisclosureWorld.Figure(method, visibility: visibility, year: 2020 + (int)visibility))).Id;
        var draft = (await world.Draft(DisclosureWorld.Figure(method, year: 2019))).Id;
        var handed = (await world.HandedIn(DisclosureWorld.Figure(method, year: 2018))).Id;
        await world.Do(world.Approver, s => world.Get<DisclosureSharing>().Grant(s, ids[Visibility.Grant], world.Owners[1], World.Start.InUtc().Date.PlusDays(10), default));

        await Sees(Actor.Public, ids[Visibility.Public]);
        await Sees(world.Owner(0), ids[Visibility.Public], ids[Visibility.Owner]);
        await Sees(world.Owner(1), ids[Visibility.Public], ids[Visibility.Grant]);
        await Sees(world.Owner(2), ids[Visibility.Public]);
        await Sees(world.Operator, ids[Visibility.Public]);
        await Sees(world.Staff, [.. ids.Values, handed]);
        await Sees(world.Editor, [.. ids.Values, handed, draft]);

        // A grant ends with its day, by the handler's clock.
        world.Clock.Advance(Duration.FromDays(11));
        await See(world, world.Owner(1), false, [.. ids.Values, draft, handed], [ids[Visibility.Public]]);
        await world.Do(world.Approver, s => world.Get<DisclosureSharing>().Revoke(s, ids[Visibility.Grant], world.Owners[1], default));
        await Sees(world.Owner(1), ids[Visibility.Public]);

        Task Sees(Actor actor, params Guid[] expected) => See(world, actor, true, [.. ids.Values, draft, handed], expected);
    }

    static async Task See(World world, Actor actor, bool fence, Guid[] all, Guid[] expected)
    {
        var listed = (await world.Do(actor, s => world.Get<DisclosureRegister>().List(s, new(), default))).Items.Select(d => d.Id).ToHashSet();
        foreach (var state in Enum.GetValues<DisclosureState>()) listed.UnionWith((await world.Do(actor, s => world.Get<DisclosureRegister>().List(s, new(State: state), default))).Items.Select(d => d.Id));
        Assert.Equal(expected.ToHashSet(), listed);
        using var client = world.Client(actor.SignedIn ? actor : null);
        foreach (var id in all)
        {
            var may = expected.Contains(id);
            Assert.Equal(may ? HttpStatusCode.OK : HttpStatusCode.NotFound, (await client.GetAsync($"/api/v1/disclosures/{id}")).StatusCode);
            Assert.Equal(may, (await world.Try(actor, s => world.Get<DisclosureSharing>().Files(s, id, default))).Ok);
        }
        if (!fence) return;
        await using var session = world.As(actor);
        Assert.Equal(expected.ToHashSet(), (await session.All("select id from passport.disclosure", r => r.GetGuid(0), default)).ToHashSet());
    }

    [Fact]
    public async Task The_fence_lets_nobody_write_what_is_anothers_and_the_exchange_only_decide()
    {
        await using var world = await World.Make();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var draft = await world.Draft(DisclosureWorld.Figure(method));
        var handed = await world.HandedIn(DisclosureWorld.Figure(method, year: 2024));
        await using (var stranger = world.As(World.Person("rival", world.Stranger, Role.ProducerEditor))) Assert.Equal(0, await stranger.Run("update passport.disclosure set value = 0", default));
        await using var staff = world.As(world.Staff);
        Assert.Equal(0, await staff.Run("update passport.disclosure set state = 4 where id = $1", default, draft.Id));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => staff.Run("update passport.disclosure set state = 4 where id = $1", default, handed.Id));
        Assert.Equal(1, await staff.Run("update passport.disclosure set state = 2 where id = $1", default, handed.Id));
    }

    [Fact]
    public async Task A_disclosure_expires_by_its_date_alone_and_its_producer_is_reminded()
    {
        await using var world = await World.Make();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var last = World.Start.InUtc().Date.PlusDays(100);
        var made = await world.Disclosed(DisclosureWorld.Figure(method, validTo: last));
        var forever = await world.Disclosed(DisclosureWorld.Figure(method, subject: $"asset:{world.Plant}"));
        foreach (var (days, state, stage) in new (int, DisclosureState, int?)[] { (0, DisclosureState.Published, null), (10, DisclosureState.Expiring, 90), (60, DisclosureState.Expiring, 30), (25, DisclosureState.Expiring, 7), (6, DisclosureState.Expired, 0) })
        {
            world.Clock.Advance(Duration.FromDays(days));
            Assert.Equal(state, (await world.Do(Actor.Public, s => world.Get<DisclosureHandlers>().Read(s, made.Id, default))).State);
            Assert.Equal(stage, (await world.Do(world.Editor, s => world.Get<DisclosureRegister>().Reminders(s, default))).SingleOrDefault()?.Stage);
            Assert.Empty(await world.Do(world.Owner(0), s => world.Get<DisclosureRegister>().Reminders(s, default)));
            var shown = (await world.Do(Actor.Public, s => world.Get<DisclosureRegister>().List(s, new(), default))).Items.Select(d => d.Id);
            Assert.Equal(state != DisclosureState.Expired, shown.Contains(made.Id));
            Assert.Contains(forever.Id, shown);
            Assert.Contains(made.Id, (await world.Do(Actor.Public, s => world.Get<DisclosureRegister>().List(s, new(State: state), default))).Items.Select(d => d.Id));
        }
        Assert.Equal("disclosure.state-forbids", await Code(world, world.Approver, s => world.Get<DisclosureHandlers>().Withdraw(s, made.Id, "late", default)));
        using var editor = world.Client(world.Editor);
        Assert.Equal(made.Id, (await editor.GetFromJsonAsync<JsonElement>("/api/v1/disclosures/reminders"))[0].GetProperty("disclosure").GetProperty("id").GetGuid());
        using var anybody = world.Client(null);
        Assert.Equal(HttpStatusCode.Forbidden, (await anybody.GetAsync("/api/v1/disclosures/reminders")).StatusCode);
    }

    [Fact]
    public async Task A_file_is_seen_by_whom_it_is_shared_with_and_changed_only_while_the_disclosure_may_be()
    {
        await using var world = await World.Make();
        var sharing = world.Get<DisclosureSharing>();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var draft = await world.Draft(DisclosureWorld.Figure(method));
        var open = await Add("statement.csv", true);
        var closed = await Add("meters.csv", false);
        Assert.Equal("emissions.evidence-already-there", await Code(world, world.Editor, s => sharing.Add(s, draft.Id, "again.csv", true, new MemoryStream(Encoding.UTF8.GetBytes("meters.csv,1")), default)));
        Assert.Equal("emissions.evidence-kind-not-allowed", await Code(world, world.Editor, s => sharing.Add(s, draft.Id, "a.exe", true, new MemoryStream([1]), default)));
        Assert.Equal("access.not-visible", await Code(world, world.Staff, s => sharing.Files(s, draft.Id, default)));
        await world.Do(world.Approver, s => world.Get<DisclosureHandlers>().Submit(s, draft.Id, default));
        Assert.Equal("disclosure.state-forbids", await Code(world, world.Editor, s => sharing.Remove(s, draft.Id, closed.Id, default)));
        Assert.Equal([open.Id, closed.Id], (await world.Do(world.Staff, s => sharing.Files(s, draft.Id, default))).Select(f => f.Id));
        await world.Decide(world.Staff, AcceptDisclosureKind.Name, draft.Id, true);
        await world.Do(world.Approver, s => world.Get<DisclosureHandlers>().Publish(s, draft.Id, default));
        Assert.Equal([open.Id], (await world.Do(Actor.Public, s => sharing.Files(s, draft.Id, default))).Select(f => f.Id));
        using var anybody = world.Client(null);
        Assert.Equal("statement.csv,1", await anybody.GetStringAsync($"/api/v1/disclosures/{draft.Id}/evidence/{open.Id}"));
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/api/v1/disclosures/{draft.Id}/evidence/{closed.Id}")).StatusCode);
        await using var fence = world.As(Actor.Public);
        Assert.Equal(1, await fence.Value<long>("select count(*) from passport.disclosure_evidence", default));

        async Task<DisclosureFile> Add(string name, bool shared) => await world.Do(world.Editor, s => sharing.Add(s, draft.Id, name, shared, new MemoryStream(Encoding.UTF8.GetBytes(name + ",1")), default));
    }

    [Fact]
    public async Task The_register_is_narrowed_sorted_paged_counted_and_exported()
    {
        await using var world = await World.Make();
        var register = world.Get<DisclosureRegister>();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var certificate = await MethodologyTests.Approved(world, MethodologyTests.Certificate());
        var made = new List<Guid>();
        for (var year = 2015; year < 2022; year++) made.Add((await world.Disclosed(DisclosureWorld.Figure(method, year: year))).Id);
        made.Add((await world.Disclosed(new($"company:{world.Smelter}", certificate.Id, CertificateNo: "=EMS-1", Assurance: Assurance.Certified, Assurer: "Certifier", ValidFrom: new(2026, 1, 1), ValidTo: new(2028, 1, 1)))).Id);
        await world.Disclosed(DisclosureWorld.Figure(method, year: 2014, visibility: Visibility.Grant));

        foreach (var sort in new[] { null, "added", "-producer", "class", "-methodology", "until" })
        {
            var seen = new List<Guid>();
            for (string? cursor = null; ;)
            {
                var page = await world.Do(Actor.Public, s => register.List(s, new(Sort: sort, Cursor: cursor, Limit: 3), default));
                seen.AddRange(page.Items.Select(d => d.Id));
                if ((cursor = page.NextCursor) is null) break;
            }
            Assert.True(made.Count == seen.Count, $"{sort}: {seen.Count}");
            Assert.Equal(made.ToHashSet(), seen.ToHashSet());
        }
        Assert.Equal("page.sort-unknown", await Code(world, Actor.Public, s => register.List(s, new(Sort: "value"), default)));
        Assert.Equal(7, await Count(new(Pillar: "environment")));
        Assert.Equal(1, await Count(new(Pillar: "multi")));
        Assert.Equal(0, await Count(new(Pillar: "nonsense")));
        Assert.Equal(7, await Count(new(Metal: "AL")));
        Assert.Equal(8, await Count(new(Country: "NO")));
        Assert.Equal(1, await Count(new(Assurance: Assurance.Certified)));
        Assert.Equal(1, await Count(new(Text: "环境管理")));
        Assert.Equal(7, await Count(new(Text: "vaLU")));
        Assert.Equal(0, await Count(new(Text: "%")));
        await using var s = world.As(Actor.Public);
        var facets = await register.Facets(s, new(Class: "CLI"), default);
        Assert.Equal([("CLI", 7), ("STD", 1)], facets.Classes.Select(f => (f.Value, f.Count)));
        Assert.Equal([("AL", 7)], facets.Metals.Select(f => (f.Value, f.Count)));
        Assert.Equal([("limited", 7)], facets.Assurances.Select(f => (f.Value, f.Count)));
        using var client = world.Client(null);
        Assert.False((await client.GetFromJsonAsync<JsonElement>("/api/v1/disclosures")).GetProperty("items")[0].TryGetProperty("writtenBy", out _));
        var csv = (await client.GetStringAsync("/api/v1/disclosures/export?q=ems-1")).Split("\r\n");
        Assert.Equal(3, csv.Length);
        Assert.Contains("\"'=EMS-1\"", csv[1], StringComparison.Ordinal);
        Assert.Contains(",Certificate,,,", csv[1], StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.GetAsync("/api/v1/disclosures?assurance=much")).StatusCode);

        async Task<int> Count(DisclosureFilter filter) => (await world.Do(Actor.Public, x => register.List(x, filter, default))).Items.Count;
    }
}
