using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Article6;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Api;

/// <summary>Crediting programmes: projects, units, orders, certificates, exports of other registries.</summary>
static class CreditsApi
{
    /// <param name="OrganisationId">An organisation of the kind authority.</param>
    sealed record ProgrammeBody(Guid OrganisationId);

    /// <param name="Statement">In the body's own words.</param>
    sealed record DeclarationBody(bool Independent, string? Statement);

    sealed record OpinionBody(bool Positive);

    /// <param name="Reason">The decision it rests on.</param>
    sealed record LabelTakenBody(string? Reason);

    /// <param name="On">First day after the comments.</param>
    sealed record CommentsBody(NodaTime.LocalDate? On, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/credits").WithTags("Credits");
        Public(g);
        Projects(g);
        Labels(g);
        Periods(g);
        Orders(g);
        Imports(g);
        Freezes(g);
        Duplicates(g);
    }

    static void Public(RouteGroupBuilder g)
    {
        g.MapGet("/programmes", async (HttpContext http, DbSession s, ProgrammeAdministration h, CancellationToken ct) => ApiReplies.Reply(http, await h.All(s, ct))).WithName("ListCreditProgrammes").WithSummary("Crediting programmes and who administers them here").AllowAnonymous().Produces<IReadOnlyList<ProgrammeStanding>>();
        g.MapPut("/programmes/{programme}/administrator", (HttpContext http, DbSession s, ProgrammeAdministration h, string programme, CancellationToken ct) => ApiReplies.Reply<ProgrammeBody, ProgrammeStanding>(http, b => h.Appoint(s, programme, b.OrganisationId, ct), ct))
            .WithName("AppointProgrammeAdministrator").WithSummary("Name the authority that administers a programme (exchange staff)").Accepts<ProgrammeBody>("application/json").Produces<ProgrammeStanding>();
        g.MapGet("/serials", async (HttpContext http, DbSession s, UnitQueries h, CancellationToken ct) => ApiReplies.Reply(http, await h.Status(s, new QueryWords(http).Text("q"), ct)))
            .WithName("GetSerialStatus").WithSummary("The life of any serial number: where its units stand, how they got there, certificates of those that ended. Holders are not named").WithQuery(new QueryParameter("q", "A serial number or range as its registry prints it", "GS1-1-KE-GS11603-16-2025-30256-110-5463")).AllowAnonymous().Produces<SerialStatus>();
        g.MapGet("/endings/{number:long}", async (HttpContext http, DbSession s, UnitQueries h, long number, CancellationToken ct) => ApiReplies.Reply(http, await h.Ending(s, number, ct))).WithName("GetCreditEnding").WithSummary("The certificate of a retirement, cancellation or other end").AllowAnonymous().Produces<EndingView>();
        g.MapGet("/accreditations", async (HttpContext http, DbSession s, PeriodHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.Accreditations(s, new QueryWords(http).Text("programme"), ct)))
            .WithName("ListCreditAccreditations").WithSummary("Bodies of validation and verification and their scopes").WithQuery(new QueryParameter("programme", "Code of a programme", "paris")).AllowAnonymous().Produces<IReadOnlyList<AccreditationEntry>>();
        g.MapPost("/accreditations", (HttpContext http, DbSession s, PeriodHandlers h, CancellationToken ct) => ApiReplies.Made<NewAccreditation, AccreditationEntry>(http, b => h.Accredit(s, b, ct), _ => "/api/v1/credits/accreditations", ct))
            .WithName("AccreditBody").WithSummary("Write down for which scope a body is accredited (programme's officer)").Accepts<NewAccreditation>("application/json").Produces<AccreditationEntry>(201);
        g.MapGet("/aef/{programme}/workbook", AefWorkbook).WithName("GetAefWorkbook").WithSummary("Both tables of the agreed electronic format (Article 6) as a workbook, a sheet each (programme's staff)").Produces<string>(200, XlsxWriter.Mime);
        g.MapGet("/aef/{programme}/{table}", async (HttpContext http, DbSession s, AuthorisationHandlers h, string programme, string table, CancellationToken ct) =>
                table is not ("holdings" or "actions") ? Replies.Refused(Refusal.Of("request.word-unknown", "table", ("given", table))) : ApiReplies.Reply(http, await h.Table(s, programme, table == "holdings", ct)))
            .WithName("GetAefTable").WithSummary("A table of the agreed electronic format (Article 6): holdings or actions; format=csv for a file (programme's staff)").Produces<IReadOnlyList<AefRow>>();
    }

    static async Task<IResult> AefWorkbook(DbSession s, AuthorisationHandlers h, string programme, CancellationToken ct)
    {
        var made = await h.Workbook(s, programme, ct);
        return made.Ok ? Results.File(made.Value, XlsxWriter.Mime, $"aef-{programme}.xlsx") : Replies.Refused([.. made.Refusals]);
    }

    static void Duplicates(RouteGroupBuilder g)
    {
        g.MapGet("/duplicates", async (HttpContext http, DbSession s, MatchHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListProjectMatches").WithSummary("Projects that may be the same in two registries, those that wait for a decision first (programme's staff)").Produces<IReadOnlyList<ProjectMatch>>();
        g.MapGet("/duplicates/{id:guid}", async (HttpContext http, DbSession s, MatchHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetProjectMatch").WithSummary("Two projects that may be one: what was compared, and what was decided (programme's staff)").Produces<ProjectMatch>();
        g.MapPost("/duplicates/{id:guid}/decision", (HttpContext http, DbSession s, MatchHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<NewRuling, ProjectMatch>(http, b => h.Decide(s, id, b, ct), ct))
            .WithName("DecideProjectMatch").WithSummary("Decide with a reason whether two projects are one; a later decision takes the place of an earlier one, which stays (approver of one of the two programmes, not who found it)").Accepts<NewRuling>("application/json").Produces<ProjectMatch>();
        g.MapGet("/imports/{id:guid}/duplicates", async (HttpContext http, DbSession s, MatchHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.OfImport(s, id, ct))).WithName("ListImportMatches").WithSummary("Projects of an export that may be those of another registry (programme's staff)").Produces<IReadOnlyList<ProjectMatch>>();
    }

    static void Projects(RouteGroupBuilder g)
    {
        g.MapGet("/projects", async (HttpContext http, DbSession s, ProjectHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new ProjectFilter(q.Text("programme"), q.Word<ProjectState>("state"), q.Text("country"), q.Text("text"), q.Text("mine") is null ? null : q.Flag("mine"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListCreditProjects").WithSummary("Projects of crediting programmes").WithQuery([new("programme", "Code of a programme", "verra"), new("state", "State of a project led here", "Registered"), new("country", "Country as the project has it", "KE"), new("text", "A part of name or proponent, or the number", "smelter"),
                new("mine", "true: those one takes part in", "false"), .. AccountApi.Paging]).AllowAnonymous().Produces<Page<CreditProject>>();
        g.MapPost("/projects", (HttpContext http, DbSession s, ProjectHandlers h, CancellationToken ct) => ApiReplies.Made<NewProject, CreditProject>(http, b => h.Create(s, b, ct), p => $"/api/v1/credits/projects/{p.Id}", ct)).WithName("BeginCreditProject").WithSummary("Begin a project as a concept").Accepts<NewProject>("application/json").Produces<CreditProject>(201);
        g.MapGet("/projects/{id:guid}", async (HttpContext http, DbSession s, ProjectHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCreditProject").WithSummary("A project with its periods, steps and units").AllowAnonymous().Produces<ProjectView>();
        g.MapPut("/projects/{id:guid}", (HttpContext http, DbSession s, ProjectHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ProjectContent, CreditProject>(http, b => h.Change(s, id, b, ct), ct)).WithName("ChangeCreditProject").WithSummary("Change a concept (its developer)").Accepts<ProjectContent>("application/json").Produces<CreditProject>();
        g.MapPost("/projects/{id:guid}/comments", (HttpContext http, DbSession s, ProjectHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<CommentsBody, CreditProject>(http, b => h.CloseComments(s, id, b.On, b.Reason, ct), ct))
            .WithName("CloseProjectComments").WithSummary("Decide from which day the public comments are over, where the length of the programme's period is not known (programme's officer)").Accepts<CommentsBody>("application/json").Produces<CreditProject>();
        g.MapPost("/projects/{id:guid}/steps", (HttpContext http, DbSession s, StepHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<CreditStepBody, CreditStep>(http, b => h.Ask(s, id, b, ct), _ => $"/api/v1/credits/projects/{id}", ct))
            .WithName("AskCreditStep").WithSummary("Ask for a step of a project or of a period; a second person decides in the task inbox").Accepts<CreditStepBody>("application/json").Produces<CreditStep>(201);
        g.MapPost("/projects/{id:guid}/documents", async (HttpContext http, DbSession s, ProjectHandlers h, Guid id, string? name, string? kind, Guid? period, CancellationToken ct) => ApiReplies.Made(await h.AddDocument(s, id, period, kind, name, http.Request.Body, ct), d => $"/api/v1/credits/projects/{id}/documents/{d.Id}"))
            .WithName("AddCreditDocument").WithSummary("Add a file: name=FILE, kind=KIND, period=ID for a period's; the content as the body").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<ProjectDocument>(201);
        g.MapGet("/projects/{id:guid}/documents/{document:guid}", async (HttpContext http, DbSession s, ProjectHandlers h, Guid id, Guid document, CancellationToken ct) => ApiReplies.Saved(http, await h.OpenDocument(s, id, document, ct))).WithName("GetCreditDocument").WithSummary("A file of a project").Produces<string>(200, "application/octet-stream");
        g.MapPost("/projects/{id:guid}/declarations", (HttpContext http, DbSession s, PeriodHandlers h, Guid id, CancellationToken ct) => ApiReplies.With<DeclarationBody>(http, async b => Replies.From(await h.Declare(s, id, b.Independent, b.Statement, ct)))).WithName("DeclareInterest").WithSummary("A body says whether it has an interest in the project (verifier's lead)").Accepts<DeclarationBody>("application/json").Produces(204);
        g.MapPost("/projects/{id:guid}/opinion", (HttpContext http, DbSession s, PeriodHandlers h, Guid id, CancellationToken ct) => ApiReplies.With<OpinionBody>(http, async b => Replies.From(await h.Validate(s, id, b.Positive, ct)))).WithName("GiveValidationOpinion").WithSummary("The validation body's opinion (verifier's lead)").Accepts<OpinionBody>("application/json").Produces(204);
        g.MapGet("/projects/{id:guid}/authorisations", async (HttpContext http, DbSession s, AuthorisationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Of(s, id, ct))).WithName("ListAuthorisations").WithSummary("Letters of authorisation of a project and the adjustments that followed").Produces<IReadOnlyList<Authorisation>>();
        g.MapPost("/projects/{id:guid}/authorisations", (HttpContext http, DbSession s, AuthorisationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewAuthorisation, Authorisation>(http, b => h.Authorise(s, id, b, ct), _ => $"/api/v1/credits/projects/{id}/authorisations", ct))
            .WithName("EnterAuthorisation").WithSummary("Enter a host country's letter (programme's officer)").Accepts<NewAuthorisation>("application/json").Produces<Authorisation>(201);
        g.MapPost("/projects/{id:guid}/authorisations/{authorisation:guid}/adjustments", (HttpContext http, DbSession s, AuthorisationHandlers h, Guid id, Guid authorisation, CancellationToken ct) => ApiReplies.Reply<NewAdjustment, Authorisation>(http, b => h.Adjust(s, id, authorisation, b, ct), ct))
            .WithName("EnterAdjustment").WithSummary("Enter that the country made the corresponding adjustment for a year (programme's officer)").Accepts<NewAdjustment>("application/json").Produces<Authorisation>();
    }

    static void Labels(RouteGroupBuilder g)
    {
        g.MapGet("/projects/{id:guid}/labels", async (HttpContext http, DbSession s, LabelHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Of(s, id, ct))).WithName("ListUnitLabels").WithSummary("Labels of a project's units that were issued here, and those that were taken again").AllowAnonymous().Produces<IReadOnlyList<UnitLabel>>();
        g.MapPost("/projects/{id:guid}/labels", (HttpContext http, DbSession s, LabelHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewUnitLabel, UnitLabel>(http, b => h.Give(s, id, b, ct), _ => $"/api/v1/credits/projects/{id}/labels", ct))
            .WithName("GiveUnitLabel").WithSummary("Give the units of a year a label (programme's officer)").Accepts<NewUnitLabel>("application/json").Produces<UnitLabel>(201);
        g.MapPost("/projects/{id:guid}/labels/{label:guid}/take", (HttpContext http, DbSession s, LabelHandlers h, Guid id, Guid label, CancellationToken ct) => ApiReplies.Reply<LabelTakenBody, UnitLabel>(http, b => h.Take(s, id, label, b.Reason, ct), ct))
            .WithName("TakeUnitLabel").WithSummary("Take a label that was given (programme's officer)").Accepts<LabelTakenBody>("application/json").Produces<UnitLabel>();
    }

    static void Periods(RouteGroupBuilder g)
    {
        g.MapPost("/projects/{id:guid}/periods", (HttpContext http, DbSession s, PeriodHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<PeriodContent, CreditPeriod>(http, b => h.Open(s, id, b, ct), _ => $"/api/v1/credits/projects/{id}", ct)).WithName("OpenCreditPeriod").WithSummary("Open a monitoring period of a registered project (its developer)").Accepts<PeriodContent>("application/json").Produces<CreditPeriod>(201);
        g.MapPut("/projects/{id:guid}/periods/{period:guid}", (HttpContext http, DbSession s, PeriodHandlers h, Guid id, Guid period, CancellationToken ct) => ApiReplies.Reply<PeriodContent, CreditPeriod>(http, b => h.Change(s, id, period, b, ct), ct)).WithName("ChangeCreditPeriod").WithSummary("Change an open period (its developer)").Accepts<PeriodContent>("application/json").Produces<CreditPeriod>();
        g.MapPut("/projects/{id:guid}/periods/{period:guid}/verification", (HttpContext http, DbSession s, PeriodHandlers h, Guid id, Guid period, CancellationToken ct) => ApiReplies.Reply<Verification, CreditPeriod>(http, b => h.Verify(s, id, period, b, ct), ct))
            .WithName("EnterVerification").WithSummary("What the verification body found: units by year (verifier's lead)").Accepts<Verification>("application/json").Produces<CreditPeriod>();
    }

    static void Orders(RouteGroupBuilder g)
    {
        g.MapGet("/holdings", async (HttpContext http, DbSession s, UnitQueries h, CancellationToken ct) => ApiReplies.Reply(http, await h.Holdings(s, ct))).WithName("ListCreditHoldings").WithSummary("Units the own organisation holds, block by block").Produces<IReadOnlyList<BlockView>>();
        g.MapPost("/account", async (DbSession s, OrderHandlers h, CancellationToken ct) => Replies.From(await h.OpenAccount(s, ct))).WithName("OpenCreditAccount").WithSummary("Make the own organisation an account for units, so that others can transfer to it").Produces(204);
        g.MapGet("/orders", async (HttpContext http, DbSession s, OrderHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListCreditOrders").WithSummary("Own orders and those offered, newest first").Produces<IReadOnlyList<CreditOrder>>();
        g.MapPost("/orders", (HttpContext http, DbSession s, OrderHandlers h, CancellationToken ct) => ApiReplies.Made<NewCreditOrder, CreditOrder>(http, b => h.Propose(s, b, ct), o => $"/api/v1/credits/orders/{o.Id}", ct))
            .WithName("ProposeCreditOrder").WithSummary("Propose to transfer, retire, cancel, convert, immobilise, release or replenish units, or as a programme to reverse or release units of the buffer pool or undo a conversion; a second person decides").Accepts<NewCreditOrder>("application/json").Produces<CreditOrder>(201);
        g.MapGet("/orders/{id:guid}", async (HttpContext http, DbSession s, OrderHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCreditOrder").WithSummary("An order").Produces<CreditOrder>();
        g.MapGet("/conversions/targets", async (HttpContext http, DbSession s, OrderHandlers h, UnitQueries u, CancellationToken ct) => await u.Holdings(s, ct) is { Ok: true, Value: var held } ? ApiReplies.Reply(http, await h.Targets(s, held, ct)) : Replies.Refused(Refusal.Forbidden("access.sign-in-needed")))
            .WithName("ListConversionTargets").WithSummary("What units the own organisation holds can be converted into").Produces<IReadOnlyList<ConversionTarget>>();
        g.MapGet("/buffer/{programme}", async (HttpContext http, DbSession s, UnitQueries u, string programme, CancellationToken ct) => ApiReplies.Reply(http, await u.Buffer(s, [programme], ct))).WithName("ListBufferPool").WithSummary("The buffer pool of a programme, block by block").AllowAnonymous().Produces<IReadOnlyList<BlockView>>();
    }

    static void Freezes(RouteGroupBuilder g)
    {
        g.MapGet("/freezes", async (HttpContext http, DbSession s, CreditFreezes h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListCreditFreezes").WithSummary("Freezes of units in force that one may see, newest first").Produces<IReadOnlyList<CreditFreeze>>();
        g.MapPost("/freezes", (HttpContext http, DbSession s, CreditFreezes h, CancellationToken ct) => ApiReplies.Made<NewCreditFreeze, CreditFreeze>(http, b => h.Freeze(s, b, ct), _ => "/api/v1/credits/freezes", ct))
            .WithName("FreezeCredits").WithSummary("Freeze a programme's units in a holder's account at once (programme's officer)").Accepts<NewCreditFreeze>("application/json").Produces<CreditFreeze>(201);
        g.MapPost("/freezes/{id:guid}/lift", async (HttpContext http, DbSession s, CreditFreezes h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.ProposeLift(s, id, ct))).WithName("LiftCreditFreeze").WithSummary("Propose to lift a freeze (programme's officer); an approver decides").Produces<CreditFreeze>();
    }

    static void Imports(RouteGroupBuilder g)
    {
        g.MapGet("/imports", async (HttpContext http, DbSession s, CreditImports h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListCreditImports").WithSummary("Exports of other registries that were brought, newest first (programme's staff)").Produces<IReadOnlyList<CreditImport>>();
        g.MapPost("/imports", async (HttpContext http, DbSession s, CreditImports h, string? name, CancellationToken ct) => ApiReplies.Made(await h.Bring(s, name, http.Request.Body, ct), v => $"/api/v1/credits/imports/{v.File.Id}"))
            .WithName("BringCreditImport").WithSummary("Bring a registry's export (CSV or XLSX): name=FILE, the content as the body. Answers what would come of it (programme's officer)").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<CreditImportView>(201);
        g.MapGet("/imports/{id:guid}", async (HttpContext http, DbSession s, CreditImports h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCreditImport").WithSummary("An export and what would come, or came, of it").Produces<CreditImportView>();
        g.MapPost("/imports/{id:guid}/apply", async (HttpContext http, DbSession s, CreditImports h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Apply(s, id, ct))).WithName("ApplyCreditImport").WithSummary("Take the good records in; goes on where it stopped (programme's officer)").Produces<CreditImportView>();
    }
}
