using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Cbam.Declarations;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Api;

/// <summary>The file of the page's form; nothing is kept or changed. Programs take the same from the API.</summary>
static class QuarterDownload
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/cbam/quarter-report", async (HttpContext http, DbSession s, QuarterReports reports) =>
    {
        if (!http.Request.HasFormContentType) return Replies.Refused(Refusal.Of("request.empty"));
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (form["quarter"].ToString().Split('-') is not [var y, var q] || !int.TryParse(y, out var year) || !int.TryParse(q, out var quarter)) return Replies.Refused(Refusal.Of("request.parameter", "quarter", ("given", form["quarter"].ToString())));
        return Replies.From(await reports.Write(s, year, quarter, new(form["city"].ToString(), form["place"].ToString(), form["signature"].ToString(), form["position"].ToString()), http.RequestAborted), xml => Results.File(xml, "application/xml", $"QReport-{year}-Q{quarter}.xml"));
    }).ExcludeFromDescription();
}
