using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Organisations.Groups;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <param name="Reason">Why not; needed where it is declined.</param>
sealed record InvitationAnswer(bool Accept, string? Reason = null);

/// <summary>Groups of producers.</summary>
static class GroupApi
{
    static readonly QueryParameter[] ListQuery =
    [
        new("q", "Words to search for in names", "fjord"),
        new("asOf", "Who belonged to them on this day", "2026-01-01"),
        new("sort", "Column to sort by, with - before it for descending", "-members"),
        new("cursor", "nextCursor of the page before"),
        new("limit", "Rows a page, 1 to 200", "50"),
    ];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/groups").WithTags("Organisations");
        g.MapGet("", List).WithName("ListGroups").WithSummary("Groups of producers (public)").WithQuery(ListQuery).Produces<Page<ProducerGroup>>();
        g.MapGet("/export", Export).WithName("ExportGroups").WithSummary("The same list as CSV, a row a member").WithQuery(ListQuery).Produces<string>(200, "text/csv");
        g.MapPost("", (HttpContext http, DbSession s, GroupHandlers h, CancellationToken ct) => ApiReplies.Made<NewGroup, GroupView>(http, b => h.Create(s, b, ct), v => $"/api/v1/groups/{v.Group.Id}", ct))
            .WithName("CreateGroup").WithSummary("Make a group headed by the own producer (approver)").Accepts<NewGroup>("application/json").Produces<GroupView>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, GroupHandlers h, Guid id, string? asOf, CancellationToken ct) => BrandApi.Day(asOf) is { Ok: true } on ? ApiReplies.Reply(http, await h.Read(s, id, on.Value.Day, ct)) : Unreadable(asOf))
            .WithName("GetGroup").WithSummary("Who belongs to a group on a day (public)").Produces<GroupView>();
        g.MapGet("/{id:guid}/profile", async (HttpContext http, DbSession s, ProfileHandlers h, Guid id, string? asOf, CancellationToken ct) => BrandApi.Day(asOf) is { Ok: true } on ? ApiReplies.Reply(http, await h.OfGroup(s, id, on.Value.Day, ct)) : Unreadable(asOf))
            .WithName("GetGroupProfile").WithSummary("Plants, brands, disclosures and targets of all its members, as far as the reader may see them (public)").Produces<GroupProfile>();
        g.MapPost("/{id:guid}/invitations", (HttpContext http, DbSession s, GroupHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<Invitation, GroupView>(http, b => h.Invite(s, id, b, ct), ct))
            .WithName("InviteToGroup").WithSummary("Ask a producer into the group (approver of its head)").Accepts<Invitation>("application/json").Produces<GroupView>();
        var m = api.MapGroup("/group-memberships").WithTags("Organisations");
        m.MapPost("/{id:guid}/answer", (HttpContext http, DbSession s, GroupHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<InvitationAnswer, GroupView>(http, b => h.Answer(s, id, b.Accept, b.Reason, ct), ct))
            .WithName("AnswerGroupInvitation").WithSummary("Accept an invitation, or decline it with a reason (approver of the producer asked)").Accepts<InvitationAnswer>("application/json").Produces<GroupView>();
        m.MapPost("/{id:guid}/end", (HttpContext http, DbSession s, GroupHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<EndedMembership, GroupView>(http, b => h.End(s, id, b, ct), ct))
            .WithName("EndGroupMembership").WithSummary("Say the last day of belonging (approver of either side)").Accepts<EndedMembership>("application/json").Produces<GroupView>();
    }

    static IResult Unreadable(string? asOf) => Replies.Refused([.. BrandApi.Day(asOf).Refusals]);

    static async Task<IResult> List(HttpContext http, DbSession s, GroupRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        return filter.Ok ? ApiReplies.Reply(http, await h.List(s, filter.Value, ct)) : Replies.Refused([.. filter.Refusals]);
    }

    static async Task<IResult> Export(HttpContext http, DbSession s, GroupRegister h, CancellationToken ct)
    {
        var filter = Filter(http.Request.Query);
        if (!filter.Ok) return Replies.Refused([.. filter.Refusals]);
        var first = await h.List(s, filter.Value with { Limit = 1 }, ct);
        if (!first.Ok) return Replies.Refused([.. first.Refusals]);
        Replies.CsvFollows(http, "groups.csv");
        await h.Export(s, filter.Value, http.Response.Body, ct);
        return Results.Empty;
    }

    static Answer<GroupFilter> Filter(IQueryCollection query)
    {
        var wrong = new List<Refusal>();
        string? Text(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
        var day = BrandApi.Day(Text("asOf"));
        if (!day.Ok) wrong.AddRange(day.Refusals);
        var limit = 50;
        if (Text("limit") is { } l && !int.TryParse(l, out limit)) wrong.Add(Refusal.Of("input.not-a-number", "limit", ("given", l)));
        return wrong.Count > 0 ? wrong : new GroupFilter(Text("q"), day.Value.Day, Text("sort"), Text("cursor"), limit);
    }
}
