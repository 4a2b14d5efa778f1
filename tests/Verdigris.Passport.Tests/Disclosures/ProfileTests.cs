using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Disclosures.Pages;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class ProfileTests
{
    static readonly TargetContent Lower = new("brand:VALU", "CLI", "Emissions halved", "排放减半", "tCO2e/t", 2020, 4m, 2030, 2m, "Scope 1 and 2 of the smelter");

    static async Task<string?> Code<T>(World world, Actor actor, Func<DbSession, Task<Answer<T>>> work) => (await world.Try(actor, work)).Refusals.FirstOrDefault()?.Code;

    [Fact]
    public async Task A_target_is_written_shown_by_another_followed_year_by_year_and_corrected_without_losing_what_was_said()
    {
        await using var world = await World.Make();
        var targets = world.Get<TargetHandlers>();
        var target = await world.Do(world.Editor, s => targets.Create(s, Lower, default));
        Assert.Equal("disclosure.subject-not-own", await Code(world, World.Person("rival", world.Stranger, Role.ProducerEditor), s => targets.Create(s, Lower, default)));
        Assert.Equal("access.not-visible", await Code(world, Actor.Public, s => targets.Read(s, target.Id, default)));
        Assert.Equal("disclosure.submitter-wrote-it", await Code(world, World.Person("editor", world.Smelter, Role.ProducerEditor, Role.ProducerApprover), s => targets.Publish(s, target.Id, default)));
        await world.Do(world.Editor, s => targets.Enter(s, target.Id, new(2022, 3.9m), default));
        await world.Do(world.Editor, s => targets.Enter(s, target.Id, new(2022, 3.5m, "a meter was wrong"), default));
        await world.Do(world.Editor, s => targets.Enter(s, target.Id, new(2025, 3.2m), default));
        Assert.Equal("target.progress-year-out-of-range", await Code(world, world.Editor, s => targets.Enter(s, target.Id, new(2027, 1m), default)));
        Assert.Equal("target.progress-year-out-of-range", await Code(world, world.Editor, s => targets.Enter(s, target.Id, new(2020, 1m), default)));
        await world.Do(world.Approver, s => targets.Publish(s, target.Id, default));
        var shown = await world.Do(Actor.Public, s => targets.Read(s, target.Id, default));
        Assert.Equal([(2022, 3.5m, true), (2025, 3.2m, false)], TargetPath.Of(shown).Select(p => (p.Year, p.Value, p.OnPath)));
        await using (var owner = world.As(world.Editor))
        {
            Assert.Equal(3, await owner.Value<long>("select count(*) from passport.target_progress", default));
            Assert.Equal(0, await owner.Run("update passport.target_progress set value = 0", default));
            await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.AsOwner("update passport.target_progress set value = 0"));
        }
        using var anybody = world.Client(null);
        var page = WebUtility.HtmlDecode(await anybody.GetStringAsync($"/targets/{target.Id}"));
        Assert.Contains("4 + (2 − 4) × 5 ÷ 10 = 3", page, StringComparison.Ordinal);
        Assert.Equal(2, (await anybody.GetFromJsonAsync<JsonElement>($"/api/v1/targets/{target.Id}")).GetProperty("path").GetArrayLength());
        await world.Do(world.Approver, s => targets.Withdraw(s, target.Id, "superseded", default));
        Assert.Equal("target.state-forbids", await Code(world, world.Editor, s => targets.Enter(s, target.Id, new(2024, 1m), default)));
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/api/v1/targets/{target.Id}")).StatusCode);
    }

    [Theory]
    [InlineData("methodology.class-unknown", "class")]
    [InlineData("input.required", "unit")]
    [InlineData("target.baseline-year-out-of-range", "baselineYear")]
    [InlineData("target.year-out-of-range", "targetYear")]
    [InlineData("target.nothing-changes", "targetValue")]
    [InlineData("input.too-many-decimals", "baselineValue")]
    public void A_fault_of_a_target_names_its_field(string code, string field)
    {
        var bad = field switch
        {
            "class" => Lower with { Class = "X" },
            "unit" => Lower with { Unit = "" },
            "baselineYear" => Lower with { BaselineYear = 1989 },
            "targetYear" => Lower with { TargetYear = 2020 },
            "targetValue" => Lower with { TargetValue = 4.0m },
            _ => Lower with { BaselineValue = 4.1234567m },
        };
        Assert.Empty(TargetRules.Check(Lower, ["CLI"], 2026));
        Assert.Equal([(code, field)], TargetRules.Check(bad, ["CLI"], 2026).Select(r => (r.Code, r.Field)));
    }

    [Fact]
    public async Task A_profile_shows_what_its_reader_may_see_by_pillar_and_class()
    {
        await using var world = await World.Make();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var certificate = await MethodologyTests.Approved(world, MethodologyTests.Certificate());
        await world.Disclosed(DisclosureWorld.Figure(method));
        await world.Disclosed(DisclosureWorld.Figure(method, year: 2024, visibility: Visibility.Grant));
        await world.Disclosed(new($"company:{world.Smelter}", certificate.Id, CertificateNo: "EMS-1", Assurance: Assurance.Certified, Assurer: "Certifier", ValidFrom: new(2026, 1, 1), ValidTo: new(2028, 1, 1)));
        await world.Do(world.Editor, s => world.Get<TargetHandlers>().Create(s, Lower, default));
        var seen = await world.Do(Actor.Public, s => world.Get<ProfileHandlers>().Read(s, world.Smelter, default));
        Assert.Equal([("multi", "STD", 1), ("environment", "CLI", 1)], seen.Pillars.SelectMany(p => p.Classes.Select(c => (p.Pillar, c.Class, c.Disclosures.Count))));
        Assert.Equal((1, 1, 0, 1), (seen.Plants.Count, seen.Brands.Count, seen.Targets.Count, seen.Certificates.Count));
        var own = await world.Do(world.Editor, s => world.Get<ProfileHandlers>().Read(s, world.Smelter, default));
        Assert.Equal((3, 1), (own.Pillars.Sum(p => p.Classes.Sum(c => c.Disclosures.Count)), own.Targets.Count));
        Assert.Equal("organisation.not-a-producer", await Code(world, Actor.Public, s => world.Get<ProfileHandlers>().Read(s, world.Warehouse, default)));
        using var anybody = world.Client(null);
        var page = await anybody.GetStringAsync($"/producers/{world.Smelter}");
        Assert.Contains("EMS-1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("⟦", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/producers/{world.Warehouse}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync($"/api/v1/producers/{world.Smelter}")).StatusCode);
    }

    [Fact]
    public async Task Subjects_stand_side_by_side_and_statistics_appear_with_the_fifth_producer()
    {
        await using var world = await World.Make();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var newer = await MethodologyTests.Approved(world, MethodologyTests.Emissions(version: "2"));
        await world.Disclosed(DisclosureWorld.Figure(method, value: 3m));
        var keys = new List<string> { "brand:VALU" };
        for (var i = 1; i < 5; i++)
        {
            keys.Add(await Rival(world, i, method, 3m + i));
            var compared = await world.Do(Actor.Public, s => world.Get<CompareHandlers>().Compare(s, string.Join(',', keys), default));
            Assert.Equal(Enumerable.Range(1, i + 1).Select(r => (int?)r), keys.Select(k => compared.Rows.Single().Cells[k].Rank));
            Assert.Equal(i < 4 ? null : new GroupFigures(5, 5, 3m, 5m, 7m), compared.Groups.Single().Figures);
        }
        keys.Add(await Rival(world, 5, newer, 1m));
        var mixed = await world.Do(Actor.Public, s => world.Get<CompareHandlers>().Compare(s, string.Join(',', keys), default));
        Assert.Equal((null, NotComparable.OtherVersion), (mixed.Rows.Single().Cells[keys[5]].Rank, mixed.Rows.Single().Cells[keys[5]].Why));
        Assert.Equal(1, mixed.Rows.Single().Cells["brand:VALU"].Rank);

        Assert.Equal("compare.nothing", await Code(world, Actor.Public, s => world.Get<CompareHandlers>().Compare(s, " ,", default)));
        Assert.Equal("compare.too-many", await Code(world, Actor.Public, s => world.Get<CompareHandlers>().Compare(s, string.Join(',', Enumerable.Repeat("brand:VALU", 13)), default)));
        Assert.Equal("ids[1]", (await world.Try(Actor.Public, s => world.Get<CompareHandlers>().Compare(s, "brand:VALU,brand:NONE,asset:x", default))).Refusals[0].Field);
        using var anybody = world.Client(null);
        var csv = (await anybody.GetStringAsync("/api/v1/compare/export?ids=" + string.Join(',', keys))).Split("\r\n");
        Assert.Equal(8, csv.Length);
        Assert.EndsWith(",1,5,", csv[1], StringComparison.Ordinal);
        Assert.EndsWith(",,,OtherVersion", csv[6], StringComparison.Ordinal);
        var page = await anybody.GetStringAsync("/compare?ids=" + string.Join(',', keys));
        // Whoever comes without keys is offered those who disclose; what is ticked is compared like what is typed.
        var offered = await anybody.GetStringAsync("/compare");
        foreach (var key in keys) Assert.Contains($"name=\"ids\" value=\"{key}\"", offered, StringComparison.Ordinal);
        Assert.Equal(Matrix(page), Matrix(await anybody.GetStringAsync("/compare?" + string.Join('&', keys.Select(k => "ids=" + k)) + "&ids=")));

        static string Matrix(string html) => html[html.IndexOf("<table class=\"data matrix\"", StringComparison.Ordinal)..html.IndexOf("</table>", StringComparison.Ordinal)];
        Assert.Contains("the others are of another version", page, StringComparison.Ordinal);
        Assert.DoesNotContain("⟦", page, StringComparison.Ordinal);
    }

    /// <summary>Another producer with a plant and a brand, and its figure.</summary>
    static async Task<string> Rival(World world, int number, Methodology method, decimal value)
    {
        var (company, plant, code) = (Guid.CreateVersion7(), Guid.CreateVersion7(), $"RIV{number}");
        var editor = World.Person("rival editor", company, Role.ProducerEditor);
        var approver = World.Person("rival approver", company, Role.ProducerApprover);
        await using (var system = world.As(Actor.System))
        {
            Assert.True((await world.Get<OrganisationHandlers>().Create(system, new(OrganisationKind.Producer, "Rival " + number, null, null, "IS", company), default)).Ok);
            await world.Do(editor, s => world.Get<OrganisationHandlers>().AddPlant(s, new(company, "R", "Rival plant", null, "IS", null, null, 100_000m, ["smelting"], plant), default));
            await system.InTransaction(async t => await BrandHandlers.TakeOver(system, new(code, code, "Rival brand " + number, plant, "AL", "AH", ["ingot"], 90_000m), company, [new(new(2015, 1, 1), ListingState.Applied)], t));
        }
        var handlers = world.Get<DisclosureHandlers>();
        var made = await world.Do(editor, s => handlers.Create(s, DisclosureWorld.Figure(method, "brand:" + code, value), default));
        await world.Do(approver, s => handlers.Submit(s, made.Id, default));
        await world.Decide(world.Staff, AcceptDisclosureKind.Name, made.Id, true);
        await world.Do(approver, s => handlers.Publish(s, made.Id, default));
        return "brand:" + code;
    }

    [Fact]
    public void The_adoption_chart_holds_every_published_figure_at_its_height()
    {
        var figures = new Adoption(RulePacks.Locate()).Figures;
        Assert.Equal(10, figures.Count);
        Assert.Equal(466, figures.Single(f => f.Measure == "disclosures" && f.Day == new NodaTime.LocalDate(2023, 10, 9)).Value);
        Assert.All(figures.Where(f => f.Status != RuleStatus.Verified), f => Assert.NotNull(f.Note));
        var chart = AdoptionChart.Of(figures);
        var points = chart.Lines.SelectMany(l => l.Points).ToList();
        Assert.Equal(figures.ToHashSet(), points.Select(p => p.Figure).ToHashSet());
        foreach (var p in points)
        {
            Assert.InRange(p.X, AdoptionChart.Left, AdoptionChart.Right);
            Assert.InRange(p.Y, AdoptionChart.Top, AdoptionChart.Bottom);
            foreach (var q in points) Assert.True(p.Figure.Value <= q.Figure.Value ? p.Y >= q.Y : p.Y <= q.Y, "higher stands higher");
        }
        Assert.Equal(AdoptionChart.Bottom, chart.Levels[0].Y);
        Assert.Throws<ArgumentException>(() => AdoptionChart.Of([]));
    }

    [Fact]
    public async Task Every_page_is_drawn_in_both_languages_for_whoever_may_open_it()
    {
        await using var world = await World.Make();
        var method = await MethodologyTests.Approved(world, MethodologyTests.Emissions());
        var statement = await MethodologyTests.Approved(world, new("CODE", "1", "Code of conduct", null, "Owner", "ABC", ValueKind.Statement, null, false, null, [], [], "A statement."));
        var draft = await world.Draft(DisclosureWorld.Figure(method));
        var shown = await world.Disclosed(new($"company:{world.Smelter}", statement.Id, Statement: "We pay no bribes.", StatementZh: "我们不行贿。", ValidFrom: new(2026, 1, 1), ValidTo: new(2026, 12, 1)));
        var target = await world.Do(world.Editor, s => world.Get<TargetHandlers>().Create(s, Lower, default));
        foreach (var language in new[] { "en", "zh" })
        {
            await Opens(world.Editor, language, ["/disclosures", "/disclosures/own", "/disclosures/new", $"/disclosures/new?methodology={method.Id}", $"/disclosures/new?methodology={statement.Id}", $"/disclosures/{draft.Id}", $"/disclosures/{draft.Id}/edit", "/targets/new", $"/targets/{target.Id}", "/methodologies", "/methodologies/new", $"/methodologies/{method.Id}"]);
            await Opens(world.Approver, language, [$"/disclosures/{draft.Id}", $"/disclosures/{shown.Id}", $"/targets/{target.Id}"]);
            await Opens(world.Staff, language, ["/disclosures?state=Submitted", $"/methodologies/{method.Id}", "/disclosures/own", "/targets/new"]);
            await Opens(Actor.Public, language, ["/disclosures", "/disclosures?class=ABC&sort=producer&assurance=none", "/disclosures?sort=nonsense&after=x", $"/disclosures/{shown.Id}", "/disclosures/adoption?sort=-value", "/compare", "/compare?ids=nothing", $"/producers/{world.Smelter}"]);
        }
        using var anybody = world.Client(null);
        foreach (var path in new[] { $"/disclosures/{draft.Id}", $"/targets/{target.Id}", $"/disclosures/{Guid.NewGuid()}" }) Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync(path)).StatusCode);

        async Task Opens(Actor actor, string language, string[] paths)
        {
            using var client = world.Client(actor.SignedIn ? actor : null);
            client.DefaultRequestHeaders.Add("Accept-Language", language);
            foreach (var path in paths)
            {
                using var answer = await client.GetAsync(path);
                var page = await answer.Content.ReadAsStringAsync();
                Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {answer.StatusCode}");
                Assert.DoesNotContain("⟦", page, StringComparison.Ordinal);
                Assert.Contains(language == "zh" ? "lang=\"zh-Hans\"" : "lang=\"en\"", page, StringComparison.Ordinal);
            }
        }
    }
}
