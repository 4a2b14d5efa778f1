using System.Net;
using System.Text.Json.Nodes;

namespace Verdigris.Server.Tests;

/// <summary>The lists of people, programs and tasks: sorted, filtered, paged and taken away as tables by whoever may see them.</summary>
[Collection(nameof(SharedServer))]
public sealed class ServerListTests(SharedServer shared)
{
    [Fact]
    public async Task People_are_found_and_sorted_by_page_and_api_alike_and_no_other_organisation_is_among_them()
    {
        using var administrator = await shared.Under.SignedIn("owner.approver@demo");
        var names = JsonNode.Parse(await administrator.Text("/api/v1/people?sort=-name&q=demo"))!.AsArray().Select(p => p!["signInName"]!.GetValue<string>()).ToList();
        Assert.Equal(["owner@demo", "reader@demo", "owner.approver@demo"], names);
        var page = await administrator.Text("/people?sort=-name&q=carter");
        Assert.Contains("Sam Carter", page);
        Assert.DoesNotContain("陈思远", page.Split("<main")[1]);
        Assert.Contains("/api/v1/people?sort=-name&amp;q=carter&amp;format=csv", page);
        var table = (await administrator.Text("/api/v1/people?q=carter&format=csv")).Trim('\uFEFF', '\r', '\n').Split("\r\n");
        Assert.Equal(2, table.Length);
        Assert.Contains("signInName", table[0]);
        Assert.Contains("reader@demo", table[1]);
        using var reader = await shared.Under.SignedIn("reader@demo");
        foreach (var list in new[] { "people", "clients", "delegations" }) Assert.Equal(HttpStatusCode.Forbidden, (await reader.Get("/api/v1/" + list)).StatusCode);
    }

    [Theory]
    [InlineData("tasks", "-proposed")]
    [InlineData("notifications", "kind")]
    [InlineData("me/sessions", "seen")]
    [InlineData("audit", "at")]
    public async Task A_list_of_the_server_is_a_table_too(string list, string sort)
    {
        using var administrator = await shared.Under.SignedIn("owner.approver@demo");
        using var reply = await administrator.Get($"/api/v1/{list}?sort={sort}&format=csv");
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal("text/csv", reply.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("\"id\",", (await reply.Content.ReadAsStringAsync()).TrimStart('\uFEFF'));
    }

    [Theory]
    [InlineData("/api/v1/tasks?sort=colour", "page.sort-unknown", "sort")]
    [InlineData("/api/v1/tasks?view=everyone", "request.word-unknown", "view")]
    [InlineData("/api/v1/tasks?sort=due&cursor=x", "page.cursor-invalid", "cursor")]
    [InlineData("/api/v1/notifications?show=some", "request.word-unknown", "show")]
    [InlineData("/api/v1/notifications?limit=0", "page.limit-out-of-range", "limit")]
    [InlineData("/api/v1/people?format=xml", "request.word-unknown", "format")]
    public async Task An_order_or_a_word_that_is_not_known_is_refused_by_its_name(string address, string code, string field)
    {
        using var administrator = await shared.Under.SignedIn("owner.approver@demo");
        using var reply = await administrator.Get(address);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        var error = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!["errors"]![0]!;
        Assert.Equal((code, field), (error["code"]!.GetValue<string>(), error["field"]!.GetValue<string>()));
    }
}
