using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Sourcing;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

sealed record OpenYearBody(string BrandCode, int Year);
sealed record DayBody(LocalDate Day);
sealed record DecisionBody(FlagDecision Decision, IReadOnlyList<string>? Risks, string? Reason);
sealed record TextBody(string? Text);
sealed record SettleBody(bool Done, string? Result);
sealed record StepBody(GrievanceEvent Step, string? Note);
sealed record ReferenceBody(string? Reference);

static class SourcingApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/sourcing").WithTags("Responsible sourcing");
        g.MapGet("/shown", async (HttpContext http, DbSession s, SourcingFigures h, int year, CancellationToken ct) => ApiReplies.Reply(http, await h.Shown(s, year, ct))).WithName("ListShownSourcing").WithSummary("Track and state of what was filed for a year (public)").Produces<IReadOnlyList<ShownBrand>>();
        g.MapGet("/published/{id:guid}", async (HttpContext http, DbSession s, FilingHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Published(s, id, ct))).WithName("GetPublishedSourcing").WithSummary("A published track C assessment (public)").Produces<Publication>();
        g.MapGet("/round", async (HttpContext http, DbSession s, SourcingFigures h, int year, CancellationToken ct) => ApiReplies.Reply(http, await h.Round(s, year, ct))).WithName("GetSourcingRound").WithSummary("Statistics of a year; small groups hidden (exchange)").Produces<YearlyRound>();
        g.MapGet("/cahra-lists", async (HttpContext http, DbSession s, CahraHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListCahraLists").WithSummary("Imported versions of lists of conflict-affected and high-risk areas (public)").Produces<IReadOnlyList<CahraList>>();
        g.MapPost("/cahra-lists", ImportList).WithName("ImportCahraList").WithSummary("Import a version: name, source, day as query, the CSV as the body (exchange)").WithMetadata(new RequestSizeLimitAttribute(CahraHandlers.LargestBytes + (1 << 20))).Accepts<string>("text/csv").Produces<CahraList>(201);
        MapAssessments(g.MapGroup("/assessments"));
        MapFlags(g.MapGroup("/flags"));
        g.MapGet("/plans/due", async (HttpContext http, DbSession s, MitigationHandlers h, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.Due(s, sort, cursor, limit ?? 50, ct))).WithName("ListDuePlans").WithSummary("Open plans by the day of their next check").Produces<Page<OpenPlan>>();
        g.MapGet("/plants/{plant:guid}/certificates", async (HttpContext http, DbSession s, PlantCertificateHandlers h, Guid plant, CancellationToken ct) => ApiReplies.Reply(http, await h.OfPlant(s, plant, ct))).WithName("ListPlantCertificates").WithSummary("Management certificates of a plant (producer, exchange)").Produces<IReadOnlyList<PlantCertificate>>();
        g.MapPost("/plants/certificates", (HttpContext http, DbSession s, PlantCertificateHandlers h, CancellationToken ct) => ApiReplies.Made<NewPlantCertificate, PlantCertificate>(http, b => h.Add(s, b, ct), c => $"/api/v1/sourcing/plants/{c.PlantId}/certificates", ct)).WithName("AddPlantCertificate").WithSummary("Enter an ISO 14001 or 45001 certificate, or an equal one (producer)").Accepts<NewPlantCertificate>("application/json").Produces<PlantCertificate>(201);
        g.MapPost("/plants/certificates/{id:guid}/withdraw", (HttpContext http, DbSession s, PlantCertificateHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, PlantCertificate>(http, b => h.Withdraw(s, id, b.Reason, ct), ct)).WithName("WithdrawPlantCertificate").WithSummary("A certificate no longer holds (producer)").Accepts<ReasonBody>("application/json").Produces<PlantCertificate>();
        g.MapGet("/plants/certificates/reminders", async (HttpContext http, DbSession s, PlantCertificateHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.Reminders(s, ct))).WithName("ListCertificateReminders").WithSummary("Certificates that end in 90, 30 or 7 days, or have ended").Produces<IReadOnlyList<CertificateReminder>>();
        MapGrievances(g.MapGroup("/grievances"));
    }

    static void MapAssessments(RouteGroupBuilder g)
    {
        g.MapGet("", async (HttpContext http, DbSession s, AssessmentHandlers h, string? brand, int? year, AssessmentState? state, Track? track, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, brand, year, state, track, cursor, limit ?? 50, ct, sort)))
            .WithName("ListAssessments").WithSummary("Assessments of own brands; the exchange sees all").Produces<Page<Assessment>>();
        g.MapPost("", (HttpContext http, DbSession s, AssessmentHandlers h, CancellationToken ct) => ApiReplies.Made<OpenYearBody, Assessment>(http, b => h.Open(s, b.BrandCode, b.Year, ct), a => $"/api/v1/sourcing/assessments/{a.Id}", ct)).WithName("OpenAssessment").WithSummary("Open a year of an own brand (producer)").Accepts<OpenYearBody>("application/json").Produces<Assessment>(201);
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, AssessmentHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetAssessment").WithSummary("An assessment with suppliers, flags, plans, filing and queries (producer, exchange)").Produces<AssessmentView>();
        g.MapPost("/{id:guid}/begin", (HttpContext http, DbSession s, AssessmentHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<DayBody, Assessment>(http, b => h.Begin(s, id, b.Day, ct), ct)).WithName("BeginAssessment").WithSummary("Begin to map suppliers as of a day").Accepts<DayBody>("application/json").Produces<Assessment>();
        g.MapPut("/{id:guid}/chain", (HttpContext http, DbSession s, AssessmentHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<SupplyChain, SupplyChain>(http, b => h.WriteChain(s, id, b, ct), ct)).WithName("WriteSupplyChain").WithSummary("Write all suppliers and edges").Accepts<SupplyChain>("application/json").Produces<SupplyChain>();
        Act(g, "screen", "ScreenAssessment", "Screen against the lists that hold on the assessment's day", (s, h, id, ct) => h.Screen(s, id, ct));
        Act(g, "remap", "RemapAssessment", "Back to the suppliers", (s, h, id, ct) => h.Remap(s, id, ct));
        Act(g, "conclude", "ConcludeAssessment", "Every flag is decided (approver)", (s, h, id, ct) => h.Conclude(s, id, ct));
        Act(g, "reopen", "ReopenAssessment", "Back to the decisions (approver)", (s, h, id, ct) => h.Reopen(s, id, ct));
        g.MapPost("/{id:guid}/flags", (HttpContext http, DbSession s, AssessmentHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewFlag, Flag>(http, b => h.Raise(s, id, b, ct), f => $"/api/v1/sourcing/flags/{f.Id}", ct)).WithName("RaiseFlag").WithSummary("Raise a flag with evidence").Accepts<NewFlag>("application/json").Produces<Flag>(201);
        g.MapPost("/{id:guid}/mitigate", async (HttpContext http, DbSession s, MitigationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Begin(s, id, ct))).WithName("BeginMitigation").WithSummary("Every confirmed flag has its plan (approver)").Produces<Assessment>();
        g.MapPost("/{id:guid}/file", (HttpContext http, DbSession s, FilingHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<Filing, Assessment>(http, b => h.File(s, id, b, ct), ct)).WithName("FileAssessment").WithSummary("File by track A, B, C or D (approver)").Accepts<Filing>("application/json").Produces<Assessment>();
        g.MapPost("/{id:guid}/queries", (HttpContext http, DbSession s, FilingHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<TextBody, Assessment>(http, b => h.Ask(s, id, b.Text, ct), ct)).WithName("AskQuery").WithSummary("Ask about what was filed (exchange)").Accepts<TextBody>("application/json").Produces<Assessment>();
        g.MapPost("/{id:guid}/queries/{query:guid}/answer", (HttpContext http, DbSession s, FilingHandlers h, Guid id, Guid query, CancellationToken ct) => ApiReplies.Reply<TextBody, Assessment>(http, b => h.Respond(s, id, query, b.Text, ct), ct)).WithName("AnswerQuery").WithSummary("Answer a query (producer)").Accepts<TextBody>("application/json").Produces<Assessment>();
        g.MapPost("/{id:guid}/accept", async (HttpContext http, DbSession s, FilingHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Accept(s, id, ct))).WithName("AcceptAssessment").WithSummary("Find the brand compliant (exchange)").Produces<Assessment>();
        g.MapPost("/{id:guid}/escalate", (HttpContext http, DbSession s, FilingHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<Escalation, ApprovalTask>(http, b => h.Escalate(s, id, b, ct), t => $"/tasks/{t.Id}", ct)).WithName("EscalateAssessment").WithSummary("Propose to suspend or delist the brand (exchange); a second person decides").Accepts<Escalation>("application/json").Produces<ApprovalTask>(201);
        g.MapGet("/{id:guid}/files", async (HttpContext http, DbSession s, SourcingFiles h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, ct))).WithName("ListSourcingFiles").WithSummary("Files of an assessment (producer, exchange)").Produces<IReadOnlyList<SourcingFile>>();
        g.MapPost("/{id:guid}/files", async (HttpContext http, DbSession s, SourcingFiles h, Guid id, string? purpose, string? name, CancellationToken ct) => ApiReplies.Made(await h.Add(s, id, purpose, name, http.Request.Body, ct), f => $"/api/v1/sourcing/assessments/{id}/files/{f.Id}"))
            .WithName("AddSourcingFile").WithSummary("Add a file: purpose=certificate|audit|attestation|evidence, name=FILE, the content as the body").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<SourcingFile>(201);
        g.MapGet("/{id:guid}/files/{file:guid}", Content).WithName("GetSourcingFile").WithSummary("The content of a file").Produces<string>(200, "application/octet-stream");
        g.MapDelete("/{id:guid}/files/{file:guid}", async (DbSession s, SourcingFiles h, Guid id, Guid file, CancellationToken ct) => Replies.From(await h.Remove(s, id, file, ct))).WithName("RemoveSourcingFile").WithSummary("Take a file off an assessment not yet filed").Produces(204);
    }

    static void Act(RouteGroupBuilder g, string verb, string name, string summary, Func<DbSession, AssessmentHandlers, Guid, CancellationToken, Task<Answer<Assessment>>> act) =>
        g.MapPost($"/{{id:guid}}/{verb}", async (HttpContext http, DbSession s, AssessmentHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await act(s, h, id, ct))).WithName(name).WithSummary(summary).Produces<Assessment>();

    static void MapFlags(RouteGroupBuilder g)
    {
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, MitigationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetFlag").WithSummary("A flag with its plan (producer, exchange)").Produces<FlagView>();
        g.MapPost("/{id:guid}/decision", (HttpContext http, DbSession s, AssessmentHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<DecisionBody, Flag>(http, b => h.Decide(s, id, b.Decision, b.Risks, b.Reason, ct), ct)).WithName("DecideFlag").WithSummary("Confirm or dismiss (approver)").Accepts<DecisionBody>("application/json").Produces<Flag>();
        g.MapPost("/{id:guid}/plan", (HttpContext http, DbSession s, MitigationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewPlan, FlagView>(http, b => h.Plan(s, id, b, ct), f => $"/api/v1/sourcing/flags/{f.Flag.Id}", ct)).WithName("MakePlan").WithSummary("Make the mitigation plan of a confirmed flag").Accepts<NewPlan>("application/json").Produces<FlagView>(201);
        g.MapPost("/{id:guid}/plan/actions", (HttpContext http, DbSession s, MitigationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<NewAction, FlagView>(http, b => h.AddAction(s, id, b, ct), ct)).WithName("AddPlanAction").WithSummary("Add an action").Accepts<NewAction>("application/json").Produces<FlagView>();
        g.MapPost("/{id:guid}/plan/actions/{action:guid}/settle", (HttpContext http, DbSession s, MitigationHandlers h, Guid id, Guid action, CancellationToken ct) => ApiReplies.Reply<SettleBody, FlagView>(http, b => h.Settle(s, id, action, b.Done, b.Result, ct), ct)).WithName("SettlePlanAction").WithSummary("An action is done or dropped").Accepts<SettleBody>("application/json").Produces<FlagView>();
        g.MapPost("/{id:guid}/plan/checks", (HttpContext http, DbSession s, MitigationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ProgressCheck, FlagView>(http, b => h.CheckProgress(s, id, b, ct), ct)).WithName("CheckProgress").WithSummary("Write down a check of progress").Accepts<ProgressCheck>("application/json").Produces<FlagView>();
        g.MapPost("/{id:guid}/plan/close", async (HttpContext http, DbSession s, MitigationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Close(s, id, ct))).WithName("ClosePlan").WithSummary("Close a plan all of whose actions are settled (approver)").Produces<FlagView>();
    }

    static void MapGrievances(RouteGroupBuilder g)
    {
        g.MapPost("", (HttpContext http, DbSession s, GrievanceHandlers h, CancellationToken ct) => ApiReplies.Made<NewGrievance, FiledGrievance>(http, b => h.File(s, b, ct), x => $"/api/v1/sourcing/grievances/{x.Id}", ct)).WithName("FileGrievance").WithSummary("File a grievance, with or without a name (public); answers its reference once").Accepts<NewGrievance>("application/json").Produces<FiledGrievance>(201);
        g.MapPost("/find", (HttpContext http, DbSession s, GrievanceHandlers h, CancellationToken ct) => ApiReplies.Reply<ReferenceBody, GrievanceView>(http, b => h.Find(s, b.Reference, ct), ct)).WithName("FindGrievance").WithSummary("A grievance by its reference (public)").Accepts<ReferenceBody>("application/json").Produces<GrievanceView>();
        g.MapGet("", async (HttpContext http, DbSession s, GrievanceHandlers h, GrievanceState? state, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, state, cursor, limit ?? 50, ct))).WithName("ListGrievances").WithSummary("The inbox (exchange), or what was passed on (producer)").Produces<Page<Grievance>>();
        g.MapGet("/{id:guid}", async (HttpContext http, DbSession s, GrievanceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetGrievance").WithSummary("A grievance with its steps").Produces<GrievanceView>();
        g.MapPost("/{id:guid}/steps", (HttpContext http, DbSession s, GrievanceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<StepBody, GrievanceView>(http, b => h.Step(s, id, b.Step, b.Note, ct), ct)).WithName("StepGrievance").WithSummary("Assess, pass on, resolve or dismiss (exchange)").Accepts<StepBody>("application/json").Produces<GrievanceView>();
        g.MapPost("/{id:guid}/response", (HttpContext http, DbSession s, GrievanceHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<TextBody, GrievanceView>(http, b => h.Respond(s, id, b.Text, ct), ct)).WithName("RespondToGrievance").WithSummary("Answer what was passed on (producer)").Accepts<TextBody>("application/json").Produces<GrievanceView>();
    }

    static async Task<IResult> ImportList(HttpContext http, DbSession s, CahraHandlers h, string? name, string? source, string? day, CancellationToken ct)
    {
        var listDate = BrandApi.Day(day, "day");
        if (!listDate.Ok) return Replies.Refused([.. listDate.Refusals]);
        if (listDate.Value.Day is not { } on) return Replies.Refused(Refusal.Of("sourcing.day-missing", "day"));
        return ApiReplies.Made(await h.Import(s, new NewCahraList(name ?? "", source ?? "", on), http.Request.Body, ct), _ => "/api/v1/sourcing/cahra-lists");
    }

    static async Task<IResult> Content(HttpContext http, DbSession s, SourcingFiles h, Guid id, Guid file, CancellationToken ct) =>
        ApiReplies.Saved(http, await h.Open(s, id, file, ct));
}
