using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Verdigris.Passport.Disclosures;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class MethodologyTests
{
    internal static MethodologyApplication Emissions(string code = "IAI", string version = "1", string metal = "AL") => new(code, version, code + " carbon footprint", null, "An institute", "CLI", ValueKind.Metric, "tCO2e/t", true, Better.Lower,
        ["cradle-to-gate", "gate-to-gate"], [metal], "Greenhouse gases of a tonne of metal.");

    internal static MethodologyApplication Certificate(string code = "ISO-14001") => new(code, "2015", "Environmental management", "环境管理", "A standards body", "STD", ValueKind.Certificate, null, false, null, [], [], "Certificate of a management system.");

    /// <summary>Applied for, taken up, proposed by one and decided by another.</summary>
    internal static async Task<Methodology> Approved(World world, MethodologyApplication application)
    {
        var handlers = world.Get<MethodologyHandlers>();
        var made = await world.Do(world.Editor, s => handlers.Apply(s, application, default));
        await world.Do(world.Staff, s => handlers.TakeUp(s, made.Id, default));
        await world.Do(world.Staff, s => handlers.Propose(s, made.Id, new(MethodologyEvent.Approve), default));
        await world.Decide(world.OtherStaff, DecideMethodologyKind.Name, made.Id, true);
        return await world.Do(world.Staff, s => handlers.Read(s, made.Id, default));
    }

    static async Task<string?> Code<T>(World world, Actor actor, Func<Storage.DbSession, Task<Answer<T>>> work) => (await world.Try(actor, work)).Refusals.FirstOrDefault()?.Code;

    [Fact]
    public async Task A_methodology_is_applied_for_taken_up_and_approved_by_two_of_the_exchange()
    {
        await using var world = await World.Make();
        var handlers = world.Get<MethodologyHandlers>();
        Assert.Equal("access.role-needed", await Code(world, world.Owner(0), s => handlers.Apply(s, Emissions(), default)));
        var made = await world.Do(world.Approver, s => handlers.Apply(s, Emissions(), default));
        Assert.Equal(MethodologyState.Applied, made.State);
        Assert.Equal("methodology.version-taken", await Code(world, world.Editor, s => handlers.Apply(s, Emissions(), default)));
        // Nobody but applicant and exchange sees it yet, by handler, list and fence alike.
        await Sees(world.Owner(0), false);
        await Sees(Actor.Public, false);
        await Sees(world.Editor, true);
        Assert.Equal("methodology.state-forbids", await Code(world, world.Staff, s => handlers.Propose(s, made.Id, new(MethodologyEvent.Approve), default)));
        Assert.Equal("access.role-needed", await Code(world, world.Editor, s => handlers.TakeUp(s, made.Id, default)));
        await world.Do(world.Staff, s => handlers.TakeUp(s, made.Id, default));
        Assert.Equal("input.required", await Code(world, world.Staff, s => handlers.Propose(s, made.Id, new(MethodologyEvent.Decline), default)));
        await world.Do(world.Staff, s => handlers.Propose(s, made.Id, new(MethodologyEvent.Approve), default));
        Assert.Equal("methodology.decision-open", await Code(world, world.OtherStaff, s => handlers.Propose(s, made.Id, new(MethodologyEvent.Decline, "no"), default)));
        // The second pair of eyes may disagree: the application stays in review and is proposed again.
        await world.Decide(world.OtherStaff, DecideMethodologyKind.Name, made.Id, false);
        Assert.Equal(MethodologyState.Review, (await world.Do(world.Staff, s => handlers.Read(s, made.Id, default))).State);
        await world.Do(world.Staff, s => handlers.Propose(s, made.Id, new(MethodologyEvent.Approve), default));
        await using (var same = world.As(world.Staff))
        {
            var task = (await world.Get<Storage.Approvals>().Inbox(same, new(Storage.TaskView.All, Kind: DecideMethodologyKind.Name), default)).Items.Single();
            Assert.Equal("approval.same-person", (await world.Get<Storage.Approvals>().Decide(same, task.Id, true, null, default)).Refusals[0].Code);
        }
        await world.Decide(world.OtherStaff, DecideMethodologyKind.Name, made.Id, true);
        await Sees(Actor.Public, true);

        async Task Sees(Actor actor, bool expected)
        {
            Assert.Equal(expected, (await world.Try(actor, s => handlers.Read(s, made.Id, default))).Ok);
            Assert.Equal(expected ? 1 : 0, (await world.Do(actor, s => handlers.List(s, new(), default))).Items.Count);
            await using var session = world.As(actor);
            Assert.Equal(expected ? 1 : 0, await session.Value<long>("select count(*) from passport.methodology", default));
        }
    }

    [Fact]
    public async Task One_emissions_methodology_is_approved_for_each_metal_until_it_is_retired()
    {
        await using var world = await World.Make();
        var handlers = world.Get<MethodologyHandlers>();
        var first = await Approved(world, Emissions());
        var newer = await Approved(world, Emissions(version: "2"));
        await Approved(world, Emissions("NICKEL", metal: "NI"));
        var rival = await world.Do(world.Editor, s => handlers.Apply(s, Emissions("RIVAL"), default));
        await world.Do(world.Staff, s => handlers.TakeUp(s, rival.Id, default));
        Assert.Equal("methodology.metal-taken", await Code(world, world.Staff, s => handlers.Propose(s, rival.Id, new(MethodologyEvent.Approve), default)));
        await Retire(first.Id);
        Assert.Equal("methodology.metal-taken", await Code(world, world.Staff, s => handlers.Propose(s, rival.Id, new(MethodologyEvent.Approve), default)));
        await Retire(newer.Id);
        await world.Do(world.Staff, s => handlers.Propose(s, rival.Id, new(MethodologyEvent.Approve), default));
        await world.Decide(world.OtherStaff, DecideMethodologyKind.Name, rival.Id, true);
        var shown = await world.Do(Actor.Public, s => handlers.List(s, new(Class: "CLI", Metal: "AL", Sort: "-code"), default));
        Assert.Equal([("RIVAL", MethodologyState.Approved), ("IAI", MethodologyState.Retired), ("IAI", MethodologyState.Retired)], shown.Items.Select(m => (m.Code, m.State)));

        async Task Retire(Guid id)
        {
            await world.Do(world.Staff, s => handlers.Propose(s, id, new(MethodologyEvent.Retire, "superseded"), default));
            await world.Decide(world.OtherStaff, DecideMethodologyKind.Name, id, true);
        }
    }

    [Theory]
    [InlineData("methodology.code-invalid", "code")]
    [InlineData("methodology.class-unknown", "class")]
    [InlineData("input.required", "unit")]
    [InlineData("methodology.boundary-unknown", "boundaries[1]")]
    [InlineData("methodology.metal-unknown", "metals[0]")]
    [InlineData("methodology.comparable-without-better", "better")]
    [InlineData("methodology.comparable-without-boundary", "boundaries")]
    [InlineData("methodology.comparable-without-metric", "comparable")]
    [InlineData("methodology.unit-without-metric", "unit")]
    [InlineData("methodology.link-invalid", "link")]
    public void A_fault_of_an_application_names_its_field(string code, string field)
    {
        var good = Emissions();
        var bad = (code, field) switch
        {
            ("methodology.code-invalid", _) => good with { Code = "iai" },
            ("methodology.class-unknown", _) => good with { Class = "XYZ" },
            ("input.required", _) => good with { Unit = null },
            ("methodology.boundary-unknown", _) => good with { Boundaries = ["site", "site"] },
            ("methodology.metal-unknown", _) => good with { Metals = ["XX"] },
            ("methodology.comparable-without-better", _) => good with { Better = null },
            ("methodology.comparable-without-boundary", _) => good with { Boundaries = [] },
            ("methodology.comparable-without-metric", _) => good with { ValueKind = ValueKind.Statement, Unit = null },
            ("methodology.unit-without-metric", _) => good with { ValueKind = ValueKind.Certificate, Comparable = false },
            _ => good with { Link = "http://example.org" },
        };
        string[] classes = ["CLI", "STD"], metals = ["AL", "NI"];
        Assert.Empty(MethodologyRules.Check(good, classes, metals));
        Assert.Equal([(code, field)], MethodologyRules.Check(bad, classes, metals).Select(r => (r.Code, r.Field)));
    }

    [Fact]
    public async Task The_catalogue_and_an_application_go_over_the_interface_and_the_pages()
    {
        await using var world = await World.Make();
        await Approved(world, Emissions());
        using var editor = world.Client(world.Editor);
        using var made = await editor.PostAsJsonAsync("/api/v1/methodologies", Certificate(), Storage.StorageJson.Options);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var anybody = world.Client(null);
        var list = await anybody.GetFromJsonAsync<JsonElement>("/api/v1/methodologies?state=Approved&class=CLI");
        Assert.Equal("IAI", list.GetProperty("items")[0].GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await anybody.GetAsync("/api/v1/methodologies?state=Nonsense")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await anybody.PostAsJsonAsync("/api/v1/methodologies", Certificate("X1"), Storage.StorageJson.Options)).StatusCode);
        var page = await anybody.GetStringAsync("/methodologies?class=CLI");
        Assert.Contains("IAI carbon footprint", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Environmental management", await anybody.GetStringAsync("/methodologies"), StringComparison.Ordinal);
        Assert.Contains("Environmental management", await editor.GetStringAsync("/methodologies"), StringComparison.Ordinal);
        Assert.Contains("Input.Code", await editor.GetStringAsync("/methodologies/new"), StringComparison.Ordinal);
        using var staff = world.Client(world.Staff);
        var id = list.GetProperty("items")[0].GetProperty("id").GetString();
        Assert.Contains("Input.Decision", await staff.GetStringAsync($"/methodologies/{id}"), StringComparison.Ordinal);
        Assert.DoesNotContain("⟦", page + await staff.GetStringAsync($"/methodologies/{id}") + await editor.GetStringAsync("/methodologies/new"), StringComparison.Ordinal);
    }
}
