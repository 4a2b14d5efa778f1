using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Cycle;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>Projects and their periods: written by the developer, checked by bodies, led by the programme. Steps are <see cref="StepHandlers"/>'.</summary>
public sealed class ProjectHandlers(EvidenceStore evidence, RulePacks packs, UnitQueries units)
{
    static readonly string[] DeveloperKinds = ["design-document", "monitoring-report", "host-approval", "authorisation", "adjustment", "other"], BodyKinds = ["validation-report", "verification-report"];

    readonly CreditRules rules = CreditRules.Of(packs);
    readonly IssuingRules issuing = IssuingRules.Of(packs);
    readonly SerialGrammars grammars = SerialGrammars.Of(packs);

    public CreditRules Rules => rules;

    /// <summary>Begins a project as a concept. <c>credits.programme-unknown</c>, what is wrong with the content.</summary>
    public async Task<Answer<CreditProject>> Create(DbSession s, NewProject wanted, CancellationToken ct)
    {
        if (ProjectRoles.Writes(s.Actor) is { } no) return no;
        if (rules.Programme(wanted.Programme) is not { } programme) return Refusal.NotFound("credits.programme-unknown", "programme", ("given", wanted.Programme ?? ""), ("known", string.Join(", ", rules.Programmes.Select(p => p.Code))));
        var content = wanted.Content ?? new(null, null, null);
        if (Wrong(programme, content) is { Count: > 0 } wrong) return Answer<CreditProject>.From(wrong);
        var id = s.NewId();
        return await s.InTransaction<CreditProject>(async t =>
        {
            var number = (await s.Value<long>("select nextval('registry.credit_project_number')", t)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            var m = rules.Methodology(programme.Code, content.Methodology);
            await s.Run("""
                insert into registry.credit_project (id, programme, number, name, developer_id, country, methodology, scope, sink, state, start_on, crediting_from, crediting_to, renewal, estimate_t, description, validator_id, not_listed, risk_percent, written_by, written_at, latitude, longitude)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
                """, t, id, programme.Code, number, content.Name!.Trim(), s.Actor.OrganisationId, content.Country!.Trim(), content.Methodology, m?.Scope, m?.Sink, content.StartOn, content.CreditingFrom, content.CreditingTo, content.Renewal, content.EstimateT, content.Description?.Trim(),
                content.ValidatorId, content.NotListed, content.RiskPercent, s.Actor.PersonId, s.Now, content.Latitude, content.Longitude);
            await s.Audit(new AuditEntry("credit-project.begun", "credit-project", id.ToString(), Details: new { programme.Code, number, content.Name }), t);
            return (await ProjectStore.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Changes what the developer wrote, as long as the project is a concept. What changes the design later is a new design document, returned and published again.</summary>
    public async Task<Answer<CreditProject>> Change(DbSession s, Guid id, ProjectContent content, CancellationToken ct)
    {
        if (ProjectRoles.Writes(s.Actor) is { } no) return no;
        return await s.InTransaction<CreditProject>(async t =>
        {
            if (await ProjectStore.Locked(s, id, t) is not { } known || known.DeveloperId != s.Actor.OrganisationId) return Refusal.NotFound("credits.project-not-found");
            if (known.State != ProjectState.Concept) return Refusal.Conflict("credits.project-fixed", "state", ("state", known.State.ToString()!));
            var programme = rules.Programme(known.Programme)!;
            if (Wrong(programme, content) is { Count: > 0 } wrong) return Answer<CreditProject>.From(wrong);
            var m = rules.Methodology(programme.Code, content.Methodology);
            await s.Run("""
                update registry.credit_project set name = $2, country = $3, methodology = $4, scope = $5, sink = $6, start_on = $7, crediting_from = $8, crediting_to = $9, renewal = $10, estimate_t = $11, description = $12, validator_id = $13, not_listed = $14,
                risk_percent = $15, written_by = $16, written_at = $17, latitude = $18, longitude = $19, row_version = row_version + 1 where id = $1
                """, t, id, content.Name!.Trim(), content.Country!.Trim(), content.Methodology, m?.Scope, m?.Sink, content.StartOn, content.CreditingFrom, content.CreditingTo, content.Renewal, content.EstimateT, content.Description?.Trim(), content.ValidatorId, content.NotListed,
                content.RiskPercent, s.Actor.PersonId, s.Now, content.Latitude, content.Longitude);
            await s.Audit(new AuditEntry("credit-project.changed", "credit-project", id.ToString()), t);
            return (await ProjectStore.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>
    /// The programme decides from which day the public comments are over: only where the length of its period is not known, and not for a day to come or before the document was shown. <c>credits.comments-known</c>, <c>credits.project-fixed</c>, <c>credits.comments-day</c>.
    /// </summary>
    public async Task<Answer<CreditProject>> CloseComments(DbSession s, Guid id, LocalDate? on, string? reason, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, id, ct) is not { } project) return Refusal.NotFound("credits.project-not-found");
        if (await ProgrammeAdministration.Acts(s, project.Programme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var text = Given.Text(reason, "reason", Given.Longest, wrong);
        if (on is null) wrong.Add(Refusal.Of("input.required", "on"));
        if (wrong.Count > 0) return wrong;
        if (rules.Programme(project.Programme)!.CommentDays is { } days) return Refusal.Conflict("credits.comments-known", "id", ("days", $"{days}"));
        return await s.InTransaction<CreditProject>(async t =>
        {
            var known = (await ProjectStore.Locked(s, id, t))!;
            if (known.State != ProjectState.DesignDocument) return Refusal.Conflict("credits.project-fixed", "state", ("state", known.State?.ToString() ?? "-"));
            if (on > s.Today() || on < known.PublishedOn) return Refusal.Of("credits.comments-day", "on", ("from", $"{known.PublishedOn:uuuu-MM-dd}"), ("to", $"{s.Today():uuuu-MM-dd}"));
            await s.Run("update registry.credit_project set comments_over_on = $2, comments_reason = $3, comments_by = $4, row_version = row_version + 1 where id = $1", t, id, on, text, s.Actor.PersonId);
            await s.Audit(new AuditEntry("credit-project.comments-closed", "credit-project", id.ToString(), text, new { On = $"{on:uuuu-MM-dd}" }), t);
            return (await ProjectStore.Find(s, id, t))!;
        }, ct);
    }

    public Task<Answer<Page<CreditProject>>> List(DbSession s, ProjectFilter filter, CancellationToken ct) => ProjectStore.List(s, filter, ct);

    /// <summary>A project with its periods, steps and units; files are shown to those who take part.</summary>
    public async Task<Answer<ProjectView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, id, ct) is not { } project) return Refusal.NotFound("credits.project-not-found");
        var known = await CycleCase.Read(s, rules, project, ct);
        var administrator = await ProgrammeAdministration.AdministratorOf(s, project.Programme, ct);
        var blocks = await units.OfProject(s, id, ct);
        var issuances = await s.All("select id, number, unit, to_project, to_buffer, to_adaptation, to_mitigation, issued_on, state from registry.credit_issuance where project_id = $1 order by number desc", r =>
            (Id: r.GetGuid(0), Number: r.GetInt32(1), Unit: r.GetString(2), Project: r.GetInt64(3), Buffer: r.GetInt64(4), Adaptation: r.GetInt64(5), Mitigation: r.GetInt64(6), On: r.Day(7), State: r.GetInt16(8)), ct, id);
        var stated = await s.All("select sum(units)::bigint from registry.credit_statement where project_id = $1", r => r.IsDBNull(0) ? (long?)null : r.GetInt64(0), ct, id);
        return new ProjectView(project, known.Periods, known.Documents, await ProjectStore.Steps(s, id, ct), Next(s.Actor, known, administrator),
            [.. issuances.Select(i => new IssuanceView(i.Id, i.Number, i.Unit, i.Project, i.Buffer, i.Adaptation, i.Mitigation, i.On, i.State switch { 1 => "pending", 2 => "done", _ => "refused" }, [.. blocks.Where(b => b.IssuanceId == i.Id).Select(b => b.Serial)]))],
            blocks.Sum(b => b.Units), blocks.Where(b => b.Standing == UnitStanding.Buffer).Sum(b => b.Units), stated[0], [.. blocks.Take(200)], known.Doubles);
    }

    List<NextStep> Next(Actor actor, CycleCase known, Guid? administrator)
    {
        var next = new List<NextStep>();
        if (known.Project.State is not { } state) return next;
        foreach (var step in ProjectCycle.Projects.Where(m => m.From == state).Select(m => m.Event).Distinct())
        {
            // A reason is written when the step is asked for: it is not what keeps it from being shown as open.
            var guards = CycleGuards.Of(rules, known.Project.Programme, step, known.Facts(rules, issuing, grammars, "-"));
            var side = ProjectCycle.SideOf(step);
            next.Add(new(null, step.ToString(), side, ProjectRoles.IsOf(side, actor, known.Project, null, administrator), CycleGuards.Refusals(guards).Count == 0, guards));
        }
        foreach (var period in known.Periods)
            foreach (var step in ProjectCycle.Periods.Where(m => m.From == period.State).Select(m => m.Event).Distinct())
            {
                var guards = CycleGuards.Of(rules, known.Project.Programme, step, known.Facts(rules, issuing, grammars, period, "-"));
                var side = ProjectCycle.SideOf(step);
                next.Add(new(period.Id, step.ToString(), side, ProjectRoles.IsOf(side, actor, known.Project, period, administrator), CycleGuards.Refusals(guards).Count == 0, guards));
            }
        return next;
    }

    /// <summary>Adds a file. The developer its own, a body its reports while it validates or verifies, the programme's officer letters. <c>credits.document-kind</c>, <c>credits.document-not-now</c>.</summary>
    public async Task<Answer<ProjectDocument>> AddDocument(DbSession s, Guid project, Guid? period, string? kind, string? fileName, Stream content, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, project, ct) is not { State: { } state } known) return Refusal.NotFound("credits.project-not-found");
        var of = period is { } p ? (await ProjectStore.Periods(s, project, ct)).FirstOrDefault(x => x.Id == p) : null;
        if (period is not null && of is null) return Refusal.NotFound("credits.period-not-found", "periodId");
        var developer = known.DeveloperId == s.Actor.OrganisationId && ProjectRoles.Writes(s.Actor) is null && DeveloperKinds.Contains(kind);
        var body = BodyKinds.Contains(kind) && s.Actor.Is(Role.VerifierLead) && (kind == BodyKinds[0] ? known.ValidatorId : of?.VerifierId) == s.Actor.OrganisationId;
        var staff = kind is "host-approval" or "authorisation" or "adjustment" && await ProgrammeAdministration.Acts(s, known.Programme, ct) is null;
        if (!developer && !body && !staff) return DeveloperKinds.Contains(kind) || BodyKinds.Contains(kind) ? Refusal.Forbidden("credits.document-not-yours", "kind", ("kind", kind!)) : Refusal.Of("credits.document-kind", "kind", ("given", kind ?? ""), ("known", string.Join(", ", DeveloperKinds.Concat(BodyKinds))));
        // What was judged stays what it was.
        var open = kind switch
        {
            "design-document" => state == ProjectState.Concept && of is null,
            "validation-report" => state == ProjectState.Validation && of is null,
            "monitoring-report" => of?.State == PeriodState.Open,
            "verification-report" => of?.State == PeriodState.Verification,
            _ => of is null && !ProjectCycle.Projects.Final.Contains(state),
        };
        if (!open) return Refusal.Conflict("credits.document-not-now", "kind", ("kind", kind!), ("state", of?.State.ToString() ?? state.ToString()));
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<ProjectDocument>.From(kept.Refusals);
        var file = kept.Value;
        var id = s.NewId();
        return await s.InTransaction<ProjectDocument>(async t =>
        {
            await s.Run("insert into registry.credit_document (id, project_id, period_id, kind, file_name, media_type, sha256, size_bytes, added_by, organisation_id, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", t,
                id, project, period, kind, file.Name, file.MediaType, file.Sha256, file.SizeBytes, s.Actor.PersonId, s.Actor.OrganisationId, s.Now);
            await s.Audit(new AuditEntry("credit-document.added", "credit-project", project.ToString(), Details: new { kind, file.Name }, EvidenceSha256: file.Sha256), t);
            return (await ProjectStore.Documents(s, project, t)).First(d => d.Id == id);
        }, ct);
    }

    /// <summary>The file; the caller disposes the stream.</summary>
    public async Task<Answer<(ProjectDocument File, Stream Content)>> OpenDocument(DbSession s, Guid project, Guid id, CancellationToken ct)
    {
        if ((await ProjectStore.Documents(s, project, ct)).FirstOrDefault(d => d.Id == id) is not { } known) return Refusal.NotFound("credits.document-not-found");
        var content = evidence.Content(known.Sha256, known.FileName);
        return content.Ok ? (known, content.Value) : Answer<(ProjectDocument, Stream)>.From(content.Refusals);
    }

    static List<Refusal> Wrong(CreditProgramme programme, ProjectContent c)
    {
        var wrong = new List<Refusal>();
        Given.Text(c.Name, "name", 200, wrong);
        Given.Text(c.Description, "description", 4000, wrong, required: false);
        if (!CountryCode.IsAssigned(c.Country?.Trim() ?? "")) wrong.Add(Refusal.Of("credits.country", "country", ("given", c.Country ?? "")));
        if (c.Methodology is { Length: > 60 }) wrong.Add(Refusal.Of("input.too-long", "methodology", ("limit", "60"), ("given", $"{c.Methodology.Length}")));
        if (c.CreditingTo < c.CreditingFrom) wrong.Add(Refusal.Of("credits.days-reversed", "creditingTo", ("from", $"{c.CreditingFrom:uuuu-MM-dd}"), ("to", $"{c.CreditingTo:uuuu-MM-dd}")));
        if (c.CreditingFrom is null != c.CreditingTo is null) wrong.Add(Refusal.Of("input.required", c.CreditingFrom is null ? "creditingFrom" : "creditingTo"));
        if (c.Renewal is < 0 or > 50) wrong.Add(Refusal.Of("credits.renewal", "renewal", ("most", $"{programme.Renewals}")));
        if (c.EstimateT is <= 0 or > 1_000_000_000) wrong.Add(Refusal.Of("credits.amount", "estimateT", ("given", DecimalText.Write(c.EstimateT.Value))));
        if (c.RiskPercent is < 0 or > 100) wrong.Add(Refusal.Of("credits.percent", "riskPercent", ("given", DecimalText.Write(c.RiskPercent.Value))));
        if (c.Latitude is < -90 or > 90 || (c.Latitude is null && c.Longitude is not null)) wrong.Add(Refusal.Of("credits.place", "latitude"));
        if (c.Longitude is < -180 or > 180 || (c.Longitude is null && c.Latitude is not null)) wrong.Add(Refusal.Of("credits.place", "longitude"));
        return wrong;
    }
}
