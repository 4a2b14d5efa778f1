using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

/// <summary>One fault of a file of activity data, with its words in both languages.</summary>
sealed record ActivityFaultView(int Line, string? Column, string Code, string Message, string MessageZh);

/// <summary>What would come of a file: figures beside those of the report, and what is wrong line by line.</summary>
/// <param name="OwnNames">The file speaks our names and needs no mapping.</param>
/// <param name="Lines">Null where no mapping fits the file: write one down.</param>
sealed record ActivityImportReport(ActivityImport File, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Sample, bool OwnNames, ActivityMapping? Mapping, int? Lines, int? Refused, int? Empty, IReadOnlyList<ImportedFigure> Figures, IReadOnlyList<ActivityFaultView> Faults);

/// <summary>Files of activity data: brought, mapped, looked at, taken in.</summary>
static class ActivityImportApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/footprint").WithTags("Footprint");
        g.MapGet("/reports/{id:guid}/imports", async (HttpContext http, DbSession s, ActivityImports h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct))).WithName("ListActivityImports").WithSummary("Files a report's activity data came in, newest first").Produces<IReadOnlyList<ActivityImport>>();
        g.MapPost("/reports/{id:guid}/imports", async (HttpContext http, DbSession s, ActivityImports h, StringCatalogue texts, Guid id, string? name, CancellationToken ct) => ApiReplies.Made(View(await h.Bring(s, id, name, http.Request.Body, ct), texts), v => $"/api/v1/footprint/imports/{v.File.Id}"))
            .WithName("BringActivityFile").WithSummary("Bring a CSV or XLSX file of activity data: name=FILE, the content as the body. Answers what would come of it; nothing of the report changes (producer's editor)")
            .WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<ActivityImportReport>(201);
        g.MapGet("/imports/{id:guid}", async (HttpContext http, DbSession s, ActivityImports h, StringCatalogue texts, Guid id, CancellationToken ct) => ApiReplies.Reply(http, View(await h.Read(s, id, ct), texts))).WithName("GetActivityImport").WithSummary("A file, and what comes of it line by line").Produces<ActivityImportReport>();
        g.MapGet("/imports/{id:guid}/file", async (HttpContext http, DbSession s, ActivityImports h, Guid id, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, ct))).WithName("GetActivityFile").WithSummary("The file as it came").Produces<string>(200, "application/octet-stream");
        g.MapPut("/imports/{id:guid}/mapping", (HttpContext http, DbSession s, ActivityImports h, StringCatalogue texts, Guid id, CancellationToken ct) => ApiReplies.Reply<ActivityMappingContent, ActivityImportReport>(http, async b => View(await h.SetMapping(s, id, b, ct), texts), ct))
            .WithName("MapActivityFile").WithSummary("Say what the columns of this file's source are; kept under the source's name for its next files (producer's editor)").Accepts<ActivityMappingContent>("application/json").Produces<ActivityImportReport>();
        g.MapPost("/imports/{id:guid}/apply", (HttpContext http, DbSession s, ActivityImports h, Guid id, CancellationToken ct) => ApiReplies.Reply<ApplyBody, ReportView>(http, b => h.Apply(s, id, b.Mode, ct), ct))
            .WithName("ApplyActivityFile").WithSummary("Take the figures in: mode whole-file, or accepted-lines where lines were refused (producer's editor)").Accepts<ApplyBody>("application/json").Produces<ReportView>();
        g.MapGet("/import-mappings", async (HttpContext http, DbSession s, ActivityImports h, CancellationToken ct) => ApiReplies.Reply(http, await h.Mappings(s, ct))).WithName("ListActivityMappings").WithSummary("What the columns of the own sources are").Produces<IReadOnlyList<ActivityMapping>>();
        g.MapDelete("/import-mappings/{id:guid}", async (DbSession s, ActivityImports h, Guid id, CancellationToken ct) => Replies.From(await h.RemoveMapping(s, id, ct))).WithName("RemoveActivityMapping").WithSummary("Take a mapping away (producer's editor)").Produces(204);
    }

    static Answer<ActivityImportReport> View(Answer<ActivityImportView> answer, StringCatalogue texts)
    {
        if (!answer.Ok) return Answer<ActivityImportReport>.From(answer.Refusals);
        var v = answer.Value;
        return new ActivityImportReport(v.File, v.Head.Header, v.Head.Sample, v.OwnNames, v.Mapping, v.Reading?.Lines, v.Reading?.Refused, v.Reading?.Empty, v.Figures, [.. (v.Reading?.Faults ?? []).Select(f =>
        {
            var refusal = new Refusal(f.Code, f.Column, f.Args);
            return new ActivityFaultView(f.Line, f.Column, f.Code, RefusalText.Of(refusal, texts, StringCatalogue.English), RefusalText.Of(refusal, texts, StringCatalogue.Chinese));
        })]);
    }
}
