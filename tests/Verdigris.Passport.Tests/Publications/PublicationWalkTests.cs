using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Verdigris.Passport.Demo;
using Verdigris.Passport.Publications;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Passport.Tests.Forms;

namespace Verdigris.Passport.Tests.Publications;

/// <summary>A paper from draft to decision, through handlers, the API and pages.</summary>
public partial class PublicationWalkTests
{
    static readonly RuleLink Deadline = new("metals/passport", "deadlines", ["2024"], new(2024, 9, 30));

    static async Task<string?> Code<T>(World w, Actor actor, Func<DbSession, Task<Answer<T>>> work) => (await w.Try(actor, work)).Refusals.FirstOrDefault()?.Code;

    static async Task<Guid> Published(World w, PublicationContent content)
    {
        var h = w.Get<PublicationHandlers>();
        var made = await w.Do(w.Staff, s => h.Create(s, content, default));
        await w.Do(w.Staff, s => h.ProposePublishing(s, made.Id, default));
        await w.Decide(w.OtherStaff, PublishPaperKind.Name, made.Id, true);
        return made.Id;
    }

    [Fact]
    public async Task A_consultation_is_published_answered_summarised_and_decided_by_two_people_and_shows_the_rule_it_changed()
    {
        await using var w = await World.Make();
        var (h, r) = (w.Get<PublicationHandlers>(), w.Get<ResponseHandlers>());
        var draft = await w.Do(w.Staff, s => h.Create(s, PublicationRulesTests.Good, default));
        Assert.Equal("access.role-needed", await Code(w, w.Editor, s => h.Create(s, PublicationRulesTests.Good, default)));
        Assert.Equal("access.not-visible", await Code(w, Actor.Public, s => r.Read(s, draft.Id, default)));
        await w.Do(w.Staff, s => h.ProposePublishing(s, draft.Id, default));
        Assert.Equal("publication.proposal-open", await Code(w, w.OtherStaff, s => h.ProposePublishing(s, draft.Id, default)));
        await w.Decide(w.OtherStaff, PublishPaperKind.Name, draft.Id, true);
        var shown = await w.Do(Actor.Public, s => r.Read(s, draft.Id, default));
        Assert.Equal(("26/001", PublicationState.Open), (shown.Paper.Number, shown.Paper.State));
        Assert.Equal("publication.no-longer-a-draft", await Code(w, w.Staff, s => h.Revise(s, draft.Id, PublicationRulesTests.Good, default)));

        // Five confidential ones and a named one that is written anew.
        var confidential = new ResponseContent(false, [new(1, "yes"), new(2, "2", "so")]);
        foreach (var actor in new[] { w.Owner(0), w.Owner(1), w.Owner(2), w.Owner(3), World.Person("desk", w.Warehouse, Role.WarehouseOperator) }) await w.Do(actor, s => r.Respond(s, draft.Id, confidential, default));
        await w.Do(w.Editor, s => r.Respond(s, draft.Id, new(false, [new(1, "yes")]), default));
        var own = await w.Do(w.Approver, s => r.Respond(s, draft.Id, new(true, [new(1, "no", "<b>too dear</b>")]), default));
        Assert.Equal((2, true), (own.RowVersion, own.Content.Named));
        Assert.Equal("publication.own-paper", await Code(w, w.Staff, s => r.Respond(s, draft.Id, confidential, default)));
        Assert.Equal("access.sign-in-needed", await Code(w, Actor.Public, s => r.Respond(s, draft.Id, confidential, default)));
        Assert.Equal("access.role-needed", await Code(w, World.Person("reader", w.Stranger, Role.Reader), s => r.Respond(s, draft.Id, confidential, default)));
        Assert.Equal(6, (await w.Do(w.Staff, s => r.List(s, draft.Id, default))).Count);
        Assert.Equal("access.role-needed", await Code(w, w.Editor, s => r.List(s, draft.Id, default)));
        await using (var rival = w.As(w.Owner(1))) Assert.Equal(1, await rival.Value<long>("select count(*) from passport.publication_response", default));
        var open = await w.Do(w.Owner(0), s => r.Read(s, draft.Id, default));
        Assert.Equal((new(null, 5), 0, 0), (open.Counts, open.Tally.Count, open.Named.Count));
        Assert.Equal("publication.state-forbids", await Code(w, w.Staff, s => h.Summarise(s, draft.Id, new("a", "b"), default)));

        w.Clock.Advance(NodaTime.Duration.FromDays(31));
        var late = (await w.Try(w.Owner(0), s => r.Respond(s, draft.Id, confidential, default))).Refusals.Single();
        Assert.Equal(("publication.answering-ended", "2026-12-20"), (late.Code, late.Args!["closed"]));
        var closed = await w.Do(Actor.Public, s => r.Read(s, draft.Id, default));
        Assert.Equal((PublicationState.Closed, "Smelter"), (closed.Paper.State, closed.Named.Single().OrganisationName));
        Assert.Equal([("yes", 0, null), ("no", 1, null), (null, 0, (int?)null)], closed.Tally[0].Cells.Select(c => (c.Choice, c.Named, c.Confidential)));
        Assert.Equal("publication.state-forbids", await Code(w, w.Staff, s => h.ProposeDecision(s, draft.Id, new(new("It is so.", "如此。"), new(2027, 1, 1)), default)));
        await w.Do(w.Staff, s => h.Summarise(s, draft.Id, new("Most said yes.", "多数同意。"), default));
        Assert.Equal("publication.rule-day-unknown", await Code(w, w.Staff, s => h.ProposeDecision(s, draft.Id, new(new("It is so.", "如此。"), new(2027, 1, 1), Deadline with { From = new(2024, 1, 1) }), default)));
        await w.Do(w.Staff, s => h.ProposeDecision(s, draft.Id, new(new("It is so.", "如此。"), new(2027, 1, 1), Deadline), default));
        Assert.Equal("approval.same-person", await Refused(w, w.Staff, DecidePaperKind.Name, draft.Id));
        await w.Decide(w.OtherStaff, DecidePaperKind.Name, draft.Id, true);
        using var anybody = w.Client(null);
        var page = WebUtility.HtmlDecode(await anybody.GetStringAsync($"/publications/{draft.Id}"));
        foreach (var text in new[] { "26/002", "2025-03-15", "2025-06-15", "Most said yes.", "It is so.", "<b>too dear</b>" }) Assert.Contains(text, page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>too dear</b>", await anybody.GetStringAsync($"/publications/{draft.Id}"), StringComparison.Ordinal);
        Assert.Equal("publication.state-forbids", await Code(w, w.Staff, s => h.Withdraw(s, draft.Id, "no", default)));
    }

    [Fact]
    public async Task Numbers_of_a_year_have_no_gap_whoever_publishes_at_the_same_time_and_whatever_is_turned_down()
    {
        await using var w = await World.Make();
        var h = w.Get<PublicationHandlers>();
        var notice = new PublicationContent(PublicationKind.Notice, new("A notice", "通知"), new("Text.", "正文。"));
        var drafts = new List<Guid>();
        for (var i = 0; i < 8; i++)
        {
            var made = await w.Do(w.Staff, s => h.Create(s, notice, default));
            await w.Do(w.Staff, s => h.ProposePublishing(s, made.Id, default));
            drafts.Add(made.Id);
        }
        await w.Do(w.Staff, s => h.Revise(s, drafts[3], notice with { Title = new("Another", "另一份") }, default));
        Assert.Equal("publication.changed-since", await Refused(w, w.OtherStaff, PublishPaperKind.Name, drafts[3]));
        await w.Decide(w.OtherStaff, PublishPaperKind.Name, drafts[5], false);
        await Task.WhenAll(drafts.Where((_, i) => i is not (3 or 5)).Select(d => w.Decide(w.OtherStaff, PublishPaperKind.Name, d, true)));
        await w.Do(w.Staff, s => h.Withdraw(s, drafts[0], "sent twice", default));
        w.Clock.Advance(NodaTime.Duration.FromDays(60));
        await w.Do(w.Staff, s => h.ProposePublishing(s, drafts[5], default));
        await w.Decide(w.OtherStaff, PublishPaperKind.Name, drafts[5], true);
        await using var s = w.As(Actor.Public);
        var numbers = (await w.Get<PublicationRegister>().List(s, new(Sort: "number"), default)).Value.Items.Select(p => p.Number);
        Assert.Equal(["26/001", "26/002", "26/003", "26/004", "26/005", "26/006", "27/001"], numbers);
    }

    [Fact]
    public async Task The_list_is_searched_filtered_paged_and_exported_and_hides_drafts_from_everybody_else()
    {
        await using var w = await World.Make();
        await using (var system = w.As(Actor.System)) { await DemoPublications.Seed(system, default); await DemoPublications.Seed(system, default); }
        var open = await Published(w, PublicationRulesTests.Good);
        await w.Do(w.Staff, s => w.Get<PublicationHandlers>().Create(s, PublicationRulesTests.Good with { Title = new("Unseen", "未公开") }, default));
        using var anybody = w.Client(null);
        using var staff = w.Client(w.Staff);
        Assert.Equal(2, (await Items(anybody, "")).Count);
        Assert.Equal(3, (await Items(staff, "")).Count);
        Assert.Equal([open], await Items(anybody, "?state=open"));
        Assert.Equal([DemoPublications.Consultation], await Items(anybody, "?q=24/178&year=2024&kind=consultation&state=decided"));
        Assert.Equal([DemoPublications.Consultation], await Items(anybody, "?q=" + Uri.EscapeDataString("碳核算")));
        var first = await anybody.GetFromJsonAsync<JsonElement>("/api/v1/publications?limit=1&sort=number");
        var second = await Items(anybody, $"?limit=1&sort=number&cursor={Uri.EscapeDataString(first.GetProperty("nextCursor").GetString()!)}");
        Assert.Equal([open], second);
        foreach (var bad in new[] { "kind=poem", "state=lost", "year=soon", "year=0", "limit=0", "sort=size", "cursor=x" }) Assert.Equal(HttpStatusCode.UnprocessableEntity, (await anybody.GetAsync("/api/v1/publications?" + bad)).StatusCode);
        var csv = (await anybody.GetStringAsync("/api/v1/publications/export?sort=number")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((3, true), (csv.Length, csv[1].Contains("24/178", StringComparison.Ordinal)));
        var view = await anybody.GetFromJsonAsync<JsonElement>($"/api/v1/publications/{DemoPublications.Consultation}");
        Assert.True(!view.TryGetProperty("counts", out var counts) || counts.ValueKind == JsonValueKind.Null);
        var page = WebUtility.HtmlDecode(await anybody.GetStringAsync($"/publications/{DemoPublications.Consultation}"));
        foreach (var text in new[] { "number not confirmed", "not known here", "2025-03-15", "2025-06-15", "London Metal Exchange" }) Assert.Contains(text, page, StringComparison.Ordinal);

        static async Task<List<Guid>> Items(HttpClient client, string query) => [.. (await client.GetFromJsonAsync<JsonElement>("/api/v1/publications" + query)).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetGuid())];
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh-Hans")]
    public async Task Every_page_is_drawn_in_full_for_those_who_may_see_it(string language)
    {
        await using var w = await World.Make();
        await using (var system = w.As(Actor.System)) await DemoPublications.Seed(system, default);
        var open = await Published(w, PublicationRulesTests.Good);
        await w.Do(w.Editor, s => w.Get<ResponseHandlers>().Respond(s, open, new(true, [new(1, "no"), new(3, Text: "so")]), default));
        var draft = (await w.Do(w.Staff, s => w.Get<PublicationHandlers>().Create(s, PublicationRulesTests.Good, default))).Id;
        foreach (var (actor, paths) in new (Actor?, string[])[]
        {
            (null, ["/publications", "/publications?kind=Consultation&sort=-number", $"/publications/{open}", $"/publications/{DemoPublications.Consultation}"]),
            (w.Editor, [$"/publications/{open}", $"/publications/{open}/respond", "/publications/new"]),
            (w.Staff, ["/publications", $"/publications/{open}", $"/publications/{draft}", $"/publications/{draft}/edit", "/publications/new", $"/publications/{open}/respond"]),
        })
            foreach (var path in paths)
            {
                using var client = w.Client(actor);
                client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
                using var answer = await client.GetAsync(path);
                var html = await answer.Content.ReadAsStringAsync();
                Assert.True(answer.StatusCode == HttpStatusCode.OK && html.Contains("<h1", StringComparison.Ordinal) && html.Contains("</html>", StringComparison.Ordinal) && !html.Contains('⟦'), $"{path}: {(int)answer.StatusCode} {Missing().Match(html).Value}");
            }
        Assert.Equal(HttpStatusCode.NotFound, (await w.Client(null).GetAsync($"/publications/{draft}")).StatusCode);
    }

    [Fact]
    public async Task The_forms_write_what_was_typed_and_keep_it_beside_what_is_refused()
    {
        await using var w = await World.Make();
        (string, string)[] Typed(string optionsZh) =>
        [
            ("Input.Kind", "Consultation"), ("Input.Title.En", "A form"), ("Input.Title.Zh", "表格"), ("Input.Text.En", "Text."), ("Input.Text.Zh", "正文。"), ("Input.OpensOn", "2026-11-20"), ("Input.ClosesOn", "2026-12-20"),
            ("Input.Questions[0].Kind", "Choice"), ("Input.Questions[0].Text.En", "Which?"), ("Input.Questions[0].Text.Zh", "哪个？"), ("Input.Questions[0].Options.En", "One\nTwo"), ("Input.Questions[0].Options.Zh", optionsZh), ("Input.Questions[1].Kind", "Text"),
        ];
        using var staff = w.Client(w.Staff);
        var refused = WebUtility.HtmlDecode((await Post(staff, "/publications/new", "paper", Typed("一"))).Html);
        Assert.Contains("2 options in English, 1 in Chinese", refused, StringComparison.Ordinal);
        Assert.Contains("Which?", refused, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await Post(staff, "/publications/new", "paper", Typed("一\n二"))).Status);
        var id = (await w.Do(w.Staff, s => w.Get<PublicationRegister>().List(s, new(), default))).Items.Single().Id;
        Assert.Equal(HttpStatusCode.Redirect, (await Post(staff, $"/publications/{id}", "publish")).Status);
        await w.Decide(w.OtherStaff, PublishPaperKind.Name, id, true);
        using var owner = w.Client(w.Owner(0));
        var wrong = await Post(owner, $"/publications/{id}/respond", "response", ("Input.Answers[0].Choice", ""), ("Input.Answers[0].Text", "words alone"));
        Assert.Contains("is no answer to this question", WebUtility.HtmlDecode(wrong.Html), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await Post(owner, $"/publications/{id}/respond", "response", ("Input.Answers[0].Choice", "2"), ("Input.Named", "true"))).Status);
        var own = await w.Do(w.Owner(0), s => w.Get<ResponseHandlers>().Own(s, id, default));
        Assert.Equal((true, new QuestionAnswer(1, "2")), (own.Content.Named, own.Content.Answers.Single()));
        w.Clock.Advance(NodaTime.Duration.FromDays(31));
        Assert.Equal(HttpStatusCode.Redirect, (await Post(staff, $"/publications/{id}", "summary", ("Summary.En", "Two."), ("Summary.Zh", "二。"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await Post(staff, $"/publications/{id}", "withdraw", ("Reason", " "))).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await Post(staff, $"/publications/{id}", "decide", ("Decision.Text.En", "So."), ("Decision.Text.Zh", "如此。"), ("Decision.EffectiveOn", "2027-02-01"), ("Decision.Rule", "metals/passport, deadlines: 2024 · 2024-09-30"))).Status);
        await w.Decide(w.OtherStaff, DecidePaperKind.Name, id, true);
        Assert.Equal(["2024"], (await w.Do(Actor.Public, s => w.Get<ResponseHandlers>().Read(s, id, default))).Change!.Link.Key);
    }

    static async Task<string?> Refused(World w, Actor actor, string kind, Guid subject)
    {
        await using var s = w.As(actor);
        var task = (await w.Get<Approvals>().Inbox(s, new TaskFilter(TaskView.All, Kind: kind, SubjectId: subject.ToString()), default)).Items.Single();
        return (await w.Get<Approvals>().Decide(s, task.Id, true, null, default)).Refusals.FirstOrDefault()?.Code;
    }

    [GeneratedRegex("⟦[^⟧]*⟧")]
    private static partial Regex Missing();
}
