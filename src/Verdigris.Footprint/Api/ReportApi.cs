using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

/// <param name="VerifierId">The organisation that verifies it.</param>
sealed record SubmitBody(Guid VerifierId);

/// <summary>Facilities, monitoring plans, reports and their verification.</summary>
static class ReportApi
{
    static readonly QueryParameter[] Listing =
    [
        new("sort", "Column to sort by, with - before it for descending", "-written"),
        new("cursor", "nextCursor of the page before"),
        new("limit", "Rows a page, 1 to 200", "50"),
    ];

    public static void Map(RouteGroupBuilder api)
    {
        Facilities(api.MapGroup("/footprint/facilities").WithTags("Footprint"));
        Plans(api.MapGroup("/footprint/plans").WithTags("Footprint"));
        Reports(api.MapGroup("/footprint/reports").WithTags("Footprint"));
        var f = api.MapGroup("/footprint/findings").WithTags("Footprint");
        f.MapPost("/{id:guid}/answer", (HttpContext http, DbSession s, VerificationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<FindingAnswer, Finding>(http, b => h.Answer(s, id, b.Answer, ct), ct))
            .WithName("AnswerFinding").WithSummary("Answer a finding (operator)").Accepts<FindingAnswer>("application/json").Produces<Finding>();
        f.MapPost("/{id:guid}/close", (HttpContext http, DbSession s, VerificationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<FindingConclusion, Finding>(http, b => h.Close(s, id, b.Conclusion, ct), ct))
            .WithName("CloseFinding").WithSummary("Close a finding with a conclusion (verifier's lead)").Accepts<FindingConclusion>("application/json").Produces<Finding>();
    }

    static void Facilities(RouteGroupBuilder g)
    {
        g.MapGet("", async (HttpContext http, DbSession s, FacilityHandlers h, string? q, string? sort, string? cursor, int? limit, CancellationToken ct) =>
                !s.Actor.SignedIn ? Replies.Refused(Refusal.Forbidden("access.sign-in-needed")) : ApiReplies.Reply(http, await h.List(s, new(q, sort, cursor, limit ?? 50), ct)))
            .WithName("ListFacilities").WithSummary("Own facilities, and those whose reports the own organisation verifies").Produces<Page<Facility>>();
        g.MapPost("", (HttpContext http, DbSession s, FacilityHandlers h, CancellationToken ct) => ApiReplies.Made<NewFacility, Facility>(http, b => h.Create(s, b, ct), f => $"/api/v1/footprint/facilities/{f.Id}", ct))
            .WithName("CreateFacility").WithSummary("Take in a facility (producer's editor)").Accepts<NewFacility>("application/json").Produces<Facility>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, FacilityHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetFacility").WithSummary("A facility, for its operator and verifiers").Produces<Facility>();
        g.MapGet("/{id:guid}/plans", async (HttpContext http, DbSession s, PlanHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Versions(s, id, ct))).WithName("ListPlanVersions").WithSummary("Versions of a facility's monitoring plan, newest first").Produces<IReadOnlyList<MonitoringPlan>>();
        g.MapPost("/{id:guid}/plans", (HttpContext http, DbSession s, PlanHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<PlanDraft, MonitoringPlan>(http, b => h.Draft(s, id, b, ct), p => $"/api/v1/footprint/plans/{p.Id}", ct))
            .WithName("DraftPlan").WithSummary("Write a new version of the monitoring plan (producer's editor)").Accepts<PlanDraft>("application/json").Produces<MonitoringPlan>(201);
    }

    static void Plans(RouteGroupBuilder g)
    {
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, PlanHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetPlan").WithSummary("A version of a monitoring plan").Produces<MonitoringPlan>();
        g.MapPut("/{id:guid}", (HttpContext http, DbSession s, PlanHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<PlanDraft, MonitoringPlan>(http, b => h.Revise(s, id, b, ct), ct))
            .WithName("RevisePlan").WithSummary("Write a draft anew (producer's editor)").Accepts<PlanDraft>("application/json").Produces<MonitoringPlan>();
        g.MapPost("/{id:guid}/approve", async (HttpContext http, DbSession s, PlanHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Approve(s, id, ct))).WithName("ApprovePlan").WithSummary("Put a draft in force (producer's approver, another person than who wrote it)").Produces<MonitoringPlan>();
    }

    static void Reports(RouteGroupBuilder g)
    {
        g.MapGet("", List).WithName("ListReports").WithSummary("Own reports, and those the own organisation verifies").WithQuery([new("facility", "Of this facility"), new("state", "In this state", "InVerification"), .. Listing]).Produces<Page<Report>>();
        g.MapPost("", (HttpContext http, DbSession s, ReportHandlers h, CancellationToken ct) => ApiReplies.Made<NewReport, Report>(http, b => h.Create(s, b, ct), r => $"/api/v1/footprint/reports/{r.Id}", ct))
            .WithName("CreateReport").WithSummary("Open a report for a period, by the plan in force (producer's editor)").Accepts<NewReport>("application/json").Produces<Report>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, ReportHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetReport").WithSummary("A report with its figures, the check against the plan, and findings").Produces<ReportView>();
        g.MapGet("/{id:guid}/activity", async (HttpContext http, DbSession s, ReportHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Activity(s, id, ct))).WithName("GetReportActivity").WithSummary("Its activity data").Produces<IReadOnlyList<ActivityValue>>();
        g.MapPut("/{id:guid}/activity", (HttpContext http, DbSession s, ReportHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ActivityBody, ReportView>(http, b => h.SetActivity(s, id, b.Values, ct), ct))
            .WithName("SetReportActivity").WithSummary("Replace its activity data (producer's editor)").Accepts<ActivityBody>("application/json").Produces<ReportView>();
        g.MapPost("/{id:guid}/activity/csv", Import).WithName("ImportReportActivity").WithSummary("Replace its activity data by a CSV file: stream, month, field, value, source (producer's editor)").Accepts<string>("text/csv").Produces<ReportView>();
        g.MapPut("/{id:guid}/manual/{stream}", (HttpContext http, DbSession s, ReportHandlers h, Guid id, string stream, CancellationToken ct) => ApiReplies.Reply<ManualFigure, ReportView>(http, b => h.SetManual(s, id, stream, b, ct), ct))
            .WithName("SetManualFigure").WithSummary("Put a figure with its reason beside the calculated one of a stream (producer's editor)").Accepts<ManualFigure>("application/json").Produces<ReportView>();
        g.MapDelete("/{id:guid}/manual/{stream}", async (HttpContext http, DbSession s, ReportHandlers h, Guid id, string stream, CancellationToken ct) => ApiReplies.Reply(http, await h.SetManual(s, id, stream, null, ct))).WithName("RemoveManualFigure").WithSummary("Take a manual figure away (producer's editor)").Produces<ReportView>();
        g.MapPost("/{id:guid}/submit", (HttpContext http, DbSession s, ReportHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<SubmitBody, ReportView>(http, b => h.Submit(s, id, b.VerifierId, ct), ct))
            .WithName("SubmitReport").WithSummary("Hand it to a verifier (producer's approver, another person than who wrote it last)").Accepts<SubmitBody>("application/json").Produces<ReportView>();
        g.MapPost("/{id:guid}/corrections", (HttpContext http, DbSession s, ReportHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<ReasonBody, Report>(http, b => h.Correct(s, id, b.Reason, ct), r => $"/api/v1/footprint/reports/{r.Id}", ct))
            .WithName("CorrectReport").WithSummary("Begin a new version of an accepted report, with the reason (producer's editor)").Accepts<ReasonBody>("application/json").Produces<Report>(201);
        g.MapPost("/{id:guid}/take-up", async (HttpContext http, DbSession s, VerificationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.TakeUp(s, id, ct))).WithName("TakeUpReport").WithSummary("Begin its verification (verifier's lead)").Produces<ReportView>();
        g.MapPost("/{id:guid}/return", (HttpContext http, DbSession s, VerificationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, ReportView>(http, b => h.Return(s, id, b.Reason, ct), ct))
            .WithName("ReturnReport").WithSummary("Return it for amendment, with the reason (verifier)").Accepts<ReasonBody>("application/json").Produces<ReportView>();
        g.MapPost("/{id:guid}/findings", (HttpContext http, DbSession s, VerificationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewFinding, Finding>(http, b => h.Raise(s, id, b, ct), f => $"/api/v1/footprint/reports/{f.ReportId}", ct))
            .WithName("RaiseFinding").WithSummary("Raise a misstatement, a non-conformity, a recommendation or a request with its day (verifier's lead)").Accepts<NewFinding>("application/json").Produces<Finding>(201);
        g.MapPost("/{id:guid}/opinion", (HttpContext http, DbSession s, VerificationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<Opinion, ReportView>(http, b => h.GiveOpinion(s, id, b, ct), ct))
            .WithName("GiveOpinion").WithSummary("Give the verification opinion (verifier's lead)").Accepts<Opinion>("application/json").Produces<ReportView>();
        g.MapPost("/{id:guid}/review", async (HttpContext http, DbSession s, VerificationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Review(s, id, ct))).WithName("ReviewReport").WithSummary("Decide after the independent review (verifier's reviewer, another person than the lead)").Produces<ReportView>();
    }

    static async Task<IResult> List(HttpContext http, DbSession s, ReportHandlers h, CancellationToken ct)
    {
        var query = http.Request.Query;
        Guid? facility = null;
        ReportState? state = null;
        var limit = 50;
        if (query["facility"].ToString() is { Length: > 0 } of)
        {
            if (!Guid.TryParse(of, out var id)) return Replies.Refused(Refusal.Of("request.parameter", "facility", ("given", of)));
            facility = id;
        }
        if (query["state"].ToString() is { Length: > 0 } word)
        {
            if (!Enum.GetNames<ReportState>().Contains(word)) return Replies.Refused(Refusal.Of("request.word-unknown", "state", ("given", word)));
            state = Enum.Parse<ReportState>(word);
        }
        if (query["limit"].ToString() is { Length: > 0 } rows && !int.TryParse(rows, out limit)) return Replies.Refused(Refusal.Of("request.parameter", "limit", ("given", rows)));
        string? Given(string name) => query[name].ToString() is { Length: > 0 } value ? value : null;
        return ApiReplies.Reply(http, await h.List(s, new(facility, state, Given("sort"), Given("cursor"), limit), ct));
    }

    static async Task<IResult> Import(HttpContext http, DbSession s, ReportHandlers h, Guid id, CancellationToken ct)
    {
        // Counted while it is read: a length that was not sent, or sent wrong, lets nobody in.
        using var kept = new MemoryStream();
        var buffer = new byte[16384];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, ct)) > 0)
        {
            kept.Write(buffer, 0, read);
            if (kept.Length > ActivityRules.LargestCsvBytes) return Replies.Refused(Refusal.Of("activity.too-large", null, ("most", $"{ActivityRules.LargestCsvBytes >> 20}")));
        }
        string text;
        try { text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(kept.GetBuffer(), 0, (int)kept.Length); }
        catch (DecoderFallbackException) { return Replies.Refused(Refusal.Of("activity.unreadable", null, ("detail", "UTF-8"))); }
        return ApiReplies.Reply(http, await h.ImportActivity(s, id, text, ct));
    }
}
