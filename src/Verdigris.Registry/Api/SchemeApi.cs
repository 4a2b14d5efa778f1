using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Api;

/// <summary>The schemes and their rules for programs. Open to everybody.</summary>
static class SchemeApi
{
    static readonly string[] Standings = ["operating", "historic", "programme"];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/schemes").WithTags("Schemes");
        g.MapGet("", List).WithName("ListSchemes").WithSummary("Emission trading schemes and crediting programmes (public)")
            .WithQuery([new("jurisdiction", "ISO 3166-1 alpha-2, or EU", "CN"), new("standing", string.Join(", ", Standings), "operating"), new("text", "Part of a code, a name or a unit", "EUA")]).Produces<IReadOnlyList<SchemeSummary>>();
        g.MapGet("/{scheme}", (SchemeSet schemes, DbSession s, string scheme) => schemes.Find(scheme) is { } found
                ? Results.Json(SchemeViews.Of(found, s.Today()), StorageJson.Options)
                : Replies.Refused(Refusal.NotFound("ets.scheme-unknown", "scheme", ("given", scheme), ("known", string.Join(", ", schemes.All.Select(x => x.Code))))))
            .WithName("GetScheme").WithSummary("One scheme: what holds today, its calendar, and every value of its file with source, article and status (public)").Produces<SchemeView>();
        g.MapGet("/{scheme}/serials/{unit}/{serial:long}", (HttpContext http, SerialStandings standings, string scheme, string unit, long serial) => ApiReplies.Reply(http, standings.Of(scheme, unit, new QueryWords(http).Text("vintage"), serial)))
            .WithName("GetSerialStanding").WithSummary("Whether a unit was issued, may be traded, or has ended. Holders are not named (public)").WithQuery(new QueryParameter("vintage", "Where units of years differ", "2024")).Produces<SerialStanding>();
    }

    static IResult List(HttpContext http, SchemeSet schemes)
    {
        var q = new QueryWords(http);
        var standing = q.Text("standing");
        if (standing is not null && !Standings.Contains(standing)) return Replies.Refused(Refusal.Of("request.word-unknown", "standing", ("given", standing)));
        return Replies.List(http, SchemeViews.List(schemes, q.Text("jurisdiction"), standing, q.Text("text")));
    }
}
