using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

sealed record AnswerBody(string? Answer);

static class AnomalyApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/anomalies").WithTags("Anomalies");
        g.MapGet("", async (HttpContext http, DbSession s, AnomalyHandlers h, AnomalyState? state, string? rule, Guid? certificate, string? sort, string? cursor, int? limit, CancellationToken ct) =>
            ApiReplies.Reply(http, await h.List(s, new AnomalyFilter(state, rule, certificate, sort, cursor, limit ?? 50), ct))).WithName("ListAnomalies").WithSummary("What somebody should look at: the exchange sees all, a producer his own").Produces<Page<Anomaly>>();
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, AnomalyHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetAnomaly").WithSummary("One finding").Produces<Anomaly>();
        g.MapPost("/{id:guid}/answer", Answer).WithName("AnswerAnomaly").WithSummary("What the producer says to it").Accepts<AnswerBody>("application/json").Produces<Anomaly>();
        g.MapPost("/{id:guid}/dismiss", (HttpContext http, DbSession s, AnomalyHandlers h, Guid id, CancellationToken ct) => Decide(http, (r, t) => h.Dismiss(s, id, r, t), ct)).WithName("DismissAnomaly").WithSummary("There is an explanation (exchange)").Accepts<ReasonBody>("application/json").Produces<Anomaly>();
        g.MapPost("/{id:guid}/confirm", (HttpContext http, DbSession s, AnomalyHandlers h, Guid id, CancellationToken ct) => Decide(http, (r, t) => h.Confirm(s, id, r, t), ct)).WithName("ConfirmAnomaly").WithSummary("Something is wrong: a dispute opens on the certificate (exchange)").Accepts<ReasonBody>("application/json").Produces<Anomaly>();
    }

    static async Task<IResult> Answer(HttpContext http, DbSession s, AnomalyHandlers h, Guid id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<AnswerBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await h.Answer(s, id, body.Value.Answer, ct)) : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Decide(HttpContext http, Func<string?, CancellationToken, Task<Answer<Anomaly>>> decide, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ReasonBody>(http.Request, ct);
        return body.Ok ? ApiReplies.Reply(http, await decide(body.Value.Reason, ct)) : Replies.Refused([.. body.Refusals]);
    }
}
