using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

/// <summary>A figure of a report traced down, with the method's own trace.</summary>
/// <param name="Recalculated">What its inputs come to by the rules of today; unlike the report's figure only where rules changed since it was handed in.</param>
sealed record FigureTraceView(Guid ReportId, string Stream, LocalDate Month, decimal? Tco2e, bool Filled, LocalDate? CalculatedFor, decimal? Recalculated, string Method, string Process, string Meter, string Responsible, decimal? UncertaintyPercent, int PlanVersion,
    IReadOnlyList<TracedInput> Inputs, Calculation? Calculation);

/// <summary>A report as files, and its figures traced down.</summary>
static class ReportFileApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/footprint/reports").WithTags("Footprint");
        g.MapGet("/{id:guid}/trace", Trace).WithName("TraceReportFigure").WithSummary("Where the figure of a stream and month comes from: inputs, lines of files, steps, rules").WithQuery([new("stream", "Id of the stream", "gas"), new("month", "Month of the period", "2025-03")]).Produces<FigureTraceView>();
        g.MapGet("/{id:guid}/export", Export).WithName("ExportReport").WithSummary("The whole report as JSON, its months as CSV (format=csv), or all of it as a workbook (format=xlsx)").WithQuery([new("format", "json, csv or xlsx", "xlsx")]).Produces<ReportDossier>();
        g.MapGet("/{id:guid}/signatures", async (HttpContext http, DbSession s, ReportSignatures h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct))).WithName("ListReportSignatures").WithSummary("Signatures of operator and verifier under the report, each judged now").Produces<IReadOnlyList<ReportSignature>>();
        g.MapGet("/{id:guid}/finding-files", async (HttpContext http, DbSession s, FindingFiles h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.OfReport(s, id, ct))).WithName("ListFindingFiles").WithSummary("Files at the findings of the report, oldest first").Produces<IReadOnlyList<FindingFile>>();
        var f = api.MapGroup("/footprint/findings").WithTags("Footprint");
        f.MapPost("/{id:guid}/files", async (HttpContext http, DbSession s, FindingFiles h, Guid id, string? name, CancellationToken ct) => ApiReplies.Made(await h.Add(s, id, name, http.Request.Body, ct), x => $"/api/v1/footprint/findings/{id}/files/{x.Id}"))
            .WithName("AddFindingFile").WithSummary("Bring evidence to an open finding: name=FILE, the content as the body (operator, verifier's lead)").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<FindingFile>(201);
        f.MapGet("/{id:guid}/files/{file:guid}", async (HttpContext http, DbSession s, FindingFiles h, Guid id, Guid file, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, file, ct))).WithName("GetFindingFile").WithSummary("The content of a file at a finding").Produces<string>(200, "application/octet-stream");
    }

    static async Task<IResult> Trace(HttpContext http, DbSession s, ReportTraces h, Guid id, CancellationToken ct)
    {
        var (stream, text) = (http.Request.Query["stream"].ToString(), http.Request.Query["month"].ToString());
        if (FileValues.Month(text) is not { } month) return Replies.Refused(Refusal.Of("activity.month", "month", ("given", text)));
        var found = await h.Trace(s, id, stream, month, ct);
        if (!found.Ok) return Replies.Refused([.. found.Refusals]);
        var t = found.Value;
        return ApiReplies.Reply(http, new FigureTraceView(t.ReportId, t.Stream, t.Month, t.Tco2e, t.Filled, t.CalculatedFor, t.Recalculated, t.Method, t.Process, t.Meter, t.Responsible, t.UncertaintyPercent, t.PlanVersion, t.Inputs,
            t.Calculation?.Deserialize<Calculation>(StorageJson.Options)));
    }

    static async Task<IResult> Export(HttpContext http, DbSession s, ReportDossiers h, Guid id, CancellationToken ct)
    {
        var format = http.Request.Query["format"].ToString();
        if (format is not ("" or "json" or "csv" or "xlsx")) return Replies.Refused(Refusal.Of("request.word-unknown", "format", ("given", format)));
        var read = await h.Read(s, id, ct);
        if (!read.Ok || format is "" or "json") return ApiReplies.Reply(http, read);
        var name = $"report-{FileValues.Text(read.Value.View.Report.PeriodFrom)}-{FileValues.Text(read.Value.View.Report.PeriodTo)}-v{read.Value.View.Report.Version}";
        http.Response.Headers.CacheControl = "private, no-store";
        return format == "csv" ? Results.File(Encoding.UTF8.GetBytes(ReportFiles.Csv(read.Value)), "text/csv; charset=utf-8", name + ".csv") : Results.File(ReportFiles.Xlsx(read.Value), XlsxWriter.Mime, name + ".xlsx");
    }
}
