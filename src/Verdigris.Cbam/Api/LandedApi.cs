using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Cbam.Landed;
using Verdigris.Cbam.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Api;

/// <summary>What the carbon of a lot costs on its way into the Union.</summary>
static class LandedApi
{
    public static void Map(RouteGroupBuilder api) => api.MapGroup("/cbam").WithTags("CBAM").MapGet("/landed-cost", Reckon).WithName("ReckonLandedCost")
        .WithSummary("Carbon cost of an own document, a brand on offer or any good of an origin: by default and by own figures, with the steps, and year by year")
        .WithQuery([new("number", "Of an own certificate or warrant", "FJNI-2026-000001"), new("brand", "Code of a brand on offer", "FJNI"), new("cn", "CN code, eight digits", "76011090"), new("origin", "ISO 3166-1 alpha-2", "IN"), new("massT", "Net mass, t", "25"),
            new("on", "Day of import", "2026-05-04"), new("route", "Route letter", "K"), new("embeddedTco2ePerT", "Verified figure of the supplier, t CO2e/t", "1.6"), new("priceEur", "Price of a certificate instead of the published one", "80"),
            new("cscf", "Correction factor instead of the published one, 0 to 1", "1"), new("factorPath", $"{DueRules.Law} or {DueRules.Proposal616}", DueRules.Law)]).Produces<LandedCost>();

    static async Task<IResult> Reckon(HttpContext http, DbSession s, LandedCosts h, CancellationToken ct)
    {
        var q = new QueryWords(http);
        var question = new LandedQuestion(q.Text("number"), q.Text("brand"), q.Text("cn"), q.Text("origin"), q.Number("massT"), q.Day("on"), q.Text("route")?.ToUpperInvariant(), q.Number("embeddedTco2ePerT"), q.Number("priceEur"), q.Number("cscf"), q.Text("factorPath") ?? DueRules.Law);
        return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.Of(s, question, ct));
    }
}
