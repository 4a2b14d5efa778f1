using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Sourcing;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Sourcing;

public class SourcingWalkTests
{
    const int Year = 2026;
    static readonly LocalDate Today = World.Start.InUtc().Date;
    static readonly byte[] Pdf = Encoding.ASCII.GetBytes("%PDF-1.7\naudit\n%%EOF\n");
    static readonly SupplyChain Chain = new([new("S1", "Trader", null, "CH", 1, "concentrate", 900m, 60m, ["Mine one"], ["PE"], ["XA"], "by sea", [TransportMode.Sea]), new("S2", "Miner", null, "PE", 2, "ore", null, null, null, ["PE"])], [new("S2", "S1")]);

    static AssessmentHandlers Assessments(World w) => w.Get<AssessmentHandlers>();
    static FilingHandlers Filings(World w) => w.Get<FilingHandlers>();
    static Actor Rival(World w) => World.Person("rival", w.Stranger, Role.ProducerEditor);

    static async Task<Assessment> Opened(World w, int year = Year) => await w.Do(w.Editor, s => Assessments(w).Open(s, "VALU", year, default));

    static Task<CahraList> Listed(World w, LocalDate day, string rows, string name = "Synthetic list") =>
        w.Do(w.Staff, s => w.Get<CahraHandlers>().Import(s, new(name, "made for tests", day), new MemoryStream(Encoding.UTF8.GetBytes("country or area,from,to,source\n" + rows)), default));

    static async Task<Assessment> Screened(World w)
    {
        await Listed(w, new(2026, 1, 1), "XA,2020-01-01,,made for tests\n");
        var made = await Opened(w);
        await w.Do(w.Editor, s => Assessments(w).Begin(s, made.Id, Today, default));
        await w.Do(w.Editor, s => Assessments(w).WriteChain(s, made.Id, Chain, default));
        return await w.Do(w.Editor, s => Assessments(w).Screen(s, made.Id, default));
    }

    /// <summary>One flag found and confirmed.</summary>
    static async Task<(Assessment Assessment, Flag Flag)> Concluded(World w)
    {
        var made = await Screened(w);
        var flag = (await w.Do(w.Editor, s => Assessments(w).Read(s, made.Id, default))).Flags.Single();
        await w.Do(w.Approver, s => Assessments(w).Decide(s, flag.Id, FlagDecision.Confirmed, ["bribery-false-origin"], "Route seen", default));
        return (await w.Do(w.Approver, s => Assessments(w).Conclude(s, made.Id, default)), flag);
    }

    static async Task<(Assessment Assessment, Flag Flag)> Mitigating(World w)
    {
        var (made, flag) = await Concluded(w);
        await w.Do(w.Editor, s => w.Get<MitigationHandlers>().Plan(s, flag.Id, new(MitigationResponse.ContinueWhileMitigating, "Supplier and port authority heard", [new("Seals at the port", "Head of buying", "sealed lots, %", Today.PlusMonths(3))]), default));
        return (await w.Do(w.Approver, s => w.Get<MitigationHandlers>().Begin(s, made.Id, default)), flag);
    }

    static async Task Certified(World w)
    {
        foreach (var standard in Enum.GetValues<ManagementStandard>())
            await w.Do(w.Editor, s => w.Get<PlantCertificateHandlers>().Add(s, new(w.Plant, standard, "N-" + standard, "Certifier", "Smelting", new(2025, 1, 1), Today.PlusDays(20)), default));
    }

    static Task<SourcingFile> Filed(World w, Guid id, string purpose) => w.Do(w.Editor, s => w.Get<SourcingFiles>().Add(s, id, purpose, purpose + ".pdf", new MemoryStream(Pdf), default));

    static async Task<string> Code<T>(World w, Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await w.Try(actor, work);
        return answer.Ok ? "ok" : answer.Refusals[0].Code;
    }

    [Fact]
    public async Task A_brand_goes_from_suppliers_over_a_flag_its_mitigation_and_a_query_to_compliance_and_falls_due_after_a_year()
    {
        await using var w = await World.Make();
        var (made, flag) = await Mitigating(w);
        Assert.Equal((AssessmentState.Mitigation, "S1", "XA", "listed"), (made.State, flag.SupplierKey, flag.Place, flag.Finding));
        var filed = await w.Do(w.Approver, s => Filings(w).File(s, made.Id, new(Track.C), default));
        Assert.Equal((AssessmentState.Filed, Track.C), (filed.State, filed.Track));
        Assert.Equal(AssessmentState.Queries, (await w.Do(w.Staff, s => Filings(w).Ask(s, made.Id, "Which port?", default))).State);
        await w.Do(w.Staff, s => Filings(w).Ask(s, made.Id, "Since when?", default));
        var queries = (await w.Do(w.Editor, s => Assessments(w).Read(s, made.Id, default))).Queries;
        Assert.Equal(AssessmentState.Queries, (await w.Do(w.Editor, s => Filings(w).Respond(s, made.Id, queries[0].Id, "The second", default))).State);
        Assert.Equal("sourcing.query-answered", await Code(w, w.Editor, s => Filings(w).Respond(s, made.Id, queries[0].Id, "Again", default)));
        Assert.Equal("sourcing.state-forbids", await Code(w, w.Staff, s => Filings(w).Accept(s, made.Id, default)));
        Assert.Equal(AssessmentState.Filed, (await w.Do(w.Editor, s => Filings(w).Respond(s, made.Id, queries[1].Id, "Since 2024", default))).State);
        Assert.Equal("sourcing.management-certificate-missing", await Code(w, w.Staff, s => Filings(w).Accept(s, made.Id, default)));
        await Certified(w);
        var compliant = await w.Do(w.Staff, s => Filings(w).Accept(s, made.Id, default));
        Assert.Equal((AssessmentState.Compliant, Today.PlusYears(1)), (compliant.State, compliant.NextCheckDue));
        w.Clock.Advance(Duration.FromDays(365));
        Assert.Equal(AssessmentState.DueAgain, (await w.Do(w.Staff, s => Assessments(w).List(s, "VALU", Year, AssessmentState.DueAgain, null, null, 50, default))).Items.Single().State);
        Assert.Empty((await w.Do(w.Staff, s => Assessments(w).List(s, "VALU", Year, AssessmentState.Compliant, null, null, 50, default))).Items);
        await using var owner = w.As(Actor.System);
        var actions = await owner.All("select action from storage.audit_event where subject_kind = 'sourcing' order by id", r => r.GetString(0), default);
        Assert.Equal(["sourcing.opened", "sourcing.begun", "sourcing.chain-written", "sourcing.screened", "sourcing.flag-decided", "sourcing.concluded", "sourcing.plan-made", "sourcing.mitigating", "sourcing.filed", "sourcing.asked", "sourcing.asked", "sourcing.answered", "sourcing.answered", "sourcing.compliant"], actions);
    }

    [Fact]
    public async Task Screening_takes_the_list_of_the_assessments_day_and_needs_one()
    {
        await using var w = await World.Make();
        var made = await Opened(w);
        Assert.Equal("sourcing.day-out-of-range", await Code(w, w.Editor, s => Assessments(w).Begin(s, made.Id, Today.PlusDays(1), default)));
        await w.Do(w.Editor, s => Assessments(w).Begin(s, made.Id, new(2026, 6, 1), default));
        Assert.Equal("sourcing.no-supplier", await Code(w, w.Editor, s => Assessments(w).Screen(s, made.Id, default)));
        await w.Do(w.Editor, s => Assessments(w).WriteChain(s, made.Id, Chain, default));
        await Listed(w, new(2026, 7, 1), "PE,2020-01-01,,made for tests\n");
        Assert.Equal("sourcing.no-list-holds", await Code(w, w.Editor, s => Assessments(w).Screen(s, made.Id, default)));
        await Listed(w, new(2026, 1, 1), "XA,2020-01-01,,made for tests\nPE,2020-01-01,2021-01-01,ended\n");
        await w.Do(w.Editor, s => Assessments(w).Screen(s, made.Id, default));
        Assert.Equal([("S1", "XA")], (await w.Do(w.Editor, s => Assessments(w).Read(s, made.Id, default))).Flags.Select(f => (f.SupplierKey!, f.Place!)));
        Assert.Equal("sourcing.not-mapping", await Code(w, w.Editor, s => Assessments(w).WriteChain(s, made.Id, Chain, default)));
        await w.Do(w.Editor, s => Assessments(w).Remap(s, made.Id, default));
        await w.Do(w.Editor, s => Assessments(w).WriteChain(s, made.Id, Chain with { Suppliers = [Chain.Suppliers[0] with { Transits = null }, Chain.Suppliers[1]] }, default));
        await w.Do(w.Editor, s => Assessments(w).Screen(s, made.Id, default));
        Assert.Empty((await w.Do(w.Editor, s => Assessments(w).Read(s, made.Id, default))).Flags);
        Assert.Equal(AssessmentState.NoFlags, (await w.Do(w.Approver, s => Assessments(w).Conclude(s, made.Id, default))).State);
    }

    [Fact]
    public async Task A_list_version_is_kept_once_and_never_changed()
    {
        await using var w = await World.Make();
        var first = await Listed(w, new(2026, 1, 1), "XA,2020-01-01,,a\n");
        Assert.Equal(first.Id, (await Listed(w, new(2026, 1, 1), "XA,2020-01-01,,a\n")).Id);
        Assert.Equal("sourcing.list-version-taken", await Code(w, w.Staff, s => w.Get<CahraHandlers>().Import(s, new("Synthetic list", "x", new(2026, 1, 1)), new MemoryStream("country or area,from,to,source\nXB,2020-01-01,,b\n"u8.ToArray()), default)));
        Assert.Equal("access.role-needed", await Code(w, w.Editor, s => w.Get<CahraHandlers>().Import(s, new("Mine", "x", new(2026, 1, 1)), new MemoryStream([]), default)));
        await using var owner = w.As(Actor.System);
        Assert.Equal(0, await owner.Run("update passport.sourcing_cahra_area set place = 'XC'", default));
        await Assert.ThrowsAsync<PostgresException>(() => w.AsOwner("update passport.sourcing_cahra_area set place = 'XC'"));
    }

    [Fact]
    public async Task A_raised_flag_is_decided_by_another_person_and_all_are_decided_before_the_conclusion()
    {
        await using var w = await World.Make();
        var made = await Screened(w);
        var both = World.Person("both", w.Smelter, Role.ProducerEditor, Role.ProducerApprover);
        var raised = await w.Do(both, s => Assessments(w).Raise(s, made.Id, new("supplier-interest", "S1", "Register of companies", new(2026, 2, 1)), default));
        Assert.Equal("sourcing.supplier-unknown", await Code(w, both, s => Assessments(w).Raise(s, made.Id, new("supplier-interest", "S9", "x", new(2026, 2, 1)), default)));
        Assert.Equal("sourcing.reviewer-raised-it", await Code(w, both, s => Assessments(w).Decide(s, raised.Id, FlagDecision.Dismissed, null, "no", default)));
        Assert.Equal("access.role-needed", await Code(w, w.Editor, s => Assessments(w).Decide(s, raised.Id, FlagDecision.Dismissed, null, "no", default)));
        Assert.Equal("sourcing.risk-of-dismissed-flag", await Code(w, w.Approver, s => Assessments(w).Decide(s, raised.Id, FlagDecision.Dismissed, ["armed-groups"], "no", default)));
        Assert.Equal("sourcing.text-invalid", await Code(w, w.Approver, s => Assessments(w).Decide(s, raised.Id, FlagDecision.Dismissed, null, null, default)));
        Assert.Equal("sourcing.flags-open", await Code(w, w.Approver, s => Assessments(w).Conclude(s, made.Id, default)));
        foreach (var flag in (await w.Do(w.Approver, s => Assessments(w).Read(s, made.Id, default))).Flags) await w.Do(w.Approver, s => Assessments(w).Decide(s, flag.Id, FlagDecision.Dismissed, [], "Not so", default));
        Assert.Equal(AssessmentState.NoFlags, (await w.Do(w.Approver, s => Assessments(w).Conclude(s, made.Id, default))).State);
    }

    [Fact]
    public async Task Each_track_files_what_it_asks_for()
    {
        await using var w = await World.Make();
        var auditor = Guid.CreateVersion7();
        await w.Do(Actor.System, s => w.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Verifier, "Auditor", null, null, "NO", auditor), default));
        var a = await Opened(w, 2026);
        var certificate = new Filing(Track.A, "asi-performance", "ASI-1", "Certifier", new(2025, 1, 1), new(2027, 1, 1));
        Assert.Equal("sourcing.document-missing", await Code(w, w.Approver, s => Filings(w).File(s, a.Id, certificate, default)));
        Assert.Equal("sourcing.state-forbids", await Code(w, w.Approver, s => Filings(w).File(s, a.Id, new(Track.C), default)));
        Assert.Equal("access.role-needed", await Code(w, w.Editor, s => Filings(w).File(s, a.Id, certificate, default)));
        await Filed(w, a.Id, "certificate");
        Assert.Equal(AssessmentState.Filed, (await w.Do(w.Approver, s => Filings(w).File(s, a.Id, certificate, default))).State);
        Assert.Equal("sourcing.filed", await Code(w, w.Editor, s => w.Get<SourcingFiles>().Add(s, a.Id, "evidence", "a.pdf", new MemoryStream(Pdf), default)));

        var d = await Opened(w, 2025);
        await Filed(w, d.Id, "attestation");
        Assert.Equal("sourcing.input-not-all-recyclable", await Code(w, w.Approver, s => Filings(w).File(s, d.Id, new(Track.D, RecyclableInputPercent: 99m, AttestedBy: "A. Name"), default)));
        await w.Do(w.Approver, s => Filings(w).File(s, d.Id, new(Track.D, RecyclableInputPercent: 100m, AttestedBy: "A. Name"), default));

        await Listed(w, new(2024, 1, 1), "XA,2020-01-01,,x\n");
        var b = await Opened(w, 2024);
        await w.Do(w.Editor, s => Assessments(w).Begin(s, b.Id, new(2024, 6, 1), default));
        await w.Do(w.Editor, s => Assessments(w).WriteChain(s, b.Id, new([Chain.Suppliers[1] with { Tier = 1 }], []), default));
        await w.Do(w.Editor, s => Assessments(w).Screen(s, b.Id, default));
        await w.Do(w.Approver, s => Assessments(w).Conclude(s, b.Id, default));
        await Filed(w, b.Id, "audit");
        Assert.Equal("sourcing.auditor-not-approved", await Code(w, w.Approver, s => Filings(w).File(s, b.Id, new(Track.B, AuditorId: w.Stranger, AuditDay: Today), default)));
        await w.Do(w.Approver, s => Filings(w).File(s, b.Id, new(Track.B, AuditorId: auditor, AuditDay: Today), default));
        var shown = new List<ShownBrand>();
        await using var nobody = w.As(Actor.Public);
        for (var year = 2024; year <= 2026; year++) shown.AddRange(await w.Get<SourcingFigures>().Shown(nobody, year, default));
        Assert.Equal([(2024, Track.B), (2025, Track.D), (2026, Track.A)], shown.Select(x => (x.Year, x.Track)));
        Assert.Equal(0, await nobody.Value<long>("select count(*) from passport.sourcing_publication", default));
    }

    [Fact]
    public async Task What_is_filed_is_seen_by_producer_and_exchange_only_and_track_c_as_published_by_everybody()
    {
        await using var w = await World.Make();
        var (made, flag) = await Mitigating(w);
        var file = await Filed(w, made.Id, "evidence");
        Actor?[] others = [Rival(w), w.Owner(0), w.Operator, null];
        await Look(publication: HttpStatusCode.NotFound);
        await w.Do(w.Approver, s => Filings(w).File(s, made.Id, new(Track.C), default));
        await Look(publication: HttpStatusCode.OK);
        using var client = w.Client(null);
        var text = await client.GetStringAsync($"/api/v1/sourcing/published/{made.Id}");
        foreach (var hidden in new[] { "Trader", "Miner", "Mine one", "Route seen", "by sea", "Head of buying" }) Assert.DoesNotContain(hidden, text);
        Assert.Contains("\"XA\"", text);
        Assert.Contains("ContinueWhileMitigating", text);

        async Task Look(HttpStatusCode publication)
        {
            string[] paths = [$"/api/v1/sourcing/assessments/{made.Id}", $"/api/v1/sourcing/flags/{flag.Id}", $"/api/v1/sourcing/assessments/{made.Id}/files", $"/api/v1/sourcing/assessments/{made.Id}/files/{file.Id}"];
            foreach (var path in paths)
            {
                foreach (var actor in new[] { w.Editor, w.Approver, w.Staff }) Assert.Equal(HttpStatusCode.OK, (await w.Client(actor).GetAsync(path)).StatusCode);
                foreach (var actor in others) Assert.Equal(HttpStatusCode.NotFound, (await w.Client(actor).GetAsync(path)).StatusCode);
            }
            foreach (var actor in others.Append(w.Editor)) Assert.Equal(publication, (await w.Client(actor).GetAsync($"/api/v1/sourcing/published/{made.Id}")).StatusCode);
            // The second fence, asked past the handlers.
            foreach (var actor in others)
            {
                await using var s = w.As(actor ?? Actor.Public);
                foreach (var table in new[] { "sourcing_assessment", "sourcing_supply_chain", "sourcing_flag", "sourcing_plan", "sourcing_action", "sourcing_progress", "sourcing_file", "sourcing_filing", "sourcing_query", "plant_certificate" })
                    Assert.Equal(0, await s.Value<long>($"select count(*) from passport.{table}", default));
                Assert.Equal(0, await s.Run("update passport.sourcing_assessment set state = 8", default));
                await Assert.ThrowsAsync<PostgresException>(() => s.Run("insert into passport.sourcing_query (id, assessment_id, producer_id, question, asked_by, asked_at) values ($1, $2, $3, 'x', $1, $4)", default, Guid.NewGuid(), made.Id, w.Smelter, s.Now));
            }
        }
    }

    [Fact]
    public async Task A_plan_is_checked_every_six_months_and_closed_once_its_actions_are_settled()
    {
        await using var w = await World.Make();
        var plans = w.Get<MitigationHandlers>();
        var (_, flag) = await Concluded(w);
        var plan = new NewPlan(MitigationResponse.SuspendWhileMitigating, "All heard", [new("Audit", "Buyer", "findings closed", Today)]);
        Assert.Equal("sourcing.due-in-past", await Code(w, w.Editor, s => plans.Plan(s, flag.Id, plan with { Actions = [plan.Actions[0] with { Due = Today.PlusDays(-1) }] }, default)));
        Assert.Equal("sourcing.flags-without-plan", await Code(w, w.Approver, s => plans.Begin(s, flag.AssessmentId, default)));
        Assert.Equal("access.not-visible", await Code(w, Rival(w), s => plans.Plan(s, flag.Id, plan, default)));
        var made = await w.Do(w.Editor, s => plans.Plan(s, flag.Id, plan, default));
        Assert.Equal(Today.PlusMonths(6), made.NextCheckDue);
        await w.Do(w.Approver, s => plans.Begin(s, flag.AssessmentId, default));
        w.Clock.Advance(Duration.FromDays(182));
        var today = Today.PlusDays(182);
        Assert.True((await w.Do(w.Staff, s => plans.Due(s, null, null, 50, default))).Items.Single().Overdue);
        Assert.Equal("sourcing.progress-overdue", await Code(w, w.Approver, s => Filings(w).File(s, flag.AssessmentId, new(Track.C), default)));
        Assert.Equal("sourcing.day-in-future", await Code(w, w.Editor, s => plans.CheckProgress(s, flag.Id, new(today.PlusDays(1), "x"), default)));
        Assert.Equal(today.PlusMonths(6), (await w.Do(w.Editor, s => plans.CheckProgress(s, flag.Id, new(today, "Half done"), default))).NextCheckDue);
        Assert.Equal("sourcing.check-before-last", await Code(w, w.Editor, s => plans.CheckProgress(s, flag.Id, new(today.PlusDays(-1), "x"), default)));
        Assert.Equal("sourcing.actions-open", await Code(w, w.Approver, s => plans.Close(s, flag.Id, default)));
        await w.Do(w.Editor, s => plans.Settle(s, flag.Id, made.Plan!.Actions[0].Id, true, "All closed", default));
        Assert.Equal("sourcing.action-settled", await Code(w, w.Editor, s => plans.Settle(s, flag.Id, made.Plan!.Actions[0].Id, false, "x", default)));
        var closed = await w.Do(w.Approver, s => plans.Close(s, flag.Id, default));
        Assert.Equal((today, null), (closed.Plan!.ClosedOn!.Value, closed.NextCheckDue));
        Assert.Equal("sourcing.plan-closed", await Code(w, w.Editor, s => plans.AddAction(s, flag.Id, plan.Actions[0], default)));
        Assert.Empty((await w.Do(w.Editor, s => plans.Due(s, null, null, 50, default))).Items);
    }

    [Fact]
    public async Task A_suspension_over_sourcing_takes_two_of_the_exchange_and_the_assessment_follows_the_listing()
    {
        await using var w = await World.Make();
        var (made, _) = await Mitigating(w);
        var step = new Escalation(ListingState.Suspended, Today, "26/100", "mitigation-failed", "Twice late");
        Assert.Equal("access.role-needed", await Code(w, w.Editor, s => Filings(w).Escalate(s, made.Id, step, default)));
        Assert.Equal("sourcing.reason-unknown", await Code(w, w.Staff, s => Filings(w).Escalate(s, made.Id, step with { Reason = "dislike" }, default)));
        Assert.Equal("sourcing.escalation-state", await Code(w, w.Staff, s => Filings(w).Escalate(s, made.Id, step with { State = ListingState.Listed }, default)));
        var task = await w.Do(w.Staff, s => Filings(w).Escalate(s, made.Id, step, default));
        Assert.NotEqual("ok", await Code(w, w.Staff, s => w.Get<Approvals>().Decide(s, task.Id, true, null, default)));
        Assert.Equal(AssessmentState.Mitigation, (await w.Do(w.Staff, s => Assessments(w).Read(s, made.Id, default))).Assessment.State);
        await w.Do(w.OtherStaff, s => w.Get<Approvals>().Decide(s, task.Id, true, null, default));
        var suspended = (await w.Do(w.Editor, s => Assessments(w).Read(s, made.Id, default))).Assessment;
        Assert.Equal((AssessmentState.Suspended, AssessmentState.Mitigation), (suspended.State, suspended.StateBefore));
        await using (var s = w.As(Actor.Public)) Assert.Equal("sourcing.mitigation-failed", (await w.Get<BrandHandlers>().History(s, "VALU", default))[^1].Reason);
        var back = await w.Do(w.Staff, s => w.Get<BrandHandlers>().ProposeListing(s, new("VALU", Today, ListingState.Listed, "26/101", null), default));
        await w.Do(w.OtherStaff, s => w.Get<Approvals>().Decide(s, back.Id, true, null, default));
        var now = (await w.Do(w.Editor, s => Assessments(w).Read(s, made.Id, default))).Assessment;
        Assert.Equal((AssessmentState.Mitigation, (AssessmentState?)null), (now.State, now.StateBefore));
    }

    [Fact]
    public async Task A_grievance_is_filed_without_a_name_and_reaches_the_producer_only_when_it_is_passed_on()
    {
        await using var w = await World.Make();
        var handlers = w.Get<GrievanceHandlers>();
        var filed = await w.Do(Actor.Public, s => handlers.File(s, new("Dust in the village", "VALU", null, "A. Neighbour", "a@example.org"), default));
        Assert.Equal("sourcing.brand-unknown", await Code(w, Actor.Public, s => handlers.File(s, new("x", "NONE"), default)));
        Assert.Equal("access.not-visible", await Code(w, w.Approver, s => handlers.Read(s, filed.Id, default)));
        Assert.Empty((await w.Do(w.Approver, s => handlers.List(s, null, null, 50, default))).Items);
        Assert.Equal("A. Neighbour", (await w.Do(w.Staff, s => handlers.Read(s, filed.Id, default))).Grievance.Name);
        Assert.Equal("sourcing.reference-unknown", await Code(w, Actor.Public, s => handlers.Find(s, filed.Reference[..^1], default)));
        Assert.Equal("sourcing.grievance-state-forbids", await Code(w, w.Staff, s => handlers.Step(s, filed.Id, GrievanceEvent.Resolve, "x", default)));
        await w.Do(w.Staff, s => handlers.Step(s, filed.Id, GrievanceEvent.Assess, "Taken up", default));
        await w.Do(w.Staff, s => handlers.Step(s, filed.Id, GrievanceEvent.PassOn, null, default));
        var seen = await w.Do(w.Approver, s => handlers.Read(s, filed.Id, default));
        Assert.Equal(("Dust in the village", null, null), (seen.Grievance.Text, seen.Grievance.Name, seen.Grievance.Contact));
        Assert.Equal("access.not-visible", await Code(w, Rival(w), s => handlers.Read(s, filed.Id, default)));
        await w.Do(w.Editor, s => handlers.Respond(s, filed.Id, "Filters are ordered", default));
        await w.Do(w.Staff, s => handlers.Step(s, filed.Id, GrievanceEvent.Resolve, "Filters since May", default));
        var found = await w.Do(Actor.Public, s => handlers.Find(s, filed.Reference.ToLowerInvariant(), default));
        Assert.Equal(GrievanceState.Resolved, found.Grievance.State);
        Assert.Equal([null, "Taken up", null, "Filters since May"], found.Steps.Select(x => x.Note));
        await using var nobody = w.As(Actor.Public);
        foreach (var table in new[] { "grievance", "grievance_contact", "grievance_step" }) Assert.Equal(0, await nobody.Value<long>($"select count(*) from passport.{table}", default));

        var named = await w.Do(Actor.Public, s => handlers.File(s, new("Noise", null, w.Smelter, "B. Neighbour", null, ProducerMayKnow: true), default));
        await w.Do(w.Staff, s => handlers.Step(s, named.Id, GrievanceEvent.Assess, "ok", default));
        await w.Do(w.Staff, s => handlers.Step(s, named.Id, GrievanceEvent.PassOn, null, default));
        Assert.Equal("B. Neighbour", (await w.Do(w.Editor, s => handlers.Read(s, named.Id, default))).Grievance.Name);
    }

    [Fact]
    public async Task Certificates_of_a_plant_are_its_own_and_the_exchanges_and_are_called_to_mind()
    {
        await using var w = await World.Make();
        await Certified(w);
        var handlers = w.Get<PlantCertificateHandlers>();
        Assert.Equal("brand.plant-not-own", await Code(w, Rival(w), s => handlers.Add(s, new(w.Plant, ManagementStandard.Iso14001, "1", "c", "s", Today, Today), default)));
        Assert.Equal([(30, 20), (30, 20)], (await w.Do(w.Staff, s => handlers.Reminders(s, default))).Select(r => (r.Reminder, r.DaysLeft)));
        Assert.Empty(await w.Do(Rival(w), s => handlers.Reminders(s, default)));
        // One that follows takes the reminder away.
        await w.Do(w.Editor, s => handlers.Add(s, new(w.Plant, ManagementStandard.Iso14001, "next", "c", "s", Today, Today.PlusYears(3), "EMAS"), default));
        var left = Assert.Single(await w.Do(w.Editor, s => handlers.Reminders(s, default)));
        Assert.Equal(ManagementStandard.Iso45001, left.Certificate.Standard);
        await w.Do(w.Editor, s => handlers.Withdraw(s, left.Certificate.Id, "Certifier gave up", default));
        Assert.Empty(await w.Do(w.Editor, s => handlers.Reminders(s, default)));
        await using var editor = w.As(w.Editor);
        Assert.Equal([ManagementStandard.Iso45001], PlantCertificateRules.Missing(await handlers.OfPlant(editor, w.Plant, default), Today));
    }

    [Fact]
    public async Task The_round_counts_a_brand_without_an_assessment_as_not_started_and_hides_small_groups()
    {
        await using var w = await World.Make();
        Assert.Equal("access.role-needed", await Code(w, w.Editor, s => w.Get<SourcingFigures>().Round(s, Year, default)));
        var round = await w.Do(w.Staff, s => w.Get<SourcingFigures>().Round(s, Year, default));
        Assert.Equal(new SourcingCount("AL", null, AssessmentState.NotStarted, null), Assert.Single(round.Counts));
        Assert.Null(round.Hidden);
        Assert.Equal("sourcing.year-out-of-range", await Code(w, w.Staff, s => w.Get<SourcingFigures>().Round(s, Year + 1, default)));
    }

    [Fact]
    public async Task A_year_of_a_brand_is_opened_once_by_its_own_producer()
    {
        await using var w = await World.Make();
        await Opened(w);
        Assert.Equal("sourcing.year-taken", await Code(w, w.Editor, s => Assessments(w).Open(s, "VALU", Year, default)));
        Assert.Equal("sourcing.brand-not-own", await Code(w, Rival(w), s => Assessments(w).Open(s, "VALU", Year, default)));
        Assert.Equal("sourcing.year-out-of-range", await Code(w, w.Editor, s => Assessments(w).Open(s, "VALU", Year + 1, default)));
        using var client = w.Client(w.Editor);
        var bad = await client.PutAsync($"/api/v1/sourcing/assessments/{Guid.NewGuid()}/chain", new StringContent("{\"suppliers\":[{\"tier\":\"x\"}]}", Encoding.UTF8, "application/json"));
        var problem = await bad.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(("request.unreadable", "suppliers[0].tier"), (problem.GetProperty("code").GetString(), problem.GetProperty("errors")[0].GetProperty("field").GetString()));
    }
}
