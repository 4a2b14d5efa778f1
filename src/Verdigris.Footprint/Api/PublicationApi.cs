using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Footprint.Publication;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

/// <summary>Accepted reports given to brands, to the border measure and to schemes.</summary>
static class PublicationApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/footprint").WithTags("Footprint");
        g.MapGet("/reports/{id:guid}/publications", async (HttpContext http, DbSession s, Publications h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.OfReport(s, id, ct))).WithName("ListReportPublications").WithSummary("Whom a report was given to, newest first").Produces<IReadOnlyList<PublishedReport>>();
        g.MapPost("/reports/{id:guid}/publications", (HttpContext http, DbSession s, Publications h, Guid id, CancellationToken ct) => ApiReplies.Made<NewPublication, PublishedReport>(http, b => h.Publish(s, id, b, ct), p => $"/api/v1/footprint/reports/{p.Content.ReportId}/publications", ct))
            .WithName("PublishReport").WithSummary("Give an accepted report to a brand as the draft of its emissions form (producer's editor), or to the border measure or a scheme as a record (producer's approver)").Accepts<NewPublication>("application/json").Produces<PublishedReport>(201);
        g.MapGet("/publications", List).WithName("ListPublishedReports").WithSummary("What was published for an audience, newest first, at most 200").WithQuery([new("audience", "Brand, Cbam or Scheme", "Cbam"), new("facility", "Of this facility", "0190c2f0-6f3a-7c1d-9b3e-2f4a5b6c7d8e")]).Produces<IReadOnlyList<PublishedReport>>();
    }

    static async Task<IResult> List(HttpContext http, DbSession s, Publications h, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Replies.Refused(Refusal.Forbidden("access.sign-in-needed"));
        var (word, of) = (http.Request.Query["audience"].ToString(), http.Request.Query["facility"].ToString());
        if (!Enum.GetNames<Audience>().Contains(word)) return Replies.Refused(Refusal.Of("request.word-unknown", "audience", ("given", word)));
        var facility = Guid.Empty;
        if (of.Length > 0 && !Guid.TryParse(of, out facility)) return Replies.Refused(Refusal.Of("request.parameter", "facility", ("given", of)));
        return ApiReplies.Reply(http, await h.For(s, Enum.Parse<Audience>(word), of.Length > 0 ? facility : null, ct));
    }
}
