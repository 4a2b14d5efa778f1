using System.Net;
using NodaTime;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Organisations.Groups;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class GroupTests
{
    static readonly LocalDate Today = World.Start.InUtc().Date;

    static async Task<(Guid Id, Actor Approver)> Producer(World world, string name)
    {
        var id = Guid.CreateVersion7();
        await world.Do(Actor.System, s => world.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Producer, name, name + "厂", null, "IS", id), default));
        return (id, World.Person("approver of " + name, id, Role.ProducerApprover));
    }

    static async Task<Refusal?> Refused<T>(World world, Actor actor, Func<Storage.DbSession, Task<Answer<T>>> work) => (await world.Try(actor, work)).Refusals.FirstOrDefault();

    [Fact]
    public async Task A_producer_belongs_to_a_group_once_both_have_said_so_until_either_ends_it()
    {
        await using var world = await World.Make();
        var groups = world.Get<GroupHandlers>();
        var (daughter, approver) = await Producer(world, "Daughter");
        Assert.Equal("access.role-needed", (await Refused(world, world.Editor, s => groups.Create(s, new("Fjord"), default)))!.Code);
        Assert.Equal(("group.day-out-of-range", "fromDay"), await Refused(world, world.Approver, s => groups.Create(s, new("Fjord", FromDay: Today.PlusDays(1)), default)) is { } r ? (r.Code, r.Field) : default);
        var made = await world.Do(world.Approver, s => groups.Create(s, new("Fjord", "峡湾", new(2015, 1, 1)), default));
        Assert.Equal(world.Smelter, Assert.Single(made.Members).OrganisationId);
        Assert.Equal("access.other-organisation", (await Refused(world, approver, s => groups.Invite(s, made.Group.Id, new(daughter), default)))!.Code);
        Assert.Equal("organisation.not-a-producer", (await Refused(world, world.Approver, s => groups.Invite(s, made.Group.Id, new(world.Warehouse), default)))!.Code);
        var asked = Assert.Single((await world.Do(world.Approver, s => groups.Invite(s, made.Group.Id, new(daughter, new(2020, 7, 1)), default))).Invited);
        Assert.Equal("group.already-asked", (await Refused(world, world.Approver, s => groups.Invite(s, made.Group.Id, new(daughter), default)))!.Code);

        // Nobody but the two and the exchange sees what was only asked, through the application and without it.
        foreach (var (who, sees) in new[] { (approver, 1), (world.Approver, 1), (world.Staff, 1), (world.Owner(0), 0), (Actor.Public, 0) })
        {
            Assert.Equal(sees, (await world.Do(who, s => groups.Read(s, made.Group.Id, null, default))).Invited.Count);
            await using var s = world.As(who);
            Assert.Equal(1 + sees, await s.Value<long>("select count(*) from passport.group_membership", default));
        }
        Assert.Equal("access.not-visible", (await Refused(world, World.Person("other", world.Stranger, Role.ProducerApprover), s => groups.Answer(s, asked.Id, true, null, default)))!.Code);
        Assert.Equal("access.other-organisation", (await Refused(world, world.Approver, s => groups.Answer(s, asked.Id, true, null, default)))!.Code);
        Assert.Equal("group.reason-missing", (await Refused(world, approver, s => groups.Answer(s, asked.Id, false, " ", default)))!.Code);
        await world.Do(approver, s => groups.Answer(s, asked.Id, true, null, default));
        Assert.Equal("group.state", (await Refused(world, approver, s => groups.Answer(s, asked.Id, false, "changed our mind", default)))!.Code);

        // Day by day: not on the day before, on the first, on the last, not on the day after.
        Assert.Equal(new[] { 1, 2, 2 }, await Members(new(2020, 6, 30), new(2020, 7, 1), Today));
        Assert.Equal("group.member-elsewhere", (await Refused(world, approver, s => groups.Create(s, new("Own house"), default)))!.Code);
        var head = (await world.Do(world.Approver, s => groups.Read(s, made.Group.Id, null, default))).Members.Single(m => m.OrganisationId == world.Smelter);
        Assert.Equal("group.head-stays", (await Refused(world, world.Approver, s => groups.End(s, head.Id, new(null, "sold"), default)))!.Code);
        Assert.Equal(("group.day-out-of-range", "lastDay"), await Refused(world, approver, s => groups.End(s, asked.Id, new(new(2020, 6, 30), "sold"), default)) is { } e ? (e.Code, e.Field) : default);
        await world.Do(approver, s => groups.End(s, asked.Id, new(new(2024, 12, 31), "sold"), default));
        Assert.Equal(new[] { 1, 2, 2, 1 }, await Members(new(2020, 6, 30), new(2020, 7, 1), new(2024, 12, 31), new(2025, 1, 1)));
        // It is free again, from the day after.
        Assert.Equal("group.member-elsewhere", (await Refused(world, approver, s => groups.Create(s, new("Own house", FromDay: new(2024, 12, 31)), default)))!.Code);
        await world.Do(approver, s => groups.Create(s, new("Own house", FromDay: new(2025, 1, 1)), default));
        Assert.Equal("Own house", (await world.Do<ProducerGroup>(Actor.Public, async s => (await groups.Of(s, daughter, Today, default))!)).Name);

        async Task<int[]> Members(params LocalDate[] days)
        {
            var counts = new List<int>();
            foreach (var day in days)
            {
                var view = await world.Do(Actor.Public, s => groups.Read(s, made.Group.Id, day, default));
                Assert.Equal(view.Members.Count, view.Group.Members);
                counts.Add(view.Members.Count);
            }
            return [.. counts];
        }
    }

    [Fact]
    public async Task Of_two_groups_that_are_accepted_at_once_only_one_gets_the_producer()
    {
        await using var world = await World.Make();
        var groups = world.Get<GroupHandlers>();
        var (daughter, approver) = await Producer(world, "Daughter");
        var (_, rival) = await Producer(world, "Rival");
        var asked = new List<Guid>();
        foreach (var (who, name) in new[] { (world.Approver, "Fjord"), (rival, "Geyser") })
        {
            var group = await world.Do(who, s => groups.Create(s, new(name), default));
            asked.Add(Assert.Single((await world.Do(who, s => groups.Invite(s, group.Group.Id, new(daughter), default))).Invited).Id);
        }
        var answers = await Task.WhenAll(asked.Select(id => Task.Run(() => world.Try(approver, s => groups.Answer(s, id, true, null, default)))));
        Assert.Single(answers, a => a.Ok);
        Assert.Equal("group.member-elsewhere", answers.Single(a => !a.Ok).Refusals[0].Code);
    }

    [Fact]
    public async Task The_profile_of_a_group_is_that_of_its_members_on_the_day_and_the_list_pages_sorts_finds_and_exports()
    {
        await using var world = await World.Make();
        var (groups, register) = (world.Get<GroupHandlers>(), world.Get<GroupRegister>());
        var (daughter, approver) = await Producer(world, "Daughter");
        await world.Do(World.Person("editor of daughter", daughter, Role.ProducerEditor), s => world.Get<OrganisationHandlers>().AddPlant(s, new(daughter, "D1", "Daughter's plant", null, "IS", null, null, 50_000m, ["smelting"]), default));
        var group = (await world.Do(world.Approver, s => groups.Create(s, new("Fjord", FromDay: new(2015, 1, 1)), default))).Group.Id;
        var asked = Assert.Single((await world.Do(world.Approver, s => groups.Invite(s, group, new(daughter, new(2020, 7, 1)), default))).Invited);
        await world.Do(approver, s => groups.Answer(s, asked.Id, true, null, default));
        foreach (var i in Enumerable.Range(0, 3)) await world.Do((await Producer(world, "House " + i)).Approver, s => groups.Create(s, new("House " + i), default));

        foreach (var (day, plants) in new[] { (new LocalDate(2019, 1, 1), new[] { "P1" }), (Today, ["P1", "D1"]) })
            Assert.Equal(plants, (await world.Do(Actor.Public, s => world.Get<ProfileHandlers>().OfGroup(s, group, day, default))).Producers.SelectMany(p => p.Plants).Select(p => p.Code));
        var seen = new List<string>();
        for (string? cursor = null; ;)
        {
            var page = await world.Do(Actor.Public, s => register.List(s, new(Sort: "-members", Cursor: cursor, Limit: 1), default));
            seen.AddRange(page.Items.Select(g => g.Name));
            if ((cursor = page.NextCursor) is null) break;
        }
        Assert.Equal(("Fjord", 4), (seen[0], seen.Distinct().Count()));
        Assert.Equal(["Fjord"], (await world.Do(Actor.Public, s => register.List(s, new("daughter"), default))).Items.Select(g => g.Name));
        Assert.Empty((await world.Do(Actor.Public, s => register.List(s, new("daughter", new(2019, 1, 1)), default))).Items);

        using var anybody = world.Client(null);
        var csv = await anybody.GetStringAsync("/api/v1/groups/export?q=fjord");
        Assert.Equal(3, csv.TrimEnd().Split('\n').Length);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await anybody.GetAsync($"/api/v1/groups/{group}?asOf=soon")).StatusCode);
        foreach (var (who, language) in new[] { (null, "en"), (null, "zh"), (world.Approver, "en"), (approver, "zh") })
        {
            using var client = world.Client(who);
            client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
            foreach (var path in new[] { "/groups", "/groups?sort=nonsense&after=x", $"/groups/{group}", $"/groups/{group}?asOf=2019-01-01", $"/producers/{daughter}" })
            {
                var html = await client.GetStringAsync(path);
                Assert.DoesNotContain("⟦", html, StringComparison.Ordinal);
                if (path == $"/groups/{group}") Assert.Contains("D1", html, StringComparison.Ordinal);
            }
        }
    }
}
