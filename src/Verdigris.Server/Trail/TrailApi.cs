using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>The audit trail for programs.</summary>
static class TrailApi
{
    static readonly QueryParameter[] Query =
    [
        new("person", "A part of the name somebody acted under, or the person's id", "Solheim"),
        new("organisation", "Id of the organisation acted for", "01990a6e-2c5b-7c14-9d3e-5a1b7f0c2e44"),
        new("action", "What was done, exactly", "certificate.signed"),
        new("kind", "Kind of what it was done to", "certificate"),
        new("subject", "Id of what it was done to", "01990a6e-2c5b-7c14-9d3e-5a1b7f0c2e44"),
        new("from", "First day, UTC", "2026-03-01"),
        new("to", "Last day, UTC", "2026-03-31"),
        new("sort", "-at newest first, at oldest first", "-at"),
    ];

    public static void Map(IEndpointRouteBuilder app)
    {
        var trail = app.MapGroup("/api/v1/audit").WithTags("Audit");
        trail.MapGet("", List).WithName("ListAuditEvents").WithSummary("Who did what, when and why: the own organisation's, or all for the exchange's staff").WithQuery([.. Query, new("cursor", "nextCursor of the page before"), new("limit", "Rows a page, 1 to 500", "50")]).Produces<Page<AuditEvent>>();
        trail.MapGet("/export", Export).WithName("ExportAuditEvents").WithSummary("The same as CSV (administrator, exchange)").WithQuery(Query).Produces<string>(200, "text/csv");
        trail.MapGet("/verification", async (DbSession s, TrailViewer viewer, CancellationToken ct) => Replies.From(await viewer.Verify(s, ct), v => Results.Json(v, StorageJson.Options)))
            .WithName("VerifyAuditTrail").WithSummary("Compute the chain of hashes again (administrator, exchange)").Produces<AuditVerification>();
    }

    static async Task<IResult> List(HttpContext http, DbSession s, TrailViewer viewer, CancellationToken ct)
    {
        var filter = TrailQuery.Read(name => http.Request.Query[name], http.Request.Query["cursor"] is [{ Length: > 0 } cursor] ? cursor : null);
        return filter.Ok ? Replies.List(http, await viewer.Read(s, filter.Value, ct)) : Replies.Refused(filter.Refusals);
    }

    static async Task<IResult> Export(HttpContext http, DbSession s, TrailViewer viewer, CancellationToken ct)
    {
        if (TrailViewer.MayProve(s.Actor) is { } no) return Replies.Refused(no);
        var filter = TrailQuery.Read(name => http.Request.Query[name], null);
        if (!filter.Ok) return Replies.Refused(filter.Refusals);
        // A filter the database cannot take is refused before anything is sent; afterwards the rows stream.
        await viewer.Read(s, filter.Value with { Limit = 1 }, ct);
        Replies.CsvFollows(http, "audit.csv");
        await TrailViewer.Export(s, filter.Value, http.Response.Body, ct);
        return Results.Empty;
    }
}
