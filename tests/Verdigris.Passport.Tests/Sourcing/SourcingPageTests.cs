using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Passport.Sourcing;
using Verdigris.Primitives;
using static Verdigris.Passport.Tests.Forms;

namespace Verdigris.Passport.Tests.Sourcing;

/// <summary>The pages as a browser without script uses them: fetched, filled in, posted.</summary>
public partial class SourcingPageTests
{
    static readonly LocalDate Today = World.Start.InUtc().Date;

    [Theory]
    [InlineData("en")]
    [InlineData("zh-Hans")]
    public async Task Every_page_is_drawn_in_full_for_those_who_may_see_it_and_is_missing_for_others(string language)
    {
        await using var w = await World.Make();
        var (assessment, flag, grievance) = await Stocked(w);
        await w.Do(w.Approver, s => w.Get<FilingHandlers>().File(s, assessment, new(Track.C), default));
        var rival = World.Person("rival", w.Stranger, Role.ProducerEditor);
        string[] open = ["/sourcing", "/sourcing?year=2025", "/sourcing/lists", "/sourcing/grievances", "/sourcing/grievances/new", $"/sourcing/published/{assessment}"];
        string[] own = ["/sourcing/brands/VALU", $"/sourcing/assessments/{assessment}", $"/sourcing/flags/{flag}", "/sourcing/grievances/inbox"];
        foreach (var actor in new[] { null, w.Editor, w.Approver, w.Staff, rival })
            foreach (var path in open) await Whole(actor, path);
        foreach (var actor in new[] { w.Editor, w.Approver, w.Staff })
            foreach (var path in own) await Whole(actor, path);
        foreach (var path in own[..3].Append($"/sourcing/grievances/{grievance}")) Assert.Equal(HttpStatusCode.NotFound, (await w.Client(rival).GetAsync(path)).StatusCode);
        await Whole(w.Staff, "/sourcing/work");
        await Whole(w.Staff, $"/sourcing/grievances/{grievance}");
        Assert.DoesNotContain("<table", await Whole(w.Editor, "/sourcing/work"));

        async Task<string> Whole(Actor? actor, string path)
        {
            using var client = w.Client(actor);
            client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
            using var answer = await client.GetAsync(path);
            var html = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{actor?.Name} {path} {answer.StatusCode}");
            Assert.DoesNotContain("⟦", html);
            Assert.DoesNotMatch(@">[^<]*\{[a-z]+\}[^<]*<", html);
            return html;
        }
    }

    [Fact]
    public async Task A_producer_fills_in_suppliers_and_a_wrong_one_is_refused_at_its_field()
    {
        await using var w = await World.Make();
        var made = await w.Do(w.Editor, s => w.Get<AssessmentHandlers>().Open(s, "VALU", 2026, default));
        var path = $"/sourcing/assessments/{made.Id}";
        using var client = w.Client(w.Editor);
        Assert.Equal(HttpStatusCode.Redirect, (await Post(client, path, "begin", ("Begun.Day", "2026-06-01"))).Status);
        (string, string)[] supplier = [("Input.Key", "S1"), ("Input.LegalName", "Trader"), ("Input.Country", "ch"), ("Input.Tier", "1"), ("Input.Material", "ore"), ("Input.Origins", "pe, XA-01"), ("Input.SharePercent", "60")];
        var wrong = await Post(client, path, "supplier", [.. supplier, ("Input.Lei", "NOT-AN-LEI")]);
        Assert.Equal(HttpStatusCode.OK, wrong.Status);
        Assert.Matches("""id="f-supplier-lei"[^>]*aria-invalid="true"|aria-invalid="true"[^>]*id="f-supplier-lei"|id="f-supplier-lei-error""", wrong.Html);
        Assert.Equal(HttpStatusCode.Redirect, (await Post(client, path, "supplier", supplier)).Status);
        var over = await Post(client, path, "supplier", [.. supplier.Skip(1), ("Input.Key", "S2")]);
        Assert.Contains("f-supplier-sharepercent-error", over.Html, StringComparison.Ordinal);
        var chain = (await w.Do(w.Editor, s => w.Get<AssessmentHandlers>().Read(s, made.Id, default))).Chain;
        Assert.Equal(("CH", 60m), (chain.Suppliers.Single().Country, chain.Suppliers.Single().SharePercent));
        Assert.Equal(["PE", "XA-01"], chain.Suppliers.Single().Origins!);
        Assert.Equal(HttpStatusCode.Redirect, (await Post(client, path, "remove-S1")).Status);
        Assert.Empty((await w.Do(w.Editor, s => w.Get<AssessmentHandlers>().Read(s, made.Id, default))).Chain.Suppliers);
    }

    [Fact]
    public async Task Anybody_files_a_grievance_by_the_form_and_finds_it_again_by_its_reference()
    {
        await using var w = await World.Make();
        using var client = w.Client(null);
        var refused = await Post(client, "/sourcing/grievances/new", "grievance", ("Input.Text", "Dust"));
        Assert.Contains("f-grievance-brandcode-error", refused.Html, StringComparison.Ordinal);
        var filed = await Post(client, "/sourcing/grievances/new", "grievance", ("Input.Text", "Dust in the village"), ("Input.BrandCode", "valu"));
        var reference = ReferenceForm().Match(filed.Html).Value;
        Assert.NotEqual("", reference);
        Assert.Contains("Dust in the village", (await Post(client, "/sourcing/grievances", "find", ("Reference", reference))).Html, StringComparison.Ordinal);
        Assert.DoesNotContain("Dust in the village", (await Post(client, "/sourcing/grievances", "find", ("Reference", "00000-00000-00000-00000"))).Html, StringComparison.Ordinal);
    }

    /// <summary>An assessment under way with a plan, and a grievance.</summary>
    static async Task<(Guid Assessment, Guid Flag, Guid Grievance)> Stocked(World w)
    {
        var handlers = w.Get<AssessmentHandlers>();
        await w.Do(w.Staff, s => w.Get<CahraHandlers>().Import(s, new("Synthetic list", "made for tests", new(2026, 1, 1)), new MemoryStream(Encoding.UTF8.GetBytes("country or area,from,to,source\nXA,2020-01-01,,made for tests\n")), default));
        var made = await w.Do(w.Editor, s => handlers.Open(s, "VALU", 2026, default));
        await w.Do(w.Editor, s => handlers.Begin(s, made.Id, Today, default));
        await w.Do(w.Editor, s => handlers.WriteChain(s, made.Id, new([new("S1", "Trader", null, "CH", 1, "concentrate", 900m, 60m, ["Mine one"], ["XA"], null, "by sea", [TransportMode.Sea])], []), default));
        await w.Do(w.Editor, s => handlers.Screen(s, made.Id, default));
        var flag = (await w.Do(w.Editor, s => handlers.Read(s, made.Id, default))).Flags.Single().Id;
        await w.Do(w.Approver, s => handlers.Decide(s, flag, FlagDecision.Confirmed, ["armed-groups"], "Seen", default));
        await w.Do(w.Approver, s => handlers.Conclude(s, made.Id, default));
        await w.Do(w.Editor, s => w.Get<MitigationHandlers>().Plan(s, flag, new(MitigationResponse.SuspendWhileMitigating, "All heard", [new("Audit", "Buyer", "findings closed", Today)]), default));
        await w.Do(w.Approver, s => w.Get<MitigationHandlers>().Begin(s, made.Id, default));
        await w.Do(w.Editor, s => w.Get<PlantCertificateHandlers>().Add(s, new(w.Plant, ManagementStandard.Iso14001, "N-1", "Certifier", "Smelting", new(2025, 1, 1), Today.PlusDays(5)), default));
        return (made.Id, flag, (await w.Do(Actor.Public, s => w.Get<GrievanceHandlers>().File(s, new("Noise", "VALU"), default))).Id);
    }

    [GeneratedRegex("(?<=<code>)[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}")]
    private static partial Regex ReferenceForm();
}
