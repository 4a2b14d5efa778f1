using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Cbam.Declarations;
using Verdigris.Storage;

namespace Verdigris.Cbam.Api;

/// <summary>The file of the page's form, whose refusals stand on the page; nothing is kept or changed. Programs take the same from the API.</summary>
static class QuarterDownload
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/cbam/quarter-report", async (HttpContext http, DbSession s, QuarterReports reports, IDataProtectionProvider protection, string? ticket) =>
    {
        // What a page was asked long ago, or by somebody else, is asked again there.
        if (QuarterTicket.Open(protection, s, ticket) is not { } asked) return Results.LocalRedirect("/cbam/declarations");
        var made = await reports.Write(s, asked.Year, asked.Quarter, asked.Signing, http.RequestAborted);
        if (!made.Ok) return Results.LocalRedirect("/cbam/declarations");
        http.Response.Headers.CacheControl = "private, no-store";
        return Results.File(made.Value, "application/xml", $"QReport-{asked.Year}-Q{asked.Quarter}.xml");
    }).ExcludeFromDescription();
}
